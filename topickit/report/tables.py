"""The report as CSV, Markdown and JSON."""

import csv
import io
import json
import re

from topickit.fitted.topics import Topic
from topickit.report import pieces, wording
from topickit.report.summary import Summary
from topickit.report.text import headline

CSV_CELL = 30_000
"""Characters that a cell may hold: a little under the limit of spreadsheets (32,767)."""
MARKDOWN_DOCUMENT = 300
"""Characters of a document that are quoted in Markdown."""

# Full-width signs count as the plain ones in some East Asian settings of a spreadsheet.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_MARKDOWN = re.compile(r"([\\`*_\[\]#|~$])")
_LIST_MARK = re.compile(r"^([-+=]|\d+(?=[.)](\s|$)))")


def render_json(summary: Summary, indent: int | None = 2) -> str:
    """Render everything as JSON (UTF-8 text, no NaN), texts in full.

    Parameters
    ----------
    summary : Summary
    indent : int or None
        Spaces a level; None for one line.

    Examples
    --------
    >>> json.loads(render_json(Summary((), n_documents=2, n_outliers=2, notes={})))["n_outliers"]
    2
    """
    return json.dumps(summary.as_dict(), ensure_ascii=False, allow_nan=False, indent=indent)


def render_csv(summary: Summary) -> str:
    """Render one row a topic as CSV (RFC 4180: commas, CRLF).

    Columns: id, name, size, share, stability (empty if unknown), keywords and weights (both
    separated by "; ", in the same order), then document_1, document_2, … where there are texts.
    A cell that a spreadsheet would read as a formula gets a leading apostrophe; a text of more
    than 30,000 characters is cut. For exact values take JSON.

    Examples
    --------
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5),), name="=cats")
    >>> render_csv(Summary((topic,), n_documents=4, n_outliers=1, notes={})).splitlines()[1]
    "0,'=cats,3,0.75,,cat,0.5"
    """
    n_documents = max((len(topic.representative_documents) for topic in summary.topics), default=0)
    target = io.StringIO(newline="")
    rows = csv.writer(target, lineterminator="\r\n")
    head = ["id", "name", "size", "share", "stability", "keywords", "weights"]
    rows.writerow([*head, *(f"document_{number + 1}" for number in range(n_documents))])
    for topic in summary.topics:
        texts = [safe_cell(text) for text in topic.representative_documents]
        stability = "" if topic.stability is None else topic.stability
        words = safe_cell("; ".join(topic.words))
        weights = "; ".join(f"{weight:.6g}" for _, weight in topic.keywords)
        row = [
            topic.id,
            safe_cell(topic.name),
            topic.size,
            topic.share,
            stability,
            words,
            safe_cell(weights),
            *texts,
        ]
        rows.writerow(row + [""] * (n_documents - len(texts)))
    return target.getvalue()


def safe_cell(text: str) -> str:
    """Make a text safe to open in a spreadsheet.

    A text that would be read as a formula gets a leading apostrophe, control characters are
    dropped, and what is beyond 30,000 characters is cut.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell("1+1")
    ("'=1+1", '1+1')
    """
    # Characters without a picture go first: one of them could hide the sign that follows it.
    shown = wording.clip(wording.printable(text), CSV_CELL)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def render_markdown(summary: Summary) -> str:
    r"""Render the topics, how they relate, over time, by class, and trust, as Markdown.

    Whatever came from texts is escaped; documents are cut at 300 characters.

    Examples
    --------
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5),), name="a|b")
    >>> render_markdown(Summary((topic,), n_documents=4, n_outliers=1, notes={})).splitlines()[6]
    '| 0 | a\\|b | 3 | 75.0% | cat (0.500) |'
    """
    lines = ["# Topics", "", f"{headline(summary)}.", ""]
    stability = summary.has_stability
    if summary.topics:
        lines.append(
            "| # | Name | Size | Share |" + (" Stability |" if stability else "") + " Keywords (weight) |"
        )
        lines.append("| ---: | --- | ---: | ---: |" + (" ---: |" if stability else "") + " --- |")
        lines.extend(_markdown_row(topic, stability) for topic in summary.topics)
        lines.append("")
    if any(topic.representative_documents for topic in summary.topics):
        lines += ["## Representative documents", ""]
        for topic in summary.topics:
            lines.extend(_markdown_documents(topic))
    lines.extend(_markdown_relations(summary))
    lines.extend(_markdown_time(summary))
    lines.extend(_markdown_classes(summary))
    lines.extend(_markdown_trust(summary))
    lines.extend(_markdown_facts(summary))
    return "\n".join(lines).rstrip("\n") + "\n"


