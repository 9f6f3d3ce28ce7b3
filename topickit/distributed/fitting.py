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
from topickit.distributed.counting import Columns, count_others
from topickit.distributed.embedding import ClusterEmbedder
from topickit.distributed.failures import rows_named
from topickit.distributed.gathering import Gathered, check_times, chosen, count_rows, gather
from topickit.embed import base as embed
from topickit.embed.cache.embedder import reason_not_cacheable
from topickit.embed.precomputed import PrecomputedEmbedder
from topickit.errors import InputTypeError, ParameterTypeError, TopickitWarning, check_whole
from topickit.fitted.sampled import with_others
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
    """Find the topics of the texts of a Ray dataset.

    Up to `limit` rows, they are those that `TopicModel.fit` finds in the same rows: workers read them, and
    embed the distinct texts with a sentence-transformers model, and the driver finds topics.

    Of more rows, topics are found in a uniform sample of about `limit` rows, those whose texts have the
    smallest content hashes. Workers assign and count all others, block by block, and the driver adds the
    counts up. Sizes, shares, keywords, risk ratios, and topics over time and by class are then those of all
    rows. The model differs from one of `TopicModel.fit` in this:

    - It holds no document. ``labels_`` is an error; `topickit.distributed.predict` labels the rows. Edits
      that move documents are not possible, as in a model that was saved without its texts.
    - Words and phrases that the sample does not have are not counted.
    - Representative documents, the evidence that ranks keywords, and thresholds of `outliers` are those of
      the sample. The number of distinct texts is estimated.

    Neither depends on workers, blocks or their order. Counts are integers; only the vectors of a
    sentence-transformers model depend on the texts that are embedded together, by rounding (about 1e-7).

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
        Largest number of rows on the driver; of more, it holds a sample of about this size.
    workers : int, optional
        Largest number of workers that embed and count. None (default) is as many as the cluster has room for.
    num_cpus, num_gpus : float, default 1 and 0
        Processors and GPUs of a worker.

    Returns
    -------
    TopicModel
        A new model. ``labels_`` are in the order of the rows of the dataset, which for `read_parquet` is that
        of the files and of their rows. There are none where the dataset has more than `limit` rows.

    Raises
    ------
    MissingPackageError
        If Ray is not installed.
    InputError, InputTypeError, ParameterError, ParameterTypeError
        As `TopicModel.fit`. The message names the file and the row.

    Warns
    -----
    TopickitWarning
        When there are more than `limit` rows; or the embedder learns from a corpus: it is fitted, and embeds
        the rows that are fitted, on the driver alone.

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
    dataset = chosen(dataset, text, columns, embeddings)
    n_rows = count_rows(dataset, text, embeddings, missing)
    rows = gather(dataset, text, embeddings=embeddings, limit=limit, n_rows=n_rows)
    others = _others(rows, Columns(text, embeddings, timestamps, classes, missing, time_format))
    if others is not None:
        _warn_of_sample(rows, limit)
        if timestamps is not None and others.time_format is not None:
            check_times(dataset, timestamps, others.time_format)
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
    if embedder is not None:
        fitted = _with_own_embedder(fitted, recipe, embedder.embedder)
    if others is not None:
        fitted = _counted(
            fitted, dataset, rows, others, workers=workers, num_cpus=num_cpus, num_gpus=num_gpus
        )
    return fitted


def _counted(
    fitted: TopicModel, dataset: "Dataset", rows: Gathered, others: Columns, **options: Any
) -> TopicModel:
    """Count the rows that are not in the sample of a fit."""
    n_others = rows.n_rows - len(rows.table)
    counted = count_others(dataset, fitted, others, share=rows.share, n_rows=n_others, **options)
    if counted is None:
        return fitted
    # Distinct texts do not add up; the share of them that the sample has is known.
    n_distinct = round(fitted.fitted_.provenance.n_distinct * (1 / rows.share - 1))
    state = with_others(fitted.fitted_, replace(counted, n_distinct=n_distinct))
    return fitted._adopt(state, fitted.embedder_)


def _others(rows: Gathered, columns: Columns) -> Columns | None:
    """Return how to read the rows that are not in a sample; None if all rows were gathered."""
    if not rows.is_sample:
        return None
    return columns.as_in(rows.column(columns.timestamps), rows.column(columns.classes))


def _warn_of_sample(rows: Gathered, limit: int) -> None:
    warnings.warn(
        f"the dataset has {rows.n_rows:,} rows, more than limit={limit:,}: topics are found in the "
        f"{len(rows.table):,} rows whose texts have the smallest hashes, and all rows are counted but not "
        "listed: there is no labels_, topickit.distributed.predict labels them; for fewer rows, raise limit=",
        TopickitWarning,
        stacklevel=3,
    )


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
