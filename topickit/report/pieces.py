"""Pieces that several formats show: histories, what changed, topics by class, risk_ratios, measures."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from topickit.analysis.over_time import OverTime, wilson
from topickit.fitted.topics import Topic
from topickit.report import wording
from topickit.report.summary import Summary
from topickit.report.tree import level_sizes

MOST_CLASSES = 12
"""Classes side by side in a table."""
N_LISTED = 12
"""Topics that are listed by number, the largest."""
_SPARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class History:
    """A small picture of a topic's shares: points of a line and of its band in a box of 100 × 24."""

    line: str
    band: str
    label: str


@dataclass(frozen=True)
class Mover:
    """A topic's share in the earlier and the later half of the periods.

    The arrow is empty where the 95 % intervals of the two overlap.
    """

    topic: Topic
    before: float
    after: float
    arrow: str


@dataclass(frozen=True)
class ClassCell:
    """How a topic stands in a class; tint is −1 to 1, and 0 where nothing can be said."""

    lift: str
    ratio: float
    count: int
    tint: float
    title: str


@dataclass(frozen=True)
class ClassTable:
    """Topics × classes: (name, documents) of each class, and (topic, cells) of each line."""

    classes: tuple[tuple[str, int], ...]
    lines: tuple[tuple[Topic, tuple[ClassCell, ...]], ...]


@dataclass(frozen=True)
class KeywordLift:
    """How many times likelier a keyword is inside its topic, in words."""

    short: str
    title: str


def histories(summary: Summary) -> tuple[History, ...]:
    """Draw each topic's shares by period; empty where documents are not dated.

    Parameters
    ----------
    summary : Summary
    """
    found = summary.over_time
    if found is None or len(found.periods) < 2:
        return ()
    return tuple(_history(found, topic.id) for topic in summary.topics)


def _history(found: OverTime, topic: int) -> History:
    known = np.flatnonzero(found.totals > 0)
    x = 100 * known / (len(found.periods) - 1)
    # A period of a few documents has a wide interval: it must not set the scale.
    top = float(max(found.shares[known, topic].max() * 1.25, 1e-9))

    def points(values: Any) -> list[str]:
        y = 24 - 24 * np.clip(values / top, 0, 1)
        return [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]

    band = points(found.high[known, topic]) + points(found.low[known, topic])[::-1]
    first, last = found.periods[known[0]], found.periods[known[-1]]
    label = (
        f"{wording.percent(float(found.shares[known[0], topic]))} in {period(first, found.unit)}, "
        f"{wording.percent(float(found.shares[known[-1], topic]))} in {period(last, found.unit)}"
    )
    return History(" ".join(points(found.shares[known, topic])), " ".join(band), label)


def sparkline(summary: Summary, topic: int) -> str:
    """Draw a topic's shares by period in block characters; a period without documents is a space.

    Parameters
    ----------
    summary : Summary
    topic : int
    """
    found = summary.over_time
    if found is None:
        return ""
    shares = found.shares[:, topic]
    top = float(np.nanmax(shares)) or 1.0
    return "".join(" " if math.isnan(share) else _SPARKS[min(7, int(8 * share / top))] for share in shares)


def period(start: str, unit: str) -> str:
    """Name a period by its first day.

    Examples
    --------
    >>> period("2024-04-01", "quarter"), period("2024-04-01", "month"), period("1990-01-01", "decade")
    ('2024 Q2', '2024-04', '1990s')
    """
    year, month = start[:4], int(start[5:7])
    named = {
        "decade": f"{year}s",
        "year": year,
        "quarter": f"{year} Q{(month + 2) // 3}",
        "month": start[:7],
    }
    return named.get(unit, start)


