"""The contracts of DESIGN, for every clusterer in the table; each of these tests can fail."""

import copy
import warnings

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from tests.conftest import make_corpus
from topickit.cluster.base import CLUSTERERS
from topickit.embed.lexical import LexicalEmbedder
from topickit.errors import TopickitWarning
from topickit.model import TopicModel

TEXTS, SUBJECTS = make_corpus(120)
TEXTS = [*TEXTS, *TEXTS[:9], "", "  \n"]
EMBEDDER = LexicalEmbedder(dimension=32)
BY_NAME = pytest.mark.parametrize("name", CLUSTERERS)


def make(name: str, **options: object) -> TopicModel:
    clusterer: object = name
    if name == "community":
        from topickit.cluster.community.clusterer import CommunityClusterer

        clusterer = CommunityClusterer(threshold=0.3, min_community_size=3)
    return TopicModel(embedder=EMBEDDER, clusterer=clusterer, **options)


@pytest.fixture(scope="module")
def models() -> dict[str, TopicModel]:
    return {name: make(name).fit(TEXTS) for name in CLUSTERERS}


@BY_NAME
def test_finds_the_subjects(models, name):
    found = models[name].labels_[: len(SUBJECTS)]
    assert adjusted_rand_score(SUBJECTS, found) > 0.5


@BY_NAME
def test_labels_are_what_predict_says(models, name):
    np.testing.assert_array_equal(models[name].predict(TEXTS), models[name].labels_)


@BY_NAME
def test_one_alone_as_in_the_batch(models, name):
    new = [*TEXTS[:30], "a boat with a sail", "flour and butter", "zzz", ""]
    batch = models[name].predict(new)
    assert [models[name].predict([text])[0] for text in new] == batch.tolist()
    together = models[name].transform(new)
    alone = np.concatenate([models[name].transform([text]) for text in new])
    np.testing.assert_allclose(together, alone, atol=1e-6)


@BY_NAME
def test_transform_is_a_distribution_whose_peak_is_the_label(models, name):
    model = models[name]
    distribution = model.transform(TEXTS)
    assert distribution.shape == (len(TEXTS), len(model.topics_))
    np.testing.assert_allclose(distribution.sum(axis=1), 1, atol=1e-5)
    known = model.labels_ >= 0
    np.testing.assert_array_equal(distribution[known].argmax(axis=1), model.labels_[known])
    np.testing.assert_allclose(make(name).fit_transform(TEXTS), distribution, atol=1e-6)


@BY_NAME
def test_deterministic_whatever_the_threads(models, name):
    with threadpool_limits(limits=1):
        again = make(name).fit(TEXTS)
    np.testing.assert_array_equal(again.labels_, models[name].labels_)
    assert [topic.keywords for topic in again.topics_] == [topic.keywords for topic in models[name].topics_]
    np.testing.assert_array_equal(again.fitted_.assigner.prototypes, models[name].fitted_.assigner.prototypes)


@BY_NAME
def test_order_free(models, name):
    order = np.random.default_rng(5).permutation(len(TEXTS))
    shuffled = make(name).fit([TEXTS[i] for i in order])
    np.testing.assert_array_equal(shuffled.labels_, models[name].labels_[order])
    assert list(shuffled.topics_) == list(models[name].topics_)


@BY_NAME
def test_duplicates_get_equal_labels_and_weigh(models, name):
    model = models[name]
    np.testing.assert_array_equal(model.labels_[120:129], model.labels_[:9])
    assert sum(topic.size for topic in model.topics_) + model.topics_.n_outliers == len(TEXTS)
    sizes = np.bincount(model.labels_[model.labels_ >= 0])
    assert [topic.size for topic in model.topics_] == sizes.tolist()


@BY_NAME
def test_ids_fall_by_size_and_blank_is_an_outlier(models, name):
    sizes = [topic.size for topic in models[name].topics_]
    assert sizes == sorted(sizes, reverse=True)
    assert models[name].labels_[-2:].tolist() == [-1, -1]
    assert models[name].predict(["", "\t"]).tolist() == [-1, -1]


@BY_NAME
def test_saved_is_loaded_is_live(models, name, tmp_path):
    new = ["a boat with a sail", "flour and butter", "zzz", *TEXTS]
    for keep in (False, True):
        models[name].save(tmp_path / "m", keep_texts=keep)
        loaded = TopicModel.load(tmp_path / "m")
        np.testing.assert_array_equal(loaded.labels_, models[name].labels_)
        np.testing.assert_array_equal(loaded.predict(new), models[name].predict(new))
        np.testing.assert_array_equal(loaded.transform(new), models[name].transform(new))
        assert [t.keywords for t in loaded.topics_] == [t.keywords for t in models[name].topics_]
        assert bool(loaded.topics_[0].representative_documents) is keep


@BY_NAME
def test_inputs_are_untouched(name):
    texts = list(TEXTS)
    embeddings = np.random.default_rng(0).normal(size=(len(texts), 12))
    embeddings.setflags(write=False)
    before_texts, before = copy.deepcopy(texts), embeddings.copy()
    model = make(name)
    parameters = copy.deepcopy(model.get_params(deep=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TopickitWarning)  # random vectors hold no community
        model.fit(texts, embeddings=embeddings)
    model.predict(texts, embeddings=embeddings)
    assert texts == before_texts
    np.testing.assert_array_equal(embeddings, before)
    after = model.get_params(deep=False)
    assert {k: repr(v) for k, v in after.items()} == {k: repr(v) for k, v in parameters.items()}
    assert EMBEDDER._learned is None


@BY_NAME
@pytest.mark.parametrize("n", [1, 2, 3, 5, 10, 30])
def test_small_data(name, n):
    texts, _ = make_corpus(n, seed=3)
    model = TopicModel(embedder="lexical", clusterer=name)
    with warnings.catch_warnings():
        # the default communities need ten alike, which five texts cannot be: said, and answered
        warnings.simplefilter("ignore" if name == "community" else "error", TopickitWarning)
        model.fit(texts)
    assert (model.labels_ >= 0).any()
    assert len(model.topics_) >= 1
    assert len(model.topics_) < max(2, n)
    np.testing.assert_array_equal(model.predict(texts), model.labels_)


@BY_NAME
def test_all_documents_equal(name):
    model = TopicModel(embedder="lexical", clusterer=name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if name == "community" else "error", TopickitWarning)
        model.fit(["the same text"] * 25)
    assert model.labels_.tolist() == [0] * 25
    assert model.topics_[0].size == 25


@pytest.mark.parametrize("name", ["graph", "kmeans", "agglomerative"])
@pytest.mark.parametrize("n_topics", [1, 2, 3, 7])
def test_exactly_as_many_topics_as_asked_for(name, n_topics):
    assert len(make(name, n_topics=n_topics).fit(TEXTS).topics_) == n_topics
