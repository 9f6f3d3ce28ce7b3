"""turftopic's SensTopic, updated by blocks: ``python -m benchmarks.peers.runners.turftopic_updated WORK VECTORS OUT``.

The first block is fitted, the others are read by `partial_fit`; both find the number of topics by BIC, which is
the default. A document's topic is that of its largest weight in the model of all blocks.
"""

import json
import sys
from pathlib import Path

import numpy as np
from turftopic import SensTopic

from benchmarks.peers.protocol import offline_model


def main() -> None:
    """Fit and update; write the label of each document and the number of topics after each block."""
    blocks = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    vectors = np.load(sys.argv[2])
    model, n_topics, start = SensTopic(encoder=offline_model(), random_state=0), [], 0
    for texts in blocks:
        rows = vectors[start : start + len(texts)]
        start += len(texts)
        if n_topics:
            model.partial_fit(texts, embeddings=rows)
        else:
            model.fit(texts, embeddings=rows)
        n_topics.append(int(model.n_components_))
    weights = model.transform([text for texts in blocks for text in texts], embeddings=vectors)
    labels = weights.argmax(axis=1).tolist()
    Path(sys.argv[3]).write_text(json.dumps({"labels": labels, "n_topics": n_topics}), encoding="utf-8")


if __name__ == "__main__":
    main()
