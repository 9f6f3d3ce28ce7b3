"""Fits of more rows than the driver holds: a sample is fitted, and workers count the others."""

import os
import signal
import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.distributed.test_fit import Letters, years
from topickit import TopicModel
from topickit.analysis.by_class import by_class
from topickit.analysis.over_time import over_time
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents, text_keys
from topickit.distributed import counting, fit, fitting, read_parquet
from topickit.errors import InputError, NoLabelsError, TopickitWarning
from topickit.fitted.counted import Counted
from topickit.fitted.sampled import with_others
from topickit.keywords.reader import TermReader

LIMIT = 1000
pytestmark = [
    pytest.mark.filterwarnings("ignore:The maximum number of concurrent tasks"),
    pytest.mark.filterwarnings("ignore:the dataset has 3,000 rows, more than limit=1,000"),
]


@pytest.fixture(scope="module")
def vectors(many) -> np.ndarray:
    of_texts = Letters.counts(many)
    return of_texts + np.random.default_rng(0).normal(0, 0.01, of_texts.shape).astype(np.float32)


def classes(texts) -> list[float]:
    return [float(len(text) % 3) for text in texts]


def in_this_process(recipe, many, vectors=None, **columns) -> TopicModel:
    """The same steps in this process, all other rows as one block."""
    first = text_keys(many)[:, 0]
    sampled = (first > 0) & (first < LIMIT / len(many) * 2.0**64)
    of, others = np.flatnonzero(sampled), np.flatnonzero(~sampled)

    def values(rows):
        return {name: [column[row] for row in rows] for name, column in columns.items()}

    def given(rows):
        return None if vectors is None else vectors[rows]

    model = recipe.fit([many[row] for row in of], embeddings=given(of), **values(of))
    fitted, documents = model.fitted_, model.fitted_.corpus.documents
    reader = TermReader.of(documents.texts, documents.weights, fitted.keyword_settings, fitted.corpus.terms)
    documents = Documents.of([many[row] for row in others], given(others))
    units = model._embedded(documents, given(others))
    counted = Counted.of(
        documents,
        units,
        fitted.assigner.labels(units),
        reader.count(documents.texts),
        len(fitted.topics),
        Covariates.of(len(others), **values(others)),
    )
    return TopicModel()._adopt(with_others(fitted, counted.grouped()), model.embedder_)


@pytest.fixture(scope="module")
def expected(many, vectors) -> TopicModel:
    return in_this_process(TopicModel(), many, vectors, timestamps=years(many), classes=classes(many))


