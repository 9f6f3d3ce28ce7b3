"""The result of a comparison of two models or labelings, and its text."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from topickit._core.display import one_line, plural, render_plain, text_width
from topickit._core.vectors import IntArray
from topickit.fitted.comparing import SIGNIFICANCE
from topickit.metrics.groups import Agreement

Basis = Literal["documents", "embeddings", "keywords"]
THRESHOLDS: Mapping[Basis, float] = MappingProxyType({"documents": 0.5, "embeddings": 0.8, "keywords": 0.2})
"""Minimum strength of the relation of two related topics."""
SCORE_NAMES = {"documents": "Jaccard", "embeddings": "Cosine", "keywords": "Jaccard"}
N_FLOWS = 10
LEAST_GROWTH = 0.005
N_GROWTH = 10
"""Changes of shares in the text."""
MIN_WIDTH = 60


@dataclass(frozen=True)
class Counterpart:
    """A topic of B that corresponds to a topic of A.

    Attributes
    ----------
    topic : int or str
    name : str
        Empty if only labels were given.
    size : int
        Number of documents.
    score : float
        The Jaccard index of the documents, the cosine similarity of the mean embeddings, or the Jaccard
        index of the keywords, depending on the `basis` of the comparison.
    shared : int or None
        Number of documents in both topics; None if the corpora differ.
    shared_keywords : tuple of str
        In the order of A's keywords.
    """

    topic: int | str
    name: str
    size: int
    score: float
    shared: int | None
    shared_keywords: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """A topic of A and its counterparts in B.

    Attributes
    ----------
    topic : int or str
    name : str
        Empty if only labels were given.
    size : int
        Number of documents.
    counterparts : tuple of Counterpart
        The related topics of B, best first. A topic that was split has several; a topic in
        `Comparison.vanished` has none.
    """

    topic: int | str
    name: str
    size: int
    counterparts: tuple[Counterpart, ...]


@dataclass(frozen=True)
class Flow:
    """Documents of one topic of A in a topic of B that is not its best counterpart.

    Attributes
    ----------
    source, target : int or str
        Topics of A and B; −1 for outliers.
    n_documents : int
    """

    source: int | str
    target: int | str
    n_documents: int


@dataclass(frozen=True)
class Growth:
    """The share of related topics in A and in B.

    Attributes
    ----------
    topics_a, topics_b : tuple of int or str
        Topics that are related, directly or through others: one of each, or the parts of a split or merge.
    name : str
        Of the largest topic in B; empty if only labels were given.
    share_a, share_b : float
        Of all documents.
    low, high : float or None
        95 % confidence interval of the difference of the shares, B less A (Newcombe, Statistics in Medicine
        17, 1998, method 10). None where A and B are of the same documents, which are no two samples.
    p_value : float or None
        That the shares are equal (Fisher's exact test), corrected for the number of groups. The topics are
        taken as given: that another fit would draw their borders differently is not part of the test.
    """

    topics_a: tuple[int | str, ...]
    topics_b: tuple[int | str, ...]
    name: str
    share_a: float
    share_b: float
    low: float | None = None
    high: float | None = None
    p_value: float | None = None

    @property
    def has_changed(self) -> bool:
        """Whether the shares differ significantly; of the same documents, by half a point."""
        if self.p_value is None:
            return abs(self.share_b - self.share_a) >= LEAST_GROWTH
        return self.p_value <= SIGNIFICANCE


@dataclass(frozen=True)
class NewTopic:
    """A topic of B without a related topic in A.

    Attributes
    ----------
    topic : int or str
    name : str
        Empty if only labels were given.
    size : int
        Number of documents.
    share : float
        Of all documents of B.
    """

    topic: int | str
    name: str
    size: int
    share: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """The comparison of two models or labelings, A and B.

    Attributes
    ----------
    basis : {"documents", "embeddings", "keywords"}
        What topics are compared by: shared documents if both are of the same corpus, otherwise the cosine
        similarity of mean embeddings if both use the same embedder, otherwise keywords.
    note : str
        The reason for the basis, in words.
    n_documents, n_topics : (int, int)
        Of A and B.
    agreement : Agreement or None
        Of the labels, with those of B as gold labels; None if the corpora differ.
    matches : tuple of Match
        One per topic of A.
    vanished, appeared : tuple of int or str
        Topics of A without a related topic in B, and the reverse. By default topics are related if half of
        the documents of the smaller one are in the other ("documents"), if the cosine similarity is at
        least 0.8 ("embeddings") or the Jaccard index at least 0.2 ("keywords").
    moved : int64 ndarray or None
        Rows whose topic in B is not the best counterpart of their topic in A; None if the corpora differ.
    flows : tuple of Flow
        The ten largest groups of moved documents.
    growth : tuple of Growth
        Of related topics, the largest change first.
    new_topics : tuple of NewTopic
        Those in `appeared`, with names and sizes.
    """

    basis: Basis
    note: str
    n_documents: tuple[int, int]
    n_topics: tuple[int, int]
    agreement: Agreement | None
    matches: tuple[Match, ...] = field(repr=False)
    vanished: tuple[int | str, ...]
    appeared: tuple[int | str, ...]
    moved: IntArray | None = field(repr=False)
    flows: tuple[Flow, ...] = field(repr=False)
    growth: tuple[Growth, ...] = field(default=(), repr=False)
    new_topics: tuple[NewTopic, ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Give the comparison as plain data for JSON, with the number of moved documents only.

        Returns
        -------
        dict
        """
        scores = None if self.agreement is None else self.agreement.to_dict()
        return {
            "basis": self.basis,
            "note": self.note,
            "n_documents": list(self.n_documents),
            "n_topics": list(self.n_topics),
            "agreement": scores and {name: _plain(value) for name, value in scores.items()},
            "matches": [
                {
                    "topic": match.topic,
                    "name": match.name,
                    "size": match.size,
                    "counterparts": [
                        {**vars(topic), "shared_keywords": list(topic.shared_keywords)}
                        for topic in match.counterparts
                    ],
                }
                for match in self.matches
            ],
            "vanished": list(self.vanished),
            "appeared": list(self.appeared),
            "n_moved": None if self.moved is None else len(self.moved),
            "flows": [vars(flow) for flow in self.flows],
            "growth": [
                {**vars(row), "topics_a": list(row.topics_a), "topics_b": list(row.topics_b)}
                for row in self.growth
            ],
            "new_topics": [vars(topic) for topic in self.new_topics],
        }

    def to_text(self, *, width: int | None = None) -> str:
        """Describe the comparison for a terminal.

        Parameters
        ----------
        width : int, optional
            Columns, at least 60. None takes the terminal's width, at most 140.

        Returns
        -------
        str

        Raises
        ------
        ParameterError
            If `width` is below 60.
        """
        width = text_width(width, MIN_WIDTH)
        parts = [self._head(), _table(self, width) if self.matches else "", self._changes()]
        return "\n\n".join(part for part in parts if part)

    def _head(self) -> str:
        (a, b), (n_a, n_b) = self.n_topics, self.n_documents
        lines = [f"A: {plural(a, 'topic')}, {plural(n_a, 'document')}"]
        lines += [f"B: {plural(b, 'topic')}, {plural(n_b, 'document')}", self.note]
        if self.agreement is not None:
            nmi, ami, ari = self.agreement.nmi, self.agreement.ami, self.agreement.ari
            lines.append(f"Agreement: NMI {nmi:.3f} · AMI {ami:.3f} · ARI {ari:.3f}")
        return "\n".join(lines)

    def _changes(self) -> str:
        lines = [
            f"Topics of A without a counterpart in B: {_ids(self.vanished)}",
            f"Topics of B without a counterpart in A: {_ids(self.appeared)}",
        ]
        lines += [f"  B {_labelled(t.topic, t.name)}: {t.size:,} ({t.share:.1%})" for t in self.new_topics]
        if changed := [row for row in self.growth if row.has_changed][:N_GROWTH]:
            lines.append("Largest changes of shares" + _interval_heading(changed))
            lines += [
                f"  A {_ids(row.topics_a)} → B {_labelled(_ids(row.topics_b), row.name)}: "
                f"{row.share_a:.1%} → {row.share_b:.1%}{_interval(row)}"
                for row in changed
            ]
        if self.moved is not None:
            share = len(self.moved) / self.n_documents[0] if self.n_documents[0] else 0.0
            lines.append(f"Documents in a different topic: {len(self.moved):,} ({share:.1%})")
            widest = max((len(f"{flow.n_documents:,}") for flow in self.flows), default=0)
            lines += [f"  {f.n_documents:>{widest},}  A {f.source} → B {f.target}" for f in self.flows]
        return "\n".join(lines)


def _interval_heading(rows: list[Growth]) -> str:
    return "" if rows[0].low is None else " (95% interval of the difference, in points)"


def _interval(row: Growth) -> str:
    if row.low is None or row.high is None:
        return ""
    return f" ({100 * row.low:+.1f} to {100 * row.high:+.1f})"


def _table(comparison: Comparison, width: int) -> str:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, width=width, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    shared = ["Shared"] if comparison.basis == "documents" else []
    for heading in ("A", "Size", "B", "Size", SCORE_NAMES[comparison.basis], *shared):
        table.add_column(heading, justify="right", no_wrap=True)
    named = any(match.name for match in comparison.matches)
    if named:
        # Lines break at spaces; a word longer than the column is truncated.
        table.add_column("Name in A", ratio=3, overflow="ellipsis")
        table.add_column("Name in B", ratio=3, overflow="ellipsis")
        table.add_column("Shared keywords", ratio=4, overflow="ellipsis")
    else:
        table.width = None
    for row in _rows(comparison, named):
        table.add_row(*map(Text, row))
    return render_plain(table, width)


def _rows(comparison: Comparison, named: bool) -> Iterable[list[str]]:
    for match in comparison.matches:
        for rank, topic in enumerate(match.counterparts):
            own = [str(match.topic), f"{match.size:,}"] if rank == 0 else ["", ""]
            cells = [*own, str(topic.topic), f"{topic.size:,}", f"{topic.score:.2f}"]
            if topic.shared is not None:
                cells.append(f"{topic.shared:,}")
            if named:
                name = match.name if rank == 0 else ""
                cells += [one_line(name), one_line(topic.name), one_line(", ".join(topic.shared_keywords))]
            yield cells
        if not match.counterparts:
            yield [str(match.topic), f"{match.size:,}"]


def _labelled(topic: int | str, name: str) -> str:
    return f"{topic} {one_line(name)}".rstrip()


def _ids(topics: tuple[int | str, ...]) -> str:
    return ", ".join(map(str, topics)) if topics else "none"


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
