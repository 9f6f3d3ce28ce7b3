"""Topics across a column that hides what is looked for: ``python -m benchmarks.across``.

Each collection has a column, companies or languages, that is independent of its labels. Models are fitted with
and without ``regardless_of="classes"``; the mutual information of topics and column should vanish, and the
agreement with the labels should rise. ``--quick``: 600 titles, lexical, one seed; nothing is written.
"""

import sys
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from benchmarks.across_texts import Hidden, packages_by_language, titles_by_company
from benchmarks.common import require_data, write
from benchmarks.debian_texts import MissingError
from benchmarks.markdown import Result, one_table
from topickit import TopicModel
from topickit.embed import base

N_TITLES, N_PACKAGES = 5000, 3000
SEEDS = (0, 1, 2)
CLUSTERERS = ("graph", "kmeans")
Row = dict[str, Any]


def measure(
    name: str,
    data: Hidden,
    embedder: str,
    *,
    vectors: NDArray[np.float32] | None = None,
    seeds: tuple[int, ...] = SEEDS,
) -> list[Row]:
    """Fit with each clusterer with and without the column; k-means is told the number of labels."""
    rows = []
    for clusterer in CLUSTERERS:
        n_topics = len(set(data.gold)) if clusterer == "kmeans" else None
        for regardless_of in (None, "classes"):
            found = []
            for seed in seeds:
                model = TopicModel(embedder, clusterer, n_topics, random_state=seed)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    model.fit(
                        data.texts, embeddings=vectors, classes=data.column, regardless_of=regardless_of
                    )
                found.append(
                    {
                        "topics": len(model.topics_),
                        "nmi_column": float(normalized_mutual_info_score(data.column, model.labels_)),
                        "nmi_labels": float(normalized_mutual_info_score(data.gold, model.labels_)),
                        "ari_labels": float(adjusted_rand_score(data.gold, model.labels_)),
                        "taken_out": dict(model.fitted_.provenance.across),
                    }
                )
            rows.append(
                {
                    "collection": name,
                    "n": len(data.texts),
                    "embedder": "MiniLM" if vectors is not None and embedder != "hybrid" else embedder,
                    "clusterer": clusterer,
                    "across": regardless_of is not None,
                    "fits": found,
                }
            )
            print(name, rows[-1]["embedder"], clusterer, regardless_of, found[0], flush=True)
    return rows


def section(result: Result) -> str:
    """Mutual information with the column, and agreement with the labels."""
    lines = []
    for row in result["rows"]:
        means = {
            key: float(np.mean([fit[key] for fit in row["fits"]]))
            for key in ("topics", "nmi_column", "nmi_labels", "ari_labels")
        }
        taken = row["fits"][0]["taken_out"]
        directions = f"{taken['directions_of_means']} + {taken['directions_of_spread']}" if taken else ""
        lines.append(
            [
                row["collection"],
                row["embedder"],
                row["clusterer"],
                "yes" if row["across"] else "no",
                directions,
                f"{means['topics']:.0f}",
                *(f"{means[key]:.3f}" for key in ("nmi_column", "nmi_labels", "ari_labels")),
            ]
        )
    return one_table(
        "Topics across a column",
        '`python -m benchmarks.across`. `fit(texts, classes=column, regardless_of="classes")`. The column is drawn '
        "independently of the labels: StackOverflow titles as messages to four companies, labelled by tag; descriptions of "
        "Debian packages in four languages, labelled by section. Means of "
        f"{len(result['rows'][0]['fits'])} seeds; k-means is given the number of labels. *Directions*: of means and of spread.",
        result,
        [
            "collection",
            "embedder",
            "clusterer",
            "across",
            "directions",
            "topics",
            "NMI, column",
            "NMI, labels",
            "ARI, labels",
        ],
        lines,
    )


def main() -> None:
    """Measure all collections."""
    require_data()
    if "--quick" in sys.argv:
        measure("StackOverflow titles × company", titles_by_company(600), "lexical", seeds=(0,))
        return
    titles = titles_by_company(N_TITLES)
    vectors = base.embed(base.resolve("all-MiniLM-L6-v2"), titles.texts)
    rows = []
    for embedder, given in (("lexical", None), ("all-MiniLM-L6-v2", vectors), ("hybrid", vectors)):
        rows += measure("StackOverflow titles × company", titles, embedder, vectors=given)
    try:
        rows += measure("Debian packages × language", packages_by_language(N_PACKAGES), "lexical")
    except MissingError as error:
        print(error)
    write("across", {"rows": rows})


if __name__ == "__main__":
    main()
