"""Counting the terms of a corpus in other texts: a text's counts do not depend on the texts beside it."""

import numpy as np
import pytest

from topickit.keywords.reader import TermReader
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

TEXTS = {
    "acronyms": [
        "The US dollar fell",
        "US courts and the IT sector",
        "tell us about it",
        "US dollar and US law",
    ],
    "german": ["Frau Müller kauft Brot", "Frau Mueller kauft Käse", "Müller und Söhne", "Brot und Käse"],
    "japanese": ["東京の大学で食べる", "大学の食堂は東京にある", "京都の大学"],
    "chinese": ["北京大学生物学院", "生物学院在北京", "北京的大学"],
    "emoji": ["🎉 🎉", "a party 🎉", "C++ and C# code", "soft\u00ad\nware and software"],
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_alone_has_the_counts_that_it_has_in_its_corpus(name):
    texts = TEXTS[name]
    weights = np.ones(len(texts), dtype=np.int64)
    known = count_terms(texts, weights, KeywordSettings())
    reader = TermReader.of(texts, weights, KeywordSettings(), known)
    assert reader.count(texts).toarray().tolist() == known.counts.toarray().tolist()
    for row, text in enumerate(texts):
        assert reader.count([text]).toarray()[0].tolist() == known.counts.toarray()[row].tolist()


@pytest.mark.parametrize("tokenizer", [str.split, str.lower])
def test_settings_of_the_user(tokenizer):
    texts = ["apple pie, apple", "red apple pie", "fast car"]
    weights = np.array([1, 2, 1])
    settings = (
        KeywordSettings(tokenizer=str.split)
        if tokenizer is str.split
        else KeywordSettings(vocabulary=("apple pie", "car"))
    )
    known = count_terms(texts, weights, settings)
    reader = TermReader.of(texts, weights, settings, known)
    for row, text in enumerate(texts):
        assert reader.count([text, "apple"]).toarray()[0].tolist() == known.counts.toarray()[row].tolist()
