"""Choice of a topic's keywords from weights and counts.

The terms of highest weight repeat themselves: "game" and "games", "New", "York" and "New York". To list
ten different things in ten keywords,

- only the best form of a stem is listed (Snowball stemmers, Porter 2001, from nltk and snowballstemmer, for
  the first language of the corpus that has one; spellings such as "e-mail" and "email" count as forms, too);
- a phrase replaces a word that hardly occurs outside of it in the topic;
- a phrase is left out if all of its words are listed;
- of a word and a phrase with it ("key" and "foreign key") one is listed: the word, unless nearly
  half of its occurrences are in the phrase and the phrase ranks higher;
- of a name and its adjective ("Israel" and "Israeli") one is listed;
- a Vietnamese syllable is left out if most of its occurrences are in phrases: they are the words;
- a word that documents outside the topic are likelier to have is left out, unless the topic has no other.

With `Evidence`, the list is chosen from a shortlist by coherence and relevance.
"""

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, IntArray
from topickit.corpus.stemming import MAX_STEMS, stemmer
from topickit.keywords.counts import TermCounts
from topickit.keywords.evidence import Evidence
from topickit.keywords.n_grams import NO_TERM
from topickit.keywords.rerank import (
    DISTINCT,
    ELSEWHERE,
    RELEVANCE_POWER,
    FloatVector,
    coherent_orders,
    doublings,
    ranking_weights,
)
from topickit.keywords.risk_ratio import is_typical
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.sparse import values_at

Keywords = tuple[tuple[str, float], ...]

MIN_SHARE_INSIDE = 0.6
MIN_SHARE_BESIDE = 0.45
"""Of a word's occurrences in a topic, the share in a phrase below which the word replaces the phrase."""
MIN_NAME = 4
NAME_ENDINGS = frozenset(("i", "n", "an", "ian", "y", "ns", "is", "ans", "ians"))
"""What an adjective or the people of a place adds to its name: Israeli, Indian, Iranians; German, Germany."""
CANDIDATES = 60
FEWEST_CANDIDATES = 20
ALL_CANDIDATES = 6000
RESERVE = 2
"""Times as many words are put in order as are listed: some repeat others."""
_READ_FIRST = 60


class _Term(NamedTuple):
    """A term: the words that it consists of, and their stems; a word consists of itself."""

    number: int
    written: str
    words: tuple[int, ...]
    stems: tuple[str, ...]
    name: str  # the joined stems, which all forms of a term have in common
    some_words: frozenset[int]
    some_stems: frozenset[str]

    @property
    def is_phrase(self) -> bool:
        """Whether it has parts."""
        return self.words != (self.number,)


class _Terms(dict[int, _Term]):
    """The terms of a corpus by number, each read once."""

    def __init__(self, counts: TermCounts) -> None:
        super().__init__()
        self._counts = counts
        self._stem = _bare_stem(counts.languages)
        self.syllabic = counts.languages[:1] == ("vi",)

    def __missing__(self, number: int) -> _Term:
        terms, parts = self._counts.terms, self._counts.parts[number].tolist()
        parts = [part for part in parts if part >= NO_TERM and part != -1]
        written = terms[number].split(" ")
        words = [
            terms[part] if part != NO_TERM else written[min(place, len(written) - 1)]
            for place, part in enumerate(parts)
        ]
        stems = tuple(self._stem(word) for word in words or [terms[number]])
        own = tuple(parts) or (number,)
        term = _Term(number, terms[number], own, stems, "".join(stems), frozenset(own), frozenset(stems))
        self[number] = term
        return term


@dataclass(eq=False)
class _Listed:
    """Terms by their words: which of them could contain, or be in, another term."""

    times: IntArray
    by_word: dict[int, list[_Term]] = field(default_factory=dict)
    by_first: dict[int, list[_Term]] = field(default_factory=dict)

    def add(self, term: _Term) -> None:
        """Add a term to the list."""
        self.by_first.setdefault(term.words[0], []).append(term)
        if len(term.words) > 1:
            for word in term.words:
                self.by_word.setdefault(word, []).append(term)

    def has_mostly(self, inner: _Term) -> bool:
        """Return True if most occurrences of a term are in one phrase of the list."""
        phrases = self.by_word.get(inner.words[0], ())
        return any(_mostly_inside(inner, phrase, self.times) for phrase in phrases)

    def is_mostly_in(self, phrase: _Term) -> bool:
        """Return True if most occurrences of one term of the list are in a phrase."""
        return any(
            _mostly_inside(inner, phrase, self.times)
            for word in phrase.words
            for inner in self.by_first.get(word, ())
        )


