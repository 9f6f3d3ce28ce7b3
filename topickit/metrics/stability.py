"""Stability of a topic model over seeds and samples."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import IntArray
from topickit.errors import InputError, ParameterError
from topickit.metrics.groups import UNKNOWN, LabelCodes, adjusted_rand, topic_stability

Fit = Callable[[IntArray, int], Iterable[Any]]


@dataclass(frozen=True)
class RunPair:
    """The agreement of two runs on the documents that both labeled.

    Attributes
    ----------
    a, b : str
        Names of the runs, such as ``"seed 1"`` or ``"sample 0"``.
    ari : float
        Adjusted Rand index; documents in no topic count as one topic.
    n_documents : int
        Documents that both runs labeled.

    Examples
    --------
    >>> RunPair("seed 0", "seed 1", ari=0.8, n_documents=500).ari
    0.8
    """

    a: str
    b: str
    ari: float
    n_documents: int


@dataclass(frozen=True, eq=False)
class Stability:
    """The stability of a topic model.

    Attributes
    ----------
    over_seeds : float
        Mean adjusted Rand index of all pairs of seeds on all documents; NaN with fewer than two seeds.
    over_samples : float
        Mean adjusted Rand index of the first run and each run on a subsample; NaN without subsamples.
    per_topic : float64 ndarray
        `topic_stability` of the first run's topics over all other runs.
    pairs : tuple of RunPair
        The pairs that the means are taken over.

    Examples
    --------
    >>> result = stability(lambda rows, seed: rows % 2, n=8, seeds=(0, 1), n_samples=1)
    >>> result.over_seeds, result.over_samples
    (1.0, 1.0)
    """

    over_seeds: float
    over_samples: float
    per_topic: NDArray[np.float64] = field(repr=False)
    pairs: tuple[RunPair, ...] = field(repr=False)


def stability(
    fit: Fit,
    n: int,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    n_samples: int = 3,
    subsample: float = 0.8,
    random_state: int = 0,
) -> Stability:
    """Fit a topic model with several seeds and on several subsamples, and compare the labels.

    Parameters
    ----------
    fit : function of (rows, seed)
        Fits a model on the documents `rows` (sorted int64 ndarray) with a seed, and returns labels of these
        rows or of all n; −1 for no topic.
    n : int
        Number of documents.
    seeds : sequence of int
        At least one; the subsamples use the first.
    n_samples : int
        Number of subsamples, drawn without replacement.
    subsample : float
        Share of the documents in each subsample, above 0 up to 1.
    random_state : int
        Seed of the subsamples.

    Returns
    -------
    Stability

    Raises
    ------
    ParameterError
        When there is no seed, or a number is out of range.
    InputError
        When `fit` returns the wrong number of labels.

    Examples
    --------
    >>> result = stability(lambda rows, seed: rows % 2, 20, seeds=(0, 1), n_samples=1)
    >>> result.over_seeds, result.over_samples, result.per_topic.tolist()
    (1.0, 1.0, [1.0, 1.0])
    """
    if n < 1 or not len(seeds) or n_samples < 0 or not 0 < subsample <= 1:
        raise ParameterError(
            "stability needs a document, a seed, n_samples of 0 or more and subsample above 0 up to 1; "
            f"got n={n}, seeds={list(seeds)}, n_samples={n_samples}, subsample={subsample}"
        )
    rng = np.random.default_rng(random_state)
    everything = np.arange(n)
    by_seed = [_run(fit, everything, seed, n) for seed in seeds]
    size = max(1, round(subsample * n))
    draws = [np.sort(rng.choice(n, size, replace=False)) for _ in range(n_samples)]
    by_sample = [_run(fit, rows, seeds[0], n) for rows in draws]
    over_seeds = [
        _pair(f"seed {seeds[i]}", by_seed[i], f"seed {seeds[j]}", by_seed[j])
        for i in range(len(seeds))
        for j in range(i + 1, len(seeds))
    ]
    over_samples = [
        _pair(f"seed {seeds[0]}", by_seed[0], f"sample {i}", run) for i, run in enumerate(by_sample)
    ]
    others = [_with_none(run) for run in (*by_seed[1:], *by_sample)]
    return Stability(
        over_seeds=_mean(over_seeds),
        over_samples=_mean(over_samples),
        per_topic=topic_stability(_with_none(by_seed[0]), others),
        pairs=(*over_seeds, *over_samples),
    )


def _run(fit: Fit, rows: IntArray, seed: int, n: int) -> IntArray:
    """Number the labels of all rows; rows without a label are unknown."""
    codes = LabelCodes.of(fit(rows.copy(), seed), what="the labels that fit returned").codes
    if len(codes) == n:
        return codes
    if len(codes) != len(rows):
        raise InputError(
            f"fit was given {len(rows)} of {n} rows and returned {len(codes)} labels; "
            "it must label those rows or all of them"
        )
    spread = np.full(n, UNKNOWN, dtype=np.int64)
    spread[rows] = codes
    return spread


def _pair(name_a: str, a: IntArray, name_b: str, b: IntArray) -> RunPair:
    both = (a != UNKNOWN) & (b != UNKNOWN)
    ari = adjusted_rand(a[both], b[both]) if both.any() else float("nan")
    return RunPair(name_a, name_b, ari, int(both.sum()))


def _with_none(codes: IntArray) -> list[int | None]:
    return [None if code == UNKNOWN else code for code in codes.tolist()]


def _mean(pairs: list[RunPair]) -> float:
    return float(np.mean([pair.ari for pair in pairs])) if pairs else float("nan")
