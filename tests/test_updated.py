"""Updates of a model by new documents: counts add up, topics keep their ids, new ones are found."""

from dataclasses import replace

import numpy as np
import pytest

from topickit import KeywordSettings, TopicModel
from topickit._core.vectors import unit_rows
from topickit.errors import InputError, ParameterError
from topickit.fitted.added import labels_with_added
from topickit.fitted.assigner import Assigner
from topickit.fitted.density import Block, rows_of_new_topics
from topickit.fitted.novelty import find_new_topics
from topickit.keywords.counts import TermCounts
from topickit.keywords.vocabulary import count_terms

N_GROUPS = 6
WORDS = [
    ["apple", "pear", "plum", "grape", "cherry", "orchard", "harvest", "basket"],
    ["engine", "wheel", "brake", "gearbox", "clutch", "driver", "garage", "motor"],
    ["goal", "referee", "striker", "league", "penalty", "keeper", "stadium", "match"],
    ["violin", "cello", "sonata", "concert", "opera", "melody", "orchestra", "choir"],
    ["glacier", "summit", "ridge", "climber", "rope", "valley", "avalanche", "peak"],
    ["senate", "ballot", "minister", "treaty", "budget", "election", "mayor", "vote"],
    ["kernel", "compiler", "pointer", "thread", "socket", "driver", "memory", "cache"],
]
"""Words of six topics, and of one that comes later."""
DIRECTIONS = np.linalg.qr(np.random.default_rng(0).standard_normal((24, 24)))[0].astype(np.float32)


def documents(sizes, seed):
    """Texts and vectors of groups of the given sizes, shuffled."""
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    texts = [f"{' '.join(rng.choice(WORDS[g], 4))} {rng.choice(['today', 'again', 'there'])}" for g in group]
    vectors = DIRECTIONS[group] + 0.16 * rng.standard_normal((len(group), 24)).astype(np.float32)
    return texts, vectors, group


@pytest.fixture(scope="module")
def old():
    return documents([80, 70, 60, 50, 40, 30], 1)


@pytest.fixture(scope="module")
def model(old):
    return TopicModel().fit(old[0], embeddings=old[1])


def saved(model, folder, keep_texts):
    model.save(folder, keep_texts=keep_texts)
    return TopicModel.load(folder)


@pytest.mark.parametrize("keep_texts", [True, False])
def test_an_update_without_news(model, old, tmp_path, keep_texts):
    texts, vectors, _ = documents([40, 35, 30, 25, 20, 15], 2)
    model = saved(model, tmp_path / "m", keep_texts)
    later = model.updated(texts, vectors)
    assert [topic.name for topic in later.topics_] == [topic.name for topic in model.topics_]
    np.testing.assert_array_equal(later.labels_[: len(old[0])], model.labels_)
    np.testing.assert_array_equal(later.labels_[len(old[0]) :], model.predict(texts, embeddings=vectors))
    everything = [*old[0], *texts]
    np.testing.assert_array_equal(
        later.predict(everything, embeddings=np.concatenate([old[1], vectors])), later.labels_
    )
    assert not later.change_.is_any
    assert later.change_.sentence.startswith("Nothing changed")
    assert later.change_.n_moved == (0 if keep_texts else None)
    assert [topic.size for topic in later.topics_] == np.bincount(later.labels_).tolist()
    assert {topic.since for topic in later.topics_} == {0}
    assert model.change_ is None


@pytest.mark.parametrize("keep_texts", [True, False])
def test_counts_equal_a_recount(model, old, tmp_path, keep_texts):
    texts, vectors, _ = documents([40, 35, 30, 25, 20, 15], 3)
    texts = [*texts[:100], *texts[:20], " "]
    vectors = np.concatenate([vectors[:100], vectors[:20], vectors[:1]])
    later = saved(model, tmp_path / "m", keep_texts).updated(texts, vectors)
    everything = [*old[0], *texts]
    counts = later.fitted_.counts
    settings = KeywordSettings(vocabulary=counts.terms)
    terms = count_terms(everything, np.ones(len(everything), dtype=np.int64), settings)
    again = TermCounts.of(terms, later.fitted_.labels, np.ones(len(everything)), len(later.topics_))
    assert again.terms == counts.terms
    assert (again.topics != counts.topics).nnz == 0
    np.testing.assert_array_equal(again.outliers, counts.outliers)
    assert (again.documents.topics != counts.documents.topics).nnz == 0
    np.testing.assert_array_equal(again.documents.sizes[:-1], counts.documents.sizes[:-1])
    assert sum(topic.size for topic in later.topics_) + later.topics_.n_outliers == len(everything)


