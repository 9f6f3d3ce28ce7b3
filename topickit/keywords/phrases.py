"""Collocations: words that stand side by side far more often than chance has it.

The measure is normalised pointwise mutual information (Bouma 2009, "Normalized (Pointwise) Mutual
Information in Collocation Extraction"): log(p(a,b) / p(a)p(b)) / −log p(a,b), which is 1 for words
that occur only together, 0 for independent ones. Two kept pairs that follow each other make a phrase
of three when the three stand together most of the time that the rarer pair occurs; a pair that hardly
occurs outside such a phrase is then dropped.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import IntArray
from topickit.keywords.tokens import (
    IS_UNSPACED,
    TokenStream,
    inner,
    key_of,
    most_frequent,
    without_article,
    without_possessive,
)

MIN_NPMI = 0.35
MIN_SHARE_OF_PAIR = 0.6
MAX_SHARE_IN_LONGER = 0.75
MAX_PHRASES = 20_000
IN_CAPITALS = 0.7
"""Share of a name's occurrences in which its words are written with capitals."""
MORE_OFTEN = 0.2
"""So much larger it is than elsewhere for a stop word: "New York", not "Last Week" in headlines."""
ENOUGH = 5
"""Occurrences elsewhere from which on they say anything."""
NO_TERM = -2
MAX_PAIRS = 5_000_000
"""Pairs of words that are remembered while a corpus is read, about 80 MB of them."""


@dataclass(frozen=True, eq=False)
class Words:
    """The words that phrases may hold.

    Attributes
    ----------
    of : int32 ndarray of shape (n_surfaces,)
        The word that each surface is counted as; −1 for what no phrase may hold (stop words, breaks).
    times : int64 ndarray of shape (n_words,)
        How often each word occurs, documents weighted.
    n_terms : int
        Words from this one on are stop words, which a phrase holds only where it is a name: Six Nations.
    """

    of: NDArray[np.int32]
    times: IntArray
    n_terms: int


