"""Few documents: no share of a period and no risk ratio of a class without enough of them."""

import numpy as np
import pytest

from topickit.analysis.by_class import ByClass, risk_ratios
from topickit.analysis.over_time import OverTime, wilson


def trend(counts, totals, unit="day"):
    counts, totals = np.array(counts), np.array(totals)
    with np.errstate(invalid="ignore"):
        shares = counts / totals[:, None]
    periods = tuple(f"2015-02-{day + 16:02d}" for day in range(len(totals)))
    return OverTime(unit, periods, totals, counts, shares, *wilson(counts, totals[:, None]))


def classes(counts, totals):
    counts, totals = np.array(counts), np.array(totals)
    names = tuple("abcdefgh"[: len(totals)])
    return ByClass(names, totals, counts, *risk_ratios(counts, totals))


@pytest.mark.parametrize(
    ("totals", "least", "drawn"),
    [
        ([4, 900, 800, 1000], 20, [False, True, True, True]),
        ([19, 20, 500, 500], 20, [False, True, True, True]),
        ([3, 3, 3], 2, [True, True, True]),  # a small corpus keeps its points
        ([1, 0, 12, 14], 6, [False, False, True, True]),
        ([5], 3, [True]),
    ],
)
def test_a_period_needs_a_least_number_of_documents(totals, least, drawn):
    result = trend(np.ones((len(totals), 1), dtype=int) * np.minimum(totals, 1)[:, None], totals)
    assert result.least == least
    assert result.drawn.tolist() == drawn
    assert np.isnan(result.drawn_shares[:, 0]).tolist() == [not is_drawn for is_drawn in drawn]


def test_a_class_of_four_has_no_ratio_and_no_color():
    table = classes([[300, 100], [100, 300], [4, 0]], [500, 500, 4])
    assert table.has_ratio.tolist() == [[True, True], [True, True], [False, False]]
    assert (table.tint[2] == 0).all()
    assert table.tint[0, 0] > 0 > table.tint[0, 1]


def test_a_ratio_needs_documents_that_are_there_or_expected():
    table = classes([[100, 0, 2], [100, 200, 2]], [500, 500])
    assert table.has_ratio.tolist() == [[True, True, False], [True, True, False]]
    assert table.tint[0, 1] == -1.0
    assert not classes([[30], [5]], [40, 5]).has_ratio.any()  # too few others
