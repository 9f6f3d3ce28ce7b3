"""Write RESULTS.md from the kept results: ``python -m benchmarks.report``. Lists what is not measured."""

from collections.abc import Callable

from benchmarks import (
    across,
    consensus,
    distributed_tables,
    finding_tables,
    guidance_tables,
    living_tables,
    outliers_tables,
    scale_tables,
    speed_tables,
    steadiness_tables,
    topic_tables,
    unseen_tables,
)
from benchmarks.common import HERE, TITLES, median, read
from benchmarks.losses import LOSSES, with_losses
from benchmarks.markdown import Result, made_on, one_table, table
from benchmarks.peers import tables

ESTIMATED = (("seconds", 1), ("mib", 0), ("disk_mib", 1))
ESTIMATE_TARGET = 1.3


def community(result: Result) -> str:
    """Fast community detection against the reference."""
    speed = [
        [
            str(row["threshold"]),
            str(row["communities"]),
            f"{median(row['seconds']):.2f}",
            f"{median(row['reference_seconds']):.2f}",
            f"{row['ratio']:.1f}",
            "yes" if row["same"] else "NO",
        ]
        for row in result["thresholds"]
    ]
    hard = [
        [
            row["case"],
            f"{row['rows']:,}",
            str(row["threshold"]),
            f"{median(row['seconds']):.2f}",
            f"{median(row['reference_seconds']):.2f}",
            f"{row['ratio']:.1f}",
            "yes" if row["same"] else "NO",
        ]
        for row in result["hard"]
    ]
    scale = [
        [
            f"{row['rows']:,}",
            f"{median(row['seconds']):.2f}",
            f"{row['peak_mib_over_vectors']:.0f}",
            f"{row['ratio']:.1f}" if "ratio" in row else "not run",
        ]
        for row in result["scale"]
    ]
    chosen = [
        [
            str(row["smallest"]),
            f"{row['chosen']:.2f}",
            f"{row['f1']:.3f}",
            f"{row['best_fixed']:.2f}",
            f"{row['best_f1']:.3f}",
        ]
        for row in result["automatic"]["by_smallest"]
    ]
    rows, threads = f"{result['thresholds'][0]['rows']:,}", result["threads"]
    times = ["seconds", "reference, seconds", "speedup", "same communities"]
    return "\n\n".join(
        [
            "## Fast community detection",
            "`python -m benchmarks.community`. topickit and sentence-transformers' `util.community_detection` run "
            f"alternately in one process on {threads} threads. Seconds are medians of five pairs of runs, and the speedup is "
            "their ratio. *Same communities*: equal as sets, with the same centers, in the same order, in every pair.",
            made_on(result),
            f"### {rows} Quora questions, 384 dimensions, at least {result['thresholds'][0]['smallest']} members",
            table(["threshold", "communities", *times], speed),
            "### Inputs on which pruning is ineffective",
            table(["input", "rows", "threshold", *times], hard),
            "### Scale",
            f"{result['scale_input']} The threshold is 0.75. Time grows with the number of rows to the power of "
            f"{result['growth']:.2f}. *MiB*: peak memory in addition to the embeddings.",
            table(["rows", "seconds", "MiB", "speedup over the reference"], scale),
            '### `threshold="auto"`',
            f"Pairwise F1 against the marked duplicates of {result['automatic']['rows']:,} questions: for the threshold "
            "chosen from the embeddings alone, and for the best fixed threshold, chosen by the labels.",
            table(["minimum size", "chosen threshold", "F1", "best fixed threshold", "its F1"], chosen),
            "### The command",
            f"`topickit cluster FILE --clusterer community --embeddings FILE` on {result['command']['rows']:,} questions, the "
            f"whole process: {median(result['command']['seconds']):.2f} s (median of {len(result['command']['seconds'])}).",
        ]
    )


