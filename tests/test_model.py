"""TopicModel as its users meet it: scikit-learn's ways, bad input, embedders and clusterers of their own."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from tests.conftest import make_corpus
from topickit._core.vectors import nearest_prototype, unit_rows
from topickit.cluster.density import DensityClusterer
from topickit.cluster.graph import GraphClusterer
from topickit.errors import (
    InputError,
    InputTypeError,
    NotFittedError,
    ParameterError,
    ParameterTypeError,
    TopickitWarning,
)
from topickit.keywords.settings import KeywordSettings
from topickit.model import TopicModel

TEXTS, SUBJECTS = make_corpus(120)


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel(embedder="lexical", n_topics=4).fit(TEXTS)


def letters(texts):
    """An embedder of the user's: how often each letter stands in a text."""
    return np.array(
        [[text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
    )


def test_is_a_scikit_learn_estimator():
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=3, random_state=7)
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert copy.set_params(n_topics=5).n_topics == 5
    assert model.n_topics == 3
    with pytest.raises(Exception, match="not fitted"):
        check_is_fitted(model)
    check_is_fitted(model.fit(TEXTS))


def test_last_step_of_a_pipeline():
    strip = FunctionTransformer(lambda texts: [text.strip() for text in texts])
    pipeline = Pipeline([("strip", strip), ("topics", TopicModel(embedder="lexical", n_topics=4))])
    labels = pipeline.fit_predict([f"  {text} " for text in TEXTS])
    np.testing.assert_array_equal(labels, TopicModel(embedder="lexical", n_topics=4).fit_predict(TEXTS))
    assert pipeline.transform(TEXTS).shape == (120, 4)
    assert pipeline.predict(TEXTS[:3]).tolist() == labels[:3].tolist()


def test_y_is_ignored():
    with pytest.warns(TopickitWarning, match="y is ignored; pass labels"):
        labels = TopicModel(embedder="lexical", n_topics=4).fit_predict(TEXTS, SUBJECTS)
    np.testing.assert_array_equal(labels, TopicModel(embedder="lexical", n_topics=4).fit_predict(TEXTS))


@pytest.mark.parametrize("method", ["fit", "predict", "transform", "fit_predict", "fit_transform"])
@pytest.mark.parametrize("kind", [np.array, list])
def test_vectors_in_the_place_of_y_are_refused(method, kind):
    vectors = unit_rows(letters(TEXTS))
    model = TopicModel(embedder="lexical", n_topics=4).fit(TEXTS)
    with pytest.raises(InputTypeError, match="embeddings="):
        getattr(model, method)(TEXTS, kind([kind(row) for row in vectors]))
    getattr(model, method)(TEXTS, np.eye(4, dtype=int)[np.arange(120) % 4])  # classes of a multilabel task


def test_what_a_user_does_to_labels_does_not_reach_the_model():
    model = TopicModel(embedder="lexical", n_topics=4, outliers=0.1)
    labels = model.fit_predict(TEXTS)
    labels[:] = 0
    np.testing.assert_array_equal(model.labels_, model.predict(TEXTS))
    model.rename_topics({0: "zero"}).labels_[:] = 0
    model.labels_[:] = 0
    np.testing.assert_array_equal(model.at(4).labels_, model.predict(TEXTS))
    with pytest.raises(ValueError, match="read-only"):
        model.fitted_.labels[:] = 0


def test_fit_predict_and_fit_transform_take_what_fit_takes():
    for method in ("fit_predict", "fit_transform"):
        model = TopicModel(embedder="lexical", n_topics=4)
        getattr(model, method)(TEXTS, timestamps=[2020] * 120, classes=SUBJECTS)
        assert model.fitted_.covariates.class_names == tuple(sorted(set(SUBJECTS)))


def test_columns_have_names_for_pandas(model):
    names = model.get_feature_names_out().tolist()
    assert names == [f"topic {topic.id}: {topic.name}" for topic in model.topics_]
    frame = clone(model).set_output(transform="pandas").fit(TEXTS).transform(TEXTS[:3])
    assert frame.columns.tolist() == names
    assert frame.shape == (3, 4)


@pytest.mark.parametrize("dtype", ["float64", "float16", "zeros", "column", "tensor"])
def test_the_same_numbers_are_the_same_vectors(dtype):
    rows = np.round(letters(TEXTS) + np.random.default_rng(0).random((120, 26)), 1).astype(np.float16)
    rows[rows < 2] = 0
    texts = TEXTS[:100] + TEXTS[:20]  # equal ones with other vectors
    given = {
        "float64": rows.astype(np.float64),
        "float16": rows,
        "zeros": np.where(rows == 0, np.float32(-0.0), rows.astype(np.float32)),
        "column": pd.Series([row.astype(np.float32) for row in rows]),
        "tensor": pytest.importorskip("torch").tensor(rows.astype(np.float32)),
    }[dtype]
    expected = TopicModel(embedder="lexical").fit(texts, embeddings=rows.astype(np.float32))
    np.testing.assert_array_equal(
        TopicModel(embedder="lexical").fit_predict(texts, embeddings=given), expected.labels_
    )


def test_representatives_are_distinct_texts_where_vectors_differ_by_rounding():
    texts = [*TEXTS, *[TEXTS[0]] * 40]
    rows = unit_rows(letters(texts))
    rows[120:] *= 1 + np.random.default_rng(0).uniform(-3e-7, 3e-7, (40, 26)).astype(np.float32)
    model = TopicModel(embedder="lexical", n_topics=3).fit(texts, embeddings=rows)
    for topic in model.topics_:
        n_distinct = len(
            {text for text, label in zip(texts, model.labels_, strict=True) if label == topic.id}
        )
        assert len(set(topic.representative_documents)) == len(topic.representative_documents)
        assert len(topic.representative_documents) == min(n_distinct, 5)


@pytest.mark.parametrize(
    ("texts", "error"),
    [
        ("a text", InputTypeError),
        (["a", None], InputTypeError),
        ([b"a"], InputTypeError),
        ([1, 2], InputTypeError),
        ([], InputError),
        (["", "  ", "\n"], InputError),
        (["\ud83d"], InputError),
    ],
)
def test_bad_texts(texts, error, model):
    with pytest.raises(error):
        TopicModel(embedder="lexical").fit(texts)
    if texts not in ([], ["", "  ", "\n"]):  # of which predicting gives no topics
        with pytest.raises(error):
            model.predict(texts)


@pytest.mark.parametrize(
    ("embeddings", "error", "said"),
    [
        (np.ones((119, 3)), InputError, "119 rows for 120 documents"),
        (np.zeros(120), InputError, "shape"),
        (np.full((120, 2), np.nan), InputError, "row 0"),
        (np.full((120, 2), np.inf), InputError, "row 0"),
        (np.full((120, 2), "a"), InputTypeError, "real numbers"),
        (np.zeros((120, 2), dtype=complex), InputTypeError, "real numbers"),
        (csr_array(np.eye(120)), InputTypeError, "sparse"),
        ([[1.0, 2.0]] * 119 + [[1.0]], InputError, "rectangular"),
        (pd.Series([np.ones(3)] * 119 + [np.ones(4)]), InputError, "rectangular"),
    ],
)
def test_bad_embeddings(embeddings, error, said, model):
    for method in (TopicModel().fit, model.predict):
        with pytest.raises(error, match=said):
            method(TEXTS, embeddings=embeddings)


def test_embeddings_of_another_length_at_predict(model):
    with pytest.raises(InputError, match="same embedder"):
        model.predict(TEXTS, embeddings=np.ones((120, 3)))


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"n_topics": 0}, ParameterError),
        ({"n_topics": 2.5}, ParameterError),
        ({"fit_sample": 1}, ParameterError),
        ({"outliers": 1.0}, ParameterError),
        ({"outliers": "few"}, ParameterError),
        ({"random_state": -1}, ParameterError),
        ({"keywords": "all"}, ParameterError),
        ({"long_documents": "drop"}, ParameterError),
        ({"clusterer": "kmean"}, ParameterError),
        ({"clusterer": 3}, ParameterTypeError),
        ({"embedder": 3}, ParameterTypeError),
    ],
)
def test_bad_parameters(parameters, error):
    with pytest.raises(error):
        TopicModel(**{"embedder": "lexical", **parameters}).fit(TEXTS)


