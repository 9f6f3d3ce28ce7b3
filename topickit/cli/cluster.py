"""`topickit cluster`."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from topickit.cli.options import (
    METHODS,
    CacheFolder,
    Device,
    EmbedderName,
    File,
    InFormat,
    Method,
    NoCache,
    OutFile,
    Seed,
    TextColumn,
    Vectors,
)
from topickit.cli.reading import cache_folder, embed, emit, keep_apart, load_vectors, read_column
from topickit.errors import InputError, MemoryBudgetError, ParameterError


def cluster(
    file: File,
    method: Annotated[Method, typer.Option(metavar=METHODS, help="How groups are found.")] = Method.community,
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
    out: OutFile = None,
    input_format: InFormat = None,
    random_state: Seed = 0,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
) -> None:
    """Group the sentences of a file and print the groups, or write the group of each row as CSV."""
    keep_apart(out, file, vectors)
    _check_options(method, threshold, min_size, clusters, distance_threshold)
    texts = read_column(file, text, input_format)
    rows = [row for row, value in enumerate(texts) if value and not value.isspace()]
    if not rows:
        raise InputError(f"{file} has no texts: all {len(texts)} rows are blank")
    given = load_vectors(vectors, len(texts))
    kept = [texts[row] for row in rows]
    if given is not None and len(rows) < len(texts):
        given = given[rows]
    groups = _groups(
        embed(kept, embedder, given=given, cache=cache_folder(cache, no_cache), device=device),
        method,
        threshold=_threshold(threshold or "0.75"),
        min_size=min_size or 25,
        clusters=clusters,
        distance_threshold=distance_threshold,
        random_state=random_state,
        device=device,
    )
    if out is not None:
        emit(_csv([[rows[i] for i in group] for group in groups], len(texts)), out)
    else:
        _print_groups(groups, kept)
    _say_how_many(groups, len(kept), method, clusters)


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
        from topickit.cluster.community.detection import community_detection

        found = community_detection(
            vectors, options["threshold"], options["min_size"], device=options["device"]
        )
        if options["threshold"] == "auto":
            typer.echo(f"Threshold {found.threshold:.3f}, chosen from these texts.", err=True)
        return found
    from topickit._core.vectors import typical_first, unit_rows
    from topickit.cluster import base

    made: Any = base.resolve(
        method.value,
        n_topics=options["clusters"],
        random_state=options["random_state"],
        device=options["device"],
    )
    if options["distance_threshold"] is not None:
        made.set_params(distance_threshold=options["distance_threshold"])
    unit = unit_rows(vectors)
    labels = _fitted(made, unit, method)
    groups = [group.tolist() for group in typical_first(unit, labels, int(labels.max()) + 1)]
    return sorted(groups, key=len, reverse=True)


def _fitted(clusterer: Any, unit: Any, method: Method) -> Any:
    """The group of each row."""
    try:
        return clusterer.fit(unit).labels_
    except MemoryBudgetError as error:
        what = str(error).partition(";")[0]
        raise MemoryBudgetError(
            f"{what}; take --method graph or kmeans, or `topickit fit --clusterer {method.value}`, "
            "which finds groups on a sample"
        ) from None


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


def _csv(groups: Sequence[Sequence[int]], n_rows: int) -> str:
    """Write the cluster of each row of the file, from 1 for the largest; -1 for none."""
    import polars as pl

    clusters = [-1] * n_rows
    for number, group in enumerate(groups, start=1):
        for row in group:
            clusters[row] = number
    return pl.DataFrame({"row": range(n_rows), "cluster": clusters}).write_csv()


def _say_how_many(groups: Sequence[Sequence[int]], n_texts: int, method: Method, asked: int | None) -> None:
    grouped, found = sum(map(len, groups)), len(groups)
    clusters = f"{found:,} cluster" + ("" if found == 1 else "s")
    typer.echo(f"\n{clusters}, {grouped:,} of {n_texts:,} texts in a cluster.", err=True)
    if asked is not None and found < asked:
        typer.echo(f"{asked:,} clusters were asked for, and {found:,} were found.", err=True)
    if not groups and method is Method.community:
        typer.echo("For more, lower --min-size or --threshold.", err=True)
