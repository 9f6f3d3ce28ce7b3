"""Topics over time: sparklines, and the change between the two halves of the periods."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from topickit._core.display import one_line
from topickit.analysis.over_time import OverTime, wilson
from topickit.fitted.topics import Topic
from topickit.report import formatting
from topickit.report.summary import Summary

_BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Sparkline:
    """A topic's shares as SVG points of a line and of its confidence band, in a box of 100 × 24."""

    line: str
    band: str
    description: str


@dataclass(frozen=True)
class ShareChange:
    """A topic's share in the first and in the second half of the periods.

    The arrow is empty if the two 95% confidence intervals overlap.
    """

    topic: Topic
    first_half: float
    second_half: float
    arrow: str


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
    if trend is None or len(trend.periods) < 2:
        return ()
    return tuple(_sparkline(trend, topic.id) for topic in summary.topics)


def _sparkline(trend: OverTime, topic: int) -> Sparkline:
    dated = np.flatnonzero(trend.totals > 0)
    x = 100 * dated / (len(trend.periods) - 1)
    # The wide interval of a period with few documents must not set the scale.
    top = float(max(trend.shares[dated, topic].max() * 1.25, 1e-9))

    def points(values: Any) -> list[str]:
        y = 24 - 24 * np.clip(values / top, 0, 1)
        return [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]

    band = points(trend.high[dated, topic]) + points(trend.low[dated, topic])[::-1]
    first, last = (
        f"{formatting.percent(float(trend.shares[i, topic]))} in {period_name(trend.periods[i], trend.unit)}"
        for i in (dated[0], dated[-1])
    )
    return Sparkline(" ".join(points(trend.shares[dated, topic])), " ".join(band), f"{first}, {last}")


def text_sparkline(trend: OverTime, topic: int) -> str:
    """Draw a topic's shares by period in block characters; a period without documents is a space.

    Parameters
    ----------
    trend : OverTime
    topic : int
    """
    shares = trend.shares[:, topic]
    top = float(np.nanmax(shares)) or 1.0
    return "".join(" " if math.isnan(share) else _BLOCKS[min(7, int(8 * share / top))] for share in shares)


def period_name(start: str, unit: str) -> str:
    """Name a period.

    Parameters
    ----------
    start : str
        Its first day, ISO 8601.
    unit : {"decade", "year", "quarter", "month", "week", "day"}

    Examples
    --------
    >>> [period_name("2024-04-01", unit) for unit in ("decade", "quarter", "month", "week")]
    ['2020s', '2024 Q2', '2024-04', '2024-04-01']
    """
    year, month = start[:4], int(start[5:7])
    names = {
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


def share_changes(summary: Summary) -> tuple[ShareChange, ...]:
    """Compare each topic's share in the two halves of the periods.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    tuple of ShareChange
        Largest change first; empty if there are fewer than two periods.
    """
    trend = summary.over_time
    if trend is None or len(trend.periods) < 2:
        return ()
    middle = len(trend.periods) // 2
    halves = (slice(None, middle), slice(middle, None))
    counts = [trend.counts[half].sum(axis=0) for half in halves]
    totals = [int(trend.totals[half].sum()) for half in halves]
    (low_1, high_1), (low_2, high_2) = (wilson(counts[i], np.array(totals[i])) for i in (0, 1))
    changes = []
    for topic in summary.topics:
        i = topic.id
        arrow = "↑" if low_2[i] > high_1[i] else "↓" if high_2[i] < low_1[i] else ""
        first, second = (float(counts[half][i] / max(1, totals[half])) for half in (0, 1))
        changes.append(ShareChange(topic, first, second, arrow))
    return tuple(sorted(changes, key=lambda change: -abs(change.second_half - change.first_half)))


def changed_words(trend: OverTime, topic: int, limit: int = 3) -> str:
    """Write a topic's rising words after a plus sign and its falling words after a minus sign.

    Parameters
    ----------
    trend : OverTime
    topic : int
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
