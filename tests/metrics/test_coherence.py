"""Coherence: by hand, and equal to gensim's on the same tokens."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topickit.errors import InputError, InputTypeError, ParameterError, ParameterTypeError
from topickit.metrics import COHERENCES, Reference, as_tokens, c_npmi, c_v, reference, tokenize, u_mass
from topickit.metrics.reference import count_windows

DOCUMENTS = [["red", "apple"], ["red", "apple", "pie"], [], ["fast", "car", "fast"]]
WORDS = [f"w{i}" for i in range(8)]


def gensim_values(topics, documents, measure, window, top):
    pytest.importorskip("gensim", reason="gensim is a development dependency")
    from gensim.corpora import Dictionary
    from gensim.models.coherencemodel import CoherenceModel

    found = CoherenceModel(
        topics=topics,
        texts=documents,
        dictionary=Dictionary(documents),
        coherence=measure,
        window_size=window,
        topn=top,
        processes=1,
    )
    return np.array(found.get_coherence_per_topic())


def ours(topics, documents, measure, window, top):
    more = {} if window is None else {"window": window}
    return COHERENCES[measure](topics, documents, top=top, **more).per_topic


# Long enough and short enough to be cut by the window, with repeats, empty documents, words that never meet.
corpora = st.lists(st.lists(st.sampled_from(WORDS), max_size=30), min_size=1, max_size=12)
MEASURES = [("c_npmi", 10), ("c_npmi", 3), ("c_npmi", 1), ("c_v", 110), ("c_v", 5), ("u_mass", None)]


@pytest.mark.parametrize(("measure", "window"), MEASURES)
@settings(max_examples=40, deadline=None)
@given(documents=corpora, data=st.data())
def test_equal_to_gensim_on_any_corpus(measure, window, documents, data):
    present = sorted({word for document in documents for word in document})
    if len(present) < 2:
        return
    unique = data.draw(st.booleans())
    topic = st.lists(st.sampled_from(present), min_size=2, max_size=6, unique=unique)
    topics = data.draw(st.lists(topic, min_size=1, max_size=3))
    expected = gensim_values(topics, documents, measure, window, 6)
    np.testing.assert_allclose(ours(topics, documents, measure, window, 6), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("measure", "window"), [("c_npmi", 10), ("c_v", 110), ("u_mass", None)])
def test_equal_to_gensim_on_a_skewed_corpus_over_several_blocks(measure, window, monkeypatch):
    monkeypatch.setattr(reference, "BLOCK_TOKENS", 500)
    rng = np.random.default_rng(0)
    words = np.array([f"w{i}" for i in range(200)])
    documents = [words[rng.zipf(1.4, n) % 200].tolist() for n in rng.integers(0, 180, 60)]
    present = sorted({word for document in documents for word in document})
    topics = [rng.choice(present, 12, replace=False).tolist() for _ in range(8)]
    found = COHERENCES[measure](topics, Reference.of(documents))
    expected = gensim_values(topics, documents, measure, window, 10)
    np.testing.assert_allclose(found.per_topic, expected, atol=1e-6, rtol=0)
    assert float(found) == found.mean == pytest.approx(expected.mean(), abs=1e-6)


def gensims_windows(documents, size):
    """The windows as gensim slides them, told token by token."""
    for document in documents:
        present = set(document[:size])
        yield present
        for i in range(size, len(document)):
            present = present - {document[i - size]} | {document[i]}
            yield present


@settings(max_examples=60, deadline=None)
@given(documents=corpora, size=st.integers(1, 12))
def test_windows_counted_one_by_one(documents, size):
    windows = list(gensims_windows(documents, size))
    words = sorted({word for document in documents for word in document})
    pairs = [(i, j) for j in range(len(words)) for i in range(j)]
    single = Counter(word for window in windows for word in window)
    found = count_windows(
        Reference.of(documents), words, np.array(pairs, dtype=np.int64).reshape(-1, 2), window=size
    )
    assert found.n_windows == len(windows)
    assert found.words.tolist() == [single[word] for word in words]
    both = [sum(words[i] in window and words[j] in window for window in windows) for i, j in pairs]
    assert found.pairs.tolist() == both


def test_by_hand():
    # Four windows: red in 2, apple in 2, both in 2.
    assert c_npmi([["red", "apple"]], DOCUMENTS).mean == pytest.approx(1.0)
    # car in 1 of 4, red in 2 of 4, never together.
    never = math.log(1e-12 / (0.5 * 0.25)) / -math.log(1e-12)
    assert c_npmi([["red", "car"]], DOCUMENTS).mean == pytest.approx(never)
    assert u_mass([["red", "pie"]], DOCUMENTS).mean == pytest.approx(math.log(0.25 / 0.5))
    assert u_mass([["pie", "red"]], DOCUMENTS).mean == pytest.approx(0.0, abs=1e-9)
    assert c_v([["red", "apple"]], DOCUMENTS).mean == pytest.approx(1.0)


def test_a_missing_word_is_an_error_or_left_out():
    with pytest.raises(InputError, match="'boat', a word of topic 1"):
        c_npmi([["red", "apple"], ["red", "boat"]], DOCUMENTS)
    found = c_npmi([["red", "apple", "boat"], ["boat", "sea"]], DOCUMENTS, missing="skip")
    assert found.per_topic[0] == pytest.approx(1.0)
    assert np.isnan(found.per_topic[1])
    assert found.mean == pytest.approx(1.0)
    assert found.n_skipped == 3


@pytest.mark.parametrize("measure", COHERENCES.values(), ids=COHERENCES)
def test_odd_topics(measure):
    assert np.isnan(measure([], DOCUMENTS).mean)
    assert measure([], DOCUMENTS).per_topic.shape == (0,)
    assert np.isnan(measure([["red"], []], DOCUMENTS).per_topic).all()
    assert measure([["red", "apple"], ["red", "apple", "pie"]], DOCUMENTS).per_topic.shape == (2,)
    assert np.isfinite(measure([["red", "red", "apple"]], DOCUMENTS).mean)
    assert np.isfinite(measure([("red", "car")], [["red", "car"]]).mean)
    assert np.isnan(measure([["red"]], [], missing="skip").mean)
    # Words beyond the first `top` do not count, not even to be missed.
    assert measure([["red", "apple", "boat"]], DOCUMENTS, top=2).mean == pytest.approx(
        measure([["red", "apple"]], DOCUMENTS).mean
    )


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        (("red apple", DOCUMENTS), InputTypeError, "one str"),
        ((["red apple"], DOCUMENTS), InputTypeError, "topic 0 must be a list of words"),
        (([[("red", 0.5), ("apple", 0.1)]], DOCUMENTS), InputTypeError, "without their weights"),
        (([["red", "apple"]], ["red apple"]), InputTypeError, "document 0 must be a list of str"),
        (([["red", "apple"]], "red apple"), InputTypeError, "tokenize"),
        (([["red", "apple"]], [[1, 2]]), InputTypeError, "a token must be a str"),
        (
            ([["red", "apple"]], []),
            InputError,
            "'red', a word of topic 0, and 1 more of its words do not occur",
        ),
        (([["red", "Apple"]], DOCUMENTS), InputError, r"'Apple', a word of topic 0, does not.*tokenize"),
    ],
)
def test_bad_input_is_told(arguments, error, says):
    with pytest.raises(error, match=says):
        c_npmi(*arguments)


@pytest.mark.parametrize("setting", [{"top": 1}, {"window": 0}, {"missing": "ignore"}])
def test_bad_settings_are_told(setting):
    with pytest.raises(ParameterError, match=next(iter(setting))):
        c_npmi([["red", "apple"]], DOCUMENTS, **setting)


def test_arguments_are_not_changed():
    topics, documents = [["red", "apple", "pie"]], [list(document) for document in DOCUMENTS]
    c_npmi(topics, documents, top=2)
    assert (topics, documents) == ([["red", "apple", "pie"]], DOCUMENTS)


def test_tokenize_gives_one_list_a_text():
    assert tokenize(["Red apples, node.js!", "", "中文分词"])[:2] == [["red", "apples", "node.js"], []]
    assert tokenize([]) == []
    assert tokenize(["...", " "]) == [[], []]
    assert "".join(tokenize(["中文分词"])[0]) == "中文分词"
    with pytest.raises(InputTypeError, match="text 1"):
        tokenize(["a", None])


def test_topics_without_a_pair_are_counted():
    documents = [["red", "apple"], ["red", "apple", "pie"], ["fast", "car"]]
    result = c_npmi([["red", "apple"], ["car"], []], documents)
    assert result.n_undefined == 2
    assert result.mean == result.per_topic[0]
    assert c_npmi([["red", "apple"]], documents).n_undefined == 0


def test_words_of_a_tokenizer_are_found_in_the_reference():
    def pairs(text):
        words = text.split()
        return [f"{a}/{b}" for a, b in pairwise(words)]

    texts = ["The red boat", "a red boat", "the sea"]
    assert tokenize(texts, tokenizer=pairs)[0] == ["the/red", "red/boat"]
    corpus = Reference.of(texts, tokenizer=pairs)
    assert corpus.words == Reference.of(tokenize(texts, tokenizer=pairs)).words
    topics = as_tokens([["The/Red", "red/boat"]], corpus, tokenizer=pairs)
    assert topics == [["the/red", "red/boat"]]
    assert not math.isnan(float(c_npmi(topics, corpus)))
    assert tokenize(["The U.S. boats"], tokenizer=str.split) == [["the", "u.s", "boats"]]
    with pytest.raises(ParameterTypeError, match="must give the words"):
        tokenize(texts, tokenizer="spacy")


def test_tokens_are_folded_as_keywords_are():
    assert tokenize(["LİMAN ve SINIR ışık", "liman"])[0] == ["liman", "ve", "sınır", "ışık"]
    assert tokenize(["커피가 커피를"])[0] == ["커피", "커피"]
