"""Part ``equality`` of `benchmarks.distributed`: the same model for any workers and blocks, and against one process."""

import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score

from benchmarks.common import embeddings, texts_and_labels
from topickit import TopicModel
from topickit.distributed import fit, read_parquet

WORKERS = (1, 2, 4)
GROUPS = (100_000, 4_096, 700)
"""Rows of a row group, which is a block."""
LIMITED = 4
"""The limit of a fit that counts is the rows over this."""
EMBEDDERS = ("given vectors", "lexical", "distilled", "all-MiniLM-L6-v2")
COLLECTION = "stackoverflow_titles"


def recipe_of(name: str) -> TopicModel:
    """The settings of a fit."""
    return TopicModel() if name == "given vectors" else TopicModel(name)


def files_of(table: pl.DataFrame, folder: Path, rows_per_group: int, n_files: int = 3) -> str:
    """Divide a table among files of row groups."""
    folder.mkdir()
    size = -(-len(table) // n_files)
    for number in range(n_files):
        part = table[number * size : (number + 1) * size]
        part.write_parquet(folder / f"{number}.parquet", row_group_size=rows_per_group)
    return str(folder)


def key_of(model: TopicModel) -> dict[str, Any]:
    """What two models are compared by."""
    fitted = model.fitted_
    topics = [
        [t.id, t.size, t.name, list(t.words), [list(risk) for risk in t.risk_ratios]] for t in model.topics_
    ]
    counts = [int(fitted.counts.topics.sum()), fitted.counts.topics.data.tolist()]
    labels = fitted.labels.tolist()
    return {"topics": topics, "counts": counts, "labels": labels, "means": fitted.means}


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Which parts of two models are equal, and how far means are apart."""
    means = one["means"], other["means"]
    same_shape = means[0].shape == means[1].shape
    return {
        **{name: one[name] == other[name] for name in ("topics", "counts", "labels")},
        "means": float(np.abs(means[0] - means[1]).max()) if same_shape else float("inf"),
    }


def likeness(counted: TopicModel, full: TopicModel, labels: np.ndarray) -> dict[str, float]:
    """How near a model that counts is to that of one process on all rows."""
    shared = np.zeros((len(counted.topics_), len(full.topics_)))
    inside = (labels >= 0) & (full.labels_ >= 0)
    np.add.at(shared, (labels[inside], full.labels_[inside]), 1)
    partner = shared.argmax(axis=1)
    words = [
        (set(a.words), set(full.topics_.items[partner[row]].words)) for row, a in enumerate(counted.topics_)
    ]
    weights = [topic.size for topic in counted.topics_]
    return {
        "ari": float(adjusted_rand_score(full.labels_, labels)),
        "keywords": float(np.average([len(a & b) / len(a | b) for a, b in words], weights=weights)),
        "sizes": float(
            np.average(
                [
                    abs(topic.size - full.topics_.items[partner[row]].size) / topic.size
                    for row, topic in enumerate(counted.topics_)
                ],
                weights=weights,
            )
        ),
        "n_topics": len(counted.topics_),
        "n_topics_of_one_process": len(full.topics_),
    }


def measure(name: str, n: int) -> list[dict[str, Any]]:
    """All workers and blocks for one embedder, in one process of Ray; the first fit is that of no Ray."""
    import ray

    warnings.simplefilter("ignore")
    texts, gold = texts_and_labels(COLLECTION)
    texts = texts[:n]
    vectors = embeddings(COLLECTION)[:n] if name == "given vectors" else None
    table = pl.DataFrame({"text": texts})
    options: dict[str, Any] = {}
    if vectors is not None:
        table, options = table.with_columns(pl.Series("vector", vectors)), {"embeddings": "vector"}
    full = recipe_of(name).fit(texts, embeddings=vectors)
    ray.init("local", num_cpus=4, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    rows, first, expected = [], None, key_of(full)
    with tempfile.TemporaryDirectory() as place:
        for group in GROUPS:
            folder = files_of(table, Path(place) / str(group), group)
            for workers in WORKERS:
                row = {"embedder": name, "n": n, "workers": workers, "group": group}
                begin = time.perf_counter()
                whole = fit(
                    read_parquet(folder), model=recipe_of(name), workers=workers, num_cpus=0.5, **options
                )
                row["whole"] = differences(key_of(whole), expected)
                counted = fit(
                    read_parquet(folder),
                    model=recipe_of(name),
                    workers=workers,
                    num_cpus=0.5,
                    limit=n // LIMITED,
                    **options,
                )
                if first is None:
                    labels = counted.predict(texts, embeddings=vectors)
                    row["likeness"] = likeness(counted, full, labels)
                    row["gold"] = [
                        float(adjusted_rand_score(gold[:n], found)) for found in (full.labels_, labels)
                    ]
                    sizes = np.bincount(labels[labels >= 0], minlength=len(counted.topics_)).tolist()
                    row["sizes_are_of_all"] = [topic.size for topic in counted.topics_] == sizes
                    first = key_of(counted)
                row |= {
                    "counted": differences(key_of(counted), first),
                    "seconds": time.perf_counter() - begin,
                }
                rows.append(row)
                print({k: v for k, v in row.items()}, flush=True)
    ray.shutdown()
    return rows
