"""TF-IDF with truncated SVD (latent semantic analysis): no model, no download, any language."""

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.state import State
from topickit._core.vectors import FloatArray, single_threaded, unit_rows
from topickit.embed.base import EmbedderInfo
from topickit.embed.context import context_vectors, smoothed
from topickit.embed.features import STEM, is_unspaced, reader
from topickit.embed.learning import LearnedValues, LearningEmbedder
from topickit.errors import InputError, check_whole

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

MAX_VOCABULARY = 20_000
"""Maximum number of features. Each is saved with the model as a row of `dimension` float32."""
MANY_TEXTS = 1_000
"""Number of texts from which features with a document frequency of 1 are dropped."""
SVD_ITERATIONS = 4
CENTER_AFTER = 10.0
"""Number of texts at which half of the corpus mean is subtracted; less is subtracted from fewer texts."""
IDF_POWER = 1.5
"""Power of the idf where the languages are known: frequent words say little of the subject of a text."""
UNSPACED = 0.5
"""Weight of a character or a pair where the languages are known: a run has twice as many as letters."""
CONTEXT = 1.0
"""Length of the mean context vector that each round adds to an embedding of length 1."""


@dataclass(frozen=True, eq=False)
class _Values(LearnedValues):
    """What is learned: v features, and the (d, v) directions that they are projected on."""

    vocabulary: tuple[str, ...]
    idf: FloatArray
    components: FloatArray
    center: FloatArray
    contexts: tuple[NDArray[np.float16], ...] = ()
    languages: tuple[str, ...] = ()

    @functools.cached_property
    def counter(self) -> Any:
        from sklearn.feature_extraction.text import CountVectorizer

        analyzer = reader(self.languages)
        return CountVectorizer(analyzer=analyzer, vocabulary=self.vocabulary, dtype=np.float32)

    def tfidf(self, texts: Sequence[str]) -> Any:
        return _tfidf(self.counter.transform(texts), self.idf)

    def projected(self, matrix: Any) -> FloatArray:
        vectors = np.asarray(matrix @ self.components.T, dtype=np.float32) - self.center
        vectors[np.diff(matrix.indptr) == 0] = 0.0
        if self.contexts:
            vectors = unit_rows(vectors)
        for contexts in self._contexts32:
            vectors = smoothed(vectors, matrix, contexts, CONTEXT)
        return vectors

    @functools.cached_property
    def _contexts32(self) -> tuple[FloatArray, ...]:
        return tuple(contexts.astype(np.float32) for contexts in self.contexts)

    def arrays(self) -> dict[str, NDArray[Any]]:
        contexts = {f"context_{i}": vectors for i, vectors in enumerate(self.contexts)}
        return {"idf": self.idf, "components": self.components, "centre": self.center, **contexts}


