"""Texts to a stream of tokens: the only module that reads characters.

A text becomes words and *breaks* (punctuation, blank lines), so that a phrase cannot reach over a
comma. Distinct surfaces are numbered once; every later module works on those numbers. With a tokenizer
of the user's own, its tokens are the surfaces, and those without a letter, digit or pictograph are breaks.

Scripts that do not put spaces between words:

- Han runs are segmented with ``rjieba`` (imported when a corpus has such a run), unless the corpus is
  Japanese: it has more than a tenth as many hiragana as Han characters. Words then end where the script
  changes: runs of Han and of katakana are words, hiragana is grammar. If ``sudachipy`` is installed, runs
  of Han are segmented by it.
- Thai runs are segmented by ``pythainlp`` if it is installed, otherwise at stop words and at the pieces that
  repeat; see `topickit.keywords.unspaced`. Lao, Khmer and Burmese runs stay whole: they yield keywords only
  where the writer put spaces.
"""

import itertools
import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self, TypeAlias

import numpy as np
import regex  # type: ignore[import-untyped]
from numpy.typing import NDArray

from topickit._core.display import unescaped
from topickit._core.spill import StoredNumbers
from topickit._core.vectors import IntArray, release
from topickit.keywords import unspaced
from topickit.keywords.addresses import Addresses
from topickit.keywords.boilerplate import without_boilerplate
from topickit.keywords.folding import APOSTROPHES
from topickit.keywords.unspaced import Segmentation

IdArray = NDArray[np.int32]
Advance: TypeAlias = Callable[[float], None]
"""Takes the number of texts that were read since the last call."""
BLOCK_TOKENS = 4_000_000
"""Tokens per block, which bounds the memory of counting."""

_TAGS = (
    "(?i:a|b|blockquote|body|br|button|center|code|div|em|font|form|h[1-6]|head|hr|html|i|img|input|li|link|meta"
    "|ol|p|pre|script|small|span|strong|style|sub|sup|table|tbody|td|th|thead|tr|u|ul)"
)
_PATTERN = r"""
    &(?:[a-zA-Z]\w{{1,31}}|\#\w{{1,8}});
  | </?{tags}(?:\s[^<>]*)?/?>
{unspaced}
  | (?<![\w.]) (?:[^\W\d_]\.){{2,}} (?:[^\W\d_](?!\w))?                 # U.S. e.g. z.B.
  | (?<![\w/]) [A-Z]{{1,4}}/[A-Z0-9]{{1,4}} (?![\w/])                       # TCP/IP PL/SQL OS/2
  | (?:(?<![^\s(])\.(?=[A-Za-z]{{2}}))?                                 # .NET
    {letter}+
    (?: [-\u2010\u2011'’‘´＇&\u00AD\u200C\u200D\u05F3\u05F4]{letter}+       # don't AT&T
      | (?<=l)·(?=l){letter}+                                          # Catalan
      | (?<=[\u05D0-\u05EA])"(?=[\u05D0-\u05EA]){letter}+                   # a Hebrew acronym
      | \.(?:[A-Z]{{1,4}}|[a-z]{{1,4}}|Net|Js)(?!\w)                   # node.js
    )*
    (?:\+\+|\#(?!\w))?                                               # C++ C#
  | \n\s*\n
  | [^\w\s.&<]+ | [.&<]
"""
_HAN, _KATAKANA, _HIRAGANA = r"\p{Han}〇々〆", r"\p{Katakana}ー", r"\p{Hiragana}"
_THAI, _OTHER = r"\p{Thai}", r"\p{Lao}\p{Khmer}\p{Myanmar}"
_EMOJI = r"""
  | (?:\p{Extended_Pictographic}|\p{Regional_Indicator}{2})
    (?:[\uFE0F\U0001F3FB-\U0001F3FF]|\u200D\p{Extended_Pictographic})*
"""
_RUNS = "".join(f"  | [{script}]+\n" for script in (_HAN, _KATAKANA, _HIRAGANA, _THAI, _OTHER))
_NO_SPACES = _HAN + _KATAKANA + _HIRAGANA + _THAI + _OTHER
# One pattern, twice: the standard library's engine is faster but does not know scripts and marks.
_ASCII = re.compile(_PATTERN.format(tags=_TAGS, unspaced="", letter=r"\w"), re.VERBOSE)
_UNICODE = regex.compile(
    _PATTERN.format(tags=_TAGS, unspaced=_EMOJI + _RUNS, letter=rf"[\w--[{_NO_SPACES}]]"),
    regex.VERBOSE | regex.V1,
)
_ADDRESSES = Addresses(_NO_SPACES)
_SPACED_TAG = re.compile(rf"</?{_TAGS}\s")
# A line that begins with a label, as in the header of an e-mail, does not continue the line above.
_BLANK_LINE = re.compile(r"\n(?:\s*\n|(?=[A-Z][\w-]*:))")
_MARKUP = re.compile(r"&\#?\w+;|</?\w.*", re.DOTALL)
# A word that was divided at the end of a line; the next line goes on in the same case.
_DIVIDED = regex.compile(
    r"(?<=\p{Ll})[-\u2010\u00AD]\r?\n[ \t]*(?=\p{Ll})|(?<=\p{Lu}{2})[-\u2010\u00AD]\r?\n[ \t]*(?=\p{Lu}{2})"
)
# Schr\"odinger, Poincar{\'e}, Erd\H{o}s; without braces only within a word, where quotation marks that were
# escaped (\"yes\", it\'s, l\'homme) do not stand.
_TEX_ACCENT = re.compile(
    r"""\{\\(["'`^~=.uvHck])\ ?(\\?[A-Za-z])\}
      | \\(["'`^~=.uvHck])\{(\\?[A-Za-z])\}
      | (?<=[A-Za-z])\\(["`^~])([aeiounyAEIOUNY])
      | (?<=[A-Za-z])(?<!\b[cdjlmnst])(?<!\bqu)\\(')([aeiouyAEIOUY])
    """,
    re.VERBOSE,
)
_COMBINING = "\u0308\u0301\u0300\u0302\u0303\u0304\u0307\u0306\u030c\u030b\u0327\u0328"
_ACCENTS = dict(zip("\"'`^~=.uvHck", _COMBINING, strict=True))
_ELISION = re.compile(
    r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu|un|dell|all|nell|sull|dall|quell|quest)'(?=\w{2})", re.I
)
_PLAIN = str.maketrans(
    {
        **dict.fromkeys(APOSTROPHES, "'"),
        "\u2010": "-",
        "\u2011": "-",
        "\u05f4": '"',
        "\u05f3": "'",
        "\u00ad": None,
    }
)
IS_EMOJI = regex.compile(_EMOJI.strip().removeprefix("| "), regex.VERBOSE)
IS_KATAKANA = regex.compile(rf"[{_KATAKANA}]+")
_IS_HAN = regex.compile(rf"[{_HAN}]+")
_IS_HIRAGANA = regex.compile(rf"[{_HIRAGANA}]+")
_IS_THAI = regex.compile(rf"[{_THAI}]+")
_HAS_HIRAGANA = regex.compile(rf"[{_HIRAGANA}]")
_HAS_MEANING = regex.compile(r"[\p{L}\p{N}\p{So}]")
IS_UNSPACED = regex.compile(rf"[{_NO_SPACES}]+")

