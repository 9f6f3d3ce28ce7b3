"""Models that count their documents without holding them: the same by any parts, and like any other model."""

import json

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from topickit import TopicModel
from topickit.analysis.by_class import by_class
from topickit.analysis.compare import compare
from topickit.analysis.over_time import over_time
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents
from topickit.errors import InputError, NoLabelsError
from topickit.fitted import counted as counted_module
from topickit.fitted.counted import Counted, Rows
from topickit.fitted.sampled import with_others
from topickit.keywords.reader import TermReader

WORDS = (
    "onion garlic soup pepper stew broth butter flour dough yeast",
    "engine wheel brake gear clutch motor tyre axle diesel bonnet",
    "guitar piano violin drum chord melody tempo concert choir opera",
    "goal keeper striker league match referee stadium penalty coach derby",
)
N, N_SAMPLE = 1200, 400


def corpus() -> tuple[list[str], np.ndarray, list[int], list[str]]:
    rng = np.random.default_rng(0)
    topic = rng.integers(0, 4, N)
    texts = [
        " ".join(rng.choice(WORDS[k].split(), 4)) + f" , the {row % 7} of 2020" for row, k in enumerate(topic)
    ]
    texts[7] = texts[N_SAMPLE + 7] = texts[N_SAMPLE + 8]
    texts[9] = texts[N_SAMPLE + 9] = " "
    vectors = np.eye(8, dtype=np.float32)[topic] + rng.normal(0, 0.1, (N, 8)).astype(np.float32)
    return texts, vectors, [2000 + row % 5 for row in range(N)], [f"class {row % 3}" for row in range(N)]


TEXTS, VECTORS, YEARS, CLASSES = corpus()


def fit(rows: slice) -> TopicModel:
    recipe = TopicModel(clusterer="kmeans", n_topics=4)
    return recipe.fit(TEXTS[rows], embeddings=VECTORS[rows], timestamps=YEARS[rows], classes=CLASSES[rows])


@pytest.fixture(scope="module")
def sampled() -> TopicModel:
    return fit(slice(N_SAMPLE))


@pytest.fixture(scope="module")
def reader(sampled) -> TermReader:
    corpus = sampled.fitted_.corpus
    documents = corpus.documents
    return TermReader.of(documents.texts, documents.weights, sampled.fitted_.keyword_settings, corpus.terms)


def count(model: TopicModel, reader: TermReader, rows: list[int]) -> Counted:
    documents = Documents.of([TEXTS[row] for row in rows], VECTORS[rows])
    vectors = model._embedded(documents, VECTORS[rows])
    covariates = Covariates.of(
        len(rows), timestamps=[YEARS[row] for row in rows], classes=[CLASSES[row] for row in rows]
    )
    labels = model.fitted_.assigner.labels(vectors)
    terms = reader.count(documents.texts)
    return Counted.of(documents, vectors, labels, terms, len(model.topics_), covariates).grouped()


