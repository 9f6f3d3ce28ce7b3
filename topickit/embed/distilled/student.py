"""A student of a transformer, fitted by ridge regression to the teacher's embeddings of a sample.

The features of a text are its tokens, from the teacher's tokenizer, and pairs of adjacent tokens, weighted
and scaled to length 1, and the weighted sum of the teacher's input token embeddings. The regression is linear
in all of them, so its weights fold into one vector per token or pair: embedding a text costs tokenization and
a sparse product. The residuals are reduced by a kernel regression on the student's own vectors, since similar
texts have similar errors.
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
"""Number of rows that the penalty is chosen on; more rows hardly change the choice."""
DUAL_ROWS = 6_000
"""Maximum number of rows for the exact solution, whose memory grows with their square."""
MAX_ROWS = 100_000
"""Maximum number of rows that a student is fitted to."""
PAIR_SHARE = 0.3
"""Squared length of the pair features; that of the token features is 1."""
MAX_PAIRS = 20_000
ANCHORS = 2_000
"""Number of texts whose residuals the kernel regression uses."""
INVERSE_TEMPERATURE = 3.0
CORRECTION_PENALTY = 1.0
CENTERS = 20
ROWS_PER_CENTER = 5
CORRECTION_BLOCK = 512
PRODUCT_BLOCK = 512


@dataclass(frozen=True, eq=False)
class Features:
    """Weights of tokens and pairs of adjacent tokens.

    Attributes
    ----------
    token_weights : float32 ndarray of shape (v,)
    pairs : int64 ndarray of shape (p,)
        Pairs as first token × v + second, ascending.
    pair_weights : float32 ndarray of shape (p,)
    unseen_pair : float
        Weight of any other pair, which only enters the normalization of its text.
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
            Token features of a row have length 1, pair features at most the square root of `PAIR_SHARE`. All
            zeros for a text without tokens.
        """
        from scipy.sparse import csr_array, hstack

        v = len(self.token_weights)
        rows = np.repeat(np.arange(len(tokens)), np.diff(tokens.ends))
        single = _count_matrix(rows, tokens.ids, (len(tokens), v))
        single.data = np.sqrt(single.data) * self.token_weights[single.indices]
        _divide_rows(single, _square_norms(single), 1.0)
        if not len(self.pairs):
            return single
        keys, owners = _pairs(tokens, rows, v)
        place = np.minimum(np.searchsorted(self.pairs, keys), len(self.pairs) - 1)
        is_kept = self.pairs[place] == keys
        double = _count_matrix(owners[is_kept], place[is_kept], (len(tokens), len(self.pairs)))
        double.data = np.sqrt(double.data) * self.pair_weights[double.indices]
        unseen = np.bincount(owners[~is_kept], minlength=len(tokens)) * self.unseen_pair**2
        _divide_rows(double, _square_norms(double) + unseen, PAIR_SHARE)
        return csr_array(hstack([single, double], format="csr", dtype=np.float32))


def learn_features(tokens: Tokens, n_tokens: int) -> Features:
    """Compute token weights on a sample, and choose the pairs that occur in at least two texts.

    Parameters
    ----------
    tokens : Tokens
    n_tokens : int
        Size v of the teacher's vocabulary.

    Returns
    -------
    Features

    Examples
    --------
    >>> learn_features(Tokens.of([[0, 1], [0, 1, 2]]), 3).pairs.tolist()
    [1]
    """
    n = len(tokens)
    rows = np.repeat(np.arange(n), np.diff(tokens.ends))
    frequency = np.bincount(_count_matrix(rows, tokens.ids, (n, n_tokens)).indices, minlength=n_tokens)
    keys, owners = _pairs(tokens, rows, n_tokens)
    pairs, place = np.unique(keys, return_inverse=True)
    pair_frequency = np.bincount(
        _count_matrix(owners, place.ravel(), (n, max(1, len(pairs)))).indices, minlength=len(pairs)
    )
    common = np.flatnonzero(pair_frequency >= 2)
    kept = np.sort(common[np.argsort(-pair_frequency[common], kind="stable")[:MAX_PAIRS]])
    return Features(
        _weights(frequency, n),
        pairs[kept],
        _weights(pair_frequency[kept], n),
        float(_weights(np.ones(1), n)[0]),
    )


def _weights(frequency: NDArray[Any], n: int) -> FloatArray:
    # The square root of the usual idf was best on short titles, and within .001 of no weights on questions.
    return np.asarray(np.sqrt(np.log((1 + n) / (1 + frequency)) + 1), dtype=np.float32)


def _pairs(tokens: Tokens, rows: IntArray, n_tokens: int) -> tuple[IntArray, IntArray]:
    """Return the number of each pair of adjacent tokens, and its text."""
    inside = rows[1:] == rows[:-1]
    return (tokens.ids[:-1] * n_tokens + tokens.ids[1:])[inside], rows[1:][inside]


def _count_matrix(rows: IntArray, columns: IntArray, shape: tuple[int, int]) -> Any:
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
    """Scores of a student on held-out texts.

    Attributes
    ----------
    cosine : float
        Mean cosine similarity of the student's and the teacher's embeddings.
    agreement : float
        Share of texts whose two embeddings are nearest to the same of `CENTERS` k-means centers of the
        teacher's embeddings.
    """

    cosine: float
    agreement: float


@dataclass(frozen=True, eq=False)
class Student:
    """Weights of a student, without the teacher's input token embeddings.

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
        Weights of each token of the sample, added to its mapped input embedding, and of each pair.
    shared : float32 ndarray of shape (e, d)
        Linear map of the input token embeddings.
    bias : float32 ndarray of shape (d,)
    anchors, errors : float16 ndarrays of shape (a, d)
        Vectors and residual weights of the kernel regression.
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

    def fold(self, embeddings: FloatArray) -> "FoldedStudent":
        """Combine the weights with the teacher's input token embeddings into one vector per token or pair.

        Raises
        ------
        InputError
            When the shape of the token embeddings is not that of the fit.
        """
        n_tokens = int(self.tokens[-1]) + 1 if len(self.tokens) else 0
        if embeddings.shape[1] != len(self.shared) or n_tokens > len(embeddings):
            raise InputError(
                f"the student was fitted on token embeddings with {len(self.shared)} columns, and those of "
                f"the teacher have shape {embeddings.shape}; use the teacher that it was fitted with"
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
    """A student ready to embed: features, their vectors (v + p, d), bias (d,), kernel regression (a, d)."""

    features: Features
    matrix: FloatArray
    bias: FloatArray
    anchors: FloatArray
    errors: FloatArray

    def vectors(self, tokens: Tokens) -> FloatArray:
        """Return unit rows; zeros for a text without tokens.

        Rows do not depend on the batch or the number of threads, except for float32 rounding.

        Parameters
        ----------
        tokens : Tokens
        """
        predicted = np.asarray(self.features.of(tokens) @ self.matrix, dtype=np.float32) + self.bias
        directions = unit_rows(predicted)

        def correct(start: int, stop: int) -> None:
            predicted[start:stop] += _kernel(directions[start:stop], self.anchors) @ self.errors

        map_blocks(correct, len(tokens), CORRECTION_BLOCK)
        predicted[np.diff(tokens.ends) == 0] = 0.0
        return unit_rows(predicted)


def _kernel(rows: NDArray[Any], anchors: NDArray[Any]) -> NDArray[Any]:
    cosines = rows @ anchors.T
    cosines -= 1.0
    cosines *= INVERSE_TEMPERATURE
    return np.asarray(np.exp(cosines, out=cosines))


@dataclass(frozen=True, eq=False)
class DistillationResult:
    """A fitted student, its ridge penalty, and its scores on held-out texts."""

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
) -> DistillationResult:
    """Fit a student by ridge regression.

    Up to `DUAL_ROWS` texts the dual problem is solved exactly, and scores are leave-one-out, which has a
    closed form. Larger samples are solved by conjugate gradients, once more without the held-out texts.

    Parameters
    ----------
    tokens : Tokens
        Of the n texts of the sample. Above `MAX_ROWS` texts, evenly spaced ones are used.
    vectors : float32 ndarray of shape (n, d), unit rows
        The teacher's embeddings.
    embeddings : float32 ndarray of shape (v, e)
        The teacher's input token embeddings.
    penalty : float, optional
        Ridge penalty; None chooses the one of `PENALTIES` with the largest leave-one-out cosine similarity.
    random_state : int
        Seed of k-means for the agreement score only; 0 by default.

    Returns
    -------
    DistillationResult

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> tokens = Tokens.of([rng.permutation(8)[:4].tolist() for _ in range(60)])
    >>> meaning = rng.normal(size=(8, 4))
    >>> vectors = unit_rows(np.array([meaning[tokens.ids[4 * i : 4 * i + 4]].sum(axis=0) for i in range(60)]))
    >>> fit_student(tokens, vectors, np.eye(8, dtype=np.float32)).held_out.cosine > 0.9
    True
    """
    if len(tokens) > MAX_ROWS:
        rows = _evenly(len(tokens), MAX_ROWS)
        tokens, vectors = tokens.rows(rows), vectors[rows]
    with single_threaded():
        return _fit(tokens, vectors.astype(np.float32), embeddings, penalty, random_state)


