"""A model whose ids have gaps gives the same as one without gaps, but for the ids: every public function."""

import copy
import json
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from tests.conftest import make_corpus
from topickit import LexicalEmbedder, TopicModel, plot
from topickit.analysis.compare import compare

TEXTS, _ = make_corpus(200)
NEW = [*TEXTS[:20], "Bake the onion in butter. The boat lies in the harbour. A star and a planet.", ""]
FIRST, STEP = 9_871_230, 7
"""Ids of the model with gaps: numbers that nothing else has."""


def sparse_id(topic):
    return FIRST + STEP * topic


def dense_id(topic):
    """Return the id without gaps; ids after those of the fit are counted from the next one."""
    return topic - sparse_id(5) + 5 if topic >= sparse_id(5) else (topic - FIRST) // STEP


def dense(value):
    """Replace the ids of the model with gaps by those of the other, in text."""
    return re.sub(r"98712\d\d", lambda found: str(dense_id(int(found[0]))), value)


@pytest.fixture(scope="module")
def models():
    n = len(TEXTS)
    times = [f"20{10 + i % 8}-0{1 + i % 9}-01" for i in range(n)]
    classes = ["ab"[i * 7 % 3 == 0] for i in range(n)]
    model = TopicModel(embedder=LexicalEmbedder(dimension=32), n_topics=5)
    model.fit(TEXTS, timestamps=times, classes=classes)
    fitted = model._fitted()
    items = tuple(replace(topic, id=sparse_id(topic.id)) for topic in fitted.topics)
    base_ids = tuple(topic if topic < 0 else sparse_id(topic) for topic in fitted.base_level.ids)
    base_level = replace(fitted.base_level, ids=base_ids)
    changed = replace(
        fitted, topics=replace(fitted.topics, items=items), base_level=base_level, next_id=sparse_id(5)
    )
    return model, copy.copy(model)._adopt(changed, model.embedder_)


def assert_same(first, second):
    """Compare plain values: ids differ by the mapping, and everything else is equal."""
    if isinstance(first, dict):
        assert list(first) == [dense(str(key)) if str(key).isdigit() else key for key in second]
        for one, other in zip(first.values(), second.values(), strict=True):
            assert_same(one, other)
    elif isinstance(first, list | tuple):
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            assert_same(one, other)
    elif first != second:
        assert str(first) == dense(str(second))


def assert_ids(found, of):
    """Every id is one of the model with gaps."""
    found = {int(topic) for topic in found}
    assert found <= {-1, *(topic.id for topic in of.topics_)}
    assert found - {-1}


