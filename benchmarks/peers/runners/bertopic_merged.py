"""BERTopic's models of blocks, merged: ``python -m benchmarks.peers.runners.bertopic_merged WORK VECTORS OUT``.

Each block is fitted by a model of its own with a seeded UMAP, and `merge_models` adds it to those before it, with
its default least similarity, .7.
"""

import json
import sys
from pathlib import Path

import numpy as np
from bertopic import BERTopic
from umap import UMAP


def main() -> None:
    """Fit and merge; write the label of each document and the number of topics after each block."""
    blocks = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    vectors = np.load(sys.argv[2])
    merged, n_topics, start = None, [], 0
    for texts in blocks:
        umap = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0)
        model = BERTopic(umap_model=umap)
        model.fit(texts, vectors[start : start + len(texts)])
        start += len(texts)
        merged = model if merged is None else BERTopic.merge_models([merged, model])
        n_topics.append(max(merged.topics_) + 1)
    labels = [int(label) for label in merged.topics_] if merged is not None else []
    Path(sys.argv[3]).write_text(json.dumps({"labels": labels, "n_topics": n_topics}), encoding="utf-8")


if __name__ == "__main__":
    main()
