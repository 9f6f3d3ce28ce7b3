"""Digests of labels and keywords: ``python -m benchmarks.digest`` compares them with the recorded ones.

Run it before and after a change that should leave results as they are; ``--record`` keeps new digests.
They hold on one kind of machine: another processor may round a tie differently.
"""

import argparse
import hashlib
import json
from typing import Any

from benchmarks.common import TITLES, embeddings, read, texts_and_labels, write
from topickit import TopicModel

CLUSTERERS = ("graph", "kmeans", "agglomerative", "community", "hdbscan")
N_ROWS = 4000
N_NEW = 500


def digest(value: Any) -> str:
    """Hash plain data."""
    return hashlib.blake2b(json.dumps(value, ensure_ascii=False).encode(), digest_size=8).hexdigest()


def digests(model: TopicModel, texts: list[str], **given: Any) -> dict[str, Any]:
    """Hash the results of a fitted model, and what it predicts for other texts."""
    words = [[(word, round(weight, 6)) for word, weight in topic.keywords] for topic in model.topics_]
    return {
        "topics": len(model.topics_),
        "labels": digest(model.labels_.tolist()),
        "keywords": digest(words),
        "names": digest([topic.name for topic in model.topics_]),
        "new": digest(model.predict(texts, **given).tolist()),
    }


def measure() -> dict[str, Any]:
    """Fit each clusterer on each collection, and two embedders that learn words."""
    result = {}
    for name in TITLES:
        texts, vectors = texts_and_labels(name, N_ROWS + N_NEW)[0], embeddings(name)
        n = min(N_ROWS, len(texts) - N_NEW)
        new, new_vectors = texts[n : n + N_NEW], vectors[n : n + N_NEW]
        for clusterer in CLUSTERERS:
            model = TopicModel(clusterer=clusterer).fit(texts[:n], embeddings=vectors[:n])
            result[f"{name} {clusterer}"] = digests(model, new, embeddings=new_vectors)
        model = TopicModel(n_topics=12).fit(texts[:n], embeddings=vectors[:n])
        result[f"{name} 12 topics"] = digests(model, new, embeddings=new_vectors)
        model = TopicModel(embedder="hybrid").fit(texts[:n], embeddings=vectors[:n])
        result[f"{name} hybrid"] = digests(model, new, embeddings=new_vectors)
        result[f"{name} lexical"] = digests(TopicModel(embedder="lexical").fit(texts[:n]), new)
    return result


def main() -> None:
    """Record digests, or compare with the recorded ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true")
    record = parser.parse_args().record
    current = measure()
    if record:
        write("digest", {"digests": current})
        return
    before = (read("digest") or {}).get("digests", {})
    changed = {key: (before.get(key), value) for key, value in current.items() if before.get(key) != value}
    for key, (old, new) in changed.items():
        print(f"{key}:\n  before {old}\n  now    {new}")
    print(f"{len(current) - len(changed)} of {len(current)} results are as recorded")
    raise SystemExit(bool(changed))


if __name__ == "__main__":
    main()
