"""Compare two models or labelings: matching topics, new topics, and documents that moved."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from topickit._core.display import one_line, plural, render_plain, text_width
from topickit._core.vectors import FloatArray, IntArray, unit_rows
from topickit.errors import InputError, ParameterError
from topickit.fitted.fitted import Fitted
from topickit.keywords.folding import fold
from topickit.metrics.groups import UNKNOWN, Agreement, LabelCodes, Overlaps, agreement, overlaps

Basis = Literal["documents", "embeddings", "keywords"]
THRESHOLDS: Mapping[Basis, float] = MappingProxyType({"documents": 0.5, "embeddings": 0.8, "keywords": 0.2})
"""Minimum strength of the relation of two related topics."""
SCORE_NAMES = {"documents": "Jaccard", "embeddings": "Cosine", "keywords": "Jaccard"}
N_FLOWS = 10
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
    """

    topics_a: tuple[int | str, ...]
    topics_b: tuple[int | str, ...]
    name: str
    share_a: float
    share_b: float


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
        if changed := [row for row in self.growth if abs(row.share_b - row.share_a) >= 0.005][:N_GROWTH]:
            lines.append("Largest changes of shares")
            lines += [
                f"  A {_ids(row.topics_a)} → B {_labelled(_ids(row.topics_b), row.name)}: "
                f"{row.share_a:.1%} → {row.share_b:.1%}"
                for row in changed
            ]
        if self.moved is not None:
            share = len(self.moved) / self.n_documents[0] if self.n_documents[0] else 0.0
            lines.append(f"Documents in a different topic: {len(self.moved):,} ({share:.1%})")
            widest = max((len(f"{flow.n_documents:,}") for flow in self.flows), default=0)
            lines += [f"  {f.n_documents:>{widest},}  A {f.source} → B {f.target}" for f in self.flows]
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class _Side:
    """One of the two: labels as numbers, and the id, name and keywords of each topic."""

    codes: IntArray
    ids: list[Any]
    names: list[str]
    words: list[tuple[str, ...]]
    fitted: Fitted | None

    def sizes(self) -> IntArray:
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.ids))

    def shares(self) -> NDArray[np.float64]:
        return np.asarray(self.sizes() / max(1, len(self.codes)))


def compare(
    a: Any, b: Any, *, same_embeddings: bool | None = None, threshold: float | None = None
) -> Comparison:
    """Compare two fitted models, or two labelings of the same documents.

    Parameters
    ----------
    a, b : Fitted, fitted TopicModel, or iterable of int, str or None
        In labels, −1 stands for outliers and None for unknown. Labels must be of the same documents, in
        the same order.
    same_embeddings : bool, optional
        Whether the embeddings of both models are comparable: made by the same embedder, and fitted to the
        same corpus if the embedder is fitted. None decides by the models' provenance, and takes the
        embeddings of fitted embedders to differ. Only used if the corpora differ.
    threshold : float, optional
        Minimum strength of the relation of two related topics, above 0 and at most 1. None takes 0.5 of
        the smaller topic's documents, a cosine similarity of 0.8, or a Jaccard index of keywords of 0.2.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If two labelings, or labels and a model, differ in length.
    ParameterError
        If `threshold` is out of range.

    Examples
    --------
    >>> comparison = compare([0, 0, 0, 1, 1], [1, 1, 2, 0, 0])
    >>> [(match.topic, match.counterparts[0].topic) for match in comparison.matches]
    [(0, 1), (1, 0)]
    >>> comparison.moved.tolist()
    [2]
    """
    if threshold is not None and not 0 < threshold <= 1:
        raise ParameterError(f"threshold must be above 0 and at most 1, got {threshold}")
    left, right = _side(a, "a"), _side(b, "b")
    basis, note = _basis(left, right, same_embeddings)
    shared = None
    if basis == "documents":
        labeled = (left.codes != UNKNOWN) & (right.codes != UNKNOWN)
        shared = overlaps(left.codes[labeled], right.codes[labeled], len(left.ids), len(right.ids))
        smaller = np.minimum.outer(shared.sizes_a, shared.sizes_b)
        scores, strength = shared.jaccard, shared.shared / np.maximum(smaller, 1)
    else:
        scores = strength = _cosines(left, right) if basis == "embeddings" else _keyword_jaccard(left, right)
    related = strength >= (THRESHOLDS[basis] if threshold is None else threshold)
    moved = None if shared is None else _moved_rows(left, right, scores)
    return Comparison(
        basis=basis,
        note=note,
        n_documents=(len(left.codes), len(right.codes)),
        n_topics=(len(left.ids), len(right.ids)),
        agreement=agreement(_optional(left.codes), _optional(right.codes)) if shared is not None else None,
        matches=_matches(left, right, scores, related, shared),
        vanished=tuple(left.ids[i] for i in np.flatnonzero(~related.any(axis=1))),
        appeared=tuple(right.ids[i] for i in np.flatnonzero(~related.any(axis=0))),
        moved=moved,
        flows=() if moved is None else _flows(left, right, moved),
        growth=_growth(left, right, related),
        new_topics=tuple(
            NewTopic(right.ids[i], right.names[i], int(right.sizes()[i]), float(right.shares()[i]))
            for i in np.flatnonzero(~related.any(axis=0))
        ),
    )


