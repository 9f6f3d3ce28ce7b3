"""Fitted: everything a fitted model knows, and `derive`, the one place where results are computed."""

import importlib.metadata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, IntArray, group_means, typical_first
from topickit._version import __version__
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents
from topickit.fitted.assigner import Assigner
from topickit.fitted.base_level import BaseLevel
from topickit.fitted.topics import Topic, Topics
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import weigh
from topickit.keywords.evidence import Evidence
from topickit.keywords.rank import shortlists, top_keywords
from topickit.keywords.risk_ratio import RiskRatio, risk_ratios
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import DocumentTerms

N_REPRESENTATIVES = 5
LOOKED_AT = 5000
UNUSUAL = 0.05
"""Share of the documents that topics were found on that are less similar to their topic than is usual."""
RECORDED_PACKAGES = ("numpy", "scipy", "scikit-learn", "numba", "sentence-transformers", "torch")


@dataclass(frozen=True, eq=False)
class Fitted:
    """The state of a fitted model: values that no method changes.

    Attributes
    ----------
    assigner : Assigner
        Decides the topic of any vector.
    labels : int64 ndarray of shape (n,)
        Topic of each of the caller's rows, −1 for none.
    counts : TermCounts
        Topic × word counts.
    topics : Topics
        The topics, largest first.
    means : float32 ndarray of shape (n_topics, d)
        Mean vector of each topic's documents.
    keyword_settings : KeywordSettings
        How keywords were made, so that an edited model makes them alike.
    documents, vectors, terms : Documents, float32 ndarray of shape (u, d), DocumentTerms; or None
        The corpus itself: distinct texts, their unit vectors, their words. None in a model that
        was loaded from a file without texts.
    notes : mapping
        How the model was made: versions, settings, findings of the clusterer.
    given_names : mapping of int to str
        Names that the user gave, by topic.
    evidence : Evidence or None
        What re-ranks keywords when topics are merged; None where keywords go by weight alone.
    covariates : Covariates or None
        When each row is from, and its class, where the user said so.
    found : BaseLevel or None
        What the fit found, or an edit made, by prototype; None in a model of an earlier topickit.
    """

    assigner: Assigner
    labels: IntArray
    counts: TermCounts
    topics: Topics
    means: FloatArray = field(repr=False)
    keyword_settings: KeywordSettings
    documents: Documents | None = field(default=None, repr=False)
    vectors: FloatArray | None = field(default=None, repr=False)
    terms: DocumentTerms | None = field(default=None, repr=False)
    notes: Mapping[str, object] = field(default_factory=dict, repr=False)
    given_names: Mapping[int, str] = field(default_factory=dict, repr=False)
    evidence: Evidence | None = field(default=None, repr=False)
    covariates: Covariates | None = field(default=None, repr=False)
    base_level: BaseLevel | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.labels.flags.writeable = False  # models that an edit makes may share them

    def on(self, device: str | None) -> "Fitted":
        """Give the same value with an Assigner that computes on a device; None for the CPU."""
        if device == self.assigner.device:
            return self
        return replace(self, assigner=replace(self.assigner, device=device))

    def parents(self) -> IntArray | None:
        """The found topic that each topic is a part of, where a finer level tells parts apart.

        Returns
        -------
        int64 ndarray of shape (n_topics,), or None
            A number of its own for a topic that is no part; None where no found topic is in parts.
        """
        if self.base_level is None:
            return None
        result = np.arange(len(self.topics)) + int(self.base_level.topics.max(initial=-1)) + 1
        for topic in range(len(self.topics)):
            of = np.unique(self.base_level.topics[self.assigner.topics == topic])
            if len(of) == 1:
                result[topic] = of[0]
        return result if len(np.unique(result)) < len(result) else None


def with_base_level(
    fitted: Fitted, vectors: FloatArray, weights: NDArray[Any], others: Sequence[IntArray]
) -> Fitted:
    """Keep what a fit found.

    Parameters
    ----------
    fitted : Fitted
    vectors : float32 ndarray of shape (n, d), unit rows
        On which topics were found.
    weights : ndarray of shape (n,)
    others : sequence of int64 ndarray of shape (n,)
        As `ClusteringResult.resampled_labels`.
    """
    assigner, found = fitted.assigner, current_level(fitted)
    if others:  # else nothing to compare with, and assigning many documents again takes its time
        found = found.with_tables(assigner.parts().labels(vectors), others, weights)
    few = vectors[:LOOKED_AT]  # in the order of their hashes: a sample
    near = assigner.similarity(few)[few.any(axis=1)]
    usual = float(np.quantile(near, UNUSUAL)) if len(near) else 0.0
    return replace(fitted, base_level=found, notes={**fitted.notes, "usual_similarity": usual})


