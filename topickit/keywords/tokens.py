"""Texts to a stream of tokens: the one place where characters are looked at.

A text becomes words and *breaks* (punctuation, blank lines), so that a phrase cannot reach over a
comma. Distinct surfaces are numbered once; everything after this file works on those numbers.

Scripts that do not put spaces between words:

- Han runs are segmented with ``rjieba`` (imported when a corpus has such a run), unless the corpus is
  Japanese, which it is when it has more than a tenth as many hiragana as Han characters. There the
  change of script is taken as the word boundary: runs of Han and of katakana are words, hiragana is
  grammar.
- Thai runs are cut at the stop words of Thai. Lao, Khmer and Burmese runs stay whole: they yield
  keywords only where the writer put spaces.
"""

import itertools
import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import regex  # type: ignore[import-untyped]
from numpy.typing import NDArray

from topickit.stored import StoredNumbers
from topickit.vectors import IntArray, release

IdArray = NDArray[np.int32]
BLOCK_TOKENS = 4_000_000
"""Tokens that are worked on at once: what bounds the memory of counting."""

_TAGS = "a|b|br|code|div|em|h[1-6]|hr|i|img|li|ol|p|pre|span|strong|table|td|th|tr|u|ul"
_PATTERN = r"""
    (?:https?|ftp)://\S+
  | &(?:[a-zA-Z]{{2,8}}|\#\d{{1,5}});
  | </?(?:{tags})(?:\s[^<>]*)?/?>
{unspaced}
  | (?<![\w.]) (?:[^\W\d_]\.){{2,}} (?:[^\W\d_](?!\w))?                 # U.S. e.g. z.B.
  | (?<![\w/]) [A-Z]{{1,4}}/[A-Z0-9]{{1,4}} (?![\w/])                       # TCP/IP PL/SQL OS/2
  | (?:(?<![^\s(])\.(?=[A-Za-z]{{2}}))?                                 # .NET
    {letter}+
    (?: [-'’&\u00AD\u200C\u200D]{letter}+                               # don't AT&T
      | \.(?:[A-Z]{{1,4}}|[a-z]{{1,4}}|Net|Js)(?!\w)                   # node.js
    )*
    (?:\+\+|\#(?!\w)|@[\w.-]+)?                                       # C++ C# and addresses
  | \n\s*\n
  | [^\w\s.&<]+ | [.&<]
"""
_HAN, _KATAKANA, _HIRAGANA = r"\p{Han}〇々〆", r"\p{Katakana}ー", r"\p{Hiragana}"
_THAI, _OTHER = r"\p{Thai}", r"\p{Lao}\p{Khmer}\p{Myanmar}"
_RUNS = "".join(f"  | [{script}]+\n" for script in (_HAN, _KATAKANA, _HIRAGANA, _THAI, _OTHER))
_NO_SPACES = _HAN + _KATAKANA + _HIRAGANA + _THAI + _OTHER
# One pattern, twice: the standard library's engine is faster but does not know scripts and marks.
_ASCII = re.compile(_PATTERN.format(tags=_TAGS, unspaced="", letter=r"\w"), re.VERBOSE)
_UNICODE = regex.compile(
    _PATTERN.format(tags=_TAGS, unspaced=_RUNS, letter=rf"[\w--[{_NO_SPACES}]]"), regex.VERBOSE | regex.V1
)
# Fifty printable characters without a space are an encoded file, a ruler or an address, not words.
_NOISE = re.compile(r"[!-~]{50,}")
_SPACED_TAG = re.compile(rf"</?(?:{_TAGS})\s")
_BLANK_LINE = re.compile(r"\n\s*\n")
_MARKUP = re.compile(r"(?:https?|ftp)://.*|&\#?\w+;|</?\w.*", re.DOTALL)
_ELISION = re.compile(
    r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|un|dell|all|nell|sull|dall|quell|quest)'(?=\w{2})", re.I
)
_IS_HAN = regex.compile(rf"[{_HAN}]+")
_IS_HIRAGANA = regex.compile(rf"[{_HIRAGANA}]+")
_IS_THAI = regex.compile(rf"[{_THAI}]+")
_HAS_HIRAGANA = regex.compile(rf"[{_HIRAGANA}]")
IS_UNSPACED = regex.compile(rf"[{_NO_SPACES}]+")

HIRAGANA_PER_HAN = 0.1
_BREAK = "\n\n"
TOLD_EVERY = 10_000
LONGEST_RUN = 30
MAX_RUNS = 500_000
"""Runs of characters whose tokens are remembered, about 100 MB of them."""
MAX_SURFACES = 2_000_000
"""Distinct tokens that are remembered while texts are read, about 300 MB of them."""


