"""Finding documents by a query, beside plain cosine and BM25: ``python -m benchmarks.finding``.

The names of classes are the queries. A found document is right if it is of the class. The collections have ready
MiniLM vectors, except the arXiv titles, of which a few are embedded. The time of a query is measured on a million
documents: a model of titles is repeated, with noise in the vectors, saved, and loaded, so that they are mapped
into memory.
"""

import argparse
import copy
import re
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack
from sklearn.feature_extraction.text import CountVectorizer

from benchmarks.common import (
    LABELLED,
    embeddings,
    in_own_process,
    median,
    read,
    require_data,
    seconds,
    texts_and_labels,
    write,
)
from topickit import TopicModel
from topickit.analysis import search
from topickit.corpus.documents import Documents
from topickit.embed.sentence import SentenceEmbedder
from topickit.fitted.corpus import Corpus
from topickit.keywords.lookup import LENGTH_WEIGHT, SATURATION

FOUND = 10
ARXIV = {
    "astro-ph.EP": "earth and planetary astrophysics",
    "cond-mat.quant-gas": "quantum gases",
    "cs.CR": "cryptography and security",
    "cs.DB": "databases",
    "cs.PL": "programming languages",
    "cs.RO": "robotics",
    "math.AG": "algebraic geometry",
    "math.GR": "group theory",
    "math.LO": "logic",
    "physics.acc-ph": "accelerator physics",
    "physics.flu-dyn": "fluid dynamics",
    "q-bio.NC": "neurons and cognition",
    "q-bio.PE": "populations and evolution",
    "q-fin.ST": "statistical finance",
    "stat.ME": "statistics methodology",
}
"""Categories of arXiv and their names on https://arxiv.org/category_taxonomy."""
NEWSGROUPS = {
    "alt.atheism": "atheism",
    "comp.graphics": "computer graphics",
    "comp.os.ms-windows.misc": "Microsoft Windows",
    "comp.sys.ibm.pc.hardware": "PC hardware",
    "comp.sys.mac.hardware": "Macintosh hardware",
    "comp.windows.x": "X Window System",
    "misc.forsale": "for sale",
    "rec.autos": "cars",
    "rec.motorcycles": "motorcycles",
    "rec.sport.baseball": "baseball",
    "rec.sport.hockey": "hockey",
    "sci.crypt": "cryptography",
    "sci.electronics": "electronics",
    "sci.med": "medicine",
    "sci.space": "space",
    "soc.religion.christian": "Christianity",
    "talk.politics.guns": "guns",
    "talk.politics.mideast": "Middle East politics",
    "talk.politics.misc": "politics",
    "talk.religion.misc": "religion",
}
WEIGHTS = (0.125, 0.25, 0.5, 1.0, 2.0)
"""Weights of words that are compared."""
TITLES_A_CATEGORY = 100
MANY = 1_000_000
QUERIES = ("late delivery", "how to parse xml", "X-1042", "credit card not working abroad", "hibernate")


class PlainBM25:
    """BM25 over all words in lower case."""

    def __init__(self, texts: list[str]) -> None:
        self.vectorizer = CountVectorizer(token_pattern=r"(?u)\b\w+\b")
        counts = self.vectorizer.fit_transform(texts)
        self.lengths = np.asarray(counts.sum(axis=1)).ravel()
        self.counts = counts.tocsc()

    def scores(self, query: str) -> np.ndarray:
        """Score all documents."""
        n, scores = len(self.lengths), np.zeros(len(self.lengths))
        norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * self.lengths / self.lengths.mean())
        for word in self.vectorizer.build_analyzer()(query):
            if (column := self.vectorizer.vocabulary_.get(word)) is not None:
                part = self.counts[:, [column]].tocoo()
                times, rows = part.data, part.coords[0]
                idf = np.log1p((n - len(rows) + 0.5) / (len(rows) + 0.5))
                scores[rows] += idf * times * (SATURATION + 1) / (times + norm[rows])
        return scores


def words_of(label: str) -> str:
    """Write the name of a class as a query."""
    return ARXIV.get(label) or NEWSGROUPS.get(label) or re.sub(r"[_\-.?]+", " ", label).strip().lower()


