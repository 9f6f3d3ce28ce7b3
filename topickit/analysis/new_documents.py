"""What documents that a model has not seen say about it: shares of topics, and documents that fit badly."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from topickit._core.display import one_line
from topickit._core.shares import exceeds
from topickit._core.vectors import IntArray
from topickit.analysis.over_time import Z, change_scores
from topickit.corpus.documents import Documents
from topickit.corpus.tables import read
from topickit.errors import InputError
from topickit.fitted.assignment import Assignment
from topickit.fitted.change import USUAL_SHARE
from topickit.fitted.fitted import Fitted
from topickit.keywords.folding import fold
from topickit.keywords.vocabulary import DocumentTerms, count_terms

N_KEYWORDS = 8
MIN_SHARE = 0.02
"""Least share of the group's documents that have a keyword."""
MIN_DOCUMENTS = 3
"""Fewest documents of the group that have a keyword."""
MAX_DOCUMENTS = 20_000
"""Distinct documents of the group whose words are counted."""


@dataclass(frozen=True)
class ShareChange:
    """The share of a topic among the documents of the model and among new ones.

    Attributes
    ----------
    topic : int
    name : str
    share_before, share : float
        Of all documents with a text, of the model and new.
    """

    topic: int
    name: str
    share_before: float
    share: float

    @property
    def change(self) -> float:
        """The new share less the model's."""
        return self.share - self.share_before


@dataclass(frozen=True)
class NewDocuments:
    """New documents compared with those of a model.

    Attributes
    ----------
    n_documents : int
        New documents with a text.
    n_outliers : int
        Of these, in no topic.
    shares : tuple of ShareChange
        Of each topic, the largest change first.
    n_unlike : int or None
        Documents that are less similar to their topic than 95% of the model's documents; None if the model
        does not know its 5th percentile of similarity.
    keywords : tuple of str
        Words that are more frequent in these documents than in the model's, best first.
    """

    n_documents: int
    n_outliers: int
    shares: tuple[ShareChange, ...]
    n_unlike: int | None
    keywords: tuple[str, ...] = ()

    def to_text(self, n_changes: int = 3) -> str:
        """Describe the new documents in a few lines; small changes are left out.

        A change of a share counts from 1 point, and the group of unlike documents where it is
        significantly more than 10% of all.

        Parameters
        ----------
        n_changes : int, default 3
            Number of topics whose changes are listed.

        Returns
        -------
        str
            Empty if there is nothing to say.
        """
        lines = []
        listed = [change for change in self.shares if abs(change.change) >= 0.01][:n_changes]
        if listed:
            changes = [f"{c.topic} {one_line(c.name)}: {c.share_before:.1%} to {c.share:.1%}" for c in listed]
            lines.append(f"Largest changes of topic shares since the fit: {'; '.join(changes)}.")
        if self.n_unlike and exceeds(self.n_unlike, self.n_documents, USUAL_SHARE):
            lines.append(
                f"{self.n_unlike:,} of {self.n_documents:,} rows ({self.n_unlike / self.n_documents:.1%}) "
                "are less similar to their topic than 95% of the model's documents."
                + (f" Their keywords: {', '.join(map(one_line, self.keywords))}." if self.keywords else "")
            )
        return "\n".join(lines)


def new_documents(fitted: Fitted, texts: Any, assignment: Assignment) -> NewDocuments:
    """Compare new documents with those of a model.

    Parameters
    ----------
    fitted : Fitted
        The model.
    texts : list, tuple, or column of str; or Documents
        The new texts.
    assignment : Assignment
        Of these texts, as `TopicModel.assign` returns it; probabilities are not used.

    Returns
    -------
    NewDocuments

    Raises
    ------
    InputError
        If texts and assignment differ in length.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> new = ["apple cake", "apple tree", "car wash", "apple juice"]
    >>> result = new_documents(model.fitted_, new, model.assign(new))
    >>> sorted(round(change.change, 2) for change in result.shares)
    [-0.25, 0.25]
    """
    documents = texts if isinstance(texts, Documents) else Documents.of(read(texts), may_be_empty=True)
    if documents.n_rows != len(assignment):
        raise InputError(f"got {documents.n_rows} texts and an assignment of {len(assignment)} documents")
    has_text = documents.rows >= 0
    labels = fitted.rows_of(assignment.labels[has_text])
    n = len(labels)
    sizes = np.bincount(labels[labels >= 0], minlength=len(fitted.topics))
    n_before = max(1, fitted.topics.n_documents - fitted.provenance.n_blank)
    shares = [
        ShareChange(topic.id, topic.name, topic.size / n_before, size / n if n else 0.0)
        for topic, size in zip(fitted.topics, sizes.tolist(), strict=True)
    ]
    shares.sort(key=lambda change: (-abs(change.change), change.topic))
    low = fitted.provenance.similarity_p5
    if low is None:
        return NewDocuments(n, int((labels < 0).sum()), tuple(shares), None)
    unlike = has_text & (assignment.similarity < low)
    rows = np.unique(documents.rows[unlike])[:MAX_DOCUMENTS]
    return NewDocuments(
        n, int((labels < 0).sum()), tuple(shares), int(unlike.sum()), _keywords(fitted, documents, rows)
    )


def _keywords(fitted: Fitted, documents: Documents, rows: IntArray) -> tuple[str, ...]:
    """Return the words that distinguish some documents from those of the model."""
    settings = replace(fitted.keyword_settings, vocabulary=None)
    if len(rows) < MIN_DOCUMENTS or settings.tokenizer is not None:
        return ()
    texts = [documents.texts[row] for row in rows.tolist()]
    terms = count_terms(texts, documents.weights[rows], settings)
    return _more_frequent(fitted, terms, documents.weights[rows])


def _more_frequent(fitted: Fitted, terms: DocumentTerms, weights: IntArray) -> tuple[str, ...]:
    """Return the best terms by the log odds ratio of their document frequencies."""
    counts = fitted.counts
    if counts.documents is None:
        totals = np.asarray(counts.topics.sum(axis=0)).ravel() + counts.outliers
    else:
        totals = np.asarray(counts.documents.topics.sum(axis=0)).ravel() + counts.documents.outliers
    before = dict(zip(map(fold, counts.terms), totals.tolist(), strict=True))
    present = terms.counts.tocsr().astype(bool).astype(np.int64)
    later = np.asarray(weights @ present).ravel()
    earlier = np.array([before.pop(fold(term), 0) for term in terms.terms])
    # The words that only the model has count as one, so that shares are of all words.
    z = change_scores(np.append(earlier, sum(before.values())), np.append(later, 0))[:-1]
    frequent = later >= max(MIN_DOCUMENTS, MIN_SHARE * weights.sum())
    result: list[str] = []
    for i in np.argsort(-z, kind="stable").tolist():
        if len(result) == N_KEYWORDS or z[i] <= Z:
            break
        parts = set(terms.terms[i].lower().split())
        if frequent[i] and not any(parts & set(word.lower().split()) for word in result):
            result.append(terms.terms[i])
    return tuple(result)
