"""The scale benchmark's results as Markdown."""

import math
import statistics
from collections.abc import Mapping
from typing import Any

from benchmarks.markdown import Result, made_on, table

Row = Mapping[str, Any]
SCALE_COLUMNS = ["documents", "seconds", "MiB", "not in files", "bytes per document"]
SCALE_COLUMNS += ["topics", "NMI", "full NMI", "ARI"]
LONG_EXPLAINED = (
    "`python -m benchmarks.scale --long`. Each post joins the first half of a post of 20 Newsgroups and the second half of another "
    "one of its group. Texts above 256 MiB, tokens and counts lie in temporary files. NMI and ARI are against the groups."
)


def section(result: Result) -> str:
    """From a file of texts to topics and labels, by number of documents."""
    rows = result["topickit"]
    parts = [
        "## Scale",
        "`python -m benchmarks.scale`. From a Parquet file of raw texts to a saved model and a label per row, with "
        '`embedder="distilled"`. Times are of the whole process, with imports. Up to 300,000 documents are arXiv titles; a million '
        "are arXiv, Quora and StackOverflow titles, and titles recombined from two of a class. Words are counted in parallel with "
        "the search for topics. *MiB*: peak memory; *not in files*: the part not backed by a file. *NMI*: with the categories of "
        "the arXiv titles that have transformer embeddings; *full NMI*: of a fit on these embeddings in memory; *ARI*: of one "
        f"against the other. The transformer ran in {rows[0].get('precision', 'float32')}. bfloat16, the default where a processor "
        "supports it, reduces the time of *Embedding* to about two thirds.",
        *([f"*{result['note']}*"] if result.get("note") else []),
        made_on(result),
        table(["stage, seconds", *(f"{row['n']:,}" for row in rows), "exponent"], by_stage(rows)),
        *memory_table(rows),
        table(SCALE_COLUMNS, list(map(scale_line, rows))),
    ]
    for key in sorted(key for key in result if key.startswith("sample_")):
        size = int(key.removeprefix("sample_"))
        parts += [
            f"### With `DistilledEmbedder(sample={size})`",
            f"`python -m benchmarks.scale --sample {size}`. The transformer embeds {size:,} documents. (The default is 2,500, or 5,000 where 2,500 are too few.)",
            table(SCALE_COLUMNS, list(map(scale_line, result[key]))),
        ]
    if result.get("long"):
        parts += ["### Posts", LONG_EXPLAINED, *long_tables(result["long"])]
    if result.get("bertopic"):
        columns = ["documents", "seconds", "of which embedding", "MiB", "topics", "outliers", "measured"]
        peers = list(map(bertopic_line, result["bertopic"]))
        limits = "`python -m benchmarks.scale --bertopic`, limited to 60 minutes and 20 GiB."
        parts += ["### BERTopic, default, on the same texts", limits, table(columns, peers)]
    return "\n\n".join(parts)


def by_stage(rows: list[Row]) -> list[list[str]]:
    """Seconds of each stage and of the whole, by size."""
    names = list(dict.fromkeys(name for row in rows for name, _ in row["stages"]))
    spent = {name: [sum(s for other, s in row["stages"] if other == name) for row in rows] for name in names}
    spent["**whole process**"] = [row["seconds"] for row in rows]
    sizes = [row["n"] for row in rows]
    return [
        [name, *(f"{value:.1f}" for value in values), exponent(sizes, values)]
        for name, values in spent.items()
    ]


def memory_table(rows: list[Row]) -> list[str]:
    """Peak of memory while each stage ran, where it was measured."""
    if any("stage_mib" not in row for row in rows):
        return []
    names = list(dict.fromkeys(name for row in rows for name, _ in row["stages"]))
    sizes, lines = [row["n"] for row in rows], []
    for stage in names:
        peaks = [
            max(
                (m for (name, _), m in zip(row["stages"], row["stage_mib"], strict=True) if name == stage),
                default=0.0,
            )
            for row in rows
        ]
        lines.append([stage, *(f"{peak:,.0f}" if peak else "—" for peak in peaks), exponent(sizes, peaks)])
    return [table(["stage, peak MiB", *(f"{n:,}" for n in sizes), "exponent"], lines)]


def scale_line(row: Row) -> list[str]:
    """One size of short texts."""
    return [
        f"{row['n']:,}",
        f"{row['seconds']:.0f}",
        f"{row['peak_mib']:,.0f}",
        f"{row['anonymous_mib']:,.0f}",
        f"{row['peak_mib'] * 2**20 / row['n']:,.0f}",
        str(row["topics"]),
        f"{row['nmi']:.3f}",
        f"{row['full_nmi']:.3f}",
        f"{row['same_ari']:.2f}",
    ]


def long_tables(rows: list[Row]) -> list[str]:
    """Seconds by stage, and memory, of long texts."""
    lines = [
        [
            f"{row['n']:,}",
            f"{row['text_mib']:,.0f}",
            f"{row['seconds']:.0f}",
            f"{row['peak_mib']:,.0f}",
            f"{row['anonymous_mib']:,.0f}",
            str(row["topics"]),
            f"{row['nmi']:.3f}",
            f"{row['ari']:.3f}",
        ]
        for row in rows
    ]
    columns = ["posts", "MiB of text", "seconds", "MiB", "not in files", "topics", "NMI", "ARI"]
    head = ["stage, seconds", *(f"{row['n']:,}" for row in rows), "exponent"]
    return [table(head, by_stage(rows)), table(columns, lines)]


def bertopic_line(row: Row) -> list[str]:
    """One size of the peer."""
    if "error" in row:
        return [f"{row['n']:,}", f"failed: {row['error']}", *["—"] * 4, row.get("day", "before")]
    return [
        f"{row['n']:,}",
        f"{row['seconds']:.0f}",
        f"{row['embedding_seconds']:.0f}",
        f"{row['peak_mib']:,.0f}",
        str(row["topics"]),
        f"{row['outliers']:.1%}",
        row.get("day", "before"),
    ]


def exponent(sizes: list[int], seconds: list[float]) -> str:
    """How time or memory grows with size: the slope between logarithms, over what takes a tenth of a second or more."""
    points = [(math.log(n), math.log(s)) for n, s in zip(sizes, seconds, strict=True) if s >= 0.1]
    if len(points) < 2:
        return "—"
    return f"{statistics.linear_regression(*zip(*points, strict=True)).slope:.2f}"
