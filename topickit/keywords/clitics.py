"""Words with what the writing joins to them: particles of Korean, the article and conjunctions of Arabic.

The form without them must occur in the corpus, so that a word which only looks like it has one stays whole.
If the package ``kiwipiepy`` is installed (extra ``korean``), its analysis replaces the rules for Korean.
"""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import regex  # type: ignore[import-untyped]

from topickit._core.optional import find

# Particles behind a consonant, behind a vowel, and behind either.
_PARTICLES: tuple[tuple[str, Callable[[bool], bool]], ...] = tuple(
    (particle, fits)
    for particles, fits in (
        ("은 이 을 과 으로 이나 이라 이라는 으로는 으로도 이랑 이다 입니다 이에요", lambda closed: closed),
        ("는 가 를 와 로 나 라는 랑 로는 로도 예요", lambda closed: not closed),
        (
            "에 의 도 만 에서 에게 까지 부터 보다 처럼 에는 에도 에서는 에서도 에게는 한테 께서 "
            "마다 조차 밖에 들 들이 들은 들을 들의 들도 들과 들로 들에게",
            lambda _: True,
        ),
    )
    for particle in particles.split()
)
_HANGUL = regex.compile(r"[가-힣]{2,}")
MIN_FORMS, MIN_FORMS_OF_SYLLABLE = 2, 3
_PREDICATE = regex.compile(
    r"[가-힣]+(?:니다|[가-힣&&[았었했였겠졌갔왔됐렸켰냈]]다|[는한된진]다|[하되]다|지만|[아어해여와워려]서|세요|[아어해][요야]|면서"
    r"|[하되][고는며면여지]|려고|습니까|도록)",
    regex.V1,
)
MIN_SHARE = 0.1
"""Minimum share of Korean words for the analysis, and of words with an article for Arabic."""

_ARABIC = regex.compile(r"\p{Arabic}{3,}")
_ARTICLE = "ال"
_JOINED = (("بال", _ARTICLE), ("كال", _ARTICLE), ("وال", _ARTICLE), ("فال", _ARTICLE), ("لل", _ARTICLE))
MIN_LETTERS = 3


def joined_forms(times: Mapping[str, float]) -> dict[str, str]:
    """Find the words of a corpus that are another word with something joined to it.

    Parameters
    ----------
    times : mapping of str to float
        How often each key occurs.

    Returns
    -------
    dict of str to str
        The key to count each of them under; the others are not in it.

    Examples
    --------
    >>> joined_forms({"والكتاب": 1, "الكتاب": 2, "كتاب": 1})
    {'والكتاب': 'كتاب', 'الكتاب': 'كتاب'}
    """
    korean = {word: n for word, n in times.items() if not word.isascii() and _HANGUL.fullmatch(word)}
    found = without_articles(times)
    if korean:
        enough = sum(korean.values()) > MIN_SHARE * sum(times.values())
        analyse = _korean_analysis() if enough else None
        found |= without_particles(times) if analyse is None else analysed(korean, analyse)
    return found


def without_articles(times: Mapping[str, float]) -> dict[str, str]:
    """Find the Arabic words that are another word with the article, or with a conjunction or preposition.

    The other word must occur. It must occur as often where a conjunction or preposition is joined to it.

    Parameters
    ----------
    times : mapping of str to float

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> without_articles({"وزير": 5, "الوزير": 3, "بالوزير": 1, "زير": 1})
    {'الوزير': 'وزير', 'بالوزير': 'وزير'}
    """
    words = [word for word in times if not word.isascii() and _ARABIC.fullmatch(word)]
    total = sum(times[word] for word in words)
    if sum(times[word] for word in words if word.startswith(_ARTICLE)) <= MIN_SHARE * total:
        return {}  # Persian, Urdu
    result: dict[str, str] = {}
    for word in words:
        for form in _without_prefix(word):
            is_article = word == _ARTICLE + form
            if form in times and (is_article or times[form] >= times[word]):
                result[word] = form
                break
    return {word: last(form, result) for word, form in result.items()}


