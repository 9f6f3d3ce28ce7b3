"""Edits repeated on a refit after 10% more documents: ``python -m benchmarks.replaying``.

Ten edits are made of a model of 3,000 documents: five renames, two merges, two splits and a deletion, of topics
drawn at random. Each is looked for in a model of these documents and 300 more. It is found again if all of its
topics are, and misapplied if a topic found is not the one that shares most documents with the edited one.
"""

import argparse
import warnings
from typing import Any

import numpy as np

from benchmarks.common import DATA, LABELLED, embeddings, texts_and_labels, write
from topickit import TopicModel
from topickit.fitted.history import Edit, recorded
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
    return result


def main() -> None:
    """Measure each collection with several seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, two collections")
    quick = parser.parse_args().quick
    if not DATA.is_dir():
        raise SystemExit("the shared collections are missing: they belong in ../shared/data")
    warnings.simplefilter("ignore")
    names = ("stackoverflow_titles", "bbc_news") if quick else LABELLED
    write("replaying", {"rows": [measure(name, seed) for name in names for seed in range(1 if quick else 5)]})


if __name__ == "__main__":
    main()
