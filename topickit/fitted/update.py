"""Update of a fitted model by new documents: counts add up, old topics stay, new ones may come.

Prototypes of old topics do not move unless asked for, so labels of new documents do not depend on the order
of updates.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.sparse import csr_array, vstack

from topickit._core.vectors import FloatArray, IntArray, group_means, nearest_prototype
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents
from topickit.corpus.joining import Joined
from topickit.errors import ParameterError
from topickit.fitted.added import labels_with_added, own_values
from topickit.fitted.assigner import Assigner
from topickit.fitted.change import Change
from topickit.fitted.comparing import Recount, measure_change
from topickit.fitted.corpus import Corpus
from topickit.fitted.counted import Counted
from topickit.fitted.density import Block
from topickit.fitted.derive import describe, evidence_of, sizes_of, undescribed
from topickit.fitted.fitted import Fitted
from topickit.fitted.novelty import find_new_topics
from topickit.keywords.counts import TermCounts
from topickit.keywords.further import count_further_terms, documents_with, extended
from topickit.keywords.vocabulary import DocumentTerms

Drift = Literal["keep", "follow"]


@dataclass(frozen=True, eq=False)
class NewRows:
    """Documents that a model is updated by.

    Attributes
    ----------
    documents : Documents
    vectors : float32 ndarray of shape (v, d), unit rows
    covariates : Covariates or None
    by_vector : bool
        Whether equal texts with different vectors are different documents.
    """

    documents: Documents
    vectors: FloatArray
    covariates: Covariates | None = None
    by_vector: bool = False


def updated(fitted: Fitted, new: NewRows, *, drift: Drift = "keep", find_new: bool = True) -> Fitted:
    """Update a model by new documents.

    Parameters
    ----------
    fitted : Fitted
    new : NewRows
    drift : {"keep", "follow"}
        "follow" moves the prototypes of old topics to the new documents, which needs the corpus.
    find_new : bool
        Search for new topics.

    Returns
    -------
    Fitted
        Rows of the model, then the new ones. Old topics have their ids and names, new ones the next ids.

    Raises
    ------
    ParameterError
        For another `drift`.
    InputError
        When prototypes are to follow and the model has no corpus.
    """
    if drift not in ("keep", "follow"):
        raise ParameterError(f'drift must be "keep" or "follow"; got {drift!r}')
    assigner = fitted.assigner if drift == "keep" else _followed(fitted, new)
    if find_new:
        corpus = fitted.corpus
        of_model = None if corpus is None else Block(corpus.vectors, corpus.documents.weights)
        found = find_new_topics(assigner, Block(new.vectors, new.documents.weights), of_model)
        assigner = found.added_to(assigner)
    terms = _terms(fitted, new.documents)
    grown = (
        _with_corpus(fitted, new, assigner, terms) if fitted.corpus else _alone(fitted, new, assigner, terms)
    )
    grown = _named_as_before(fitted, describe(grown))
    grown = grown if grown.corpus else _with_unlike(fitted, grown, new)
    change = _change(fitted, grown, new, terms)
    provenance = grown.provenance.updated(change, fitted.next_id, grown.next_id)
    items = tuple(replace(topic, since=provenance.since(topic.id)) for topic in grown.topics)
    return replace(grown, provenance=provenance, topics=replace(grown.topics, items=items))


def _followed(fitted: Fitted, new: NewRows) -> Assigner:
    """Move each prototype to the mean of its documents, old and new."""
    corpus = fitted.need_corpus('drift="follow"')
    prototypes = fitted.assigner.prototypes
    totals = np.zeros(prototypes.shape, dtype=np.float64)
    sizes = np.zeros(len(prototypes))
    of_old = nearest_prototype(corpus.vectors, prototypes, device=fitted.assigner.device)
    sizes += np.bincount(of_old, corpus.documents.weights, minlength=len(prototypes))
    of_new = nearest_prototype(new.vectors, prototypes, device=fitted.assigner.device)
    n_new = np.bincount(of_new, new.documents.weights, minlength=len(prototypes))
    totals += group_means(new.vectors, of_new, len(prototypes), new.documents.weights) * n_new[:, None]
    moved = (prototypes * sizes[:, None] + totals) / np.maximum(sizes + n_new, 1)[:, None]
    moved = np.where((n_new > 0)[:, None], moved, prototypes)
    return replace(fitted.assigner, prototypes=moved.astype(np.float32))


def _terms(fitted: Fitted, documents: Documents) -> DocumentTerms:
    """Count the terms of the model, and new ones, in new documents."""
    counts = fitted.counts
    nothing = csr_array((0, len(counts.terms)), dtype=np.int32)
    known = DocumentTerms(counts.terms, nothing, counts.languages, counts.parts)
    if not documents.has_texts:
        return replace(known, counts=csr_array((len(documents), len(counts.terms)), dtype=np.int32))
    n_before = fitted.provenance.n_documents - fitted.provenance.n_blank
    return count_further_terms(
        documents.texts, documents.weights, fitted.keyword_settings, known, n_before=n_before
    )


def _with_corpus(fitted: Fitted, new: NewRows, assigner: Assigner, terms: DocumentTerms) -> Fitted:
    """Assign all documents, and add up the counts of the terms of each."""
    corpus = fitted.need_corpus("an update of documents")
    vectors = (corpus.vectors, new.vectors) if new.by_vector else None
    joined = Joined.of(corpus.documents, new.documents, vectors)
    stacked = vstack([extended(corpus.terms.counts, len(terms.terms)), terms.counts], format="csr")
    all_terms = replace(terms, counts=csr_array(stacked[joined.source]))
    corpus = Corpus(joined.documents, joined.rows_of(corpus.vectors, new.vectors), all_terms)
    documents = corpus.documents
    labels = _labels(fitted, new, assigner)[joined.source]
    counts = TermCounts.of(all_terms, labels, documents.weights, assigner.n_topics)
    settings = fitted.keyword_settings
    return replace(
        _assigned(fitted, new.covariates, new.documents.n_rows, assigner, documents.per_row(labels, -1)),
        counts=counts,
        means=group_means(corpus.vectors, labels, assigner.n_topics, documents.weights).astype(np.float32),
        corpus=corpus,
        evidence=evidence_of(corpus, counts, settings, fitted.across) if settings.rerank else None,
        provenance=replace(
            fitted.provenance,
            n_documents=documents.n_rows,
            n_distinct=len(documents),
            n_blank=documents.n_blank,
            digest=documents.digest(),
        ),
    )


def _labels(fitted: Fitted, new: NewRows, assigner: Assigner) -> IntArray:
    """Assign the distinct documents of the model, then the new ones."""
    corpus, n_before = fitted.need_corpus("an update of documents"), len(fitted.assigner.topics)
    if np.array_equal(assigner.prototypes[:n_before], fitted.assigner.prototypes):
        labels = fitted.labels[corpus.documents.first_rows]
        labels = labels_with_added(fitted.assigner, assigner, labels, corpus.vectors)
    else:
        labels = assigner.labels(corpus.vectors)
    return np.concatenate([labels, assigner.labels(new.vectors)])


def _alone(fitted: Fitted, new: NewRows, assigner: Assigner, terms: DocumentTerms) -> Fitted:
    """Add the counts of new documents; those of the model keep their topics."""
    labels = assigner.labels(new.vectors)
    counted = Counted.of(new.documents, new.vectors, labels, terms.counts, assigner.n_topics, new.covariates)
    return with_counted(fitted, counted, assigner, terms)


def with_counted(fitted: Fitted, counted: Counted, assigner: Assigner, terms: DocumentTerms) -> Fitted:
    """Add documents that were counted to a model; topics are not described yet.

    Parameters
    ----------
    fitted : Fitted
        Its documents keep their topics.
    counted : Counted
    assigner : Assigner
        That of the model, perhaps with further topics.
    terms : DocumentTerms
        The terms that were counted: those of the model, then new ones. Its counts are not used.

    Returns
    -------
    Fitted
        Without a corpus. Its rows are those of the model, then those counted.
    """
    n_topics, p = assigner.n_topics, fitted.provenance
    labels = np.concatenate([fitted.labels, counted.rows.labels])
    weights = None
    if fitted.row_weights is not None or counted.rows.weights is not None:
        weights = np.concatenate([fitted.weight_of_rows, counted.rows.weight_of_rows])
    sizes = sizes_of(fitted.labels, fitted.row_weights, n_topics)[:-1]
    means = np.zeros((n_topics, assigner.dimension))
    means[: len(fitted.means)] = fitted.means * sizes[: len(fitted.means), None]
    means += counted.vector_sums
    total = sizes + counted.sums.sizes[:-1]
    of_new = TermCounts.of_sums(terms, counted.sums)
    return replace(
        _assigned(fitted, counted.rows.covariates, len(counted.rows.labels), assigner, labels, weights),
        counts=fitted.counts.extended(terms.terms, terms.parts, n_topics) + of_new,
        means=(means / np.maximum(total, 1)[:, None]).astype(np.float32),
        corpus=None,
        provenance=replace(
            p,
            n_documents=p.n_documents + counted.n_documents,
            n_distinct=p.n_distinct + counted.n_distinct,
            n_blank=p.n_blank + counted.n_blank,
            digest=None,
        ),
    )


def _assigned(
    fitted: Fitted,
    covariates: Covariates | None,
    n_new: int,
    assigner: Assigner,
    labels: IntArray,
    row_weights: IntArray | None = None,
) -> Fitted:
    """Return the model with the labels of more rows; topics are not described yet."""
    n_before, n_more = len(fitted.topics), assigner.n_topics - len(fitted.topics)
    ids = np.append(fitted.ids, fitted.next_id + np.arange(n_more, dtype=np.int64))
    base_level = fitted.base_level
    if base_level is not None and n_more:
        base_level = base_level.extended(
            assigner.topics[len(base_level.topics) :] - n_before, ids[n_before:].tolist()
        )
    topics = undescribed(
        labels,
        ids,
        fitted.given_names,
        [*(topic.stability for topic in fitted.topics), *[None] * n_more],
        [*(topic.is_known for topic in fitted.topics), *[False] * n_more],
        row_weights,
    )
    return replace(
        fitted,
        assigner=assigner,
        labels=labels,
        topics=topics,
        row_weights=row_weights,
        covariates=Covariates.joined(fitted.covariates, len(fitted.labels), covariates, n_new),
        base_level=base_level,
        next_id=fitted.next_id + n_more,
    )


def _named_as_before(fitted: Fitted, grown: Fitted) -> Fitted:
    """Give old topics their names; a new topic does not get the name of an old one."""
    names = [topic.name for topic in fitted.topics]
    items = []
    for row, topic in enumerate(grown.topics):
        name = names[row] if row < len(names) else topic.name
        if row >= len(names) and name in names:
            name = f"{name} ({topic.id})"
        items.append(replace(topic, name=name))
    return replace(grown, topics=replace(grown.topics, items=tuple(items)))


def _with_unlike(fitted: Fitted, grown: Fitted, new: NewRows) -> Fitted:
    """Add the new documents that are unlike their topics, where those of the model are not at hand."""
    low, documents = fitted.provenance.similarity_p5, new.documents
    if low is None or not np.array_equal(
        grown.assigner.prototypes[: len(fitted.assigner.topics)], fitted.assigner.prototypes
    ):
        return grown
    labels = grown.labels[len(fitted.labels) :][documents.first_rows]
    unlike = (labels >= 0) & (own_values(grown.assigner, new.vectors, labels, unit=True) < low)
    counts = np.bincount(labels[unlike], documents.weights[unlike], minlength=len(grown.topics))
    items = []
    for row, topic in enumerate(grown.topics):
        known = fitted.topics.items[row] if row < len(fitted.topics) else replace(topic, size=0)
        share = 0.0 if not known.size else known.unlike_share
        if share is not None and topic.size:
            share = float((share * known.size + counts[row]) / topic.size)
        items.append(replace(topic, unlike_share=share if topic.size else None))
    return replace(grown, topics=replace(grown.topics, items=tuple(items)))


def _change(fitted: Fitted, grown: Fitted, new: NewRows, terms: DocumentTerms) -> Change:
    """Compare the documents of the model with the new ones, in the topics of the updated model."""
    n, n_topics, documents = len(fitted.labels), len(grown.topics), new.documents
    before, after = grown.labels[:n], grown.labels[n:]
    weights = (fitted.row_weights, None)
    sizes = [sizes_of(*rows, n_topics)[:-1] for rows in zip((before, after), weights, strict=True)]
    of_new = TermCounts.of(terms, after[documents.first_rows], documents.weights, n_topics).documents
    of_model = fitted.counts.extended(terms.terms, terms.parts, n_topics).documents
    low, n_unlike = fitted.provenance.similarity_p5, None
    if low is not None:
        similarity = fitted.assigner.similarity(new.vectors)
        n_unlike = int(documents.weights[similarity < low].sum())
    return measure_change(
        tuple(grown.topics),
        of_model,
        of_new,
        sizes=(sizes[0], sizes[1]),
        n_documents=(
            fitted.topics.n_documents - fitted.provenance.n_blank,
            documents.n_rows - documents.n_blank,
        ),
        terms=terms.terms,
        n_known=len(fitted.counts.terms),
        recount=_recount(fitted, before),
        first_new=len(fitted.topics),
        n_unlike=n_unlike,
        n_moved=None if fitted.corpus is None else int((before != fitted.labels).sum()),
    )


def _recount(fitted: Fitted, labels: IntArray) -> Recount | None:
    """Return a function that counts the documents of the model that have a word; None without texts."""
    corpus = fitted.corpus
    if corpus is None or not corpus.documents.has_texts:
        return None
    documents = corpus.documents

    def count(topic: int, words: list[str]) -> IntArray:
        rows = np.flatnonzero(labels[documents.first_rows] == topic)
        return documents_with((documents.texts[row] for row in rows.tolist()), documents.weights[rows], words)

    return count
