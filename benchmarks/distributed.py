"""A Ray cluster on one machine against one process: ``python -m benchmarks.distributed [--quick] [--parts …]``.

Part ``work``: three kinds of work, each with one process of topickit, and with 1 and 2 workers of Ray: a fit of titles whose
vectors are a column of the files, a fit that embeds titles with MiniLM, and a prediction of titles by a fitted
model with the lexical embedder. Each run has a process of its own, and Ray is started in it. The answers are
compared: labels, sizes, keywords and names. ``equality``: fits with 1, 2 and 4 workers and blocks of three
sizes, up to the limit and beyond it. ``whole``: a fit of a million rows on the driver. ``growth``: fits beyond the limit, ``--sizes`` rows, seconds by stage and
memory. ``paper``: what more rows would take, from these figures. Parts that are not run keep their results.
"""

import argparse
import os
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import psutil

from benchmarks import distributed_equality
from benchmarks.common import in_own_process, read, require_data, texts_and_labels, write
from benchmarks.distributed_growth import growth, paper
from benchmarks.scale import corpus
from topickit import LexicalEmbedder, TopicModel
from topickit._core.progress import record_stages
from topickit.distributed import fit, predict, read_parquet, write_parquet

MODEL = "all-MiniLM-L6-v2"
N_FILES = 8
OBJECT_STORE = 1 << 30


class Memory:
    """Peak memory of this process, and the largest of any worker, MiB."""

    def __init__(self) -> None:
        self.driver = self.worker = 0.0
        self.seconds: dict[int, float] = {}
        """CPU seconds of each worker."""

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Sample while a block runs."""
        over = threading.Event()
        thread = threading.Thread(target=self._watch, args=(over,), daemon=True)
        thread.start()
        yield
        over.set()
        thread.join()

    def _watch(self, over: threading.Event) -> None:
        own = psutil.Process()
        while not over.wait(0.1):
            self.driver = max(self.driver, own.memory_info().rss / 2**20)
            for process in own.children(recursive=True):
                try:
                    if process.name().startswith("ray::"):
                        self.worker = max(self.worker, process.memory_info().rss / 2**20)
                        times = process.cpu_times()
                        self.seconds[process.pid] = times.user + times.system
                except psutil.Error:
                    continue


def measured(work: Any, workers: int) -> dict[str, Any]:
    """Seconds by stage and memory of one run, Ray's start apart."""
    warnings.simplefilter("ignore")
    row: dict[str, Any] = {"workers": workers, "load": os.getloadavg()[0]}
    if workers:
        import ray

        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        start = time.perf_counter()
        ray.init(
            "local",
            num_cpus=workers,
            object_store_memory=OBJECT_STORE,
            include_dashboard=False,
            logging_level="ERROR",
            log_to_driver=False,
        )
        row["start_seconds"] = time.perf_counter() - start
    memory = Memory()
    start, cpu = time.perf_counter(), time.process_time()
    with record_stages() as stages, memory.watched():
        row["answer"] = work()
    row |= {
        "seconds": time.perf_counter() - start,
        "driver_cpu": time.process_time() - cpu,
        "worker_cpu": sum(memory.seconds.values()),
        "driver_mib": memory.driver,
        "worker_mib": memory.worker,
    }
    if workers:
        ray.shutdown()
    return {**row, "stages": [stage for stage in stages if stage[1] >= 0.1]}


def answer_of(model: TopicModel) -> dict[str, Any]:
    """What two models are compared by."""
    topics = [(topic.id, topic.size, topic.name, list(topic.words)) for topic in model.topics_]
    return {"labels": model.labels_.tolist(), "topics": topics}


def fit_vectors(folder: str, workers: int) -> dict[str, Any]:
    """Fit titles whose vectors are a column."""

    def work() -> dict[str, Any]:
        if workers:
            return answer_of(fit(read_parquet(folder), embeddings="vector"))
        table = pl.read_parquet(f"{folder}/*.parquet")
        return answer_of(TopicModel().fit(table["text"], embeddings=table["vector"].to_numpy()))

    return measured(work, workers)


def fit_texts(folder: str, workers: int) -> dict[str, Any]:
    """Fit titles that MiniLM embeds."""

    def work() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as cache:
            recipe = TopicModel(MODEL, cache=cache)
            if workers:
                return answer_of(fit(read_parquet(folder, ["text"]), model=recipe, workers=workers))
            return answer_of(recipe.fit(pl.read_parquet(f"{folder}/*.parquet")["text"]))

    return measured(work, workers)


