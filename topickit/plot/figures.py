"""Plotly figures of the values that analyses return."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import IntArray
from topickit.analysis.by_class import ByClass
from topickit.analysis.hierarchy import Hierarchy
from topickit.analysis.over_time import OverTime
from topickit.analysis.similarity import Similarity
from topickit.fitted.topics import Topic
from topickit.plot.labels import label, without_overlap
from topickit.plot.palette import LIGHT, NO_TOPIC, SEQUENTIAL

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

N_BARS = 8
_GRID = "rgba(128,128,128,.25)"
_INK = "#30363f"
_CHARACTER = 6.6
_LINE = 15.0


def base_figure(width: int | None = None, height: int | None = None, title: str | None = None) -> "Figure":
    """Create an empty figure in the common style: transparent background, faint grid.

    Parameters
    ----------
    width, height : int, optional
        Pixels.
    title : str, optional

    Returns
    -------
    plotly.graph_objects.Figure
    """
    from plotly.graph_objects import Figure

    figure = Figure()
    figure.update_layout(
        template="none",
        width=width,
        height=height,
        title=None if title is None else label(title, 120),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif", "size": 13, "color": _INK},
        margin={"l": 10, "r": 10, "t": 10 if title is None else 50, "b": 10},
        hoverlabel={"align": "left"},
    )
    return figure


def documents_figure(
    points: NDArray[np.floating],
    labels: IntArray,
    places: NDArray[np.floating],
    topics: Sequence[Topic],
    colors: Sequence[int],
    texts: Sequence[str] | None,
    *,
    width: int = 1000,
    height: int = 700,
) -> "Figure":
    """Draw a map of documents as points colored by topic, with names that do not overlap.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
    labels : int64 ndarray of shape (n,)
        Topic of each point, −1 for none.
    places : ndarray of shape (k, 2)
        Position of each topic's name.
    topics : sequence of Topic
    colors : sequence of int
        Color of each topic, as an index into the palette.
    texts : sequence of str, optional
        Shown when the mouse is over a point.
    width, height : int
        Pixels.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    from plotly.graph_objects import Scattergl

    figure = base_figure(width, height)
    size = 7 if len(points) < 2_000 else 5 if len(points) < 10_000 else 3
    for topic in range(-1, len(topics)):
        rows = np.flatnonzero(labels == topic)
        if not len(rows):
            continue
        figure.add_trace(
            Scattergl(
                x=points[rows, 0].astype(np.float32),
                y=points[rows, 1].astype(np.float32),
                mode="markers",
                name="outliers" if topic < 0 else f"{topic} {label(topics[topic].name, 30)}",
                marker={"size": size, "opacity": 0.7, "color": _color(topic, colors)},
                text=None if texts is None else [label(texts[row], 100) for row in rows.tolist()],
                hovertemplate=("%{fullData.name}" if texts is None else "%{text}") + "<extra></extra>",
            )
        )
    axis = {"visible": False}
    figure.update_layout(xaxis=axis, yaxis={**axis, "scaleanchor": "x"}, legend={"itemsizing": "constant"})
    figure.update_layout(annotations=_names_on_the_map(points, places, topics, width * 0.72, height))
    return figure