def startup(result: Result) -> str:
    """Times of import and help."""
    loaded = ", ".join(result["heavy_modules_loaded"]) or "none"
    rows = [
        ["`import topickit`", f"{result['import_seconds']:.3f}"],
        ["empty Python process", f"{result['python_seconds']:.3f}"],
        ["`topickit --help`", f"{result['help_seconds']:.3f}"],
    ]
    return one_table(
        "Start-up",
        "`python -m benchmarks.startup`. Medians of nine processes. Heavy dependencies (torch, numba, scikit-learn, umap, "
        f"plotly, scipy, nltk, polars, transformers) that `import topickit` loads: {loaded}.",
        result,
        ["process", "seconds"],
        rows,
    )


def every_collection(result: Result) -> str:
    """All clusterers at full size."""
    rows = [
        [
            row["collection"],
            f"{row['rows']:,}",
            row["method"],
            str(row["topics"]),
            f"{row['outliers']:.1%}",
            f"{row['seconds']:.1f}",
            f"{row['peak_mib']:.0f}",
        ]
        for row in result["rows"]
    ]
    return one_table(
        "All collections at full size",
        "`python -m benchmarks.every_collection`. Lexical embeddings (100 dimensions). *Seconds*: the fit after embedding, "
        "with keywords; the first UMAP of a process includes numba's compilation. *MiB*: peak memory of the process, "
        "with embeddings and texts.",
        result,
        ["collection", "rows", "clusterer", "topics", "outliers", "seconds", "MiB"],
        rows,
    )


def cache(result: Result) -> str:
    """The embedding cache."""
    rows = [
        [
            f"{row['rows']:,} {row['dtype']}",
            f"{row['writes']:,.0f}",
            f"{row['hits']:,.0f}",
            f"{row['hits_shuffled']:,.0f}",
            f"{row['one_row_ms']:.1f}",
            f"{row['bytes_a_row']:,.0f}",
            "yes" if row["same"] else "NO",
        ]
        for row in result["rows"]
    ]
    columns = [
        "rows",
        "written per second",
        "read per second",
        "read per second, shuffled",
        "ms for one row",
        "bytes per row",
        "same bits",
    ]
    fewest = min(result["rows"], key=lambda row: row["hits_shuffled"])
    return one_table(
        "The embedding cache",
        f"`python -m benchmarks.cache`. `CachedEmbedder.encode` around precomputed embeddings of {result['dimension']} "
        "dimensions: hashing, SQLite, checksums and the result array. Medians of three runs, with the file in the page "
        "cache. Transactions write 512 rows. The target is 100,000 rows read per second; the slowest case reads "
        f"{fewest['hits_shuffled']:,.0f}, in random order from {fewest['rows']:,} rows.",
        result,
        columns,
        rows,
    )


def distilled(result: Result) -> str:
    """The distilled embedder, by the share of texts that the teacher embeds."""
    rows = [
        [
            TITLES.get(row["collection"], row["collection"]),
            f"{row['share']:.0%}" + (" (teacher embeds all)" if row.get("poor") else ""),
            f"{row['sample']:,}",
            f"{row['nmi']:.3f}",
            f"{row['ari']:.3f}",
            *(f"{row[key]:.3f}" if key in row else "—" for key in ("model_nmi", "model_ari")),
            f"{row['graph_nmi']:.3f}",
            f"{row['graph_ari']:.3f}",
            f"{row['same_sample_nmi']:.3f}",
            f"{row['same_sample_ari']:.3f}",
            f"{row['recall']:.3f}",
            f"{row['cosine']:.3f}" if row.get("cosine") else "",
            f"{row['held_out_cosine']:.3f}" if row.get("held_out_cosine") else "",
            f"{row['seconds']:.0f}",
            f"{row['student_rate']:,.0f}" if row.get("cosine") else "",
        ]
        for row in result["rows"]
    ]
    columns = [
        "collection",
        "share",
        "sample",
        "NMI",
        "ARI",
        "topics NMI",
        "topics ARI",
        "graph NMI",
        "graph ARI",
    ]
    columns += [
        "same sample NMI",
        "same sample ARI",
        "recall@10",
        "cosine",
        "estimated cosine",
        "seconds",
        "student, texts per second",
    ]
    return one_table(
        "The distilled embedder",
        "`python -m benchmarks.distilled`. The teacher (MiniLM) embeds a share of the distinct texts, and its student embeds the "
        "others. *NMI* and *ARI*: k-means with the gold number of topics on all embeddings, the mean of three seeds. "
        "*Topics*: as `TopicModel` finds them, on up to 12,500 documents (— for older measurements). *Graph*: topics found on "
        "the sample alone, and all other documents assigned; at 100 %, on the model's own sample. *Same sample*: the same with "
        "the teacher's embeddings everywhere, which separates the cost of the sample from that of the student. *Recall*: "
        "share of the teacher's 10 nearest texts found with the mixed embeddings. *Cosine*: similarity to the teacher on texts "
        "outside the sample; *estimated cosine*: the embedder's own estimate (leave-one-out). *Seconds*: the student's time, "
        "plus the sample at the teacher's rate on 256 texts.",
        result,
        columns,
        rows,
    )


