"""What the lexical embedder counts in a text: words and parts of them, and characters of some scripts."""

import functools
import re
from collections.abc import Callable, Iterator, Sequence

from topickit.corpus.stemming import has_stemmer, stemmer

PREFIX = 5
"""Letters of the prefix that a longer word adds as a language-independent stem."""
STEM = "~"
"""First character of a stem; no word has it."""

# Thai and Lao, Myanmar, Khmer, kana, Han: scripts that put no space between words.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORDS = re.compile(r"\w+")
_RUNS = re.compile(rf"([{_UNSPACED}]+)|((?:(?![{_UNSPACED}])\w)+)")
_STARTS_UNSPACED = re.compile(f"[{_UNSPACED}]")

Forms = Callable[[str], list[str]]
"""A function of a word to the features that it counts as."""


def _with_prefix(word: str) -> list[str]:
    return [word, f"<{word[:PREFIX]}"] if len(word) > PREFIX else [word]


def features(text: str, forms: Forms = _with_prefix) -> list[str]:
    """Split a text into the features that are counted.

    A word of two letters or more is a feature, and so is the prefix of a word longer than `PREFIX`. In
    scripts without spaces, characters and pairs of characters are features, so no language has to be chosen.
    Single letters are features only of a text that has no others.

    Parameters
    ----------
    text : str
    forms : function of str to list of str
        The features of a word; by default the word and its prefix.

    Returns
    -------
    list of str
        In the order of the text, repeated features included.

    Examples
    --------
    >>> features("Trains in 東京")
    ['trains', '<train', 'in', '東', '京', '東京']
    """
    found: list[str] = []
    words = _WORDS.findall(text.casefold())
    for word in words:
        if word.isascii():
            if len(word) > 1:
                found.extend(forms(word))
        else:
            found.extend(_features_of_runs(word, forms))
    return found or words


def _features_of_runs(mixed: str, forms: Forms) -> Iterator[str]:
    for run, word in _RUNS.findall(mixed):
        if run:
            yield from run
            yield from (run[i : i + 2] for i in range(len(run) - 1))
        elif len(word) > 1:
            yield from forms(word)


def reader(languages: Sequence[str]) -> Callable[[str], list[str]]:
    """Return `features` for texts in these languages: of a word itself and its stem, instead of its prefix.

    Parameters
    ----------
    languages : sequence of str
        ISO 639-1 codes; the first with a Snowball stemmer decides. Words are not stemmed if none has one.

    Returns
    -------
    function of str to list of str

    Examples
    --------
    >>> reader(["de"])("Züge nach Köln"), reader(["uk"])("потяги")
    (['züge', '~zug', 'nach', '~nach', 'köln', '~koln'], ['потяги'])
    """
    if not languages:
        return features
    if not has_stemmer(languages):
        return functools.partial(features, forms=_alone)
    stem = stemmer(languages)
    return functools.partial(features, forms=lambda word: [word, f"{STEM}{stem(word)}"])


def _alone(word: str) -> list[str]:
    return [word]


def is_unspaced(feature: str) -> bool:
    """Tell whether a feature is a character, or a pair, of a script without spaces.

    Examples
    --------
    >>> is_unspaced("東京"), is_unspaced("train")
    (True, False)
    """
    return _STARTS_UNSPACED.match(feature) is not None
