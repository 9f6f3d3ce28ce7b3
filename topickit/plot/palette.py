"""Colours that people who see few colours can tell apart, for light and for dark grounds.

Found by search: the ten colours whose smallest distance (OKLab) is largest over normal vision and
full protanopia, deuteranopia and tritanopia (Machado, Oliveira, Fernandes 2009), with luminance
bounded so that each stands out from its ground. That distance is .136 and .138; of the eight colours of
Okabe and Ito it is .076. More than ten topics share colours: neighbours on the map get different ones.
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
"""On white and paper."""
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
"""On a dark ground."""
NO_TOPIC = ("#a9afb8", "#5c636e")
"""Documents in no topic, on light and on dark."""
SEQUENTIAL = "Cividis"
"""For amounts: even to people who see few colours."""


def colour_indices(places: NDArray[np.floating]) -> tuple[int, ...]:
    """Give each topic one of the ten colours, such that topics of one colour are far apart.

    Parameters
    ----------
    places : ndarray of shape (k, 2)
        Where the topics stand; NaN for one that stands nowhere.

    Returns
    -------
    tuple of int
        In the order of the topics, the largest of which choose first.

    Examples
    --------
    >>> colour_indices(np.zeros((3, 2)))
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
        # A colour is as far as its nearest bearer; of equals the least used one.
        nearest = [(gaps[used == colour].min(), -int((used == colour).sum())) for colour in range(n)]
        chosen.append(max(range(n), key=lambda colour: (*nearest[colour], -colour)))
    return tuple(chosen)
