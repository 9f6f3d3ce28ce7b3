"""Levels after edits, of models with outliers, and of unusual corpora: the same from wherever one asks."""

import numpy as np
import polars as pl
import pytest

from tests.fitted.test_edits import same_partition
from topickit import AgglomerativeClusterer, CommunityClusterer, GraphClusterer, TopicModel
from topickit._core.vectors import unit_rows
from topickit.cluster.result import ClusteringResult
from topickit.errors import ParameterError, ParameterTypeError, TopickitWarning

AXES = np.eye(8)


def texts(n):
    return [f"text {i}" for i in range(n)]


def sizes(model):
    return [topic.size for topic in model.topics_]


def blobs(*centres, noise=0.02):
    """Rows around centres, given with how many there are of each."""
    rows = np.vstack([np.tile(centre / np.linalg.norm(centre), (n, 1)) for centre, n in centres])
    return rows + np.random.default_rng(0).normal(0, noise, rows.shape)


class Columns:
    """Groups rows by the largest of their first columns, in two ways if asked."""

    sample_size = None

    def __init__(self, n, other=None):
        self.n, self.other = n, other

    def cluster(self, vectors, weights):
        labels = vectors[:, : self.n].argmax(axis=1).astype(np.int64)
        others = () if self.other is None else (labels * 2 + (vectors[:, self.other] > 0),)
        return ClusteringResult(labels, resampled_labels=others)


def test_a_deletion_lets_no_two_topics_count_as_parts_of_one():
    _, b, c, d, e, f = AXES[:6]
    rows = blobs(
        *((b - 0.6 * AXES[6], 60), (b, 50), (b + 0.3 * c, 40), (d, 20), (0.6 * d + 0.8 * e, 15), (f, 10)),
        noise=0.005,
    )
    model = TopicModel(clusterer="kmeans", n_topics=6).fit(texts(len(rows)), embeddings=rows)
    left = model.delete_topics([0])
    assert sizes(left.at(3)) == sizes(left.at(4).at(3)) == [150, 35, 10]


def test_what_a_split_leaves_is_the_level_that_others_start_from():
    a, b, c, d, e = AXES[:5]
    rows = blobs((a, 60), (b + 0.45 * e, 25), (b - 0.45 * e, 25), (c, 30), (d, 29))
    model = TopicModel(clusterer=Columns(4)).fit(texts(len(rows)), embeddings=rows).split_topic(0)
    assert len(model.topics_) == 5
    assert same_partition(model.labels_, model.at(2).at(5).labels_)


def test_outliers_stay_outliers_at_a_finer_level():
    def at(degrees):
        return np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], axis=1)

    class Given:
        sample_size = None

        def cluster(self, vectors, weights):
            centres, topics = at([0.0, 40.0, 90.0]).astype(np.float32), np.array([0, 0, 1])
            labels = topics[(vectors @ centres.T).argmax(axis=1)]
            return ClusteringResult(labels, prototypes=centres, prototype_clusters=topics)

    rows = at(np.r_[np.linspace(-1, 1, 60), np.linspace(61, 63, 6), np.linspace(66, 135, 40)])
    model = TopicModel(clusterer=Given(), outliers=0.1).fit(texts(106), embeddings=rows)
    again = model.at(1).at(2)
    np.testing.assert_array_equal(model.labels_, again.labels_)
    np.testing.assert_array_equal(again.labels_, again.predict(texts(106), embeddings=rows))
    assert (model.labels_ < 0).any()


def test_communities_can_be_told_apart_again():
    rows = np.repeat(np.eye(5), 15, axis=0) + np.random.default_rng(0).normal(0, 0.02, (75, 5))
    model = TopicModel(clusterer=CommunityClusterer(0.8, 5)).fit(texts(75), embeddings=rows)
    assert same_partition(model.at(3).labels_, model.at(2).at(3).labels_)
    with pytest.raises(ParameterError, match=r"1 to 5.*higher threshold"):
        model.at(6)


def test_a_topic_that_is_found_again_has_the_stability_that_was_found():
    rows = np.repeat(np.eye(3, 4), 40, axis=0)
    rows[:, 3] = np.tile([0.3, -0.3], 60)
    rows += np.random.default_rng(0).normal(0, 0.01, rows.shape)
    model = TopicModel(clusterer=Columns(3, other=3)).fit(texts(120), embeddings=rows)
    again = model.at(2).at(3)
    assert same_partition(model.labels_, again.labels_)
    assert [t.stability for t in again.topics_] == [t.stability for t in model.topics_] == [0.5] * 3


