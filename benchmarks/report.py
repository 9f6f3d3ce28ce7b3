"""RESULTS.md from the kept results: ``python -m benchmarks.report``. Says what has not been measured."""

from collections.abc import Callable
from typing import Any

from benchmarks import scale_tables
from benchmarks.common import HERE, TITLES, median, read
from benchmarks.peers import tables
from benchmarks.peers.systems import SYSTEMS

Result = dict[str, Any]


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def made_on(result: Result) -> str:
    """The machine and the versions of one result."""
    env = result["environment"]
    versions = ", ".join(f"{name} {number}" for name, number in env["versions"].items())
    return f"*{env['cores']} cores, Python {env['python']}, {versions}.*"


def clusterers(result: Result) -> str:
    """Every clusterer on four collections, and the Assigner against its groups."""
    found = [
        [
            TITLES[row["collection"]],
            row["method"],
            f"{row['topics']} / {row['gold']}",
            f"{row['outliers']:.1%}",
            f"{row['nmi']:.3f}",
            f"{row['ari']:.3f}",
            f"{row['seconds']:.1f}",
            f"{row['peak_mib_over_start']:.0f}",
        ]
        for row in result["rows"]
    ]
    kept = [
        [
            TITLES[row["collection"]],
            row["method"],
            f"{row['agreement']:.3f}",
            f"{row['ari_groups']:.3f}",
            f"{row['ari_assigned']:.3f}",
        ]
        for row in result["rows"]
    ]
    columns = ["collection", "clusterer", "topics / gold", "outliers", "NMI", "ARI", "seconds", "MiB"]
    return "\n\n".join(
        [
            "## The five clusterers",
            "`python -m benchmarks.clusterers`. `TopicModel(clusterer=…)` with no other setting on the shared MiniLM "
            "vectors, so seconds are after embedding, keywords and report state included; imports and numba's "
            "compilation are not. MiB is the peak over the state before `fit`. Agreement with gold counts outliers "
            "as one group. Found on 5,000 documents and assigned to all, except community detection.",
            made_on(result),
            table(columns, found),
            "### What is kept of the groups",
            "Labels come from the Assigner only. Its agreement (ARI) with the clusterer's own groups on the documents "
            "that were clustered, and the ARI of both against gold there.",
            table(["collection", "clusterer", "agreement", "groups, gold", "Assigner, gold"], kept),
        ]
    )


def density(result: Result) -> str:
    """HDBSCAN on UMAP: time and outliers."""
    rows = [
        [
            TITLES[row["collection"]],
            f"{row['topics']} / {row['gold']}",
            f"{row['outliers_unasked']:.1%}",
            f"{row['outliers']:.1%}",
            f"{row['ari_unasked']:.3f}",
            f"{row['ari']:.3f}",
            f"{median(row['umap_seconds']):.1f}",
            f"{median(row['seconds']):.1f}",
            f"{row['ratio']:.2f}",
        ]
        for row in result["rows"]
    ]
    asked = f"outliers={result['asked']:g}"
    columns = ["collection", "topics / gold", "outliers", f"with {asked}", "ARI", f"with {asked}"]
    return one_table(
        "HDBSCAN on UMAP",
        f'`python -m benchmarks.density`. The whole fit of `TopicModel(clusterer="hdbscan", {asked})`, keywords and '
        "stability included, and UMAP alone on the vectors of the same documents, with the same settings, in turn; "
        f"medians of {len(result['rows'][0]['seconds'])}.",
        result,
        [*columns, "UMAP alone, s", "whole fit, s", "ratio"],
        rows,
    )


