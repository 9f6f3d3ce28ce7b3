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
    """How many topics, and the ARI, of each system on each collection."""
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
            "## Collections that no rule was chosen on",
            "`python -m benchmarks.unseen` (on Debian, after `apt-get update; apt-get install wordnet-base fortunes`). "
            "Descriptions of packages, definitions and sayings, at most 10,000 each, with the classes of those who "
            "collected them. Each system by its defaults on the same MiniLM vectors, k-means told the number of "
            "classes. *Factor*: geometric mean of how many times too many or too few topics.",
            made_on(result),
            "### Number of topics",
            table(columns, numbers),
            "### ARI",
            table(columns, agreed),
        ]
    )


def _lines(rows: list[Row], systems: list[str], figure: Callable[[Row], str]) -> list[list[str]]:
    """Write a line a collection, with a figure of each system's fit."""
    lines = []
    for name, (title, _) in SOURCES.items():
        here = {row["system"]: row for row in rows if row["collection"] == name}
        if not here:
            continue
        first = next(iter(here.values()))
        fits = [here[system]["fit"] if system in here else None for system in systems]
        told = ["—" if fit is None else "failed" if "error" in fit else figure(fit) for fit in fits]
        lines.append([title, f"{first['n']:,}", str(first["gold"]), *told])
    return lines


def _factor(system: str, rows: list[Row], figure: Callable[[list[float]], str]) -> str:
    """Write a figure of how many times too many or too few topics a system found."""
    found = [factor for row in rows if (factor := topic_factor(row)) is not None]
    if not found:
        return "told" if SYSTEMS[system].told else "—"
    return figure(found)


def _mean_factor(factors: list[float]) -> str:
    return f"{geometric_mean(factors):.2f}"


def _close(factors: list[float]) -> str:
    return f"{sum(factor <= CLOSE for factor in factors)} of {len(factors)}"
