"""Arguments and options that several commands take."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Method(StrEnum):
    """Clusterers by name."""

    graph = "graph"
    kmeans = "kmeans"
    agglomerative = "agglomerative"
    community = "community"
    hdbscan = "hdbscan"


class FileFormat(StrEnum):
    """What a file of texts is."""

    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    parquet = "parquet"
    lines = "lines"


File = Annotated[str, typer.Argument(help="CSV, TSV, JSONL, Parquet or plain lines; - for standard input.")]
TextColumn = Annotated[str | None, typer.Option("--text", help="Column that holds the texts.")]
InFormat = Annotated[FileFormat | None, typer.Option("--input-format", help="Instead of the file's ending.")]
Vectors = Annotated[
    Path | None, typer.Option(help="Vectors of the texts (.npy, one row a text): no model runs.")
]
EmbedderName = Annotated[str, typer.Option(help="Model name or path, or 'lexical' (no model).")]
Seed = Annotated[int, typer.Option(help="Same texts, same seed: the same topics.")]
CacheFolder = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        envvar="TOPICKIT_CACHE",
        help="Folder of vectors kept between runs; if not given, in the user's cache folder.",
    ),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep no vectors, and use none that are kept.")]
