"""Known topics: what the user says beforehand becomes prototypes of the one Assigner.

A search finds topics without guidance first. Then known topics compete with those found for the documents
of the sample. Prototypes are made of the groups that result.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, IntArray, take_rows, unit_rows
from topickit.cluster.result import ClusteringResult
from topickit.fitted.assigner import Assigner
from topickit.fitted.competing import Found, compete
from topickit.fitted.corpus import Corpus
from topickit.fitted.discover import TopicSearch
from topickit.fitted.doubtful import DoubtfulLabel, doubtful_labels
from topickit.fitted.prototypes import make_prototypes
from topickit.fitted.thresholds import NO_THRESHOLD
from topickit.fitted.told import discriminant_prototypes, groups_of

MOST_ROWS = 8000
"""Rows of the sample whose neighbors are searched, and as many with a label."""
FEWEST_LABELS = 50
"""Of each topic, where rows with a label are sampled."""
N_PROTOTYPES = 8
"""Most prototypes of a known topic."""
WORD_WEIGHT = 0.3
"""Weight of the share of words that a document holds, beside a cosine."""
OPPOSITE = -2.0
"""Length of the prototype of a topic without any evidence, against the mean document: it is never nearest."""


@dataclass(frozen=True, eq=False)
class KnownTopic:
    """A topic that the user gave.

    Attributes
    ----------
    name : str
    anchors : float32 ndarray of shape (m, d), unit rows
        Vectors of its description or examples; none where only words or rows are known.
    words : tuple of str
        Seed words.
    rows : int64 ndarray
        Positions of the documents that are labelled with it.
    ignored : bool
        Its documents get no topic.
    """

    name: str
    anchors: FloatArray
    words: tuple[str, ...] = ()
    rows: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    ignored: bool = False


def guide(
    search: TopicSearch,
    known: Sequence[KnownTopic],
    corpus: Corpus,
    *,
    n_topics: int | None = None,
    random_state: int = 0,
) -> TopicSearch:
    """Add known topics to those that a search found, and drop found topics that duplicate them.

    Parameters
    ----------
    search : TopicSearch
        Whose assigner has the rule "nearest".
    known : sequence of KnownTopic
        Ignored ones become prototypes of no topic.
    corpus : Corpus
    n_topics : int, optional
        No other topics are kept if this many are known.
    random_state : int

    Returns
    -------
    TopicSearch
        Known topics first, in their order.
    """
    known = [*(topic for topic in known if not topic.ignored), *(topic for topic in known if topic.ignored)]
    n_known, n_told = len(known), sum(not topic.ignored for topic in known)
    only_told = n_topics is not None and n_topics <= n_told
    sampled = search.rows[:MOST_ROWS]  # by content hash: a uniform sample
    rows = np.unique(np.concatenate([sampled, *_labelled_rows(known, random_state)])).astype(np.int64)
    vectors, weights = take_rows(corpus.vectors, rows), corpus.documents.weights[rows]
    labelled = np.full(len(rows), -1, dtype=np.int64)
    for place, topic in enumerate(known):
        labelled[np.isin(rows, topic.rows)] = place
    evidence = _evidence(known, corpus, rows, vectors, weights, labelled)
    if only_told:
        groups, kept = groups_of(vectors, evidence, labelled, weights), np.empty(0, dtype=np.int64)
    else:
        found = Found(search.assigner.labels(vectors), search.assigner.parts().labels(vectors))
        labels = compete(vectors, weights, evidence, labelled, found)
        kept = np.unique(labels[labels >= n_known]) - n_known
        groups = np.where(labels >= n_known, n_known + np.searchsorted(kept, labels - n_known), labels)
    numbers = np.concatenate([np.arange(n_told), np.full(n_known - n_told, -1)])
    prototypes, of = _prototypes(known, vectors, weights, groups, random_state, linear=not len(kept))
    topics = np.concatenate([numbers, n_told + np.arange(len(kept))])[of]
    assigner = replace(
        search.assigner,
        prototypes=prototypes,
        topics=topics.astype(np.int64),
        thresholds=_thresholds(search.assigner, kept, of, n_known),
    )
    stability = [None] * n_told + [search.stability[topic] for topic in kept.tolist()]
    names = tuple(topic.name for topic in known)
    doubtful = _doubtful(known, names, corpus, random_state)
    return replace(search, assigner=assigner, stability=stability, known=names[:n_told], doubtful=doubtful)


def _labelled_rows(known: Sequence[KnownTopic], random_state: int) -> list[IntArray]:
    """Return the rows with a label; of more than `MOST_ROWS`, a sample of each topic."""
    n_rows = sum(len(topic.rows) for topic in known)
    if n_rows <= MOST_ROWS:
        return [topic.rows for topic in known]
    rng = np.random.default_rng(random_state)
    sizes = [
        min(len(topic.rows), max(FEWEST_LABELS, MOST_ROWS * len(topic.rows) // n_rows)) for topic in known
    ]
    return [rng.choice(topic.rows, size, replace=False) for topic, size in zip(known, sizes, strict=True)]


def _doubtful(
    known: Sequence[KnownTopic], names: Sequence[str], corpus: Corpus, random_state: int
) -> tuple[DoubtfulLabel, ...]:
    """List the labels that the others contradict."""
    rows = np.concatenate([topic.rows for topic in known])
    labels = np.repeat(np.arange(len(known)), [len(topic.rows) for topic in known])
    order = np.argsort(rows, kind="stable")
    rows, labels = rows[order], labels[order]
    vectors, weights = take_rows(corpus.vectors, rows), corpus.documents.weights[rows]
    first_rows = corpus.documents.first_rows[rows]
    return doubtful_labels(vectors, labels, names, first_rows, weights, random_state=random_state)


def _evidence(
    known: Sequence[KnownTopic],
    corpus: Corpus,
    rows: IntArray,
    vectors: FloatArray,
    weights: NDArray[Any],
    labelled: IntArray,
) -> NDArray[np.float64]:
    """Return how much each document has of each known topic, less the mean over the documents."""
    evidence = np.zeros((len(rows), len(known)))
    words = [tuple({*topic.words, *name_words(topic)}) for topic in known]
    times = Counter(word.casefold() for own in words for word in own)
    for place, topic in enumerate(known):
        if len(topic.anchors):
            evidence[:, place] += (vectors @ topic.anchors.T).max(axis=1)
        elif len(topic.rows):
            mean = unit_rows(vectors[labelled == place].mean(axis=0, keepdims=True))
            evidence[:, place] += (vectors @ mean.T).ravel()
        share = {
            word: 1 - np.log(times[word.casefold()]) / np.log(max(len(known), 2)) for word in words[place]
        }
        evidence[:, place] += WORD_WEIGHT * word_share(corpus, share, rows)
    return evidence - np.average(evidence, axis=0, weights=weights)


def name_words(topic: KnownTopic) -> tuple[str, ...]:
    """Return the words of the name of a described topic, and the name itself."""
    if not len(topic.anchors):
        return ()
    return (topic.name, *(word for word in re.findall(r"[\w.#+-]+", topic.name) if len(word) > 1))


def word_share(corpus: Corpus, words: Mapping[str, float], rows: IntArray) -> NDArray[np.float64]:
    """Return the share of some words that each document has; a word counts as much as it is rare.

    Parameters
    ----------
    corpus : Corpus
    words : mapping of str to float
        Words and phrases, in any case, and how telling each is among known topics, 0 to 1.
    rows : int64 ndarray of shape (n,)
        Positions of the documents.

    Returns
    -------
    float64 ndarray of shape (n,)
        0 to 1; 0 everywhere if no word is a term of the corpus.
    """
    wanted = {word.casefold(): float(share) for word, share in words.items()}
    columns = [place for place, term in enumerate(corpus.terms.terms) if term.casefold() in wanted]
    if not columns:
        return np.zeros(len(rows))
    telling = np.array([wanted[corpus.terms.terms[place].casefold()] for place in columns])
    held = csr_array(corpus.terms.counts[:, columns] > 0, dtype=np.float64)
    frequency = np.asarray(held.sum(axis=0)).ravel()
    idf = np.log(corpus.terms.counts.shape[0] / np.maximum(frequency, 1)) + 1e-9
    return np.asarray(held[rows] @ (telling * idf) / idf.sum())


def _prototypes(
    known: Sequence[KnownTopic],
    vectors: FloatArray,
    weights: NDArray[Any],
    groups: IntArray,
    random_state: int,
    *,
    linear: bool,
) -> tuple[FloatArray, IntArray]:
    """Make prototypes of groups; a known topic without documents keeps its anchors."""
    n_known = len(known)
    of_known = ClusteringResult(np.where(groups < n_known, groups, -1), n_prototypes=N_PROTOTYPES)
    of_found = ClusteringResult(np.where(groups < n_known, -1, groups))
    parts, numbers = [np.empty((0, vectors.shape[1]), dtype=np.float32)], [np.empty(0, dtype=np.int64)]
    present = np.unique(groups[groups >= 0])
    for result in (of_known, of_found):
        if linear and len(present) > 1:
            inside = groups >= 0
            places = np.searchsorted(present, groups[inside])
            parts.append(discriminant_prototypes(vectors[inside], places, len(present), weights[inside]))
            numbers.append(present)
            break
        here = np.unique(result.labels[result.labels >= 0])
        packed = replace(
            result, labels=np.where(result.labels >= 0, np.searchsorted(here, result.labels), -1)
        )
        prototypes, of = make_prototypes(vectors, packed, weights, random_state)
        parts.append(prototypes)
        numbers.append(here[of])
    for place in np.setdiff1d(np.arange(n_known), present).tolist():
        anchors = known[place].anchors
        if not anchors.any():
            mean = unit_rows(np.average(vectors, axis=0, weights=weights)[None, :])
            anchors = (OPPOSITE * mean).astype(np.float32)
        parts.append(anchors)
        numbers.append(np.full(len(anchors), place, dtype=np.int64))
    return np.concatenate(parts), np.concatenate(numbers)


def _thresholds(assigner: Assigner, kept: IntArray, of: IntArray, n_known: int) -> FloatArray:
    """Keep the thresholds of found topics; known ones have none."""
    least = [float(assigner.thresholds[assigner.topics == topic].min()) for topic in kept.tolist()]
    return np.array([*[NO_THRESHOLD] * n_known, *least], dtype=np.float32)[of]
