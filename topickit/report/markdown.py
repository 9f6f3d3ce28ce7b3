"""The report as Markdown."""

import re
from collections.abc import Iterable

from topickit._core.display import clip, one_line, unescaped
from topickit.fitted.topics import Topic
from topickit.report import formatting
from topickit.report.class_table import class_table
from topickit.report.facts import fact_groups
from topickit.report.finding import finding
from topickit.report.quality import quality_metrics
from topickit.report.relations import most_similar, top_groups
from topickit.report.summary import Summary
from topickit.report.text import headline
from topickit.report.trends import excluded, last_period, period_range, share_changes, text_sparkline

MAX_DOCUMENT = 300
"""Characters of a document that are quoted."""
_SYNTAX = re.compile(r"([\\`*_\[\]#|~$])")
_LIST_MARK = re.compile(r"^([-+=]|\d+(?=[.)](\s|$)))")


def render_markdown(summary: Summary, title: str = "Topics", byline: str = "") -> str:
    r"""Render the topics, their relations, trends, classes, metrics and settings as Markdown.

    Whatever comes from texts is escaped; documents are truncated at 300 characters.

    Parameters
    ----------
    summary : Summary
    title : str
        Heading of the first level.
    byline : str
        Source and date, below the title.

    Returns
    -------
    str

    Examples
    --------
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5),), name="a|b")
    >>> render_markdown(Summary((topic,), n_documents=4, n_outliers=1, notes={})).splitlines()[8]
    '| 0 | a\\|b | 3 | 75.0% | cat (0.500) |'
    """
    sections = (_topics, _documents, _last_update, _relations, _over_time, _by_class, _reliability, _method)
    lines = [f"# {_escape(title) or 'Topics'}", ""]
    for sentence in (byline, finding(summary), f"{headline(summary)}."):
        lines += [_escape(sentence), ""] if sentence else []
    for section in sections:
        lines.extend(section(summary))
    return "\n".join(lines).rstrip("\n") + "\n"


def _last_update(summary: Summary) -> list[str]:
    if summary.change is None:
        return []
    sentence, *lines = summary.change.to_text().splitlines()
    return ["## Last update", "", _escape(sentence), "", *(f"- {_escape(line)}" for line in lines), ""]


def _topics(summary: Summary) -> list[str]:
    if not summary.topics:
        return []
    stability = summary.has_stability
    unlike = summary.has_unlike
    more = [*(["Stability"] if stability else []), *(["Unlike"] if unlike else [])]
    head = ["#", "Name", "Size", "Share", *more, "Keywords (weight)"]
    rows = []
    for topic in summary.topics:
        rows.append(_topic_cells(topic, stability, unlike))
        for part in summary.parts.get(topic.id, ()):
            cells = _topic_cells(part, stability, unlike)
            rows.append(["", f"– {cells[1]}", *cells[2:]])
    return _table(head, rows, text=("Name", head[-1]))


def _topic_cells(topic: Topic, stability: bool, unlike: bool) -> list[str]:
    words = ", ".join(f"{_escape(word)} ({formatting.weight(weight)})" for word, weight in topic.keywords)
    cells = [
        str(topic.id),
        _escape(topic.name) + (" (known)" if topic.is_known else ""),
        formatting.count(topic.size),
        formatting.percent(topic.share),
    ]
    if stability:
        cells.append(formatting.score(topic.stability))
    if unlike:
        share = topic.unlike_share
        cells.append(formatting.MISSING if share is None else formatting.percent(share))
    return [*cells, words or formatting.MISSING]


def _documents(summary: Summary) -> list[str]:
    lines = []
    for topic in summary.topics:
        if topic.representative_documents:
            texts = [clip(one_line(unescaped(text)), MAX_DOCUMENT) for text in topic.representative_documents]
            lines += [f"### {topic.id}: {_escape(topic.name)}", "", *(f"- {_escape(text)}" for text in texts)]
            lines.append("")
    return ["## Representative documents", "", *lines] if lines else []


