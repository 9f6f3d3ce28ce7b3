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
    say_missing,
    say_unlike,
    stream_column,
)


def predict(
    model: Annotated[Path, typer.Argument(help="A saved model.")],
    file: File,
    text: TextColumn = None,
    vectors: Vectors = None,
    out: OutFile = None,
    input_format: InFormat = None,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
) -> None:
    """Give the topic of each text of a file, as CSV: row, topic, name."""
    from topickit.model import TopicModel

    keep_apart(out, file, vectors, model)
    loaded = TopicModel.load(model, device=device).set_params(cache=cache_folder(cache, no_cache))
    texts = stream_column(file, text, input_format)
    labels = loaded.predict(texts, embeddings=load_vectors(vectors))
    say_missing(texts)
    say_unlike(labels, texts.n_missing)
    emit(labels_csv(loaded, labels), out)
