"""Halves of a collection fitted apart and merged, against one fit: ``python -m benchmarks.merging``.

Each half is fitted by itself. The merged model is compared with one fit of all documents: the agreement of each
with the classes, and of the two with each other, beside that of two fits of all documents with different seeds.
Both ways of merging are measured: with all texts, when documents are assigned anew, and without.
"""

import argparse
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import embeddings, require_data, texts_and_labels, write
from topickit import KeywordSettings, TopicModel
from topickit.keywords.counts import TermCounts
from topickit.keywords.vocabulary import count_terms
from topickit.metrics import agreement

NAMES = ("stackoverflow_titles", "banking77", "bbc_news")
N_DOCUMENTS = 5_000


def without_texts(models: list[TopicModel]) -> list[TopicModel]:
    """Return models that were saved without their texts."""
    loaded = []
    for model in models:
        with tempfile.TemporaryDirectory() as folder:
            model.save(Path(folder) / "model")
            loaded.append(TopicModel.load(Path(folder) / "model"))
    return loaded


def n_different(model: TopicModel, texts: list[str], terms: set[str], *, anew: bool) -> int:
    """Count the terms whose counts differ from a recount of all texts in the topics of the model.

    Parameters
    ----------
    model : TopicModel
    texts : list of str
    terms : set of str
        Those that are compared.
    anew : bool
        Whether terms are chosen anew; else the given ones are counted.
    """
    counts = model.fitted_.counts
    settings = KeywordSettings() if anew else KeywordSettings(vocabulary=tuple(sorted(terms)))
    ones = np.ones(len(texts), dtype=np.int64)
    again = TermCounts.of(count_terms(texts, ones, settings), model.fitted_.labels, ones, counts.n_topics)
    here, there = ({term: place for place, term in enumerate(side.terms)} for side in (counts, again))
    wanted = sorted(terms & set(here))
    missing = [term for term in wanted if term not in there]
    compared = [term for term in wanted if term in there]
    ours = counts.topics[:, [here[term] for term in compared]].toarray()
    theirs = again.topics[:, [there[term] for term in compared]].toarray()
    differing = (ours != theirs).any(axis=0)

    return len(missing) + int(differing.sum())


def measure(name: str, seed: int) -> dict[str, Any]:
    """Compare a merge of two halves of a collection with one fit."""
    texts, classes = texts_and_labels(name)
    rows = np.random.default_rng(seed).permutation(len(texts))[:N_DOCUMENTS]
    half = len(rows) // 2
    vectors, chosen, gold = (
        np.asarray(embeddings(name))[rows],
        [texts[r] for r in rows.tolist()],
        classes[rows],
    )
    a = TopicModel(random_state=seed).fit(chosen[:half], embeddings=vectors[:half])
    b = TopicModel(random_state=seed).fit(chosen[half:], embeddings=vectors[half:])
    whole, other = (
        TopicModel(random_state=each).fit(chosen, embeddings=vectors) for each in (seed, seed + 100)
    )
    merged = TopicModel.merged([a, b])
    alone = TopicModel.merged(without_texts([a, b]))
    shared = set(a.fitted_.counts.terms) & set(b.fitted_.counts.terms)
    result = {
        "name": name,
        "seed": seed,
        "n_documents": len(rows),
        "n_topics": [len(model.topics_) for model in (a, b, merged, whole, other)],
        "classes_one": agreement(whole.labels_, gold).ari,
        "classes_merged": agreement(merged.labels_, gold).ari,
        "classes_without_texts": agreement(alone.labels_, gold).ari,
        "between": agreement(merged.labels_, whole.labels_).ari,
        "between_without_texts": agreement(alone.labels_, whole.labels_).ari,
        "two_fits": agreement(whole.labels_, other.labels_).ari,
        "n_terms": len(merged.fitted_.counts.terms),
        "n_different": n_different(merged, chosen, set(merged.fitted_.counts.terms), anew=True),
        "n_shared_terms": len(shared),
        "n_different_without_texts": n_different(alone, chosen, shared, anew=False),
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
    names = ("stackoverflow_titles", "bbc_news") if quick else NAMES
    write("merging", {"rows": [measure(name, seed) for name in names for seed in range(1 if quick else 2)]})


if __name__ == "__main__":
    main()
