"""A model's embeddings, joined with lexical ones and smoothed over the words of the corpus."""

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
from topickit.embed.context import context_vectors, smoothed
from topickit.embed.learning import LearnedValues, LearningEmbedder
from topickit.embed.lexical import CENTER_AFTER, LexicalEmbedder, checked_weights
from topickit.errors import InputError, NotFittedError, TopickitError

SAMPLE = 20_000
"""Maximum number of texts that the words are learned from."""
LEXICAL = 0.5
"""Length of the lexical part; the model's part has length 1."""
CONTEXT = 0.5
"""Length of the mean context vector that is added to the joined vector of length 1."""
ROWS = 8192
"""Number of texts combined at a time, to bound the memory of temporary arrays."""


@dataclass(frozen=True, eq=False)
class _Values(LearnedValues):
    """What is learned: the mean of the model's embeddings, the words, and their context vectors (v, d + l).

    There are no words if no two texts share one.
    """

    embedder: base.Embedder
    mean: FloatArray
    lexical: LexicalEmbedder | None
    context_vectors: NDArray[np.float16]

    @functools.cached_property
    def _context_vectors32(self) -> FloatArray:
        return self.context_vectors.astype(np.float32)

    def combine(self, dense: FloatArray, texts: Sequence[str]) -> FloatArray:
        centered = _center(dense, self.mean)
        if self.lexical is None:
            return unit_rows(centered)
        tfidf = self.lexical.tfidf(texts)
        joined = _join(centered, self.lexical.projected(tfidf))
        return smoothed(joined, tfidf, self._context_vectors32, CONTEXT)


