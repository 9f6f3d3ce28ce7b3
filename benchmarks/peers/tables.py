"""The kept results as Markdown: a table per collection, a summary, and where other systems do better."""

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
    "Each run has its own process, and all use the same threads, texts and MiniLM embeddings. (Systems that embed documents "
    "themselves look the embeddings up; systems that also embed words do so during the fit.) *Seconds* and *CPU s*: the fit with "
    "keywords, after embedding, imports and compilation. *MiB*: peak memory of the process. *topics / gold*: **k given** marks "
    "systems that need the number of topics and get the gold number. NMI and ARI treat outliers as one cluster; *ARI, covered* "
    "excludes them. The label of a soft system is its largest weight. *c_npmi* (window 10) and *c_v* are of the ten best single "
    "words, by one scorer on the collection's own tokens; all systems are set to single words, and words that are not among the "
    "tokens are ignored. *Diversity*: share of distinct words among them. *ARI, seeds*: agreement of two runs, with seeds 0 and 1 "
    "where the system takes a seed (BERTopic's default and Top2Vec take none). *ARI, shuffled*: agreement with a run on the "
    "documents in another order. *Alone*: share of up to 200 documents whose label changes when they are predicted one at a time. "
    "*Loaded*: share of all documents whose label changes after saving and loading. (Both are of the second run, and renumbering "
    "counts as a change: loaded BERTopic models shift most labels by one where outliers were reduced.) — means not offered or "
    "not measured. Seconds are omitted for runs on a busy machine."
)
CHINESE = (
    "*Chinese: systems that split words at spaces get the texts as words joined by spaces, from topickit's tokenizer. The "
    "embedding model was trained on English, so this collection shows a lower bound.*"
)
# Name of a figure -> (how to read it from a row, whether more is better).
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
    "labels of single documents": (lambda row: _figure(row, "changed_alone", "seed"), False),
    "labels after loading": (lambda row: _figure(row, "changed_loaded", "seed"), False),
    "seconds": (lambda row: _figure(row, "seconds"), False),
    "memory": (lambda row: _figure(row, "peak_mib"), False),
}


def section(result: Result) -> str:
    """Comparison of all systems on all collections."""
    rows = result["rows"]
    collections = [name for name in NAMES if any(row["collection"] == name for row in rows)]
    versions = ", ".join(f"{name} {number}" for name, number in result["peers"].items())
    parts = [
        "## Comparison with other systems",
        "`python -m benchmarks.peers`. " + EXPLAINED,
        made_on(result),
        f"*Other systems: {versions}; each in its own environment, `benchmarks/peers/requirements`.*",
        "### Means over collections",
        "Means over the collections that a system finished; for ARI, NMI and topics, over those with classes. *Factor*: "
        "geometric mean of the ratio of the number of topics to the number of classes, or its inverse, whichever is larger.",
        table(
            ["system", "collections", "ARI", "NMI", "c_npmi", "diversity", "factor", "seconds"],
            summary(rows),
        ),
        "### Where other systems do better",
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
        f"{fit.get('topics', '—')} / {fit.get('gold') or '—'}" + (" **k given**" if system.k_given else ""),
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
    """Average each system over the collections it finished."""
    lines = []
    for name, system in SYSTEMS.items():
        mine = [row for row in rows if row["system"] == name and "topics" in row.get("fit", {})]
        if not mine:
            continue
        factors = [factor for row in mine if (factor := topic_factor(row)) is not None]
        figures = (_mean(mine, key) for key in ("ari", "nmi", "c_npmi", "diversity"))
        there = len({row["collection"] for row in rows})
        factor = "k given" if system.k_given else f"{geometric_mean(factors):.2f}" if factors else "—"
        clocked = [row["fit"]["seconds"] for row in mine if "seconds" in row["fit"]]
        seconds = "—" if len(clocked) < len(mine) else f"{mean(clocked):.1f}"
        lines.append([system.title, f"{len(mine)} of {there}", *map(_three, figures), factor, seconds])
    return lines


def topic_factor(row: Row) -> float | None:
    """Ratio of the numbers of topics and classes, or its inverse if larger; None where unknown, and where the number is given."""
    fit = row.get("fit", {})
    if SYSTEMS[row["system"]].k_given or not fit.get("gold") or not fit.get("topics"):
        return None
    return max(fit["topics"] / fit["gold"], fit["gold"] / fit["topics"])


def losses(rows: list[Row]) -> str:
    """List for each figure the systems that beat topickit's default, and on how many collections."""
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
                suffix = ", k given" if system.k_given else ""
                beaten.append((wins / len(known), f"{system.title} (on {wins} of {len(known)}{suffix})"))
        if compared:
            who = ", ".join(text for _, text in sorted(beaten, key=lambda pair: -pair[0]))
            lines.append(f"- **{title}**: {who or 'no other system'}.")
    if not lines:
        return "No other system is measured."
    head = "Systems with a better figure than topickit's default, by any margin, and on how many collections."
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
