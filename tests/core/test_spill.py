"""Texts in a file serve as texts in memory do."""

import errno
import io
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit._core import spill as stored
from topickit._core.spill import StoredTexts, TextStore
from topickit.cli.reading import load_embeddings
from topickit.corpus.documents import Documents
from topickit.corpus.tables import TextStream
from topickit.errors import InputError, InputTypeError
from topickit.model import TopicModel

SMILE = "ÄÖ 中文 \N{GRINNING FACE}"
TEXTS = [*(f"text {i} {SMILE}" for i in range(500)), "", " ", f"text 3 {SMILE}"]


@pytest.fixture
def little_memory(monkeypatch):
    monkeypatch.setattr(stored, "IN_MEMORY", 4000)
    monkeypatch.setattr(stored, "RUN", 2000)
    monkeypatch.setattr("topickit.corpus.documents.BLOCK", 16)


def test_an_iterator_gives_what_a_list_gives(little_memory):
    one, other = Documents.of(TEXTS), Documents.of(iter(TEXTS))
    assert isinstance(one.texts, tuple)
    assert isinstance(other.texts, StoredTexts)
    assert one.texts == other.texts
    assert other.texts == one.texts
    for name in ("weights", "rows", "first_rows"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_few_texts_of_an_iterator_stay_in_memory():
    assert isinstance(Documents.of(iter(TEXTS)).texts, tuple)


def test_documents_of_stored_texts_share_the_file(little_memory):
    once = Documents.of(iter(TEXTS))
    again = Documents.of(once.texts)
    assert isinstance(again.texts, StoredTexts)
    assert again.texts == once.texts
    assert again.texts._content is once.texts._content


def test_stored_texts_are_a_sequence(little_memory):
    texts = Documents.of(iter(TEXTS)).texts
    expected = Documents.of(TEXTS).texts
    assert list(texts) == list(expected)
    assert texts[3] == expected[3]
    assert texts[-1] == expected[-1]
    assert texts[10:400:7] == list(expected[10:400:7])
    assert pickle.loads(pickle.dumps(texts)) == list(expected)
    assert texts != list(expected[:-1])
    assert texts != "".join(expected)
    with pytest.raises(IndexError):
        texts[len(texts)]


def test_each_run_lies_in_the_order_of_reading(little_memory):
    keys = np.random.default_rng(0).integers(2**63, size=(300, 2)).astype(np.uint64)
    with TextStore() as store:
        for start in range(0, 300, 100):
            store.add(["x" * 100] * 100, keys[start : start + 100])  # each is more than a run
        texts = store.texts()
    for start in range(0, 300, 100):
        order = np.argsort(keys[start : start + 100, 0])
        assert (np.diff(texts._starts[start : start + 100][order]) == 100).all()


def test_a_model_fitted_on_stored_texts_is_the_same(little_memory, tmp_path):
    texts, _ = make_corpus(400)
    one = TopicModel(embedder="lexical").fit(texts)
    other = TopicModel(embedder="lexical").fit(iter(texts))
    assert isinstance(other.fitted_.corpus.documents.texts, StoredTexts)
    np.testing.assert_array_equal(one.labels_, other.labels_)
    assert [topic.keywords for topic in one.topics_] == [topic.keywords for topic in other.topics_]
    np.testing.assert_array_equal(one.labels_, other.predict(iter(texts)))
    other.save(tmp_path / "model", keep_texts=True)
    assert (
        TopicModel.load(tmp_path / "model").fitted_.corpus.documents.texts
        == one.fitted_.corpus.documents.texts
    )


def test_errors_of_an_iterator_say_the_row(little_memory):
    with pytest.raises(InputTypeError, match="document 40 is missing"):
        Documents.of(iter([*TEXTS[:40], None]))
    with pytest.raises(InputError, match="empty"):
        Documents.of(iter([]))


def test_a_file_is_read_as_far_as_it_is_asked(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_bytes(b"\xef\xbb\xbffirst\r\nsecond\n" + b"x" * 10**6 + b"\nnot \xff utf-8\n")
    stream = TextStream(str(path))
    assert [next(stream), next(stream)] == ["first", "second"]
    assert stream.n_rows == 2
    next(stream)
    with pytest.raises(InputError, match=r"not UTF-8: byte 1000022, line 4"):
        next(stream)


# Not ru_maxrss, which a process that is started has from the one that starts it.
PEAK = """
import sys
from topickit._core import spill as stored
from topickit.corpus.documents import Documents
from topickit.corpus.tables import TextStream
stored.IN_MEMORY = stored.RUN = 2**20
def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))
def size_of(path):
    return sum(map(len, Documents.of(TextStream(path, sys.argv[3] or None)).texts))
size_of(sys.argv[1])  # what is loaded for the first file is no matter here
before = peak()
assert size_of(sys.argv[2]) > 10**8
print(peak() - before)
"""
memory_is_known = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def growth_of_memory(few, many, column="", **environment):
    """MiB that reading many texts takes more than reading few."""
    script = [sys.executable, "-c", PEAK, few, many, column]
    done = subprocess.run(
        script, capture_output=True, text=True, check=True, env={**os.environ, **environment}
    )
    return float(done.stdout)


@memory_is_known
def test_memory_does_not_grow_with_texts_of_a_file(tmp_path):
    few, many = tmp_path / "few.txt", tmp_path / "many.txt"
    few.write_text("word\n")
    with many.open("w", encoding="utf-8") as file:
        for i in range(100_000):
            file.write(f"{i} " + "word " * 200 + "\n")  # 100 MB
    assert growth_of_memory(few, many) < 60


@memory_is_known
def test_memory_does_not_grow_with_a_csv_file(tmp_path):
    few, many = tmp_path / "few.csv", tmp_path / "many.csv"
    few.write_text("id,text,other\n1,a,x\n")
    with many.open("w", encoding="utf-8") as file:
        file.write("id,text,other\n")
        for i in range(100_000):
            file.write(f'{i},"{i}, ' + "word " * 200 + '",x\n')  # 100 MB
    # polars reads some blocks a thread ahead: were they as large as usual, they would hold all of this file.
    blocks = {"POLARS_CSV_CHUNK_SIZE": "500000", "POLARS_MAX_THREADS": "2"}
    assert growth_of_memory(few, many, "text", **blocks) < 100


def test_vectors_in_a_file_are_mapped_and_serve_as_those_in_memory(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(60, 8))
    texts, _ = make_corpus(60)
    np.save(tmp_path / "v.npy", vectors)
    found = load_embeddings(tmp_path / "v.npy", 60)
    assert isinstance(found, np.memmap) or isinstance(found.base, np.memmap)
    one, other = TopicModel().fit(texts, embeddings=vectors), TopicModel().fit(texts, embeddings=found)
    np.testing.assert_array_equal(one.labels_, other.labels_)
    np.testing.assert_array_equal(one.fitted_.corpus.vectors, other.fitted_.corpus.vectors)
    np.testing.assert_array_equal(np.load(tmp_path / "v.npy"), vectors)


def test_vectors_that_are_no_array_say_so(tmp_path):
    for content in (b"", b"no array", b"\x93NUMPY\x01\x00v\x00"):
        (tmp_path / "v.npy").write_bytes(content)
        with pytest.raises(InputError, match="cannot read embeddings from"):
            load_embeddings(tmp_path / "v.npy")


def test_long_texts_are_read_a_few_at_a_time(little_memory):
    longer = [f"{i} " + "boat " * 100 for i in range(40)]
    texts = Documents.of(iter(longer)).texts
    assert isinstance(texts, StoredTexts)
    spans = stored.spans(texts, 16)
    assert max(sum(map(len, texts[start:stop])) for start, stop in spans) <= stored.RUN
    assert len(spans) > 40 / 16
    assert [i for start, stop in spans for i in range(start, stop)] == list(range(40))
    assert list(texts) == texts[:]


FULL = """
import sys, numpy as np
from topickit._core import spill, vectors
from topickit.corpus.documents import Documents
from topickit.errors import InputError
spill.IN_MEMORY = spill.RUN = vectors.IN_MEMORY = spill.NUMBERS_IN_MEMORY = 2**16
def texts():
    Documents.of(f"text {i} " * 100 for i in range(20_000))
def numbers():
    with spill.StoredNumbers(np.int32) as stored:
        for _ in range(100):
            stored.extend(np.arange(2**16))
        stored.array()
def array():
    vectors.allocate(10_000, 500)[:] = 1
for work in (texts, numbers, array):
    try:
        work()
    except InputError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small file system")
def test_a_full_disk_is_one_error_and_leaves_nothing(tmp_path):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)], check=False)
    if mounted.returncode:
        pytest.skip("may not mount a file system")
    try:
        done = subprocess.run(
            [sys.executable, "-c", FULL],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        assert done.stdout.count(f"{tmp_path}, is full: free space in it") == 3
        assert not done.stderr
        assert not list(tmp_path.iterdir())
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_the_error_of_a_full_disk_is_not_hidden_when_the_file_is_closed(monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stored, "unnamed_file", Full)
    monkeypatch.setattr(stored, "IN_MEMORY", 10)
    with pytest.raises(InputError, match="is full: free space in it, or set the variable TMPDIR"):
        Documents.of(iter(TEXTS))
