"""The report as text for a terminal."""

import math

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from topickit._core.display import (
    MAX_WIDTH,
    left_to_right,
    one_line,
    plural,
    render_plain,
    text_width,
    unescaped,
)
from topickit.errors import ParameterError
from topickit.fitted.topics import Topic
from topickit.report import formatting
from topickit.report.class_table import class_table
from topickit.report.facts import fact_groups
from topickit.report.finding import finding
from topickit.report.quality import quality_metrics
from topickit.report.relations import clusterer_levels, most_similar, top_groups
from topickit.report.summary import Summary
from topickit.report.trends import (
    changed_words,
    excluded,
    last_period,
    period_range,
    share_changes,
    text_sparkline,
)

MIN_WIDTH = 40
_MIN_WIDTH_FOR_STABILITY = 60
_MIN_WIDTH_FOR_UNLIKE = 80
_MIN_WIDTH_FOR_BARS = 100
_BAR_WIDTH = 12
MAX_CHANGES = 10
"""Number of topics listed under "Over time"."""


def render_text(
    summary: Summary, width: int | None = None, n_topics: int | None = 50, title: str | None = None
) -> str:
    """Render the topics, their relations, trends, classes, metrics and settings as plain text.

    Parameters
    ----------
    summary : Summary
    width : int, optional
        Columns, at least 40. None takes the terminal's width, at most 140. Double-width characters
        (Chinese, for example) take two columns.
    n_topics : int or None
        Number of topics in the table, largest first; None shows all.
    title : str, optional
        First line.

    Returns
    -------
    str
        Without colors and without a final line break.

    Raises
    ------
    ParameterError
        If `width` is below 40 or `n_topics` below 1.

    Examples
    --------
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5),), name="cats")
    >>> print(render_text(Summary((topic,), n_documents=4, n_outliers=1, notes={}), width=60).splitlines()[0])
    1 topic in 4 documents · 25.0% outliers
    """
    width = text_width(width, MIN_WIDTH)
    if n_topics is not None and n_topics < 1:
        raise ParameterError(f"n_topics must be at least 1, or None for all; got {n_topics}")
    parts = _largest(summary, n_topics, width, "to_text(n_topics=None)")
    if title:
        parts.insert(0, Text(one_line(title)))
    for section in (_last_update, _relations, _over_time, _by_class, _reliability, _method):
        parts.extend(section(summary))
    return render_plain(Group(*parts), width)


def render_overview(summary: Summary, width: int | None = None, n_topics: int = 10, more: str = "") -> str:
    """Render the beginning of the report only: the headline and the table of the largest topics.

    Parameters
    ----------
    summary : Summary
    width : int, optional
        As for `render_text`.
    n_topics : int
        Number of topics in the table, largest first.
    more : str
        Where the other topics can be found; appended to their number if there are any.

    Returns
    -------
    str

    Raises
    ------
    ParameterError
        If `width` is below 40.

    Examples
    --------
    >>> topics = [Topic(id=i, size=2, share=0.5, keywords=(), name=name) for i, name in enumerate("ab")]
    >>> summary = Summary(tuple(topics), n_documents=4, n_outliers=0, notes={})
    >>> print(render_overview(summary, 60, n_topics=1, more="in topics.html").splitlines()[-1])
    and 1 smaller topic: in topics.html
    """
    width = text_width(width, MIN_WIDTH)
    return render_plain(Group(*_largest(summary, n_topics, width, more)), width)


def headline(summary: Summary) -> str:
    """Write the numbers of topics and documents and the share of outliers on one line."""
    topics = plural(len(summary.topics), "topic") if summary.topics else "no topics"
    outliers = formatting.percent(summary.outlier_share)
    return f"{topics} in {plural(summary.n_documents, 'document')} · {outliers} outliers"


