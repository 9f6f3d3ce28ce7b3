"""The results of `benchmarks.steadiness` as Markdown."""

from collections.abc import Callable
from statistics import mean
from typing import Any

from benchmarks.common import TITLES
from benchmarks.debian_texts import SOURCES
from benchmarks.markdown import Result, made_on, table
from benchmarks.peers.systems import SYSTEMS

OTHER_TITLES = {
    "arxiv_titles": "arXiv titles",
    "gnad10_test_de": "10kGNAD, test part",
    "python_peps": "Python PEPs",
    **{name: title for name, (title, _) in SOURCES.items()},
}
Row = dict[str, Any]


def section(result: Result) -> str:
    """Agreement between seeds, and with fewer documents."""
    rows: list[Row] = result["rows"]
    systems = [name for name in SYSTEMS if any(row["system"] == name for row in rows)]
    columns = ["collection", "documents", *(SYSTEMS[system].title for system in systems)]
    parts = [
        "## Steadiness",
        "`python -m benchmarks.steadiness`. Agreement (ARI, outliers as one group) of fits with different seeds, and of "
        "fits with and without 5 % of the documents: means over five seeds and five omissions (peers: three). A seeded "
        "sample of at most 5,000 documents a collection. All systems run with their defaults on the same embeddings: "
        "MiniLM, or lexical (marked *). Top2Vec has no seed. The mean is over the collections that a system was run on.",
        made_on(result),
    ]
    for title, figure in (
        ("Another seed", lambda row: mean(row["seeds"])),
        ("5 % fewer documents", lambda row: mean(row["fewer"])),
        ("ARI with the classes", lambda row: mean(row["ari"]) if row["ari"] else None),
    ):
        parts += [f"### {title}", table(columns, _lines(rows, systems, figure))]
    numbers = [[*_head(row), *_numbers(rows, row["collection"], systems)] for row in _first_rows(rows)]
    return "\n\n".join([*parts, "### Number of topics, fewest to most", table(columns, numbers)])


def _first_rows(rows: list[Row]) -> list[Row]:
    return list({row["collection"]: row for row in rows[::-1]}.values())[::-1]


def _head(row: Row) -> list[str]:
    title = TITLES.get(row["collection"]) or OTHER_TITLES[row["collection"]]
    return [title + ("*" if row["lexical"] else ""), f"{row['n']:,}"]


def _lines(rows: list[Row], systems: list[str], figure: Callable[[Row], float | None]) -> list[list[str]]:
    """Write a line per collection, and the means."""
    known = {(row["collection"], row["system"]): figure(row) for row in rows}
    lines = []
    for row in _first_rows(rows):
        values = [known.get((row["collection"], system)) for system in systems]
        lines.append([*_head(row), *("—" if value is None else f"{value:.3f}" for value in values)])
    means = [
        [value for (_, its), value in known.items() if its == system and value is not None]
        for system in systems
    ]
    return [*lines, ["**mean**", "", *(f"{mean(values):.3f}" if values else "—" for values in means)]]


def _numbers(rows: list[Row], collection: str, systems: list[str]) -> list[str]:
    found = {row["system"]: row["topics"] for row in rows if row["collection"] == collection}
    return [f"{min(found[name])} to {max(found[name])}" if name in found else "—" for name in systems]
