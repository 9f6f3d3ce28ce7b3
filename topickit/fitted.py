"""Fitted: everything a fitted model knows, and `derive`, the one place where results are computed."""

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from topickit._version import __version__
from topickit.assign import Assigner
from topickit.documents import Documents
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import weigh
from topickit.keywords.rank import top_keywords
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import DocumentTerms
from topickit.topics import Topic, Topics
from topickit.vectors import FloatArray, IntArray, group_means, typical_first

N_REPRESENTATIVES = 5
RECORDED_PACKAGES = ("numpy", "scipy", "scikit-learn", "scikit-network", "sentence-transformers", "torch")


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


def derive(
    documents: Documents,
    vectors: FloatArray,
    terms: DocumentTerms,
    assigner: Assigner,
    *,
    keyword_settings: KeywordSettings,
    notes: Mapping[str, object],
    names: Mapping[int, str] | None = None,
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
    """
    assigner, old_ids = by_falling_size(assigner, vectors, documents.weights)
    labels = assigner.labels(vectors)
    counts = TermCounts.of(terms, labels, documents.weights, assigner.n_topics)
    keywords = top_keywords(weigh(counts, keyword_settings), counts, keyword_settings)
    given = {new: names[old] for new, old in enumerate(old_ids) if names and old in names}
    topics = describe(documents, vectors, labels, keywords, given)
    return Fitted(
        assigner=assigner,
        labels=documents.per_row(labels, -1),
        counts=counts,
        topics=topics,
        means=group_means(vectors, labels, assigner.n_topics, documents.weights).astype(np.float32),
        keyword_settings=keyword_settings,
        documents=documents,
        vectors=vectors,
        terms=terms,
        notes=notes,
        given_names=given,
    )


def derive_mapped(fitted: Fitted, mapping: IntArray, names: Mapping[int, str] | None = None) -> Fitted:
    """Compute the results again after topics were merged or renamed; a saved model needs no text for it.

    Parameters
    ----------
    fitted : Fitted
    mapping : int64 ndarray of shape (n_topics,)
        New number of each topic, in any order; topics of one number become one.
    names : mapping of int to str, optional
        Names by new number.
    """
    assigner = fitted.assigner.mapped(mapping)
    if fitted.documents is not None and fitted.vectors is not None and fitted.terms is not None:
        settings = fitted.keyword_settings
        return derive(
            fitted.documents,
            fitted.vectors,
            fitted.terms,
            assigner,
            keyword_settings=settings,
            notes=fitted.notes,
            names=names,
        )
    labels = np.where(fitted.labels >= 0, mapping[fitted.labels], -1)
    sizes = np.bincount(labels[labels >= 0], minlength=assigner.n_topics)
    old_ids = [int(t) for t in np.argsort(-sizes, kind="stable")]
    rank = np.argsort(old_ids).astype(np.int64)
    return _without_texts(
        fitted, rank[mapping], {n: names[o] for n, o in enumerate(old_ids) if names and o in names}
    )


def _without_texts(fitted: Fitted, mapping: IntArray, names: Mapping[int, str]) -> Fitted:
    """Results of a mapping whose numbers stand in their final order, from counts and labels alone."""
    counts = fitted.counts.merged([int(new) for new in mapping])
    labels = np.where(fitted.labels >= 0, mapping[fitted.labels], -1)
    settings = fitted.keyword_settings
    keywords = top_keywords(weigh(counts, settings), counts, settings)
    sizes = np.bincount(labels[labels >= 0], minlength=len(keywords))
    items = tuple(
        Topic(t, int(sizes[t]), float(sizes[t] / len(labels)), words, names.get(t) or readable_name(words, t))
        for t, words in enumerate(keywords)
    )
    topics = Topics(items, len(labels), int((labels < 0).sum()))
    old_sizes = np.array([topic.size for topic in fitted.topics])
    return replace(
        fitted,
        assigner=fitted.assigner.mapped(mapping),
        labels=labels,
        counts=counts,
        topics=topics,
        means=group_means(fitted.means, mapping, len(items), old_sizes).astype(np.float32),
        given_names=names,
    )


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
        order = [int(t) for t in np.argsort(-sizes, kind="stable") if sizes[t] > 0]
        assigner, n_before, old_ids = assigner.select(order), len(old_ids), [old_ids[t] for t in order]
        if len(old_ids) == n_before:
            return assigner, old_ids
        # Rows that a dropped topic called outliers may now belong to another one: look again.


def describe(
    documents: Documents,
    vectors: FloatArray,
    labels: IntArray,
    keywords: list[tuple[tuple[str, float], ...]],
    names: Mapping[int, str],
) -> Topics:
    """Put each topic's numbers, words and nearest documents together."""
    n_topics = len(keywords)
    sizes = np.bincount(labels[labels >= 0], documents.weights[labels >= 0], minlength=n_topics).astype(int)
    nearest = typical_first(vectors, labels, n_topics)
    items = tuple(
        Topic(
            id=topic,
            size=int(sizes[topic]),
            share=float(sizes[topic] / documents.n_rows),
            keywords=keywords[topic],
            name=names.get(topic) or readable_name(keywords[topic], topic),
            representative_documents=tuple(documents.texts[i] for i in nearest[topic][:N_REPRESENTATIVES]),
        )
        for topic in range(n_topics)
    )
    return Topics(items, documents.n_rows, documents.n_rows - int(sizes.sum()))


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
        "clusterer": dict(found),
        "versions": {"topickit": __version__, **packages},
    }
