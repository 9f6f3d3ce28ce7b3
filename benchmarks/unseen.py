"""Held-out collections, on which no default was chosen: ``python -m benchmarks.unseen`` (on Debian).

Systems that choose the number of topics, and k-means with the number given, on texts of `benchmarks.debian_texts`.
Each system runs in its own process and environment, as in `benchmarks.peers`. Finished fits are skipped.
"""

import argparse
import hashlib

import numpy as np

from benchmarks.debian_texts import SOURCES, MissingError, texts_and_labels
from benchmarks.peers.collections import Collection, kept_vectors
from benchmarks.peers.environments import cache_folder
from benchmarks.peers.running import CLOCKED, Options, run
from benchmarks.peers.score import Scorer
from benchmarks.peers.store import Store
from topickit._core.vectors import n_threads

COMPARED = (
    "topickit",
    "topickit-hybrid",
    "kmeans",
    "bertopic",
    "evoc",
    "top2vec",
    "topeax",
    "topica-bertopic",
)
LIMIT = 1800


def main() -> None:
    """Measure the selected fits that are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collections", type=lambda names: names.split(","), default=list(SOURCES))
    parser.add_argument("--systems", type=lambda names: names.split(","), default=list(COMPARED))
    parser.add_argument("--rerun", action="store_true", help="repeat finished runs")
    arguments = parser.parse_args()
    store = Store("unseen", cache_folder())
    for name in arguments.collections:
        wanted = [
            system for system in arguments.systems if arguments.rerun or not store.done(name, system, "fit")
        ]
        if not wanted:
            continue
        try:
            collection = load(name)
        except MissingError as error:
            print(f"not measured: {error}", flush=True)
            continue
        measure(collection, wanted, store)


def load(name: str) -> Collection:
    """Read a collection and its vectors."""
    texts, labels = texts_and_labels(name)
    gold = np.unique(labels, return_inverse=True)[1]
    # The lists change from day to day: other texts have other vectors.
    digest = hashlib.blake2b("\0".join(texts).encode(), digest_size=6).hexdigest()
    return Collection(name, "en", texts, texts, gold, kept_vectors(f"{name}-{digest}", texts, cache_folder()))


def measure(collection: Collection, systems: list[str], store: Store) -> None:
    """Fit each system to a collection, and keep the figures; not the times, which are of small collections."""
    scorer = Scorer.of(collection.texts, collection.gold)
    options = Options(cache_folder() / "envs", LIMIT, n_threads())
    for system in systems:
        found = run(collection, system, "fit", store=store, scorer=scorer, options=options)
        figures = {name: value for name, value in found.items() if name not in CLOCKED}
        store.put(
            collection.name, system, {"n": len(collection.texts), "gold": collection.n_gold, "fit": figures}
        )
        print(collection.name, system, figures, flush=True)


if __name__ == "__main__":
    main()