class HybridEmbedder(LearningEmbedder[_Values]):
    """Embeddings of a model combined with the words of the corpus.

    A sentence embedder was trained on other texts. It does not know which words matter in this corpus, nor
    what a rare name or technical term means in it. So embeddings are computed in two steps:

    1. The model's embedding, less the corpus mean, is joined with the embedding of a `LexicalEmbedder`,
       scaled to length `LEXICAL`.
    2. The TF-IDF-weighted mean of the context vectors of the text's words is added, scaled to length
       `CONTEXT`. The context vector of a word is the mean of the joined vectors of the documents with it.

    It learns from the corpus: `fitted` returns a new, fitted embedder. The embedding of a text does not
    depend on the texts embedded with it.

    Parameters
    ----------
    embedder : str, path, embedder, object with ``encode``, or function
        The model, as for `resolve`; "all-MiniLM-L6-v2" by default. For ready-made embeddings, a
        `PrecomputedEmbedder`.
    random_state : int
        Seed of the sample that the words are learned from (at most `SAMPLE` texts) and of the randomized
        SVD; 0 by default.
    long_documents : {"truncate", "chunk"}
        For a model given by name, see `SentenceEmbedder`; "chunk" is refused for an object.
    device : str, optional
        Torch device of a model given by name; None lets sentence-transformers choose. Refused for an object.

    Notes
    -----
    The second step smooths over the graph of documents and their words, as in Yao, Mao and Luo, "Graph
    Convolutional Networks for Text Classification", AAAI 2019, but without training. Measured by
    `python -m benchmarks.hybrid`.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "fast car", "slow car"]
    >>> embedder = HybridEmbedder(lambda texts: [[len(text), 1.0] for text in texts]).fitted(texts)
    >>> vectors = embedder.encode(["apple", "car"])
    >>> vectors.dtype.name, round(float(vectors[0] @ vectors[0]), 3)
    ('float32', 1.0)
    """

    _not_copied = ("_cache", "_sample_vectors")
    __slots__ = ("_sample_vectors", "device", "embedder", "long_documents", "random_state")

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
        self._learned: _Values | None = None
        self._sample_vectors: tuple[dict[bytes, int], FloatArray] | None = None
        self._cache: str | os.PathLike[str] | None = None

    def fitted(self, texts: Sequence[str], weights: NDArray[Any] | None = None) -> "HybridEmbedder":
        """Return a new embedder, fitted to texts.

        Parameters
        ----------
        texts : sequence of str
            In any order; blank texts are ignored.
        weights : ndarray of shape (len(texts),), optional
            Number of documents that each text stands for; 1 by default.

        Returns
        -------
        HybridEmbedder

        Raises
        ------
        InputError
            When there are no texts, or the weights are not one positive number per text.
        """
        documents = Documents.of(texts)
        counts = _document_counts(documents, weights)
        model = with_cached_teacher(self._resolved(), self._cache)
        model = base.fitted(model, documents.texts, counts)
        rows, sample = self._sample(documents)
        dense = base.embed(cached(model, self._cache), sample)
        embedder = self._fit(model, dense, sample, counts[rows])
        # The sample is usually part of the first texts to embed.
        embedder._sample_vectors = {content_hash(text): row for row, text in enumerate(sample)}, dense
        return embedder

    def fitted_on(
        self, vectors: FloatArray, texts: Sequence[str], weights: NDArray[Any] | None = None
    ) -> "HybridEmbedder":
        """Return a new embedder, fitted to texts and ready-made embeddings of the model.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
        texts : sequence of str, of length n
        weights : ndarray of shape (n,), optional
            Number of documents that each text stands for; 1 by default.

        Returns
        -------
        HybridEmbedder

        Raises
        ------
        InputError
            When there are no texts, or the weights are not one positive number per text.
        """
        documents = Documents.of(texts, vectors)
        counts = _document_counts(documents, weights)
        rows, sample = self._sample(documents)
        return self._fit(self._resolved(), vectors[documents.first_rows[rows]], sample, counts[rows])

    def combine(self, vectors: FloatArray, texts: Sequence[str]) -> FloatArray:
        """Return the embeddings of texts, given the model's.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d), unit rows
            The model's embeddings. Vectors with another number of columns are taken for embeddings of this
            embedder and returned as they are.
        texts : sequence of str, of length n

        Returns
        -------
        float32 ndarray of shape (n, d + l), unit rows

        Raises
        ------
        NotFittedError
            Before the fit.
        InputError
            When the numbers of vectors and texts differ.
        """
        values = self._fitted_values()
        if vectors.shape[1] != len(values.mean):
            return vectors
        if len(vectors) != len(texts):
            raise InputError(f"got {len(vectors)} vectors for {len(texts)} texts; pass one per text")
        result = allocate(len(texts), values.context_vectors.shape[1])
        for start in range(0, len(texts), ROWS):
            rows = slice(start, start + ROWS)
            result[rows] = values.combine(vectors[rows], texts[rows])
            release(result)
        return result

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return the embedding of each text.

        Parameters
        ----------
        texts : sequence of str
            From the corpus or new.

        Returns
        -------
        float32 ndarray of shape (n, d + l), unit rows
            The d columns of the model and at most 100 lexical ones. Zeros for a text without a feature of
            either.

        Raises
        ------
        NotFittedError
            Before `fitted`.
        """
        return self.combine(self._dense(self._fitted_values(), texts), texts)

    @property
    def model(self) -> base.Embedder:
        """The embedder that it builds on."""
        return self._resolved() if self._learned is None else self._learned.embedder

    @property
    def fingerprint(self) -> str:
        """Hash of the model's fingerprint, the settings and, once fitted, of everything learned."""
        digest = hashlib.blake2b(f"{self.model.fingerprint} {self.random_state}".encode(), digest_size=16)
        if self._learned is not None:
            if self._learned.lexical is not None:
                digest.update(self._learned.lexical.fingerprint.encode())
            digest.update(self._learned.mean.tobytes())
            digest.update(self._learned.context_vectors.tobytes())
        return f"hybrid:{digest.hexdigest()}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "hybrid"; name and languages are those of the model."""
        return base.info_of("hybrid", self, self.model)

    def state(self) -> State:
        """Return the settings, the states of the model and of the words, and what was learned."""
        values = self._learned
        model = self.model.state()
        config: dict[str, Any] = {"kind": "hybrid", "random_state": int(self.random_state)}
        config["embedder"] = dict(model.config)
        arrays = {f"embedder.{name}": array for name, array in model.arrays.items()}
        if values is None:
            return State(config, arrays)
        arrays |= {"mean": values.mean, "company": values.context_vectors}
        if values.lexical is None:
            return State({**config, "lexical": None}, arrays)
        words = values.lexical.state()
        arrays |= {f"lexical.{name}": array for name, array in words.arrays.items()}
        return State({**config, "lexical": dict(words.config)}, arrays)

    @classmethod
    def from_state(cls, state: State) -> "HybridEmbedder":
        """Restore the embedder; its embeddings are those of the saved one if the same model is installed.

        Raises
        ------
        InputError
            When the arrays do not fit each other.
        """
        config = state.config
        model = base.from_state(_part(state, "embedder"), device=config.get("device"))
        embedder = cls(model, random_state=int(config["random_state"]))
        if "lexical" not in config:
            return embedder
        lexical = None if config["lexical"] is None else LexicalEmbedder.from_state(_part(state, "lexical"))
        mean, vectors = state.arrays["mean"], state.arrays["company"]
        n_words = 0 if lexical is None else len(lexical.idf)
        if mean.ndim != 1 or vectors.ndim != 2 or len(vectors) != n_words or vectors.shape[1] < len(mean):
            raise InputError(f"{n_words} words do not fit arrays of shapes {mean.shape} and {vectors.shape}")
        embedder._learned = _Values(model, mean, lexical, vectors)
        return embedder

    def with_embedder(self, embedder: Any) -> "HybridEmbedder":
        """Return a new embedder with another object as its model, which must make the same embeddings.

        Parameters
        ----------
        embedder : object
            As for the constructor, such as a function that could not be saved with this embedder.

        Returns
        -------
        HybridEmbedder
        """
        device = base.device_for(embedder, self.device)
        replaced = HybridEmbedder(embedder, random_state=self.random_state, device=device)
        if self._learned is not None:
            replaced._learned = replace(self._learned, embedder=replaced._resolved())
        return replaced

    def with_cache(self, folder: str | os.PathLike[str] | None) -> "HybridEmbedder":
        """Return a new embedder whose model's embeddings are cached between fits.

        Parameters
        ----------
        folder : path, optional
            Folder of the embedding cache, see `CachedEmbedder`; it is not saved. None disables the cache.

        Returns
        -------
        HybridEmbedder
        """
        embedder = self._unfitted()
        embedder._cache = folder
        embedder._learned, embedder._sample_vectors = self._learned, self._sample_vectors
        return embedder

    def __repr__(self) -> str:
        try:
            return f"HybridEmbedder({self._resolved()!r})"
        except TopickitError:  # an unusable model raises where it is used
            return f"HybridEmbedder({self.embedder!r})"

    def _sample(self, documents: Documents) -> tuple[IntArray, list[str]]:
        """Return the positions of the texts to learn from, and the texts."""
        rows = documents.sample(SAMPLE, self.random_state)
        return rows, [documents.texts[row] for row in rows.tolist()]

    def _fit(
        self, model: base.Embedder, dense: FloatArray, texts: list[str], weights: NDArray[np.float64]
    ) -> "HybridEmbedder":
        embedder = self._unfitted()
        with stage("Learning words"):
            embedder._learned = _learn(model, dense, texts, weights, self.random_state)
        return embedder

    def _resolved(self) -> base.Embedder:
        return base.resolve(
            self.embedder,
            long_documents=self.long_documents,
            device=self.device,
            random_state=self.random_state,
        )

    def _dense(self, values: _Values, texts: Sequence[str]) -> FloatArray:
        """Return the model's embeddings; those of the sample are reused after a fit."""
        if self._sample_vectors is None:
            return self._model_vectors(values, texts)
        places, vectors = self._sample_vectors
        rows = np.fromiter((places.get(content_hash(text), -1) for text in texts), np.int64, len(texts))
        result = np.empty((len(texts), vectors.shape[1]), dtype=np.float32)
        result[rows >= 0] = vectors[rows[rows >= 0]]
        others = np.flatnonzero(rows < 0)
        if len(others):
            result[others] = self._model_vectors(values, [texts[i] for i in others.tolist()])
        return result

    def _model_vectors(self, values: _Values, texts: Sequence[str]) -> FloatArray:
        model, n_columns = values.embedder, len(values.mean)
        try:
            vectors = base.embed(cached(model, self._cache), texts, dimension=n_columns)
        except NotFittedError as error:
            raise InputError(
                f"the hybrid embedder was fitted on given vectors, and its model {model!r} is not fitted; "
                "pass embeddings="
            ) from error
        if vectors.shape[1] != n_columns:
            raise InputError(
                f"the hybrid embedder was fitted on vectors of length {n_columns}, and those of {model!r} "
                f"have length {vectors.shape[1]}; use the same model, or pass embeddings="
            )
        return vectors


