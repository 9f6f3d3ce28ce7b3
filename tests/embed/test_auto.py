"""The default embedder: what it chooses, and that a model fitted with it is like any other."""

import logging

import numpy as np
import pytest

from topickit import TopicModel
from topickit.embed import AutoEmbedder, DistilledEmbedder, LexicalEmbedder, SentenceEmbedder, auto
from topickit.embed.auto import estimated_tokens
from topickit.embed.models.languages import MULTILINGUAL
from topickit.errors import NotFittedError

GERMAN = [
    f"{subject} {verb} und {place} {number}"
    for subject in ("der Hund und die Katze", "das Schiff mit der Ladung", "die Regierung und der Minister")
    for verb in ("ist nicht mehr", "hat sich", "wird aber auch")
    for place in ("in der Stadt", "auf dem Land", "bei den Leuten")
    for number in range(8)
]


@pytest.fixture
def no_multilingual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "at_hand", lambda model: False)


@pytest.fixture
def small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """120 short texts are many: half of the tokens suffice for 60."""
    monkeypatch.setattr(auto, "MAX_TOKENS", 600)
    monkeypatch.setattr(auto, "MIN_SAMPLE", 50)


def test_takes_the_model_for_few_texts() -> None:
    chosen = AutoEmbedder().choose(["a red apple"] * 100)
    assert isinstance(chosen, SentenceEmbedder)
    assert chosen.model == "all-MiniLM-L6-v2"


def test_takes_the_student_for_many_short_texts() -> None:
    chosen = AutoEmbedder().choose(["a question of nearly fifty letters, about a topic"] * 100_000)
    assert isinstance(chosen, DistilledEmbedder)
    assert (chosen.sample, chosen.n_refined) == (None, auto.MAX_REFINED)


@pytest.mark.parametrize("length", [10, 50, 300, 5_000])
def test_the_model_embeds_no_more_texts_than_it_does_of_a_corpus_at_the_limit(length) -> None:
    texts = ["a" * length] * 100_000
    chosen = AutoEmbedder().choose(texts)
    tokens = estimated_tokens(["a" * length], auto.TOKENS_OF_MODEL)
    if isinstance(chosen, SentenceEmbedder):
        assert len(texts) * tokens <= auto.MAX_TOKENS
    else:
        assert isinstance(chosen, DistilledEmbedder)
        embedded = (chosen.sample or auto.MAX_SAMPLE) + chosen.n_refined
        assert embedded * tokens <= auto.MAX_TOKENS


def test_counts_tokens_of_long_texts() -> None:
    few = AutoEmbedder().choose(["word " * 1000] * 2_000)
    many = AutoEmbedder().choose(["word " * 1000] * 20_000)
    assert isinstance(few, SentenceEmbedder)
    assert isinstance(many, DistilledEmbedder)
    assert many.sample == auto.MAX_TOKENS // (2 * 256)
    assert isinstance(
        AutoEmbedder(long_documents="chunk").choose(["word " * 1000] * 2_000), DistilledEmbedder
    )


def test_estimates_tokens() -> None:
    assert estimated_tokens(["abcdefgh", ""], 256) == 4 + 2
    assert estimated_tokens(["a" * 10_000], 256) == 256
    assert estimated_tokens(["a" * 10_000], None) == 2502


@pytest.mark.usefixtures("no_multilingual")
def test_takes_words_for_a_language_that_no_model_knows() -> None:
    chosen = AutoEmbedder(languages=("de",)).choose(["ein Text"])
    assert isinstance(chosen, LexicalEmbedder)
    assert chosen.context_rounds == auto.CONTEXT_ROUNDS
    assert chosen.languages == ("de",)


def test_takes_the_multilingual_model_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "at_hand", lambda model: True)
    chosen = AutoEmbedder(languages=("de",)).choose(["ein Text"])
    assert isinstance(chosen, SentenceEmbedder)
    assert chosen.model == MULTILINGUAL
    english = AutoEmbedder(languages=("de", "en")).choose(["ein Text"])
    assert isinstance(english, SentenceEmbedder)
    assert english.model == "all-MiniLM-L6-v2"


@pytest.mark.usefixtures("no_multilingual")
def test_topic_model_detects_the_language(tmp_path) -> None:
    model = TopicModel().fit(GERMAN)  # without the warning of a model for English
    assert isinstance(model.embedder_, LexicalEmbedder)
    model.save(tmp_path / "model")
    loaded = TopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(GERMAN), model.labels_)
    assert loaded.embedder == "auto"


@pytest.mark.usefixtures("small_budget")
def test_refines_a_fixed_number_of_documents(corpus, caplog) -> None:
    with caplog.at_level(logging.INFO, logger="topickit"):
        model = TopicModel().fit(corpus[0])
    assert any("embedder='auto' chose DistilledEmbedder" in record.message for record in caplog.records)
    embedder = model.embedder_
    assert isinstance(embedder, DistilledEmbedder)
    assert model.fitted_.provenance.n_refined == embedder.n_refined > 0
    assert embedder.n_exact == min(50 + embedder.n_refined, len(set(corpus[0])))
    np.testing.assert_array_equal(model.predict(corpus[0]), model.labels_)
    again = TopicModel().fit(corpus[0])
    np.testing.assert_array_equal(again.labels_, model.labels_)


def test_given_embeddings_need_no_choice() -> None:
    vectors = np.random.default_rng(0).normal(size=(30, 384))
    model = TopicModel().fit([f"text {i}" for i in range(30)], embeddings=vectors)
    assert isinstance(model.embedder_, SentenceEmbedder)


def test_is_chosen_at_the_fit() -> None:
    with pytest.raises(NotFittedError, match="chosen at the fit"):
        AutoEmbedder().encode(["a text"])


def test_state_round_trip() -> None:
    embedder = AutoEmbedder(languages=["de"], random_state=3, long_documents="chunk")
    restored = AutoEmbedder.from_state(embedder.state())
    assert restored.state().config == embedder.state().config
    assert restored.fingerprint == embedder.fingerprint
