"""The map of a report: where each document stands, as small numbers that a page can hold."""

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from topickit.analysis.layout import layout, main_axes, topic_places
from topickit.plot.palette import colour_indices
from topickit.report import wording
from topickit.report.summary import Plain, clean

if TYPE_CHECKING:
    from topickit.fitted.fitted import Fitted

MOST_POINTS = 50_000
"""Points that a page holds; of more documents a uniform sample is drawn."""
BEGINNING = 100
"""Characters of a text that a page holds."""
TEXT_BUDGET = 5_500_000
"""Bytes that all beginnings may take together, so that a page can be mailed."""
_STEPS = 65_535


@dataclass(frozen=True, eq=False)
class DocumentMap:
    """A map of documents, or of topics where documents are not at hand.

    Attributes
    ----------
    points : uint16 ndarray of shape (n, 2)
        On a grid of 65,536 steps, the longer side of the map full; n = 0 for a map of topics.
    labels : int64 ndarray of shape (n,)
    places : float64 ndarray of shape (k, 2)
        Where each topic's name stands, on the same grid.
    colours : tuple of int
        Colour of each topic.
    texts : tuple of str, or None
        The beginning of each document.
    note : str
        What the map shows, and what it does not.
    """

    points: NDArray[np.uint16] = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)
    places: NDArray[np.float64] = field(repr=False)
    colours: tuple[int, ...]
    texts: tuple[str, ...] | None = field(repr=False)
    note: str

    def as_dict(self) -> dict[str, Plain]:
        """Give what the page's script reads; arrays as base64 of little-endian 16-bit numbers."""
        return {
            "x": _packed(self.points[:, 0]),
            "y": _packed(self.points[:, 1]),
            "topic": _packed(self.labels + 1),
            "texts": None if self.texts is None else list(self.texts),
            "places": [
                [round(float(x)), round(float(y))] if np.isfinite(x + y) else None for x, y in self.places
            ],
            "colours": list(self.colours),
        }


def document_map(fitted: "Fitted", *, texts: bool = True) -> DocumentMap:
    """Draw the map of a fitted model.

    Parameters
    ----------
    fitted : Fitted
    texts : bool
        Hold the beginnings of the documents.
    """
    places = layout(fitted)
    n_topics = len(fitted.topics)
    if places is None or fitted.documents is None or fitted.vectors is None:
        return _map_of_topics(fitted)
    documents = fitted.documents
    labels = fitted.assigner.labels(fitted.vectors)
    names_at = topic_places(places.points, labels, documents.weights, n_topics)
    # Documents stand in the order of their content hash: every n-th is a uniform sample.
    rows = np.arange(len(labels))
    if len(rows) > MOST_POINTS:
        rows = np.linspace(0, len(labels) - 1, MOST_POINTS).astype(np.int64)
    low, step = _grid(places.points)
    return DocumentMap(
        points=((places.points[rows] - low) / step).round().astype(np.uint16),
        labels=labels[rows],
        places=(names_at.astype(np.float64) - low) / step,
        colours=colour_indices(names_at),
        texts=_beginnings([documents.texts[row] for row in rows.tolist()]) if texts else None,
        note=_note(len(labels), len(rows), documents.n_rows, places.method, places.n_placed, texts),
    )


def _map_of_topics(fitted: "Fitted") -> DocumentMap:
    middles = main_axes(fitted.means)
    low, step = _grid(middles)
    note = (
        "A bubble a topic, its area the topic's size, placed by the main axes of the topics' mean "
        "vectors. The documents are not shown: this model was saved without them (save it with "
        "keep_texts=True)."
    )
    return DocumentMap(
        points=np.zeros((0, 2), dtype=np.uint16),
        labels=np.zeros(0, dtype=np.int64),
        places=(middles.astype(np.float64) - low) / step,
        colours=colour_indices(middles),
        texts=None,
        note=note,
    )


def _grid(points: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """Give the corner and the step of a grid over points."""
    if not len(points):
        return np.zeros(2), 1.0
    low = points.min(axis=0).astype(np.float64)
    span = float((points.max(axis=0) - low).max())
    return low, span / _STEPS if span > 0 else 1.0


def _note(n: int, n_drawn: int, n_rows: int, method: str, n_placed: int, texts: bool) -> str:
    parts = [f"A point a document: {wording.count(n_drawn)} of {wording.count(n_rows)}."]
    if n < n_rows:
        parts.append("Equal texts share a point, blank ones have none.")
    if n_drawn < n:
        parts.append(f"Those drawn are a uniform sample of {wording.count(n)} different texts.")
    if method == "umap":
        parts.append("Near each other means alike (UMAP); distances between islands mean little.")
    else:
        parts.append("Placed by the two main axes of the vectors.")
    if n_placed < n:
        parts.append(
            f"UMAP placed {wording.count(n_placed)} of them, a sample; the others stand at the weighted "
            "mean of their nearest neighbours in it."
        )
    if not texts:
        parts.append("Texts are left out of this report.")
    return " ".join(parts)


def _beginnings(texts: list[str]) -> tuple[str, ...]:
    """Cut texts to their beginnings, shorter ones where long scripts would make the page heavy."""
    limit = BEGINNING
    while True:
        cut = tuple(wording.clip(wording.one_line(clean(text[: 4 * limit])), limit) for text in texts)
        size = sum(len(text.encode("utf-8")) + 3 for text in cut)
        if size <= TEXT_BUDGET or limit <= 20:
            return cut
        limit = max(20, int(limit * TEXT_BUDGET / size * 0.97))


def _packed(values: NDArray[np.integer]) -> str:
    return base64.b64encode(values.astype("<u2").tobytes()).decode("ascii")
