"""The default embedder on other languages than its model's: ``python -m benchmarks.languages``.

Debian translates the descriptions of its packages; the classes are the sections of the packages. Beside them
THUCNews titles and 10kGNAD. No multilingual model is used, as on a machine without a network: the default
then embeds texts by their words. Against scikit-learn's NMF, which is given the number of classes. The
translations come from Debian's mirror, sections from ``apt-cache``.
"""

import argparse
import bz2
import lzma
import re
import urllib.request
import warnings
from collections import Counter
from typing import Any

import numpy as np
import polars as pl
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from benchmarks.common import DATA, median, read, write
from benchmarks.debian_texts import HOW_MADE, section_of_packages
from benchmarks.peers.environments import cache_folder
from topickit import TopicModel
from topickit.embed import auto
from topickit.embed.features import features

MIRROR = "http://deb.debian.org/debian/dists/bookworm/main/i18n/Translation-{}"
LANGUAGES = ("en", "de", "fr", "it", "da", "es", "pl", "pt_BR", "ru", "ja")
COLLECTIONS = {"thucnews_titles_zh": "zh", "gnad10_test_de": "de"}
MOST = 2_000
SEEDS = (0, 1, 2)


def main() -> None:
    """Measure all languages, or those named, and keep the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    names = [*LANGUAGES, *COLLECTIONS]
    parser.add_argument("--collections", type=lambda given: given.split(","), default=names)
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    parser.add_argument("--quick", action="store_true", help="one seed, and two languages")
    options = parser.parse_args()
    seeds, wanted = (
        (SEEDS[:1], ["de", "ru"]) if options.quick else (SEEDS[: options.seeds], options.collections)
    )
    kept = {row["collection"]: row for row in (read("languages") or {"rows": []})["rows"]}
    for name in wanted:
        kept[name] = measure(name, seeds)
        print(kept[name], flush=True)
        if not options.quick:
            write("languages", {"rows": [kept[each] for each in names if each in kept]})


def measure(name: str, seeds: tuple[int, ...]) -> dict[str, Any]:
    """Fit the default model, the lexical one and NMF to one collection."""
    texts, gold = collection(name) if name in COLLECTIONS else descriptions(name)
    n_gold = len(set(gold))
    row: dict[str, Any] = {"collection": name, "n": len(texts), "gold": n_gold}
    auto.at_hand = lambda model: False  # type: ignore[assignment]
    for system in ("auto", "lexical"):
        scores = []
        for seed in seeds:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                model = TopicModel(system, random_state=seed).fit(texts)
            scores.append(
                {
                    "ari": adjusted_rand_score(gold, model.labels_),
                    "nmi": normalized_mutual_info_score(gold, model.labels_),
                    "topics": len(model.topics_),
                }
            )
        row[system] = scores
        row["embedder"] = repr(model.embedder_) if system == "auto" else row["embedder"]
    counts = TfidfVectorizer(analyzer=features, min_df=2, max_features=20_000).fit_transform(texts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels = NMF(n_gold, init="nndsvda", random_state=0).fit_transform(counts).argmax(axis=1)
    row["nmf"] = adjusted_rand_score(gold, labels)
    row["ari"] = median([score["ari"] for score in row["auto"]])
    return row


def collection(name: str) -> tuple[list[str], list[str]]:
    """Read a seeded sample of a shared collection."""
    table = pl.read_parquet(DATA / f"{name}.parquet").unique("text", keep="first", maintain_order=True)
    table = table.sample(min(len(table), MOST), seed=0)
    return table["text"].to_list(), table["label"].to_list()


def descriptions(language: str) -> tuple[list[str], list[str]]:
    """Read a seeded sample of the translated descriptions of packages, and the section of each."""
    sections, found = section_of_packages(), {}
    for record in translations(language).split("\n\n"):
        package = re.match(r"Package: (\S+)\n", record)
        text = re.search(r"^Description-(?!md5)\w+: (.*(?:\n .*)*)", record, re.MULTILINE)
        section = sections.get(package[1]) if package else None
        if text and section and section not in HOW_MADE.split():
            found[re.sub(r"\n \.?", " ", text[1])] = section
    times = Counter(found.values())
    least = max(20, len(found) // 200)
    rows = sorted((text, section) for text, section in found.items() if times[section] >= least)
    chosen = np.sort(np.random.default_rng(0).permutation(len(rows))[:MOST])
    return [rows[i][0] for i in chosen], [rows[i][1] for i in chosen]


def translations(language: str) -> str:
    """Download the descriptions in a language; they are kept in the folder of the benchmarks."""
    opener, suffix = (lzma.open, "xz") if language == "en" else (bz2.open, "bz2")
    path = cache_folder() / f"Translation-{language}.{suffix}"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        urllib.request.urlretrieve(f"{MIRROR.format(language)}.{suffix}", path)
    with opener(path, "rt", encoding="utf-8") as lines:
        return str(lines.read())


if __name__ == "__main__":
    main()
