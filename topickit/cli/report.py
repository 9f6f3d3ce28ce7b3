"""`topickit report`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from topickit.cli.options import OutFile
from topickit.cli.reading import emit, format_of, keep_apart


class ReportFormat(StrEnum):
    """What a report is written as."""

    text = "text"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    html = "html"


def report(
    model: Annotated[Path, typer.Argument(help="A saved model.")],
    format: Annotated[
        ReportFormat | None,
        typer.Option("--format", help="What to write; what the name of --out says, else text."),
    ] = None,
    out: OutFile = None,
    no_texts: Annotated[bool, typer.Option("--no-texts", help="Leave out all document text.")] = False,
) -> None:
    """Describe a saved model."""
    from topickit.model import TopicModel

    keep_apart(out, model)
    made = TopicModel.load(model).report()
    texts = not no_texts
    content = {
        ReportFormat.text: lambda: made.to_text(texts=texts, n_topics=None),
        ReportFormat.json: lambda: made.to_json(texts=texts),
        ReportFormat.csv: lambda: made.to_csv(texts=texts),
        ReportFormat.markdown: lambda: made.to_markdown(texts=texts),
        ReportFormat.html: lambda: made.to_html(texts=texts),
    }[format_of(format, out, ReportFormat)]()
    emit(content, out)
