"""`topickit cache`, and the cache of the commands that embed."""

import numpy as np
import pytest

from tests.conftest import make_corpus
from tests.embed.test_cache import Counting
from topickit.embed import base
from topickit.embed.cache import database as store
from topickit.embed.cache.embedder import CachedEmbedder

TEXTS, _ = make_corpus(120)


@pytest.fixture
def counting(monkeypatch):
    """The model that names stand for: what it was asked is seen."""
    inner = Counting(dimension=64)
    monkeypatch.setattr(base, "_named", lambda name, long_documents: inner)
    monkeypatch.setattr(base, "from_state", lambda state, device=None: inner)
    return inner


@pytest.fixture
def lines(tmp_path):
    file = tmp_path / "t.txt"
    file.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    return file


def test_an_empty_cache_is_not_made_by_looking(run, tmp_path):
    for arguments in (("cache",), ("cache", "clear"), ("cache", "prune", "--older-than", "1d")):
        status, out, _ = run(*arguments, "--cache", tmp_path / "none")
        assert status == 0
        assert "empty" in out or "Removed 0" in out
    assert not (tmp_path / "none").exists()


def test_every_command_that_embeds_shares_the_cache(run, tmp_path, lines, counting):
    folder = tmp_path / "c"
    status, _, _ = run("fit", lines, "--out", tmp_path / "m", "--n-topics", 4, "--cache", folder)
    assert (status, counting.n_asked) == (0, 120)
    assert run("predict", tmp_path / "m", lines, "--cache", folder)[0] == 0
    assert run("cluster", lines, "--clusterer", "kmeans", "--clusters", 4, "--cache", folder)[0] == 0
    assert counting.n_asked == 120
    assert run("predict", tmp_path / "m", lines, "--cache", folder, "--no-cache")[0] == 0
    assert counting.n_asked == 240
    _, out, _ = run("cache", "--cache", folder)
    assert str(folder / store.FILE) in out
    assert "120 embeddings" in out
    assert "Counting" in out


def test_the_cache_is_on_and_the_environment_says_where(run, tmp_path, lines, counting, monkeypatch):
    monkeypatch.delenv("TOPICKIT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    run("cluster", lines, "--clusterer", "kmeans", "--clusters", 4)
    assert (tmp_path / "xdg" / "topickit" / store.FILE).exists()
    monkeypatch.setenv("TOPICKIT_CACHE", str(tmp_path / "named"))
    run("cluster", lines, "--clusterer", "kmeans", "--clusters", 4)
    assert counting.n_asked == 240
    assert "120 embeddings" in run("cache")[1]
    assert str(tmp_path / "named") in run("cache")[1]


def test_lexical_leaves_no_file(run, tmp_path, lines):
    run("fit", lines, "--out", tmp_path / "m", "--embedder", "lexical", "--cache", tmp_path / "c")
    assert not (tmp_path / "c").exists()


@pytest.fixture
def filled(tmp_path):
    folder = tmp_path / "cache"
    for version, n in (("one", 120), ("two", 50)):
        CachedEmbedder(Counting(version, dimension=384), folder).encode(TEXTS[:n])
    return folder


def test_prune_and_clear(run, filled):
    assert "170 embeddings" in run("cache", "--cache", filled)[1]
    assert "Removed 0" in run("cache", "prune", "--older-than", "1h", "--cache", filled)[1]
    assert "Removed 50" in run("cache", "prune", "--model", "counting two", "--cache", filled)[1]
    status, out, _ = run("cache", "--cache", filled, "prune", "--max-size", "150kB")
    assert status == 0
    assert "Removed" in out
    assert 150_000 - store.PAGE_BYTES <= store.size_of(filled) <= 150_000
    with store.VectorStore(filled) as opened:
        assert 0 < opened.models()[0].rows < 120
    assert "Removed" in run("cache", "clear", "--cache", filled)[1]
    with store.VectorStore(filled) as opened:
        assert opened.models() == []


def test_prune_says_what_is_left_as_the_cache_itself_does(run, filled):
    for most, least in (("100kB", False), ("10kB", True)):
        _, out, err = run("cache", "prune", "--max-size", most, "--cache", filled)
        with store.VectorStore(filled) as opened:
            kept = sum(model.rows for model in opened.models())
        size = f"{store.size_of(filled) / 1000:.0f} kB"
        assert f"; {kept} left, {size}" in out
        assert (kept == 0) == least == ("the size of an empty cache" in out)
        assert err == ""
        assert f"Size: {size}, {kept} embeddings" in run("cache", "--cache", filled)[1]


def test_prune_of_one_model_says_where_the_others_are_too_large(run, filled):
    _, out, err = run("cache", "prune", "--max-size", "10kB", "--model", "counting two", "--cache", filled)
    assert "Removed 50 embeddings; 120 left" in out
    assert "other models" in err


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ((), 2, "--older-than or --max-size"),
        (("--older-than", "soon"), 2, "30d"),
        (("--max-size", "much"), 2, "500MB"),
        (("--max-size", "5i"), 2, "500MB"),
        (("--model", "three"), 1, "these models: Counting, Counting"),
    ],
)
def test_what_prune_refuses(run, filled, arguments, status, says):
    code, _, err = run("cache", "prune", *arguments, "--cache", filled)
    assert code == status
    assert says in err
    with store.VectorStore(filled) as opened:
        assert sum(model.rows for model in opened.models()) == 170


def test_a_damaged_cache(run, filled):
    (filled / store.FILE).write_bytes(b"no database " * 500)
    code, _, err = run("cache", "--cache", filled)
    assert code == 1
    assert "topickit cache clear" in err
    with pytest.warns(UserWarning, match="renamed to"):
        CachedEmbedder(Counting(), filled).encode(TEXTS)
    code, out, _ = run("cache", "--cache", filled)
    assert code == 0
    assert "Damaged files: 6 kB in 1 file;" in out
    (filled / store.FILE).write_bytes(b"no database " * 500)
    assert "Removed a damaged cache file" in run("cache", "clear", "--cache", filled)[1]
    assert list(filled.iterdir()) == []


def test_a_file_for_a_folder(run, lines):
    assert run("cache", "--cache", lines)[0] == 2


def test_labels_do_not_depend_on_the_cache(run, tmp_path, lines, counting):
    for name, more in (("a", ("--no-cache",)), ("b", ("--cache", tmp_path)), ("c", ("--cache", tmp_path))):
        run("fit", lines, "--out", tmp_path / name, "--labels", tmp_path / f"{name}.csv", *more)
    tables = [(tmp_path / f"{name}.csv").read_bytes() for name in "abc"]
    assert tables[0] == tables[1] == tables[2]
    assert len(np.unique(tables[0].split(b"\n"))) > 2
