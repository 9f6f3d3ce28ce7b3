"""What the benchmarks share: the collections, measuring in a process of its own, results as JSON."""

import datetime
import json
import multiprocessing
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from topickit._core.memory import peak_memory

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
DATA = HERE.parents[1] / "shared" / "data"
LABELLED = ("stackoverflow_titles", "banking77", "bbc_news", "20newsgroups_stripped")
TITLES = {
    "stackoverflow_titles": "StackOverflow titles",
    "banking77": "Banking77",
    "bbc_news": "BBC News",
    "20newsgroups_stripped": "20 Newsgroups, stripped",
    "quora_questions": "Quora questions",
}


def texts_and_labels(name: str, n: int | None = None) -> tuple[list[str], np.ndarray]:
    """Texts of a shared collection and their gold labels."""
    table = pl.read_parquet(DATA / f"{name}.parquet", n_rows=n)
    return table["text"].to_list(), table["label"].to_numpy()


def embeddings(name: str) -> np.ndarray:
    """The ready-made MiniLM vectors of a shared collection, float32 of unit length."""
    rows = np.load(DATA / "embeddings" / f"{name}.npy").astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def require_data() -> None:
    """End the program if the shared collections are missing."""
    if not DATA.is_dir():
        raise SystemExit("the shared collections are missing: they belong in ../shared/data")


def environment() -> dict[str, Any]:
    """Cores, versions and the day, for the head of a results table."""
    packages = ("numpy", "scipy", "scikit-learn", "numba", "umap-learn", "hdbscan", "torch")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "cores": cores,
        "python": platform.python_version(),
        "day": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "versions": {name: version(name) for name in (*packages, "sentence-transformers")},
    }


def write(name: str, result: dict[str, Any]) -> None:
    """Keep the result of one benchmark."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"environment": environment(), **result}, indent=1) + "\n", encoding="utf-8")


def read(name: str) -> dict[str, Any] | None:
    """Read the kept result of one benchmark, if there is one."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def in_own_process(work: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a fresh process, so that its peak of memory is its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(work, arguments)


def peak_mib() -> float:
    """Peak resident memory of this process so far, MiB."""
    return peak_memory() / 2**20


def seconds(work: Callable[[], Any]) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def median(values: list[float]) -> float:
    """The middle of some measurements."""
    return statistics.median(values)
