"""Texts inside figures: Plotly reads tags, entities and formulas in every label."""

import html

import numpy as np
from numpy.typing import NDArray


def label(text: str, limit: int = 40) -> str:
    """Make a label that shows a text as it is, on one line.

    Parameters
    ----------
    text : str
    limit : int
        Characters shown at most.

    Examples
    --------
    >>> label("<b>cats</b> & $x$")
    '&lt;b&gt;cats&lt;/b&gt; &amp; &#36;x&#36;'
    """
    shown = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if len(shown) > limit:
        shown = shown[: limit - 1].rstrip() + "…"
    return html.escape(shown, quote=False).replace("$", "&#36;")


def without_overlap(
    places: NDArray[np.floating],
    widths: NDArray[np.floating],
    height: float,
) -> list[tuple[int, float, float]]:
    """Choose places of labels such that none covers another; the first ones choose first.

    Parameters
    ----------
    places : ndarray of shape (n, 2)
        Where each label belongs, in pixels.
    widths : ndarray of shape (n,)
    height : float

    Returns
    -------
    list of (int, float, float)
        Which label, and its middle. One that finds no room beside its place is left out.

    Examples
    --------
    >>> without_overlap(np.array([[50.0, 50.0], [50.0, 50.0]]), np.array([40.0, 40.0]), 12.0)
    [(0, 50.0, 50.0), (1, 50.0, 63.0)]
    """
    taken: list[tuple[float, float, float]] = []
    chosen: list[tuple[int, float, float]] = []
    for index, ((x, y), width) in enumerate(zip(places, widths, strict=True)):
        if not np.isfinite(x + y):
            continue
        for step in (0.0, 1.0, -1.0, 2.0, -2.0):
            middle = y + step * (height + 1)
            free = all(
                abs(x - other_x) >= (width + other_width) / 2 or abs(middle - other_y) >= height
                for other_x, other_y, other_width in taken
            )
            if free:
                taken.append((float(x), float(middle), float(width)))
                chosen.append((index, float(x), float(middle)))
                break
    return chosen
