"""The report as one HTML file, and as a table for notebooks."""

import base64
import hashlib
import math
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from topickit.report import wording
from topickit.report.summary import Summary
from topickit.report.text import headline
from topickit.topics import Topic

PREVIEW = 320
"""Characters of a document that are shown before it is opened."""
FULL_TEXT = 5_000
"""Characters of a document that are in the page at most."""


def render_html(summary: Summary, title: str = "Topics") -> str:
    """Render the whole report as one page that needs no network and no other file.

    Everything is readable without JavaScript, which only sorts and searches. The page forbids
    itself any connection and any script but its own, and every text is escaped. Documents are
    cut at 5,000 characters.

    Parameters
    ----------
    summary : Summary
    title : str
        Heading and title of the page.

    Returns
    -------
    str
        The same for the same summary.

    Examples
    --------
    >>> page = render_html(Summary((), n_documents=2, n_outliers=2, notes={}), title="<Mine>")
    >>> "<h1>&lt;Mine&gt;</h1>" in page
    True
    """
    script = _asset("report.js")
    return (
        _environment()
        .get_template("topics.html.j2")
        .render(
            summary=summary,
            title=title,
            groups=wording.fact_groups(summary.notes),
            largest=max((topic.share for topic in summary.topics), default=0.0),
            # Both files are ours and hold nothing of the user's.
            style=Markup(_asset("report.css")),
            script=Markup(script),
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
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
    )
    environment.globals.update(strongest=_strongest)
    return environment


@cache
def _asset(name: str) -> str:
    return files("topickit.report").joinpath("templates", name).read_text(encoding="utf-8")


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