def whole(model: TopicModel, reader: TermReader, size: int, seed: int = 0) -> TopicModel:
    rows = np.random.default_rng(seed).permutation(np.arange(N_SAMPLE, N)).tolist()
    parts = [count(model, reader, rows[start : start + size]) for start in range(0, len(rows), size)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return TopicModel()._adopt(with_others(model.fitted_, total), model.embedder_)


@pytest.fixture(scope="module")
def model(sampled, reader) -> TopicModel:
    return whole(sampled, reader, 800)


def values(model: TopicModel) -> tuple:
    fitted = model.fitted_
    topics = [
        (t.id, t.size, t.name, t.keywords, t.risk_ratios, t.representative_documents) for t in model.topics_
    ]
    counts = fitted.counts
    tables = [counts.topics.toarray().tolist(), counts.documents.topics.toarray().tolist()]
    rows = [fitted.labels.tolist(), fitted.row_weights.tolist(), fitted.covariates.timestamps.tolist()]
    return topics, tables, rows, fitted.means.tobytes()


@pytest.mark.parametrize("size", [7, 100, 333])
def test_any_parts_in_any_order_give_the_same(sampled, reader, model, size):
    assert values(whole(sampled, reader, size, seed=size)) == values(model)


def test_everything_is_that_of_all_documents(model, sampled):
    labels = model.predict(TEXTS, embeddings=VECTORS)
    assert [topic.size for topic in model.topics_] == np.bincount(labels[labels >= 0]).tolist()
    assert [topic.size for topic in model.topics_] == sorted((t.size for t in model.topics_), reverse=True)
    assert (model.topics_.n_documents, model.topics_.n_outliers) == (N, 2)
    provenance = model.fitted_.provenance
    assert (provenance.n_documents, provenance.n_blank) == (N, 2)
    periods, table = over_time(model.fitted_), by_class(model.fitted_)
    for year in range(5):
        in_year = labels[[row for row in range(N) if YEARS[row] == 2000 + year]]
        assert periods.counts[year].tolist() == np.bincount(in_year[in_year >= 0], minlength=4).tolist()
    assert periods.totals.sum() == table.totals.sum() == N
    for name, counts in zip(table.classes, table.counts, strict=True):
        inside = labels[[row for row in range(N) if CLASSES[row] == name]]
        assert counts.tolist() == np.bincount(inside[inside >= 0], minlength=4).tolist()
    for topic in model.topics_:
        inside = [TEXTS[row] for row in np.flatnonzero(labels == topic.id)]
        assert topic.representative_documents
        for word in topic.words:
            column = model.fitted_.counts.terms.index(word)
            n_inside = sum(word in text.split() for text in inside)
            assert model.fitted_.counts.documents.topics[topic.id, column] == n_inside
    units = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    np.testing.assert_allclose(model.fitted_.means[0], units[labels == 0].mean(axis=0), atol=1e-6)


def test_a_fit_of_all_finds_the_same_topics(model):
    full = fit(slice(N))
    assert adjusted_rand_score(full.labels_, model.predict(TEXTS, embeddings=VECTORS)) > 0.99
    for topic, other in zip(full.topics_, model.topics_, strict=True):
        assert (topic.size, set(topic.words)) == (other.size, set(other.words))


def test_labels_are_an_error_with_a_way_out(model):
    with pytest.raises(NoLabelsError, match=r"counts its 1,200 documents .*predict\(model, dataset\) labels"):
        _ = model.labels_
    assert not hasattr(model, "labels_")
    with pytest.raises(AttributeError, match="no attribute 'other_'"):
        _ = model.other_
    with pytest.raises(InputError, match="this model only counts them"):
        model.split_topic(0)
    with pytest.raises(NoLabelsError, match="a comparison with labels"):
        compare(model, [0] * N)


def test_it_is_saved_and_loaded(model, tmp_path):
    model.save(tmp_path / "model")
    loaded = TopicModel.load(tmp_path / "model")
    assert loaded.topics_.n_documents == N
    assert (
        loaded.predict(TEXTS, embeddings=VECTORS).tolist()
        == model.predict(TEXTS, embeddings=VECTORS).tolist()
    )
    assert over_time(loaded.fitted_).counts.tolist() == over_time(model.fitted_).counts.tolist()
    with pytest.raises(NoLabelsError):
        _ = loaded.labels_
    for report in (loaded.report(), model.report()):
        assert f"{N:,} documents" in report.to_text()
        assert f"rows of sample: {N_SAMPLE}" in " ".join(report.to_text().split()).lower()
        assert len(report.to_html()) > 10_000
        assert json.loads(report.to_json())["topics"][0]["size"] == model.topics_[0].size


def test_edits_count(model):
    sizes = [topic.size for topic in model.topics_]
    merged = model.merge_topics([[0, 1]])
    assert merged.topics_[0].size == sizes[0] + sizes[1]
    assert merged.edits_[-1].n_moved == sizes[1]
    assert by_class(merged.fitted_).counts[:, 0].sum() == sizes[0] + sizes[1]
    gone = model.delete_topics([0], to="none")
    assert gone.topics_.n_outliers == sizes[0] + 2
    assert [topic.size for topic in merged.undo().topics_] == sizes
    tree = model.tree(levels=[2, 4])
    assert sum(node.topic.size for node in tree.at(2)) == sum(sizes)
    assert (len(tree.labels), str(tree).splitlines()[0]) == (0, "1,200 documents, topics by level: 2 > 4")


def test_it_is_updated(model, sampled):
    later = model.updated(TEXTS[:50], embeddings=VECTORS[:50], timestamps=YEARS[:50], classes=CLASSES[:50])
    labels = model.predict(TEXTS[:50], embeddings=VECTORS[:50])
    new = np.bincount(labels[labels >= 0], minlength=4)
    assert [topic.size for topic in later.topics_] == [
        t.size + n for t, n in zip(model.topics_, new.tolist(), strict=True)
    ]
    assert (later.topics_.n_documents, later.change_.n_new, later.change_.n_before) == (N + 50, 49, N - 2)
    assert over_time(later.fitted_).totals.sum() == N + 50
    assert later.undo().topics_.n_documents == N


def test_it_is_merged_and_compared(model, sampled):
    both = TopicModel.merged([model, sampled], names=["all", "sample"])
    assert both.topics_.n_documents == N + N_SAMPLE
    assert sum(topic.size for topic in both.topics_) == N + N_SAMPLE - 3
    comparison = compare(model, sampled)
    assert comparison.n_documents == (N, N_SAMPLE)
    assert comparison.basis != "documents"


def test_times_are_rounded_where_there_are_many(monkeypatch):
    monkeypatch.setattr(counted_module, "MOST_ROWS", 40)
    rng = np.random.default_rng(0)
    seconds = rng.integers(0, 86_400 * 30, 600)
    times = (np.datetime64("2020-01-01", "s") + seconds).astype("datetime64[s]")
    labels = rng.integers(-1, 1, 600)

    def added(parts: list[np.ndarray]) -> Rows:
        total = None
        for part in parts:
            rows = Rows(labels[part], Covariates(times[part])).grouped()
            total = rows if total is None else total + rows
        return total

    one, other = added([np.arange(600)]), added(np.array_split(rng.permutation(600), 37))
    assert one.time_unit == other.time_unit == "M"
    assert (one.labels.tolist(), one.weights.tolist()) == (other.labels.tolist(), other.weights.tolist())
    assert one.weights.sum() == 600
