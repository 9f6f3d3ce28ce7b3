"""The report as CSV and JSON, for spreadsheets and programs."""

import csv
import io
import json

from topickit._core.display import clip, printable, unescaped
from topickit.report.summary import Summary

MAX_CELL = 30_000
"""Characters in a cell; spreadsheets allow 32,767."""
# Some East Asian spreadsheet settings read full-width signs as the ASCII ones.
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def render_json(summary: Summary, indent: int | None = 2) -> str:
    """Render everything as JSON, texts in full; NaN and infinity become null.

    Parameters
    ----------
    summary : Summary
    indent : int or None
        Spaces per level; None gives one line.

    Returns
    -------
    str

    Examples
    --------
    >>> json.loads(render_json(Summary((), n_documents=2, n_outliers=2, notes={})))["n_outliers"]
    2
    """
    return json.dumps(summary.as_dict(), ensure_ascii=False, allow_nan=False, indent=indent)


def render_csv(summary: Summary) -> str:
    """Render one row per topic as CSV (RFC 4180: commas, CRLF).

    The columns are id, name, size, share, stability, cohesion, unlike_share (these three empty if unknown),
    keywords, weights (both separated by "; ", in the same order), then document_1, document_2, … if there
    are texts.
    `safe_cell` is applied to every text; use JSON for exact values.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    str

    Examples
    --------
    >>> from topickit.fitted.topics import Topic
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5),), name="=cats")
    >>> render_csv(Summary((topic,), n_documents=4, n_outliers=1, notes={})).splitlines()[1]
    "0,'=cats,3,0.75,,,,cat,0.5"
    """
    n_documents = max((len(topic.representative_documents) for topic in summary.topics), default=0)
    table = io.StringIO(newline="")
    writer = csv.writer(table, lineterminator="\r\n")
    header = ["id", "name", "size", "share", "stability", "cohesion", "unlike_share", "keywords", "weights"]
    writer.writerow([*header, *(f"document_{i + 1}" for i in range(n_documents))])
    for topic in summary.topics:
        texts = [safe_cell(unescaped(text)) for text in topic.representative_documents]
        row = [
            topic.id,
            safe_cell(topic.name),
            topic.size,
            topic.share,
            *(
                "" if value is None else value
                for value in (topic.stability, topic.cohesion, topic.unlike_share)
            ),
            safe_cell("; ".join(topic.words)),
            safe_cell("; ".join(f"{weight:.6g}" for _, weight in topic.keywords)),
        ]
        writer.writerow([*row, *texts, *[""] * (n_documents - len(texts))])
    return table.getvalue()


def safe_cell(text: str) -> str:
    """Make a text safe to open in a spreadsheet.

    A text that a spreadsheet would read as a formula gets a leading apostrophe, control characters
    are dropped, and the text is truncated at 30,000 characters.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> safe_cell("=1+1"), safe_cell("1+1")
    ("'=1+1", '1+1')
    """
    # Invisible characters go first: one of them could hide the sign that follows it.
    cell = clip(printable(text), MAX_CELL)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
