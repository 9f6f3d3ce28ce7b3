"""Commands with ``--engine ray``."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from topickit.cli.options import MissingTexts
from topickit.errors import ParameterError

if TYPE_CHECKING:
    from topickit.model import TopicModel


def refuse_options(given: Mapping[str, Any]) -> None:
    """Refuse options that do not apply to Parquet files on Ray.

    Raises
    ------
    ParameterError
        When one was given.
    """
    for option, value in given.items():
        if value:
            raise ParameterError(f"{option} does not apply to --engine ray; leave it out")


def predict_on_ray(
    model: Path,
    pattern: str,
    text: str,
    *,
    embeddings: str | None,
    out: Path | None,
    keep: Sequence[str],
    missing: MissingTexts,
    cache: Path | None,
    device: str | None,
    address: str | None,
) -> None:
    """Assign the texts of Parquet files and write a folder of Parquet files; options as for the command."""
    from topickit.distributed.parquet import check_empty, read_parquet, write_parquet
    from topickit.distributed.prediction import predict
    from topickit.model import TopicModel

    if out is None:
        raise ParameterError("--engine ray needs --out FOLDER, a new folder for Parquet files")
    check_empty(out)
    loaded = TopicModel.load(model, device=device).set_params(cache=cache)
    _start(address)
    columns = [text, *([] if embeddings is None else [embeddings]), *keep]
    dataset = predict(
        loaded, read_parquet(pattern, columns), text, embeddings=embeddings, keep=keep, missing=missing.value
    )
    written = write_parquet(dataset, out)
    outliers = f", {written.n_outliers:,} of them in no topic" if written.n_outliers else ""
    parts = "file" if written.n_parts == 1 else "files"
    typer.echo(
        f"{written.n_rows:,} rows{outliers}, written to {written.n_parts:,} {parts} in {out}", err=True
    )


def fit_on_ray(
    model: "TopicModel",
    pattern: str,
    text: str,
    *,
    embeddings: str | None,
    timestamps: str | None,
    time_format: str | None,
    classes: str | None,
    across: bool,
    known_labels: str | None,
    missing: MissingTexts,
    address: str | None,
    limit: int | None,
) -> "TopicModel":
    """Fit a model to the texts of Parquet files; options as for the command."""
    from topickit.distributed.fitting import LIMIT, fit
    from topickit.distributed.parquet import read_parquet

    _start(address)
    columns = [name for name in (text, embeddings, timestamps, classes, known_labels) if name is not None]
    return fit(
        read_parquet(pattern, columns),
        text,
        model,
        embeddings=embeddings,
        timestamps=timestamps,
        classes=classes,
        regardless_of="classes" if across else None,
        time_format=time_format,
        known_labels=known_labels,
        missing=missing.value,
        limit=LIMIT if limit is None else limit,
    )


def _start(address: str | None) -> None:
    """Start Ray, or connect to a cluster, without Ray's own log."""
    from topickit.distributed.cluster import start

    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # what it says in spite of quiet=
    start(address, quiet=True)
