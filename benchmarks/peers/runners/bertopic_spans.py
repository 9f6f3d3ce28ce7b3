"""BERTopic's topics of sentences: ``python -m benchmarks.peers.runners.bertopic_spans WORK VECTORS OUT``.

`approximate_distribution` gives a distribution over topics to each token, from windows of four tokens and their
c-TF-IDF. The topic of a sentence is the one with the largest sum over its tokens, −1 if all are 0.
"""

import json
import re
import sys
from pathlib import Path

import numpy as np
from bertopic import BERTopic
from umap import UMAP

TOKEN = re.compile(r"(?u)\b\w\w+\b")
"""As in scikit-learn's CountVectorizer, whose tokens these are."""


def main() -> None:
    """Fit, and write the labels of the posts, and the shares and topics of the joined texts."""
    work = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    umap = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=0)
    model = BERTopic(umap_model=umap)
    labels, _ = model.fit_transform(work["texts"], np.load(sys.argv[2]))
    shares, of_tokens = model.approximate_distribution(work["joined"], calculate_tokens=True)
    topics = []
    for text, places, found in zip(work["joined"], work["sentences"], of_tokens, strict=True):
        middles = [(match.start() + match.end()) / 2 for match in TOKEN.finditer(text)]
        if len(middles) != len(found):
            raise RuntimeError(f"{len(found)} tokens where {len(middles)} are expected")
        here = []
        for start, end in places:
            held = [row for row, middle in enumerate(middles) if start <= middle < end]
            total = found[held].sum(axis=0)
            here.append(int(total.argmax()) if total.any() else -1)
        topics.append(here)
    two = np.argsort(-shares, axis=1, kind="stable")[:, :2]
    named = [
        [int(topic) for topic in row if share[topic] > 0] for row, share in zip(two, shares, strict=True)
    ]
    result = {"labels": [int(label) for label in labels], "named": named, "topics": topics}
    Path(sys.argv[3]).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
