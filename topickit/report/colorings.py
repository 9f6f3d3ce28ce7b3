"""Other colorings of the map than by topic: by class and by time."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from topickit._core.vectors import IntArray
from topickit.analysis.over_time import period_codes
from topickit.plot.palette import COLORS, SEQUENTIAL
from topickit.report.document_texts import packed
from topickit.report.summary import Plain, Summary
from topickit.report.trends import period_name

if TYPE_CHECKING:
    from topickit.fitted.fitted import Fitted

MAX_CLASSES = 12
"""Classes that have a color; the others share the color of documents without a class."""
_RANGES = {"light": (0.0, 0.85), "dark": (0.3, 1.0)}
"""Part of the sequential scale that stands out from each background."""


@dataclass(frozen=True, eq=False)
class Coloring:
    """Colors for the points of a map.

    Attributes
    ----------
    codes : int64 ndarray of shape (n,)
        Value of each point, −1 for none.
    names : tuple of str
        Name of each value.
    light, dark : tuple of str
        Color of each value on light and on dark backgrounds.
    """

    codes: IntArray = field(repr=False)
    names: tuple[str, ...]
    light: tuple[str, ...] = field(repr=False)
    dark: tuple[str, ...] = field(repr=False)

    def as_dict(self) -> dict[str, Plain]:
        """Give the data for the page's script."""
        return {
            "codes": packed(self.codes + 1, "<u2"),
            "names": list(self.names),
            "light": list(self.light),
            "dark": list(self.dark),
        }


def colorings(fitted: "Fitted", summary: Summary, rows: IntArray) -> dict[str, Coloring]:
    """Color documents by class and by period, where they have classes and timestamps.

    Parameters
    ----------
    fitted : Fitted
    summary : Summary
    rows : int64 ndarray of shape (n,)
        Distinct documents on the map; the first of equal documents counts.

    Returns
    -------
    dict of str to Coloring
        Under "class" and "time".
    """
    result: dict[str, Coloring] = {}
    if fitted.corpus is None or fitted.covariates is None:
        return result
    firsts = fitted.corpus.documents.first_rows[rows]
    codes, times = fitted.covariates.class_codes, fitted.covariates.timestamps
    if summary.by_class is not None and codes is not None:
        result["class"] = _by_class(codes, firsts, summary.by_class.classes)
    if summary.over_time is not None and times is not None:
        result["time"] = _by_time(times[firsts], summary.over_time.periods, summary.over_time.unit)
    return result


def _by_class(codes: IntArray, firsts: IntArray, names: tuple[str, ...]) -> Coloring:
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    rank = np.full(len(names) + 1, -1, dtype=np.int64)
    rank[np.argsort(-sizes, kind="stable")[:MAX_CLASSES]] = np.arange(min(MAX_CLASSES, len(names)))
    colors = COLORS[: min(MAX_CLASSES, len(names))]
    return Coloring(rank[codes[firsts]], names[:MAX_CLASSES], colors, colors)


def _by_time(
    times: "np.ndarray[tuple[int], np.dtype[np.datetime64]]", periods: tuple[str, ...], unit: str
) -> Coloring:
    from plotly.colors import get_colorscale, sample_colorscale

    codes = period_codes(times, periods, unit)
    scale, n = get_colorscale(SEQUENTIAL), max(1, len(periods) - 1)
    light, dark = (
        tuple(sample_colorscale(scale, [low + (high - low) * i / n for i in range(len(periods))]))
        for low, high in _RANGES.values()
    )
    return Coloring(codes, tuple(period_name(start, unit) for start in periods), light, dark)
