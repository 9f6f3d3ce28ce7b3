"""The `topickit` command: arguments, exit codes, printing.

Exit status: 0, 1 for input that cannot be used, 2 for a command that was written wrong.
"""

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topickit._version import __version__
from topickit.errors import InputError, ParameterError, ParameterTypeError, TopickitError
from topickit.files import write_atomic

if TYPE_CHECKING:
    from topickit.model import TopicModel
    from topickit.report.report import Report
    from topickit.vectors import FloatArray

app = typer.Typer(
    name="topickit",
    help="Topics from a table of texts: in minutes, on your machine, the same every time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Method(StrEnum):
    """Clusterers by name."""

    graph = "graph"
    kmeans = "kmeans"
    agglomerative = "agglomerative"
    community = "community"
    hdbscan = "hdbscan"


class FileFormat(StrEnum):
    """What a file of texts is."""

    csv = "csv"
    tsv = "tsv"
    jsonl = "jsonl"
    parquet = "parquet"
    lines = "lines"


class ReportFormat(StrEnum):
    """What a report is written as."""

    text = "text"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    html = "html"


File = Annotated[str, typer.Argument(help="CSV, TSV, JSONL, Parquet or plain lines; - for standard input.")]
TextColumn = Annotated[str | None, typer.Option("--text", help="Column that holds the texts.")]
InFormat = Annotated[FileFormat | None, typer.Option("--input-format", help="Instead of the file's ending.")]
Vectors = Annotated[
    Path | None, typer.Option(help="Vectors of the texts (.npy, one row a text): no model runs.")
]
EmbedderName = Annotated[str, typer.Option(help="Model name or path, or 'lexical' (no model).")]
Seed = Annotated[int, typer.Option(help="Same texts, same seed: the same topics.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"topickit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; anywhere.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options of all commands; `main` reads --debug itself."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("topickit-demo"),
    embedder: EmbedderName = "all-MiniLM-L6-v2",
) -> None:
    """Find the topics of the docstrings on this machine; needs no network and no data file."""
    from sklearn.metrics import normalized_mutual_info_score

    from topickit.demo import demo_corpus
    from topickit.model import TopicModel
    from topickit.progress import stage

    with stage("Reading docstrings of the installed packages"):
        corpus = demo_corpus()
    n_packages = len(set(corpus.packages))
    typer.echo(f"{len(corpus.texts):,} docstrings of {n_packages} packages.", err=True)
    model = TopicModel(embedder=embedder).fit(corpus.texts)
    report = model.report()
    typer.echo(str(report))
    agreement = normalized_mutual_info_score(corpus.packages, model.labels_)
    typer.echo(f"\nAgreement of topics with the packages that the docstrings come from: NMI {agreement:.2f}")
    out.mkdir(parents=True, exist_ok=True)
    _write_all(report, out)
    typer.echo(f"Report: {out / 'topics.html'} (also topics.csv and topics.json)")


def _write_all(report: "Report", folder: Path) -> None:
    report.to_html(folder / "topics.html")
    report.to_csv(folder / "topics.csv")
    report.to_json(folder / "topics.json")


@app.command()
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

    texts = _texts(file, text, input_format)
    model = TopicModel(
        embedder=embedder,
        clusterer=clusterer.value,
        n_topics=n_topics,
        outliers=outliers,
        fit_sample="auto" if fit_sample is None else fit_sample or None,
        long_documents=long_documents,  # type: ignore[arg-type]
        random_state=random_state,
    )
    model.fit(texts, embeddings=_load_vectors(vectors, len(texts)))
    model.save(out, documents=keep_texts)
    if labels is not None:
        write_atomic(labels, _labels_csv(model, model.labels_))
    typer.echo(str(model.report()))
    typer.echo(f"\nModel: {out}")


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(help="A saved model.")],
    file: File,
    text: TextColumn = None,
    vectors: Vectors = None,
    out: Annotated[Path | None, typer.Option(help="CSV to write, instead of standard output.")] = None,
    input_format: InFormat = None,
) -> None:
    """Give the topic of each text of a file, as CSV: row, topic, name."""
    from topickit.model import TopicModel

    loaded = TopicModel.load(model)
    texts = _texts(file, text, input_format)
    table = _labels_csv(loaded, loaded.predict(texts, embeddings=_load_vectors(vectors, len(texts))))
    _emit(table, out)


