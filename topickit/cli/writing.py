"""Writing results: to standard output or a file, in the format that its name implies."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from topickit._core.atomic import write_atomic
from topickit.errors import InputError, ParameterError

if TYPE_CHECKING:
    from topickit.model import TopicModel

F = TypeVar("F", bound=StrEnum)
_OTHER_FORMATS = frozenset(
    ("csv", "tsv", "json", "html", "markdown", "parquet", "xlsx", "xls", "ods", "pdf", "docx")
)


class PlainFormat(StrEnum):
    """Output formats of results without a table or page of their own."""

    text = "text"
    json = "json"


class TableFormat(StrEnum):
    """Output formats of a table of results."""

    text = "text"
    json = "json"
    csv = "csv"


class HtmlFormat(StrEnum):
    """Output format of the report of `topickit fit`."""

    html = "html"


LABEL_COLUMNS = {
    "row", "topic", "name", "similarity", "probability", "representative", "timestamp", "class"
}  # fmt: skip
"""Columns of `documents_csv`, besides those of the input file."""
FORMAT_DEFAULT = "from the extension of --out, else text"
FormatOption = Annotated[
    PlainFormat | None, typer.Option("--format", help="Output format.", show_default=FORMAT_DEFAULT)
]


def check_separate(out: Path | None, *sources: str | Path | None) -> None:
    """Refuse to overwrite an input file, or to write into the folder of a model."""
    if out is None:
        return
    target = out.resolve()
    for source in (Path(source) for source in sources if source is not None):
        if target == source.resolve():
            raise InputError(f"{out} is an input and would be overwritten; choose another output file")
        if source.is_dir() and source.resolve() in target.parents:
            raise InputError(f"{out} is in the folder of the model {source}; choose another output file")


def choose_format(requested: F | None, out: Path | None, formats: type[F]) -> F:
    """Return the requested format, else that of the file extension, else the first one."""
    if requested is not None:
        return requested
    extension = "" if out is None else out.suffix.lower().lstrip(".")
    extension = {"md": "markdown", "htm": "html"}.get(extension, extension)
    if extension in _OTHER_FORMATS and extension not in set(formats):
        raise ParameterError(
            f"cannot write {extension}: {out}; choose another extension, or set --format to one of "
            f"{', '.join(formats)}"
        )
    return next((format for format in formats if format == extension), next(iter(formats)))


def write_result(content: str, out: Path | None) -> None:
    """Print the content, or write it to a file."""
    if out is None:
        typer.echo(content, nl=not content.endswith("\n"))
    else:
        write_atomic(out, content)


def labels_csv(
    model: "TopicModel",
    labels: Any,
    kept: dict[str, list[Any]] | None = None,
    rows: list[int] | None = None,
) -> str:
    """Return CSV with the topic of each row, and columns of the input file.

    `rows` are the rows of the labels in the file; None for all.
    """
    import polars as pl

    from topickit.report.exports import safe_cell

    names = {-1: "", **{topic.id: safe_cell(topic.name) for topic in model.topics_}}
    frame = pl.DataFrame(
        {
            "row": range(len(labels)) if rows is None else rows,
            "topic": labels,
            "name": [names[int(label)] for label in labels],
            **{name: pl.Series(values, strict=False) for name, values in (kept or {}).items()},
        }
    )
    return frame.write_csv()


def documents_csv(model: "TopicModel", kept: dict[str, list[Any]], rows: list[int] | None = None) -> str:
    """Return CSV with topic and similarity of each fitted row, and columns of the input file.

    `rows` are the fitted rows of the file; None for all.
    """
    import polars as pl

    from topickit.report.exports import safe_cell

    frame = model.document_info().drop("document")
    if rows is not None:
        frame = frame.with_columns(pl.Series("row", rows, frame.schema["row"]))
    texts = [column for column in ("name", "class") if column in frame.columns]
    frame = frame.with_columns(pl.col(texts).map_elements(safe_cell, return_dtype=pl.String))
    frame = frame.with_columns(
        pl.col("similarity", "probability").round(3),
        *(pl.Series(name, values, strict=False) for name, values in kept.items()),
    )
    return frame.write_csv()
