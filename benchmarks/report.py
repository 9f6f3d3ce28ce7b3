"""RESULTS.md from the kept results: ``python -m benchmarks.report``. Says what has not been measured."""

from collections.abc import Callable

from benchmarks import scale_tables, topic_tables, unseen_tables
from benchmarks.common import HERE, TITLES, median, read
from benchmarks.markdown import Result, made_on, one_table, table
from benchmarks.peers import tables
from benchmarks.peers.systems import SYSTEMS

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
    times = ["seconds", "reference, seconds", "times as fast", "same communities"]
    return "\n\n".join(
        [
            "## Fast community detection",
            "`python -m benchmarks.community`. Ours and sentence-transformers' `util.community_detection` in turn, "
            f"in one process on {threads} threads: medians of five paired runs and their ratio. Same communities: as "
            "sets, with the same centres, in the same order, in every pair of runs.",
            made_on(result),
            f"### {rows} Quora questions, 384 dimensions, at least {result['thresholds'][0]['smallest']} members",
            table(["threshold", "communities", *times], speed),
            "### Inputs that prune badly",
            table(["input", "rows", "threshold", *times], hard),
            "### Scale",
            f"{result['scale_input']} At threshold .75; the fitted exponent of growth is {result['growth']:.2f}. MiB is "
            "the peak of memory over the vectors.",
            table(["rows", "seconds", "MiB", "times as fast as the reference"], scale),
            '### `threshold="auto"`',
            f"Pairwise F1 against the marked duplicates of {result['automatic']['rows']:,} questions, with the "
            "threshold chosen from the vectors alone and with the best of all fixed ones (which the labels tell).",
            table(["fewest members", "chosen", "F1", "best fixed", "its F1"], chosen),
            "### The command",
            f"`topickit cluster FILE --clusterer community --embeddings FILE` on {result['command']['rows']:,} questions, the "
            f"whole process: {median(result['command']['seconds']):.2f} s (median of {len(result['command']['seconds'])}).",
        ]
    )


def startup(result: Result) -> str:
    """Import and help."""
    loaded = ", ".join(result["heavy_modules_loaded"]) or "none"
    rows = [
        ["`import topickit`, whole process", f"{result['import_seconds']:.3f}"],
        ["Python alone", f"{result['python_seconds']:.3f}"],
        ["`topickit --help`", f"{result['help_seconds']:.3f}"],
    ]
    return one_table(
        "Start-up",
        "`python -m benchmarks.startup`. Medians of nine processes. Loaded by `import topickit` of torch, numba, "
        f"scikit-learn, umap, plotly, scipy, nltk, polars, transformers: {loaded}.",
        result,
        ["what", "seconds"],
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
        "Every collection at its full size",
        "`python -m benchmarks.every_collection`. Vectors of the lexical embedder (100 dimensions); seconds after "
        "embedding, with keywords (and, in the first UMAP of a process, numba's compilation); MiB is the peak of "
        "the whole process, vectors and texts included.",
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
        "written a second",
        "found a second",
        "found, shuffled",
        "ms for one",
        "bytes a row",
        "same bits",
    ]
    fewest = min(result["rows"], key=lambda row: row["hits_shuffled"])
    return one_table(
        "The embedding cache",
        f"`python -m benchmarks.cache`. `CachedEmbedder.encode` around ready vectors of {result['dimension']} "
        "columns: hashing, SQLite, checksums and the result array; medians of three, the file in the system's "
        "page cache. Written in transactions of 512. The aim is 100,000 found a second; the fewest are "
        f"{fewest['hits_shuffled']:,.0f}, in random order among {fewest['rows']:,} rows.",
        result,
        columns,
        rows,
    )


def speed(result: Result) -> str:
    """Time both in turn."""
    rows = [
        [
            TITLES[row["collection"]] if system == "topickit" else "",
            f"{row['rows']:,}" if system == "topickit" else "",
            SYSTEMS[system].title,
            f"{median([one['seconds'] for one in row[system]]):.2f}",
            f"{median([one['cpu_seconds'] for one in row[system]]):.2f}",
            f"{row['ratio']:.1f}" if system == "topickit" else "",
            str(row[system][0]["topics"]),
            "—" if row[system][0]["ari"] is None else f"{row[system][0]['ari']:.3f}",
            f"{row[system][0]['c_npmi']:.3f}",
        ]
        for row in result["rows"]
        for system in ("topickit", "bertopic")
    ]
    columns = [
        "collection",
        "documents",
        "system",
        "seconds",
        "CPU s",
        "times as fast",
        "topics",
        "ARI",
        "c_npmi",
    ]
    return one_table(
        "Speed, vectors given",
        "`python -m benchmarks.speed`. The default fits of both, keywords (and topickit's stability) included, after "
        "imports and compilation, in turn, each in a process of its own; medians of "
        f"{len(result['rows'][0]['topickit'])}, and their ratio. Topics, ARI and c_npmi of the first runs.",
        result,
        columns,
        rows,
    )