@pytest.mark.parametrize("method", ["predict", "transform", "report", "save", "at", "merge_topics"])
def test_before_fit(method):
    arguments = () if method == "report" else (["a"],)
    with pytest.raises(NotFittedError, match="call fit"):
        getattr(TopicModel(), method)(*arguments)


def test_only_stop_words_still_have_keywords():
    model = TopicModel(embedder="lexical", n_topics=1).fit(["the and of", "and the or", "of the and"] * 3)
    assert model.labels_.tolist() == [0] * 9
    assert model.topics_[0].keywords


def test_chinese():
    texts = [
        "股票市场今天大涨",
        "银行利率下调股票上涨",
        "基金公司投资股票市场",
        "足球比赛昨晚结束",
        "球队赢得足球冠军",
        "足球联赛开始比赛",
    ]
    model = TopicModel(embedder="lexical", n_topics=2).fit(texts)
    words = {word for topic in model.topics_ for word in topic.words}
    assert {"股票", "足球"} <= words


@pytest.mark.parametrize(
    "clusterer", ["graph", "kmeans", GraphClusterer(n_clusters=4), KMeans(4, n_init=3, random_state=0)]
)
@pytest.mark.parametrize("embedder", ["lexical", letters])
def test_embedders_and_clusterers_of_all_kinds(clusterer, embedder):
    model = TopicModel(embedder=embedder, clusterer=clusterer).fit(TEXTS)
    np.testing.assert_array_equal(model.predict(TEXTS), model.labels_)


