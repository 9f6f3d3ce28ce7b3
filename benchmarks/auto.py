"""The default on a corpus too large for the transformer: ``python -m benchmarks.auto``.

Beyond `MAX_TOKENS` estimated tokens, ``embedder="auto"`` has the transformer embed a sample and the documents nearest
to a boundary between topics, and a student the rest. Agreement: share of the documents whose topic is the one that the
same model gives to the transformer's embedding. On 100,000 arXiv titles with the limit as it is; on smaller collections
with the limit lowered, so that the transformer embeds the same share of the texts as there.

The transformer's embeddings are looked up: the shared ones, and for arXiv those that this module makes once and keeps
in the folder of the benchmarks.
"""

import argparse
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score

from benchmarks.common import DATA, embeddings, in_own_process, read, require_data, texts_and_labels, write
from benchmarks.peers.environments import cache_folder
from topickit import TopicModel
from topickit.embed import auto
from topickit.embed.sentence import SentenceEmbedder

COLLECTIONS = ("stackoverflow_titles", "banking77", "arxiv_titles")
TITLES_OF_ARXIV = 100_000
SHARE = 0.3
"""Share of the texts that the transformer embeds where the limit is lowered; 30,000 of the arXiv titles."""


def main() -> None:
    """Measure each collection in a process of its own, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collections", type=lambda given: given.split(","), default=list(COLLECTIONS))
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    require_data()
    kept = {row["collection"]: row for row in (read("auto") or {"rows": []})["rows"]}
    for name in options.collections:
        kept[name] = in_own_process(measure, name, options.seeds)
        print(kept[name], flush=True)
        write("auto", {"rows": [kept[each] for each in COLLECTIONS if each in kept]})


def measure(name: str, seeds: int) -> dict[str, Any]:
    """Fit the default, and compare its labels with those of the transformer's embeddings."""
    texts, gold, vectors = collection(name)
    look_up(texts, vectors)
    if name != "arxiv_titles":
        tokens = auto.estimated_tokens(texts, auto.TOKENS_OF_MODEL)
        auto.MAX_TOKENS = int(SHARE * tokens) + 1
    fits = []
    for seed in range(seeds):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = TopicModel(random_state=seed).fit(texts)
            expected = model.predict(texts, embeddings=vectors)
            whole = TopicModel(random_state=seed).fit(texts, embeddings=vectors)
        exact = model.embedder_.is_exact(texts)
        fits.append(
            {
                "seed": seed,
                "embedder": repr(model.embedder_),
                "exact": int(exact.sum()),
                "refined": model.fitted_.provenance.n_refined,
                "agreement": float((model.labels_ == expected).mean()),
                "topics": len(model.topics_),
                "topics_of_transformer": len(whole.topics_),
                "ari_of_fits": adjusted_rand_score(whole.labels_, model.labels_),
                "ari": adjusted_rand_score(gold, model.labels_),
                "ari_of_transformer": adjusted_rand_score(gold, whole.labels_),
            }
        )
    return {"collection": name, "n": len(texts), "fits": fits}


def collection(name: str) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Read texts, labels, and the transformer's embeddings."""
    if name != "arxiv_titles":
        texts, gold = texts_and_labels(name)
        return texts, gold, embeddings(name)
    table = pl.read_parquet(DATA / f"{name}.parquet").sample(TITLES_OF_ARXIV, seed=0)
    texts, path = table["text"].to_list(), cache_folder() / f"{name}_{TITLES_OF_ARXIV}.npy"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, SentenceEmbedder("all-MiniLM-L6-v2").encode(texts))
    return texts, table["label"].to_numpy(), np.load(path)


def look_up(texts: Sequence[str], vectors: np.ndarray) -> None:
    """Let the transformer look up its embeddings of these texts."""
    row_of = {text: row for row, text in enumerate(texts)}

    def encode(self: SentenceEmbedder, texts: Sequence[str]) -> np.ndarray:
        return np.asarray(vectors[[row_of[text] for text in texts]], dtype=np.float32)

    SentenceEmbedder.encode = encode  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
