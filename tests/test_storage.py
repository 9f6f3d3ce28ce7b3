"""Saved models: whole or not there, checked when read, nothing executed, no text unless asked for."""

import json

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit import storage
from topickit._core import atomic as files
from topickit._core.state import State
from topickit.cluster.graph import GraphClusterer
from topickit.embed.lexical import LexicalEmbedder
from topickit.errors import InputError, ParameterError, ParameterTypeError, StorageError
from topickit.model import TopicModel

TEXTS, _ = make_corpus(80)


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel(embedder="lexical", clusterer=GraphClusterer(n_clusters=4), outliers=0.1).fit(TEXTS)


def test_parameters_come_back(model, tmp_path):
    model.save(tmp_path / "m")
    loaded = TopicModel.load(tmp_path / "m")
    wanted, got = model.get_params(deep=False), loaded.get_params(deep=False)
    assert type(got.pop("clusterer")) is type(wanted.pop("clusterer"))
    assert got.pop("keywords") is None
    wanted.pop("keywords")
    assert got == wanted
    assert loaded.fitted_.provenance == model.fitted_.provenance
    np.testing.assert_array_equal(loaded.fit(TEXTS).labels_, model.labels_)


def test_no_pickle_and_no_text(model, tmp_path):
    model.save(tmp_path / "m")
    names = sorted(path.name for path in (tmp_path / "m").iterdir())
    assert [name.split("-")[0] for name in names] == ["arrays", "manifest.json"]
    raw = b"".join(path.read_bytes() for path in (tmp_path / "m").iterdir())
    assert not any(text.encode() in raw for text in TEXTS)
    model.save(tmp_path / "m", keep_texts=True)
    raw = b"".join(path.read_bytes() for path in (tmp_path / "m").iterdir())
    assert all(text.encode() in raw for text in TEXTS)


def test_with_documents_every_edit_works_after_loading(model, tmp_path):
    model.save(tmp_path / "m", keep_texts=True)
    loaded = TopicModel.load(tmp_path / "m")
    np.testing.assert_array_equal(loaded.delete_topics([0]).labels_, model.delete_topics([0]).labels_)
    np.testing.assert_array_equal(loaded.split_topic(0).labels_, model.split_topic(0).labels_)
    loaded.save(tmp_path / "again", keep_texts=True)
    TopicModel.load(tmp_path / "again")


def test_without_documents_they_cannot_be_saved_later(model, tmp_path):
    model.save(tmp_path / "m")
    with pytest.raises(InputError, match="saving the texts needs the training documents"):
        TopicModel.load(tmp_path / "m").save(tmp_path / "n", keep_texts=True)
    assert not list((tmp_path / "n").glob("manifest*"))


def test_saving_over_a_model_leaves_no_rest(model, tmp_path):
    model.save(tmp_path / "m", keep_texts=True)
    model.at(2).save(tmp_path / "m")
    assert len(list((tmp_path / "m").iterdir())) == 2
    assert len(TopicModel.load(tmp_path / "m").topics_) == 2


def test_a_save_that_fails_keeps_the_old_model(model, tmp_path, monkeypatch):
    model.save(tmp_path / "m")
    written = []

    def fail_at_the_manifest(path, data):
        if path.name == "manifest.json":
            raise InputError("the disk is full")
        written.append(path)
        return files.write_atomic(path, data)

    monkeypatch.setattr(storage, "write_atomic", fail_at_the_manifest)
    with pytest.raises(InputError, match="disk is full"):
        model.at(2).save(tmp_path / "m")
    assert written
    monkeypatch.undo()
    np.testing.assert_array_equal(TopicModel.load(tmp_path / "m").labels_, model.labels_)
    model.save(tmp_path / "m")
    assert len(list((tmp_path / "m").iterdir())) == 2


def test_a_folder_of_other_things_is_left_alone(model, tmp_path):
    (tmp_path / "thesis.txt").write_text("chapter one")
    with pytest.raises(StorageError, match=r"thesis\.txt"):
        model.save(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "manifest.json").write_text('{"format": "browser extension"}')
    with pytest.raises(StorageError, match="other things"):
        model.save(tmp_path / "x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.txt", "x"]


def test_where_nothing_can_be_written(model, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        model.save(tmp_path / "file" / "m")


def damage(path, change, *, forge=False):
    manifest = json.loads((path / "manifest.json").read_text())
    change(manifest)
    if forge:
        del manifest["digest"]
        manifest["digest"] = storage._digest(manifest)
    (path / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: (p / "manifest.json").unlink(), "no saved model"),
        (lambda p: (p / "manifest.json").write_text("{"), "cannot be read"),
        (lambda p: (p / "manifest.json").write_text("[1]"), "no topickit model"),
        (lambda p: next(p.glob("arrays-*")).write_bytes(b"x"), "not what was saved"),
        (lambda p: next(p.glob("arrays-*")).unlink(), "cannot be read"),
        (lambda p: damage(p, lambda m: m.update(format="other")), "no topickit model"),
        (lambda p: damage(p, lambda m: m.update(format_version=99)), "upgrade topickit"),
        (lambda p: damage(p, lambda m: m["parts"].pop("counts")), "damaged"),
        (lambda p: damage(p, lambda m: m["parts"]["results"].pop("notes")), "damaged"),
        (lambda p: damage(p, lambda m: m["files"]["arrays"].update(name="../x"), forge=True), "outside"),
        (lambda p: damage(p, lambda m: m["parts"]["embedder"].update(kind="alien"), forge=True), "kind"),
    ],
)
def test_damage_is_noticed(model, tmp_path, change, said):
    model.save(tmp_path / "m")
    change(tmp_path / "m")
    with pytest.raises(StorageError, match=said):
        TopicModel.load(tmp_path / "m")


