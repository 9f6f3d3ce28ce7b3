"""The results of `benchmarks.unseen` as Markdown."""

from collections.abc import Callable
from statistics import geometric_mean, mean
from typing import Any

from benchmarks.debian_texts import SOURCES
from benchmarks.markdown import Result, made_on, table
from benchmarks.peers.systems import SYSTEMS
from benchmarks.peers.tables import topic_factor

CLOSE = 1.6
Row = dict[str, Any]


def section(result: Result) -> str:
    """Number of topics and ARI of each system on each collection."""
    rows: list[Row] = result["rows"]
    systems = [name for name in SYSTEMS if any(row["system"] == name for row in rows)]
    columns = ["collection", "documents", "gold", *(SYSTEMS[system].title for system in systems)]
    by_system = {name: [row for row in rows if row["system"] == name] for name in systems}
    numbers = [
        *_lines(rows, systems, lambda fit: str(fit["topics"])),
        ["**factor**", "", "", *(_factor(name, by_system[name], _mean_factor) for name in systems)],
        ["**within 1.6**", "", "", *(_factor(name, by_system[name], _close) for name in systems)],
    ]
    known = [[row["fit"]["ari"] for row in by_system[name] if "ari" in row["fit"]] for name in systems]
    agreed = [
        *_lines(rows, systems, lambda fit: f"{fit['ari']:.3f}"),
        ["**mean**", "", "", *(f"{mean(found):.3f}" if found else "" for found in known)],
    ]
    return "\n\n".join(
        [
            "## Held-out collections",
            "`python -m benchmarks.unseen` (on Debian, after `apt-get update; apt-get install wordnet-base fortunes`). No default "
            "of topickit was chosen on these collections: descriptions of packages, definitions and sayings, at most 10,000 "
            "each, with the classes of their maintainers. All systems run with their defaults on the same MiniLM embeddings; "
            "k-means is given the number of classes. *Factor*: geometric mean of the ratio of the number of topics to the "
            "number of classes, or its inverse, whichever is larger.",
            made_on(result),
            "### Number of topics",
            table(columns, numbers),
            "### ARI",
            table(columns, agreed),
        ]
    )


def _lines(rows: list[Row], systems: list[str], figure: Callable[[Row], str]) -> list[list[str]]:
    """Write a line per collection, with a figure of each system's fit."""
    lines = []
    for name, (title, _) in SOURCES.items():
        here = {row["system"]: row for row in rows if row["collection"] == name}
        if not here:
            continue
        first = next(iter(here.values()))
        fits = [here[system]["fit"] if system in here else None for system in systems]
        cells = ["—" if fit is None else "failed" if "error" in fit else figure(fit) for fit in fits]
        lines.append([title, f"{first['n']:,}", str(first["gold"]), *cells])
    return lines


def _factor(system: str, rows: list[Row], figure: Callable[[list[float]], str]) -> str:
    """Write a figure of the factors between the number of topics and of classes."""
    found = [factor for row in rows if (factor := topic_factor(row)) is not None]
    if not found:
        return "k given" if SYSTEMS[system].k_given else "—"
    return figure(found)


def _mean_factor(factors: list[float]) -> str:
    return f"{geometric_mean(factors):.2f}"


def _close(factors: list[float]) -> str:
    return f"{sum(factor <= CLOSE for factor in factors)} of {len(factors)}"
