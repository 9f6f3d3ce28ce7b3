"""Finding topics and documents by a query: by vectors and by words, fused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, IntArray, map_blocks
from topickit.corpus.documents import is_blank
from topickit.errors import InputError, InputTypeError, ParameterError, ParameterTypeError, is_whole
from topickit.fitted.fitted import Fitted
from topickit.keywords.ctfidf import weigh
from topickit.keywords.lookup import bm25_of_documents, query_terms

if TYPE_CHECKING:
    import polars as pl

FEW = 5
"""A word of a query that is in at most so many documents is a name or code: topics do not count then."""
WEIGHT_OF_WORDS = 0.5
"""Of BM25, where the similarity to the query counts 1: on none of five labelled collections worse than 1."""
_BLOCK = 65_536


@dataclass(frozen=True, eq=False)
class FoundTopics:
    """Topics that answer a query, the best first.

    Attributes
    ----------
    ids : int64 ndarray of shape (m,)
        Ids of the topics.
    scores : float32 ndarray of shape (m,)
        What they are ordered by, 0 to 1: see `find_topics`.
    similarity : float32 ndarray of shape (m,)
        Cosine similarity of the query to the nearest prototype of each topic.
    names : tuple of str, of length m
    keywords : tuple of tuple of str, of length m

    Examples
    --------
    >>> one = np.ones(1, dtype=np.float32)
    >>> FoundTopics(np.array([3]), one, one, ("boats",), (("boat", "sea"),)).to_polars().row(0)
    (3, 'boats', 1.0, 1.0, ['boat', 'sea'])
    """

    ids: IntArray
    scores: FloatArray
    similarity: FloatArray
    names: tuple[str, ...]
    keywords: tuple[tuple[str, ...], ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def to_polars(self) -> "pl.DataFrame":
        """Return a table with the columns topic, name, score, similarity and keywords (list of str).

        Returns
        -------
        polars.DataFrame
        """
        import polars as pl

        return pl.DataFrame(
            {
                "topic": pl.Series(self.ids, dtype=pl.Int64),
                "name": pl.Series(self.names, dtype=pl.String),
                "score": pl.Series(self.scores, dtype=pl.Float32),
                "similarity": pl.Series(self.similarity, dtype=pl.Float32),
                "keywords": pl.Series([list(words) for words in self.keywords], dtype=pl.List(pl.String)),
            }
        )

    def to_pandas(self) -> Any:
        """Return the table of `to_polars` as a pandas DataFrame; pandas must be installed."""
        from topickit._core.frames import to_pandas

        return to_pandas(self.to_polars())


@dataclass(frozen=True, eq=False)
class FoundDocuments:
    """Documents that answer a query, the best first. Equal texts are one document.

    Attributes
    ----------
    rows : int64 ndarray of shape (m,)
        First row of the corpus with each text.
    scores : float32 ndarray of shape (m,)
        What they are ordered by, 0 to 1: see `find_documents`.
    similarity : float32 ndarray of shape (m,)
        Cosine similarity of the query to each document.
    topics : int64 ndarray of shape (m,)
        Topic of each document; −1 for none.
    names : tuple of str or None, of length m
        Name of the topic.
    texts : tuple of str, of length m

    Examples
    --------
    >>> one = np.ones(1, dtype=np.float32)
    >>> FoundDocuments(np.array([7]), one, one, np.array([3]), ("boats",), ("A boat",)).to_polars().row(0)
    (7, 'A boat', 3, 'boats', 1.0, 1.0)
    """

    rows: IntArray
    scores: FloatArray
    similarity: FloatArray
    topics: IntArray
    names: tuple[str | None, ...] = field(repr=False)
    texts: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    def to_polars(self) -> "pl.DataFrame":
        """Return a table with the columns row, document, topic, name, score and similarity.

        Returns
        -------
        polars.DataFrame
            ``name`` is null for a document in no topic.
        """
        import polars as pl

        return pl.DataFrame(
            {
                "row": pl.Series(self.rows, dtype=pl.Int64),
                "document": pl.Series(self.texts, dtype=pl.String),
                "topic": pl.Series(self.topics, dtype=pl.Int64),
                "name": pl.Series(self.names, dtype=pl.String),
                "score": pl.Series(self.scores, dtype=pl.Float32),
                "similarity": pl.Series(self.similarity, dtype=pl.Float32),
            }
        )

    def to_pandas(self) -> Any:
        """Return the table of `to_polars` as a pandas DataFrame; pandas must be installed."""
        from topickit._core.frames import to_pandas

        return to_pandas(self.to_polars())


def check_query(query: object, n: object) -> None:
    """Raise unless a query is a text and a number of answers is positive.

    Parameters
    ----------
    query, n : anything

    Raises
    ------
    InputTypeError, InputError
        For the query.
    ParameterTypeError, ParameterError
        For the number.

    Examples
    --------
    >>> check_query(" ", 5)
    Traceback (most recent call last):
    topickit.errors.InputError: the query is blank; give at least one word
    """
    if not isinstance(query, str):
        raise InputTypeError(f"the query must be a str, got {query!r}; search for one text at a time")
    if is_blank(query):
        raise InputError("the query is blank; give at least one word")
    if not is_whole(n):
        raise ParameterTypeError(f"n must be an integer, got {n!r}")
    if n < 1:  # type: ignore[operator]
        raise ParameterError(f"n must be at least 1, got {n}")


def find_topics(fitted: Fitted, query: str, vector: FloatArray, n: int) -> FoundTopics:
    """Find the topics that a query is about; see `TopicModel.find_topics`.

    Parameters
    ----------
    fitted : Fitted
        Its documents are not needed.
    query : str
    vector : float32 ndarray of shape (d,), of unit length or zero
    n : int
        At most so many topics.

    Returns
    -------
    FoundTopics
        Topics that share neither direction nor words with the query are left out.
    """
    cosines, words = _scores_of_topics(fitted, query, vector)
    scores = fuse(cosines, words)
    best = _largest(scores, n, (cosines > 0) | (words > 0))
    topics = [fitted.topics.items[row] for row in best.tolist()]
    return FoundTopics(
        np.array([topic.id for topic in topics], dtype=np.int64),
        scores[best],
        cosines[best],
        tuple(topic.name for topic in topics),
        tuple(topic.words for topic in topics),
    )


def find_documents(
    fitted: Fitted, query: str, vector: FloatArray, *, topic: int | None = None, n: int
) -> FoundDocuments:
    """Find the documents that answer a query; see `TopicModel.find_documents`.

    Parameters
    ----------
    fitted : Fitted
        With its corpus.
    query : str
    vector : float32 ndarray of shape (d,), of unit length or zero
    topic : int, optional
        Id of a topic, whose documents only are searched; −1 for those in no topic.
    n : int
        At most so many documents.

    Returns
    -------
    FoundDocuments
        Documents that share neither direction nor words with the query are left out.
    """
    corpus = fitted.need_corpus("find_documents")
    documents, terms = corpus.documents, corpus.terms
    labels = fitted.labels[documents.first_rows]
    allowed = None if topic is None else fitted.ids_of(labels) == topic
    asked = query_terms(query, terms.terms, fitted.keyword_settings.tokenizer, terms.languages)
    found = bm25_of_documents(corpus.words, asked, allowed)
    cosines, words = _cosines(corpus.vectors, vector), found.scores
    names_or_codes = 0 < found.fewest <= FEW
    parts, weights = [cosines, words], [1.0, 1.0 if names_or_codes else WEIGHT_OF_WORDS]
    if topic is None and not names_or_codes:
        of_topics = fuse(*_scores_of_topics(fitted, query, vector))
        parts.append(np.append(of_topics, np.float32(0))[labels])
        weights.append(1.0)
    scores = fuse(*parts, weights=weights)
    relevant = (cosines > 0) | (words > 0)
    best = _largest(scores, n, relevant if allowed is None else relevant & allowed)
    name_of = {item.id: item.name for item in fitted.topics}
    topics = fitted.ids_of(labels[best])
    return FoundDocuments(
        documents.first_rows[best],
        scores[best],
        cosines[best],
        topics,
        tuple(map(name_of.get, topics.tolist())),
        tuple(documents.texts[row] for row in best.tolist()),
    )


def _cosines(vectors: FloatArray, vector: FloatArray) -> FloatArray:
    cosines = np.empty(len(vectors), dtype=np.float32)

    def multiply(start: int, stop: int) -> None:
        np.dot(vectors[start:stop], vector, out=cosines[start:stop])

    map_blocks(multiply, len(vectors), _BLOCK)
    return cosines


def _scores_of_topics(fitted: Fitted, query: str, vector: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the cosine of the query to each topic, and the weight of its words in each topic."""
    counts, settings = fitted.counts, fitted.keyword_settings
    terms = query_terms(query, counts.terms, settings.tokenizer, counts.languages)
    weights = csr_array(weigh(counts, settings)[:, list(terms.columns)])
    words = np.asarray(weights.sum(axis=1), dtype=np.float32).ravel()
    return fitted.assigner.scores(vector[np.newaxis])[0], words


