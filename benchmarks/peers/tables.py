"""The kept results as Markdown: a table a collection, a summary, and where topickit loses."""

from collections.abc import Callable, Mapping
from statistics import geometric_mean, mean
from typing import Any

from benchmarks.common import TITLES
from benchmarks.markdown import Result, made_on, table
from benchmarks.peers.systems import OURS, SYSTEMS

Row = Mapping[str, Any]
NAMES = {
    **TITLES,
    "thucnews_titles_zh": "THUCNews titles (Chinese)",
    "gnad10_test_de": "10kGNAD, test part (German)",
    "octis_bbc_news": "BBC News as OCTIS has it",
    "arxiv_titles": "arXiv titles, 50,000",
    "quora_questions": "Quora questions, 50,000 (no classes)",
}
COLUMNS = [
    *("system", "topics / gold", "outliers", "NMI", "ARI", "ARI, covered", "c_npmi", "c_v", "diversity"),
    *("ARI, seeds", "ARI, shuffled", "alone", "loaded", "seconds", "CPU s", "MiB"),
]
EXPLAINED = (
    "One run a row in a process of its own, all on the same threads, texts and MiniLM vectors (those that embed "
    "documents by themselves look them up; those that embed words, too, do so within the fit). *Seconds* and *CPU s*: "
    "the fit with its keywords, after embedding, imports and compilation; *MiB*: the peak of the whole process. "
    "*topics / gold*: **told** marks systems that need a number and are given the gold one. NMI and ARI count "
    "outliers as one group; *ARI, covered* leaves them out. A soft system's label is its largest weight. *c_npmi* "
    "(window 10) and *c_v* of the ten best single words (each asked for single words), by one scorer on the collection's "
    "own tokens; words that are not among these are left out. *Diversity*: the share of distinct words among them. "
    "*ARI, seeds*: agreement of two runs, with seeds 0 and 1 where a seed is taken (BERTopic's default and Top2Vec "
    "take none); *ARI, shuffled*: agreement with the run on the documents in another order. *Alone*: share of up to "
    "200 documents whose label changes when predicted one at a time; *loaded*: of all, predicted after saving "
    "and loading (both of the second run; a renumbering is a change: BERTopic's loaded models shift most labels by "
    "one where its outliers were reduced before). — is not offered or not measured; seconds are not given of runs that "
    "shared the machine with other work."
)
CHINESE = (
    "*Chinese: systems that count words split by spaces are given the texts as words joined by spaces, cut by topickit's "
    "tokenizer, the same for all. The English model's vectors see little of Chinese: this is a test of the "
    "floor.*"
)
# Column -> (what it is called, how to read it from a row, whether more is better).
COMPARED: dict[str, tuple[Callable[[Row], float | None], bool]] = {
    "ARI": (lambda row: _figure(row, "ari"), True),
    "NMI": (lambda row: _figure(row, "nmi"), True),
    "number of topics": (lambda row: topic_factor(row), False),
    "outliers": (lambda row: _figure(row, "outliers"), False),
    "c_npmi": (lambda row: _figure(row, "c_npmi"), True),
    "c_v": (lambda row: _figure(row, "c_v"), True),
    "diversity": (lambda row: _figure(row, "diversity"), True),
    "agreement of seeds": (lambda row: _figure(row, "ari_with_fit", "seed"), True),
    "agreement after shuffling": (lambda row: _figure(row, "ari_with_fit", "shuffle"), True),
    "labels alone": (lambda row: _figure(row, "changed_alone", "seed"), False),
    "labels after loading": (lambda row: _figure(row, "changed_loaded", "seed"), False),
    "seconds": (lambda row: _figure(row, "seconds"), False),
    "memory": (lambda row: _figure(row, "peak_mib"), False),
}


def section(result: Result) -> str:
    """The benchmark of the field."""
    rows = result["rows"]
    collections = [name for name in NAMES if any(row["collection"] == name for row in rows)]
    versions = ", ".join(f"{name} {number}" for name, number in result["peers"].items())
    parts = [
        "## topickit among its peers",
        "`python -m benchmarks.peers`. " + EXPLAINED,
        made_on(result),
        f"*Peers: {versions}; each in an environment of its own, `benchmarks/peers/requirements`.*",
        "### Means over the collections",
        "Of the collections that a system finished (of those with classes, for ARI, NMI and topics). *Factor*: geometric "
        "mean of how many times too many or too few topics.",
        table(
            ["system", "collections", "ARI", "NMI", "c_npmi", "diversity", "factor", "seconds"],
            summary(rows),
        ),
        "### Where topickit loses",
        losses(rows),
    ]
    for name in collections:
        here = sorted((row for row in rows if row["collection"] == name), key=_place)
        parts += [
            f"### {NAMES[name]}: {here[0]['n']:,} documents",
            table(COLUMNS, [line(row) for row in here]),
        ]
        if name.endswith("_zh"):
            parts.append(CHINESE)
    return "\n\n".join(parts)


