"""The tree of topics, the parts of topics, and their saved form."""

import json

import numpy as np
import pytest

from topickit import TopicModel
from topickit.errors import InputError, ParameterError, ParameterTypeError
from topickit.fitted.divide import ENOUGH, MOST_LINES, parts_of

HALVES = {
    "sea": (["rope", "anchor", "harbor", "sail", "deck"], ["trout", "salmon", "hook", "lake", "bait"]),
    "food": (["bread", "oven", "flour", "dough", "yeast"], ["wine", "grape", "cellar", "barrel", "vintage"]),
    "sky": (["planet", "orbit", "moon", "comet", "crater"], ["cloud", "storm", "rain", "thunder", "wind"]),
    "money": (["loan", "bank", "credit", "interest", "debt"], ["share", "market", "bond", "broker", "index"]),
}


def vectors_of(halves):
    """Unit vectors around a direction per subject, with two clear groups in each."""
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.normal(size=(32, 32)))[0]
    rows = [directions[a] + 0.5 * directions[8 + 2 * a + b] for a, b in halves]
    rows = np.array(rows) + 0.03 * rng.normal(size=(len(rows), 32))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(1)
    texts, halves = [], []
    for i in range(480):
        a, b = i % 4, (i // 4) % 3 // 2  # two thirds of a subject are in its first half
        subject = list(HALVES)[a]
        words = [subject, *rng.choice(HALVES[subject][b], 3), f"number{i}"]
        texts.append(" ".join(words))
        halves.append((a, b))
    return TopicModel(clusterer="graph", n_topics=4).fit(texts, embeddings=vectors_of(halves))


def nests(labels):
    return all(len({*labels[labels[:, 1] == part, 0]}) == 1 for part in np.unique(labels[:, 1]))


def test_the_default_levels_are_the_topics_and_their_stable_parts(model):
    tree = model.tree()
    assert tree.levels == (4, 8)
    assert nests(tree.labels)
    assert (tree.labels[:, 0] == model.labels_).all()
    for topic in tree.at(4):
        assert topic.topic == model.topics_[topic.topic.id]
        assert topic.parent is None
        parts = [part for part in tree.at(8) if part.parent == topic.topic.id]
        assert [part.topic.id for part in parts] == list(topic.children)
        assert sum(part.topic.size for part in parts) == topic.topic.size
        halves = HALVES[next(subject for subject in HALVES if subject in topic.topic.words)]
        named = [set(part.topic.name.split(", ")) for part in parts]
        assert named[0] <= set(halves[0])
        assert named[1] <= set(halves[1])


def test_a_corpus_without_finer_structure_has_no_parts():
    rng = np.random.default_rng(0)
    labels = np.arange(900) % 6
    vectors = rng.normal(size=(6, 60))[labels] + 0.5 * rng.normal(size=(900, 60))
    texts = [f"word{label} text {i}" for i, label in enumerate(labels)]
    model = TopicModel().fit(texts, embeddings=vectors)
    assert parts_of(model.fitted_) is None
    assert model.tree().levels == (6,)


def test_given_levels_are_those_of_at(model):
    tree = model.tree(levels=[6, 2, 2])
    assert tree.levels == (2, 6)
    for column, level in enumerate(tree.levels):
        at = model.at(level)
        assert (tree.labels[:, column] == at.labels_).all()
        assert [node.topic for node in tree.at(level)] == list(at.topics_)
    assert nests(tree.labels)


def test_levels_must_be_numbers_of_topics(model):
    for levels, error in (
        ([], ParameterError),
        ([0], ParameterError),
        ([1000], ParameterError),
        (5, ParameterTypeError),
        (["a"], ParameterTypeError),
    ):
        with pytest.raises(error):
            model.tree(levels)
    with pytest.raises(ParameterError, match="has no level of 3"):
        model.tree().at(3)


def test_lines_are_few_where_topics_are_many(model):
    assert parts_of(model.at(16).fitted_) is None or len(parts_of(model.at(16).fitted_).topics) <= MOST_LINES
    assert MOST_LINES > ENOUGH


def test_saved_and_loaded_alike_without_texts(model, tmp_path):
    model.save(tmp_path / "m")
    loaded = TopicModel.load(tmp_path / "m")
    assert loaded.fitted_.corpus is None
    assert repr(loaded.tree()) == repr(model.tree())
    assert (loaded.tree().labels == model.tree().labels).all()
    assert repr(loaded.rename_topics({0: "mine"}).tree()).count("mine") == 1
    with pytest.raises(InputError, match="keep_texts=True"):
        loaded.tree([9])


def test_the_same_for_any_order_of_rows(model):
    texts = list(model.fitted_.corpus.documents.texts)
    rows = np.random.default_rng(3).permutation(len(texts))
    vectors = model.fitted_.corpus.vectors
    one = TopicModel(n_topics=4).fit(texts, embeddings=vectors).tree()
    other = TopicModel(n_topics=4).fit([texts[i] for i in rows], embeddings=vectors[rows]).tree()
    assert (one.labels[rows] == other.labels).all()
    assert repr(one) == repr(other)


def test_tables_json_and_print(model, tmp_path):
    tree = model.tree()
    frame = tree.to_polars()
    assert frame["level"].to_list() == [4] * 4 + [8] * 8
    assert tree.to_pandas().shape == frame.shape
    documents = tree.documents()
    assert documents.columns == ["row", "topic_4", "name_4", "topic_8", "name_8"]
    assert documents["topic_8"].to_list() == tree.labels[:, 1].tolist()
    data = json.loads(tree.to_json(tmp_path / "tree.json").read_text())
    assert data["levels"] == [4, 8]
    assert [len(topic["children"]) for topic in data["topics"]] == [2] * 4
    lines = repr(tree).splitlines()
    assert lines[0] == "480 documents, topics by level: 4 > 8"
    assert len(lines) == 13


def test_without_topics():
    model = TopicModel(embedder="lexical").fit(["!", "?", "word"])
    assert model.tree().labels.shape[0] == 3


def test_by_the_command(model, tmp_path, run):
    model.save(tmp_path / "m")
    status, out, _ = run("tree", tmp_path / "m")
    assert status == 0
    assert "topics by level: 4 > 8" in out
    assert run("tree", tmp_path / "m", "--levels", "2,4")[1].splitlines()[0].endswith("2 > 4")
    status, out, _ = run("tree", tmp_path / "m", "--documents")
    assert out.splitlines()[0] == "row,topic_4,name_4,topic_8,name_8"
    assert len(out.splitlines()) == 481
    run("tree", tmp_path / "m", "--out", tmp_path / "tree.csv")
    assert (tmp_path / "tree.csv").read_text().startswith("level,topic,parent,children,name,size")
    assert run("tree", tmp_path / "m", "--levels", "a")[0] == 2
    assert run("tree", tmp_path / "m", "--documents", "--format", "json")[0] == 2
