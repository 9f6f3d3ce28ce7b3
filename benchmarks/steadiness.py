"""How far another seed, or 5 % fewer documents, changes the topics: ``python -m benchmarks.steadiness``.

Collections with ready embeddings, and others with lexical ones, so that no transformer runs. Finished fits are skipped.
"""

import argparse
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import debian_texts
from benchmarks.common import (
    LABELLED,
    TITLES,
    embeddings,
    median,
    read,
    require_data,
    texts_and_labels,
    write,
)
from benchmarks.peers.environments import cache_folder
from benchmarks.peers.protocol import Settings, Work
from benchmarks.peers.running import Options, in_subprocess
from benchmarks.peers.score import same_grouping
from benchmarks.peers.systems import OURS, SYSTEMS
from topickit._core.vectors import n_threads
from topickit.corpus.documents import Documents
from topickit.embed import base as embed
from topickit.errors import TopickitWarning
from topickit.model import TopicModel

LEXICAL = ("arxiv_titles", "gnad10_test_de", "python_peps", "debian_sections", "debian_fields")
COMPARED = (OURS, "bertopic", "evoc", "top2vec")
LARGEST = 5000
SEEDS = 5
PEER_SEEDS = 3
LEFT_OUT = 0.05
LIMIT = 900
Found = tuple[np.ndarray, float]
Fit = Callable[[np.ndarray, int], Found]


def load(name: str, n: int) -> tuple[list[str], np.ndarray | None, np.ndarray]:
    """Texts, gold classes and vectors of a seeded sample of a collection."""
    if name in debian_texts.SOURCES:
        texts, gold = debian_texts.texts_and_labels(name)
        labels: np.ndarray | None = np.array(gold)
    else:
        texts, found = texts_and_labels(name)
        labels = found.astype(str) if name in LABELLED or name in LEXICAL else None
    ready = embeddings(name) if name in TITLES else None
    n_rows = len(texts) if ready is None else len(ready)
    rows = np.sort(np.random.default_rng(0).permutation(n_rows)[:n])
    texts = [texts[row] for row in rows]
    labels = None if labels is None else labels[rows]
    return texts, labels, lexical(texts) if ready is None else ready[rows]


def lexical(texts: list[str]) -> np.ndarray:
    """Embed texts by their words."""
    documents = Documents.of(texts)
    embedder = embed.fitted(embed.resolve("lexical"), documents.texts, documents.weights)
    return embed.embed(embedder, documents.texts)[documents.rows]


def ours(texts: list[str], vectors: np.ndarray) -> Fit:
    """Make a function that fits topickit to some rows with a seed."""

    def fit(rows: np.ndarray, seed: int) -> Found:
        start = time.process_time()
        model = TopicModel(random_state=seed).fit([texts[row] for row in rows], embeddings=vectors[rows])
        return model.labels_, time.process_time() - start

    return fit


def peer(system: str, texts: list[str], vectors: np.ndarray) -> Fit:
    """Make a function that fits a peer, in a process and environment of its own."""
    options = Options(cache_folder() / "envs", LIMIT, n_threads())

    def fit(rows: np.ndarray, seed: int) -> Found:
        folder = Path(tempfile.mkdtemp())
        settings = Settings(system, 20, seed, "en", None, False)
        Work(settings, [texts[row] for row in rows], vectors[rows], folder).write()
        try:
            error = in_subprocess(system, folder, options, LIMIT)
            if error is not None:
                raise RuntimeError(error)
            return np.load(folder / "labels.npy"), float("nan")
        finally:
            shutil.rmtree(folder)

    return fit


def measure(fit: Fit, gold: np.ndarray | None, n: int, seeds: int) -> dict[str, Any]:
    """Fit with several seeds, and without several twentieths of the documents."""
    every = np.arange(n)
    fits = [fit(every, seed) for seed in range(seeds)]
    labels = [found for found, _ in fits]
    fewer = []
    for part in range(seeds):
        rows = np.sort(np.random.default_rng(100 + part).permutation(n)[: round((1 - LEFT_OUT) * n)])
        fewer.append(same_grouping(fit(rows, 0)[0], labels[0][rows]))
    return {
        "n": n,
        "seeds": [same_grouping(one, other) for one, other in combinations(labels, 2)],
        "fewer": fewer,
        "topics": [len(np.unique(found[found >= 0])) for found in labels],
        "ari": None if gold is None else [same_grouping(found, gold) for found in labels],
        "cpu_seconds": None if np.isnan(fits[0][1]) else median([seconds for _, seconds in fits[1:]]),
    }


def main() -> None:
    """Measure what is missing, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collections", type=lambda names: names.split(","), default=[*TITLES, *LEXICAL])
    parser.add_argument("--systems", type=lambda names: names.split(","), default=list(COMPARED))
    parser.add_argument("--quick", action="store_true", help="two seeds on 1,000 documents, nothing kept")
    parser.add_argument("--rerun", action="store_true", help="repeat finished runs")
    arguments = parser.parse_args()
    require_data()
    warnings.simplefilter("ignore", TopickitWarning)
    kept = {} if arguments.quick else read("steadiness") or {}
    rows = {(row["collection"], row["system"]): row for row in kept.get("rows", [])}
    for name in arguments.collections:
        systems = [system for system in arguments.systems if arguments.rerun or (name, system) not in rows]
        try:
            texts, gold, vectors = load(name, 1000 if arguments.quick else LARGEST)
        except debian_texts.MissingError as error:
            print(f"not measured: {error}", flush=True)
            continue
        for system in systems:
            fit = ours(texts, vectors) if system == OURS else peer(system, texts, vectors)
            seeds = 2 if arguments.quick else SEEDS if system == OURS else PEER_SEEDS
            try:
                found = measure(fit, gold, len(texts), seeds)
            except RuntimeError as error:
                print(f"{name} {system}: {error}", flush=True)
                continue
            rows[name, system] = {
                "collection": name,
                "system": system,
                "lexical": name not in TITLES,
                **found,
            }
            shown = f"{np.mean(found['seeds']):.3f} {np.mean(found['fewer']):.3f} {found['topics']}"
            print(f"{name:22} {SYSTEMS[system].title:18} {shown}", flush=True)
            if not arguments.quick:
                write("steadiness", {"rows": list(rows.values())})


if __name__ == "__main__":
    main()