def _growth(left: _Side, right: _Side, related: NDArray[np.bool_]) -> tuple[Growth, ...]:
    """Compare the shares of groups of related topics: the connected components of the relation."""
    n = len(left.ids)
    graph = np.zeros((n + len(right.ids),) * 2, dtype=bool)
    graph[:n, n:] = related
    n_groups, group = connected_components(csr_array(graph), directed=False)
    rows = []
    for number in range(n_groups):
        ours, theirs = np.flatnonzero(group[:n] == number), np.flatnonzero(group[n:] == number)
        if len(ours) and len(theirs):
            largest = int(theirs[np.argmax(right.sizes()[theirs])])
            rows.append(
                Growth(
                    tuple(left.ids[i] for i in ours),
                    tuple(right.ids[i] for i in theirs),
                    right.names[largest],
                    float(left.shares()[ours].sum()),
                    float(right.shares()[theirs].sum()),
                )
            )
    return tuple(sorted(rows, key=lambda row: -abs(row.share_b - row.share_a)))


def _side(value: Any, name: str) -> _Side:
    fitted = getattr(value, "fitted_", value)
    if isinstance(fitted, Fitted):
        topics = fitted.topics
        return _Side(
            fitted.labels,
            [topic.id for topic in topics],
            [topic.name for topic in topics],
            [topic.words for topic in topics],
            fitted,
        )
    labels = LabelCodes.of(value, what=f"the labels {name}")
    blank: list[tuple[str, ...]] = [()] * len(labels.names)
    return _Side(labels.codes, labels.names, [""] * len(labels.names), blank, None)


def _basis(left: _Side, right: _Side, same_embeddings: bool | None) -> tuple[Basis, str]:
    """Choose the basis of the comparison and explain it."""
    n_left, n_right = len(left.codes), len(right.codes)
    if left.fitted is None or right.fitted is None:
        if n_left != n_right:
            raise InputError(
                "labels can only be compared if they are of the same documents; "
                f"got {n_left} and {n_right} rows"
            )
        return "documents", "Compared by shared documents."
    if n_left == n_right and (same := _same_texts(left.fitted, right.fitted)) is not False:
        assumption = "" if same else f" (assuming that the {n_left:,} documents of both are the same)"
        return "documents", f"Compared by shared documents{assumption}."
    if _comparable(left.fitted, right.fitted, same_embeddings):
        return "embeddings", "The corpora differ: compared by the cosine similarity of mean embeddings."
    return "keywords", "The corpora and embeddings differ: compared by keywords."


