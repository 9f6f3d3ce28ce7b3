"""`topickit search`."""

import csv
import io
import json

import pytest

from topickit import TopicModel

TEXTS = ["red apple", "green apple", "apple pie", "=fast car", "slow car", "car race", "engine Z-77 of a car"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(TEXTS)
    with_texts, without = tmp_path_factory.mktemp("with"), tmp_path_factory.mktemp("without")
    model.save(with_texts, keep_texts=True)
    model.save(without)
    return with_texts, without, int(model.labels_[0])


def test_topics(folder, run):
    for path in folder[:2]:
        _, out, _ = run("search", path, "a sweet apple")
        assert out.split()[0] == str(folder[2])
    _, out, _ = run("search", folder[0], "apple", "--format", "json", "-n", "1")
    assert [one["topic"] for one in json.loads(out)] == [folder[2]]


def test_documents(folder, run, tmp_path):
    _, out, _ = run("search", folder[0], "z-77", "--documents")
    assert TEXTS[6] in out.splitlines()[0]
    run("search", folder[0], "fast", "--documents", "-n", "1", "--out", tmp_path / "found.csv")
    row = next(csv.DictReader(io.StringIO((tmp_path / "found.csv").read_text())))
    assert row["row"] == "3"
    assert row["document"] == "'=fast car"  # no formula in a spreadsheet


def test_documents_of_a_topic(folder, run):
    _, out, _ = run("search", folder[0], "car", "--topic", folder[2], "--format", "json")
    assert {one["topic"] for one in json.loads(out)} <= {folder[2]}


@pytest.mark.parametrize(
    ("which", "arguments", "message"),
    [
        (1, ["car", "--documents"], "--keep-texts"),
        (0, [" "], "blank"),
        (0, ["car", "--topic", "9"], "no topic"),
    ],
)
def test_what_cannot_be_searched(folder, run, which, arguments, message):
    status, out, err = run("search", folder[which], *arguments)
    assert status == 1
    assert not out
    assert message in err


def test_nothing_found(folder, run):
    status, out, err = run("search", folder[0], "qqqq")
    assert status == 0
    assert not out.strip()
    assert "nothing in the model" in err
