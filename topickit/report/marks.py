"""Parts of long documents, marked by topic on the report's page."""

import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from topickit._core.display import clip, one_line, printable, unescaped
from topickit.analysis.spans import Spans
from topickit.report.summary import Summary

MAX_PREVIEW = 320
"""Characters of a document that are shown before it is opened."""
MAX_DOCUMENT = 5_000
"""Characters of a document that the page contains."""
MAX_MARKED = 100
"""Documents that are marked, since their sentences are embedded for it."""


class Piece(NamedTuple):
    """A piece of a document.

    Attributes
    ----------
    text : str
    topic : int or None
        Position of its topic in the summary, −1 for none; None for text between parts.
    name : str
        Name of the topic.
    """

    text: str
    topic: int | None
    name: str


Marks: TypeAlias = Mapping[str, tuple[Piece, ...]]
"""The pieces of documents, by the text that the page shows."""


def full_text(text: str) -> str:
    """Give the whole text if it is longer than its preview, else nothing."""
    whole = printable(unescaped(text)).strip()
    return clip(whole, MAX_DOCUMENT) if len(one_line(whole)) > MAX_PREVIEW else ""


def marks_of(summary: Summary, find_spans: Callable[[list[str]], Spans]) -> Marks:
    """Divide long representative documents into their parts.

    Parameters
    ----------
    summary : Summary
        At most 100 documents are divided, the first ones of all topics first.
    find_spans : function of list of str to Spans
        Such as `TopicModel.spans`.

    Returns
    -------
    mapping of str to tuple of Piece
        Documents with parts of several topics only; the texts of the pieces together are the document.

    Examples
    --------
    >>> marks_of(Summary((), n_documents=2, n_outliers=2, notes={}), lambda texts: None)
    {}
    """
    by_rank = itertools.zip_longest(*(topic.representative_documents for topic in summary.topics))
    shown = dict.fromkeys(full_text(text) for rank in by_rank for text in rank if text)
    texts = [text for text in shown if text][:MAX_MARKED]
    if not texts:
        return {}
    found = find_spans(texts)
    position = {topic.id: at for at, topic in enumerate(summary.topics)}
    pieces: list[list[Piece]] = [[] for _ in texts]
    ends = [0] * len(texts)
    columns = (column.tolist() for column in (found.documents, found.starts, found.ends, found.topics))
    for document, start, end, topic in zip(*columns, strict=True):
        text, at = texts[document], position.get(topic, -1)
        if start > ends[document]:
            pieces[document].append(Piece(text[ends[document] : start], None, ""))
        name = summary.topics[at].name if at >= 0 else "no topic"
        pieces[document].append(Piece(text[start:end], at, name))
        ends[document] = end
    return {
        text: (*parts, Piece(text[end:], None, ""))
        for text, parts, end in zip(texts, pieces, ends, strict=True)
        if len({part.topic for part in parts} - {None}) > 1
    }
