"""Words of a query in a corpus: which terms they are, and how well each document has them (BM25).

Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond" (Foundations and
Trends in Information Retrieval 3). No index is kept: one pass over the counts finds the few words of a query.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import regex  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.spill import BLOCK
from topickit._core.vectors import IntArray
from topickit.corpus.tokenizer import AbsentTokenizer
from topickit.keywords.folding import fold
from topickit.keywords.n_grams import joined
from topickit.keywords.reading import read_with, word_function
from topickit.keywords.settings import MAX_N_GRAM
from topickit.keywords.sparse import row_blocks
from topickit.keywords.stopwords import stop_words

SATURATION = 1.2
LENGTH_WEIGHT = 0.75
"""The parameters k1 and b of BM25, with their usual values."""


@dataclass(frozen=True)
class QueryTerms:
    """The words and phrases of a query.

    Attributes
    ----------
    columns : tuple of int
        Those that are terms of the corpus, by their position.
    others : tuple of str
        Words that are not, such as names that one document has, and codes; without stop words.
    """

    columns: tuple[int, ...]
    others: tuple[str, ...]


def query_terms(query: str, terms: tuple[str, ...], tokenizer: Any, languages: Iterable[str]) -> QueryTerms:
    """Look the words and phrases of a query up among the terms of a corpus.

    Parameters
    ----------
    query : str
    terms : tuple of str
    tokenizer : object or None
        As in `topickit.keywords.settings.KeywordSettings`. A loaded model may lack its own; topickit's rules
        then split the query.
    languages : iterable of str
        ISO 639-1 codes of the corpus.

    Returns
    -------
    QueryTerms

    Examples
    --------
    >>> query_terms("the BOAT of X-1042", ("boat", "sea"), None, ["en"])
    QueryTerms(columns=(0,), others=('X-1042',))
    """
    tokenizer = None if isinstance(tokenizer, AbsentTokenizer) else tokenizer
    stream, word_of = read_with(tokenizer, [query]), word_function(tokenizer)
    words = [word_of(stream.surfaces[i]) for i in stream.ids.tolist()]
    column_of = _columns(terms)
    columns: dict[int, None] = {}
    for n in range(1, MAX_N_GRAM + 1):
        for start in range(len(words) - n + 1):
            run = words[start : start + n]
            column = column_of.get(fold(joined(run))) if all(run) else None
            if column is not None:
                columns[column] = None
    unwanted = {"the", "of", "and"}.union(*(stop_words(language) for language in languages))
    others = dict.fromkeys(word for word in words if word and fold(word) not in column_of)
    return QueryTerms(
        tuple(columns), tuple(word for word in others if len(word) > 1 and fold(word) not in unwanted)
    )


@lru_cache(maxsize=4)
def _columns(terms: tuple[str, ...]) -> Mapping[str, int]:
    """Number the terms by their folded spelling; the first of equals."""
    return {fold(term): n for n, term in reversed(list(enumerate(terms)))}


@dataclass(frozen=True, eq=False)
class WordScores:
    """How well documents have the words of a query.

    Attributes
    ----------
    scores : float32 ndarray of shape (u,)
        BM25; 0 for a document without any of the words.
    fewest : int
        Documents with the rarest word of the query that any document has; 0 if none has any.
    """

    scores: NDArray[np.float32]
    fewest: int


def bm25_of_documents(
    counts: csr_array, texts: Sequence[str], query: QueryTerms, rows: NDArray[np.bool_] | None = None
) -> WordScores:
    """Score documents by the words of a query.

    Parameters
    ----------
    counts : csr_array of shape (u, t), int
        Occurrences of each term in each document.
    texts : sequence of str, of length u
        Read only for the words of the query that are no terms.
    query : QueryTerms
    rows : bool ndarray of shape (u,), optional
        The documents to read for such words; None for all.

    Returns
    -------
    WordScores

    Examples
    --------
    >>> counts = csr_array(np.array([[1, 0], [1, 3], [0, 0], [0, 1]]))
    >>> texts = ["boat", "boat sea sea sea", "X-1042", "sea"]
    >>> found = bm25_of_documents(counts, texts, QueryTerms((0,), ("X-1042",)))
    >>> int(found.scores.argmax()), float(found.scores[3]), found.fewest
    (2, 0.0, 1)
    """
    n = counts.shape[0]
    scores = np.zeros(n, dtype=np.float32)
    if not n or not (query.columns or query.others):
        return WordScores(scores, 0)
    lengths = _lengths(counts)
    norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths / max(float(lengths.mean()), 1e-9))
    found = [*_occurrences(counts, query.columns), *(_having(texts, word, rows) for word in query.others)]
    found = [(documents, times) for documents, times in found if len(documents)]
    for documents, times in found:
        weight = np.log1p((n - len(documents) + 0.5) / (len(documents) + 0.5))
        gain = weight * times * (SATURATION + 1) / (times + norm[documents])
        scores[documents] += gain.astype(np.float32)
    return WordScores(scores, min((len(documents) for documents, _ in found), default=0))


def _lengths(counts: csr_array) -> NDArray[np.float64]:
    lengths = np.empty(counts.shape[0])
    for rows, block in row_blocks(counts):
        lengths[rows] = np.asarray(block.sum(axis=1)).ravel()
    return lengths


def _occurrences(counts: csr_array, columns: Sequence[int]) -> list[tuple[IntArray, IntArray]]:
    """Find the documents with each of some terms, and how often they have it, in one pass."""
    number = np.full(counts.shape[1], -1, dtype=np.int16)
    number[list(columns)] = np.arange(len(columns))
    found: list[tuple[IntArray, IntArray, IntArray]] = []
    for rows, block in row_blocks(counts) if columns else ():
        terms = number[block.indices]
        at = np.flatnonzero(terms >= 0)
        documents = np.searchsorted(block.indptr, at, side="right") - 1 + rows.start
        found.append((terms[at], documents.astype(np.int64), block.data[at].astype(np.int64)))
    if not found:
        return []
    terms, documents, times = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return [(documents[terms == i], times[terms == i]) for i in range(len(columns))]


def _having(
    texts: Sequence[str], word: str, rows: NDArray[np.bool_] | None = None
) -> tuple[IntArray, IntArray]:
    """Find the documents with a word that is not among the terms; upper and lower case are the same."""
    import polars as pl

    whole = regex.compile(rf"(?<!\w){regex.escape(word)}(?!\w)", regex.IGNORECASE)
    documents, times = [], []
    for start in range(0, len(texts), BLOCK):
        block = texts[start : start + BLOCK]
        # Exact beyond ASCII only where the case is the same, or all upper or lower.
        spellings = list({word, word.lower(), word.upper()})
        has = pl.Series(block, dtype=pl.String).str.contains_any(spellings, ascii_case_insensitive=True)
        likely = has.arg_true().to_numpy()
        if rows is not None:
            likely = likely[rows[start + likely]]
        for at in likely.tolist():
            if n := len(whole.findall(block[at])):
                documents.append(start + at)
                times.append(n)
    return np.array(documents, dtype=np.int64), np.array(times, dtype=np.int64)
