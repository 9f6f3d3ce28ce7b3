"""topickit's default against BERTopic's on precomputed embeddings: ``python -m benchmarks.speed``.

Each run has a process of its own in its system's pinned environment, as in `benchmarks.peers`, on the same texts and
vectors and all processors; the fit with its keywords is timed, after imports and compilation. Medians and their ratio.
"""

from typing import Any

from benchmarks.common import median, require_data, write
from benchmarks.peers.collections import load
from benchmarks.peers.environments import cache_folder
from benchmarks.peers.running import Options, run
from benchmarks.peers.score import Scorer
from benchmarks.peers.store import Store
from topickit._core.vectors import n_threads

COLLECTIONS = ("stackoverflow_titles", "quora_questions")
SYSTEMS = ("topickit", "bertopic")
REPEATS = 3


def measure(name: str) -> dict[str, Any]:
    """Run both alternately."""
    cache = cache_folder()
    collection = load(name, cache)
    store, options = Store("speed", cache), Options(cache / "envs", 1800, n_threads())
    scorer = Scorer.of(collection.texts, collection.gold)
    runs: dict[str, list[dict[str, Any]]] = {system: [] for system in SYSTEMS}
    for _ in range(REPEATS):
        for system in SYSTEMS:
            found = run(collection, system, "fit", store=store, scorer=scorer, options=options)
            if "error" in found:
                raise SystemExit(f"{system} on {name}: {found['error']}")
            runs[system].append(found)
            print(f"{name:22} {system:10} {found['seconds']:7.2f} s", flush=True)
    ours, theirs = ([row["seconds"] for row in runs[system]] for system in SYSTEMS)
    kept = ("seconds", "cpu_seconds", "topics", "ari", "c_npmi", "diversity", "outliers")
    return {
        "collection": name,
        "rows": len(collection.texts),
        **{system: [{key: row[key] for key in kept} for row in runs[system]] for system in SYSTEMS},
        "ratio": median(theirs) / median(ours),
    }


def main() -> None:
    """Measure, and keep the result."""
    require_data()
    write("speed", {"rows": [measure(name) for name in COLLECTIONS]})


if __name__ == "__main__":
    main()