def assert_same(model: TopicModel, expected: TopicModel) -> None:
    one, other = model.fitted_, expected.fitted_
    assert model.topics_ == expected.topics_
    for name in ("labels", "row_weights", "means"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for a, b in (
        (one.counts.topics, other.counts.topics),
        (one.counts.documents.topics, other.counts.documents.topics),
    ):
        assert (a != b).nnz == 0
    assert np.array_equal(one.covariates.timestamps, other.covariates.timestamps)
    assert one.covariates.class_names == other.covariates.class_names
    assert np.array_equal(one.covariates.class_codes, other.covariates.class_codes)


@pytest.mark.parametrize(("n_files", "rows_per_group", "workers"), [(1, 5000, 1), (4, 200, 2), (7, 300, 4)])
def test_any_blocks_and_workers_give_the_same(
    ray_cluster, many, vectors, expected, write_files, monkeypatch, n_files, rows_per_group, workers
):
    monkeypatch.setattr(counting, "BATCH", rows_per_group)
    columns = {"text": many, "vector": vectors, "year": years(many), "class": classes(many)}
    source = write_files(columns, n_files, rows_per_group)
    model = fit(
        read_parquet(source),
        embeddings="vector",
        timestamps="year",
        classes="class",
        limit=LIMIT,
        workers=workers,
        num_cpus=0.4,
    )
    assert_same(model, expected)
    labels = model.predict(many, embeddings=vectors)
    n_topics = len(model.topics_)
    assert [topic.size for topic in model.topics_] == np.bincount(
        labels[labels >= 0], minlength=n_topics
    ).tolist()
    assert (model.topics_.n_documents, model.fitted_.provenance.n_blank) == (len(many), 1)
    assert over_time(model.fitted_).totals.sum() == by_class(model.fitted_).totals.sum() == len(many)
    assert model.fitted_.corpus is None
    with pytest.raises(NoLabelsError, match="counts its 3,000 documents"):
        _ = model.labels_


def test_it_says_what_it_does(ray_cluster, many, vectors, write_files):
    source = write_files({"text": many, "vector": vectors})
    with pytest.warns(TopickitWarning, match=r"3,000 rows, more than limit=1,000: .*predict labels them"):
        fit(read_parquet(source), embeddings="vector", limit=LIMIT)


@pytest.mark.filterwarnings("ignore:embedder='lexical' learns from the corpus")
def test_an_embedder_that_learns_is_fitted_to_the_sample(ray_cluster, many, write_files):
    recipe = TopicModel("lexical", n_topics=4)
    models = [
        fit(read_parquet(write_files({"text": many}, n_files)), model=recipe, limit=LIMIT, num_cpus=0.4)
        for n_files in (1, 5)
    ]
    assert models[0].topics_ == models[1].topics_
    assert np.array_equal(models[0].fitted_.means, models[1].fitted_.means)
    labels = models[0].predict(many)
    assert [topic.size for topic in models[0].topics_] == np.bincount(labels[labels >= 0]).tolist()


def kill_once(table, armed: str):
    """End the process as kill -9 does, where a file says so."""
    if Path(armed).exists() and len(table):
        Path(armed).unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return table


@pytest.mark.parametrize("stage", ["count_rows", "gather", "count_others"])
def test_a_worker_that_is_killed_loses_nothing(
    ray_cluster, many, vectors, expected, write_files, tmp_path, monkeypatch, stage
):
    source = write_files({"text": many, "vector": vectors})
    dataset = read_parquet(source).map_batches(
        kill_once, fn_kwargs={"armed": str(tmp_path / "armed")}, batch_size=300, batch_format="pyarrow"
    )
    work = getattr(fitting, stage)

    def armed(*arguments, **options):
        (tmp_path / "armed").touch()
        return work(*arguments, **options)

    monkeypatch.setattr(fitting, stage, armed)
    model = fit(dataset, embeddings="vector", limit=LIMIT)
    assert not (tmp_path / "armed").exists()
    assert model.topics_ == expected.topics_


def test_a_worker_that_is_killed_while_it_embeds_and_counts(
    ray_cluster, many, write_files, tmp_path, monkeypatch
):
    recipe = TopicModel(Letters(tmp_path), n_topics=4)
    source = write_files({"text": many})
    whole = in_this_process(TopicModel(Letters(tmp_path), n_topics=4), many)
    work = fitting.count_others

    def armed(*arguments, **options):
        (tmp_path / "armed").touch()
        return work(*arguments, **options)

    monkeypatch.setattr(fitting, "count_others", armed)
    model = fit(read_parquet(source), model=recipe, limit=LIMIT, num_cpus=0.4)
    assert not (tmp_path / "armed").exists()
    assert model.topics_ == whole.topics_
    assert np.array_equal(model.fitted_.means, whole.fitted_.means)


def test_a_bad_row_is_an_error_before_the_fit(ray_cluster, many, vectors, write_files, monkeypatch):
    def forbidden(*arguments, **options):
        raise AssertionError("the fit began")

    monkeypatch.setattr(TopicModel, "fit", forbidden)
    for column, value, message in (
        ("text", None, "is missing"),
        ("vector", [1.0] * 20, "has an embedding of"),
        ("vector", [float("nan")] * 21, "NaN"),
        ("year", "yesterday", "'yesterday' cannot be read as a time"),
    ):
        columns = {
            "text": list(many),
            "vector": vectors.tolist(),
            "year": [str(year) for year in years(many)],
        }
        last = next(row for row in range(2999, 0, -1) if row % 1000 == 500)
        columns[column][last] = value
        source = write_files(columns)
        with pytest.raises((InputError, TypeError), match=message) as raised:
            fit(read_parquet(source), embeddings="vector", timestamps="year", limit=LIMIT)
        assert f"row 500 of {source}/2.parquet (from 0)" in str(raised.value)


def test_dates_are_read_as_in_the_sample(ray_cluster, many, vectors, write_files):
    dates = [f"{1 + row % 28}/{1 + row % 12}/2020" for row in range(len(many))]
    source = write_files({"text": many, "vector": vectors, "date": dates}, n_files=5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = fit(read_parquet(source), embeddings="vector", timestamps="date", limit=LIMIT)
    assert sum("are read as day/month/year" in str(warning.message) for warning in caught) == 1
    by_month = over_time(model.fitted_, unit="month")
    assert by_month.totals.tolist() == np.bincount([row % 12 for row in range(len(many))]).tolist()


def test_rows_without_a_text_are_left_out_or_blank(ray_cluster, many, vectors, write_files):
    texts = [None if row % 100 == 0 else text for row, text in enumerate(many)]
    source = write_files({"text": texts, "vector": vectors})
    for missing, n, n_blank in (("drop", 2970, 1), ("blank", 3000, 31)):
        model = fit(read_parquet(source), embeddings="vector", missing=missing, limit=LIMIT)
        assert (model.topics_.n_documents, model.fitted_.provenance.n_blank) == (n, n_blank)


@pytest.mark.filterwarnings("ignore:embedder='lexical' learns from the corpus")
def test_the_command(ray_cluster, many, write_files, tmp_path, run):
    source = write_files({"body": many, "year": years(many)})
    arguments = ["fit", f"{source}/*.parquet", "--text", "body", "--engine", "ray", "--embedder", "lexical"]
    arguments += ["--n-topics", "4", "--time", "year", "--limit", "1000", "--keep-texts"]
    arguments += ["--out", tmp_path / "model", "--report", tmp_path / "report.html"]
    status, out, err = run(*arguments)
    assert (status, "Model saved to" in out, "saved without texts" in err) == (0, True, True), err
    assert "3,000 documents" in out
    model = TopicModel.load(tmp_path / "model")
    assert model.topics_.n_documents == over_time(model.fitted_).totals.sum() == len(many)
    assert (tmp_path / "report.html").stat().st_size > 10_000