def _learn(
    embedder: base.Embedder,
    dense: FloatArray,
    texts: list[str],
    weights: NDArray[np.float64],
    random_state: int,
) -> _Values:
    """Learn the mean of the model's embeddings, the words, and the context vector of each word."""
    n = float(weights.sum())
    mean = np.average(dense, axis=0, weights=weights) * (n / (n + CENTER_AFTER))
    mean = mean.astype(np.float32)
    try:
        lexical, tfidf = LexicalEmbedder(random_state=random_state).fitted_with_tfidf(texts, weights)
    except InputError:  # no two texts share a word
        return _Values(embedder, mean, None, np.empty((0, len(mean)), dtype=np.float16))
    joined = _join(_center(dense, mean), lexical.projected(tfidf))
    return _Values(embedder, mean, lexical, context_vectors(tfidf, joined, weights, lexical.idf))


def _center(dense: FloatArray, mean: FloatArray) -> FloatArray:
    """Subtract the mean from all rows but zero rows."""
    return np.where(dense.any(axis=1, keepdims=True), dense - mean, np.float32(0.0))


def _join(vectors: FloatArray, lexical: FloatArray) -> FloatArray:
    """Join vectors of length 1 with lexical vectors of length `LEXICAL`, and scale to length 1."""
    parts = [unit_rows(vectors), np.float32(LEXICAL) * unit_rows(lexical)]
    return unit_rows(np.hstack(parts))


def _document_counts(documents: Documents, weights: NDArray[Any] | None) -> NDArray[np.float64]:
    """Return the number of documents that each distinct text stands for."""
    if not len(documents):
        raise InputError("there are no texts to fit the embedder to: all are blank")
    counts, has_text = checked_weights(documents.n_rows, weights), documents.rows >= 0
    totals = np.bincount(documents.rows[has_text], counts[has_text], minlength=len(documents))
    return totals.astype(np.float64)


def _part(state: State, name: str) -> State:
    """Return the part of a state that holds another object's state."""
    prefix = f"{name}."
    arrays = {
        key.removeprefix(prefix): array for key, array in state.arrays.items() if key.startswith(prefix)
    }
    return State(state.config[name], arrays)
