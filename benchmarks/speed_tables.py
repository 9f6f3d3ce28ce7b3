"""The tables of `benchmarks.speed`."""

from benchmarks.common import TITLES, median
from benchmarks.markdown import Result, made_on, table
from benchmarks.peers.systems import SYSTEMS

LARGE = {"arxiv_titles_100000": "arXiv titles", "arxiv_titles_300000": "arXiv titles"}


def title_of(collection: str) -> str:
    """Name a collection in a table."""
    return TITLES.get(collection) or LARGE[collection]


def speed(result: Result) -> str:
    """Compare the seconds of topickit and BERTopic, and list topickit's stages."""
    rows = [
        [
            title_of(row["collection"]) if system == "topickit" else "",
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
    columns = ["collection", "documents", "system", "seconds", "CPU s", "speedup"]
    return "\n\n".join(
        [
            "## Speed with precomputed embeddings",
            "`python -m benchmarks.speed`. Default fits of both systems, alternately, each in its own process. Times "
            "include keywords (and topickit's stability) and exclude imports and compilation. Seconds are medians of "
            f"{len(result['rows'][0]['topickit'])} runs (BERTopic on arXiv titles: one run), and the speedup is their "
            "ratio. Topics, ARI and c_npmi are of the first runs. The arXiv titles have the embeddings of the "
            "distilled embedder.",
            made_on(result),
            table([*columns, "topics", "ARI", "c_npmi"], rows),
            *stages(result),
        ]
    )


def stages(result: Result) -> list[str]:
    """List the processor seconds of each stage of topickit's fit."""
    measured = [row for row in result["rows"] if "stages" in row]
    if not measured:
        return []
    names = list(dict.fromkeys(name for row in measured for name in row["stages"]))
    rows = [
        [
            title_of(row["collection"]),
            f"{row['rows']:,}",
            *(f"{row['stages'].get(name, 0.0):.2f}" for name in names),
            f"{sum(row['stages'].values()):.2f}",
        ]
        for row in measured
    ]
    return [
        "### CPU seconds by stage",
        "Of topickit's fits, medians, with the stages one after the other; otherwise words are counted while topics "
        "are searched for. Waiting threads of linear algebra count, too.",
        table(["collection", "documents", *(name.lower() for name in names), "all"], rows),
    ]
