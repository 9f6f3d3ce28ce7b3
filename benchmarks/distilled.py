"""The distilled embedder against its teacher: ``python -m benchmarks.distilled [--quick] [--shares .1,.2] [COLLECTION ...]``.

For each share of the corpus that the teacher embeds: agreement of k-means (the gold number of topics) and of
graph communities with gold, kNN recall, cosine to the teacher on texts that were not in the sample, time. The
teacher's vectors are looked up, so that only the student runs; the teacher's time is its rate, measured on 256
texts, times the sample. Vectors of all 300,000 arXiv titles are made once by the offline model, in half an hour or
more, and kept in the folder that TOPICKIT_BENCH_CACHE names, or ~/.cache/topickit-benchmarks.
"""

import argparse
import os
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from benchmarks.common import (
    TITLES,
    embeddings,
    in_own_process,
    peak_mib,
    read,
    require_data,
    texts_and_labels,
    write,
)
from topickit._core.vectors import top_k_cosine, unit_rows
from topickit.cluster import base as cluster
from topickit.corpus.documents import Documents
from topickit.embed.distilled.embedder import DistilledEmbedder
from topickit.embed.precomputed import PrecomputedEmbedder
from topickit.embed.sentence import SentenceEmbedder
from topickit.errors import TopickitWarning
from topickit.fitted.assigner import Assigner

MODEL = "all-MiniLM-L6-v2"
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 1.0)
COLLECTIONS = ("stackoverflow_titles", "banking77", "20newsgroups_stripped", "arxiv_titles")
QUERIES = 1_000
SEEDS = (0, 1, 2)


