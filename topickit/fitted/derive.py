"""The one place where results are computed from a corpus and an Assigner.

`derive` assigns, counts and describes. `measure` and `remap` leave out the description (keywords, names,
representative documents), so that several steps can follow each other before `describe` ranks keywords once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, IntArray, group_means
from topickit.corpus.covariates import Covariates
from topickit.fitted.across import Across, weigh_terms
from topickit.fitted.assigner import Assigner
from topickit.fitted.base_level import BaseLevel
from topickit.fitted.cohesion import cohesion, unlike_shares
from topickit.fitted.corpus import Corpus
from topickit.fitted.fitted import Fitted
from topickit.fitted.keyword_names import topic_names
from topickit.fitted.provenance import Provenance
from topickit.fitted.representatives import representative_documents
from topickit.fitted.topics import Topic, Topics
from topickit.keywords.counts import TermCounts
from topickit.keywords.evidence import Evidence
from topickit.keywords.rank import shortlists, top_keywords
from topickit.keywords.rerank import ranking_weights
from topickit.keywords.risk_ratio import RiskRatio, risk_ratios
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms


def derive(fitted: Fitted, assigner: Assigner, **changes: Any) -> Fitted:
    """Compute the results of another Assigner on the corpus of a model; arguments as for `remeasure`."""
    return describe(remeasure(fitted, assigner, **changes), before=fitted)


def remeasure(fitted: Fitted, assigner: Assigner, **changes: Any) -> Fitted:
    """Measure another Assigner on the corpus of a model; topics are not described yet.

    Parameters
    ----------
    fitted : Fitted
        With its corpus.
    assigner : Assigner
        As for `measure`.
    **changes
        ``ids``, ``names``, ``stability``, ``base_level`` and ``known`` as for `measure`; ``corpus`` and
        ``provenance`` replace those of `fitted`.
    """
    given = {
        "corpus": fitted.corpus or fitted.need_corpus("an edit that moves documents"),
        "keyword_settings": fitted.keyword_settings,
        "provenance": fitted.provenance,
        "covariates": fitted.covariates,
        "across": fitted.across,
        "next_id": fitted.next_id,
        **changes,
    }
    return replace(measure(assigner=assigner, **given), doubtful=fitted.doubtful)


def measure(
    corpus: Corpus,
    assigner: Assigner,
    *,
    keyword_settings: KeywordSettings,
    provenance: Provenance,
    names: Mapping[int, str] | None = None,
    stability: Sequence[float | None] | None = None,
    covariates: Covariates | None = None,
    base_level: BaseLevel | None = None,
    known: Collection[int] = (),
    across: Across | None = None,
    ids: Sequence[int] | IntArray | None = None,
    next_id: int = 0,
) -> Fitted:
    """Compute labels, counts and means of a corpus; topics are not described yet.

    Parameters
    ----------
    corpus : Corpus
    assigner : Assigner
        Its topics may stand in any order and may be empty. Those of the result stand by rising id, without
        empty ones that are not known.
    keyword_settings : KeywordSettings
    provenance : Provenance
    names : mapping of int to str, optional
        Names given by the user, by the Assigner's topic numbers.
    stability : sequence of float or None, optional
        Stability of each of the Assigner's topics.
    covariates : Covariates, optional
    base_level : BaseLevel, optional
        Of the Assigner's prototypes.
    known : collection of int
        The Assigner's topics that were given to the fit. They stay where they are empty.
    across : Across, optional
        What was taken out of the vectors of the corpus.
    ids : sequence of int, optional
        Id of each of the Assigner's topics, −1 for a new topic. Of several topics with one id the largest
        keeps it. New topics are numbered by falling size. None makes all topics new.
    next_id : int
        The smallest id of a new topic.
    """
    documents, vectors, terms = corpus.documents, corpus.vectors, corpus.terms
    before = assigner.topics
    assigner, old, labels = _by_falling_size(assigner, vectors, documents.weights, known)
    new_ids = public_ids([-1 if ids is None else int(ids[topic]) for topic in old], next_id)
    order = np.argsort(new_ids)
    numbers = np.argsort(order).astype(np.int64)
    assigner, labels, old = assigner.mapped(numbers), np.append(numbers, -1)[labels], [old[i] for i in order]
    counts = TermCounts.of(terms, labels, documents.weights, assigner.n_topics)
    evidence = evidence_of(corpus, counts, keyword_settings, across) if keyword_settings.rerank else None
    given = {new: names[topic] for new, topic in enumerate(old) if names and topic in names}
    rows = documents.per_row(labels, -1)
    return Fitted(
        assigner=assigner,
        labels=rows,
        counts=counts,
        topics=undescribed(
            rows,
            np.sort(new_ids),
            given,
            [stability[topic] if stability else None for topic in old],
            [topic in known for topic in old],
        ),
        means=group_means(vectors, labels, assigner.n_topics, documents.weights).astype(np.float32),
        keyword_settings=keyword_settings,
        provenance=provenance,
        corpus=corpus,
        given_names=given,
        evidence=evidence,
        covariates=covariates,
        base_level=None if base_level is None else base_level.kept(np.isin(before, [-1, *old])),
        across=across,
        next_id=next_id,
    )


def public_ids(wanted: Sequence[int], next_id: int) -> IntArray:
    """Give each topic an id of its own.

    Parameters
    ----------
    wanted : sequence of int
        The id that each topic should have, −1 for a new one. The first of several keeps it.
    next_id : int
        The smallest id of a new topic.

    Returns
    -------
    int64 ndarray
    """
    used: set[int] = set()
    result = np.empty(len(wanted), dtype=np.int64)
    for place, topic in enumerate(wanted):
        if topic < 0 or topic in used:
            topic, next_id = next_id, next_id + 1
        used.add(topic)
        result[place] = topic
    return result


def remap(fitted: Fitted, mapping: IntArray, names: Mapping[int, str] | None = None) -> Fitted:
    """Merge topics: counts add up and no text is read; topics are not described yet.

    Parameters
    ----------
    fitted : Fitted
    mapping : int64 ndarray of shape (n_topics,)
        New number of each topic, in any order; topics of one number become one, with the id of the largest.
    names : mapping of int to str, optional
        Names by new number.
    """
    old_sizes = np.array([topic.size for topic in fitted.topics])
    by_size = np.lexsort((fitted.ids, -old_sizes))
    numbers, largest = np.unique(mapping[by_size], return_index=True)
    ids = fitted.ids[by_size][largest]
    order = np.argsort(ids)
    mapping = np.argsort(order).astype(np.int64)[np.searchsorted(numbers, mapping)]
    assigner = fitted.assigner.mapped(mapping)
    given = {new: names[old] for new, old in enumerate(numbers[order].tolist()) if names and old in names}
    labels = np.where(fitted.labels >= 0, mapping[fitted.labels], -1)
    stability: list[float | None] = [None] * len(order)
    if fitted.base_level is not None:
        stability = fitted.base_level.stability_of(assigner.topics, len(order))
    is_known = [False] * len(order)
    for old, new in enumerate(mapping.tolist()):
        is_known[new] |= fitted.topics.items[old].is_known
        if (mapping == new).sum() == 1:
            stability[new] = fitted.topics.items[old].stability
    return replace(
        fitted,
        assigner=assigner,
        labels=labels,
        counts=fitted.counts.merged([int(new) for new in mapping]),
        topics=undescribed(labels, ids[order], given, stability, is_known, fitted.row_weights),
        means=group_means(fitted.means, mapping, len(order), old_sizes).astype(np.float32),
        given_names=given,
    )


def numbered_anew(fitted: Fitted) -> Fitted:
    """Number topics from 0 by falling size, as a fit does before anybody has seen an id."""
    sizes = np.array([topic.size for topic in fitted.topics])
    order = fitted.assigner.by_size(sizes)
    fitted = fitted.in_order(order)
    items = tuple(replace(topic, id=new) for new, topic in enumerate(fitted.topics))
    return replace(fitted, topics=replace(fitted.topics, items=items), next_id=0)


def with_keywords(fitted: Fitted, settings: KeywordSettings) -> Fitted:
    """Choose keywords by other settings; topics and labels stay as they are.

    Parameters
    ----------
    fitted : Fitted
    settings : KeywordSettings
        The number of keywords, the weighting and `reduce_frequent` need the counts only. Settings that change
        the terms, and `rerank` where it was off, need the corpus.

    Raises
    ------
    InputError
        When the corpus is needed and the model has none.
    ParameterError
        When settings from a file lack their tokenizer.
    """
    corpus, counts, evidence, across = fitted.corpus, fitted.counts, fitted.evidence, fitted.across
    if not settings.counts_like(fitted.keyword_settings):
        settings.check_countable()
        corpus = fitted.need_corpus("counting other terms")
        documents = corpus.documents
        corpus = corpus.with_terms(count_terms(documents.texts, documents.weights, settings))
        labels = fitted.labels[documents.first_rows]
        counts = TermCounts.of(corpus.terms, labels, documents.weights, len(fitted.topics))
        if across is not None and fitted.covariates is not None:
            across = across.with_words(corpus.terms, documents, fitted.covariates)
    if not settings.rerank:
        evidence = None
    elif corpus is not None:
        evidence = evidence_of(corpus, counts, settings, across)
    elif evidence is None:
        fitted.need_corpus("re-ranking keywords")
    recorded = {**fitted.provenance.settings, "keywords": settings.state().config}
    taken_out = {} if across is None else across.notes()
    return describe(
        replace(
            fitted,
            corpus=corpus,
            counts=counts,
            evidence=evidence,
            keyword_settings=settings,
            provenance=replace(fitted.provenance, settings=recorded, across=taken_out),
            across=across,
        )
    )


def evidence_of(
    corpus: Corpus, counts: TermCounts, settings: KeywordSettings, across: Across | None
) -> Evidence:
    """Collect the evidence for re-ranking the best candidates of each topic."""
    listed = shortlists(weigh_terms(counts, settings, across), counts)
    candidates = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *listed]))
    return Evidence.of(corpus.terms, corpus.vectors, corpus.documents.weights, candidates)


def describe(fitted: Fitted, before: Fitted | None = None) -> Fitted:
    """Give each topic its keywords, name and representative documents.

    Parameters
    ----------
    fitted : Fitted
        As `measure` or `remap` returned it.
    before : Fitted, optional
        The model of which it is an edit: a topic with the id and the prototypes that it had keeps its name.
    """
    weights = fitted.term_weights()
    keywords = _Keywords.of(fitted, weights)
    names = topic_names(keywords.keywords, fitted.counts, fitted.means, evidence=fitted.evidence)
    names = _kept_names(fitted, names, before)
    representatives = _representatives(fitted, weights)
    alike, unlike = cohesion(fitted.means), unlike_shares(fitted, before)
    items = tuple(
        replace(
            topic,
            keywords=keywords.keywords[row],
            name=names[row],
            representative_documents=representatives[row],
            since=fitted.provenance.since(topic.id),
            risk_ratios=keywords.risk_ratios[row],
            cohesion=alike[row],
            unlike_share=unlike[row],
        )
        for row, topic in enumerate(fitted.topics)
    )
    return replace(fitted, topics=replace(fitted.topics, items=items))


def _kept_names(fitted: Fitted, names: Sequence[str], before: Fitted | None) -> list[str]:
    """Return given names, names that topics had, and names made of keywords, in this order."""
    kept: dict[int, str] = {}
    if before is not None:
        rows = {topic: row for row, topic in enumerate(before.ids.tolist())}
        for row, topic in enumerate(fitted.ids.tolist()):
            if topic in rows and _same_prototypes(fitted, row, before, rows[topic]):
                kept[row] = before.topics.items[rows[topic]].name
    kept |= fitted.given_names
    taken = set(kept.values())
    result = [kept.get(row, name) for row, name in enumerate(names)]
    for row, name in enumerate(names):
        if row not in kept and name in taken:  # made anew, it would be another topic's name
            result[row] = f"{name} ({fitted.ids[row]})"
    return result


def _same_prototypes(a: Fitted, row_a: int, b: Fitted, row_b: int) -> bool:
    of_a, of_b = a.assigner.topics == row_a, b.assigner.topics == row_b
    return np.array_equal(a.assigner.prototypes[of_a], b.assigner.prototypes[of_b])


def with_base_level(
    fitted: Fitted, vectors: FloatArray, weights: NDArray[Any], resampled_labels: Sequence[IntArray]
) -> Fitted:
    """Record the topics as the base level.

    Parameters
    ----------
    fitted : Fitted
    vectors : float32 ndarray of shape (n, d), unit rows
        The sample on which topics were found.
    weights : ndarray of shape (n,)
    resampled_labels : sequence of int64 ndarray of shape (n,)
        As `ClusteringResult.resampled_labels`.
    """
    assigner, base_level = fitted.assigner, current_level(fitted)
    if resampled_labels:  # else there is nothing to compare with, and assigning the sample takes time
        base_level = base_level.with_tables(assigner.parts().labels(vectors), resampled_labels, weights)
    return replace(fitted, base_level=base_level)


def current_level(fitted: Fitted, tables: tuple[csr_array, ...] = ()) -> BaseLevel:
    """Return the present topics as a base level; `tables` as in `BaseLevel`."""
    stability = tuple(topic.stability for topic in fitted.topics)
    known = {row: topic.name for row, topic in enumerate(fitted.topics) if topic.is_known}
    return BaseLevel(fitted.assigner.topics, tables, stability, known, tuple(fitted.ids.tolist()))


def rebased(before: Fitted, after: Fitted) -> Fitted:
    """Make the level of an edit the base level, unless the edit was made at the base level.

    Other levels are derived from the base level. What an edit of a coarser level means at the base level
    is undefined: Ward's criterion would merge the base topics in another way now.

    Parameters
    ----------
    before, after : Fitted
        `after` still has the base level of `before`, for the prototypes that the edit leaves.
    """
    base_level = before.base_level
    if base_level is None or after.base_level is None:
        return after
    levels = np.stack([base_level.topics, before.assigner.topics])
    pairs = np.unique(levels[:, before.assigner.topics >= 0], axis=1).shape[1]
    if pairs == base_level.n_topics == len(before.topics):
        return after
    return replace(after, base_level=current_level(after, after.base_level.tables))


@dataclass(frozen=True)
class _Keywords:
    """Keywords of each topic with their risk ratios."""

    keywords: Sequence[tuple[tuple[str, float], ...]]
    risk_ratios: Sequence[tuple[RiskRatio, ...]]

    @classmethod
    def of(cls, fitted: Fitted, weights: csr_array) -> "_Keywords":
        """Choose the keywords of each topic."""
        counts = fitted.counts
        keywords = top_keywords(
            weights, counts, fitted.keyword_settings, evidence=fitted.evidence, means=fitted.means
        )
        return cls(keywords, risk_ratios(counts, [[word for word, _ in listed] for listed in keywords]))


def _by_falling_size(
    assigner: Assigner, vectors: FloatArray, weights: IntArray, known: Collection[int]
) -> tuple[Assigner, list[int], IntArray]:
    """Number topics from 0 by falling size, without empty unknown ones; also old numbers, and the labels."""
    old = list(range(assigner.n_topics))
    while True:
        labels = assigner.labels(vectors)
        sizes = np.bincount(labels[labels >= 0], weights[labels >= 0], minlength=len(old))
        order = [topic for topic in assigner.by_size(sizes) if sizes[topic] > 0 or old[topic] in known]
        assigner, n_before, old = assigner.select(order), len(old), [old[t] for t in order]
        if len(old) == n_before:
            numbers = np.append(np.argsort(order), -1)  # the last one is for label −1
            return assigner, old, numbers[labels].astype(np.int64)
        # Rows that a dropped topic called outliers may now belong to another one: look again.


def sizes_of(labels: IntArray, row_weights: IntArray | None, n_topics: int) -> IntArray:
    """Count the documents of each topic, then those in none.

    Parameters
    ----------
    labels : int64 ndarray of shape (n,)
        −1 for none.
    row_weights : int64 ndarray of shape (n,), or None
        As `Fitted.row_weights`.
    n_topics : int

    Examples
    --------
    >>> sizes_of(np.array([0, 2, -1]), np.array([5, 1, 1]), 3).tolist()
    [5, 0, 1, 1]
    """
    rows = np.where(labels < 0, n_topics, labels)
    return np.bincount(rows, row_weights, minlength=n_topics + 1).astype(np.int64)


def undescribed(
    labels: IntArray,
    ids: IntArray,
    names: Mapping[int, str],
    stability: Sequence[float | None],
    is_known: Sequence[bool],
    row_weights: IntArray | None = None,
) -> Topics:
    """Return topics that have sizes, but no keywords yet."""
    *sizes, n_outliers = sizes_of(labels, row_weights, len(stability)).tolist()
    n_documents = sum(sizes) + n_outliers
    items = tuple(
        Topic(
            topic,
            size,
            size / n_documents,
            (),
            names.get(row, ""),
            stability=stability[row],
            is_known=is_known[row],
        )
        for row, (topic, size) in enumerate(zip(ids.tolist(), sizes, strict=True))
    )
    return Topics(items, n_documents, n_outliers)


def _representatives(fitted: Fitted, weights: csr_array) -> list[tuple[str, ...]]:
    """Return the representative documents of each topic; none without a corpus."""
    corpus = fitted.corpus
    if corpus is None:
        return [()] * len(fitted.topics)
    labels = fitted.labels[corpus.documents.first_rows]
    return representative_documents(corpus, labels, fitted.means, ranking_weights(weights, fitted.counts))
