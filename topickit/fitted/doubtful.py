"""Labelled rows whose label the other labels contradict."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray

N_FOLDS = 5
STRENGTH = 10.0
"""Inverse of the penalty of the logistic regression, on unit vectors."""
MOST_READ = 8000
"""Labels from which a classifier learns, at most."""


@dataclass(frozen=True)
class DoubtfulLabel:
    """A labelled row that the other labelled rows place in another topic.

    Attributes
    ----------
    row : int
        Position among the rows of the fit; of equal texts, the first.
    label : str
        Name of the topic that was given.
    proposed : str
        Name of the topic that the others propose.
    margin : float
        Probability of the proposed topic less that of the given one, 0 to 1.

    Examples
    --------
    >>> DoubtfulLabel(3, "Billing", "Login", 0.8).proposed
    'Login'
    """

    row: int
    label: str
    proposed: str
    margin: float


def doubtful_labels(
    vectors: FloatArray,
    labels: IntArray,
    names: Sequence[str],
    rows: IntArray,
    weights: NDArray[Any],
    *,
    random_state: int = 0,
) -> tuple[DoubtfulLabel, ...]:
    """List labels that a classifier of the other labels contradicts, the most doubtful first.

    Parameters
    ----------
    vectors : float32 ndarray of shape (n, d), unit rows
        Of the labelled documents.
    labels : int64 ndarray of shape (n,)
        Positions in `names`.
    names : sequence of str
    rows : int64 ndarray of shape (n,)
        The caller's row of each document.
    weights : ndarray of shape (n,)
    random_state : int
        Decides the folds of a cross-validation.

    Returns
    -------
    tuple of DoubtfulLabel
        Empty where no label has two documents.

    References
    ----------
    Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 2021.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    sizes = np.bincount(labels, minlength=len(names))
    usable = np.flatnonzero(sizes[labels] >= 2)
    if len(np.unique(labels[usable])) < 2:
        return ()
    n_folds = int(min(N_FOLDS, sizes[sizes >= 2].min()))
    likely = np.zeros((len(usable), len(names)))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=random_state)
    rng = np.random.default_rng(random_state)
    for train, test in folds.split(usable, labels[usable]):
        if len(train) > MOST_READ:
            train = np.sort(rng.choice(train, MOST_READ, replace=False))
        model = LogisticRegression(C=STRENGTH, max_iter=300)
        model.fit(vectors[usable[train]], labels[usable[train]], sample_weight=weights[usable[train]])
        likely[np.ix_(test, model.classes_)] = model.predict_proba(vectors[usable[test]])
    own = likely[np.arange(len(usable)), labels[usable]]
    best = likely.argmax(axis=1)
    margins = likely.max(axis=1) - own
    contradicted = np.flatnonzero(best != labels[usable])
    order = contradicted[np.lexsort((usable[contradicted], -margins[contradicted]))]
    return tuple(
        DoubtfulLabel(int(rows[usable[i]]), names[labels[usable[i]]], names[int(best[i])], float(margins[i]))
        for i in order.tolist()
    )
