"""The collections as all systems see them: texts, gold classes, unit vectors, tokens for scoring."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.common import embeddings, texts_and_labels
from benchmarks.peers.protocol import Vectors, offline_model
from topickit.keywords.stopwords import stop_words
from topickit.keywords.tokens import clean, read_tokens

LANGUAGES = {
    "stackoverflow_titles": "en",
    "banking77": "en",
    "bbc_news": "en",
    "20newsgroups_stripped": "en",
    "thucnews_titles_zh": "zh",
    "gnad10_test_de": "de",
    "octis_bbc_news": "en",
    "arxiv_titles": "en",
    "quora_questions": "en",
}
READY = ("stackoverflow_titles", "banking77", "bbc_news", "20newsgroups_stripped", "quora_questions")
QUICK = ("stackoverflow_titles", "bbc_news")
QUICK_ROWS = 2000
LARGEST = 50_000
WITHOUT_GOLD = 20  # number of topics given to a system that needs one, where there are no classes


@dataclass(frozen=True, eq=False)
class Collection:
    """One collection.

    Attributes
    ----------
    name, language : str
    texts : list of str
    segmented : list of str
        The same texts, cut into words where the language writes no spaces.
    gold : int64 ndarray of shape (n,), or None
    vectors : float32 ndarray of shape (n, d), unit rows
    """

    name: str
    language: str
    texts: list[str]
    segmented: list[str]
    gold: np.ndarray | None
    vectors: Vectors

    @property
    def n_gold(self) -> int | None:
        """Number of gold classes."""
        return None if self.gold is None else len(np.unique(self.gold))

    @property
    def stop_words(self) -> list[str] | None:
        """Stop words for systems that take a list; None for English, where they take their own."""
        return None if self.language == "en" else sorted(stop_words(self.language))


def load(name: str, cache: Path, *, quick: bool = False) -> Collection:
    """Read a collection and its vectors, which are made and kept in the cache where none are ready."""
    texts, labels = texts_and_labels(name)
    rows = rows_of(name, len(texts))
    texts, labels = [texts[row] for row in rows], labels[rows]
    vectors = embeddings(name)[: len(rows)] if name in READY else kept_vectors(name, texts, cache)
    if quick:
        few = np.sort(np.random.default_rng(0).permutation(len(texts))[:QUICK_ROWS])
        texts, labels, vectors = [texts[row] for row in few], labels[few], vectors[few]
    has_gold = not any(label is None for label in labels[:1000])
    gold = np.unique(labels.astype(str), return_inverse=True)[1] if has_gold else None
    language = LANGUAGES[name]
    segmented = segment(texts) if language == "zh" else texts
    return Collection(name, language, texts, segmented, gold, np.ascontiguousarray(vectors, dtype=np.float32))


def rows_of(name: str, n: int) -> np.ndarray:
    """Choose the rows of a large collection: a seeded sample of arXiv titles, else the first 50,000."""
    if name == "arxiv_titles":
        return np.sort(np.random.default_rng(0).permutation(n)[:LARGEST])
    return np.arange(min(n, LARGEST))


def segment(texts: Sequence[str]) -> list[str]:
    """Join the words that topickit's tokenizer finds in each text by spaces; a text without any stays.

    Examples
    --------
    >>> segment(["apple pie, please", "!?"])
    ['apple pie please', '!?']
    """
    stream = read_tokens(texts)
    words = [clean(surface) for surface in stream.surfaces]
    bounds = zip(stream.offsets[:-1].tolist(), stream.offsets[1:].tolist(), strict=True)
    cut = (" ".join(words[i] for i in stream.ids[start:stop] if words[i]) for start, stop in bounds)
    return [joined or text for joined, text in zip(cut, texts, strict=True)]


def kept_vectors(name: str, texts: list[str], cache: Path) -> Vectors:
    """Give the vectors of texts: those in the cache, or made now and kept there."""
    path = cache / "vectors" / f"{name}.npy"
    if not path.exists():
        print(f"embedding {len(texts):,} texts of {name}", flush=True)
        model = offline_model()
        model.max_seq_length = 256
        rows = model.encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}.part")
        with partial.open("wb") as file:
            np.save(file, rows.astype(np.float16))
        partial.replace(path)
    rows = np.load(path).astype(np.float32)
    if len(rows) != len(texts):
        raise SystemExit(f"{path} has {len(rows)} vectors for {len(texts)} texts; remove it")
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
