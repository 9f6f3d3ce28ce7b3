"""Colors that people with color vision deficiency can distinguish, on light and dark backgrounds.

The twenty colors were found by a search that maximizes the smallest OKLab distance under normal vision and
full protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes, IEEE TVCG 15, 2009). All have
enough contrast with a light and with a dark background, so that a topic has the same color everywhere. That
distance is 0.080 for the first ten colors and 0.066 for all twenty (0.114 under normal vision); for the
eight colors of Okabe and Ito it is 0.076. More than twenty topics share colors; neighbors on the map differ.
"""

import numpy as np
from numpy.typing import NDArray

COLORS = (
    "#ff8701",
    "#5200f8",
    "#04b7fe",
    "#8b4c4f",
    "#fa20b6",
    "#6e369f",
    "#728301",
    "#208ca7",
    "#8bb297",
    "#b97865",
    "#ae74dc",
    "#aa0cc8",
    "#3c5a1b",
    "#cf33ff",
    "#b20305",
    "#c71d7c",
    "#44bc4e",
    "#126b74",
    "#e392d2",
    "#f03901",
)
"""For topics and classes, on light and on dark backgrounds."""
NO_TOPIC = ("#a9afb8", "#5c636e")
"""Outliers, on light and on dark backgrounds."""
MORE = ("#e0883c", "#b0622a")
"""More than elsewhere, on light and on dark backgrounds."""
LESS = ("#7aa5d8", "#3d6ea8")
"""Less than elsewhere, on light and on dark backgrounds."""
SEQUENTIAL = "Cividis"
"""Plotly color scale for amounts, perceptually uniform with color vision deficiency."""


def color_indices(places: NDArray[np.floating]) -> tuple[int, ...]:
    """Assign one of the colors to each topic, so that topics of the same color are far apart.

    Parameters
    ----------
    places : ndarray of shape (k, 2)
        Positions of the topics; NaN for a topic without a position.

    Returns
    -------
    tuple of int
        Index into the palette for each topic; earlier topics take precedence.

    Examples
    --------
    >>> color_indices(np.zeros((3, 2)))
    (0, 1, 2)
    """
    n = len(COLORS)
    chosen: list[int] = []
    for topic, place in enumerate(places):
        if topic < n:
            chosen.append(topic)
            continue
        gaps = np.linalg.norm(places[:topic] - place, axis=1)
        gaps[np.isnan(gaps)] = np.inf
        used = np.array(chosen)
        # The distance of a color is that of its nearest topic; ties go to the least used color.
        nearest = [(gaps[used == color].min(), -int((used == color).sum())) for color in range(n)]
        chosen.append(max(range(n), key=lambda color: (*nearest[color], -color)))
    return tuple(chosen)
