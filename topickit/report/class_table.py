"""Topics by class as a table of risk ratios."""

from dataclasses import dataclass

from topickit._core.display import plural
from topickit.analysis.by_class import MIN_CLASS, ByClass
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
    count : int
        Documents of the class in the topic.
    tint : float
        −1 to 1; see `ByClass.tint`.
    share : str
        Share of the class's documents; a count for a class that is too small for shares.
    ratio : str
        Risk ratio; empty if there are too few documents for one.
    title : str
        The numbers behind the share and the ratio.
    """

    count: int
    tint: float
    share: str
    ratio: str
    title: str

    @property
    def text(self) -> str:
        """The share, the ratio if there is one, and the count."""
        share = f"{self.share}, {self.ratio}" if self.ratio else self.share
        return f"{share} ({formatting.count(self.count)})" if self.share.endswith("%") else share

    @property
    def note(self) -> str:
        """The ratio if there is one, and the count; empty if the share is a count."""
        parts = [self.ratio, formatting.count(self.count)] if self.share.endswith("%") else [self.ratio]
        return " · ".join(part for part in parts if part)


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
    tint, has_ratio = by_class.tint, by_class.has_ratio
    return ClassTable(
        classes=tuple((by_class.classes[c], int(by_class.totals[c])) for c in columns),
        rows=tuple(
            (
                topic,
                tuple(
                    _cell(by_class, c, position, float(tint[c, position]), bool(has_ratio[c, position]))
                    for c in columns
                ),
            )
            for position, topic in enumerate(summary.topics)
        ),
        n_omitted=len(by_class.classes) - len(columns),
        n_unclassed=by_class.n_unclassed,
    )


def _cell(by_class: ByClass, column: int, topic: int, tint: float, has_ratio: bool) -> ClassCell:
    count, total = int(by_class.counts[column, topic]), int(by_class.totals[column])
    numbers = f"{formatting.count(count)} of {plural(total, 'document')}"
    ratio, low, high = (
        float(values[column, topic]) for values in (by_class.risk_ratio, by_class.low, by_class.high)
    )
    return ClassCell(
        count=count,
        tint=round(tint, 3),
        share=formatting.percent(count / total) if total >= MIN_CLASS else f"{count} of {total}",
        ratio=formatting.risk_ratio(ratio) if has_ratio else "",
        title=f"{numbers}; {formatting.interval(low, high) if has_ratio else 'too few for a ratio'}",
    )
