"""`topickit predict --spans`."""

import csv
import io

import numpy as np
import pytest

from topickit import TopicModel

TEXTS = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
LONG = "An apple is a green apple. Apple pie! My car is a slow car."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(TEXTS)
    model.save(path := tmp_path_factory.mktemp("model"))
    return path


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "texts.csv"
    with path.open("w", newline="") as target:
        rows = [["id", "words"], ["a", LONG], ["b", ""], ["c", "=fast car"]]
        csv.writer(target).writerows(rows)
    return path


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_a_row_for_each_part(folder, file, run):
    _, out, _ = run("predict", folder, file, "--text", "words", "--spans", "--keep", "id", "--similarity")
    found = read(out)
    assert [(one["row"], one["id"]) for one in found] == [("0", "a"), ("0", "a"), ("2", "c")]
    assert list(found[0]) == ["row", "start", "end", "topic", "name", "similarity", "text", "id"]
    assert [LONG[int(one["start"]) : int(one["end"])] for one in found[:2]] == [
        one["text"] for one in found[:2]
    ]
    assert found[0]["topic"] != found[1]["topic"]
    assert found[1]["topic"] == found[2]["topic"]
    assert found[2]["text"] == "'=fast car"  # no formula in a spreadsheet


def test_rows_of_the_file_where_blank_ones_are_dropped(folder, file, run):
    _, out, _ = run("predict", folder, file, "--text", "words", "--spans", "--missing", "drop")
    assert [one["row"] for one in read(out)] == ["0", "0", "2"]


def test_embeddings_of_whole_texts_do_not_help(folder, file, run, tmp_path):
    np.save(path := tmp_path / "vectors.npy", np.ones((3, 2)))
    status, out, err = run("predict", folder, file, "--spans", "--embeddings", path)
    assert status == 2
    assert not out
    assert "leave out --embeddings" in err
