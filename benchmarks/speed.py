"""topickit's default against BERTopic's on precomputed embeddings: ``python -m benchmarks.speed``.

Each run has a process of its own in its system's pinned environment, as in `benchmarks.peers`, on the same texts and
vectors and all processors; the fit with its keywords is timed, after imports and compilation. Medians and their ratio.
The large collections are arXiv titles with the vectors of the distilled embedder, which are made once and kept. Last,
processor seconds of each stage of a default fit, the stages one after the other.
"""

import argparse
import time
from concurrent.futures import Future
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, in_own_process, median, read, require_data, write
from benchmarks.peers.collections import Collection, load
from benchmarks.peers.environments import cache_folder
from benchmarks.peers.running import Options, run
from benchmarks.peers.score import Scorer
from benchmarks.peers.store import Store
from topickit import TopicModel
from topickit._core import progress
from topickit._core.vectors import n_threads
from topickit._model import fitting
from topickit.corpus.documents import Documents
from topickit.embed import base as embed

COLLECTIONS = ("stackoverflow_titles", "quora_questions", "arxiv_titles_100000", "arxiv_titles_300000")
SYSTEMS = ("topickit", "bertopic")
REPEATS = 3
LARGE = "arxiv_titles_"


def collection_of(name: str) -> Collection:
    """Read a collection of the comparison, or a number of arXiv titles."""
    if not name.startswith(LARGE):
        return load(name, cache_folder())
    table = pl.read_parquet(DATA / "arxiv_titles.parquet").sample(int(name.removeprefix(LARGE)), seed=0)
    texts, path = table["text"].to_list(), cache_folder() / "vectors" / f"{name}_distilled.npy"
    if not path.exists():
        documents = Documents.of(texts)
        embedder = embed.fitted(embed.resolve("distilled"), documents.texts, documents.weights)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, embed.embed(embedder, documents.texts)[documents.rows])
    gold = np.unique(table["label"].to_numpy().astype(str), return_inverse=True)[1]
    return Collection(name, "en", texts, texts, gold, np.load(path).astype(np.float32))


def measure(name: str) -> dict[str, Any]:
    """Run both alternately; BERTopic once on a large collection."""
    cache = cache_folder()
    collection = collection_of(name)
    store, options = Store("speed", cache), Options(cache / "envs", 1800, n_threads())
    scorer = Scorer.of(collection.texts, collection.gold)
    runs: dict[str, list[dict[str, Any]]] = {system: [] for system in SYSTEMS}
    for repeat in range(REPEATS):
        for system in SYSTEMS:
            if repeat and system != "topickit" and name.startswith(LARGE):
                continue
            found = run(collection, system, "fit", store=store, scorer=scorer, options=options)
            if "error" in found:
                raise SystemExit(f"{system} on {name}: {found['error']}")
            runs[system].append(found)
            print(f"{name:22} {system:10} {found['seconds']:7.2f} s", flush=True)
    ours, theirs = ([row["seconds"] for row in runs[system]] for system in SYSTEMS)
    kept = ("seconds", "cpu_seconds", "topics", "ari", "c_npmi", "diversity", "outliers")
    return {
        "collection": name,
        "rows": len(collection.texts),
        **{system: [{key: row[key] for key in kept} for row in runs[system]] for system in SYSTEMS},
        "ratio": median(theirs) / median(ours),
        "stages": in_own_process(cpu_by_stage, name),
    }


class InTurn:
    """An executor that runs what it is given at once, so that no two stages overlap."""

    def __init__(self, workers: int) -> None:
        pass

    def __enter__(self) -> "InTurn":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, work: Any, *arguments: Any) -> Future[Any]:
        """Run, and give the result as a future."""
        done: Future[Any] = Future()
        done.set_result(work(*arguments))
        return done


class CpuSeconds(list[tuple[str, float]]):
    """What `record_stages` collects, with processor seconds since the stage before it ended."""

    def __init__(self) -> None:
        super().__init__()
        self.before = time.process_time()

    def append(self, stage: tuple[str, float]) -> None:
        """Add a stage that has just ended."""
        now = time.process_time()
        super().append((stage[0], now - self.before))
        self.before = now


def cpu_by_stage(name: str) -> dict[str, float]:
    """Processor seconds by stage of a default fit, medians; the first fit, which compiles, does not count."""
    collection = collection_of(name)
    setattr(fitting, "ThreadPoolExecutor", InTurn)  # noqa: B010
    fits: list[dict[str, float]] = []
    for _ in range(REPEATS + 1):
        recorder = CpuSeconds()
        progress._recorders.append(recorder)
        TopicModel(random_state=0).fit(collection.texts, embeddings=collection.vectors)
        recorder.append(("Other", 0.0))
        progress._recorders.remove(recorder)
        found: dict[str, float] = {}
        for stage, seconds in recorder:
            found[stage] = found.get(stage, 0.0) + seconds
        fits.append(found)
    return {stage: median([found.get(stage, 0.0) for found in fits[1:]]) for stage in fits[-1]}


def main() -> None:
    """Measure all, or the collections named, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collections", type=lambda names: names.split(","), default=list(COLLECTIONS))
    options = parser.parse_args()
    require_data()
    kept = {row["collection"]: row for row in (read("speed") or {"rows": []})["rows"]}
    for name in options.collections:
        kept[name] = measure(name)
        write("speed", {"rows": [kept[each] for each in COLLECTIONS if each in kept]})


if __name__ == "__main__":
    main()