def bubbles_figure(places: NDArray[np.floating], topics: Sequence[Topic], colors: Sequence[int]) -> "Figure":
    """Draw a map of topics as bubbles whose area shows the topic's size.

    Parameters
    ----------
    places : ndarray of shape (k, 2)
        Position of each topic.
    topics : sequence of Topic
    colors : sequence of int
        Color of each topic, as an index into the palette.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    from plotly.graph_objects import Scatter

    figure = base_figure(1000, 700)
    sizes = np.sqrt([topic.size for topic in topics]) if topics else np.zeros(0)
    figure.add_trace(
        Scatter(
            x=places[:, 0],
            y=places[:, 1],
            mode="markers",
            marker={
                "size": 12 + 60 * sizes / max(1.0, sizes.max(initial=1.0)),
                "color": [_color(topic.id, colors) for topic in topics],
                "opacity": 0.6,
            },
            text=[f"{topic.id} {label(topic.name)}<br>{topic.size:,} documents" for topic in topics],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    names = _names_on_the_map(places, places, topics, 1000, 700)
    figure.update_layout(xaxis={"visible": False}, yaxis={"visible": False}, annotations=names)
    return figure


def _color(topic: int, colors: Sequence[int]) -> str:
    return NO_TOPIC[0] if topic < 0 else LIGHT[colors[topic]]


def _names_on_the_map(
    points: NDArray[np.floating],
    places: NDArray[np.floating],
    topics: Sequence[Topic],
    width: float,
    height: float,
) -> list[dict[str, Any]]:
    if not len(points) or not topics:
        return []
    low, span = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-9)
    scale = float(min(width / span[0], height / span[1]))
    names = [label(topic.name, 26) for topic in topics]
    widths = np.array([_CHARACTER * min(len(topic.name), 26) + 8 for topic in topics])
    scale *= 0.85  # space for the legend and the margins
    labels = without_overlap((places - low) * scale, widths, _LINE)
    return [
        {
            "x": float(x / scale + low[0]),
            "y": float(y / scale + low[1]),
            "text": names[index],
            "showarrow": False,
            "font": {"size": 12, "color": "#111418"},
            "bgcolor": "rgba(255,255,255,.72)",
            "borderpad": 1,
        }
        for index, x, y in labels
    ]


def keywords_figure(topics: Sequence[Topic], *, columns: int = 3) -> "Figure":
    """Draw the keywords of topics as bars, one panel per topic.

    Parameters
    ----------
    topics : sequence of Topic
    columns : int
        Panels per row.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    from plotly.graph_objects import Bar
    from plotly.subplots import make_subplots

    rows = max(1, -(-len(topics) // columns))
    titles = [f"{topic.id} {label(topic.name, 34)}" for topic in topics]
    panels = make_subplots(
        rows, columns, subplot_titles=titles, horizontal_spacing=0.14, vertical_spacing=min(0.12, 0.5 / rows)
    )
    for position, topic in enumerate(topics):
        best = [pair for pair in topic.keywords[:N_BARS] if np.isfinite(pair[1])][::-1]
        panels.add_trace(
            Bar(
                x=[weight for _, weight in best],
                y=[label(word, 24) for word, _ in best],
                orientation="h",
                marker={"color": LIGHT[0]},
                hovertemplate="%{y}: %{x:.3g}<extra></extra>",
                showlegend=False,
            ),
            row=position // columns + 1,
            col=position % columns + 1,
        )
    panels.update_layout(base_figure(340 * columns, 60 + 220 * rows).layout)
    panels.update_layout(margin={"l": 110, "t": 40})
    panels.update_xaxes(gridcolor=_GRID, nticks=4)
    panels.update_yaxes(automargin=True, tickfont={"size": 12})
    return panels


def hierarchy_figure(tree: Hierarchy, names: Sequence[str]) -> "Figure":
    """Draw the hierarchy as a dendrogram, with the topics on the left and each merge at its height.

    Parameters
    ----------
    tree : Hierarchy
    names : sequence of str
        Names of the topics.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    from plotly.graph_objects import Scatter

    k = tree.n_topics
    place = np.empty(2 * k - 1) if k else np.zeros(0)
    place[list(tree.order)] = np.arange(k)
    height = np.concatenate([np.zeros(k), tree.heights])
    x: list[float | None] = []
    y: list[float | None] = []
    for node in range(k, len(tree.sizes)):
        a, b = tree.parts(node)
        place[node] = (place[a] + place[b]) / 2
        x += [height[a], height[node], height[node], height[b], None]
        y += [place[a], place[a], place[b], place[b], None]
    figure = base_figure(900, max(260, 90 + 20 * k))
    figure.add_trace(
        Scatter(x=x, y=y, mode="lines", line={"color": LIGHT[6], "width": 1.5}, hoverinfo="skip")
    )
    figure.add_trace(
        Scatter(
            x=tree.heights,
            y=place[k:],
            mode="markers",
            marker={"color": LIGHT[6], "size": 6},
            text=[
                f"{k - 1 - i} topics: {label(tree.names[k + i] if len(tree.names) > k else '', 60)}"
                f"<br>{int(tree.sizes[k + i]):,} documents"
                for i in range(k - 1)
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    figure.update_layout(
        showlegend=False,
        xaxis={"title": "merge height (Ward)", "gridcolor": _GRID, "rangemode": "tozero", "zeroline": False},
        yaxis={
            "tickvals": list(range(k)),
            "ticktext": [f"{t} {label(names[t], 34)}" for t in tree.order],
            "automargin": True,
            "autorange": "reversed",
            "showgrid": False,
            "zeroline": False,
        },
        margin={"b": 45},
    )
    return figure


def similarity_figure(similarity: Similarity, names: Sequence[str]) -> "Figure":
    """Draw the similarity of topics as a heat map, with similar topics adjacent.

    Parameters
    ----------
    similarity : Similarity
    names : sequence of str
        Names of the topics.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    from plotly.graph_objects import Heatmap

    order = list(similarity.order)
    k = len(order)
    cosines = similarity.cosines[np.ix_(order, order)].round(3)
    pairs = cosines[~np.eye(k, dtype=bool)] if k > 1 else np.array([0.0, 1.0])
    np.fill_diagonal(cosines, np.nan)
    labels = [f"{topic} {label(names[topic], 24)}" for topic in order]
    figure = base_figure(None, int(min(900, max(320, 120 + 16 * k))))
    figure.add_trace(
        Heatmap(
            z=cosines,
            # Names per row and column: a text per cell would dominate the size of a large report.
            x=labels,
            y=labels,
            # The diagonal, always 1, is left empty and does not affect the scale.
            zmin=float(min(0.0, pairs.min())),
            zmax=float(max(0.1, pairs.max())),
            colorscale=SEQUENTIAL,
            colorbar={"title": "similarity", "thickness": 12, "outlinewidth": 0},
            hovertemplate="%{y}<br>%{x}<br>similarity %{z:.2f}<extra></extra>",
        )
    )
    axis = {"showgrid": False, "zeroline": False, "ticks": "", "type": "category"}
    across = list(range(0, k, max(1, -(-k // 24))))
    down = list(range(0, k, max(1, -(-k // 45))))
    figure.update_layout(
        xaxis={
            **axis,
            "tickvals": across,
            "ticktext": [str(order[i]) for i in across],
            "tickangle": 0,
            "title": "topic",
        },
        yaxis={
            **axis,
            "tickvals": down,
            "ticktext": [labels[i] for i in down],
            "autorange": "reversed",
            "automargin": True,
        },
        margin={"b": 45},
    )
    return figure


def over_time_figure(
    trend: OverTime, names: Sequence[str], topics: Sequence[int], *, bands: bool = True
) -> "Figure":
    """Draw the share of topics by period, with 95% confidence intervals as bands.

    Parameters
    ----------
    trend : OverTime
    names : sequence of str
        Names of all topics.
    topics : sequence of int
        Ids of the topics to draw.
    bands : bool
        Draw the confidence intervals.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    from plotly.graph_objects import Scatter

    figure = base_figure(None, 420)
    for position, topic in enumerate(topics):
        color = LIGHT[position % len(LIGHT)]
        name = f"{topic} {label(names[topic], 30)}"
        if bands:
            figure.add_trace(_band(trend, topic, color))
        figure.add_trace(
            Scatter(
                x=trend.periods,
                y=trend.shares[:, topic].round(6),
                mode="lines+markers",
                name=name,
                legendgroup=str(topic),
                line={"color": color, "width": 2},
                marker={"size": 5},
                customdata=np.stack([trend.counts[:, topic], trend.totals], axis=1),
                hovertemplate="%{x}: %{y:.1%} (%{customdata[0]:,} of %{customdata[1]:,})<extra>"
                + name
                + "</extra>",
            )
        )
    figure.update_layout(
        xaxis={"type": "date", "showgrid": False, "zeroline": False},
        yaxis={
            "tickformat": ".1~%",
            "rangemode": "tozero",
            "gridcolor": _GRID,
            "zeroline": False,
            "title": "share",
        },
        legend={"orientation": "h", "y": -0.12, "yanchor": "top"},
        margin={"l": 60, "b": 30},
    )
    return figure


def _band(trend: OverTime, topic: int, color: str) -> Any:
    from plotly.graph_objects import Scatter

    dated = np.flatnonzero(trend.totals > 0)
    periods = [trend.periods[i] for i in dated]
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return Scatter(
        x=periods + periods[::-1],
        y=np.concatenate([trend.high[dated, topic], trend.low[dated, topic][::-1]]).round(6),
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},.18)",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        legendgroup=str(topic),
    )


def by_class_figure(by_class: ByClass, names: Sequence[str], *, limit: int = 30) -> "Figure":
    """Draw the risk ratio of each topic in each class as a heat map.

    Parameters
    ----------
    by_class : ByClass
    names : sequence of str
        Names of the topics.
    limit : int
        Maximum number of classes, largest first.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    from plotly.graph_objects import Heatmap

    classes = [label(name, 30) for name in by_class.classes[:limit]]
    ratio = by_class.risk_ratio[:limit]
    power = np.log2(ratio).T
    bound = float(np.abs(power).max(initial=1.0))
    ticks = [t for t in range(-6, 7) if abs(t) <= bound]
    cells = [
        [
            f"{label(names[t])}<br>{classes[c]}<br>{ratio[c, t]:.2f} times as likely "
            f"(95% CI: {by_class.low[c, t]:.2f} to {by_class.high[c, t]:.2f})<br>"
            f"{by_class.counts[c, t]:,} of {by_class.totals[c]:,} documents"
            for c in range(len(classes))
        ]
        for t in range(len(names))
    ]
    figure = base_figure(None, int(max(320, 140 + 20 * len(names))))
    figure.add_trace(
        Heatmap(
            z=power,
            x=list(range(len(classes))),
            y=list(range(len(names))),
            text=cells,
            zmin=-bound,
            zmax=bound,
            colorscale="RdBu",
            reversescale=True,
            colorbar={
                "title": "risk ratio",
                "thickness": 12,
                "outlinewidth": 0,
                "tickvals": ticks,
                "ticktext": [f"×{2.0**t:g}" for t in ticks],
            },
            hovertemplate="%{text}<extra></extra>",
        )
    )
    axis = {"showgrid": False, "zeroline": False, "automargin": True}
    figure.update_layout(
        xaxis={**axis, "tickvals": list(range(len(classes))), "ticktext": classes, "side": "top"},
        yaxis={
            **axis,
            "tickvals": list(range(len(names))),
            "ticktext": [f"{t} {label(name, 30)}" for t, name in enumerate(names)],
            "autorange": "reversed",
        },
    )
    return figure
