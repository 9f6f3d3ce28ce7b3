"""Labels in figures: Plotly interprets tags, entities and formulas in every text."""

import html

import numpy as np
from numpy.typing import NDArray

from topickit._core.display import clip, one_line


def label(text: str, limit: int = 40) -> str:
    """Escape a text for Plotly, on one line.

    Parameters
    ----------
    text : str
    limit : int
        Maximum number of characters.

    Returns
    -------
    str

    Examples
    --------
    >>> label("<b>cats</b> & $x$")
    '&lt;b&gt;cats&lt;/b&gt; &amp; &#36;x&#36;'
    """
    return html.escape(clip(one_line(text), limit), quote=False).replace("$", "&#36;")


def without_overlap(
    places: NDArray[np.floating],
    widths: NDArray[np.floating],
    height: float,
) -> list[tuple[int, float, float]]:
    """Place labels so that none covers another; earlier labels take precedence.

    Parameters
    ----------
    places : ndarray of shape (n, 2)
        Position of each label, in pixels; NaN for a label that is not shown.
    widths : ndarray of shape (n,)
        Pixels.
    height : float
        Pixels.

    Returns
    -------
    list of (int, float, float)
        Index of a label, and its center. A label moves up or down by at most two lines; labels without
        enough space are left out.

    Examples
    --------
    >>> without_overlap(np.array([[50.0, 50.0], [50.0, 50.0]]), np.array([40.0, 40.0]), 12.0)
    [(0, 50.0, 50.0), (1, 50.0, 63.0)]
    """
    boxes: list[tuple[float, float, float]] = []
    positions: list[tuple[int, float, float]] = []
    for index, ((x, y), width) in enumerate(zip(places, widths, strict=True)):
        if not np.isfinite(x + y):
            continue
        for step in (0.0, 1.0, -1.0, 2.0, -2.0):
            middle = y + step * (height + 1)
            free = all(
                abs(x - other_x) >= (width + other_width) / 2 or abs(middle - other_y) >= height
                for other_x, other_y, other_width in boxes
            )
            if free:
                boxes.append((float(x), float(middle), float(width)))
                positions.append((index, float(x), float(middle)))
                break
    return positions
