"""What others make of what they are told: BERTopic, and classifiers of scikit-learn."""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import kmeans_plusplus
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import LabelSpreading

from benchmarks.common import HERE
from benchmarks.guidance_data import Sample, labelled, told_half
from benchmarks.peers.environments import cache_folder, interpreter

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
DEFAULT = 0.7
EXAMPLES = 10
SEED = 0
Vectors = NDArray[np.float32]


def tasks(data: Sample) -> list[dict[str, Any]]:
    """List what BERTopic is asked: all names, half of them, and examples of that half; at one seed."""
    told = told_half(data, SEED)
    rows = labelled(data.gold, EXAMPLES, SEED, told)
    number = np.full(len(data.gold), -1)
    number[rows] = [told.index(name) for name in data.gold[rows]]
    every, half = list(data.names.values()), [data.names[name] for name in told]
    return [
        *({"task": "all", "names": every, "threshold": value, "seed": SEED} for value in THRESHOLDS),
        *({"task": "half", "names": half, "threshold": value, "seed": SEED} for value in THRESHOLDS[1:5]),
        {"task": "examples", "y": number.tolist(), "seed": SEED},
    ]


def bertopic(data: Sample) -> list[dict[str, Any]]:
    """Run BERTopic on all tasks in its environment: each task with the topics that it found."""
    asked = tasks(data)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "texts.json").write_text(json.dumps(data.texts), encoding="utf-8")
        (place / "tasks.json").write_text(json.dumps(asked), encoding="utf-8")
        np.save(place / "vectors.npy", data.vectors)
        python = str(interpreter("bertopic", cache_folder()))
        command = [python, "-m", "benchmarks.peers.runners.bertopic_guided", folder]
        subprocess.run(command, cwd=HERE.parent, env={**os.environ, "PYTHONPATH": ""}, check=True)
        found = json.loads((place / "found.json").read_text(encoding="utf-8"))
    return [{**task, **result} for task, result in zip(asked, found, strict=True)]


def nearest_name(vectors: Vectors, names: Vectors) -> NDArray[np.int64]:
    """Give each document the name of the highest cosine."""
    return np.asarray((vectors @ names.T).argmax(axis=1), dtype=np.int64)


def logistic(vectors: Vectors, labels: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Learn from labelled rows, and predict all."""
    model = LogisticRegression(C=10, max_iter=500)
    return np.asarray(model.fit(vectors[rows], labels[rows]).predict(vectors))


def nearest_mean(vectors: Vectors, labels: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Give each document the class of the nearest mean of labelled rows, by cosine."""
    classes = np.unique(labels[rows])
    means = np.array([vectors[rows[labels[rows] == name]].mean(axis=0) for name in classes])
    centers = means / np.linalg.norm(means, axis=1, keepdims=True)
    return np.asarray(classes[(vectors @ centers.T).argmax(axis=1)])


def spreading(vectors: Vectors, labels: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Spread labels over the graph of ten nearest neighbors."""
    classes, codes = np.unique(labels, return_inverse=True)
    given = np.full(len(labels), -1)
    given[rows] = codes[rows]
    model = LabelSpreading(kernel="knn", n_neighbors=10, max_iter=100, tol=1e-3).fit(vectors, given)
    return np.asarray(classes[model.transduction_])


CLASSIFIERS = {"nearest mean": nearest_mean, "logistic regression": logistic, "label spreading": spreading}


def fixed_kmeans(vectors: Vectors, fixed: Vectors, n_clusters: int, seed: int) -> NDArray[np.int64]:
    """Cluster by spherical k-means; the first centers are given and stay."""
    free, _ = kmeans_plusplus(vectors, n_clusters - len(fixed), random_state=seed)
    centers = np.concatenate([fixed, free])
    labels = np.full(len(vectors), -1)
    for _ in range(100):
        before, labels = labels, (vectors @ centers.T).argmax(axis=1)
        if np.array_equal(before, labels):
            break
        for cluster in range(len(fixed), n_clusters):
            mine = vectors[labels == cluster]
            if len(mine):
                mean = mine.sum(axis=0)
                centers[cluster] = mean / np.linalg.norm(mean)
    return labels
