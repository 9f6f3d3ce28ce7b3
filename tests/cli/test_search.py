"""`topickit search`."""

import csv
import io
import json
import warnings

import numpy as np
import pytest

from topickit import TopicModel
from topickit.embed.sentence import SentenceEmbedder

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


def test_warning_of_other_embeddings_names_an_option_that_exists(tmp_path, run, monkeypatch):
    """`topickit search` takes no embeddings: what helps is to name their embedder at the fit."""
    vectors = np.repeat(np.eye(2, 16, dtype=np.float32), 20, axis=0)
    texts = [f"{word} {n}" for word in ("apple", "car") for n in range(20)]
    TopicModel(clusterer="kmeans", n_topics=2).fit(texts, embeddings=vectors).save(tmp_path / "m")
    monkeypatch.setattr(SentenceEmbedder, "encode", lambda self, texts: np.ones((len(texts), 16), np.float32))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        _, _, err = run("search", tmp_path / "m", "apple")
    assert "fit with --embedder set to it" in err
    assert "--embeddings" not in err
