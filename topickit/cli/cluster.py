"""`topickit cluster`."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from topickit.cli.options import (
    CacheFolder,
    Clusterer,
    ClustererName,
    Device,
    EmbedderName,
    Embeddings,
    Encoding,
    File,
    InFormat,
    NoCache,
    NoHeader,
    OutFile,
    Seed,
    TextColumn,
)
from topickit.cli.reading import cache_folder, embed, load_embeddings, read_column
from topickit.cli.writing import check_separate, write_result
from topickit.errors import InputError, MemoryBudgetError, ParameterError

Threshold = Annotated[
    str | None,
    typer.Option(
        metavar="COSINE",
        help="community: lowest cosine similarity to the center of a cluster, or 'auto'.",
        show_default="0.75",
    ),
]
MinSize = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="community: size of the smallest cluster.", show_default="25"),
]
NClusters = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="kmeans, agglomerative, graph: number of clusters.",
        show_default="chosen by the clusterer",
    ),
]
DistanceThreshold = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="DISTANCE",
        help="agglomerative: largest distance at which clusters are merged, instead of --clusters.",
    ),
]


def cluster(
    file: File,
    clusterer: Clusterer = ClustererName.community,
    text: TextColumn = None,
    threshold: Threshold = None,
    min_size: MinSize = None,
    clusters: NClusters = None,
    distance_threshold: DistanceThreshold = None,
    embedder: EmbedderName = "auto",
    embeddings: Embeddings = None,
    out: OutFile = None,
    input_format: InFormat = None,
    encoding: Encoding = None,
    no_header: NoHeader = False,
    random_state: Seed = 0,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
) -> None:
    """Cluster the texts in a file, such as near-duplicate sentences, without saving a model.

    Prints the clusters, the largest first.
    With --out, writes CSV with the columns row and cluster (-1 for none).
    """
    check_separate(out, file, embeddings)
    _check_options(clusterer, threshold, min_size, clusters, distance_threshold)
    texts = read_column(file, text, input_format, encoding=encoding, header=not no_header)
    rows = [row for row, value in enumerate(texts) if value and not value.isspace()]
    if not rows:
        raise InputError(f"{file} has no texts: all {len(texts)} rows are blank")
    given = load_embeddings(embeddings, len(texts))
    kept = [texts[row] for row in rows]
    if given is not None and len(rows) < len(texts):
        given = given[rows]
    groups = _find_clusters(
        embed(kept, embedder, given=given, cache=cache_folder(cache, no_cache), device=device),
        clusterer,
        threshold=_parse_threshold(threshold or "0.75"),
        min_size=min_size or 25,
        clusters=clusters,
        distance_threshold=distance_threshold,
        random_state=random_state,
        device=device,
    )
    if out is not None:
        write_result(_csv([[rows[i] for i in group] for group in groups], len(texts)), out)
    else:
        _print_clusters(groups, kept)
    _print_summary(groups, len(kept), clusterer, clusters)


def _check_options(
    clusterer: ClustererName,
    threshold: str | None,
    min_size: int | None,
    clusters: int | None,
    distance_threshold: float | None,
) -> None:
    """Refuse an option that the clusterer does not have."""
    numbered = {ClustererName.kmeans, ClustererName.agglomerative, ClustererName.graph}
    for option, value, clusterers in (
        ("--threshold", threshold, {ClustererName.community}),
        ("--min-size", min_size, {ClustererName.community}),
        ("--clusters", clusters, numbered),
        ("--distance-threshold", distance_threshold, {ClustererName.agglomerative}),
    ):
        if value is not None and clusterer not in clusterers:
            names = ", ".join(sorted(clusterers))
            raise ParameterError(f"{option} is an option of {names}, not of {clusterer.value}")


def _find_clusters(vectors: Any, clusterer: ClustererName, **options: Any) -> list[list[int]]:
    """Return clusters of rows, the largest first, the most typical member first."""
    if clusterer is ClustererName.community:
        from topickit.cluster.community.detection import community_detection

        communities = community_detection(
            vectors, options["threshold"], options["min_size"], device=options["device"]
        )
        if options["threshold"] == "auto":
            typer.echo(f"Threshold {communities.threshold:.3f}, chosen from the texts.", err=True)
        return communities
    from topickit._core.vectors import typical_first, unit_rows
    from topickit.cluster import base

    estimator: Any = base.resolve(
        clusterer.value,
        n_topics=options["clusters"],
        random_state=options["random_state"],
        device=options["device"],
    )
    if options["distance_threshold"] is not None:
        estimator.set_params(distance_threshold=options["distance_threshold"])
    unit = unit_rows(vectors)
    labels = _fit_labels(estimator, unit, clusterer)
    groups = [group.tolist() for group in typical_first(unit, labels, int(labels.max()) + 1)]
    return sorted(groups, key=len, reverse=True)


def _fit_labels(estimator: Any, unit: Any, clusterer: ClustererName) -> Any:
    """Return the cluster of each row."""
    try:
        return estimator.fit(unit).labels_
    except MemoryBudgetError as error:
        what = str(error).partition(";")[0]
        raise MemoryBudgetError(
            f"{what}; use --clusterer graph or kmeans, or `topickit fit --clusterer {clusterer.value}`, "
            "which clusters a sample"
        ) from None


def _parse_threshold(value: str) -> Any:
    """Return a number, or "auto"."""
    try:
        return value if value == "auto" else float(value)
    except ValueError:
        raise ParameterError(f"--threshold must be a number from -1 to 1, or auto; got {value!r}") from None


def _print_clusters(groups: Sequence[Sequence[int]], texts: Sequence[str], shown: int = 3) -> None:
    for number, group in enumerate(groups):
        typer.echo(f"\nCluster {number}, {len(group):,} text" + ("" if len(group) == 1 else "s"))
        listed = [" ".join(texts[row].split()) for row in group]
        if len(listed) > 2 * shown:
            listed = [*listed[:shown], "...", *listed[-shown:]]
        for line in listed:
            typer.echo(f"\t{line}")


def _csv(groups: Sequence[Sequence[int]], n_rows: int) -> str:
    """Return CSV with the cluster of each row of the file, 0 for the largest and -1 for none."""
    import polars as pl

    labels = [-1] * n_rows
    for number, group in enumerate(groups):
        for row in group:
            labels[row] = number
    return pl.DataFrame({"row": range(n_rows), "cluster": labels}).write_csv()


def _print_summary(
    groups: Sequence[Sequence[int]], n_texts: int, clusterer: ClustererName, requested: int | None
) -> None:
    n, n_clustered = len(groups), sum(map(len, groups))
    clusters = f"{n:,} cluster" + ("" if n == 1 else "s")
    typer.echo(f"\n{clusters}, {n_clustered:,} of {n_texts:,} texts in a cluster.", err=True)
    if requested is not None and n < requested:
        typer.echo(f"Requested {requested:,} clusters, found {n:,}.", err=True)
    if not groups and clusterer is ClustererName.community:
        typer.echo("For more clusters, lower --min-size or --threshold.", err=True)