def fuse(*parts: FloatArray, weights: Sequence[float] | None = None) -> FloatArray:
    """Average scores of several kinds, each divided by its best: a convex combination.

    Source: Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval" (ACM TOIS 42,
    arXiv:2210.11934), where it is ahead of reciprocal rank fusion.

    Parameters
    ----------
    *parts : float32 ndarrays of shape (n,)
    weights : sequence of float, optional
        One a part; None (default) weighs all alike.

    Returns
    -------
    float32 ndarray of shape (n,)
        At most 1. A kind whose scores are all 0 or less is left out.

    Examples
    --------
    >>> fuse(np.array([0.5, 0.25]), np.array([0.0, 3.0])).tolist()
    [0.5, 0.75]
    >>> fuse(np.array([0.5, 0.25]), np.array([0.0, 0.0])).tolist()
    [1.0, 0.5]
    """
    total, sum_of_weights = np.zeros(len(parts[0]), dtype=np.float32), 0.0
    for part, weight in zip(parts, weights or [1.0] * len(parts), strict=True):
        if (best := part.max(initial=0)) > 0:
            total += part * np.float32(weight / best)
            sum_of_weights += weight
    return total / np.float32(sum_of_weights or 1)


def _largest(scores: FloatArray, n: int, allowed: NDArray[np.bool_]) -> IntArray:
    """Return the positions of the n largest of the allowed scores; of equals, the first ones."""
    rows = np.flatnonzero(allowed)
    if len(rows) > n:
        least = np.partition(scores[rows], len(rows) - n)[len(rows) - n]
        rows = rows[scores[rows] >= least]
    return rows[np.lexsort((rows, -scores[rows]))[:n]]
