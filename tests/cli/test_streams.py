"""Standard streams that are absent, closed, full, or less than a file."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit._core import progress
from topickit.cli import main
from topickit.cli.streams import StandardStream
from topickit.errors import InputError

TEXTS, _ = make_corpus(120)


class Bare:
    """The least that a program puts in the place of a stream: no isatty, no fileno, no flush."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text


class WithoutFile(Bare):
    """As a notebook's: methods that raise."""

    def isatty(self):
        raise io.UnsupportedOperation("isatty")

    def fileno(self):
        raise io.UnsupportedOperation("fileno")

    def flush(self):
        pass


def closed():
    stream = io.StringIO()
    stream.close()
    return stream


STREAMS = {"none": lambda: None, "closed": closed, "bare": Bare, "without a file": WithoutFile}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "m"
    TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(TEXTS).save(folder)
    return folder


@pytest.fixture
def streams(monkeypatch):
    """Replace standard output and error."""

    def replace(kind):
        out, err = STREAMS[kind](), STREAMS[kind]()
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        return out, err

    return replace


@pytest.mark.parametrize("kind", STREAMS)
def test_a_model_is_fitted_whatever_the_streams(streams, kind):
    streams(kind)
    fitted = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(TEXTS)
    assert len(fitted.topics_) == 4
    with progress.stage("Counting", 3) as stage:
        stage.advance(3)


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("command", ["report", "predict", "--help", "absent"])
def test_every_command_runs_whatever_the_streams(streams, tmp_path, model, kind, command):
    table = tmp_path / "t.txt"
    table.write_text("\n".join([*TEXTS, ""]), encoding="utf-8")
    arguments = {
        "report": ["report", str(model)],
        "predict": ["predict", str(model), str(table)],
        "--help": ["--help"],
        "absent": ["fit", str(tmp_path / "absent.txt"), "--out", str(tmp_path / "m"), "--debug"],
    }[command]
    out, err = streams(kind)
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert (stopped.value.code or 0) == (command == "absent")
    assert sys.stdout is out
    if isinstance(out, Bare):
        expected = {"report": "4 topics", "predict": "row,topic,name", "--help": "Usage", "absent": ""}
        assert expected[command] in out.text
        assert ("Traceback" in err.text) == (command == "absent")


def test_no_standard_input_is_an_error(monkeypatch, run, model):
    for stdin in (None, closed()):
        monkeypatch.setattr(sys, "stdin", stdin)
        for file_format in ("lines", "csv"):
            status, _, err = run("predict", model, "-", "--input-format", file_format)
            assert status == 1
            assert err == "topickit: cannot read -: there is no standard input\n"


@pytest.mark.skipif(sys.platform == "win32", reason="the shell of POSIX closes descriptors")
def test_closed_descriptors(model):
    command = f'"{sys.executable}" -m topickit report "{model}" >&- 2>&-'
    assert subprocess.run(command, shell=True, check=False).returncode == 0


def test_output_in_another_encoding_is_utf_8_in_a_file(model):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "topickit", "report", str(model)]
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    assert "·" in done.stdout.decode("utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_an_error_where_the_output_is_required():
    for required in (True, False):
        with Path("/dev/full").open("w") as full:
            stream = StandardStream(full, required=required)
            stream.write("a")
            if required:
                with pytest.raises(InputError, match="cannot write to standard output: No space left"):
                    stream.flush()
            else:
                stream.flush()