@dataclass(frozen=True, eq=False)
class Phrases:
    """Collocations and where they stand.

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

    def of_terms(self, term_of: IntArray) -> "Phrases":
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
class _Found:
    """Occurrences of candidate phrases: first token, document and weight of each, and which phrase."""

    position: IntArray
    document: IntArray
    weight: IntArray
    phrase: IntArray

    def where(self, mask: NDArray[np.bool_]) -> "_Found":
        return _Found(self.position[mask], self.document[mask], self.weight[mask], self.phrase[mask])

    def renumbered(self, keep: NDArray[np.bool_]) -> "_Found":
        """Drop phrases, and number the others from 0 in the same order."""
        new = np.cumsum(keep) - 1
        rest = self.where(keep[self.phrase])
        return _Found(rest.position, rest.document, rest.weight, new[rest.phrase])


def find_phrases(stream: TokenStream, words: Words, weights: IntArray, n_tokens: int) -> Phrases:
    """Find the collocations of two and three words.

    Parameters
    ----------
    stream : TokenStream
    words : Words
    weights : int64 ndarray of shape (n_documents,)
    n_tokens : int
        Words of every kind in the corpus, documents weighted.
    """
    min_count = 5 if int(weights.sum()) > 1000 else 3
    n_words = len(words.times)
    codes, totals = _count_pairs(stream, words.of, n_words, weights)
    first, second = codes // n_words, codes % n_words
    frequent = (totals >= min_count) & (np.minimum(first, second) < words.n_terms)
    codes, totals, first, second = codes[frequent], totals[frequent], first[frequent], second[frequent]
    chance = words.times[first].astype(np.float64) * words.times[second] / n_tokens**2
    kept = npmi(totals / n_tokens, chance) >= MIN_NPMI
    if not kept.any():
        return NO_PHRASES
    # If there are too many, the most frequent; codes decide between equals, so the texts' order cannot.
    kept[np.flatnonzero(kept)[np.argsort(-totals[kept], kind="stable")[MAX_PHRASES:]]] = False
    codes, first, second = codes[kept], first[kept], second[kept]
    pairs = _locate(stream, words.of, n_words, codes, weights)
    pairs, named = _names_where_stop_words(stream, words, pairs, first, second, weights)
    first, second = first[named], second[named]
    pairs, spread = _in_several_documents(pairs, len(first), weights)
    first, second = first[spread], second[spread]
    if not len(first):
        return NO_PHRASES
    triples, of_pairs = _triples(pairs, min_count, weights)
    longer = [(int(first[a]), int(second[a]), int(second[b])) for a, b in of_pairs]
    pairs, whole = _without_fragments(pairs, triples, len(first))
    first, second = first[whole], second[whole]
    of_two = list(zip(first.tolist(), second.tolist(), strict=True))
    names = _names(stream, pairs, 2, len(of_two)) + _names(stream, triples, 3, len(longer))
    return Phrases(
        (*of_two, *longer),
        tuple(names),
        np.concatenate([pairs.phrase, triples.phrase + len(of_two)]),
        np.concatenate([pairs.document, triples.document]),
    )


def _names_where_stop_words(
    stream: TokenStream, words: Words, pairs: _Found, first: IntArray, second: IntArray, weights: IntArray
) -> tuple[_Found, NDArray[np.bool_]]:
    """Drop the pairs with a stop word that is not there for the sake of a name.

    In a name both words are written with capitals, more often than the stop word is elsewhere.
    """
    doubtful = np.maximum(first, second) >= words.n_terms
    if not doubtful.any():
        return pairs, np.ones(len(first), dtype=np.bool_)
    capital = np.array([surface[0].isupper() for surface in stream.surfaces])
    seen = pairs.where(doubtful[pairs.phrase])
    both = capital[stream.ids[seen.position]] & capital[stream.ids[seen.position + 1]]
    times = np.bincount(seen.phrase, seen.weight, minlength=len(first))
    in_capitals = np.bincount(seen.phrase, seen.weight * both, minlength=len(first))
    share = in_capitals / np.maximum(times, 1)
    likely = doubtful & (share >= IN_CAPITALS)
    word, n = np.maximum(first, second), len(words.times)
    # Elsewhere: in no likely name, of this word or of others (New Jersey). A word that stands nowhere else
    # is judged by all words: in headlines they say nothing.
    left = words.times - np.bincount(word[likely], times[likely], n)
    capitals = _in_capitals(stream, words, capital, weights)
    usual = capitals.sum() / max(words.times.sum(), 1)
    capitals -= np.bincount(word[likely], in_capitals[likely], n)
    elsewhere = np.where(left >= ENOUGH, capitals / np.maximum(left, 1), usual)
    keep = ~doubtful | (likely & (share >= elsewhere[word] + MORE_OFTEN))
    return pairs.renumbered(keep), keep


def _in_capitals(
    stream: TokenStream, words: Words, capital: NDArray[np.bool_], weights: IntArray
) -> NDArray[np.float64]:
    """Count how often each word is written with a capital."""
    in_capitals = np.zeros(len(words.times))
    for start, stop in stream.blocks():
        ids = stream.ids_of(start, stop)
        asked = np.flatnonzero((words.of[ids] >= 0) & capital[ids])
        document = _documents_at(stream, asked + stream.offsets[start])
        in_capitals += np.bincount(words.of[ids[asked]], weights[document], minlength=len(in_capitals))
    return in_capitals


def npmi(joint: NDArray[np.float64], chance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normalise pointwise mutual information to −1 … 1.

    Parameters
    ----------
    joint : float64 ndarray
        Probability of the pair.
    chance : float64 ndarray
        Product of the probabilities of its two words.

    Examples
    --------
    >>> npmi(np.array([0.01, 0.0001]), np.array([0.0001, 0.0001])).round(6).tolist()
    [1.0, 0.0]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        result = np.log(joint / chance) / -np.log(joint)
    # A joint probability of 1 is one pair and nothing else: it says nothing.
    return np.where(joint < 1, result, 0.0)


def _adjacent(
    stream: TokenStream, word_of: NDArray[np.int32], n_words: int, start: int, stop: int
) -> tuple[IntArray, IntArray]:
    """Positions in the stream and codes of the pairs of words in documents start … stop − 1."""
    begin = int(stream.offsets[start])
    words = word_of[stream.ids_of(start, stop)].astype(np.int64)
    side_by_side = (words[:-1] >= 0) & (words[1:] >= 0)
    ends = stream.offsets[start + 1 : stop] - begin - 1  # last token of each document but the last
    side_by_side[ends[(ends >= 0) & (ends < len(side_by_side))]] = False
    at = np.flatnonzero(side_by_side)
    codes = words[at] * n_words + words[at + 1]
    # "bye bye" is one word said twice
    different = words[at] != words[at + 1]
    return at[different] + begin, codes[different]


def _documents_at(stream: TokenStream, positions: IntArray) -> IntArray:
    return np.searchsorted(stream.offsets, positions, side="right") - 1


def _count_pairs(
    stream: TokenStream, word_of: NDArray[np.int32], n_words: int, weights: IntArray
) -> tuple[IntArray, IntArray]:
    """Weighted counts of all pairs, by ascending code."""
    codes, totals = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    for start, stop in stream.blocks():
        at, found = _adjacent(stream, word_of, n_words, start, stop)
        new, which = np.unique(found, return_inverse=True)
        amounts = np.bincount(which, weights[_documents_at(stream, at)], minlength=len(new)).astype(np.int64)
        codes, totals = _without_rarest(*_merged(codes, totals, new, amounts))
    return codes, totals


def _merged(
    codes: IntArray, totals: IntArray, more: IntArray, amounts: IntArray
) -> tuple[IntArray, IntArray]:
    """Add up the totals of two lists of ascending codes."""
    if not len(codes):
        return more, amounts
    place = np.minimum(np.searchsorted(codes, more), len(codes) - 1)
    known = codes[place] == more
    totals[place[known]] += amounts[known]
    both = np.concatenate([codes, more[~known]])
    order = np.argsort(both, kind="stable")
    return both[order], np.concatenate([totals, amounts[~known]])[order]


def _without_rarest(codes: IntArray, totals: IntArray) -> tuple[IntArray, IntArray]:
    """Forget the rarest pairs, if there are more than `MAX_PAIRS`, until at most half as many are left."""
    if len(codes) <= MAX_PAIRS:
        return codes, totals
    kept = most_frequent(totals, MAX_PAIRS // 2)
    return codes[kept], totals[kept]


def _locate(
    stream: TokenStream, word_of: NDArray[np.int32], n_words: int, codes: IntArray, weights: IntArray
) -> _Found:
    positions, phrases = [], []
    for start, stop in stream.blocks():
        at, found = _adjacent(stream, word_of, n_words, start, stop)
        place = np.minimum(np.searchsorted(codes, found), len(codes) - 1)
        known = codes[place] == found
        positions.append(at[known])
        phrases.append(place[known])
    position = np.concatenate(positions)
    document = _documents_at(stream, position)
    return _Found(position, document, weights[document], np.concatenate(phrases))


def _in_several_documents(found: _Found, n: int, weights: IntArray) -> tuple[_Found, NDArray[np.bool_]]:
    """Drop the phrases of one document: a running title or a signature."""
    seen = np.unique(found.phrase * len(weights) + found.document)
    in_documents = np.bincount(seen // len(weights), weights[seen % len(weights)], minlength=n)
    keep = in_documents >= (3 if int(weights.sum()) > 1000 else 2)
    return found.renumbered(keep), keep


def _triples(pairs: _Found, min_count: int, weights: IntArray) -> tuple[_Found, list[tuple[int, int]]]:
    """Find where two kept pairs share a word, and keep what is mostly together."""
    at = np.flatnonzero(
        (pairs.position[1:] == pairs.position[:-1] + 1) & (pairs.document[1:] == pairs.document[:-1])
    )
    n = int(pairs.phrase.max(initial=0)) + 1
    codes, which = np.unique(pairs.phrase[at] * n + pairs.phrase[at + 1], return_inverse=True)
    found = _Found(pairs.position[at], pairs.document[at], pairs.weight[at], which.astype(np.int64))
    totals = np.bincount(which, found.weight, minlength=len(codes))
    of_pairs = np.bincount(pairs.phrase, pairs.weight, minlength=n)
    rarer = np.minimum(of_pairs[codes // n], of_pairs[codes % n])
    keep = (totals >= min_count) & (totals >= MIN_SHARE_OF_PAIR * rarer)
    found = found.renumbered(keep)
    found, spread = _in_several_documents(found, int(keep.sum()), weights)
    found, whole = _without_shifted(found, int(spread.sum()))
    kept = codes[keep][spread][whole]
    return found, [(int(code // n), int(code % n)) for code in kept]


def _without_shifted(triples: _Found, n: int) -> tuple[_Found, NDArray[np.bool_]]:
    """Of a phrase of four words keep one half: "leader Michael Howard", not "Tory leader Michael"."""
    totals = np.bincount(triples.phrase, triples.weight, minlength=n)
    # Positions rise in each block of the stream, and the blocks stand in order.
    overlap = np.flatnonzero(triples.position[1:] == triples.position[:-1] + 1)
    first, second = triples.phrase[overlap], triples.phrase[overlap + 1]
    losers = np.where(totals[second] <= totals[first], overlap + 1, overlap)
    lost = np.bincount(triples.phrase[losers], triples.weight[losers], minlength=n)
    keep = lost < MAX_SHARE_IN_LONGER * totals
    return triples.renumbered(keep), keep


def _without_fragments(pairs: _Found, triples: _Found, n: int) -> tuple[_Found, NDArray[np.bool_]]:
    """Drop pairs that hardly occur but in a phrase of three."""
    inside = np.isin(pairs.position, np.concatenate([triples.position, triples.position + 1]))
    share = np.bincount(pairs.phrase[inside], pairs.weight[inside], minlength=n)
    keep = share < MAX_SHARE_IN_LONGER * np.bincount(pairs.phrase, pairs.weight, minlength=n)
    return pairs.renumbered(keep), keep


def _names(stream: TokenStream, found: _Found, length: int, n: int) -> list[str]:
    """Write each phrase as it is most often written, the first in the alphabet of equals."""
    rows = np.stack([found.phrase, *(stream.ids[found.position + i] for i in range(length))], axis=1)
    distinct, which = np.unique(rows, axis=0, return_inverse=True)
    totals = np.bincount(which.ravel(), found.weight, minlength=len(distinct))
    forms: list[dict[str, int]] = [{} for _ in range(n)]
    for (phrase, *surfaces), total in zip(distinct.tolist(), totals.tolist(), strict=True):
        form = joined([stream.surfaces[i] for i in surfaces])
        forms[phrase][form] = forms[phrase].get(form, 0) + int(total)
    return [min(times, key=lambda form: (-times[form], form)) for times in forms]


def joined(surfaces: Sequence[str]) -> str:
    """Write words side by side: with a space, but for scripts that have none.

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
    """Fold a phrase to what tells it from words: two ways of segmenting one name are one term."""
    return key_of(name)
