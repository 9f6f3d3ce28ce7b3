"""Other good levels of a corpus than the one that is taken."""

import numpy as np
import pytest

from topickit.cluster import levels
from topickit.report.html import render_html
from topickit.report.relations import level_sizes
from topickit.report.summary import Summary
from topickit.report.text import render_text


def level(n: int, modularity: float) -> levels.Level:
    return levels.Level(1.0, (np.zeros((n, 3), np.float32),) * 3, modularity, 0.5, np.ones((3, 3)))


def test_good_levels_are_peaks_and_the_best():
    sizes = [5, 7, 10, 12, 16, 20, 26, 34, 45, 60, 80]
    peaks = [0.55, 0.6, 0.7, 0.6, 0.55, 0.55, 0.55, 0.68, 0.7, 0.69, 0.55]
    found = [level(n, m) for n, m in zip(sizes, peaks, strict=True)]
    assert levels.good_levels(found, found[8]) == [10]
    assert levels.good_levels(found, found[2]) == [45]
    assert levels.good_levels(found, found[5]) == [10, 45]
    assert levels.good_levels(found[:3], found[2]) == []


def test_a_plateau_is_one_level():
    found = [level(n, 0.6) for n in (5, 6, 7, 8, 9)]
    assert len(levels.good_levels(found, found[4])) <= 1


@pytest.mark.parametrize("good", [(), (2,), (7,), (3, 4, 5, 6), (12, 50), (29,)])
def test_the_cuts_that_are_shown_rise_to_the_topics(good):
    sizes = level_sizes(30, good)
    assert list(sizes) == sorted(set(sizes))
    assert sizes[-1] == 30
    assert sizes[0] >= 2
    assert {n for n in good if n == max(good) and n > 10 and n < 30} <= set(sizes)


def test_a_report_names_the_other_levels():
    summary = Summary((), n_documents=2, n_outliers=2, notes={"clusterer": {"other_levels": [7, 40]}})
    assert "Other suitable numbers of topics\n  7, 40" in render_text(summary)
    assert "7, 40" in render_html(summary)