@pytest.mark.parametrize("keep_texts", [True])
def test_a_new_topic_gets_a_new_id_and_its_own_words(model, old, tmp_path, keep_texts):
    texts, vectors, group = documents([40, 35, 30, 25, 20, 15, 40], 4)
    model = saved(model.rename_topics({0: "Fruit"}), tmp_path / "m", keep_texts)
    later = model.updated(texts, vectors)
    n = len(model.topics_)
    assert len(later.topics_) == n + 1
    new = later.topics_[n]
    assert (new.id, new.since) == (n, 1)
    assert set(new.words[:5]) <= set(WORDS[6])
    assert [topic.name for topic in later.topics_][:n] == [topic.name for topic in model.topics_]
    assert (later.labels_[len(old[0]) :][group == 6] == n).mean() > 0.9
    assert [change.topic for change in later.change_.of_kind("new")] == [n]
    again = saved(later, tmp_path / "later", keep_texts)
    assert again.change_ == later.change_
    assert again.topics_ == later.topics_ if keep_texts else again.topics_[n].since == 1
    twice = again.updated(*documents([40, 35, 30, 25, 20, 15, 40], 5)[:2])
    assert len(twice.topics_) == n + 1
    assert twice.topics_[n].since == 1


def test_two_updates_equal_one(model, old):
    a, b = (documents([40, 35, 30, 25, 20, 15, 30], seed)[:2] for seed in (6, 7))
    twice = model.updated(*a).updated(*b)
    once = model.updated([*a[0], *b[0]], np.concatenate([a[1], b[1]]))
    n = len(model.topics_)
    assert len(twice.topics_) == len(once.topics_) == n + 1
    both_old = (twice.labels_ < n) & (once.labels_ < n)
    np.testing.assert_array_equal(twice.labels_[both_old], once.labels_[both_old])
    assert (twice.labels_ == once.labels_).mean() > 0.99
    x, y = (documents([20] * 6, seed)[:2] for seed in (8, 9))
    twice, once = model.updated(*x).updated(*y), model.updated([*x[0], *y[0]], np.concatenate([x[1], y[1]]))
    np.testing.assert_array_equal(twice.labels_, once.labels_)
    assert twice.fitted_.counts.terms == once.fitted_.counts.terms
    assert [topic.keywords for topic in twice.topics_] == [topic.keywords for topic in once.topics_]


def test_growth_is_told(model):
    later = model.updated(*documents([20, 30, 30, 25, 20, 75], 10)[:2])
    grew, shrank = later.change_.of_kind("grew"), later.change_.of_kind("shrank")
    assert [change.name for change in grew] == [model.topics_[5].name]
    assert [change.name for change in shrank] == [model.topics_[0].name]
    assert 0 < grew[0].low < grew[0].difference < grew[0].high
    assert "grew from" in later.change_.sentence


def test_words_that_rise_are_told(model):
    texts, vectors, group = documents([40, 35, 30, 25, 20, 15], 11)
    texts = [text + " strawberry" if g == 0 else text for text, g in zip(texts, group, strict=True)]
    change = model.updated(texts, vectors).change_
    assert [(topic.topic, topic.rising) for topic in change.drifted] == [(0, ("strawberry",))]


