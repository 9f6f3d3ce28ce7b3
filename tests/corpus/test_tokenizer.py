"""Which objects are tokenizers, how their words are read, and what they may return."""

from collections import UserDict

import pytest
from nltk.tokenize import TreebankWordTokenizer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer

from topickit.corpus.tokenizer import (
    AbsentTokenizer,
    check_tokenizer,
    describe,
    gives_n_grams,
    is_lemmatizer,
    words_of,
)
from topickit.errors import InputError, InputTypeError, ParameterError, ParameterTypeError, TopickitError

TEXT = "Two boats, in the old harbour of a town by the sea"


class Token:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Sudachi:
    def tokenize(self, text):
        return [Token(surface=lambda word=word: word) for word in text.split()]


class Janome:
    def tokenize(self, text):
        return (Token(surface=word) for word in text.split())


class Kiwi:
    def tokenize(self, text):
        return [Token(form=word, tag="NNG") for word in text.split()]


class Konlpy:
    def morphs(self, phrase):
        return phrase.split()


class Jieba:
    def cut(self, text):
        yield from text.split()

    def tokenize(self, text):
        raise AssertionError("gives tuples of word, start and end")


class Mecab:
    def parseToNode(self, text):
        node = Token(surface="", next=None)  # the end of the sentence
        for word in reversed(text.split()):
            node = Token(surface=word, next=node)
        return Token(surface="", next=node)


class Spacy:
    def __call__(self, text):
        return [Token(text=word, lemma_="?") for word in text.split()]


class Lemmatizer:
    def lemmatize(self, word):
        return word.casefold().removesuffix("s")


@pytest.mark.parametrize(
    "tokenizer", [str.split, Sudachi(), Janome(), Kiwi(), Konlpy(), Jieba(), Mecab(), Spacy()]
)
def test_words_of_every_kind_of_object(tokenizer):
    check_tokenizer(tokenizer)
    assert words_of(tokenizer)(TEXT) == TEXT.split()
    assert not gives_n_grams(tokenizer)
    assert not is_lemmatizer(tokenizer)


def test_real_tokenizers_of_nltk_and_scikit_learn():
    assert words_of(TreebankWordTokenizer())("Don't go, boats.") == ["Do", "n't", "go", ",", "boats", "."]
    vectorizer = CountVectorizer(ngram_range=(1, 2), stop_words=["the"])
    assert words_of(vectorizer)("The old town") == ["old", "town", "old town"]
    assert gives_n_grams(vectorizer)
    check_tokenizer(vectorizer)
    check_tokenizer(HashingVectorizer())


def test_a_lemmatizer_is_asked_for_one_word():
    assert is_lemmatizer(Lemmatizer())
    assert words_of(Lemmatizer())("Boats") == ["boat"]


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"min_df": 5}, "min_df=5"),
        ({"max_df": 0.5}, "max_df=0.5"),
        ({"max_features": 100}, "max_features=100"),
        ({"vocabulary": ["boat"]}, "vocabulary="),
        ({"binary": True}, "binary=True"),
    ],
)
def test_parameters_of_a_vectorizer_that_would_have_no_effect_are_refused(parameters, name):
    with pytest.raises(ParameterError, match=name):
        check_tokenizer(CountVectorizer(**parameters))


@pytest.mark.parametrize(
    ("tokenizer", "message"),
    [
        ("spacy", "got 'spacy'; pass a function"),
        (7, "got 7"),
        (["boat"], r"got \['boat'\]"),
        (object(), "got <object"),
        (CountVectorizer, "got the class CountVectorizer; pass an instance"),
    ],
)
def test_what_is_no_tokenizer(tokenizer, message):
    with pytest.raises(ParameterTypeError, match=message):
        check_tokenizer(tokenizer)


def fails(text):
    raise ZeroDivisionError("by nothing")


def fails_on_the_way(text):
    yield "boat"
    raise KeyError("sea")


@pytest.mark.parametrize(
    ("tokenizer", "error", "message"),
    [
        (lambda text: None, InputTypeError, "iterable of str, got None"),
        (lambda text: text, InputTypeError, "iterable of str, got 'Two boats"),
        (lambda text: text.encode(), InputTypeError, r"got b'Two boats.*\(bytes\)"),
        (lambda text: 3, InputTypeError, r"iterable of str, got 3 \(int\)"),
        (lambda text: {"b", "a"}, InputTypeError, r"\(set\)"),
        (lambda text: {"input_ids": [1]}, InputTypeError, r"\(dict\)"),
        (lambda text: UserDict(input_ids=[1]), InputTypeError, r"\(UserDict\)"),
        (lambda text: ["boat", 5], InputTypeError, r"words as str, got 5 \(int\)"),
        (lambda text: [None], InputTypeError, "words as str, got None"),
        (lambda text: [("boat", "NOUN")], InputTypeError, r"words as str, got \('boat', 'NOUN'\) \(tuple\)"),
        (fails, InputError, "failed for the text .*: ZeroDivisionError: by nothing"),
        (fails_on_the_way, InputError, "failed for the text .*: KeyError: 'sea'"),
    ],
)
def test_errors_quote_the_beginning_of_the_text(tokenizer, error, message):
    check_tokenizer(tokenizer)
    with pytest.raises(error, match=message) as raised:
        words_of(tokenizer)(TEXT)
    assert "text 'Two boats, in the old harbour of a town …'" in str(raised.value).replace("by…", "…")
    assert isinstance(raised.value, TopickitError)


def test_generators_and_empty_words():
    assert words_of(lambda text: (word for word in text.split(" ")))("two  words") == ["two", "words"]
    assert words_of(lambda text: [])("text") == []


def test_descriptions_hold_no_address():
    assert describe(str.split) == "function str.split"
    assert describe(Mecab()) == f"object {__name__}.Mecab"
    assert describe(CountVectorizer()) == "object sklearn.feature_extraction.text.CountVectorizer"
    assert describe(AbsentTokenizer("object konlpy.tag.Okt")) == "object konlpy.tag.Okt"


def test_an_absent_tokenizer_says_how_to_give_it_again():
    absent = AbsentTokenizer("object konlpy.tag.Okt")
    check_tokenizer(absent)
    with pytest.raises(
        ParameterError, match=r"konlpy.tag.Okt.*load\(path, tokenizer=\.\.\.\).*with_tokenizer"
    ):
        words_of(absent)(TEXT)