@dataclass(frozen=True, eq=False)
class TokenStream:
    """All tokens of a corpus, one after the other.

    Attributes
    ----------
    surfaces : list of str
        The distinct tokens as written, breaks among them.
    ids : int32 ndarray of shape (n_tokens,)
        The surface of each token.
    offsets : int64 ndarray of shape (n_documents + 1,)
        Tokens ``offsets[i]`` to ``offsets[i + 1]`` are those of document i.
    """

    surfaces: list[str] = field(repr=False)
    ids: IdArray = field(repr=False)
    offsets: IntArray = field(repr=False)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Give first and last-plus-one documents of blocks of about `BLOCK_TOKENS` tokens."""
        start, n_documents = 0, len(self.offsets) - 1
        while start < n_documents:
            stop = int(np.searchsorted(self.offsets, self.offsets[start] + BLOCK_TOKENS, side="right")) - 1
            stop = max(stop, start + 1)
            yield start, stop
            release(self.ids)
            start = stop

    def times(self) -> IntArray:
        """Count the tokens of each surface."""
        found = np.zeros(len(self.surfaces), dtype=np.int64)
        for start, stop in self.blocks():
            found += np.bincount(self.ids_of(start, stop), minlength=len(found))
        return found

    def ids_of(self, start: int, stop: int) -> IdArray:
        """Give the tokens of documents start … stop − 1."""
        return self.ids[self.offsets[start] : self.offsets[stop]]

    def documents_of(self, start: int, stop: int) -> IntArray:
        """Give the document of each token of documents start … stop − 1."""
        return np.repeat(np.arange(start, stop), np.diff(self.offsets[start : stop + 1]))


def read_tokens(texts: Sequence[str], advance: Callable[[float], None] | None = None) -> TokenStream:
    """Split texts into words and breaks.

    Parameters
    ----------
    texts : sequence of str
    advance : function, optional
        Is told now and then how many more texts are read.

    Examples
    --------
    >>> stream = read_tokens(["Node.js, C++ and AT&T: don't!"])
    >>> [stream.surfaces[i] for i in stream.ids]
    ['Node.js', ',', 'C++', 'and', 'AT&T', ':', "don't", '!']
    """
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    runs = _Runs(numbers)
    pending = array("i")
    offsets = np.zeros(len(texts) + 1, dtype=np.int64)
    with StoredNumbers(np.int32) as ids:
        for row, text in enumerate(texts):
            if advance is not None and row % TOLD_EVERY == TOLD_EVERY - 1:
                advance(TOLD_EVERY)
            if len(pending) > BLOCK_TOKENS or len(numbers) > MAX_SURFACES:
                ids.extend(np.frombuffer(pending, dtype=np.int32))
                pending = array("i")
                if len(numbers) > MAX_SURFACES:
                    _forget_rare(ids, numbers)
                    runs.clear()
            if len(runs) > MAX_RUNS:
                runs.clear()
            if "<" in text and _SPACED_TAG.search(text):
                pending.extend(map(numbers.__getitem__, _split(text)))
            elif "\n" in text:
                for part in _BLANK_LINE.split(text):
                    pending.extend(runs.of(part))
                    pending.append(numbers[_BREAK])
            else:
                pending.extend(runs.of(text))
            offsets[row + 1] = len(ids) + len(pending)
        ids.extend(np.frombuffer(pending, dtype=np.int32))
        stream = TokenStream(list(numbers), ids.array(), offsets)
    return _segmented(stream)


class _Runs(dict[str, tuple[int, ...]]):
    """Token numbers of each run of characters without a space: most are met again, and need no search.

    No token reaches over a space, but for blank lines and tags with attributes.
    """

    def __init__(self, numbers: dict[str, int]) -> None:
        super().__init__()
        self._numbers = numbers

    def of(self, text: str) -> Iterator[int]:
        """Give the token numbers of a text without blank lines and such tags."""
        return itertools.chain.from_iterable(map(self.__getitem__, text.split()))

    def __missing__(self, run: str) -> tuple[int, ...]:
        found = tuple(map(self._numbers.__getitem__, _split(run)))
        if len(run) <= LONGEST_RUN:
            self[run] = found
        return found


def _split(text: str) -> list[str]:
    if len(text) >= 50:
        text = _NOISE.sub(" . ", text)
    return (_ASCII if text.isascii() else _UNICODE).findall(text)


def _forget_rare(ids: StoredNumbers, numbers: dict[str, int]) -> None:
    """Forget the rarest surfaces until at most half of `MAX_SURFACES` are left; they become breaks.

    Those met once so far go first, then those met twice, and so on. Both arguments are changed.
    """
    times = np.zeros(len(numbers), dtype=np.int64)
    for part in ids.parts():
        times += np.bincount(part, minlength=len(times))
    kept = most_frequent(times, MAX_SURFACES // 2)
    surfaces = [surface for surface, keep in zip(list(numbers), kept.tolist(), strict=True) if keep]
    new = np.cumsum(kept, dtype=np.int32) - 1
    numbers.clear()
    numbers.update((surface, number) for number, surface in enumerate(surfaces))
    new[~kept] = numbers.setdefault(".", len(surfaces))
    for part in ids.parts():
        part[:] = new[part]


def most_frequent(times: IntArray, n: int) -> NDArray[np.bool_]:
    """Mark what is met most often, at most n of them; of those met equally often all or none.

    Examples
    --------
    >>> most_frequent(np.array([1, 5, 1, 3]), 3).tolist()
    [False, True, False, True]
    """
    return np.asarray(times > np.sort(times)[::-1][min(n, len(times) - 1)])


def _segmented(stream: TokenStream) -> TokenStream:
    """Replace each run of an unspaced script by its words."""
    cut = _cutters(stream)
    if not cut:
        return stream
    numbers: dict[str, int] = {}
    pieces, lengths = array("i"), np.empty(len(stream.surfaces), dtype=np.int64)
    for i, surface in enumerate(stream.surfaces):
        cuts = cut[surface](surface) if surface in cut else [surface]
        pieces.extend(numbers.setdefault(word, len(numbers)) for word in cuts)
        lengths[i] = len(cuts)
    words = np.array(pieces, dtype=np.int32)
    starts, offsets = np.cumsum(lengths) - lengths, np.zeros_like(stream.offsets)
    with StoredNumbers(np.int32) as ids:
        for start, stop in stream.blocks():
            found = stream.ids_of(start, stop)
            per_token = lengths[found]
            ends = np.concatenate([[0], np.cumsum(per_token)])
            within = np.arange(int(ends[-1])) - np.repeat(ends[:-1], per_token)
            bounds = stream.offsets[start + 1 : stop + 1] - stream.offsets[start]
            offsets[start + 1 : stop + 1] = len(ids) + ends[bounds]
            ids.extend(words[np.repeat(starts[found], per_token) + within])
        return TokenStream(list(numbers), ids.array(), offsets)


def _cutters(stream: TokenStream) -> dict[str, Callable[[str], list[str]]]:
    """Find how to cut each surface that is a run of an unspaced script; empty where there is none."""
    runs = [
        i
        for i, surface in enumerate(stream.surfaces)
        if not surface.isascii() and IS_UNSPACED.fullmatch(surface)
    ]
    if not runs:
        return {}
    times = stream.times()
    surfaces = stream.surfaces
    han = [i for i in runs if _IS_HAN.fullmatch(surfaces[i])]
    n_han = sum(int(times[i]) * len(surfaces[i]) for i in han)
    n_hiragana = sum(int(times[i]) * len(surfaces[i]) for i in runs if _IS_HIRAGANA.fullmatch(surfaces[i]))
    cut: dict[str, Callable[[str], list[str]]] = {}
    if han and n_hiragana <= HIRAGANA_PER_HAN * n_han:
        import rjieba

        cut.update((surfaces[i], rjieba.cut) for i in han)
    thai = [i for i in runs if _IS_THAI.fullmatch(surfaces[i])]
    if thai:
        thai_cut = _thai_cutter()
        cut.update((surfaces[i], thai_cut) for i in thai)
    return cut


def _thai_cutter() -> Callable[[str], list[str]]:
    from stopwordsiso import stopwords

    at = re.compile("(" + "|".join(sorted(map(re.escape, stopwords("th")), key=lambda w: (-len(w), w))) + ")")
    return lambda run: [piece for piece in at.split(run) if piece]


def clean(surface: str) -> str:
    """Take off a surface what is not of the word itself; a break or markup gives "".

    Examples
    --------
    >>> [clean(s) for s in ["BA’s", "l'homme", "_very_", "U.S.", "--", "&amp;"]]
    ['BA', 'homme', 'very', 'U.S.', '', '']
    """
    if surface.isascii() and surface.isalpha():  # nearly all
        return surface
    if _MARKUP.fullmatch(surface):
        return ""
    word = unicodedata.normalize("NFC", surface).replace("’", "'").replace("\u00ad", "").strip("_")
    if not any(character.isalnum() for character in word):
        return ""
    if "'" in word:
        word = word[:-2] if word[-2:] in {"'s", "'S"} else word
        elided = _ELISION.match(word)
        word = word[elided.end() :] if elided else word
    return word


def key_of(word: str) -> str:
    """Fold a cleaned word to what it is counted as.

    Examples
    --------
    >>> key_of("STRASSE") == key_of("Straße"), key_of("U.S.") == key_of("U.S")
    (True, True)
    """
    if not word.isascii():
        word = unicodedata.normalize("NFKC", word)
    return word.casefold().rstrip(".")


def is_hiragana(key: str) -> bool:
    """Say whether a word is written in hiragana, and so is grammar."""
    return not key.isascii() and _HAS_HIRAGANA.match(key) is not None
