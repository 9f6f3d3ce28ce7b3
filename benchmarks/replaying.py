"""Edits repeated on a refit after 10% more documents: ``python -m benchmarks.replaying``.

Ten edits are made of a model of 3,000 documents: five renames, two merges, two splits and a deletion, of topics
drawn at random. Each is looked for in a model of these documents and 300 more. It is found again if all of its
topics are, and misapplied if a topic found is not the one that shares most documents with the edited one.

The thresholds of the search are judged by single topics, on collections that they were not chosen on. Each topic
of the first model is looked for in the second, where it should be found, and in the second without the topic that
shares most documents with it, where it should not.
"""

import argparse
import itertools
import warnings
from typing import Any

import numpy as np

from benchmarks.common import LABELLED, embeddings, require_data, texts_and_labels, write
from topickit import TopicModel
from topickit._core.vectors import unit_rows
from topickit.fitted import matching
from topickit.fitted.history import Edit, recorded, sketches
from topickit.fitted.matching import shared_words
from topickit.fitted.replay import NotFoundAgainError, found_again

N_BEFORE, N_MORE = 3_000, 300
KINDS = {"rename": (1, 5), "merge": (2, 2), "split": (1, 2), "delete": (1, 1)}
"""Topics of an edit, and edits, of each kind."""
ARGUMENTS: dict[str, dict[str, Any]] = {
    "rename": {"names": ["new"]},
    "merge": {"groups": [[0, 1]]},
    "split": {"n": 2},
    "delete": {"to": "next"},
}
Thresholds = tuple[float, float, float]
"""HALFWAY, LEAST_COSINE and LEAST_SHARED of `topickit.fitted.matching`."""
GRID = list(itertools.product((0.3, 0.5, 0.7, 0.9), (0.7, 0.75, 0.8, 0.85, 0.9), (0.0, 0.05, 0.1, 0.2, 0.3)))
ALONE = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
"""LEAST_SHARED_ALONE."""
COST = 3
"""A topic misapplied is as bad as so many that are not found."""


def ten_edits(model: TopicModel, rng: np.random.Generator) -> list[tuple[Edit, list[int]]]:
    """Record ten edits of a model, each with the rows of its topics."""
    fitted = model.fitted_
    result = []
    for kind, (n_topics, n_edits) in KINDS.items():
        for _ in range(n_edits):
            rows = rng.choice(len(fitted.topics), n_topics, replace=False).tolist()
            result.append((recorded(fitted, fitted, kind, rows, **ARGUMENTS[kind]), rows))
    return result


def overlaps(a: TopicModel, b: TopicModel) -> np.ndarray:
    """Return the Jaccard index of the documents of each pair of topics."""
    one = np.equal.outer(np.arange(len(a.topics_)), a.fitted_.labels).astype(float)
    other = np.equal.outer(np.arange(len(b.topics_)), b.fitted_.labels[: len(a.labels_)]).astype(float)
    shared = one @ other.T
    return shared / np.maximum(one.sum(1)[:, None] + other.sum(1)[None] - shared, 1)


def single_topics(before: TopicModel, after: TopicModel, shared: np.ndarray) -> list[dict[str, Any]]:
    """Describe the search for each topic: where it should be found, and where it is absent."""
    a, b = before.fitted_, after.fitted_
    rows = list(range(len(a.topics)))
    words = np.array([[shared_words(x.words, y.words) for y in b.topics] for x in a.topics])
    cosines = unit_rows(a.means) @ unit_rows(b.means).T
    result = []
    for sketch in sketches(a, rows):
        row = len(result) // 2
        right = int(shared[row].argmax())
        for is_there in (True, False):
            open_ = np.arange(len(b.topics)) != right if not is_there else np.ones(len(b.topics), dtype=bool)
            best = int(np.where(open_, cosines[row], -2).argmax())
            by_words = int(np.where(open_, words[row], -1).argmax())
            result.append(
                {
                    "is_there": is_there,
                    "cosine": round(float(cosines[row, best]), 4),
                    "nearest": round(sketch.nearest, 4),
                    "shared": round(float(words[row, best]), 4),
                    "is_right": is_there and best == right,
                    "shared_alone": round(float(words[row, by_words]), 4),
                    "is_right_alone": is_there and by_words == right,
                }
            )
    return result


