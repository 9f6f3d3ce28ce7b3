"""Estimates of the time, memory and disk space of a fit, from timed samples."""

import math
import sys
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from topickit._core.memory import peak_memory
from topickit._core.progress import record_stages, stage
from topickit._core.spill import StoredTexts
from topickit._core.state import State
from topickit._core.vectors import IN_MEMORY, FloatArray, check_given
from topickit.cluster import base as cluster
from topickit.corpus.documents import Documents
from topickit.corpus.tables import read
from topickit.embed import base as embed
from topickit.embed import hybrid, pipeline
from topickit.errors import InputError, TopickitWarning
from topickit.model import TopicModel

SAMPLE = 16_000
"""Documents in the larger of the two samples."""
TIMED_TEXTS = 512
TIMED_SECONDS = 4.0
BYTES_PER_DOCUMENT = 1000
"""Peak memory per document besides text and embedding: hashes, words, counts (measured on a million)."""
STUDENT_MIB = 600
"""Peak memory of learning a student, which is released before words are counted."""


@dataclass(frozen=True)
class Estimate:
    """Estimated cost of a fit.

    Attributes
    ----------
    n_documents : int
        Number of documents, including blank ones.
    stages : mapping of str to float
        Seconds of each stage.
    memory : float
        Peak memory of the process in bytes; NaN if the system does not report it (Windows).
    disk : float
        Bytes of the temporary files and the saved model.
    """

    n_documents: int
    stages: Mapping[str, float]
    memory: float
    disk: float

    @property
    def seconds(self) -> float:
        """Wall time of all stages."""
        return sum(self.stages.values())

    def __str__(self) -> str:
        """Format the estimate as a table."""
        lines = [f"{self.n_documents:,} documents, estimated from a timed sample:", ""]
        lines += [f"  {name:<18}{_duration(value):>10}" for name, value in self.stages.items()]
        lines += ["", f"  {'time':<18}{_duration(self.seconds):>10}"]
        lines += [f"  {'memory':<18}{_size(self.memory):>10}", f"  {'disk':<18}{_size(self.disk):>10}"]
        return "\n".join(lines)


def estimate_fit(
    model: TopicModel, texts: Any, *, embeddings: ArrayLike | None = None, keep_texts: bool = False
) -> Estimate:
    """Estimate the cost of ``model.fit(texts)`` by fitting two samples of the texts.

    This takes some seconds; with a distilled embedder, it takes the time of embedding the teacher's sample.
    Each stage is extrapolated from the two samples, finding topics only to the size of the fit sample. The
    embedding cache is not considered.

    Parameters
    ----------
    model : TopicModel
        The model; it is not changed.
    texts : as for `TopicModel.fit`
        Texts to fit.
    embeddings : array-like of shape (n, d), optional
        Precomputed embeddings.
    keep_texts : bool, default False
        Whether the model will be saved with its texts.

    Returns
    -------
    Estimate

    Raises
    ------
    InputError, InputTypeError
        As `TopicModel.fit`.

    Examples
    --------
    >>> texts = [f"{a} {b}" for a in ("red", "green", "fast") for b in ("apple", "car", "pear", "race")]
    >>> estimate_fit(TopicModel(embedder="lexical"), texts).n_documents
    12
    """
    given = None if embeddings is None else check_given(embeddings)
    start = time.perf_counter()
    corpus = Documents.of(read(texts), given)
    reading = time.perf_counter() - start
    n = len(corpus)
    if not n:
        raise InputError("all documents are blank; there are no topics to find")
    rows = corpus.sample(SAMPLE)
    sample = [corpus.texts[row] for row in rows.tolist()]
    vectors = None if given is None else np.asarray(given[corpus.first_rows[rows]], np.float32)
    embedding: dict[str, float] = {}
    embedder_bytes = 0.0
    embedder = embed.resolve(
        model.embedder,
        long_documents=model.long_documents,
        device=embed.device_for(model.embedder, model.device),
        random_state=model.random_state,
    )
    if vectors is None:
        vectors, embedding, embedder_bytes = _time_embedder(embedder, sample, n)
    elif isinstance(embedder, embed.BuildsOnVectors):
        vectors, embedding, embedder_bytes = _time_words(embedder, vectors, sample, n)
    small, large, loading = _time_fits(model, sample, vectors, keep_texts)
    stages = {
        "starting": loading,
        "reading": reading,
        **embedding,
        **_after_embedding(model, small, large, len(sample), n),
    }
    text_bytes = sum(map(sys.getsizeof, sample)) / len(sample)
    stored = isinstance(corpus.texts, StoredTexts)
    return Estimate(
        corpus.n_rows,
        stages,
        _memory(n, len(sample), 0.0 if stored else text_bytes, vectors.shape[1], embedding),
        (n * text_bytes if stored else 0.0)
        + embedder_bytes
        + _disk(n, len(sample), vectors.shape[1], large["bytes"], small["bytes"], given is None),
    )


