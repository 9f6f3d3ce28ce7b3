"""The file of cached vectors: what it says is checked before it is believed."""

import contextlib
import sqlite3

import numpy as np
import pytest

from tests.embed.test_cache import TEXTS, Counting
from topickit import TopicModel
from topickit.embed.cache import database as store
from topickit.embed.cache.embedder import CachedEmbedder, keys_of
from topickit.errors import TopickitWarning


def change(folder, statement):
    with sqlite3.connect(folder / store.FILE) as connection:
        connection.execute(statement)
    connection.close()


def set_aside(folder):
    return [path for path in store.files_set_aside(folder) if not path.name.endswith(store.COMPANIONS)]


MODELS = [
    "dimension = 'abc'",
    "dimension = 32",
    "dimension = 12",
    "dimension = 0",
    "dimension = -24",
    "dimension = 24.5",
    "dimension = 1000000000000000000",
    "dtype = 'int8'",
    "dtype = cast(x'ff' AS TEXT)",
    "fingerprint = x'00'",
    "description = x'00'",
    "dimension = x'18'",
]


@pytest.mark.parametrize("damage", MODELS)
@pytest.mark.parametrize("texts", [TEXTS[:200], TEXTS[200:], TEXTS], ids=["kept", "new", "both"])
def test_a_damaged_entry_of_a_model_is_reported_and_set_aside(tmp_path, damage, texts):
    CachedEmbedder(Counting(), tmp_path).encode(TEXTS[:200])
    change(tmp_path, f"UPDATE models SET {damage}")
    embedder = CachedEmbedder(inner := Counting(), tmp_path)
    with pytest.warns(TopickitWarning, match="is damaged.*renamed to") as warned:
        np.testing.assert_array_equal(embedder.encode(texts), Counting().encode(texts))
    assert len(warned) == 1
    assert inner.n_asked == len(texts)
    assert len(set_aside(tmp_path)) == 1
    np.testing.assert_array_equal(embedder.encode(texts), Counting().encode(texts))
    assert inner.n_asked == len(texts), "the new file keeps them"


def test_a_fit_goes_on_where_the_entry_of_its_model_is_damaged(tmp_path):
    first = TopicModel(Counting(), n_topics=4, cache=tmp_path).fit(TEXTS)
    change(tmp_path, "UPDATE models SET dimension = 'abc'")
    with pytest.warns(TopickitWarning, match="renamed to"):
        again = TopicModel(Counting(), n_topics=4, cache=tmp_path).fit(TEXTS)
    np.testing.assert_array_equal(again.labels_, first.labels_)


def test_an_entry_that_nothing_bears_out_is_not_held_against_the_embedder(tmp_path):
    CachedEmbedder(Counting(), tmp_path).encode(TEXTS)
    change(tmp_path, "UPDATE models SET dimension = 32")
    change(tmp_path, "DELETE FROM vectors")
    embedder = CachedEmbedder(Counting(), tmp_path)
    with pytest.warns(TopickitWarning, match="32 columns.*renamed to"):
        np.testing.assert_array_equal(embedder.encode(TEXTS), Counting().encode(TEXTS))


def test_an_entry_of_another_name_gives_no_vectors_away(tmp_path):
    for version in ("1", "2"):
        CachedEmbedder(Counting(version), tmp_path).encode(TEXTS[:9])
    change(tmp_path, "UPDATE models SET fingerprint = 'counting 3' WHERE id = 1")
    CachedEmbedder(inner := Counting("3"), tmp_path).encode(TEXTS[:9])
    assert inner.n_asked == 9, "keys hold the fingerprint too"


def test_damaged_vectors_do_not_condemn_the_entry_of_their_model(tmp_path):
    truth = CachedEmbedder(Counting(), tmp_path).encode(TEXTS)
    change(tmp_path, "UPDATE vectors SET vector = x'00' WHERE id < 200")
    change(tmp_path, "UPDATE vectors SET vector = cast(x'ff' AS TEXT) WHERE id = 250")
    embedder = CachedEmbedder(inner := Counting(), tmp_path)
    with pytest.warns(TopickitWarning, match="200 embeddings in the cache"):
        np.testing.assert_array_equal(embedder.encode(TEXTS), truth)
    assert inner.n_asked == 200
    assert not set_aside(tmp_path)


