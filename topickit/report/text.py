"""The report as text for a terminal."""

import io
import math
import shutil

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from topickit.errors import ParameterError
from topickit.fitted.topics import Topic
from topickit.report import pieces, wording
from topickit.report.summary import Summary

NARROWEST = 40
WIDEST = 140
_ROOM_FOR_BARS = 100
_BAR = 12
N_MOVERS = 10
"""Topics over time that are listed: those that changed most."""


def render_text(summary: Summary, width: int | None = None, n_topics: int | None = 50) -> str:
    """Render a report as plain text: the topics, how they relate, over time, by class, and trust.

    Parameters
    ----------
    summary : Summary
    width : int, optional
        Columns, at least 40; by default those of the terminal, at most 140. A double-width
        character (Chinese, say) takes two.
    n_topics : int or None
        Show this many topics, the largest; None for all.

    Returns
    -------
    str
        No colours and no line end at the end.

    Raises
    ------
    ParameterError
        When `width` is below 40 or `n_topics` below 1.

    Examples
    --------
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5),), name="cats")
    >>> print(render_text(Summary((topic,), n_documents=4, n_outliers=1, notes={}), width=60).splitlines()[0])
    1 topic in 4 documents · 25.0% in no topic
    """
    width = _width(width)
    if n_topics is not None and n_topics < 1:
        raise ParameterError(f"n_topics must be at least 1, or None for all; got {n_topics}")
    parts = _largest(summary, n_topics, width, "to_text(n_topics=None)")
    parts.extend(_relations(summary))
    parts.extend(_time(summary))
    parts.extend(_classes(summary))
    parts.extend(_trust(summary))
    parts.extend(_facts(summary))
    return _rendered(Group(*parts), width)


def render_overview(summary: Summary, width: int | None = None, n_topics: int = 10, more: str = "") -> str:
    """Render the beginning of a report alone: how many topics there are, and the largest of them.

    Parameters
    ----------
    summary : Summary
    width : int, optional
        As for `render_text`.
    n_topics : int
        Show this many topics, the largest.
    more : str
        Where the others are to be seen; said where there are any.

    Examples
    --------
    >>> topics = [Topic(id=i, size=2, share=0.5, keywords=(), name=name) for i, name in enumerate("ab")]
    >>> summary = Summary(tuple(topics), n_documents=4, n_outliers=0, notes={})
    >>> print(render_overview(summary, 60, n_topics=1, more="in topics.html").splitlines()[-1])
    and 1 smaller topic: in topics.html
    """
    width = _width(width)
    return _rendered(Group(*_largest(summary, n_topics, width, more)), width)


def _width(width: int | None) -> int:
    """Columns to take: those of the terminal, unless others were asked for."""
    if width is None:
        width = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
    if width < NARROWEST:
        raise ParameterError(f"width must be at least {NARROWEST} columns, got {width}")
    return width


def _largest(summary: Summary, n_topics: int | None, width: int, more: str) -> list[RenderableType]:
    """Head the report: one line on all, the table of the largest topics, and how many others there are."""
    shown = summary.topics[:n_topics]
    parts: list[RenderableType] = [Text(headline(summary))]
    if shown:
        parts.append(_table(summary, shown, width))
    if left := len(summary.topics) - len(shown):
        others = f"and {left:,} smaller topic" + ("" if left == 1 else "s")
        parts.append(Text(f"{others}: {more}" if more else others))
    return parts


def headline(summary: Summary) -> str:
    """Say in one line how many topics there are, and how many documents are in none."""
    n_topics = len(summary.topics)
    topics = "no topics" if n_topics == 0 else f"{n_topics:,} topic" + ("" if n_topics == 1 else "s")
    documents = wording.documents(summary.n_documents)
    return f"{topics} in {documents} · {wording.percent(summary.outlier_share)} in no topic"


def _rendered(content: RenderableType, width: int) -> str:
    # All that rich would read from its surroundings is given: the text is the same anywhere.
    console = Console(
        file=io.StringIO(),
        width=width,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    with console.capture() as capture:
        console.print(content)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()).rstrip("\n")


