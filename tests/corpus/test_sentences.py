"""Sentences of texts."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topickit.corpus.sentences import sentences


def split(text, **options):
    return [text[start:end] for start, end in sentences(text, **options)]


@pytest.mark.parametrize(
    "parts",
    [
        ["Dr. Who left at 5 p.m. on Monday.", "Did he?", "“Yes!”", "No."],
        ["J. Smith moved to the U.S. in 1990.", "It cost 3.5 dollars.", "See www.example.com."],
        ["Use e.g. this one.", "No. 5 is best."],
        ["Das ist z.B. gut.", "Ja!"],
        ["¿Qué tal?", "Bien, gracias."],
        ["यह क्या है।", "ठीक है।"],
    ],
)
def test_sentences(parts):
    assert split(" ".join(parts)) == parts


def test_no_space_is_needed_after_chinese_and_japanese_marks():
    assert split("他走了。她来了！真的？") == ["他走了。", "她来了！", "真的？"]
    assert split("「行こう。」と言った。") == ["「行こう。」", "と言った。"]


def test_blank_lines_and_items_end_a_sentence():
    assert split("A title\n\nwrapped\nline\n- one\n- two") == ["A title", "wrapped\nline", "- one", "- two"]


def test_text_without_marks_is_divided_into_windows():
    text = "word " * 300
    windows = split(text)
    assert len(windows) == 4
    assert all(window.startswith("word") and window.endswith("word") for window in windows)
    assert [len(part) for part in split("x" * 1000)] == [400, 400, 200]
    assert [len(part) for part in split("字" * 30 + "，" + "字" * 30, longest=40)] == [31, 30]


def test_blank_texts_have_none():
    assert sentences("") == sentences(" \n\n ") == []


@given(st.text(alphabet="aA .!?\n。-1,x", max_size=80), st.integers(2, 30))
def test_every_character_is_in_one_sentence(text, longest):
    found = sentences(text, longest=longest)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert "".join("".join(text[start:end].split()) for start, end in found) == "".join(text.split())
    assert all(0 < end - start <= longest and text[start:end].strip() for start, end in found)
