"""`topickit compare`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from topickit.cli.options import OutFile
from topickit.cli.reading import emit, format_of, keep_apart


class PlainFormat(StrEnum):
    """What numbers are written as."""

    text = "text"
    json = "json"


FormatOption = Annotated[
    PlainFormat | None,
    typer.Option("--format", help="What to write; what the name of --out says, else text."),
]


def compare(
    a: Annotated[Path, typer.Argument(help="A saved model.")],
    b: Annotated[Path, typer.Argument(help="Another saved model, of the same documents or of others.")],
    format: FormatOption = None,
    out: OutFile = None,
) -> None:
    """Compare two saved models: which topics are the same, and what moved."""
    from topickit.analysis.compare import compare as compared
    from topickit.model import TopicModel

    keep_apart(out, a, b)
    found = compared(TopicModel.load(a).fitted_, TopicModel.load(b).fitted_)
    as_json = format_of(format, out, PlainFormat) is PlainFormat.json
    emit(json.dumps(found.to_dict(), indent=2, ensure_ascii=False) if as_json else found.to_text(), out)
