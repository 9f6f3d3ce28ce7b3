"""Agreement of a refined model with the teacher, by time: ``python -m benchmarks.refining``.

A model is fitted with ``embedder="distilled"``; then ``refine(seconds)`` gives the documents nearest to a boundary
back to the transformer. Agreement: share of the documents whose topic is the one that the same model gives to the
transformer's vector. The transformer runs; its vectors of all documents are looked up only to judge the result.
"""

import time
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_rand_score

from benchmarks.common import embeddings, in_own_process, require_data, texts_and_labels, write
from topickit.model import TopicModel

COLLECTIONS = ("stackoverflow_titles", "banking77", "20newsgroups_stripped")
SECONDS = (5.0, 5.0, 10.0, 20.0)
"""In sequence: 5, 10, 20 and 40 seconds in total."""


def measure(name: str) -> list[dict[str, Any]]:
    """Fit, then refine step by step."""
    texts, gold = texts_and_labels(name)
    truth = np.asarray(embeddings(name), dtype=np.float32)
    start = time.perf_counter()
    model = TopicModel(embedder="distilled").fit(texts)
    fitting, spent, rows = time.perf_counter() - start, 0.0, []

    def row() -> dict[str, Any]:
        expected = model.predict(texts, embeddings=truth)
        return {
            "collection": name,
            "n": len(texts),
            "fit_seconds": fitting,
            "seconds": spent,
            "refined": model.fitted_.provenance.n_refined,
            "agreement": float((model.labels_ == expected).mean()),
            "ari": adjusted_rand_score(gold, model.labels_),
            "teacher_ari": adjusted_rand_score(gold, expected),
            "topics": len(model.topics_),
        }

    rows.append(row())
    for seconds in SECONDS:
        start = time.perf_counter()
        model = model.refine(seconds)
        spent += time.perf_counter() - start
        rows.append(row())
    return rows


def main() -> None:
    """Measure each collection in a process of its own."""
    require_data()
    rows = []
    for name in COLLECTIONS:
        rows += in_own_process(measure, name)
        for row in rows[-len(SECONDS) - 1 :]:
            print(row, flush=True)
    write("refining", {"rows": rows})


if __name__ == "__main__":
    main()
