import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from topickit._core.atomic import check_target, write_atomic
from topickit.errors import InputError, InputTypeError


def test_writes_text_as_utf8_with_its_line_ends(tmp_path):
    path = write_atomic(tmp_path / "a.txt", "é\r\n\n")
    assert path == tmp_path / "a.txt"
    assert path.read_bytes() == "é\r\n\n".encode()
    assert write_atomic(str(path), b"\x00\xff").read_bytes() == b"\x00\xff"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_failure_keeps_the_old_file_and_leaves_nothing(tmp_path, monkeypatch):
    path = write_atomic(tmp_path / "a.txt", "old")

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(InputError, match="No space left"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_interrupt_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "a.txt", "new")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [("missing/a.txt", "create it first"), ("", "is a folder"), ("a\0b", "NUL")],
)
def test_unusable_paths_say_why(tmp_path, name, words):
    with pytest.raises(InputError, match=words):
        write_atomic(f"{tmp_path}/{name}", "x")
    assert os.listdir(tmp_path) == []


def test_other_bad_input(tmp_path):
    with pytest.raises(InputTypeError, match="got int"):
        write_atomic(3, "x")
    with pytest.raises(InputError, match="surrogate at character 1"):
        write_atomic(tmp_path / "a", "a\ud800")
    with pytest.raises(InputError, match="cannot write"):
        write_atomic(tmp_path / ("n" * 300), "x")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links are POSIX here")
def test_permissions_and_links_are_kept(tmp_path):
    path = write_atomic(tmp_path / "a.txt", "old")
    plain = tmp_path / "plain"
    plain.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    path.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(path)
    assert write_atomic(link, "new") == link
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_known_before(tmp_path):
    os.chmod(tmp_path, 0o500)
    with pytest.raises(InputError, match="no permission"):
        check_target(tmp_path / "a.txt")
    os.chmod(tmp_path, 0o700)


def test_targets_are_checked_before_the_work(tmp_path):
    assert check_target(tmp_path / "a.txt") == tmp_path / "a.txt"
    with pytest.raises(InputError, match="create it first"):
        check_target(tmp_path / "missing" / "a.txt")
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as aside:
        read = aside.submit(pipe.read_text)
        write_atomic(pipe, "a line")
        assert read.result(timeout=10) == "a line"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]
