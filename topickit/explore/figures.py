"""The figures of the workbench: the map, and a topic over time."""

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topickit import plot
from topickit._core.display import encodable
from topickit.fitted.fitted import Fitted
from topickit.model import TopicModel
from topickit.plot.labels import label, without_overlap
from topickit.plot.map_points import MapPoints, map_points
from topickit.plot.palette import COLORS, NO_TOPIC
from topickit.plot.style import base_figure

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MAP_LIMIT = 20_000
"""Points on the map; a larger corpus is shown by a uniform sample."""
_SCALE = [[i / len(COLORS), color] for i, color in enumerate((NO_TOPIC[0], *COLORS))]
_NAME_LENGTH = 26


def points_of(model: TopicModel) -> MapPoints:
    """Give the points of the map of a model, computed on first use.

    Parameters
    ----------
    model : TopicModel

    Returns
    -------
    MapPoints
    """
    kept = model.fitted_.__dict__  # not a field: an edited model has other points
    if "map_points" not in kept:
        kept["map_points"] = map_points(model.fitted_, MAP_LIMIT)
    points: MapPoints = kept["map_points"]
    return points


def point_colors(points: MapPoints) -> dict[str, str]:
    """Give the color of each point: 0 for no topic, and 1 and more into the palette.

    Parameters
    ----------
    points : MapPoints

    Returns
    -------
    dict
        Bytes, as a typed array of Plotly.
    """
    colors: NDArray[np.int64] = np.append(np.array(points.colors, dtype=np.int64) + 1, 0)
    labels = np.arange(len(points.places)) if points.method is None else points.labels
    return _typed(colors[labels].astype(np.uint8), "u1")


def map_figure(fitted: Fitted, points: MapPoints, selected: list[int] | None = None) -> dict[str, Any]:
    """Draw the map of documents, or of topics if the model does not hold its documents.

    Parameters
    ----------
    fitted : Fitted
    points : MapPoints
    selected : list of int, optional
        The points that are emphasized; None for all.

    Returns
    -------
    dict
        A figure as plain data: Plotly's check of each of 20,000 texts would take longer than the rest.
    """
    places = points.places if points.method is None else points.points
    if points.method is None:
        texts = [label(topic.name, 60) for topic in fitted.topics]
        sizes: Any = (8 + 40 * _relative(fitted)).tolist()
    else:
        held = fitted.need_corpus("the map").documents.texts
        texts = [label(encodable(held[row][:300]), 100) for row in points.rows.tolist()]
        sizes = 7.0 if len(points.rows) < 2_000 else 5.0 if len(points.rows) < 10_000 else 3.5
    trace = {
        "type": "scattergl",
        "x": _typed(places[:, 0].astype("<f4"), "f4"),
        "y": _typed(places[:, 1].astype("<f4"), "f4"),
        "mode": "markers",
        "text": texts,
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "size": sizes,
            "opacity": 0.75,
            "color": point_colors(points),
            "colorscale": _SCALE,
            "cmin": 0,
            "cmax": len(COLORS),
        },
        "unselected": {"marker": {"opacity": 0.12}},
        "selectedpoints": selected,
    }
    figure = base_figure().update_layout(
        xaxis={"visible": False, "fixedrange": False},
        yaxis={"visible": False, "scaleanchor": "x"},
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        dragmode="pan",
        uirevision="map",
        autosize=True,
    )
    shape = figure.to_plotly_json()["layout"]
    return {"data": [trace], "layout": {**shape, "annotations": names_on_map(fitted, points)}}


def _typed(numbers: NDArray[Any], kind: str) -> dict[str, str]:
    """Write numbers as Plotly's typed arrays."""
    return {"dtype": kind, "bdata": base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()}


def names_on_map(fitted: Fitted, points: MapPoints) -> list[dict[str, object]]:
    """Place the names of topics on the map, so that they do not overlap.

    Parameters
    ----------
    fitted : Fitted
    points : MapPoints

    Returns
    -------
    list of dict
        Plotly annotations.
    """
    places = points.places if points.method is None else points.points
    if not len(places) or not len(fitted.topics):
        return []
    low, span = places.min(axis=0), np.maximum(np.ptp(places, axis=0), 1e-9)
    scale = float(min(560 / span[0], 420 / span[1]))
    widths = np.array([6.6 * min(len(topic.name), _NAME_LENGTH) + 8 for topic in fitted.topics])
    return [
        {
            "x": float(x / scale + low[0]),
            "y": float(y / scale + low[1]),
            "text": label(encodable(fitted.topics.items[row].name), _NAME_LENGTH),
            "showarrow": False,
            "font": {"size": 12},
            "bgcolor": "rgba(255,255,255,.7)",
            "borderpad": 1,
        }
        for row, x, y in without_overlap((points.places - low) * scale, widths, 16.0)
    ]


def points_of_topic(fitted: Fitted, points: MapPoints, topic: int | None) -> list[int] | None:
    """Give the points of a topic; None for all points.

    Parameters
    ----------
    fitted : Fitted
    points : MapPoints
    topic : int or None
        Its id.

    Returns
    -------
    list of int or None
    """
    if topic is None:
        return None
    row = fitted.topics.positions(topic)[0]
    if points.method is None:
        return [row]
    return [int(at) for at in np.flatnonzero(points.labels == row)]


def over_time_figure(model: TopicModel, topic: int) -> "Figure":
    """Draw the share of a topic by period.

    Parameters
    ----------
    model : TopicModel
    topic : int

    Returns
    -------
    plotly.graph_objects.Figure
    """
    figure = plot.over_time(model, topics=[topic])
    return figure.update_layout(
        width=None, height=220, autosize=True, showlegend=False, margin={"l": 50, "r": 10, "t": 10, "b": 30}
    )


def _relative(fitted: Fitted) -> NDArray[np.float64]:
    sizes = np.sqrt([float(topic.size) for topic in fitted.topics])
    return np.asarray(sizes / max(1.0, float(sizes.max(initial=1.0))))
