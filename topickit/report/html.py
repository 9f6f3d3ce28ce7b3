"""The report as one HTML page, and the table of topics for notebooks."""

import base64
import dataclasses
import hashlib
import json
import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from topickit._core.display import clip, one_line, plural, unescaped
from topickit._core.optional import require
from topickit.analysis.similarity import Similarity
from topickit.fitted.topics import UNSTABLE, Topic
from topickit.plot import figures
from topickit.plot.palette import COLORS, LESS, MORE, NO_TOPIC
from topickit.report import formatting
from topickit.report.class_table import class_table
from topickit.report.document_map import DocumentMap
from topickit.report.facts import fact_groups
from topickit.report.finding import finding
from topickit.report.marks import MAX_PREVIEW, Marks, full_text
from topickit.report.quality import quality_metrics
from topickit.report.relations import topic_tree
from topickit.report.summary import Plain, Summary
from topickit.report.text import headline
from topickit.report.trends import excluded, last_period, share_changes, sparklines

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MAX_CHANGES = 25
"""Topics listed under "Largest changes"."""
MAX_UPDATE = 25
"""Topics listed under "Last update"."""
MAX_UNSTABLE = 12
"""Unstable topics listed by name."""
MAX_CARDS = 200
"""Topics with details, and rows of the table of classes."""
MAX_FIGURE = 150
"""Topics of the similarity figure, and of the choice over time."""
MAX_LINES = 6
"""Topics drawn together over time."""


def render_html(
    summary: Summary,
    title: str = "Topics",
    *,
    map: DocumentMap | None = None,
    byline: str = "",
    marks: Marks | None = None,
) -> str:
    """Render the whole report as one page that needs no network and no other file.

    Everything except the map and the figures can be read without JavaScript. The page's security
    policy forbids connections and scripts other than its own, and every text is escaped. Documents
    are truncated at 5,000 characters.

    Parameters
    ----------
    summary : Summary
    title : str
        Heading and title of the page.
    map : DocumentMap, optional
        None leaves out the map.
    byline : str
        Source and date, below the heading.
    marks : mapping of str to tuple of Piece, optional
        Parts of long documents, as `marks_of` gives them.

    Returns
    -------
    str
        Identical for the same summary and map.

    Examples
    --------
    >>> page = render_html(Summary((), n_documents=2, n_outliers=2, notes={}), title="<Mine>")
    >>> "<h1>&lt;Mine&gt;</h1>" in page
    True
    """
    scripts = (
        [_plotly(), _asset("report.js"), _asset("documents.js"), _asset("map.js")] if summary.topics else []
    )
    data = _data(summary, map) if summary.topics else {}
    return (
        _environment()
        .get_template("topics.html.j2")
        .render(
            summary=summary,
            title=title,
            byline=byline,
            finding=finding(summary),
            map=map,
            tree=topic_tree(summary),
            groups=fact_groups(summary.notes),
            metrics=quality_metrics(summary),
            largest=max((topic.share for topic in summary.topics), default=0.0),
            sparks=sparklines(summary),
            changes=share_changes(summary)[:MAX_CHANGES],
            topic_ids={topic.id for topic in summary.topics[:MAX_CARDS]},
            max_update=MAX_UPDATE,
            excluded="" if summary.over_time is None else excluded(summary.over_time),
            last="" if summary.over_time is None else last_period(summary.over_time),
            classes=class_table(summary),
            max_cards=MAX_CARDS,
            marks=_colored(marks or {}, map),
            max_figure=MAX_FIGURE,
            time_topics=[(position, summary.topics[position]) for position in _time_topics(summary)],
            data={name: _embed(value) for name, value in data.items()},
            # These files are topickit's and Plotly's own and contain no user data.
            colors=Markup(_colors()),
            style=Markup(_asset("report.css")),
            scripts=[Markup(script) for script in scripts],
            script_hashes=[_digest(script) for script in scripts],
        )
    )


def _colored(marks: Marks, map: DocumentMap | None) -> dict[str, list[tuple[str, str, str]]]:
    """Give text, name and color of the pieces of documents; the color is empty for text between parts."""

    def color(topic: int | None) -> str:
        if topic is None:
            return ""
        return "--c-none" if topic < 0 or map is None else f"--c{map.colors[topic]}"

    return {
        text: [(piece.text, piece.name, color(piece.topic)) for piece in pieces]
        for text, pieces in marks.items()
    }


