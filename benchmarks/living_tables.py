"""Tables of models that live on: updates, edits repeated on a refit, and models merged."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

from benchmarks.common import TITLES
from benchmarks.markdown import Result, made_on, one_table, table

PEERS = {"bertopic": "BERTopic", "turftopic": "turftopic"}


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
        "two seeds. A merged model has the topics of both halves, less those that "
        "only divide the subjects of the others differently. A half of Banking77 has fewer topics than the whole, and a "
        "merge divides none. *Two fits*: of all documents, with different seeds. *Ratio*: agreement of the merged model with one fit, "
        "relative to that of two fits. *Without texts*: of models saved without their texts. *Terms unlike a recount*: terms "
        "whose counts differ from those counted in all texts; without texts, of the terms that both halves have. (Acronyms "
        "that are stop words in lower case are told apart by the corpus, so those of a half can differ.)",
        result,
        head,
        rows,
    )


def living(result: Result) -> str:
    """Updates, false alarms, and seconds of an update."""
    parts = [
        "## Models that are updated",
        f"`python -m benchmarks.living`. {made_on(result)}",
        *(section(result[name], result) for name, section in LIVING.items() if result.get(name)),
    ]
    return "\n\n".join(parts)


def _late(rows: Sequence[dict[str, Any]], result: Result) -> str:
    n_late = 3 * len(rows)
    lines = [
        [
            f"topickit, seed {row['seed']}",
            f"{row['found']} of 3",
            str(row["false"]),
            "yes" if row["stable"] else "no",
            str(row["topics"][0]),
            f"{row['updated']:.3f}",
            f"{row['refit']:.3f}",
            f"{row['updated'] / row['refit']:.2f}",
        ]
        for row in rows
    ]
    for row in rows:
        for name, peer in row.get("peers", {}).items():
            lines.append(
                [
                    f"{PEERS[name]} {result['versions'][name]}, seed {row['seed']}",
                    f"{peer['found']} of 3",
                    str(peer["false"]),
                    "",
                    str(peer["topics"]),
                    f"{peer['updated']:.3f} ({peer['outliers']:.0%} outliers)",
                    "",
                    "",
                ]
            )
    explained = (
        "Stack Overflow titles, of which 3 of 20 tags arrive late: a fit on half of the others, and four updates by a tenth "
        "each. *Found*: in the update that brings it, one new topic has most titles of the tag, and most titles of that topic "
        f"are the tag's ({sum(row['found'] for row in rows)} of {n_late}). A tag that is divided among several new topics "
        "is not found. *False*: new topics of the two updates before. "
        "*ARI* with the tags, after all updates and of a fit on all titles. BERTopic fits each block and joins the models by "
        "`merge_models`; turftopic's SensTopic reads each block by `partial_fit`, and joins topics by its defaults."
    )
    head = [
        "",
        "late tags found",
        "false new topics",
        "ids and names stay",
        "topics",
        "ARI, updated",
        "fit on all",
        "ratio",
    ]
    return f"{explained}\n\n{table(head, lines)}"


def _years(rows: Sequence[dict[str, Any]], _: Result) -> str:
    sizes = rows[0]["sizes"]
    lines = [
        [
            str(row["seed"]),
            f"{row['topics'][0]} ({row['new']} new)",
            str(row["topics"][1]),
            f"{row['updated']:.3f}",
            f"{row['refit']:.3f}",
            f"{row['updated'] / row['refit']:.2f}",
        ]
        for row in rows
    ]
    explained = (
        f"arXiv titles of 20 categories, 600 each: a fit on the {sizes[0]:,} to 2014, and {len(sizes) - 1} updates, a year "
        "each. ARI with the categories."
    )
    head = ["seed", "topics, updated", "fit on all", "ARI, updated", "fit on all", "ratio"]
    return f"{explained}\n\n{table(head, lines)}"


def _alarms(rows: Sequence[dict[str, Any]], _: Result) -> str:
    lines = []
    for name, of in _by_name(rows).items():
        alarms = [alarm for row in of for alarm in row["alarms"]]
        kinds = sorted({kind for alarm in alarms for kind in alarm})
        told = ", ".join(f"{kind} {sum(kind in alarm for alarm in alarms)}" for kind in kinds)
        lines.append([TITLES[name], str(len(alarms)), str(sum(map(bool, alarms))), told or "none"])
    n, n_false = (sum(int(line[column]) for line in lines) for column in (1, 2))
    explained = (
        f"False alarms: models of 2,000 documents are updated by 500 others of the same collection. {n_false} of {n} updates "
        "say that something changed."
    )
    return f"{explained}\n\n{table(['collection', 'updates', 'false alarms', 'of what'], lines)}"


def _unlike(rows: Sequence[dict[str, Any]], _: Result) -> str:
    lines = [
        [
            TITLES[name],
            *(f"{mean(row['shares']):.1%} (at most {max(row['shares']):.1%})" for row in of),
        ]
        for name, of in _by_name(rows).items()
    ]
    sizes = [str(row["n"]) for row in _by_name(rows)[rows[0]["name"]]]
    explained = (
        "Unlike documents: share of 1,000 held-back documents that a model of few documents calls unlike it; 5 % is what it "
        f"says of usual documents. Means of {len(rows[0]['shares'])} seeds, by documents of the fit."
    )
    return f"{explained}\n\n{table(['collection', *sizes], lines)}"


def _growth(rows: Sequence[dict[str, Any]], _: Result) -> str:
    with_topic = [row for row in rows if row["has_topic"]]
    found, of = sum(row["found"] for row in rows), len(with_topic)
    missed = [row["tag"] for row in with_topic if not row["found"]]
    without = [row["tag"] for row in rows if not row["has_topic"]]
    return (
        f"Growth: each of {len(rows)} tags of Stack Overflow in turn grows from 5 % of 5,000 titles to 7 % of 5,000 new ones. "
        f"The update says so of the tag's topic for {found} of the {of} tags that have a topic, that is, one with most of the "
        f"tag's titles, and most of whose titles are the tag's. Not found: {', '.join(missed) or 'none'}. Tags without a topic: "
        f"{', '.join(without) or 'none'}. Where a topic of about 5 % grows by two fifths instead, by the model's own labels, the "
        f"update says so in {sum(row['of_topic'] for row in rows)} of {len(rows)} samples."
    )


def _seconds(row: dict[str, Any], _: Result) -> str:
    return (
        f"Time: an update by {row['n_new']:,} titles in a model of {row['n']:,} titles and {row['topics']} topics, vectors "
        f"given, takes {', '.join(f'{value:.1f}' for value in row['seconds'])} s "
        f"({', '.join(f'{value:.1f}' for value in row['processor'])} s of processor time; load {row['load']:.0f} on the "
        "machine's cores)."
    )


LIVING = {
    "late": _late,
    "years": _years,
    "alarms": _alarms,
    "unlike": _unlike,
    "growth": _growth,
    "seconds": _seconds,
}
