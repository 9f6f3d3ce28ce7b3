"""The report as one HTML file, and as a table for notebooks."""

import base64
import hashlib
import json
import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from topickit.fitted.topics import UNSTABLE, Topic
from topickit.plot import figures
from topickit.plot.palette import DARK, LIGHT, NO_TOPIC
from topickit.report import pieces, wording
from topickit.report.map import DocumentMap
from topickit.report.summary import Plain, Summary
from topickit.report.text import headline
from topickit.report.tree import topic_tree

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PREVIEW = 320
"""Characters of a document that are shown before it is opened."""
FULL_TEXT = 5_000
"""Characters of a document that are in the page at most."""
N_MOVERS = 25
"""Topics whose change is listed: those that changed most."""
N_NAMED = 12
"""Unstable topics that the warning names."""
N_LINES = 6
"""Topics over time that are drawn together."""


def render_html(
    summary: Summary,
    title: str = "Topics",
    *,
    map: DocumentMap | None = None,
) -> str:
    """Render the whole report as one page that needs no network and no other file.

    All but the map and the figures is readable without JavaScript. The page forbids itself any
    connection and any script but its own, and every text is escaped. Documents are cut at 5,000
    characters.

    Parameters
    ----------
    summary : Summary
    title : str
        Heading and title of the page.
    map : DocumentMap, optional

    Returns
    -------
    str
        The same for the same summary and map.

    Examples
    --------
    >>> page = render_html(Summary((), n_documents=2, n_outliers=2, notes={}), title="<Mine>")
    >>> "<h1>&lt;Mine&gt;</h1>" in page
    True
    """
    found, tree = summary.topics, summary.hierarchy
    scripts = [_plotly(), _asset("report.js"), _asset("map.js")] if found else []
    return (
        _environment()
        .get_template("topics.html.j2")
        .render(
            summary=summary,
            title=title,
            map=map,
            tree=() if tree is None else topic_tree(tree, pieces.good_levels(summary)),
            groups=wording.fact_groups(summary.notes),
            metrics=pieces.measures(summary),
            largest=max((topic.share for topic in found), default=0.0),
            sparks=pieces.histories(summary),
            movers=pieces.movers(summary)[:N_MOVERS],
            class_rows=pieces.class_table(summary),
            n_classes_left=pieces.n_classes_left(summary),
            data={name: _embedded(value) for name, value in _data(summary, map).items()} if found else {},
            # These files are ours and Plotly's, and hold nothing of the user's.
            colours=Markup(_colours()),
            style=Markup(_asset("report.css")),
            scripts=[Markup(script) for script in scripts],
            script_hashes=[_digest(script) for script in scripts],
        )
    )


def render_notebook(summary: Summary) -> str:
    """Render the table of topics for a notebook: an HTML fragment without script or style sheet.

    Examples
    --------
    >>> render_notebook(Summary((), n_documents=2, n_outliers=2, notes={}))[:5]
    '<div>'
    """
    template = _environment().get_template("notebook.html.j2")
    return template.render(summary=summary, headline=headline(summary)).strip()


def _data(summary: Summary, map: DocumentMap | None) -> dict[str, Plain]:
    """Give what the page's scripts read, by the id of the element that holds it."""
    data: dict[str, Plain] = {
        "palette-data": {"light": [NO_TOPIC[0], *LIGHT], "dark": [NO_TOPIC[1], *DARK]},
        "topics-data": [
            {"name": wording.one_line(topic.name), "size": topic.size} for topic in summary.topics
        ],
        "figures-data": _figures(summary),
    }
    if map is not None:
        data["map-data"] = map.as_dict()
    return data


def _figures(summary: Summary) -> dict[str, Plain]:
    names = [topic.name for topic in summary.topics]
    drawn: dict[str, Plain] = {}
    if summary.similarity is not None:
        drawn["similarity"] = _as_plain(figures.similarity_figure(summary.similarity, names))
    if summary.over_time is not None:
        figure = figures.over_time_figure(summary.over_time, names, range(len(names)))
        for trace in figure.data:
            trace.visible = trace.showlegend is not False and int(trace.legendgroup) < N_LINES
        drawn["over_time"] = _as_plain(figure)
    return drawn


def _as_plain(figure: "Figure") -> Plain:
    made: dict[str, Any] = json.loads(figure.to_json())
    made["layout"].pop("template", None)
    return made


def _embedded(value: Plain) -> Markup:
    """Write JSON that stands inside a script element: no text can end it, or read as another."""
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
        count=wording.count,
        percent=wording.percent,
        score=wording.score,
        weight=wording.weight,
        printable=wording.printable,
        one_line=wording.one_line,
        preview=_preview,
        full_text=_full_text,
        bar=_bar,
        lift=pieces.keyword_lift,
    )
    environment.globals.update(strongest=_strongest, unstable_below=UNSTABLE, n_named=N_NAMED)
    return environment


@cache
def _asset(name: str) -> str:
    return files("topickit.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    # An HTML parser would end the element at the first of these inside a string of the script.
    return str(get_plotlyjs()).replace("</script", "<\\/script").replace("<!--", "<\\!--")


@cache
def _colours() -> str:
    pairs = [*zip(LIGHT, DARK, strict=True)]
    lines = [f"--c{i}: light-dark({light}, {dark});" for i, (light, dark) in enumerate(pairs)]
    return f":root {{ {' '.join(lines)} --c-none: light-dark({NO_TOPIC[0]}, {NO_TOPIC[1]}); }}"


@cache
def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _preview(text: str) -> str:
    return wording.clip(wording.one_line(text), PREVIEW)


def _full_text(text: str) -> str:
    """Give the whole text where it says more than its preview, else nothing."""
    whole = wording.printable(text).strip()
    return wording.clip(whole, FULL_TEXT) if len(wording.one_line(text)) > PREVIEW else ""


def _strongest(topic: Topic) -> float:
    """Find the largest weight, the one whose bar is full."""
    return max((weight for _, weight in topic.keywords if math.isfinite(weight)), default=0.0)


def _bar(amount: float, largest: float) -> str:
    """Give the length of a bar as a part of the longest, 0 to 1."""
    if not (math.isfinite(amount) and largest > 0):
        return "0"
    return f"{min(max(amount / largest, 0.0), 1.0):.3f}"
