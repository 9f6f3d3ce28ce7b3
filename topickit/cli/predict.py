"""`topickit predict`."""

from pathlib import Path
from typing import Annotated

import typer

from topickit.cli.options import CacheFolder, Device, File, InFormat, NoCache, OutFile, TextColumn, Vectors
from topickit.cli.reading import (
    cache_folder,
    emit,
    keep_apart,
    labels_csv,
    load_vectors,
    n_missing,
    read_kept,
    say_missing,
    say_unlike,
)


def predict(
    model: Annotated[Path, typer.Argument(help="A saved model.")],
    file: File,
    text: TextColumn = None,
    vectors: Vectors = None,
    out: OutFile = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="COLUMN", help="Column to write, too, such as an id; repeatable."),
    ] = None,
    input_format: InFormat = None,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
) -> None:
    """Give the topic of each text of a file, as CSV: row (the first is 0), topic, name."""
    from topickit.model import TopicModel

    keep_apart(out, file, vectors, model)
    loaded = TopicModel.load(model, device=device).set_params(cache=cache_folder(cache, no_cache))
    texts, kept = read_kept(file, text, keep, input_format)
    labels = loaded.predict(texts, embeddings=load_vectors(vectors))
    say_missing(texts)
    say_unlike(labels, n_missing(texts))
    emit(labels_csv(loaded, labels, kept), out)
