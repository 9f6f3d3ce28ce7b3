"""What works on Linux only because it is Linux: modules of Unix, and files that are removed while open."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import make_corpus
from topickit import TextFile, TopicModel

ROOT = Path(__file__).resolve().parents[2]
UNIX_ONLY = [
    "resource",
    "fcntl",
    "pwd",
    "grp",
    "termios",
    "tty",
    "pty",
    "readline",
    "syslog",
    "crypt",
    "spwd",
]
TEXTS, _ = make_corpus(120)


@pytest.mark.parametrize("folder", ["topickit", "benchmarks"])
def test_no_module_needs_a_module_of_unix_to_be_imported(folder):
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert not set(UNIX_ONLY) & set(names), path


WITHOUT_UNIX = """
import builtins, importlib, math, pkgutil, sys
hidden, real = set(sys.argv[1].split(",")), builtins.__import__
def without_unix(name, globals=None, *rest):
    # Others' packages take the way that they take on this system; ours must do without.
    if name in hidden and (globals or {}).get("__name__", "").split(".")[0] in ("topickit", "benchmarks"):
        raise ModuleNotFoundError(name)
    return real(name, globals, *rest)
builtins.__import__ = without_unix
import topickit
for module in pkgutil.walk_packages(topickit.__path__, "topickit."):
    if module.name != "topickit.__main__":
        importlib.import_module(module.name)
from benchmarks.common import peak_mib
from topickit.cli.estimation import estimate_fit
texts = [f"{a} {b} {c}" for a in ("red", "big", "fast") for b in ("apple", "car", "pear") for c in "xyz"]
estimate = estimate_fit(topickit.TopicModel(embedder="lexical"), texts)
assert math.isnan(estimate.memory) and math.isnan(peak_mib())
assert "memory" in str(estimate) and "unknown" in str(estimate)
topickit.TopicModel(embedder="lexical").fit(texts).save(sys.argv[2])
sys.argv = ["topickit", "report", sys.argv[2]]
from topickit.cli import main
main()
"""


def test_everything_works_without_the_modules_of_unix(tmp_path):
    command = [sys.executable, "-c", WITHOUT_UNIX, ",".join(UNIX_ONLY), str(tmp_path / "m")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "27 documents" in done.stdout


@pytest.fixture
def windows_files(monkeypatch):
    """Refuse to remove or replace a file that this process has open or mapped, as Windows does."""
    if not Path("/proc/self/maps").exists():
        pytest.skip("needs /proc to know which files are open")

    def check(path, folder=None):
        base = os.getcwd() if folder is None else os.readlink(f"/proc/self/fd/{folder}")
        path = os.path.realpath(os.path.join(base, path))
        links = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
        handles = {os.readlink(link) for link in links if os.path.islink(link)}
        mapped = {line.split(maxsplit=5)[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
        if not os.path.isdir(path) and path in handles | mapped:
            raise PermissionError(13, "The process cannot access the file: it is being used", path)

    def guard(function, n_paths):
        def call(*paths, dir_fd=None, **options):
            for path in paths[:n_paths]:
                check(os.fspath(path), dir_fd)
            return function(*paths, **({} if dir_fd is None else {"dir_fd": dir_fd}), **options)

        return call

    for name, n_paths in (("unlink", 1), ("remove", 1), ("replace", 2), ("rename", 2)):
        monkeypatch.setattr(os, name, guard(getattr(os, name), n_paths))
    return check


def test_the_guard_sees_open_files(windows_files, tmp_path):
    path = tmp_path / "a"
    with path.open("w"), pytest.raises(PermissionError):
        path.unlink()
    path.unlink()


def test_no_file_is_removed_or_replaced_while_it_is_open(windows_files, run, tmp_path):
    table = tmp_path / "texts.csv"
    table.write_text("text\n" + "\n".join(f'"{text}"' for text in TEXTS), encoding="utf-8")
    model = TopicModel(embedder="lexical").fit(TextFile(table))
    for _ in range(2):
        model.save(tmp_path / "m", keep_texts=True)
        model = TopicModel.load(tmp_path / "m")
        model.report().to_html(tmp_path / "report.html")
    model.merge_topics([[0, 1]]).save(tmp_path / "m")
    table.unlink()
    assert {path.name for path in tmp_path.iterdir()} == {"m", "report.html"}


@pytest.mark.filterwarnings("default::topickit.TopickitWarning")
def test_the_command_does_not_keep_its_files_open(windows_files, run, tmp_path):
    table, out, cache = tmp_path / "texts.txt", tmp_path / "labels.csv", tmp_path / "cache"
    table.write_text("\n".join(TEXTS), encoding="utf-8")
    options = ("--cache", cache, "--out", tmp_path / "m", "--labels", out, "--clusterer", "kmeans")
    for _ in range(2):
        status, _, err = run("fit", table, *options, "--n-topics", 4)
        assert status == 0, err
    assert run("predict", tmp_path / "m", table, "--out", out, "--cache", cache)[0] == 0
    assert run("fit", table, "--embedder", "lexical", "--dry-run")[0] == 0
    (cache / "vectors.sqlite").write_bytes(b"not a database " * 500)
    status, _, err = run("predict", tmp_path / "m", table, "--out", out, "--cache", cache)
    assert status == 0
    assert "is damaged" in err
    (cache / "vectors.sqlite").write_bytes(b"not a database " * 500)
    status, shown, err = run("cache", "clear", "--cache", cache)
    assert (status, shown) == (0, "Removed a damaged cache file.\n"), err
    assert not list(cache.iterdir())
