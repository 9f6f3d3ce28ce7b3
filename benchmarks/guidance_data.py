"""What the benchmark of guidance tells the systems: samples, names, halves, examples and wrong labels."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import HERE, embeddings, texts_and_labels
from benchmarks.debian_texts import texts_and_labels as debian

NAMES = HERE / "guidance_names.json"
WITH_VECTORS = ("bbc_news", "stackoverflow_titles", "banking77", "20newsgroups_stripped")
LEXICAL = ("gnad10_test_de", "debian_sections")
TITLES = {
    "bbc_news": "BBC News",
    "stackoverflow_titles": "StackOverflow titles",
    "banking77": "Banking77",
    "20newsgroups_stripped": "20 Newsgroups, stripped",
    "gnad10_test_de": "10kGNAD (lexical)",
    "debian_sections": "Debian packages (lexical)",
}
N_DOCUMENTS = 2000
"""Documents of the sample of a collection."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A sample of a labelled collection.

    Attributes
    ----------
    texts : list of str
    gold : ndarray of str of shape (n,)
    vectors : float32 ndarray of shape (n, d), or None
        None for those that are embedded by their words.
    names : dict of str to str
        A name of each class, spelled out.
    """

    name: str
    texts: list[str]
    gold: NDArray[Any]
    vectors: NDArray[np.float32] | None
    names: dict[str, str]


def sample(name: str, n: int = N_DOCUMENTS) -> Sample:
    """Read a collection: its documents at random places, drawn once for all seeds."""
    texts, labels = debian(name) if name.startswith("debian") else texts_and_labels(name)
    rows = np.sort(np.random.default_rng(0).permutation(len(texts))[:n])
    vectors = embeddings(name)[rows] if name in WITH_VECTORS else None
    names = json.loads(NAMES.read_text(encoding="utf-8"))[name]
    gold = np.array(labels, dtype=object)[rows].astype(str)
    return Sample(name, [texts[row] for row in rows], gold, vectors, names)


def told_half(data: Sample, seed: int) -> list[str]:
    """Draw half of the classes."""
    classes = sorted(data.names)
    rng = np.random.default_rng(seed)
    return sorted(rng.permutation(classes)[: len(classes) // 2].tolist())


def labelled(gold: NDArray[Any], n: int, seed: int, classes: list[str] | None = None) -> NDArray[np.int64]:
    """Draw the rows of n examples of each class, at most half of its documents."""
    rng = np.random.default_rng(100 + seed)
    rows: list[int] = []
    for name in sorted(set(gold.tolist()) if classes is None else classes):
        mine = rng.permutation(np.flatnonzero(gold == name))
        rows += mine[: min(n, max(1, len(mine) // 2))].tolist()
    return np.array(sorted(rows), dtype=np.int64)


def column(gold: NDArray[Any], rows: NDArray[np.int64]) -> list[str | None]:
    """Make the column of known labels: those of some rows, None elsewhere."""
    result: list[str | None] = [None] * len(gold)
    for row in rows.tolist():
        result[row] = str(gold[row])
    return result
