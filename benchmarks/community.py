"""Fast community detection against sentence-transformers': ``python -m benchmarks.community [--quick]``.

Speed is the ratio of two medians over paired runs, ours and the reference's alternately, in one process on
the same threads, after one run of each that is not counted. Every pair of runs is also compared: same
communities as sets, same centers, same order.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, embeddings, in_own_process, median, seconds, write
from topickit._core.vectors import n_threads, unit_rows
from topickit.cluster.community.detection import community_detection

QUESTIONS = "quora_questions"
SMALLEST = 25
THRESHOLDS = (0.65, 0.7, 0.75, 0.8, 0.85, 0.9)
SIZES = (10_000, 30_000, 100_000, 300_000)


def call_and_time(work: Callable[[], Any]) -> tuple[Any, float]:
    """What a call returns, and its wall time."""
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def compare(vectors: np.ndarray, threshold: float, smallest: int, runs: int) -> dict[str, Any]:
    """Run ours and the reference alternately on the same threads."""
    import torch
    from sentence_transformers.util import community_detection as reference

    torch.set_num_threads(n_threads())
    community_detection(vectors[:6000], threshold, smallest)
    reference(vectors[:2000], threshold, smallest)
    ours, theirs, same = [], [], True
    for _ in range(runs):
        mine, taken = call_and_time(lambda: community_detection(vectors, threshold, smallest))
        ours.append(taken)
        other, taken = call_and_time(lambda: reference(vectors, threshold, smallest))
        theirs.append(taken)
        same = same and [(c[0], set(c)) for c in mine] == [(c[0], set(c)) for c in other]
    return {
        "rows": len(vectors),
        "threshold": threshold,
        "smallest": smallest,
        "communities": len(mine),
        "same": same,
        "seconds": ours,
        "reference_seconds": theirs,
        "ratio": median(theirs) / median(ours),
        "coordinates": mine.notes["coordinates"],
        "pairs_at_threshold": mine.notes["pairs_at_threshold"],
        "lists": mine.notes["lists"],
    }


def similar_rows(n: int) -> np.ndarray:
    """Rows whose cosine similarity to each other is at least 0.75."""
    rng = np.random.default_rng(0)
    return unit_rows(rng.standard_normal(384) + 0.4 * rng.standard_normal((n, 384)))


def binary_rows(n: int) -> np.ndarray:
    """Rows of 0 and 1 with few different cosines, many of them exactly the threshold."""
    rows = np.random.default_rng(0).random((n, 64)).argsort(axis=1) < 4
    return rows.astype(np.float32)


def hard_cases(n: int) -> dict[str, tuple[np.ndarray, float]]:
    """Inputs on which the filter or the lists are of no use, each with a threshold."""
    random = np.random.default_rng(0).standard_normal((n, 384)).astype(np.float32)
    return {
        "all cosine similarities at least 0.75": (similar_rows(n), 0.75),
        "Quora questions at threshold 0.2": (embeddings(QUESTIONS)[:n], 0.2),
        "random directions at threshold 0.1": (random, 0.1),
        "binary rows with many tied similarities": (binary_rows(n), 0.5),
    }


def recombine(n: int) -> np.ndarray:
    """Each row is 0.9 times one question's embedding plus 0.44 times another's, drawn with a seed."""
    rng = np.random.default_rng(0)
    questions = embeddings(QUESTIONS)
    rows = np.empty((n, questions.shape[1]), dtype=np.float32)
    for start in range(0, n, 65536):
        here = rows[start : start + 65536]
        draw = rng.integers(0, len(questions), (2, len(here)))
        here[:] = 0.9 * questions[draw[0]] + 0.44 * questions[draw[1]]
        here /= np.linalg.norm(here, axis=1, keepdims=True)
    return rows


def memory_mib(what: str) -> float:
    """A figure of this process's status (Linux): VmRSS is its memory now, VmHWM the peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(what))


def scale(n: int, runs: int, with_reference: bool) -> dict[str, Any]:
    """Time and peak of memory over the vectors for one size."""
    vectors = recombine(n)
    community_detection(vectors[:6000], 0.75, SMALLEST)
    Path("/proc/self/clear_refs").write_text("5")  # the peak so far is that of making the vectors
    before = memory_mib("VmRSS")
    taken = [seconds(lambda: community_detection(vectors, 0.75, SMALLEST)) for _ in range(runs)]
    over = memory_mib("VmHWM") - before
    row: dict[str, Any] = {"rows": n, "seconds": taken, "peak_mib_over_vectors": over}
    if with_reference:
        row["ratio"] = compare(vectors, 0.75, SMALLEST, runs)["ratio"]
    return row


