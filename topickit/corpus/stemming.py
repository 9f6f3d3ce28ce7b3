"""Snowball stemmers by language (Porter 2001), from nltk and snowballstemmer."""

import functools
from collections.abc import Callable, Iterable

MAX_STEMS = 50_000
"""Number of words whose stems are remembered."""
SNOWBALL = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
}
FURTHER = {
    "ca": "catalan",
    "cs": "czech",
    "el": "greek",
    "et": "estonian",
    "fa": "persian",
    "hi": "hindi",
    "id": "indonesian",
    "pl": "polish",
    "tr": "turkish",
}
"""Stemmers that nltk does not have, from the package snowballstemmer."""


def stemmer(languages: Iterable[str]) -> Callable[[str], str]:
    """Return the stemmer of the first language that has one, or else the identity.

    Parameters
    ----------
    languages : iterable of str
        ISO 639-1 codes.

    Returns
    -------
    function of str to str

    Examples
    --------
    >>> stemmer(["zh", "en"])("games"), stemmer([])("games")
    ('game', 'games')
    """
    for language in languages:
        if language in SNOWBALL:
            return _snowball(SNOWBALL[language])
        if language in FURTHER:
            return _further_snowball(FURTHER[language])
    return str


def has_stemmer(languages: Iterable[str]) -> bool:
    """Tell whether one of the languages has a stemmer.

    Parameters
    ----------
    languages : iterable of str
        ISO 639-1 codes.

    Returns
    -------
    bool

    Examples
    --------
    >>> has_stemmer(["zh", "en"]), has_stemmer(["zh"])
    (True, False)
    """
    return any(language in SNOWBALL or language in FURTHER for language in languages)


@functools.cache
def _snowball(name: str) -> Callable[[str], str]:
    # Imported here: nltk takes half a second, and only words of a known language need it.
    from nltk.stem.snowball import SnowballStemmer

    return functools.lru_cache(maxsize=MAX_STEMS)(SnowballStemmer(name).stem)


@functools.cache
def _further_snowball(name: str) -> Callable[[str], str]:
    import snowballstemmer  # type: ignore[import-untyped]

    stem = snowballstemmer.stemmer(name).stemWord
    return functools.lru_cache(maxsize=MAX_STEMS)(lambda word: stem(word.casefold()))
