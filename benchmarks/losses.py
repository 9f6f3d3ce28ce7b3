"""Where topickit loses: one paragraph for each section of RESULTS.md, computed from its result."""

from collections.abc import Callable, Iterable
from statistics import mean
from typing import Any

from benchmarks.common import TITLES
from benchmarks.debian_texts import SOURCES
from benchmarks.markdown import Result
from benchmarks.peers.systems import SYSTEMS
from benchmarks.steadiness_tables import OTHER_TITLES

Row = dict[str, Any]
LOSES = "**Where it loses.**"


def with_losses(section: str, losses: str) -> str:
    r"""Put the paragraph after the one that explains a section.

    Examples
    --------
    >>> with_losses("## A\n\nexplained\n\ntable", "loses").split("\n\n")
    ['## A', 'explained', 'loses', 'table']
    """
    title, explained, rest = section.split("\n\n", 2)
    return "\n\n".join([title, explained, losses, rest])


def _title(name: str) -> str:
    return TITLES.get(name) or OTHER_TITLES.get(name, name)


def _pairs(items: Iterable[tuple[str, float, float]], form: str = ".3f") -> str:
    """List names with a figure and the better one."""
    return ", ".join(f"{name} ({own:{form}}, not {other:{form}})" for name, own, other in items) or "nowhere"


def clusterers(result: Result) -> str:
    """Collections on which another clusterer agrees better with the classes than the default."""
    found = []
    for key in ("ari", "nmi"):
        better = []
        for own in (row for row in result["rows"] if row["method"] == "graph"):
            same = [row for row in result["rows"] if row["collection"] == own["collection"]]
            best = max(same, key=lambda row: row[key])
            if best[key] > own[key]:
                better.append((f"{_title(own['collection'])} with {best['method']}", own[key], best[key]))
        found.append(f"in {key.upper()}: {_pairs(better)}")
    return f"{LOSES} The default, `graph`, has less than the best other clusterer {'; '.join(found)}."


def density(result: Result) -> str:
    """Time in addition to UMAP, and outliers without the bound."""
    slow = max(result["rows"], key=lambda row: row["ratio"])
    most = max(result["rows"], key=lambda row: row["outliers_unbounded"])
    return (
        f"{LOSES} The fit takes up to {slow['ratio']:.2f} times as long as UMAP alone ({_title(slow['collection'])}). Without the "
        f"bound, {most['outliers_unbounded']:.1%} of {_title(most['collection'])} are outliers. For agreement beside that of the "
        "default, see the five clusterers."
    )


def levels(result: Result) -> str:
    """The collection whose best level is farthest from the chosen one."""
    far = max(result["rows"], key=lambda row: mean(row["best_ari"]) - mean(row["ari"]))
    return (
        f"{LOSES} The chosen level is farthest from the best one on {_title(far['collection'])}: ARI {mean(far['ari']):.2f}, "
        f"not {mean(far['best_ari']):.2f}. A set of classes is one of several right divisions, and the rule cannot know which."
    )


def steadiness(result: Result) -> str:
    """The least steady collection, and other systems that are steadier."""
    own = [row for row in result["rows"] if row["system"] == "topickit"]
    least = min(own, key=lambda row: mean(row["seeds"]))
    better = []
    for row in result["rows"]:
        ours = next((one for one in own if one["collection"] == row["collection"]), None)
        if ours and row["system"] != "topickit" and row["seeds"] and mean(row["seeds"]) > mean(ours["seeds"]):
            better.append(f"{SYSTEMS[row['system']].title} on {_title(row['collection'])}")
    text = (
        f"{LOSES} Least steady is {_title(least['collection'])}: {mean(least['seeds']):.3f} with another seed, "
        f"{mean(least['fewer']):.3f} with fewer documents."
    )
    if better:
        return f"{text} Steadier with another seed: {', '.join(better)}."
    return f"{text} Other systems that are steadier between seeds are listed in the comparison with other systems."


def small_topics(result: Result) -> str:
    """Topics added where nothing was planted, and planted ones that were not found."""
    nothing = [row for row in result["rows"] if not row["planted"] and row["topics"][1] > row["topics"][0]]
    added = ", ".join(
        f"{row['topics'][1] - row['topics'][0]:.0f} on {_title(row['collection'])} (ARI {row['ari'][0]:.3f} to "
        f"{row['ari'][1]:.3f})"
        for row in nothing
    )
    few = min(row["share"] for row in result["rows"] if row["planted"])
    planted = [row["f1"][1] for row in result["rows"] if row["planted"] and row["share"] == few]
    return (
        f"{LOSES} Where nothing is planted, topics are added: {added or 'none'}. Classes do not say whether these are real. "
        f"Of the planted topics of {few:.1%}, {sum(f1 <= 0.5 for f1 in planted)} of {len(planted)} are not found."
    )


def calibration(result: Result) -> str:
    """The collection with the largest error."""
    worst = max(result["rows"], key=lambda row: row["calibrated"]["error"])
    return (
        f"{LOSES} The largest error is {worst['calibrated']['error']:.3f}, on {_title(worst['collection'])}: the mean is fitted, "
        "so high probabilities can be too high and low ones too low."
    )