def predict_texts(folder: str, model: str, workers: int) -> dict[str, Any]:
    """Predict titles from files to a file."""

    def work() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as place:
            if workers:
                dataset = predict(model, read_parquet(folder, ["text"]), keep=[], workers=workers)
                write_parquet(dataset, f"{place}/out")
                labels = pl.read_parquet(f"{place}/out/*.parquet").sort("file", "row")["topic"]
            else:
                texts = pl.read_parquet(f"{folder}/*.parquet")["text"]
                answer = TopicModel.load(model).assign(texts, probabilities=False).to_polars()
                answer.write_parquet(f"{place}/out.parquet")
                labels = answer["topic"]
            return {"labels": labels.to_list()}

    return measured(work, workers)


def files_of(table: pl.DataFrame, folder: Path) -> str:
    """Divide a table among files."""
    folder.mkdir()
    size = -(-len(table) // N_FILES)
    for number in range(N_FILES):
        table[number * size : (number + 1) * size].write_parquet(folder / f"{number}.parquet")
    return str(folder)


def compared(kind: str, n: int, work: Any, *arguments: Any) -> list[dict[str, Any]]:
    """One process, then 1 and 2 workers; whether their answers are those of one process."""
    rows = []
    expected: Any = None
    for workers in (0, 1, 2):
        row = in_own_process(work, *arguments, workers)
        answer = row.pop("answer")
        expected = expected or answer
        rows.append({"kind": kind, "n": n, **row, "same": answer == expected})
        print(rows[-1], flush=True)
    return rows


def kinds_of_work(n: int, n_embedded: int) -> list[dict[str, Any]]:
    """Measure the three kinds of work."""
    table = corpus(n).select("text")
    few = texts_and_labels("stackoverflow_titles")[0][:n_embedded]
    with tempfile.TemporaryDirectory() as place:
        texts = table["text"].to_list()
        embedder = LexicalEmbedder().fitted(texts[:20_000])
        vectors = np.asarray(embedder.encode(texts), dtype=np.float32)
        with_vectors = table.with_columns(pl.Series("vector", vectors))
        model = str(Path(place) / "model")
        TopicModel("lexical").fit(texts[:20_000]).save(model)
        of_vectors = files_of(with_vectors, Path(place) / "vectors")
        of_few = files_of(pl.DataFrame({"text": few}), Path(place) / "few")
        rows = compared("fit, vectors given", n, fit_vectors, of_vectors)
        rows += compared("fit, MiniLM", n_embedded, fit_texts, of_few)
        rows += compared("predict, lexical", n, predict_texts, of_vectors, model)
    return rows


def with_equality(result: dict[str, Any], name: str, n: int, n_embedded: int) -> None:
    """Replace the rows of one embedder in the part `equality`; the transformer embeds `n_embedded` rows."""
    names = distributed_equality.EMBEDDERS
    rows = [row for row in result.get("equality", []) if row["embedder"] != name]
    rows += in_own_process(distributed_equality.measure, name, n_embedded if name == names[-1] else n)
    result["equality"] = sorted(rows, key=lambda row: names.index(row["embedder"]))


def main() -> None:
    """Measure the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the titles")
    parser.add_argument("--parts", default="work,whole,equality,growth,paper")
    parser.add_argument("--embedders", type=lambda names: names.split(","), help="of the part equality")
    parser.add_argument("--sizes", default="", help="rows of the part growth")
    parser.add_argument("--limit", type=int, default=0, help="rows that the driver holds in the part growth")
    parser.add_argument("--alone", type=int, default=1_000_000, help="most rows of one process")
    given = parser.parse_args()
    require_data()
    warnings.simplefilter("ignore")
    quick, parts = given.quick, given.parts.split(",")
    result = {name: value for name, value in (read("distributed") or {}).items() if name != "environment"}
    if "work" in parts:
        result["rows"] = kinds_of_work(*((30_000, 400) if quick else (300_000, 4_000)))
    if "equality" in parts:
        for name in given.embedders or distributed_equality.EMBEDDERS:
            with_equality(result, name, *((2_000, 300) if quick else (20_000, 1_000)))
            write("distributed", result)
    if "growth" in parts:
        default = "10000,30000" if quick else "100000,300000,1000000"
        sizes = [int(size) for size in (given.sizes or default).split(",")]
        result["growth"] = growth(sizes, given.limit or (3_000 if quick else 50_000), given.alone)
    if "whole" in parts:
        n = 30_000 if quick else 1_000_000
        result["whole"] = growth([n], n, n)
    if "paper" in parts and "growth" in result:
        embedding = next(
            row for row in result["rows"] if row["kind"] == "fit, MiniLM" and row["workers"] == 0
        )
        seconds = sum(seconds for stage, seconds in embedding["stages"] if stage == "Embedding")
        result["paper"] = paper(result["growth"], embedding["n"] / seconds)
    write("distributed", result)


if __name__ == "__main__":
    main()
