"""The lexicon of a corpus: all its words, candidates for keywords or not, and their counts.

Words are counted without regard to case and shown as they are most often written. For topickit's own words,
this module also decides which look like words at all: see rule 3 of `topickit.keywords.vocabulary`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import regex  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.keywords.folding import PLAIN, Rules, fold, rules_of, spelling_variants
from topickit.keywords.sparse import StoredRows, block_totals, presence
from topickit.keywords.tokens import IS_KATAKANA, IS_UNSPACED, TokenStream, is_hiragana, is_japanese

Mask = NDArray[np.bool_]
MAX_LENGTH = 30
MIN_SHARE_IN_TEXT = 0.3
"""Minimum share of the occurrences of a word of one letter that stand behind another word."""
MIN_SHARE_OF_NOUN = 0.5
"""Minimum share of the occurrences of a word of one kanji in which it stands as a noun does."""
MAX_IN_DOCUMENT = 1000
"""Occurrences of a word in one document that count as evidence of a language."""

_IS_KANJI = regex.compile(r"\p{Han}")
# "が" in "上がる" and "で" in "撫でる" are no particles.
_PARTICLE = regex.compile(
    r"[はをのとにもへや]|が(?![るっりられろ])|で(?![るて])|から|まで|より|だ|な(?![いかくけ])|か$|ね|よ"
)
_MIXED = re.compile(
    r"""[^\W\d_]{2,}\d{1,4}        # mp3 utf8 python3
      | [^\W\d_]\d{1,4}            # x86 G8
      | \d{1,3}[a-z]{3,}          # 64bit
      | \d{1,3}-bit | [2-5]-d
      | [2-5][dg] | [248]k | [a-z]2[a-z]  # 3d 5g 4k b2b
    """,
    re.VERBOSE,
)
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|[èe]me|[èe]re|am|pm|ers?|s)")
# Numbers of something, and of versions: 20bpm, 5kcal, 24hrs, v2.
_QUANTITY = re.compile(
    r"""\d+(?:mins?|minutes?|hrs?|hours?|secs?|seconds?|days?|weeks?|months?|years?|yrs?|bpm|rpm|mph|kph|kmh|fps
      |kcal|cals?|lbs?|pcs|pts|usd|eur|gbp|mah|mhz|ghz|khz|kbps|mbps|gbps|psi|kwh|watts?|volts?|miles?)
      | v\d+
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, eq=False)
class Spelling:
    """What a corpus decides about the spellings of words.

    Attributes
    ----------
    rules : Rules
    variants : mapping of str to str
        The key under which another key is counted.

    Examples
    --------
    >>> Spelling(variants={"mueller": "müller"}).keys_of(["Mueller", "is", ""])
    ['müller', 'is', '']
    """

    rules: Rules = PLAIN
    variants: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        surfaces: Sequence[str],
        times: Sequence[float],
        word_of_surface: Callable[[str], str],
        words: Sequence[str],
    ) -> "Spelling":
        """Read the spellings of a corpus; arguments as for `keys_of`."""
        rules = rules_of(dict(zip(surfaces, times, strict=True)))
        keys = cls(rules).keys_of(words)
        times_of: dict[str, float] = {}
        for key, n in zip(keys, times, strict=True):
            if key:
                times_of[key] = times_of.get(key, 0.0) + n
        variants = spelling_variants(times_of)
        for i, surface in enumerate(surfaces):
            if (
                "\u00ad" in surface and keys[i]
            ):  # divided at the end of a line: "soft-ware", or "open-source"?
                whole = fold(word_of_surface(surface.replace("\u00ad", "-")), rules)
                if times_of.get(whole, 0.0) > times_of[keys[i]] - times[i]:
                    variants[keys[i]] = whole
        return cls(rules, variants)

    def keys_of(self, words: Sequence[str]) -> list[str]:
        """Fold words; "" for ""."""
        keys = (fold(word, self.rules) if word else "" for word in words)
        return [self.variants.get(key, key) for key in keys]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The words of a corpus, in alphabetical order of their keys.

    Attributes
    ----------
    keys : list of str, of length v
        Words, folded.
    display : list of str, of length v
        Words, as they are most often written.
    word_of : int32 ndarray of shape (n_surfaces,)
        The word of each surface; −1 for a break.
    counts : csr_array of shape (u, v), int32
        Occurrences in each document.
    sizes : int64 ndarray of shape (u,)
        Words of each document.
    totals, document_frequencies : int64 ndarrays of shape (v,)
        Occurrences and documents of each word, documents weighted.
    spelling : Spelling
        Which spellings are one word.
    """

    keys: list[str]
    display: list[str]
    word_of: NDArray[np.int32]
    counts: csr_array
    sizes: IntArray
    totals: IntArray
    document_frequencies: IntArray
    spelling: Spelling = field(default_factory=Spelling, repr=False)


def make_lexicon(
    stream: TokenStream,
    weights: IntArray,
    word_of_surface: Callable[[str], str],
    *,
    spelling: Spelling | None = None,
) -> Lexicon:
    """Count the words of a corpus.

    Parameters
    ----------
    stream : TokenStream
    weights : int64 ndarray of shape (u,)
        How many documents each text stands for.
    word_of_surface : function of str to str
        Gives the word that a surface holds; "" for a break.
    spelling : Spelling, optional
        Which spellings are one word; None reads it from the corpus.

    Returns
    -------
    Lexicon
    """
    per_surface = np.zeros(len(stream.surfaces))
    for start, stop in stream.blocks():
        weight = weights[stream.documents_of(start, stop)]
        per_surface += np.bincount(stream.ids_of(start, stop), weight, minlength=len(per_surface))
    words = [word_of_surface(surface) for surface in stream.surfaces]
    if spelling is None:
        spelling = Spelling.of(stream.surfaces, per_surface.tolist(), word_of_surface, words)
    keys = spelling.keys_of(words)
    for i, own in stream.keys.items():
        words[i], keys[i] = words[i] or stream.surfaces[i], own
    forms: dict[str, dict[str, float]] = {}
    for key, word, times in zip(keys, words, per_surface.tolist(), strict=True):
        if word:
            word = key if "가" <= key[0] <= "힣" else word  # without its particle
            form = forms.setdefault(key, {})
            form[word] = form.get(word, 0) + times
    ordered = sorted(forms)
    display = [_most_frequent(forms[key]) for key in ordered]
    number = {key: i for i, key in enumerate(ordered)}
    number[""] = -1
    word_of = np.fromiter((number[key] for key in keys), dtype=np.int32, count=len(keys))
    counted = _counted_words(stream, weights, word_of, len(ordered))
    return Lexicon(ordered, display, word_of, *counted, spelling)


def _most_frequent(forms: Mapping[str, float]) -> str:
    """Give the form that is written most often; of equals, one that is not in capitals, as headings are."""
    return min(forms, key=lambda form: (-forms[form], form.isupper(), form))


def keys_of(
    surfaces: Sequence[str],
    times: Sequence[float],
    word_of_surface: Callable[[str], str],
    words: Sequence[str] | None = None,
) -> list[str]:
    """Fold the word of each surface of a corpus.

    Parameters
    ----------
    surfaces : sequence of str
    times : sequence of float
        How often each of them occurs.
    word_of_surface : function of str to str
        Gives the word that a surface holds; "" for a break.
    words : sequence of str, optional
        What it gives for each of them, if that is known.

    Returns
    -------
    list of str
        "" for a break.
    """
    if words is None:
        words = [word_of_surface(surface) for surface in surfaces]
    return Spelling.of(surfaces, times, word_of_surface, words).keys_of(words)


def language_evidence(lexicon: Lexicon) -> tuple[csr_array, IntArray]:
    """Give counts and sizes of documents for the detection of languages.

    A word that one document repeats two hundred thousand times is no evidence.
    """
    counts = lexicon.counts
    often = np.flatnonzero(counts.data > MAX_IN_DOCUMENT)
    if not len(often):
        return counts, lexicon.sizes
    data = np.minimum(counts.data, MAX_IN_DOCUMENT)
    document = np.searchsorted(counts.indptr, often, side="right") - 1
    lost = np.bincount(document, counts.data[often] - data[often], minlength=len(lexicon.sizes))
    capped = csr_array((data, counts.indices, counts.indptr), shape=counts.shape)
    return capped, lexicon.sizes - lost.astype(np.int64)


def _counted_words(
    stream: TokenStream, weights: IntArray, word_of: NDArray[np.int32], n_words: int
) -> tuple[csr_array, IntArray, IntArray, IntArray]:
    """Counts, sizes, totals and document frequencies of a `Lexicon`."""
    sizes = np.zeros(len(weights), dtype=np.int64)
    totals, frequencies = np.zeros(n_words, dtype=np.int64), np.zeros(n_words, dtype=np.int64)
    with StoredRows() as rows:
        for start, stop in stream.blocks():
            words = word_of[stream.ids_of(start, stop)]
            ends = np.concatenate([[0], np.cumsum(words >= 0)])
            indptr = ends[stream.offsets[start : stop + 1] - stream.offsets[start]]
            sizes[start:stop] = np.diff(indptr)
            words = words[words >= 0]
            once = np.ones(len(words), dtype=np.int32)
            block = csr_array((once, words, indptr), shape=(stop - start, n_words))
            block.sum_duplicates()
            rows.add(block)
            totals += block_totals(block, weights[start:stop])
            frequencies += block_totals(presence(block), weights[start:stop])
        return rows.matrix(n_words), sizes, totals, frequencies


def well_shaped(lexicon: Lexicon, stream: TokenStream, weights: IntArray, candidates: Mask) -> Mask:
    """Mark those of the given candidates that look like words."""
    result = np.zeros(len(lexicon.keys), dtype=np.bool_)
    single = [i for i in np.flatnonzero(candidates).tolist() if len(lexicon.keys[i]) == 1]
    for i in np.flatnonzero(candidates).tolist():
        key = lexicon.keys[i]
        result[i] = len(key) > 1 and ((key.isalpha() and len(key) <= MAX_LENGTH) or _is_word(key))
    capitals = [i for i in single if lexicon.display[i].isupper()]
    if capitals:
        result[capitals] = _in_running_text(lexicon, stream, weights)[capitals]
    kanji = [i for i in single if IS_UNSPACED.match(lexicon.keys[i])]
    if kanji and is_japanese(stream):
        result[kanji] = _as_nouns(lexicon, stream, weights)[kanji]
    return result


def _is_word(key: str) -> bool:
    """Return True if a word of letters and other characters may be a keyword.

    Examples
    --------
    >>> [key for key in ["c++", "mp3", "3d", "x86", "covid-19", "0t", "b8f", "90s", "5kcal"] if _is_word(key)]
    ['c++', 'mp3', '3d', 'x86', 'covid-19']
    """
    if len(key) > MAX_LENGTH or "@" in key or key.startswith("www."):
        return False
    if not any(character.isdigit() for character in key):
        return True
    if _ORDINAL.fullmatch(key) or _QUANTITY.fullmatch(key):
        return False
    if _MIXED.fullmatch(key):
        return True
    if key[0].isdigit():  # 26-year-old, 2-0
        return False
    pieces = re.split(r"[-.'&_+#]+", key)
    return any(piece.isalpha() for piece in pieces) and all(
        piece.isalpha() or piece.isdigit() or not piece or _MIXED.fullmatch(piece) for piece in pieces
    )


def _in_running_text(lexicon: Lexicon, stream: TokenStream, weights: IntArray) -> Mask:
    """Mark the words of one letter that often stand behind another word, as in "written in C".

    Initials, variables, answers (a, b, c) and dumps of data stand behind punctuation or each other.
    """
    n_words, surfaces = len(lexicon.keys), stream.surfaces
    single = np.array([len(s) == 1 and s.isalpha() for s in surfaces])
    longer = np.array([len(s) > 1 and s.isalpha() and not IS_UNSPACED.match(s) for s in surfaces])
    ends = np.array([s[0] in ":." for s in surfaces])  # a label "A:", a drive "C:", an initial "W."
    at = np.concatenate(
        [
            np.flatnonzero(single[stream.ids_of(*block)]) + stream.offsets[block[0]]
            for block in stream.blocks()
        ]
    )
    behind = (at > 0) & longer[stream.ids[at - 1]]
    behind &= ~np.isin(at, stream.offsets)  # the word before it is of another document
    labels = ends[stream.ids[np.minimum(at + 1, len(stream.ids) - 1)]] & ~np.isin(at + 1, stream.offsets)
    behind &= ~labels
    words = lexicon.word_of[stream.ids[at]]
    weight = weights[np.searchsorted(stream.offsets, at, side="right") - 1]
    times = np.bincount(words, weight, minlength=n_words)
    return np.bincount(words, weight * behind, minlength=n_words) >= MIN_SHARE_IN_TEXT * np.maximum(times, 1)


def _as_nouns(lexicon: Lexicon, stream: TokenStream, weights: IntArray) -> Mask:
    """Mark the words of one kanji that mostly stand as a noun does: before a particle or a break.

    A stem ("食" in "食べる") stands before another syllable, a counter or suffix behind a number or katakana.
    """
    n_words, surfaces = len(lexicon.keys), stream.surfaces
    single = np.array([len(s) == 1 and _IS_KANJI.match(s) is not None for s in surfaces])
    inflects = np.array([is_hiragana(s) and _PARTICLE.match(s) is None for s in surfaces])
    counted = np.array([s[-1:].isdecimal() or IS_KATAKANA.fullmatch(s) is not None for s in surfaces])
    total, nouns = np.zeros(n_words), np.zeros(n_words)
    for start, stop in stream.blocks():
        ids = stream.ids_of(start, stop)
        at = np.flatnonzero(single[ids])
        document = stream.documents_of(start, stop)
        after, before = np.minimum(at + 1, len(ids) - 1), np.maximum(at - 1, 0)
        is_noun = ~(inflects[ids[after]] & (document[after] == document[at]))
        is_noun &= ~(counted[ids[before]] & (document[before] == document[at]))
        words, weight = lexicon.word_of[ids[at]], weights[document[at]]
        total += np.bincount(words, weight, minlength=n_words)
        nouns += np.bincount(words, weight * is_noun, minlength=n_words)
    return np.asarray((total > 0) & (nouns >= MIN_SHARE_OF_NOUN * total))
