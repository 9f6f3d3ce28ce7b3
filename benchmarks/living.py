"""Models that live on: updates and false alarms: ``python -m benchmarks.living``.

1. Stack Overflow titles with 3 of 20 tags that arrive late. A model of half of the other titles is updated by four
   blocks of a tenth; the third has the late tags, too. A tag is found if one new topic has most of its titles in
   that block, and most titles of the topic are the tag's. A new topic of a block without late tags is false. The
   labels are compared with those of a model of all titles by the adjusted Rand index with the tags. Beside it,
   BERTopic fits each block apart and joins the models by `merge_models`, as its documentation says, and
   turftopic's SensTopic reads the blocks by `partial_fit`.
2. arXiv titles of 20 categories by year: a model of the years to 2014 is updated year by year, and compared with a
   model of all years.
3. Random halves without any difference: how often an update says that anything changed. And a tag that grows from
   5 to 7 % among 5,000 titles, and a topic that does: how often the update says so.
4. Seconds of an update by 20,000 titles in a model of 300,000, with vectors given.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import adjusted_rand_score

from benchmarks.common import DATA, HERE, LABELLED, embeddings, read, require_data, texts_and_labels, write
from benchmarks.peers.collections import kept_vectors
from benchmarks.peers.environments import cache_folder, interpreter, pinned
from topickit import TopicModel

NAME = "stackoverflow_titles"
N_LATE = 3
BLOCKS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Where the blocks of updates begin, as parts of the rows; the first part is that of the fit."""
LATE_BLOCK = 3
ARXIV_CLASSES, ARXIV_EACH, FIRST_YEAR = 20, 600, 2015
N_MODELS, N_PER_MODEL = 20, 5
N_SPLIT = (2000, 500)
N_SMALL = (100, 150, 200, 500)
N_GROWTH, BEFORE, AFTER = 5000, 0.05, 0.07
PEERS = {"bertopic": "bertopic_merged", "turftopic": "turftopic_updated"}
"""Environments and runners of peers that can be updated."""


def topic_of(labels: np.ndarray, gold: np.ndarray, name: Any) -> int | None:
    """Return the topic that has most documents of a class, if they are most of its documents; else None."""
    own = labels[(gold == name) & (labels >= 0)]
    if not len(own):
        return None
    topic, size = max(zip(*np.unique(own, return_counts=True), strict=True), key=lambda pair: pair[1])
    is_most = size > (gold == name).sum() / 2 and size > (labels == topic).sum() / 2
    return int(topic) if is_most else None