@dataclass(frozen=True, eq=False)
class _Pool:
    """Terms by descending weight, after some that come first; they are put in order as far as they are read.

    Of a pool of ten thousand terms, the first few dozen are mostly enough.
    """

    terms: IntArray
    values: FloatVector
    alphabet: IntArray
    first: tuple[int, ...] = ()

    def best(self, n: int) -> list[int]:
        """List the n terms of largest weight, equal ones in alphabetical order."""
        terms, values = self.terms, self.values
        if 0 < n < len(values):
            some = values >= np.partition(values, len(values) - n)[len(values) - n]
            terms, values = terms[some], values[some]
        order = np.lexsort((self.alphabet[terms], -values))[:n]
        return [int(term) for term in terms[order].tolist()]

    def __iter__(self) -> Iterator[int]:
        yield from self.first
        listed = set(self.first)
        begin, end = 0, _READ_FIRST
        while begin < len(self.terms):
            yield from (term for term in self.best(end)[begin:] if term not in listed)
            begin, end = end, len(self.terms)


def top_keywords(
    weights: csr_array,
    counts: TermCounts,
    settings: KeywordSettings,
    *,
    evidence: Evidence | None = None,
    means: FloatArray | None = None,
) -> list[Keywords]:
    """List the best terms of each topic, without repetitions.

    Parameters
    ----------
    weights : csr_array of shape (k, t), float64
        From `topickit.keywords.ctfidf.weigh`.
    counts : TermCounts
        Of the same k topics and t terms.
    settings : KeywordSettings
        Only `n_keywords` is used.
    evidence : Evidence, optional
        Re-ranks the candidates; see `topickit.keywords.rerank`. Without it, the weight alone decides.
    means : float32 ndarray of shape (k, d), optional
        Mean embedding of each topic's documents; required with `evidence`.

    Returns
    -------
    list of tuple of (str, float), of length k
        At most `n_keywords` terms per topic, by descending weight, equal weights by term. A topic
        without words gets an empty tuple.

    Examples
    --------
    >>> parts = np.full((3, 3), -1, dtype=np.int32)
    >>> topics = csr_array(np.array([[3, 2, 1]]))
    >>> counts = TermCounts(("game", "games", "win"), topics, np.zeros(3), ("en",), parts)
    >>> top_keywords(csr_array(np.array([[0.3, 0.2, 0.1]])), counts, KeywordSettings())
    [(('game', 0.3), ('win', 0.1))]
    """
    weights = _without_untypical(csr_array(weights, dtype=np.float64, copy=True), counts)
    terms = _Terms(counts)
    alphabet = _alphabet(counts)
    pools = _pools(weights, alphabet)
    if evidence is not None and means is not None:
        best = _coherent(weights, counts, settings, evidence, means, terms)
        for topic, order in enumerate(best):
            own = values_at(weights, topic, order)
            pools[topic] = replace(pools[topic], first=_without_general(order, own, settings.n_keywords))
    result = []
    for topic, (pool, times) in enumerate(zip(pools, _times(counts), strict=False)):
        chosen = _choose(pool, settings.n_keywords, terms, times, strict=True)
        value_of = dict(zip(chosen, values_at(weights, topic, chosen).tolist(), strict=True))
        chosen.sort(key=lambda term, of=value_of: (-of[term], alphabet[term]))  # type: ignore[misc]
        result.append(tuple((counts.terms[term], value_of[term]) for term in chosen))
    return result


def shortlists(weights: csr_array, counts: TermCounts) -> list[IntArray]:
    """List the candidates of each topic, without repetitions: the terms that `Evidence` covers.

    Parameters
    ----------
    weights : csr_array of shape (k, t), float64
    counts : TermCounts

    Returns
    -------
    list of int64 ndarray, of length k
        At most `CANDIDATES` terms per topic, fewer where there are many topics.
    """
    return _shortlists(weights, counts, _Terms(counts), None)


