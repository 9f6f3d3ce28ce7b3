"""The constants of the consensus, leave-one-collection-out: ``python -m benchmarks.consensus [--quick]``.

The draws of a level are made once for each collection, seed and omission; every variant is applied to the same draws.
*Left out*: the variant with the most agreement on the other collections, applied to this one.
"""

import argparse
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import combinations
from statistics import mean
from typing import Any

import numpy as np

from benchmarks import debian_texts
from benchmarks.common import TITLES, require_data, write
from benchmarks.markdown import Result, made_on, table
from benchmarks.peers.score import same_grouping
from benchmarks.steadiness import LARGEST, LEFT_OUT, LEXICAL, load
from topickit._core.vectors import nearest_prototype, unit_rows
from topickit.cluster import consensus, levels
from topickit.cluster.draws import MOST_DRAWS, Draws
from topickit.cluster.levels import Level
from topickit.cluster.partition import N_NEIGHBORS
from topickit.errors import TopickitWarning

SEEDS = 3
DEFAULT = "default"
Variant = dict[str, float]
VARIANTS: dict[str, Variant] = {
    DEFAULT: {},
    "no vote": {"N_VOTES": 0},
    "1 vote": {"N_VOTES": 1},
    "3 votes": {"N_VOTES": 3},
    "in 20 % of draws": {"LEAST_SHARE": 0.2},
    "in 30 %": {"LEAST_SHARE": 0.3},
    "in 50 %": {"LEAST_SHARE": 0.5},
    "in 60 %": {"LEAST_SHARE": 0.6},
    "Ward only": {"MOST_STEPS": 0},
    "25 draws": {"draws": 25},
    "50 draws": {"draws": 50},
}


@contextmanager
def constants(variant: Variant) -> Iterator[None]:
    """Set constants of the consensus while a block runs."""
    names = [name for name in variant if name != "draws"]
    kept = {name: getattr(consensus, name) for name in names}
    for name in names:
        setattr(consensus, name, variant[name])
    yield
    for name, value in kept.items():
        setattr(consensus, name, value)


def labels_of(vectors: np.ndarray, level: Level, variant: Variant) -> np.ndarray:
    """Label the rows by the consensus of the draws of a level."""
    few = replace(level, centers=level.centers[: int(variant.get("draws", MOST_DRAWS))])
    ones = np.ones(len(vectors))
    with constants(variant):
        center = consensus.consensus(few.centers, few.wanted or few.n_clusters)
        return nearest_prototype(vectors, consensus.voted(vectors, ones, few.centers, center))


def level_of(vectors: np.ndarray, seed: int) -> Level:
    """Make the draws of the level that a default fit chooses."""
    draws = Draws(vectors, np.ones(len(vectors)), N_NEIGHBORS, seed)
    return levels.with_more_draws(levels.best_level(levels.ladder(draws, whole=False)), draws)


def measure(name: str, n: int) -> list[dict[str, Any]]:
    """All variants on one collection."""
    _, gold, vectors = load(name, n)
    rows = np.sort(np.unique(vectors, axis=0, return_index=True)[1])
    rows = rows[vectors[rows].any(axis=1)]
    vectors, gold = unit_rows(vectors[rows]), None if gold is None else gold[rows]
    seeds = [level_of(vectors, seed) for seed in range(SEEDS)]
    parts = [
        np.sort(np.random.default_rng(100 + part).permutation(len(rows))[: round((1 - LEFT_OUT) * len(rows))])
        for part in range(SEEDS)
    ]
    omitted = [level_of(vectors[part], 0) for part in parts]
    result = []
    for title, variant in VARIANTS.items():
        found = [labels_of(vectors, level, variant) for level in seeds]
        fewer = [
            same_grouping(labels_of(vectors[part], level, variant), found[0][part])
            for part, level in zip(parts, omitted, strict=True)
        ]
        row = {
            "collection": name,
            "variant": title,
            "seeds": mean(same_grouping(one, other) for one, other in combinations(found, 2)),
            "fewer": mean(fewer),
            "topics": [len(np.unique(labels)) for labels in found],
            "ari": None if gold is None else mean(same_grouping(labels, gold) for labels in found),
        }
        print(row, flush=True)
        result.append(row)
    return result


def left_out(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each collection, the variant with the most agreement on the others, with its figures here."""
    score = {(row["collection"], row["variant"]): (row["seeds"] + row["fewer"]) / 2 for row in rows}
    names = list(dict.fromkeys(row["collection"] for row in rows))
    chosen = {
        name: max(VARIANTS, key=lambda one: mean(score[other, one] for other in names if other != name))
        for name in names
    }
    return [row for row in rows if chosen[row["collection"]] == row["variant"]]


def section(result: Result) -> str:
    """Write the means of all variants, and the left-out choices."""
    rows = result["rows"]
    by_variant = {title: [row for row in rows if row["variant"] == title] for title in VARIANTS}
    chosen = left_out(rows)
    lines = [_line(title, found) for title, found in [*by_variant.items(), ("*left-out choices*", chosen)]]
    n = len(by_variant[DEFAULT])
    times = Counter(row["variant"] for row in chosen).most_common()
    choices = ", ".join(f'"{variant}" for {number} of {n}' for variant, number in times)
    return "\n\n".join(
        [
            "## Constants of the consensus",
            f"`python -m benchmarks.consensus`. Agreement (ARI) of the clusters of {n} collections, at most "
            f"{LARGEST:,} documents each, between {SEEDS} seeds, and with and without 5 % of the documents; the "
            "clusterer alone, without small topics. The default votes twice, keeps groups that 40 % of the draws "
            f"contain, and makes up to {MOST_DRAWS} draws. *Left-out choices*: for each collection the variant with the "
            f"most agreement on the others ({choices}).",
            made_on(result),
            table(["variant", "another seed", "5 % fewer", "least of both", "ARI with the classes"], lines),
        ]
    )


def _line(title: str, rows: list[dict[str, Any]]) -> list[str]:
    gold = [row["ari"] for row in rows if row["ari"] is not None]
    least = min(min(row["seeds"], row["fewer"]) for row in rows)
    means = mean(row["seeds"] for row in rows), mean(row["fewer"] for row in rows), least, mean(gold)
    return [title, *(f"{value:.3f}" for value in means)]


def main() -> None:
    """Measure all collections, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 documents, nothing kept")
    quick = parser.parse_args().quick
    require_data()
    warnings.simplefilter("ignore", TopickitWarning)
    rows = []
    for name in [*TITLES, *LEXICAL]:
        try:
            rows += measure(name, 1000 if quick else LARGEST)
        except debian_texts.MissingError as error:
            print(f"not measured: {error}", flush=True)
    if quick:
        print(section({"environment": {"cores": 0, "python": "", "versions": {}}, "rows": rows}))
    else:
        write("consensus", {"rows": rows})


if __name__ == "__main__":
    main()
