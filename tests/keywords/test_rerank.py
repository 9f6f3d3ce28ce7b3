"""Choosing keywords by coherence, relevance and share, and how much likelier they are in their topic."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from topickit.keywords import rank
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import weigh
from topickit.keywords.evidence import Evidence
from topickit.keywords.rank import shortlists, top_keywords
from topickit.keywords.rerank import COHERENCE, coherent_order, coherent_orders, doublings, ranking_weights
from topickit.keywords.risk_ratio import risk_ratios
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

PLAIN = KeywordSettings(phrases=False, n_keywords=3)


def corpus():
    """Two topics; "noise" is in two thirds of either, and more often than any word of theirs."""
    sea = ["boat sail harbour", "boat harbour anchor", "sail anchor boat"] * 10
    land = ["wheat field plough", "field plough barn", "wheat barn field"] * 10
    texts = [text + " noise noise noise" * (i % 3 != 0) for i, text in enumerate(sea + land)]
    vectors = np.zeros((60, 3), dtype=np.float32)
    vectors[:30, 0], vectors[30:, 1] = 1, 1
    return texts, vectors, np.repeat([0, 1], 30), np.ones(60, dtype=np.int64)


def described():
    texts, vectors, labels, weights = corpus()
    found = count_terms(texts, weights, PLAIN)
    counts = TermCounts.of(found, labels, weights, 2)
    candidates = np.unique(np.concatenate(shortlists(weigh(counts, PLAIN), counts)))
    means = np.stack([vectors[labels == t].mean(axis=0) for t in (0, 1)])
    return counts, Evidence.of(found, vectors, weights, candidates), means, found


def test_a_word_of_all_topics_gives_way():
    counts, evidence, means, _ = described()
    weights = weigh(counts, PLAIN)
    plain = top_keywords(weights, counts, PLAIN)
    assert "noise" in dict(plain[0])
    better = top_keywords(weights, counts, PLAIN, evidence=evidence, means=means)
    assert all("noise" not in dict(words) for words in better)
    assert set(dict(better[0])) <= {"boat", "sail", "harbour", "anchor"}


def test_keywords_stand_by_falling_weight():
    counts, evidence, means, _ = described()
    for words in top_keywords(weigh(counts, PLAIN), counts, PLAIN, evidence=evidence, means=means):
        values = [value for _, value in words]
        assert values == sorted(values, reverse=True)


def test_npmi_of_documents():
    _, evidence, _, found = described()
    at = {term: i for i, term in enumerate(found.terms)}
    terms = np.array([at[word] for word in ("boat", "harbour", "wheat")])
    got = evidence.npmi(terms)
    together, boat, harbour = 20 / 60, 30 / 60, 20 / 60
    expected = np.log(together / (boat * harbour)) / -np.log(together)
    assert got[0, 1] == pytest.approx(expected)
    assert got[0, 2] == got[2, 0] == -1
    np.testing.assert_allclose(got, got.T)


def test_weights_count_as_repeated_documents():
    texts, vectors, _, _ = corpus()
    distinct, first, counts = np.unique(texts, return_index=True, return_counts=True)
    found = count_terms(distinct.tolist(), counts, PLAIN)
    all_terms = np.arange(len(found.terms))
    one = Evidence.of(found, vectors[first], counts, all_terms)
    repeated = count_terms(texts, np.ones(60, dtype=np.int64), PLAIN)
    other = Evidence.of(repeated, vectors, np.ones(60), all_terms)
    np.testing.assert_array_equal(one.cooccurrences.toarray(), other.cooccurrences.toarray())
    np.testing.assert_allclose(one.directions, other.directions, atol=2e-3)


def test_evidence_comes_back_from_its_state():
    _, evidence, means, _ = described()
    again = Evidence.from_state(evidence.state())
    np.testing.assert_array_equal(again.npmi(evidence.terms), evidence.npmi(evidence.terms))
    np.testing.assert_array_equal(
        again.relevance(evidence.terms, means[0]), evidence.relevance(evidence.terms, means[0])
    )


def test_a_word_is_held_back_where_another_topic_needs_it_more():
    ranked = csr_array(np.array([[4.0, 1.0], [2.0, 0.0], [1.0, 3.0]]))
    back = doublings([np.array([0, 1]), np.array([0]), np.array([0, 1])], ranked)
    assert back[0][0] == 0 < back[1][0] < back[2][0]
    assert back[0][1] > back[2][1] == 0


def test_topics_that_share_their_words_list_different_ones(monkeypatch):
    rng, ten = np.random.default_rng(0), KeywordSettings(phrases=False)
    letters = "abcdefghijklmnopqrst"
    shared = [f"common{a}{b}" for a in letters for b in "xy"]
    labels = np.repeat(np.arange(20), 40)
    texts = []
    for topic in labels:
        near = [shared[(2 * topic + i) % 40] for i in range(12)]  # of a topic and of its neighbours
        own = [f"{letters[topic]}{letter}word" for letter in letters[:12]]
        texts.append(" ".join([*rng.choice(near, 5), *rng.choice(own, 2)]))
    vectors = np.eye(20, dtype=np.float32)[labels]
    weights = np.ones(len(texts), dtype=np.int64)
    found = count_terms(texts, weights, ten)
    counts = TermCounts.of(found, labels, weights, 20)
    evidence = Evidence.of(found, vectors, weights, np.arange(len(found.terms)))

    def distinct():
        means = np.eye(20, dtype=np.float32)
        lists = top_keywords(weigh(counts, ten), counts, ten, evidence=evidence, means=means)
        words = [word for topic in lists for word, _ in topic]
        return len(set(words)) / len(words)

    assert distinct() >= 0.85
    monkeypatch.setattr(rank, "ELSEWHERE", rank.ELSEWHERE[:1])
    assert distinct() < 0.85


def test_words_of_a_few_documents_come_last():
    texts = ["boat sail"] * 200 + ["rare rare rare rare rare rare rare rare rare rare rare rare boat"] * 2
    weights = np.ones(202, dtype=np.int64)
    found = count_terms(texts, weights, PLAIN)
    counts = TermCounts.of(found, np.zeros(202, dtype=int), weights, 1)
    ranked = ranking_weights(weigh(counts, PLAIN), counts).toarray()[0]
    assert ranked[found.terms.index("rare")] < 0.01 * ranked[found.terms.index("sail")]


def test_order_of_nothing():
    assert coherent_order(np.empty(0), np.empty((0, 0)), 5) == []


def test_all_topics_at_once_are_as_one_by_one():
    rng = np.random.default_rng(0)
    sizes = (0, 1, 3, 7, 12)
    weights = [rng.integers(0, 5, m) / 4 for m in sizes]
    npmi = [rng.choice([-1.0, 0.0, 0.3], (m, m)) for m in sizes]
    for n in (0, 1, 5, 20):
        alone = []
        for own, table in zip(weights, npmi, strict=True):
            chosen = []
            while len(chosen) < min(n, len(own)):
                mean = sum((table[word] for word in chosen), np.zeros(len(own))) / max(len(chosen), 1)
                value = own + COHERENCE * mean
                value[chosen] = -np.inf
                chosen.append(int(value.argmax()))
            alone.append(chosen)
        assert coherent_orders(weights, npmi, n) == alone


def test_lift_against_a_table_by_hand():
    counts, _, _, _ = described()
    (first, *_), _ = risk_ratios(counts, [["noise"], ["noise"]])
    assert first.ratio == pytest.approx((20.5 / 31) / (20.5 / 31))
    assert first.low < 1 < first.high
    (boat,), _ = risk_ratios(counts, [["boat"], []])
    assert boat.ratio == pytest.approx((30.5 / 31) / (0.5 / 31))
    assert 1 < boat.low < boat.ratio < boat.high


def test_lifts_of_counts_without_documents_are_unknown():
    bare = TermCounts(("a",), csr_array(np.array([[1]])), np.array([0]), (), np.full((1, 3), -1))
    assert risk_ratios(bare, [["a"]]) == [()]


def test_one_row_of_one_word_does_not_switch_stop_words_off():
    texts = ["the boat and the sail of the harbour", "the wheat and the field of the barn"] * 20
    texts.append("word " * 200_000)
    found = count_terms(texts, np.ones(41, dtype=np.int64), PLAIN)
    assert not {"the", "and", "of"} & set(found.terms)


def test_a_topic_without_words_gets_none():
    texts = ["boat sail sea"] * 5 + ["!!"] * 5
    labels, weights = np.repeat([0, 1], 5), np.ones(10, dtype=np.int64)
    found = count_terms(texts, weights, PLAIN)
    counts = TermCounts.of(found, labels, weights, 2)
    vectors = np.eye(2, dtype=np.float32)
    evidence = Evidence.of(found, vectors[labels], weights, np.arange(len(found.terms)))
    lists = top_keywords(weigh(counts, PLAIN), counts, PLAIN, evidence=evidence, means=vectors)
    assert [len(words) for words in lists] == [3, 0]


def test_one_long_document_does_not_name_a_topic():
    """Words that a few documents repeat come after those that many documents have."""
    short = ["boat sail harbour", "boat harbour anchor", "sail anchor boat", "anchor harbour sail"] * 50
    long = ["wolverine hulk thor " * 200] * 6
    land = ["wheat field plough", "field plough barn", "wheat barn field"] * 60
    texts, labels = short + long + land, np.repeat([0, 1], [206, 180])
    vectors = np.eye(2, dtype=np.float32)[labels]
    found = count_terms(texts, np.ones(386, dtype=np.int64), PLAIN)
    counts = TermCounts.of(found, labels, np.ones(386, dtype=np.int64), 2)
    weights = weigh(counts, PLAIN)
    assert set(dict(top_keywords(weights, counts, PLAIN)[0])) == {"wolverine", "hulk", "thor"}
    candidates = np.unique(np.concatenate(shortlists(weights, counts)))
    evidence = Evidence.of(found, vectors, np.ones(386), candidates)
    means = np.eye(2, dtype=np.float32)
    listed = top_keywords(weights, counts, PLAIN, evidence=evidence, means=means)[0]
    assert set(dict(listed)) <= {"boat", "sail", "harbour", "anchor"}


def test_a_topic_of_all_documents_has_no_outside():
    found = count_terms(["boat", "sail"] * 5, np.ones(10, dtype=np.int64), PLAIN)
    counts = TermCounts.of(found, np.zeros(10, dtype=np.int64), np.ones(10, dtype=np.int64), 1)
    assert risk_ratios(counts, [["boat"]]) == [()]