def _shortlists(
    weights: csr_array, counts: TermCounts, terms: _Terms, allowed: IntArray | None
) -> list[IntArray]:
    ranked = _without_untypical(ranking_weights(weights, counts), counts)
    if allowed is not None:
        mask = np.zeros(len(counts.terms), dtype=np.bool_)
        mask[allowed] = True
        ranked.data = np.where(mask[ranked.indices] & (ranked.data >= 0), ranked.data, 0.0)
        ranked.eliminate_zeros()
    n = int(np.clip(ALL_CANDIDATES // max(counts.n_topics, 1), FEWEST_CANDIDATES, CANDIDATES))
    # Of a pool of ten thousand words the first few hundred decide.
    pools = [pool.best(5 * n) for pool in _pools(ranked, _alphabet(counts))]
    chosen = [_choose(pool, n, terms, times) for pool, times in zip(pools, _times(counts), strict=True)]
    return [np.array(listed, dtype=np.int64) for listed in chosen]


def _coherent(
    weights: csr_array,
    counts: TermCounts,
    settings: KeywordSettings,
    evidence: Evidence,
    means: FloatArray,
    terms: _Terms,
) -> list[list[int]]:
    """Choose the keywords of each topic from its shortlist, so that most are in one list only."""
    listed = _shortlists(weights, counts, terms, evidence.terms)
    ranked = ranking_weights(weights, counts)
    elsewhere = doublings(listed, ranked)
    worth, npmi = [], []
    for topic, candidates in enumerate(listed):
        relevance = np.maximum(evidence.relevance(candidates, means[topic]), 1e-3)
        own = values_at(ranked, topic, candidates)
        weight = own ** (1 - RELEVANCE_POWER) * relevance**RELEVANCE_POWER
        worth.append(weight / max(float(weight.max(initial=0.0)), 1e-300))
        npmi.append(evidence.npmi(candidates))
    chosen: list[list[int]] = []
    most = -1.0
    for price in ELSEWHERE:
        penalised = [own - price * others for own, others in zip(worth, elsewhere, strict=True)]
        orders = coherent_orders(penalised, npmi, RESERVE * settings.n_keywords)
        lists = [listed[topic][order].tolist() for topic, order in enumerate(orders)]
        words = list(itertools.chain.from_iterable(order[: settings.n_keywords] for order in lists))
        distinct = len(set(words)) / max(len(words), 1)
        if distinct > most:
            chosen, most = lists, distinct
        if distinct >= DISTINCT:
            break
    return chosen


def _without_untypical(weights: csr_array, counts: TermCounts) -> csr_array:
    """Give a negative weight to words that are likelier outside the topic, unless it has no others."""
    typical = is_typical(counts)
    topic = np.repeat(np.arange(counts.n_topics), np.diff(weights.indptr))
    has_typical = np.bincount(topic, typical, minlength=counts.n_topics) > 0
    weights.data = np.where(typical | ~has_typical[topic], weights.data, -1.0)
    return weights


def _alphabet(counts: TermCounts) -> IntArray:
    """Return the alphabetical rank of each term, which orders terms of equal weight."""
    alphabet = np.empty(len(counts.terms), dtype=np.int64)
    alphabet[np.argsort(np.array(counts.terms, dtype=object), kind="stable")] = np.arange(len(counts.terms))
    return alphabet


def _pools(weights: csr_array, alphabet: IntArray) -> list[_Pool]:
    """Terms of each topic, those of weight 0 included, negative ones not."""
    result = []
    for begin, end in itertools.pairwise(weights.indptr.tolist()):
        listed = begin + np.flatnonzero(weights.data[begin:end] >= 0)
        result.append(_Pool(weights.indices[listed], weights.data[listed], alphabet))
    return result


def _without_general(order: list[int], own: FloatVector, n: int) -> tuple[int, ...]:
    """Leave frequent words out of the reserve: of large weight, they are not among the first n."""
    usual = float(np.median(own[:n])) if len(order) else 0.0
    return tuple(term for place, term in enumerate(order) if place < n or own[place] <= usual)


def _times(counts: TermCounts) -> Iterator[IntArray]:
    """Yield, for each topic, how often it has each term: one array, filled anew."""
    times = np.zeros(len(counts.terms), dtype=np.int64)
    for begin, end in itertools.pairwise(counts.topics.indptr.tolist()):
        held = counts.topics.indices[begin:end]
        times[held] = counts.topics.data[begin:end]
        yield times
        times[held] = 0


def _choose(
    pool: Iterable[int], n: int, terms: _Terms, times: IntArray, *, strict: bool = False
) -> list[int]:
    """Take n terms from a pool, best first, that name different things; `strict` as for `_take_distinct`."""
    dropped: set[str] = set()
    if terms.syllabic:
        pool = _whole_words(pool, terms, times)
    while True:
        chosen = _take_distinct((terms[number] for number in pool), n, times, dropped, strict=strict)
        phrases = [term for term in chosen if term.is_phrase]
        listed = _Listed(times)
        for phrase in phrases:
            listed.add(phrase)
        absorbed = [term for term in chosen if listed.has_mostly(term)]
        single = {term.stems[0] for term in chosen if not term.is_phrase}
        absorbed = absorbed or [phrase for phrase in phrases if single.issuperset(phrase.stems)]
        if strict and not absorbed:
            absorbed = [p for p in phrases if any(term.some_stems < p.some_stems for term in chosen)]
        if not absorbed:
            return [term.number for term in chosen]
        dropped |= {term.name for term in absorbed}  # and with a word its other forms


def _whole_words(pool: Iterable[int], terms: _Terms, times: IntArray) -> list[int]:
    """Leave out the syllables that mostly occur in phrases of the pool."""
    numbers = list(pool)
    inside: dict[int, int] = {}
    for term in (terms[number] for number in numbers):
        for word in term.words if term.is_phrase else ():
            inside[word] = inside.get(word, 0) + int(times[term.number])
    return [number for number in numbers if 2 * inside.get(number, 0) < max(times[number], 1)]


def _take_distinct(
    pool: Iterable[_Term], n: int, times: IntArray, dropped: set[str], *, strict: bool
) -> list[_Term]:
    """Take the best terms in order, leaving out repetitions; if strict, also phrases beside their parts."""
    chosen: list[_Term] = []
    listed = _Listed(times)
    names: set[str] = set(dropped)  # whole terms, stemmed and without spaces
    words: set[str] = set()  # the words that they consist of
    for term in pool:
        if term.name in names:
            continue
        if len(term.stems) > 1 and words.issuperset(term.stems):
            # Unless the listed words mostly occur in this phrase, which then replaces them.
            if not listed.is_mostly_in(term):
                continue
        elif listed.has_mostly(term):
            continue
        if strict and any(_repeats(term, other, times) for other in chosen):
            continue
        chosen.append(term)
        listed.add(term)
        names.add(term.name)
        words.update(term.stems)
        if len(chosen) == n:
            break
    return chosen


def _mostly_inside(inner: _Term, phrase: _Term, times: IntArray) -> bool:
    """Return True if most occurrences of a term in the topic are in the phrase."""
    return (
        inner.some_words < phrase.some_words
        and len(inner.words) < len(phrase.words)
        and bool(times[phrase.number] >= MIN_SHARE_INSIDE * max(times[inner.number], 1))
    )


def _repeats(term: _Term, listed: _Term, times: IntArray) -> bool:
    """Return True if a term is part of a listed one, has it as a part, or is another form of its name."""
    if term.some_stems < listed.some_stems:
        return bool(times[listed.number] >= MIN_SHARE_BESIDE * times[term.number])
    if listed.some_stems < term.some_stems:
        return not _mostly_inside(listed, term, times)
    if len(term.some_stems) > 1 or len(listed.some_stems) > 1:
        return False
    return _are_forms_of_a_name(term.written, listed.written)


def _are_forms_of_a_name(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    is_name = len(short) >= MIN_NAME and short[:1].isupper() and long[:1].isupper()
    return is_name and long.startswith(short) and long[len(short) :] in NAME_ENDINGS


def bare(term: str) -> str:
    """Fold a term to its letters and digits, and the signs that distinguish C++ and C#.

    Examples
    --------
    >>> [bare(term) for term in ["E-mail", ".NET", "C++", "C#", "U.S."]]
    ['email', 'net', 'c++', 'c#', 'us']
    """
    return "".join(c for c in term.casefold() if c.isalnum() or c in "+#" or ord(c) > 127) or term


@functools.lru_cache(maxsize=4)
def _bare_stem(languages: tuple[str, ...]) -> Callable[[str], str]:
    """Return a function that stems a term without its signs, and remembers its answers."""
    stem = stemmer(languages)
    return functools.lru_cache(maxsize=MAX_STEMS)(lambda word: stem(bare(word)))
