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
from topickit.fitted.across import Across
from topickit.fitted.assigner import Assigner
from topickit.fitted.base_level import BaseLevel
from topickit.fitted.corpus import Corpus
from topickit.fitted.fitted import Fitted
from topickit.fitted.keyword_names import topic_names
from topickit.fitted.provenance import Provenance
from topickit.fitted.representatives import representative_documents
from topickit.fitted.topics import Topic, Topics
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import weigh
from topickit.keywords.evidence import Evidence
from topickit.keywords.rank import shortlists, top_keywords
from topickit.keywords.rerank import ranking_weights
from topickit.keywords.risk_ratio import RiskRatio, risk_ratios
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

SIMILARITY_SAMPLE = 5000
LOW_PERCENTILE = 0.05
"""`Provenance.similarity_p5` is this quantile of the sampled documents' similarity to their topics."""


def derive(fitted: Fitted, assigner: Assigner, **changes: Any) -> Fitted:
    """Compute the results of another Assigner on the corpus of a model; arguments as for `remeasure`."""
    return describe(remeasure(fitted, assigner, **changes))


def remeasure(fitted: Fitted, assigner: Assigner, **changes: Any) -> Fitted:
    """Measure another Assigner on the corpus of a model; topics are not described yet.

    Parameters
    ----------
    fitted : Fitted
        With its corpus.
    assigner : Assigner
        As for `measure`.
    **changes
        ``names``, ``stability``, ``base_level`` and ``known`` as for `measure`; ``corpus`` and
        ``provenance`` replace those of `fitted`.
    """
    given = {
        "corpus": fitted.corpus or fitted.need_corpus("an edit that moves documents"),
        "keyword_settings": fitted.keyword_settings,
        "provenance": fitted.provenance,
        "covariates": fitted.covariates,
        "across": fitted.across,
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
) -> Fitted:
    """Compute labels, counts and means of a corpus; topics are not described yet.

    Parameters
    ----------
    corpus : Corpus
    assigner : Assigner
        Its topics may stand in any order and may be empty. Those of the result are numbered from 0 by
        falling size, without empty ones that are not known.
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
    """
    documents, vectors, terms = corpus.documents, corpus.vectors, corpus.terms
    before = assigner.topics
    assigner, old_ids, labels = _by_falling_size(assigner, vectors, documents.weights, known)
    counts = TermCounts.of(terms, labels, documents.weights, assigner.n_topics)
    evidence = _evidence(corpus, counts, keyword_settings, across) if keyword_settings.rerank else None
    given = {new: names[old] for new, old in enumerate(old_ids) if names and old in names}
    rows = documents.per_row(labels, -1)
    return Fitted(
        assigner=assigner,
        labels=rows,
        counts=counts,
        topics=_undescribed(
            rows,
            given,
            [stability[old] if stability else None for old in old_ids],
            [old in known for old in old_ids],
        ),
        means=group_means(vectors, labels, assigner.n_topics, documents.weights).astype(np.float32),
        keyword_settings=keyword_settings,
        provenance=provenance,
        corpus=corpus,
        given_names=given,
        evidence=evidence,
        covariates=covariates,
        base_level=None if base_level is None else base_level.kept(np.isin(before, [-1, *old_ids])),
        across=across,
    )


def remap(fitted: Fitted, mapping: IntArray, names: Mapping[int, str] | None = None) -> Fitted:
    """Merge topics: counts add up and no text is read; topics are not described yet.

    Parameters
    ----------
    fitted : Fitted
    mapping : int64 ndarray of shape (n_topics,)
        New number of each topic, in any order; topics of one number become one.
    names : mapping of int to str, optional
        Names by new number.
    """
    old_sizes = np.array([topic.size for topic in fitted.topics])
    assigner = fitted.assigner.mapped(mapping)
    old_ids = assigner.by_size(np.bincount(mapping, old_sizes))
    assigner = assigner.select(old_ids)
    mapping = np.argsort(old_ids).astype(np.int64)[mapping]
    given = {new: names[old] for new, old in enumerate(old_ids) if names and old in names}
    labels = np.where(fitted.labels >= 0, mapping[fitted.labels], -1)
    stability: list[float | None] = [None] * len(old_ids)
    if fitted.base_level is not None:
        stability = fitted.base_level.stability_of(assigner.topics, len(old_ids))
    is_known = [False] * len(old_ids)
    for old, new in enumerate(mapping.tolist()):
        is_known[new] |= fitted.topics[old].is_known
        if (mapping == new).sum() == 1:
            stability[new] = fitted.topics[old].stability
    return replace(
        fitted,
        assigner=assigner,
        labels=labels,
        counts=fitted.counts.merged([int(new) for new in mapping]),
        topics=_undescribed(labels, given, stability, is_known),
        means=group_means(fitted.means, mapping, len(old_ids), old_sizes).astype(np.float32),
        given_names=given,
    )


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
        evidence = _evidence(corpus, counts, settings, across)
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


