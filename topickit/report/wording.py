"""How numbers, labels and texts are worded in every format."""

import math
import re
import unicodedata
from dataclasses import dataclass

from topickit.report.summary import Plain

MISSING = "–"
_UNGROUPED = ("seed", "random_state", "version", "year")
_SHARES = ("share", "fraction")
_SETTINGS: dict[tuple[str, Plain], str] = {
    ("n_topics", None): "found",
    ("outliers", None): "as the clusterer says",
    ("fit_sample", None): "all documents",
    ("fit_sample", "auto"): "as many documents as serve the clusterer",
    ("long_documents", "truncate"): "cut where the model stops reading",
    ("long_documents", "chunk"): "read in windows",
}
"""What a setting says that is no number."""
_WEIGHTINGS = {"ctfidf": "c-TF-IDF", "bm25": "BM25"}
# Marks that turn the direction of whatever follows them, beyond the end of the text itself.
_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_UNPRINTABLE = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"} | {
    0xFFFE: None,
    0xFFFF: None,
}
_UNTURNED = _UNPRINTABLE | dict.fromkeys(_BIDI)


@dataclass(frozen=True)
class FactGroup:
    """Label and value pairs under one heading; the heading is empty for facts on their own."""

    heading: str
    facts: tuple[tuple[str, str], ...]


def count(number: int) -> str:
    """Write a whole number with thousands separators.

    Examples
    --------
    >>> count(1234567)
    '1,234,567'
    """
    return f"{number:,}"


def documents(number: int) -> str:
    """Write a number of documents.

    Examples
    --------
    >>> documents(1), documents(2000)
    ('1 document', '2,000 documents')
    """
    return f"{number:,} document" + ("" if number == 1 else "s")


def percent(share: float | None) -> str:
    """Write a share, 0 to 1, as a percentage that is 0 or 100 only when it is exactly that.

    Examples
    --------
    >>> percent(0.1234), percent(0.0001), percent(0), percent(0.9999)
    ('12.3%', '<0.1%', '0%', '>99.9%')
    """
    if share is None or not math.isfinite(share):
        return MISSING
    if share in (0, 1):
        return f"{share:.0%}"
    if 0 < share < 0.001:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"


def decimal(number: float | None) -> str:
    """Write a real number with about four significant digits.

    Examples
    --------
    >>> decimal(0.123456), decimal(12345.6), decimal(None)
    ('0.1235', '12,346', '–')
    """
    if number is None or not math.isfinite(number):
        return MISSING
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def score(number: float | None) -> str:
    """Write a score between 0 and 1, such as a stability.

    Examples
    --------
    >>> score(0.7), score(None)
    ('0.70', '–')
    """
    return MISSING if number is None or not math.isfinite(number) else f"{number:.2f}"


def weight(number: float) -> str:
    """Write the weight of a keyword.

    Examples
    --------
    >>> weight(0.5), weight(0.04567), weight(123.4)
    ('0.500', '0.0457', '123')
    """
    return f"{number:#.3g}".removesuffix(".") if math.isfinite(number) else MISSING


def label(key: str) -> str:
    """Make a label of a name in snake_case.

    Examples
    --------
    >>> label("n_blank_documents"), label("scikit-learn")
    ('blank documents', 'scikit-learn')
    """
    return key.removeprefix("n_").replace("_", " ").strip() or key


def value(number: Plain, key: str = "") -> str:
    """Write any plain value; `key` says whether a number is a share or a seed.

    Examples
    --------
    >>> value(0.25, "outlier_share"), value(12345, "random_state"), value(["a", 2]), value(True)
    ('25.0%', '12345', 'a, 2', 'yes')
    """
    if number is None:
        return MISSING if not key else "none"
    if isinstance(number, bool):
        return "yes" if number else "no"
    if isinstance(number, int):
        return str(number) if key.endswith(_UNGROUPED) else count(number)
    if isinstance(number, float):
        return percent(number) if key.endswith(_SHARES) and 0 <= number <= 1 else decimal(number)
    if isinstance(number, list):
        return ", ".join(value(part) for part in number) or MISSING
    if isinstance(number, dict):
        return ", ".join(f"{label(name)} {value(part, name)}" for name, part in number.items()) or MISSING
    return printable(number) or MISSING


