"""Tokens that are another word in some of their places: acronyms that look like stop words, and emoji.

"US" in running text is not the word "us". An emoji is a break, except in a text without words, which it then
describes.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from topickit._core.spill import StoredNumbers
from topickit._core.vectors import IntArray
from topickit.keywords.folding import fold
from topickit.keywords.stopwords import likely_stop_words
from topickit.keywords.tokens import IS_EMOJI, IdArray, TokenStream

LONGEST = 5
"""Letters of the longest acronym."""
MIN_SHARE = 0.1
"""Minimum share of an acronym among all occurrences of its letters."""
MIN_SHARE_OF_EMPHASIS = 0.5
"""The same for words that writers put in capitals for emphasis."""
MAX_CAPITALS = 0.5
"""Maximum share of words in capitals in a running text."""
_EMPHASISED = """
    a all always and any anyone are best but can cant dont ever every everyone had has have her
    here his how i just let like may more most much must my need never new next no nobody none not
    nothing now off ok one only other our out over please same she should so some still than thank
    thanks that the then there these they this those too top two up very want was we well were what
    when where why will with wont yes you your
"""


def recast(
    stream: TokenStream,
    weights: IntArray,
    word_of_surface: Callable[[str], str],
    *,
    acronyms: Collection[str] | None = None,
) -> TokenStream:
    """Give acronyms, and the emoji of texts without words, surfaces and keys of their own.

    Parameters
    ----------
    stream : TokenStream
    weights : int64 ndarray of shape (n_documents,)
        How many documents each text stands for.
    word_of_surface : function of str to str
        Gives the word that a surface holds; "" for a break.
    acronyms : collection of str, optional
        The surfaces that are acronyms; None looks for them.

    Returns
    -------
    TokenStream
        The same one where nothing changes.
    """
    words = [word_of_surface(surface) for surface in stream.surfaces]
    is_word = np.array([bool(word) for word in words] or [False])
    capitals = np.array([len(word) > 1 and word.isupper() and word.isalpha() for word in words] or [False])
    emoji = np.array([IS_EMOJI.fullmatch(surface) is not None for surface in stream.surfaces] or [False])
    if acronyms is None:
        acronym = _look_like_stop_words(stream, words, capitals)
    else:
        acronym = np.array([surface in acronyms for surface in stream.surfaces] or [False])
    if not (acronym.any() or emoji.any()):
        return stream
    marks = _Marks(stream, is_word, capitals, acronym, emoji)
    if acronyms is None:
        acronym &= _are_frequent(marks, words, weights)
    changed = np.flatnonzero(acronym | emoji)
    new = np.arange(len(words), dtype=np.int32)
    new[changed] = len(words) + np.arange(len(changed))
    with StoredNumbers(np.int32) as ids:
        for start, stop in stream.blocks():
            of_block = stream.ids_of(start, stop)
            at = marks.places(start, stop) & (acronym | emoji)[of_block]
            ids.extend(np.where(at, new[of_block], of_block))
        keys = {int(new[i]): words[i] or stream.surfaces[i].replace("\ufe0f", "") for i in changed.tolist()}
        surfaces = [*stream.surfaces, *(stream.surfaces[i] for i in changed.tolist())]
        return replace(stream, surfaces=surfaces, ids=ids.array(), keys=keys)


def _look_like_stop_words(
    stream: TokenStream, words: list[str], capitals: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Mark the short words in capitals that are stop words in the languages of the corpus."""
    result = np.zeros_like(capitals)
    short = [i for i in np.flatnonzero(capitals).tolist() if len(words[i]) <= LONGEST]
    if short:
        times_of: dict[str, float] = {}
        for word, times in zip(words, stream.times().tolist(), strict=True):
            if word:
                key = fold(word)
                times_of[key] = times_of.get(key, 0.0) + times
        stop_words = likely_stop_words(times_of)
        result[short] = [fold(words[i]) in stop_words for i in short]
    return result


class _Marks:
    """Where candidates stand as acronyms, or as emoji of a text without words."""

    def __init__(
        self,
        stream: TokenStream,
        is_word: NDArray[np.bool_],
        capitals: NDArray[np.bool_],
        acronym: NDArray[np.bool_],
        emoji: NDArray[np.bool_],
    ) -> None:
        self.stream, self._is_word, self._capitals = stream, is_word, capitals
        self.acronym, self._emoji = acronym.copy(), emoji

    def places(self, start: int, stop: int) -> NDArray[np.bool_]:
        """Mark the tokens of documents start … stop − 1."""
        ids = self.stream.ids_of(start, stop)
        document = self.stream.documents_of(start, stop) - start
        capitals = self._capitals[ids]
        n_words = np.bincount(document, self._is_word[ids], stop - start)
        n_capitals = np.bincount(document, capitals, stop - start)
        running = (n_capitals <= MAX_CAPITALS * n_words)[document]
        beside = np.zeros(len(ids), dtype=np.bool_)  # to another word in capitals of the same document
        pairs = capitals[1:] & capitals[:-1] & (document[1:] == document[:-1])
        beside[1:] |= pairs
        beside[:-1] |= pairs
        of_acronyms = self.acronym[ids] & running & ~beside
        return np.asarray(of_acronyms | (self._emoji[ids] & (n_words == 0)[document]))


def _are_frequent(marks: _Marks, words: list[str], weights: IntArray) -> NDArray[np.bool_]:
    """Mark the acronyms that make up enough of the occurrences of their letters."""
    stream, candidates = marks.stream, np.flatnonzero(marks.acronym)
    key_of = {key: n for n, key in enumerate(dict.fromkeys(fold(words[i]) for i in candidates.tolist()))}
    number = np.array([key_of.get(fold(word), -1) if word else -1 for word in words] or [-1])
    total, inside = np.zeros(len(key_of)), np.zeros(len(key_of))
    for start, stop in stream.blocks():
        ids: IdArray = stream.ids_of(start, stop)
        own = number[ids]
        weight = weights[stream.documents_of(start, stop)]
        at = own >= 0
        total += np.bincount(own[at], weight[at], len(key_of))
        at &= marks.places(start, stop) & marks.acronym[ids]
        inside += np.bincount(own[at], weight[at], len(key_of))
    result, emphasised = np.zeros(len(words), dtype=np.bool_), set(_EMPHASISED.split())
    for i in candidates.tolist():
        n = key_of[fold(words[i])]
        least = MIN_SHARE_OF_EMPHASIS if fold(words[i]) in emphasised else MIN_SHARE
        result[i] = inside[n] > 0 and inside[n] >= least * total[n]
    return result