@pytest.mark.parametrize("keep_texts", [True, False])
def test_words_that_are_no_terms_of_the_model_are_compared_with_its_texts(old, tmp_path, keep_texts):
    texts = [f"{text}, quince-jam" if text.split()[0] in WORDS[0] else text for text in old[0]]
    model = saved(TopicModel().fit(texts, embeddings=old[1]), tmp_path / "m", keep_texts)
    more, vectors, group = documents([40, 35, 30, 25, 20, 15], 11)
    more = [f"{text}, quincejam" if g == 0 else text for text, g in zip(more, group, strict=True)]
    assert "quincejam" not in model.fitted_.counts.terms
    later = model.updated(more, vectors)
    assert not any("quincejam" in topic.rising for topic in later.change_.drifted)


def block_of(vectors):
    return Block(unit_rows(vectors), np.ones(len(vectors), dtype=np.int64))


def beside(size, seed, *, shift=0.5):
    """Vectors of a subject that is as similar to a topic's prototype as many of the topic's own documents."""
    rng = np.random.default_rng(seed)
    own = DIRECTIONS[0] + shift * DIRECTIONS[8]
    return own + 0.1 * rng.standard_normal((size, 24)).astype(np.float32)


def test_a_new_topic_is_found_beside_an_old_one(model, old):
    texts, vectors, _ = documents([40, 35, 30, 25, 20, 15], 4)
    more = beside(40, 5)
    similarity = model.fitted_.assigner.similarity(unit_rows(more))
    assert (similarity > model.fitted_.provenance.similarity_p5).mean() > 0.5
    later = model.updated(
        [*texts, *(f"late {number}" for number in range(40))], np.concatenate([vectors, more])
    )
    assert len(later.topics_) == len(model.topics_) + 1
    assert (later.labels_[-40:] == len(model.topics_)).mean() > 0.8
    assert (later.labels_[: len(old[0])] == model.labels_).mean() > 0.95


def test_a_topic_that_grows_a_lot_is_not_new(model):
    later = model.updated(*documents([40, 35, 30, 25, 20, 150], 4)[:2])
    assert len(later.topics_) == len(model.topics_)
    assert [change.topic for change in later.change_.of_kind("grew")] == [5]


def test_chance_makes_no_new_topic():
    rng = np.random.default_rng(0)
    topics = np.arange(8)
    assigner = Assigner(DIRECTIONS[:8], topics, np.full(8, -1, dtype=np.float32))
    for _ in range(20):
        group = rng.integers(0, 8, 1000)
        vectors = unit_rows(DIRECTIONS[group] + 0.3 * rng.standard_normal((1000, 24)).astype(np.float32))
        assert not len(
            rows_of_new_topics(assigner, *(block_of(rows) for rows in (vectors[:250], vectors[250:])))
        )


def test_new_topics_are_as_many_as_are_stable(model, old):
    rng = np.random.default_rng(3)
    one, two = (DIRECTIONS[[7] * 80], DIRECTIONS[np.repeat([7, 8], 40)])
    for late, n_new in ((one, 1), (two, 2)):
        block = block_of(late + 0.16 * rng.standard_normal((80, 24)).astype(np.float32))
        found = find_new_topics(model.fitted_.assigner, block, block_of(model.fitted_.corpus.vectors))
        assert found.n_topics == n_new


def test_duplicates_are_counted(model):
    """Twelve different texts, each five times, are a new topic; sixty times one old text are none."""
    texts, vectors, _ = documents([40, 35, 30, 25, 20, 15], 4)
    few = np.repeat(beside(12, 5), 5, axis=0)
    late = [f"late {number}" for number in range(12) for _ in range(5)]
    later = model.updated([*texts, *late], np.concatenate([vectors, few]))
    assert len(later.topics_) == len(model.topics_) + 1
    corpus = model.fitted_.corpus
    same = [corpus.documents.texts[0]] * 60
    later = model.updated([*texts, *same], np.concatenate([vectors, corpus.vectors[:1].repeat(60, axis=0)]))
    assert len(later.topics_) == len(model.topics_)


