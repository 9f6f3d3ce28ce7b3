"""TF-IDF with truncated SVD (latent semantic analysis): no model, no download, any language."""

import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.state import State
from topickit._core.vectors import FloatArray, single_threaded
from topickit.embed.base import EmbedderInfo
from topickit.embed.learning import learnt
from topickit.errors import InputError, check_whole

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

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
_WORDS = re.compile(r"\w+")
_RUNS = re.compile(rf"([{_UNSPACED}]+)|((?:(?![{_UNSPACED}])\w)+)")


def features(text: str) -> list[str]:
    """Cut a text into the features that are counted.

    A run of a script without spaces gives its characters and pairs of characters; so nothing has
    to be chosen for a corpus of one language or of several. A word of two letters or more gives
    itself and, if it is longer than `PREFIX`, its prefix; single letters count where there is nothing else.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> features("Trains in 東京")
    ['trains', '<train', 'in', '東', '京', '東京']
    """
    found: list[str] = []
    words = _WORDS.findall(text.casefold())
    for word in words:
        if word.isascii():
            if len(word) > 1:
                found.append(word)
            if len(word) > PREFIX:
                found.append(f"<{word[:PREFIX]}")
        else:
            found.extend(_features_of_runs(word))
    return found or words


def _features_of_runs(mixed: str) -> Iterator[str]:
    for run, word in _RUNS.findall(mixed):
        if run:
            yield from run
            yield from (run[i : i + 2] for i in range(len(run) - 1))
        elif len(word) > 1:
            yield word
            if len(word) > PREFIX:
                yield f"<{word[:PREFIX]}"


@dataclass(frozen=True, eq=False)
class _Known:
    """What was learnt: v words, and the (d, v) directions that their weights are projected on."""

    vocabulary: tuple[str, ...]
    idf: FloatArray
    components: FloatArray
    centre: FloatArray

    @functools.cached_property
    def counter(self) -> Any:
        from sklearn.feature_extraction.text import CountVectorizer

        return CountVectorizer(analyzer=features, vocabulary=self.vocabulary, dtype=np.float32)

    def tfidf(self, texts: Sequence[str]) -> Any:
        return _weighed(self.counter.transform(texts), self.idf)

    def projected(self, matrix: Any) -> FloatArray:
        vectors = np.asarray(matrix @ self.components.T, dtype=np.float32) - self.centre
        vectors[np.diff(matrix.indptr) == 0] = 0.0
        return vectors

    def arrays(self) -> dict[str, FloatArray]:
        return {"idf": self.idf, "components": self.components, "centre": self.centre}


