"""Arguments and options that several commands take."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from topickit._core.atomic import check_target


def _plain_flags(params: list[Any]) -> list[Any]:
    """Take the type off options that have no value: typer's help would write ``--dry-run <bool>``."""
    for param in params:
        if getattr(param, "is_flag", False) and param.metavar is None:
            param.metavar = ""
    return params


class Command(TyperCommand):
    """A command whose help shows flags, its own --help among them, as they are written."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Give the parameters, --help last."""
        return _plain_flags(super().get_params(ctx))


class CommandGroup(TyperGroup):
    """The same of a group of commands."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Give the parameters, --help last."""
        return _plain_flags(super().get_params(ctx))


def _writable(path: Path | None) -> Path | None:
    """Say before the work, not after it, that its result cannot be written."""
    return None if path is None else check_target(path)


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


METHODS, _FORMATS = (f"<{' | '.join(names)}>" for names in (Method, FileFormat))
"""As help shows them: a line ends between two names, not within one."""
File = Annotated[str, typer.Argument(help="CSV, TSV, JSONL, Parquet or plain lines; - for standard input.")]
TextColumn = Annotated[str | None, typer.Option("--text", help="Column that holds the texts.")]
InFormat = Annotated[
    FileFormat | None,
    typer.Option("--input-format", metavar=_FORMATS, help="Instead of the file's ending."),
]
Vectors = Annotated[
    Path | None, typer.Option(help="Vectors of the texts (.npy, one row a text): no model runs.")
]
OutFile = Annotated[
    Path | None,
    typer.Option("--out", callback=_writable, help="File to write, instead of standard output."),
]
LabelsFile = Annotated[Path | None, typer.Option("--labels", help="CSV for the topic of each row.")]
EmbedderName = Annotated[
    str, typer.Option(help="Model name or path; 'hybrid', 'distilled'; 'lexical' (no model).")
]
Device = Annotated[
    str | None, typer.Option(help="Torch device, such as cuda, for models, neighbours and assigning.")
]
Seed = Annotated[int, typer.Option(min=0, help="Same texts, same seed: the same topics.")]
CacheFolder = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        envvar="TOPICKIT_CACHE",
        help="Folder of vectors kept between runs; if not given, in the user's cache folder.",
    ),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep no vectors, and use none that are kept.")]
