"""Names of topics from their keywords, such that they tell the topics apart."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray, top_k_cosine, unit_rows
from topickit.corpus.stemming import stemmer
from topickit.keywords.counts import DocumentFrequencies, TermCounts
from topickit.keywords.evidence import Evidence
from topickit.keywords.n_grams import ONLY_ALONE
from topickit.keywords.rank import Keywords, bare
from topickit.keywords.sparse import values_at

N_WORDS = 3
N_NEIGHBORS = 3
"""The nearest other topics, from which a name sets a topic apart."""
IN_FULL = 0.75
"""A keyword of this distinctiveness, three times as frequent as in a neighboring topic, counts in full."""
OWN_POWER = 0.25
"""Of the share of the documents with a keyword that are in the topic; more would prefer rare words."""
MIN_SHARE = 0.2
"""Of a topic's documents, the share with a phrase that names it; of the phrase's, the share in the topic."""
MAX_ENDING = 2
"""Two words of which one is the beginning of the other, shorter by so many letters, are forms of one word."""
MIN_STEM = 4


def topic_names(
    keywords: Sequence[Keywords],
    counts: TermCounts,
    means: FloatArray,
    groups: IntArray | None = None,
    *,
    evidence: Evidence | None = None,
) -> list[str]:
    """Name each topic by keywords that are frequent in it and tell it apart.

    A keyword's score is its weight times its distinctiveness, times the fourth root of the share of its
    documents that are in the topic. Distinctiveness is the share of the topic's documents that have it,
    divided by the sum of this share and the largest in a neighboring topic, at most `IN_FULL`. A phrase that
    is frequent in the topic and nearer to it than the best word comes first. No two topics have the same
    first word if one of them has another keyword left.

    Parameters
    ----------
    keywords : sequence of tuple of (str, float), of length k
        Keywords of each topic, the heaviest first.
    counts : TermCounts
        Of the same topics.
    means : float32 ndarray of shape (k, d)
        Mean vector of each topic.
    groups : int64 ndarray of shape (k,), optional
        Names set a topic apart from the others of its group instead, such as the parts of one topic.
    evidence : Evidence, optional
        Of candidate words and phrases; without it no phrase is preferred.

    Returns
    -------
    list of str, of length k

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> counts = TermCounts(
    ...     ("crew", "flight", "bag"),
    ...     csr_array(np.array([[4, 9, 0], [0, 9, 5]])),
    ...     np.zeros(3, np.int64),
    ...     ("en",),
    ...     np.full((3, 3), -1, np.int32),
    ... )
    >>> keywords = [(("flight", 0.4), ("crew", 0.3)), (("flight", 0.4), ("bag", 0.3))]
    >>> topic_names(keywords, counts, np.eye(2, dtype=np.float32))
    ['crew, flight', 'bag, flight']
    """
    stem = stemmer(counts.languages)
    distinct = _distinctiveness(keywords, counts, _neighbors(means) if groups is None else _others(groups))
    ranked = []
    for listed, values in zip(keywords, distinct, strict=True):
        scored = [(weight * value, word) for (word, weight), value in zip(listed, values, strict=True)]
        ranked.append(sorted(scored, key=lambda pair: (-pair[0], pair[1])))
    if evidence is not None and counts.documents is not None:
        _put_phrases_first(ranked, counts, counts.documents, means, evidence)
    firsts = _first_words(ranked, stem)
    return [
        name_of([first, *(word for _, word in scored)] if scored else [], topic, stem)
        for topic, (first, scored) in enumerate(zip(firsts, ranked, strict=True))
    ]


def readable_name(keywords: Keywords, topic: int, languages: Sequence[str] = ()) -> str:
    """Name a topic by its first keywords that do not repeat each other's words.

    Parameters
    ----------
    keywords : tuple of (str, float)
    topic : int
        Names a topic without keywords.
    languages : sequence of str
        ISO 639-1 codes; a word form is known by the stemmer of the first that has one.

    Examples
    --------
    >>> readable_name((("stock", 0.5), ("stocks", 0.4), ("New York", 0.3), ("York", 0.2)), 0)
    'stock, New York'
    """
    return name_of([word for word, _ in keywords], topic, stemmer(languages))


def name_of(words: Sequence[str], topic: int, stem: Callable[[str], str]) -> str:
    """Join the first words that do not repeat each other's parts."""
    chosen: list[str] = []
    used: list[str] = []
    for word in words:
        parts = [stem(bare(part)) for part in word.split()]
        if not any(_is_same_word(part, other) for part in parts for other in used):
            chosen.append(word)
            used += parts
        if len(chosen) == N_WORDS:
            break
    return ", ".join(chosen) if chosen else f"Topic {topic}"