def distilled(result: Result) -> str:
    """The distilled embedder by the share of the corpus that its teacher embeds."""
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
        "said",
        "seconds",
        "student, texts a second",
    ]
    return one_table(
        "The distilled embedder",
        "`python -m benchmarks.distilled`. The teacher (MiniLM) embeds a share of the distinct texts, its student the "
        "others. NMI and ARI: k-means with the gold number of topics on all vectors, the mean of three seeds. Topics: "
        "as `TopicModel` finds them, on up to 15,000 of all documents (— where they were measured before it did). "
        "Graph: topics found on the sample alone, all others assigned; at 100% on the model's own sample. Same sample: the same "
        "with the teacher's vectors everywhere, so that what the sample costs and what the student costs stand apart. "
        "Recall: share of the teacher's 10 nearest texts found by the mixed vectors. Cosine: to the teacher, on texts "
        "outside the sample; said: what the embedder itself reports (leave-one-out). Seconds: the student's, and the "
        "sample over the teacher's rate on 256 texts.",
        result,
        columns,
        rows,
    )


def html_report(result: Result) -> str:
    """The HTML report: sizes, and times in a browser."""
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
        "`python -m benchmarks.html_report`. arXiv titles with dates and classes; 4.7 MB of each file are Plotly. "
        "Map: the layout of the documents, made once a model (the first one with numba's compilation). First "
        "picture: from the start of the navigation to the drawn map, in headless chromium without a graphics "
        "card, medians of fresh browsers.",
        result,
        columns,
        rows,
    )


def refining(result: Result) -> str:
    """Agreement with the teacher by the time that is spent on it."""
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
        "Agreement for time",
        '`python -m benchmarks.refining`. `TopicModel(embedder="distilled")` fitted from raw texts, then '
        "`refine(seconds)`: the documents nearest to a boundary go back to the transformer. Agreement: share of the "
        "documents whose topic is the one that the same model gives to the transformer's own vector.",
        result,
        columns,
        rows,
    )


def estimate(result: Result) -> str:
    """What --dry-run says, and what came of it."""
    lines = []
    for row in result["rows"]:
        said, took = row["estimated"], row["measured"]
        lines.append(
            [
                row["case"],
                f"{row['rows']:,}",
                *(f"{part[key]:,.{digits}f}" for key, digits in ESTIMATED for part in (said, took)),
                f"{said['seconds'] / took['seconds']:.2f}",
                f"{said['took']:.1f}",
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
        "seconds said",
        "taken",
        "MiB said",
        "taken",
        "MiB of disk said",
        "taken",
        "said / taken",
        "seconds of the dry run",
    ]
    return one_table(
        "What a dry run says",
        "`python -m benchmarks.estimate`. The estimate of time, memory and disk before anything starts, against the fit and saving that "
        "follow, each in a process that begins with nothing imported. *Disk* is what the saved model takes. "
        f"Right within 30 % of {len(lines)} cases: time {counts['seconds']}, memory {counts['mib']}, disk {counts['disk_mib']} (from texts "
        "without a learnt embedder the sample is grouped by made-up vectors, of more topics).",
        result,
        columns,
        lines,
    )


SECTIONS: dict[str, Callable[[Result], str]] = {
    "cache": cache,
    "clusterers": topic_tables.clusterers,
    "density": topic_tables.density,
    "levels": topic_tables.levels,
    "small_topics": topic_tables.small_topics,
    "community": community,
    "distilled": distilled,
    "hybrid": topic_tables.hybrid,
    "refining": refining,
    "every_collection": every_collection,
    "scale": scale_tables.section,
    "estimate": estimate,
    "html_report": html_report,
    "startup": startup,
    "speed": speed,
    "unseen": unseen_tables.section,
    "peers": tables.section,
}


def main() -> None:
    """Write RESULTS.md."""
    parts = [
        "# Results",
        "Made by `python -m benchmarks`, which runs the benchmarks named below one after another.",
    ]
    for name, section in SECTIONS.items():
        result = read(name)
        parts.append(
            section(result) if result else f"## {name}\n\nNot measured: `python -m benchmarks.{name}`."
        )
    (HERE / "RESULTS.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