def distilled(result: Result) -> str:
    """Agreement that a sample of a tenth costs."""
    found = []
    for row in result["rows"]:
        if row["share"] == 0.1:
            whole = next(
                r for r in result["rows"] if r["collection"] == row["collection"] and r["share"] == 1
            )
            found.append((_title(row["collection"]), row["ari"], whole["ari"]))
    return f"{LOSES} With a sample of a tenth, k-means has less ARI than on the teacher's embeddings: {_pairs(found)}."


def hybrid(result: Result) -> str:
    """Collections on which words make topics worse."""
    pairs = {}
    for row in result["rows"]:
        pairs.setdefault(row["collection"], {})[row["vectors"]] = row
    found = [
        (_title(name), mean(both["hybrid"]["ari"]), mean(both["given"]["ari"]))
        for name, both in pairs.items()
        if mean(both["hybrid"]["ari"]) < mean(both["given"]["ari"])
    ]
    return f"{LOSES} Words lower the ARI on {_pairs(found)}. See also the held-out collections."


def refining(result: Result) -> str:
    """The collection on which refinement takes longest."""
    last = {row["collection"]: row for row in result["rows"]}
    first = {row["collection"]: row for row in result["rows"][::-1]}
    worst = min(last, key=lambda name: first[name]["agreement"])
    return (
        f"{LOSES} On {_title(worst)} the student alone agrees on {first[worst]['agreement']:.1%}, and "
        f"{last[worst]['seconds']:.0f} s of refinement reach {last[worst]['agreement']:.1%}: the transformer takes long on long "
        "texts."
    )


def merging(result: Result) -> str:
    """Collections on which one fit of all is better."""
    names = list(dict.fromkeys(row["name"] for row in result["rows"]))
    found = []
    for name in names:
        of = [row for row in result["rows"] if row["name"] == name]
        one, merged = (mean(row[key] for row in of) for key in ("classes_one", "classes_merged"))
        if merged < one:
            found.append((_title(name), merged, one))
    return (
        f"{LOSES} A merged model has less ARI with the classes than one fit of all documents on {_pairs(found)}. "
        "It agrees less with one fit than another fit does, on all collections where the ratio is below 1."
    )


def distributed(result: Result) -> str:
    """Work that Ray makes slower."""
    alone = {row["kind"]: row["seconds"] for row in result["rows"] if not row["workers"]}
    slower = [
        f"{row['kind']} with {row['workers']} worker{'s' if row['workers'] > 1 else ''} "
        f"({row['seconds'] / alone[row['kind']]:.2f} times the seconds)"
        for row in result["rows"]
        if row["workers"] and row["seconds"] > alone[row["kind"]]
    ]
    return f"{LOSES} On one machine, Ray is slower than one process: {', '.join(slower) or 'nowhere'}."


def guidance(result: Result) -> str:
    """Collections on which other ways of saying what is known are better."""
    names, labels = [], []
    for row in result["rows"]:
        values = {
            system: mean(told[system]["accuracy"] for told in row["all"])
            for system in ("topickit", "nearest name", "logistic regression")
        }
        for other, into in (("nearest name", names), ("logistic regression", labels)):
            if values[other] > values["topickit"]:
                into.append((_title(row["collection"]), values["topickit"], values[other]))
    return (
        f"{LOSES} Told all names, topickit is less accurate than the nearest name on {_pairs(names)}, and than 20 labels of each "
        f"class on {_pairs(labels)}. Known topics take documents of other classes: see *pulled*."
    )


def finding(result: Result) -> str:
    """Collections on which one of the two searches alone is better."""
    found = [
        (f"{_title(row['collection'])} ({name})", row["topickit"], row[key])
        for row in result["rows"]
        for key, name in (("cosine", "cosine"), ("bm25", "BM25"))
        if row[key] > row["topickit"]
    ]
    return f"{LOSES} One of the two alone is better on {_pairs(found)}."


def spans(result: Result) -> str:
    """Measures on which BERTopic is better."""
    row = result["rows"]
    found = [
        (name, row["topickit"][key], row["bertopic"][key])
        for key, name in (("both", "both"), ("border", "border"), ("best_cut", "best cut"))
        if row["bertopic"][key] > row["topickit"][key]
    ]
    return f"{LOSES} BERTopic, which makes many more parts, is better in: {_pairs(found, '.2f')}."


def unseen(result: Result) -> str:
    """Collections on which other systems agree better."""
    found = []
    for own in (row for row in result["rows"] if row["system"] == "topickit"):
        others = [
            row
            for row in result["rows"]
            if row["collection"] == own["collection"]
            and not row["system"].startswith("topickit")
            and row["fit"].get("ari", -1) > own["fit"]["ari"]
        ]
        if others:
            best = max(others, key=lambda row: row["fit"]["ari"])
            name = f"{SOURCES[own['collection']][0]}: {SYSTEMS[best['system']].title}"
            found.append((name, own["fit"]["ari"], best["fit"]["ari"]))
    return f"{LOSES} Another system has more ARI on {_pairs(found)}."


LOSSES: dict[str, Callable[[Result], str]] = {
    function.__name__: function
    for function in (
        clusterers,
        density,
        levels,
        steadiness,
        small_topics,
        calibration,
        distilled,
        hybrid,
        refining,
        merging,
        distributed,
        guidance,
        finding,
        spans,
        unseen,
    )
}