def current_level(fitted: Fitted, tables: tuple[csr_array, ...] = ()) -> BaseLevel:
    """Take the topics that there are for those that were found; `tables` as `BaseLevel` has them."""
    return BaseLevel(fitted.assigner.topics, tables, tuple(topic.stability for topic in fitted.topics))


def rebased(before: Fitted, after: Fitted) -> Fitted:
    """Make the level that an edit was made at the one to start from, where it is not the one that was found.

    Other levels are told of what was found. What has become of a coarser level by an edit of it, that cannot
    be told: Ward's criterion would merge what was found in another way now.

    Parameters
    ----------
    before, after : Fitted
        `after` still has the `found` of `before`, of the prototypes that the edit leaves.
    """
    found = before.base_level
    if found is None or after.base_level is None:
        return after
    pairs = np.unique(np.stack([found.topics, before.assigner.topics]), axis=1).shape[1]
    if pairs == len(np.unique(found.topics)) == len(before.topics):
        return after
    return replace(after, base_level=current_level(after, after.base_level.tables))


def derive(
    documents: Documents,
    vectors: FloatArray,
    terms: DocumentTerms,
    assigner: Assigner,
    *,
    keyword_settings: KeywordSettings,
    notes: Mapping[str, object],
    names: Mapping[int, str] | None = None,
    stability: Sequence[float | None] | None = None,
    covariates: Covariates | None = None,
    base_level: BaseLevel | None = None,
) -> Fitted:
    """Compute labels, counts, keywords and topics from a corpus and an Assigner.

    Parameters
    ----------
    documents : Documents
        u distinct texts.
    vectors : float32 ndarray of shape (u, d), unit rows
    terms : DocumentTerms
        The words of each text.
    assigner : Assigner
        Its topics may stand in any order and may be empty; the result's are numbered from 0 by
        falling size, without empty ones.
    keyword_settings : KeywordSettings
    notes : mapping
    names : mapping of int to str, optional
        Names that the user gave, by the Assigner's topic numbers.
    stability : sequence of float or None, optional
        How well each of the Assigner's topics is found again.
    covariates : Covariates, optional
    found : BaseLevel, optional
        Of the Assigner's prototypes.
    """
    given_topics = assigner.topics
    assigner, old_ids = by_falling_size(assigner, vectors, documents.weights)
    labels = assigner.labels(vectors)
    counts = TermCounts.of(terms, labels, documents.weights, assigner.n_topics)
    means = group_means(vectors, labels, assigner.n_topics, documents.weights).astype(np.float32)
    evidence = None
    if keyword_settings.rerank:
        listed = shortlists(weigh(counts, keyword_settings), counts)
        candidates = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *listed]))
        evidence = Evidence.of(terms, vectors, documents.weights, candidates)
    given = {new: names[old] for new, old in enumerate(old_ids) if names and old in names}
    known = [stability[old] if stability else None for old in old_ids]
    words = Words.of(counts, means, evidence, keyword_settings)
    return Fitted(
        assigner=assigner,
        labels=documents.per_row(labels, -1),
        counts=counts,
        topics=described(documents.per_row(labels, -1), words, given, known, documents, vectors),
        means=means,
        keyword_settings=keyword_settings,
        evidence=evidence,
        documents=documents,
        vectors=vectors,
        terms=terms,
        notes=notes,
        given_names=given,
        covariates=covariates,
        base_level=None if base_level is None else base_level.kept(np.isin(given_topics, old_ids)),
    )


def derive_mapped(fitted: Fitted, mapping: IntArray, names: Mapping[int, str] | None = None) -> Fitted:
    """Compute the results again after topics were merged: counts add up, and no text is read.

    Parameters
    ----------
    fitted : Fitted
    mapping : int64 ndarray of shape (n_topics,)
        New number of each topic, in any order; topics of one number become one.
    names : mapping of int to str, optional
        Names by new number.
    """
    sizes = np.bincount(mapping, [topic.size for topic in fitted.topics])
    assigner = fitted.assigner.mapped(mapping)
    old_ids = assigner.by_size(sizes)
    assigner = assigner.select(old_ids)
    mapping = np.argsort(old_ids).astype(np.int64)[mapping]
    given = {new: names[old] for new, old in enumerate(old_ids) if names and old in names}
    counts = fitted.counts.merged([int(new) for new in mapping])
    labels = np.where(fitted.labels >= 0, mapping[fitted.labels], -1)
    old_sizes = np.array([topic.size for topic in fitted.topics])
    means = group_means(fitted.means, mapping, len(old_ids), old_sizes).astype(np.float32)
    known: list[float | None] = [None] * len(old_ids)
    if fitted.base_level is not None:
        known = fitted.base_level.stability_of(assigner.topics, len(old_ids))
    for old, new in enumerate(mapping.tolist()):
        if (mapping == new).sum() == 1:
            known[new] = fitted.topics[old].stability
    words = Words.of(counts, means, fitted.evidence, fitted.keyword_settings)
    return replace(
        fitted,
        assigner=assigner,
        labels=labels,
        counts=counts,
        topics=described(labels, words, given, known, fitted.documents, fitted.vectors),
        means=means,
        given_names=given,
    )