def _largest(summary: Summary, n_topics: int | None, width: int, more: str) -> list[RenderableType]:
    """Give the headline, the table of the largest topics and the number of the others."""
    shown = summary.topics[:n_topics]
    parts: list[RenderableType] = [Text(headline(summary))]
    if sentence := finding(summary):
        parts.append(Text(sentence))
    if shown:
        parts.append(_table(summary, shown, width))
    if known := _known(summary):
        parts.append(Text(known))
    if n_omitted := len(summary.topics) - len(shown):
        omitted = f"and {plural(n_omitted, 'smaller topic')}"
        parts.append(Text(f"{omitted}: {more}" if more else omitted))
    return parts


def _known(summary: Summary) -> str:
    """List the known topics, and those of them without documents."""
    known = [topic for topic in summary.topics if topic.is_known]
    if not known:
        return ""
    empty = [_title(topic) for topic in known if not topic.size]
    without = f"; without documents: {'; '.join(empty)}" if empty else ""
    return f"Known topics: {', '.join(str(topic.id) for topic in known if topic.size) or 'none'}{without}"


def _table(summary: Summary, topics: tuple[Topic, ...], width: int) -> Table:
    bars = width >= _MIN_WIDTH_FOR_BARS
    stability = summary.has_stability and width >= _MIN_WIDTH_FOR_STABILITY
    unlike = summary.has_unlike and width >= _MIN_WIDTH_FOR_UNLIKE
    table = Table(box=box.SIMPLE_HEAD, width=width, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Size", justify="right", no_wrap=True)
    table.add_column("Share", justify="right", no_wrap=True)
    if bars:
        table.add_column("", no_wrap=True, width=_BAR_WIDTH)
    if stability:
        table.add_column("Stability", justify="right", no_wrap=True)
    if unlike:
        table.add_column("Unlike", justify="right", no_wrap=True)
    table.add_column("Name", ratio=3, overflow="ellipsis")  # breaks at spaces; a longer word is truncated
    table.add_column("Keywords", ratio=7, overflow="fold")
    largest = max(topic.share for topic in topics)
    for topic in topics:
        cells = [str(topic.id), formatting.count(topic.size), formatting.percent(topic.share)]
        if bars:
            cells.append(_bar(topic.share / largest if largest else 0.0))
        if stability:
            cells.append(formatting.score(topic.stability))
        if unlike:
            cells.append(_unlike(topic))
        table.add_row(*map(Text, cells), Text(_name(topic)), _keywords(topic))
        for part in summary.parts.get(topic.id, ()):
            cells = ["", formatting.count(part.size), formatting.percent(part.share)]
            cells += [""] * (bars + stability + unlike)
            name = Padding(Text(_directed(part.name)), (0, 0, 0, 2))
            table.add_row(*map(Text, cells), name, _part_keywords(part))
    return table


def _unlike(topic: Topic) -> str:
    return formatting.MISSING if topic.unlike_share is None else formatting.percent(topic.unlike_share)


def _part_keywords(part: Topic) -> Text:
    """Write the first keywords of a part on one line."""
    return Text(_listed(part), no_wrap=True, overflow="ellipsis")


def _name(topic: Topic) -> str:
    """Write a name, marked if the user brought the topic."""
    name = _directed(topic.name)
    return f"{name} (known)" if topic.is_known else name


def _directed(name: str) -> str:
    """Write a name so that words from right to left stay in their column, wherever the line breaks."""
    return ", ".join(map(left_to_right, one_line(name).split(", ")))


def _listed(topic: Topic) -> str:
    """Write the keywords in a row, from left to right in every script."""
    return " · ".join(left_to_right(one_line(word)) for word in topic.words) or formatting.MISSING


def _keywords(topic: Topic) -> RenderableType:
    words = Text(_listed(topic))
    if not topic.representative_documents:
        return words
    # Rich truncates at the edge of the column and need not measure a long document for that.
    example = one_line(unescaped(topic.representative_documents[0][: 10 * MAX_WIDTH]))
    return Group(words, Text(left_to_right(f"“{example}”"), no_wrap=True, overflow="ellipsis"))


def _bar(part: float) -> str:
    eighths = max(1, round(part * _BAR_WIDTH * 8)) if part > 0 and math.isfinite(part) else 0
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _section(heading: str, lines: list[str]) -> list[RenderableType]:
    if not lines:
        return []
    return [Text(f"\n{heading}"), *(Padding(Text(line), (0, 0, 0, 2)) for line in lines)]


def _title(topic: Topic) -> str:
    return f"{topic.id} {one_line(topic.name)}"


def _relations(summary: Summary) -> list[RenderableType]:
    groups = [
        f"{one_line(group.name)} ({formatting.percent(group.share)}): {group.listed}"
        for group in top_groups(summary)
    ]
    levels = ", ".join(map(formatting.count, clusterer_levels(summary)))
    pairs = [
        f"{formatting.score(pair.similarity)}  {_title(pair.a)} – {_title(pair.b)}"
        for pair in most_similar(summary)
    ]
    return [
        *_section(f"Hierarchy, with {len(groups)} topics", groups),
        *_section("Other suitable numbers of topics", [levels] if levels else []),
        *_section("Most similar topics (cosine similarity)", pairs),
    ]


def _last_update(summary: Summary) -> list[RenderableType]:
    return _section("Last update", [] if summary.change is None else summary.change.to_text().splitlines())


def _over_time(summary: Summary) -> list[RenderableType]:
    trend = summary.over_time
    if trend is None:
        return []
    changes = share_changes(summary)
    lines = [
        f"{text_sparkline(trend, change.position)} {formatting.percent(change.first_half)} → "
        f"{formatting.percent(change.second_half)} {change.arrow or '·'} "
        f"(last {formatting.percent(change.last)} {change.last_arrow or '·'}) {one_line(change.topic.name)}"
        + changed_words(trend, change.position)
        for change in changes[:MAX_CHANGES]
    ]
    if n_omitted := len(changes[MAX_CHANGES:]):
        lines.append(f"and {plural(n_omitted, 'topic')} with less clear changes")
    if note := excluded(trend):
        lines.append(note)
    last = f" (last: {last_period(trend)})" if changes else ""
    return _section(f"Share by {period_range(trend)}: first half → second half{last}", lines)


def _by_class(summary: Summary) -> list[RenderableType]:
    table = class_table(summary)
    if table is None:
        return []
    lines = []
    for column, (name, total) in enumerate(table.classes):
        cells = [(cells[column], topic) for topic, cells in table.rows if cells[column].tint > 0]
        best = sorted(cells, key=lambda pair: (-pair[0].tint, -pair[0].count))[:3]
        topics = "; ".join(f"{_title(topic)} {cell.text}" for cell, topic in best)
        lines.append(
            f"{one_line(name)} ({formatting.count(total)}): {topics or 'no topic is over-represented'}"
        )
    if table.n_omitted:
        lines.append(f"and {table.n_omitted:,} smaller classes")
    if table.n_unclassed:
        lines.append(f"excluded: {plural(table.n_unclassed, 'document')} without a class")
    return _section("By class: most over-represented topics (share of the class, risk ratio)", lines)


def _reliability(summary: Summary) -> list[RenderableType]:
    lines = [f"{name}: {value}" for name, value, _ in quality_metrics(summary)]
    if summary.unstable:
        lines.append(f"Interpret with caution: {'; '.join(map(_title, summary.unstable))}")
    return _section("Reliability", lines)


def _method(summary: Summary) -> list[RenderableType]:
    groups = fact_groups(summary.notes)
    parts: list[RenderableType] = [Text("\nMethod")] if groups else []
    for group in groups:
        if group.heading:
            parts.append(Padding(Text(one_line(group.heading)), (0, 0, 0, 2)))
        facts = " · ".join(f"{name}: {value}" for name, value in group.facts)
        parts.append(Padding(Text(one_line(facts)), (0, 0, 0, 4 if group.heading else 2)))
    return parts