def test_an_object_with_encode_is_not_changed():
    class Own:
        calls = 0

        def encode(self, texts):
            type(self).calls += 1
            return letters(texts)

    own = Own()
    labels = TopicModel(embedder=own, n_topics=4).fit_predict(TEXTS)
    np.testing.assert_array_equal(labels, TopicModel(embedder=letters, n_topics=4).fit_predict(TEXTS))
    assert vars(own) == {}
    assert Own.calls == 1


def test_given_embeddings_are_as_good_as_embedding():
    vectors = letters(TEXTS).astype(np.float32)
    given = TopicModel(embedder=letters, n_topics=4).fit(TEXTS, embeddings=vectors)
    np.testing.assert_array_equal(given.labels_, TopicModel(embedder=letters, n_topics=4).fit(TEXTS).labels_)
    np.testing.assert_array_equal(given.predict(TEXTS), given.labels_)


def test_predicting_texts_after_vectors_of_unknown_origin_is_warned_of():
    vectors = np.random.default_rng(0).normal(size=(120, 384))
    model = TopicModel(n_topics=4).fit(TEXTS, embeddings=vectors)
    with pytest.warns(UserWarning, match="fitted on embeddings that you gave"):
        model.predict(TEXTS[:2])


def test_topics_tell_all(model):
    topic = model.topics_[0]
    assert topic.size == (model.labels_ == 0).sum()
    assert topic.share == pytest.approx(topic.size / 120)
    assert all(isinstance(word, str) and weight > 0 for word, weight in topic.keywords)
    assert topic.words[0] in topic.name
    representatives = topic.representative_documents
    assert len(representatives) == 5
    assert all(model.labels_[TEXTS.index(text)] == 0 for text in representatives)


def test_n_topics_that_cannot_be_found_is_said():
    with pytest.warns(UserWarning, match="n_topics=50, but only 4 topics could"):
        TopicModel(embedder="lexical", clusterer="hdbscan", n_topics=50).fit(TEXTS)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.3])
def test_outlier_share_holds(share):
    texts, _ = make_corpus(400)
    model = TopicModel(embedder="lexical", outliers=share, fit_sample=100, n_topics=4).fit(texts)
    assert (model.labels_ < 0).mean() <= share
    assert share == 0 or (model.labels_ < 0).mean() > share / 3
    assert (model.with_outliers(0).labels_ >= 0).all()


def test_outliers_auto_finds_what_belongs_nowhere(tmp_path):
    texts, rows = sprinkled(40)
    free = TopicModel(clusterer="kmeans", n_topics=6).fit(texts, embeddings=rows)
    model = TopicModel(clusterer="kmeans", n_topics=6, outliers="auto").fit(texts, embeddings=rows)
    out = model.labels_ < 0
    assert out[600:].mean() > 0.7
    assert not out[:600].any()
    assert (model.predict(texts, embeddings=rows) == model.labels_).all()
    edited = free.with_outliers("auto")
    np.testing.assert_array_equal(edited.labels_ < 0, out)
    model.save(tmp_path / "model", keep_texts=True)
    loaded = TopicModel.load(tmp_path / "model")
    assert loaded.outliers == "auto"
    np.testing.assert_array_equal(loaded.labels_, model.labels_)
    np.testing.assert_array_equal(edited.undo().labels_, free.labels_)
    np.testing.assert_array_equal(free.apply(edited.edits_).labels_, edited.labels_)
    alike = TopicModel(clusterer="kmeans", n_topics=6, outliers="auto").fit(
        texts[:600], embeddings=rows[:600]
    )
    assert alike.topics_.n_outliers == 0


