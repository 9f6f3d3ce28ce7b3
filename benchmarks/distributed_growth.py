"""Parts ``growth`` and ``paper`` of `benchmarks.distributed`: fits that count, from 100,000 to 3 million rows."""

import math
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import in_own_process
from benchmarks.distributed_equality import files_of
from benchmarks.scale import corpus
from topickit import LexicalEmbedder, TopicModel
from topickit.distributed import counting, fit, read_parquet

GROUP = 16_384
LIMIT = 100_000
N_BLOCKS = 2_000
"""Blocks by which the time that Ray takes to schedule one is measured."""
CORES, ROWS = (16, 1_000), (100_000_000, 10_000_000_000)
PRICE = 0.05
"""US dollars for a core and an hour: an assumption, near list prices of general machines."""


def run(folder: str, workers: int, limit: int) -> dict[str, Any]:
    """Fit in one process, or on workers; called in a process of its own."""
    from benchmarks.distributed import measured

    def work() -> list[int]:
        if workers:
            model = fit(read_parquet(folder), embeddings="vector", limit=limit, workers=workers)
        else:
            table = pl.read_parquet(f"{folder}/*.parquet")
            model = TopicModel().fit(table["text"], embeddings=table["vector"].to_numpy())
        return [topic.size for topic in model.topics_]

    return measured(work, workers)


def of_parts(folder: str, limit: int) -> dict[str, float]:
    """Bytes of the counts of a batch, and seconds to add two up, in one process."""
    from topickit.corpus.documents import Documents
    from topickit.fitted.counted import Counted
    from topickit.keywords.reader import TermReader

    warnings.simplefilter("ignore")
    table = pl.read_parquet(f"{folder}/*.parquet")
    few = table[:limit]
    model = TopicModel().fit(few["text"], embeddings=few["vector"].to_numpy())
    corpus_of, fitted = model.fitted_.corpus, model.fitted_
    assert corpus_of is not None
    documents = corpus_of.documents
    reader = TermReader.of(documents.texts, documents.weights, fitted.keyword_settings, corpus_of.terms)
    parts = []
    begin = time.process_time()
    for start in range(0, min(len(table), 4 * counting.BATCH), counting.BATCH):
        block = table[start : start + counting.BATCH]
        given = block["vector"].to_numpy()
        own = Documents.of(block["text"], given)
        vectors = model._embedded(own, given)
        labels = fitted.assigner.labels(vectors)
        parts.append(Counted.of(own, vectors, labels, reader.count(own.texts), len(fitted.topics)).grouped())
    seconds = (time.process_time() - begin) / len(parts)
    begin = time.process_time()
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    adding = (time.process_time() - begin) / max(1, len(parts) - 1)
    size = counting.packed(total, 1).nbytes
    return {"count_seconds": seconds / counting.BATCH, "add_seconds": adding, "part_bytes": float(size)}


