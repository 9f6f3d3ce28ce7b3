"""The points of a map: where documents and topic names stand, for figures and reports."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import IntArray
from topickit.fitted.layout import main_axes, topic_places
from topickit.plot.palette import color_indices

if TYPE_CHECKING:
    from topickit.fitted.fitted import Fitted

MAX_POINTS = 50_000
"""Points on a map; a larger corpus is shown by a uniform sample."""


@dataclass(frozen=True, eq=False)
class MapPoints:
    """A map of documents, or of topics if the model does not hold its documents.

    Attributes
    ----------
    method : {"umap", "axes"} or None
        How the documents were placed; None for a map of topics.
    n_texts : int
        Distinct texts of the corpus, of which `rows` may be a sample; 0 for a map of topics.
    n_placed : int
        Texts that the method placed itself; the others are placed by their neighbors.
    rows : int64 ndarray of shape (n,)
        Which distinct texts the points are.
    points : float32 ndarray of shape (n, 2)
    labels : int64 ndarray of shape (n,)
        Topic of each point, −1 for none.
    places : float32 ndarray of shape (k, 2)
        Position of each topic's name; NaN for a topic without documents.
    colors : tuple of int
        Color of each topic, as an index into the palette.
    """

    method: str | None
    n_texts: int
    n_placed: int
    rows: IntArray = field(repr=False)
    points: NDArray[np.float32] = field(repr=False)
    labels: IntArray = field(repr=False)
    places: NDArray[np.float32] = field(repr=False)
    colors: tuple[int, ...] = field(repr=False)


def map_points(fitted: "Fitted", limit: int = MAX_POINTS) -> MapPoints:
    """Compute the map of a fitted model, or take the one kept with it.

    Parameters
    ----------
    fitted : Fitted
    limit : int
        Maximum number of points.

    Returns
    -------
    MapPoints

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> map_points(model.fitted_, limit=4).points.shape
    (4, 2)
    """
    corpus = fitted.corpus
    if corpus is None:
        places = main_axes(fitted.means)
        none = np.zeros(0, dtype=np.int64)
        empty = np.zeros((0, 2), dtype=np.float32)
        return MapPoints(None, 0, 0, none, empty, none, places, color_indices(places))
    positions, labels = corpus.layout, fitted.labels[corpus.documents.first_rows]
    places = topic_places(positions.points, labels, corpus.documents.weights, len(fitted.topics))
    # Texts are ordered by their content hash: evenly spaced rows are a uniform sample.
    rows = np.linspace(0, len(labels) - 1, min(limit, len(labels))).astype(np.int64)
    return MapPoints(
        method=positions.method,
        n_texts=len(labels),
        n_placed=positions.n_placed,
        rows=rows,
        points=positions.points[rows],
        labels=labels[rows],
        places=places,
        colors=color_indices(places),
    )
