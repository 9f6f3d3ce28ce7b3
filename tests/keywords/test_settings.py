import pickle

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from topickit._core.state import State
from topickit.errors import ParameterError, ParameterTypeError
from topickit.keywords.settings import KeywordSettings


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        (
            {"stop_words": "english"},
            ParameterError,
            "stop_words must be 'auto', None or words, got 'english'",
        ),
        ({"extra_stop_words": 3}, ParameterTypeError, "extra_stop_words must be words, got 3"),
        ({"vocabulary": "boat"}, ParameterError, "vocabulary must be None or words, got 'boat'"),
        ({"vocabulary": ["boat", 1]}, ParameterTypeError, "vocabulary must hold str, got 1 at position 1"),
        ({"vocabulary": []}, ParameterError, "at least one term"),
        ({"n_gram_range": 2}, ParameterTypeError, r"two ints, such as \(1, 2\), got 2"),
        ({"n_gram_range": "12"}, ParameterTypeError, "two ints"),
        ({"n_gram_range": (1, 2.0)}, ParameterTypeError, "two ints"),
        ({"n_gram_range": (0, 1)}, ParameterError, r"from at least 1 to at most 3 words, got \(0, 1\)"),
        ({"n_gram_range": (1, 4)}, ParameterError, r"got \(1, 4\)"),
        ({"n_gram_range": (3, 2)}, ParameterError, r"got \(3, 2\)"),
        ({"min_document_frequency": 0}, ParameterError, "at least 1, or a share between 0 and 1, got 0"),
        ({"min_document_frequency": 1.0}, ParameterError, "got 1.0"),
        ({"min_document_frequency": float("nan")}, ParameterError, "got nan"),
        ({"min_document_frequency": "2"}, ParameterTypeError, "got '2'"),
        ({"min_document_frequency": True}, ParameterTypeError, "got True"),
        ({"tokenizer": "jieba"}, ParameterTypeError, "tokenizer must give the words of a text, got 'jieba'"),
        ({"tokenizer": CountVectorizer(), "n_gram_range": (1, 2)}, ParameterError, "set its own ngram_range"),
        (
            {"vocabulary": ["a"], "n_gram_range": (1, 2)},
            ParameterError,
            "n_gram_range has no effect with a voc",
        ),
        ({"vocabulary": ["a"], "min_document_frequency": 2}, ParameterError, "min_document_frequency has no"),
        ({"vocabulary": ["a"], "extra_stop_words": ["b"]}, ParameterError, "extra_stop_words has no effect"),
    ],
)
def test_what_settings_cannot_be(parameters, error, message):
    with pytest.raises(error, match=message):
        KeywordSettings(**parameters)


@pytest.mark.parametrize(
    "settings",
    [
        KeywordSettings(),
        KeywordSettings(stop_words=None, n_gram_range=[1, 3], min_document_frequency=0.01),
        KeywordSettings(vocabulary=["boat", "New York"]),
        KeywordSettings(tokenizer=str.split, min_document_frequency=np.int64(3)),
    ],
)
def test_settings_are_saved_and_pickled(settings):
    again = KeywordSettings.from_state(settings.state())
    assert again.with_tokenizer(settings.tokenizer) == settings
    assert not settings.state().arrays
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_settings_of_an_older_file_get_the_defaults():
    saved = {"n_keywords": 5, "weighting": "bm25", "stop_words": ["a"], "phrases": False}
    expected = KeywordSettings(5, "bm25", stop_words=("a",), phrases=False)
    assert KeywordSettings.from_state(State(saved)) == expected
