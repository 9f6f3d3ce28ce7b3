"""Small subjects planted into other collections, with and without the search for small topics: ``python -m benchmarks.small_topics``.

Some documents of a class of another collection are added to each of the labelled ones, and topics are found by
the default clusterer on the shared vectors. F1: of the topic that holds them best. Found: F1 above one half.
"""

from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from benchmarks.common import LABELLED, require_data, write
from benchmarks.peers.collections import Collection, load
from benchmarks.peers.environments import cache_folder
from topickit.cluster.graph import GraphClusterer
from topickit.fitted.assigner import Assigner
from topickit.fitted.discover import with_small_topics

SHARES = (0.002, 0.005, 0.01)
PLANTED = 4
"""Subjects per collection and share, each in its own fit."""


def best_f1(labels: np.ndarray, mask: np.ndarray) -> float:
    """F1 of the topic that holds the masked documents best."""
    both = np.bincount(labels[mask], minlength=int(labels.max()) + 1)
    return float((2 * both / (np.bincount(labels) + mask.sum())).max())


def assigners(vectors: np.ndarray) -> tuple[Assigner, Assigner]:
    """The Assigner of a fit without and with the search for small topics."""
    size = GraphClusterer.sample_size or len(vectors)
    rows = np.sort(np.random.default_rng(0).permutation(len(vectors))[:size])
    weights = np.ones(len(rows))
    before = Assigner.of(vectors[rows], GraphClusterer().cluster(vectors[rows], weights), weights)
    return before, with_small_topics(before, vectors[rows], weights)


def measure(name: str, known: dict[str, Collection]) -> list[dict[str, Any]]:
    """Plant subjects into one collection, or nothing (share 0)."""
    vectors, gold = known[name].vectors, known[name].gold
    rng = np.random.default_rng(0)
    rows = []
    for share in (0.0, *SHARES):
        for _ in range(PLANTED if share else 1):
            other = str(rng.choice([one for one in known if one != name]))
            there, classes_there = known[other].vectors, known[other].gold
            members = rng.permutation(np.flatnonzero(classes_there == rng.integers(classes_there.max() + 1)))
            few = members[: round(share * len(vectors))]
            mask = np.arange(len(vectors) + len(few)) >= len(vectors)
            all_vectors = np.concatenate([vectors, there[few]])
            truth = np.concatenate([gold, np.full(len(few), gold.max() + 1)])
            labels = [assigner.labels(all_vectors) for assigner in assigners(all_vectors)]
            rows.append(
                {
                    "collection": name,
                    "share": share,
                    "planted": len(few),
                    "topics": [len(np.unique(found)) for found in labels],
                    "ari": [adjusted_rand_score(truth, found) for found in labels],
                    "f1": [best_f1(found, mask) if share else None for found in labels],
                }
            )
            print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure each collection."""
    require_data()
    known = {name: load(name, cache_folder()) for name in LABELLED}
    write("small_topics", {"rows": [row for name in LABELLED for row in measure(name, known)]})


if __name__ == "__main__":
    main()
