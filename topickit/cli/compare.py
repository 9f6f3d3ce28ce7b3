"""`topickit compare`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from topickit.cli.options import OutFile
from topickit.cli.writing import FormatOption, PlainFormat, check_separate, choose_format, write_result


def compare(
    a: Annotated[Path, typer.Argument(metavar="MODEL_A", help="Folder of a saved model.")],
    b: Annotated[
        Path,
        typer.Argument(metavar="MODEL_B", help="Folder of another one, of the same documents or others."),
    ],
    format: FormatOption = None,
    out: OutFile = None,
) -> None:
    """Compare the topics of two saved models."""
    from topickit.analysis.compare import compare as compare_fitted
    from topickit.model import TopicModel

    check_separate(out, a, b)
    comparison = compare_fitted(TopicModel.load(a).fitted_, TopicModel.load(b).fitted_)
    if choose_format(format, out, PlainFormat) is PlainFormat.json:
        write_result(json.dumps(comparison.to_dict(), indent=2, ensure_ascii=False), out)
    else:
        write_result(comparison.to_text(), out)