def sprinkled(far: int) -> tuple[list[str], np.ndarray]:
    """Six tight groups of a hundred, and rows far from all of them."""
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.normal(size=(6, 24)), 100, axis=0) + 0.1 * rng.normal(size=(600, 24))
    rows = np.concatenate([rows, 2 * rng.normal(size=(far, 24))])
    return [f"text {i}" for i in range(len(rows))], rows


@pytest.mark.parametrize("share", [0, 0.02, 0.05, 0.2])
def test_the_outliers_of_hdbscan_are_held_to_the_share(share, monkeypatch):
    texts, rows = sprinkled(90)

    def dense(self, points, fewest):
        near = nearest_prototype(points, unit_rows(rows[:600:100]))
        return np.where((points * unit_rows(rows[:600:100])[near]).sum(axis=1) > 0.9, near, -1)

    monkeypatch.setattr(DensityClusterer, "_reduce", lambda self, vectors: vectors)
    monkeypatch.setattr(DensityClusterer, "_dense", dense)
    free = TopicModel(clusterer="hdbscan").fit(texts, embeddings=rows)
    assert 0.05 < (free.labels_ < 0).mean() < 0.2  # so that the share has something to do
    held = TopicModel(clusterer="hdbscan", outliers=share).fit(texts, embeddings=rows)
    assert (held.labels_ < 0).mean() <= share
    if share == 0.2:  # no more are made than there were
        np.testing.assert_array_equal(held.labels_, free.labels_)
    assert (held.predict(texts, embeddings=rows) == held.labels_).all()


def test_hdbscan_takes_its_smallest_cluster_from_the_corpus():
    for far, fewest in ((0, 17), (1400, 32)):
        texts, rows = sprinkled(far)
        model = TopicModel(clusterer="hdbscan").fit(texts, embeddings=rows)
        assert model.fitted_.provenance.clusterer["min_cluster_size"] == fewest


def test_a_sample_serves_all_documents():
    texts, subjects = make_corpus(600)
    model = TopicModel(embedder="lexical", fit_sample=100, n_topics=4).fit(texts)
    assert model.fitted_.provenance.n_sampled == 100
    from sklearn.metrics import adjusted_rand_score

    assert adjusted_rand_score(subjects, model.labels_) > 0.7


def test_keyword_settings():
    model = TopicModel(
        embedder="lexical", n_topics=4, keywords=KeywordSettings(n_keywords=3, weighting="bm25")
    )
    assert all(len(topic.keywords) == 3 for topic in model.fit(TEXTS).topics_)


def test_pandas_column_with_an_index_of_its_own(model):
    column = pd.Series(TEXTS, index=range(1000, 1120))
    np.testing.assert_array_equal(model.predict(column), model.labels_)


def test_the_same_settings_another_seed_may_differ_but_each_repeats():
    one = TopicModel(embedder="lexical", fit_sample=40, random_state=1).fit(TEXTS)
    again = TopicModel(embedder="lexical", fit_sample=40, random_state=1).fit(TEXTS)
    np.testing.assert_array_equal(one.labels_, again.labels_)


def test_texts_may_be_given_by_the_place_where_they_lie(tmp_path):
    import polars as pl

    from topickit import TextFile

    texts = make_corpus(60)[0]
    expected = TopicModel(embedder="lexical").fit(texts)
    path = tmp_path / "texts.parquet"
    pl.DataFrame({"id": range(len(texts)), "text": texts, "other": ["x"] * len(texts)}).write_parquet(path)
    for given in (path, TextFile(path, "text"), lambda: iter(texts)):
        model = TopicModel(embedder="lexical").fit(given)
        np.testing.assert_array_equal(model.labels_, expected.labels_)
        np.testing.assert_array_equal(model.predict(given), expected.labels_)
    with pytest.raises(InputError, match="no column 'title'"):
        TopicModel(embedder="lexical").fit(TextFile(path, "title"))
    with pytest.raises(InputError, match="cannot read"):
        TopicModel(embedder="lexical").fit(tmp_path / "absent.parquet")


