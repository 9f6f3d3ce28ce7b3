"""A student of a transformer, learnt by ridge regression from the teacher's vectors of a sample.

The features of a text are its tokens, by the teacher's own tokeniser, and pairs of neighbouring tokens,
weighed and scaled to length 1, joined with the tokens' product with the teacher's input token embeddings.
The regression is linear in all of them, so what it learns folds into one vector a token or pair: a text
costs its tokenising and a sparse product. What is left is corrected by a smooth function of the student's
vector itself: what the student gets wrong about texts, it gets wrong about their neighbours too.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import (
    FloatArray,
    IntArray,
    map_blocks,
    nearest_prototype,
    single_threaded,
    unit_rows,
)
from topickit.embed.distilled.ridge import choose_penalty, conjugate_gradients, leave_one_out
from topickit.embed.distilled.tokens import Tokens
from topickit.errors import InputError

CHOOSING_ROWS = 1_500
"""Rows on which the penalty is chosen: the best one hardly moves with more."""
DUAL_ROWS = 6_000
"""Rows up to which the regression is solved exactly, in memory that grows with their square."""
MOST_ROWS = 100_000
"""Rows that a student learns from at most."""
PAIR_SHARE = 0.3
"""Weight of the pairs' similarity next to that of the tokens."""
MOST_PAIRS = 20_000
ANCHORS = 2_000
"""Texts whose errors the correction remembers."""
SHARPNESS = 3.0
CORRECTION_PENALTY = 1.0
CENTRES = 20
ROWS_A_CENTRE = 5
CORRECTION_BLOCK = 512
PRODUCT_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Features:
    """Which tokens and pairs count, and how much each.

    Attributes
    ----------
    token_weights : float32 ndarray of shape (v,)
    pairs : int64 ndarray of shape (p,)
        Pairs as first token × v + second, ascending.
    pair_weights : float32 ndarray of shape (p,)
    unseen_pair : float
        Weight of any other pair: it makes the others of its text count less.
    """

    token_weights: FloatArray
    pairs: IntArray
    pair_weights: FloatArray
    unseen_pair: float

    def of(self, tokens: Tokens) -> Any:
        """Return the features of texts.

        Returns
        -------
        float32 csr_array of shape (n, v + p)
            Tokens' rows have length 1, pairs' rows at most the root of `PAIR_SHARE`; or all are zero.
        """
        from scipy.sparse import csr_array, hstack

        v = len(self.token_weights)
        rows = np.repeat(np.arange(len(tokens)), np.diff(tokens.ends))
        single = _counted(rows, tokens.ids, (len(tokens), v))
        single.data = np.sqrt(single.data) * self.token_weights[single.indices]
        _divide_rows(single, _square_norms(single), 1.0)
        if not len(self.pairs):
            return single
        keys, owners = _pairs(tokens, rows, v)
        place = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
        known = self.pairs[place] == keys
        double = _counted(owners[known], place[known], (len(tokens), len(self.pairs)))
        double.data = np.sqrt(double.data) * self.pair_weights[double.indices]
        unknown = np.bincount(owners[~known], minlength=len(tokens)) * self.unseen_pair**2
        _divide_rows(double, _square_norms(double) + unknown, PAIR_SHARE)
        return csr_array(hstack([single, double], format="csr", dtype=np.float32))


def learn_features(tokens: Tokens, n_tokens: int) -> Features:
    """Weigh the tokens of a sample, and choose the pairs that stand in two texts or more.

    Parameters
    ----------
    tokens : Tokens
    n_tokens : int
        Size v of the teacher's vocabulary.

    Examples
    --------
    >>> learn_features(Tokens.of([[0, 1], [0, 1, 2]]), 3).pairs.tolist()
    [1]
    """
    n = len(tokens)
    rows = np.repeat(np.arange(n), np.diff(tokens.ends))
    frequency = np.bincount(_counted(rows, tokens.ids, (n, n_tokens)).indices, minlength=n_tokens)
    keys, owners = _pairs(tokens, rows, n_tokens)
    pairs, place = np.unique(keys, return_inverse=True)
    pair_frequency = np.bincount(
        _counted(owners, place.ravel(), (n, max(1, len(pairs)))).indices, minlength=len(pairs)
    )
    common = np.flatnonzero(pair_frequency >= 2)
    kept = np.sort(common[np.argsort(-pair_frequency[common], kind="stable")[:MOST_PAIRS]])
    return Features(
        _weights(frequency, n),
        pairs[kept],
        _weights(pair_frequency[kept], n),
        float(_weights(np.ones(1), n)[0]),
    )


