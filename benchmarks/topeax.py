"""The protocol of the Topeax paper on 20 Newsgroups: ``python -m benchmarks.topeax``.

Kardos, "Topeax", 2025: no number of topics is given, texts are embedded by all-MiniLM-L6-v2, and the topics are
compared with the newsgroups by adjusted mutual information (AMI) and the Fowlkes-Mallows index (FMI); on the
whole collection and on random subsamples. Here, posts without headers, quotes and footers, with the shared
embeddings. The published numbers are of Topeax; they are not measured again.
"""

import argparse
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, fowlkes_mallows_score

from benchmarks.common import embeddings, require_data, texts_and_labels, write
from topickit import TopicModel

NAME = "20newsgroups_stripped"
SIZES = (250, 1_000, 5_000, 10_000)
PUBLISHED = {
    "all": {"topics": 12, "fmi": 0.383, "ami": 0.513},
    "250": {"ami": 0.239},
    "1000": {"ami": 0.385},
    "5000": {"ami": 0.489},
    "10000": {"ami": 0.498},
}


def main() -> None:
    """Measure the subsamples and the whole, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="subsamples of each size, and fits of the whole")
    parser.add_argument("--quick", action="store_true", help="two small subsamples, nothing is kept")
    options = parser.parse_args()
    require_data()
    sizes: tuple[int | None, ...] = SIZES[:2] if options.quick else (*SIZES, None)
    rows: list[dict[str, Any]] = []
    for size in sizes:
        for seed in range(1 if options.quick else options.seeds):
            rows.append(measure(size, seed))
            print(rows[-1], flush=True)
            if not options.quick:
                write("topeax", {"published": PUBLISHED, "rows": rows})


def measure(size: int | None, seed: int) -> dict[str, Any]:
    """Fit the default model to a subsample of a size, or to all posts."""
    texts, gold = texts_and_labels(NAME)
    vectors = embeddings(NAME)
    chosen = np.arange(len(texts))
    if size is not None:
        chosen = np.sort(np.random.default_rng(seed).permutation(len(texts))[:size])
    model = TopicModel(random_state=seed).fit([texts[row] for row in chosen], embeddings=vectors[chosen])
    labels = np.asarray(model.labels_)
    return {
        "size": "all" if size is None else str(size),
        "n": len(chosen),
        "seed": seed,
        "topics": len(model.topics_),
        "gold": len(set(gold[chosen])),
        "fmi": float(fowlkes_mallows_score(gold[chosen], labels)),
        "ami": float(adjusted_mutual_info_score(gold[chosen], labels)),
    }


if __name__ == "__main__":
    main()
