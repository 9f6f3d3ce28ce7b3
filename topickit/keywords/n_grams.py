"""N-grams: runs of two or three adjacent words, their counts and occurrences.

An n-gram is counted by its code, the numbers of its words as digits of one integer. Collocations, which are
the n-grams that stand together more often than by chance, are found by `topickit.keywords.phrases`.
"""

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import IntArray
from topickit.keywords.folding import fold
from topickit.keywords.tokens import (
    IS_UNSPACED,
    TokenStream,
    inner,
    most_frequent,
    without_article,
    without_possessive,
)

MAX_PHRASES = 20_000
"""Phrases of one length at most, the most frequent."""
NO_TERM = -2
"""In the parts of a phrase, a word that is no term."""
ONLY_ALONE = -3
"""In the last of the parts, a word that describes only topics without other terms."""
MAX_PAIRS = 5_000_000
"""Distinct pairs of words that are kept while a corpus is read, about 80 MB."""


@dataclass(frozen=True, eq=False)
class Words:
    """The words that phrases may contain.

    Attributes
    ----------
    of : int32 ndarray of shape (n_surfaces,)
        The word of each surface; −1 where no phrase may contain it.
    times : int64 ndarray of shape (n_words,)
        Occurrences of each word, documents weighted.
    n_terms : int
        Words from this number on are stop words. A collocation contains one only in a name, such as "Six
        Nations"; an n-gram only between other words.
    """

    of: NDArray[np.int32]
    times: IntArray
    n_terms: int


@dataclass(frozen=True, eq=False)
class Phrases:
    """Phrases and their occurrences.

    Attributes
    ----------
    words : tuple of tuple of int
        The two or three words of each phrase, by their number.
    names : tuple of str
        Each phrase as it is most often written.
    phrase, document : int64 ndarrays of shape (n_occurrences,)
        The phrase and the document of each occurrence.
    """

    words: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    phrase: IntArray = field(repr=False)
    document: IntArray = field(repr=False)

    def of_terms(self, term_of: NDArray[np.int32]) -> "Phrases":
        """Give each word another number."""
        renumbered = tuple(tuple(int(term_of[word]) for word in words) for words in self.words)
        return replace(self, words=renumbered)

    def without(self, unwanted: Collection[str]) -> "Phrases":
        """Leave out phrases by their folded names."""
        kept = np.array([phrase_key(name) not in unwanted for name in self.names], dtype=np.bool_)
        if kept.all():
            return self
        rows, new = kept[self.phrase], np.cumsum(kept) - 1
        return Phrases(
            tuple(words for words, keep in zip(self.words, kept, strict=True) if keep),
            tuple(name for name, keep in zip(self.names, kept, strict=True) if keep),
            new[self.phrase[rows]],
            self.document[rows],
        )


