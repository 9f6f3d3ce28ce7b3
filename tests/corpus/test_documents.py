import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from topickit import TopicModel
from topickit.corpus.documents import Documents, check_texts, fill_missing
from topickit.errors import InputError, InputTypeError, ParameterError, TopickitWarning

WORDS = ["b", "a", "c"]


@pytest.mark.parametrize(
    "column",
    [
        WORDS,
        tuple(WORDS),
        np.array(WORDS),
        np.array(WORDS, dtype=object),
        pd.Series(WORDS, index=[5, 6, 7]),
        pd.Series(WORDS, dtype="category"),
        pl.Series(WORDS),
        pa.array(WORDS),
        pa.chunked_array([WORDS[:1], WORDS[1:]]),
        (word for word in WORDS),
    ],
    ids=lambda column: type(column).__module__ + "." + type(column).__name__,
)
def test_takes_any_column_of_str(column):
    assert check_texts(column) == WORDS
    assert all(type(text) is str for text in check_texts(WORDS))


@pytest.mark.parametrize(
    ("bad", "error", "said"),
    [
        ("one text", InputTypeError, r"wrap it: \[text\]"),
        (b"bytes", InputTypeError, "wrap it"),
        (["a", None], InputTypeError, "document 1 is missing"),
        (["a", "b", float("nan")], InputTypeError, "document 2 is missing"),
        (pd.Series(["a", pd.NA], dtype="string"), InputTypeError, "document 1 is missing"),
        ([b"a"], InputTypeError, "document 0 is bytes"),
        (["a", 3], InputTypeError, "document 1 is int"),
        (np.arange(3), InputTypeError, "document 0 is int"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), InputTypeError, "select the column"),
        (pl.DataFrame({"a": ["x"], "b": ["y"]}), InputTypeError, "select the column"),
        (np.array([["a"], ["b"]]), InputTypeError, "select the column"),
        ({"a": 1}, InputTypeError, "dict"),
        ({"a", "b"}, InputTypeError, "must be ordered"),
        (7, InputTypeError, "collection of str"),
        (None, InputTypeError, "collection of str"),
        ([], InputError, "empty"),
        (["fine", "not \ud83d fine"], InputError, r"document 1 .*U\+D83D\) at character 4"),
    ],
)
def test_says_what_is_wrong_and_where(bad, error, said):
    with pytest.raises(error, match=said):
        Documents.of(bad)


TEXTS = st.lists(st.text(max_size=3).filter(lambda t: t.isprintable()), min_size=1, max_size=30)


@given(TEXTS, st.randoms())
def test_order_changes_nothing_but_the_rows(texts, random):
    order = list(range(len(texts)))
    random.shuffle(order)
    one, other = Documents.of(texts), Documents.of([texts[i] for i in order])
    assert one.texts == other.texts
    np.testing.assert_array_equal(one.weights, other.weights)
    np.testing.assert_array_equal(one.rows[order], other.rows)


@given(TEXTS)
def test_rows_lead_back_to_the_texts(texts):
    documents = Documents.of(texts)
    for text, row in zip(texts, documents.rows, strict=True):
        assert (row == -1) == (not text.strip())
        assert row == -1 or documents.texts[row] == text
    assert documents.weights.sum() + documents.n_blank == documents.n_rows == len(texts)
    assert len(set(documents.texts)) == len(documents)
    np.testing.assert_array_equal([texts[i] for i in documents.first_rows], documents.texts)


def test_equal_texts_with_different_vectors_stay_apart():
    vectors = np.array([[1.0, 0], [0, 1.0], [1.0, 0]])
    documents = Documents.of(["a", "a", "a"], vectors)
    assert len(documents) == 2
    assert documents.rows[0] == documents.rows[2] != documents.rows[1]
    assert sorted(documents.weights) == [1, 2]


def test_vectors_do_not_change_the_order_of_texts():
    texts = [f"text {i}" for i in range(50)]
    vectors = np.random.default_rng(0).normal(size=(50, 3))
    assert Documents.of(texts, vectors).texts == Documents.of(texts).texts


def test_samples_are_the_same_in_any_order_and_differ_by_seed():
    texts = [f"text {i}" for i in range(100)]
    one, other = Documents.of(texts), Documents.of(texts[::-1])
    assert [one.texts[i] for i in one.sample(10)] == [other.texts[i] for i in other.sample(10)]
    assert one.sample(10, 0).tolist() != one.sample(10, 1).tolist()
    assert len(one.sample(None)) == len(one.sample(1000)) == 100


@pytest.mark.parametrize("row", [np.ones(3), np.array([np.nan, 1.0])])
def test_arrays_are_no_documents(row):
    with pytest.raises(InputTypeError, match="document 1 is ndarray, not str"):
        Documents.of(["a", row])


