import io
import json

import polars as pl
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.errors import InputError, ParameterError, TopickitError, TopicNotFoundError
from topickit.explore import session as sessions
from topickit.explore import steps
from topickit.explore.journal import Journal
from topickit.explore.session import Session
from topickit.explore.steps import Step, perform
from topickit.fitted.history import Edit

TEXTS, SUBJECTS = make_corpus(200)
NEW = ["The violin and cello with good viola, opera or old sonata"] * 12


@pytest.fixture(scope="module")
def model():
    return TopicModel(embedder="lexical", clusterer="kmeans", n_topics=6).fit(TEXTS, classes=SUBJECTS)


@pytest.fixture
def saved(model, tmp_path):
    model.save(tmp_path / "model", keep_texts=True)
    return tmp_path / "model"


def names(model):
    return {topic.id: (topic.name, topic.size) for topic in model.topics_}


STEPS = [
    steps.rename(0, "zero"),
    steps.merge([1, 2]),
    steps.split(0, 3),
    steps.delete([3]),
    steps.delete([3], to="none"),
    steps.move([0, 4, 8], 5),
    steps.move([0, 4, 8], "kitchen"),
    steps.level(3),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_a_preview_changes_nothing_and_tells_what_moves(model, step):
    session = Session(model)
    before = names(session.model)
    shown = session.preview(step)
    assert names(session.model) == before
    assert session.version == 0
    moved = (shown.model.labels_ != model.labels_).sum()
    assert shown.n_moved == moved
    assert sum(move.n for move in shown.moves) == moved
    assert all(text in TEXTS for move in shown.moves for text in move.examples)
    assert all(len(move.examples) == min(3, move.n) for move in shown.moves if move.n < 3)
    session.apply(shown)
    assert names(session.model) == names(perform(model, step)) != before


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_steps_are_plain_data(step):
    assert Step.from_dict(json.loads(json.dumps(step.as_dict()))) == step


@pytest.mark.parametrize(
    "wrong", [{}, {"kind": "burn"}, {"kind": "merge"}, {"kind": "level", "n_topics": 2, "more": 1}]
)
def test_what_is_no_step_is_refused(wrong):
    with pytest.raises(InputError, match="not a step"):
        Step.from_dict(wrong)


def test_undo_and_redo_go_back_and_forth_exactly(model, monkeypatch):
    monkeypatch.setattr(sessions, "MAX_MODELS", 2)
    session = Session(model)
    states = [session.model]
    for step in [steps.rename(0, "a"), steps.merge([1, 2]), steps.split(0), steps.rename(0, "b")]:
        session.apply(step)
        states.append(session.model)
    for state in reversed(states[:-1]):
        assert names(session.undo()) == names(state)
        assert (session.model.labels_ == state.labels_).all()
    with pytest.raises(ParameterError, match="no step to undo"):
        session.undo()
    for state in states[1:]:
        assert names(session.redo()) == names(state)
    with pytest.raises(ParameterError, match="no step to redo"):
        session.redo()
    session.undo()
    session.apply(steps.rename(0, "c"))
    assert session.undone == ()
    assert session.model.topics_[0].name == "c"


@pytest.mark.parametrize("kept", [1, 50])
def test_undo_goes_on_before_the_model_was_saved(model, tmp_path, monkeypatch, kept):
    monkeypatch.setattr(sessions, "MAX_MODELS", kept)
    states = [model]
    for step in [steps.merge([0, 1]), steps.rename(2, "two"), steps.ignore([3])]:
        states.append(perform(states[-1], step))
    states[-1].save(tmp_path / "model", keep_texts=True)
    session = Session.open(tmp_path / "model")
    session.apply(steps.rename(2, "second"))
    assert names(session.undo()) == names(states[-1])
    for back, state in enumerate(reversed(states[:-1]), 1):
        assert session.can_undo
        assert names(session.undo()) == names(state)
        assert (session.model.labels_ == state.labels_).all()
        assert session.n_changes == back
    assert not session.can_undo
    with pytest.raises(ParameterError, match="no step to undo"):
        session.undo()
    again = Session.open(tmp_path / "model")  # after a crash
    assert again.n_restored == 3
    assert names(again.model) == names(model)
    for one in (session, again):
        for state in states[1:]:
            assert names(one.redo()) == names(state)
        assert one.redo().topics_[2].name == "second"
        assert one.undone == ()
    assert (session.model.labels_ == states[-1].labels_).all()


@pytest.mark.parametrize("kept", [1, 50])
def test_a_step_after_an_undone_earlier_edit(model, tmp_path, monkeypatch, kept):
    monkeypatch.setattr(sessions, "MAX_MODELS", kept)
    perform(perform(model, steps.merge([0, 1])), steps.rename(2, "two")).save(
        tmp_path / "model", keep_texts=True
    )
    session = Session.open(tmp_path / "model")
    session.undo()
    session.apply(steps.rename(2, "other"))
    assert session.undone == ()  # the name "two" is gone
    wanted = names(session.model)
    session.undo()
    assert names(session.undo()) == names(model)
    session.redo()
    assert names(session.redo()) == wanted
    again = Session.open(tmp_path / "model")
    assert names(again.model) == wanted
    again.save(tmp_path / "new")
    assert [edit.kind for edit in TopicModel.load(tmp_path / "new").edits_] == ["merge", "rename"]
    again.save(tmp_path / "model", replace=True)
    assert again.can_undo
    assert again.n_changes == 0
    assert again.undo().topics_[2].name != "other"


def test_a_journal_that_undoes_more_than_there_is(saved, tmp_path):
    Session.open(saved).apply(steps.rename(0, "zero"))
    path = saved.parent / "model.edits" / "journal.jsonl"
    path.write_bytes(path.read_bytes() + b'{"do": "undo"}\n' * 2)
    with pytest.raises(InputError, match="undoes more edits"):
        Session.open(saved)


def test_a_preview_of_an_earlier_state_is_not_applied(model):
    session = Session(model)
    old = session.preview(steps.merge([0, 1]))
    session.apply(steps.rename(0, "a"))
    for stale in (old, old.number):
        with pytest.raises(ParameterError, match="make the preview again"):
            session.apply(stale)
    cancelled = session.preview(steps.merge([0, 1]))
    session.cancel()
    with pytest.raises(ParameterError, match="make the preview again"):
        session.apply(cancelled)
    assert len(session.done) == 1


def test_an_impossible_step_leaves_no_trace(saved):
    session = Session.open(saved)
    for step in (steps.merge([0, 99]), steps.level(10_000), steps.rename(0, " "), steps.split(0, 10**6)):
        with pytest.raises(TopickitError):
            session.apply(step)
    with pytest.raises(TopicNotFoundError):
        session.preview(steps.delete([77]))
    assert session.done == ()
    assert not (saved.parent / "model.edits").exists()


def test_a_crash_loses_no_edit(saved):
    first = Session.open(saved)
    first.apply(steps.rename(0, "zero"))
    first.apply(steps.merge([1, 2]))
    first.apply(steps.move([0, 4], "kitchen"))
    first.undo()
    again = Session.open(saved)  # the first one was not closed
    assert again.n_restored == 2
    assert names(again.model) == names(first.model)
    assert len(again.undone) == 1
    again.redo()
    assert "kitchen" in [topic.name for topic in again.model.topics_]
    for _ in range(3):
        again.undo()
    assert Session.open(saved).n_restored == 0


def test_half_a_line_is_dropped_and_a_damaged_one_is_an_error(saved, tmp_path):
    session = Session.open(saved, journal=tmp_path / "j")
    session.apply(steps.rename(0, "zero"))
    path = tmp_path / "j" / "journal.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"do": {"kind": "mer')
    again = Session.open(saved, journal=tmp_path / "j")
    assert again.n_restored == 1
    again.apply(steps.rename(1, "one"))
    assert Session.open(saved, journal=tmp_path / "j").n_restored == 2
    path.write_bytes(whole + b'{"do": "dance"}\n')
    with pytest.raises(InputError, match="line 3 of the journal"):
        Session.open(saved, journal=tmp_path / "j")
    path.write_bytes(whole + b'{"do": "redo"}\n')
    with pytest.raises(InputError, match="line 3"):
        Session.open(saved, journal=tmp_path / "j")


def test_the_journal_of_another_model_is_set_aside(saved, model, tmp_path):
    session = Session.open(saved)
    session.apply(steps.rename(0, "zero"))
    model.merge_topics([[0, 1]]).save(saved, keep_texts=True)
    other = Session.open(saved)
    assert other.n_restored == 0
    assert len(other.model.topics_) == 5
    assert "zero" in (tmp_path / "model.edits" / "journal-1.jsonl").read_text()


def test_the_journal_holds_no_text_of_a_document(saved):
    session = Session.open(saved)
    session.apply(steps.move([0, 4], 3))
    session.apply(steps.split(0))
    content = (saved.parent / "model.edits" / "journal.jsonl").read_text()
    assert not any(word in content for text in TEXTS for word in text.split() if len(word) > 4)


def test_saved_as_edited_and_never_over_another_unless_asked(saved, tmp_path):
    session = Session.open(saved)
    session.apply(steps.merge([0, 1]))
    session.apply(steps.rename(2, "two"))
    session.save(tmp_path / "new")
    loaded = TopicModel.load(tmp_path / "new")
    assert (loaded.predict(TEXTS) == session.model.labels_).all()
    assert names(loaded) == names(session.model)
    assert len(TopicModel.load(saved).topics_) == 6
    for taken in (tmp_path / "new", saved):
        with pytest.raises(InputError, match="exists"):
            session.save(taken)
    assert len(session.done) == 2
    session.save(saved, replace=True)
    assert session.done == ()
    again = Session.open(saved)
    assert again.n_restored == 0
    assert names(again.model) == names(session.model)


def test_a_read_only_session_writes_nothing(saved, tmp_path):
    Session.open(saved).apply(steps.rename(0, "zero"))
    session = Session.open(saved, read_only=True)
    assert session.model.topics_[0].name != "zero"
    for call in (
        lambda: session.preview(steps.merge([0, 1])),
        lambda: session.apply(steps.merge([0, 1])),
        session.undo,
        session.redo,
        lambda: session.save(tmp_path / "new"),
        lambda: session.preview_of_file("new.txt", b"a text"),
    ):
        with pytest.raises(ParameterError, match="read-only"):
            call()
    assert not (tmp_path / "new").exists()
    assert Session.open(saved).n_restored == 1


def test_the_script_repeats_the_edits(model):
    session = Session(model)
    session.apply(steps.merge([0, 1]))
    session.apply(steps.rename(2, "two"))
    edits = [Edit.from_dict(edit) for edit in json.loads(session.script())]
    assert names(model.apply(edits)) == names(session.model)


def test_labels_are_a_table(model):
    session = Session(model)
    session.apply(steps.merge([0, 1]))
    table = pl.read_csv(io.BytesIO(session.labels()))
    assert table["topic"].to_list() == session.model.labels_.tolist()
    assert table["document"].to_list() == TEXTS
    table = pl.read_parquet(io.BytesIO(session.labels("parquet", texts=False)))
    assert table["topic"].to_list() == session.model.labels_.tolist()
    assert "document" not in table.columns
    with pytest.raises(ParameterError, match="file_format"):
        session.labels("xls")


def test_a_model_without_texts_can_be_renamed_merged_and_saved(model, tmp_path):
    model.save(tmp_path / "bare")
    session = Session.open(tmp_path / "bare")
    shown = session.preview(steps.merge([0, 1]))
    assert [move.examples for move in shown.moves] == [()]
    session.apply(shown)
    with pytest.raises(InputError, match="saved without"):
        session.preview(steps.split(0))
    session.save(tmp_path / "new")
    assert len(TopicModel.load(tmp_path / "new").topics_) == 5
    assert pl.read_csv(io.BytesIO(session.labels())).columns == ["row", "topic"]


def test_new_documents_are_previewed_taken_undone_and_survive_a_crash(saved):
    session = Session.open(saved)
    session.apply(steps.rename(0, "zero"))
    shown = session.preview_of_file("../new.txt", "\n".join(NEW).encode())
    assert "12 documents" in shown.summary
    assert shown.notes
    assert len(session.model.labels_) == 200
    session.apply(shown.number)
    assert len(session.model.labels_) == 212
    assert session.model.topics_[0].name == "zero"
    again = Session.open(saved)
    assert len(again.model.labels_) == 212
    assert len(again.undo().labels_) == 200
    with pytest.raises(InputError):
        session.preview_of_file("new.parquet", b"not a parquet file")
    with pytest.raises(ParameterError, match="journal"):
        Session(session.model).preview_of_file("new.txt", b"a text")


def test_new_documents_of_a_table_with_several_columns_of_texts(saved):
    session = Session.open(saved)
    content = ("title,body\n" + "\n".join(f'a title,"{text}"' for text in NEW)).encode()
    with pytest.raises(InputError, match=r"^june\.csv has 2 text columns \(title, body\)"):
        session.preview_of_file("june.csv", content)
    session.apply(session.preview_of_file("june.csv", content, "body"))
    again = Session.open(saved)
    assert again.done == session.done
    assert again.model.document_info()["document"].to_list()[-len(NEW) :] == NEW


def test_a_journal_that_cannot_be_written_stops_the_edit(saved, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    session = Session.open(saved, journal=tmp_path / "file" / "j")
    with pytest.raises(InputError, match="cannot write the journal"):
        session.apply(steps.rename(0, "zero"))
    assert session.done == ()
    assert session.model.topics_[0].name != "zero"
    assert Journal(tmp_path / "nothing", "m").position.done == ()