def _is_same_word(a: str, b: str) -> bool:
    """Return whether two stems are equal, or one is the other with a short ending."""
    short, long = sorted((a, b), key=len)
    return a == b or (
        len(short) >= MIN_STEM and len(long) - len(short) <= MAX_ENDING and long.startswith(short)
    )


def _neighbors(means: FloatArray) -> list[IntArray]:
    """List the nearest other topics of each."""
    return list(top_k_cosine(unit_rows(means), unit_rows(means), N_NEIGHBORS, exclude_self=True).indices)


def _others(groups: IntArray) -> list[IntArray]:
    """List the other topics of each topic's group."""
    return [np.setdiff1d(np.flatnonzero(groups == group), [topic]) for topic, group in enumerate(groups)]


def _distinctiveness(
    keywords: Sequence[Keywords], counts: TermCounts, neighbors: Sequence[IntArray]
) -> list[NDArray[np.float64]]:
    """Compare the share of documents that have a keyword with the largest in a neighboring topic: 0 to 1."""
    wanted = {word for listed in keywords for word, _ in listed}
    column = {term: i for i, term in enumerate(counts.terms) if term in wanted}
    documents = counts.documents
    frequency = counts.topics if documents is None else documents.topics
    sizes = counts.topics.sum(axis=1) if documents is None else documents.sizes[:-1]
    sizes = np.asarray(sizes, dtype=np.float64).ravel()
    totals = np.asarray(frequency.sum(axis=0), dtype=np.float64).ravel()
    result = []
    for topic, listed in enumerate(keywords):
        rows = np.append(topic, neighbors[topic])
        terms = np.array([column[word] for word, _ in listed], dtype=np.int64)
        some = np.stack([values_at(frequency, row, terms) for row in rows.tolist()])
        shares = (some + 0.5) / (sizes[rows][:, None] + 1.0)
        others = shares[1:].max(axis=0, initial=0.0)
        own = (some[0] / np.maximum(totals[terms], 1.0)) ** OWN_POWER
        result.append(np.minimum(shares[0] / (shares[0] + others), IN_FULL) * own)
    return result


def _put_phrases_first(
    ranked: Sequence[list[tuple[float, str]]],
    counts: TermCounts,
    documents: DocumentFrequencies,
    means: FloatArray,
    evidence: Evidence,
) -> None:
    """Give the best score to a frequent phrase that is nearer to the topic than its best word."""
    parts = counts.parts[evidence.terms]
    phrases = evidence.terms[(parts[:, 1] != -1) & (parts[:, -1] != ONLY_ALONE)]
    column = {counts.terms[term]: term for term in evidence.terms.tolist()}
    totals = np.maximum(np.asarray(documents.topics.sum(axis=0)).ravel(), 1)
    for topic, scored in enumerate(ranked):
        first = column.get(scored[0][1]) if scored else None
        own = values_at(documents.topics, topic, phrases)
        frequent = (own >= MIN_SHARE * documents.sizes[topic]) & (own >= MIN_SHARE * totals[phrases])
        near = phrases[frequent]
        if first is None or not len(near):
            continue
        relevance = evidence.relevance(np.append(near, first), means[topic])
        best = int(relevance[:-1].argmax())
        phrase = counts.terms[near[best]]
        is_other = set(phrase.split()).isdisjoint(scored[0][1].split()) or " " not in scored[0][1]
        if relevance[best] > relevance[-1] and is_other:
            rest = [pair for pair in scored if pair[1] != phrase]
            scored[:] = [(1.001 * scored[0][0], phrase), *rest]


def _first_words(ranked: Sequence[list[tuple[float, str]]], stem: Callable[[str], str]) -> list[str]:
    """Choose a first word for each topic that no other topic has, the best scores first."""
    firsts = [scored[0][1] if scored else "" for scored in ranked]
    # A topic of few keywords chooses first: another one has more to choose from.
    pairs = sorted(
        (min(len(scored), N_WORDS), -score / scored[0][0] if scored[0][0] else 0.0, -score, word, topic)
        for topic, scored in enumerate(ranked)
        for score, word in scored
    )
    named: set[int] = set()
    taken: set[str] = set()
    for *_, word, topic in pairs:
        form = " ".join(stem(bare(part)) for part in word.split())
        if topic not in named and form not in taken:
            firsts[topic] = word
            named.add(topic)
            taken.add(form)
    return firsts
