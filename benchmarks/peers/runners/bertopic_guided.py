"""BERTopic told of topics: zero-shot names and semi-supervised labels.

``python -m benchmarks.peers.runners.bertopic_guided FOLDER`` reads `texts.json`, `vectors.npy` and `tasks.json`
and writes `found.json`: the topic of each document, by its name where it is a given one, for each task.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from bertopic import BERTopic
from umap import UMAP

from benchmarks.peers.protocol import offline_model


def run(texts: list[str], vectors: Any, embedder: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Fit once; a task has names and a threshold, or a label of each document (−1: none)."""
    umap = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=task["seed"])
    names = task.get("names")
    zeroshot = {"zeroshot_topic_list": names, "zeroshot_min_similarity": task["threshold"]} if names else {}
    start = time.perf_counter()
    model = BERTopic(embedding_model=embedder, umap_model=umap, **zeroshot)
    labels, _ = model.fit_transform(texts, vectors, y=task.get("y"))
    title = {int(topic): str(name) for topic, name in model.topic_labels_.items()}
    found = [title.get(int(label), str(label)) if label >= 0 else "" for label in labels]
    return {"topics": found, "seconds": time.perf_counter() - start}


def main() -> None:
    """Run all tasks of a folder; a failing one is recorded as such."""
    folder = Path(sys.argv[1])
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    vectors, embedder = np.load(folder / "vectors.npy"), offline_model()
    found = []
    for task in json.loads((folder / "tasks.json").read_text(encoding="utf-8")):
        try:
            found.append(run(texts, vectors, embedder, task))
        except Exception as error:  # noqa: BLE001 - whatever stops it is its result
            found.append({"error": f"{type(error).__name__}: {error}"[:300]})
        (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")
        print(len(found), found[-1].get("seconds", found[-1].get("error")), flush=True)


if __name__ == "__main__":
    main()
