"""`topickit search`."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topickit.cli.options import CacheFolder, Device, Model, NoCache, OutFile
from topickit.cli.reading import cache_folder
from topickit.cli.writing import FORMAT_DEFAULT, TableFormat, check_separate, choose_format, write_result

if TYPE_CHECKING:
    import polars as pl

TEXT_WIDTH = 100


def search(
    model: Model,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words or a text to look for.")],
    documents: Annotated[
        bool, typer.Option("--documents", help="Find documents instead of topics; needs a model with texts.")
    ] = False,
    topic: Annotated[
        str | None,
        typer.Option("--topic", metavar="TOPIC", help="Find documents of this topic only, by id or name."),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            min=1,
            metavar="N",
            help="Largest number of results.",
            show_default="5 topics, or 20 documents",
        ),
    ] = None,
    format: Annotated[
        TableFormat | None, typer.Option("--format", help="Output format.", show_default=FORMAT_DEFAULT)
    ] = None,
    out: OutFile = None,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
) -> None:
    """Find topics, or documents, of a saved model by a query.

    A line has the id of the topic (or the row of the document, from 0), a score,
    and its name and keywords (or the text). The best one comes first.
    """
    from topickit.model import TopicModel

    check_separate(out, model)
    loaded = TopicModel.load(model, device=device).set_params(cache=cache_folder(cache, no_cache))
    if documents or topic is not None:
        key: Any = int(topic) if topic is not None and topic.lstrip("-").isdigit() else topic
        frame = loaded.find_documents(query, topic=key, n=n or 20).to_polars()
    else:
        frame = loaded.find_topics(query, n=n or 5).to_polars()
    if frame.is_empty():
        typer.echo("topickit: nothing in the model has anything in common with the query", err=True)
    write_result(_written(frame, choose_format(format, out, TableFormat)), out)


def _written(frame: "pl.DataFrame", format: TableFormat) -> str:
    """Write a table of results in a format."""
    import polars as pl

    from topickit.report.exports import safe_cell

    if format is TableFormat.json:
        return json.dumps(frame.to_dicts(), indent=2, ensure_ascii=False)
    if format is TableFormat.text:
        return "\n".join(map(_line, frame.to_dicts()))
    frame = frame.with_columns(pl.col("score", "similarity").round(3))
    if "keywords" in frame.columns:
        frame = frame.with_columns(pl.col("keywords").list.join(", "))
    return frame.with_columns(pl.col(pl.String).map_elements(safe_cell, return_dtype=pl.String)).write_csv()


def _line(found: dict[str, Any]) -> str:
    """Write one result on a line, as the table of topics is written."""
    if "keywords" in found:
        words = " · ".join(found["keywords"])
        return f"{found['topic']:>4}  {found['score']:.2f}  {found['name']}: {words}"
    text = " ".join(found["document"].split())
    text = text if len(text) <= TEXT_WIDTH else f"{text[: TEXT_WIDTH - 1]}…"
    return (
        f"{found['row']:>7}  {found['score']:.2f}  {text}  [{found['topic']} {found['name'] or 'no topic'}]"
    )
