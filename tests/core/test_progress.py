"""Stages are shown on terminals, in notebooks and by the command, share one display, and are timed."""

import io
import threading
from types import SimpleNamespace

import pytest

from topickit._core import progress


def test_the_time_of_all_work_is_told_once(clock):
    told = []
    with progress.stage("Reading", 1000, expect=told.append) as reading:
        for _ in range(20):
            clock[0] += 1
            reading.advance(10)
    assert told == [pytest.approx(1000 / 10)]
    with progress.stage("Reading", 10, expect=told.append) as reading:
        clock[0] += 1
        reading.advance(10)
    assert len(told) == 1


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test sets."""
    now = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    return now


class OutStream(io.StringIO):
    """The stream of a notebook."""

    __module__ = "ipykernel.iostream"

    def on_screen(self):
        """Return what the last line shows."""
        line = ""
        for part in self.getvalue().split("\r"):
            line = part + line[len(part) :]
        return line.rstrip()


class ManualTimer:
    """A timer that a test fires."""

    started: list = []  # noqa: RUF012

    def __init__(self, interval, function):
        assert interval == progress.PATIENCE
        self.function = function
        self.cancelled = False

    def start(self):
        self.started.append(self)

    def cancel(self):
        self.cancelled = True


@pytest.fixture
def notebook(monkeypatch):
    stream = OutStream()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=stream))
    monkeypatch.setattr(progress.threading, "Timer", ManualTimer)
    monkeypatch.setattr(ManualTimer, "started", [])
    return stream


def test_nothing_is_drawn_but_on_a_terminal(capfd):
    with progress.stage("Counting", 3) as stage, progress.stage("Thinking"):
        stage.advance(3)
    assert capfd.readouterr() == ("", "")


def test_the_bar_waits_until_it_is_worth_it(monkeypatch, terminal):
    clock = iter([0.0, 0.1, 1.0, 9.0])
    monkeypatch.setattr(progress, "monotonic", lambda: next(clock))
    started = []
    monkeypatch.setattr("rich.progress.Progress.start", lambda self: started.append(True))
    monkeypatch.setattr("rich.progress.Progress.add_task", lambda *a, **k: 0)
    for name in ("update", "stop", "remove_task"):
        monkeypatch.setattr(f"rich.progress.Progress.{name}", lambda *a, **k: None)
    with progress.stage("Counting", 10) as stage:
        stage.advance(1)  # 1 s in all, so it seems
        assert not started
        stage.advance(1)  # 5 s
        assert started


def test_rate_and_time_left_are_shown(terminal, capfd):
    with progress.stage("Counting words", 10, show=True) as stage:
        stage.advance(5)
    shown = capfd.readouterr().err
    assert "Counting words" in shown
    assert "left" in shown


def test_stages_of_two_threads_share_one_display(terminal, capfd):
    def aside():
        with progress.stage("Counting", 10, show=True) as stage:
            stage.advance(10)

    with progress.stage("Finding topics", show=True):
        thread = threading.Thread(target=aside)
        thread.start()
        thread.join()
    assert progress._Bar._display is None
    assert "Finding topics" in capfd.readouterr().err


def test_a_stage_inside_its_like_is_part_of_it():
    with progress.record_stages() as stages, progress.stage("Embedding", 10) as outer:
        with progress.stage("Embedding", 4) as inner:
            inner.advance(4)
        outer.reach(3)  # it knows better
        assert outer.done == 4
    assert [description for description, _ in stages] == ["Embedding"]


def test_a_stage_that_fails_is_closed(terminal):
    with pytest.raises(ZeroDivisionError), progress.record_stages() as stages, progress.stage("Dividing"):
        1 / 0  # noqa: B018
    assert stages == []
    assert progress._Bar._display is None


def test_lines_on_long_stages_and_counted_work(clock, capfd):
    stream = io.StringIO()
    with progress.lines_to(stream):
        with progress.stage("Reading"):
            clock[0] += 4.9
        with progress.stage("Finding topics") as finding:
            finding.advance(1)
            clock[0] += 65
            finding.advance(1)  # not counted
        with progress.stage("Embedding", 5000) as embedding:
            for _ in range(7):
                clock[0] += 10
                embedding.advance(500)
        with progress.stage("Silent", show=False):
            clock[0] += 60
    with progress.stage("After"):
        clock[0] += 60
    assert stream.getvalue().splitlines() == [
        "Finding topics: 65.0 s",
        "Embedding: 1,500/5,000, 50/s",
        "Embedding: 3,000/5,000, 50/s",
        "Embedding: 70.0 s",
    ]
    assert capfd.readouterr() == ("", "")


def test_a_terminal_gets_no_lines(terminal, clock):
    stream = io.StringIO()
    with progress.lines_to(stream), progress.stage("Counting", 10) as stage:
        clock[0] += 60
        stage.advance(5)
    assert stream.getvalue() == ""


def test_the_command_writes_lines(run, clock, monkeypatch, tmp_path):
    file = tmp_path / "t.txt"
    file.write_text("\n".join(f"{word} {other}" for word in ("boat", "onion") for other in "abcdefgh"))
    monkeypatch.setattr(progress, "SHORTEST", 0.0)
    arguments = ("fit", file, "--embedder", "lexical", "--n-topics", 2, "--out", tmp_path / "m")
    status, _, err = run(*arguments)
    assert status == 0
    assert "Finding topics: 0.0 s\n" in err
    assert "Saving: 0.0 s\n" in err


def test_a_notebook_shows_counted_work_at_intervals(clock, notebook):
    with progress.stage("Embedding", 5000) as stage:
        clock[0] += 1
        stage.advance(100)
        assert notebook.getvalue() == ""  # short work writes nothing
        clock[0] += 1
        ManualTimer.started[0].function()
        assert notebook.on_screen() == "Embedding 100/5,000  50/s  left 1:38"
        size = len(notebook.getvalue())
        clock[0] += 0.4
        stage.advance(100)
        assert len(notebook.getvalue()) == size
        clock[0] += 0.1
        stage.advance(50)
        assert notebook.on_screen() == "Embedding 250/5,000  100/s  left 0:48"
    assert notebook.on_screen() == ""
    assert notebook.getvalue().endswith("\r")
    assert ManualTimer.started[0].cancelled


def test_stages_share_the_line_of_a_notebook(clock, notebook):
    with progress.stage("Finding topics"):
        ManualTimer.started[0].function()
        with progress.stage("Counting words", 10):
            ManualTimer.started[1].function()
            assert notebook.on_screen() == "Finding topics  |  Counting words 0/10"
        assert notebook.on_screen() == "Finding topics"
        ManualTimer.started[1].function()  # it fired while its stage ended
        assert notebook.on_screen() == "Finding topics"
    assert notebook.on_screen() == ""


def test_short_work_writes_nothing_in_a_notebook(notebook):
    with progress.stage("Counting", 3) as stage:
        stage.advance(3)
    assert notebook.getvalue() == ""
