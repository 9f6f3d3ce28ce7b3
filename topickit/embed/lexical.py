"""TF-IDF with truncated SVD (latent semantic analysis): no model, no download, any language."""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit.errors import InputError, NotFittedError, ParameterError
from topickit.state import State
from topickit.vectors import FloatArray, single_threaded

MAX_VOCABULARY = 20_000
"""Features at most: they are saved with the model, one row of `dimension` float32 each."""
PREFIX = 5
"""Letters of the prefix that a longer word adds, as a stem that needs no knowledge of the language."""
MANY_TEXTS = 1_000
"""From here on a word that stands in one text only is left out: it can relate that text to no other."""
SVD_ITERATIONS = 4
CENTRE_AFTER = 10.0
"""Texts after which half of the corpus' mean is subtracted; for a single text hardly any may be."""

# Thai and Lao, Myanmar, Khmer, kana, Han: scripts that put no space between words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUNS = re.compile(rf"([{_UNSPACED}]+)|((?:(?![{_UNSPACED}])\w)+)")


def features(text: str) -> list[str]:
    """Cut a text into the features that are counted.

    A run of a script without spaces gives its characters and pairs of characters; so nothing has
    to be chosen for a corpus of one language or of several. A word of two letters or more gives
    itself and, if it is longer than `PREFIX`, its prefix.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> features("Trains in 東京")
    ['trains', '<train', 'in', '東', '京', '東京']
    """
    found: list[str] = []
    for run, word in _RUNS.findall(text.casefold()):
        if run:
            found.extend(run)
            found.extend(run[i : i + 2] for i in range(len(run) - 1))
        elif len(word) > 1:
            found.append(word)
            if len(word) > PREFIX:
                found.append(f"<{word[:PREFIX]}")
    return found


