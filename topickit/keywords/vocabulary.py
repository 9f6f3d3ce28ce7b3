"""Texts to terms: which words and phrases of a corpus can be keywords, and how often each text has them.

Rules, in this order
--------------------
1. A word is a run of letters, marks, digits and inner hyphens, apostrophes, ``&`` and dots
   (``don't``, ``AT&T``, ``node.js``, ``.NET``), with ``++`` or ``#`` behind (``C++``, ``C#``). Addresses,
   markup and encoded files are none. See `topickit.keywords.tokens` for scripts without spaces.
2. Words are counted case-folded, without a possessive or an elided article, and shown as they are
   most often written (``iPhone``).
3. No candidates are: stop words of the languages found; numbers; words over 30 characters; digits and
   letters mixed without a pattern (``0t``, ``b8f``; but ``mp3``, ``x86``, ``3d``, ``G8`` are); single
   characters, except a capital letter that stands directly behind a word in three of ten places or
   more (``C``, ``R``; not initials).
4. In a corpus of more than 200 documents a term occurs in at least two. At most 80,000 words
   (those in most documents) and 20,000 phrases (the most frequent) are kept.
   While texts are read at most two million different spellings and five million pairs of words are
   remembered: beyond that the rarest ones so far are forgotten.
5. Where these rules leave nothing, they are given up from the last to the first, until something is left.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.progress import stage
from topickit._core.state import State
from topickit._core.vectors import IntArray
from topickit.errors import InputError
from topickit.keywords.phrases import NO_PHRASES, NO_TERM, Phrases, Words, find_phrases, phrase_key
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.sparse import (
    StoredRows,
    block_totals,
    csr_arrays,
    csr_from,
    presence,
    row_blocks,
)
from topickit.keywords.stopwords import IN_NAMES, StopWords, find_stop_words
from topickit.keywords.tokens import IS_UNSPACED, TokenStream, clean, is_hiragana, key_of, read_tokens

Mask = NDArray[np.bool_]
MAX_WORDS = 80_000
MAX_LENGTH = 30
SMALL_CORPUS = 200
MIN_SHARE_IN_TEXT = 0.3
MOST_IN_DOCUMENT = 1000

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
class DocumentTerms:
    """How often each document has each term.

    Attributes
    ----------
    terms : tuple of str, of length t
        Each term as it is most often written; all different. Their order follows from the corpus,
        not from the order of its documents.
    counts : csr_array of shape (u, t), int32
    languages : tuple of str
        ISO 639-1 codes of the languages found in the corpus, the one of most text first. With
        ``stop_words="auto"`` their stop words were removed.
    parts : int32 ndarray of shape (t, 3)
        The terms that a phrase consists of, then −1; all −1 for a word. −2 is a word of a phrase that is
        no term, as "new" in "New York".
    language_share : float
        Of the words of the corpus that are of the first language; not saved, 0 if unknown.
    """

    terms: tuple[str, ...]
    counts: csr_array = field(repr=False)
    languages: tuple[str, ...]
    parts: NDArray[np.int32] = field(repr=False)
    language_share: float = 0.0

    def state(self) -> State:
        """Give what `from_state` makes it of."""
        config = {"terms": list(self.terms), "languages": list(self.languages)}
        return State(config, {"parts": self.parts, **csr_arrays(self.counts)})

    @classmethod
    def from_state(cls, state: State) -> "DocumentTerms":
        """Make the DocumentTerms that gave this state."""
        terms, languages = tuple(state.config["terms"]), tuple(state.config["languages"])
        return cls(terms, csr_from(state.arrays, len(terms)), languages, state.arrays["parts"])


@dataclass(frozen=True, eq=False)
class _Lexicon:
    """The words of a corpus, candidates or not, in alphabetical order of their keys.

    `word_of` gives the word of each surface (−1: a break), `counts` is documents × words, `sizes` the
    words of each document, `totals` and `spread` are weighted occurrences and documents of each word.
    """

    keys: list[str]
    display: list[str]
    word_of: NDArray[np.int32]
    counts: csr_array
    sizes: IntArray
    totals: IntArray
    spread: IntArray


def count_terms(texts: Sequence[str], weights: IntArray, settings: KeywordSettings) -> DocumentTerms:
    """Choose the terms of a corpus and count them in each of its texts.

    Parameters
    ----------
    texts : sequence of str, of length u
    weights : int64 ndarray of shape (u,)
        How many documents each text stands for: all minimum counts go by documents.
    settings : KeywordSettings

    Returns
    -------
    DocumentTerms
        The same terms and counts whatever the order of the texts.

    Raises
    ------
    InputError
        When there is not one weight a text.

    Examples
    --------
    >>> found = count_terms(["The boats and the sea", "a sea"], np.array([1, 1]), KeywordSettings())
    >>> found.terms, found.counts.toarray().tolist(), found.languages
    (('boats', 'sea'), [[1, 1], [0, 1]], ('en',))
    """
    weights = np.asarray(weights, dtype=np.int64)
    if weights.shape != (len(texts),):
        raise InputError(f"weights must have shape ({len(texts)},), one a text; got {weights.shape}")
    with stage("Counting words", len(texts)) as progress:
        stream = read_tokens(texts, progress.advance)
        return _counted(stream, weights, settings)


def _counted(stream: TokenStream, weights: IntArray, settings: KeywordSettings) -> DocumentTerms:
    lexicon = _make_lexicon(stream, weights)
    found = find_stop_words(lexicon.keys, *_capped(lexicon), weights)
    stop = _stop_mask(lexicon.keys, found, settings)
    chosen = _choose(lexicon, stop, stream, weights)
    term_of_word = np.full(len(lexicon.keys) + 1, -1, dtype=np.int32)  # the last one serves breaks, −1
    term_of_word[chosen] = np.arange(len(chosen))
    phrases = NO_PHRASES
    if settings.phrases and len(chosen):
        # Without stop_words nothing is removed, but a phrase still has none of them.
        within = term_of_word.copy()
        within[:-1][found.mask | stop] = -1
        in_names = _in_names(lexicon.keys, found.mask, settings)
        within[in_names] = len(chosen) + np.arange(len(in_names))
        words = Words(
            within[lexicon.word_of], lexicon.totals[np.concatenate([chosen, in_names])], len(chosen)
        )
        phrases = find_phrases(stream, words, weights, max(int(lexicon.sizes @ weights), 1))
        terms_of_words = np.concatenate([np.arange(len(chosen)), term_of_word[in_names]])
        phrases = phrases.of_terms(np.where(terms_of_words < 0, NO_TERM, terms_of_words))
    return _assembled(lexicon, chosen, phrases.without(_given(settings)), found)


def _capped(lexicon: _Lexicon) -> tuple[csr_array, IntArray]:
    """Counts and sizes of documents that say which languages there are.

    A row of a word two hundred thousand times is no evidence of a language.
    """
    counts = lexicon.counts
    often = np.flatnonzero(counts.data > MOST_IN_DOCUMENT)
    if not len(often):
        return counts, lexicon.sizes
    data = np.minimum(counts.data, MOST_IN_DOCUMENT)
    document = np.searchsorted(counts.indptr, often, side="right") - 1
    lost = np.bincount(document, counts.data[often] - data[often], minlength=len(lexicon.sizes))
    capped = csr_array((data, counts.indices, counts.indptr), shape=counts.shape)
    return capped, lexicon.sizes - lost.astype(np.int64)


def _make_lexicon(stream: TokenStream, weights: IntArray) -> _Lexicon:
    per_surface = np.zeros(len(stream.surfaces))
    for start, stop in stream.blocks():
        weight = weights[stream.documents_of(start, stop)]
        per_surface += np.bincount(stream.ids_of(start, stop), weight, minlength=len(per_surface))
    forms: dict[str, dict[str, float]] = {}
    keys = []
    for surface, times in zip(stream.surfaces, per_surface.tolist(), strict=True):
        word = clean(surface)
        keys.append(key_of(word) if word else "")
        if word:
            form = forms.setdefault(keys[-1], {})
            form[word] = form.get(word, 0) + times
    ordered = sorted(forms)
    display = [min(forms[key], key=lambda word, f=forms[key]: (-f[word], word)) for key in ordered]  # type: ignore[misc]
    number = {key: i for i, key in enumerate(ordered)}
    number[""] = -1
    word_of = np.fromiter((number[key] for key in keys), dtype=np.int32, count=len(keys))
    return _Lexicon(ordered, display, word_of, *_counted_words(stream, weights, word_of, len(ordered)))


def _counted_words(
    stream: TokenStream, weights: IntArray, word_of: NDArray[np.int32], n_words: int
) -> tuple[csr_array, IntArray, IntArray, IntArray]:
    """Counts, sizes, totals and spread, as `_Lexicon` has them."""
    sizes = np.zeros(len(weights), dtype=np.int64)
    totals, spread = np.zeros(n_words, dtype=np.int64), np.zeros(n_words, dtype=np.int64)
    with StoredRows() as rows:
        for start, stop in stream.blocks():
            found = word_of[stream.ids_of(start, stop)]
            ends = np.concatenate([[0], np.cumsum(found >= 0)])
            indptr = ends[stream.offsets[start : stop + 1] - stream.offsets[start]]
            sizes[start:stop] = np.diff(indptr)
            found = found[found >= 0]
            once = np.ones(len(found), dtype=np.int32)
            block = csr_array((once, found, indptr), shape=(stop - start, n_words))
            block.sum_duplicates()
            rows.add(block)
            totals += block_totals(block, weights[start:stop])
            spread += block_totals(presence(block), weights[start:stop])
        return rows.matrix(n_words), sizes, totals, spread


def _stop_mask(keys: Sequence[str], found: StopWords, settings: KeywordSettings) -> Mask:
    given = _given(settings)
    mask = np.fromiter((key in given for key in keys), dtype=np.bool_, count=len(keys))
    if settings.stop_words == "auto":
        mask |= found.mask | np.fromiter(map(is_hiragana, keys), dtype=np.bool_, count=len(keys))
    return mask


def _given(settings: KeywordSettings) -> set[str]:
    """Stop words that the user gave, folded."""
    own = settings.stop_words if isinstance(settings.stop_words, tuple) else ()
    return {key_of(clean(word) or word) for word in (*own, *settings.extra_stop_words)}


def _in_names(keys: Sequence[str], listed: Mask, settings: KeywordSettings) -> IntArray:
    """Find the stop words that may stand in a name; not those that the user wants out."""
    unwanted = _given(settings)
    asked = [i for i in np.flatnonzero(listed).tolist() if keys[i] in IN_NAMES and keys[i] not in unwanted]
    return np.array(asked, dtype=np.int64)


def _choose(lexicon: _Lexicon, stop: Mask, stream: TokenStream, weights: IntArray) -> IntArray:
    """Apply the rules of this module; give them up one by one where they leave nothing."""
    frequent = lexicon.spread >= (2 if int(weights.sum()) > SMALL_CORPUS else 1)
    shaped = _well_shaped(lexicon, stream, weights, frequent & ~stop)
    rules = [shaped & frequent & ~stop]
    if not rules[0].any():
        shaped = _well_shaped(lexicon, stream, weights, np.ones_like(stop))
        rules = [shaped & ~stop, shaped, np.ones_like(stop)]
    chosen = next((np.flatnonzero(rule) for rule in rules if rule.any()), np.empty(0, dtype=np.int64))
    most_spread = np.argsort(-lexicon.spread[chosen], kind="stable")[:MAX_WORDS]
    return np.sort(chosen[most_spread])


def _well_shaped(lexicon: _Lexicon, stream: TokenStream, weights: IntArray, asked: Mask) -> Mask:
    """Say of the words asked for whether they look like words."""
    result = np.zeros(len(lexicon.keys), dtype=np.bool_)
    single = [i for i in np.flatnonzero(asked).tolist() if len(lexicon.keys[i]) == 1]
    for i in np.flatnonzero(asked).tolist():
        key = lexicon.keys[i]
        result[i] = len(key) > 1 and ((key.isalpha() and len(key) <= MAX_LENGTH) or _is_word(key))
    capitals = [i for i in single if lexicon.display[i].isupper()]
    if capitals:
        result[capitals] = _in_running_text(lexicon, stream, weights)[capitals]
    return result


def _is_word(key: str) -> bool:
    """Say whether a word of letters and other characters may be a keyword.

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