def _without_prefix(word: str) -> list[str]:
    """List what an Arabic word could be without its first letters, the likeliest first."""
    forms = [rest for prefix, kept in _JOINED if (rest := kept + word.removeprefix(prefix)) != kept + word]
    forms += [form.removeprefix(_ARTICLE) for form in forms]
    if word.startswith(_ARTICLE):
        forms.append(word[2:])
    elif word[0] in "وف":
        forms.append(word[1:])
    return [form for form in forms if len(form.removeprefix(_ARTICLE)) >= MIN_LETTERS]


def without_particles(times: Mapping[str, float]) -> dict[str, str]:
    """Find the Korean words that are a noun with a particle.

    The noun must occur alone or with another particle; one of a single syllable, in three forms.

    Parameters
    ----------
    times : mapping of str to float
        The keys of a corpus, and how often each occurs.

    Returns
    -------
    dict of str to str
        The noun of each such word.

    Examples
    --------
    >>> without_particles(dict.fromkeys(["커피가", "커피를", "커피", "고양이"], 1))
    {'커피가': '커피', '커피를': '커피'}
    """
    words = [word for word in times if not word.isascii() and _HANGUL.fullmatch(word)]
    forms: dict[str, list[str]] = {}
    for word in words:
        for particle, fits in _PARTICLES:
            stem = word.removesuffix(particle)
            if stem and stem != word and fits(_is_closed(stem)):
                forms.setdefault(stem, []).append(word)
    nouns = {
        stem
        for stem, listed in forms.items()
        if len(listed) + (stem in times) >= (MIN_FORMS if len(stem) > 1 else MIN_FORMS_OF_SYLLABLE)
    }
    result: dict[str, str] = {}
    # The shortest particle first, so that the longest noun is found last and the shortest one stays out.
    for stem in sorted(nouns, key=lambda noun: (len(noun), noun)):
        result |= dict.fromkeys(forms[stem], stem)
    return {word: last(word, result) for word in words if word in result}


def analysed(words: Mapping[str, float], analyse: Callable[[str], list[Any]]) -> dict[str, str]:
    """Give the noun, or the dictionary form of the verb, of each Korean word, by Kiwi's analysis.

    Parameters
    ----------
    words : mapping of str to float
    analyse : function of str to list of tokens
        Each token has ``form`` and ``tag``, of the Sejong tag set.

    Returns
    -------
    dict of str to str
        Words that are their own form are not in it.
    """
    result = {}
    for word in words:
        form = _form_of(word, analyse(word))
        if form != word:
            result[word] = form
    return result


_NOMINAL = ("NN", "XPN", "XSN", "XR", "SL", "SH", "SN")


def _form_of(word: str, tokens: list[Any]) -> str:
    """Join the nouns that a word begins with; or write its verb in the dictionary form."""
    noun = ""
    for token in tokens:
        if not token.tag.startswith(_NOMINAL) or (token.tag == "XSN" and token.form == "들"):
            break
        noun += token.form
    if noun and word.startswith(noun):
        return noun
    first = tokens[0] if tokens else None
    is_verb = first is not None and first.tag.split("-")[0] in ("VV", "VA", "VX") and len(tokens) > 1
    return f"{first.form}다" if first is not None and is_verb else word


@functools.cache
def _korean_analysis() -> Callable[[str], list[Any]] | None:
    kiwi = find("kiwipiepy")
    return None if kiwi is None else kiwi.Kiwi().tokenize


def is_predicate(key: str) -> bool:
    """Return True for a Korean verb or adjective, by its ending: it names no subject.

    Examples
    --------
    >>> [word for word in ["말했습니다", "넣었다", "좋지만", "바다", "경기"] if is_predicate(word)]
    ['말했습니다', '넣었다', '좋지만']
    """
    return not key.isascii() and _PREDICATE.fullmatch(key) is not None


def last(word: str, noun_of: Mapping[str, str]) -> str:
    """Follow a word to the one that is itself no form of another."""
    while word in noun_of:
        word = noun_of[word]
    return word


def _is_closed(word: str) -> bool:
    """Return True if a Korean word ends with a consonant."""
    return "가" <= word[-1] <= "힣" and (ord(word[-1]) - ord("가")) % 28 > 0
