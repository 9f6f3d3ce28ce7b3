"""Keywords by other settings without a fit, and parameters that are set after it."""

import warnings

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit import KeywordSettings, TopicModel
from topickit.errors import InputError, ParameterError, TopickitWarning

TEXTS, _ = make_corpus(160)
SETTINGS = [
    KeywordSettings(n_keywords=3),
    KeywordSettings(weighting="bm25", reduce_frequent=True),
    KeywordSettings(rerank=False),
    KeywordSettings(phrases=False),
    KeywordSettings(extra_stop_words=("boat", "planet", "onion")),
    KeywordSettings(n_gram_range=(1, 2), min_document_frequency=3),
    KeywordSettings(tokenizer=str.split),
    KeywordSettings(vocabulary=("boat", "planet", "loan")),
]


def fit(settings=None):
    return TopicModel(embedder="lexical", clusterer="kmeans", keywords=settings).fit(TEXTS)


def described(model):
    return [(topic.name, topic.keywords, topic.risk_ratios, topic.size) for topic in model.topics_]


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return fit()


@pytest.mark.parametrize("settings", SETTINGS, ids=range(len(SETTINGS)))
def test_keywords_are_those_of_a_fit(model, settings):
    before, after = described(model), model.with_keywords(settings)
    other = fit(settings)
    assert described(after) == described(other)
    np.testing.assert_array_equal(after.labels_, model.labels_)
    assert described(model) == before
    assert after.get_params(deep=False)["keywords"] is settings
    assert after.fitted_.provenance == other.fitted_.provenance
    assert described(after.with_keywords()) == before
    assert described(after.merge_topics([[0, 1]])) == described(other.merge_topics([[0, 1]]))


def test_given_names_stay(model):
    renamed = model.rename_topics({0: "my name"}).with_keywords(KeywordSettings(n_keywords=2))
    assert renamed.topics_[0].name == "my name"
    assert len(renamed.topics_[0].keywords) == 2


def test_without_texts_only_counts_are_needed(model, tmp_path):
    model.save(tmp_path / "m")
    loaded = TopicModel.load(tmp_path / "m")
    for settings in (SETTINGS[0], SETTINGS[2]):
        assert described(loaded.with_keywords(settings)) == described(model.with_keywords(settings))
    assert loaded.with_keywords(SETTINGS[1]).topics_[0].keywords
    with pytest.raises(InputError, match="counting other terms needs the training documents"):
        loaded.with_keywords(KeywordSettings(phrases=False))
    with pytest.raises(InputError, match="re-ranking keywords needs the training documents"):
        loaded.with_keywords(SETTINGS[2]).with_keywords(KeywordSettings())


def test_other_values_are_refused(model):
    with pytest.raises(ParameterError, match="must be None or a KeywordSettings, got 5"):
        model.with_keywords(5)


def test_keywords_set_after_the_fit_are_for_the_next_fit():
    model = fit().set_params(keywords=KeywordSettings(n_keywords=2))
    with pytest.warns(TopickitWarning, match=r"keywords= was changed after the fit .* use with_keywords"):
        assert len(model.merge_topics([[0, 1]]).topics_[0].keywords) > 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(TEXTS)
        assert len(model.fit(TEXTS).merge_topics([[0, 1]]).topics_[0].keywords) == 2


def test_an_embedder_set_after_the_fit_is_for_the_next_fit(tmp_path):
    model = fit()
    model.set_params(embedder=lambda texts: np.ones((len(texts), 3)))
    with pytest.warns(TopickitWarning, match="embedder=.* was set after the fit"):
        np.testing.assert_array_equal(model.predict(TEXTS), model.labels_)
    model.set_params(embedder="lexical").predict(TEXTS)
    model.save(tmp_path / "m")
    TopicModel.load(tmp_path / "m").rename_topics({0: "x"}).predict(TEXTS)