def _fit(
    tokens: Tokens,
    targets: FloatArray,
    embeddings: FloatArray,
    penalty: float | None,
    random_state: int,
) -> DistillationResult:
    n, v = len(tokens), len(embeddings)
    # Held-out texts come last, so that only a small part of the inverse is needed.
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
    solve = narrow.solve_exactly if n <= DUAL_ROWS else narrow.solve
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
        bias=(mean - design.center @ shared).astype(np.float32),
        anchors=anchors,
        errors=errors.astype(np.float16),
    )
    scores = score_held_out(unit_rows(unseen + left), unit_rows(truth), random_state)
    return DistillationResult(student, penalty, scores)


_Solution = tuple[NDArray[Any], NDArray[Any], FloatArray]
"""Weights of the sparse and the dense features, and predictions of the held-out rows."""


@dataclass(frozen=True, eq=False)
class _Design:
    """Features of the regression: sparse (n, v + p) for tokens and pairs, dense (n, e) for embeddings."""

    sparse: Any
    dense: FloatArray
    center: FloatArray
    scale: float

    @classmethod
    def of(cls, features: Features, tokens: Tokens, embeddings: FloatArray) -> "_Design":
        sparse = features.of(tokens)
        dense = np.asarray(sparse[:, : len(embeddings)] @ embeddings, dtype=np.float32)
        center = dense.mean(axis=0, dtype=np.float64).astype(np.float32)
        dense -= center
        # Equal mean squares, so that one penalty suits both parts.
        squares = np.einsum("ij,ij->", dense, dense, dtype=np.float64)
        scale = float(np.sqrt(squares / len(tokens))) or 1.0
        dense /= np.float32(scale)
        return cls(sparse, dense, center, scale)

    def rows(self, rows: IntArray) -> "_Design":
        return replace(self, sparse=self.sparse[rows], dense=self.dense[rows])

    def products(self) -> FloatArray:
        """Return the Gram matrix, of which only the lower triangle is filled."""
        n = len(self.dense)
        result = np.zeros((n, n), dtype=np.float32)

        def fill(start: int, stop: int) -> None:
            result[start:stop, :stop] = self.dense[start:stop] @ self.dense[:stop].T
            result[start:stop, :stop] += (self.sparse[start:stop] @ self.sparse[:stop].T).toarray()

        map_blocks(fill, n, PRODUCT_BLOCK)
        return result

    def solve_exactly(self, targets: FloatArray, penalty: float, n_last: int) -> _Solution:
        dual, unseen = leave_one_out(self.products(), targets, penalty, n_last)
        return self.sparse.T @ dual, self.dense.T @ dual, unseen

    def solve(self, targets: FloatArray, penalty: float, n_last: int) -> _Solution:
        n = len(targets) - n_last
        own, shared = conjugate_gradients(self.sparse[:n], self.dense[:n], targets[:n], penalty)
        unseen = np.asarray(self.sparse[n:] @ own + self.dense[n:] @ shared)
        return *conjugate_gradients(self.sparse, self.dense, targets, penalty), unseen


def _evenly(n: int, most: int) -> IntArray:
    # Rows are in the order of their hashes, so evenly spaced ones are as good as random ones.
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def score_held_out(predicted: FloatArray, truth: FloatArray, random_state: int = 0) -> HeldOut:
    """Compare a student's embeddings of held-out texts with the teacher's.

    Parameters
    ----------
    predicted, truth : float32 ndarrays of shape (n, d), unit rows
    random_state : int
        Seed of k-means; 0 by default.

    Returns
    -------
    HeldOut

    Examples
    --------
    >>> rows = unit_rows(np.random.default_rng(0).normal(size=(40, 3)))
    >>> score_held_out(rows, rows).agreement
    1.0
    """
    from sklearn.cluster import KMeans

    k = max(1, min(CENTERS, len(truth) // ROWS_PER_CENTER))
    centers = KMeans(k, n_init=1, random_state=random_state).fit(truth).cluster_centers_.astype(np.float32)
    same = nearest_prototype(predicted, centers) == nearest_prototype(truth, centers)
    return HeldOut(float(np.einsum("ij,ij->i", predicted, truth).mean()), float(same.mean()))
