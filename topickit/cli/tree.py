"""`topickit tree`."""

from enum import StrEnum
from typing import Annotated

import typer

from topickit.cli.options import Model, OutFile
from topickit.cli.writing import FORMAT_DEFAULT, check_separate, choose_format, write_result
from topickit.errors import ParameterError


class TreeFormat(StrEnum):
    """Output formats of a tree."""

    text = "text"
    json = "json"
    csv = "csv"


def tree(
    model: Model,
    levels: Annotated[
        str | None,
        typer.Option(
            "--levels",
            metavar="N,N",
            help="Numbers of topics, such as 5,20.",
            show_default="levels that suit the corpus",
        ),
    ] = None,
    documents: Annotated[
        bool,
        typer.Option("--documents", help="Write CSV with the topic of each document at each level instead."),
    ] = False,
    format: Annotated[
        TreeFormat | None, typer.Option("--format", help="Output format.", show_default=FORMAT_DEFAULT)
    ] = None,
    out: OutFile = None,
) -> None:
    """Show the topics of a saved model at several levels, with their parts beneath them."""
    import polars as pl

    from topickit.model import TopicModel
    from topickit.report.exports import safe_cell

    check_separate(out, model)
    chosen = choose_format(format, out, TreeFormat)
    if documents and TreeFormat.json in (format, chosen):
        raise ParameterError("--documents writes CSV only; leave out --format, or choose another extension")
    found = TopicModel.load(model).tree(_numbers(levels))
    if documents or chosen is TreeFormat.csv:
        frame = found.documents() if documents else found.to_polars()
        if not documents:
            frame = frame.with_columns(
                pl.col("keywords", "children").cast(pl.List(pl.String)).list.join("; ")
            )
        texts = [name for name, kind in frame.schema.items() if kind == pl.String]
        frame = frame.with_columns(pl.col(texts).map_elements(safe_cell, return_dtype=pl.String))
        write_result(frame.write_csv(), out)
    elif chosen is TreeFormat.json:
        write_result(found.to_json(), out)
    else:
        write_result(str(found), out)


def _numbers(levels: str | None) -> list[int] | None:
    """Read numbers that are separated by commas."""
    if levels is None:
        return None
    try:
        return [int(number) for number in levels.split(",")]
    except ValueError:
        raise ParameterError(
            f"--levels must be numbers separated by commas, such as 5,20; got {levels!r}"
        ) from None
