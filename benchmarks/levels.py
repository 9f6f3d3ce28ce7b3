"""Which level of the ladder is chosen, against all levels, and leave-one-collection-out: ``python -m benchmarks.levels``.

A ladder is made once for each collection and seed; every rule is applied to the same ladders. *Left
out*: the power of modularity and the tolerance are chosen on the other collections, and applied to this one.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from benchmarks.common import require_data, write
from benchmarks.peers.collections import LANGUAGES, load
from benchmarks.peers.environments import cache_folder
from topickit._core.vectors import nearest_prototype, unit_rows
from topickit.cluster import levels as ladders
from topickit.cluster.draws import Draws
from topickit.cluster.graph import GraphClusterer
from topickit.cluster.partition import N_NEIGHBORS

SEEDS = (0, 1, 2)
POWERS = (0.5, 0.7, 1.0, 1.2, 1.4, 1.6, 2.0)
TOLERANCES = (0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1)
PARTS = {"stackoverflow_titles": (5, 10), "banking77": (10, 25), "20newsgroups_stripped": (5, 10)}
PARTS |= {"arxiv_titles": (10, 30)}
LEAST_CLASS = 100


@dataclass(frozen=True, eq=False)
class Ladder:
    """The levels of one collection and seed, with the agreement of each with gold."""

    levels: list[ladders.Level]
    ari: list[float]

    def chosen(self, power: float, tolerance: float) -> int:
        """Position of the level that a rule takes."""
        best = ladders.best_level(self.levels, power=power, tolerance=tolerance)
        return next(i for i, level in enumerate(self.levels) if level.resolution == best.resolution)


def collections() -> list[tuple[str, str, np.ndarray, np.ndarray]]:
    """Name, family, vectors and gold of each labelled collection and of some of their classes."""
    found = []
    for name in LANGUAGES:
        collection = load(name, cache_folder())
        if collection.gold is None:
            continue
        found.append((name, name, collection.vectors, collection.gold))
        large = np.flatnonzero(np.bincount(collection.gold) >= LEAST_CLASS)
        rng = np.random.default_rng(7)
        for n in PARTS.get(name, ()):
            rows = np.flatnonzero(np.isin(collection.gold, rng.permutation(large)[:n]))
            found.append((f"{name}, {n} classes", name, collection.vectors[rows], collection.gold[rows]))
    return found


def climb(vectors: np.ndarray, gold: np.ndarray, seed: int) -> Ladder:
    """Make the ladder as `fit` does, on distinct rows in an order that says nothing."""
    order = np.random.default_rng(99).permutation(len(vectors))
    rows, gold = unit_rows(vectors[order]), gold[order]
    first = np.sort(np.unique(rows, axis=0, return_index=True)[1])
    size = GraphClusterer.sample_size
    used = first if len(first) <= size else np.sort(np.random.default_rng(seed).permutation(first)[:size])
    levels = ladders.ladder(Draws(rows[used], np.ones(len(used), dtype=np.int64), N_NEIGHBORS, seed))
    return Ladder(
        levels, [adjusted_rand_score(gold, nearest_prototype(rows, level.center)) for level in levels]
    )


def share_of_best(ladders: list[Ladder], power: float, tolerance: float) -> float:
    """Mean share of the best ARI of a ladder that a rule gets."""
    return float(
        np.mean([one.ari[one.chosen(power, tolerance)] / max(max(one.ari), 1e-9) for one in ladders])
    )


def main() -> None:
    """Measure all, and keep the result."""
    require_data()
    sets = collections()
    climbed = {name: [climb(vectors, gold, seed) for seed in SEEDS] for name, _, vectors, gold in sets}
    rules = list(product(POWERS, TOLERANCES))
    rows: list[dict[str, Any]] = []
    for name, family, _, gold in sets:
        others = [one for other, its_family, _, _ in sets if its_family != family for one in climbed[other]]
        scores = [share_of_best(others, *rule) for rule in rules]
        left_out = rules[int(np.argmax(scores))]
        own = climbed[name]
        chosen = [one.chosen(ladders.MODULARITY_POWER, ladders.TOLERANCE) for one in own]
        elsewhere = [one.chosen(*left_out) for one in own]
        pairs = list(zip(own, chosen, elsewhere, strict=True))
        row = {
            "collection": name,
            "whole": name == family,
            "gold": len(np.unique(gold)),
            "topics": [len(one.levels[at].center) for one, at, _ in pairs],
            "ari": [one.ari[at] for one, at, _ in pairs],
            "best_ari": [max(one.ari) for one in own],
            "left_out_rule": left_out,
            "left_out_topics": [len(one.levels[at].center) for one, _, at in pairs],
            "left_out_ari": [one.ari[at] for one, _, at in pairs],
        }
        rows.append(row)
        shown = [f"{row[key]}" for key in ("topics", "left_out_rule", "left_out_topics")]
        print(f"{name:36} {row['gold']:4} {' '.join(shown)} ARI {np.mean(row['ari']):.3f}", flush=True)
    write("levels", {"rows": rows, "rule": [ladders.MODULARITY_POWER, ladders.TOLERANCE]})


if __name__ == "__main__":
    main()
