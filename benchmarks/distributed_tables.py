"""Tables of a Ray cluster on one machine."""

from typing import Any

from benchmarks.distributed_growth import exponent
from benchmarks.markdown import Result, one_table, table


def section(result: Result) -> str:
    """Overhead, equality, growth, and what more rows would take: the parts that were measured."""
    parts = [_work(result)]
    parts += [_equality(result["equality"])] if "equality" in result else []
    parts += [_growth(result["whole"], "A million rows on the driver")] if "whole" in result else []
    parts += [_growth(result["growth"], "Growth beyond the limit")] if "growth" in result else []
    parts += [_paper(result["paper"], result["growth"])] if "paper" in result else []
    return "\n\n".join(parts)


def _equality(rows: list[dict[str, Any]]) -> str:
    """One line per embedder: what all workers and blocks have in common."""
    lines = []
    for name in dict.fromkeys(row["embedder"] for row in rows):
        own = [row for row in rows if row["embedder"] == name]
        like = own[0]["likeness"]
        lines.append(
            [
                name,
                f"{own[0]['n']:,}",
                str(len(own)),
                _of(own, "whole"),
                _of(own, "counted"),
                "yes" if own[0]["sizes_are_of_all"] else "NO",
                f"{like['ari']:.2f}",
                f"{like['keywords']:.2f}",
                f"{like['sizes']:.0%}",
                f"{like['n_topics']} / {like['n_topics_of_one_process']}",
                f"{own[0]['gold'][1]:.2f} / {own[0]['gold'][0]:.2f}",
            ]
        )
    return "\n\n".join(
        [
            "### The same model for any workers and blocks",
            "`--parts equality`. StackOverflow titles, fitted with 1, 2 and 4 workers and row groups of 100,000, 4,096 and "
            "700 rows. *Whole*: fits up to the limit whose topics, keywords, names, risk ratios, counts and labels equal "
            "those of `TopicModel.fit` (in brackets the largest difference of means). *Counted*: fits with a limit of a "
            "quarter of the rows that equal the first of them. *Sizes*: they are those of `predict` on all rows. The other "
            "columns compare such a fit with `TopicModel.fit` on all rows: adjusted Rand index of the labels, Jaccard index "
            "of keywords and difference in size of a topic and the one that shares most documents, numbers of topics, and "
            "the adjusted Rand index with the tags (counted / one process).",
            table(
                [
                    "embedder",
                    "rows",
                    "fits",
                    "whole",
                    "counted",
                    "sizes",
                    "ARI",
                    "keywords",
                    "size",
                    "topics",
                    "gold",
                ],
                lines,
            ),
        ]
    )


def _of(rows: list[dict[str, Any]], what: str) -> str:
    same = sum(all(row[what][part] for part in ("topics", "counts", "labels")) for row in rows)
    return f"{same} of {len(rows)} ({max(row[what]['means'] for row in rows):.0e})"


def _growth(result: dict[str, Any], title: str) -> str:
    """Seconds and memory by number of rows, with exponents."""
    lines = [
        [
            f"{row['n']:,}",
            str(row["workers"]) if row["workers"] else "no Ray",
            f"{row['seconds']:.0f}",
            f"{row['driver_cpu']:.0f}",
            f"{row['worker_cpu']:.0f}" if row["workers"] else "",
            ", ".join(f"{stage.lower()} {seconds:.0f}" for stage, seconds in row["stages"] if seconds >= 0.5),
            f"{row['driver_mib']:,.0f}",
            f"{row['worker_mib']:,.0f}" if row["workers"] else "",
            f"{row['load']:.0f}",
            {True: "yes", False: "NO", None: ""}[row.get("same")],
        ]
        for row in result["rows"]
    ]
    for workers in sorted({row["workers"] for row in result["rows"]}):
        own = [row for row in result["rows"] if row["workers"] == workers]
        slopes = [exponent(own, what) for what in ("seconds", "driver_cpu", "worker_cpu", "driver_mib")]
        if slopes[0] is not None:
            shown = ["" if slope is None else f"{slope:.2f}" for slope in slopes]
            name = f"{workers} workers" if workers else "no Ray"
            lines.append(["*exponent*", name, *shown[:3], "", shown[3], "", "", ""])
    return "\n\n".join(
        [
            f"### {title}",
            f"`--parts whole` and `growth`. Recombined titles with vectors in a column, fitted with limit={result['limit']:,}: of "
            "more rows, topics are found in that many, and the others are counted. *No Ray*: `TopicModel.fit` on all rows. "
            "*CPU*: seconds of the driver, and of all workers, their start included. *Same*: sizes are equal for 1 and 2 "
            "workers, and up to the limit those without Ray. *Exponent*: slope of the logarithms.",
            table(
                ["rows", "workers", "seconds", "driver CPU", "worker CPU", "stages, seconds", "driver MiB", "worker MiB",
                 "load", "same"],
                lines,
            ),
        ]
    )  # fmt: skip


