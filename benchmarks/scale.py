"""From a Parquet file to saved topics and a label a row, 10,000 to a million documents: ``python -m benchmarks.scale``.

``[--sizes 10000,30000,…] [--sample 2500 | --long | --bertopic] [--minutes 60]``. Up to 300,000 a seeded sample of arXiv titles; a
million is arXiv, Quora and StackOverflow titles, and titles recombined of two of one collection (and class)
by a seeded script. Each run has a process of its own; its time is from the start of the process to the end,
imports and the loading of the transformer included. Memory is sampled every 50 ms. ``--sample``: the
transformer embeds so many documents; ``--long``: posts recombined of two of 20 Newsgroups. BERTopic runs in its own
environment, from the same texts, embedding included; 20 GiB at most.
"""

import argparse
import csv
import datetime
import json
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from benchmarks.common import HERE, in_own_process, read, require_data, texts_and_labels, write
from benchmarks.peers.collections import load, rows_of
from benchmarks.peers.environments import cache_folder, interpreter
from topickit import TextFile, TopicModel
from topickit._core.progress import record_stages
from topickit.embed.distilled.embedder import DistilledEmbedder
from topickit.embed.sentence import fast_precision

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
SAMPLE_SIZES = (100_000, 300_000, 1_000_000)
LONG_SIZES = (30_000, 100_000, 300_000)
BERTOPIC_SIZES = (10_000, 30_000, 100_000, 300_000)
GIB = 1024**3
MOST_MEMORY = 20 * GIB
NAMES = ("arxiv_titles", "quora_questions", "stackoverflow_titles")


def corpus(n: int) -> pl.DataFrame:
    """Texts with `arxiv`, the row of the arXiv table that a text is, −1 for others.

    Parameters
    ----------
    n : int
        Rows. The arXiv titles that have ready vectors come first, so that every size has some of them.
    """
    tables = [texts_and_labels(name) for name in NAMES]
    size = len(tables[0][0])
    ready = rows_of("arxiv_titles", size)
    others = np.setdiff1d(np.arange(size), ready)
    rng = np.random.default_rng(0)
    order = np.concatenate([rng.permutation(ready), rng.permutation(others)])
    titles = np.array(tables[0][0], dtype=object)
    texts = titles[order[:n]].tolist()
    arxiv = order[:n].tolist()
    for other, _ in tables[1:]:
        texts += other[: max(0, n - len(texts))]
    texts += recombine(tables, n - len(texts))
    arxiv += [-1] * (n - len(arxiv))
    shuffled = rng.permutation(n)
    return pl.DataFrame({"text": [texts[i] for i in shuffled], "arxiv": [arxiv[i] for i in shuffled]})


