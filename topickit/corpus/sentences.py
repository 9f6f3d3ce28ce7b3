"""Sentences of a text, by rules; long ones in windows.

NLTK's and spaCy's splitters need a download, ICU a compiler, and PySBD is no longer maintained. Parts of a
document need no more than this: a wrong border moves a few words to a neighbour. Punctuation follows
Unicode's Sentence_Terminal property (UAX #29); scripts that write no space after it (Chinese, Japanese) need
none. Blank lines and items of lists always end a sentence.
"""

from collections.abc import Iterator
from typing import NamedTuple

import regex  # type: ignore[import-untyped]

MAX_CHARACTERS = 400
"""A longer sentence is divided at the last semicolon, comma or space before; 60 to 80 words of English."""
_ABBREVIATIONS = (
    "mr|mrs|ms|dr|prof|st|vs|etc|e\\.g|i\\.e|cf|al|fig|figs|eq|no|nos|vol|pp|ed|eds|inc|ltd|co|corp|jr|sr|approx|dept|est"
    "|gov|gen|sen|rep|rev|hon|lt|col|sgt|capt|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|z\\.b|d\\.h|bzw|usw|ca|nr"
    "|bspw|evtl|ggf|inkl|u\\.a|o\\.ä|p\\.ex|m|mme|sra?|srta|dra?|u\\.s|a\\.m|p\\.m"
)
_NO_END = regex.compile(
    rf"(?:(?<![\p{{L}}\p{{N}}.])(?:{_ABBREVIATIONS})|(?<!\w)\p{{Lu}}|(?<!\S)\d{{1,3}})\.$", regex.I
)
_END = regex.compile(
    r"""
    (?P<full>[。！？｡．]+ [」』”’）】》]*)                       # no space needed
  | (?P<stop>(?:[.!?…‥؟۔।॥։។]|\p{Sentence_Terminal=Yes})+ ["'”’»)\]]*) (?=\s)
  | (?P<line>\s*\n\s*\n | \s*\n(?=\s*(?:[-*•‣–]|\d{1,3}[.)])\s))     # a blank line; an item of a list
    """,
    regex.VERBOSE,
)
_BREAKS = (regex.compile(r"\n"), regex.compile(r"[;:；：]"), regex.compile(r"[,，、،]"), regex.compile(r"\s"))


class Sentence(NamedTuple):
    """Where a sentence is in its text.

    Attributes
    ----------
    start, end : int
        ``text[start:end]`` is the sentence, without spaces around it.
    """

    start: int
    end: int


def sentences(text: str, *, longest: int = MAX_CHARACTERS) -> list[Sentence]:
    """Split a text into sentences, and long ones into windows.

    Parameters
    ----------
    text : str
    longest : int, default 400
        A sentence of more characters is divided.

    Returns
    -------
    list of Sentence
        In order, without overlaps; all characters but spaces are in one of them. Empty for a text of spaces.

    Examples
    --------
    >>> text = "Dr. Who left. Did he? 他走了。她来了。"
    >>> [text[start:end] for start, end in sentences(text)]
    ['Dr. Who left.', 'Did he?', '他走了。', '她来了。']
    """
    found: list[Sentence] = []
    for start, end in _pieces(text):
        stripped = text[start:end].strip()
        if stripped:
            begin = start + text[start:end].index(stripped)
            found.extend(_windows(text, begin, begin + len(stripped), longest))
    return found


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in _END.finditer(text):
        end = match.end()
        if match["stop"] and not _ends(text, start, match):
            continue
        yield start, end
        start = end
    yield start, len(text)


def _ends(text: str, start: int, match: "regex.Match[str]") -> bool:
    """Say whether a full stop ends a sentence: not after an abbreviation, nor before a small letter."""
    if match["stop"].startswith(".") and _NO_END.search(
        text[max(start, match.start() - 12) : match.start() + 1]
    ):
        return False
    following = text[match.end() : match.end() + 40].lstrip()[:1]
    return not (match["stop"][:1] in ".…‥" and following.islower())


def _windows(text: str, start: int, end: int, longest: int) -> Iterator[Sentence]:
    while end - start > longest:
        cut = _cut(text, start, start + longest)
        yield Sentence(start, start + len(text[start:cut].rstrip()))
        start = cut + len(text[cut:end]) - len(text[cut:end].lstrip())
    if start < end:
        yield Sentence(start, end)


def _cut(text: str, start: int, limit: int) -> int:
    """Find where to divide: in the second half, at the best mark there is."""
    half = (start + limit) // 2
    for mark in _BREAKS:
        ends = [match.end() for match in mark.finditer(text, half, limit)]
        if ends:
            return int(ends[-1])
    return limit
