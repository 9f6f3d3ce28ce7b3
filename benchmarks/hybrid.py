"""The hybrid embedder against the embeddings it starts from: ``python -m benchmarks.hybrid``.

Default fits on MiniLM embeddings and on hybrid embeddings of the same texts; three seeds each.
Also the share of a document's ten nearest neighbors that are of its class, which the choice of a level does not
affect, and k-means with the number of classes given.
"""

import argparse
import time
import warnings
from typing import Any

import numpy as np
from sklearn.base import clone

from benchmarks.common import read, write
from benchmarks.peers.collections import LANGUAGES, Collection, load
from benchmarks.peers.environments import cache_folder
from benchmarks.peers.score import Scorer
from benchmarks.peers.words import SINGLE_WORDS
from topickit import TopicModel
from topickit._core.vectors import FloatArray
from topickit.embed import HybridEmbedder

SEEDS = (0, 1, 2)
N_QUERIES = 1500
NEAREST = 10


def main() -> None:
    """Measure all, or the collections named, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collections", type=lambda names: names.split(","), default=list(LANGUAGES))
    named = parser.parse_args().collections
    kept = read("hybrid") or {"rows": []}
    for name in named:
        collection = load(name, cache_folder())
        if collection.gold is None:
            continue
        rows = measure(collection)
        kept["rows"] = [row for row in kept["rows"] if row["collection"] != name] + rows
        write(
            "hybrid", {"rows": sorted(kept["rows"], key=lambda row: list(LANGUAGES).index(row["collection"]))}
        )


def measure(collection: Collection) -> list[dict[str, Any]]:
    """Measure both kinds of vectors on one collection."""
    texts, ones = collection.texts, np.ones(len(collection.texts))
    start = time.perf_counter()
    hybrid = HybridEmbedder().fitted_on(collection.vectors, texts, ones)
    learning = time.perf_counter() - start
    start = time.perf_counter()
    vectors = hybrid.combine(collection.vectors, texts)
    seconds = {"learning": learning, "adding": time.perf_counter() - start}
    rows = []
    for kind, used in (("given", collection.vectors), ("hybrid", vectors)):
        row = {"collection": collection.name, "n": len(used), "gold": collection.n_gold, "vectors": kind}
        row |= topics(collection, used) | {"nearest": of_own_class(used, collection.gold)}
        rows.append(row | (seconds if kind == "hybrid" else {}))
        print(row, flush=True)
    return rows


def topics(collection: Collection, vectors: FloatArray) -> dict[str, Any]:
    """Figures of default fits, and of k-means with the number of classes given."""
    scorer = Scorer.of(collection.segmented, collection.gold)
    found: dict[str, list[float]] = {"topics": [], "ari": [], "nmi": [], "c_npmi": [], "kmeans_ari": []}
    for seed in SEEDS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            recipe = TopicModel(keywords=SINGLE_WORDS, random_state=seed)
            model = clone(recipe).fit(collection.texts, embeddings=vectors)
            with_k = recipe.set_params(clusterer="kmeans", n_topics=collection.n_gold)
            labels = with_k.fit(collection.texts, embeddings=vectors).labels_
        figures = scorer.score(model.labels_, [list(topic.words) for topic in model.topics_])
        figures["kmeans_ari"] = scorer.score(labels, [])["ari"]
        for name, values in found.items():
            values.append(figures[name])
    return found


def of_own_class(vectors: FloatArray, gold: np.ndarray | None) -> float:
    """Share of the ten nearest others of some documents that are of their class."""
    queries = np.random.default_rng(0).permutation(len(vectors))[:N_QUERIES]
    near = vectors[queries] @ vectors.T
    near[np.arange(len(queries)), queries] = -np.inf
    nearest = np.argpartition(-near, NEAREST, axis=1)[:, :NEAREST]
    return float((gold[nearest] == gold[queries][:, None]).mean())


if __name__ == "__main__":
    main()