def judged(topics: list[dict[str, Any]], thresholds: Thresholds) -> tuple[int, int]:
    """Count the topics found again, and those misapplied, with thresholds."""
    halfway, least_cosine, least_shared = thresholds
    n_right = n_wrong = 0
    for topic in topics:
        least = max(least_cosine, 1 - halfway * (1 - topic["nearest"]))
        if topic["cosine"] >= least and topic["shared"] >= least_shared:
            n_right += topic["is_right"]
            n_wrong += not topic["is_right"]
    return n_right, n_wrong


def judged_alone(topics: list[dict[str, Any]], least: float) -> tuple[int, int]:
    """As `judged`, by keywords alone."""
    found = [topic["is_right_alone"] for topic in topics if topic["shared_alone"] >= least]
    return sum(found), len(found) - sum(found)


def left_out(by_name: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Choose thresholds on all collections but one, and judge them on that one."""
    result = []
    for name, topics in by_name.items():
        others = [topic for other, listed in by_name.items() if other != name for topic in listed]
        used = (matching.HALFWAY, matching.LEAST_COSINE, matching.LEAST_SHARED)
        chosen = max(GRID, key=lambda one: (_gain(judged(others, one)), one == used))
        alone = max(
            ALONE, key=lambda one: (_gain(judged_alone(others, one)), one == matching.LEAST_SHARED_ALONE)
        )
        result.append(
            {
                "name": name,
                "n": len(topics) // 2,
                "chosen": [*chosen, alone],
                "found": judged(topics, chosen),
                "found_alone": judged_alone(topics, alone),
                "used": [*used, matching.LEAST_SHARED_ALONE],
                "used_found": judged(topics, used),
                "used_found_alone": judged_alone(topics, matching.LEAST_SHARED_ALONE),
            }
        )
    return result


def _gain(counts: tuple[int, int]) -> int:
    return counts[0] - COST * counts[1]


def measure(name: str, seed: int) -> dict[str, Any]:
    """Count the edits found again and misapplied in one collection."""
    texts, _ = texts_and_labels(name)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(texts))[: N_BEFORE + N_MORE]
    n_before = len(rows) * N_BEFORE // (N_BEFORE + N_MORE)
    vectors = np.asarray(embeddings(name))[rows]
    chosen = [texts[row] for row in rows.tolist()]
    before = TopicModel(random_state=seed).fit(chosen[:n_before], embeddings=vectors[:n_before])
    after = TopicModel(random_state=seed).fit(chosen, embeddings=vectors)
    shared = overlaps(before, after)
    n_found = n_wrong = 0
    for edit, topics in ten_edits(before, rng):
        try:
            found = found_again(after.fitted_, edit)
        except NotFoundAgainError:
            continue
        n_found += 1
        n_wrong += found != shared[topics].argmax(axis=1).tolist()
    result = {"name": name, "seed": seed, "n_topics": len(before.topics_), "found": n_found, "wrong": n_wrong}
    print(result, flush=True)
    return {**result, "topics": single_topics(before, after, shared)}


def main() -> None:
    """Measure each collection with several seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, two collections")
    quick = parser.parse_args().quick
    require_data()
    warnings.simplefilter("ignore")
    names = ("stackoverflow_titles", "bbc_news") if quick else LABELLED
    rows = [measure(name, seed) for name in names for seed in range(1 if quick else 3)]
    topics: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for row in rows:
        topics[row["name"]] += row.pop("topics")
    thresholds = left_out(topics)
    print(*thresholds, sep="\n")
    write("replaying", {"rows": rows, "thresholds": thresholds})


if __name__ == "__main__":
    main()