def _weights(counts: TermCounts, settings: KeywordSettings, across: Across | None) -> csr_array:
    """Weigh the terms of each topic; those of classes are damped."""
    weights = weigh(counts, settings)
    return weights if across is None else across.words.damped(weights, counts.terms)


def _evidence(
    corpus: Corpus, counts: TermCounts, settings: KeywordSettings, across: Across | None
) -> Evidence:
    """Collect the evidence for re-ranking the best candidates of each topic."""
    listed = shortlists(_weights(counts, settings, across), counts)
    candidates = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *listed]))
    return Evidence.of(corpus.terms, corpus.vectors, corpus.documents.weights, candidates)


def describe(fitted: Fitted) -> Fitted:
    """Give each topic its keywords, name and representative documents.

    Parameters
    ----------
    fitted : Fitted
        As `measure` or `remap` returned it.
    """
    weights = _weights(fitted.counts, fitted.keyword_settings, fitted.across)
    keywords = _Keywords.of(fitted, weights)
    names = topic_names(keywords.keywords, fitted.counts, fitted.means)
    representatives = _representatives(fitted, weights)
    items = tuple(
        replace(
            topic,
            keywords=keywords.keywords[topic.id],
            name=fitted.given_names.get(topic.id) or names[topic.id],
            representative_documents=representatives[topic.id],
            risk_ratios=keywords.risk_ratios[topic.id],
        )
        for topic in fitted.topics
    )
    return replace(fitted, topics=replace(fitted.topics, items=items))


def with_base_level(
    fitted: Fitted, vectors: FloatArray, weights: NDArray[Any], resampled_labels: Sequence[IntArray]
) -> Fitted:
    """Record the topics as the base level, and the 5th percentile of similarity.

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
    few = vectors[:SIMILARITY_SAMPLE]  # in the order of content hashes: a uniform sample
    similarity = assigner.similarity(few)[few.any(axis=1)]
    low = float(np.quantile(similarity, LOW_PERCENTILE)) if len(similarity) else 0.0
    return replace(fitted, base_level=base_level, provenance=replace(fitted.provenance, similarity_p5=low))


def current_level(fitted: Fitted, tables: tuple[csr_array, ...] = ()) -> BaseLevel:
    """Return the present topics as a base level; `tables` as in `BaseLevel`."""
    stability = tuple(topic.stability for topic in fitted.topics)
    known = {topic.id: topic.name for topic in fitted.topics if topic.is_known}
    return BaseLevel(fitted.assigner.topics, tables, stability, known)


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
    """Number topics from 0 by falling size, without empty unknown ones; also the old ids, and the labels."""
    old_ids = list(range(assigner.n_topics))
    while True:
        labels = assigner.labels(vectors)
        sizes = np.bincount(labels[labels >= 0], weights[labels >= 0], minlength=len(old_ids))
        order = [topic for topic in assigner.by_size(sizes) if sizes[topic] > 0 or old_ids[topic] in known]
        assigner, n_before, old_ids = assigner.select(order), len(old_ids), [old_ids[t] for t in order]
        if len(old_ids) == n_before:
            numbers = np.append(np.argsort(order), -1)  # the last one is for label −1
            return assigner, old_ids, numbers[labels].astype(np.int64)
        # Rows that a dropped topic called outliers may now belong to another one: look again.


def _undescribed(
    labels: IntArray,
    names: Mapping[int, str],
    stability: Sequence[float | None],
    is_known: Sequence[bool],
) -> Topics:
    """Return topics that have sizes, but no keywords yet."""
    sizes = np.bincount(labels[labels >= 0], minlength=len(stability))
    items = tuple(
        Topic(
            topic,
            int(size),
            size / len(labels),
            (),
            names.get(topic, ""),
            stability=stability[topic],
            is_known=is_known[topic],
        )
        for topic, size in enumerate(sizes.tolist())
    )
    return Topics(items, len(labels), int((labels < 0).sum()))


def _representatives(fitted: Fitted, weights: csr_array) -> list[tuple[str, ...]]:
    """Return the representative documents of each topic; none without a corpus."""
    corpus = fitted.corpus
    if corpus is None:
        return [()] * len(fitted.topics)
    labels = fitted.labels[corpus.documents.first_rows]
    return representative_documents(corpus, labels, fitted.means, ranking_weights(weights, fitted.counts))
