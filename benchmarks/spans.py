"""Parts of documents with two topics, beside BERTopic's: ``python -m benchmarks.spans``.

Two posts of 20 Newsgroups with different topics are joined, as paragraphs. A system names both if its two largest
shares are those of the topics that it gives the posts alone. *Border*: one of its borders is at most one sentence
from the true one. *Best cut*: the one cut that agrees best with its topics of the sentences is. The pairs are not
those that the method was chosen on, and both systems tell the posts of each apart.
"""

import argparse
import itertools
import json
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import HERE, embeddings, require_data, texts_and_labels, write
from benchmarks.peers.environments import cache_folder, interpreter, pinned
from topickit import TopicModel
from topickit.corpus.sentences import Sentence, sentences

COLLECTION = "20newsgroups_stripped"
SEED = 1
TUNED_ON = (0, 150)
"""The seed and the number of pairs that the method was chosen on."""
PAIRS = 120
CANDIDATES = 600
Pair = tuple[int, int]


def pairs_of(texts: list[str], labels: np.ndarray, seed: int, n: int, without: set[int]) -> list[Pair]:
    """Draw pairs of posts of 4 to 12 sentences with different topics."""
    counts = np.array([len(sentences(text)) if 200 <= len(text) <= 1500 else 0 for text in texts])
    fit = np.flatnonzero((counts >= 4) & (counts <= 12) & (labels >= 0))
    order = [row for row in np.random.default_rng(seed).permutation(fit).tolist() if row not in without]
    drawn = zip(order[::2], order[1::2], strict=False)
    return list(itertools.islice(((a, b) for a, b in drawn if labels[a] != labels[b]), n))


def best_cut(topics: list[int]) -> int | None:
    """Find the cut with most sentences of one topic before, and of another one behind."""
    best, most = None, 0
    kinds = sorted(set(topics) - {-1})
    for cut in range(1, len(topics)):
        for before, behind in itertools.permutations(kinds, 2):
            right = topics[:cut].count(before) + topics[cut:].count(behind)
            if before in topics[:cut] and behind in topics[cut:] and right > most:
                best, most = cut, right
    return best


def figures(named: list[set[int]], own: list[set[int]], topics: list[list[int]], true: list[int]) -> dict:
    """Shares of pairs of which both topics are named, and the border is found."""
    borders = [[i for i in range(1, len(row)) if row[i] != row[i - 1]] for row in topics]
    cuts = [best_cut(row) for row in topics]
    return {
        "both": float(np.mean([a == b for a, b in zip(named, own, strict=True)])),
        "border": float(
            np.mean([any(abs(b - t) <= 1 for b in row) for row, t in zip(borders, true, strict=True)])
        ),
        "best_cut": float(
            np.mean([cut is not None and abs(cut - t) <= 1 for cut, t in zip(cuts, true, strict=True)])
        ),
        "parts": float(np.mean([len(row) + 1 for row in borders])),
    }


def peer(texts: list[str], vectors: np.ndarray, joined: list[str], places: list[list[Sentence]]) -> dict:
    """Let BERTopic fit the posts and divide the joined texts, in an environment of its own."""
    with tempfile.TemporaryDirectory() as folder:
        work, rows, out = (Path(folder) / name for name in ("work.json", "vectors.npy", "out.json"))
        work.write_text(json.dumps({"texts": texts, "joined": joined, "sentences": places}), encoding="utf-8")
        np.save(rows, vectors)
        python = interpreter("bertopic", cache_folder() / "envs")
        module = "benchmarks.peers.runners.bertopic_spans"
        subprocess.run([str(python), "-m", module, *map(str, (work, rows, out))], check=True, cwd=HERE.parent)
        return json.loads(out.read_text(encoding="utf-8"))


def topickit_of(model: TopicModel, joined: list[str], places: list[list[Sentence]]) -> tuple[list, list]:
    """Name the two largest shares of joined texts, and the topic of each of their sentences."""
    shares, ids = model.mixture(joined), [topic.id for topic in model.topics_]
    two = np.argsort(-shares, axis=1, kind="stable")[:, :2]
    named = [{ids[k] for k in row if share[k] > 0} for row, share in zip(two, shares, strict=True)]
    spans = model.spans(joined)
    topics: list[list[int]] = [[] for _ in joined]
    columns = (spans.documents, spans.starts, spans.ends, spans.topics)
    for document, start, end, topic in zip(*(column.tolist() for column in columns), strict=True):
        topics[document] += [topic] * sum(start <= place.start < end for place in places[document])
    return named, topics


def measure(n: int) -> dict[str, Any]:
    """Join n pairs and measure both systems on them."""
    (texts, _), vectors = texts_and_labels(COLLECTION), embeddings(COLLECTION)
    model = TopicModel("all-MiniLM-L6-v2", cache=cache_folder() / "spans").fit(texts, embeddings=vectors)
    labels = model.labels_
    tuned = {row for pair in pairs_of(texts, labels, *TUNED_ON, set()) for row in pair}
    pairs = pairs_of(texts, labels, SEED, CANDIDATES, tuned)
    joined = [f"{texts[a].strip()}\n\n{texts[b].strip()}" for a, b in pairs]
    places = [sentences(text) for text in joined]
    other = peer(texts, vectors, joined, places)
    theirs = other["labels"]
    chosen = [
        i for i, (a, b) in enumerate(pairs) if theirs[a] != theirs[b] and min(theirs[a], theirs[b]) >= 0
    ]
    chosen = chosen[:n]
    pairs, joined, places = ([all_[i] for i in chosen] for all_ in (pairs, joined, places))
    true = [
        sum(place.end <= len(texts[a].strip()) for place in row)
        for (a, _), row in zip(pairs, places, strict=True)
    ]
    named, topics = topickit_of(model, joined, places)
    rows = {
        "topickit": figures(named, [{int(labels[a]), int(labels[b])} for a, b in pairs], topics, true),
        "bertopic": figures(
            [set(other["named"][i]) for i in chosen],
            [{theirs[a], theirs[b]} for a, b in pairs],
            [other["topics"][i] for i in chosen],
            true,
        ),
    }
    rows["topickit"]["topics"], rows["bertopic"]["topics"] = len(model.topics_), len(set(theirs) - {-1})
    return {"pairs": len(pairs), "bertopic": pinned("bertopic")["bertopic"], "rows": rows}


def main() -> None:
    """Measure and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="30 pairs")
    quick = parser.parse_args().quick
    require_data()
    warnings.simplefilter("ignore")
    result = measure(30 if quick else PAIRS)
    print(result)
    write("spans", result)


if __name__ == "__main__":
    main()
