import numpy as np
import pytest

from topickit import TopicModel
from topickit.analysis.hierarchy import hierarchy
from topickit.analysis.similarity import similarity


@pytest.fixture(scope="module")
def model(corpus):
    return TopicModel(embedder="lexical", clusterer="kmeans", n_topics=8).fit(corpus[0])


def pairs(a, b):
    return len(set(zip(a.tolist(), b.tolist(), strict=True)))


def test_every_cut_is_what_the_model_makes(model):
    tree = hierarchy(model.fitted_)
    for n in range(1, 9):
        at = model.at(n_topics=n)
        groups = tree.cut(n)[model.labels_]
        assert pairs(groups, at.labels_) == n == len(set(groups.tolist()))
        assert sorted(tree.sizes[list(tree.nodes(n))].tolist()) == sorted(t.size for t in at.topics_)


def test_a_tree_over_all_topics(model):
    tree = hierarchy(model.fitted_)
    assert sorted(tree.order) == list(range(8))
    assert tree.sizes[-1] == 240
    assert len(tree.names) == 15
    assert all(tree.names)
    assert (np.diff(tree.heights) >= 0).all()
    for node in range(8, 15):
        a, b = tree.parts(node)
        assert tree.sizes[a] + tree.sizes[b] == tree.sizes[node]


def test_the_saved_model_without_texts_has_the_same_tree(model, tmp_path):
    model.save(tmp_path / "m")
    loaded, tree = hierarchy(TopicModel.load(tmp_path / "m").fitted_), hierarchy(model.fitted_)
    assert (loaded.merges == tree.merges).all()
    assert loaded.names == tree.names


def test_one_topic_has_no_merges(corpus):
    tree = hierarchy(TopicModel(embedder="lexical", n_topics=1).fit(corpus[0][:20]).fitted_)
    assert tree.merges.shape == (0, 2)
    assert tree.order == (0,)


def test_similarity_is_cosine_and_similar_topics_stand_together(model):
    found = similarity(model.fitted_)
    assert (found.cosines == found.cosines.T).all()
    assert (np.diag(found.cosines) == 1).all()
    a, b = model.fitted_.means[:2].astype(float)
    assert found.cosines[0, 1] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b), abs=1e-6)
    first = hierarchy(model.fitted_).merges[0].tolist()
    places = [found.order.index(topic) for topic in first if topic < 8]
    assert abs(places[0] - places[1]) == 1
