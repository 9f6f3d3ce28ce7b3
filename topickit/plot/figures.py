"""Plotly figures of the values that analyses return."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from topickit._core.optional import require
from topickit.analysis.by_class import ByClass
from topickit.analysis.hierarchy import Hierarchy
from topickit.analysis.over_time import OverTime
from topickit.analysis.similarity import Similarity
from topickit.fitted.topics import Topic
from topickit.plot.labels import label
from topickit.plot.palette import COLORS, LESS, MORE, SEQUENTIAL
from topickit.plot.style import GRID, base_figure, category_axis, color_bar

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

N_BARS = 8
_RATIOS = ["1/16×", "1/4×", "1×", "4×", "16×"]


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
    go = require("plotly.graph_objects")
    make_subplots = require("plotly.subplots").make_subplots

    rows = max(1, -(-len(topics) // columns))
    titles = [_title(topic, 34) for topic in topics]
    panels = make_subplots(
        rows, columns, subplot_titles=titles, horizontal_spacing=0.14, vertical_spacing=min(0.12, 0.5 / rows)
    )
    for position, topic in enumerate(topics):
        best = [pair for pair in topic.keywords[:N_BARS] if np.isfinite(pair[1])][::-1]
        panels.add_trace(
            go.Bar(
                x=[weight for _, weight in best],
                y=[label(word, 24) for word, _ in best],
                orientation="h",
                marker={"color": COLORS[7]},
                hovertemplate="%{y}: %{x:.3g}<extra></extra>",
                showlegend=False,
            ),
            row=position // columns + 1,
            col=position % columns + 1,
        )
    panels.update_layout(base_figure(340 * columns, 60 + 220 * rows).layout)
    panels.update_layout(margin={"l": 110, "t": 40})
    panels.update_xaxes(gridcolor=GRID, nticks=4)
    return panels.update_yaxes(automargin=True, tickfont={"size": 12})


def hierarchy_figure(tree: Hierarchy, topics: Sequence[Topic]) -> "Figure":
    """Draw the hierarchy as a dendrogram, with the topics on the left and each merge at its height.

    Parameters
    ----------
    tree : Hierarchy
    topics : sequence of Topic
        In the order of the analysis.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = require("plotly.graph_objects")

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
        go.Scatter(x=x, y=y, mode="lines", line={"color": COLORS[17], "width": 1.5}, hoverinfo="skip")
    )
    figure.add_trace(
        go.Scatter(
            x=tree.heights,
            y=place[k:],
            mode="markers",
            marker={"color": COLORS[17], "size": 6},
            text=[
                f"{k - 1 - i} topics: {label(tree.names[k + i] if len(tree.names) > k else '', 60)}"
                f"<br>{int(tree.sizes[k + i]):,} documents"
                for i in range(k - 1)
            ],
            hovertemplate="%{text}<extra></extra>",
        )
    )
    names = [_title(topics[position], 34) for position in tree.order]
    return figure.update_layout(
        showlegend=False,
        xaxis={"title": "merge height (Ward)", "gridcolor": GRID, "rangemode": "tozero", "zeroline": False},
        yaxis=category_axis(names, autorange="reversed"),
        margin={"b": 45},
    )