def _paper(rows: list[dict[str, Any]], measured: dict[str, Any]) -> str:
    """What more rows would take."""
    largest = max(row["n"] for row in measured["rows"] if row["workers"])
    lines = [
        [
            f"{row['rows']:,}",
            f"{row['cores']:,}",
            *(f"{hours:,.2f}" for hours in row["hours"].values()),
            f"{row['total_hours']:,.1f}",
            f"{row['read_gib']:,.0f}",
            f"{row['sent_gib']:,.1f}",
            f"{row['object_store_gib']:,.1f}",
            f"{row['dollars']:,.0f}",
            f"{row['first']} ({row['driver_share']:.0%} on the driver)",
        ]
        for row in rows
    ]
    stages = [f"{name}, h" for name in rows[0]["hours"]]
    return "\n\n".join(
        [
            "### On paper",
            f"`--parts paper`. Computed from CPU seconds up to {largest:,} rows and of MiniLM on one core, not measured: stages "
            "of workers are divided by the cores, stages of the driver are not. Network: files are read three times, and "
            "counts of 262,144 rows are sent at a time. Object store: three blocks for each core. A core costs 0.05 US "
            "dollars an hour. *First*: the stage of the driver that takes longest, which more cores do not shorten.",
            table(
                [
                    "rows",
                    "cores",
                    *stages,
                    "total, h",
                    "read, GiB",
                    "sent, GiB",
                    "object store, GiB",
                    "dollars",
                    "first",
                ],
                lines,
            ),
        ]
    )


def _work(result: Result) -> str:
    """One process against 1 and 2 workers."""
    alone = {row["kind"]: row["seconds"] for row in result["rows"] if not row["workers"]}
    rows = [
        [
            row["kind"],
            f"{row['n']:,}",
            str(row["workers"]) if row["workers"] else "no Ray",
            f"{row['start_seconds']:.0f}" if row["workers"] else "",
            f"{row['seconds']:.0f}",
            f"{alone[row['kind']] / row['seconds']:.2f}",
            ", ".join(f"{stage.lower()} {seconds:.0f}" for stage, seconds in row["stages"] if seconds >= 0.5),
            f"{row['driver_mib']:,.0f}",
            f"{row['worker_mib']:,.0f}" if row["workers"] else "",
            f"{row['load']:.0f}",
            "yes" if row["same"] else "NO",
        ]
        for row in result["rows"]
    ]
    return one_table(
        "A Ray cluster on one machine",
        "`python -m benchmarks.distributed`. Titles in eight Parquet files: one process without Ray, then Ray with 1 and 2 "
        "workers of one thread each. *Start*: seconds until Ray has started, which are not part of *seconds*; the start of "
        "the workers, which import topickit and load the model, is. *Speed*: seconds without Ray over seconds. *MiB*: peak "
        "memory of the driver, and of the largest worker, shared memory included. *Load*: of the machine before the run; "
        "where it is above the number of cores, other work took part of the time. *Same*: labels, sizes, keywords and names "
        "(of a prediction, labels) equal those without Ray.",
        result,
        [
            "work",
            "rows",
            "workers",
            "start",
            "seconds",
            "speed",
            "stages, seconds",
            "driver MiB",
            "worker MiB",
            "load",
            "same",
        ],
        rows,
    )