def test_a_file_is_no_folder_of_a_model(tmp_path):
    (tmp_path / "mix.csv").write_text("body\n")
    with pytest.raises(StorageError, match=r"mix\.csv is a file, not the folder of a saved model"):
        TopicModel.load(tmp_path / "mix.csv")


@pytest.mark.parametrize("embedder", ["lexical", "distilled", LexicalEmbedder()])
def test_an_embedder_that_has_yet_to_learn_stands_for_none(model, tmp_path, embedder):
    model.save(tmp_path / "m")
    with pytest.raises(ParameterError, match="leave embedder= out"):
        TopicModel.load(tmp_path / "m", embedder=embedder)
    loaded = TopicModel.load(tmp_path / "m", embedder=model.embedder_)
    np.testing.assert_array_equal(loaded.predict(TEXTS), model.labels_)


def test_an_embedder_and_clusterer_of_the_users_own(tmp_path):
    def letters(texts):
        return [[text.count(letter) for letter in "abcdefghijklmnop"] for text in texts]

    class Halves:
        def fit_predict(self, rows):
            return (rows[:, 0] > np.median(rows[:, 0])).astype(int)

    model = TopicModel(embedder=letters, clusterer=Halves()).fit(TEXTS)
    model.save(tmp_path / "m")
    loaded = TopicModel.load(tmp_path / "m")
    np.testing.assert_array_equal(loaded.labels_, model.labels_)
    np.testing.assert_array_equal(loaded.predict(TEXTS, embeddings=letters(TEXTS)), model.labels_)
    with pytest.raises(ParameterError, match="embedder='lexical' learns from a corpus and was not fitted"):
        TopicModel.load(tmp_path / "m", embedder="lexical")
    with pytest.raises(ParameterTypeError, match="embedder cannot be int"):
        TopicModel.load(tmp_path / "m", embedder=5)
    with pytest.raises(Exception, match="embedder="):
        loaded.predict(TEXTS)
    with pytest.raises(ParameterError, match="clusterer"):
        loaded.fit(TEXTS, embeddings=letters(TEXTS))
    np.testing.assert_array_equal(
        TopicModel.load(tmp_path / "m", embedder=letters).predict(TEXTS), model.labels_
    )


def test_what_a_killed_process_left_is_tidied_up(model, tmp_path):
    model.save(tmp_path / "m")
    left = tmp_path / "m" / ".topickit-0123456789abcdef.tmp"
    left.write_bytes(b"half")
    model.save(tmp_path / "m")
    assert not left.exists()
    np.testing.assert_array_equal(TopicModel.load(tmp_path / "m").labels_, model.labels_)


def test_a_large_file_is_mapped(tmp_path, monkeypatch):
    """Mapped arrays equal those read, are writable as those are, and leave the file as it is."""
    arrays = {
        "a": np.arange(12, dtype=np.float32).reshape(3, 4),
        "b": np.array([True, False]),
        "c": np.empty((0, 3), dtype=np.int32),
        "d": np.arange(5),
        "e": np.arange(3, dtype=np.uint16),
    }
    storage.write(
        tmp_path / "m", State({}, parts={"one": State({}, arrays), "documents": State(texts=["é"])})
    )
    read = storage.read(tmp_path / "m")
    monkeypatch.setattr(storage, "MAPPED_BYTES", 1)
    mapped = storage.read(tmp_path / "m")
    assert mapped.parts["documents"].texts == ["é"]
    for name, array in arrays.items():
        for part in (read.parts["one"], mapped.parts["one"]):
            np.testing.assert_array_equal(part.arrays[name], array)
            assert part.arrays[name].dtype == array.dtype
    mapped.parts["one"].arrays["a"][0, 0] = 7
    assert storage.read(tmp_path / "m").parts["one"].arrays["a"][0, 0] == 0


def test_damage_of_a_mapped_file(tmp_path, monkeypatch):
    storage.write(tmp_path / "m", State({}, parts={"one": State({}, {"a": np.arange(9)})}))
    path = next((tmp_path / "m").glob("arrays-*"))
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(storage, "MAPPED_BYTES", 1)
    with pytest.raises(StorageError, match=r"part one.*is not what was saved"):
        storage.read(tmp_path / "m")
