"""A large corpus is counted block by block, and what is counted does not depend on the blocks."""

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit._core import spill as stored
from topickit._core.spill import StoredNumbers
from topickit.keywords import n_grams, sparse, tokens
from topickit.keywords.counts import TermCounts
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

CHINESE = ["我爱北京天安门", "天安门在北京", "北京 is the capital of 中国 in English", "上海和北京"] * 60
LONG = ["one word " * 3000]


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(tokens, "BLOCK_TOKENS", 500)
    monkeypatch.setattr(tokens, "PROGRESS_EVERY", 10)
    monkeypatch.setattr(sparse, "BLOCK_ROWS", 17)
    monkeypatch.setattr(stored, "NUMBERS_IN_MEMORY", 1000)
    monkeypatch.setattr(stored, "NUMBERS_A_PART", 100)


def in_a_file(array):
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    return array is not None


def counted(texts):
    weights = np.random.default_rng(0).integers(1, 4, len(texts))
    terms = count_terms(texts, weights, KeywordSettings())
    return terms, TermCounts.of(terms, np.arange(len(texts)) % 4 - 1, weights, 3)


@pytest.mark.parametrize("texts", [make_corpus(400)[0] + LONG, CHINESE], ids=["english", "chinese"])
def test_blocks_change_nothing(texts, request):
    (one, of_one) = counted(texts)
    request.getfixturevalue("small_blocks")
    (other, of_other) = counted(texts)
    assert in_a_file(other.counts.data)
    assert not in_a_file(one.counts.data)
    assert (one.terms, one.languages) == (other.terms, other.languages)
    assert (one.counts != other.counts).nnz == 0
    assert (
        (of_one.topics != of_other.topics).nnz
        == (of_one.documents.topics != of_other.documents.topics).nnz
        == 0
    )
    np.testing.assert_array_equal(of_one.outliers, of_other.outliers)
    np.testing.assert_array_equal(of_one.documents.outliers, of_other.documents.outliers)


def test_rare_pairs_are_forgotten_and_frequent_ones_counted(monkeypatch, small_blocks):
    monkeypatch.setattr(n_grams, "MAX_PAIRS", 60)
    rare = [
        f"alpha{i:03d} beta{i:03d}".translate(str.maketrans("0123456789", "abcdefghij")) for i in range(300)
    ]
    terms, _ = counted([text for pair in rare for text in (pair, "quantum physics")] + ["quantum", "physics"])
    assert "quantum physics" in terms.terms
    both = terms.counts[:, [terms.terms.index("quantum physics")]].sum()
    assert both == 300


def test_numbers_in_a_file_are_numbers_in_memory(small_blocks):
    with StoredNumbers(np.int32) as numbers:
        for start in range(0, 1000, 10):
            numbers.extend(np.arange(start, start + 10))
        assert len(numbers) == 1000
        for part in numbers.parts():
            assert len(part) == 100
            part += 1
        numbers.extend(np.array([7]))
        found = numbers.array()
    assert isinstance(found, np.memmap)
    np.testing.assert_array_equal(found, [*range(1, 1001), 7])
