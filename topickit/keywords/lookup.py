"""Words of a query in a corpus: which terms they are, and how well each document has them (BM25).

Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond" (Foundations and
Trends in Information Retrieval 3).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import regex  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.sparse import csc_array, csr_array

from topickit._core.spill import StoredTexts
from topickit._core.vectors import IntArray
from topickit.corpus.tokenizer import AbsentTokenizer
from topickit.keywords.folding import fold
from topickit.keywords.n_grams import joined
from topickit.keywords.reading import read_with, word_function
from topickit.keywords.settings import MAX_N_GRAM
from topickit.keywords.sparse import row_blocks
from topickit.keywords.stopwords import stop_words

if TYPE_CHECKING:
    import polars as pl

SATURATION = 1.2
LENGTH_WEIGHT = 0.75
"""The parameters k1 and b of BM25, with their usual values."""
MOST_CHARACTERS = 2**28
"""Texts of at most so many characters in all are kept in lower case, to be searched."""
_BLOCK = 65_536


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
class WordIndex:
    """The words of documents, by word. Each part is computed on first use.

    Attributes
    ----------
    counts : csr_array of shape (u, t), int
        Occurrences of each term in each document.
    texts : sequence of str, of length u
        Read only for the words of a query that are no terms.

    Examples
    --------
    >>> WordIndex(csr_array(np.array([[1, 0], [1, 3]])), ["boat", "boat sea sea sea"]).lengths.tolist()
    [1.0, 4.0]
    """

    counts: csr_array = field(repr=False)
    texts: Sequence[str] = field(repr=False)

    @cached_property
    def lengths(self) -> NDArray[np.float64]:
        """Terms of each document, counted as often as they occur."""
        lengths = np.empty(self.counts.shape[0])
        for rows, block in row_blocks(self.counts):
            lengths[rows] = np.asarray(block.sum(axis=1)).ravel()
        return lengths

    @cached_property
    def postings(self) -> csc_array:
        """The counts by term."""
        return self.counts.tocsc()

    @cached_property
    def _lowered(self) -> "list[pl.Series] | None":
        """The texts in lower case, in blocks; None if they are too large to be kept twice."""
        if isinstance(self.texts, StoredTexts) or sum(map(len, self.texts)) > MOST_CHARACTERS:
            return None
        return list(_lower_blocks(self.texts))

    def occurrences(self, column: int) -> tuple[IntArray, IntArray]:
        """Find the documents with a term, and how often they have it."""
        start, stop = self.postings.indptr[column : column + 2]
        documents, times = self.postings.indices[start:stop], self.postings.data[start:stop]
        return documents.astype(np.int64), times.astype(np.int64)

    def having(self, word: str, rows: NDArray[np.bool_] | None = None) -> tuple[IntArray, IntArray]:
        """Find the documents with a word that is not among the terms, in any case."""
        whole = regex.compile(rf"(?<!\w){regex.escape(word)}(?!\w)", regex.IGNORECASE)
        blocks = _lower_blocks(self.texts) if self._lowered is None else self._lowered
        documents, times, start = [], [], 0
        for block in blocks:
            likely = start + block.str.contains(word.lower(), literal=True).arg_true().to_numpy()
            start += len(block)
            for at in (likely if rows is None else likely[rows[likely]]).tolist():
                if n := len(whole.findall(self.texts[at])):
                    documents.append(at)
                    times.append(n)
        return np.array(documents, dtype=np.int64), np.array(times, dtype=np.int64)


def _lower_blocks(texts: Sequence[str]) -> "Iterator[pl.Series]":
    import polars as pl

    for start in range(0, len(texts), _BLOCK):
        yield pl.Series(texts[start : start + _BLOCK], dtype=pl.String).str.to_lowercase()


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
    index: WordIndex, query: QueryTerms, rows: NDArray[np.bool_] | None = None
) -> WordScores:
    """Score documents by the words of a query.

    Parameters
    ----------
    index : WordIndex
        Of u documents.
    query : QueryTerms
    rows : bool ndarray of shape (u,), optional
        The documents to read for words that are no terms; None for all.

    Returns
    -------
    WordScores

    Examples
    --------
    >>> counts = csr_array(np.array([[1, 0], [1, 3], [0, 0], [0, 1]]))
    >>> index = WordIndex(counts, ["boat", "boat sea sea sea", "X-1042", "sea"])
    >>> found = bm25_of_documents(index, QueryTerms((0,), ("X-1042",)))
    >>> int(found.scores.argmax()), float(found.scores[3]), found.fewest
    (2, 0.0, 1)
    """
    n = len(index.texts)
    scores = np.zeros(n, dtype=np.float32)
    found = [index.occurrences(column) for column in query.columns]
    found += [index.having(word, rows) for word in query.others]
    found = [(documents, times) for documents, times in found if len(documents)]
    if not found:
        return WordScores(scores, 0)
    mean = max(float(index.lengths.mean()), 1e-9)
    for documents, times in found:
        norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * index.lengths[documents] / mean)
        weight = np.log1p((n - len(documents) + 0.5) / (len(documents) + 0.5))
        gain = weight * times * (SATURATION + 1) / (times + norm)
        scores[documents] += gain.astype(np.float32)
    return WordScores(scores, min(len(documents) for documents, _ in found))
