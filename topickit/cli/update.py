"""`topickit update`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from topickit.cli.options import (
    CacheFolder,
    Embeddings,
    Encoding,
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
from topickit.cli.writing import PlainFormat


def update(
    model: Model,
    file: File,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder of the updated model.")],
    text: TextColumn = None,
    embeddings: Embeddings = None,
    timestamps: Annotated[
        str | None, typer.Option("--timestamps", "--time", metavar="COLUMN", help="Column of timestamps.")
    ] = None,
    classes: Annotated[
        str | None, typer.Option("--classes", "--by", metavar="COLUMN", help="Column of classes.")
    ] = None,
    format: Annotated[PlainFormat, typer.Option("--format", help="Output format.")] = PlainFormat.text,
    input_format: InFormat = None,
    encoding: Encoding = None,
    no_header: NoHeader = False,
    missing: Missing = MissingTexts.blank,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
) -> None:
    """Add the texts in a file to a saved model, find new topics, and say what changed.

    Topics keep their ids and names. The updated model is saved with its texts
    if MODEL has them. MODEL itself stays as it is.
    """
    from topickit.model import TopicModel
    from topickit.storage import check_folder

    check_folder(out)
    loaded = TopicModel.load(model).set_params(cache=cache_folder(cache, no_cache))
    read = read_file(
        file,
        text,
        embeddings=embeddings,
        missing=missing,
        file_format=input_format,
        encoding=encoding,
        header=not no_header,
        covariates=(timestamps, classes),
    )
    times, class_names = read.covariates
    later = loaded.updated(read.texts, read.embeddings, timestamps=times, classes=class_names)
    report_blank(read.texts)
    later.save(out, keep_texts=later.fitted_.corpus is not None)
    change = later.change_
    if change is not None:
        typer.echo(
            json.dumps(change.to_dict(), indent=2, ensure_ascii=False)
            if format is PlainFormat.json
            else change.to_text()
        )
    typer.echo(f"\nModel saved to {out}", err=True)