def test_a_found_stability_survives_saving(tmp_path):
    rows = blobs((AXES[0], 40), (AXES[1], 30), (AXES[2], 20))
    model = TopicModel(clusterer=Columns(3, other=3)).fit(texts(90), embeddings=rows)
    model.save(tmp_path / "m", keep_texts=True)
    loaded = TopicModel.load(tmp_path / "m")
    assert loaded.fitted_.base_level.stability == model.fitted_.base_level.stability
    assert [t.stability for t in loaded.at(2).at(3).topics_] == [t.stability for t in model.topics_]


def test_a_cut_is_named_after_its_parts_only_where_all_are_named_alike():
    rows = blobs(*zip(AXES[:4], (40, 30, 20, 5), strict=True))
    model = TopicModel(clusterer="kmeans", n_topics=4).fit(texts(95), embeddings=rows)
    named = model.rename_topics({3: "tiny"})
    assert named.at(1).topics_[0].name != "tiny"
    assert named.merge_topics([[2, 3]]).fitted_.given_names == {2: "tiny"}  # the user's own decision


def test_the_number_found_asked_for_gives_what_was_found_small_topics_included(shared_data):
    questions = pl.read_parquet(shared_data / "banking77.parquet")["text"].to_list()
    vectors = np.load(shared_data / "embeddings" / "banking77.npy")
    free = TopicModel().fit(questions, embeddings=vectors)
    documents, n = free.fitted_.corpus.documents, len(free.topics_)
    rows = documents.sample(GraphClusterer.sample_size)
    assert GraphClusterer().cluster(free.fitted_.corpus.vectors[rows], documents.weights[rows]).n_clusters < n
    told = TopicModel(n_topics=n).fit(questions, embeddings=vectors)
    np.testing.assert_array_equal(free.labels_, told.labels_)
    assert len(TopicModel(n_topics=n + 1).fit(questions, embeddings=vectors).topics_) == n + 1


@pytest.mark.parametrize("seed", range(5))
def test_few_documents_are_cut_likewise(seed):
    rows = np.random.default_rng(seed).normal(size=(24, 8))
    free = TopicModel().fit(texts(24), embeddings=rows)
    for n in range(1, len(free.topics_) + 1):
        told = TopicModel(n_topics=n).fit(texts(24), embeddings=rows)
        assert same_partition(told.labels_, free.at(n).labels_)
    assert len(TopicModel(n_topics=12).fit(texts(24), embeddings=rows).topics_) == 12


@pytest.mark.parametrize("clusterer", [GraphClusterer(n_clusters=2), AgglomerativeClusterer(n_clusters=2)])
def test_a_row_without_weight_only_gets_a_label(clusterer):
    rows = [[1, i / 100] for i in range(9)] + [[i / 100, 1] for i in range(9)]
    weights = np.ones(18)
    weights[-1] = 0
    labels = clusterer.fit(rows, sample_weight=weights).labels_
    assert same_partition(labels, np.repeat([0, 1], 9))


def test_rows_without_weight_do_not_change_the_groups_of_others():
    rng = np.random.default_rng(0)
    of = np.arange(400) % 4
    rows = unit_rows(unit_rows(rng.normal(size=(4, 32)))[of] + 1.4 * rng.normal(size=(400, 32)) / 32**0.5)
    weights = np.ones(400)
    weights[:40] = 0
    with_them = GraphClusterer().fit(rows, sample_weight=weights).labels_
    assert same_partition(with_them[40:], GraphClusterer().fit(rows[40:]).labels_)


def test_topics_are_found_where_most_documents_have_no_vector():
    rows = np.zeros((2000, 8))
    rows[:20] = np.repeat(np.eye(2, 8), 10, axis=0)
    with pytest.warns(TopickitWarning, match="all zeros"):
        model = TopicModel(fit_sample=20).fit(texts(2000), embeddings=rows)
    assert (model.labels_[:20] >= 0).all()
    assert (model.labels_[20:] < 0).all()


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: TopicModel(random_state=2**32), ParameterError),
        (lambda: TopicModel(outliers=False), ParameterError),
        (lambda: TopicModel(clusterer=AgglomerativeClusterer(2, memory_budget="4GB")), ParameterTypeError),
        (lambda: TopicModel(clusterer=AgglomerativeClusterer(2, memory_budget=-1)), ParameterError),
        (lambda: TopicModel(clusterer=AgglomerativeClusterer(distance_threshold="far")), ParameterTypeError),
        (lambda: TopicModel(clusterer=AgglomerativeClusterer(distance_threshold=np.nan)), ParameterError),
    ],
)
def test_settings_are_refused_by_name(make, error):
    with pytest.raises(error, match=r"random_state|outliers|memory_budget|distance_threshold"):
        make().fit(texts(6), embeddings=np.eye(6))


