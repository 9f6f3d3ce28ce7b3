"""Whole fits with the transformer in bfloat16 and in float32: ``python -m benchmarks.precision``.

Where the processor has instructions for bfloat16. Agreement: share of the documents with the same topic in both fits,
topics matched one to one. Seconds are of the processor, of the whole fit; the fits take turns.
"""

import argparse
import statistics
import time
import warnings
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix

from benchmarks.common import in_own_process, require_data, texts_and_labels, write
from topickit import TopicModel
from topickit.embed.sentence import SentenceEmbedder, fast_precision

COLLECTIONS = ("stackoverflow_titles", "banking77")
TEXTS = 2_000
PRECISIONS = ("float32", "bfloat16")


def main() -> None:
    """Measure both collections, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    require_data()
    if fast_precision() != "bfloat16":
        raise SystemExit("this processor has no instructions for bfloat16")
    rows = []
    for name in COLLECTIONS:
        rows.append(in_own_process(measure, name, options.repeats))
        print(rows[-1], flush=True)
        write("precision", {"rows": rows})


def measure(name: str, repeats: int) -> dict[str, Any]:
    """Fit in turn with both precisions."""
    texts, gold = sample(name)
    seconds: dict[str, list[float]] = {precision: [] for precision in PRECISIONS}
    labels: dict[str, np.ndarray] = {}
    embedders = {precision: SentenceEmbedder(precision=precision) for precision in PRECISIONS}
    embedders["float32"].encode(texts[:64])  # loads the model
    embedders["bfloat16"] = embedders["float32"].with_precision("bfloat16")
    for _ in range(repeats):
        for precision in PRECISIONS:
            start = time.process_time()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = TopicModel(embedders[precision]).fit(texts)
            seconds[precision].append(time.process_time() - start)
            labels[precision] = np.asarray(model.labels_)
    medians = {precision: statistics.median(taken) for precision, taken in seconds.items()}
    return {
        "collection": name,
        "n": len(texts),
        "seconds": seconds,
        "ratio": medians["float32"] / medians["bfloat16"],
        "topics": {precision: len(set(labels[precision].tolist()) - {-1}) for precision in PRECISIONS},
        "ari": {precision: adjusted_rand_score(gold, labels[precision]) for precision in PRECISIONS},
        "agreement": agreement(labels["float32"], labels["bfloat16"]),
    }


def sample(name: str) -> tuple[list[str], np.ndarray]:
    """Read a seeded sample of a collection."""
    texts, gold = texts_and_labels(name)
    rows = np.sort(np.random.default_rng(0).permutation(len(texts))[:TEXTS])
    return [texts[row] for row in rows], gold[rows]


def agreement(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the documents with the same topic, topics matched one to one."""
    table = contingency_matrix(one, other)
    return float(table[linear_sum_assignment(table, maximize=True)].sum() / len(one))


if __name__ == "__main__":
    main()
