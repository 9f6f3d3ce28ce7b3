"""Colors that people with color vision deficiency can distinguish, on light and dark backgrounds.

The ten colors were found by a search that maximizes the smallest OKLab distance under normal vision and
full protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes, IEEE TVCG 15, 2009), with
luminance bounded for contrast with the background. That distance is 0.136 (light) and 0.138 (dark); for the
eight colors of Okabe and Ito it is 0.076. More than ten topics share colors; neighbors on the map differ.
"""

import numpy as np
from numpy.typing import NDArray

LIGHT = (
    "#5b7aee",
    "#8d3101",
    "#39b5f6",
    "#7202bb",
    "#9a7a1e",
    "#ea729e",
    "#146574",
    "#b2b221",
    "#271571",
    "#4e1419",
)
"""For light backgrounds and print."""
DARK = (
    "#e65b24",
    "#75c7b4",
    "#b585f9",
    "#faa610",
    "#ac222e",
    "#75fcfc",
    "#86499a",
    "#def780",
    "#4e968e",
    "#5425fa",
)
"""For dark backgrounds."""
NO_TOPIC = ("#a9afb8", "#5c636e")
"""Outliers, on light and on dark backgrounds."""
SEQUENTIAL = "Cividis"
"""Plotly color scale for amounts, perceptually uniform with color vision deficiency."""


def color_indices(places: NDArray[np.floating]) -> tuple[int, ...]:
    """Assign one of the ten colors to each topic, so that topics of the same color are far apart.

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
    n = len(LIGHT)
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