class LexicalEmbedder(LearningEmbedder[_Values]):
    """Embeddings from the words of the corpus: TF-IDF, truncated SVD and centering.

    It needs no model, no download and no choice of language. It learns from the corpus: `fitted` returns a
    new, fitted embedder and does not change this one. The embedding of a text without a word of the corpus is
    all zeros, which a `TopicModel` treats as an outlier. Embeddings are bit-identical for any number of
    threads and for any texts encoded together.

    Parameters
    ----------
    dimension : int
        Maximum number of columns, 100 by default; a corpus of few texts or words gives fewer.
    random_state : int
        Seed of the randomized SVD, 0 by default.
    context_rounds : int
        How often the mean context vector of a text's words is added to its embedding; 0 by default. A
        context vector is the mean embedding of the documents with a word. 2 suits short texts, which share
        few words; long ones do not need it. `embedder="auto"` uses 2.
    languages : sequence of str
        ISO 639-1 codes, none by default; `embedder="auto"` passes those of the corpus. Their stop words are
        not counted. Words count by themselves and by their Snowball stem instead of a prefix, rare ones more
        than by their idf (its power `IDF_POWER`), and characters of scripts without spaces by half.

    References
    ----------
    Deerwester et al., "Indexing by Latent Semantic Analysis", JASIS 41(6), 1990; the solver is
    Halko, Martinsson, Tropp, arXiv:0909.4061. The context vectors are those of `HybridEmbedder`.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "fast car"]
    >>> fitted = LexicalEmbedder().fitted(texts)
    >>> vectors = fitted.encode(["apple", "car", "zebra"])
    >>> vectors.shape[0], bool(vectors[2].any())
    (3, False)
    """

    __slots__ = ("context_rounds", "dimension", "languages", "random_state")

    def __init__(
        self,
        dimension: int = 100,
        random_state: int = 0,
        *,
        context_rounds: int = 0,
        languages: Sequence[str] = (),
    ) -> None:
        self.dimension = dimension
        self.random_state = random_state
        self.context_rounds = context_rounds
        self.languages = languages
        self._learned: _Values | None = None

    def fitted(self, texts: Sequence[str], weights: NDArray[Any] | None = None) -> "LexicalEmbedder":
        """Return a new embedder, fitted to texts.

        Parameters
        ----------
        texts : sequence of str
        weights : ndarray of shape (len(texts),), optional
            Number of documents that each text stands for; 1 by default.

        Returns
        -------
        LexicalEmbedder

        Raises
        ------
        ParameterError
            When `dimension` is not a positive integer.
        InputError
            When there are no texts, when the weights are not one positive number per text, or when no two
            texts share a word.
        """
        return self.fitted_with_tfidf(texts, weights)[0]

    def fitted_with_tfidf(
        self, texts: Sequence[str], weights: NDArray[Any] | None = None
    ) -> "tuple[LexicalEmbedder, csr_matrix]":
        """Return the fitted embedder and its `tfidf` of the texts, which are counted once for both.

        Parameters
        ----------
        texts : sequence of str
            Distinct texts.
        weights : ndarray of shape (n,), optional
            Number of documents that each text stands for; None (the default) counts each once.

        Returns
        -------
        LexicalEmbedder
            A new embedder.
        csr_matrix of shape (n, v)
        """
        check_whole("dimension", self.dimension)
        check_whole("context_rounds", self.context_rounds, 0)
        weights = checked_weights(len(texts), weights)
        with single_threaded():
            embedder = LexicalEmbedder(
                self.dimension,
                self.random_state,
                context_rounds=self.context_rounds,
                languages=self.languages,
            )
            languages = tuple(self.languages)
            embedder._learned, tfidf = _learn(texts, weights, self.dimension, self.random_state, languages)
            embedder._learned = _with_contexts(embedder._learned, tfidf, weights, self.context_rounds)
        return embedder, tfidf

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return the embedding of each text.

        Parameters
        ----------
        texts : sequence of str
            From the corpus or new.

        Returns
        -------
        float32 ndarray of shape (n, d)
            d ≤ `dimension`; not scaled to length 1. Zeros for a text without a feature of the corpus.

        Raises
        ------
        NotFittedError
            Before `fitted`.
        """
        values = self._fitted_values()
        if len(texts) == 0 or not values.vocabulary:
            return np.zeros((len(texts), len(values.components)), dtype=np.float32)
        with single_threaded():
            return values.projected(values.tfidf(texts))

    def tfidf(self, texts: Sequence[str]) -> "csr_matrix":
        """Return the TF-IDF matrix of texts.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        csr_matrix of shape (n, v)
            Rows have length 1, or 0 for a text without a known feature.

        Raises
        ------
        NotFittedError
            Before `fitted`.
        """
        return self._fitted_values().tfidf(texts)

    def projected(self, tfidf: "csr_matrix") -> FloatArray:
        """Return the embeddings of texts with this TF-IDF matrix.

        Parameters
        ----------
        tfidf : csr_matrix of shape (n, v)

        Returns
        -------
        float32 ndarray of shape (n, d)
        """
        with single_threaded():
            return self._fitted_values().projected(tfidf)

    @property
    def idf(self) -> FloatArray:
        """Weight of each feature by its inverse document frequency, of shape (v,)."""
        return self._fitted_values().idf

    @property
    def fingerprint(self) -> str:
        """Hash of the settings and, once fitted, of everything learned."""
        rounds = f" {self.context_rounds}" if self.context_rounds else ""
        spoken = f" {' '.join(self.languages)}" if self.languages else ""
        settings = f"{self.dimension} {self.random_state}{rounds}{spoken}"
        digest = hashlib.blake2b(settings.encode(), digest_size=16)
        if self._learned is not None:
            digest.update("\0".join(self._learned.vocabulary).encode("utf-8"))
            for array in self._learned.arrays().values():
                digest.update(array.tobytes())
        return f"lexical:{digest.hexdigest()}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "lexical", of any language."""
        return EmbedderInfo("lexical", "lexical", repr(self), fingerprint=self.fingerprint)

    def state(self) -> State:
        """Return the settings and, once fitted, the vocabulary and arrays."""
        config = {"kind": "lexical", "dimension": self.dimension, "random_state": self.random_state}
        if self.context_rounds:
            config["context_rounds"] = self.context_rounds
        if self.languages:
            config["languages"] = list(self.languages)
        if self._learned is None:
            return State(config)
        return State({**config, "vocabulary": list(self._learned.vocabulary)}, self._learned.arrays())

    @classmethod
    def from_state(cls, state: State) -> "LexicalEmbedder":
        """Restore the embedder; its embeddings are bit-identical to those of the saved one.

        Raises
        ------
        InputError
            When the arrays do not fit the vocabulary.
        """
        rounds = int(state.config.get("context_rounds", 0))
        embedder = cls(
            int(state.config["dimension"]),
            int(state.config["random_state"]),
            context_rounds=rounds,
            languages=tuple(state.config.get("languages", ())),
        )
        if "vocabulary" not in state.config:
            return embedder
        vocabulary = tuple(str(word) for word in state.config["vocabulary"])
        contexts = tuple(state.arrays[f"context_{i}"] for i in range(rounds))
        idf, components, center = (state.arrays[name] for name in ("idf", "components", "centre"))
        values = _Values(vocabulary, idf, components, center, contexts, tuple(embedder.languages))
        shape = (len(vocabulary), *values.center.shape)
        if any(vectors.shape != shape for vectors in contexts):
            raise InputError(f"the context vectors are not of shape {shape}; save the model again")
        if values.idf.shape != (len(vocabulary),) or values.components.shape != (
            *values.center.shape,
            len(vocabulary),
        ):
            raise InputError(
                f"{len(vocabulary)} words do not fit arrays of shapes {values.idf.shape} and "
                f"{values.components.shape}; save the model again"
            )
        embedder._learned = values
        return embedder

    def __repr__(self) -> str:
        more = f", context_rounds={self.context_rounds}" if self.context_rounds else ""
        more += f", languages={list(self.languages)}" if self.languages else ""
        return f"LexicalEmbedder({self.dimension}, random_state={self.random_state}{more})"


