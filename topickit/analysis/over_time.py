"""Topics over time: shares by period with confidence intervals, and rising and falling words."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit.corpus.timestamps import read_timestamps
from topickit.errors import InputError
from topickit.fitted.fitted import Fitted

UNITS = {"century": 1200, "decade": 120, "year": 12, "quarter": 3, "month": 1}
"""Months per period."""
MAX_PERIODS = 40
"""By default the finest unit with at most this many periods is used."""
Z = 1.96
"""Standard errors on each side of a 95% confidence interval."""
MIN_DOCUMENTS = 20
"""Fewest documents of a period whose shares are drawn."""
FAR = 0.5
"""A gap longer than this share of the days where the documents are separates days far outside."""
MIN_GAP = 30
"""Shortest such gap, in days."""
FEW, FEW_ON_ONE_DAY = 0.05, 1 / 3
"""Largest share of the documents that may lie far outside; sentinels, which are one day, may be more."""
N_WORDS = 5
"""Rising and falling words listed per topic."""


@dataclass(frozen=True, eq=False)
class OverTime:
    """Topics by period; columns are in the order of the model's topics.

    Attributes
    ----------
    unit : {"century", "decade", "year", "quarter", "month", "week", "day"}
    periods : tuple of str
        First day of each of the p periods, ISO 8601, without gaps.
    totals : int64 ndarray of shape (p,)
        Dated documents of each period, including outliers and without those `outside`.
    counts : int64 ndarray of shape (p, k)
        Documents of each topic in each period.
    shares : float64 ndarray of shape (p, k)
        `counts` divided by `totals`; NaN in a period without documents.
    low, high : float64 ndarray of shape (p, k)
        Ends of Wilson's 95% confidence interval of the shares.
    rising_words, falling_words : tuple of tuple of str
        Words of each topic that are more, or less, frequent in the second half of its documents;
        empty if the model does not hold its documents.
    n_undated : int
        Documents without a timestamp, which are excluded.
    outside : tuple of (str, int)
        Days far from all other documents, such as 1970-01-01 or 9999-12-31 for a missing date, and their
        documents, which are excluded. Empty if they fit into 40 periods with the others.
    """

    unit: str
    periods: tuple[str, ...]
    totals: NDArray[np.int64] = field(repr=False)
    counts: NDArray[np.int64] = field(repr=False)
    shares: NDArray[np.float64] = field(repr=False)
    low: NDArray[np.float64] = field(repr=False)
    high: NDArray[np.float64] = field(repr=False)
    rising_words: tuple[tuple[str, ...], ...] = ()
    falling_words: tuple[tuple[str, ...], ...] = ()
    n_undated: int = 0
    outside: tuple[tuple[str, int], ...] = ()

    @property
    def n_outside(self) -> int:
        """Documents whose days are far from all others."""
        return sum(n for _, n in self.outside)

    @property
    def least(self) -> int:
        """Fewest documents of a period that has a point: 20, or half the median period if that is less."""
        if not (self.totals > 0).any():
            return 1
        half = int(np.ceil(np.median(self.totals[self.totals > 0]) / 2))
        return max(1, min(MIN_DOCUMENTS, half))

    @property
    def drawn(self) -> NDArray[np.bool_]:
        """Whether each period has enough documents for a point, of shape (p,)."""
        return np.asarray(self.totals >= self.least)

    @property
    def drawn_shares(self) -> NDArray[np.float64]:
        """The shares, NaN in periods that are not drawn, of shape (p, k)."""
        return np.where(self.drawn[:, None], self.shares, np.nan)


def over_time(
    fitted: Fitted, timestamps: Any = None, *, unit: str | None = None, time_format: str | None = None
) -> OverTime | None:
    """Count topics by period.

    Parameters
    ----------
    fitted : Fitted
    timestamps : sequence, optional
        One timestamp per training document, as in `TopicModel.fit`; None takes those given to `fit`.
    unit : {"century", "decade", "year", "quarter", "month", "week", "day"}, optional
        None takes the finest unit with at most 40 periods; see `best_unit`. Days far outside, such as a
        mistyped year, do not count and are listed apart.
    time_format : str, optional
        Format of `timestamps`, as in `TopicModel.fit`.

    Returns
    -------
    OverTime or None
        None if there are no timestamps.

    Raises
    ------
    InputError
        If the unit is unknown or a timestamp cannot be parsed.
    InputTypeError
        If the timestamps are of an unsupported type.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> over_time(model.fitted_, [2001, 2001, 2002, 2002, 2003, 2003], unit="year").periods
    ('2001-01-01', '2002-01-01', '2003-01-01')
    """
    times = _times(fitted, timestamps, time_format)
    if times is None:
        return None
    weights = fitted.weight_of_rows
    n_undated = int(weights[np.isnat(times)].sum())
    if np.isnat(times).all():
        return None
    times, outside = _without_far_days(times, weights, unit)
    dated = ~np.isnat(times)
    days = times[dated].astype("datetime64[D]")
    unit = unit or best_unit(days)
    period, periods = into_periods(days, unit)
    labels = fitted.labels[dated]
    counts = np.zeros((len(periods), len(fitted.topics)), dtype=np.int64)
    weights = weights[dated]
    np.add.at(counts, (period[labels >= 0], labels[labels >= 0]), weights[labels >= 0])
    totals = np.bincount(period, weights, minlength=len(periods)).astype(np.int64)
    low, high = wilson(counts, totals[:, None])
    with np.errstate(invalid="ignore"):
        shares = counts / totals[:, None]
    rising, falling = _changed_words(fitted, times)
    return OverTime(
        unit,
        periods,
        totals,
        counts,
        shares,
        low,
        high,
        rising,
        falling,
        n_undated=n_undated,
        outside=outside,
    )


def _without_far_days(
    times: NDArray[np.datetime64], weights: NDArray[np.int64], unit: str | None
) -> tuple[NDArray[np.datetime64], tuple[tuple[str, int], ...]]:
    """Remove the times of days far outside that would make more than 40 periods, and list these days."""
    days = times.astype("datetime64[D]")
    dated = ~np.isnat(days)
    inside = dated & _near(days, dated, weights)
    if inside.sum() == dated.sum() or _n_periods(days[dated], unit or best_unit(days[inside])) <= MAX_PERIODS:
        return times, ()
    far, place = np.unique(days[dated & ~inside], return_inverse=True)
    counts = np.bincount(place, weights[dated & ~inside]).astype(np.int64)
    listed = tuple(zip(far.astype(str).tolist(), counts.tolist(), strict=True))
    return np.where(inside, times, np.datetime64("NaT", "s")), listed


def _near(
    days: NDArray[np.datetime64], dated: NDArray[np.bool_], weights: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark the days that no long gap separates from the shortest range that holds half of the documents."""
    ordered, place = np.unique(days[dated].astype(np.int64), return_inverse=True)
    ends = np.cumsum(np.bincount(place, weights[dated]))  # documents up to each day
    n, starts = int(ends[-1]), np.append(0, ends[:-1])
    half = (n + 1) // 2
    first = np.flatnonzero(starts + half <= n)  # days from which half of the documents follow
    last = np.searchsorted(ends, starts[first] + half)
    shortest = int(np.argmin(ordered[last] - ordered[first]))
    low, high = int(first[shortest]), int(last[shortest])
    grown = True
    while grown:
        limit = max(MIN_GAP, FAR * (ordered[high] - ordered[low]))
        # The next gap to each side that is too long; all documents before it are near.
        before, after = np.diff(ordered[: low + 1])[::-1] > limit, np.diff(ordered[high:]) > limit
        bounds = (
            low - (int(before.argmax()) if before.any() else low),
            high + (int(after.argmax()) if after.any() else len(ordered) - 1 - high),
        )
        grown = bounds != (low, high)
        low, high = bounds
    n_outside = n - int(ends[high] - starts[low])
    one_day = low <= 1 and high >= len(ordered) - 2
    if n_outside > FEW * n and not (one_day and n_outside <= FEW_ON_ONE_DAY * n):
        return dated
    numbers = days.astype(np.int64)
    return np.asarray((numbers >= ordered[low]) & (numbers <= ordered[high]))