def test_a_foreign_clusterer_is_not_asked_about_no_rows():
    from sklearn.cluster import KMeans

    with pytest.warns(TopickitWarning, match="all zeros"):
        model = TopicModel(clusterer=KMeans(2)).fit(texts(6), embeddings=np.zeros((6, 3)))
    assert (model.labels_ == -1).all()


def scattered(n=240):
    rng = np.random.default_rng(5)
    centres = rng.normal(size=(8, 12))
    return centres[np.arange(n) % 8] + rng.normal(0, 0.9, (n, 12))


@pytest.mark.parametrize(
    "edit",
    [
        lambda model: model.with_outliers(0.2),
        lambda model: model.delete_topics([model.topics_[:1][0].id]),
        lambda model: model.delete_topics([model.topics_[-1:][0].id]),
    ],
)
@pytest.mark.parametrize("n_topics", [3, 5, 12])
def test_an_edit_of_another_level_makes_it_the_one_to_start_from(edit, n_topics):
    rows = scattered()
    model = TopicModel(clusterer="kmeans", n_topics=8).fit(texts(len(rows)), embeddings=rows)
    model = edit(TopicModel(clusterer=Columns(8)).fit(texts(len(rows)), embeddings=rows).at(n_topics))
    n = len(model.topics_)
    for other in (1, 2, n + 1):
        assert same_partition(model.at(other).at(n).labels_, model.labels_)
    finer = model.at(n + 1).labels_
    assert all(len(np.unique(model.labels_[finer == topic])) == 1 for topic in np.unique(finer))


def test_a_deletion_leaves_no_more_outliers_than_were_asked_for():
    rows = scattered()
    model = TopicModel(clusterer=Columns(8), outliers=0.05).fit(texts(len(rows)), embeddings=rows)
    assert model.delete_topics([0]).topics_.outlier_share <= 0.05


def test_a_split_into_more_than_there_are_vectors_is_refused():
    rows = np.repeat(np.eye(2), 10, axis=0)
    model = TopicModel(clusterer=Columns(2)).fit(texts(20), embeddings=rows)
    with pytest.raises(ParameterError, match="cannot be split into 5: its documents have 1 distinct vectors"):
        model.split_topic(0, 5)


def test_a_model_without_topics_says_so():
    with pytest.warns(TopickitWarning):
        model = TopicModel().fit(texts(5), embeddings=np.zeros((5, 3)))
    for edit in (
        lambda: model.merge_topics([]),
        lambda: model.delete_topics([]),
        lambda: model.at(1),
        lambda: model.rename_topics({0: "x"}),
    ):
        with pytest.raises(ParameterError, match="has no topics"):
            edit()


def test_a_name_that_no_file_can_hold_is_refused():
    rows = blobs((AXES[0], 10), (AXES[1], 10))
    model = TopicModel(clusterer=Columns(2)).fit(texts(20), embeddings=rows)
    with pytest.raises(ParameterError, match="surrogate"):
        model.rename_topics({0: "\ud800"})


@pytest.mark.parametrize("share", [0, 0.3])
def test_later_edits_keep_to_the_share_that_was_set_last(share):
    rows = scattered()
    model = TopicModel(clusterer=Columns(8), outliers=0.1).fit(texts(len(rows)), embeddings=rows)
    deleted = model.with_outliers(share).delete_topics([5])
    assert deleted.outliers == share
    assert share * 0.7 <= deleted.topics_.outlier_share <= share
    assert model.outliers == 0.1


def test_keywords_of_a_level_are_the_same_by_all_ways_to_it(shared_data):
    frame = pl.read_parquet(shared_data / "stackoverflow_titles.parquet").gather_every(30)
    rows = unit_rows(
        np.load(shared_data / "embeddings" / "stackoverflow_titles.npy")[::30].astype(np.float32)
    )
    model = TopicModel().fit(frame["text"].to_list(), embeddings=rows)
    found = len(model.topics_)
    for steps in ([3 * found, 5], [3 * found, found], [2 * found, found + 4, 5], [3 * found, found + 4]):
        there = model
        for n in steps:
            there = there.at(n)
        direct = model.at(steps[-1])
        assert same_partition(there.labels_, direct.labels_)
        if steps[-1] <= found:
            np.testing.assert_array_equal(there.labels_, direct.labels_)
        for what in ("keywords", "name"):
            one, other = (sorted(getattr(topic, what) for topic in m.topics_) for m in (there, direct))
            assert one == other
