"""The texts of a report's page: whole, in reading order, and packed into few bytes."""

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from topickit._core.display import clip, encodable, printable, unescaped
from topickit._core.vectors import IntArray
from topickit.report.summary import Plain

if TYPE_CHECKING:
    from topickit.fitted.fitted import Fitted

MAX_TEXTS = 200_000
"""Distinct documents that the page holds; a larger corpus is represented by a uniform sample."""
MAX_BYTES = 16_000_000
"""UTF-8 bytes of all texts together, before they are compressed."""
_BLOCK = 8_192


@dataclass(frozen=True, eq=False)
class DocumentTexts:
    """Texts to search and to page through: topic after topic, most similar to its mean first.

    Attributes
    ----------
    texts : tuple of str
        Of the d distinct documents; whole, unless `limit` is set.
    labels : int64 ndarray of shape (d,)
        Topic of each, as its position, −1 for none; outliers come last.
    counts : int64 ndarray of shape (d,)
        Documents with this text.
    points : int64 ndarray of shape (n,)
        Which of the texts each point of the map is.
    limit : int or None
        Characters at which texts are truncated; None if all are whole.
    n_texts : int
        Distinct documents of the corpus, of which these may be a sample.
    """

    texts: tuple[str, ...] = field(repr=False)
    labels: IntArray = field(repr=False)
    counts: IntArray = field(repr=False)
    points: IntArray = field(repr=False)
    limit: int | None
    n_texts: int

    def as_dict(self) -> dict[str, Plain]:
        """Give the data for the page's script: numbers as base64, texts as compressed JSON in base64."""
        return {
            "texts": compressed(list(self.texts)),
            "topic": packed(self.labels + 1, "<u2"),
            "count": packed(self.counts, "<u4"),
            "points": packed(self.points, "<u4"),
        }


def document_texts(fitted: "Fitted", rows: IntArray) -> DocumentTexts | None:
    """Collect the texts of a model for its page.

    Parameters
    ----------
    fitted : Fitted
    rows : int64 ndarray
        Distinct documents on the map, which are always included.

    Returns
    -------
    DocumentTexts or None
        None if the model does not hold its documents.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> words = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(words)
    >>> document_texts(model.fitted_, np.arange(6)).labels.tolist()
    [0, 0, 0, 1, 1, 1]
    """
    if fitted.corpus is None:
        return None
    documents = fitted.corpus.documents
    n = len(documents)
    # Texts are ordered by their content hash: evenly spaced rows are a uniform sample.
    held = np.union1d(np.linspace(0, n - 1, min(n, MAX_TEXTS)).astype(np.int64), rows)
    labels = fitted.labels[documents.first_rows][held]
    order = np.lexsort(
        (-_similarities(fitted, held, labels), np.where(labels < 0, len(fitted.topics), labels))
    )
    held, labels = held[order], labels[order]
    place = np.empty(n, dtype=np.int64)
    place[held] = np.arange(len(held))
    texts, limit = _within(
        [printable(unescaped(encodable(documents.texts[row]))).strip() for row in held.tolist()], MAX_BYTES
    )
    return DocumentTexts(texts, labels, documents.weights[held], place[rows], limit, n)


def _similarities(fitted: "Fitted", rows: IntArray, labels: IntArray) -> IntArray:
    """Give the similarity of documents to the mean of their topic, in thousandths; 0 for outliers."""
    result = np.zeros(len(rows), dtype=np.int64)
    if fitted.corpus is None or not len(fitted.means):
        return result
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        means = fitted.means[np.maximum(labels[part], 0)]
        cosines = np.einsum("ij,ij->i", fitted.corpus.vectors[rows[part]], means)
        result[part] = np.where(labels[part] < 0, 0, (1_000 * cosines).round())
    return result


def _within(texts: Sequence[str], max_bytes: int) -> tuple[tuple[str, ...], int | None]:
    """Truncate texts at the largest number of characters with which all fit into a number of bytes."""
    sizes = np.array([len(text.encode("utf-8")) for text in texts], dtype=np.int64)
    if sizes.sum() <= max_bytes:
        return tuple(texts), None
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    width = sizes / np.maximum(lengths, 1)
    low, high = 1, int(lengths.max())
    while low < high:
        middle = (low + high + 1) // 2
        fits = (np.minimum(lengths, middle) * width).sum() <= max_bytes
        low, high = (middle, high) if fits else (low, middle - 1)
    return tuple(clip(text, low) for text in texts), low


def compressed(value: Plain) -> str:
    """Write JSON, compressed by zlib, as base64."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 6)).decode("ascii")


def packed(values: IntArray, kind: str) -> str:
    """Write whole numbers as base64 of little-endian integers."""
    return base64.b64encode(values.astype(kind).tobytes()).decode("ascii")
