"""Counts over different vocabularies as counts over one."""

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from topickit._core.vectors import IntArray, unit_rows
from topickit.keywords.counts import DocumentFrequencies, TermCounts, canonical
from topickit.keywords.evidence import Evidence
from topickit.keywords.folding import fold
from topickit.keywords.n_grams import ONLY_ALONE


@dataclass(frozen=True, eq=False)
class UnitedTerms:
    """The terms of two corpora.

    Attributes
    ----------
    terms : tuple of str, of length t
        Those of the first, then those that only the second has.
    parts : int32 ndarray of shape (t, 3)
        As in `TermCounts`.
    columns : int64 ndarray of shape (t2,)
        Position of each term of the second.
    """

    terms: tuple[str, ...]
    parts: NDArray[np.int32]
    columns: IntArray


def unite(first: TermCounts, second: TermCounts) -> UnitedTerms:
    """Unite the vocabularies of two corpora.

    Terms are the same if they are spelled alike, or their words fold to one key that no other term of their
    corpus has.

    Parameters
    ----------
    first, second : TermCounts

    Returns
    -------
    UnitedTerms
    """
    place = {term: column for column, term in enumerate(first.terms)}
    own, others = (_single_keys(counts.terms) for counts in (first, second))
    columns = np.empty(len(second.terms), dtype=np.int64)
    new: list[int] = []
    exact = set(first.terms) & set(second.terms)
    for row, term in enumerate(second.terms):
        if term in exact:
            columns[row] = place[term]
            continue
        key = _key(term)
        alike = own.get(key) if key in others else None
        if alike is not None and alike not in exact:
            columns[row] = place[alike]
        else:
            columns[row] = len(first.terms) + len(new)
            new.append(row)
    parts = np.where(second.parts >= 0, columns[second.parts], second.parts).astype(np.int32)
    united = np.concatenate([first.parts, parts[new]])
    alone = united[:, -1] == ONLY_ALONE
    alone[columns[parts[:, -1] != ONLY_ALONE]] = False  # a term of its own in one of the two
    united[(united[:, -1] == ONLY_ALONE) & ~alone] = -1
    return UnitedTerms((*first.terms, *(second.terms[row] for row in new)), united, columns)


def _key(term: str) -> str:
    return " ".join(map(fold, term.split()))


def _single_keys(terms: tuple[str, ...]) -> dict[str, str]:
    keys = [_key(term) for term in terms]
    number = Counter(keys)
    return {key: term for key, term in zip(keys, terms, strict=True) if number[key] == 1}


def added(first: TermCounts, second: TermCounts, rows: IntArray, n_topics: int) -> TermCounts:
    """Add the counts of two corpora, each with terms and topics of its own.

    A term that only one of the two corpora has as a term is counted in that one only.

    Parameters
    ----------
    first : TermCounts
        Its topics come first.
    second : TermCounts
    rows : int64 ndarray
        The row of each topic of the second.
    n_topics : int

    Returns
    -------
    TermCounts
        Over the terms of `unite`.
    """
    united = unite(first, second)
    moved = _moved(second, united).merged(rows.tolist())
    languages = tuple(dict.fromkeys([*first.languages, *second.languages]))
    own = replace(first, languages=languages).extended(united.terms, united.parts, n_topics)
    return own + moved.extended(united.terms, united.parts, n_topics)


def _moved(counts: TermCounts, united: UnitedTerms) -> TermCounts:
    documents = counts.documents
    if documents is not None:
        documents = DocumentFrequencies(
            _in_columns(documents.topics, united), _outliers(documents.outliers, united), documents.sizes
        )
    return replace(
        counts,
        terms=united.terms,
        topics=_in_columns(counts.topics, united),
        outliers=_outliers(counts.outliers, united),
        parts=united.parts,
        documents=documents,
    )


def _in_columns(counts: csr_array, united: UnitedTerms) -> csr_array:
    data, columns = counts.data, united.columns[counts.indices]
    return canonical(csr_array((data, columns, counts.indptr), shape=(counts.shape[0], len(united.terms))))


def _outliers(counts: IntArray, united: UnitedTerms) -> IntArray:
    return np.bincount(united.columns, counts, minlength=len(united.terms)).astype(np.int64)


def added_evidence(first: Evidence, second: Evidence, columns: IntArray) -> Evidence:
    """Add the evidence of two corpora, to re-rank keywords of all.

    Parameters
    ----------
    first, second : Evidence
    columns : int64 ndarray
        Position of each term of the second among the united terms.

    Returns
    -------
    Evidence
        Co-occurrences add up. The directions of a word of both are averaged by its document frequency.
    """
    terms = np.unique(np.concatenate([first.terms, columns[second.terms]]))
    n, total = len(terms), max(first.n_documents + second.n_documents, 1)
    directions = np.zeros((n, first.directions.shape[1]))
    cooccurrences = csr_array((n, n), dtype=np.int64)
    for evidence, own in ((first, first.terms), (second, columns[second.terms])):
        place = np.searchsorted(terms, own)
        directions[place] += evidence.directions * evidence.cooccurrences.diagonal()[:, None]
        pairs = coo_array(evidence.cooccurrences)
        row, column = place[pairs.coords[0]], place[pairs.coords[1]]
        upper = (np.minimum(row, column), np.maximum(row, column))
        cooccurrences = cooccurrences + csr_array(coo_array((pairs.data, upper), shape=(n, n)))
    mean = (first.mean * first.n_documents + second.mean * second.n_documents) / total
    return Evidence(
        terms,
        csr_array(cooccurrences, dtype=np.int64),
        unit_rows(directions.astype(np.float32)).astype(np.float16).astype(np.float32),
        mean.astype(np.float32),
        total,
    )
