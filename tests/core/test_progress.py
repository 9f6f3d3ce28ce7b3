"""Stages are drawn on a terminal only, share one display, and say how long they took."""

import threading

import pytest

from topickit._core import progress


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)


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