def scheduling(workers: int) -> float:
    """Seconds of the driver's CPU for a block that does nothing."""
    import ray

    ray.init("local", num_cpus=workers, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    dataset = ray.data.range(N_BLOCKS, override_num_blocks=N_BLOCKS).map_batches(lambda block: block)
    begin = time.process_time()
    for _ in dataset.iter_batches(batch_size=None):
        pass
    seconds = time.process_time() - begin
    ray.shutdown()
    return seconds / N_BLOCKS


def exponent(rows: list[dict[str, Any]], what: str) -> float | None:
    """Slope of the logarithm of a figure over that of the rows; None for fewer than two sizes."""
    points = [(math.log(row["n"]), math.log(row[what])) for row in rows if row[what] > 0]
    if len({x for x, _ in points}) < 2:
        return None
    return float(np.polyfit(*zip(*points, strict=True), 1)[0])


def growth(sizes: list[int], limit: int, most_alone: int) -> dict[str, Any]:
    """Fits of rising numbers of recombined titles with 1 and 2 workers, and in one process.

    Parameters
    ----------
    sizes : list of int
    limit : int
        Rows that the driver holds.
    most_alone : int
        Largest number of rows that one process fits.
    """
    rows: list[dict[str, Any]] = []
    figures: dict[str, Any] = {}
    for n in sizes:
        with tempfile.TemporaryDirectory() as place:
            texts = corpus(n)["text"]
            embedder = LexicalEmbedder().fitted(texts[:20_000].to_list())
            table = pl.DataFrame({"text": texts})
            parts = [
                pl.Series("vector", np.asarray(embedder.encode(block["text"].to_list()), dtype=np.float32))
                for block in table.iter_slices(100_000)
            ]
            folder = files_of(table.with_columns(pl.concat(parts)), Path(place) / "files", GROUP, 8)
            n_bytes = sum(file.stat().st_size for file in Path(folder).iterdir())
            for workers in (0, 1, 2) if n <= most_alone else (1, 2):
                row = in_own_process(run, folder, workers, limit)
                found = row.pop("answer")
                rows.append({"n": n, "file_bytes": n_bytes, **row, "sizes": found})
                print(rows[-1], flush=True)
            own = [row for row in rows if row["n"] == n]
            same = {tuple(row["sizes"]) for row in own if row["workers"] or n <= limit}
            for row in rows[-2:]:
                row["same"] = len(same) == 1
            if not figures:
                figures = in_own_process(of_parts, folder, min(limit, n // 2))
    for row in rows:
        row["n_topics"] = len(row.pop("sizes"))
    figures["block_seconds"] = in_own_process(scheduling, 2)
    return {"rows": rows, "limit": limit, "figures": figures}


def paper(result: dict[str, Any], texts_a_second: float) -> list[dict[str, Any]]:
    """What many rows would take, from the figures of the largest run.

    Parameters
    ----------
    result : dict
        As `growth` returns it.
    texts_a_second : float
        Short texts that MiniLM embeds in a second on one core.
    """
    workers = max(row["workers"] for row in result["rows"])
    own = sorted((row for row in result["rows"] if row["workers"] == workers), key=lambda row: row["n"])
    smallest, largest = own[0], own[-1]
    figures, n = result["figures"], largest["n"]
    # The start of the workers is in both, and so not in the difference.
    seconds = (largest["worker_cpu"] - smallest["worker_cpu"]) / max(n - smallest["n"], 1)
    if n == smallest["n"]:
        seconds = largest["worker_cpu"] / n
    count = min(figures["count_seconds"], seconds)
    read = seconds - count
    estimates = []
    for rows in ROWS:
        blocks = rows / GROUP
        for cores in CORES:
            sent = rows / (counting.BATCH * counting.PARTS) * figures["part_bytes"]
            hours = {
                "reading and checking": rows * read / cores / 3600,
                "embedding": rows / texts_a_second / cores / 3600,
                "counting": rows * count / cores / 3600,
                "topics, on the driver": largest["driver_cpu"] / 3600,
                "adding up, on the driver": rows
                / (counting.BATCH * counting.PARTS)
                * figures["add_seconds"]
                / 3600,
                "scheduling, on the driver": 3 * blocks * figures["block_seconds"] / 3600,
            }
            total = sum(hours.values())
            driver = {name: value for name, value in hours.items() if "driver" in name}
            first = max(driver, key=lambda name: driver[name])
            estimates.append(
                {
                    "rows": rows,
                    "cores": cores,
                    "hours": hours,
                    "total_hours": total,
                    "read_gib": 3 * rows * largest["file_bytes"] / n / 2**30,
                    "sent_gib": sent / 2**30,
                    "object_store_gib": cores * 3 * GROUP * largest["file_bytes"] / n / 2**30,
                    "dollars": total * cores * PRICE,
                    "driver_share": sum(driver.values()) / total,
                    "first": first,
                }
            )
    return estimates