class LexicalEmbedder:
    """Vectors from the words of this corpus: TF-IDF, then truncated SVD, then centred.

    It learns from the corpus: `fitted` returns a new, fitted embedder, and this one stays as it
    is. A text with no known word gets a row of zeros, which the model takes for an outlier. The
    vectors are the same bits whatever the number of threads, and whatever texts are encoded
    together.

    Parameters
    ----------
    dimension : int
        Columns at most; a corpus of few texts or words gives fewer.
    random_state : int
        Seed of the randomised SVD.

    References
    ----------
    Deerwester et al., "Indexing by Latent Semantic Analysis", JASIS 41(6), 1990; the solver is
    Halko, Martinsson, Tropp, arXiv:0909.4061.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "fast car"]
    >>> fitted = LexicalEmbedder().fitted(texts)
    >>> vectors = fitted.encode(["apple", "car", "zebra"])
    >>> vectors.shape[0], bool(vectors[2].any())
    (3, False)
    """

    __slots__ = ("_centre", "_components", "_idf", "_vectorizer", "_vocabulary", "dimension", "random_state")

    def __init__(self, dimension: int = 100, random_state: int = 0) -> None:
        self.dimension = dimension
        self.random_state = random_state
        self._vocabulary: list[str] | None = None

    def fitted(self, texts: Sequence[str], weights: NDArray[Any] | None = None) -> "LexicalEmbedder":
        """Return a new embedder that knows the words of these texts.

        Parameters
        ----------
        texts : sequence of str
        weights : ndarray of shape (len(texts),), optional
            How many documents each text stands for; None for one each.

        Raises
        ------
        ParameterError
            When `dimension` is not a positive integer.
        InputError
            When there are no texts, or not one weight a text.
        """
        _check_dimension(self.dimension)
        weights = _checked_weights(texts, weights)
        with single_threaded():
            vocabulary, idf = _vocabulary(texts, weights)
            made = LexicalEmbedder(self.dimension, self.random_state)
            made._know(vocabulary, idf, np.eye(1, len(vocabulary), dtype=np.float32), np.zeros(1, np.float32))
            if vocabulary:
                matrix = made._vectorizer.transform(texts)
                components = _components(matrix, weights, self.dimension, self.random_state)
                centre = np.average(matrix @ components.T, axis=0, weights=weights)
                shrunk = centre * (len(texts) / (len(texts) + CENTRE_AFTER))
                made._know(vocabulary, idf, components, shrunk.astype(np.float32))
        return made

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return the vector of each text.

        Parameters
        ----------
        texts : sequence of str
            Seen before or not.

        Returns
        -------
        float32 ndarray of shape (n, d)
            d ≤ `dimension`, not scaled to length 1; zeros for a text without a known word.

        Raises
        ------
        NotFittedError
            Before `fitted`.
        """
        self._check_fitted()
        if not self._vocabulary or len(texts) == 0:
            return np.zeros((len(texts), len(self._components)), dtype=np.float32)
        with single_threaded():
            matrix = self._vectorizer.transform(texts)
            vectors = np.asarray(matrix @ self._components.T, dtype=np.float32) - self._centre
        vectors[np.diff(matrix.indptr) == 0] = 0.0
        return vectors

    @property
    def fingerprint(self) -> str:
        """Hash of the settings and, once fitted, of everything learnt."""
        digest = hashlib.blake2b(f"{self.dimension} {self.random_state}".encode(), digest_size=16)
        if self._vocabulary is not None:
            digest.update("\0".join(self._vocabulary).encode("utf-8"))
            for array in (self._idf, self._components, self._centre):
                digest.update(array.tobytes())
        return f"lexical:{digest.hexdigest()}"

    def state(self) -> State:
        """Return settings, vocabulary and arrays."""
        config = {"kind": "lexical", "dimension": self.dimension, "random_state": self.random_state}
        if self._vocabulary is None:
            return State(config)
        return State(
            {**config, "vocabulary": list(self._vocabulary)},
            {"idf": self._idf, "components": self._components, "centre": self._centre},
        )

    @classmethod
    def from_state(cls, state: State) -> "LexicalEmbedder":
        """Make the embedder again; it encodes bit for bit as the saved one did.

        Raises
        ------
        InputError
            When the arrays do not fit the vocabulary.
        """
        made = cls(int(state.config["dimension"]), int(state.config["random_state"]))
        if "vocabulary" not in state.config:
            return made
        vocabulary = [str(word) for word in state.config["vocabulary"]]
        idf, components, centre = (state.arrays[name] for name in ("idf", "components", "centre"))
        if idf.shape != (len(vocabulary),) or components.shape != (len(centre), len(vocabulary)):
            raise InputError(
                f"{len(vocabulary)} words do not fit arrays of shape {idf.shape}, {components.shape}"
            )
        made._know(vocabulary, idf, components, centre)
        return made

    def _know(
        self, vocabulary: list[str], idf: FloatArray, components: FloatArray, centre: FloatArray
    ) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vocabulary, self._idf, self._components, self._centre = vocabulary, idf, components, centre
        if vocabulary:
            self._vectorizer = TfidfVectorizer(
                analyzer=features, vocabulary=vocabulary, sublinear_tf=True, dtype=np.float32
            )
            self._vectorizer.idf_ = idf

    def _check_fitted(self) -> None:
        if self._vocabulary is None:
            raise NotFittedError(
                "this LexicalEmbedder has not seen a corpus yet; "
                "use the embedder that fitted(texts) returns, or give this one to a TopicModel"
            )

    def __repr__(self) -> str:
        return f"LexicalEmbedder({self.dimension}, random_state={self.random_state})"


def _check_dimension(dimension: Any) -> None:
    if not isinstance(dimension, int | np.integer) or isinstance(dimension, bool) or dimension < 1:
        raise ParameterError(f"dimension must be an integer of at least 1, got {dimension!r}")


def _checked_weights(texts: Sequence[str], weights: NDArray[Any] | None) -> NDArray[np.float64]:
    if len(texts) == 0:
        raise InputError("there are no texts to learn words from")
    result = np.ones(len(texts)) if weights is None else np.asarray(weights, dtype=np.float64)
    if result.shape != (len(texts),) or not (np.isfinite(result) & (result > 0)).all():
        raise InputError(
            f"weights must be {len(texts)} positive numbers, one a text; got shape {result.shape}"
        )
    return result


def _vocabulary(texts: Sequence[str], weights: NDArray[np.float64]) -> tuple[list[str], FloatArray]:
    """The features of most documents, in alphabetical order, and the smoothed idf of each."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=features, binary=True, dtype=np.float32)
    try:
        present = counter.fit_transform(texts)
    except ValueError:  # no text has a single word
        return [], np.empty(0, dtype=np.float32)
    words = np.asarray(counter.get_feature_names_out())
    frequency = np.asarray(present.T @ weights).ravel()
    enough = 2 if len(texts) >= MANY_TEXTS else 1
    kept = np.flatnonzero(frequency >= enough)
    # Words stand in alphabetical order: a stable sort makes that the order of ties.
    kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[:MAX_VOCABULARY]])
    idf = np.log((1 + weights.sum()) / (1 + frequency[kept])) + 1
    return [str(word) for word in words[kept]], idf.astype(np.float32)


def _components(matrix: Any, weights: NDArray[np.float64], dimension: int, random_state: int) -> FloatArray:
    """The directions of the corpus, shape (≤ dimension, words), strongest first."""
    from scipy.sparse import diags_array
    from sklearn.utils.extmath import randomized_svd

    # One row a document: a text that stands for many pulls the directions as they would.
    weighted = (diags_array(np.sqrt(weights)) @ matrix).astype(np.float32).tocsr()
    if min(weighted.shape) <= 2 * dimension:
        return _exact_components(weighted.astype(np.float64), dimension)
    directions = randomized_svd(weighted, dimension, n_iter=SVD_ITERATIONS, random_state=random_state)[2]
    return np.ascontiguousarray(directions, dtype=np.float32)


def _exact_components(matrix: Any, dimension: int) -> FloatArray:
    """All directions there are, where texts or words are few, from the smaller matrix of products."""
    wide = matrix.shape[0] <= matrix.shape[1]
    products = (matrix @ matrix.T if wide else matrix.T @ matrix).toarray()
    squares, vectors = np.linalg.eigh(products)
    strong = np.flatnonzero(squares > squares[-1] * 1e-6)[::-1][:dimension]
    if not wide:
        return np.ascontiguousarray(vectors[:, strong].T, dtype=np.float32)
    scaled = vectors[:, strong] / np.sqrt(squares[strong])
    return np.ascontiguousarray((matrix.T @ scaled).T, dtype=np.float32)