def test_vectors_in_a_file_are_those_in_memory(monkeypatch):
    from topickit._core import vectors
    from topickit.embed import base

    texts = make_corpus(60)[0]
    expected = TopicModel(embedder="lexical").fit(texts)
    monkeypatch.setattr(vectors, "IN_MEMORY", 0)
    monkeypatch.setattr(base, "BLOCK", 16)
    model = TopicModel(embedder="lexical").fit(texts)
    assert isinstance(model.fitted_.corpus.vectors, np.memmap)
    np.testing.assert_array_equal(model.labels_, expected.labels_)


def test_embeddings_of_zeros_are_outliers_and_said():
    vectors = np.vstack([np.zeros((2, 3)), np.repeat(np.eye(3), 10, axis=0)])
    texts = [f"word{row % 7} text" for row in range(len(vectors))]
    with pytest.warns(TopickitWarning, match="2 of 32 embeddings are all zeros"):
        model = TopicModel(n_topics=3).fit(texts, embeddings=vectors)
    assert (model.labels_[:2] == -1).all()
    assert (model.labels_[2:] >= 0).all()


@pytest.mark.parametrize("clusterer", ["graph", "kmeans", "agglomerative", "hdbscan", "community"])
def test_vectors_that_are_all_zeros_are_outliers(clusterer):
    texts = [f"text number {i}" for i in range(30)]
    with pytest.warns(TopickitWarning, match="30 of 30 embeddings are all zeros"):
        model = TopicModel(clusterer=clusterer).fit(texts, embeddings=np.zeros((30, 4)))
    assert len(model.topics_) == 0
    assert (model.labels_ == -1).all()
    assert model.transform(texts[:3], embeddings=np.ones((3, 4))).shape == (3, 0)


@pytest.mark.parametrize(
    "settings", [{"n_topics": 3}, {"outliers": 0.1}, {"clusterer": "kmeans", "n_topics": 2}]
)
def test_settings_do_not_matter_where_there_is_nothing_to_group(settings):
    with pytest.warns(TopickitWarning, match="all zeros"):
        model = TopicModel(**settings).fit([f"text {i}" for i in range(30)], embeddings=np.zeros((30, 4)))
    assert len(model.topics_) == 0


def test_a_share_of_outliers_of_communities_is_refused_before_the_work():
    model = TopicModel(embedder=lambda _: pytest.fail("embedded"), clusterer="community", outliers=0.05)
    with pytest.raises(ParameterError, match="threshold"):
        model.fit(["a", "b"])


def test_settings_from_numpy_are_saved(tmp_path):
    texts = [f"{noun} {verb}" for noun in ("cat", "car", "sea") for verb in ("runs", "stops", "waits", "is")]
    settings = {"n_topics": np.int64(2), "random_state": np.int32(1), "outliers": np.float32(0.1)}
    settings["keywords"] = KeywordSettings(n_keywords=np.int64(4))
    TopicModel(embedder="lexical", **settings).fit(texts).save(tmp_path / "model")
    loaded = TopicModel.load(tmp_path / "model")
    assert (loaded.n_topics, loaded.random_state) == (2, 1)


@pytest.mark.parametrize("clusterer", ["graph", "kmeans", "agglomerative"])
def test_many_texts_of_two_vectors_make_two_topics_without_a_word(clusterer):
    rows = np.repeat(np.eye(2), 150, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = TopicModel(clusterer=clusterer).fit([f"text {i}" for i in range(300)], embeddings=rows)
        assert len(set(model.labels_.tolist())) == len(model.topics_) <= 2
        if len(model.topics_) == 2:
            with pytest.raises(ParameterError, match="1 distinct vectors"):
                model.split_topic(0)


def test_predicting_nothing_gives_nothing(model):
    assert model.predict([]).shape == (0,)
    assert model.transform([]).shape == (0, len(model.topics_))
    assert model.predict(iter([])).shape == (0,)
    with pytest.raises(InputError, match="no documents"):
        TopicModel(embedder="lexical").fit([])


def test_similarity_is_to_the_topic_that_a_text_gets(model):
    near = model.similarity([*TEXTS, "", "xyzzy"])
    assert near.dtype == np.float32
    assert near[-2:].tolist() == [0, 0]
    vectors, assigner = unit_rows(model.embedder_.encode(TEXTS)), model.fitted_.assigner
    for row, label in enumerate(model.labels_):
        own = unit_rows(assigner.prototypes[assigner.topics == label])
        assert near[row] == pytest.approx(float((own @ vectors[row]).max()), abs=1e-5)
    usual = model.fitted_.provenance.similarity_p5
    assert (near[:-2] < usual).mean() <= 0.06  # it is the 5th percentile of other documents
