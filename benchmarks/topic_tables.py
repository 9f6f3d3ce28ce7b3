"""Results on topics as Markdown: clusterers, levels, small topics, the hybrid embedder."""

from statistics import mean

from benchmarks.common import TITLES, median
from benchmarks.markdown import Result, made_on, one_table, table
from benchmarks.peers.tables import NAMES


def clusterers(result: Result) -> str:
    """All clusterers on four collections, and the Assigner against their clusters."""
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
            "`python -m benchmarks.clusterers`. `TopicModel(clusterer=…)` with default settings on the shared MiniLM embeddings. "
            "*Seconds* include keywords and the state for reports, and exclude embedding, imports and numba's compilation. "
            "*MiB*: peak memory above that before `fit`. NMI and ARI treat outliers as one cluster. Topics are found on 12,500 "
            "documents (`graph`) or 5,000, and all documents assigned; `community` uses all documents.",
            made_on(result),
            table(columns, found),
            "### Assigner against clusters",
            "All labels come from the Assigner. *Agreement*: ARI of its labels with the clusters of the clusterer, on the "
            "clustered documents. The other columns are the ARI of both against gold.",
            table(["collection", "clusterer", "agreement", "clusters, gold", "Assigner, gold"], kept),
        ]
    )


def density(result: Result) -> str:
    """HDBSCAN on UMAP: time and share of outliers."""
    rows = [
        [
            TITLES[row["collection"]],
            f"{row['topics']} / {row['gold']}",
            f"{row['outliers_unbounded']:.1%}",
            f"{row['outliers']:.1%}",
            f"{row['ari_unbounded']:.3f}",
            f"{row['ari']:.3f}",
            f"{median(row['umap_seconds']):.1f}",
            f"{median(row['seconds']):.1f}",
            f"{row['ratio']:.2f}",
        ]
        for row in result["rows"]
    ]
    bound = f"outliers={result['outlier_bound']:g}"
    columns = ["collection", "topics / gold", "outliers", f"with {bound}", "ARI", f"with {bound}"]
    return one_table(
        "HDBSCAN on UMAP",
        f'`python -m benchmarks.density`. The whole fit of `TopicModel(clusterer="hdbscan", {bound})`, with keywords and '
        "stability, and UMAP alone on the embeddings of the same documents with the same settings, alternately; medians of "
        f"{len(result['rows'][0]['seconds'])} runs.",
        result,
        [*columns, "UMAP alone, s", "whole fit, s", "ratio"],
        rows,
    )


def levels(result: Result) -> str:
    """The chosen level against all levels, and against a rule tuned on other collections."""

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
    # Results without a day are older than this rule.
    earlier = (
        ""
        if "day" in result["environment"]
        else "(These figures are of an earlier rule, which took the finest good level.) "
    )
    head = ["collection", "gold", "topics", "ARI", "best level's ARI", "left-out rule", "topics", "ARI"]
    return one_table(
        "Number of topics",
        '`python -m benchmarks.levels`. The rule of `clusterer="graph"` gives each level of the ladder a weight that falls with '
        f"its distance from the best smoothed modularity^{power:g} × stability, to 1/e at {tolerance:.0%}, and takes the level whose "
        "number of clusters is nearest to the weighted mean of all, plus a part of their standard deviation. A level of fewer than "
        f"five clusters counts only if 95 % of the edges lie within them. {earlier}Figures are of three seeds, and of clusters "
        "before the Assigner. *Best level*: chosen by gold labels. *Left-out rule*: the power and tolerance with the largest "
        "share of the best ARI on all other collections. Collections in bold are whole; the others are some classes of one. "
        f"Mean ARI over whole collections: {means['ari']:.3f}; left-out rules: {means['left_out_ari']:.3f}; best levels: "
        f"{means['best_ari']:.3f}.",
        result,
        head,
        rows,
    )


def small_topics(result: Result) -> str:
    """Planted subjects, before and after the search for small topics."""
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
        "`python -m benchmarks.small_topics`. Documents of one class of another collection are added, up to the given share "
        "(means of four classes). Topics are those of the default clusterer, before and after the search for small topics. "
        "*F1*: of the topic that matches the planted documents best. *Found*: F1 above one half, before and after.",
        result,
        [*head, "found"],
        rows,
    )


def hybrid(result: Result) -> str:
    """Embeddings of the model alone, and of the hybrid embedder."""
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
    columns = ["collection", "gold", "embeddings", "10 nearest", "topics", "ARI", "NMI", "c_npmi"]
    return one_table(
        "The hybrid embedder",
        '`python -m benchmarks.hybrid`. Default fits on MiniLM embeddings, and on those with `embedder="hybrid"`; means of three '
        "seeds. *10 nearest*: share of a document's ten nearest neighbors that are of its class. *k-means ARI*: with the number "
        "of classes given. *Seconds*: to learn the words, and to add them.",
        result,
        [*columns, "k-means ARI, k given", "seconds"],
        lines,
    )