def arxiv(embedder: SentenceEmbedder) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Some titles of some categories, and their vectors."""
    texts, labels = texts_and_labels("arxiv_titles")
    rng = np.random.default_rng(0)
    rows = [rng.permutation(np.flatnonzero(labels == label))[:TITLES_A_CATEGORY] for label in ARXIV]
    chosen = np.sort(np.concatenate(rows))
    titles = [texts[row] for row in chosen]
    return titles, labels[chosen], np.asarray(embedder.encode(titles))


def measure(name: str, embedder: SentenceEmbedder) -> dict[str, Any]:
    """Precision at ten of the three rankings, over the names of the classes."""
    if name == "arxiv_titles":
        texts, labels, vectors = arxiv(embedder)
    else:
        (texts, labels), vectors = texts_and_labels(name), embeddings(name)
    first = np.sort(
        list({text: row for row, text in reversed(list(enumerate(texts)))}.values())
    )  # equal texts are one document
    texts, labels, vectors = [texts[row] for row in first], labels[first], vectors[first]
    model = TopicModel().fit(texts, embeddings=vectors)
    classes = sorted(set(labels))
    queries = [words_of(label) for label in classes]
    plain, right = PlainBM25(texts), {"topickit": [], "cosine": [], "bm25": [], "topic": []}
    topics_of = [np.unique(model.labels_[labels == label], return_counts=True) for label in classes]
    vectors_of = np.asarray(embedder.encode(queries))
    for label, query, vector, held in zip(classes, queries, vectors_of, topics_of, strict=True):
        found = model.find_documents(query, n=FOUND, embedding=vector).rows
        right["topickit"].append(float((labels[found] == label).sum() / FOUND))
        for system, scores in (("cosine", vectors @ vector), ("bm25", plain.scores(query))):
            best = np.argsort(-scores, kind="stable")[:FOUND]
            right[system].append(float((labels[best] == label).mean()))
        topic = model.find_topics(query, n=1, embedding=vector).ids
        right["topic"].append(float(held[0][held[1].argmax()] in topic))
    result = {"collection": name, "documents": len(texts), "queries": len(queries)}
    result |= {system: float(np.mean(values)) for system, values in right.items()}
    result["weights"] = {}
    default = search.WEIGHT_OF_WORDS
    for search.WEIGHT_OF_WORDS in WEIGHTS:
        found = [
            model.find_documents(q, n=FOUND, embedding=v).rows
            for q, v in zip(queries, vectors_of, strict=True)
        ]
        shares = [(labels[rows] == label).sum() / FOUND for rows, label in zip(found, classes, strict=True)]
        result["weights"][str(search.WEIGHT_OF_WORDS)] = float(np.mean(shares))
    search.WEIGHT_OF_WORDS = default
    print(result, flush=True)
    return result


def repeated(model: TopicModel, times: int) -> TopicModel:
    """Make a model of a multiple of the documents, their vectors changed a little, without a fit."""
    fitted, rng = model.fitted_, np.random.default_rng(0)
    corpus = fitted.need_corpus("repeated")
    n, terms = len(corpus.documents), corpus.terms
    vectors = np.tile(corpus.vectors, (times, 1))
    for start in range(n, len(vectors), n):
        part = vectors[start : start + n]
        part += 0.02 * rng.standard_normal(part.shape, dtype=np.float32)
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    rows = np.arange(n * times)
    texts = tuple(f"{text} {i}" for i in range(times) for text in corpus.documents.texts)
    documents = Documents(texts, np.ones(len(rows), dtype=np.int64), rows, rows)
    counts = csr_array(vstack([terms.counts] * times, format="csr"))
    larger = Corpus(documents, vectors, replace(terms, counts=counts))
    labels = np.tile(fitted.labels[corpus.documents.first_rows], times)
    return copy.copy(model)._adopt(
        replace(fitted, corpus=larger, labels=labels, covariates=None), model.embedder_
    )


def save_large(n: int, folder: Path) -> None:
    """Save a model of n documents or some more."""
    texts, _ = texts_and_labels("stackoverflow_titles")
    first = np.sort(list({text: row for row, text in reversed(list(enumerate(texts)))}.values()))
    model = TopicModel(clusterer="kmeans", n_topics=50).fit(
        [texts[row] for row in first], embeddings=embeddings("stackoverflow_titles")[first]
    )
    repeated(model, -(-n // len(first))).save(folder, keep_texts=True)


def speed(folder: Path, embedder: SentenceEmbedder) -> dict[str, Any]:
    """Seconds a query in a saved model once it is loaded; embedding the query is left out."""
    loaded: list[TopicModel] = []
    loading = seconds(lambda: loaded.append(TopicModel.load(folder)))
    model, first, times = loaded[0], {}, {}
    for query, vector in zip(QUERIES, np.asarray(embedder.encode(list(QUERIES))), strict=True):

        def find(query: str = query, vector: np.ndarray = vector) -> None:
            model.find_documents(query, embedding=vector)

        first[query] = seconds(find)
        times[query] = [seconds(find) for _ in range(9)]
    topics = [seconds(lambda: model.find_topics(QUERIES[0], embedding=vector)) for _ in range(5)]
    result = {
        "documents": len(model.labels_),
        "mib": sum(path.stat().st_size for path in folder.iterdir()) / 2**20,
        "load_seconds": loading,
        "first": first,
        "seconds": times,
        "topics": topics,
    }
    print({**result, "medians": {query: median(all_) for query, all_ in times.items()}}, flush=True)
    return result


def main() -> None:
    """Measure each collection, then the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two collections, and 50,000 documents")
    parser.add_argument("--only-speed", action="store_true", help="keep the figures of the collections")
    parser.add_argument("--only-precision", action="store_true", help="keep the figures of the time")
    parser.add_argument("--large", type=Path, help="folder to keep the model of a million documents in")
    arguments = parser.parse_args()
    quick = arguments.quick
    require_data()
    warnings.simplefilter("ignore")
    embedder = SentenceEmbedder("all-MiniLM-L6-v2")
    names = ("stackoverflow_titles", "bbc_news") if quick else (*LABELLED, "arxiv_titles")
    kept = read("finding") or {}
    rows = kept["rows"] if arguments.only_speed else [measure(name, embedder) for name in names]
    if arguments.only_precision:
        write("finding", {"rows": rows, "speed": kept.get("speed")})
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.large or Path(temporary) / "large"
        if not folder.is_dir():
            in_own_process(save_large, 50_000 if quick else MANY, folder)
        write("finding", {"rows": rows, "speed": speed(folder, embedder)})


if __name__ == "__main__":
    main()