def growth(rows: list[dict[str, Any]]) -> float:
    """The exponent of the fitted power of the number of rows."""
    sizes, times = [row["rows"] for row in rows], [median(row["seconds"]) for row in rows]
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def pair_f1(communities: list[list[int]], groups: np.ndarray) -> float:
    """F1 of pairs in one community against pairs in one duplicate group."""
    labels = np.arange(len(groups)) + len(groups)
    for k, members in enumerate(communities):
        labels[members] = k
    counts = [np.unique(x, return_counts=True)[1] for x in (labels * 10**6 + groups, labels, groups)]
    both, found, marked = (int((c * (c - 1)).sum()) for c in counts)
    return 2 * both / (found + marked)


def automatic(n: int) -> dict[str, Any]:
    """The threshold chosen from the corpus against every fixed one, on marked duplicates."""
    vectors = embeddings(QUESTIONS)[:n]
    column = pl.read_parquet(DATA / f"{QUESTIONS}.parquet")["duplicate_group"][: len(vectors)].to_list()
    named = [f"alone {i}" if group is None else str(group) for i, group in enumerate(column)]
    groups = np.unique(named, return_inverse=True)[1]
    result = []
    for smallest in (2, 5, 10):
        fixed = {
            t: pair_f1(community_detection(vectors, t, smallest), groups)
            for t in np.arange(0.6, 0.93, 0.02).round(2).tolist()
        }
        chosen = community_detection(vectors, "auto", smallest)
        best = max(fixed, key=lambda t: fixed[t])
        result.append(
            {
                "smallest": smallest,
                "chosen": chosen.threshold,
                "f1": pair_f1(chosen, groups),
                "best_fixed": best,
                "best_f1": fixed[best],
                "why": chosen.notes["threshold"]["why"],
            }
        )
    return {"rows": len(vectors), "by_smallest": result}


def command(n: int, runs: int) -> dict[str, Any]:
    """Whole processes of ``topickit cluster`` on questions with vectors given."""
    with tempfile.TemporaryDirectory() as folder:
        table, vectors = Path(folder, "questions.parquet"), Path(folder, "questions.npy")
        pl.read_parquet(DATA / f"{QUESTIONS}.parquet").head(n).write_parquet(table)
        np.save(vectors, embeddings(QUESTIONS)[:n])
        line = [sys.executable, "-m", "topickit", "cluster", str(table), "--clusterer", "community"]
        call = [*line, "--embeddings", str(vectors)]

        def run() -> None:
            subprocess.run(call, check=True, capture_output=True)

        run()
        return {"rows": n, "seconds": [seconds(run) for _ in range(runs)]}


def main() -> None:
    """Measure, print and keep; each part as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small inputs, one run: does it work at all")
    quick = parser.parse_args().quick
    runs = 1 if quick else 5
    n, n_hard = (8_000, 3_000) if quick else (50_000, 10_000)
    sizes = (5_000, 10_000) if quick else SIZES
    questions = embeddings(QUESTIONS)[:n]
    result: dict[str, Any] = {"quick": quick, "threads": n_threads()}

    def part(name: str, work: Callable[[], Any]) -> None:
        result[name] = work()
        print(json.dumps({name: result[name]}, indent=1), flush=True)
        write("community_quick" if quick else "community", result)

    part("thresholds", lambda: [compare(questions, t, SMALLEST, runs) for t in THRESHOLDS])
    part(
        "hard",
        lambda: [
            {"case": case, **compare(vectors, t, 10, runs)}
            for case, (vectors, t) in hard_cases(n_hard).items()
        ],
    )
    part("scale_input", lambda: recombine.__doc__)
    part("scale", lambda: [in_own_process(scale, size, 1 + runs // 3, size <= 30_000) for size in sizes])
    part("growth", lambda: growth(result["scale"]))
    part("automatic", lambda: automatic(n))
    part("command", lambda: command(n, runs))


if __name__ == "__main__":
    main()
