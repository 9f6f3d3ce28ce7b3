"""A model's vectors, corrected by what the words of each text stand for in this corpus."""

import functools
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.progress import stage
from topickit._core.state import State
from topickit._core.vectors import FloatArray, IntArray, allocate, release, unit_rows
from topickit.corpus.documents import Documents, content_hash
from topickit.embed import base
from topickit.embed.base import EmbedderInfo, LongDocuments
from topickit.embed.cache.embedder import cached, with_cached_teacher
from topickit.embed.learning import Copied, learnt
from topickit.embed.lexical import CENTRE_AFTER, LexicalEmbedder, checked_weights
from topickit.errors import InputError, NotFittedError, TopickitError

SAMPLE = 20_000
"""Texts at most that the words are learnt from."""
LEXICAL = 0.5
"""Length of the lexical part beside the model's, which has length 1."""
COMPANY = 0.5
"""Length of what the words stand for beside the vector itself."""
SHRINKAGE = 20.0
"""Documents of the corpus' mean that each word's mean is mixed with: the company of a rare word is chance."""
ROWS = 8192
"""Texts whose vectors are made at a time: some arrays of their size lie in memory besides."""


@dataclass(frozen=True, eq=False)
class _Known:
    """What was learnt: the model, the mean of its vectors, the words, the company of each (v, d + l).

    There are no words where no two texts share one.
    """

    embedder: base.Embedder
    mean: FloatArray
    lexical: LexicalEmbedder | None
    company: NDArray[np.float16]

    @functools.cached_property
    def exact_company(self) -> FloatArray:
        return self.company.astype(np.float32)

    def vectors(self, dense: FloatArray, texts: Sequence[str]) -> FloatArray:
        own = centred(dense, self.mean)
        if self.lexical is None:
            return unit_rows(own)
        tfidf = self.lexical.tfidf(texts)
        joined = beside(own, self.lexical.projected(tfidf))
        stands_for = unit_rows(np.asarray(tfidf @ self.exact_company))
        return unit_rows(joined + np.float32(COMPANY) * stands_for)


