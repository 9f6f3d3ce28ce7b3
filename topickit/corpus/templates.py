"""Templates: messages that differ only in numbers, codes and names, such as confirmations of orders."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from topickit._core.vectors import FloatArray, IntArray, take_rows

_TOKEN = re.compile(r"\w+(?:[^\w\s]+\w+)*")
MAX_CHARACTERS = 1000
"""The template of a longer text is that of its beginning and its length in thousands of characters."""
MIN_WORDS = 8
"""A text keeps at least this many words when capitalized words are masked, or else they are kept."""
FEWEST = 30
SHARE = 0.01
"""Documents of one template in a sample: at most `FEWEST`, or this share of it if that is more."""
LIKENESS = 0.8
"""Least length of the mean of a template's unit vectors; others differ in more than numbers and names."""


def template_of(text: str) -> str:
    """Mask the numbers and codes of a text, and its capitalized words if enough others remain.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Equal for texts that were made from one template.

    Examples
    --------
    >>> template_of("Order 4711 is paid."), template_of("Order A-17 is paid.")
    ('Order # is paid', 'Order # is paid')
    """
    tokens = _TOKEN.findall(text[:MAX_CHARACTERS])
    masked = ["#" if any(c.isdigit() for c in token) else token for token in tokens]
    plain = [token for token in masked if token != "#" and not token[0].isupper()]
    words = plain if len(plain) >= MIN_WORDS else masked
    return " ".join([*words, *["+"] * (len(text) // MAX_CHARACTERS)])


@dataclass
class FewOfEach:
    """Leave out documents of a template that makes up too much of a sample.

    Thousands of confirmations of orders are one subject; a clusterer of which they are nearly all the
    documents would divide them by their numbers.

    Parameters
    ----------
    texts : sequence of str, of length u
    vectors : float32 ndarray of shape (u, d), unit rows
    size : int
        Of the sample.
    usable : callable, optional
        Selects rows before templates are looked at.
    """

    texts: Sequence[str]
    vectors: FloatArray
    size: int
    usable: Callable[[IntArray], IntArray] | None = None
    kept: Counter[str] = field(default_factory=Counter)

    def __call__(self, rows: IntArray) -> IntArray:
        """Select the rows of a batch that may be in the sample; earlier batches count."""
        rows = rows if self.usable is None else self.usable(rows)
        most = max(FEWEST, int(SHARE * self.size))
        of_template: dict[str, list[int]] = {}
        for place, row in enumerate(rows.tolist()):
            of_template.setdefault(template_of(self.texts[row]), []).append(place)
        free = np.ones(len(rows), dtype=np.bool_)
        for template, places in of_template.items():
            left = most - self.kept[template]
            if len(places) > left and self._is_alike(rows[places]):
                free[places[max(left, 0) :]] = False
            self.kept[template] += min(len(places), max(left, 0))
        return rows[free]

    def _is_alike(self, rows: IntArray) -> bool:
        mean = take_rows(self.vectors, rows).mean(axis=0, dtype=np.float64)
        return bool(np.linalg.norm(mean) >= LIKENESS)
