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
    say_foreign,
    say_missing,
    say_unlike,
)
from topickit.errors import InputError


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
    similarity: Annotated[
        bool, typer.Option("--similarity", help="Write how like its topic each row is: a cosine, at most 1.")
    ] = False,
    input_format: InFormat = None,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
) -> None:
    """Give the topic of each text of a file, as CSV: row (the first is 0), topic, name."""
    from topickit.model import TopicModel

    keep_apart(out, file, vectors, model)
    if similarity and "similarity" in (keep or ()):
        raise InputError("--keep similarity would stand there twice: rename that column")
    loaded = TopicModel.load(model, device=device).set_params(cache=cache_folder(cache, no_cache))
    texts, kept = read_kept(file, text, keep, input_format)
    documents, found = loaded._vectors(texts, load_vectors(vectors))
    assigner = loaded.fitted_.assigner
    labels = documents.per_row(assigner.labels(found), -1)
    near = documents.per_row(assigner.similarity(found), 0)
    say_missing(texts)
    say_unlike(labels, n_missing(texts))
    say_foreign(near, labels, loaded.fitted_.notes.get("usual_similarity"))
    emit(labels_csv(loaded, labels, {"similarity": near.round(3), **kept} if similarity else kept), out)
