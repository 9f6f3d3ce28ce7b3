"""Models that were fitted apart, as one: prototypes united, equal topics joined, counts added."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray, group_means
from topickit.corpus.covariates import Covariates
from topickit.corpus.joining import Joined
from topickit.errors import ParameterError
from topickit.fitted.absorbed import absorbed_topics, usual_separation
from topickit.fitted.assigner import Assigner
from topickit.fitted.corpus import Corpus
from topickit.fitted.derive import current_level, describe, evidence_of, undescribed
from topickit.fitted.fitted import Fitted
from topickit.fitted.matching import same_topics
from topickit.fitted.provenance import Provenance, Source
from topickit.keywords.counts import TermCounts
from topickit.keywords.united import added, added_evidence, unite
from topickit.keywords.vocabulary import count_terms


def merged(models: Sequence[Fitted], names: Sequence[str], *, by_vector: bool = False) -> Fitted:
    """Merge models that were fitted apart on the same embedder.

    Parameters
    ----------
    models : sequence of Fitted
        At least one. The ids of the first stay.
    names : sequence of str
        Of the models, for the provenance.
    by_vector : bool
        Whether equal texts with different vectors are different documents.

    Returns
    -------
    Fitted
        The rows of the first, then those of the second, and so on. Without a corpus if one lacks its own.

    Raises
    ------
    ParameterError
        When embeddings or keywords of two models are not comparable.
    """
    first, *others = models
    for other, name in zip(others, names[1:], strict=True):
        _check_alike(first, other, names[0], name)
    result = first
    sources = [_source(first, names[0], first.ids)]
    for other, name in zip(others, names[1:], strict=True):
        united, result = _joined(_United.of(result, other), by_vector)
        sources.append(_source(other, name, result.ids[united.rows]))
    return replace(result, provenance=replace(result.provenance, sources=tuple(sources)))


def _source(fitted: Fitted, name: str, ids: IntArray) -> Source:
    p = fitted.provenance
    return Source(name, p.n_documents, p.digest, dict(zip(fitted.ids.tolist(), ids.tolist(), strict=True)))


def _check_alike(a: Fitted, b: Fitted, one: str, other: str) -> None:
    if a.assigner.dimension != b.assigner.dimension:
        raise ParameterError(
            f"the embeddings of model {one!r} have {a.assigner.dimension} columns and those of {other!r} "
            f"{b.assigner.dimension}; merge models that were fitted on the same embedder"
        )
    if a.assigner.rule != b.assigner.rule:
        raise ParameterError(
            f"one of the models {one!r} and {other!r} has communities, the other has topics of another "
            "clusterer; merge models of one clusterer"
        )
    bases = [None if side.across is None else side.across.directions.basis for side in (a, b)]
    if bases[0] is not bases[1] and (
        bases[0] is None or bases[1] is None or not np.array_equal(bases[0], bases[1])
    ):
        raise ParameterError(
            f"the models {one!r} and {other!r} differ in what regardless_of='classes' took out of their "
            "embeddings; fit one model to all documents"
        )
    has_corpora = a.corpus is not None and b.corpus is not None
    if not has_corpora and not a.keyword_settings.counts_like(b.keyword_settings):
        raise ParameterError(
            f"the models {one!r} and {other!r} count other words (keywords=); use the same KeywordSettings, "
            "or save both with keep_texts=True"
        )


@dataclass(frozen=True, eq=False)
class _United:
    """Two models, and the row in the merged one of each topic of the second.

    `absorbed` are the topics of the second that are left out; their row is that of the topic they go to.
    """

    first: Fitted
    second: Fitted
    rows: IntArray
    n_topics: int
    absorbed: frozenset[int] = frozenset()

    @classmethod
    def of(cls, first: Fitted, second: Fitted) -> "_United":
        rows = np.full(len(second.topics), -1, dtype=np.int64)
        for row, other in same_topics(first, second):
            rows[other] = row
        new = np.flatnonzero(rows < 0)
        rows[new] = len(first.topics) + np.arange(len(new))
        return cls(first, second, rows, len(first.topics) + len(new))

    @property
    def new(self) -> list[int]:
        """The rows of the second model whose topics the first does not have."""
        rows = np.flatnonzero(self.rows >= len(self.first.topics)).tolist()
        return [row for row in rows if row not in self.absorbed]

    def without_absorbed(self, vectors: FloatArray, weights: IntArray) -> "_United":
        """Leave out new topics that the other ones explain, judged by the documents of both models."""
        own, b = self.second.need_corpus("a merge of documents"), self.second
        free = [row for row in self.new if row not in b.given_names and not b.topics.items[row].is_known]
        if b.assigner.rule != "nearest" or not free:
            return self
        usual = usual_separation(b.assigner, own.vectors, own.documents.weights)
        gone = absorbed_topics(self.assigner(), set(self.rows[free].tolist()), usual, vectors, weights)
        kept = np.setdiff1d(np.arange(self.n_topics), list(gone))
        heirs = np.arange(self.n_topics)
        heirs[list(gone)] = list(gone.values())
        absorbed = frozenset(row for row in free if int(self.rows[row]) in gone)
        return replace(
            self, rows=np.searchsorted(kept, heirs)[self.rows], n_topics=len(kept), absorbed=absorbed
        )

    def assigner(self) -> Assigner:
        """Return the prototypes of both; those of a joined topic are moved to the mean of its documents."""
        a, b = self.first.assigner, self.second.assigner
        rows = self.rows.copy()
        rows[list(self.absorbed)] = -1
        kept = ~np.isin(b.topics, list(self.absorbed))
        own, others = self._moved()
        sizes = [max(side.provenance.n_documents, 1) for side in (self.first, self.second)]
        temperatures = [a.inverse_temperature, b.inverse_temperature]
        return replace(
            a,
            prototypes=np.concatenate([own, others[kept]]),
            topics=np.concatenate([a.topics, np.append(rows, -1)[b.topics][kept]]),
            thresholds=np.concatenate([a.thresholds, b.thresholds[kept]]),
            inverse_temperature=float(np.average(temperatures, weights=sizes)),
        )

    def _moved(self) -> tuple[FloatArray, FloatArray]:
        """Move the prototypes of joined topics by the difference of the common mean and their own."""
        a, b = self.first, self.second
        if a.assigner.rule != "nearest":
            return a.assigner.prototypes, b.assigner.prototypes
        joined = np.setdiff1d(np.flatnonzero(self.rows < len(a.topics)), list(self.absorbed))
        rows = self.rows[joined]
        one, other = _sizes(a)[rows, None], _sizes(b)[joined, None]
        means = (one * a.means[rows] + other * b.means[joined]) / np.maximum(one + other, 1)
        return _shifted(a, rows, means), _shifted(b, joined, means)


def _sizes(fitted: Fitted) -> NDArray[np.float64]:
    return np.array([topic.size for topic in fitted.topics], dtype=np.float64)


def _shifted(fitted: Fitted, rows: IntArray, means: NDArray[np.float64]) -> FloatArray:
    """Move the prototypes of topics as their means move."""
    shifts = np.zeros((len(fitted.topics) + 1, fitted.assigner.dimension))  # the last one is for topic −1
    shifts[rows] = means - fitted.means[rows]
    return np.asarray(fitted.assigner.prototypes + shifts[fitted.assigner.topics], dtype=np.float32)


def _joined(united: _United, by_vector: bool) -> tuple[_United, Fitted]:
    """Give the merged model, and which topics of the second were joined or left out."""
    a, b = united.first, united.second
    if a.corpus and b.corpus:
        corpus = _joined_corpus(a, b, by_vector)
        united = united.without_absorbed(corpus.vectors, corpus.documents.weights)
        assigner = united.assigner()
        counted = _with_corpus(united, assigner, corpus)
    else:
        assigner = united.assigner()
        counted = _alone(united, assigner)
    ids = np.append(a.ids, a.next_id + np.arange(len(united.new), dtype=np.int64))
    given = {int(united.rows[row]): name for row, name in b.given_names.items()} | dict(a.given_names)
    stability = [topic.stability for topic in a.topics] + [
        b.topics.items[row].stability for row in united.new
    ]
    known = [topic.is_known for topic in a.topics] + [False] * len(united.new)
    for place, (row, topic) in enumerate(zip(united.rows.tolist(), b.topics, strict=True)):
        known[row] |= topic.is_known
        if row < len(a.topics) and place not in united.absorbed:
            stability[row] = _lower(stability[row], topic.stability)
    shift = len(a.labels)
    result = replace(
        counted,
        assigner=assigner,
        topics=undescribed(counted.labels, ids, given, stability, known, counted.row_weights),
        given_names=given,
        covariates=Covariates.joined(a.covariates, len(a.labels), b.covariates, len(b.labels)),
        doubtful=(*a.doubtful, *(replace(label, row=label.row + shift) for label in b.doubtful)),
        base_level=None,
        next_id=a.next_id + len(united.new),
    )
    result = _named_as_before(united, describe(result))
    return united, replace(result, base_level=current_level(result))


def _lower(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else min(a, b)


def _named_as_before(united: _United, result: Fitted) -> Fitted:
    """Give topics the names that they had; equal names of different topics get the id of the later one."""
    names = [topic.name for topic in united.first.topics]
    for row in united.new:
        name = united.second.topics.items[row].name
        names.append(f"{name} ({result.ids[len(names)]})" if name in names else name)
    items = tuple(replace(topic, name=name) for topic, name in zip(result.topics, names, strict=True))
    return replace(result, topics=replace(result.topics, items=items))


def _provenance(a: Fitted, b: Fitted, n_documents: int, n_distinct: int, digest: str | None) -> Provenance:
    p, q = a.provenance, b.provenance
    return replace(
        p,
        n_documents=n_documents,
        n_distinct=n_distinct,
        n_blank=p.n_blank + q.n_blank,
        n_sampled=p.n_sampled + q.n_sampled,
        n_refined=p.n_refined + q.n_refined,
        digest=digest,
        similarity_p5=_lower(p.similarity_p5, q.similarity_p5),
        agreement_with_clusterer=None,
        change=None,
    )


def _joined_corpus(a: Fitted, b: Fitted, by_vector: bool) -> Corpus:
    """Join the documents of both, and count their words anew."""
    one, other = a.need_corpus("a merge of documents"), b.need_corpus("a merge of documents")
    joined = Joined.of(one.documents, other.documents, (one.vectors, other.vectors) if by_vector else None)
    documents = joined.documents
    terms = count_terms(documents.texts, documents.weights, a.keyword_settings)
    return Corpus(documents, joined.rows_of(one.vectors, other.vectors), terms)


def _with_corpus(united: _United, assigner: Assigner, corpus: Corpus) -> Fitted:
    """Assign the documents of both."""
    a, b, documents = united.first, united.second, corpus.documents
    labels = assigner.labels(corpus.vectors)
    counts = TermCounts.of(corpus.terms, labels, documents.weights, united.n_topics)
    settings = a.keyword_settings
    return replace(
        a,
        labels=documents.per_row(labels, -1),
        counts=counts,
        means=group_means(corpus.vectors, labels, united.n_topics, documents.weights).astype(np.float32),
        corpus=corpus,
        evidence=evidence_of(corpus, counts, settings, a.across) if settings.rerank else None,
        provenance=_provenance(a, b, documents.n_rows, len(documents), documents.digest()),
    )


def _alone(united: _United, assigner: Assigner) -> Fitted:
    """Add the counts of both; documents keep their topics."""
    a, b, rows, n = united.first, united.second, united.rows, united.n_topics
    labels = np.concatenate([a.labels, np.append(rows, -1)[b.labels]])
    weights = None
    if a.row_weights is not None or b.row_weights is not None:
        weights = np.concatenate([a.weight_of_rows, b.weight_of_rows])
    means, total = np.zeros((n, assigner.dimension)), np.zeros(n)
    for side, own, weight in ((a, np.arange(len(a.topics)), _sizes(a)), (b, rows, _sizes(b))):
        np.add.at(means, own, side.means * weight[:, None])
        np.add.at(total, own, weight)
    evidence = a.evidence
    if evidence is not None and b.evidence is not None:
        evidence = added_evidence(evidence, b.evidence, unite(a.counts, b.counts).columns)
    p, q = a.provenance, b.provenance
    return replace(
        a,
        labels=labels,
        row_weights=weights,
        counts=added(a.counts, b.counts, rows, n),
        means=(means / np.maximum(total, 1)[:, None]).astype(np.float32),
        corpus=None,
        evidence=evidence if b.evidence is not None else None,
        provenance=_provenance(a, b, p.n_documents + q.n_documents, p.n_distinct + q.n_distinct, None),
    )
