"""Measures of words, labels and systems: by hand, and equal to scikit-learn's."""

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given, settings
from hypothesis import strategies as st

from topickit.errors import InputError, InputTypeError, ParameterError, ParameterTypeError
from topickit.metrics import (
    Reference,
    agreement,
    as_tokens,
    c_npmi,
    diversity,
    embedding_coherence,
    inverted_rbo,
    silhouette,
    stability,
    tokenize,
    topic_stability,
)

LABELS = st.lists(st.tuples(st.integers(-1, 4), st.sampled_from("abc")), min_size=1, max_size=60)


def rbo_by_definition(a, b, p):
    """Webber et al. 2010, equation 32, as printed."""
    s, lo = sorted((a, b), key=len)
    n_s, n_l = len(s), len(lo)

    def x(d):
        return len(set(s[:d]) & set(lo[:d]))

    total = sum(x(d) / d * p**d for d in range(1, n_l + 1))
    total += sum(x(n_s) * (d - n_s) / (n_s * d) * p**d for d in range(n_s + 1, n_l + 1))
    return (1 - p) / p * total + ((x(n_l) - x(n_s)) / n_l + x(n_s) / n_s) * p**n_l


def test_diversity():
    assert diversity([["a", "b"], ["c", "d"]]) == 1
    assert diversity([["a", "b"], ["a", "b"]]) == 0.5
    assert diversity([["a", "a"]]) == 0.5
    assert diversity([["a", "b"], ["a", "c"]], top=1) == 0.5
    assert np.isnan(diversity([]))
    with pytest.raises(ParameterError, match="top"):
        diversity([["a"]], top=0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=7, unique=True), min_size=2, max_size=5
    ),
    st.sampled_from([0.5, 0.9, 0.98]),
)
def test_inverted_rbo_is_the_mean_over_pairs(topics, weight):
    pairs = [(a, b) for i, a in enumerate(topics) for b in topics[i + 1 :]]
    expected = 1 - np.mean([rbo_by_definition(a, b, weight) for a, b in pairs])
    assert inverted_rbo(topics, weight=weight) == pytest.approx(expected)


def test_inverted_rbo_at_its_ends(monkeypatch):
    assert inverted_rbo([["a", "b", "c"]] * 3) == pytest.approx(0)
    assert inverted_rbo([["a", "a", "b"], ["a", "b"]]) == pytest.approx(0)
    assert inverted_rbo([["a", "b"], ["c"], []]) == 1
    assert np.isnan(inverted_rbo([["a"], []]))
    with pytest.raises(ParameterError, match="weight"):
        inverted_rbo([["a"], ["b"]], weight=1)
    topics = [["a", "b"], ["b", "a"], ["a", "c"], ["d", "a"]]
    whole = inverted_rbo(topics)
    monkeypatch.setattr("topickit.metrics.words.BLOCK_TOPICS", 3)
    assert inverted_rbo(topics) == pytest.approx(whole)


def test_embedding_coherence():
    vectors = {"a": [1.0, 0.0], "b": [0.0, 2.0], "c": [3.0, 0.0], "z": [0.0, 0.0]}
    found = embedding_coherence([["a", "c", "b"], ["a", "z"], ["a"]], vectors)
    np.testing.assert_allclose(found.per_topic, [1 / 3, 0, np.nan])
    assert found.mean == pytest.approx(1 / 6)
    with pytest.raises(InputError, match="'x', a word of topic 0"):
        embedding_coherence([["a", "x"]], vectors)
    assert embedding_coherence([["a", "x", "c"]], vectors, missing="skip").n_skipped == 1


@settings(max_examples=60, deadline=None)
@given(LABELS)
def test_agreement_equals_scikit_learn(pairs):
    labels, gold = [a for a, _ in pairs], [b for _, b in pairs]
    found = agreement(labels, gold)
    assert found.nmi == pytest.approx(sk.normalized_mutual_info_score(gold, labels), abs=1e-9)
    assert found.ami == pytest.approx(sk.adjusted_mutual_info_score(gold, labels), abs=1e-9)
    assert found.ari == pytest.approx(sk.adjusted_rand_score(gold, labels), abs=1e-9)
    assert found.v_measure == pytest.approx(sk.v_measure_score(gold, labels), abs=1e-9)
    assert found.homogeneity == pytest.approx(sk.homogeneity_score(gold, labels), abs=1e-9)
    assert found.completeness == pytest.approx(sk.completeness_score(gold, labels), abs=1e-9)
    covered = [(a, b) for a, b in pairs if a != -1]
    assert found.coverage == pytest.approx(len(covered) / len(pairs))
    assert found.n_topics == len({a for a, _ in covered})
    if covered:
        expected = sk.adjusted_rand_score([b for _, b in covered], [a for a, _ in covered])
        assert found.ari_covered == pytest.approx(expected, abs=1e-9)
    else:
        assert np.isnan(found.ari_covered)


def test_agreement_takes_any_labels_and_leaves_unknown_rows_out():
    gold = ["x", "x", "y", None, float("nan"), "y"]
    for labels in ([0, 0, 1, 5, 6, 1], np.array([0, 0, 1, 5, 6, 1]), ["p", "p", "q", "r", "s", "q"]):
        found = agreement(labels, gold)
        assert (found.ari, found.n_documents, found.n_topics, found.n_gold) == (1, 4, 2, 2)
    assert agreement([0], ["a"]).ari == 1
    assert agreement(["-1", "a"], [0, 1]).coverage == 1  # a str is a name, whatever it says