HIRAGANA_PER_HAN = 0.1
_BREAK = "\n\n"
PROGRESS_EVERY = 10_000
LONGEST_RUN = 30
MAX_RUNS = 500_000
"""Runs of characters whose tokens are kept, about 100 MB."""
MAX_SURFACES = 2_000_000
"""Distinct tokens that are kept while texts are read, about 300 MB."""


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
    keys : mapping of int to str
        Surfaces that are counted under a key of their own; see `topickit.keywords.recast`.
    segmentation : Segmentation
        How runs without spaces were segmented.
    """

    surfaces: list[str] = field(repr=False)
    ids: IdArray = field(repr=False)
    offsets: IntArray = field(repr=False)
    keys: Mapping[int, str] = field(default_factory=dict, repr=False)
    segmentation: Segmentation = field(default=Segmentation(), repr=False)

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
        times = np.zeros(len(self.surfaces), dtype=np.int64)
        for start, stop in self.blocks():
            times += np.bincount(self.ids_of(start, stop), minlength=len(times))
        return times

    def ids_of(self, start: int, stop: int) -> IdArray:
        """Give the tokens of documents start … stop − 1."""
        return self.ids[self.offsets[start] : self.offsets[stop]]

    def first(self, n: int) -> "TokenStream":
        """Give the first n documents, with all surfaces."""
        return replace(self, ids=self.ids[: self.offsets[n]], offsets=self.offsets[: n + 1])

    def documents_of(self, start: int, stop: int) -> IntArray:
        """Give the document of each token of documents start … stop − 1."""
        return np.repeat(np.arange(start, stop), np.diff(self.offsets[start : stop + 1]))


def read_tokens(
    texts: Iterable[str], advance: Advance | None = None, *, segmentation: Segmentation | None = None
) -> TokenStream:
    """Split texts into words and breaks.

    Parameters
    ----------
    texts : iterable of str
    advance : function, optional
        Called now and then with the number of texts read since the last call.
    segmentation : Segmentation, optional
        How runs without spaces are segmented; None looks at the texts.

    Examples
    --------
    >>> stream = read_tokens(["Node.js, C++ and AT&T: don't!"])
    >>> [stream.surfaces[i] for i in stream.ids]
    ['Node.js', ',', 'C++', 'and', 'AT&T', ':', "don't", '!']
    """
    with _Writer(advance) as writer:
        runs = _Runs(writer.numbers)
        for text in texts:
            if writer.make_room() or len(runs) > MAX_RUNS:
                runs.clear()
            writer.add(runs.tokens(without_boilerplate(_written_out(text))))
        return _segmented(writer.stream(), segmentation)


def tokens_of(
    texts: Iterable[str], words: Callable[[str], list[str]], advance: Advance | None = None
) -> TokenStream:
    """Split texts into the words that a tokenizer gives.

    Parameters
    ----------
    texts : iterable of str
    words : function of str to list of str
        From `topickit.corpus.tokenizer.words_of`.
    advance : function, optional
        Called now and then with the number of texts read since the last call.

    Examples
    --------
    >>> stream = tokens_of(["Node.js, and C++"], str.split)
    >>> [stream.surfaces[i] for i in stream.ids]
    ['Node.js,', 'and', 'C++']
    """
    with _Writer(advance) as writer:
        for text in texts:
            writer.make_room()
            writer.add(map(writer.numbers.__getitem__, words(text)))
        return writer.stream()


class _Writer:
    """Collects the tokens of one text after another; a large stream is kept in a file."""

    def __init__(self, advance: Advance | None) -> None:
        self.numbers: defaultdict[str, int] = defaultdict()
        self.numbers.default_factory = self.numbers.__len__
        self._ids = StoredNumbers(np.int32)
        self._pending = array("i")
        self._offsets = array("q", [0])
        self._advance = advance

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._ids.close()

    def make_room(self) -> bool:
        """Move full blocks to the file; return True if surfaces were forgotten and numbered anew."""
        is_full = len(self.numbers) > MAX_SURFACES
        if is_full or len(self._pending) > BLOCK_TOKENS:
            self._flush()
        if is_full:
            _forget_rare(self._ids, self.numbers)
        return is_full

    def add(self, tokens: Iterable[int]) -> None:
        """Take the token numbers of the next text."""
        self._pending.extend(tokens)
        self._offsets.append(len(self._ids) + len(self._pending))
        if self._advance is not None and len(self._offsets) % PROGRESS_EVERY == 0:
            self._advance(PROGRESS_EVERY)

    def stream(self) -> TokenStream:
        """Return all tokens."""
        self._flush()
        return TokenStream(list(self.numbers), self._ids.array(), np.array(self._offsets, dtype=np.int64))

    def _flush(self) -> None:
        self._ids.extend(np.frombuffer(self._pending, dtype=np.int32))
        self._pending = array("i")


class _Runs(dict[str, tuple[int, ...]]):
    """Token numbers of each run of characters without a space: most runs repeat and are split once.

    No token contains a space, except for blank lines and tags with attributes.
    """

    def __init__(self, numbers: dict[str, int]) -> None:
        super().__init__()
        self._numbers = numbers

    def tokens(self, text: str) -> Iterable[int]:
        """Give the token numbers of a text."""
        if "<" in text and _SPACED_TAG.search(text):
            return map(self._numbers.__getitem__, _split(text))
        if "\n" not in text:
            return self._within(text)
        # Lazily: the break is numbered after the tokens before it.
        return itertools.chain.from_iterable(
            itertools.chain(self._within(part), map(self._numbers.__getitem__, (_BREAK,)))
            for part in _BLANK_LINE.split(text)
        )

    def _within(self, text: str) -> Iterator[int]:
        return itertools.chain.from_iterable(map(self.__getitem__, text.split()))

    def __missing__(self, run: str) -> tuple[int, ...]:
        tokens = tuple(map(self._numbers.__getitem__, _split(run)))
        if len(run) <= LONGEST_RUN:
            self[run] = tokens
        return tokens


def _written_out(text: str) -> str:
    r"""Write entities and TeX's accents as the characters that they stand for, and join divided words.

    Examples
    --------
    >>> _written_out(r"M&uuml;ller &amp; Erd\H{o}s"), _written_out(r"it\'s Poincar\'e")
    ('Müller & Erdős', "it\\'s Poincaré")
    """
    text = unescaped(unescaped(text))  # texts from the web are often escaped twice
    if "\\" in text:
        text = _TEX_ACCENT.sub(_accented, text)
    if "-\n" in text or "-\r\n" in text or not text.isascii():
        text = _DIVIDED.sub("\u00ad", text)
    return text


def _accented(match: re.Match[str]) -> str:
    accent, letter = (part for part in match.groups() if part is not None)
    return unicodedata.normalize("NFC", letter.lstrip("\\") + _ACCENTS[accent])


def _split(text: str) -> list[str]:
    text = _ADDRESSES.removed(text)
    return (_ASCII if text.isascii() else _UNICODE).findall(text)


def _forget_rare(ids: StoredNumbers, numbers: dict[str, int]) -> None:
    """Forget the rarest surfaces until at most half of `MAX_SURFACES` are left; they become breaks.

    The tokens that occurred once so far go first, then those that occurred twice, and so on. Both arguments
    are changed.
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
    """Mark the n largest counts; of equal counts, all or none.

    Examples
    --------
    >>> most_frequent(np.array([1, 5, 1, 3]), 3).tolist()
    [False, True, False, True]
    """
    return np.asarray(times > np.sort(times)[::-1][min(n, len(times) - 1)])


