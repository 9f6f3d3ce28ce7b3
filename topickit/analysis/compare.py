"""Compare two models, or two labellings: which topics are the same, which are new, what has moved."""

import io
import math
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray, unit_rows
from topickit.errors import InputError, ParameterError
from topickit.fitted.fitted import Fitted
from topickit.keywords.tokens import key_of
from topickit.metrics.groups import UNKNOWN, Agreement, LabelCodes, Overlaps, agreement, overlaps

Basis = Literal["documents", "vectors", "keywords"]
THRESHOLDS: Mapping[Basis, float] = MappingProxyType({"documents": 0.5, "vectors": 0.8, "keywords": 0.2})
"""From which strength on two topics count as related."""
SCORE_NAMES = {"documents": "Jaccard", "vectors": "Cosine", "keywords": "Jaccard"}
N_FLOWS = 10
NARROWEST, WIDEST = 60, 140


@dataclass(frozen=True)
class Counterpart:
    """A topic of B that is like a topic of A.

    Attributes
    ----------
    topic : int or str
    name : str
        Empty where only labels were given.
    size : int
    score : float
        The Jaccard index of their documents, the cosine of their means, or the Jaccard index of their
        keywords, as the comparison's `basis` says.
    shared : int or None
        Documents in both; None where the corpora differ.
    shared_keywords : tuple of str
        In the order of A's topic.
    """

    topic: int | str
    name: str
    size: int
    score: float
    shared: int | None
    shared_keywords: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """A topic of A, and what it is in B.

    Attributes
    ----------
    topic : int or str
    name : str
    size : int
    counterparts : tuple of Counterpart
        Best first: the best one, and all others that are related (a topic that was split has several); none
        where nothing is shared.
    """

    topic: int | str
    name: str
    size: int
    counterparts: tuple[Counterpart, ...]


@dataclass(frozen=True)
class Flow:
    """Documents that went from a topic of A to one that is not its best in B; −1 for no topic."""

    source: int | str
    target: int | str
    n_documents: int


