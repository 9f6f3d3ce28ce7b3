"""The default embedder: chosen by the languages and the size of the corpus."""

import copy
import functools
import logging
import os
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from topickit._core.state import State
from topickit._core.vectors import FloatArray
from topickit.embed import base
from topickit.embed.base import EmbedderInfo, LongDocuments
from topickit.embed.models.languages import MULTILINGUAL, knows
from topickit.embed.models.weights import OFFLINE_MODEL, locate, reach_hub
from topickit.errors import NotFittedError, ParameterError

MAX_TOKENS = 600_000
"""Estimated tokens up to which a transformer embeds all texts: 20,000 titles, or 2,300 long articles.

A small model on two cores embeds as many in about a minute.
"""
MAX_SAMPLE, MIN_SAMPLE = 5_000, 1_000
"""Number of texts that the teacher of a larger corpus embeds."""
MAX_REFINED = 25_000
"""Number of texts nearest to a boundary between topics that it embeds after that, at most."""
BYTES_PER_TOKEN = 4
TOKENS_OF_MODEL = 256
"""Maximum length of the default model."""
CONTEXT_ROUNDS, DIMENSION = 2, 50
"""For the lexical embedder of texts in a language that no model at hand knows."""

_log = logging.getLogger(__name__)


class AutoEmbedder:
    """Chooses the embedder of a corpus by its languages and its size.

    1. The model is all-MiniLM-L6-v2, or a multilingual model if the texts are in languages that it was not
       trained on. If that model is neither on this machine nor can be had from the hub, the embedder is
       ``LexicalEmbedder(50, context_rounds=2, languages=...)``, which needs no model.
    2. The model embeds every text of a corpus of up to `MAX_TOKENS` estimated tokens. For a larger corpus it
       is the teacher of a `DistilledEmbedder`, and embeds a fixed number of texts: a sample, and after the
       search for topics those nearest to a boundary between topics.

    The size is counted, not timed, so the choice is the same on every machine with the same models.

    Parameters
    ----------
    languages : sequence of str, optional
        ISO 639-1 codes of the languages of the corpus, most frequent first. None (default) assumes that the
        model knows them; `TopicModel` detects them.
    random_state : int
        Seed of the chosen embedder, 0 by default.
    long_documents : {"truncate", "chunk"}
        As for `SentenceEmbedder`.
    device : str, optional
        Torch device of the model; None lets sentence-transformers choose.

    Examples
    --------
    >>> AutoEmbedder().fitted(["red apple", "green apple", "fast car"])
    SentenceEmbedder('all-MiniLM-L6-v2')
    """

    __slots__ = ("_cache", "device", "languages", "long_documents", "random_state")

    def __init__(
        self,
        *,
        languages: Sequence[str] | None = None,
        random_state: int = 0,
        long_documents: LongDocuments = "truncate",
        device: str | None = None,
    ) -> None:
        self.languages = languages
        self.random_state = random_state
        self.long_documents = long_documents
        self.device = device
        self._cache: str | os.PathLike[str] | None = None

    def fitted(self, texts: Sequence[str], weights: NDArray[Any] | None = None) -> base.Embedder:
        """Return the chosen embedder, fitted to texts if it learns from them.

        Parameters
        ----------
        texts : sequence of str
            Distinct texts.
        weights : ndarray of shape (len(texts),), optional
            Number of documents that each text stands for; 1 by default.

        Returns
        -------
        Embedder
        """
        chosen = self.choose(texts)
        _log.info("embedder='auto' chose %r; pass embedder= to choose another", chosen)
        if self._cache is not None and hasattr(chosen, "with_cache"):
            chosen = chosen.with_cache(self._cache)
        return base.fitted(chosen, texts, np.ones(len(texts)) if weights is None else weights)

    def choose(self, texts: Sequence[str]) -> base.Embedder:
        """Choose the embedder of these texts; nothing is loaded or learned.

        Parameters
        ----------
        texts : sequence of str
            Distinct texts.

        Returns
        -------
        Embedder
            Not fitted.
        """
        model = self._model()
        if model is None:
            from topickit.embed.lexical import LexicalEmbedder

            return LexicalEmbedder(
                DIMENSION,
                self.random_state,
                context_rounds=CONTEXT_ROUNDS,
                languages=tuple(self.languages or ()),
            )
        tokens = estimated_tokens(texts, TOKENS_OF_MODEL if self.long_documents == "truncate" else None)
        if tokens <= MAX_TOKENS:
            return self._sentence(model)
        from topickit.embed.distilled.embedder import DistilledEmbedder

        most = MAX_TOKENS * len(texts) // tokens  # texts that the tokens suffice for
        half = most // 2
        return DistilledEmbedder(
            model,
            sample=None if half >= MAX_SAMPLE else max(MIN_SAMPLE, half),
            n_refined=min(most - min(half, MAX_SAMPLE), MAX_REFINED),
            random_state=self.random_state,
            long_documents=self.long_documents,
            device=self.device,
        )

    @property
    def model(self) -> base.Embedder:
        """The embedder of texts for which there are ready-made embeddings: the default model."""
        return self._sentence(OFFLINE_MODEL)

    def fitted_on(self, vectors: FloatArray, texts: Sequence[str], weights: NDArray[Any]) -> base.Embedder:
        """Return the default model, which embeds new texts where the embeddings of the corpus are given.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d)
            Not used.
        texts : sequence of str, of length n
            Not used.
        weights : ndarray of shape (n,)
            Not used.

        Returns
        -------
        Embedder
        """
        return self.model

    def combine(self, vectors: FloatArray, texts: Sequence[str]) -> FloatArray:
        """Return ready-made embeddings as they are.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d)
        texts : sequence of str, of length n
            Not used.

        Returns
        -------
        float32 ndarray of shape (n, d)
        """
        return vectors

    def for_languages(self, languages: Sequence[str]) -> "AutoEmbedder":
        """Return an embedder that chooses for these languages; it has the same settings otherwise.

        Parameters
        ----------
        languages : sequence of str
            ISO 639-1 codes, most frequent first; none if they are unknown.

        Returns
        -------
        AutoEmbedder
        """
        embedder = copy.copy(self)
        embedder.languages = languages
        return embedder

    def with_cache(self, folder: str | os.PathLike[str] | None) -> "AutoEmbedder":
        """Return an embedder whose model's embeddings are cached between fits.

        Parameters
        ----------
        folder : path, optional
            Folder of the embedding cache, see `CachedEmbedder`. None disables the cache.

        Returns
        -------
        AutoEmbedder
        """
        embedder = copy.copy(self)
        embedder._cache = folder
        return embedder

    def encode(self, texts: Sequence[str]) -> NoReturn:
        """Refuse: which embedder is chosen depends on the corpus.

        Raises
        ------
        NotFittedError
            Always.
        """
        raise NotFittedError(
            "embedder='auto' is chosen at the fit; use the embedder that fitted(texts) returns, or pass "
            "embedder='auto' to a TopicModel"
        )

    @property
    def fingerprint(self) -> str:
        """Names the settings; embeddings are made by the embedder that `fitted` returns."""
        return f"auto:{self.long_documents}:{self.random_state}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "auto"."""
        return EmbedderInfo("auto", "auto", repr(self))

    def state(self) -> State:
        """Return the settings."""
        return State(
            {
                "kind": "auto",
                "languages": None if self.languages is None else list(self.languages),
                "random_state": int(self.random_state),
                "long_documents": self.long_documents,
            }
        )

    @classmethod
    def from_state(cls, state: State) -> "AutoEmbedder":
        """Restore the settings."""
        config = state.config
        return cls(
            languages=config["languages"],
            random_state=int(config["random_state"]),
            long_documents=config["long_documents"],
            device=config.get("device"),
        )

    def __repr__(self) -> str:
        return "AutoEmbedder()" if not self.languages else f"AutoEmbedder(languages={list(self.languages)})"

    def _model(self) -> str | None:
        """Return the name of a model that knows the languages; None if there is none at hand."""
        if knows(OFFLINE_MODEL, self.languages or ()):
            return OFFLINE_MODEL
        return MULTILINGUAL if at_hand(MULTILINGUAL) else None

    def _sentence(self, model: str) -> base.Embedder:
        from topickit.embed.sentence import SentenceEmbedder

        return SentenceEmbedder(model, device=self.device, long_documents=self.long_documents)


def estimated_tokens(texts: Sequence[str], most: int | None) -> int:
    """Estimate the number of tokens of texts from their length in UTF-8.

    Parameters
    ----------
    texts : sequence of str
    most : int, optional
        Tokens of a text that the model reads at most; None reads all.

    Returns
    -------
    int

    Examples
    --------
    >>> estimated_tokens(["red apple"], 256)
    4
    """
    lengths = (2 + len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN for text in texts)
    return sum(lengths if most is None else (min(length, most) for length in lengths))


@functools.cache
def at_hand(model: str) -> bool:
    """Tell whether a model is on this machine or can be had from the hub; the hub is asked once a process.

    Examples
    --------
    >>> at_hand("all-MiniLM-L6-v2")
    True
    """
    if locate(model) is not None:
        return True
    try:
        reach_hub(model)
    except ParameterError:
        return False
    return True