def similarity_figure(similarity: Similarity, topics: Sequence[Topic]) -> "Figure":
    """Draw the similarity of topics as a heat map, with similar topics adjacent.

    Parameters
    ----------
    similarity : Similarity
    topics : sequence of Topic
        In the order of the analysis.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = require("plotly.graph_objects")

    order = list(similarity.order)
    k = len(order)
    cosines = similarity.cosines[np.ix_(order, order)].round(3)
    pairs = cosines[~np.eye(k, dtype=bool)] if k > 1 else np.array([0.0, 1.0])
    np.fill_diagonal(cosines, np.nan)
    labels = [_title(topics[position], 24) for position in order]
    figure = base_figure(None, int(min(900, max(320, 120 + 16 * k))))
    figure.add_trace(
        go.Heatmap(
            z=cosines,
            # Names per row and column: a text per cell would dominate the size of a large report.
            x=labels,
            y=labels,
            # The diagonal, always 1, is left empty and does not affect the scale.
            zmin=float(min(0.0, pairs.min())),
            zmax=float(max(0.1, pairs.max())),
            colorscale=SEQUENTIAL,
            colorbar=color_bar("similarity"),
            hovertemplate="%{y}<br>%{x}<br>similarity %{z:.2f}<extra></extra>",
        )
    )
    settings = {"ticks": "", "type": "category"}
    ids = [str(topic) for topic in order]
    small = {"tickfont": {"size": 11}}
    return figure.update_layout(
        # Upright ids need the width of a line only, and do not cover each other.
        xaxis=category_axis(ids, max(1, -(-k // 16)), tickangle=-90, **small, title="topic", **settings),
        yaxis=category_axis(labels, max(1, -(-k // 45)), autorange="reversed", **settings),
        margin={"b": 45},
    )


def over_time_figure(
    trend: OverTime,
    topics: Sequence[Topic],
    positions: Sequence[int],
    *,
    bands: bool = True,
    colors: Sequence[int] | None = None,
) -> "Figure":
    """Draw the share of topics by period, with 95% confidence intervals as bands.

    Periods with too few documents have no point; see `OverTime.drawn`.

    Parameters
    ----------
    trend : OverTime
    topics : sequence of Topic
        All topics, in the order of the analysis.
    positions : sequence of int
        Those to draw.
    bands : bool
        Draw the confidence intervals.
    colors : sequence of int, optional
        Color of each topic on the map, as an index into the palette; None takes the topic's position.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = require("plotly.graph_objects")

    figure = base_figure(None, 420)
    shares = trend.drawn_shares
    for topic in positions:
        color = COLORS[(topic if colors is None else colors[topic]) % len(COLORS)]
        name = _title(topics[topic], 30)
        if bands:
            figure.add_trace(_band(trend, topic, color))
        figure.add_trace(
            go.Scatter(
                x=trend.periods,
                y=shares[:, topic].round(6),
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
    share = {"title": "share", "tickformat": ".1~%", "rangemode": "tozero"}
    return figure.update_layout(
        xaxis={"type": "date", "showgrid": False, "zeroline": False},
        yaxis={**share, "gridcolor": GRID, "zeroline": False},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        margin={"l": 60, "b": 45},
    )


def _band(trend: OverTime, topic: int, color: str) -> Any:
    go = require("plotly.graph_objects")

    dated = np.flatnonzero(trend.drawn)
    periods = [trend.periods[i] for i in dated]
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return go.Scatter(
        x=periods + periods[::-1],
        y=np.concatenate([trend.high[dated, topic], trend.low[dated, topic][::-1]]).round(6),
        mode="lines",
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},.18)",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        legendgroup=str(topic),
    )


def by_class_figure(by_class: ByClass, topics: Sequence[Topic], *, limit: int = 30) -> "Figure":
    """Draw the risk ratio of each topic in each class as a heat map, in the colors of the report.

    A cell is colored if there are enough documents for a ratio and its 95% confidence interval excludes 1.

    Parameters
    ----------
    by_class : ByClass
    topics : sequence of Topic
        In the order of the analysis.
    limit : int
        Maximum number of classes, largest first.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = require("plotly.graph_objects")

    classes = [label(name, 30) for name in by_class.classes[:limit]]
    cells = [
        [f"{label(topic.name)}<br>{classes[c]}<br>{_class_text(by_class, c, t)}" for c in range(len(classes))]
        for t, topic in enumerate(topics)
    ]
    figure = base_figure(None, int(max(320, 140 + 20 * len(topics))))
    figure.add_trace(
        go.Heatmap(
            z=by_class.tint[:limit].T,
            x=list(range(len(classes))),
            y=list(range(len(topics))),
            text=cells,
            zmin=-1,
            zmax=1,
            colorscale=[[0, LESS[0]], [0.5, "rgba(128,128,128,.06)"], [1, MORE[0]]],
            colorbar=color_bar("risk ratio", tickvals=[-1, -0.5, 0, 0.5, 1], ticktext=_RATIOS),
            hovertemplate="%{text}<extra></extra>",
        )
    )
    names = [_title(topic, 30) for topic in topics]
    return figure.update_layout(
        xaxis=category_axis(classes, side="top"), yaxis=category_axis(names, autorange="reversed")
    )


def _class_text(by_class: ByClass, column: int, topic: int) -> str:
    """Describe a cell: counts first, then the capped risk ratio if there are enough documents."""
    count, total = by_class.counts[column, topic], by_class.totals[column]
    text = f"{count:,} of {total:,} documents ({count / max(1, total):.1%})"
    if not by_class.has_ratio[column, topic]:
        return f"{text}<br>too few documents for a risk ratio"
    ratio, low, high = (
        _ratio(float(part[column, topic])) for part in (by_class.risk_ratio, by_class.low, by_class.high)
    )
    return f"{text}<br>{ratio} as likely (95% CI: {low} to {high})"


def _ratio(ratio: float) -> str:
    return "&lt;0.01×" if ratio < 0.01 else "&gt;99×" if ratio > 99 else f"{ratio:.2f}×"


def _title(topic: Topic, length: int) -> str:
    """Write the id and the name of a topic, the name in at most so many characters."""
    return f"{topic.id} {label(topic.name, length)}"