def recombine(tables: list[tuple[list[str], np.ndarray]], n: int) -> list[str]:
    """The first half of one text and the second half of another of its collection and class."""
    if n <= 0:
        return []
    rng = np.random.default_rng(1)
    sizes = np.array([len(texts) for texts, _ in tables])
    found: list[str] = []
    shares = sizes * n // sizes.sum()
    shares[-1] += n - shares.sum()
    for (texts, labels), wanted in zip(tables, shares.tolist(), strict=True):
        for row, other in pairs_of_a_class([str(label) for label in labels], wanted, rng):
            first, second = texts[row].split(), texts[other].split()
            found.append(" ".join([*first[: (len(first) + 1) // 2], *second[len(second) // 2 :]]))
    return found


def pairs_of_a_class(classes: list[Any], n: int, rng: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Draw n rows, and for each another (or the same) of its class."""
    by_class: dict[Any, list[int]] = {}
    for row, label in enumerate(classes):
        by_class.setdefault(label, []).append(row)
    for row in rng.integers(len(classes), size=n).tolist():
        members = by_class[classes[row]]
        yield row, members[int(rng.integers(len(members)))]


def long_corpus(n: int) -> pl.DataFrame:
    """Posts: the first half of one of 20 Newsgroups and the second half of another of its group."""
    texts, labels = texts_and_labels("20newsgroups_stripped")
    known = [(text, label) for text, label in zip(texts, labels, strict=True) if len(text) >= 200]
    texts, labels = [text for text, _ in known], [label for _, label in known]
    pairs = list(pairs_of_a_class(labels, n, np.random.default_rng(2)))
    posts = [texts[i][: len(texts[i]) // 2] + texts[j][len(texts[j]) // 2 :] for i, j in pairs]
    return pl.DataFrame({"text": posts, "group": [labels[i] for i, _ in pairs]})


class Memory:
    """Peaks of this process's memory, MiB, in each stage and in all.

    Parameters
    ----------
    ended : list
        The stages that have ended, as it grows.
    """

    def __init__(self, ended: list[Any]) -> None:
        self.peak = self.anonymous = 0.0
        self.in_stage: dict[int, float] = {}
        self._ended = ended
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            self.look()

    def look(self) -> None:
        """Take a sample."""
        status = Path("/proc/self/status").read_text(encoding="ascii")
        kib = {key: int(value) for key, value in re.findall(r"(VmRSS|RssAnon):\s+(\d+)", status)}
        stage = len(self._ended)
        self.in_stage[stage] = max(self.in_stage.get(stage, 0.0), kib["VmRSS"] / 1024)
        self.peak = max(self.peak, kib["VmRSS"] / 1024)
        self.anonymous = max(self.anonymous, kib["RssAnon"] / 1024)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Sample while a block runs."""
        self._thread.start()
        yield
        self.look()
        self._over.set()


def run(path: str, folder: str, sample: int | None) -> dict[str, Any]:
    """Fit from a file, save the model and the labels: what a user does."""
    with record_stages() as found, (memory := Memory(found)).watched():
        model = TopicModel(embedder=DistilledEmbedder(sample=sample)).fit(TextFile(path, "text"))
        model.save(Path(folder) / "model")
        with (Path(folder) / "labels.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([label] for label in model.labels_.tolist())
    np.save(Path(folder) / "labels.npy", model.labels_)
    return {
        "stages": found,
        "stage_mib": [memory.in_stage.get(i, 0.0) for i in range(len(found))],
        "precision": fast_precision(),
        "peak_mib": memory.peak,
        "anonymous_mib": memory.anonymous,
        "topics": len(model.topics_),
        "distinct": len(model.fitted_.corpus.documents),
        "embedder": repr(model.embedder_),
    }


def run_in_process(
    table: pl.DataFrame, folder: Path, sample: int | None
) -> tuple[dict[str, Any], np.ndarray]:
    """Time by stage, memory and topics of one table, and the labels."""
    path, n = folder / f"{len(table)}.parquet", len(table)
    table.write_parquet(path)
    start = time.perf_counter()
    result = in_own_process(run, str(path), str(folder), sample)
    result["seconds"] = time.perf_counter() - start
    return {"n": n, **result}, np.load(folder / "labels.npy")


def measure(n: int, folder: Path, sample: int | None) -> dict[str, Any]:
    """One size of short texts, with its agreement with gold and that of a full fit."""
    table = corpus(n)
    row, labels = run_in_process(table, folder, sample)
    return {**row, **agreement(table["arxiv"].to_numpy(), labels)}


def measure_long(n: int, folder: Path) -> dict[str, Any]:
    """One size of posts, with the agreement with their groups."""
    table = long_corpus(n)
    row, labels = run_in_process(table, folder, None)
    gold = table["group"].to_numpy()
    text_mib = table["text"].str.len_bytes().sum() / 2**20
    return {
        **row,
        "text_mib": text_mib,
        "nmi": normalized_mutual_info_score(gold, labels),
        "ari": adjusted_rand_score(gold, labels),
    }


def agreement(arxiv: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Agreement with the categories of arXiv titles that have the transformer's vectors, and of a fit on all these."""
    ready = load("arxiv_titles", cache_folder())
    place = {row: i for i, row in enumerate(rows_of("arxiv_titles", 300_000).tolist())}
    mine = np.array([i for i, row in enumerate(arxiv.tolist()) if row in place])
    theirs = np.array([place[row] for row in arxiv[mine].tolist()])
    texts = [ready.texts[i] for i in theirs]
    full = TopicModel().fit(texts, embeddings=ready.vectors[theirs])
    gold = ready.gold[theirs]
    return {
        "judged": len(mine),
        "nmi": normalized_mutual_info_score(gold, labels[mine]),
        "ari": adjusted_rand_score(gold, labels[mine]),
        "full_topics": len(full.topics_),
        "full_nmi": normalized_mutual_info_score(gold, full.labels_),
        "full_ari": adjusted_rand_score(gold, full.labels_),
        "same_ari": adjusted_rand_score(full.labels_, labels[mine]),
    }


def bertopic(n: int, folder: Path, minutes: float) -> dict[str, Any]:
    """BERTopic's default on the same texts, embedding included."""
    texts, out = folder / "texts.json", folder / "bertopic.json"
    texts.write_text(json.dumps(corpus(n)["text"].to_list()), encoding="utf-8")
    out.unlink(missing_ok=True)
    python = interpreter("bertopic", cache_folder() / "envs")
    command = [str(python), "-m", "benchmarks.peers.runners.bertopic_raw", str(texts), str(out)]

    def limited() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))

    start = time.perf_counter()
    try:
        done = subprocess.run(
            command, cwd=HERE.parent, timeout=60 * minutes, preexec_fn=limited, capture_output=True, text=True
        )
    except subprocess.TimeoutExpired:
        return {"n": n, "error": f"over {minutes:g} minutes"}
    if done.returncode:
        return {"n": n, "error": (done.stderr.strip().splitlines() or ["ended"])[-1][:200]}
    return {"n": n, "seconds": time.perf_counter() - start, **json.loads(out.read_text(encoding="utf-8"))}


def main() -> None:
    """Measure the selected sizes, keeping the others' results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=lambda text: [int(part) for part in text.split(",")])
    kinds = parser.add_mutually_exclusive_group()
    kinds.add_argument("--sample", type=int, help="texts that the transformer embeds")
    kinds.add_argument("--long", action="store_true", help="posts in place of titles")
    kinds.add_argument("--bertopic", action="store_true", help="BERTopic, in place of topickit")
    parser.add_argument("--minutes", type=float, default=60, help="most that a run of BERTopic takes")
    arguments = parser.parse_args()
    require_data()
    key, sizes = "topickit", SIZES
    if arguments.bertopic:
        key, sizes = "bertopic", BERTOPIC_SIZES
    elif arguments.long:
        key, sizes = "long", LONG_SIZES
    elif arguments.sample:
        key, sizes = f"sample_{arguments.sample}", SAMPLE_SIZES
    for n in arguments.sizes or sizes:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            if arguments.bertopic:
                row = bertopic(n, folder, arguments.minutes)
            elif arguments.long:
                row = measure_long(n, folder)
            else:
                row = measure(n, folder, arguments.sample)
        print(json.dumps(row), flush=True)
        known = read("scale") or {}
        known.pop("environment", None)
        rows = [other for other in known.get(key, []) if other["n"] != n]
        row["day"] = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
        write("scale", {**known, key: sorted([*rows, row], key=lambda one: one["n"])})


if __name__ == "__main__":
    main()
