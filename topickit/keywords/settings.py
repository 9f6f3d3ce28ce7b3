"""How keywords are made: one frozen value, given as `keywords=` to a model."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from topickit.errors import ParameterError, ParameterTypeError, check_whole


@dataclass(frozen=True)
class KeywordSettings:
    """The recipe for a topic's keywords.

    Attributes
    ----------
    n_keywords : int
        Keywords a topic.
    weighting : {"ctfidf", "bm25"}
        Class-based TF-IDF, or its BM25 variant.
    reduce_frequent : bool
        Use the square root of the term frequency, which damps frequent words.
    stop_words : "auto", None, or tuple of str
        "auto" finds the languages of the corpus and takes their lists; None removes nothing. Words of
        your own replace the lists, whatever their case; to add to them, use `extra_stop_words`.
    phrases : bool
        Find two-word collocations, such as "New York", and count them as words of their own.
    rerank : bool
        Choose from the best-weighted words those that belong to the topic and to each other; see
        `topickit.keywords.rerank`. False lists them by weight alone.
    extra_stop_words : tuple of str
        Words that are no keywords either, beside those of `stop_words`.

    Raises
    ------
    ParameterTypeError, ParameterError
        When a setting is of the wrong kind, or outside what it may be.

    Examples
    --------
    >>> KeywordSettings(n_keywords=5).weighting
    'ctfidf'
    """

    n_keywords: int = 10
    weighting: Literal["ctfidf", "bm25"] = "ctfidf"
    reduce_frequent: bool = False
    stop_words: Literal["auto"] | tuple[str, ...] | None = "auto"
    phrases: bool = True
    rerank: bool = True
    extra_stop_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_whole("n_keywords", self.n_keywords)
        if self.weighting not in ("ctfidf", "bm25"):
            raise ParameterError(f"weighting must be 'ctfidf' or 'bm25', got {self.weighting!r}")
        if isinstance(self.stop_words, str) and self.stop_words != "auto":
            raise ParameterError(
                f"stop_words must be 'auto', None or words, got {self.stop_words!r}; "
                "one word is given as a tuple of one, and languages are found by 'auto'"
            )
        if self.stop_words is not None and not isinstance(self.stop_words, str):
            object.__setattr__(self, "stop_words", _words("stop_words", self.stop_words))
        if isinstance(self.extra_stop_words, str):
            raise ParameterError(
                f"extra_stop_words must be words, got {self.extra_stop_words!r}; "
                "one word is given as a tuple of one"
            )
        object.__setattr__(self, "extra_stop_words", _words("extra_stop_words", self.extra_stop_words))

    def state(self) -> dict[str, Any]:
        """Give the settings as JSON holds them, from which ``KeywordSettings(**state)`` makes them again."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }


def _words(name: str, given: Any) -> tuple[str, ...]:
    if not isinstance(given, Iterable):
        others = "'auto', None or " if name == "stop_words" else ""
        raise ParameterTypeError(f"{name} must be {others}words, got {given!r}")
    words = tuple(given)
    for position, word in enumerate(words):
        if not isinstance(word, str):
            raise ParameterTypeError(f"{name} must hold str, got {word!r} at position {position}")
    # The order of a set differs from run to run, and settings are saved.
    return tuple(sorted(words)) if isinstance(given, set | frozenset) else words