def _table(head: list[str], rows: Iterable[list[str]], text: Iterable[str] = ()) -> list[str]:
    """Lay out cells that are escaped already; columns are right-aligned unless named in `text`."""
    rule = ["---" if name in text else "---:" for name in head]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)] + [""]


def _relations(summary: Summary) -> list[str]:
    pairs, groups = most_similar(summary), top_groups(summary)
    if not pairs:
        return []
    lines = ["## Topic relations", ""]
    if groups:
        lines += [f"With {len(groups)} topics:", ""]
        lines += [
            f"- {_escape(group.name)} ({formatting.percent(group.share)}): {group.listed}" for group in groups
        ]
        lines.append("")
    lines += ["Most similar topics (cosine similarity):", ""]
    lines += [
        f"- {_title(pair.a)} and {_title(pair.b)}: {formatting.score(pair.similarity)}" for pair in pairs
    ]
    return [*lines, ""]


def _over_time(summary: Summary) -> list[str]:
    trend = summary.over_time
    if trend is None:
        return []
    changes = share_changes(summary)
    words = [words for words in (trend.rising_words, trend.falling_words) if words]
    rows = [
        [
            _escape(change.topic.name),
            text_sparkline(trend, change.position),
            formatting.percent(change.first_half),
            f"{formatting.percent(change.second_half)} {change.arrow}".rstrip(),
            f"{formatting.percent(change.last)} {change.last_arrow}".rstrip(),
            *(_escape(", ".join(part[change.position])) or formatting.MISSING for part in words),
        ]
        for change in changes
    ]
    note = [excluded(trend), ""] if excluded(trend) else []
    if not changes:
        return ["## Over time", "", *note] if note else []
    text = ["Topic", f"Share by {period_range(trend)}", *(["Rising words", "Falling words"] if words else [])]
    head = [*text[:2], "First half", "Second half", f"Last ({last_period(trend)})", *text[2:]]
    return ["## Over time", "", *_table(head, rows, text), *note]


def _by_class(summary: Summary) -> list[str]:
    table = class_table(summary)
    if table is None:
        return []
    head = ["Topic", *(f"{_escape(name)} ({formatting.count(total)})" for name, total in table.classes)]
    rows = ([_escape(topic.name), *(_escape(cell.text) for cell in cells)] for topic, cells in table.rows)
    note = (
        "Each cell shows the share of the class's documents in the topic, the risk ratio where there are "
        "enough documents, and the number of documents in parentheses. The risk ratio tells how many times "
        "as likely a document of this class is to be in the topic as one of the other classes."
    )
    omitted = [f"Smaller classes not shown: {table.n_omitted:,}.", ""] if table.n_omitted else []
    return ["## By class", "", note, "", *_table(head, rows, ("Topic",)), *omitted]


def _reliability(summary: Summary) -> list[str]:
    metrics = quality_metrics(summary)
    if not metrics:
        return []
    lines = ["## Reliability", "", *(f"- {name}: {value}. {hint}" for name, value, hint in metrics)]
    if summary.unstable:
        lines.append(f"- Interpret with caution: {'; '.join(map(_title, summary.unstable))}")
    return [*lines, ""]


def _method(summary: Summary) -> list[str]:
    groups = fact_groups(summary.notes)
    lines = ["## Method", ""] if groups else []
    for group in groups:
        indent = "  " if group.heading else ""
        if group.heading:
            lines.append(f"- {_escape(group.heading)}")
        lines.extend(f"{indent}- {_escape(name)}: {_escape(value)}" for name, value in group.facts)
    return lines


def _title(topic: Topic) -> str:
    return _escape(f"{topic.id} {topic.name}")


def _escape(text: str) -> str:
    line = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _SYNTAX.sub(r"\\\1", line)
    return _LIST_MARK.sub(lambda mark: f"{mark[0]}\\" if mark[0].isdigit() else f"\\{mark[0]}", line)