def html_report(result: Result) -> str:
    """The HTML report: file sizes, and times in a browser."""
    rows = [
        [
            f"{row['documents']:,}",
            str(row["topics"]),
            f"{row['bytes'] / 1e6:.1f}",
            f"{row['bytes_without_texts'] / 1e6:.1f}",
            f"{row['map_seconds']:.1f}",
            f"{row['write_seconds']:.1f}",
            f"{row['first_picture_median']:.2f}",
        ]
        for row in result["rows"]
    ]
    columns = ["documents", "topics", "MB", "MB without texts", "map, s", "page, s", "first picture, s"]
    return one_table(
        "The HTML report",
        "`python -m benchmarks.html_report`. arXiv titles with dates and classes; 4.7 MB of each file are Plotly. *Map*: the "
        "layout of the documents, computed once per model (the first one with numba's compilation). *First picture*: time from "
        "navigation to the drawn map, in headless chromium without a GPU, the median of new browser processes.",
        result,
        columns,
        rows,
    )


def explore(result: Result) -> str:
    """The workbench: seconds of each edit, at each size."""
    kinds = ("preview", "processor", "apply", "page", "undo")
    sizes = result["sizes"]
    rows = [
        [row["edit"], f"{size['documents']:,}", *(f"{row[kind]:.2f}" for kind in kinds)]
        for size in sizes
        for row in size["edits"]
    ]
    openings = "; ".join(
        f"{size['documents']:,} documents in {size['topics']} topics: loaded in {size['load']:.1f} s, first picture (the map "
        f"of {size['points']:,} documents and the list of topics) after {median(size['first_picture']):.1f} s, a search "
        f"{size['search']:.2f} s, a topic opened {size['open_topic']:.2f} s, peak memory {size['peak_mib'] / 1024:.1f} GiB"
        for size in sizes
    )
    return one_table(
        "The workbench",
        "`python -m benchmarks.explore`. Titles with dates and classes, lexical embeddings; pictures in headless chromium "
        f"without a GPU, medians of new browser processes. {openings}. *Preview*: the edit itself and what it moves. "
        "*Processor*: its processor time on all cores. *Apply*: to keep it. *Page*: the list and the map after it. Seconds, "
        "medians.",
        result,
        ["edit", "documents", *kinds],
        rows,
    )


