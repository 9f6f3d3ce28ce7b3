"""The results of `benchmarks.finding` and `benchmarks.spans` as Markdown."""

from statistics import mean

from benchmarks.common import TITLES, median
from benchmarks.markdown import Result, made_on, one_table, table

SYSTEMS = {"topickit": "topickit", "cosine": "cosine", "bm25": "BM25"}


def finding(result: Result) -> str:
    """Precision of found documents, and the time of a query."""
    rows = result["rows"]
    lines = [
        [
            TITLES.get(row["collection"], "arXiv titles"),
            f"{row['documents']:,}",
            str(row["queries"]),
            *(f"{row[system]:.3f}" for system in SYSTEMS),
            f"{row['topic']:.2f}",
        ]
        for row in rows
    ]
    means = [f"{mean(row[system] for row in rows):.3f}" for system in SYSTEMS]
    lines.append(["**mean**", "", "", *means, f"{mean(row['topic'] for row in rows):.2f}"])
    parts = [
        "## Search",
        "`python -m benchmarks.finding`. The names of classes are the queries; precision of the first ten documents, "
        "on the same MiniLM embeddings. *Topic*: share of the classes whose largest topic `find_topics` puts first.",
        made_on(result),
        table(["collection", "documents", "queries", *SYSTEMS.values(), "topic"], lines),
    ]
    if speed := result["speed"]:
        times = [[f"`{query}`", f"{median(all_):.2f}"] for query, all_ in speed["seconds"].items()]
        parts += [
            f"`find_documents` in a saved model of {speed['documents']:,} documents, loaded in "
            f"{speed['load_seconds']:.1f} s, without embedding the query; medians of nine calls, after a first one:",
            table(["query", "seconds"], times),
        ]
    return "\n\n".join(parts)


def spans(result: Result) -> str:
    """Named topics and found borders of two systems."""
    titles = {
        "topickit": "topickit",
        "bertopic": f"BERTopic {result['bertopic']}, `approximate_distribution`",
    }
    lines = [
        [
            titles[system],
            str(row["topics"]),
            *(f"{row[key]:.2f}" for key in ("both", "border", "best_cut")),
            f"{row['parts']:.1f}",
        ]
        for system, row in result["rows"].items()
    ]
    return one_table(
        "Several topics in a document",
        f"`python -m benchmarks.spans`. {result['pairs']} pairs of 20 Newsgroups posts of 4 to 12 sentences, joined. *Both*: "
        "the two largest shares are the topics of the two posts, as the system assigns them alone. *Border*: one of its "
        "borders is at most one sentence from the true one. *Best cut*: the single cut that agrees best with its topics of "
        "the sentences is.",
        result,
        ["system", "topics", "both", "border", "best cut", "parts a document"],
        lines,
    )