@pytest.mark.parametrize(
    ("labels", "gold", "error", "says"),
    [
        ([0, 1], ["a"], InputError, "2 and 1"),
        ([0], [None], InputError, "no document"),
        ([], [], InputError, "no document"),
        ("ab", ["a", "b"], InputTypeError, "got str"),
        ([[1]], ["a"], InputTypeError, "labels must be str or int"),
        (np.zeros((2, 2)), [0, 1], InputError, "shape"),
    ],
)
def test_agreement_tells_what_is_wrong(labels, gold, error, says):
    with pytest.raises(error, match=says):
        agreement(labels, gold)


@pytest.mark.parametrize("block", [7, 16_384])
def test_silhouette_equals_scikit_learn(block, monkeypatch):
    monkeypatch.setattr("topickit.metrics.groups.BLOCK_ROWS", block)
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(80, 6)) * rng.uniform(0.1, 9, (80, 1))
    vectors[3] = 0
    vectors[10:14] = vectors[10]  # equal rows
    labels = rng.integers(0, 5, 80)
    labels[20] = 9  # a topic of one
    labels[10:14] = 7  # a topic whose rows are all equal
    expected = sk.silhouette_score(vectors, labels, metric="cosine")
    assert silhouette(vectors, labels) == pytest.approx(expected, abs=1e-9)


def test_silhouette_leaves_noise_out():
    vectors = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1], [1, 1]], dtype=np.float32)
    with_noise = silhouette(vectors, [0, 0, 1, 1, -1])
    assert with_noise == pytest.approx(silhouette(vectors[:4], ["a", "a", "b", "b"]))
    assert np.isnan(silhouette(vectors, [0] * 5))
    assert np.isnan(silhouette(vectors, [-1] * 5))
    with pytest.raises(InputError, match="5 rows"):
        silhouette(vectors, [0, 1])


def test_topic_stability():
    labels = [0, 0, 1, 1, 1, -1]
    assert topic_stability(labels, [labels]).tolist() == [1, 1]
    assert topic_stability(labels, [["b", "b", "a", "a", "a", -1]]).tolist() == [1, 1]
    # Topic 0 with {0, 1, 2}: 2 of 3; topic 1 with {3, 4}: 2 of 3.
    np.testing.assert_allclose(topic_stability(labels, [[5, 5, 5, 6, 6, -1]]), [2 / 3, 2 / 3])
    # Rows that the other had no part in do not count; all noise finds nothing again.
    np.testing.assert_allclose(topic_stability(labels, [[5, None, 6, 6, None, None], [-1] * 6]), [0.5, 0.5])
    assert np.isnan(topic_stability(labels, [[None, None, 1, 1, 1, -1]])[0])
    assert np.isnan(topic_stability(labels, [])).all()
    assert topic_stability([-1, -1], [[0, 0]]).shape == (0,)
    with pytest.raises(InputError, match=r"resampled_labels\[1\]"):
        topic_stability(labels, [labels, [0]])


def test_stability_of_a_system_that_follows_its_seed():
    calls = []

    def fit(rows, seed):
        calls.append((len(rows), seed))
        labels = rows % 2 if seed < 2 else rows // 5
        rows[:] = 0  # a system may spoil what it was given
        return labels

    found = stability(fit, 10, seeds=(0, 1, 2), n_samples=2, subsample=0.6)
    assert calls == [(10, 0), (10, 1), (10, 2), (6, 0), (6, 0)]
    by_name = {(pair.a, pair.b): pair for pair in found.pairs}
    assert by_name["seed 0", "seed 1"].ari == 1
    halves = sk.adjusted_rand_score(np.arange(10) % 2, np.arange(10) // 5)
    assert by_name["seed 0", "seed 2"].ari == pytest.approx(halves)
    assert found.over_seeds == pytest.approx((1 + 2 * halves) / 3)
    assert found.over_samples == 1
    assert by_name["seed 0", "sample 1"].n_documents == 6
    assert found.per_topic.shape == (2,)
    assert (found.per_topic < 1).all()


def test_stability_of_labels_of_all_rows():
    found = stability(lambda rows, seed: np.arange(10) % 2, 10, seeds=(0,), n_samples=1)
    assert np.isnan(found.over_seeds)
    assert found.over_samples == 1
    assert found.pairs[0].n_documents == 10


@pytest.mark.parametrize(
    ("n", "settings"), [(0, {}), (5, {"seeds": ()}), (5, {"subsample": 0}), (5, {"n_samples": -1})]
)
def test_stability_tells_what_is_wrong(n, settings):
    with pytest.raises(ParameterError, match="stability needs"):
        stability(lambda rows, seed: rows, n, **settings)


def test_stability_needs_a_label_a_row():
    with pytest.raises(InputError, match="returned 3 labels"):
        stability(lambda rows, seed: [0, 0, 0], 10)


def test_missing_labels_of_pandas_are_left_out():
    pd = pytest.importorskip("pandas")
    gold = pd.Series(["a", "b", None, "b"], dtype="string")
    assert agreement([0, 1, 0, 1], gold).n_documents == 3
    assert agreement([0, 1, 0, 1], pd.Series([1, 2, None, 2], dtype="Int64")).ari == 1


@pytest.mark.parametrize("top", ["3", None, 2.5, True])
def test_top_is_a_whole_number(top):
    with pytest.raises(ParameterTypeError, match="top must be an int"):
        diversity([["a", "b"]], top=top)
    with pytest.raises(ParameterTypeError, match="top must be an int"):
        c_npmi([["a", "b"]], [["a", "b"]], top=top)


def test_words_of_topics_are_written_as_the_reference_writes_them():
    texts = ["東京都の海鮮丼はとても美味しいです", "東京都のラーメンもとても美味しいです"]
    reference = Reference.of(tokenize(texts))
    assert as_tokens([["東京都", "海鮮丼", "ラーメン"]], reference) == [["東京都", "海鮮丼", "ラーメン"]]
