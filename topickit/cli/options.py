"""Arguments and options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from topickit._core.atomic import check_target


def _plain_flags(params: list[Any]) -> list[Any]:
    """Remove the type of options without a value: typer's help would show ``--dry-run <bool>``."""
    for param in params:
        if getattr(param, "is_flag", False) and param.metavar is None:
            param.metavar = ""
    return params


class Command(TyperCommand):
    """A command whose help shows flags without a type."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, --help last."""
        return _plain_flags(super().get_params(ctx))


class CommandGroup(TyperGroup):
    """A group of commands whose help shows flags without a type."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, --help last."""
        return _plain_flags(super().get_params(ctx))


def _check_writable(path: Path | None) -> Path | None:
    """Report a result file that cannot be written before the work starts."""
    return None if path is None else check_target(path)


class ClustererName(StrEnum):
    """Clusterers by name."""

    graph = "graph"
    kmeans = "kmeans"
    agglomerative = "agglomerative"
    community = "community"
    hdbscan = "hdbscan"


class FileFormat(StrEnum):
    """Formats of input files."""

    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    parquet = "parquet"
    xlsx = "xlsx"
    lines = "lines"


class MissingTexts(StrEnum):
    """What to do with rows without text."""

    blank = "blank"
    drop = "drop"
    error = "error"


class Engine(StrEnum):
    """Where a command works."""

    local = "local"
    ray = "ray"


class LongDocuments(StrEnum):
    """How documents beyond the model's maximum length are embedded."""

    truncate = "truncate"
    chunk = "chunk"


def _one_of(names: type[StrEnum]) -> str:
    """List names for help: in the text of an option, where the narrow column of values cannot hold them."""
    *most, last = names
    return f"{', '.join(most)} or {last}"


Clusterer = Annotated[
    ClustererName,
    typer.Option(metavar="NAME", help=f"Clustering algorithm: {_one_of(ClustererName)}."),
]
File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="CSV, TSV, JSON lines, Parquet, Excel, or plain text with one document per line. Standard "
        "input: -",
    ),
]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a saved model.")]
TextColumn = Annotated[
    str | None,
    typer.Option(
        "--text",
        metavar="COLUMN",
        help="Column of the texts.",
        show_default="'text', or the only text column",
    ),
]
InFormat = Annotated[
    FileFormat | None,
    typer.Option(
        "--input-format",
        metavar="FORMAT",
        help=f"Format of FILE: {_one_of(FileFormat)}.",
        show_default="from the file extension",
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="Encoding of FILE, such as cp1252.",
        show_default="UTF-8, or by the byte order mark",
    ),
]
NoHeader = Annotated[
    bool,
    typer.Option("--no-header", help="The CSV file has no header; its columns are column_1, column_2, …"),
]
Missing = Annotated[
    MissingTexts,
    typer.Option(
        "--missing",
        metavar="WHAT",
        help="Rows without text: blank gives them topic -1, drop leaves them out, error refuses the file.",
    ),
]
Embeddings = Annotated[
    Path | None,
    typer.Option(
        "--embeddings",
        metavar="FILE",
        help="Precomputed embeddings: a .npy file with one row per document. No model is run.",
    ),
]
OutFile = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        callback=_check_writable,
        help="Output file.",
        show_default="standard output",
    ),
]
EngineName = Annotated[
    Engine,
    typer.Option(
        help="Work in this process, or with Ray, on all processors or on a cluster. With ray, FILE is a "
        "Parquet file, a folder, or a quoted pattern such as 'folder/*.parquet', and --embeddings names a "
        "column of vectors.",
    ),
]
RayLimit = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="With --engine ray: most rows that the driver holds. Of more, topics are found in a sample, and "
        "all rows are counted.",
        show_default="1000000",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Address of a Ray cluster, such as auto or host:6379.",
        show_default="start Ray on this machine",
    ),
]
EmbedderName = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="'auto' (by the languages and the size of the corpus), name or path of a sentence-transformers "
        "model, 'lexical' (TF-IDF, needs no model), 'hybrid' (model and TF-IDF), or 'distilled' (fast, for "
        "large collections of short texts).",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="DEVICE",
        help="Torch device, such as cuda, for embedding, nearest neighbors and assignment.",
        show_default="GPU for the model if there is one, CPU for the rest",
    ),
]
Seed = Annotated[
    int,
    typer.Option(min=0, metavar="SEED", help="Random seed. The same texts and seed give the same result."),
]
CacheFolder = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        metavar="FOLDER",
        envvar="TOPICKIT_CACHE",
        help="Folder of the embedding cache.",
        show_default="'topickit' in the user's cache folder",
    ),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Do not use the embedding cache: neither read nor save embeddings.")
]
