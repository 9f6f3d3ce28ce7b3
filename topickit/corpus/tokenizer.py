"""Tokenizers of the user's own: which objects are recognised, and how their words are read.

A tokenizer takes one text and gives its words. It is called once for each distinct text, in canonical
order, and is never changed or saved.
"""

import copy
import inspect
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, TypeAlias

from topickit.errors import InputError, InputTypeError, ParameterError, ParameterTypeError, TopickitError

Words: TypeAlias = Callable[[str], list[str]]
"""Gives the words of a text, checked to be non-empty str."""

QUOTED = 40
"""Characters of a text that an error message quotes."""
_ACCEPTED = (
    "pass a function of a str that returns its words, a spaCy pipeline, a scikit-learn vectorizer, "
    "or an object with a method tokenize, lemmatize, morphs, cut or parseToNode"
)
_COUNTING = {"min_df": 1, "max_df": 1.0, "max_features": None, "vocabulary": None, "binary": False}
"""What a scikit-learn vectorizer does besides its analyzer, and the values for which it does nothing."""


def _mecab(tagger: Any) -> Callable[[str], Iterable[Any]]:
    def nodes(text: str) -> Iterable[Any]:
        node = tagger.parseToNode(text)
        while node is not None:
            yield node
            node = node.next

    return nodes


ADAPTERS: tuple[tuple[str, Callable[[Any], Callable[[str], Any]]], ...] = (
    # Of a copy: it notes on the vectorizer that it has checked the stop words.
    ("build_analyzer", lambda vectorizer: copy.copy(vectorizer).build_analyzer()),
    ("lemmatize", lambda lemmatizer: lambda word: [lemmatizer.lemmatize(word)]),
    ("parseToNode", _mecab),
    ("morphs", lambda tagger: tagger.morphs),
    ("cut", lambda segmenter: segmenter.cut),
    ("tokenize", lambda tokenizer: tokenizer.tokenize),
    ("__call__", lambda function: function),
)
"""Methods that are recognised, the first one that an object has, and how each is called with a text.

- ``build_analyzer``: scikit-learn's ``CountVectorizer``, ``TfidfVectorizer`` and ``HashingVectorizer``.
- ``lemmatize``: NLTK's lemmatizers; called with one word, see `is_lemmatizer`.
- ``parseToNode``: MeCab.
- ``morphs``: KoNLPy.
- ``cut``: jieba and rjieba.
- ``tokenize``: SudachiPy, Janome, Kiwi, NLTK's tokenizers, Hugging Face ``transformers``.
- ``__call__``: functions, spaCy pipelines and fugashi.
"""
TEXT_OF_TOKEN = ("text", "surface", "form")
"""Attributes or methods that give a token's text: spaCy; MeCab, fugashi, Janome, SudachiPy; Kiwi."""


@dataclass(frozen=True)
class AbsentTokenizer:
    """Stands in a loaded model for its tokenizer, which a file does not hold.

    Parameters
    ----------
    description : str
        What the tokenizer was.

    Examples
    --------
    >>> AbsentTokenizer("function my_words")("A text.")
    Traceback (most recent call last):
    topickit.errors.ParameterError: the saved model does not hold its tokenizer (function my_words), ...
    """

    description: str

    def __call__(self, text: str) -> list[str]:
        """Refuse to tokenize.

        Raises
        ------
        ParameterError
            Always.
        """
        raise ParameterError(
            f"the saved model does not hold its tokenizer ({self.description}), and words must be counted "
            "again; load it with TopicModel.load(path, tokenizer=...), or give the model "
            "keywords=settings.with_tokenizer(...)"
        )


def check_tokenizer(tokenizer: Any) -> None:
    """Raise unless an object is recognised as a tokenizer.

    Parameters
    ----------
    tokenizer : object

    Raises
    ------
    ParameterTypeError
        When it is a class, or has none of the methods of `ADAPTERS`.
    ParameterError
        When a scikit-learn vectorizer has parameters beyond its analyzer.

    Examples
    --------
    >>> check_tokenizer("spacy")
    Traceback (most recent call last):
    topickit.errors.ParameterTypeError: tokenizer must give the words of a text, got 'spacy'; pass ...
    """
    if isinstance(tokenizer, type):
        raise ParameterTypeError(
            f"tokenizer must be an object, got the class {tokenizer.__name__}; pass an instance of it"
        )
    if not any(_offers(tokenizer, method) for method, _ in ADAPTERS):
        raise ParameterTypeError(f"tokenizer must give the words of a text, got {tokenizer!r}; {_ACCEPTED}")
    if gives_n_grams(tokenizer) and hasattr(tokenizer, "get_params"):
        parameters = tokenizer.get_params()
        for name, default in _COUNTING.items():
            if parameters.get(name, default) != default:
                raise ParameterError(
                    f"tokenizer: only the analyzer of a {type(tokenizer).__name__} is used, got "
                    f"{name}={parameters[name]!r}; leave it at {default!r}, and see min_document_frequency "
                    "and vocabulary of KeywordSettings"
                )


