"""`topickit merge`."""

from pathlib import Path
from typing import Annotated

import typer

from topickit._core.display import plural


def merge(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL MODEL…", help="Folders of saved models.")],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder of the merged model.")],
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Name of a model; give one per model, in their order.",
            show_default="names of the folders",
        ),
    ] = None,
) -> None:
    """Merge saved models that were fitted apart on the same embedder.

    Topics that are the same by embeddings and keywords become one. Those of
    the first model keep their ids. The merged model keeps texts if all models
    have them.
    """
    from topickit.model import TopicModel
    from topickit.storage import check_folder

    check_folder(out)
    names = [path.resolve().name for path in models] if name is None else name
    if name is None and len(set(names)) < len(names):
        names = [str(path) for path in models]
    loaded = [TopicModel.load(path) for path in models]
    merged = TopicModel.merged(loaded, names=names)
    merged.save(out, keep_texts=merged.fitted_.corpus is not None)
    for source in merged.fitted_.provenance.sources:
        typer.echo(f"{source.name}: {source.text}")
    n_topics, n_before = len(merged.topics_), sum(len(model.topics_) for model in loaded)
    typer.echo(
        f"Merged: {plural(merged.topics_.n_documents, 'document')}, {plural(n_topics, 'topic')}; "
        f"{plural(n_before - n_topics, 'topic')} joined with an equal one."
    )
    typer.echo(f"\nModel saved to {out}", err=True)