class ReadyTeacher(SentenceEmbedder):
    """The teacher, with its vectors looked up instead of made; tokeniser and token embeddings are its own."""

    __slots__ = ("ready",)

    def __init__(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        super().__init__(MODEL, device="cpu")
        self.ready = PrecomputedEmbedder(list(texts), vectors)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Look vectors up."""
        return self.ready.encode(texts)


def corpus(name: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Distinct texts in canonical order, gold labels, the teacher's vectors."""
    texts, gold = texts_and_labels(name)
    vectors = kept_vectors(name, texts) if name == "arxiv_titles" else embeddings(name)
    documents = Documents.of(texts)
    first = documents.first_rows
    return list(documents.texts), np.unique(gold, return_inverse=True)[1][first], unit_rows(vectors[first])


def kept_vectors(name: str, texts: list[str]) -> np.ndarray:
    """The teacher's vectors from the cache folder, made if they are not there."""
    folder = Path(os.environ.get("TOPICKIT_BENCH_CACHE", Path.home() / ".cache" / "topickit-benchmarks"))
    path = folder / f"{name}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, SentenceEmbedder(MODEL, device="cpu").encode(texts).astype(np.float16))
    vectors = np.load(path)
    if len(vectors) != len(texts):
        raise SystemExit(f"{path} holds {len(vectors)} vectors for {len(texts)} texts; delete it")
    return vectors


def scores(gold: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """NMI and ARI."""
    return (
        float(normalized_mutual_info_score(gold, labels)),
        float(adjusted_rand_score(gold, labels)),
    )


def kmeans(vectors: np.ndarray, gold: np.ndarray) -> tuple[float, float]:
    """NMI and ARI of k-means, the mean of three seeds: one varies by .02 and more."""
    found = []
    for seed in SEEDS:
        labels = KMeans(len(set(gold)), n_init=1, random_state=seed).fit_predict(vectors)
        found.append(scores(gold, labels))
    nmi, ari = np.mean(found, axis=0)
    return float(nmi), float(ari)


def topics(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Graph communities of some rows, and all rows assigned to them."""
    weights = np.ones(len(rows), dtype=np.int64)
    groups = cluster.resolve("graph").cluster(vectors[rows], weights).or_one_cluster()
    return Assigner.of(vectors[rows], groups, weights).labels(vectors)


def recall(vectors: np.ndarray, truth: np.ndarray, k: int = 10) -> float:
    """Share of the teacher's k nearest texts that are among the k nearest of these vectors."""
    rows = np.linspace(0, len(truth) - 1, min(QUERIES, len(truth))).astype(int)
    near, nearest = (top_k_cosine(each[rows], each, k + 1).indices for each in (vectors, truth))
    found = [
        len((set(a) - {row}) & (set(b) - {row})) / k for row, a, b in zip(rows, near, nearest, strict=True)
    ]
    return float(np.mean(found))


def teacher_rate(texts: list[str]) -> float:
    """Texts a second of the teacher itself, on 256 texts."""
    embedder = SentenceEmbedder(MODEL, device="cpu")
    embedder.encode(texts[:32])
    step = max(1, len(texts) // 256)
    some = texts[::step][:256]
    start = time.perf_counter()
    embedder.encode(some)
    return len(some) / (time.perf_counter() - start)


def measure(name: str, quick: bool, shares: Sequence[float]) -> list[dict[str, Any]]:
    """The curve of one collection."""
    warnings.simplefilter("ignore", TopickitWarning)
    texts, gold, vectors = corpus(name)
    if quick:
        texts, gold, vectors = texts[:3000], gold[:3000], vectors[:3000]
    rate = teacher_rate(texts)
    teacher = ReadyTeacher(texts, vectors)
    teacher._loaded()
    return [row(name, share, texts, gold, vectors, teacher, rate) for share in shares]


def row(
    name: str,
    share: float,
    texts: list[str],
    gold: np.ndarray,
    vectors: np.ndarray,
    teacher: ReadyTeacher,
    rate: float,
) -> dict[str, Any]:
    """One share of one collection."""
    result: dict[str, Any] = {"collection": name, "rows": len(texts), "share": share, "teacher_rate": rate}
    start = time.perf_counter()
    if share < 1:
        learnt = DistilledEmbedder(teacher, sample=share).fitted(texts)
        fitting = time.perf_counter() - start
        found = learnt.encode(texts)
        elapsed = time.perf_counter() - start
        exact = learnt.is_exact(texts)
        held_out = learnt.held_out
        result |= {
            "poor": held_out is None,
            "held_out_cosine": held_out.cosine if held_out else None,
            "held_out_agreement": held_out.agreement if held_out else None,
            "cosine": float(np.einsum("ij,ij->i", found[~exact], vectors[~exact]).mean())
            if not exact.all()
            else None,
            "fit_seconds": fitting,
            "student_seconds": elapsed,
            "student_rate": float((~exact).sum() / max(elapsed - fitting, 1e-9)),
        }
    else:
        found, elapsed, exact = vectors, 0.0, np.ones(len(texts), dtype=bool)
    drawn = Documents.of(texts).sample(cluster.resolve("graph").sample_size)
    rows = drawn if share == 1 else exact.nonzero()[0]
    nmi, ari = kmeans(found, gold)
    graph = topics(found, rows)
    graph_nmi, graph_ari = scores(gold, graph)
    by_model = graph if share == 1 else topics(found, drawn)
    model_nmi, model_ari = scores(gold, by_model)
    # What the sample costs, and what the student costs, are two things.
    same_nmi, same_ari = scores(gold, topics(vectors, rows)) if share < 1 else (graph_nmi, graph_ari)
    result |= {
        "sample": int(exact.sum()),
        "seconds": elapsed + exact.sum() / rate,
        "nmi": nmi,
        "ari": ari,
        "graph_topics": len(set(graph)),
        "graph_nmi": graph_nmi,
        "graph_ari": graph_ari,
        "model_topics": len(set(by_model)),
        "model_nmi": model_nmi,
        "model_ari": model_ari,
        "same_sample_nmi": same_nmi,
        "same_sample_ari": same_ari,
        "recall": recall(found, vectors),
        "peak_mib": peak_mib(),
    }
    print(
        f"{TITLES.get(name, name):24} {share:5.0%} {result['sample']:6} texts  NMI {nmi:.3f}  ARI {ari:.3f}  "
        f"graph {graph_nmi:.3f} {graph_ari:.3f} (teacher {same_nmi:.3f} {same_ari:.3f})  recall {result['recall']:.3f}  "
        f"cosine {result.get('cosine') or 1:.3f} (estimated {result.get('held_out_cosine') or 1:.3f})  "
        f"{result['seconds']:.1f} s, student {elapsed:.1f} s at {result.get('student_rate', 0):,.0f}/s",
        flush=True,
    )
    return result


def main() -> None:
    """Measure, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="3,000 texts a collection, nothing kept")
    parser.add_argument(
        "--shares", type=lambda text: [float(part) for part in text.split(",")], default=SHARES
    )
    parser.add_argument("collections", nargs="*", default=COLLECTIONS, help="only these")
    options = parser.parse_args()
    require_data()
    for name in options.collections:
        made = in_own_process(measure, name, options.quick, options.shares)
        if not options.quick:
            kept = {
                (row["collection"], row["share"]): row for row in (read("distilled") or {"rows": []})["rows"]
            }
            kept |= {(row["collection"], row["share"]): row for row in made}
            order = sorted(kept, key=lambda key: (COLLECTIONS.index(key[0]), key[1]))
            write("distilled", {"rows": [kept[key] for key in order]})


if __name__ == "__main__":
    main()
