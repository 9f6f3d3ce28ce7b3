"""Maps of documents and of topics as Plotly figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.optional import require
from topickit.fitted.topics import Topic
from topickit.plot.labels import label, without_overlap
from topickit.plot.map_points import MapPoints
from topickit.plot.palette import COLORS, NO_TOPIC
from topickit.plot.style import base_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WIDTH, HEIGHT = 1000, 700
_LEGEND_WIDTH = 280
_CHARACTER_WIDTH = 6.6
_LINE_HEIGHT = 15.0
_MAX_NAME = 26


def documents_figure(points: MapPoints, topics: Sequence[Topic], texts: Sequence[str] | None) -> "Figure":
    """Draw a map of documents as points colored by topic, with names that do not overlap.

    Parameters
    ----------
    points : MapPoints
    topics : sequence of Topic
    texts : sequence of str, optional
        Text of each point, shown when the mouse is over it.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = require("plotly.graph_objects")

    n_points = len(points.rows)
    title = f"{n_points:,} of {points.n_texts:,} documents" if n_points < points.n_texts else None
    figure = base_figure(WIDTH, HEIGHT, title)
    size = 7 if n_points < 2_000 else 5 if n_points < 10_000 else 3
    for topic in range(-1, len(topics)):
        rows = np.flatnonzero(points.labels == topic)
        if not len(rows):
            continue
        figure.add_trace(
            go.Scattergl(
                x=points.points[rows, 0],
                y=points.points[rows, 1],
                mode="markers",
                name="outliers" if topic < 0 else f"{topics[topic].id} {label(topics[topic].name, 30)}",
                marker={"size": size, "opacity": 0.7, "color": _color(topic, points)},
                text=None if texts is None else [label(texts[row], 100) for row in rows.tolist()],
                hovertemplate=("%{fullData.name}" if texts is None else "%{text}") + "<extra></extra>",
            )
        )
    return figure.update_layout(
        xaxis={"visible": False},
        yaxis={"visible": False, "scaleanchor": "x"},
        legend={"itemsizing": "constant"},
        annotations=_names(points.points, points.places, topics, WIDTH - _LEGEND_WIDTH),
    )


def bubbles_figure(points: MapPoints, topics: Sequence[Topic]) -> "Figure":
    """Draw a map of topics as bubbles whose area shows the topic's size.

    Parameters
    ----------
    points : MapPoints
    topics : sequence of Topic

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = require("plotly.graph_objects")

    sizes = np.sqrt([topic.size for topic in topics]) if topics else np.zeros(0)
    figure = base_figure(WIDTH, HEIGHT)
    figure.add_trace(
        go.Scatter(
            x=points.places[:, 0],
            y=points.places[:, 1],
            mode="markers",
            marker={
                "size": 12 + 60 * sizes / max(1.0, sizes.max(initial=1.0)),
                "color": [_color(position, points) for position in range(len(topics))],
                "opacity": 0.6,
            },
            text=[f"{topic.id} {label(topic.name)}<br>{topic.size:,} documents" for topic in topics],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    names = _names(points.places, points.places, topics, WIDTH)
    return figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False}, annotations=names)


def _color(topic: int, points: MapPoints) -> str:
    return NO_TOPIC[0] if topic < 0 else COLORS[points.colors[topic]]


def _names(
    points: NDArray[np.floating], places: NDArray[np.floating], topics: Sequence[Topic], width: float
) -> list[dict[str, Any]]:
    """Place the names of topics on a map that shows all points in a given width."""
    if not len(points) or not topics:
        return []
    low, span = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-9)
    scale = 0.85 * float(min(width / span[0], HEIGHT / span[1]))  # space for the margins
    widths = np.array([_CHARACTER_WIDTH * min(len(topic.name), _MAX_NAME) + 8 for topic in topics])
    return [
        {
            "x": float(x / scale + low[0]),
            "y": float(y / scale + low[1]),
            "text": label(topics[topic].name, _MAX_NAME),
            "showarrow": False,
            "font": {"size": 12, "color": "#111418"},
            "bgcolor": "rgba(255,255,255,.72)",
            "borderpad": 1,
        }
        for topic, x, y in without_overlap((places - low) * scale, widths, _LINE_HEIGHT)
    ]