def _segmented(stream: TokenStream, segmentation: Segmentation | None = None) -> TokenStream:
    """Replace each run of an unspaced script by its words."""
    runs = [s for s in stream.surfaces if not s.isascii() and IS_UNSPACED.fullmatch(s)]
    if not runs:
        return stream
    segmentation = segmentation or _segmentation_of(stream)
    cut = _cutters(runs, segmentation)
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
            ids_of_block = stream.ids_of(start, stop)
            per_token = lengths[ids_of_block]
            ends = np.concatenate([[0], np.cumsum(per_token)])
            within = np.arange(int(ends[-1])) - np.repeat(ends[:-1], per_token)
            bounds = stream.offsets[start + 1 : stop + 1] - stream.offsets[start]
            offsets[start + 1 : stop + 1] = len(ids) + ends[bounds]
            ids.extend(words[np.repeat(starts[ids_of_block], per_token) + within])
        return TokenStream(list(numbers), ids.array(), offsets, segmentation=segmentation)


def _segmentation_of(stream: TokenStream) -> Segmentation:
    thai = (s for s in stream.surfaces if not s.isascii() and _IS_THAI.fullmatch(s))
    return Segmentation(is_japanese(stream), unspaced.thai_pieces(thai))


def _cutters(runs: list[str], segmentation: Segmentation) -> dict[str, unspaced.Cut]:
    """Find how to segment each run of an unspaced script; those that stay whole are not in it."""
    han = [run for run in runs if _IS_HAN.fullmatch(run)]
    segment = segmentation.han() if han else None
    cut = {} if segment is None else dict.fromkeys(han, segment)
    return cut | {run: segmentation.thai_run for run in runs if _IS_THAI.fullmatch(run)}


