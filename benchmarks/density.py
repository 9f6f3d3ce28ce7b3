"""HDBSCAN on UMAP: time against UMAP alone, and the share of outliers: ``python -m benchmarks.density``.

Alternately, in one process after a warm-up: UMAP alone on the vectors on which topics are found, with the
settings that `DensityClusterer` gives it and its own nearest neighbors, and the whole fit with
``clusterer="hdbscan"`` and ``outliers=0.05``: reduction, density, stability, assigning everybody, keywords.
"""

import warnings
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from benchmarks.clusterers import warm_up
from benchmarks.common import (
    LABELLED,
    embeddings,
    in_own_process,
    median,
    require_data,
    seconds,
    texts_and_labels,
    write,
)
from topickit.cluster.base import resolve
from topickit.model import TopicModel

BOUND = 0.05
REPEATS = 3


def measure(name: str) -> dict[str, Any]:
    """Time both, and look at the outliers."""
    from umap import UMAP

    warnings.simplefilter("ignore")
    texts, gold = texts_and_labels(name)
    vectors = embeddings(name)
    warm_up("hdbscan")
    model = TopicModel(clusterer="hdbscan", outliers=BOUND)
    model.fit(texts, embeddings=vectors)
    documents, kept = model.fitted_.corpus.documents, model.fitted_.corpus.vectors
    sample = kept[documents.sample(resolve("hdbscan").sample_size)]

    def umap_alone() -> None:
        UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0).fit(sample)

    umap_alone()
    alone, whole = [], []
    for _ in range(REPEATS):
        alone.append(seconds(umap_alone))
        whole.append(
            seconds(lambda: TopicModel(clusterer="hdbscan", outliers=BOUND).fit(texts, embeddings=vectors))
        )
    free = TopicModel(clusterer="hdbscan").fit(texts, embeddings=vectors)
    return {
        "collection": name,
        "rows": len(texts),
        "sample": len(sample),
        "gold": len(np.unique(gold)),
        "topics": len(model.topics_),
        "umap_seconds": alone,
        "seconds": whole,
        "ratio": median(whole) / median(alone),
        "outliers": float((model.labels_ < 0).mean()),
        "outliers_unbounded": float((free.labels_ < 0).mean()),
        "ari": adjusted_rand_score(gold, model.labels_),
        "ari_unbounded": adjusted_rand_score(gold, free.labels_),
    }


def main() -> None:
    """Measure each collection in a process of its own."""
    require_data()
    rows = []
    for name in LABELLED:
        rows.append(in_own_process(measure, name))
        print(rows[-1], flush=True)
    write("density", {"rows": rows, "outlier_bound": BOUND})


if __name__ == "__main__":
    main()
