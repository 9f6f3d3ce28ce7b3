"""Topics of the texts of a Ray dataset: the fit of one machine, with embeddings from all."""

import copy
import warnings
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from topickit._core.optional import require
from topickit._model.settings import recorded_parameters
from topickit.corpus.documents import Missing
from topickit.distributed.cluster import start
from topickit.distributed.embedding import ClusterEmbedder
from topickit.distributed.failures import rows_named
from topickit.distributed.gathering import Gathered, gather
from topickit.embed import base as embed
from topickit.embed.cache.embedder import reason_not_cacheable
from topickit.embed.precomputed import PrecomputedEmbedder
from topickit.errors import InputTypeError, ParameterTypeError, TopickitWarning, check_whole
from topickit.model import TopicModel

if TYPE_CHECKING:
    from ray.data import Dataset

LIMIT = 1_000_000


def fit(
    dataset: "Dataset",
    text: str = "text",
    model: TopicModel | None = None,
    *,
    embeddings: str | None = None,
    timestamps: str | None = None,
    classes: str | None = None,
    regardless_of: Literal["classes"] | None = None,
    time_format: str | None = None,
    known_labels: str | None = None,
    missing: Missing = "error",
    limit: int = LIMIT,
    workers: int | None = None,
    num_cpus: float = 1,
    num_gpus: float = 0,
) -> TopicModel:
    """Find the topics of the texts of a Ray dataset: those that `TopicModel.fit` finds in the same rows.

    Workers read the rows, and embed the distinct texts with a sentence-transformers model, which is where the
    time of a fit goes. Topics are found on the driver, which holds up to `limit` rows. They do not depend on
    blocks or workers.

    Parameters
    ----------
    dataset : ray.data.Dataset
        Such as from `read_parquet`.
    text : str, default "text"
        Column of the texts.
    model : TopicModel, optional
        The settings; it is not changed. None (default) is ``TopicModel()``. Its `cache` makes a fit that was
        interrupted continue where it stopped.
    embeddings : str, optional
        Column of vectors of the texts. No model runs then.
    timestamps, classes, known_labels : str, optional
        Columns with the values that `TopicModel.fit` takes.
    regardless_of, time_format, missing
        As for `TopicModel.fit`.
    limit : int, default 1,000,000
        Largest number of rows on the driver. Of more rows, a uniform sample of this size is fitted, with a
        warning: the rows whose texts have the smallest content hashes.
    workers : int, optional
        Largest number of workers that embed. None (default) is as many as the cluster has room for.
    num_cpus, num_gpus : float, default 1 and 0
        Processors and GPUs of a worker.

    Returns
    -------
    TopicModel
        A new model. ``labels_`` are in the order of the rows of the dataset, which for `read_parquet` is that
        of the files and of their rows.

    Raises
    ------
    MissingPackageError
        If Ray is not installed.
    InputError, InputTypeError, ParameterError, ParameterTypeError
        As `TopicModel.fit`. The message names the file and the row.

    Warns
    -----
    TopickitWarning
        When there are more than `limit` rows, or the embedder learns from a corpus: it is fitted, and embeds,
        on the driver alone.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> from topickit.distributed import read_parquet
    >>> def topics_of(folder):
    ...     model = TopicModel(embedder="all-MiniLM-L6-v2", cache="vectors")
    ...     return fit(read_parquet(folder), "body", model, timestamps="year")
    """
    ray_data = require("ray.data")
    if not isinstance(dataset, ray_data.Dataset):
        raise InputTypeError(
            f"dataset must be a ray.data.Dataset, got {type(dataset).__name__}; make one with "
            "topickit.distributed.read_parquet, or with ray.data"
        )
    recipe = TopicModel() if model is None else model
    if not isinstance(recipe, TopicModel):
        raise ParameterTypeError(f"model must be a TopicModel, got {type(recipe).__name__}")
    check_whole("limit", limit)
    if workers is not None:
        check_whole("workers", workers)
    start()
    embedder = None
    if embeddings is None:
        embedder = _on_cluster(recipe, workers=workers, num_cpus=num_cpus, num_gpus=num_gpus)
    columns = [name for name in (timestamps, classes, known_labels) if name is not None]
    rows = gather(dataset, text, columns, embeddings=embeddings, limit=limit)
    place = partial(rows.place_without_missing, text) if missing == "drop" else rows.place
    with rows_named(place), embedder or nullcontext():
        fitted = _recipe(recipe, embedder).fit(
            rows.column(text),
            embeddings=rows.vectors,
            timestamps=rows.column(timestamps),
            classes=_classes(rows, classes),
            regardless_of=regardless_of,
            time_format=time_format,
            known_labels=rows.column(known_labels),
            missing=missing,
        )
    return fitted if embedder is None else _with_own_embedder(fitted, recipe, embedder.embedder)


def _classes(rows: Gathered, name: str | None) -> Any:
    """Return the classes under the name of their column, which reports show."""
    values = rows.column(name)
    if values is None or not all(value is None or isinstance(value, str) for value in values):
        return values
    import polars as pl

    return pl.Series(name, values, dtype=pl.String)


def _on_cluster(recipe: TopicModel, **options: Any) -> ClusterEmbedder | None:
    """Return the embedder of a model for many machines; None, with a warning, for one that learns."""
    embedder = embed.resolve(
        recipe.embedder,
        long_documents=recipe.long_documents,
        device=embed.device_for(recipe.embedder, recipe.device),
        random_state=recipe.random_state,
    )
    if isinstance(embedder, PrecomputedEmbedder):
        return None
    if isinstance(embedder, embed.FittedOnCorpus | embed.BuildsOnVectors):
        warnings.warn(
            f"embedder={recipe.embedder!r} learns from the corpus, and embeds on the driver alone; to embed "
            "on all machines, name a sentence-transformers model, such as embedder='all-MiniLM-L6-v2', or "
            "give embeddings=",
            TopickitWarning,
            stacklevel=3,
        )
        return None
    return ClusterEmbedder(embedder, **options)


def _recipe(recipe: TopicModel, embedder: ClusterEmbedder | None) -> TopicModel:
    """Return a model with the same settings that is not fitted."""
    settings = recipe.get_params(deep=False)
    if embedder is not None:
        # An object takes neither setting: the embedder within has them.
        settings |= {"embedder": embedder, "long_documents": "truncate"}
        if reason_not_cacheable(embedder.embedder) is not None:
            settings["cache"] = None
    return TopicModel(**settings)


def _with_own_embedder(fitted: TopicModel, recipe: TopicModel, embedder: embed.Embedder) -> TopicModel:
    """Put the embedder itself in the place of the one that sends its texts to workers."""
    parameters = recipe.get_params(deep=False)
    result = TopicModel(**parameters)
    state = fitted.fitted_
    provenance = replace(state.provenance, settings=recorded_parameters(parameters))
    return result._adopt(replace(state, provenance=provenance), copy.copy(embedder))