def _time_embedder(
    embedder: embed.Embedder, sample: list[str], n: int
) -> tuple[FloatArray, dict[str, float], float]:
    """Return vectors for the sample, seconds of each stage for n texts, and bytes of the saved embedder."""
    if isinstance(embedder, embed.BuildsOnVectors):
        vectors, seconds, _ = _time_embedder(embedder.model, sample, n)
        own, more, n_bytes = _time_words(embedder, vectors, sample, n)
        return own, seconds | more, n_bytes
    start = time.perf_counter()
    embedder_is_learning = isinstance(embedder, embed.FittedOnCorpus)
    if not embedder_is_learning:
        embed.embed(embedder, sample[:2])  # loads the model
    loading = time.perf_counter() - start
    if embedder_is_learning:
        return _time_learning(embedder, sample, n)
    done, start = 0, time.perf_counter()
    while done < min(TIMED_TEXTS, len(sample)) and time.perf_counter() - start < TIMED_SECONDS:
        vectors = embed.embed(embedder, sample[done : done + 64])
        done += len(vectors)
    rate = (time.perf_counter() - start) / done
    return _stand_in(sample, vectors.shape[1]), {"loading the model": loading, "embedding": rate * n}, 0.0


def _time_words(
    embedder: embed.Embedder, vectors: FloatArray, sample: list[str], n: int
) -> tuple[FloatArray, dict[str, float], float]:
    """Time an embedder that adds words to the vectors of another one."""
    learned, own, learning, adding = _time_embedding(embedder, sample, vectors)
    grows = max(1.0, min(n, hybrid.SAMPLE) / len(sample))
    seconds = learning * grows + adding * n / len(sample)
    # Vocabulary grows with the square root of the texts (Heaps' law).
    return own, {"learning words": seconds}, _n_bytes(embed.state(learned)) * math.sqrt(grows)


