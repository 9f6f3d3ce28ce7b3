"""A model that was fitted to a sample, with the counts of all documents."""

from dataclasses import replace

import numpy as np

from topickit.fitted.counted import Counted, Rows
from topickit.fitted.derive import describe, evidence_of, numbered_anew
from topickit.fitted.fitted import Fitted
from topickit.fitted.level_ids import with_base_ids
from topickit.fitted.update import with_counted


def with_others(fitted: Fitted, others: Counted) -> Fitted:
    """Add the documents that are not in the sample to a model that was fitted to it.

    Topics stay as they were found. Sizes, shares, means, words, risk ratios, times and classes are those of
    all documents; keywords and names are chosen by them, and topics are numbered by them.

    Parameters
    ----------
    fitted : Fitted
        As a fit returns it, with its corpus.
    others : Counted
        Assigned by this model.

    Returns
    -------
    Fitted
        It holds no document. Its rows are the distinct combinations of topic, time and class.
    """
    corpus, settings = fitted.need_corpus("counting further documents"), fitted.keyword_settings
    held = Rows(fitted.labels, fitted.covariates).grouped()
    base = replace(
        fitted, labels=held.labels, row_weights=held.weights, covariates=held.covariates, doubtful=()
    )
    grown = with_counted(base, others, fitted.assigner, corpus.terms)
    rows = (held + others.rows).grouped()
    provenance = replace(grown.provenance, rows_of_sample=len(fitted.labels))
    grown = replace(
        grown,
        labels=rows.labels,
        row_weights=rows.weights,
        covariates=rows.covariates,
        provenance=provenance,
    )
    if grown.base_level is not None:
        grown = replace(grown, base_level=replace(grown.base_level, ids=()))
    grown = with_base_ids(numbered_anew(grown))
    if settings.rerank:
        grown = replace(grown, evidence=evidence_of(corpus, grown.counts, settings, grown.across))
    # The documents of the sample represent the topics.
    labels = corpus.documents.per_row(grown.assigner.labels(corpus.vectors), np.int64(-1))
    described = describe(replace(grown, corpus=corpus, labels=labels, row_weights=None))
    return replace(grown, topics=described.topics)