def checked_weights(n_texts: int, weights: NDArray[Any] | None) -> NDArray[np.float64]:
    """Return the number of documents that each text stands for, 1 by default.

    Raises
    ------
    InputError
        When there are no texts, or when the weights are not one positive number per text.
    """
    if n_texts == 0:
        raise InputError("there are no texts to fit the embedder to; pass at least one")
    result = np.ones(n_texts) if weights is None else np.asarray(weights, dtype=np.float64)
    if result.shape != (n_texts,) or not (np.isfinite(result) & (result > 0)).all():
        raise InputError(f"weights must be {n_texts} positive numbers, one per text; got {result.shape}")
    return result


@functools.cache
def _stop_features(languages: tuple[str, ...]) -> frozenset[str]:
    """Return the stop words of languages, and their stems."""
    from stopwordsiso import stopwords

    read = reader(languages)
    words = {word.casefold() for language in languages for word in stopwords(language)}
    stems = (feature for word in words for feature in read(word) if feature.startswith(STEM))
    return frozenset(words.union(stems))


def _learn(
    texts: Sequence[str],
    weights: NDArray[np.float64],
    dimension: int,
    random_state: int,
    languages: tuple[str, ...] = (),
) -> "tuple[_Values, csr_matrix]":
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=reader(languages), dtype=np.float32)
    try:
        counts = counter.fit_transform(texts)
    except ValueError as error:
        raise InputError(
            f"none of the {len(texts):,} texts contains a word; use a sentence-transformers model, "
            "such as embedder='all-MiniLM-L6-v2'"
        ) from error
    words = counter.get_feature_names_out()
    frequency = np.asarray((counts > 0).T @ weights).ravel()
    stop = _stop_features(languages)
    counted = np.fromiter((word not in stop for word in words), dtype=np.bool_, count=len(words))
    if not counted.any():
        counted[:] = True  # texts of stop words only
    kept = np.flatnonzero(counted & (frequency >= (2 if len(texts) >= MANY_TEXTS else 1)))
    if not len(kept):
        raise InputError(
            f"no two of the {len(texts):,} texts share a word; use a sentence-transformers model, "
            "such as embedder='all-MiniLM-L6-v2'"
        )
    # Words are in alphabetical order, and a stable sort breaks ties by it.
    kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[:MAX_VOCABULARY]])
    idf = (np.log((1 + weights.sum()) / (1 + frequency[kept])) + 1).astype(np.float32)
    if languages:
        halved = np.where([is_unspaced(word) for word in words[kept]], UNSPACED, 1.0)
        idf = (idf**IDF_POWER * halved).astype(np.float32)
    matrix = _tfidf(counts[:, kept], idf)
    components = _components(matrix, weights, dimension, random_state)
    center = np.average(matrix @ components.T, axis=0, weights=weights)
    shrunk = center * (len(texts) / (len(texts) + CENTER_AFTER))
    vocabulary = tuple(str(word) for word in words[kept])
    return _Values(vocabulary, idf, components, shrunk.astype(np.float32), languages=languages), matrix