def test_labels_and_assignments(models):
    one, other = models
    for labels in (lambda m: m.labels_, lambda m: m.predict(NEW), lambda m: m.assign(NEW).labels):
        a, b = labels(one), labels(other)
        np.testing.assert_array_equal(np.where(a < 0, -1, sparse_id(a)), b)
        assert_ids(b, other)
    np.testing.assert_array_equal(one.transform(NEW), other.transform(NEW))
    np.testing.assert_array_equal(one.similarity(NEW), other.similarity(NEW))
    assert_same(one.get_feature_names_out().tolist(), other.get_feature_names_out().tolist())


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (lambda m: m.topic_info(), "topic"),
        (lambda m: m.document_info(), "topic"),
        (lambda m: m.assign(NEW).to_polars(), "topic"),
        (lambda m: m.spans(NEW).to_polars(), "topic"),
        (lambda m: m.find_topics("boat harbour").to_polars(), "topic"),
        (lambda m: m.find_documents("boat harbour").to_polars(), "topic"),
    ],
)
def test_tables(models, table, column):
    one, other = map(table, models)
    assert_ids(other[column].drop_nulls(), models[1])
    other = other.with_columns(
        pl.when(pl.col(column) < 0).then(pl.col(column)).otherwise((pl.col(column) - FIRST) // STEP)
    )
    assert one.equals(other)


def test_finding_within_a_topic(models):
    one, other = models
    for topic in one.topics_:
        found = one.find_documents("boat", topic=topic.id), other.find_documents("boat", topic=topic.name)
        np.testing.assert_array_equal(found[0].rows, found[1].rows)
        listed = other.documents(sparse_id(topic.id))
        assert set(listed["topic"]) == {sparse_id(topic.id)}
        assert one.documents(topic.id).drop("topic").equals(listed.drop("topic"))
    np.testing.assert_array_equal(one.mixture(NEW), other.mixture(NEW))


def test_reports(models):
    one, other = (model.report() for model in models)
    assert_same(json.loads(one.to_json()), json.loads(other.to_json()))
    topics = json.loads(other.to_json())["topics"]
    assert_ids([topic["id"] for topic in topics], models[1])
    assert one.to_csv() == dense(other.to_csv())
    assert one.to_markdown() == dense(other.to_markdown())
    assert one.to_html() == dense(other.to_html())
    listed = [re.sub(r"\W+", " ", dense(report.to_text(250))) for report in (one, other)]
    assert listed[0] == listed[1]
    rows = re.findall(r"^ *(\d+) +\d+ +\d+\.\d%", other.to_text(250), re.MULTILINE)
    assert_ids([row for row in rows if len(row) > 4], models[1])


def test_the_tree(models):
    one, other = (model.tree([3, 5, 7]) for model in models)
    known = [number for node in other.topics if node.level == 5 for number in [node.topic.id]]
    assert_ids(known, models[1])
    assert [node.topic.name for node in one.topics] == [node.topic.name for node in other.topics]
    assert [len(node.children) for node in one.topics] == [len(node.children) for node in other.topics]
    for column in range(3):
        pairs = set(zip(one.labels[:, column].tolist(), other.labels[:, column].tolist(), strict=True))
        assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_comparisons(models):
    one, other = models
    changed = one.merge_topics([[0, 1]])
    a, b = (compare(model.fitted_, changed.fitted_) for model in (one, other))
    assert_same(a.to_dict(), b.to_dict())
    assert_ids([match.topic for match in b.matches], other)
    itself = compare(other.fitted_, one.fitted_)
    assert all(m.topic == sparse_id(m.counterparts[0].topic) for m in itself.matches)


@pytest.mark.parametrize(
    "draw",
    [plot.documents, plot.keywords, plot.hierarchy, plot.similarity, plot.over_time, plot.by_class],
)
def test_figures(models, draw):
    one, other = (json.loads(draw(model).to_json()) for model in models)
    assert_same(one, other)


def test_saving_and_loading(models, tmp_path):
    _, other = models
    for keep_texts in (True, False):
        other.save(tmp_path / "m", keep_texts=keep_texts)
        loaded = TopicModel.load(tmp_path / "m")
        np.testing.assert_array_equal(loaded.labels_, other.labels_)
        np.testing.assert_array_equal(loaded.predict(NEW), other.predict(NEW))
        assert [topic.id for topic in loaded.topics_] == [topic.id for topic in other.topics_]


@pytest.mark.parametrize(
    "edit",
    [
        lambda m, ids: m.merge_topics([ids[:2], ids[2:4]]),
        lambda m, ids: m.split_topic(ids[1], 3),
        lambda m, ids: m.delete_topics(ids[2]),
        lambda m, ids: m.delete_topics([ids[2], ids[4]], to="none"),
        lambda m, ids: m.rename_topics({ids[3]: "Kitchen"}),
        lambda m, ids: m.assign_documents({ids[0]: [3, 4], "Other": [5]}),
        lambda m, ids: m.with_outliers(0.1),
        lambda m, ids: m.at(3),
        lambda m, ids: m.at(8),
        lambda m, ids: m.with_keywords(),
        lambda m, ids: m.updated(TEXTS[:30]),
        lambda m, ids: m.merge_topics([ids[:2]]).undo(),
        lambda m, ids: TopicModel.merged([m, m]),
    ],
)
def test_edits(models, edit):
    one, other = (edit(model, [topic.id for topic in model.topics_]) for model in models)
    ids = dict(zip((t.id for t in one.topics_), (t.id for t in other.topics_), strict=True))
    old = {topic.id: sparse_id(topic.id) for topic in models[0].topics_}
    for topic, given in ids.items():
        assert given == old.get(topic, sparse_id(5) + topic - 5)
    expected = [ids.get(label, -1) for label in one.labels_.tolist()]
    np.testing.assert_array_equal(expected, other.labels_)
    np.testing.assert_array_equal(
        [ids.get(label, -1) for label in one.predict(NEW).tolist()], other.predict(NEW)
    )
    for a, b in zip(one.topics_, other.topics_, strict=True):
        name = re.sub(r" \(\d+\)$", "", b.name)
        assert (a.size, a.keywords, a.stability, a.since) == (b.size, b.keywords, b.stability, b.since)
        assert re.sub(r" \(\d+\)$", "", a.name) == name
    for a, b in zip(one.edits_, other.edits_, strict=True):
        assert a.summary == dense(b.summary)