def gives_n_grams(tokenizer: Any) -> bool:
    """Return True for a scikit-learn vectorizer, which yields n-grams instead of words in a row.

    Parameters
    ----------
    tokenizer : object or None
    """
    return _offers(tokenizer, "build_analyzer")


def is_lemmatizer(tokenizer: Any) -> bool:
    """Return True for a lemmatizer, which takes one word, so that topickit splits the texts.

    Parameters
    ----------
    tokenizer : object or None
    """
    return not gives_n_grams(tokenizer) and _offers(tokenizer, "lemmatize")


def words_of(tokenizer: Any) -> Words:
    """Make a function that gives the words of a text.

    Parameters
    ----------
    tokenizer : object
        One that `check_tokenizer` lets pass.

    Returns
    -------
    function of str to list of str
        It raises an InputError where the tokenizer fails, and an InputTypeError where it returns anything
        but an ordered iterable of words; both quote the beginning of the text. Empty words are left out.

    Examples
    --------
    >>> words_of(str.split)("two words")
    ['two', 'words']
    >>> words_of(lambda text: None)("A text.")
    Traceback (most recent call last):
    topickit.errors.InputTypeError: the tokenizer must return an iterable of str, got None for the text ...
    """
    tokenize = next(adapt(tokenizer) for method, adapt in ADAPTERS if _offers(tokenizer, method))

    def words(text: str) -> list[str]:
        try:
            tokens = tokenize(text)
            listed = list(tokens) if _is_ordered(tokens) else None
        except (TopickitError, MemoryError):
            raise
        except Exception as error:
            raise InputError(
                f"the tokenizer failed for the text {_beginning(text)}: {type(error).__name__}: {error}"
            ) from error
        if listed is None:
            raise InputTypeError(
                f"the tokenizer must return an iterable of str, got {_short(tokens)} for the text "
                f"{_beginning(text)}"
            )
        return [word for token in listed if (word := _text_of(token, text))]

    return words


def describe(tokenizer: Any) -> str:
    """Name a tokenizer as a saved model does.

    Parameters
    ----------
    tokenizer : object

    Examples
    --------
    >>> describe(str.split), describe(AbsentTokenizer("object konlpy.tag.Okt"))
    ('function str.split', 'object konlpy.tag.Okt')
    """
    if isinstance(tokenizer, AbsentTokenizer):
        return tokenizer.description
    is_routine = inspect.isroutine(tokenizer)
    named = tokenizer if is_routine or inspect.ismodule(tokenizer) else type(tokenizer)
    module = getattr(named, "__module__", None)
    name = getattr(named, "__qualname__", getattr(named, "__name__", type(tokenizer).__qualname__))
    return f"{'function' if is_routine else 'object'} {f'{module}.' if module else ''}{name}"


def _offers(tokenizer: Any, method: str) -> bool:
    return callable(getattr(tokenizer, method, None))


def _is_ordered(tokens: Any) -> bool:
    """Return True for a value of words in a row: not a str, the keys of a mapping, or a set."""
    is_sequence = isinstance(tokens, Iterable) or hasattr(tokens, "__getitem__")
    return is_sequence and not isinstance(tokens, str | bytes | Mapping | Set)


def _text_of(token: Any, text: str) -> str:
    """Give the text of one token."""
    if isinstance(token, str):
        return str(token)
    for name in TEXT_OF_TOKEN:
        value = getattr(token, name, None)
        value = value() if callable(value) else value
        if isinstance(value, str):
            return value
    raise InputTypeError(
        f"the tokenizer must return words as str, got {_short(token)} for the text {_beginning(text)}"
    )


def _short(value: Any) -> str:
    """Write a value with its type, in a few words."""
    shown = repr(value)
    shown = shown if len(shown) <= QUOTED else f"{shown[:QUOTED]}…"
    return shown if value is None else f"{shown} ({type(value).__name__})"


def _beginning(text: str) -> str:
    return repr(text if len(text) <= QUOTED else f"{text[:QUOTED]}…")