NO_PHRASES = Phrases((), (), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Occurrences:
    """Occurrences of candidate phrases: position of the first token, document, weight and phrase of each."""

    position: IntArray
    document: IntArray
    weight: IntArray
    phrase: IntArray

    def where(self, mask: NDArray[np.bool_]) -> "Occurrences":
        """Select occurrences."""
        return Occurrences(self.position[mask], self.document[mask], self.weight[mask], self.phrase[mask])

    def renumbered(self, keep: NDArray[np.bool_]) -> "Occurrences":
        """Drop phrases, and number the others from 0 in the same order."""
        new = np.cumsum(keep) - 1
        rest = self.where(keep[self.phrase])
        return Occurrences(rest.position, rest.document, rest.weight, new[rest.phrase])


def find_n_grams(
    stream: TokenStream, words: Words, weights: IntArray, lengths: Iterable[int], least: int
) -> Phrases:
    """Find all n-grams of adjacent words in enough documents.

    Parameters
    ----------
    stream : TokenStream
    words : Words
        An n-gram does not begin or end with a stop word.
    weights : int64 ndarray of shape (n_documents,)
        How many documents each text stands for.
    lengths : iterable of int
        Words per n-gram, 2 or 3.
    least : int
        Fewest documents that have an n-gram.

    Returns
    -------
    Phrases
        At most `MAX_PHRASES` of each length, the most frequent.
    """
    result, n_words = NO_PHRASES, len(words.times)
    for length in lengths:
        codes, totals = count_n_grams(stream, words.of, n_words, weights, length)
        first, last = codes // n_words ** (length - 1), codes % n_words
        codes = codes[most_frequent_of((totals >= least) & (np.maximum(first, last) < words.n_terms), totals)]
        occurrences = locate(stream, words.of, n_words, codes, weights, length)
        occurrences, frequent = in_several_documents(occurrences, len(codes), weights, least)
        grams = [_words_of(code, n_words, length) for code in codes[frequent].tolist()]
        result = concatenated(result, make_phrases(stream, occurrences, grams))
    return result


def find_listed(
    stream: TokenStream, word_of: NDArray[np.int32], weights: IntArray, phrases: Mapping[tuple[int, ...], str]
) -> Phrases:
    """Find the occurrences of given phrases.

    Parameters
    ----------
    stream : TokenStream
    word_of : int32 ndarray of shape (n_surfaces,)
        The word of each surface; −1 for one of no phrase.
    weights : int64 ndarray of shape (n_documents,)
    phrases : mapping of tuple of int to str
        The words of each phrase, two or three, and its name.

    Returns
    -------
    Phrases
    """
    result, n_words = NO_PHRASES, int(word_of.max(initial=0)) + 1
    for length in sorted({len(words) for words in phrases}):
        grams = sorted(words for words in phrases if len(words) == length)
        codes = np.array([_code_of(words, n_words) for words in grams], dtype=np.int64)
        occurrences = locate(stream, word_of, n_words, codes, weights, length)
        names = tuple(phrases[words] for words in grams)
        result = concatenated(result, Phrases(tuple(grams), names, occurrences.phrase, occurrences.document))
    return result


def most_frequent_of(kept: NDArray[np.bool_], totals: IntArray) -> NDArray[np.bool_]:
    """Keep at most `MAX_PHRASES` of those kept; of equals the first, whatever the order of the texts."""
    result = kept.copy()
    result[np.flatnonzero(kept)[np.argsort(-totals[kept], kind="stable")[MAX_PHRASES:]]] = False
    return result


def make_phrases(stream: TokenStream, occurrences: Occurrences, words: Sequence[tuple[int, ...]]) -> Phrases:
    """Name the phrases of one length, given their occurrences and words."""
    names = _names(stream, occurrences, len(words[0]), len(words)) if words else []
    return Phrases(tuple(words), tuple(names), occurrences.phrase, occurrences.document)


def concatenated(one: Phrases, other: Phrases) -> Phrases:
    """Put two lists of phrases into one."""
    return Phrases(
        one.words + other.words,
        one.names + other.names,
        np.concatenate([one.phrase, other.phrase + len(one.names)]),
        np.concatenate([one.document, other.document]),
    )


def _code_of(words: Sequence[int], n_words: int) -> int:
    return functools.reduce(lambda code, word: code * n_words + word, words)


def _words_of(code: int, n_words: int, length: int) -> tuple[int, ...]:
    return tuple(code // n_words**i % n_words for i in reversed(range(length)))


def _adjacent(
    stream: TokenStream, word_of: NDArray[np.int32], n_words: int, start: int, stop: int, length: int
) -> tuple[IntArray, IntArray]:
    """Positions in the stream and codes of the n-grams of words in documents start … stop − 1."""
    begin = int(stream.offsets[start])
    words = word_of[stream.ids_of(start, stop)].astype(np.int64)
    side_by_side = (words[:-1] >= 0) & (words[1:] >= 0)
    ends = stream.offsets[start + 1 : stop] - begin - 1  # last token of each document but the last
    side_by_side[ends[(ends >= 0) & (ends < len(side_by_side))]] = False
    in_a_row = side_by_side
    for step in range(1, length - 1):
        in_a_row = in_a_row[:-1] & side_by_side[step:]
    at = np.flatnonzero(in_a_row)
    codes = words[at]
    for step in range(1, length):
        codes = codes * n_words + words[at + step]
    return at + begin, codes


def documents_at(stream: TokenStream, positions: IntArray) -> IntArray:
    """Give the document of each position in the stream."""
    return np.searchsorted(stream.offsets, positions, side="right") - 1


def count_n_grams(
    stream: TokenStream, word_of: NDArray[np.int32], n_words: int, weights: IntArray, length: int
) -> tuple[IntArray, IntArray]:
    """Weighted counts of all n-grams, by ascending code."""
    codes, totals = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for start, stop in stream.blocks():
        at, of_block = _adjacent(stream, word_of, n_words, start, stop, length)
        new, index = np.unique(of_block, return_inverse=True)
        amounts = np.bincount(index, weights[documents_at(stream, at)], minlength=len(new)).astype(np.int64)
        codes, totals = _without_rarest(*_merged(codes, totals, new, amounts))
    return codes, totals


def _merged(
    codes: IntArray, totals: IntArray, more: IntArray, amounts: IntArray
) -> tuple[IntArray, IntArray]:
    """Add up the totals of two lists of ascending codes."""
    if not len(codes):
        return more, amounts
    place = np.minimum(np.searchsorted(codes, more), len(codes) - 1)
    in_both = codes[place] == more
    totals[place[in_both]] += amounts[in_both]
    union = np.concatenate([codes, more[~in_both]])
    order = np.argsort(union, kind="stable")
    return union[order], np.concatenate([totals, amounts[~in_both]])[order]


def _without_rarest(codes: IntArray, totals: IntArray) -> tuple[IntArray, IntArray]:
    """If there are more than `MAX_PAIRS`, drop the rarest until at most half as many are left."""
    if len(codes) <= MAX_PAIRS:
        return codes, totals
    kept = most_frequent(totals, MAX_PAIRS // 2)
    return codes[kept], totals[kept]


def locate(
    stream: TokenStream,
    word_of: NDArray[np.int32],
    n_words: int,
    codes: IntArray,
    weights: IntArray,
    length: int = 2,
) -> Occurrences:
    """Find the occurrences of n-grams, given by ascending code."""
    positions, phrases = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for start, stop in stream.blocks() if len(codes) else ():
        at, of_block = _adjacent(stream, word_of, n_words, start, stop, length)
        place = np.minimum(np.searchsorted(codes, of_block), len(codes) - 1)
        listed = codes[place] == of_block
        positions.append(at[listed])
        phrases.append(place[listed])
    position = np.concatenate(positions)
    document = documents_at(stream, position)
    return Occurrences(position, document, weights[document], np.concatenate(phrases))


def in_several_documents(
    occurrences: Occurrences, n: int, weights: IntArray, least: int
) -> tuple[Occurrences, NDArray[np.bool_]]:
    """Drop the phrases in fewer documents than `least`."""
    pairs = np.unique(occurrences.phrase * len(weights) + occurrences.document)
    in_documents = np.bincount(pairs // len(weights), weights[pairs % len(weights)], minlength=n)
    keep = in_documents >= least
    return occurrences.renumbered(keep), keep


def _names(stream: TokenStream, occurrences: Occurrences, length: int, n: int) -> list[str]:
    """Write each phrase in its most frequent form, the first in the alphabet of equals."""
    rows = np.stack(
        [occurrences.phrase, *(stream.ids[occurrences.position + i] for i in range(length))], axis=1
    )
    distinct, index = np.unique(rows, axis=0, return_inverse=True)
    totals = np.bincount(index.ravel(), occurrences.weight, minlength=len(distinct))
    forms: list[dict[str, int]] = [{} for _ in range(n)]
    for (phrase, *surfaces), total in zip(distinct.tolist(), totals.tolist(), strict=True):
        form = joined([stream.surfaces[i] for i in surfaces])
        forms[phrase][form] = forms[phrase].get(form, 0) + int(total)
    return [min(times, key=lambda form: (-times[form], form)) for times in forms]


def joined(surfaces: Sequence[str]) -> str:
    """Join words with a space, or without one in scripts that have none.

    Examples
    --------
    >>> joined(["Valentine’s", "Day’s"]), joined(["l'huile", "d'olive"]), joined(["AC", "米兰"])
    ("Valentine's Day", "huile d'olive", 'AC米兰')
    """
    # Inside a phrase possessives and articles belong to it; at its end and before it they do not.
    parts = [inner(surface) for surface in surfaces]
    parts[0] = without_article(parts[0])
    parts[-1] = without_possessive(parts[-1])
    text = parts[0]
    for part in parts[1:]:
        unspaced = IS_UNSPACED.fullmatch(text[-1]) or IS_UNSPACED.fullmatch(part[0])
        text += part if unspaced else f" {part}"
    return text


def phrase_key(name: str) -> str:
    """Fold a phrase to its key: two ways of segmenting one name are one term."""
    return fold(name)
