"""Topics by class: counts, and risk ratios between each class and the others."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from topickit.corpus.covariates import Covariates
from topickit.fitted.fitted import Fitted

MIN_CLASS = 20
"""Fewest documents of a class, and of the other classes, for a risk ratio to be shown."""
MIN_COUNT = 5
"""A risk ratio is shown if a topic has, or is expected to have, this many documents of the class."""
TAIL = 0.025
"""Probability beyond each end of a 95% confidence interval."""


@dataclass(frozen=True, eq=False)
class ByClass:
    """Topics by class; columns are in the order of the model's topics.

    Attributes
    ----------
    classes : tuple of str
        Names of the c classes, largest first.
    totals : int64 ndarray of shape (c,)
        Documents of each class, including outliers.
    counts : int64 ndarray of shape (c, k)
        Documents of each class in each topic.
    risk_ratio : float64 ndarray of shape (c, k)
        The topic's share in the class divided by its share in the other classes; see `risk_ratios`.
    low, high : float64 ndarray of shape (c, k)
        Ends of the 95% confidence interval of the risk ratio.
    n_unclassed : int
        Documents without a class, which are excluded.
    """

    classes: tuple[str, ...]
    totals: NDArray[np.int64] = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)
    risk_ratio: NDArray[np.float64] = field(repr=False)
    low: NDArray[np.float64] = field(repr=False)
    high: NDArray[np.float64] = field(repr=False)
    n_unclassed: int = 0

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of each class's documents in each topic, of shape (c, k)."""
        return self.counts / np.maximum(self.totals, 1)[:, None]

    @property
    def has_ratio(self) -> NDArray[np.bool_]:
        """Whether there are enough documents for each risk ratio to be shown, of shape (c, k)."""
        others = int(self.totals.sum()) - self.totals
        enough = (self.totals >= MIN_CLASS) & (others >= MIN_CLASS)
        outside = self.counts.sum(axis=0) - self.counts
        expected = self.totals[:, None] * outside / np.maximum(others, 1)[:, None]
        return np.asarray(enough[:, None] & (np.maximum(self.counts, expected) >= MIN_COUNT))

    @property
    def tint(self) -> NDArray[np.float64]:
        """Logarithm of each shown risk ratio, −1 (1/16 or less) to 1 (16 or more), of shape (c, k).

        0 if the ratio is not shown or its confidence interval includes 1.
        """
        differs = self.has_ratio & ((self.low > 1) | (self.high < 1))
        return np.where(differs, np.clip(np.log2(self.risk_ratio) / 4, -1, 1), 0.0)


def by_class(fitted: Fitted, classes: Any = None) -> ByClass | None:
    """Count topics by class.

    Parameters
    ----------
    fitted : Fitted
    classes : sequence of str, number or None, optional
        One class per training document; None takes the classes given to `fit`.

    Returns
    -------
    ByClass or None
        None if there are no classes.

    Raises
    ------
    InputError
        If the number of classes differs from the number of documents.
    InputTypeError
        If the classes are of an unsupported type.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> table = by_class(model.fitted_, ["food", "food", "food", "road", "road", "road"])
    >>> table.classes, table.counts.sum()
    (('food', 'road'), np.int64(6))
    """
    covariates = fitted.covariates
    if classes is not None:
        fitted.need_rows("by_class with classes")
        covariates = Covariates.of(len(fitted.labels), classes=classes)
    if covariates is None or covariates.class_codes is None or not covariates.class_names:
        return None
    codes, labels, weights = covariates.class_codes, fitted.labels, fitted.weight_of_rows
    n_classes, n_topics = len(covariates.class_names), len(fitted.topics)
    counts = np.zeros((n_classes, n_topics), dtype=np.int64)
    counted = (codes >= 0) & (labels >= 0)
    np.add.at(counts, (codes[counted], labels[counted]), weights[counted])
    totals = np.bincount(codes[codes >= 0], weights[codes >= 0], minlength=n_classes).astype(np.int64)
    order = np.argsort(-totals, kind="stable")
    counts, totals = counts[order], totals[order]
    ratio, low, high = risk_ratios(counts, totals)
    names = tuple(covariates.class_names[i] for i in order)
    return ByClass(names, totals, counts, ratio, low, high, n_unclassed=int(weights[codes < 0].sum()))


def risk_ratios(
    counts: NDArray[np.int64], totals: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Compute the risk ratio of each topic between each class and the other classes.

    One document, distributed over the topics as the corpus is, is added to each side, which shrinks
    the ratios of small classes towards 1. The 95% confidence interval is the exact one of a ratio of
    two Poisson rates given their sum (Clopper and Pearson, Biometrika 26, 1934); it also holds for
    classes of a few documents.

    Parameters
    ----------
    counts : int64 ndarray of shape (c, k)
        Documents of each class in each topic.
    totals : int64 ndarray of shape (c,)
        Documents of each class, including outliers.

    Returns
    -------
    ratio, low, high : float64 ndarray of shape (c, k)
        All 1 if there is only one class. `high` is infinite if the topic occurs in this class only.

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
