"""Similarity of topics: cosine of their mean vectors."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import unit_rows
from topickit.analysis.hierarchy import hierarchy
from topickit.fitted.fitted import Fitted


@dataclass(frozen=True, eq=False)
class Similarity:
    """How similar topics are.

    Attributes
    ----------
    order : tuple of int
        Topic ids such that similar ones stand together: the leaves of the hierarchy.
    cosines : float64 ndarray of shape (k, k)
        In the order of the ids, not of `order`; 1 on the diagonal.
    """

    order: tuple[int, ...]
    cosines: NDArray[np.float64] = field(repr=False)


def similarity(fitted: Fitted) -> Similarity:
    """Compare each topic with each other one.

    Parameters
    ----------
    fitted : Fitted
        `means` and `topics` are read; no document is needed.

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
    return Similarity(hierarchy(fitted).order, cosines)
