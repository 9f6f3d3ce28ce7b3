"""Every clusterer on every shared collection at its full size: ``python -m benchmarks.every_collection``.

Embeddings are lexical, so that no transformer runs. Measures whether each fit ends, its time after embedding,
and its memory.
"""

import argparse
import time
import warnings
from typing import Any

import numpy as np

from benchmarks.common import in_own_process, peak_mib, require_data, texts_and_labels, write
from topickit.cluster import base
from topickit.corpus.documents import Documents
from topickit.embed import base as embed
from topickit.errors import TopickitWarning
from topickit.model import TopicModel

COLLECTIONS = (
    "arxiv_titles",
    "quora_questions",
    "stackoverflow_titles",
    "thucnews_titles_zh",
    "banking77",
    "bbc_news",
    "octis_bbc_news",
    "gnad10_test_de",
    "python_peps",
    "sotu_speeches",
    "un_general_debates",
    "20newsgroups_stripped",
    "20newsgroups",
)


def measure(name: str, n: int | None) -> list[dict[str, Any]]:
    """Embed one collection, and fit all clusterers on it."""
    warnings.simplefilter("ignore", TopickitWarning)
    texts, _ = texts_and_labels(name, n)
    documents = Documents.of(texts)
    embedder = embed.fitted(embed.resolve("lexical"), documents.texts, documents.weights)
    vectors = embed.embed(embedder, documents.texts)[documents.rows]
    rows = []
    for method in base.CLUSTERERS:
        before, start = peak_mib(), time.perf_counter()
        model = TopicModel(clusterer=method).fit(texts, embeddings=vectors)
        rows.append(
            {
                "collection": name,
                "rows": len(texts),
                "method": method,
                "topics": len(model.topics_),
                "outliers": float((model.labels_ < 0).mean()),
                "seconds": time.perf_counter() - start,
                "peak_mib": peak_mib(),
                "peak_mib_over_start": peak_mib() - before,
            }
        )
        assert np.array_equal(model.predict(texts[:500], embeddings=vectors[:500]), model.labels_[:500])
    return rows


def main() -> None:
    """Measure all, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 rows a collection, nothing kept")
    quick = parser.parse_args().quick
    require_data()
    rows: list[dict[str, Any]] = []
    for name in COLLECTIONS:
        for row in in_own_process(measure, name, 1000 if quick else None):
            rows.append(row)
            if not quick:
                write("every_collection", {"rows": rows})
            print(
                f"{name:22} {row['rows']:7,} {row['method']:14} {row['topics']:5} topics {row['outliers']:6.1%} out "
                f"{row['seconds']:6.1f} s  peak {row['peak_mib']:6.0f} MiB",
                flush=True,
            )


if __name__ == "__main__":
    main()
