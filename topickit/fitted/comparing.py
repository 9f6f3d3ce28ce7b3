"""Measure the change that new documents bring: shares and words of topics, before and after."""

from collections.abc import Callable, Collection
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.shares import compare_shares, exact_test
from topickit._core.vectors import IntArray
from topickit.fitted.change import Change, Kind, TopicChange
from topickit.fitted.topics import Topic
from topickit.keywords.counts import DocumentFrequencies

SIGNIFICANCE = 0.02
"""Of all shares of one comparison together. With that of words and of new topics it is below 5 %."""
WORD_SIGNIFICANCE = 0.01
GONE = 0.1
"""A topic whose share is below this part of its earlier one is gone."""
MIN_DOCUMENTS = 20
"""Fewest documents of a topic, before and new, whose words are compared."""
MIN_WITH_WORD = 5
"""Fewest documents with a word that is compared."""
N_WORDS = 5
Recount: TypeAlias = Callable[[int, list[str]], IntArray]


def measure_change(
    topics: Collection[Topic],
    before: DocumentFrequencies | None,
    after: DocumentFrequencies | None,
    *,
    sizes: tuple[IntArray, IntArray],
    n_documents: tuple[int, int],
    terms: tuple[str, ...],
    n_known: int,
    recount: Recount | None,
    first_new: int,
    n_unlike: int | None,
    n_moved: int | None,
) -> Change:
    """Compare the topics of documents of a model and of new ones.

    Parameters
    ----------
    topics : collection of Topic, of length k
        All topics, described.
    before, after : DocumentFrequencies or None
        Of k topics and t terms: of the documents of the model, and of the new ones.
    sizes : two int64 ndarrays of shape (k,)
        Documents of each topic, before and new.
    n_documents : two int
        Documents with a text, before and new.
    terms : tuple of str, of length t
    n_known, recount
        As for `word_changes`.
    first_new : int
        The first row of a new topic.
    n_unlike, n_moved : int or None
        As in `Change`.

    Returns
    -------
    Change
    """
    tests = compare_shares(sizes[0], n_documents[0], sizes[1], n_documents[1])
    words = {}
    if before is not None and after is not None:
        words = word_changes(before, after, terms, n_known, recount)
    changes = []
    for row, topic in enumerate(topics):
        rising, falling = words.get(row, ((), ())) if row < first_new else ((), ())
        kind: Kind = "new" if row >= first_new else _kind(tests, row)
        changes.append(
            TopicChange(
                topic=topic.id,
                name=topic.name,
                kind=kind,
                size_before=int(sizes[0][row]),
                size=int(sizes[1][row]),
                share_before=float(tests.before[row]),
                share=float(tests.after[row]),
                low=float(tests.low[row]),
                high=float(tests.high[row]),
                p_value=float(tests.p_values[row]),
                rising=rising,
                falling=falling,
            )
        )
    changes.sort(key=lambda change: (-abs(change.difference), change.topic))
    return Change(n_documents[0], n_documents[1], tuple(changes), n_unlike, n_moved)


def _kind(tests: Any, row: int) -> Kind:
    if tests.p_values[row] > SIGNIFICANCE:
        return "same"
    if tests.after[row] > tests.before[row]:
        return "grew"
    return "gone" if tests.after[row] < GONE * tests.before[row] else "shrank"


def word_changes(
    before: DocumentFrequencies,
    after: DocumentFrequencies,
    terms: tuple[str, ...],
    n_known: int,
    recount: Recount | None,
) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Find the words of each topic that are more, or less, frequent in its new documents.

    Parameters
    ----------
    before, after : DocumentFrequencies
        Of k topics and t terms.
    terms : tuple of str, of length t
    n_known : int
        The first terms are those of the model. The others may occur in its documents all the same.
    recount : function of int and list of str to int64 ndarray, or None
        Counts the documents of the model of a topic that have each of some words. Without it, only terms of
        the model are compared.

    Returns
    -------
    dict of int to (tuple of str, tuple of str)
        Rising and falling words of each topic that has any; corrected for the number of all words of all
        topics by Benjamini and Hochberg.
    """
    from scipy.stats import false_discovery_control

    compared = np.minimum(before.sizes[:-1], after.sizes[:-1]) >= MIN_DOCUMENTS
    total = (before.topics + after.topics).tocoo()
    listed = (total.data >= MIN_WITH_WORD) & compared[total.row]
    if recount is None:
        listed &= total.col < n_known
    if not listed.any():
        return {}
    row, column = total.row[listed].astype(np.int64), total.col[listed].astype(np.int64)
    second = np.asarray(csr_array(after.topics)[row, column]).ravel().astype(np.int64)
    first = total.data[listed].astype(np.int64) - second
    p = exact_test(first, before.sizes[row], second, after.sizes[row])
    again = np.flatnonzero((column >= n_known) & (p <= WORD_SIGNIFICANCE))
    if recount is not None and len(again):
        for topic in np.unique(row[again]).tolist():
            own = again[row[again] == topic]
            first[own] = recount(topic, [terms[term] for term in column[own].tolist()])
        p[again] = exact_test(first[again], before.sizes[row[again]], second[again], after.sizes[row[again]])
    rises = second / after.sizes[row] > first / before.sizes[row]
    significant = np.asarray(false_discovery_control(p, method="bh")) <= WORD_SIGNIFICANCE
    result = {}
    for topic in np.unique(row[significant]).tolist():
        own = np.flatnonzero(significant & (row == topic))
        own = own[np.lexsort((column[own], p[own]))]
        result[topic] = (
            _listed(column[own[rises[own]]], terms),
            _listed(column[own[~rises[own]]], terms),
        )
    return result


def _listed(columns: NDArray[np.int64], terms: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(terms[column] for column in columns[:N_WORDS].tolist())
