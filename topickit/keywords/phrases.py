"""Collocations: pairs of words that stand side by side far more often than by chance, such as "New York".

The measure is
normalised pointwise mutual information (Bouma 2009, "Normalized (Pointwise) Mutual Information in
Collocation Extraction"): log(p(a,b) / p(a)p(b)) / −log p(a,b), which is 1 for words that occur only
together, 0 for independent ones. Two collocations that share a word make a phrase of three when the three
words stand together most of the time that the rarer pair occurs; a pair that hardly occurs outside such a
phrase is then dropped.
"""

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import IntArray
from topickit.keywords.n_grams import (
    NO_PHRASES,
    Occurrences,
    Phrases,
    Words,
    concatenated,
    count_n_grams,
    documents_at,
    in_several_documents,
    locate,
    make_phrases,
    most_frequent_of,
)
from topickit.keywords.tokens import TokenStream

LARGE_CORPUS = 1000
MIN_NPMI = 0.35
MIN_SHARE_OF_PAIR = 0.6
MAX_SHARE_IN_LONGER = 0.75
IN_CAPITALS = 0.7
"""Minimum share of a name's occurrences in which its words are written with capitals."""
MORE_OFTEN = 0.2
"""How much larger that share is than elsewhere for a stop word: "New York", not "Last Week" in headlines."""
MIN_ELSEWHERE = 5
"""Occurrences elsewhere below which the average of all words is used."""


def find_phrases(
    stream: TokenStream, words: Words, weights: IntArray, n_tokens: int, least: int | None = None
) -> Phrases:
    """Find the collocations of two and three words.

    Parameters
    ----------
    stream : TokenStream
    words : Words
    weights : int64 ndarray of shape (n_documents,)
        How many documents each text stands for.
    n_tokens : int
        Words of every kind in the corpus, documents weighted.
    least : int, optional
        Fewest documents that have a phrase. The default is 3 in a corpus of more than `LARGE_CORPUS`
        documents, and 2 in a smaller one: phrases of one document are running titles and signatures.

    Returns
    -------
    Phrases
    """
    is_large = int(weights.sum()) > LARGE_CORPUS
    min_count = 5 if is_large else 3
    least = least if least is not None else 3 if is_large else 2
    codes = _collocations(stream, words, weights, n_tokens, min_count)
    if not len(codes):
        return NO_PHRASES
    first, second = np.divmod(codes, len(words.times))
    pairs = locate(stream, words.of, len(words.times), codes, weights)
    pairs, named = _names_where_stop_words(stream, words, pairs, first, second, weights)
    first, second = first[named], second[named]
    pairs, frequent = in_several_documents(pairs, len(first), weights, least)
    first, second = first[frequent], second[frequent]
    if not len(first):
        return NO_PHRASES
    triples, of_pairs = _triples(pairs, min_count, weights, least)
    longer = [(int(first[a]), int(second[a]), int(second[b])) for a, b in of_pairs]
    pairs, whole = _without_fragments(pairs, triples, len(first))
    of_two = list(zip(first[whole].tolist(), second[whole].tolist(), strict=True))
    return concatenated(make_phrases(stream, pairs, of_two), make_phrases(stream, triples, longer))


def _collocations(
    stream: TokenStream, words: Words, weights: IntArray, n_tokens: int, min_count: int
) -> IntArray:
    """Find the codes of the pairs that stand together more often than by chance."""
    n_words = len(words.times)
    codes, totals = count_n_grams(stream, words.of, n_words, weights, 2)
    first, second = np.divmod(codes, n_words)
    # "bye bye" is one word said twice.
    kept = (totals >= min_count) & (np.minimum(first, second) < words.n_terms) & (first != second)
    codes, totals, first, second = codes[kept], totals[kept], first[kept], second[kept]
    chance = words.times[first].astype(np.float64) * words.times[second] / n_tokens**2
    kept = most_frequent_of(npmi(totals / n_tokens, chance) >= MIN_NPMI, totals)
    return np.asarray(codes[kept])