def _time_learning(embedder: Any, sample: list[str], n: int) -> tuple[FloatArray, dict[str, float], float]:
    """Time an embedder that learns from the corpus."""
    learned, vectors, learning, rest = _time_embedding(embedder, sample)
    if embed.n_exact(learned) is not None:  # it learns from a sample
        share = getattr(embedder, "sample", None)
        grows = n / len(sample) if isinstance(share, float) and share < 1 else 1.0
        others = len(sample) - (embed.n_exact(learned) or 0)
        seconds = {"learning": learning * grows, "embedding": rest * n / max(1, others)}
        return vectors, seconds, _n_bytes(embed.state(learned)) * grows
    quarter = sample[: max(2, len(sample) // 4)]
    try:
        _, _, learning_less, rest_less = _time_embedding(embedder, quarter)
    except InputError:  # a quarter may have no words
        return vectors, {"embedding": (learning + rest) * n / len(sample)}, _n_bytes(embed.state(learned))
    less, more = {"": learning_less + rest_less}, {"": learning + rest}
    return vectors, {"embedding": _linear(less, more, "", len(sample), n)}, _n_bytes(embed.state(learned))


def _time_embedding(
    embedder: Any, texts: list[str], vectors: FloatArray | None = None
) -> tuple[embed.Embedder, FloatArray, float, float]:
    """Return the fitted embedder, the embeddings of distinct texts, seconds to learn and seconds to embed."""
    documents = Documents.of(texts, vectors)
    start = time.perf_counter()
    learned = pipeline.learn(embedder, documents, embeddings=vectors)
    middle = time.perf_counter()
    embeddings = pipeline.transform(learned, documents, embeddings=vectors)
    seconds = time.perf_counter() - middle
    return learned, embeddings[documents.rows], middle - start, seconds


def _n_bytes(state: State) -> float:
    return float(
        sum(array.nbytes for array in state.arrays.values()) + sum(map(_n_bytes, state.parts.values()))
    )


def _stand_in(sample: list[str], dimension: int) -> FloatArray:
    """Make vectors with the clusters of the texts without running the model."""
    rng = np.random.default_rng(0)
    try:
        lexical = embed.fitted(embed.resolve("lexical"), sample, np.ones(len(sample)))
    except InputError:  # no text has a word, or shares one
        return rng.normal(size=(len(sample), dimension)).astype(np.float32)
    vectors = embed.embed(lexical, sample)
    projection = rng.normal(size=(vectors.shape[1], dimension))
    return np.asarray(vectors @ projection, dtype=np.float32)


def _time_fits(
    model: TopicModel, sample: Sequence[str], vectors: FloatArray, keep_texts: bool
) -> tuple[dict[str, float], dict[str, float], float]:
    """Return seconds of each stage on a quarter of the sample and on all of it, and seconds of start-up."""
    quarter = max(2, len(sample) // 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TopickitWarning)  # about the sample, not about the user's corpus
        try:
            cold = _time_fit(model, sample[:quarter], vectors[:quarter], keep_texts)
            small = _time_fit(model, sample[:quarter], vectors[:quarter], keep_texts)
        except ValueError:  # a quarter may be too few for the clusterer
            cold = small = _time_fit(model, sample, vectors, keep_texts)
        large = _time_fit(model, sample, vectors, keep_texts)
    return small, large, max(0.0, cold["all"] - small["all"])


def _time_fit(
    model: TopicModel, texts: Sequence[str], vectors: FloatArray, keep_texts: bool
) -> dict[str, float]:
    # The embedder may be large or impossible to copy, and is not needed.
    settings = {"embedder": "lexical", "long_documents": "truncate", "cache": None}
    copy = type(model)(**{**model.get_params(deep=False), **settings})
    start = time.perf_counter()
    with record_stages() as stages, stage("Timing a sample"), tempfile.TemporaryDirectory() as folder:
        copy.fit(list(texts), embeddings=vectors)
        copy.save(Path(folder) / "model", keep_texts=keep_texts)
        size = sum(file.stat().st_size for file in (Path(folder) / "model").rglob("*") if file.is_file())
        seconds = {name: sum(s for other, s in stages if other == name) for name, _ in stages}
    return {**seconds, "all": time.perf_counter() - start, "bytes": float(size)}


def _after_embedding(
    model: TopicModel, small: Mapping[str, float], large: Mapping[str, float], m: int, n: int
) -> dict[str, float]:
    """Extrapolate the stages after embedding; words are counted while topics are found."""
    clusterer = cluster.resolve(model.clusterer)
    most = clusterer.sample_size if model.fit_sample == "auto" else model.fit_sample
    used = n if most is None else min(n, most)
    finding = large["Finding topics"]
    if used > m:
        growth = finding / max(small["Finding topics"], 1e-9)
        power = min(max(math.log(max(growth, 1e-9)) / math.log(4), 1.0), 2.0)
        finding *= (used / m) ** power
    counting = _linear(small, large, "Counting words", m, n)
    return {
        "finding topics": max(finding, counting),
        "describing topics": _linear(small, large, "Describing topics", m, n),
        "saving": _linear(small, large, "Saving", m, n),
    }


def _linear(small: Mapping[str, float], large: Mapping[str, float], name: str, m: int, n: int) -> float:
    """Extrapolate linearly from m / 4 and m documents to n, at least to the value for m."""
    quarter = max(2, m // 4)
    low, high = small.get(name, 0.0), large.get(name, 0.0)
    slope = max(0.0, (high - low) / max(1, m - quarter))
    return high + slope * (n - m) if n > m else high


def _memory(n: int, m: int, text_bytes: float, dimension: int, embedding: Mapping[str, float]) -> float:
    now = peak_memory()
    kept = 4 * dimension if 4 * n * dimension <= IN_MEMORY else 0
    grown = max(0, n - m) * (text_bytes + kept + BYTES_PER_DOCUMENT)
    return max(now, now - (STUDENT_MIB * 2**20 if "learning" in embedding else 0) + grown)


def _disk(n: int, m: int, dimension: int, large: float, small: float, embeds: bool) -> float:
    vectors = 4.0 * n * dimension if embeds and 4 * n * dimension > IN_MEMORY else 0.0
    if n <= m:
        return vectors + large
    # Labels grow linearly, the vocabulary by a power below 1.
    power = float(np.clip(math.log(large / max(small, 1.0)) / math.log(m / max(2, m // 4)), 0.0, 1.0))
    return float(vectors + large * (n / m) ** power)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _size(n_bytes: float) -> str:
    if math.isnan(n_bytes):
        return "unknown"
    return f"{n_bytes / 2**20:,.0f} MiB" if n_bytes < 2**31 else f"{n_bytes / 2**30:.1f} GiB"
