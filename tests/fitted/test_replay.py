"""Edits as values: repeated on other models, undone, and saved with the model."""

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit.embed.lexical import LexicalEmbedder
from topickit.errors import InputError, ParameterError, ParameterTypeError, TopickitWarning
from topickit.fitted.history import Edit
from topickit.model import TopicModel

TEXTS, _ = make_corpus(160)
MORE = make_corpus(16, seed=5)[0]


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel(embedder="lexical", n_topics=6).fit(TEXTS)


@pytest.fixture(scope="module")
def edited(model) -> TopicModel:
    model = model.merge_topics([[1, 4]]).rename_topics({0: "sky"}).split_topic(2, 3).delete_topics([5])
    return model.at(4).with_outliers(0.1).assign_documents({"new": [0, 1, 2], "sky": [TEXTS[10]]})


def same(a, b):
    np.testing.assert_array_equal(a.labels_, b.labels_)
    assert [topic.name for topic in a.topics_] == [topic.name for topic in b.topics_]


def test_edits_are_plain_data(edited):
    again = [Edit.from_dict(json.loads(json.dumps(edit.as_dict()))) for edit in edited.edits_]
    assert tuple(again) == edited.edits_
    kinds = ["merge", "rename", "split", "delete", "level", "outliers", "assign"]
    assert [edit.kind for edit in again] == kinds
    assert "renamed 0" in again[1].summary
    with pytest.raises(InputError, match="not an edit"):
        Edit.from_dict({"kind": "merge", "arguments": {}})


def test_edits_repeated_on_the_same_model_give_the_same(model, edited):
    same(model.apply(edited.edits_), edited)


def test_every_edit_is_undone_also_after_saving(model, edited, tmp_path):
    while edited.edits_:
        edited.save(tmp_path / "m", keep_texts=True)
        loaded = TopicModel.load(tmp_path / "m")
        assert loaded.edits_ == edited.edits_
        edited = edited.undo()
        same(loaded.undo(), edited)
    same(edited, model)
    with pytest.raises(ParameterError, match="no edit to undo"):
        edited.undo()


@pytest.mark.parametrize("keep_texts", [True, False])
def test_an_update_is_an_edit_and_is_undone(model, tmp_path, keep_texts):
    def saved(model):
        model.save(tmp_path / "m", keep_texts=keep_texts)
        return TopicModel.load(tmp_path / "m")

    before = model.rename_topics({0: "sky"})
    before = before if keep_texts else saved(before)
    later = before.updated([*MORE, TEXTS[0], "zebra zebra", "zebra"], find_new=False)
    edited = later.rename_topics({1: "sea"}).merge_topics([[1, 2]])
    assert [edit.kind for edit in edited.edits_] == ["rename", "update", "rename", "merge"]
    assert later.edits_[-1].summary == "added 19 documents and 0 new topics; 0 documents moved"
    with pytest.warns(TopickitWarning, match="1 of 2 edits were skipped: update: .* with its documents"):
        assert model.apply(later.edits_).topics_[0].name == "sky"
    for again in (edited, saved(edited)):
        assert again.edits_ == edited.edits_
        once = again.undo()
        same(once, later.rename_topics({1: "sea"}))
        same(once.undo(), later)
        undone = saved(once).undo().undo()
        same(undone, before)
        assert [edit.kind for edit in undone.edits_] == ["rename"]
        if keep_texts:
            assert undone.topics_ == before.topics_
            assert undone.fitted_.corpus.documents.digest() == before.fitted_.provenance.digest
            np.testing.assert_array_equal(undone.fitted_.corpus.vectors, before.fitted_.corpus.vectors)
            counts = undone.fitted_.corpus.terms.counts
            assert (counts != before.fitted_.corpus.terms.counts).nnz == 0
        again = undone.updated(MORE, find_new=False)
        same(again, before.updated(MORE, find_new=False))
    with pytest.raises(ParameterError, match="no edit to undo"):
        later.undo().undo()
    in_place = saved(before).partial_fit(MORE)
    assert [edit.kind for edit in in_place.edits_] == ["rename", "update"]


def test_a_topic_that_is_not_there_is_reported(model, edited):
    other, _ = make_corpus(160, seed=3)
    stranger = TopicModel(embedder="lexical", n_topics=3).fit(["x " + text[::-1] for text in other])
    with pytest.warns(TopickitWarning, match="edits were skipped"):
        result = stranger.apply(edited.edits_[:2])
    assert [skipped.edit.kind for skipped in result.skipped_edits_] == ["merge", "rename"]
    np.testing.assert_array_equal(result.labels_, stranger.labels_)


