"""The map of a report: the position of each document, packed into small numbers for the page."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from topickit.plot.map_points import MAX_POINTS, MapPoints, map_points
from topickit.report import formatting
from topickit.report.colorings import Coloring, colorings
from topickit.report.document_texts import DocumentTexts, document_texts, packed
from topickit.report.summary import Plain, Summary, summarize

if TYPE_CHECKING:
    from topickit.fitted.fitted import Fitted

_GRID = 65_535


@dataclass(frozen=True, eq=False)
class DocumentMap:
    """A map of documents, or of topics if the model does not hold its documents.

    Attributes
    ----------
    points : uint16 ndarray of shape (n, 2)
        On a grid of 65,536 steps that the longer side of the map fills; n = 0 for a map of topics.
    labels : int64 ndarray of shape (n,)
        Topic of each point, as its position among those of the report; −1 for none.
    places : float64 ndarray of shape (k, 2)
        Position of each topic's name, on the same grid.
    colors : tuple of int
        Color of each topic, as an index into the palette.
    documents : DocumentTexts or None
        The texts; None if texts are excluded or the model does not hold its documents.
    colorings : dict of str to Coloring
        Other colorings than by topic.
    note : str
        Caption: what the map shows.
    """

    points: NDArray[np.uint16] = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)
    places: NDArray[np.float64] = field(repr=False)
    colors: tuple[int, ...]
    documents: DocumentTexts | None = field(repr=False)
    colorings: dict[str, Coloring] = field(repr=False)
    note: str

    def as_dict(self) -> dict[str, Plain]:
        """Give the data for the page's script; arrays as base64 of little-endian 16-bit numbers."""
        return {
            "x": packed(self.points[:, 0].astype(np.int64), "<u2"),
            "y": packed(self.points[:, 1].astype(np.int64), "<u2"),
            "topic": packed(self.labels + 1, "<u2"),
            "colorings": {name: coloring.as_dict() for name, coloring in self.colorings.items()},
            "places": [
                [round(float(x)), round(float(y))] if np.isfinite(x + y) else None for x, y in self.places
            ],
            "colors": list(self.colors),
        }


def document_map(
    fitted: "Fitted", summary: Summary | None = None, *, texts: bool = True, limit: int = MAX_POINTS
) -> DocumentMap:
    """Create the map of a fitted model.

    Parameters
    ----------
    fitted : Fitted
    summary : Summary, optional
        Names of classes and periods; None computes it.
    texts : bool
        Include the documents.
    limit : int
        Maximum number of points; a larger corpus is shown by a uniform sample.

    Returns
    -------
    DocumentMap

    Examples
    --------
    >>> from topickit import TopicModel
    >>> words = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(words)
    >>> document_map(model.fitted_).points.shape
    (6, 2)
    """
    fitted = fitted.largest_first()
    mapped = map_points(fitted, limit)
    documents = None if fitted.corpus is None else fitted.corpus.documents
    low, step = _grid(mapped.points if documents else mapped.places)
    summary = summarize(fitted) if summary is None else summary
    held = document_texts(fitted, mapped.rows) if texts else None
    return DocumentMap(
        points=((mapped.points - low) / step).round().astype(np.uint16),
        labels=mapped.labels,
        places=(mapped.places.astype(np.float64) - low) / step,
        colors=mapped.colors,
        documents=held,
        colorings=colorings(fitted, summary, mapped.rows),
        note=_note(mapped, documents.n_rows, held) if documents else _TOPICS_NOTE,
    )


def _grid(points: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """Give the corner and the step of a grid over points."""
    if not len(points):
        return np.zeros(2), 1.0
    low = points.min(axis=0).astype(np.float64)
    span = float((points.max(axis=0) - low).max())
    return low, span / _GRID if span > 0 else 1.0


_TOPICS_NOTE = (
    "Each bubble is a topic; its area shows the topic's size. Positions are the first two principal "
    "components of the topics' mean embeddings. Documents are not shown because the model was saved "
    "without them."
)


def _note(mapped: MapPoints, n_documents: int, held: DocumentTexts | None) -> str:
    n_points, n_texts = len(mapped.rows), mapped.n_texts
    points, documents = formatting.count(n_points), formatting.count(n_documents)
    parts = [f"Each point is a document: {points} points for {documents} documents."]
    if n_texts < n_documents:
        parts.append("Identical documents share a point; blank documents are not shown.")
    if n_points < n_texts:
        parts.append(f"The points are a uniform sample of {formatting.count(n_texts)} distinct documents.")
    if mapped.method == "umap":
        parts.append(
            "Nearby documents have similar embeddings (UMAP); distances between clusters mean little."
        )
    else:
        parts.append("Positions are the first two principal components of the embeddings.")
    if mapped.n_placed < n_texts:
        parts.append(
            f"UMAP was fitted to a sample of {formatting.count(mapped.n_placed)} documents; the others are "
            "placed at the weighted mean of their nearest neighbors in the sample."
        )
    if held is None:
        parts.append("Document texts are not included in this report.")
    elif len(held.texts) < n_texts:
        parts.append(f"The search covers a uniform sample of {formatting.count(len(held.texts))} documents.")
    if held is not None and held.limit is not None:
        parts.append(
            f"Texts are truncated at {formatting.count(held.limit)} characters, also for the search."
        )
    return " ".join(parts)
