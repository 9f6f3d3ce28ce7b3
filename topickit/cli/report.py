"""`topickit report`."""

from enum import StrEnum
from typing import Annotated

import typer

from topickit.cli.options import Model, OutFile
from topickit.cli.writing import FORMAT_DEFAULT, check_separate, choose_format, write_result


class ReportFormat(StrEnum):
    """Output formats of a report."""

    text = "text"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    html = "html"


def report(
    model: Model,
    format: Annotated[
        ReportFormat | None, typer.Option("--format", help="Output format.", show_default=FORMAT_DEFAULT)
    ] = None,
    out: OutFile = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Title of the report.")] = None,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="TEXT", help="Date of the report.", show_default="today"),
    ] = None,
    no_texts: Annotated[bool, typer.Option("--no-texts", help="Leave out the texts of documents.")] = False,
    spans: Annotated[
        bool,
        typer.Option("--spans", help="HTML: mark which part of a long document is about which topic."),
    ] = False,
) -> None:
    """Report the topics of a saved model."""
    from topickit.model import TopicModel

    check_separate(out, model)
    result = TopicModel.load(model).report(title, date=date, spans=spans and not no_texts)
    texts = not no_texts
    chosen = choose_format(format, out, ReportFormat)
    if chosen is ReportFormat.text:
        content = result.to_text(texts=texts, n_topics=None)
    else:
        content = getattr(result, f"to_{chosen.value}")(texts=texts)
    write_result(content, out)
