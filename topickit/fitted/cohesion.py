"""How alike the documents of a topic are, and how many of them are unlike it."""

from typing import TYPE_CHECKING

import numpy as np

from topickit._core.vectors import FloatArray
from topickit.fitted.added import own_values

if TYPE_CHECKING:
    from topickit.fitted.fitted import Fitted


def cohesion(means: FloatArray) -> list[float | None]:
    """Return the mean cosine of the documents of each topic to the topic's mean.

    For unit vectors, it is the length of their mean vector ("mean resultant length"), and its square is the
    mean cosine over all pairs of documents. Means add up, so updates and merges need no document again.

    Parameters
    ----------
    means : float32 ndarray of shape (k, d)
        Mean vector of each topic's documents.

    Returns
    -------
    list of float or None
        0 to 1; None for a topic without documents.

    References
    ----------
    Steinbach, Karypis, Kumar, "A Comparison of Document Clustering Techniques", KDD Workshop on Text Mining
    2000 ("overall similarity"). Mardia, Jupp, "Directional Statistics", 2000.

    Examples
    --------
    >>> cohesion(np.array([[1, 0], [0.5, 0], [0, 0]], dtype=np.float32))
    [1.0, 0.5, None]
    """
    lengths = np.linalg.norm(np.asarray(means, dtype=np.float64), axis=1)
    return [min(float(length), 1.0) if length > 0 else None for length in lengths]


def unlike_shares(fitted: "Fitted", before: "Fitted | None" = None) -> list[float | None]:
    """Return the share of each topic's documents that are unlike it.

    A document is unlike its topic if its similarity is below that of 95 % of other documents of the corpus
    to theirs (`Provenance.similarity_p5`).

    Parameters
    ----------
    fitted : Fitted
    before : Fitted, optional
        The model of which it is an edit. Without a corpus, topics with the same prototypes and size as
        there have the same share.

    Returns
    -------
    list of float or None
        None where it is unknown: without a corpus, and in models of an earlier topickit.
    """
    low, corpus = fitted.provenance.similarity_p5, fitted.corpus
    if low is None:
        return [None] * len(fitted.topics)
    if corpus is None:
        return [_share_before(fitted, row, before) for row in range(len(fitted.topics))]
    weights = corpus.documents.weights
    labels = fitted.labels[corpus.documents.first_rows]
    inside = labels >= 0
    similarity = own_values(fitted.assigner, corpus.vectors, labels, unit=True)
    sizes = np.bincount(labels[inside], weights[inside], minlength=len(fitted.topics))
    unlike = inside & (similarity < low)
    counts = np.bincount(labels[unlike], weights[unlike], minlength=len(fitted.topics))
    return [float(n / size) if size else None for n, size in zip(counts, sizes, strict=True)]


def _share_before(fitted: "Fitted", row: int, before: "Fitted | None") -> float | None:
    topic = fitted.topics.items[row]
    if before is None or topic.id not in before.ids:
        return None
    other = before.topics.positions(topic.id)[0]
    same = np.array_equal(
        fitted.assigner.prototypes[fitted.assigner.topics == row],
        before.assigner.prototypes[before.assigner.topics == other],
    )
    old = before.topics.items[other]
    return old.unlike_share if same and old.size == topic.size else None
