"""The embedding cache: ``python -m benchmarks.cache [--quick]``. Rows written and read per second, and bytes per row."""

import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import in_own_process, median, peak_mib, seconds, write
from topickit._core.state import State
from topickit.embed.cache.database import size_of
from topickit.embed.cache.embedder import CachedEmbedder

DIMENSION = 384


class Ready:
    """Precomputed embeddings, so that only the cache is measured."""

    fingerprint = "ready vectors of the benchmark"

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(0)
        self.vectors = rng.normal(size=(n, DIMENSION)).astype(np.float32)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Look each text's vector up by the number that it begins with."""
        return self.vectors[[int(text.split(" ", 1)[0]) for text in texts]]

    def state(self) -> State:
        """Not saved."""
        return State({"kind": "external", "description": "ready vectors", "dimension": DIMENSION})


def measure(n: int, dtype: str, rounds: int) -> dict[str, Any]:
    """Write n rows, and read them in the order of writing and shuffled."""
    texts = [f"{i} is the number of this question, which is as long as questions are" for i in range(n)]
    shuffled = [texts[i] for i in np.random.default_rng(1).permutation(n)]
    ready = Ready(n)
    writes = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            shutil.rmtree(folder)
            embedder = CachedEmbedder(ready, folder, dtype)
            writes.append(seconds(lambda embedder=embedder: embedder.encode(texts)))
        ordered = [seconds(lambda: embedder.encode(texts)) for _ in range(rounds)]
        mixed = [seconds(lambda: embedder.encode(shuffled)) for _ in range(rounds)]
        one = [seconds(lambda: embedder.encode(texts[:1])) for _ in range(9)]
        same = np.array_equal(embedder.encode(texts), ready.vectors.astype(dtype).astype(np.float32))
        size = size_of(Path(folder))
    return {
        "rows": n,
        "dtype": dtype,
        "writes": n / median(writes),
        "hits": n / median(ordered),
        "hits_shuffled": n / median(mixed),
        "one_row_ms": 1000 * median(one),
        "bytes_a_row": size / n,
        "same": bool(same),
        "peak_mib": peak_mib(),
    }


def main() -> None:
    """Measure, print and keep."""
    quick = "--quick" in sys.argv
    sizes = (20_000,) if quick else (100_000, 500_000)
    rows = [
        in_own_process(measure, n, dtype, 1 if quick else 3)
        for n in sizes
        for dtype in ("float32", "float16")
    ]
    for row in rows:
        print({name: round(value, 2) if isinstance(value, float) else value for name, value in row.items()})
    if not quick:
        write("cache", {"dimension": DIMENSION, "rows": rows})


if __name__ == "__main__":
    main()