_FOR_OTHERS = frozenset({"digest", "usual_similarity"})  # for `compare` and `predict`, not for readers


def fact_groups(notes: dict[str, Plain]) -> tuple[FactGroup, ...]:
    """Order notes for reading: facts on their own first, then a group for each mapping.

    What is under "settings" are the parameters of the model, in words.

    Examples
    --------
    >>> fact_groups({"settings": {"n_topics": None, "outliers": 0.1}})[0].facts
    (('number of topics', 'found'), ('outliers', 'at most 10.0%'))
    >>> fact_groups({"versions": {"numpy": "2.4"}, "n_blank": 3})[0]
    FactGroup(heading='', facts=(('Blank', '3'),))
    """
    single = tuple(
        (_capital(label(key)), value(note, key))
        for key, note in notes.items()
        if not _is_group(note) and key not in _FOR_OTHERS
    )
    groups = [FactGroup("", single)] if single else []
    for key, note in notes.items():
        if isinstance(note, dict) and note:
            worded = _setting if key == "settings" else _fact
            facts = tuple(worded(name, part) for name, part in note.items())
            groups.append(FactGroup(_capital(label(key)), facts))
    return tuple(groups)


def _fact(name: str, part: Plain) -> tuple[str, str]:
    return printable(label(name)), value(part, name)


def _setting(name: str, part: Plain) -> tuple[str, str]:
    """Word a parameter of a model as a reader understands it who does not know the name."""
    if name == "keywords" and isinstance(part, dict):
        return "keywords", _keyword_settings(part)
    shown = _SETTINGS.get((name, part)) if part is None or isinstance(part, str) else None
    if name == "outliers" and isinstance(part, float | int):
        shown = f"at most {percent(part)}"
    return "number of topics" if name == "n_topics" else label(name), shown or value(part, name)


def _keyword_settings(settings: dict[str, Plain]) -> str:
    """Say how keywords were made; what a file of another version does not hold is passed over."""
    said = []
    if isinstance(n := settings.get("n_keywords"), int):
        said.append(f"{count(n)} a topic")
    if isinstance(weighting := settings.get("weighting"), str):
        damped = ", frequent words damped" if settings.get("reduce_frequent") else ""
        said.append(f"weighed by {_WEIGHTINGS.get(weighting, printable(weighting))}{damped}")
    if "rerank" in settings:
        said.append("re-ranked by meaning" if settings["rerank"] else "ranked by weight alone")
    if "phrases" in settings:
        said.append("phrases of two words too" if settings["phrases"] else "single words only")
    if "stop_words" in settings:
        said.append(_stop_words(settings["stop_words"]))
    return ", ".join(said) or MISSING


def _stop_words(given: Plain) -> str:
    if isinstance(given, list):
        return f"without {count(len(given))} stop word{'' if len(given) == 1 else 's'} of your own"
    return "stop words kept" if given is None else "without the stop words of the languages found"


def _is_group(note: Plain) -> bool:
    return isinstance(note, dict) and bool(note)


def _capital(text: str) -> str:
    return printable(text[:1].upper() + text[1:])


def printable(text: str) -> str:
    """Drop control characters (escape sequences of a terminal among them), but keep line ends."""
    return text.translate(_UNPRINTABLE)


def one_line(text: str) -> str:
    """Put a text on one line: no control characters, no direction marks, single spaces.

    Examples
    --------
    >>> one_line(" two  words" + chr(10) + "here" + chr(27))
    'two words here'
    """
    return " ".join(text.translate(_UNTURNED).split())


def clip(text: str, limit: int) -> str:
    """Cut a text to at most `limit` characters, between words where there are any nearby.

    Examples
    --------
    >>> clip("some words here", 12)
    'some words…'
    """
    if len(text) <= limit:
        return text
    end = limit - 1
    # An accent, a joiner or a variation belongs to the character before it.
    while end > 1 and (
        unicodedata.combining(text[end]) or text[end] in "\u200d\ufe0e\ufe0f" or text[end - 1] == "\u200d"
    ):
        end -= 1
    head = text[:end]
    if not text[end].isspace():
        words = re.match(r"(?s)(.*)\s", head)
        if words and words.end() > 0.7 * limit:
            head = words.group(1)
    return head.rstrip() + "…"