@app.command()
def report(
    model: Annotated[Path, typer.Argument(help="A saved model.")],
    format: Annotated[ReportFormat, typer.Option("--format", help="What to write.")] = ReportFormat.text,
    out: Annotated[Path | None, typer.Option(help="File to write, instead of standard output.")] = None,
    no_texts: Annotated[bool, typer.Option("--no-texts", help="Leave out all document text.")] = False,
) -> None:
    """Describe a saved model."""
    from topickit.model import TopicModel

    made = TopicModel.load(model).report()
    texts = not no_texts
    content = {
        ReportFormat.text: lambda: made.to_text(texts=texts),
        ReportFormat.json: lambda: made.to_json(texts=texts),
        ReportFormat.csv: lambda: made.to_csv(texts=texts),
        ReportFormat.markdown: lambda: made.to_markdown(texts=texts),
        ReportFormat.html: lambda: made.to_html(texts=texts),
    }[format]()
    _emit(content, out)


@app.command()
def cluster(
    file: File,
    method: Annotated[Method, typer.Option(help="How groups are found.")] = Method.community,
    text: TextColumn = None,
    threshold: Annotated[
        str | None, typer.Option(help="community: least cosine to the centre, or 'auto'; 0.75 if not given.")
    ] = None,
    min_size: Annotated[
        int | None, typer.Option(min=1, help="community: fewest members; 25 if not given.")
    ] = None,
    clusters: Annotated[
        int | None, typer.Option(min=1, help="kmeans, agglomerative, graph: how many.")
    ] = None,
    distance_threshold: Annotated[
        float | None, typer.Option(min=0, help="agglomerative: merge no further than this.")
    ] = None,
    embedder: EmbedderName = "all-MiniLM-L6-v2",
    vectors: Vectors = None,
    input_format: InFormat = None,
    random_state: Seed = 0,
) -> None:
    """Group the sentences of a file and print the groups."""
    _check_options(method, threshold, min_size, clusters, distance_threshold)
    texts = _texts(file, text, input_format)
    rows = [row for row, value in enumerate(texts) if value and not value.isspace()]
    if not rows:
        raise InputError(f"{file} has no texts: all {len(texts)} rows are blank")
    given = _load_vectors(vectors, len(texts))
    kept = [texts[row] for row in rows]
    found = _embed(kept, embedder) if given is None else given if len(rows) == len(texts) else given[rows]
    groups = _groups(
        found,
        method,
        threshold=_threshold(threshold or "0.75"),
        min_size=min_size or 25,
        clusters=clusters,
        distance_threshold=distance_threshold,
        random_state=random_state,
    )
    _print_groups(groups, kept)


def _check_options(
    method: Method,
    threshold: str | None,
    min_size: int | None,
    clusters: int | None,
    distance_threshold: float | None,
) -> None:
    """Refuse an option that the method would not read."""
    numbered = {Method.kmeans, Method.agglomerative, Method.graph}
    for option, value, methods in (
        ("--threshold", threshold, {Method.community}),
        ("--min-size", min_size, {Method.community}),
        ("--clusters", clusters, numbered),
        ("--distance-threshold", distance_threshold, {Method.agglomerative}),
    ):
        if value is not None and method not in methods:
            names = ", ".join(sorted(m.value for m in methods))
            raise ParameterError(f"{option} goes with {names}, not with {method.value}")


