"""Ids of topics: they stay under edits, and are not used again."""

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit.fitted.level_ids import with_base_ids
from topickit.model import TopicModel

TEXTS, _ = make_corpus(160)


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel(embedder="lexical", n_topics=6).fit(TEXTS)


def ids(model):
    return [topic.id for topic in model.topics_]


def names(model):
    return {topic.id: topic.name for topic in model.topics_}


def test_a_fit_numbers_topics_by_falling_size(model):
    sizes = [topic.size for topic in model.topics_]
    assert ids(model) == list(range(6))
    assert sizes == sorted(sizes, reverse=True)
    assert model.fitted_.next_id == 6


def test_a_merge_keeps_the_id_of_the_largest_and_the_other_topics(model):
    merged = model.merge_topics([[4, 1], [2, 3]])
    assert ids(merged) == [0, 1, 2, 5]
    stayed = np.isin(model.labels_, [0, 5])
    np.testing.assert_array_equal(merged.labels_[stayed], model.labels_[stayed])
    assert {t: names(merged)[t] for t in (0, 5)} == {t: names(model)[t] for t in (0, 5)}


def test_a_split_keeps_the_id_for_the_largest_part(model):
    more = model.split_topic(2, 3)
    assert ids(more) == [0, 1, 2, 3, 4, 5, 6, 7]
    parts = [more.topics_[topic].size for topic in (2, 6, 7)]
    assert parts == sorted(parts, reverse=True)
    for topic in (0, 1, 3, 4, 5):
        assert names(more)[topic] == names(model)[topic]


@pytest.mark.parametrize("to", ["next", "none"])
def test_the_id_of_a_deleted_topic_is_not_used_again(model, to):
    less = model.delete_topics([5], to=to)
    assert ids(less) == [0, 1, 2, 3, 4]
    assert names(less) == {t: name for t, name in names(model).items() if t != 5}
    assert ids(less.split_topic(0)) == [0, 1, 2, 3, 4, 6]
    assert ids(less.delete_topics([0]).at(5)) == [1, 2, 3, 4, 6]


def test_saved_ids_are_read_and_not_used_again(model, tmp_path):
    less = model.delete_topics([5, 2])
    less.save(tmp_path / "m", keep_texts=True)
    loaded = TopicModel.load(tmp_path / "m")
    assert ids(loaded) == [0, 1, 3, 4]
    np.testing.assert_array_equal(loaded.labels_, less.labels_)
    assert ids(loaded.split_topic(4)) == [0, 1, 3, 4, 6]


def test_levels_return_to_the_ids_that_they_had(model):
    for n in (1, 3, 5):
        coarser = model.at(n)
        assert set(ids(coarser)) <= set(ids(model))
        np.testing.assert_array_equal(coarser.at(6).labels_, model.labels_)
    finer = model.at(9)
    assert set(ids(finer)) == set(range(9))
    np.testing.assert_array_equal(finer.at(6).labels_, model.labels_)


def test_ids_and_rows_are_translated(model):
    fitted = model.delete_topics([1]).fitted_
    assert fitted.ids.tolist() == [0, 2, 3, 4, 5]
    assert fitted.ids_of(np.array([1, -1, 4])).tolist() == [2, -1, 5]
    assert fitted.rows_of(np.array([[2], [-1]])).tolist() == [[1], [-1]]
    assert with_base_ids(fitted).base_level.ids == fitted.base_level.ids
