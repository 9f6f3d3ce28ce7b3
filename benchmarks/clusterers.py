"""Every clusterer on four labelled collections: topics, outliers, agreement with gold, time, memory.

``python -m benchmarks.clusterers [--quick]``. Vectors are the shared MiniLM ones, so times are after
embedding. Each run has a process of its own; imports and numba's compilation happen before the clock starts.
"""

import argparse
import time
import warnings
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from benchmarks.common import (
    LABELLED,
    TITLES,
    embeddings,
    in_own_process,
    peak_mib,
    require_data,
    texts_and_labels,
    write,
)
from topickit.cluster import base
from topickit.errors import TopickitWarning
from topickit.fitted.assigner import Assigner
from topickit.model import TopicModel


def measure(name: str, method: str, quick: bool) -> dict[str, Any]:
    """Fit one clusterer on one collection."""
    warnings.simplefilter("ignore", TopickitWarning)
    texts, gold = texts_and_labels(name)
    vectors = embeddings(name)
    if quick:
        texts, gold, vectors = texts[:1500], gold[:1500], vectors[:1500]
    warm_up(method)
    before = peak_mib()
    start = time.perf_counter()
    model = TopicModel(clusterer=method).fit(texts, embeddings=vectors)
    elapsed = time.perf_counter() - start
    labels = model.labels_
    sample = model.fitted_.corpus.documents.sample(base.resolve(method).sample_size)
    return {
        "collection": name,
        "method": method,
        "rows": len(texts),
        "gold": len(set(gold)),
        "topics": len(model.topics_),
        "outliers": float((labels < 0).mean()),
        "nmi": normalized_mutual_info_score(gold, labels),
        "ari": adjusted_rand_score(gold, labels),
        "seconds": elapsed,
        "peak_mib_over_start": peak_mib() - before,
        **assigner_agreement(model, gold, sample),
    }


def warm_up(method: str) -> None:
    """Pay imports and compilation before the clock starts."""
    rng = np.random.default_rng(0)
    TopicModel(clusterer=method).fit(
        [f"w{i} word" for i in range(300)], embeddings=rng.normal(size=(300, 384))
    )


def assigner_agreement(model: TopicModel, gold: np.ndarray, rows: np.ndarray) -> dict[str, float]:
    """How well the Assigner's labels agree with the clusterer's own groups, and both with gold."""
    documents, vectors = model.fitted_.corpus.documents, model.fitted_.corpus.vectors
    groups = base.resolve(model.clusterer).cluster(vectors[rows], documents.weights[rows])
    assigned = Assigner.of(vectors[rows], groups, documents.weights[rows]).labels(vectors[rows])
    truth = gold[documents.first_rows[rows]]
    return {
        "agreement": adjusted_rand_score(groups.labels, assigned),
        "ari_groups": adjusted_rand_score(truth, groups.labels),
        "ari_assigned": adjusted_rand_score(truth, assigned),
    }


def main() -> None:
    """Measure all, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,500 rows a collection, nothing kept")
    quick = parser.parse_args().quick
    require_data()
    rows = []
    for name in LABELLED:
        for method in base.CLUSTERERS:
            row = in_own_process(measure, name, method, quick)
            rows.append(row)
            print(
                f"{TITLES[name]:24} {method:14} {row['topics']:4} topics for {row['gold']:3}  "
                f"{row['outliers']:6.1%} out  NMI {row['nmi']:.3f}  ARI {row['ari']:.3f}  "
                f"{row['seconds']:6.1f} s  "
                f"{row['peak_mib_over_start']:6.0f} MiB  agreement {row['agreement']:.2f}",
                flush=True,
            )
    if not quick:
        write("clusterers", {"rows": rows})


if __name__ == "__main__":
    main()