def languages(result: Result) -> str:
    """The default embedder on other languages than its model's."""
    lines = []
    for row in result["rows"]:
        name = row["collection"]
        lines.append(
            [
                NAMES.get(name, f"Debian descriptions, {name}"),
                f"{row['n']:,}",
                str(row["gold"]),
                "model" if row["embedder"].startswith("Sentence") else "words",
                " ".join(str(score["topics"]) for score in row["auto"]),
                *(f"{mean(score['ari'] for score in row[kind]):.3f}" for kind in ("auto", "lexical")),
                f"{row['nmf']:.3f}",
            ]
        )
    columns = ["collection", "documents", "gold", "embedded by", "topics", "ARI, default"]
    return one_table(
        "Languages that the model does not know",
        "`python -m benchmarks.languages`. Default fits on translated descriptions of Debian packages, with their sections as "
        "classes, on Chinese titles and on German articles; means of the seeds, one number of topics each. No multilingual model was at hand, so texts "
        "in other languages than English are embedded by their words and stems, smoothed by context vectors.",
        result,
        [*columns, 'ARI, "lexical"', "ARI, NMF, k given"],
        lines,
    )


def auto(result: Result) -> str:
    """The default on a corpus too large for the transformer, against the transformer."""
    lines = [
        [
            TITLES.get(row["collection"], row["collection"].replace("_", " ")),
            f"{row['n']:,}",
            f"{mean(fit['exact'] for fit in row['fits']):,.0f}",
            f"{mean(fit['agreement'] for fit in row['fits']):.1%}",
            *(
                f"{mean(fit[kind] for fit in row['fits']):.3f}"
                for kind in ("ari_of_fits", "ari", "ari_of_transformer")
            ),
        ]
        for row in result["rows"]
    ]
    return one_table(
        "The default on large corpora",
        "`python -m benchmarks.auto`. Beyond a number of tokens, the default embeds a sample and the most doubtful documents by "
        "the transformer, the others by its student. Here the limit is lowered, so that the transformer embeds three tenths "
        "of the texts. *Agreement*: share of the documents that get the same topic from the transformer's own embeddings. "
        "*ARI of fits*: with the labels of a fit on the transformer's embeddings of all texts.",
        result,
        [
            "collection",
            "documents",
            "by transformer",
            "agreement",
            "ARI of fits",
            "ARI, labels",
            "transformer's",
        ],
        lines,
    )


def precision(result: Result) -> str:
    """Whole fits in bfloat16 and in float32."""
    lines = [
        [
            TITLES[row["collection"]],
            f"{row['n']:,}",
            *(f"{median(row['seconds'][kind]):.1f}" for kind in ("float32", "bfloat16")),
            f"{row['ratio']:.2f}",
            f"{row['agreement']:.1%}",
            *(f"{row['ari'][kind]:.3f}" for kind in ("float32", "bfloat16")),
        ]
        for row in result["rows"]
    ]
    return one_table(
        "The transformer in bfloat16",
        "`python -m benchmarks.precision`. Whole default fits of texts by all-MiniLM-L6-v2 in both precisions, in turn, on a "
        "processor with instructions for bfloat16; seconds of the processor, medians. *Agreement*: share of the documents "
        "with the same topic, topics matched one to one. The default is float32.",
        result,
        [
            "collection",
            "documents",
            "s, float32",
            "s, bfloat16",
            "ratio",
            "agreement",
            "ARI, float32",
            "ARI, bfloat16",
        ],
        lines,
    )


def topeax(result: Result) -> str:
    """The protocol of the Topeax paper: topics of 20 Newsgroups and of subsamples of it."""
    lines = []
    for size, published in result["published"].items():
        rows = [row for row in result["rows"] if row["size"] == size]
        if rows:
            lines.append(
                [
                    f"{rows[0]['n']:,}",
                    str(len(rows)),
                    " ".join(str(row["topics"]) for row in rows),
                    f"{mean(row['fmi'] for row in rows):.3f}",
                    f"{mean(row['ami'] for row in rows):.3f}",
                    str(published.get("topics", "")),
                    f"{published['fmi']:.3f}" if "fmi" in published else "",
                    f"{published['ami']:.3f}",
                ]
            )
    return one_table(
        "The protocol of the Topeax paper",
        "`python -m benchmarks.topeax`. 20 Newsgroups without headers, quotes and footers, embedded by all-MiniLM-L6-v2; no "
        "number of topics is given. FMI: Fowlkes-Mallows index, AMI: adjusted mutual information with the 20 newsgroups; "
        "means of the seeds, each with a subsample of its own. The columns of Topeax are published numbers (Kardos, 2025).",
        result,
        ["posts", "seeds", "topics", "FMI", "AMI", "Topeax: topics", "FMI", "AMI"],
        lines,
    )


def calibration(result: Result) -> str:
    """Reliability of probabilities, before and after calibration."""
    lines = []
    for row in result["rows"]:
        for key, title in (("log_loss", "log-loss"), ("calibrated", "calibrated")):
            cells = [
                f"{cell['probability']:.2f}/{cell['confirmed']:.2f} ({cell['documents']})" if cell else ""
                for cell in row[key]["bins"]
            ]
            error, median = row[key]["error"], row[key]["median"]
            lines.append([f"{TITLES[row['collection']]}, {title}", f"{error:.3f}", f"{median:.3f}", *cells])
    return one_table(
        "Calibration of probabilities",
        "`python -m benchmarks.calibration`. Largest probability of `transform` against the share of labels that five refits "
        "confirm (other seeds, four fifths of the documents), in ten bins: mean probability / share confirmed (documents). "
        "*Log-loss*: the temperature of least log-loss on the clusters. *Error*: the expected calibration error.",
        result,
        ["collection, temperature", "error", "median", *(f"to {i / 10:.1f}" for i in range(1, 11))],
        lines,
    )
