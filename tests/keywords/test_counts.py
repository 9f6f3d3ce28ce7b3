from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import make_corpus
from topickit.errors import InputError
from topickit.keywords.counts import TermCounts
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import DocumentTerms, count_terms

TEXTS = make_corpus(40)[0]
WEIGHTS = np.random.default_rng(0).integers(1, 4, len(TEXTS))
FOUND = count_terms(TEXTS, WEIGHTS, KeywordSettings())
LABELS = st.lists(st.integers(-1, 3), min_size=len(TEXTS), max_size=len(TEXTS))


def rows_of(found: DocumentTerms, rows: np.ndarray) -> DocumentTerms:
    return replace(found, counts=found.counts[rows, :])


def assert_same(one: TermCounts, other: TermCounts) -> None:
    assert one.terms == other.terms
    np.testing.assert_array_equal(one.topics.indptr, other.topics.indptr)
    np.testing.assert_array_equal(one.topics.indices, other.topics.indices)
    np.testing.assert_array_equal(one.topics.data, other.topics.data)
    np.testing.assert_array_equal(one.outliers, other.outliers)


@settings(max_examples=50, deadline=None)
@given(LABELS)
def test_counts_are_sums_over_documents(labels):
    counts = TermCounts.of(FOUND, labels, WEIGHTS, 4)
    dense = FOUND.counts.toarray().astype(np.int64) * WEIGHTS[:, None]
    for topic in range(4):
        expected = dense[np.array(labels) == topic].sum(axis=0)
        np.testing.assert_array_equal(counts.topics.toarray()[topic], expected)
    np.testing.assert_array_equal(counts.outliers, dense[np.array(labels) == -1].sum(axis=0))
    assert counts.topics.dtype == np.int64
    assert counts.outliers.dtype == np.int64


@settings(max_examples=50, deadline=None)
@given(LABELS, LABELS, st.randoms(use_true_random=False))
def test_partial_counts_of_any_partition_add_up(labels, parts, random):
    label, part = np.array(labels), np.array(parts)
    partial = [
        TermCounts.of(rows_of(FOUND, part == p), label[part == p], WEIGHTS[part == p], 4)
        for p in range(-1, 4)
    ]
    random.shuffle(partial)
    total = partial[0]
    for counts in partial[1:]:
        total = total + counts
    assert_same(total, TermCounts.of(FOUND, label, WEIGHTS, 4))


@settings(max_examples=50, deadline=None)
@given(LABELS, st.lists(st.integers(-1, 2), min_size=4, max_size=4))
def test_merged_is_counting_the_mapped_labels(labels, mapping):
    counts = TermCounts.of(FOUND, labels, WEIGHTS, 4)
    mapped = [mapping[label] if label >= 0 else -1 for label in labels]
    assert_same(counts.merged(mapping), TermCounts.of(FOUND, mapped, WEIGHTS, max(mapping) + 1))


def test_adding_and_merging_change_neither_operand():
    counts = TermCounts.of(FOUND, np.arange(len(TEXTS)) % 4, WEIGHTS, 4)
    before = counts.topics.toarray().copy(), counts.outliers.copy()
    counts + counts
    counts.merged([-1, 0, 0, 1])
    np.testing.assert_array_equal(counts.topics.toarray(), before[0])
    np.testing.assert_array_equal(counts.outliers, before[1])


def test_large_counts_do_not_overflow():
    heavy = np.full(len(TEXTS), 2**33)
    counts = TermCounts.of(FOUND, np.zeros(len(TEXTS), dtype=int), heavy, 1)
    assert counts.topics.toarray().sum() == 2**33 * int(FOUND.counts.sum())


def test_bad_input_says_where():
    labels = np.zeros(len(TEXTS), dtype=int)
    with pytest.raises(InputError, match=r"labels must have shape \(40,\)"):
        TermCounts.of(FOUND, labels[:-1], WEIGHTS, 1)
    labels[7] = 3
    with pytest.raises(InputError, match="label 3 at position 7"):
        TermCounts.of(FOUND, labels, WEIGHTS, 2)
    counts = TermCounts.of(FOUND, labels, WEIGHTS, 4)
    with pytest.raises(InputError, match="one number for each of 4 topics"):
        counts.merged([0, 1])
    with pytest.raises(InputError, match="-2 at position 1"):
        counts.merged([0, -2, 1, 1])
    with pytest.raises(InputError, match="the same terms"):
        counts + replace(counts, terms=("other", *counts.terms[1:]))
    with pytest.raises(TypeError):
        counts + 1


def test_state_and_back():
    counts = TermCounts.of(FOUND, np.arange(len(TEXTS)) % 5 - 1, WEIGHTS, 4)
    again = TermCounts.from_state(counts.state())
    assert_same(again, counts)
    assert again.languages == counts.languages == ("en",)
    np.testing.assert_array_equal(again.parts, counts.parts)
    terms = DocumentTerms.from_state(FOUND.state())
    assert terms.terms == FOUND.terms
    np.testing.assert_array_equal(terms.counts.toarray(), FOUND.counts.toarray())