def _names_where_stop_words(
    stream: TokenStream,
    words: Words,
    pairs: Occurrences,
    first: IntArray,
    second: IntArray,
    weights: IntArray,
) -> tuple[Occurrences, NDArray[np.bool_]]:
    """Drop the pairs with a stop word, unless they are names.

    In a name both words are written with capitals, more often than the stop word is elsewhere.
    """
    doubtful = np.maximum(first, second) >= words.n_terms
    if not doubtful.any():
        return pairs, np.ones(len(first), dtype=np.bool_)
    capital = np.array([surface[0].isupper() for surface in stream.surfaces])
    doubtful_pairs = pairs.where(doubtful[pairs.phrase])
    both = capital[stream.ids[doubtful_pairs.position]] & capital[stream.ids[doubtful_pairs.position + 1]]
    times = np.bincount(doubtful_pairs.phrase, doubtful_pairs.weight, minlength=len(first))
    in_capitals = np.bincount(doubtful_pairs.phrase, doubtful_pairs.weight * both, minlength=len(first))
    share = in_capitals / np.maximum(times, 1)
    likely = doubtful & (share >= IN_CAPITALS)
    word, n = np.maximum(first, second), len(words.times)
    # Elsewhere: in no likely name, of this word or of others (New Jersey). For a word that occurs nowhere
    # else the average of all words decides: in headlines, capitals mean nothing.
    left = words.times - np.bincount(word[likely], times[likely], n)
    capitals = _in_capitals(stream, words, capital, weights)
    usual = capitals.sum() / max(words.times.sum(), 1)
    capitals -= np.bincount(word[likely], in_capitals[likely], n)
    elsewhere = np.where(left >= MIN_ELSEWHERE, capitals / np.maximum(left, 1), usual)
    keep = ~doubtful | (likely & (share >= elsewhere[word] + MORE_OFTEN))
    return pairs.renumbered(keep), keep


def _in_capitals(
    stream: TokenStream, words: Words, capital: NDArray[np.bool_], weights: IntArray
) -> NDArray[np.float64]:
    """Count how often each word is written with a capital."""
    in_capitals = np.zeros(len(words.times))
    for start, stop in stream.blocks():
        ids = stream.ids_of(start, stop)
        capitalised = np.flatnonzero((words.of[ids] >= 0) & capital[ids])
        document = documents_at(stream, capitalised + stream.offsets[start])
        in_capitals += np.bincount(words.of[ids[capitalised]], weights[document], minlength=len(in_capitals))
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
    # A joint probability of 1 means that the corpus is one pair: no evidence.
    return np.where(joint < 1, result, 0.0)


def _triples(
    pairs: Occurrences, min_count: int, weights: IntArray, least: int
) -> tuple[Occurrences, list[tuple[int, int]]]:
    """Join pairs that share a word, where the three words mostly stand together."""
    at = np.flatnonzero(
        (pairs.position[1:] == pairs.position[:-1] + 1) & (pairs.document[1:] == pairs.document[:-1])
    )
    n = int(pairs.phrase.max(initial=0)) + 1
    codes, which = np.unique(pairs.phrase[at] * n + pairs.phrase[at + 1], return_inverse=True)
    triples = Occurrences(pairs.position[at], pairs.document[at], pairs.weight[at], which.astype(np.int64))
    totals = np.bincount(which, triples.weight, minlength=len(codes))
    of_pairs = np.bincount(pairs.phrase, pairs.weight, minlength=n)
    rarer = np.minimum(of_pairs[codes // n], of_pairs[codes % n])
    keep = (totals >= min_count) & (totals >= MIN_SHARE_OF_PAIR * rarer)
    triples = triples.renumbered(keep)
    triples, frequent = in_several_documents(triples, int(keep.sum()), weights, least)
    triples, whole = _without_shifted(triples, int(frequent.sum()))
    kept = codes[keep][frequent][whole]
    return triples, [(int(code // n), int(code % n)) for code in kept]


def _without_shifted(triples: Occurrences, n: int) -> tuple[Occurrences, NDArray[np.bool_]]:
    """Of two overlapping triples keep one: "leader Michael Howard", not "Tory leader Michael"."""
    totals = np.bincount(triples.phrase, triples.weight, minlength=n)
    # Positions rise in each block of the stream, and the blocks stand in order.
    overlap = np.flatnonzero(triples.position[1:] == triples.position[:-1] + 1)
    first, second = triples.phrase[overlap], triples.phrase[overlap + 1]
    losers = np.where(totals[second] <= totals[first], overlap + 1, overlap)
    lost = np.bincount(triples.phrase[losers], triples.weight[losers], minlength=n)
    keep = lost < MAX_SHARE_IN_LONGER * totals
    return triples.renumbered(keep), keep


def _without_fragments(
    pairs: Occurrences, triples: Occurrences, n: int
) -> tuple[Occurrences, NDArray[np.bool_]]:
    """Drop pairs that hardly occur outside a phrase of three."""
    inside = np.isin(pairs.position, np.concatenate([triples.position, triples.position + 1]))
    share = np.bincount(pairs.phrase[inside], pairs.weight[inside], minlength=n)
    keep = share < MAX_SHARE_IN_LONGER * np.bincount(pairs.phrase, pairs.weight, minlength=n)
    return pairs.renumbered(keep), keep