def _n_periods(days: NDArray[np.datetime64], unit: str) -> int:
    return int(np.ptp(_number(days, unit))) + 1


def _times(fitted: Fitted, timestamps: Any, time_format: str | None) -> NDArray[np.datetime64] | None:
    if timestamps is not None:
        fitted.need_rows("over_time with timestamps")
        return read_timestamps(timestamps, len(fitted.labels), time_format=time_format)
    return None if fitted.covariates is None else fitted.covariates.timestamps


def wilson(successes: NDArray[Any], trials: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compute Wilson's 95% confidence interval of shares (Wilson, JASA 22, 1927).

    Parameters
    ----------
    successes, trials : int ndarray
        Of shapes that broadcast.

    Returns
    -------
    low, high : float64 ndarray
        NaN where there are no trials.

    Examples
    --------
    >>> low, high = wilson(np.array([5]), np.array([10]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.237], [0.763])
    """
    n = np.where(trials > 0, trials, np.nan).astype(np.float64)
    share = successes / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def best_unit(days: NDArray[np.datetime64]) -> str:
    """Choose the finest unit with at most 40 periods.

    Days that are all the first of a month are taken for months, and days that are all the first of
    January for years: no finer unit is chosen.

    Parameters
    ----------
    days : datetime64[D] ndarray
        Not empty.

    Returns
    -------
    str
        "century" if no finer unit has at most 40 periods.

    Examples
    --------
    >>> best_unit(np.array(["2001-05-01", "2019-05-01"], dtype="datetime64[D]"))
    'year'
    """
    months = days.astype("datetime64[M]")
    units: tuple[str, ...] = ("day", "week", "month", "quarter", "year")
    if (days == months.astype("datetime64[D]")).all():
        only_years = (months == months.astype("datetime64[Y]").astype("datetime64[M]")).all()
        units = units[4:] if only_years else units[2:]
    for unit in (*units, "decade"):
        if _n_periods(days, unit) <= MAX_PERIODS:
            return unit
    return "century"


def into_periods(days: NDArray[np.datetime64], unit: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Assign days to periods.

    Parameters
    ----------
    days : datetime64[D] ndarray
        Not empty.
    unit : {"century", "decade", "year", "quarter", "month", "week", "day"}

    Returns
    -------
    numbers : int64 ndarray
        Period of each day, numbered from 0.
    starts : tuple of str
        First day of each period, ISO 8601, without gaps.

    Raises
    ------
    InputError
        If the unit is unknown.

    Examples
    --------
    >>> into_periods(np.array(["2001-05-01", "2001-07-02"], dtype="datetime64[D]"), "quarter")[1]
    ('2001-04-01', '2001-07-01')
    """
    numbers = _number(days, unit)
    first = int(numbers.min())
    starts = [str(_start(first + i, unit)) for i in range(int(numbers.max()) - first + 1)]
    return numbers - first, tuple(starts)


def period_codes(times: NDArray[np.datetime64], periods: tuple[str, ...], unit: str) -> NDArray[np.int64]:
    """Return the position of times among periods.

    Parameters
    ----------
    times : datetime64 ndarray of shape (n,)
    periods : tuple of str
        As `OverTime.periods`.
    unit : {"century", "decade", "year", "quarter", "month", "week", "day"}

    Returns
    -------
    int64 ndarray of shape (n,)
        −1 for NaT and for times outside the periods.

    Examples
    --------
    >>> times = np.array(["2001-05-01", "2003-01-01", "NaT"], dtype="datetime64[s]")
    >>> period_codes(times, ("2001-01-01", "2002-01-01"), "year").tolist()
    [0, -1, -1]
    """
    codes = np.full(len(times), -1, dtype=np.int64)
    dated = ~np.isnat(times)
    first = _number(np.array(periods[:1], dtype="datetime64[D]"), unit)
    numbers = _number(times[dated].astype("datetime64[D]"), unit) - first
    codes[dated] = np.where((numbers >= 0) & (numbers < len(periods)), numbers, -1)
    return codes


_MONDAY = 4  # 1970-01-05 was a Monday


def _number(days: NDArray[np.datetime64], unit: str) -> NDArray[np.int64]:
    if unit == "day":
        return days.astype(np.int64)
    if unit == "week":
        return (days.astype(np.int64) - _MONDAY) // 7
    if unit not in UNITS:
        raise InputError(f"unit must be one of {', '.join([*UNITS, 'week', 'day'])}; got {unit!r}")
    months = days.astype("datetime64[M]").astype(np.int64) + 12 * 1970
    return np.asarray(months // UNITS[unit])


def _start(number: int, unit: str) -> np.datetime64:
    if unit in ("day", "week"):
        return np.datetime64(number if unit == "day" else 7 * number + _MONDAY, "D")
    months = number * UNITS[unit]
    first: np.datetime64 = np.array([months - 12 * 1970], "datetime64[M]").astype("datetime64[D]")[0]
    return first


def _changed_words(
    fitted: Fitted, times: NDArray[np.datetime64]
) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    if fitted.corpus is None:
        return (), ()
    documents, terms = fitted.corpus.documents, fitted.corpus.terms
    rising: list[tuple[str, ...]] = []
    falling: list[tuple[str, ...]] = []
    counts = terms.counts.tocsr()
    for topic in range(len(fitted.topics)):
        rows = np.flatnonzero((fitted.labels == topic) & ~np.isnat(times))
        moments = times[rows].astype(np.int64)
        middle = float(np.median(moments)) if len(rows) else 0.0
        # Equal times stay together: documents of a single day have no second half.
        later = moments > middle
        if not later.any():
            later = moments >= middle
        halves = [
            np.asarray(counts[documents.rows[rows[part]]].sum(axis=0)).ravel() for part in (~later, later)
        ]
        z = change_scores(halves[0], halves[1])
        order = np.argsort(-z, kind="stable")
        rising.append(tuple(terms.terms[i] for i in order[:N_WORDS] if z[i] > Z))
        falling.append(tuple(terms.terms[i] for i in order[::-1][:N_WORDS] if z[i] < -Z))
    return tuple(rising), tuple(falling)


def change_scores(earlier: NDArray[Any], later: NDArray[Any]) -> NDArray[np.float64]:
    """Score the change in the frequency of each word as a z-score of the log odds ratio.

    The log odds ratio has an informative Dirichlet prior, the frequencies of the words over both
    halves (Monroe, Colaresi and Quinn, "Fightin' Words", Political Analysis 16, 2008), so that a
    rare word needs more evidence.

    Parameters
    ----------
    earlier, later : int ndarray of shape (t,)
        Count of each word in the two halves.

    Returns
    -------
    float64 ndarray of shape (t,)
        Positive for words that are more frequent later; 0 for words in neither half.

    Examples
    --------
    >>> change_scores(np.array([50, 2, 48]), np.array([2, 50, 48])).round(1).tolist()
    [-6.0, 6.0, 0.0]
    """
    first, second = earlier.astype(np.float64), later.astype(np.float64)
    if first.sum() == 0 or second.sum() == 0:
        return np.zeros(len(first))
    total = first + second
    prior = total * min(first.sum(), second.sum()) / total.sum()
    prior = np.where(total > 0, np.maximum(prior, 0.01), 1.0)
    odds = []
    for counts in (first, second):
        rest = np.maximum(counts.sum() + prior[total > 0].sum() - counts - prior, 0.5)
        odds.append(np.log((counts + prior) / rest))
    error = np.sqrt(1 / (first + prior) + 1 / (second + prior))
    return np.where(total > 0, (odds[1] - odds[0]) / error, 0.0)