def _weights(frequency: NDArray[Any], n: int) -> FloatArray:
    # The square root of the usual idf: best on short titles, and within .001 of none on short questions.
    return np.asarray(np.sqrt(np.log((1 + n) / (1 + frequency)) + 1), dtype=np.float32)


def _pairs(tokens: Tokens, rows: IntArray, n_tokens: int) -> tuple[IntArray, IntArray]:
    """Pairs of neighbours as numbers, and the text of each."""
    inside = rows[1:] == rows[:-1]
    return (tokens.ids[:-1] * n_tokens + tokens.ids[1:])[inside], rows[1:][inside]


def _counted(rows: IntArray, columns: IntArray, shape: tuple[int, int]) -> Any:
    from scipy.sparse import csr_array

    counts = csr_array((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    counts.sum_duplicates()
    return counts


def _square_norms(matrix: Any) -> NDArray[np.float64]:
    squares = np.square(matrix.data, dtype=np.float64)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return np.bincount(rows, weights=squares, minlength=matrix.shape[0]).astype(np.float64)


def _divide_rows(matrix: Any, square_norms: NDArray[np.float64], share: float) -> None:
    factors = np.sqrt(share / np.where(square_norms > 0, square_norms, 1.0)).astype(np.float32)
    matrix.data *= np.repeat(factors, np.diff(matrix.indptr))


@dataclass(frozen=True)
class HeldOut:
    """How well a student does on texts that it did not learn from.

    Attributes
    ----------
    cosine : float
        Mean cosine of its vector and the teacher's.
    agreement : float
        Share of texts for which both are nearest to the same of `CENTRES` k-means centres of the
        teacher's vectors: what topics are made of.
    """

    cosine: float
    agreement: float


@dataclass(frozen=True, eq=False)
class Student:
    """What a student has learnt, without the teacher's own table.

    Attributes
    ----------
    tokens : int64 ndarray of shape (t,)
        Tokens of the sample, ascending.
    token_weights : float32 ndarray of shape (t,)
    unseen_token : float
        Weight of any other token.
    pairs : int64 ndarray of shape (p,)
    pair_weights : float32 ndarray of shape (p,)
    unseen_pair : float
    own : float16 ndarray of shape (t + p, d)
        What each token of the sample means beyond its input embedding, and each pair.
    shared : float32 ndarray of shape (e, d)
        What input embeddings mean.
    bias : float32 ndarray of shape (d,)
    anchors, errors : float16 ndarrays of shape (a, d)
        The correction: where, and how much.
    """

    tokens: IntArray
    token_weights: FloatArray
    unseen_token: float
    pairs: IntArray
    pair_weights: FloatArray
    unseen_pair: float
    own: NDArray[np.float16]
    shared: FloatArray
    bias: FloatArray
    anchors: NDArray[np.float16]
    errors: NDArray[np.float16]

    def folded(self, embeddings: FloatArray) -> "FoldedStudent":
        """Join with the teacher's input embeddings: one vector a token or pair.

        Raises
        ------
        InputError
            When they are not those that it learnt with, by their shape.
        """
        n_tokens = int(self.tokens[-1]) + 1 if len(self.tokens) else 0
        if embeddings.shape[1] != len(self.shared) or n_tokens > len(embeddings):
            raise InputError(
                f"the student learnt with {len(self.shared)} columns of token embeddings, the teacher now "
                f"has a table of shape {embeddings.shape}; use the teacher that it was fitted with"
            )
        v, t = len(embeddings), len(self.tokens)
        matrix = np.empty((v + len(self.pairs), self.own.shape[1]), dtype=np.float32)
        with single_threaded():
            np.matmul(embeddings, self.shared, out=matrix[:v])
        matrix[self.tokens] += self.own[:t]
        matrix[v:] = self.own[t:]
        weights = np.full(v, self.unseen_token, dtype=np.float32)
        weights[self.tokens] = self.token_weights
        features = Features(weights, self.pairs, self.pair_weights, self.unseen_pair)
        anchors, errors = self.anchors.astype(np.float32), self.errors.astype(np.float32)
        return FoldedStudent(features, matrix, self.bias, anchors, errors)


@dataclass(frozen=True, eq=False)
class FoldedStudent:
    """A student ready for texts: features, a vector of each (v + p, d), bias (d,), correction (a, d)."""

    features: Features
    matrix: FloatArray
    bias: FloatArray
    anchors: FloatArray
    errors: FloatArray

    def vectors(self, tokens: Tokens) -> FloatArray:
        """Return unit rows; zeros for a text without a token.

        A row alone and in a batch agree to float32 rounding, whatever the number of threads.

        Parameters
        ----------
        tokens : Tokens
        """
        found = np.asarray(self.features.of(tokens) @ self.matrix, dtype=np.float32) + self.bias
        near = unit_rows(found)

        def correct(start: int, stop: int) -> None:
            found[start:stop] += _kernel(near[start:stop], self.anchors) @ self.errors

        map_blocks(correct, len(tokens), CORRECTION_BLOCK)
        found[np.diff(tokens.ends) == 0] = 0.0
        return unit_rows(found)


def _kernel(rows: NDArray[Any], anchors: NDArray[Any]) -> NDArray[Any]:
    cosines = rows @ anchors.T
    cosines -= 1.0
    cosines *= SHARPNESS
    return np.asarray(np.exp(cosines, out=cosines))


@dataclass(frozen=True, eq=False)
class Lesson:
    """A fitted student, the penalty chosen for it, and its figures on held-out texts."""

    student: Student
    penalty: float
    held_out: HeldOut


def fit_student(
    tokens: Tokens,
    vectors: FloatArray,
    embeddings: FloatArray,
    *,
    penalty: float | None = None,
    random_state: int = 0,
) -> Lesson:
    """Fit a student by ridge regression.

    Up to `DUAL_ROWS` texts it is solved in the dual, and held-out figures are leave-one-out, which ridge
    regression gives in closed form. More are learnt from by conjugate gradients, once without those held out.

    Parameters
    ----------
    tokens : Tokens
        Of the n texts of the sample; above `MOST_ROWS` only evenly spaced ones are used.
    vectors : float32 ndarray of shape (n, d), unit rows
        The teacher's.
    embeddings : float32 ndarray of shape (v, e)
        The teacher's input token embeddings.
    penalty : float, optional
        Of the regression; None for that of `PENALTIES` with the largest held-out cosine.
    random_state : int
        Seed of the k-means by which agreement is measured, nothing else.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> tokens = Tokens.of([rng.permutation(8)[:4].tolist() for _ in range(60)])
    >>> meaning = rng.normal(size=(8, 4))
    >>> vectors = unit_rows(np.array([meaning[tokens.ids[4 * i : 4 * i + 4]].sum(axis=0) for i in range(60)]))
    >>> fit_student(tokens, vectors, np.eye(8, dtype=np.float32)).held_out.cosine > 0.9
    True
    """
    if len(tokens) > MOST_ROWS:
        rows = _evenly(len(tokens), MOST_ROWS)
        tokens, vectors = tokens.rows(rows), vectors[rows]
    with single_threaded():
        return _fit(tokens, vectors.astype(np.float32), embeddings, penalty, random_state)


def _fit(
    tokens: Tokens,
    targets: FloatArray,
    embeddings: FloatArray,
    penalty: float | None,
    random_state: int,
) -> Lesson:
    n, v = len(tokens), len(embeddings)
    # The texts that are predicted by all others stand last: their part of the inverse is a small one.
    held_out, few = _evenly(n, ANCHORS), _evenly(n, CHOOSING_ROWS)
    order = np.concatenate([np.setdiff1d(np.arange(n), held_out), held_out])
    few = np.flatnonzero(np.isin(order, few))
    tokens, targets = tokens.rows(order), targets[order]
    features = learn_features(tokens, v)
    design = _Design.of(features, tokens, embeddings)
    mean = targets.mean(axis=0)
    if penalty is None:
        penalty = choose_penalty(design.rows(few).products(), targets[few])
    seen = np.unique(tokens.ids)
    columns = np.concatenate([seen, np.arange(v, design.sparse.shape[1])])
    narrow = replace(design, sparse=design.sparse[:, columns])
    solve = narrow.solved_exactly if n <= DUAL_ROWS else narrow.solved
    own, shared, unseen = solve(targets - mean, penalty, len(held_out))
    unseen += mean
    anchors = unit_rows(unseen).astype(np.float16)
    places = anchors.astype(np.float32)
    similar = _kernel(places, places)
    truth = targets[-len(held_out) :]
    errors, left = leave_one_out(similar, truth - unseen, CORRECTION_PENALTY, len(held_out))
    shared = shared / design.scale
    student = Student(
        tokens=seen,
        token_weights=features.token_weights[seen],
        unseen_token=float(_weights(np.zeros(1), n)[0]),
        pairs=features.pairs,
        pair_weights=features.pair_weights,
        unseen_pair=features.unseen_pair,
        own=np.asarray(own).astype(np.float16),
        shared=shared.astype(np.float32),
        bias=(mean - design.centre @ shared).astype(np.float32),
        anchors=anchors,
        errors=errors.astype(np.float16),
    )
    figures = held_out_figures(unit_rows(unseen + left), unit_rows(truth), random_state)
    return Lesson(student, penalty, figures)


_Solution = tuple[NDArray[Any], NDArray[Any], FloatArray]
"""Weights of the sparse and of the dense features, and what is predicted of the last rows without them."""


@dataclass(frozen=True, eq=False)
class _Design:
    """What the regression sees: tokens and pairs, sparse (n, v + p); tokens' embeddings, dense (n, e)."""

    sparse: Any
    dense: FloatArray
    centre: FloatArray
    scale: float

    @classmethod
    def of(cls, features: Features, tokens: Tokens, embeddings: FloatArray) -> "_Design":
        sparse = features.of(tokens)
        dense = np.asarray(sparse[:, : len(embeddings)] @ embeddings, dtype=np.float32)
        centre = dense.mean(axis=0, dtype=np.float64).astype(np.float32)
        dense -= centre
        # Both parts of equal mean square: one penalty serves both.
        squares = np.einsum("ij,ij->", dense, dense, dtype=np.float64)
        scale = float(np.sqrt(squares / len(tokens))) or 1.0
        dense /= np.float32(scale)
        return cls(sparse, dense, centre, scale)

    def rows(self, rows: IntArray) -> "_Design":
        return replace(self, sparse=self.sparse[rows], dense=self.dense[rows])

    def products(self) -> FloatArray:
        """Of all rows, below the diagonal and on it."""
        n = len(self.dense)
        found = np.zeros((n, n), dtype=np.float32)

        def fill(start: int, stop: int) -> None:
            found[start:stop, :stop] = self.dense[start:stop] @ self.dense[:stop].T
            found[start:stop, :stop] += (self.sparse[start:stop] @ self.sparse[:stop].T).toarray()

        map_blocks(fill, n, PRODUCT_BLOCK)
        return found

    def solved_exactly(self, targets: FloatArray, penalty: float, n_last: int) -> _Solution:
        dual, unseen = leave_one_out(self.products(), targets, penalty, n_last)
        return self.sparse.T @ dual, self.dense.T @ dual, unseen

    def solved(self, targets: FloatArray, penalty: float, n_last: int) -> _Solution:
        n = len(targets) - n_last
        own, shared = conjugate_gradients(self.sparse[:n], self.dense[:n], targets[:n], penalty)
        unseen = np.asarray(self.sparse[n:] @ own + self.dense[n:] @ shared)
        return *conjugate_gradients(self.sparse, self.dense, targets, penalty), unseen


def _evenly(n: int, most: int) -> IntArray:
    # Rows stand in the order of their hashes, so evenly spaced ones are as good as random ones.
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def held_out_figures(found: FloatArray, truth: FloatArray, random_state: int = 0) -> HeldOut:
    """Compare a student's vectors of texts that it did not learn from with the teacher's.

    Parameters
    ----------
    found, truth : float32 ndarrays of shape (n, d), unit rows
    random_state : int
        Seed of k-means.

    Examples
    --------
    >>> rows = unit_rows(np.random.default_rng(0).normal(size=(40, 3)))
    >>> held_out_figures(rows, rows).agreement
    1.0
    """
    from sklearn.cluster import KMeans

    k = max(1, min(CENTRES, len(truth) // ROWS_A_CENTRE))
    centres = KMeans(k, n_init=1, random_state=random_state).fit(truth).cluster_centers_.astype(np.float32)
    same = nearest_prototype(found, centres) == nearest_prototype(truth, centres)
    return HeldOut(float(np.einsum("ij,ij->i", found, truth).mean()), float(same.mean()))