class HybridEmbedder(Copied):
    """A model's vectors together with those of the words, both drawn to the company that the words keep.

    A sentence embedder was trained on other texts. Which words matter in this corpus, and what a rare name
    or a term of the trade stands for in it, only the corpus knows. So a text's vector is made in two steps:

    1. the model's vector, less the mean of the corpus, and beside it, `LEXICAL` times as long, that of a
       `LexicalEmbedder`;
    2. to that is added, `COMPANY` times as long, what its words stand for: of each word the mean of such
       vectors over the documents that have it, and of these means that by TF-IDF.

    It learns from the corpus: `fitted` returns a new, fitted embedder. What a text gets does not depend on
    the texts that are embedded with it.

    Parameters
    ----------
    embedder : str, path, embedder, object with ``encode``, or function
        What makes the first vectors, as `TopicModel` takes one; with ready-made vectors, a
        `PrecomputedEmbedder`.
    random_state : int
        Seed of the texts that are learnt from, at most `SAMPLE`, and of the randomised SVD.
    long_documents : {"truncate", "chunk"}
        For a model given by name: see `SentenceEmbedder`.
    device : str, optional
        The torch device of a model given by name; sentence-transformers chooses if None.

    Notes
    -----
    The second step is one of smoothing over the graph of documents and their words, as in Yao, Mao and Luo,
    "Graph Convolutional Networks for Text Classification", AAAI 2019, without anything to train. Measured in
    `python -m benchmarks.hybrid`.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "fast car", "slow car"]
    >>> embedder = HybridEmbedder(lambda texts: [[len(text), 1.0] for text in texts]).fitted(texts)
    >>> vectors = embedder.encode(["apple", "car"])
    >>> vectors.dtype.name, round(float(vectors[0] @ vectors[0]), 3)
    ('float32', 1.0)
    """

    _left_behind = ("_cache", "_kept")
    __slots__ = ("_kept", "device", "embedder", "long_documents", "random_state")

    def __init__(
        self,
        embedder: Any = "all-MiniLM-L6-v2",
        *,
        random_state: int = 0,
        long_documents: LongDocuments = "truncate",
        device: str | None = None,
    ) -> None:
        self.embedder = embedder
        self.random_state = random_state
        self.long_documents = long_documents
        self.device = device
        self._known: _Known | None = None
        self._kept: tuple[dict[bytes, int], FloatArray] | None = None
        self._cache: str | os.PathLike[str] | None = None

    def fitted(self, texts: Sequence[str], weights: NDArray[Any] | None = None) -> "HybridEmbedder":
        """Return a new embedder that has learnt from these texts.

        Parameters
        ----------
        texts : sequence of str
            In any order; blank ones count not at all.
        weights : ndarray of shape (len(texts),), optional
            How many documents each text stands for; None for one each.

        Raises
        ------
        InputError
            When there are no texts, or not one positive weight a text.
        """
        documents = Documents.of(texts)
        times = _times(documents, weights)
        inner = with_cached_teacher(self._resolved(), self._cache)
        inner = base.fitted(inner, documents.texts, times)
        rows, sample = self._sample(documents)
        dense = base.embed(cached(inner, self._cache), sample)
        made = self._learning(inner, dense, sample, times[rows])
        # The first texts that it is asked for are those that it has just embedded.
        made._kept = {content_hash(text): row for row, text in enumerate(sample)}, dense
        return made

    def fitted_on(
        self, vectors: FloatArray, texts: Sequence[str], weights: NDArray[Any] | None = None
    ) -> "HybridEmbedder":
        """Return a new embedder that has learnt from these texts and the model's vectors of them.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
        texts : sequence of str, of length n
        weights : ndarray of shape (n,), optional
            How many documents each text stands for; None for one each.

        Raises
        ------
        InputError
            When there are no texts, or not one positive weight a text.
        """
        documents = Documents.of(texts, vectors)
        times = _times(documents, weights)
        rows, sample = self._sample(documents)
        return self._learning(self._resolved(), vectors[documents.first_rows[rows]], sample, times[rows])

    def completed(self, vectors: FloatArray, texts: Sequence[str]) -> FloatArray:
        """Make its vectors of those of the model.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
            What is as long as its own vectors is one of those.
        texts : sequence of str, of length n

        Returns
        -------
        float32 ndarray of shape (n, d + l), unit rows

        Raises
        ------
        NotFittedError
            Before it has learnt.
        """
        known = self._learnt()
        if vectors.shape[1] != len(known.mean):
            return vectors
        if len(vectors) != len(texts):
            raise InputError(f"there are {len(vectors)} vectors for {len(texts)} texts; give one a text")
        result = allocate(len(texts), known.company.shape[1])
        for start in range(0, len(texts), ROWS):
            rows = slice(start, start + ROWS)
            result[rows] = known.vectors(vectors[rows], texts[rows])
            release(result)
        return result

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return the vector of each text.

        Parameters
        ----------
        texts : sequence of str
            Seen before or not.

        Returns
        -------
        float32 ndarray of shape (n, d + l), unit rows
            d columns of the model and at most 100 of the words. Zeros where neither knows anything of a text.

        Raises
        ------
        NotFittedError
            Before `fitted`.
        """
        return self.completed(self._dense(self._learnt(), texts), texts)

    @property
    def model(self) -> base.Embedder:
        """The embedder that it builds on."""
        return self._resolved() if self._known is None else self._known.embedder

    @property
    def fingerprint(self) -> str:
        """Hash of the model's fingerprint, the settings and, once fitted, of everything learnt."""
        digest = hashlib.blake2b(f"{self.model.fingerprint} {self.random_state}".encode(), digest_size=16)
        if self._known is not None:
            if self._known.lexical is not None:
                digest.update(self._known.lexical.fingerprint.encode())
            digest.update(self._known.mean.tobytes())
            digest.update(self._known.company.tobytes())
        return f"hybrid:{digest.hexdigest()}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "hybrid"; name and languages are those of the model."""
        return base.info_of("hybrid", self, self.model)

    def state(self) -> State:
        """Return settings, the states of the model and of the words, and what was learnt."""
        known = self._known
        inner = self.model.state()
        config: dict[str, Any] = {"kind": "hybrid", "random_state": int(self.random_state)}
        config["embedder"] = dict(inner.config)
        arrays = {f"embedder.{name}": array for name, array in inner.arrays.items()}
        if known is None:
            return State(config, arrays)
        arrays |= {"mean": known.mean, "company": known.company}
        if known.lexical is None:
            return State({**config, "lexical": None}, arrays)
        words = known.lexical.state()
        arrays |= {f"lexical.{name}": array for name, array in words.arrays.items()}
        return State({**config, "lexical": dict(words.config)}, arrays)

    @classmethod
    def from_state(cls, state: State) -> "HybridEmbedder":
        """Make the embedder again; it encodes as the saved one did, with the same model installed.

        Raises
        ------
        InputError
            When the arrays do not fit each other.
        """
        config = state.config
        inner = base.from_state(_part(state, "embedder"), device=config.get("device"))
        made = cls(inner, random_state=int(config["random_state"]), device=config.get("device"))
        if "lexical" not in config:
            return made
        lexical = None if config["lexical"] is None else LexicalEmbedder.from_state(_part(state, "lexical"))
        mean, company = state.arrays["mean"], state.arrays["company"]
        n_words = 0 if lexical is None else len(lexical.idf)
        if mean.ndim != 1 or company.ndim != 2 or len(company) != n_words or company.shape[1] < len(mean):
            raise InputError(f"{n_words} words do not fit arrays of shapes {mean.shape} and {company.shape}")
        made._known = _Known(inner, mean, lexical, company)
        return made

    def with_embedder(self, embedder: Any) -> "HybridEmbedder":
        """Return a new embedder with another object for its model, which must make the same vectors.

        Parameters
        ----------
        embedder : object
            As for the constructor: what could not be saved with this one, such as a function of yours.
        """
        made = HybridEmbedder(embedder, random_state=self.random_state, device=self.device)
        if self._known is not None:
            made._known = replace(self._known, embedder=made._resolved())
        return made

    def with_cache(self, folder: str | os.PathLike[str] | None) -> "HybridEmbedder":
        """Return a new embedder whose model keeps its vectors in a cache: another fit finds them there.

        Parameters
        ----------
        folder : path, optional
            See `topickit.embed.CachedEmbedder`; it is not saved. None for no cache.
        """
        made = self._again()
        made._cache, made._known, made._kept = folder, self._known, self._kept
        return made

    def __repr__(self) -> str:
        try:
            return f"HybridEmbedder({self._resolved()!r})"
        except TopickitError:  # of what cannot embed: the error comes where it is used
            return f"HybridEmbedder({self.embedder!r})"

    def _sample(self, documents: Documents) -> tuple[IntArray, list[str]]:
        """Give the positions of the texts to learn from, and the texts."""
        rows = documents.sample(SAMPLE, self.random_state)
        return rows, [documents.texts[row] for row in rows.tolist()]

    def _learning(
        self, inner: base.Embedder, dense: FloatArray, texts: list[str], weights: NDArray[np.float64]
    ) -> "HybridEmbedder":
        made = self._again()
        with stage("Learning words"):
            made._known = _learn(inner, dense, texts, weights, self.random_state)
        return made

    def _learnt(self) -> _Known:
        return learnt(self._known, self)

    def _resolved(self) -> base.Embedder:
        return base.resolve(
            self.embedder,
            long_documents=self.long_documents,
            device=self.device,
            random_state=self.random_state,
        )

    def _dense(self, known: _Known, texts: Sequence[str]) -> FloatArray:
        """The model's vectors; those that were made for learning are not made again."""
        if self._kept is None:
            return self._asked(known, texts)
        places, kept = self._kept
        rows = np.fromiter((places.get(content_hash(text), -1) for text in texts), np.int64, len(texts))
        result = np.empty((len(texts), kept.shape[1]), dtype=np.float32)
        result[rows >= 0] = kept[rows[rows >= 0]]
        others = np.flatnonzero(rows < 0)
        if len(others):
            result[others] = self._asked(known, [texts[i] for i in others.tolist()])
        return result

    def _asked(self, known: _Known, texts: Sequence[str]) -> FloatArray:
        n_columns = len(known.mean)
        try:
            found = base.embed(cached(known.embedder, self._cache), texts, dimension=n_columns)
        except NotFittedError as error:
            raise InputError(
                f"the words were learnt on given vectors, and {known.embedder!r} has learnt nothing; "
                "pass embeddings="
            ) from error
        if found.shape[1] != n_columns:
            raise InputError(
                f"the words were learnt on vectors of length {n_columns}; those of {known.embedder!r} have "
                f"length {found.shape[1]}; use the same model, or pass embeddings="
            )
        return found