def _table(summary: Summary, topics: tuple[Topic, ...], width: int) -> Table:
    bars, stability = width >= _ROOM_FOR_BARS, summary.has_stability and width >= 60
    table = Table(box=box.SIMPLE_HEAD, width=width, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("Share", justify="right", no_wrap=True)
    if bars:
        table.add_column("", no_wrap=True, width=_BAR)
    if stability:
        table.add_column("Stable", justify="right", no_wrap=True)
    table.add_column("Name", ratio=3, overflow="ellipsis")  # lines end at spaces; a longer word is cut
    table.add_column("Keywords", ratio=7, overflow="fold")
    largest = max(topic.share for topic in topics)
    for topic in topics:
        cells = [str(topic.id), wording.count(topic.size), wording.percent(topic.share)]
        if bars:
            cells.append(_bar(topic.share / largest if largest else 0.0))
        if stability:
            cells.append(wording.score(topic.stability))
        table.add_row(*map(Text, cells), Text(wording.one_line(topic.name)), _words(topic))
    return table


def _words(topic: Topic) -> RenderableType:
    words = Text(" · ".join(wording.one_line(word) for word in topic.words) or wording.MISSING)
    if not topic.representative_documents:
        return words
    # Rich cuts at the edge of the column; it need not measure a whole speech for that.
    example = wording.one_line(topic.representative_documents[0][: 10 * WIDEST])
    return Group(words, Text(f"“{example}”", no_wrap=True, overflow="ellipsis"))


def _bar(part: float) -> str:
    eighths = max(1, round(part * _BAR * 8)) if part > 0 and math.isfinite(part) else 0
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _listed(heading: str, lines: list[str]) -> list[RenderableType]:
    if not lines:
        return []
    return [Text(f"\n{heading}"), *(Padding(Text(line), (0, 0, 0, 2)) for line in lines)]


def _relations(summary: Summary) -> list[RenderableType]:
    lines = [
        f"{wording.one_line(group.name)} ({wording.percent(group.share)}): topics {group.ids}"
        for group in pieces.top_groups(summary)
    ]
    found = _listed(f"Hierarchy: model.at(n_topics={len(lines)})", lines) if lines else []
    levels = [f"{n} topics: model.at(n_topics={n})" for n in pieces.good_levels(summary)]
    found += _listed("Other good levels of this corpus", levels)
    pairs = [
        f"{wording.score(pair.cosine)}  {pair.a.id} {wording.one_line(pair.a.name)} – "
        f"{pair.b.id} {wording.one_line(pair.b.name)}"
        for pair in pieces.most_alike(summary)
    ]
    return found + _listed("Most alike (cosine)", pairs)


def _time(summary: Summary) -> list[RenderableType]:
    found = summary.over_time
    if found is None:
        return []
    movers = pieces.movers(summary)
    lines = [
        f"{pieces.sparkline(summary, row.topic.id)} {wording.percent(row.before)} → "
        f"{wording.percent(row.after)} {row.arrow or '·'} {wording.one_line(row.topic.name)}"
        + pieces.changed_words(found, row.topic.id)
        for row in movers[:N_MOVERS]
    ]
    if left := len(movers[N_MOVERS:]):
        lines.append(f"and {left:,} topics that changed less")
    if found.n_undated:
        lines.append(f"{found.n_undated:,} documents without a date are left out")
    first, last = (pieces.period(found.periods[i], found.unit) for i in (0, -1))
    return _listed(f"Over time: share by {found.unit}, {first} to {last}; earlier → later half", lines)


def _classes(summary: Summary) -> list[RenderableType]:
    table = pieces.class_table(summary)
    if table is None:
        return []
    lines = []
    for column, (name, total) in enumerate(table.classes):
        cells = [(cells[column], topic) for topic, cells in table.lines if cells[column].tint > 0]
        best = sorted(cells, key=lambda pair: -pair[0].ratio)[:3]
        shown = "; ".join(f"{topic.id} {wording.one_line(topic.name)} {cell.lift}" for cell, topic in best)
        lines.append(f"{wording.one_line(name)} ({wording.count(total)}): {shown or wording.MISSING}")
    if left := pieces.n_classes_left(summary):
        lines.append(f"and {left:,} smaller classes")
    if summary.by_class is not None and summary.by_class.n_unclassed:
        lines.append(f"{summary.by_class.n_unclassed:,} documents without a class are left out")
    return _listed("By class: topics that a class has more of than the others", lines)


def _trust(summary: Summary) -> list[RenderableType]:
    lines = [f"{name}: {shown}" for name, shown in pieces.measures(summary)]
    if summary.unstable:
        names = "; ".join(f"{topic.id} {wording.one_line(topic.name)}" for topic in summary.unstable)
        lines.append(f"Unstable, to be read with care: {names}")
    return _listed("Can it be trusted?", lines)


def _facts(summary: Summary) -> list[RenderableType]:
    groups = wording.fact_groups(summary.notes)
    if not groups:
        return []
    parts: list[RenderableType] = [Text("\nHow this was made")]
    for group in groups:
        if group.heading:
            parts.append(Padding(Text(wording.one_line(group.heading)), (0, 0, 0, 2)))
        facts = " · ".join(f"{name}: {shown}" for name, shown in group.facts)
        parts.append(Padding(Text(wording.one_line(facts)), (0, 0, 0, 4 if group.heading else 2)))
    return parts
