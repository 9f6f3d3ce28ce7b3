"""Similarity of topics: the cosine of their mean embeddings."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import unit_rows
from topickit.analysis.hierarchy import Hierarchy, hierarchy
from topickit.fitted.fitted import Fitted


@dataclass(frozen=True, eq=False)
class Similarity:
    """Pairwise similarity of topics.

    Attributes
    ----------
    order : tuple of int
        Positions of topics, ordered so that similar topics are adjacent: the leaves of the hierarchy.
    cosines : float64 ndarray of shape (k, k)
        Cosine similarities, in the order of the model's topics and not by `order`; 1 on the diagonal.
    """

    order: tuple[int, ...]
    cosines: NDArray[np.float64] = field(repr=False)


def similarity(fitted: Fitted, tree: Hierarchy | None = None) -> Similarity:
    """Compute the cosine similarity of each pair of topics.

    Parameters
    ----------
    fitted : Fitted
        Documents are not needed.
    tree : Hierarchy, optional
        The hierarchy of the same model, if it was computed before.

    Returns
    -------
    Similarity

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> similarity(model.fitted_).cosines.shape
    (2, 2)
    """
    rows = unit_rows(fitted.means).astype(np.float64)
    cosines = np.clip(rows @ rows.T, -1.0, 1.0)
    np.fill_diagonal(cosines, 1.0)
    return Similarity((tree or hierarchy(fitted)).order, cosines)
