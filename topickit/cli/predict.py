"""`topickit predict`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topickit._core.atomic import check_target
from topickit.cli.on_ray import predict_on_ray, refuse_options
from topickit.cli.options import (
    Address,
    CacheFolder,
    Device,
    Embeddings,
    Encoding,
    Engine,
    EngineName,
    File,
    InFormat,
    Missing,
    MissingTexts,
    Model,
    NoCache,
    NoHeader,
    TextColumn,
)
from topickit.cli.reading import cache_folder, read_file, report_blank
from topickit.cli.writing import check_separate, labels_csv, write_result
from topickit.errors import ParameterError

if TYPE_CHECKING:
    from topickit.analysis.new_documents import NewDocuments
    from topickit.analysis.spans import Spans

FEWEST_ROWS = 20
FOREIGN_SHARE = 1 / 3
"""Of other rows of one corpus, 1 to 9 % are below its 5th percentile of similarity; of another corpus 46 to
100 %."""


def predict(
    model: Model,
    file: File,
    text: TextColumn = None,
    embeddings: Embeddings = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Output file; with --engine ray, a new folder of Parquet files.",
            show_default="standard output",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep", metavar="COLUMN", help="Column to copy to the output, such as an id; repeatable."
        ),
    ] = None,
    similarity: Annotated[
        bool,
        typer.Option("--similarity", help="Add the cosine similarity of each document to its topic."),
    ] = False,
    spans: Annotated[
        bool,
        typer.Option(
            "--spans",
            help="Write a row for each part of a document that is about one topic, with its place and text.",
        ),
    ] = False,
    input_format: InFormat = None,
    encoding: Encoding = None,
    no_header: NoHeader = False,
    missing: Missing = MissingTexts.blank,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
    engine: EngineName = Engine.local,
    address: Address = None,
) -> None:
    """Assign each text in a file to a topic of a saved model.

    The output is CSV with the columns row (from 0), topic (-1 for none) and
    name; with --spans, also start, end (in characters, from 0) and text. A
    blank document has no spans. With --engine ray, it is a folder of Parquet
    files with the columns file, row, topic, name and similarity.
    """
    from topickit.analysis.new_documents import new_documents
    from topickit.model import TopicModel

    if engine is Engine.ray:
        refuse_options({"--spans": spans, "--input-format": input_format, "--encoding": encoding,
                        "--no-header": no_header})  # fmt: skip
        predict_on_ray(
            model,
            file,
            text or "text",
            embeddings=None if embeddings is None else str(embeddings),
            out=out,
            keep=keep or [],
            missing=missing,
            cache=cache_folder(cache, no_cache),
            device=device,
            address=address,
        )
        return
    if address is not None:
        raise ParameterError("--address needs --engine ray")
    if out is not None:
        check_target(out)
    if spans and embeddings is not None:
        raise ParameterError("--spans embeds the sentences of the texts; leave out --embeddings")
    check_separate(out, file, embeddings, model)
    loaded = TopicModel.load(model, device=device).set_params(cache=cache_folder(cache, no_cache))
    reserved = {"row", "topic", "name"} | ({"similarity"} if similarity else set())
    reserved |= {"start", "end", "text"} if spans else set()
    read = read_file(
        file,
        text,
        embeddings=embeddings,
        missing=missing,
        file_format=input_format,
        encoding=encoding,
        header=not no_header,
        keep=keep or (),
        reserved=reserved,
    )
    texts, kept, rows = read.texts, read.kept, read.rows
    if spans:
        report_blank(texts)
        write_result(_spans_csv(loaded.spans(texts), similarity, kept, rows), out)
        return
    documents, vectors = loaded._vectors(texts, read.embeddings)
    assigned = loaded.fitted_.assigner.assign(vectors, probabilities=False)
    assignment = assigned.per_row(documents, loaded.topics_)
    labels, cosines = assignment.labels, assignment.similarity
    report_blank(texts)
    _report_outliers(labels, documents.n_blank)
    _report_changes(new_documents(loaded.fitted_, documents, assignment))
    columns = {"similarity": cosines.round(3), **kept} if similarity else kept
    write_result(labels_csv(loaded, labels, columns, rows), out)


def _spans_csv(found: "Spans", similarity: bool, kept: dict[str, list[Any]], rows: list[int] | None) -> str:
    """Write the parts of documents as CSV, with columns of the input file; `rows` as in `labels_csv`."""
    import polars as pl

    from topickit.report.exports import safe_cell

    documents = found.documents.tolist()
    frame = found.to_polars().rename({"document": "row"})
    frame = frame.select("row", "start", "end", "topic", "name", *(["similarity"] * similarity), "text")
    frame = frame.with_columns(
        pl.col("name").fill_null(""), *([pl.col("similarity").round(3)] if similarity else [])
    )
    frame = frame.with_columns(pl.col("name", "text").map_elements(safe_cell, return_dtype=pl.String))
    if rows is not None:
        frame = frame.with_columns(pl.Series("row", [rows[document] for document in documents], pl.Int64))
    columns = {name: [values[document] for document in documents] for name, values in kept.items()}
    return frame.with_columns(
        pl.Series(name, values, strict=False) for name, values in columns.items()
    ).write_csv()


def _report_outliers(labels: Any, n_blank: int) -> None:
    """Report rows with a text but no topic: a growing number shows that the corpus changes."""
    if n := int((labels < 0).sum()) - n_blank:
        typer.echo(
            f"{n:,} of {len(labels):,} rows are in no topic: they are not similar to any topic, or have no "
            "word that the model knows.",
            err=True,
        )


def _report_changes(result: "NewDocuments") -> None:
    """Report changes of shares, and rows that fit badly; say so if they are far more than 5%."""
    if result.n_documents < FEWEST_ROWS:
        return
    if text := result.to_text():
        typer.echo(text, err=True)
    if (result.n_unlike or 0) > FOREIGN_SHARE * result.n_documents:
        typer.echo(
            "The texts may be about other subjects or in another language; consider fitting a model to them.",
            err=True,
        )