def levels(result: Result) -> str:
    """The chosen level against all levels, and with the rule chosen elsewhere."""

    def three(values: list[float], form: str) -> str:
        return " ".join(format(value, form) for value in values)

    rows = [
        [
            f"**{row['collection']}**" if row["whole"] else row["collection"],
            str(row["gold"]),
            three(row["topics"], "d"),
            three(row["ari"], ".2f"),
            three(row["best_ari"], ".2f"),
            "{:g}, {:.0%}".format(*row["left_out_rule"]),
            three(row["left_out_topics"], "d"),
            three(row["left_out_ari"], ".2f"),
        ]
        for row in result["rows"]
    ]
    whole = [row for row in result["rows"] if row["whole"]]
    means = {
        key: sum(sum(row[key]) / len(row[key]) for row in whole) / len(whole)
        for key in ("ari", "best_ari", "left_out_ari")
    }
    power, tolerance = result["rule"]
    head = ["collection", "gold", "topics", "ARI", "best level's ARI", "left-out rule", "topics", "ARI"]
    return one_table(
        "How many topics",
        '`python -m benchmarks.levels`. The rule of `clusterer="graph"`: the finest level of the ladder whose '
        f"modularity^{power:g} × stability, smoothed, is within {tolerance:.0%} and a standard error of the best; no level of fewer than "
        "five groups unless 95% of the edges lie inside them. Three seeds, groups as found (before the "
        "Assigner). *Best level*: what gold labels would choose. *Left-out rule*: power and tolerance that get "
        "the largest share of the best ARI on all other collections, applied to this one. Mean ARI over whole "
        f"collections: {means['ari']:.3f}; with the left-out rules {means['left_out_ari']:.3f}; best levels "
        f"{means['best_ari']:.3f}. In bold whole collections, the others some classes of one.",
        result,
        head,
        rows,
    )


def small_topics(result: Result) -> str:
    """Planted subjects, before and after the second look."""
    groups: dict[tuple[str, float], list[Result]] = {}
    for row in result["rows"]:
        groups.setdefault((row["collection"], row["share"]), []).append(row)

    def two(rows: list[Result], key: str, form: str) -> list[str]:
        return [format(sum(row[key][i] for row in rows) / len(rows), form) for i in (0, 1)]

    rows = [
        [
            TITLES[name],
            f"{share:.1%}" if share else "nothing",
            *two(of, "topics", ".1f"),
            *two(of, "ari", ".3f"),
            *(two(of, "f1", ".2f") if share else ["", ""]),
            " → ".join(str(sum(row["f1"][i] > 0.5 for row in of)) for i in (0, 1)) + f" of {len(of)}"
            if share
            else "",
        ]
        for (name, share), of in groups.items()
    ]
    head = ["collection", "planted", "topics before", "after", "ARI before", "after", "F1 before", "after"]
    return one_table(
        "Small topics",
        "`python -m benchmarks.small_topics`. Documents of one class of another collection, so many for each that "
        "there are, are added (means of several classes); topics by the default clusterer, before and after the "
        "second look. F1: of the topic that holds the planted documents best; found: F1 above one half, before "
        "and after.",
        result,
        [*head, "found"],
        rows,
    )


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
            f"`topickit cluster FILE --method community --vectors FILE` on {result['command']['rows']:,} questions, the "
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
    return one_table(
        "The embedding cache",
        f"`python -m benchmarks.cache`. `CachedEmbedder.encode` around ready vectors of {result['dimension']} "
        "columns: hashing, SQLite, checksums and the result array; medians of three, the file in the system's "
        "page cache. Written in transactions of 512.",
        result,
        columns,
        rows,
    )


def peers(result: Result) -> str:
    """The benchmark of the field."""
    return tables.section(result, table, made_on(result))


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
    columns = ["collection", "share", "sample", "NMI", "ARI", "graph NMI", "graph ARI"]
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
        "others. NMI and ARI: k-means with the gold number of topics on all vectors, the mean of three seeds. Graph: "
        "topics found on the sample, all others assigned; at 100% on the model's own sample. Same sample: the same "
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


def scale(result: Result) -> str:
    """From a file of texts to topics and labels, by size."""
    return scale_tables.section(result, table, made_on(result))


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


def one_table(title: str, explained: str, result: Result, columns: list[str], rows: list[list[str]]) -> str:
    """Write a section that is one table."""
    return "\n\n".join([f"## {title}", explained, made_on(result), table(columns, rows)])


SECTIONS: dict[str, Callable[[Result], str]] = {
    "cache": cache,
    "clusterers": clusterers,
    "density": density,
    "levels": levels,
    "small_topics": small_topics,
    "community": community,
    "distilled": distilled,
    "refining": refining,
    "every_collection": every_collection,
    "scale": scale,
    "html_report": html_report,
    "startup": startup,
    "speed": speed,
    "peers": peers,
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
