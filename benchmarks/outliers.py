"""Planted texts of other collections found as outliers: ``python -m benchmarks.outliers``.

Texts drawn at random from the other collections, about as many from each, are mixed into a collection, so that they form
no subject. Compared: `outliers="auto"`, documents nearer to the mean of all documents than to their topic,
documents unlike their topic (`Topic.unlike_share`), and an equal share of each topic (`outliers=`, the share of "auto").
"""

import argparse
import warnings
from typing import Any

import numpy as np

from benchmarks.common import LABELLED, embeddings, require_data, texts_and_labels, write
from topickit import TopicModel
from topickit._core.vectors import FloatArray, unit_rows
from topickit.fitted.fitted import Fitted
from topickit.metrics import agreement

N_DOCUMENTS = 2_000
SHARES = (0.0, 0.05, 0.1)
"""Planted texts, of the documents of the collection."""
OTHERS = (*LABELLED, "quora_questions")


def planted(name: str, n: int, rng: np.random.Generator) -> tuple[list[str], FloatArray]:
    """Draw texts of the other collections, as many of each."""
    others = [other for other in OTHERS if other != name]
    texts, vectors = [], []
    for other in others:
        its_texts, its_vectors = texts_and_labels(other)[0], embeddings(other)
        rows = rng.choice(len(its_vectors), n // len(others), replace=False)
        texts += [its_texts[row] for row in rows.tolist()]
        vectors.append(its_vectors[rows])
    return texts, np.concatenate(vectors)


def left_out(fitted: Fitted, vectors: FloatArray) -> dict[str, np.ndarray]:
    """Return what each rule calls an outlier."""
    ones = np.ones(len(vectors))
    labels, similarity = fitted.assigner.labels(vectors), fitted.assigner.similarity(vectors)
    mean = vectors.mean(axis=0)
    auto = fitted.assigner.with_outliers(vectors, ones, "auto").labels(vectors) < 0
    means = unit_rows(fitted.means)[labels]
    return {
        "auto": auto,
        "mean": vectors @ unit_rows(mean[None])[0] > np.einsum("ij,ij->i", vectors, means),
        "unlike": similarity < (fitted.provenance.similarity_p5 or 0.0),
        "equal share": fitted.assigner.with_outliers(vectors, ones, float(auto.mean())).labels(vectors) < 0,
    }


def measure(name: str, seed: int, share: float) -> dict[str, Any]:
    """Fit a collection with planted texts, and judge the rules."""
    rng = np.random.default_rng(seed)
    texts, classes = texts_and_labels(name)
    rows = rng.permutation(len(texts))[:N_DOCUMENTS]
    more, their_vectors = planted(name, round(share * len(rows)), rng)
    vectors = unit_rows(np.concatenate([embeddings(name)[rows], their_vectors]))
    model = TopicModel(random_state=seed).fit(
        [*(texts[row] for row in rows.tolist()), *more], embeddings=vectors
    )
    own, gold = model.labels_[: len(rows)], classes[rows]
    is_planted = np.arange(len(vectors)) >= len(rows)
    result: dict[str, Any] = {
        "name": name,
        "seed": seed,
        "planted": share,
        "ari": agreement(own, gold).ari,
        "rules": {},
    }
    for rule, out in left_out(model.fitted_, vectors).items():
        kept = ~out[: len(rows)]
        result["rules"][rule] = {
            "share": float(out.mean()),
            "n_found": int((out & is_planted).sum()),
            "n_called": int(out.sum()),
            "n_planted": int(is_planted.sum()),
            "ari_kept": agreement(own[kept], gold[kept]).ari,
        }
    print(result, flush=True)
    return result


def main() -> None:
    """Measure each collection with several seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed, two collections")
    quick = parser.parse_args().quick
    require_data()
    warnings.simplefilter("ignore")
    names = ("stackoverflow_titles", "bbc_news") if quick else LABELLED
    seeds = range(1 if quick else 2)
    write(
        "outliers",
        {"rows": [measure(name, seed, share) for name in names for seed in seeds for share in SHARES]},
    )


if __name__ == "__main__":
    main()
