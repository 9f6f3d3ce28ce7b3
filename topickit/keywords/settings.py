"""Settings for keywords: one frozen value, the argument `keywords=` of a model."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import Any, Literal

from topickit._core.state import State
from topickit.corpus.tokenizer import AbsentTokenizer, check_tokenizer, describe, gives_n_grams
from topickit.errors import ParameterError, ParameterTypeError, check_whole, is_whole

MAX_N_GRAM = 3
"""Words of the longest n-gram, phrase, or entry of a vocabulary."""


@dataclass(frozen=True)
class KeywordSettings:
    """The recipe for a topic's keywords.

    Parameters
    ----------
    n_keywords : int, default 10
        Keywords per topic.
    weighting : {"ctfidf", "bm25"}, default "ctfidf"
        Class-based TF-IDF, or its BM25 variant, which gives frequent words less weight.
    reduce_frequent : bool, default False
        Use the square root of the term frequency, which damps frequent words.
    stop_words : "auto", None, or tuple of str, default "auto"
        "auto" detects the languages of the corpus and removes their stop words; None removes nothing. A
        tuple of words, compared without case, replaces the lists; to add to them, use `extra_stop_words`.
    phrases : bool, default True
        Find collocations of two and three words, such as "New York", and count them as terms. They are not
        searched where `n_gram_range`, a vectorizer or `vocabulary` decides which phrases are terms.
    rerank : bool, default True
        Choose from the words of highest weight those that fit the topic and each other; see
        `topickit.keywords.rerank`. False lists them by weight alone.
    extra_stop_words : tuple of str, default ()
        Words to remove in addition to `stop_words`.
    tokenizer : object or None, default None
        What gives the words of a text. None uses topickit's own rules, see `topickit.keywords.vocabulary`.
        Recognised are

        - a function of a str that returns an iterable of str;
        - a spaCy pipeline, or another callable whose tokens have an attribute ``text``;
        - a scikit-learn vectorizer: its analyzer is used, and its n-grams are the terms;
        - a lemmatizer with ``lemmatize(word)``: topickit finds the words, and counts their lemmas;
        - MeCab and fugashi taggers, tokenizers of SudachiPy, Janome, Kiwi and NLTK (``tokenize``), KoNLPy
          (``morphs``), jieba (``cut``). The methods are listed in `topickit.corpus.tokenizer.ADAPTERS`.

        Its words are counted without regard to case and shown as they are most often written. Words without
        a letter, digit or pictograph end a phrase and are not counted. Stop words and phrases apply as the
        other settings specify. The object is called once per distinct text, and is never changed. A saved
        model holds only its description: see `with_tokenizer`.
    n_gram_range : tuple of (int, int), default (1, 1)
        Fewest and most words of a term, at most 3. (1, 1) counts words, and the collocations that `phrases`
        finds. (1, 2) counts words and all pairs of adjacent words. An n-gram does not begin or end with a
        stop word, and does not reach over punctuation.
    min_document_frequency : int, float or "auto", default "auto"
        Fewest documents that have a term: a number, or a share of the corpus between 0 and 1. "auto" is 2 in
        a corpus of more than 200 documents, and 1 in a smaller one.
    vocabulary : tuple of str or None, default None
        The terms to count, words or phrases of up to three words, and no others. Neither stop words nor
        `min_document_frequency` apply to them. Parts of a corpus that are counted with the same vocabulary
        have counts that add up.

    Raises
    ------
    ParameterTypeError, ParameterError
        When a value has the wrong type or is out of range, or two settings exclude each other.

    See Also
    --------
    topickit.TopicModel : Takes the settings as ``keywords=``.

    Examples
    --------
    >>> KeywordSettings(n_keywords=5).weighting
    'ctfidf'
    >>> KeywordSettings(tokenizer=str.split, n_gram_range=(1, 2)).n_gram_range
    (1, 2)
    """

    n_keywords: int = 10
    weighting: Literal["ctfidf", "bm25"] = "ctfidf"
    reduce_frequent: bool = False
    stop_words: Literal["auto"] | tuple[str, ...] | None = "auto"
    phrases: bool = True
    rerank: bool = True
    extra_stop_words: tuple[str, ...] = ()
    tokenizer: Any = None
    n_gram_range: tuple[int, int] = (1, 1)
    min_document_frequency: int | float | Literal["auto"] = "auto"
    vocabulary: tuple[str, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check_whole("n_keywords", self.n_keywords)
        if self.weighting not in ("ctfidf", "bm25"):
            raise ParameterError(f"weighting must be 'ctfidf' or 'bm25', got {self.weighting!r}")
        if self.stop_words is not None and not _is_auto(self.stop_words):
            hint = "; languages are detected with 'auto'"
            object.__setattr__(
                self, "stop_words", _words("stop_words", self.stop_words, "'auto', None or ", hint)
            )
        object.__setattr__(self, "extra_stop_words", _words("extra_stop_words", self.extra_stop_words))
        object.__setattr__(self, "n_gram_range", _n_gram_range(self.n_gram_range))
        _check_frequency(self.min_document_frequency)
        if self.tokenizer is not None:
            check_tokenizer(self.tokenizer)
        if self.vocabulary is not None:
            object.__setattr__(self, "vocabulary", _vocabulary(self.vocabulary))
        self._check_exclusive()

    def _check_exclusive(self) -> None:
        """Refuse settings that would have no effect."""
        if gives_n_grams(self.tokenizer) and self.n_gram_range != (1, 1):
            raise ParameterError(
                f"n_gram_range={self.n_gram_range} has no effect with a {type(self.tokenizer).__name__}; set "
                "its own ngram_range"
            )
        if self.vocabulary is None:
            return
        others = {"n_gram_range": (1, 1), "min_document_frequency": "auto", "extra_stop_words": ()}
        for name, default in others.items():
            if getattr(self, name) != default:
                raise ParameterError(
                    f"{name} has no effect with a vocabulary, of which all terms are counted; leave one out"
                )

    def with_tokenizer(self, tokenizer: Any) -> "KeywordSettings":
        """Return the same settings with another tokenizer.

        The settings of a loaded model do not hold the tokenizer that the model was fitted with. Topics,
        predictions and edits do not need it; fitting again does.

        Parameters
        ----------
        tokenizer : object or None
            See `KeywordSettings`.

        Returns
        -------
        KeywordSettings

        Raises
        ------
        ParameterTypeError, ParameterError
            When the object is not recognised as a tokenizer.

        Examples
        --------
        >>> loaded = KeywordSettings.from_state(KeywordSettings(tokenizer=str.split).state())
        >>> loaded.tokenizer
        AbsentTokenizer(description='function str.split')
        >>> loaded.with_tokenizer(str.split) == KeywordSettings(tokenizer=str.split)
        True
        """
        return replace(self, tokenizer=tokenizer)

    def check_countable(self) -> None:
        """Raise unless words can be counted with these settings.

        Raises
        ------
        ParameterError
            When the settings come from a file, which does not hold their tokenizer.
        """
        if isinstance(self.tokenizer, AbsentTokenizer):
            self.tokenizer("")

    def counts_like(self, other: "KeywordSettings") -> bool:
        """Return whether both settings count the same terms, and differ at most in how keywords are chosen.

        Parameters
        ----------
        other : KeywordSettings
            Settings to compare with.

        Returns
        -------
        bool

        Examples
        --------
        >>> KeywordSettings().counts_like(KeywordSettings(n_keywords=5))
        True
        >>> KeywordSettings().counts_like(KeywordSettings(phrases=False))
        False
        """
        chosen = {
            name: getattr(self, name) for name in ("n_keywords", "weighting", "reduce_frequent", "rerank")
        }
        return replace(other, **chosen) == self

    def state(self) -> State:
        """Return the settings as JSON can hold them; of a tokenizer, its description.

        Returns
        -------
        State
            Without arrays.
        """
        config = {item.name: getattr(self, item.name) for item in fields(self)}
        config = {name: list(value) if isinstance(value, tuple) else value for name, value in config.items()}
        if self.tokenizer is not None:
            config["tokenizer"] = describe(self.tokenizer)
        return State(config)

    @classmethod
    def from_state(cls, state: State) -> "KeywordSettings":
        """Make settings from what `state` returned.

        Parameters
        ----------
        state : State
            Settings that it does not hold get their defaults.

        Returns
        -------
        KeywordSettings
            With an `AbsentTokenizer` in place of a tokenizer; see `with_tokenizer`.

        Examples
        --------
        >>> KeywordSettings.from_state(KeywordSettings(n_keywords=7).state()).n_keywords
        7
        """
        config = dict(state.config)
        if config.get("tokenizer") is not None:
            config["tokenizer"] = AbsentTokenizer(config["tokenizer"])
        return cls(**config)

    def __deepcopy__(self, memo: Any) -> "KeywordSettings":
        # Frozen, and the tokenizer is the user's: some cannot be copied, others hold a language model.
        return self


def _is_auto(value: Any) -> bool:
    return isinstance(value, str) and value == "auto"


def _words(name: str, value: Any, others: str = "", hint: str = "") -> tuple[str, ...]:
    if isinstance(value, str):
        raise ParameterError(
            f"{name} must be {others}words, got {value!r}; pass one word as a tuple of one{hint}"
        )
    if not isinstance(value, Iterable):
        raise ParameterTypeError(f"{name} must be {others}words, got {value!r}")
    words = tuple(value)
    for position, word in enumerate(words):
        if not isinstance(word, str):
            raise ParameterTypeError(f"{name} must hold str, got {word!r} at position {position}")
    # The order of a set differs from run to run, and settings are saved.
    return tuple(sorted(words)) if isinstance(value, set | frozenset) else words


def _vocabulary(value: Any) -> tuple[str, ...]:
    words = _words("vocabulary", value, "None or ")
    if not words:
        raise ParameterError("vocabulary must hold at least one term; None chooses the terms from the corpus")
    return words


def _n_gram_range(value: Any) -> tuple[int, int]:
    ends = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else ()
    if len(ends) != 2 or not all(is_whole(end) for end in ends):
        raise ParameterTypeError(f"n_gram_range must be two ints, such as (1, 2), got {value!r}")
    fewest, most = int(ends[0]), int(ends[1])
    if not 1 <= fewest <= most <= MAX_N_GRAM:
        raise ParameterError(
            f"n_gram_range must go from at least 1 to at most {MAX_N_GRAM} words, got {(fewest, most)}"
        )
    return fewest, most


def _check_frequency(value: Any) -> None:
    if _is_auto(value):
        return
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ParameterTypeError(
            f"min_document_frequency must be 'auto', an int or a share of the documents, got {value!r}"
        )
    if not (float(value) >= 1 if is_whole(value) else 0 < float(value) < 1):
        raise ParameterError(
            f"min_document_frequency must be at least 1, or a share between 0 and 1, got {value!r}"
        )