def test_a_sample_is_of_usable_documents_only():
    documents = Documents.of([f"text {i}" for i in range(1000)])
    odd = documents.sample(100, 3, usable=lambda rows: rows[rows % 2 == 1])
    assert len(odd) == 100
    assert (odd % 2 == 1).all()
    assert (np.diff(odd) > 0).all()
    drawn = documents.sample(100, 3)
    assert set(drawn[drawn % 2 == 1].tolist()) <= set(odd.tolist())
    few = documents.sample(100, 3, usable=lambda rows: rows[rows < 7])
    np.testing.assert_array_equal(few, np.arange(7))
    np.testing.assert_array_equal(documents.sample(None, usable=lambda rows: rows[rows < 7]), np.arange(7))


@pytest.mark.parametrize(
    "text",
    ["\u200b", "\ufeff", "\u00ad", "\0", "&#x200B;", "&#8203;&nbsp;", "&shy;", " \u2060\u200d\t", "\u3164",
     "\u2800", "\ufe0f", "\u061c", "\u180e", "\u034f", "\x1b"],
)  # fmt: skip
def test_invisible_texts_are_blank(text):
    documents = Documents.of(["boat", text, "sea"])
    assert documents.rows[1] == -1
    assert text not in documents.texts
    assert documents.n_blank == 1


@pytest.mark.parametrize("text", [".", "\u200bx", "😀", "&#65;", "&amp;", "\ufffd", "&#x200B"])
def test_visible_texts_are_not_blank(text):
    assert Documents.of([text]).n_blank == 0


MISSING = [None, float("nan"), pd.NA, pd.NaT]


@pytest.mark.parametrize("value", MISSING)
def test_missing_texts_are_blank_or_left_out(value):
    texts = ["red apple", value, "green apple", "fast car", "slow car", " "]
    for column in (texts, pd.Series(texts, dtype=object), iter(texts)):
        filled, _ = fill_missing(column, "blank", [])
        assert list(filled) == ["red apple", "", *texts[2:]]
    vectors = np.arange(12.0).reshape(6, 2)
    aligned = [vectors, pd.Series(range(6), index=list("abcdef")), list("uvwxyz"), None]
    for column in (texts, pd.Series(texts, dtype=object), iter(texts)):
        with pytest.warns(TopickitWarning, match="1 of 6 documents are missing and left out; results have 5"):
            kept, (rows, days, tags, none) = fill_missing(column, "drop", aligned)
        assert kept == [texts[row] for row in (0, 2, 3, 4, 5)]
        assert rows.tolist() == vectors[[0, 2, 3, 4, 5]].tolist()
        assert (list(days), tags, none) == ([0, 2, 3, 4, 5], list("uwxyz"), None)
    with pytest.raises(InputTypeError, match=r'document 1 is missing.*missing="blank"'):
        Documents.of(fill_missing(texts, "error", [])[0])
    with pytest.raises(InputError, match="6 documents, but 5 values"):
        fill_missing(texts, "drop", [list("uvwxy")])
    with pytest.raises(ParameterError, match="missing must be"):
        fill_missing(texts, "skip", [])


def test_a_model_takes_missing_texts():
    texts = ["red apple", None, "green apple", "apple pie", "fast car", "slow car", "car race"]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2)
    with pytest.raises(InputTypeError, match="document 1 is missing"):
        model.fit(texts)
    times = [2020, 2021, 2022, 2023, 2024, 2025, 2026]
    assert model.fit(texts, missing="blank", timestamps=times).labels_[1] == -1
    whole = model.labels_
    assert model.predict(texts, missing="blank").tolist() == whole.tolist()
    with pytest.warns(TopickitWarning, match="results have 6 rows"):
        dropped = model.fit(texts, missing="drop", timestamps=times).labels_
    assert dropped.tolist() == np.delete(whole, 1).tolist()
    with pytest.warns(TopickitWarning, match="results have 6 rows"):
        assert len(model.assign(pd.Series(texts), missing="drop").labels) == 6
    with pytest.warns(TopickitWarning, match="results have 6 rows"):
        assert model.transform(texts, missing="drop").shape == (6, len(model.topics_))
    with pytest.warns(TopickitWarning, match="results have 6 rows"):
        assert model.similarity(texts, missing="drop").shape == (6,)
    assert model.similarity(texts, missing="blank")[1] == 0


def test_a_table_of_one_column_is_a_column():
    for table in (
        pd.DataFrame({"t": ["a", "b"]}),
        pl.DataFrame({"t": ["a", "b"]}),
        pa.table({"t": ["a", "b"]}),
    ):
        assert sorted(Documents.of(table).texts) == ["a", "b"]
    with pytest.raises(InputTypeError, match="one column"):
        Documents.of(pd.DataFrame({"t": ["a"], "u": ["b"]}))
