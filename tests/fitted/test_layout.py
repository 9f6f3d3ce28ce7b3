import numpy as np
import pytest

from topickit import TopicModel
from topickit.fitted.layout import make_layout, topic_places


@pytest.fixture(scope="module")
def model(corpus):
    return TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(corpus[0])


def neighbours_of_own_group(points, truth):
    gaps = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(gaps, np.inf)
    return (truth[gaps.argsort(axis=1)[:, :5]] == truth[:, None]).mean()


def test_groups_stay_together_and_it_is_the_same_every_time(blobs):
    vectors, truth = blobs
    found = make_layout(vectors, np.arange(len(vectors)))
    assert found.method == "umap"
    assert found.n_placed == len(vectors)
    assert np.isfinite(found.points).all()
    assert neighbours_of_own_group(found.points, truth) > 0.95
    assert (make_layout(vectors, np.arange(len(vectors))).points == found.points).all()


def test_others_are_placed_among_their_neighbours(blobs):
    vectors, truth = blobs
    found = make_layout(vectors, np.arange(0, len(vectors), 2))
    assert found.n_placed == len(vectors) // 2
    assert neighbours_of_own_group(found.points, truth) > 0.95


@pytest.mark.parametrize("n", [1, 2, 5, 29])
def test_very_small_collections(n):
    vectors = np.eye(30, dtype=np.float32)[:n]
    found = make_layout(vectors, np.arange(n))
    assert found.method == "axes"
    assert found.points.shape == (n, 2)
    assert np.isfinite(found.points).all()


def test_input_is_not_changed(blobs):
    before = blobs[0].copy()
    make_layout(blobs[0], np.arange(len(before)))
    assert (blobs[0] == before).all()


def test_made_once_and_kept_through_edits_and_saving(model, tmp_path, monkeypatch):
    made = model.fitted_.corpus.layout
    model.save(tmp_path / "m", keep_texts=True)
    monkeypatch.setattr("topickit.fitted.corpus.make_layout", None)  # may not run again
    assert model.fitted_.corpus.layout is made
    assert model.at(n_topics=2).fitted_.corpus.layout is made
    loaded = TopicModel.load(tmp_path / "m")
    assert (loaded.fitted_.corpus.layout.points == made.points).all()


def test_saving_draws_the_map(corpus, tmp_path, monkeypatch):
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(corpus[0][:60])
    model.save(tmp_path / "m", keep_texts=True)
    monkeypatch.setattr("topickit.fitted.corpus.make_layout", None)
    assert TopicModel.load(tmp_path / "m").fitted_.corpus.layout.points.shape == (60, 2)


def test_without_documents_there_is_none(model, tmp_path):
    model.save(tmp_path / "m")
    assert TopicModel.load(tmp_path / "m").fitted_.corpus is None


def test_names_stand_where_the_documents_are():
    points = np.concatenate([np.zeros((30, 2)), np.full((10, 2), 9.0), np.full((5, 2), 5.0)]).astype(
        np.float32
    )
    labels = np.repeat([0, 0, 1], [30, 10, 5])
    places = topic_places(points, labels, np.ones(45, dtype=np.int64), 3)
    assert places[0].tolist() == [0, 0]  # not in the empty middle of its two parts
    assert places[1].tolist() == [5, 5]
    assert np.isnan(places[2]).all()