def is_japanese(stream: TokenStream) -> bool:
    """Return True for a corpus with more than a tenth as many hiragana as Han characters."""
    n_han = n_hiragana = 0
    for surface, times in zip(stream.surfaces, stream.times().tolist(), strict=True):
        if not surface.isascii():
            n_han += times * len(surface) if _IS_HAN.fullmatch(surface) else 0
            n_hiragana += times * len(surface) if _IS_HIRAGANA.fullmatch(surface) else 0
    return n_hiragana > HIRAGANA_PER_HAN * n_han


def clean(surface: str) -> str:
    """Strip a surface to its word; a break or markup gives "".

    Examples
    --------
    >>> [clean(s) for s in ["BA’s", "l'homme", "_very_", "U.S.", "--", "&amp;"]]
    ['BA', 'homme', 'very', 'U.S.', '', '']
    """
    if surface.isascii() and surface.isalpha():  # nearly all
        return surface
    if _MARKUP.fullmatch(surface):
        return ""
    word = inner(surface)
    if not any(character.isalnum() for character in word):
        return ""
    return without_article(without_possessive(word)) if "'" in word else word


def inner(surface: str) -> str:
    """Strip a surface to its form inside a phrase, with its article and possessive.

    Examples
    --------
    >>> inner("BA’s"), inner("_very_"), inner("__init__.py")
    ("BA's", 'very', '__init__.py')
    """
    word = unicodedata.normalize("NFC", surface).translate(_PLAIN)
    bare = word.strip("_")
    return word if "__" in bare else bare


def without_possessive(word: str) -> str:
    """Remove the possessive of a word."""
    return word[:-2] if word[-2:] in {"'s", "'S"} else word


def without_article(word: str) -> str:
    """Remove an elided article or preposition from a word."""
    elided = _ELISION.match(word)
    return word[elided.end() :] if elided else word


def is_hiragana(key: str) -> bool:
    """Say whether a word begins with hiragana, as grammatical words do."""
    return not key.isascii() and _HAS_HIRAGANA.match(key) is not None


def as_token(surface: str) -> str:
    """Return a token of the user's tokenizer as it is; "" for punctuation and blanks.

    Examples
    --------
    >>> [as_token(s) for s in ["BA's", "new york", "--", "🙂"]]
    ["BA's", 'new york', '', '🙂']
    """
    return surface if _HAS_MEANING.search(surface) else ""
