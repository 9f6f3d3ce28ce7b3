"""Which part of a document speaks of which topic.

A document is divided where its sentences change, whatever the topics are: the parts are those whose sentences
lie closest to one direction each, where a further part must be worth one sentence. Dynamic programming finds
such a division (Utiyama and Isahara, "A statistical model for domain-independent text segmentation", ACL
2001); the measure is that of spherical k-means (Dhillon and Modha 2001). Each part is then embedded and
assigned as a document is, so that it has the topic that it has as a text of its own.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray
from topickit.corpus.sentences import sentences
from topickit.fitted.fitted import Fitted

if TYPE_CHECKING:
    import polars as pl

Embed: TypeAlias = Callable[[list[str]], FloatArray]
"""Gives the unit vectors of texts."""
COST_OF_PART = 1.0
"""What a further part must gain, in sentences of average length that point in the direction of their part."""
LONGEST_PART = 200
"""Sentences of a part, before neighbors of one topic are joined; bounds the time for a book."""


class Part(NamedTuple):
    """A part of a document.

    Attributes
    ----------
    document : int
    start, end : int
        ``text[start:end]`` of the document is the part.
    """

    document: int
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Spans:
    """The parts of documents, each about one topic, in order.

    Attributes
    ----------
    documents : int64 ndarray of shape (m,)
        Row of the document of each span.
    starts, ends : int64 ndarrays of shape (m,)
        ``text[start:end]`` of the document is the span.
    topics : int64 ndarray of shape (m,)
        Topic of each span; −1 for none.
    similarity : float32 ndarray of shape (m,)
        Cosine similarity of each span to its topic; of a span without topic, to the most similar one.
    names : tuple of str or None, of length m
        Name of the topic.
    texts : tuple of str, of length m

    Examples
    --------
    >>> zero, one = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.float32)
    >>> Spans(zero, zero, zero + 7, zero, one, ("boats",), ("A boat.",)).to_polars().row(0)
    (0, 0, 7, 'A boat.', 0, 'boats', 1.0)
    """

    documents: IntArray
    starts: IntArray
    ends: IntArray
    topics: IntArray
    similarity: FloatArray
    names: tuple[str | None, ...] = field(repr=False)
    texts: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.topics)

    def to_polars(self) -> "pl.DataFrame":
        """Return a table with the columns document, start, end, text, topic, name and similarity.

        Returns
        -------
        polars.DataFrame
            ``name`` is null for a span without topic.
        """
        import polars as pl

        return pl.DataFrame(
            {
                "document": pl.Series(self.documents, dtype=pl.Int64),
                "start": pl.Series(self.starts, dtype=pl.Int64),
                "end": pl.Series(self.ends, dtype=pl.Int64),
                "text": pl.Series(self.texts, dtype=pl.String),
                "topic": pl.Series(self.topics, dtype=pl.Int64),
                "name": pl.Series(self.names, dtype=pl.String),
                "similarity": pl.Series(self.similarity, dtype=pl.Float32),
            }
        )

    def to_pandas(self) -> Any:
        """Return the table of `to_polars` as a pandas DataFrame; pandas must be installed."""
        from topickit._core.frames import to_pandas

        return to_pandas(self.to_polars())


def find_spans(fitted: Fitted, texts: Sequence[str], embed: Embed) -> Spans:
    """Find the spans of documents; see `TopicModel.spans`.

    Parameters
    ----------
    fitted : Fitted
        Its documents are not needed.
    texts : sequence of str
    embed : function of list of str to float32 ndarray

    Returns
    -------
    Spans
    """
    parts, (rows, similarity) = _assigned(fitted, texts, embed)
    columns = np.array(parts, dtype=np.int64).reshape(len(parts), 3)
    items = fitted.topics.items
    return Spans(
        columns[:, 0],
        columns[:, 1],
        columns[:, 2],
        fitted.ids_of(rows),
        similarity,
        tuple(None if row < 0 else items[row].name for row in rows.tolist()),
        tuple(texts[document][start:end] for document, start, end in parts),
    )


def mixture(fitted: Fitted, texts: Sequence[str], embed: Embed) -> FloatArray:
    """Compute the share of each topic in each document; see `TopicModel.mixture`.

    Parameters
    ----------
    fitted : Fitted
        Its documents are not needed.
    texts : sequence of str
    embed : function of list of str to float32 ndarray

    Returns
    -------
    float32 ndarray of shape (n, n_topics)
    """
    parts, (rows, _) = _assigned(fitted, texts, embed)
    n, k = len(texts), fitted.assigner.n_topics
    totals = np.zeros((n, k))
    for (document, start, end), row in zip(parts, rows.tolist(), strict=True):
        if row >= 0:
            totals[document, row] += end - start
    sums = totals.sum(axis=1, keepdims=True)
    shares = np.divide(totals, sums, out=np.full((n, k), 1 / max(k, 1)), where=sums > 0)
    return np.asarray(shares, dtype=np.float32)


class _Assigned(NamedTuple):
    """Topic, as a row, and similarity of each part."""

    rows: IntArray
    similarity: FloatArray


def _assigned(fitted: Fitted, texts: Sequence[str], embed: Embed) -> tuple[list[Part], _Assigned]:
    """Divide texts into parts and assign them; neighbors of one topic are joined and assigned anew."""
    parts = _divided(texts, embed)
    while True:
        vectors = embed([texts[document][start:end] for document, start, end in parts])
        assignment = fitted.assigner.assign(vectors, probabilities=False)
        joined = _joined(parts, assignment.labels)
        if len(joined) == len(parts):
            return parts, _Assigned(assignment.labels, assignment.similarity)
        parts = joined


def _joined(parts: list[Part], rows: IntArray) -> list[Part]:
    """Join neighboring parts of one topic."""
    joined: list[Part] = []
    for i, part in enumerate(parts):
        if joined and joined[-1].document == part.document and rows[i] == rows[i - 1]:
            joined[-1] = joined[-1]._replace(end=part.end)
        else:
            joined.append(part)
    return joined


def _divided(texts: Sequence[str], embed: Embed) -> list[Part]:
    """Divide each text where its sentences change."""
    places = [sentences(text) for text in texts]
    several = [document for document, found in enumerate(places) if len(found) > 1]
    vectors = embed([texts[document][start:end] for document in several for start, end in places[document]])
    parts: list[Part] = []
    at = 0
    for document, found in enumerate(places):
        bounds = [0, len(found)] if found else [0]
        if len(found) > 1:
            lengths = np.array([end - start for start, end in found], dtype=np.float64)
            bounds = borders(vectors[at : at + len(found)], lengths)
            at += len(found)
        for first, last in itertools.pairwise(bounds):
            parts.append(Part(document, found[first].start, found[last - 1].end))
    return parts


def borders(
    vectors: FloatArray,
    lengths: NDArray[np.float64],
    *,
    cost: float = COST_OF_PART,
    longest: int = LONGEST_PART,
) -> list[int]:
    """Divide a sequence of unit vectors into parts of one direction each.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
    lengths : float64 ndarray of shape (n,)
        How much each of them weighs.
    cost : float
        What a part costs, in vectors of average weight.
    longest : int
        A part has at most so many vectors.

    Returns
    -------
    list of int
        0, the first row of each further part, and n.

    Examples
    --------
    >>> borders(np.repeat(np.eye(2, dtype=np.float32), 3, axis=0), np.ones(6))
    [0, 3, 6]
    """
    n = len(vectors)
    weights = lengths / lengths.mean()
    sums = np.zeros((n + 1, vectors.shape[1]))
    np.cumsum(vectors * weights[:, np.newaxis], axis=0, out=sums[1:])
    best, before = np.zeros(n + 1), np.zeros(n + 1, dtype=np.int64)
    for end in range(1, n + 1):
        first = max(0, end - longest)
        values = best[first:end] + np.linalg.norm(sums[end] - sums[first:end], axis=1) - cost
        before[end] = first + int(values.argmax())
        best[end] = values.max()
    found = [n]
    while found[-1] > 0:
        found.append(int(before[found[-1]]))
    return found[::-1]
