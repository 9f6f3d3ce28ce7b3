"""Reliability of `transform`: ``python -m benchmarks.calibration``.

A model is fitted, then others on random samples of four fifths of the same documents with other seeds. A label is
confirmed by another model if most documents of the document's topic there have the same label here. Documents are
binned by the largest probability that `transform` gives them; a calibrated bin's mean is its share of confirmed labels.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.common import TITLES, embeddings, require_data, texts_and_labels, write
from topickit import TopicModel
from topickit.cluster.result import ClusteringResult
from topickit.fitted.assigner import Assigner

COLLECTIONS = ("stackoverflow_titles", "bbc_news", "20newsgroups_stripped")
N_ROWS = 5000
N_REFITS = 5
N_BINS = 10


def confirmed(labels: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Whether another labelling confirms each label."""
    table = np.zeros((labels.max() + 1, other.max() + 1))
    np.add.at(table, (labels, other), 1)
    return np.asarray(table.argmax(axis=0)[other] == labels)


def reliability(largest: np.ndarray, share: np.ndarray) -> dict[str, Any]:
    """Mean largest probability and share of confirmed labels of each bin, and the expected calibration error."""
    which = np.minimum((largest * N_BINS).astype(int), N_BINS - 1)
    bins = [
        {
            "documents": int((which == i).sum()),
            "probability": float(largest[which == i].mean()),
            "confirmed": float(share[which == i].mean()),
        }
        if (which == i).any()
        else None
        for i in range(N_BINS)
    ]
    error = sum(row["documents"] * abs(row["probability"] - row["confirmed"]) for row in bins if row)
    return {"bins": bins, "error": error / len(largest), "median": float(np.median(largest))}


def measure(name: str) -> dict[str, Any]:
    """Compare the calibrated temperature with that of least log-loss on the clusters."""
    texts, vectors = texts_and_labels(name, N_ROWS)[0], embeddings(name)[:N_ROWS]
    model = TopicModel().fit(texts, embeddings=vectors)
    assigner, corpus = model.fitted_.assigner, model.fitted_.need_corpus("this benchmark")
    rows, weights = corpus.vectors, corpus.documents.weights
    labels = assigner.labels(rows)
    shares = []
    for seed in range(1, N_REFITS + 1):
        chosen = np.sort(np.random.default_rng(seed).permutation(len(texts))[: int(0.8 * len(texts))])
        refit = TopicModel(random_state=seed).fit([texts[i] for i in chosen], embeddings=vectors[chosen])
        shares.append(confirmed(labels, refit.fitted_.assigner.labels(rows)))
    share = np.mean(shares, axis=0)
    clustering = ClusteringResult(labels, resampled_labels=(labels,))  # not held out
    by_loss = Assigner.of(rows, clustering, weights).inverse_temperature
    result = {"collection": name, "documents": len(labels), "topics": len(model.topics_)}
    for key, value in (("log_loss", by_loss), ("calibrated", assigner.inverse_temperature)):
        largest = replace(assigner, inverse_temperature=value).distribution(rows).max(axis=1)
        result[key] = {"inverse_temperature": value, **reliability(largest, share)}
    return result


def main() -> None:
    """Measure each collection."""
    require_data()
    rows = []
    for name in COLLECTIONS:
        rows.append(measure(name))
        for key in ("log_loss", "calibrated"):
            print(TITLES[name], key, rows[-1][key], flush=True)
    write("calibration", {"rows": rows})


if __name__ == "__main__":
    main()
