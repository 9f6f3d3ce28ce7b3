"""BERTopic's default from raw texts to a label each: ``python -m benchmarks.peers.runners.bertopic_raw TEXTS OUT``."""

import json
import sys
import time
from pathlib import Path

from bertopic import BERTopic

from benchmarks.peers.protocol import offline_model, peak_mib


def main() -> None:
    """Embed, fit, and write seconds, topics and the peak of memory."""
    texts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    start = time.perf_counter()
    model = offline_model()
    vectors = model.encode(texts, show_progress_bar=False)
    embedded = time.perf_counter()
    labels, _ = BERTopic(embedding_model=model).fit_transform(texts, vectors)
    result = {
        "embedding_seconds": embedded - start,
        "fit_seconds": time.perf_counter() - embedded,
        "topics": len(set(labels) - {-1}),
        "outliers": sum(label < 0 for label in labels) / len(labels),
        "peak_mib": peak_mib(),
    }
    Path(sys.argv[2]).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