@dataclass(frozen=True)
class Words:
    """Keywords of each topic, and how much likelier they are inside it than outside."""

    keywords: Sequence[tuple[tuple[str, float], ...]]
    risk_ratios: Sequence[tuple[RiskRatio, ...]]

    @classmethod
    def of(
        cls, counts: TermCounts, means: FloatArray, evidence: Evidence | None, settings: KeywordSettings
    ) -> "Words":
        """Choose the keywords of each topic."""
        weights = weigh(counts, settings)
        keywords = top_keywords(weights, counts, settings, evidence=evidence, means=means)
        return cls(keywords, risk_ratios(counts, [[word for word, _ in listed] for listed in keywords]))


def by_falling_size(assigner: Assigner, vectors: FloatArray, weights: IntArray) -> tuple[Assigner, list[int]]:
    """Number topics from 0 by falling size, dropping those that no document got.

    Returns
    -------
    Assigner, list of int
        The renumbered Assigner, and the old id of each new topic.
    """
    old_ids = list(range(assigner.n_topics))
    while True:
        labels = assigner.labels(vectors)
        sizes = np.bincount(labels[labels >= 0], weights[labels >= 0], minlength=len(old_ids))
        order = [topic for topic in assigner.by_size(sizes) if sizes[topic] > 0]
        assigner, n_before, old_ids = assigner.select(order), len(old_ids), [old_ids[t] for t in order]
        if len(old_ids) == n_before:
            return assigner, old_ids
        # Rows that a dropped topic called outliers may now belong to another one: look again.


def described(
    labels: IntArray,
    words: Words,
    names: Mapping[int, str],
    stability: Sequence[float | None],
    documents: Documents | None,
    vectors: FloatArray | None,
) -> Topics:
    """Put each topic's numbers, words and nearest documents together.

    Parameters
    ----------
    labels : int64 ndarray of shape (n,)
        Of the caller's rows.
    words : Words
    names : mapping of int to str
        Names that the user gave.
    stability : sequence of float or None
        Of each topic.
    documents, vectors : Documents, float32 ndarray of shape (u, d); or None
        Without them no topic has representative documents.
    """
    n_topics = len(words.keywords)
    sizes = np.bincount(labels[labels >= 0], minlength=n_topics)
    typical: list[tuple[str, ...]] = [()] * n_topics
    if documents is not None and vectors is not None:
        nearest = typical_first(vectors, labels[documents.first_rows], n_topics)
        # Equal texts whose given vectors differ, if only by rounding, are several documents.
        typical = [_first_distinct(documents.texts[i] for i in rows) for rows in nearest]
    items = tuple(
        Topic(
            id=topic,
            size=int(sizes[topic]),
            share=float(sizes[topic] / len(labels)),
            keywords=words.keywords[topic],
            name=names.get(topic) or readable_name(words.keywords[topic], topic),
            representative_documents=typical[topic],
            stability=stability[topic],
            risk_ratios=words.risk_ratios[topic],
        )
        for topic in range(n_topics)
    )
    return Topics(items, len(labels), int((labels < 0).sum()))


def _first_distinct(texts: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for text in texts:
        found[text] = None
        if len(found) == N_REPRESENTATIVES:
            break
    return tuple(found)


def readable_name(keywords: tuple[tuple[str, float], ...], topic: int) -> str:
    """Name a topic by its first three keywords that do not repeat each other's words."""
    chosen: list[str] = []
    for word, _ in keywords:
        taken = {part for other in chosen for part in other.casefold().split()}
        if not taken & set(word.casefold().split()):
            chosen.append(word)
        if len(chosen) == 3:
            break
    return ", ".join(chosen) if chosen else f"topic {topic}"


def provenance(
    documents: Documents,
    settings: Mapping[str, object],
    embedder: str,
    dimension: int,
    n_fitted: int,
    found: Mapping[str, object],
) -> dict[str, object]:
    """Record how a model was made, for the report's page of trust.

    Parameters
    ----------
    documents : Documents
    settings : mapping
        The model's parameters as plain data.
    embedder : str
        What made the vectors.
    dimension : int
        Length of the vectors.
    n_fitted : int
        Distinct documents on which topics were found.
    found : mapping
        What the clusterer noted.
    """
    packages = {package: importlib.metadata.version(package) for package in RECORDED_PACKAGES}
    return {
        "settings": dict(settings),
        "embedder": embedder,
        "dimension": dimension,
        "documents": documents.n_rows,
        "distinct_documents": len(documents),
        "blank_documents": documents.n_blank,
        "fitted_on": n_fitted,
        "digest": documents.digest(),
        "clusterer": dict(found),
        "versions": {"topickit": __version__, **packages},
    }
