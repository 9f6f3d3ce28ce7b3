"""The results on topics as Markdown: clusterers, levels, small topics."""

from statistics import mean

from benchmarks.common import TITLES, median
from benchmarks.markdown import Result, made_on, one_table, table
from benchmarks.peers.tables import NAMES
from topickit.cluster.levels import ERRORS


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
            "as one group. Found on 15,000 documents (graph communities) or 5,000 and assigned to all, except community "
            "detection.",
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
        f"modularity^{power:g} × stability, smoothed, is within {tolerance:.0%} and {ERRORS:g} standard errors of the "
        "best; no level of fewer than five groups unless 95% of the edges lie inside them. Three seeds, groups as found (before the "
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


def hybrid(result: Result) -> str:
    """Vectors of the model alone, and with the words."""
    lines, kinds = [], {"given": "model's", "hybrid": "hybrid"}
    for row in result["rows"]:
        lines.append(
            [
                NAMES[row["collection"]] if row["vectors"] == "given" else "",
                str(row["gold"]) if row["vectors"] == "given" else "",
                kinds[row["vectors"]],
                f"{row['nearest']:.3f}",
                " ".join(map(str, row["topics"])),
                *(f"{mean(row[name]):.3f}" for name in ("ari", "nmi", "c_npmi", "kmeans_ari")),
                f"{row['learning']:.1f} + {row['adding']:.1f}" if "learning" in row else "",
            ]
        )
    for kind, title in kinds.items():
        mine = [row for row in result["rows"] if row["vectors"] == kind]
        nearest = mean(row["nearest"] for row in mine)
        figures = [mean(mean(row[name]) for row in mine) for name in ("ari", "nmi", "c_npmi", "kmeans_ari")]
        name = "**mean**" if kind == "given" else ""
        lines.append([name, "", title, f"{nearest:.3f}", "", *(f"{value:.3f}" for value in figures), ""])
    columns = ["collection", "gold", "vectors", "10 nearest", "topics", "ARI", "NMI", "c_npmi"]
    return one_table(
        "The hybrid embedder",
        '`python -m benchmarks.hybrid`. Default fits on MiniLM vectors, and with `embedder="hybrid"` on the same; means of '
        "three seeds. *10 nearest*: the share of a document's ten nearest others that are of its class. *k-means ARI*: "
        "told the number of classes. Seconds to learn the words and to add them.",
        result,
        [*columns, "k-means ARI, told", "seconds"],
        lines,
    )