def _markdown_row(topic: Topic, stability: bool) -> str:
    words = ", ".join(f"{_escaped(word)} ({wording.weight(weight)})" for word, weight in topic.keywords)
    cells = [str(topic.id), _escaped(topic.name), wording.count(topic.size), wording.percent(topic.share)]
    if stability:
        cells.append(wording.score(topic.stability))
    return f"| {' | '.join([*cells, words or wording.MISSING])} |"


def _markdown_documents(topic: Topic) -> list[str]:
    if not topic.representative_documents:
        return []
    texts = [
        wording.clip(wording.one_line(text), MARKDOWN_DOCUMENT) for text in topic.representative_documents
    ]
    return [f"### {topic.id}: {_escaped(topic.name)}", "", *(f"- {_escaped(text)}" for text in texts), ""]


def _markdown_table(head: list[str], rows: list[list[str]]) -> list[str]:
    """Cells are escaped already; the first column is text, the others are numbers or words."""
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)] + [""]


def _markdown_relations(summary: Summary) -> list[str]:
    groups, pairs = pieces.top_groups(summary), pieces.most_alike(summary)
    if not pairs:
        return []
    lines = ["## How the topics relate", ""]
    if groups:
        lines += [f"At `model.at(n_topics={len(groups)})`:", ""]
        lines += [
            f"- {_escaped(group.name)} ({wording.percent(group.share)}): topics {group.ids}"
            for group in groups
        ]
        lines.append("")
    alike = [
        f"- {_escaped(f'{pair.a.id} {pair.a.name}')} and {_escaped(f'{pair.b.id} {pair.b.name}')}: "
        f"{wording.score(pair.cosine)}"
        for pair in pairs
    ]
    return [*lines, "Most alike (cosine):", "", *alike, ""]


def _markdown_time(summary: Summary) -> list[str]:
    found = summary.over_time
    if found is None:
        return []
    rows = [
        [
            _escaped(row.topic.name),
            pieces.sparkline(summary, row.topic.id),
            wording.percent(row.before),
            f"{wording.percent(row.after)} {row.arrow}".rstrip(),
            *(
                _escaped(", ".join(words[row.topic.id])) or wording.MISSING
                for words in (found.rose, found.fell)
                if words
            ),
        ]
        for row in pieces.movers(summary)
    ]
    words = ["Words that rose", "Words that fell"] if found.rose else []
    first, last = (pieces.period(found.periods[i], found.unit) for i in (0, -1))
    head = ["Topic", f"By {found.unit}, {first} to {last}", "Earlier half", "Later half", *words]
    return ["## Over time", "", *_markdown_table(head, rows)]


def _markdown_classes(summary: Summary) -> list[str]:
    table = pieces.class_table(summary)
    if table is None:
        return []
    head = ["Topic", *(f"{_escaped(name)} ({wording.count(total)})" for name, total in table.classes)]
    rows = [
        [_escaped(topic.name), *(f"{cell.lift} ({wording.count(cell.count)})" for cell in cells)]
        for topic, cells in table.lines
    ]
    left = pieces.n_classes_left(summary)
    more = [f"{left:,} smaller classes are left out.", ""] if left else []
    says = "How many times as frequent the topic is in the class as in the others (documents)."
    return ["## By class", "", says, "", *_markdown_table(head, rows), *more]


def _markdown_trust(summary: Summary) -> list[str]:
    found = pieces.measures(summary)
    if not found:
        return []
    lines = ["## Can it be trusted?", "", *(f"- {name}: {shown}" for name, shown in found)]
    if summary.unstable:
        names = "; ".join(_escaped(f"{topic.id} {topic.name}") for topic in summary.unstable)
        lines.append(f"- Unstable, to be read with care: {names}")
    return [*lines, ""]


def _markdown_facts(summary: Summary) -> list[str]:
    groups = wording.fact_groups(summary.notes)
    if not groups:
        return []
    lines = ["## How this was made", ""]
    for group in groups:
        indent = "  " if group.heading else ""
        if group.heading:
            lines.append(f"- {_escaped(group.heading)}")
        lines.extend(f"{indent}- {_escaped(name)}: {_escaped(shown)}" for name, shown in group.facts)
    return lines


def _escaped(text: str) -> str:
    line = wording.one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _MARKDOWN.sub(r"\\\1", line)
    return _LIST_MARK.sub(lambda mark: f"{mark[0]}\\" if mark[0].isdigit() else f"\\{mark[0]}", line)
