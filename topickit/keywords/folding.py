"""Folding: the key under which the spellings of one word are counted.

Unicode's case folding and compatibility composition (NFKC) come first. The rest follows, by script, the
analyzers of Apache Lucene: its normalization filters for Arabic, Persian, Sorani, Hindi and Indic scripts,
Greek, Turkish, German, Scandinavian languages and Romanian, and those for decimal digits, Japanese iteration
marks and the long vowels of katakana. Where Lucene folds words together that differ in meaning (short and
long vowels of Hindi, *schon* and *schön*), the spellings stay apart, unless the corpus itself has both
spellings of a word (*Mueller* and *Müller*).

Two rules depend on the corpus: a capital I is a dotless i in Turkish and Azerbaijani, and alef with madda is
a letter of its own in Persian and Urdu, but a spelling of alef in Arabic.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import regex  # type: ignore[import-untyped]

from topickit.keywords.clitics import joined_forms

APOSTROPHES = "’‘ʼʻ´＇"
"""Characters that are written for an apostrophe within a word."""
MIN_SHARE = 0.1
"""Minimum share of the words of a corpus that show that it is Turkish; of its Arabic words, for Persian."""

# Malayalam and Bengali letters that older texts write as a sequence with a joiner.
_SEQUENCES = {
    "ന്\u200d": "ൻ",
    "ര്\u200d": "ർ",
    "ല്\u200d": "ൽ",
    "ള്\u200d": "ൾ",
    "ണ്\u200d": "ൺ",
    "ക്\u200d": "ൿ",
    "ত্\u200d": "ৎ",
}
_SEQUENCE = re.compile("|".join(_SEQUENCES))
# Format characters, variation selectors, vowel marks of Arabic and Hebrew, tatweel.
_INVISIBLE = regex.compile(r"[\p{Cf}\p{Default_Ignorable_Code_Point}]+")
_MARKS = regex.compile(
    r"[\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7]+"
)
_LETTERS = str.maketrans(
    {
        # Arabic, Persian, Urdu, Sorani
        **dict.fromkeys("أإٱ", "ا"),
        **dict.fromkeys("ىیۍ", "ي"),
        "ک": "ك",
        **dict.fromkeys("ةەہۀۂۃ", "ه"),
        # Romanian with commas below, Nordic letters beside the German ones, French, Afrikaans
        "ș": "ş",
        "ț": "ţ",
        "æ": "ä",
        "ø": "ö",
        "œ": "oe",
        # Russian; Yiddish ligatures
        "ё": "е",
        "װ": "וו",
        "ױ": "וי",
        "ײ": "יי",
        # Small ka and ke of counters
        "ヶ": "ケ",
        "ヵ": "カ",
        **dict.fromkeys(APOSTROPHES, "'"),
    }
)
_NUKTA = regex.compile(r"(?<=[\p{Devanagari}\p{Gurmukhi}])[\u093c\u0a3c]")
_GREEK = regex.compile(r"\p{Greek}")
_STRESS = regex.compile(r"(?<=\p{Cyrillic})[\u0300\u0301]")
_TONE = r"([\u0300\u0301\u0303\u0309\u0323])"
_VIETNAMESE = re.compile(rf"(?:(?<=o)([ae])|(?<=u)(y)){_TONE}$")
_REPEATED = regex.compile(r"(\p{Han})々")
_LONG_VOWEL = regex.compile(r"(?<=\p{Katakana}[\p{Katakana}ー]{2,})ー$")
_TURKISH = regex.compile(r"[ıİğĞ]")
_ARABIC = regex.compile(r"\p{Arabic}")
_PERSIAN = regex.compile(r"[پچژگٹڈڑںےھہ]")
_DIGRAPHS = (("ae", "ä"), ("oe", "ö"), ("ue", "ü"), ("aa", "å"))


@dataclass(frozen=True)
class Rules:
    """What the folding of a word depends on besides the word.

    Parameters
    ----------
    dotless : bool, default False
        A capital I is a dotless i, as in Turkish and Azerbaijani.
    madda : bool, default False
        Alef with madda is a letter of its own, as in Persian and Urdu.
    """

    dotless: bool = False
    madda: bool = False


PLAIN = Rules()


def rules_of(times: Mapping[str, float]) -> Rules:
    """Find the rules of a corpus.

    Parameters
    ----------
    times : mapping of str to float
        How often each word occurs.

    Returns
    -------
    Rules

    Examples
    --------
    >>> rules_of({"ışık": 3, "LİMAN": 2, "kapı": 1})
    Rules(dotless=True, madda=False)
    """
    total = turkish = arabic = persian = 0.0
    for word, n in times.items():
        total += n
        if not word.isascii():
            turkish += n if _TURKISH.search(word) else 0.0
            if _ARABIC.search(word):
                arabic += n
                persian += n if _PERSIAN.search(word) else 0.0
    return Rules(turkish > MIN_SHARE * total, persian > MIN_SHARE * arabic)


def fold(word: str, rules: Rules = PLAIN) -> str:
    """Fold a word to the key under which it is counted.

    Parameters
    ----------
    word : str
    rules : Rules, optional
        Those of the corpus.

    Returns
    -------
    str

    Examples
    --------
    >>> fold("STRASSE") == fold("Straße"), fold("U.S.") == fold("U.S"), fold("İçin")
    (True, True, 'için')
    >>> fold("ISI", Rules(dotless=True)), fold("ISI")
    ('ısı', 'isi')
    """
    if rules.dotless and "I" in word:
        word = word.replace("I\u0307", "İ").replace("I", "ı")
    if not word.isascii():
        return _folded(word, rules).rstrip(".") or word
    return word.casefold().rstrip(".")


def _folded(word: str, rules: Rules) -> str:
    """Fold a word with characters beyond ASCII."""
    word = _SEQUENCE.sub(lambda match: _SEQUENCES[match[0]], word).replace("´", "'")
    word = unicodedata.normalize("NFKC", _INVISIBLE.sub("", word)).casefold().replace("i\u0307", "i")
    word = _MARKS.sub("", word).translate(_LETTERS)
    if not rules.madda:
        word = word.replace("آ", "ا")
    if word.startswith("ڕ"):  # Sorani has no other r at the beginning of a word
        word = "ر" + word[1:]
    word = _NUKTA.sub("", word).replace("\u0901", "\u0902").replace("เเ", "แ")
    word = _REPEATED.sub(r"\1\1", word)
    word = _LONG_VOWEL.sub("", word)
    if _GREEK.search(word) or _STRESS.search(word):
        word = _without_accents(word)
    elif word[-1:] in "àáãảạèéẽẻẹỳýỹỷỵ":
        word = _old_tone(word)
    return "".join(map(_digit, word)) if any(map(str.isdecimal, word)) else word


def _without_accents(word: str) -> str:
    """Remove the accents of Greek, and the marks for stress of Cyrillic words."""
    if _GREEK.search(word):
        decomposed = unicodedata.normalize("NFD", word)
        bare = "".join(c for c in decomposed if not unicodedata.combining(c))
        word = unicodedata.normalize("NFC", bare).replace("ς", "σ")
    return str(_STRESS.sub("", word))


def _old_tone(word: str) -> str:
    """Put the tone of a Vietnamese syllable on the first of two vowels: "hoà" is "hòa"."""
    decomposed = unicodedata.normalize("NFD", word)
    moved = _VIETNAMESE.sub(lambda match: match[3] + (match[1] or match[2]), decomposed)
    return unicodedata.normalize("NFC", moved)


def _digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def spelling_variants(times: Mapping[str, float]) -> dict[str, str]:
    """Find the keys of a corpus that are another spelling or form of another one.

    - "mueller" is "müller" where both occur; so are "ae", "oe" and "aa".
    - Korean nouns are counted without their particle, and Arabic ones without their article; see
      `topickit.keywords.clitics`.

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
    >>> spelling_variants({"mueller": 1, "müller": 2, "neue": 1})
    {'mueller': 'müller'}
    """
    variants: dict[str, str] = {}
    if any("ä" in key or "ö" in key or "ü" in key or "å" in key for key in times if not key.isascii()):
        for pair, letter in _DIGRAPHS:
            found = (key for key in times if pair in key and key not in variants)
            variants |= {key: other for key in found if (other := key.replace(pair, letter)) in times}
    return variants | joined_forms(times)
