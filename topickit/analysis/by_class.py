"""Topics by class: which topics a class has more of than the corpus has."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from topickit.corpus.covariates import Covariates
from topickit.fitted.fitted import Fitted

TAIL = 0.025
"""Outside of each end of a 95 % interval."""


@dataclass(frozen=True, eq=False)
class ByClass:
    """Topics by class.

    Attributes
    ----------
    classes : tuple of str
        By falling number of documents: c of them.
    totals : int64 ndarray of shape (c,)
        Documents of each class, those in no topic included.
    counts : int64 ndarray of shape (c, k)
    lift, low, high : float64 ndarray of shape (c, k)
        How many times the topic's share among the other classes its share in the class is, and the
        ends of a 95 % interval; see `risk_ratios`.
    n_unclassed : int
        Documents without a class, which are left out.
    """

    classes: tuple[str, ...]
    totals: NDArray[np.int64] = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)
    lift: NDArray[np.float64] = field(repr=False)
    low: NDArray[np.float64] = field(repr=False)
    high: NDArray[np.float64] = field(repr=False)
    n_unclassed: int = 0


def by_class(fitted: Fitted, classes: Any = None) -> ByClass | None:
    """Count topics by class.

    Parameters
    ----------
    fitted : Fitted
    classes : sequence of str, number or None, optional
        One a row of the training documents; None takes those that the model was fitted with.

    Returns
    -------
    ByClass or None
        None where there are no classes.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> found = by_class(model.fitted_, ["food", "food", "food", "road", "road", "road"])
    >>> found.classes, found.counts.sum()
    (('food', 'road'), np.int64(6))
    """
    known = fitted.covariates if classes is None else Covariates.of(len(fitted.labels), classes=classes)
    if known is None or known.class_codes is None or not known.class_names:
        return None
    codes, labels = known.class_codes, fitted.labels
    n_classes, n_topics = len(known.class_names), len(fitted.topics)
    counts = np.zeros((n_classes, n_topics), dtype=np.int64)
    both = (codes >= 0) & (labels >= 0)
    np.add.at(counts, (codes[both], labels[both]), 1)
    totals = np.bincount(codes[codes >= 0], minlength=n_classes).astype(np.int64)
    order = np.argsort(-totals, kind="stable")
    counts, totals = counts[order], totals[order]
    lift, low, high = risk_ratios(counts, totals)
    names = tuple(known.class_names[i] for i in order)
    return ByClass(names, totals, counts, lift, low, high, n_unclassed=int((codes < 0).sum()))


def risk_ratios(
    counts: NDArray[np.int64], totals: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compare each class with the others: ratio of shares and a 95 % interval.

    To each side one document is added that is of the topics as the corpus is: what is not known of a small
    class pulls it neither way. The interval is the exact one of a ratio of two rates, given their sum
    (Clopper and Pearson, Biometrika 26, 1934, of the share of the class): it holds for the few documents of
    a small class, too.

    Parameters
    ----------
    counts : int64 ndarray of shape (c, k)
    totals : int64 ndarray of shape (c,)

    Returns
    -------
    lift, low, high : float64 ndarray of shape (c, k)
        All 1 where there is one class only: there is nothing to compare it with. `high` is infinite where
        the topic is in this class alone.

    Examples
    --------
    >>> risk_ratios(np.array([[30, 10], [10, 30]]), np.array([40, 40]))[0].round(2).tolist()
    [[2.9, 0.34], [0.34, 2.9]]
    """
    if len(totals) < 2:
        ones = np.ones(counts.shape)
        return ones, ones, ones
    everywhere = counts.sum(axis=0)
    typical = (everywhere + 0.5) / (totals.sum() + 1.0)
    n_inside, n_outside = totals[:, None], (totals.sum() - totals)[:, None]
    inside, outside = (counts + typical) / (n_inside + 1), (everywhere - counts + typical) / (n_outside + 1)
    relative = n_outside / np.maximum(n_inside, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.nan_to_num(beta.ppf(TAIL, counts, everywhere - counts + 1))
        high = np.nan_to_num(beta.ppf(1 - TAIL, counts + 1, everywhere - counts), nan=1.0)
        return inside / outside, low / (1 - low) * relative, high / (1 - high) * relative