def refining(result: Result) -> str:
    """Agreement with the teacher, by time spent."""
    rows = [
        [
            TITLES.get(row["collection"], row["collection"]),
            f"{row['fit_seconds']:.0f}",
            f"{row['seconds']:.0f}",
            f"{row['refined']:,} of {row['n']:,}",
            f"{row['agreement']:.1%}",
            f"{row['ari']:.3f}",
            f"{row['teacher_ari']:.3f}",
        ]
        for row in result["rows"]
    ]
    columns = ["collection", "fit, s", "refined, s", "documents", "agreement", "ARI", "teacher's ARI"]
    return one_table(
        "Refinement of a distilled model",
        '`python -m benchmarks.refining`. `TopicModel(embedder="distilled")` is fitted from raw texts; then '
        "`refine(seconds)` embeds the documents nearest to a boundary with the transformer. *Agreement*: share of the "
        "documents that get the same topic from the transformer's own embeddings.",
        result,
        columns,
        rows,
    )


def estimate(result: Result) -> str:
    """Estimates of --dry-run against measurements."""
    lines = []
    for row in result["rows"]:
        estimate, measured = row["estimated"], row["measured"]
        lines.append(
            [
                row["case"],
                f"{row['rows']:,}",
                *(f"{part[key]:,.{digits}f}" for key, digits in ESTIMATED for part in (estimate, measured)),
                f"{estimate['seconds'] / measured['seconds']:.2f}",
                f"{estimate['took']:.1f}",
            ]
        )
    counts = {
        key: sum(
            1 / ESTIMATE_TARGET <= row["estimated"][key] / row["measured"][key] <= ESTIMATE_TARGET
            for row in result["rows"]
        )
        for key, _ in ESTIMATED
    }
    columns = [
        "case",
        "documents",
        "seconds, estimated",
        "measured",
        "MiB, estimated",
        "measured",
        "MiB of disk, estimated",
        "measured",
        "estimated / measured",
        "seconds of the dry run",
    ]
    return one_table(
        "Estimates of a dry run",
        "`python -m benchmarks.estimate`. Estimates of time, memory and disk, against a fit and a saved model. Each runs in a "
        "new process that has imported nothing. *Disk* is the size of the saved model. Estimates within 30 % in "
        f"{len(lines)} cases: time {counts['seconds']}, memory {counts['mib']}, disk {counts['disk_mib']}. (For texts without a "
        "trained embedder, the estimate clusters random embeddings, which gives more topics.)",
        result,
        columns,
        lines,
    )


SECTIONS: dict[str, Callable[[Result], str]] = {
    "cache": cache,
    "clusterers": topic_tables.clusterers,
    "density": topic_tables.density,
    "levels": topic_tables.levels,
    "consensus": consensus.section,
    "steadiness": steadiness_tables.section,
    "small_topics": topic_tables.small_topics,
    "outliers": outliers_tables.section,
    "calibration": topic_tables.calibration,
    "community": community,
    "distilled": distilled,
    "hybrid": topic_tables.hybrid,
    "languages": topic_tables.languages,
    "topeax": topic_tables.topeax,
    "auto": topic_tables.auto,
    "precision": topic_tables.precision,
    "refining": refining,
    "living": living_tables.living,
    "replaying": living_tables.replaying,
    "merging": living_tables.merging,
    "every_collection": every_collection,
    "scale": scale_tables.section,
    "distributed": distributed_tables.section,
    "estimate": estimate,
    "html_report": html_report,
    "explore": explore,
    "startup": startup,
    "speed": speed_tables.speed,
    "guidance": guidance_tables.section,
    "across": across.section,
    "finding": finding_tables.finding,
    "spans": finding_tables.spans,
    "unseen": unseen_tables.section,
    "peers": tables.section,
}


def main() -> None:
    """Write RESULTS.md."""
    parts = [
        "# Results",
        "`python -m benchmarks` runs all benchmarks and writes this file. `python -m benchmarks.report` writes it from the "
        "kept results.",
    ]
    for name, section in SECTIONS.items():
        result = read(name)
        if not result:
            parts.append(f"## {name}\n\nNot measured: `python -m benchmarks.{name}`.")
        elif name in LOSSES:
            parts.append(with_losses(section(result), LOSSES[name](result)))
        else:
            parts.append(section(result))
    (HERE / "RESULTS.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
