"""Choice of a topic's keywords from weights and counts.

The terms of highest weight repeat themselves: "game" and "games", "New", "York" and "New York". To list
ten different things in ten keywords,

- only the best form of a stem is listed (Snowball stemmers, Porter 2001, from nltk, for the first language
  of the corpus that has one; spellings such as "e-mail" and "email" count as forms, too);
- a phrase replaces a word that hardly occurs outside of it in the topic;
- a phrase is left out if all of its words are listed;
- of a word and a phrase with it ("key" and "foreign key") one is listed: the word, unless nearly
  half of its occurrences are in the phrase and the phrase ranks higher;
- of a name and its adjective ("Israel" and "Israeli") one is listed;
- a word that documents outside the topic are likelier to have is left out, unless the topic has no other.

With `Evidence`, the list is chosen from a shortlist by coherence and relevance.
"""

import functools
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, IntArray
from topickit.keywords.counts import TermCounts
from topickit.keywords.evidence import Evidence
from topickit.keywords.n_grams import NO_TERM
from topickit.keywords.rerank import (
    DISTINCT,
    ELSEWHERE,
    RELEVANCE_POWER,
    coherent_order,
    doublings,
    ranking_weights,
)
from topickit.keywords.risk_ratio import is_typical
from topickit.keywords.settings import KeywordSettings

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
MAX_STEMS = 50_000
_SNOWBALL = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
}


@dataclass(eq=False)
class _Terms:
    """The terms of a corpus with their stems and parts, each computed once."""

    counts: TermCounts
    stem: Callable[[str], str]
    parts: dict[int, tuple[int, ...]] = field(default_factory=dict)
    stems_of: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def parts_of(self, term: int) -> tuple[int, ...]:
        """Return the words of a phrase, `NO_TERM` for one that is no term; nothing for a word."""
        if term not in self.parts:
            self.parts[term] = tuple(
                int(part) for part in self.counts.parts[term] if part >= NO_TERM and part != -1
            )
        return self.parts[term]

    def stems(self, term: int) -> tuple[str, ...]:
        """Return the stems of a phrase's words, or of the single word."""
        if term not in self.stems_of:
            written = self.counts.terms[term].split(" ")
            words = [
                self.counts.terms[part] if part != NO_TERM else written[min(place, len(written) - 1)]
                for place, part in enumerate(self.parts_of(term))
            ] or [self.counts.terms[term]]
            self.stems_of[term] = tuple(self.stem(bare(word)) for word in words)
        return self.stems_of[term]

    def name(self, term: int) -> str:
        """Return the joined stems of a term, which all its forms have in common."""
        return "".join(self.stems(term))


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
    terms = _Terms(counts, stemmer(counts.languages))
    alphabet = _alphabet(counts)
    pools = _pools(weights, alphabet)
    if evidence is not None and means is not None:
        best = _coherent(weights, counts, settings, evidence, means, terms)
        pools = [
            _put_first(_without_general(order, weights[[topic]], settings.n_keywords), pools[topic])
            for topic, order in enumerate(best)
        ]
    result = []
    for topic, pool in enumerate(pools):
        row = weights[[topic], :]
        value_of = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
        chosen = _choose(pool, settings.n_keywords, terms, _times(counts, topic), strict=True)
        chosen.sort(key=lambda term, of=value_of: (-of[term], alphabet[term]))  # type: ignore[misc]
        result.append(tuple((counts.terms[term], float(value_of[term])) for term in chosen))
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
    return _shortlists(weights, counts, _Terms(counts, stemmer(counts.languages)), None)


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
    pools = [pool[: 5 * n] for pool in _pools(ranked, _alphabet(counts))]
    chosen = [_choose(pool, n, terms, _times(counts, topic)) for topic, pool in enumerate(pools)]
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
        own = np.asarray(ranked[[topic]][:, candidates].toarray()).ravel()
        weight = own ** (1 - RELEVANCE_POWER) * relevance**RELEVANCE_POWER
        worth.append(weight / max(float(weight.max(initial=0.0)), 1e-300))
        npmi.append(evidence.npmi(candidates))
    chosen: list[list[int]] = []
    most = -1.0
    for price in ELSEWHERE:
        penalised = [own - price * others for own, others in zip(worth, elsewhere, strict=True)]
        orders = [
            coherent_order(*of_topic, RESERVE * settings.n_keywords)
            for of_topic in zip(penalised, npmi, strict=True)
        ]
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


def _pools(weights: csr_array, alphabet: IntArray) -> list[list[int]]:
    """Terms of each topic by descending weight, those of weight 0 included, negative ones not."""
    result = []
    for begin, end in itertools.pairwise(weights.indptr.tolist()):
        listed = begin + np.flatnonzero(weights.data[begin:end] >= 0)
        terms, values = weights.indices[listed], weights.data[listed]
        result.append(terms[np.lexsort((alphabet[terms], -values))].tolist())
    return result


