"""Tables of models that live on: edits repeated on a refit, and models merged."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

from benchmarks.common import TITLES
from benchmarks.markdown import Result, made_on, one_table, table


def _by_name(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    result: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        result.setdefault(row["name"], []).append(row)
    return result


def replaying(result: Result) -> str:
    """Edits repeated on a refit after 10% more documents."""
    edits = [
        [
            TITLES[name],
            " ".join(str(row["n_topics"]) for row in rows),
            f"{sum(row['found'] - row['wrong'] for row in rows)} of {10 * len(rows)}",
            str(sum(row["wrong"] for row in rows)),
        ]
        for name, rows in _by_name(result["rows"]).items()
    ]
    topics = [
        [
            TITLES[row["name"]],
            str(row["n"]),
            ", ".join(map(str, row["chosen"])),
            *(f"{right} / {wrong}" for right, wrong in (row["found"], row["used_found"])),
            *(f"{right} / {wrong}" for right, wrong in (row["found_alone"], row["used_found_alone"])),
        ]
        for row in result["thresholds"]
    ]
    used = ", ".join(map(str, result["thresholds"][0]["used"]))
    return "\n\n".join(
        [
            "## Edits repeated on a refit",
            "`python -m benchmarks.replaying`. Ten edits of a model of 3,000 documents (five renames, two merges, two splits, "
            "a deletion; topics drawn at random) are looked for in a refit after 10 % more documents. *Misapplied*: a topic "
            f"found is not the one that shares most documents. {made_on(result)}",
            table(["collection", "topics", "edits found again", "misapplied"], edits),
            "Thresholds (part of the way to the nearest topic, least cosine, least share of keywords, and that without "
            "comparable embeddings) are chosen on the other collections, where a topic misapplied counts as three not found, "
            f"and judged on the collection of the row, beside those in use: {used}. Each topic is looked for twice: where it "
            "is, and where the topic that shares most documents with it was taken out. Counts are topics found / misapplied.",
            table(
                [
                    "collection",
                    "topics",
                    "chosen on others",
                    "embeddings and keywords",
                    "in use",
                    "keywords alone",
                    "in use",
                ],
                topics,
            ),
        ]
    )


def merging(result: Result) -> str:
    """Halves fitted apart and merged, against one fit."""
    rows = []
    for name, of in _by_name(result["rows"]).items():
        figures = [
            mean(row[key] for row in of) for key in ("classes_one", "classes_merged", "between", "two_fits")
        ]
        rows.append(
            [
                TITLES[name],
                f"{of[0]['n_documents']:,}",
                "; ".join("{}+{} → {}, {}".format(*row["n_topics"][:4]) for row in of),
                *(f"{value:.3f}" for value in figures),
                f"{figures[2] / figures[3]:.2f}",
                f"{mean(row['classes_without_texts'] for row in of):.3f}",
                f"{mean(row['between_without_texts'] for row in of):.3f}",
                f"{sum(row['n_different'] for row in of)} of {sum(row['n_terms'] for row in of):,}",
                f"{sum(row['n_different_without_texts'] for row in of)} of "
                f"{sum(row['n_shared_terms'] for row in of):,}",
            ]
        )
    head = [
        "collection",
        "documents",
        "topics: halves → merged, one fit",
        "ARI with classes, one fit",
        "merged",
        "ARI, merged and one fit",
        "two fits",
        "ratio",
        "ARI with classes, without texts",
        "with one fit",
        "terms unlike a recount",
        "without texts",
    ]
    return one_table(
        "Models fitted apart and merged",
        "`python -m benchmarks.merging`. Halves of a collection are fitted apart and merged by `TopicModel.merged`; means of "
        "two seeds. A merged model has the topics of both halves, and where each "
        "divides another subject, it is finer than either. *Two fits*: of all documents, with different seeds. *Ratio*: agreement of the merged model with one fit, "
        "relative to that of two fits. *Without texts*: of models saved without their texts. *Terms unlike a recount*: terms "
        "whose counts differ from those counted in all texts; without texts, of the terms that both halves have. (Acronyms "
        "that are stop words in lower case are told apart by the corpus, so those of a half can differ.)",
        result,
        head,
        rows,
    )