class LexicalEmbedder:
    """Vectors from the words of this corpus: TF-IDF, then truncated SVD, then centred.

    It learns from the corpus: `fitted` returns a new, fitted embedder, and this one stays as it
    is. A text with no known word gets a row of zeros, which the model takes for an outlier; a corpus
    in which no text has a word is refused. The vectors are the same bits whatever the number of
    threads, and whatever texts are encoded together.

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

    __slots__ = ("_known", "dimension", "random_state")

    def __init__(self, dimension: int = 100, random_state: int = 0) -> None:
        self.dimension = dimension
        self.random_state = random_state
        self._known: _Known | None = None

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
            When there are no texts, not one weight a text, or no words that could relate texts.
        """
        return self.fitted_with_tfidf(texts, weights)[0]

    def fitted_with_tfidf(
        self, texts: Sequence[str], weights: NDArray[Any] | None = None
    ) -> "tuple[LexicalEmbedder, csr_matrix]":
        """Return what `fitted` does, and what its `tfidf` gives for these texts: they are counted once."""
        check_whole("dimension", self.dimension)
        weights = checked_weights(len(texts), weights)
        with single_threaded():
            made = LexicalEmbedder(self.dimension, self.random_state)
            made._known, tfidf = _learn(texts, weights, self.dimension, self.random_state)
        return made, tfidf

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
        known = self._learnt()
        if len(texts) == 0 or not known.vocabulary:
            return np.zeros((len(texts), len(known.components)), dtype=np.float32)
        with single_threaded():
            return known.projected(known.tfidf(texts))

    def tfidf(self, texts: Sequence[str]) -> "csr_matrix":
        """Return the weights of the known features of each text, shape (n, v), rows of length 1 or 0.

        Raises
        ------
        NotFittedError
            Before `fitted`.
        """
        return self._learnt().tfidf(texts)

    def projected(self, tfidf: "csr_matrix") -> FloatArray:
        """Return what `encode` makes of texts of these weights, shape (n, d)."""
        with single_threaded():
            return self._learnt().projected(tfidf)

    @property
    def idf(self) -> FloatArray:
        """Inverse document frequency of each known feature, shape (v,)."""
        return self._learnt().idf

    @property
    def fingerprint(self) -> str:
        """Hash of the settings and, once fitted, of everything learnt."""
        digest = hashlib.blake2b(f"{self.dimension} {self.random_state}".encode(), digest_size=16)
        if self._known is not None:
            digest.update("\0".join(self._known.vocabulary).encode("utf-8"))
            for array in self._known.arrays().values():
                digest.update(array.tobytes())
        return f"lexical:{digest.hexdigest()}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "lexical", of any language."""
        return EmbedderInfo("lexical", "lexical", repr(self), fingerprint=self.fingerprint)

    def state(self) -> State:
        """Return settings, vocabulary and arrays."""
        config = {"kind": "lexical", "dimension": self.dimension, "random_state": self.random_state}
        if self._known is None:
            return State(config)
        return State({**config, "vocabulary": list(self._known.vocabulary)}, self._known.arrays())

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
        vocabulary = tuple(str(word) for word in state.config["vocabulary"])
        known = _Known(vocabulary, *(state.arrays[name] for name in ("idf", "components", "centre")))
        if known.idf.shape != (len(vocabulary),) or known.components.shape != (
            *known.centre.shape,
            len(vocabulary),
        ):
            raise InputError(
                f"{len(vocabulary)} words do not fit arrays of shapes {known.idf.shape} and "
                f"{known.components.shape}"
            )
        made._known = known
        return made

    def _learnt(self) -> _Known:
        return learnt(self._known, self)

    def __repr__(self) -> str:
        return f"LexicalEmbedder({self.dimension}, random_state={self.random_state})"


def checked_weights(n_texts: int, weights: NDArray[Any] | None) -> NDArray[np.float64]:
    """Give how many documents each text stands for, one where nothing is said.

    Raises
    ------
    InputError
        When there are no texts, or not one positive weight a text.
    """
    if n_texts == 0:
        raise InputError("there are no texts to learn words from")
    result = np.ones(n_texts) if weights is None else np.asarray(weights, dtype=np.float64)
    if result.shape != (n_texts,) or not (np.isfinite(result) & (result > 0)).all():
        raise InputError(f"weights must be {n_texts} positive numbers, one a text; got shape {result.shape}")
    return result


def _learn(
    texts: Sequence[str], weights: NDArray[np.float64], dimension: int, random_state: int
) -> "tuple[_Known, csr_matrix]":
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=features, dtype=np.float32)
    try:
        counts = counter.fit_transform(texts)
    except ValueError as error:
        raise InputError(
            f"no text of {len(texts):,} has a word, only signs or emoji; "
            "embed them with a sentence-transformers model instead"
        ) from error
    words = counter.get_feature_names_out()
    frequency = np.asarray((counts > 0).T @ weights).ravel()
    kept = np.flatnonzero(frequency >= (2 if len(texts) >= MANY_TEXTS else 1))
    if not len(kept):
        raise InputError(
            f"no two of the {len(texts):,} texts share a word, which is all that would relate them; "
            "embed them with a sentence-transformers model instead"
        )
    # Words stand in alphabetical order, and a stable sort makes that the order of equals.
    kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[:MAX_VOCABULARY]])
    idf = (np.log((1 + weights.sum()) / (1 + frequency[kept])) + 1).astype(np.float32)
    matrix = _weighed(counts[:, kept], idf)
    components = _components(matrix, weights, dimension, random_state)
    centre = np.average(matrix @ components.T, axis=0, weights=weights)
    shrunk = centre * (len(texts) / (len(texts) + CENTRE_AFTER))
    known = _Known(tuple(str(word) for word in words[kept]), idf, components, shrunk.astype(np.float32))
    return known, matrix


def _weighed(counts: Any, idf: FloatArray) -> Any:
    """TF-IDF with 1 + log of the counts, rows of length 1; the counts are used up."""
    from sklearn.preprocessing import normalize

    counts.data = (np.log(counts.data) + 1) * idf[counts.indices]
    return normalize(counts, copy=False)


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