def blocks_of(gold: np.ndarray, late: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Divide rows into those of the fit and of four updates, the late classes among the last two."""
    of_late = np.isin(gold, late)
    place = rng.random(len(gold))
    part = np.searchsorted(BLOCKS, place, side="right")
    part[of_late] = np.where(place[of_late] < 0.5, LATE_BLOCK, LATE_BLOCK + 1)
    return [np.flatnonzero(part == number) for number in range(len(BLOCKS))]


def late_tags(seed: int, *, with_peers: bool) -> dict[str, Any]:
    """Update a model by blocks, of which the third brings late classes."""
    (texts, gold), vectors = texts_and_labels(NAME), embeddings(NAME)
    rng = np.random.default_rng(seed)
    late = rng.choice(np.unique(gold), N_LATE, replace=False)
    blocks = blocks_of(gold, late, rng)
    parts = [([texts[row] for row in rows.tolist()], vectors[rows]) for rows in blocks]
    model = TopicModel(random_state=seed).fit(parts[0][0], embeddings=parts[0][1])
    n_false, n_found, is_stable = 0, 0, True
    for number, (block, rows) in enumerate(parts[1:], 1):
        before, model = model, model.updated(block, rows)
        names = [(topic.id, topic.name) for topic in before.topics_]
        is_stable &= [(topic.id, topic.name) for topic in model.topics_][: len(names)] == names
        n_new = len(model.topics_) - len(before.topics_)
        if number < LATE_BLOCK:
            n_false += n_new
        elif number == LATE_BLOCK:
            labels, tags = model.labels_[-len(block) :], gold[blocks[number]]
            since = {topic.id for topic in model.topics_ if topic.since == number}
            n_found = sum(topic_of(labels, tags, tag) in since for tag in late)
    order = np.concatenate(blocks)
    refit = TopicModel(random_state=seed).fit(
        [texts[row] for row in order.tolist()], embeddings=vectors[order]
    )
    result = {
        "seed": seed,
        "found": n_found,
        "false": n_false,
        "stable": is_stable,
        "updated": float(adjusted_rand_score(gold[order], model.labels_)),
        "refit": float(adjusted_rand_score(gold[order], refit.labels_)),
        "topics": [len(model.topics_), len(refit.topics_)],
    }
    if with_peers:
        tags = [gold[rows] for rows in blocks]
        result["peers"] = {name: peer(name, parts, tags, late) for name in PEERS}
    print(result, flush=True)
    return result


def peer(
    name: str, parts: list[tuple[list[str], np.ndarray]], tags: list[np.ndarray], late: np.ndarray
) -> dict[str, Any]:
    """Let a peer read the blocks one after another, in an environment of its own."""
    with tempfile.TemporaryDirectory() as folder:
        work, rows, out = (Path(folder) / name for name in ("work.json", "vectors.npy", "out.json"))
        work.write_text(json.dumps([texts for texts, _ in parts]), encoding="utf-8")
        np.save(rows, np.concatenate([vectors for _, vectors in parts]))
        module = f"benchmarks.peers.runners.{PEERS[name]}"
        python = interpreter(name, cache_folder() / "envs")
        subprocess.run([str(python), "-m", module, *map(str, (work, rows, out))], check=True, cwd=HERE.parent)
        found = json.loads(out.read_text(encoding="utf-8"))
    labels, sizes = np.array(found["labels"]), found["n_topics"]
    bounds = np.cumsum([0, *map(len, tags)])
    block = slice(bounds[LATE_BLOCK], bounds[LATE_BLOCK + 1])
    new = range(sizes[LATE_BLOCK - 1], sizes[LATE_BLOCK])
    return {
        "found": sum(topic_of(labels[block], tags[LATE_BLOCK], tag) in new for tag in late),
        "false": sizes[LATE_BLOCK - 1] - sizes[0],
        "updated": float(adjusted_rand_score(np.concatenate(tags), labels)),
        "outliers": float((labels < 0).mean()),
        "topics": sizes[-1],
    }


def by_year(seed: int) -> dict[str, Any]:
    """Update a model of arXiv titles year by year."""
    table = pl.read_parquet(DATA / "arxiv_titles.parquet")
    largest = table["label"].value_counts().sort(["count", "label"], descending=[True, False])["label"]
    rng = np.random.default_rng(0)  # the same titles for all seeds, as they must be embedded
    label = table["label"].to_numpy()
    rows = np.concatenate(
        [
            rng.choice(np.flatnonzero(label == name), ARXIV_EACH, replace=False)
            for name in largest.head(ARXIV_CLASSES).to_list()
        ]
    )
    texts = [table["text"][row] for row in rows.tolist()]
    years = table["timestamp"].str.slice(0, 4).cast(pl.Int32).to_numpy()[rows]
    vectors = kept_vectors("arxiv_by_year", texts, cache_folder())
    blocks = [np.flatnonzero(years < FIRST_YEAR)]
    blocks += [np.flatnonzero(years == year) for year in range(FIRST_YEAR, int(years.max()) + 1)]
    model: TopicModel | None = None
    for block in blocks:
        part, of_part = [texts[row] for row in block.tolist()], vectors[block]
        if model is None:
            model = TopicModel(random_state=seed).fit(part, embeddings=of_part)
        else:
            model = model.updated(part, of_part)
    order = np.concatenate(blocks)
    refit = TopicModel(random_state=seed).fit(
        [texts[row] for row in order.tolist()], embeddings=vectors[order]
    )
    gold = label[rows][order]
    result = {
        "seed": seed,
        "sizes": [len(block) for block in blocks],
        "updated": float(adjusted_rand_score(gold, model.labels_)) if model else 0.0,
        "refit": float(adjusted_rand_score(gold, refit.labels_)),
        "topics": [len(model.topics_) if model else 0, len(refit.topics_)],
        "new": sum(topic.since > 0 for topic in model.topics_) if model else 0,
    }
    print(result, flush=True)
    return result


def false_alarms(name: str, seed: int) -> dict[str, Any]:
    """Update a model by random samples of the same collection, each time anew."""
    (texts, _), vectors = texts_and_labels(name), embeddings(name)
    order = np.random.default_rng(seed).permutation(len(texts))
    n, step = N_SPLIT
    rows = order[:n]
    model = TopicModel(random_state=seed).fit([texts[row] for row in rows.tolist()], embeddings=vectors[rows])
    alarms = []
    for number in range(N_PER_MODEL):
        rows = order[n + number * step : n + (number + 1) * step]
        change = model.updated([texts[row] for row in rows.tolist()], vectors[rows]).change_
        kinds = {topic.kind for topic in change.changed} - {"same"}
        kinds |= {"words"} if change.drifted else set()
        alarms.append(sorted(kinds | ({"unlike"} if change.is_unlike else set())))
    print(name, seed, alarms, flush=True)
    return {"name": name, "seed": seed, "alarms": alarms}


def unlike(name: str, n: int, n_seeds: int) -> dict[str, Any]:
    """Share of held-back documents that models of few documents call unlike them."""
    (texts, _), vectors = texts_and_labels(name), embeddings(name)
    shares = []
    for seed in range(n_seeds):
        order = np.random.default_rng(seed).permutation(len(texts))
        rows, others = order[:n], order[n : n + 1000]
        model = TopicModel(random_state=seed).fit(
            [texts[row] for row in rows.tolist()], embeddings=vectors[rows]
        )
        low = model.fitted_.provenance.similarity_p5
        shares.append(float((model.similarity(None, embeddings=vectors[others]) < low).mean()))
    result = {"name": name, "n": n, "shares": shares}
    print(result, flush=True)
    return result


def growth(seed: int) -> dict[str, Any]:
    """Let one tag grow from 5 to 7 % among 5,000 titles."""
    (texts, gold), vectors = texts_and_labels(NAME), embeddings(NAME)
    rng = np.random.default_rng(seed)
    tags = np.unique(gold)
    tag = tags[seed % len(tags)]
    own, others = rng.permutation(np.flatnonzero(gold == tag)), rng.permutation(np.flatnonzero(gold != tag))
    n_own = [int(N_GROWTH * share) for share in (BEFORE, AFTER)]
    first = np.concatenate([own[: n_own[0]], others[: N_GROWTH - n_own[0]]])
    used = N_GROWTH - n_own[0]
    second = np.concatenate([own[n_own[0] : sum(n_own)], others[used : used + N_GROWTH - n_own[1]]])
    model = TopicModel(random_state=seed).fit(
        [texts[row] for row in first.tolist()], embeddings=vectors[first]
    )
    later = model.updated([texts[row] for row in second.tolist()], vectors[second])
    topic = topic_of(later.labels_[:N_GROWTH], gold[first], tag)
    grew = [change.topic for change in later.change_.of_kind("grew")]
    result = {
        "tag": str(tag),
        "has_topic": topic is not None,
        "found": topic in grew,
        "of_topic": _growth_of_topic(model, first, rng),
    }
    print(result, flush=True)
    return result


def _growth_of_topic(model: TopicModel, fitted: np.ndarray, rng: np.random.Generator) -> bool:
    """Draw new titles so that the topic of about 5 % grows by two fifths; say whether the update says so."""
    (texts, _), vectors = texts_and_labels(NAME), embeddings(NAME)
    topic = min(model.topics_, key=lambda one: abs(one.share - BEFORE))
    rows = rng.permutation(np.setdiff1d(np.arange(len(texts)), fitted))
    is_own = model.predict(None, embeddings=vectors[rows]) == topic.id
    n_own = rng.binomial(N_GROWTH, topic.share * AFTER / BEFORE)
    chosen = np.concatenate([rows[is_own][:n_own], rows[~is_own][: N_GROWTH - n_own]])
    change = model.updated([texts[row] for row in chosen.tolist()], vectors[chosen]).change_
    return topic.id in [one.topic for one in change.of_kind("grew")]


def seconds_of_update() -> dict[str, Any]:
    """Time an update by 20,000 titles in a model of 300,000."""
    from topickit.embed.lexical import LexicalEmbedder

    texts = pl.read_parquet(DATA / "arxiv_titles.parquet")["text"].to_list()
    rng = np.random.default_rng(0)
    a, b = rng.permutation(len(texts))[:20_000], rng.permutation(len(texts))[:20_000]
    for first, second in zip(
        a.tolist(), b.tolist(), strict=True
    ):  # there are 300,000: new ones are made of halves
        one, other = texts[first].split(), texts[second].split()
        texts.append(" ".join(one[: len(one) // 2] + other[len(other) // 2 :]))
    texts = [texts[row] for row in rng.permutation(len(texts)).tolist()]
    vectors = np.asarray(LexicalEmbedder(384).fitted(texts[:50_000]).encode(texts))
    n = len(texts) - 20_000
    model = TopicModel().fit(texts[:n], embeddings=vectors[:n])
    taken, processor = [], []
    for _ in range(3):
        start, of_processor = time.perf_counter(), time.process_time()
        model.updated(texts[n:], vectors[n:])
        taken.append(round(time.perf_counter() - start, 2))
        processor.append(round(time.process_time() - of_processor, 2))
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    times = {"seconds": taken, "processor": processor, "load": round(load, 1)}
    result = {"n": n, "n_new": 20_000, "topics": len(model.topics_), **times}
    print(result, flush=True)
    return result


def main() -> None:
    """Measure all parts, or some of them, and keep the others' results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one seed of each part")
    parser.add_argument("--parts", type=lambda names: names.split(","), default=list(PARTS))
    arguments = parser.parse_args()
    require_data()
    warnings.simplefilter("ignore")
    for name in arguments.parts:
        found = PARTS[name](arguments.quick)
        kept = {key: value for key, value in (read("living") or {}).items() if key != "environment"}
        if not arguments.quick:
            write("living", {**kept, name: found, "versions": {peer: pinned(peer)[peer] for peer in PEERS}})


def _alarms(quick: bool) -> list[dict[str, Any]]:
    names = (NAME, "20newsgroups_stripped", "banking77")
    return [false_alarms(names[seed % len(names)], seed) for seed in range(1 if quick else N_MODELS)]


PARTS: dict[str, Any] = {
    "late": lambda quick: [late_tags(seed, with_peers=seed == 0) for seed in range(1 if quick else 10)],
    "years": lambda quick: [by_year(seed) for seed in range(1 if quick else 3)],
    "alarms": _alarms,
    "unlike": lambda quick: [unlike(name, n, 2 if quick else 8) for name in LABELLED for n in N_SMALL],
    "growth": lambda quick: [growth(seed) for seed in range(1 if quick else 20)],
    "seconds": lambda quick: {} if quick else seconds_of_update(),
}

if __name__ == "__main__":
    main()