@dataclass(frozen=True, eq=False)
class Comparison:
    """What is the same in two models and what is not.

    Attributes
    ----------
    basis : {"documents", "vectors", "keywords"}
        What topics were compared by: the documents they share, where both are of the same corpus; else the
        cosine of their mean vectors, where both have vectors of one kind; else their keywords.
    note : str
        Why this basis.
    n_documents : (int, int)
    n_topics : (int, int)
    agreement : Agreement or None
        Of the labels, those of B in the place of gold; None where the corpora differ.
    matches : tuple of Match
        One a topic of A.
    vanished, appeared : tuples of int or str
        Topics of A, and of B, that are related to none of the other. Related by documents: half of the
        smaller topic is in the other one. By vectors: a cosine of .8. By keywords: a Jaccard index of .2.
    moved : int64 ndarray or None
        Rows whose topic in B is not the best counterpart of their topic in A; None where the corpora differ.
    flows : tuple of Flow
        The largest groups of them.
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

    def to_dict(self) -> dict[str, Any]:
        """Give all as plain data for JSON; of the moved documents their number and flows."""
        found = None if self.agreement is None else self.agreement.to_dict()
        return {
            "basis": self.basis,
            "note": self.note,
            "n_documents": list(self.n_documents),
            "n_topics": list(self.n_topics),
            "agreement": found and {name: _plain(value) for name, value in found.items()},
            "matches": [
                {
                    "topic": match.topic,
                    "name": match.name,
                    "size": match.size,
                    "counterparts": [
                        {**vars(other), "shared_keywords": list(other.shared_keywords)}
                        for other in match.counterparts
                    ],
                }
                for match in self.matches
            ],
            "vanished": list(self.vanished),
            "appeared": list(self.appeared),
            "n_moved": None if self.moved is None else len(self.moved),
            "flows": [vars(flow) for flow in self.flows],
        }

    def to_text(self, *, width: int | None = None) -> str:
        """Describe the comparison for a terminal.

        Parameters
        ----------
        width : int, optional
            Columns, at least 60; by default those of the terminal, at most 140.
        """
        if width is None:
            width = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
        if width < NARROWEST:
            raise ParameterError(f"width must be at least {NARROWEST} columns, got {width}")
        parts = [self._head(), _table(self, width) if self.matches else "", self._changes()]
        return "\n\n".join(part for part in parts if part)

    def _head(self) -> str:
        (a, b), (n_a, n_b) = self.n_topics, self.n_documents
        lines = [f"A: {_count(a, 'topic')}, {_count(n_a, 'document')}"]
        lines += [f"B: {_count(b, 'topic')}, {_count(n_b, 'document')}", self.note]
        if self.agreement is not None:
            found = self.agreement
            lines.append(f"Agreement: NMI {found.nmi:.3f} · AMI {found.ami:.3f} · ARI {found.ari:.3f}")
        return "\n".join(lines)

    def _changes(self) -> str:
        lines = [
            f"Topics of A without a counterpart in B: {_listed(self.vanished)}",
            f"Topics of B without a counterpart in A: {_listed(self.appeared)}",
        ]
        if self.moved is not None:
            share = len(self.moved) / self.n_documents[0] if self.n_documents[0] else 0.0
            lines.append(f"Documents that moved: {len(self.moved):,} ({share:.1%})")
            widest = max((len(f"{flow.n_documents:,}") for flow in self.flows), default=0)
            lines += [f"  {f.n_documents:>{widest},}  A {f.source} → B {f.target}" for f in self.flows]
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class _Side:
    """One of the two: labels as numbers, and what is known of each topic."""

    codes: IntArray
    ids: list[Any]
    names: list[str]
    words: list[tuple[str, ...]]
    fitted: Fitted | None

    def sizes(self) -> IntArray:
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.ids))


def compare(
    a: Any, b: Any, *, same_vectors: bool | None = None, threshold: float | None = None
) -> Comparison:
    """Compare two fitted models, or two labellings of one corpus.

    Parameters
    ----------
    a, b : Fitted, fitted TopicModel, or iterable of int, str or None
        Labels: −1 for no topic, None for not known. Rows of the two must be the same documents where
        they are equal in number.
    same_vectors : bool, optional
        Whether both models' vectors come from the same embedder, fitted to the same corpus if it learns. None
        goes by what the models note, and does not trust an embedder that learns. Used only where the corpora
        differ.
    threshold : float, optional
        From which strength on two topics count as related, above 0 up to 1; None takes `THRESHOLDS`.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        When two labellings, or labels and a model, differ in length.
    ParameterError
        When `threshold` is outside what it may be.

    Examples
    --------
    >>> found = compare([0, 0, 0, 1, 1], [1, 1, 2, 0, 0])
    >>> [(match.topic, match.counterparts[0].topic) for match in found.matches], found.moved.tolist()
    ([(0, 1), (1, 0)], [2])
    """
    if threshold is not None and not 0 < threshold <= 1:
        raise ParameterError(f"threshold must be above 0 and at most 1, got {threshold}")
    left, right = _side(a, "a"), _side(b, "b")
    basis, note = _basis(left, right, same_vectors)
    shared = None
    if basis == "documents":
        known = (left.codes != UNKNOWN) & (right.codes != UNKNOWN)
        shared = overlaps(left.codes[known], right.codes[known], len(left.ids), len(right.ids))
        smaller = np.minimum.outer(shared.sizes_a, shared.sizes_b)
        scores, strength = shared.jaccard, shared.shared / np.maximum(smaller, 1)
    else:
        scores = strength = _cosines(left, right) if basis == "vectors" else _keyword_jaccard(left, right)
    related = strength >= (THRESHOLDS[basis] if threshold is None else threshold)
    moved = None if shared is None else _moved(left, right, scores)
    return Comparison(
        basis=basis,
        note=note,
        n_documents=(len(left.codes), len(right.codes)),
        n_topics=(len(left.ids), len(right.ids)),
        agreement=agreement(_known(left.codes), _known(right.codes)) if shared is not None else None,
        matches=_matches(left, right, scores, related, shared),
        vanished=tuple(left.ids[i] for i in np.flatnonzero(~related.any(axis=1))),
        appeared=tuple(right.ids[i] for i in np.flatnonzero(~related.any(axis=0))),
        moved=moved,
        flows=() if moved is None else _flows(left, right, moved),
    )


def _side(given: Any, what: str) -> _Side:
    fitted = getattr(given, "fitted_", given)
    if isinstance(fitted, Fitted):
        topics = fitted.topics
        return _Side(
            fitted.labels,
            [topic.id for topic in topics],
            [topic.name for topic in topics],
            [topic.words for topic in topics],
            fitted,
        )
    labels = LabelCodes.of(given, what=f"the labels {what}")
    blank: list[tuple[str, ...]] = [()] * len(labels.names)
    return _Side(labels.codes, labels.names, [""] * len(labels.names), blank, None)


def _basis(left: _Side, right: _Side, same_vectors: bool | None) -> tuple[Basis, str]:
    """Choose what topics are compared by, and say why."""
    n_left, n_right = len(left.codes), len(right.codes)
    if left.fitted is None or right.fitted is None:
        if n_left != n_right:
            raise InputError(
                "labels can be compared only where they are of the same documents: "
                f"{n_left} and {n_right} rows"
            )
        return "documents", "Compared by the documents that topics share."
    if n_left == n_right and (same := _same_texts(left.fitted, right.fitted)) is not False:
        unproven = "" if same else f" (both have {n_left:,}; not both hold the texts that would prove it)"
        return "documents", f"Compared by the documents that topics share{unproven}."
    if _comparable(left.fitted, right.fitted, same_vectors):
        return "vectors", "The corpora differ: compared by the cosine of the topics' mean vectors."
    return "keywords", "The corpora and the vectors differ: compared by the topics' keywords."


def _same_texts(a: Fitted, b: Fitted) -> bool | None:
    """Say whether two models are of the same rows of texts; None where that cannot be told."""
    if a.documents is None or b.documents is None:  # loaded without texts
        digests = a.notes.get("digest"), b.notes.get("digest")
        return None if None in digests else digests[0] == digests[1]
    return a.documents.texts == b.documents.texts and np.array_equal(a.documents.rows, b.documents.rows)


def _comparable(a: Fitted, b: Fitted, same_vectors: bool | None) -> bool:
    if a.means.shape[1] != b.means.shape[1]:
        return False
    if same_vectors is not None:
        return same_vectors
    # Only a sentence-transformers model is known to give equal vectors to equal texts of any corpus.
    noted = str(a.notes.get("embedder", ""))
    return noted == str(b.notes.get("embedder", "")) and noted.startswith("SentenceEmbedder(")


def _cosines(left: _Side, right: _Side) -> NDArray[np.float64]:
    rows: list[FloatArray] = [unit_rows(side.fitted.means) for side in (left, right) if side.fitted]
    return np.asarray(rows[0].astype(np.float64) @ rows[1].T.astype(np.float64))


def _keys(side: _Side) -> list[set[str]]:
    """The words of each topic, folded: which form is the usual one (iPhone, IPHONE) depends on the corpus."""
    return [{key_of(word) for word in words} for words in side.words]


def _keyword_jaccard(left: _Side, right: _Side) -> NDArray[np.float64]:
    scores = np.zeros((len(left.ids), len(right.ids)))
    sets = _keys(right)
    for i, ours in enumerate(_keys(left)):
        scores[i] = [len(ours & theirs) / max(len(ours | theirs), 1) for theirs in sets]
    return scores


def _known(codes: IntArray) -> list[int | None]:
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
        others = tuple(
            Counterpart(
                topic=right.ids[j],
                name=right.names[j],
                size=int(sizes_right[j]),
                score=float(scores[i, j]),
                shared=None if shared is None else int(shared.shared[i, j]),
                shared_keywords=tuple(word for word in left.words[i] if key_of(word) in keys[j]),
            )
            for rank, j in enumerate(order)
            if related[i, j] or (rank == 0 and scores[i, j] > 0)
        )
        matches.append(Match(topic, left.names[i], int(sizes_left[i]), others))
    return tuple(matches)


def _moved(left: _Side, right: _Side, scores: NDArray[np.float64]) -> IntArray:
    known = np.flatnonzero((left.codes != UNKNOWN) & (right.codes != UNKNOWN))
    expected = np.full(len(left.ids) + 1, -1)  # its last entry is that of documents in no topic
    for topic, row in enumerate(scores):
        expected[topic] = row.argmax() if row.any() else UNKNOWN
    return np.asarray(known[right.codes[known] != expected[left.codes[known]]])


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


def _table(found: Comparison, width: int) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, width=width, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    score = SCORE_NAMES[found.basis]
    for heading in ("A", "Size", "B", "Size", score, *(["Shared"] if found.basis == "documents" else [])):
        table.add_column(heading, justify="right", no_wrap=True)
    named = any(match.name for match in found.matches)
    if named:
        # Lines end at spaces; a word that is longer than the column is cut.
        table.add_column("Name in A", ratio=3, overflow="ellipsis")
        table.add_column("Name in B", ratio=3, overflow="ellipsis")
        table.add_column("Shared keywords", ratio=4, overflow="ellipsis")
    else:
        table.width = None
    for row in _rows(found, named):
        table.add_row(*map(Text, row))
    # All that rich would read from its surroundings is given: the text is the same anywhere.
    console = Console(
        file=io.StringIO(),
        width=width,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        _environ={},
    )
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _rows(found: Comparison, named: bool) -> Iterable[list[str]]:
    for match in found.matches:
        for rank, other in enumerate(match.counterparts):
            own = [str(match.topic), f"{match.size:,}"] if rank == 0 else ["", ""]
            cells = [*own, str(other.topic), f"{other.size:,}", f"{other.score:.2f}"]
            if other.shared is not None:
                cells.append(f"{other.shared:,}")
            if named:
                name = match.name if rank == 0 else ""
                cells += [_one_line(name), _one_line(other.name), _one_line(", ".join(other.shared_keywords))]
            yield cells
        if not match.counterparts:
            yield [str(match.topic), f"{match.size:,}"]


def _one_line(text: str) -> str:
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _listed(topics: tuple[int | str, ...]) -> str:
    return ", ".join(map(str, topics)) if topics else "none"


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