def test_prototypes_follow_on_request(model, old, tmp_path):
    texts, vectors, _group = documents([60] * 6, 12)
    vectors = vectors + 0.3 * DIRECTIONS[7]
    kept, followed = (
        model.updated(texts, vectors, drift=drift, find_new=False) for drift in ("keep", "follow")
    )
    np.testing.assert_array_equal(kept.fitted_.assigner.prototypes, model.fitted_.assigner.prototypes)
    moves = followed.fitted_.assigner.prototypes - model.fitted_.assigner.prototypes
    assert (moves @ DIRECTIONS[7]).mean() > 0.03
    assert [topic.name for topic in followed.topics_] == [topic.name for topic in model.topics_]
    moved = followed.labels_[: len(old[0])] != model.labels_
    assert followed.change_.n_moved == moved.sum()
    with pytest.raises(InputError, match="saved without"):
        saved(model, tmp_path / "m", False).updated(texts, vectors, drift="follow")
    with pytest.raises(ParameterError, match="drift"):
        model.updated(texts, vectors, drift="away")


def test_partial_fit(old):
    model = TopicModel().partial_fit(old[0], embeddings=old[1])
    first = model.fitted_
    texts, vectors, _ = documents([10] * 6, 13)
    assert model.partial_fit(texts, embeddings=vectors) is model
    assert model.topics_.n_documents == len(old[0]) + 60
    assert len(first.labels) == len(old[0])


def test_covariates_are_joined(old):
    texts, vectors, _ = documents([10] * 6, 14)
    model = TopicModel().fit(old[0], embeddings=old[1], classes=["b"] * len(old[0]))
    later = model.updated(texts, vectors, classes=["a"] * 60, timestamps=[2024] * 60)
    assert later.fitted_.covariates.class_names == ("a", "b")
    assert np.isnat(later.fitted_.covariates.timestamps).sum() == len(old[0])


def test_nothing_and_blank_documents(model):
    assert model.updated([], np.empty((0, 24))).topics_ == model.topics_
    later = model.updated([" ", ""], np.ones((2, 24)))
    assert later.topics_.n_outliers == model.topics_.n_outliers + 2
    assert not later.change_.is_any


def test_deleted_topics_are_not_new(model, old):
    less = model.delete_topics([0], to="none")
    later = less.updated(*documents([40, 35, 30, 25, 20, 15], 15)[:2])
    assert len(later.topics_) == len(less.topics_)


def test_texts_of_both_are_one_document():
    texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    later = model.updated(["red apple", "apple juice"])
    corpus = later.fitted_.corpus
    assert (len(corpus.documents), corpus.documents.n_rows) == (7, 8)
    assert later.fitted_.provenance.digest == replace(corpus).documents.digest()
    np.testing.assert_array_equal(later.predict([*texts, "red apple", "apple juice"]), later.labels_)


def test_embeddings_without_texts(old):
    model = TopicModel().fit(None, embeddings=old[1])
    _, vectors, group = documents([40, 35, 30, 25, 20, 15, 40], 16)
    later = model.updated(None, vectors)
    assert len(later.topics_) == len(model.topics_) + 1
    assert (later.labels_[len(old[0]) :][group == 6] == len(model.topics_)).mean() > 0.9
    np.testing.assert_array_equal(
        later.predict(None, embeddings=np.concatenate([old[1], vectors])), later.labels_
    )


def test_labels_of_earlier_documents_equal_those_of_all_prototypes():
    rng = np.random.default_rng(0)
    vectors = DIRECTIONS[rng.integers(0, 8, 3000)] + 0.3 * rng.standard_normal((3000, 24)).astype(np.float32)
    vectors[5] = 0
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    prototypes = np.concatenate([DIRECTIONS[:8], 0.8 * DIRECTIONS[:8] + 0.2 * DIRECTIONS[8:16]])
    thresholds = np.full(16, 0.5, dtype=np.float32)
    after = Assigner(prototypes, np.arange(16) % 10, thresholds)
    before = replace(after, prototypes=prototypes[:9], topics=after.topics[:9], thresholds=thresholds[:9])
    labels = before.labels(vectors)
    assert -1 in labels
    found = labels_with_added(before, after, labels, vectors)
    assert (found != labels).sum() > 100
    np.testing.assert_array_equal(found, after.labels(vectors))
