"""`topickit fit`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topickit._core.atomic import check_target, write_atomic
from topickit.cli.known import read_known
from topickit.cli.on_ray import fit_on_ray, refuse_options
from topickit.cli.options import (
    Address,
    CacheFolder,
    Clusterer,
    ClustererName,
    Device,
    EmbedderName,
    Embeddings,
    Encoding,
    Engine,
    EngineName,
    File,
    InFormat,
    LongDocuments,
    Missing,
    MissingTexts,
    NoCache,
    NoHeader,
    RayLimit,
    Seed,
    TextColumn,
)
from topickit.cli.reading import InputRows, cache_folder, read_file, report_blank
from topickit.cli.writing import LABEL_COLUMNS, HtmlFormat, check_separate, choose_format, documents_csv
from topickit.errors import InputError, ParameterError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from topickit.model import TopicModel


def _outliers(value: str | float) -> "float | str":
    """Read a share of outliers, or "auto"."""
    if value == "auto":
        return "auto"
    try:
        share = float(value)
    except ValueError:
        share = -1.0
    if not 0 <= share <= MOST_OUTLIERS:
        raise typer.BadParameter(f"{value!r} is neither 'auto' nor a number from 0 to {MOST_OUTLIERS}.")
    return share


MOST_OUTLIERS = 0.99
OutFolder = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Folder for the model. Required, except with --dry-run."),
]
TimestampsColumn = Annotated[
    str | None,
    typer.Option(
        "--timestamps", "--time", metavar="COLUMN", help="Column of timestamps, for topics over time."
    ),
]
TimeFormat = Annotated[
    str | None,
    typer.Option(
        "--time-format",
        metavar="FORMAT",
        help="Format of the timestamps, such as %d.%m.%Y, or excel, s or ms (since 1970).",
        show_default="ISO 8601, or the only one that fits",
    ),
]
ClassesColumn = Annotated[
    str | None,
    typer.Option("--classes", "--by", metavar="COLUMN", help="Column of classes, for topics by class."),
]
Across = Annotated[
    bool,
    typer.Option(
        "--across",
        help="Find topics across the classes of --by: take out what tells the classes apart.",
    ),
]
NTopics = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Number of topics.", show_default="chosen by the clusterer"),
]
OutlierOption = Annotated[
    Any,
    typer.Option(
        parser=_outliers,
        metavar="SHARE",
        help="Largest share of documents in no topic, from 0 to 0.99, or 'auto': chosen from the corpus.",
        show_default="depends on the clusterer",
    ),
]
FitSample = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="N",
        help="Number of documents on which topics are found; the others are assigned to them. 0 = all.",
        show_default="depends on the clusterer",
    ),
]
LongDocumentsOption = Annotated[
    LongDocuments,
    typer.Option(
        metavar="HOW",
        help="truncate documents at the model's maximum length, or chunk: embed all of them, in chunks.",
    ),
]
KnownFile = Annotated[
    Path | None,
    typer.Option(
        "--known",
        metavar="FILE",
        help="Known topics: one name a line, CSV of name and description, or JSON.",
    ),
]
IgnoreFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="As --known; documents of these topics become outliers."),
]
SeedWordsFile = Annotated[
    Path | None,
    typer.Option("--seed-words", metavar="FILE", help="JSON that maps names of topics to lists of words."),
]
KnownLabelsColumn = Annotated[
    str | None,
    typer.Option("--known-labels", metavar="COLUMN", help="Column of topics known for some of the rows."),
]
RefineSeconds = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="With --embedder distilled: time to embed the most uncertain documents with the full model.",
        show_default="none",
    ),
]
KeepTexts = Annotated[bool, typer.Option("--keep-texts", help="Save the texts in the model.")]
LabelsFile = Annotated[
    Path | None, typer.Option("--labels", metavar="FILE", help="CSV file for the topic of each row.")
]
KeepColumns = Annotated[
    list[str] | None,
    typer.Option("--keep", metavar="COLUMN", help="Column to copy to --labels, such as an id; repeatable."),
]
ReportFile = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="HTML file for a report with documents and their map."),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Only estimate time, memory and disk space, from a timed sample."),
]


def fit(
    file: File,
    out: OutFolder = None,
    text: TextColumn = None,
    timestamps: TimestampsColumn = None,
    time_format: TimeFormat = None,
    classes: ClassesColumn = None,
    across: Across = False,
    clusterer: Clusterer = ClustererName.graph,
    n_topics: NTopics = None,
    known: KnownFile = None,
    seed_words: SeedWordsFile = None,
    known_labels: KnownLabelsColumn = None,
    ignore: IgnoreFile = None,
    outliers: OutlierOption = None,
    embedder: EmbedderName = "auto",
    embeddings: Embeddings = None,
    fit_sample: FitSample = None,
    long_documents: LongDocumentsOption = LongDocuments.truncate,
    refine: RefineSeconds = None,
    keep_texts: KeepTexts = False,
    labels: LabelsFile = None,
    keep: KeepColumns = None,
    report: ReportFile = None,
    input_format: InFormat = None,
    encoding: Encoding = None,
    no_header: NoHeader = False,
    missing: Missing = MissingTexts.blank,
    random_state: Seed = 0,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
    dry_run: DryRun = False,
    engine: EngineName = Engine.local,
    address: Address = None,
    limit: RayLimit = None,
) -> None:
    """Find the topics of the texts in a file and save the model."""
    from topickit.model import TopicModel

    _check_targets(out, {"--labels": labels, "--report": report}, dry_run)
    for target in (labels, report):
        check_separate(target, file, embeddings)
    choose_format(None, report, HtmlFormat)
    _check_together("--keep", keep, "--labels FILE", labels)
    _check_together("--across", across or None, "--by COLUMN", classes)
    _check_together("--time-format", time_format, "--timestamps COLUMN", timestamps)
    _check_together("--address", address, "--engine ray", engine is Engine.ray or None)
    _check_together("--limit", limit, "--engine ray", engine is Engine.ray or None)
    _check_refine(refine, embedder, embeddings)
    model = TopicModel(
        embedder=embedder,
        clusterer=clusterer.value,
        n_topics=n_topics,
        known_topics=read_known(known),
        seed_words=read_known(seed_words),
        ignore=read_known(ignore),
        outliers=outliers,
        fit_sample="auto" if fit_sample is None else fit_sample or None,
        long_documents=long_documents.value,
        cache=cache_folder(cache, no_cache),
        device=device,
        random_state=random_state,
    )
    if engine is Engine.ray:
        refuse_options(
            {
                "--dry-run": dry_run or out is None,
                "--refine": refine,
                "--labels": labels,
                "--input-format": input_format,
                "--encoding": encoding,
                "--no-header": no_header,
            }
        )
        model = fit_on_ray(
            model,
            file,
            text or "text",
            embeddings=None if embeddings is None else str(embeddings),
            timestamps=timestamps,
            time_format=time_format,
            classes=classes,
            across=across,
            known_labels=known_labels,
            missing=missing,
            address=address,
            limit=limit,
        )
        assert out is not None  # else --dry-run was refused
        _save(model, out, keep_texts=keep_texts, report=report, source=file)
        return
    read = read_file(
        file,
        text,
        embeddings=embeddings,
        missing=missing,
        file_format=input_format,
        encoding=encoding,
        header=not no_header,
        covariates=(timestamps, classes, known_labels),
        keep=keep or (),
        reserved=LABEL_COLUMNS,
    )
    column, class_names, topics = read.covariates
    times = None if column is None else _read_times(column, str(timestamps), time_format)
    if dry_run or out is None:
        _print_estimate(model, read, keep_texts, refine)
        return
    model.fit(
        read.texts,
        embeddings=read.embeddings,
        timestamps=times,
        classes=_named(class_names, classes),
        regardless_of="classes" if across else None,
        known_labels=topics,
    )
    report_blank(read.texts)
    if refine is not None:
        model = model.refine(refine)
    if labels is not None:
        write_atomic(labels, documents_csv(model, read.kept, read.rows))
    _save(model, out, keep_texts=keep_texts, report=report, source=file)


def _print_estimate(model: "TopicModel", read: InputRows, keep_texts: bool, refine: float | None) -> None:
    """Print what a fit would take."""
    from topickit.cli.estimation import estimate_fit

    estimate = estimate_fit(model, read.texts, embeddings=read.embeddings, keep_texts=keep_texts)
    if refine is not None:
        estimate = replace(estimate, stages={**estimate.stages, "refining": refine})
    typer.echo(str(estimate))


def _named(values: list[Any] | None, name: str | None) -> Any:
    """Name a column of strings, because the report shows the name."""
    if values is None or not all(value is None or isinstance(value, str) for value in values):
        return values
    import polars as pl

    return pl.Series(name, values, dtype=pl.String)


def _save(model: "TopicModel", out: Path, *, keep_texts: bool, report: Path | None, source: str) -> None:
    """Save a model, write its report, and print the topics."""
    from topickit.storage import MANIFEST

    replaces = (out / MANIFEST).exists()
    if keep_texts and model.fitted_.row_weights is not None:  # an error would lose hours of work
        typer.echo("The model counts its documents and does not hold them: saved without texts.", err=True)
        keep_texts = False
    model.save(out, keep_texts=keep_texts)
    if report is not None:
        model.report(source=None if source == "-" else Path(source).name).to_html(report)
    typer.echo(str(model.report()))
    typer.echo(f"\nModel saved to {out}" + (", replacing the previous one" if replaces else ""))


def _read_times(column: list[Any], name: str, time_format: str | None) -> "NDArray[np.datetime64]":
    """Read timestamps before the work starts; messages name their column."""
    from topickit.corpus.timestamps import read_timestamps

    name = f"timestamps in column {name!r}"
    return read_timestamps(column, len(column), time_format=time_format, name=name)


def _check_together(option: str, value: object, needed: str, other: object) -> None:
    """Refuse an option without the one that it belongs to."""
    if value is not None and other is None:
        raise ParameterError(f"{option} needs {needed}")


def _check_refine(refine: float | None, embedder: str, embeddings: Path | None) -> None:
    """Refuse --refine where nothing can be refined."""
    if refine is not None and not (refine > 0 and embedder == "distilled" and embeddings is None):
        raise ParameterError(
            "--refine takes a number of seconds above 0, needs --embedder distilled and excludes --embeddings"
        )


def _check_targets(out: Path | None, files: dict[str, Path | None], dry_run: bool) -> None:
    """Report results that cannot be written before the work starts."""
    from topickit.storage import check_folder

    if out is None and not dry_run:
        raise ParameterError("--out FOLDER is required, except with --dry-run")
    if out is not None:
        check_folder(out)
    for option, file in files.items():
        if file is None:
            continue
        if out is not None and out.resolve() in (file.resolve(), *file.resolve().parents):
            raise InputError(
                f"{option} {file} is in the model's folder, which is replaced as a whole; choose another file"
            )
        check_target(file)
