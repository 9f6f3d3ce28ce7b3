"""Edits of topics: a new model each, which predicts as it was edited."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from tests.conftest import make_corpus
from topickit.analysis.hierarchy import hierarchy
from topickit.cluster.community.clusterer import CommunityClusterer
from topickit.cluster.graph import GraphClusterer
from topickit.errors import InputError, ParameterError, ParameterTypeError, TopicNotFoundError
from topickit.model import TopicModel

TEXTS, _ = make_corpus(160)


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel(embedder="lexical", n_topics=6).fit(TEXTS)


@pytest.fixture(scope="module")
def loaded(model, tmp_path_factory) -> TopicModel:
    path = tmp_path_factory.mktemp("models") / "m"
    model.save(path)
    return TopicModel.load(path)


def same_partition(a, b):
    return len(set(zip(a.tolist(), b.tolist(), strict=True))) == len(set(a.tolist())) == len(set(b.tolist()))


@pytest.mark.parametrize("which", ["model", "loaded"])
def test_merge(which, request):
    model = request.getfixturevalue(which)
    before = model.labels_.copy()
    merged = model.merge_topics([[1, 4], [2, 3]])
    expected = np.array([0, 1, 2, 2, 1, 3])[model.labels_]
    assert same_partition(merged.labels_, expected)
    assert [topic.size for topic in merged.topics_] == np.bincount(expected).tolist()
    np.testing.assert_array_equal(merged.predict(TEXTS), merged.labels_)
    np.testing.assert_array_equal(model.labels_, before)
    assert len(model.topics_) == 6
    total = merged.fitted_.counts.topics.sum() + merged.fitted_.counts.outliers.sum()
    assert total == model.fitted_.counts.topics.sum() + model.fitted_.counts.outliers.sum()


def test_a_merge_is_the_same_with_and_without_texts(model, loaded):
    one, other = model.merge_topics([[0, 5]]), loaded.merge_topics([[0, 5]])
    np.testing.assert_array_equal(one.labels_, other.labels_)
    assert [t.keywords for t in one.topics_] == [t.keywords for t in other.topics_]
    np.testing.assert_allclose(one.fitted_.means, other.fitted_.means, atol=1e-5)


def test_merge_of_one_group_may_be_written_flat(model):
    np.testing.assert_array_equal(model.merge_topics([1, 4]).labels_, model.merge_topics([[1, 4]]).labels_)


def test_levels_nest(model):
    finer = model.labels_
    for n in (5, 4, 3, 2, 1):
        coarser = model.at(n)
        assert len(coarser.topics_) == n
        assert len(set(zip(finer.tolist(), coarser.labels_.tolist(), strict=True))) == len(
            set(finer.tolist())
        )
        np.testing.assert_array_equal(coarser.predict(TEXTS), coarser.labels_)
        finer = coarser.labels_


def test_delete_moves_the_documents_to_the_next_topic(model):
    less = model.delete_topics([2])
    assert len(less.topics_) == 5
    assert (less.labels_ >= 0).all()
    stayed = model.labels_ != 2
    assert same_partition(less.labels_[stayed], model.labels_[stayed])
    np.testing.assert_array_equal(less.predict(TEXTS), less.labels_)


def test_split(model):
    more = model.split_topic(0, 3)
    assert len(more.topics_) == 8
    np.testing.assert_array_equal(more.predict(TEXTS), more.labels_)
    others = model.labels_ != 0
    assert adjusted_rand_score(more.labels_[others], model.labels_[others]) > 0.9


@pytest.mark.parametrize("which", ["model", "loaded"])
def test_names_are_kept_by_later_edits(which, request):
    model = request.getfixturevalue(which)
    renamed = model.rename_topics({0: "first", 3: "fourth"})
    assert renamed.topics_[0].name == "first"
    assert model.topics_[0].name != "first"
    merged = renamed.merge_topics([[1, 2]])
    assert {"first", "fourth"} <= {topic.name for topic in merged.topics_}
    both = renamed.merge_topics([[0, 3]])
    assert not {"first", "fourth"} & {topic.name for topic in both.topics_}


def test_an_edited_model_is_saved_as_edited(model, tmp_path):
    edited = model.merge_topics([[0, 1]]).rename_topics({0: "both"})
    edited.save(tmp_path / "edited")
    again = TopicModel.load(tmp_path / "edited")
    np.testing.assert_array_equal(again.predict(TEXTS), edited.labels_)
    assert again.topics_[0].name == "both"


def test_what_moves_documents_needs_them(loaded):
    for edit in (
        lambda: loaded.delete_topics([0]),
        lambda: loaded.split_topic(0),
        lambda: loaded.with_outliers(0.1),
    ):
        with pytest.raises(InputError, match="keep_texts=True"):
            edit()


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (lambda m: m.merge_topics([[0, 9]]), TopicNotFoundError),
        (lambda m: m.merge_topics([[0, -1]]), TopicNotFoundError),
        (lambda m: m.merge_topics([[0, 1], [1, 2]]), ParameterError),
        (lambda m: m.delete_topics([6]), TopicNotFoundError),
        (lambda m: m.delete_topics(range(6)), ParameterError),
        (lambda m: m.rename_topics({7: "x"}), TopicNotFoundError),
        (lambda m: m.rename_topics({0: " "}), ParameterError),
        (lambda m: m.split_topic(0, 1), ParameterError),
        (lambda m: m.split_topic(0, 1000), ParameterError),
        (lambda m: m.at(0), ParameterError),
        (lambda m: m.at(100), ParameterError),
        (lambda m: m.with_outliers(1.5), ParameterError),
        (lambda m: m.topics_[-1], TopicNotFoundError),
        (lambda m: m.topics_[6], TopicNotFoundError),
    ],
)
def test_bad_edits(model, edit, error):
    with pytest.raises(error):
        edit(model)


def test_finer_levels_split_topics_and_nest(model):
    coarse = model.at(3)
    most = len(coarse.fitted_.assigner.topics)
    before = coarse.labels_
    for n in (4, 6, 8):
        finer = coarse.at(n)
        assert len(finer.topics_) == n <= most
        pairs = set(zip(finer.labels_.tolist(), before.tolist(), strict=True))
        assert len(pairs) == n  # each topic lies in one of the level above
        np.testing.assert_array_equal(finer.predict(TEXTS), finer.labels_)
        before = finer.labels_
    with pytest.raises(ParameterError, match="finest level"):
        coarse.at(most + 1)


def test_a_level_finer_than_the_topics_needs_the_corpus(loaded):
    with pytest.raises(InputError, match="without"):
        loaded.at(len(loaded.topics_) + 1)


def test_wrong_kinds_of_topic_lists_are_named(model):
    for call, wrong in ((model.delete_topics, 3.5), (model.merge_topics, 3)):
        with pytest.raises(ParameterTypeError, match="must be given as"):
            call(wrong)
    with pytest.raises(ParameterTypeError, match="must be an int"):
        model.at("3")


def test_stability_follows_the_topics():
    model = TopicModel(embedder="lexical").fit(TEXTS)
    known = {topic.words: topic.stability for topic in model.topics_}
    assert all(0 <= value <= 1 for value in known.values())
    merged = model.merge_topics([[0, 1]])
    new = int(merged.labels_[model.labels_ == 0][0])
    assert 0 <= merged.topics_[new].stability <= 1
    assert {t.words: t.stability for t in merged.topics_ if t.id != new}.items() <= known.items()
    kept = {topic.words: topic.stability for topic in model.rename_topics({0: "named"}).topics_}
    assert kept == known


def test_a_topic_is_looked_up_by_its_id_or_its_name(model):
    assert model.topics_[model.topics_[1].name].id == 1
    with pytest.raises(TopicNotFoundError, match="boats"):
        model.topics_["boats"]
    with pytest.raises(ParameterTypeError, match=r"got 1\.5"):
        model.topics_[1.5]


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (lambda m: m.merge_topics([[2, 3], 1]), ParameterTypeError),
        (lambda m: m.merge_topics("12"), ParameterTypeError),
        (lambda m: m.split_topic(0, "2"), ParameterTypeError),
        (lambda m: m.split_topic(0, 2.0), ParameterTypeError),
        (lambda m: m.with_outliers("x"), ParameterTypeError),
        (lambda m: m.rename_topics("x"), ParameterTypeError),
        (lambda m: m.at(True), ParameterTypeError),
    ],
)
def test_arguments_of_other_kinds_are_refused_by_name(model, edit, error):
    with pytest.raises(error):
        edit(model)


def test_groups_may_be_arrays_or_empty(model):
    assert len(model.merge_topics(np.array([[1, 4]])).topics_) == len(model.topics_) - 1
    assert len(model.merge_topics([[]]).topics_) == len(model.topics_)


@pytest.fixture(scope="module")
def fine() -> tuple[TopicModel, np.ndarray]:
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(5, 1, 30)) + 0.8 * rng.normal(size=(5, 3, 30))
    rows = centers.reshape(15, 30)[rng.integers(15, size=900)] + 0.35 * rng.normal(size=(900, 30))
    return TopicModel().fit([f"text {i}" for i in range(900)], embeddings=rows), rows


def test_fits_with_a_number_are_cuts_of_one_hierarchy(fine):
    free, rows = fine
    found = len(free.topics_)
    assert found > 4
    texts = [f"text {i}" for i in range(900)]
    for n in (2, found - 2, found):
        told = TopicModel(n_topics=n).fit(texts, embeddings=rows)
        assert len(told.topics_) == n
        assert same_partition(told.labels_, free.at(n).labels_)
        assert same_partition(told.at(found).labels_, free.labels_)
        np.testing.assert_array_equal(told.at(found).at(n).labels_, told.labels_)
        np.testing.assert_array_equal(told.at(found).at(1).at(found).labels_, told.at(found).labels_)
    many = TopicModel(n_topics=3 * found).fit(texts, embeddings=rows)
    assert len(many.topics_) == 3 * found
    for n in (2 * found, found, 2):
        assert_union(many.at(n).labels_, many.labels_)


def assert_union(coarse, fine):
    pairs = set(zip(fine.tolist(), coarse.tolist(), strict=True))
    assert len(pairs) == len(set(fine.tolist()))


def test_a_level_is_the_same_from_whichever_it_is_asked_for(fine, tmp_path):
    free, _ = fine
    found = len(free.topics_)
    wanted = {n: free.at(n) for n in (2, 4, found, found + 5, 2 * found)}
    for start in list(wanted.values()):
        start.save(tmp_path / "m", keep_texts=True)
        for model in (start, TopicModel.load(tmp_path / "m")):
            for n, expected in wanted.items():
                here = model.at(n)
                if n <= found:
                    np.testing.assert_array_equal(here.labels_, expected.labels_)
                assert same_partition(here.labels_, expected.labels_)
                stability = sorted((t.size, t.stability) for t in expected.topics_)
                assert np.allclose(sorted((t.size, t.stability) for t in here.topics_), stability, atol=1e-9)
    for n, model in wanted.items():
        tree = hierarchy(model.fitted_)
        for fewer in {2, 4, found} - set(range(n, 99)):
            assert same_partition(tree.cut(fewer)[model.fitted_.labels], wanted[fewer].labels_)


def test_a_merged_topic_is_found_again_where_its_parts_are_together(fine):
    free, rows = fine
    again = free.at(5)
    assert min(topic.stability for topic in again.topics_) > 0.9  # the five that the rows were made of
    nobody = rows[np.random.default_rng(1).permutation(len(rows))]
    mixed = TopicModel().fit([f"text {i}" for i in range(900)], embeddings=nobody)
    two = [int(t.id) for t in mixed.topics_[:2]]
    assert all(topic.stability is not None for topic in mixed.merge_topics([two]).topics_)


def test_finer_topics_have_a_stability(fine):
    free, _ = fine
    finer = free.at(len(free.topics_) + 5)
    assert all(topic.stability is not None for topic in finer.topics_)
    kept = {t.size: t.stability for t in free.topics_}
    assert any(kept.get(t.size) == t.stability for t in finer.topics_)
    halves = [t.stability for t in finer.topics_ if t.size not in kept]
    assert np.mean(halves) < np.mean(list(kept.values()))


def test_edits_start_a_hierarchy_of_their_own(fine):
    free, _ = fine
    found = len(free.topics_)
    merged = free.merge_topics([[0, 1]])
    np.testing.assert_array_equal(merged.at(3).at(found - 1).labels_, merged.labels_)
    fewer = free.delete_topics([0])
    np.testing.assert_array_equal(fewer.at(3).at(found - 1).labels_, fewer.labels_)
    assert all(topic.stability is not None for topic in fewer.at(3).topics_)


def test_a_fixed_resolution_has_a_stability(fine):
    _, rows = fine
    model = TopicModel(clusterer=GraphClusterer(resolution=1.0)).fit(
        [f"text {i}" for i in range(900)], embeddings=rows
    )
    assert min(topic.stability for topic in model.topics_) > 0.5


def test_the_number_found_is_a_good_level_where_another_was_asked_for(fine):
    free, rows = fine
    told = TopicModel(n_topics=9).fit([f"text {i}" for i in range(900)], embeddings=rows)
    assert len(free.topics_) in told.fitted_.provenance.clusterer["other_levels"]
    levels = told.report().to_text().split("Other suitable numbers of topics\n")[1].split("\n")[0]
    assert str(len(free.topics_)) in levels.strip().split(", ")


@pytest.mark.parametrize("which", ["model", "loaded"])
def test_topics_are_given_by_name(which, request):
    model = request.getfixturevalue(which).rename_topics({0: "Food and drink", 1: "boats", 3: "stars"})
    by_name, by_id = model.merge_topics([["food  and DRINK", 3]]), model.merge_topics([[0, 3]])
    np.testing.assert_array_equal(by_name.labels_, by_id.labels_)
    flat = model.merge_topics(["food…", "stars"])
    np.testing.assert_array_equal(flat.labels_, by_id.labels_)
    renamed = model.rename_topics({"boats": "ships", 0: "meals"})
    assert [topic.name for topic in renamed.topics_][:2] == ["meals", "ships"]
    gone = model.delete_topics("boats", to="none")
    np.testing.assert_array_equal(gone.labels_ == -1, model.labels_ == 1)
    if which == "model":
        np.testing.assert_array_equal(model.split_topic("boats").labels_, model.split_topic(1).labels_)
        np.testing.assert_array_equal(
            model.delete_topics(["boats"]).labels_, model.delete_topics([1]).labels_
        )


def test_an_ambiguous_or_unknown_name_is_an_error(model):
    twice = model.rename_topics({0: "sea", 2: "Sea"})
    edits = (
        lambda topic: twice.merge_topics([[topic, 3]]),
        lambda topic: twice.split_topic(topic),
        lambda topic: twice.delete_topics([topic]),
        lambda topic: twice.delete_topics(topic, to="none"),
        lambda topic: twice.rename_topics({topic: "x"}),
    )
    for edit in edits:
        with pytest.raises(ParameterError, match="topics 0, 2 match the name 'sea'"):
            edit("sea")
        with pytest.raises(TopicNotFoundError, match="no topic named 'moon'"):
            edit("moon")
    with pytest.raises(ParameterError, match="topic 0 is given two names"):
        model.rename_topics({0: "x", model.topics_[0].name: "y"})
    with pytest.raises(ParameterError, match="'next' or 'none'"):
        model.delete_topics([0], to="junk")


@pytest.mark.parametrize("clusterer", ["graph", "kmeans", "agglomerative", "community"])
def test_documents_of_a_topic_deleted_to_none_stay_outliers(clusterer, tmp_path):
    new, _ = make_corpus(80, seed=9)
    is_community = clusterer == "community"
    used = CommunityClusterer(threshold=0.25, min_community_size=5) if is_community else clusterer
    model = TopicModel(embedder="lexical", clusterer=used, n_topics=None if is_community else 6).fit(TEXTS)
    model = model.rename_topics({0: "kept"})
    less = model.delete_topics([1], to="none")
    for before, after in ((model.labels_, less.labels_), (model.predict(new), less.predict(new))):
        np.testing.assert_array_equal(after, np.where(before == 1, -1, before))
    assert less.topics_[0].name == "kept"
    assert [t.size for t in less.topics_] == [(less.labels_ == t.id).sum() for t in less.topics_]
    assert less.topics_.n_outliers == (less.labels_ == -1).sum()
    counted = less.fitted_.counts
    assert counted.topics.sum() + counted.outliers.sum() == (
        model.fitted_.counts.topics.sum() + model.fitted_.counts.outliers.sum()
    )
    gone = np.array(TEXTS, dtype=object)[model.labels_ == 1].tolist()
    answer = less.assign(gone)
    np.testing.assert_allclose(answer.probabilities.sum(axis=1), 1, rtol=1e-5)
    assert (answer.similarity <= 1.0001).all()
    assert answer.probabilities.shape[1] == len(less.topics_)
    less.save(tmp_path / "m", keep_texts=True)
    loaded = TopicModel.load(tmp_path / "m")
    later = [less, loaded]
    for edit in (
        lambda m: m.merge_topics([[0, 2]]),
        lambda m: m.delete_topics([2]),
        lambda m: m.delete_topics([0], to="none"),
        lambda m: m.at(len(less.topics_) - 2),
        *(() if is_community else (lambda m: m.split_topic(0), lambda m: m.with_outliers(0.0))),
        *((lambda m: m.at(7), lambda m: m.at(7).at(3)) if clusterer in ("graph", "agglomerative") else ()),
    ):
        one, other = map(edit, later)
        np.testing.assert_array_equal(one.labels_, one.predict(TEXTS))
        np.testing.assert_array_equal(one.labels_, other.labels_)
        np.testing.assert_array_equal(one.predict(new), other.predict(new))
        # A part of a split topic may be nearer to a few of them.
        assert (one.labels_[model.labels_ == 1] == -1).mean() > 0.9
