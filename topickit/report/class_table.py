"""Topics by class as a table of risk ratios."""

import math
from dataclasses import dataclass

from topickit.analysis.by_class import ByClass
from topickit.fitted.topics import Topic
from topickit.report import formatting
from topickit.report.summary import Summary

MAX_CLASSES = 12
"""Number of classes shown side by side."""


@dataclass(frozen=True)
class ClassCell:
    """A topic in a class.

    Attributes
    ----------
    risk_ratio : float
    count : int
        Documents of the class in the topic.
    tint : float
        −1 to 1; 0 if the confidence interval of the risk ratio includes 1.
    text, title : str
        The risk ratio and its confidence interval in words.
    """

    risk_ratio: float
    count: int
    tint: float
    text: str
    title: str


@dataclass(frozen=True)
class ClassTable:
    """Topics by class.

    Attributes
    ----------
    classes : tuple of (str, int)
        Name and number of documents of each class shown, largest first.
    rows : tuple of (Topic, tuple of ClassCell)
    n_omitted : int
        Smaller classes that are not shown.
    n_unclassed : int
        Documents without a class.
    """

    classes: tuple[tuple[str, int], ...]
    rows: tuple[tuple[Topic, tuple[ClassCell, ...]], ...]
    n_omitted: int
    n_unclassed: int


def class_table(summary: Summary, limit: int = MAX_CLASSES) -> ClassTable | None:
    """Arrange topics by class, largest classes first.

    Parameters
    ----------
    summary : Summary
    limit : int
        Maximum number of classes.

    Returns
    -------
    ClassTable or None
        None if the documents have no classes.
    """
    by_class = summary.by_class
    if by_class is None:
        return None
    columns = range(min(limit, len(by_class.classes)))
    return ClassTable(
        classes=tuple((by_class.classes[c], int(by_class.totals[c])) for c in columns),
        rows=tuple(
            (topic, tuple(_cell(by_class, column, topic.id) for column in columns))
            for topic in summary.topics
        ),
        n_omitted=len(by_class.classes) - len(columns),
        n_unclassed=by_class.n_unclassed,
    )


def _cell(by_class: ByClass, column: int, topic: int) -> ClassCell:
    ratio, low, high = (
        float(values[column, topic]) for values in (by_class.risk_ratio, by_class.low, by_class.high)
    )
    differs = low > 1 or high < 1
    return ClassCell(
        risk_ratio=ratio,
        count=int(by_class.counts[column, topic]),
        tint=round(max(-1.0, min(1.0, math.log2(ratio) / 4)), 3) if differs else 0.0,
        text=formatting.risk_ratio(ratio),
        title=formatting.interval(low, high),
    )