def line(row: Row) -> list[str]:
    """Write one system's figures on one collection."""
    system = SYSTEMS[row["system"]]
    fit = row.get("fit", {})
    if "error" in fit:
        return [system.title, f"failed: {_safe(fit['error'])}", *["—"] * (len(COLUMNS) - 2)]
    return [
        system.title,
        f"{fit.get('topics', '—')} / {fit.get('gold') or '—'}" + (" **told**" if system.told else ""),
        _share(fit.get("outliers")),
        *(_three(fit.get(name)) for name in ("nmi", "ari", "ari_covered", "c_npmi", "c_v")),
        _three(fit.get("diversity")),
        _steady(row, "seed"),
        _steady(row, "shuffle"),
        _check(row, "alone"),
        _check(row, "loaded"),
        *(f"{fit[name]:.1f}" if name in fit else "—" for name in ("seconds", "cpu_seconds")),
        f"{fit['peak_mib']:.0f}" if "peak_mib" in fit else "—",
    ]


def summary(rows: list[Row]) -> list[list[str]]:
    """Average each system over the collections that it finished."""
    lines = []
    for name, system in SYSTEMS.items():
        mine = [row for row in rows if row["system"] == name and "topics" in row.get("fit", {})]
        if not mine:
            continue
        factors = [factor for row in mine if (factor := topic_factor(row)) is not None]
        figures = (_mean(mine, key) for key in ("ari", "nmi", "c_npmi", "diversity"))
        there = len({row["collection"] for row in rows})
        factor = "told" if system.told else f"{geometric_mean(factors):.2f}" if factors else "—"
        clocked = [row["fit"]["seconds"] for row in mine if "seconds" in row["fit"]]
        seconds = "—" if len(clocked) < len(mine) else f"{mean(clocked):.1f}"
        lines.append([system.title, f"{len(mine)} of {there}", *map(_three, figures), factor, seconds])
    return lines


def topic_factor(row: Row) -> float | None:
    """How many times too many or too few topics; None where unknown or told."""
    fit = row.get("fit", {})
    if SYSTEMS[row["system"]].told or not fit.get("gold") or not fit.get("topics"):
        return None
    return max(fit["topics"] / fit["gold"], fit["gold"] / fit["topics"])


def losses(rows: list[Row]) -> str:
    """Say for each figure which peers beat topickit's default, and on how many collections."""
    ours = {row["collection"]: row for row in rows if row["system"] == OURS}
    lines = []
    for title, (read, more_is_better) in COMPARED.items():
        beaten, compared = [], 0
        for name, system in SYSTEMS.items():
            if name.startswith(OURS):
                continue
            pairs = [
                (read(row), read(ours[row["collection"]]))
                for row in rows
                if row["system"] == name and row["collection"] in ours
            ]
            known = [(theirs, own) for theirs, own in pairs if theirs is not None and own is not None]
            compared += bool(known)
            wins = sum(theirs > own if more_is_better else theirs < own for theirs, own in known)
            if wins:
                told = ", told" if system.told else ""
                beaten.append((wins / len(known), f"{system.title} (on {wins} of {len(known)}{told})"))
        if compared:
            who = ", ".join(text for _, text in sorted(beaten, key=lambda pair: -pair[0]))
            lines.append(f"- **{title}**: {who or 'no peer on any collection'}.")
    if not lines:
        return "Nothing to compare yet."
    head = "Peers with a better figure than topickit's default, however little, and on how many collections."
    return head + "\n\n" + "\n".join(lines)


def _figure(row: Row, name: str, kind: str = "fit") -> float | None:
    return row.get(kind, {}).get(name)


def _mean(rows: list[Row], name: str) -> float | None:
    known = [value for row in rows if (value := row["fit"].get(name)) is not None]
    return mean(known) if known else None


def _place(row: Row) -> int:
    return list(SYSTEMS).index(row["system"])


def _three(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"


def _steady(row: Row, kind: str) -> str:
    run = row.get(kind, {})
    return "failed" if "error" in run else _three(run.get("ari_with_fit"))


def _check(row: Row, name: str) -> str:
    run = row.get("seed", {})
    return "failed" if f"{name}_error" in run else _share(run.get(f"changed_{name}"))


def _safe(text: str) -> str:
    """Keep a peer's error from breaking the table, or naming a folder of the machine."""
    words = [word.rsplit("/", 1)[-1] if word.count("/") > 1 else word for word in text.split()]
    return " ".join(words).replace("|", "/")[:120]