def _groups(vectors: Any, method: Method, **options: Any) -> list[list[int]]:
    """Groups of rows, largest first, the most typical member first."""
    if method is Method.community:
        from topickit.cluster.detection import community_detection

        found = community_detection(vectors, options["threshold"], options["min_size"])
        if options["threshold"] == "auto":
            typer.echo(f"Threshold {found.threshold:.3f}, chosen from these texts.", err=True)
        return found
    from topickit.cluster import base
    from topickit.vectors import typical_first, unit_rows

    made: Any = base.resolve(method.value, n_topics=options["clusters"], random_state=options["random_state"])
    if options["distance_threshold"] is not None:
        made.set_params(distance_threshold=options["distance_threshold"])
    unit = unit_rows(vectors)
    labels = made.fit(unit).labels_
    groups = [group.tolist() for group in typical_first(unit, labels, int(labels.max()) + 1)]
    return sorted(groups, key=len, reverse=True)


def _threshold(value: str) -> Any:
    """A number, or "auto"."""
    try:
        return value if value == "auto" else float(value)
    except ValueError:
        raise ParameterError(f"--threshold must be a number from -1 to 1, or auto; got {value!r}") from None


def _print_groups(groups: Sequence[Sequence[int]], texts: Sequence[str], shown: int = 3) -> None:
    for number, group in enumerate(groups, start=1):
        typer.echo(f"\nCluster {number}, #{len(group)} Elements")
        listed = [" ".join(texts[row].split()) for row in group]
        if len(listed) > 2 * shown:
            listed = [*listed[:shown], "...", *listed[-shown:]]
        for line in listed:
            typer.echo(f"\t{line}")
    grouped = sum(map(len, groups))
    typer.echo(f"\n{len(groups):,} clusters, {grouped:,} of {len(texts):,} texts in one.", err=True)
    if not groups:
        typer.echo("For more, lower --min-size or --threshold.", err=True)


def _texts(file: str, column: str | None, file_format: FileFormat | None) -> list[str]:
    from topickit.tables import read_texts

    found = read_texts(file, column, None if file_format is None else file_format.value)
    if found.n_missing:
        typer.echo(f"{found.n_missing:,} of {len(found.texts):,} rows have no text: outliers.", err=True)
    return found.texts


def _load_vectors(path: Path | None, n_rows: int) -> Any:
    if path is None:
        return None
    import numpy as np

    from topickit.vectors import check_vectors

    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read vectors from {path}: {error}") from error
    return check_vectors(array, n_rows=n_rows, what=f"the vectors in {path}")


def _embed(texts: list[str], embedder: str) -> "FloatArray":
    """Vectors of texts in their order, each distinct text embedded once."""
    from topickit.documents import Documents
    from topickit.embed import base

    documents = Documents.of(texts)
    made = base.fitted(base.resolve(embedder), documents.texts, documents.weights)
    return base.embed(made, documents.texts)[documents.rows]


def _labels_csv(model: "TopicModel", labels: Any) -> str:
    import polars as pl

    from topickit.report.tables import safe_cell

    names = {-1: "", **{topic.id: safe_cell(topic.name) for topic in model.topics_}}
    frame = pl.DataFrame(
        {"row": range(len(labels)), "topic": labels, "name": [names[int(label)] for label in labels]}
    )
    return frame.write_csv()


def _emit(content: str, out: Path | None) -> None:
    if out is None:
        typer.echo(content, nl=not content.endswith("\n"))
    else:
        write_atomic(out, content)


def _one_line(message: Warning | str, *_: Any, **__: Any) -> None:
    typer.echo(f"topickit: {' '.join(str(message).split())}", err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the process's own.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    warnings.showwarning = _one_line
    try:
        app(args=[argument for argument in arguments if argument != "--debug"], prog_name="topickit")
    except TopickitError as error:
        if debug:
            traceback.print_exc()
        _one_line(str(error))
        sys.exit(2 if isinstance(error, ParameterError | ParameterTypeError) else 1)
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
