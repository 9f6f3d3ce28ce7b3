"""Estimates of ``--dry-run`` against the fit itself: ``python -m benchmarks.estimate``.

Each case is a table of texts and a model. The estimate is made in one process; the fit, with the saving of the
model, in another. Both start with nothing imported, as the command does. Seconds are of the whole process.
"""

import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import DATA, TITLES, in_own_process, peak_mib, require_data, texts_and_labels, write

CASES: tuple[tuple[str, int, bool, dict[str, Any]], ...] = (
    ("stackoverflow_titles", 20_000, True, {}),
    ("quora_questions", 50_000, True, {}),
    ("20newsgroups_stripped", 18_331, True, {}),
    ("quora_questions", 50_000, True, {"clusterer": "kmeans"}),
    ("quora_questions", 50_000, True, {"clusterer": "hdbscan"}),
    ("quora_questions", 20_000, True, {"clusterer": "community"}),
    ("stackoverflow_titles", 20_000, False, {"embedder": "lexical"}),
    ("arxiv_titles", 100_000, False, {"embedder": "lexical"}),
    ("arxiv_titles", 100_000, False, {"embedder": "distilled"}),
    ("stackoverflow_titles", 6_000, False, {}),
)
"""Collection, documents, whether the shared vectors are given, settings of the model."""
TITLES_HERE = {**TITLES, "arxiv_titles": "arXiv titles"}


def _case(name: str, n: int, given: bool, settings: dict[str, Any]) -> tuple[Any, list[str], Any]:
    from topickit.model import TopicModel

    texts = texts_and_labels(name, n)[0]
    vectors = np.load(DATA / "embeddings" / f"{name}.npy", mmap_mode="r")[: len(texts)] if given else None
    return TopicModel(**settings), texts, vectors


def make_estimate(*case: Any) -> dict[str, float]:
    """Make the estimate."""
    warnings.simplefilter("ignore")
    model, texts, vectors = _case(*case)
    from topickit.cli.estimation import estimate_fit

    start = time.perf_counter()
    found = estimate_fit(model, texts, embeddings=vectors)
    return {
        "seconds": found.seconds,
        "mib": found.memory / 2**20,
        "disk_mib": found.disk / 2**20,
        "took": time.perf_counter() - start,
    }


def fit_and_save(*case: Any) -> dict[str, float]:
    """Fit, and save the model."""
    warnings.simplefilter("ignore")
    model, texts, vectors = _case(*case)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        model.fit(texts, embeddings=vectors)
        model.save(Path(folder) / "model")
        seconds = time.perf_counter() - start
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    return {"seconds": seconds, "mib": peak_mib(), "disk_mib": size / 2**20}


def main() -> None:
    """Measure each case."""
    require_data()
    rows = []
    for name, n, given, settings in CASES:
        estimate = in_own_process(make_estimate, name, n, given, settings)
        measured = in_own_process(fit_and_save, name, n, given, settings)
        what = [TITLES_HERE[name], "embeddings given" if given else "from texts", *settings.values()]
        rows.append({"case": ", ".join(what), "rows": n, "estimated": estimate, "measured": measured})
        print(rows[-1], flush=True)
    write("estimate", {"rows": rows})


if __name__ == "__main__":
    main()