def _without_general(order: list[int], weights: csr_array, n: int) -> list[int]:
    """Leave frequent words out of the reserve: of large weight, they are not among the first n."""
    own = np.asarray(weights[:, order].toarray()).ravel()
    usual = float(np.median(own[:n])) if len(order) else 0.0
    return [term for place, term in enumerate(order) if place < n or own[place] <= usual]


def _put_first(terms: list[int], pool: list[int]) -> list[int]:
    listed = set(terms)
    return [*terms, *(term for term in pool if term not in listed)]


def _times(counts: TermCounts, topic: int) -> dict[int, int]:
    row = counts.topics[[topic], :]
    return dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))


def _choose(
    pool: list[int], n: int, terms: _Terms, times: dict[int, int], *, strict: bool = False
) -> list[int]:
    """Take n terms from a pool, best first, that name different things; `strict` as for `_take_distinct`."""
    dropped: set[str] = set()
    while True:
        rest = (term for term in pool if terms.name(term) not in dropped)
        chosen = _take_distinct(rest, n, terms, times, strict=strict)
        phrases = [term for term in chosen if terms.parts_of(term)]
        absorbed = {word for word in chosen if any(_mostly_inside(word, p, terms, times) for p in phrases)}
        single = {terms.stems(word)[0] for word in chosen if not terms.parts_of(word)}
        absorbed = absorbed or {phrase for phrase in phrases if single.issuperset(terms.stems(phrase))}
        if strict and not absorbed:
            absorbed = {p for p in phrases if any(set(terms.stems(w)) < set(terms.stems(p)) for w in chosen)}
        if not absorbed:
            return chosen
        dropped |= {terms.name(word) for word in absorbed}  # and with a word its other forms


def _take_distinct(
    pool: Iterable[int], n: int, terms: _Terms, times: dict[int, int], *, strict: bool
) -> list[int]:
    """Take the best terms in order, leaving out repetitions; if strict, also phrases beside their parts."""
    chosen: list[int] = []
    phrases: list[int] = []
    listed: set[str] = set()  # whole terms, stemmed and without spaces
    words: set[str] = set()  # the words that they consist of
    for term in pool:
        own = terms.stems(term)
        name = terms.name(term)
        if name in listed:
            continue
        if len(own) > 1 and words.issuperset(own):
            # Unless the listed words mostly occur in this phrase, which then replaces them.
            if not any(_mostly_inside(other, term, terms, times) for other in chosen):
                continue
        elif any(_mostly_inside(term, other, terms, times) for other in phrases):
            continue
        if strict and any(_repeats(term, other, terms, times) for other in chosen):
            continue
        chosen.append(term)
        if len(own) > 1:
            phrases.append(term)
        listed.add(name)
        words.update(own)
        if len(chosen) == n:
            break
    return chosen


def _mostly_inside(inner: int, phrase: int, terms: _Terms, times: dict[int, int]) -> bool:
    """Return True if most occurrences of a term in the topic are in the phrase."""
    outer, own = terms.parts_of(phrase), terms.parts_of(inner) or (inner,)
    return (
        len(own) < len(outer)
        and set(own) < set(outer)
        and times.get(phrase, 0) >= MIN_SHARE_INSIDE * max(times.get(inner, 0), 1)
    )


def _repeats(term: int, listed: int, terms: _Terms, times: dict[int, int]) -> bool:
    """Return True if a term is part of a listed one, has it as a part, or is another form of its name."""
    own, other = set(terms.stems(term)), set(terms.stems(listed))
    if own < other:
        return times.get(listed, 0) >= MIN_SHARE_BESIDE * times.get(term, 0)
    if other < own:
        return not _mostly_inside(listed, term, terms, times)
    names = terms.counts.terms[term], terms.counts.terms[listed]
    return len(own) == len(other) == 1 and _are_forms_of_a_name(*names)


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


def stemmer(languages: Iterable[str]) -> Callable[[str], str]:
    """Return the stemmer of the first language that has one, or else the identity.

    Parameters
    ----------
    languages : iterable of str
        ISO 639-1 codes.

    Returns
    -------
    function of str to str

    Examples
    --------
    >>> stemmer(["zh", "en"])("games"), stemmer([])("games")
    ('game', 'games')
    """
    name = next((_SNOWBALL[language] for language in languages if language in _SNOWBALL), None)
    return str if name is None else _snowball(name)


@functools.cache
def _snowball(name: str) -> Callable[[str], str]:
    # Imported here: nltk takes half a second, and only the choice of keywords needs it.
    from nltk.stem.snowball import SnowballStemmer

    return functools.lru_cache(maxsize=MAX_STEMS)(SnowballStemmer(name).stem)