def _same_texts(a: Fitted, b: Fitted) -> bool | None:
    """Tell whether two models are of the same texts in the same order; None if unknown."""
    if a.corpus is None or b.corpus is None:  # loaded without texts
        digests = a.provenance.digest, b.provenance.digest
        return None if None in digests else digests[0] == digests[1]
    first, second = a.corpus.documents, b.corpus.documents
    return first.texts == second.texts and np.array_equal(first.rows, second.rows)


def _comparable(a: Fitted, b: Fitted, same_embeddings: bool | None) -> bool:
    if a.means.shape[1] != b.means.shape[1]:
        return False
    if same_embeddings is not None:
        return same_embeddings
    # Only sentence-transformers models are known to embed a text independently of the corpus.
    first, second = a.provenance.embedder, b.provenance.embedder
    return first.kind == second.kind == "sentence" and str(first) == str(second)


def _cosines(left: _Side, right: _Side) -> NDArray[np.float64]:
    rows: list[FloatArray] = [unit_rows(side.fitted.means) for side in (left, right) if side.fitted]
    return np.asarray(rows[0].astype(np.float64) @ rows[1].T.astype(np.float64))


def _keys(side: _Side) -> list[set[str]]:
    """Fold the keywords of each topic; their usual form (iPhone, IPHONE) depends on the corpus."""
    return [{fold(word) for word in words} for words in side.words]


def _keyword_jaccard(left: _Side, right: _Side) -> NDArray[np.float64]:
    scores = np.zeros((len(left.ids), len(right.ids)))
    sets = _keys(right)
    for i, ours in enumerate(_keys(left)):
        scores[i] = [len(ours & theirs) / max(len(ours | theirs), 1) for theirs in sets]
    return scores


def _optional(codes: IntArray) -> list[int | None]:
    return [None if code == UNKNOWN else code for code in codes.tolist()]


def _matches(
    left: _Side,
    right: _Side,
    scores: NDArray[np.float64],
    related: NDArray[np.bool_],
    shared: Overlaps | None,
) -> tuple[Match, ...]:
    sizes_left, sizes_right = left.sizes(), right.sizes()
    matches = []
    keys = _keys(right)
    for i, topic in enumerate(left.ids):
        order = np.argsort(-scores[i], kind="stable").tolist()
        counterparts = tuple(
            Counterpart(
                topic=right.ids[j],
                name=right.names[j],
                size=int(sizes_right[j]),
                score=float(scores[i, j]),
                shared=None if shared is None else int(shared.shared[i, j]),
                shared_keywords=tuple(word for word in left.words[i] if fold(word) in keys[j]),
            )
            for j in order
            if related[i, j]
        )
        matches.append(Match(topic, left.names[i], int(sizes_left[i]), counterparts))
    return tuple(matches)


def _moved_rows(left: _Side, right: _Side, scores: NDArray[np.float64]) -> IntArray:
    labeled = np.flatnonzero((left.codes != UNKNOWN) & (right.codes != UNKNOWN))
    expected = np.full(len(left.ids) + 1, -1)  # the last entry is that of outliers
    for topic, row in enumerate(scores):
        expected[topic] = row.argmax() if row.any() else UNKNOWN
    return np.asarray(labeled[right.codes[labeled] != expected[left.codes[labeled]]])


def _flows(left: _Side, right: _Side, moved: IntArray) -> tuple[Flow, ...]:
    pairs = np.stack([left.codes[moved], right.codes[moved]], axis=1)
    distinct, counts = np.unique(pairs, axis=0, return_counts=True)
    largest = np.argsort(-counts, kind="stable")[:N_FLOWS]
    return tuple(
        Flow(
            source=left.ids[distinct[i, 0]] if distinct[i, 0] >= 0 else -1,
            target=right.ids[distinct[i, 1]] if distinct[i, 1] >= 0 else -1,
            n_documents=int(counts[i]),
        )
        for i in largest
    )


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