def render_notebook(summary: Summary) -> str:
    """Render the table of topics for a notebook, as an HTML fragment without scripts or style sheet.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    str

    Examples
    --------
    >>> render_notebook(Summary((), n_documents=2, n_outliers=2, notes={}))[:5]
    '<div>'
    """
    template = _environment().get_template("notebook.html.j2")
    return template.render(summary=summary, headline=headline(summary)).strip()


def _data(summary: Summary, map: DocumentMap | None) -> dict[str, Plain]:
    """Give the data for the page's scripts, by the id of the element that holds it."""
    data: dict[str, Plain] = {
        "palette-data": {"colors": list(COLORS), "none": list(NO_TOPIC)},
        "topics-data": [
            {"id": topic.id, "name": one_line(topic.name), "size": topic.size} for topic in summary.topics
        ],
        "figures-data": _figures_data(summary, map),
    }
    if map is not None:
        data["map-data"] = map.as_dict()
        if map.documents is not None:
            data["documents-data"] = map.documents.as_dict()
    return data


def _figures_data(summary: Summary, map: DocumentMap | None) -> dict[str, Plain]:
    topics = summary.topics
    data: dict[str, Plain] = {}
    if summary.similarity is not None:
        data["similarity"] = _as_plain(figures.similarity_figure(_largest(summary.similarity), topics))
    if summary.over_time is not None:
        figure = figures.over_time_figure(
            summary.over_time, topics, _time_topics(summary), colors=None if map is None else map.colors
        )
        for trace in figure.data:
            trace.visible = trace.showlegend is not False and int(trace.legendgroup) < MAX_LINES
        data["over_time"] = _as_plain(figure)
    return data


def _largest(similarity: Similarity) -> Similarity:
    """Leave out the small topics of a figure that would be too large for a page."""
    order = tuple(topic for topic in similarity.order if topic < MAX_FIGURE)
    return dataclasses.replace(similarity, order=order)


def _time_topics(summary: Summary) -> list[int]:
    """Choose the topics that can be shown over time: positions of the largest, and of changed ones."""
    changed = [change.position for change in share_changes(summary)[:MAX_CHANGES]]
    return sorted({*range(min(MAX_FIGURE, len(summary.topics))), *changed})


def _as_plain(figure: "Figure") -> Plain:
    data: dict[str, Any] = json.loads(figure.to_json())
    data["layout"].pop("template", None)
    return data


def _embed(value: Plain) -> Markup:
    """Write JSON for a script element, so that no text in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("topickit.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        bar=_bar,
        count=formatting.count,
        points=formatting.points,
        full_text=full_text,
        one_line=one_line,
        percent=formatting.percent,
        plural=plural,
        preview=_preview,
        risk_ratio=_risk_ratio,
        score=formatting.score,
        weight=formatting.weight,
    )
    environment.globals.update(strongest=_strongest, unstable_below=UNSTABLE, max_unstable=MAX_UNSTABLE)
    return environment


@cache
def _asset(name: str) -> str:
    return files("topickit.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _plotly() -> str:
    get_plotlyjs = require("plotly.offline").get_plotlyjs

    # An HTML parser ends the element at these strings, even inside a string of the script.
    return str(get_plotlyjs()).replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def _colors() -> str:
    lines = [f"--c{i}: {color};" for i, color in enumerate(COLORS)]
    pairs = {"c-none": NO_TOPIC, "more": MORE, "less": LESS}
    lines += [f"--{name}: light-dark({light}, {dark});" for name, (light, dark) in pairs.items()]
    return f":root {{ {' '.join(lines)} }}"


@cache
def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _preview(text: str) -> str:
    return clip(one_line(unescaped(text)), MAX_PREVIEW)


def _risk_ratio(topic: Topic, index: int) -> tuple[str, str] | None:
    """Write the risk ratio of a keyword and its interval, if it is known."""
    if index >= len(topic.risk_ratios) or not math.isfinite(topic.risk_ratios[index].ratio):
        return None
    ratio, low, high = topic.risk_ratios[index]
    if low <= 1 <= high:  # too few documents to tell
        return "", formatting.interval(low, high)
    return formatting.risk_ratio(ratio), formatting.interval(low, high)


def _strongest(topic: Topic) -> float:
    """Find the largest keyword weight, whose bar is full."""
    return max((weight for _, weight in topic.keywords if math.isfinite(weight)), default=0.0)


def _bar(amount: float, largest: float) -> str:
    """Give the length of a bar as a fraction of the longest, 0 to 1."""
    if not (math.isfinite(amount) and largest > 0):
        return "0"
    return f"{min(max(amount / largest, 0.0), 1.0):.3f}"
