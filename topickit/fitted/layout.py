"""The map: a place in the plane for each distinct document, and for each topic.

UMAP (McInnes, Healy, Melville, arXiv:1802.03426), seeded, on exact neighbours. It runs on a sample
of the documents; the others are placed by the mean of their nearest neighbours in the sample, so
that the map of any corpus takes seconds. A map shows who is near whom: its distances, its empty
spaces and the sizes of its islands mean little.
"""

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core import processes
from topickit._core.optional import require
from topickit._core.state import State
from topickit._core.vectors import FloatArray, IntArray, top_k_cosine, umap_start

MAP_SAMPLE = 8_000
"""Documents that UMAP itself places."""
FEWEST_FOR_UMAP = 30
"""Below this neighbourhoods mean little: the two main axes of the vectors are shown."""
N_NEIGHBORS = 15
EPOCHS = 200
"""UMAP's default for large data: on a sample it draws the same islands as more epochs do."""
_NEAREST = 5
_SHARPNESS = 30.0
SEED = 0


@dataclass(frozen=True, eq=False)
class Layout:
    """Places of documents in the plane.

    Attributes
    ----------
    points : float32 ndarray of shape (u, 2)
        One a distinct document, in the order of `Documents.texts`.
    method : {"umap", "axes"}
        "axes": the two main axes of the vectors, for very small collections.
    n_placed : int
        Documents that the method itself placed; the others stand by their neighbours.
    """

    points: FloatArray = field(repr=False)
    method: str
    n_placed: int

    def state(self) -> State:
        """Return the state that `from_state` reads."""
        return State({"method": self.method, "n_placed": self.n_placed}, {"points": self.points})

    @classmethod
    def from_state(cls, state: State) -> "Layout":
        """Make the Layout that returned this state."""
        return cls(state.arrays["points"], state.config["method"], state.config["n_placed"])


def make_layout(vectors: FloatArray, sample: IntArray) -> Layout:
    """Place vectors in the plane.

    Parameters
    ----------
    vectors : float32 ndarray of shape (u, d), unit rows
    sample : int64 ndarray
        Rows that UMAP places; the others stand by their neighbours among them.

    Examples
    --------
    >>> make_layout(np.eye(4, dtype=np.float32), np.arange(4)).points.shape
    (4, 2)
    """
    if len(sample) < FEWEST_FOR_UMAP:
        return Layout(main_axes(vectors), "axes", len(vectors))
    placed = _umap(vectors[sample])
    if len(sample) == len(vectors):
        return Layout(placed, "umap", len(sample))
    points = np.empty((len(vectors), 2), dtype=np.float32)
    points[sample] = placed
    others = np.setdiff1d(np.arange(len(vectors)), sample)
    near = top_k_cosine(vectors[others], vectors[sample], _NEAREST)
    closeness = np.exp(_SHARPNESS * (near.similarities - near.similarities[:, :1]))
    shares = closeness / closeness.sum(axis=1, keepdims=True)
    points[others] = np.einsum("ij,ijk->ik", shares, placed[near.indices])
    return Layout(points, "umap", len(sample))


def main_axes(vectors: NDArray[Any]) -> FloatArray:
    """Place vectors by their two main axes (principal components).

    Parameters
    ----------
    vectors : ndarray of shape (n, d)

    Returns
    -------
    float32 ndarray of shape (n, 2)
    """
    result = np.zeros((len(vectors), 2), dtype=np.float32)
    if len(vectors) < 2:
        return result
    centered = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    left, lengths, _ = np.linalg.svd(centered, full_matrices=False)
    axes = (left * lengths)[:, :2]
    # The sign of a singular vector is arbitrary: let the largest entry be positive.
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    result[:, : axes.shape[1]] = axes * np.where(largest < 0, -1.0, 1.0)
    return result


def topic_places(points: FloatArray, labels: IntArray, weights: IntArray, n_topics: int) -> FloatArray:
    """Find where each topic's name stands: the densest part of its documents.

    Parameters
    ----------
    points : float32 ndarray of shape (u, 2)
    labels : int64 ndarray of shape (u,)
    weights : int64 ndarray of shape (u,)
    n_topics : int

    Returns
    -------
    float32 ndarray of shape (n_topics, 2)
        NaN for a topic without points. The mean would do for a round island; a topic in two pieces
        is named at the larger one.
    """
    places = np.full((n_topics, 2), np.nan, dtype=np.float32)
    span = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    for topic in range(n_topics):
        rows = np.flatnonzero(labels == topic)
        if not len(rows):
            continue
        mine, weight = points[rows].astype(np.float64), weights[rows].astype(np.float64)
        center = np.median(mine, axis=0)
        for start in (center, mine[_densest(mine, weight)]):
            near = np.einsum("ij,ij->i", mine - start, mine - start) <= (0.05 * span) ** 2
            if near.any() and (start is not center or weight[near].sum() > 0.4 * weight.sum()):
                center = np.average(mine[near], axis=0, weights=weight[near])
                break
        places[topic] = center
    return places


def _densest(points: NDArray[np.float64], weights: NDArray[np.float64], cells: int = 12) -> int:
    """Find a point in the fullest cell of a grid."""
    low, span = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-9)
    cell = np.minimum(((points - low) / span * cells).astype(np.int64), cells - 1)
    flat = cell[:, 0] * cells + cell[:, 1]
    fullest = int(np.bincount(flat, weights).argmax())
    members = np.flatnonzero(flat == fullest)
    middle = np.average(points[members], axis=0, weights=weights[members])
    return int(members[np.einsum("ij,ij->i", points[members] - middle, points[members] - middle).argmin()])


def _umap(vectors: FloatArray) -> FloatArray:
    umap = require("umap")

    processes.prepare()
    k = min(N_NEIGHBORS, len(vectors) - 1)
    near = top_k_cosine(vectors, vectors, k)
    distances = np.maximum(1 - near.similarities, 0)
    with warnings.catch_warnings():
        # UMAP says that it cannot transform new rows without its own index, that one thread is one
        # thread, and that the graph falls into parts: none of it is for the user to change.
        warnings.filterwarnings("ignore", "precomputed_knn", UserWarning)
        warnings.filterwarnings("ignore", "Graph is not fully connected", UserWarning)
        warnings.filterwarnings("ignore", "Spectral initialisation", UserWarning)
        warnings.filterwarnings("ignore", "k >= N", RuntimeWarning)
        reducer = umap.UMAP(
            n_neighbors=k,
            min_dist=0.1,
            n_epochs=EPOCHS,
            metric="cosine",
            random_state=SEED,
            n_jobs=1,
            init=umap_start(vectors, near.indices),
            precomputed_knn=(near.indices.astype(np.int32), distances, None),
        )
        return np.asarray(reducer.fit_transform(vectors), dtype=np.float32)