def movers(summary: Summary) -> tuple[Mover, ...]:
    """Compare each topic's share in the two halves of the periods, the largest change first.

    Parameters
    ----------
    summary : Summary
    """
    found = summary.over_time
    if found is None or len(found.periods) < 2:
        return ()
    halves = (slice(None, len(found.periods) // 2), slice(len(found.periods) // 2, None))
    counts = [found.counts[half].sum(axis=0) for half in halves]
    totals = [int(found.totals[half].sum()) for half in halves]
    bounds = [wilson(count, np.array(total)) for count, total in zip(counts, totals, strict=True)]
    rows = []
    for topic in summary.topics:
        before, after = (float(counts[h][topic.id] / max(1, totals[h])) for h in (0, 1))
        rises = bounds[1][0][topic.id] > bounds[0][1][topic.id]
        falls = bounds[1][1][topic.id] < bounds[0][0][topic.id]
        rows.append(Mover(topic, before, after, "↑" if rises else "↓" if falls else ""))
    return tuple(sorted(rows, key=lambda row: -abs(row.after - row.before)))


def class_table(summary: Summary, most: int = MOST_CLASSES) -> ClassTable | None:
    """Lay out topics by class, the largest classes first.

    Parameters
    ----------
    summary : Summary
    most : int
        Classes shown.
    """
    found = summary.by_class
    if found is None:
        return None
    shown = range(min(most, len(found.classes)))
    lines = tuple(
        (topic, tuple(_class_cell(summary, column, topic.id) for column in shown)) for topic in summary.topics
    )
    return ClassTable(tuple((found.classes[c], int(found.totals[c])) for c in shown), lines)


def n_classes_left(summary: Summary, most: int = MOST_CLASSES) -> int:
    """Count the classes that a table does not show."""
    return 0 if summary.by_class is None else max(0, len(summary.by_class.classes) - most)


def _class_cell(summary: Summary, column: int, topic: int) -> ClassCell:
    found = summary.by_class
    assert found is not None
    lift, low, high = (float(part[column, topic]) for part in (found.lift, found.low, found.high))
    sure = low > 1 or high < 1
    tint = round(max(-1.0, min(1.0, math.log2(lift) / 4)), 3) if sure else 0.0
    return ClassCell(times(lift), lift, int(found.counts[column, topic]), tint, f"95 %: {_ends(low, high)}")


def _ends(low: float, high: float) -> str:
    return f"{times(low)} to {times(high)}" if math.isfinite(high) else f"{times(low)} or more"


def changed_words(found: OverTime, topic: int) -> str:
    """Write the words of a topic that rose and fell behind its name; empty where none did."""
    if not found.rose:
        return ""
    rose, fell = (" · ".join(map(wording.one_line, words[topic][:3])) for words in (found.rose, found.fell))
    return (f" +{rose}" if rose else "") + (f" −{fell}" if fell else "")


@dataclass(frozen=True)
class Group:
    """A group of topics in the coarsest cut that is shown."""

    name: str
    share: float
    ids: str


@dataclass(frozen=True)
class Pair:
    """Two topics and the cosine between their means."""

    a: Topic
    b: Topic
    cosine: float


def good_levels(summary: Summary) -> tuple[int, ...]:
    """List the other numbers of topics that the clusterer found to be good levels of this corpus.

    Parameters
    ----------
    summary : Summary
    """
    found = summary.notes.get("clusterer")
    listed = found.get("other_levels") if isinstance(found, dict) else None
    return tuple(n for n in listed if isinstance(n, int)) if isinstance(listed, list) else ()


def top_groups(summary: Summary) -> tuple[Group, ...]:
    """List the groups of the coarsest cut; empty for fewer than six topics, which need none.

    Parameters
    ----------
    summary : Summary
    """
    tree = summary.hierarchy
    sizes = () if tree is None else level_sizes(tree.n_topics, good_levels(summary))
    if tree is None or len(sizes) < 2:
        return ()
    groups: list[Group] = []
    for node in tree.nodes(sizes[0]):
        below = sorted(tree.topics(node))
        ids = ", ".join(map(str, below[:N_LISTED]))
        if len(below) > N_LISTED:
            ids += f" and {len(below) - N_LISTED} more"
        name = tree.names[node] if node < len(tree.names) else f"group {len(groups)}"
        groups.append(Group(name, float(tree.sizes[node] / max(1, summary.n_documents)), ids))
    return tuple(groups)


def most_alike(summary: Summary, most: int = 3) -> tuple[Pair, ...]:
    """List the pairs of topics that are most alike.

    Parameters
    ----------
    summary : Summary
    most : int
    """
    if summary.similarity is None:
        return ()
    cosines = summary.similarity.cosines
    a, b = np.triu_indices(len(cosines), 1)
    order = np.argsort(-cosines[a, b], kind="stable")[:most]
    return tuple(Pair(summary.topics[a[i]], summary.topics[b[i]], float(cosines[a[i], b[i]])) for i in order)


def times(ratio: float) -> str:
    """Write a ratio.

    Examples
    --------
    >>> times(0.001), times(0.034), times(2.345), times(61.7)
    ('<×0.01', '×0.03', '×2.3', '×62')
    """
    if ratio < 0.005:
        return "<×0.01"
    return f"×{ratio:.0f}" if ratio >= 9.95 else f"×{ratio:.1f}" if ratio >= 0.95 else f"×{ratio:.2f}"


def keyword_lift(topic: Topic, index: int) -> KeywordLift | None:
    """Say how much likelier a keyword is inside its topic than outside, where that is known.

    Parameters
    ----------
    topic : Topic
    index : int
        Of the keyword.
    """
    if index >= len(topic.risk_ratios):
        return None
    lift = topic.risk_ratios[index]
    if not math.isfinite(lift.ratio):
        return None
    return KeywordLift(times(lift.ratio), f"95 %: {times(lift.low)} to {times(lift.high)}")


def measures(summary: Summary) -> tuple[tuple[str, str], ...]:
    """List the measures of the whole model: name and value as they are shown.

    Parameters
    ----------
    summary : Summary
    """
    rows = []
    words = [word for topic in summary.topics for word in topic.words[:10]]
    if words:
        rows.append(
            ("Different words among the top ten of each topic", wording.percent(len(set(words)) / len(words)))
        )
    if summary.similarity is not None and len(summary.topics) > 1:
        cosines = summary.similarity.cosines
        others = cosines[~np.eye(len(cosines), dtype=bool)]
        rows.append(("Mean cosine between topics", wording.score(float(others.mean()))))
        rows.append(("Largest cosine between topics", wording.score(float(others.max()))))
    known = [topic for topic in summary.topics if topic.stability is not None]
    if known:
        weight = sum(topic.size for topic in known)
        mean = sum(topic.size * topic.stability for topic in known if topic.stability is not None)
        rows.append(("Mean stability, by documents", wording.score(mean / max(1, weight))))
        rows.append(("Unstable topics", f"{len(summary.unstable)} of {len(known)}"))
    return tuple(rows)
