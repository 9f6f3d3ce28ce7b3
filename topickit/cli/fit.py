"""`topickit fit`."""

from pathlib import Path
from typing import Annotated

import typer

from topickit.cli.options import EmbedderName, File, InFormat, Method, Seed, TextColumn, Vectors
from topickit.cli.reading import labels_csv, load_vectors, read_column
from topickit.files import write_atomic


def fit(
    file: File,
    out: Annotated[Path, typer.Option(help="Folder for the model.")],
    text: TextColumn = None,
    clusterer: Annotated[Method, typer.Option(help="How topics are found.")] = Method.graph,
    n_topics: Annotated[int | None, typer.Option(min=1, help="How many topics; found if not given.")] = None,
    outliers: Annotated[float | None, typer.Option(min=0, max=0.99, help="Largest share left out.")] = None,
    embedder: EmbedderName = "all-MiniLM-L6-v2",
    vectors: Vectors = None,
    fit_sample: Annotated[
        int | None, typer.Option(min=0, help="Documents to find topics on; 0 for all, else what serves.")
    ] = None,
    long_documents: Annotated[str, typer.Option(help="truncate or chunk.")] = "truncate",
    keep_texts: Annotated[bool, typer.Option("--keep-texts", help="Keep the texts in the model.")] = False,
    labels: Annotated[Path | None, typer.Option(help="CSV for the topic of each row.")] = None,
    input_format: InFormat = None,
    random_state: Seed = 0,
) -> None:
    """Find the topics of a file of texts, and save the model."""
    from topickit.model import TopicModel

    texts = read_column(file, text, input_format)
    model = TopicModel(
        embedder=embedder,
        clusterer=clusterer.value,
        n_topics=n_topics,
        outliers=outliers,
        fit_sample="auto" if fit_sample is None else fit_sample or None,
        long_documents=long_documents,  # type: ignore[arg-type]
        random_state=random_state,
    )
    model.fit(texts, embeddings=load_vectors(vectors, len(texts)))
    model.save(out, documents=keep_texts)
    if labels is not None:
        write_atomic(labels, labels_csv(model, model.labels_))
    typer.echo(str(model.report()))
    typer.echo(f"\nModel: {out}")