def _learn(
    embedder: base.Embedder,
    dense: FloatArray,
    texts: list[str],
    weights: NDArray[np.float64],
    random_state: int,
) -> _Known:
    """Learn the mean of the vectors, the words, and the company that each word keeps."""
    n = float(weights.sum())
    mean = np.average(dense, axis=0, weights=weights) * (n / (n + CENTRE_AFTER))
    mean = mean.astype(np.float32)
    try:
        lexical, tfidf = LexicalEmbedder(random_state=random_state).fitted_with_tfidf(texts, weights)
    except InputError:  # no words, or none that two texts share
        return _Known(embedder, mean, None, np.empty((0, len(mean)), dtype=np.float16))
    joined = beside(centred(dense, mean), lexical.projected(tfidf))
    joined -= np.average(joined, axis=0, weights=weights).astype(np.float32)
    has_word = tfidf.sign()
    times = np.asarray(has_word.T @ weights)
    company = np.asarray(has_word.T @ (joined * weights[:, None].astype(np.float32)))
    # The square root: rare words say more, but by no more than they are rarer.
    company /= ((times + SHRINKAGE) * np.sqrt(lexical.idf))[:, None]
    return _Known(embedder, mean, lexical, company.astype(np.float16))


def centred(dense: FloatArray, mean: FloatArray) -> FloatArray:
    """Subtract the mean from all rows but those of zeros, of which the model knows nothing."""
    return np.where(dense.any(axis=1, keepdims=True), dense - mean, np.float32(0.0))


def beside(vectors: FloatArray, lexical: FloatArray) -> FloatArray:
    """Put the lexical vectors beside the others, `LEXICAL` times as long, and scale the rows to length 1."""
    parts = [unit_rows(vectors), np.float32(LEXICAL) * unit_rows(lexical)]
    return unit_rows(np.hstack(parts))


def _times(documents: Documents, weights: NDArray[Any] | None) -> NDArray[np.float64]:
    """How many documents each distinct text stands for."""
    if not len(documents):
        raise InputError("there are no texts to learn from: all are blank")
    given, known = checked_weights(documents.n_rows, weights), documents.rows >= 0
    return np.bincount(documents.rows[known], given[known], minlength=len(documents)).astype(np.float64)


def _part(state: State, name: str) -> State:
    """Take the state of a part out of that of the whole."""
    prefix = f"{name}."
    arrays = {
        key.removeprefix(prefix): array for key, array in state.arrays.items() if key.startswith(prefix)
    }
    return State(state.config[name], arrays)