def test_a_script_is_repeated_in_order_on_a_refit(tmp_path):
    """An edit of what an earlier one made is found again, and those of what is not there are reported."""
    from typer.testing import CliRunner

    from topickit.cli import app

    first = TopicModel(embedder=LexicalEmbedder(), n_topics=6).fit(TEXTS)
    edited = first.rename_topics({0: "first"}).merge_topics([[0, 1]]).rename_topics({0: "both"})
    edited = edited.split_topic(2, 2).rename_topics({6: "part"}).delete_topics([3])
    absent = Edit("rename", (replace(edited.edits_[0].topics[0], keywords=("zebra",), name="gone"),))
    absent = replace(absent, arguments={"names": ["never"]})
    refit = TopicModel(embedder=LexicalEmbedder(), n_topics=6).fit([*TEXTS, *MORE])
    script = [*edited.edits_[:2], absent, *edited.edits_[2:]]
    with pytest.warns(TopickitWarning, match="1 of 7 edits were skipped: rename: topic 0 'gone'"):
        result = refit.apply(script)
    assert [skipped.edit for skipped in result.skipped_edits_] == [absent]
    assigned = first.assign_documents({0: [3]}).edits_
    with pytest.warns(TopickitWarning, match="embeddings of another embedder"):
        assert refit.apply(assigned).edits_ == ()
    assert [edit.kind for edit in result.edits_] == [edit.kind for edit in edited.edits_]
    assert {"both", "part"} <= {topic.name for topic in result.topics_}
    both = edited.labels_ == edited.topics_["both"].id
    again = result.labels_[: len(TEXTS)] == result.topics_["both"].id
    assert (both & again).sum() > 0.8 * (both | again).sum()
    refit.save(tmp_path / "m", keep_texts=True)
    (tmp_path / "edits.json").write_text(json.dumps([edit.as_dict() for edit in script]))
    path = str(tmp_path / "m")
    command = ["edit", path, "--script", f"{tmp_path}/edits.json", "--out", f"{path}2"]
    with pytest.warns(TopickitWarning, match="1 of 7 edits were skipped"):
        done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    same(TopicModel.load(f"{path}2"), result)


def test_documents_are_assigned(model):
    rows = np.flatnonzero(model.labels_ == 2)[:3].tolist()
    moved = model.assign_documents({1: rows})
    assert (moved.labels_[rows] == 1).all()
    np.testing.assert_array_equal(moved.predict(TEXTS), moved.labels_)
    assert moved.edits_[-1].n_moved == (moved.labels_ != model.labels_).sum()
    new = model.assign_documents({"mine": rows})
    assert new.topics_["mine"].id == 6
    assert (new.labels_[rows] == 6).all()


@pytest.mark.parametrize(
    ("documents", "error"),
    [([1], ParameterTypeError), ({}, ParameterError), ({0: [999]}, InputError), ({0: ["?"]}, InputError)],
)
def test_documents_that_are_not_there_are_refused(model, documents, error):
    with pytest.raises(error):
        model.assign_documents(documents)


def test_the_command_edits_repeats_and_undoes(model, tmp_path):
    from typer.testing import CliRunner

    from topickit.cli import app

    path, script = str(tmp_path / "m"), str(tmp_path / "edits.json")
    model.save(path, keep_texts=True)
    runner = CliRunner()
    command = ["edit", path, "--merge", "1,4", "--rename", "3=Billing", "--split", "0:2", "--delete", "5"]
    done = runner.invoke(app, [*command, "--out", f"{path}2", "--save-script", script])
    assert done.exit_code == 0, done.output
    assert "Merged topics 1 " in done.output
    edited = TopicModel.load(f"{path}2")
    assert [topic.id for topic in edited.topics_] == [0, 1, 2, 3, 6]
    assert edited.topics_[3].name == "Billing"
    repeated = runner.invoke(app, ["edit", path, "--script", script, "--out", f"{path}3"])
    assert repeated.exit_code == 0, repeated.output
    same(TopicModel.load(f"{path}3"), edited)
    assert runner.invoke(app, ["edit", f"{path}3", "--undo"]).exit_code == 0
    assert TopicModel.load(f"{path}3").topics_[3].name == model.topics_[3].name
    assert runner.invoke(app, ["edit", path]).exit_code != 0
