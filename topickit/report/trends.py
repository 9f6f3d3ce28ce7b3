"""Topics over time: sparklines, and the changes between halves and in the last period."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.display import one_line, plural
from topickit.analysis.over_time import OverTime, wilson
from topickit.fitted.topics import Topic
from topickit.report import formatting
from topickit.report.summary import Summary

_BLOCKS = "▁▂▃▄▅▆▇█"
MAX_SPARSE = 3
"""Periods with too few documents that are listed by name."""


@dataclass(frozen=True)
class Sparkline:
    """A topic's shares as SVG points of a line and of its confidence band, in a box of 100 × 24.

    Periods with too few documents are left out; see `OverTime.drawn`.
    """

    line: str
    band: str
    description: str


@dataclass(frozen=True)
class ShareChange:
    """A topic's share in each half of the periods, and in the last period and those before it.

    The position is the topic's among those of the summary, and its column in the analysis.
    An arrow is empty if the two 95% confidence intervals overlap.
    """

    topic: Topic
    position: int
    first_half: float
    second_half: float
    arrow: str
    before: float
    last: float
    last_arrow: str


def sparklines(summary: Summary) -> tuple[Sparkline, ...]:
    """Draw each topic's shares by period as SVG.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    tuple of Sparkline
        One per topic; empty if there are fewer than two periods.
    """
    trend = summary.over_time
    if trend is None or len(trend.periods) < 2 or not trend.drawn.any():
        return ()
    return tuple(_sparkline(trend, position) for position in range(len(summary.topics)))


def _sparkline(trend: OverTime, topic: int) -> Sparkline:
    dated = np.flatnonzero(trend.drawn)
    x = 100 * dated / (len(trend.periods) - 1)
    # The wide interval of a period with few documents must not set the scale.
    top = float(max(trend.shares[dated, topic].max() * 1.25, 1e-9))

    def points(values: Any) -> list[str]:
        y = 24 - 24 * np.clip(values / top, 0, 1)
        return [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]

    band = points(trend.high[dated, topic]) + points(trend.low[dated, topic])[::-1]
    first, last = (
        f"{formatting.percent(float(trend.shares[i, topic]))} of {plural(int(trend.totals[i]), 'document')} "
        f"in {period_name(trend.periods[i], trend.unit)}"
        for i in (dated[0], dated[-1])
    )
    return Sparkline(" ".join(points(trend.shares[dated, topic])), " ".join(band), f"{first}, {last}")


def text_sparkline(trend: OverTime, topic: int) -> str:
    """Draw a topic's shares by period in block characters; a period without enough documents is a space.

    Parameters
    ----------
    trend : OverTime
    topic : int
        Position of the topic.
    """
    shares = trend.drawn_shares[:, topic]
    top = float(np.nanmax(shares, initial=0.0)) or 1.0
    return "".join(" " if math.isnan(share) else _BLOCKS[min(7, int(8 * share / top))] for share in shares)


def period_name(start: str, unit: str) -> str:
    """Name a period.

    Parameters
    ----------
    start : str
        Its first day, ISO 8601.
    unit : {"century", "decade", "year", "quarter", "month", "week", "day"}

    Examples
    --------
    >>> [period_name("2024-04-01", unit) for unit in ("decade", "quarter", "month", "week")]
    ['2020s', '2024 Q2', '2024-04', '2024-04-01']
    """
    year, month = start[:4], int(start[5:7])
    names = {
        "century": f"{year[:2]}00s",
        "decade": f"{year[:3]}0s",
        "year": year,
        "quarter": f"{year} Q{(month + 2) // 3}",
        "month": start[:7],
    }
    return names.get(unit, start)


def period_range(trend: OverTime) -> str:
    """Name the unit, the first and the last period."""
    first, last = (period_name(trend.periods[i], trend.unit) for i in (0, -1))
    return f"{trend.unit}, {first} to {last}"


def excluded(trend: OverTime) -> str:
    """Say which documents and periods are not shown; empty if all are.

    Parameters
    ----------
    trend : OverTime
    """
    parts = []
    if trend.n_undated:
        parts.append(f"Excluded: {plural(trend.n_undated, 'document')} without a date.")
    if trend.outside:
        days = [f"{day} ({formatting.count(n)})" for day, n in trend.outside[:MAX_SPARSE]]
        more = f" and {len(trend.outside) - MAX_SPARSE} more days" if len(trend.outside) > MAX_SPARSE else ""
        parts.append(
            f"Excluded: {plural(trend.n_outside, 'document')} far from all other dates: "
            f"{', '.join(days)}{more}."
        )
    sparse = np.flatnonzero(~trend.drawn & (trend.totals > 0))
    if len(sparse):
        names = [
            f"{period_name(trend.periods[i], trend.unit)} ({formatting.count(int(trend.totals[i]))})"
            for i in sparse[:MAX_SPARSE]
        ]
        more = f" and {len(sparse) - MAX_SPARSE} more" if len(sparse) > MAX_SPARSE else ""
        parts.append(
            f"Not drawn: {plural(len(sparse), 'period')} with fewer than {plural(trend.least, 'document')}: "
            f"{', '.join(names)}{more}."
        )
    return " ".join(parts)


def last_period(trend: OverTime) -> str:
    """Name the last drawn period and its number of documents."""
    last = int(np.flatnonzero(trend.drawn)[-1])
    return f"{period_name(trend.periods[last], trend.unit)}, n={formatting.count(int(trend.totals[last]))}"


def share_changes(summary: Summary) -> tuple[ShareChange, ...]:
    """Compare each topic's share in two halves of the periods, and in the last period with all before.

    Periods with too few documents are left out; see `OverTime.drawn`.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    tuple of ShareChange
        Topics with an arrow first, each part by falling evidence (z-score) for the clearer of the two
        changes; empty if there are fewer than two drawn periods.
    """
    trend = summary.over_time
    if trend is None or int(trend.drawn.sum()) < 2:
        return ()
    counts, totals = trend.counts[trend.drawn], trend.totals[trend.drawn]
    middle = len(totals) // 2
    first, second, arrows, half_z = _compare(counts, totals, middle)
    before, last, last_arrows, last_z = _compare(counts, totals, len(totals) - 1)
    evidence = np.maximum(half_z, last_z)
    changes = [
        ShareChange(topic, position, *halves, *ends)
        for position, (topic, halves, ends) in enumerate(
            zip(
                summary.topics,
                zip(first.tolist(), second.tolist(), arrows, strict=True),
                zip(before.tolist(), last.tolist(), last_arrows, strict=True),
                strict=True,
            )
        )
    ]
    return tuple(
        sorted(changes, key=lambda c: (not (c.arrow or c.last_arrow), -round(float(evidence[c.position]), 9)))
    )


def _compare(
    counts: NDArray[np.int64], totals: NDArray[np.int64], start: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], list[str], NDArray[np.float64]]:
    """Compare the shares of all topics before and from a period: shares, arrows, and absolute z-scores."""
    n = [int(part.sum()) for part in (totals[:start], totals[start:])]
    k = [part.sum(axis=0) for part in (counts[:start], counts[start:])]
    (low_1, high_1), (low_2, high_2) = (wilson(k[i], np.array(n[i])) for i in (0, 1))
    arrows = [
        "↑" if up else "↓" if down else "" for up, down in zip(low_2 > high_1, high_2 < low_1, strict=True)
    ]
    first, second = k[0] / n[0], k[1] / n[1]
    pooled = (k[0] + k[1] + 0.5) / (n[0] + n[1] + 1)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
    return first, second, arrows, np.abs(second - first) / error


def changed_words(trend: OverTime, topic: int, limit: int = 3) -> str:
    """Write a topic's rising words after a plus sign and its falling words after a minus sign.

    Parameters
    ----------
    trend : OverTime
    topic : int
        Position of the topic.
    limit : int
        Maximum number of words of each kind.

    Returns
    -------
    str
        Begins with a space; empty if no word changed.
    """
    parts = []
    for sign, words in (("+", trend.rising_words), ("−", trend.falling_words)):
        if words and words[topic]:
            parts.append(f" {sign}" + " · ".join(map(one_line, words[topic][:limit])))
    return "".join(parts)
