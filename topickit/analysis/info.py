"""Flat tables of a fitted model: a row per document, or a row per topic."""

import numpy as np
import polars as pl

from topickit._core.vectors import FloatArray, IntArray, take_rows
from topickit.corpus.documents import Documents
from topickit.fitted.corpus import Corpus
from topickit.fitted.fitted import Fitted


def document_info(fitted: Fitted, which: IntArray | None = None) -> pl.DataFrame:
    """Return a table of the training documents; see `TopicModel.document_info`.

    Parameters
    ----------
    fitted : Fitted
        With its corpus.
    which : int64 ndarray, optional
        The rows of the corpus that are wanted; None for all.
    """
    corpus = fitted.need_corpus("document_info")
    which = np.arange(corpus.documents.n_rows) if which is None else which
    documents, vectors = _chosen(corpus, which)
    assignment = fitted.assigner.assign(vectors).per_row(documents, fitted.topics)
    texts = pl.Series([*documents.texts, ""], dtype=pl.String)
    representative = {text for topic in fitted.topics for text in topic.representative_documents}
    rows = pl.Series(documents.rows)
    blank = len(documents)
    columns = {
        "row": which,
        "document": texts.gather(rows.replace(-1, blank)),
        **assignment.to_polars().to_dict(),
    }
    shown = pl.col("document") if documents.has_texts else pl.format("row {}", "row")
    frame = pl.DataFrame(columns).with_columns(shown.is_in(list(representative)).alias("representative"))
    covariates = fitted.covariates
    if covariates is not None and covariates.timestamps is not None:
        frame = frame.with_columns(
            pl.Series("timestamp", covariates.timestamps[which].astype("datetime64[ms]"))
        )
    if covariates is not None and covariates.class_codes is not None:
        class_names = [*covariates.class_names, None]
        codes = covariates.class_codes[which].tolist()
        frame = frame.with_columns(pl.Series("class", [class_names[code] for code in codes], dtype=pl.String))
    return frame


def _chosen(corpus: Corpus, which: IntArray) -> tuple[Documents, FloatArray]:
    """Return the documents of some rows and their vectors."""
    documents = corpus.documents
    if len(which) == documents.n_rows:
        return documents, corpus.vectors
    at = documents.rows[which]
    distinct = np.unique(at[at >= 0])
    taken = Documents(
        tuple(documents.texts[row] for row in distinct.tolist()),
        documents.weights[distinct],
        np.where(at >= 0, np.searchsorted(distinct, at), -1),
        documents.first_rows[distinct],
    )
    return taken, take_rows(corpus.vectors, distinct)


def topic_info(fitted: Fitted) -> pl.DataFrame:
    """Return a table of the topics; see `TopicModel.topic_info`.

    Parameters
    ----------
    fitted : Fitted
    """
    topics = list(fitted.topics)
    return pl.DataFrame(
        {
            "topic": pl.Series([topic.id for topic in topics], dtype=pl.Int64),
            "name": pl.Series([topic.name for topic in topics], dtype=pl.String),
            "size": pl.Series([topic.size for topic in topics], dtype=pl.Int64),
            "share": pl.Series([topic.share for topic in topics], dtype=pl.Float64),
            "keywords": pl.Series([list(topic.words) for topic in topics], dtype=pl.List(pl.String)),
            "stability": pl.Series([topic.stability for topic in topics], dtype=pl.Float64),
            "cohesion": pl.Series([topic.cohesion for topic in topics], dtype=pl.Float64),
            "unlike_share": pl.Series([topic.unlike_share for topic in topics], dtype=pl.Float64),
        }
    )