def _in_running_text(lexicon: _Lexicon, stream: TokenStream, weights: IntArray) -> Mask:
    """Say of each word of one letter whether it stands behind other words, as in "written in C".

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


def _assembled(lexicon: _Lexicon, chosen: IntArray, phrases: Phrases, found: StopWords) -> DocumentTerms:
    """Put words and phrases into one table; a phrase that is also a word counts as that word."""
    terms = [lexicon.display[i] for i in chosen]
    parts = [(-1, -1, -1)] * len(terms)
    known = {lexicon.keys[i]: n for n, i in enumerate(chosen.tolist())}
    columns = np.empty(len(phrases.names), dtype=np.int64)
    for i, (name, words) in enumerate(zip(phrases.names, phrases.words, strict=True)):
        columns[i] = known.setdefault(phrase_key(name), len(terms))
        if columns[i] == len(terms):
            terms.append(name)
            parts.append((*words, *[-1] * (3 - len(words))))  # type: ignore[arg-type]
    shape = (lexicon.counts.shape[0], len(terms))
    once = np.ones(len(phrases.phrase), dtype=np.int32)
    of_phrases = csr_array((once, (phrases.document, columns[phrases.phrase])), shape=shape)
    with StoredRows() as rows:
        for at, block in row_blocks(lexicon.counts):
            words = csr_array(block[:, chosen])
            words.resize((words.shape[0], len(terms)))
            both = csr_array(words + of_phrases[at]).astype(np.int32)
            both.sum_duplicates()
            rows.add(both)
        counts = rows.matrix(len(terms))
    table = np.array(parts, dtype=np.int32).reshape(len(terms), 3)
    return DocumentTerms(tuple(terms), counts, found.languages, table, found.share)