@pytest.mark.parametrize("left", [1, 2, 16, 99, 100, 511, 512, 5000, store.PAGE_BYTES])
def test_a_file_that_was_cut_is_reported_at_any_length(tmp_path, left):
    truth = CachedEmbedder(Counting(), tmp_path).encode(TEXTS)
    file = tmp_path / store.FILE
    file.write_bytes(file.read_bytes()[:left])
    with pytest.warns(TopickitWarning, match="is damaged.*renamed to"):
        np.testing.assert_array_equal(CachedEmbedder(Counting(), tmp_path).encode(TEXTS), truth)
    assert [path.stat().st_size for path in set_aside(tmp_path)] == [left]


def test_a_file_of_no_bytes_is_one_that_is_being_made(tmp_path):
    (tmp_path / store.FILE).touch()
    CachedEmbedder(Counting(), tmp_path).encode(TEXTS)
    assert not set_aside(tmp_path)


@pytest.mark.parametrize("damage", ["one byte", "entry"])
def test_the_command_says_what_removes_a_damaged_cache(run, tmp_path, damage):
    CachedEmbedder(Counting(), tmp_path).encode(TEXTS)
    if damage == "entry":
        change(tmp_path, "UPDATE models SET dimension = 'abc'")
    else:
        (tmp_path / store.FILE).write_bytes(b"S")
    status, _, err = run("cache", "--cache", tmp_path)
    assert status == 1
    assert "`topickit cache clear` removes it" in err
    assert run("cache", "clear", "--cache", tmp_path)[0] == 0
    assert run("cache", "--cache", tmp_path)[0] == 0


def test_an_index_without_its_row_is_damage_and_set_aside(tmp_path):
    CachedEmbedder(Counting(), tmp_path).encode(TEXTS[:10])
    (key,) = keys_of(TEXTS[3:4], Counting().fingerprint, "float32")
    file = tmp_path / store.FILE
    raw = bytearray(file.read_bytes())
    for at in [i for i in range(len(raw)) if raw.startswith(key, i)]:
        if raw[at + 16] == 4:  # the row that the entry of the index names
            raw[at + 16] = 120
    file.write_bytes(raw)
    with pytest.warns(TopickitWarning, match="is damaged.*renamed to"):
        CachedEmbedder(Counting(), tmp_path).encode(TEXTS[:10])
    embedder = CachedEmbedder(inner := Counting(), tmp_path)
    np.testing.assert_array_equal(embedder.encode(TEXTS[:10]), Counting().encode(TEXTS[:10]))
    assert inner.n_asked == 0


def test_another_process_that_clears_the_file_does_no_harm_to_one_that_reads(tmp_path):
    with store.VectorStore(tmp_path) as one, store.VectorStore(tmp_path) as other:
        vectors, keys = np.ones((1500, 2), np.float32), [b"%016d" % i for i in range(1500)]
        model = one.add_model("m", "float32", 2, "")
        one.write(model, keys, vectors)
        parts = one.read(model, keys)
        n_read = len(next(parts).keys)
        other._delete("1")
        new = other.add_model("n", "float32", 2, "")
        other.write(new, [b"x%015d" % i for i in range(1500)], 2 * vectors)
        rest = list(parts)
        assert n_read + sum(len(part.keys) for part in rest) == 1500
        assert not any(part.damaged for part in rest)
        assert all((part.vectors == 1).all() for part in rest)
        assert list(one.read(model, keys)) == []


def test_a_file_that_another_process_makes_meanwhile_is_no_other_program_s(tmp_path, monkeypatch):
    """Between two questions to the file the other makes its tables, or waits until both are answered."""
    connect, others = sqlite3.connect, []

    class Slow(sqlite3.Connection):
        def execute(self, statement, *values):
            if statement == "PRAGMA user_version" and not others:
                others.append(statement)
                with contextlib.suppress(sqlite3.OperationalError):
                    store.VectorStore(tmp_path).close()
            return super().execute(statement, *values)

    monkeypatch.setattr(store, "PATIENCE", 0.1)
    monkeypatch.setattr(
        store.sqlite3, "connect", lambda *given, **more: connect(*given, factory=Slow, **more)
    )
    with store.VectorStore(tmp_path) as opened:
        assert others
        assert opened.models() == []
