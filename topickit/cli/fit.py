"""`topickit fit`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from topickit._core.atomic import check_target, write_atomic
from topickit.cli.options import (
    METHODS,
    CacheFolder,
    Device,
    EmbedderName,
    File,
    InFormat,
    LabelsFile,
    Method,
    NoCache,
    Seed,
    TextColumn,
    Vectors,
)
from topickit.cli.reading import cache_folder, keep_apart, labels_csv, load_vectors, read_dated, say_missing
from topickit.errors import InputError, ParameterError


def fit(
    file: File,
    out: Annotated[Path | None, typer.Option(help="Folder for the model; --dry-run needs none.")] = None,
    text: TextColumn = None,
    time: Annotated[
        str | None, typer.Option(help="Column that says when each text is from: topics over time.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Column that says what each text belongs to: topics by class.")
    ] = None,
    clusterer: Annotated[Method, typer.Option(metavar=METHODS, help="How topics are found.")] = Method.graph,
    n_topics: Annotated[int | None, typer.Option(min=1, help="How many topics; found if not given.")] = None,
    outliers: Annotated[float | None, typer.Option(min=0, max=0.99, help="Largest share left out.")] = None,
    embedder: EmbedderName = "all-MiniLM-L6-v2",
    vectors: Vectors = None,
    fit_sample: Annotated[
        int | None, typer.Option(min=0, help="Documents to find topics on; 0 for all, else what serves.")
    ] = None,
    long_documents: Annotated[str, typer.Option(help="truncate or chunk.")] = "truncate",
    refine: Annotated[
        float | None,
        typer.Option(help="With --embedder distilled: seconds to embed doubtful documents exactly."),
    ] = None,
    keep_texts: Annotated[bool, typer.Option("--keep-texts", help="Keep the texts in the model.")] = False,
    labels: LabelsFile = None,
    input_format: InFormat = None,
    random_state: Seed = 0,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only estimate time, memory and disk, from a timed sample.")
    ] = False,
) -> None:
    """Find the topics of a file of texts, and save the model."""
    from topickit.model import TopicModel
    from topickit.storage import MANIFEST

    if out is None and not dry_run:
        raise ParameterError("say where the model goes: --out FOLDER (with --dry-run it may be left out)")
    _check_targets(out, labels)
    keep_apart(labels, file, vectors)
    if refine is not None and not (refine > 0 and embedder == "distilled" and vectors is None):
        raise ParameterError(
            "--refine takes seconds above 0, and goes with --embedder distilled, without --vectors"
        )
    texts, timestamps, classes = read_dated(file, text, time, by, input_format)
    model = TopicModel(
        embedder=embedder,
        clusterer=clusterer.value,
        n_topics=n_topics,
        outliers=outliers,
        fit_sample="auto" if fit_sample is None else fit_sample or None,
        long_documents=long_documents,  # type: ignore[arg-type]
        cache=cache_folder(cache, no_cache),
        device=device,
        random_state=random_state,
    )
    given = load_vectors(vectors)
    if dry_run or out is None:
        from topickit.cli.estimation import estimate_fit

        estimate = estimate_fit(model, texts, embeddings=given, keep_texts=keep_texts)
        if refine is not None:
            estimate = replace(estimate, stages={**estimate.stages, "refining": refine})
        typer.echo(str(estimate))
        return
    model.fit(texts, embeddings=given, timestamps=timestamps, classes=classes)
    say_missing(texts)
    if refine is not None:
        model = model.refine(refine)
    replaces = (out / MANIFEST).exists()
    model.save(out, keep_texts=keep_texts)
    if labels is not None:
        write_atomic(labels, labels_csv(model, model.labels_))
    typer.echo(str(model.report()))
    typer.echo(f"\nModel: {out}" + (" (in place of the model that was there)" if replaces else ""))


def _check_targets(out: Path | None, labels: Path | None) -> None:
    """Say before the work, not after it, that its results cannot be written."""
    from topickit.storage import check_folder

    if out is not None:
        check_folder(out)
    if labels is None:
        return
    if out is not None and out.resolve() in (labels.resolve(), *labels.resolve().parents):
        raise InputError(
            f"--labels {labels} is in the model's folder, which is replaced whole: choose another"
        )
    check_target(labels)
