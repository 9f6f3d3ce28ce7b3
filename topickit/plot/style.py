"""The common style of all figures."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from topickit._core.optional import require
from topickit.plot.labels import label

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

GRID = "rgba(128,128,128,.25)"
_INK = "#30363f"


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
    go = require("plotly.graph_objects")

    figure = go.Figure()
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


def category_axis(texts: Sequence[str], step: int = 1, **settings: Any) -> dict[str, Any]:
    """Describe an axis of categories that are numbered from 0.

    Parameters
    ----------
    texts : sequence of str
        One per category.
    step : int
        Label every `step`-th category.
    **settings
        Further settings of the Plotly axis.

    Returns
    -------
    dict

    Examples
    --------
    >>> axis = category_axis(["a", "b", "c"], 2)
    >>> axis["tickvals"], axis["ticktext"]
    ([0, 2], ['a', 'c'])
    """
    shown = list(range(0, len(texts), step))
    ticks = {"tickvals": shown, "ticktext": [texts[i] for i in shown]}
    return {"showgrid": False, "zeroline": False, "automargin": True, **ticks, **settings}


def color_bar(title: str, **settings: Any) -> dict[str, Any]:
    """Describe the color bar of a heat map."""
    return {"title": title, "thickness": 12, "outlinewidth": 0, **settings}