def _with_contexts(
    values: _Values, tfidf: "csr_matrix", weights: NDArray[np.float64], rounds: int
) -> _Values:
    """Learn the context vectors of one round after another, each from the embeddings of those before."""
    for _ in range(rounds):
        vectors = unit_rows(values.projected(tfidf))
        contexts = context_vectors(tfidf, vectors, weights, values.idf)
        values = replace(values, contexts=(*values.contexts, contexts))
    return values


def _tfidf(counts: Any, idf: FloatArray) -> Any:
    """TF-IDF with 1 + log of the counts, rows of length 1; overwrites the counts."""
    from sklearn.preprocessing import normalize

    counts.data = (np.log(counts.data) + 1) * idf[counts.indices]
    return normalize(counts, copy=False)


def _components(matrix: Any, weights: NDArray[np.float64], dimension: int, random_state: int) -> FloatArray:
    """Right singular vectors of the weighted corpus, of shape (≤ dimension, v), strongest first."""
    from scipy.sparse import diags_array
    from sklearn.utils.extmath import randomized_svd

    # Scaled so that a text that stands for many documents counts as they would.
    weighted = (diags_array(np.sqrt(weights)) @ matrix).astype(np.float32).tocsr()
    if min(weighted.shape) <= 2 * dimension:
        return _exact_components(weighted.astype(np.float64), dimension)
    directions = randomized_svd(weighted, dimension, n_iter=SVD_ITERATIONS, random_state=random_state)[2]
    return np.ascontiguousarray(directions, dtype=np.float32)


def _exact_components(matrix: Any, dimension: int) -> FloatArray:
    """Exact singular vectors of a small matrix, from the smaller of its two Gram matrices."""
    wide = matrix.shape[0] <= matrix.shape[1]
    products = (matrix @ matrix.T if wide else matrix.T @ matrix).toarray()
    squares, vectors = np.linalg.eigh(products)
    strong = np.flatnonzero(squares > squares[-1] * 1e-6)[::-1][:dimension]
    if not wide:
        return np.ascontiguousarray(vectors[:, strong].T, dtype=np.float32)
    scaled = vectors[:, strong] / np.sqrt(squares[strong])
    return np.ascontiguousarray((matrix.T @ scaled).T, dtype=np.float32)
