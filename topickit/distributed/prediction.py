"""Topics of the texts of a Ray dataset, by a fitted model that each worker loads once."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.optional import require
from topickit.corpus.documents import Missing
from topickit.distributed.failures import FILE, ROW, place_of, rows_named
from topickit.errors import (
    InputError,
    InputTypeError,
    ParameterError,
    ParameterTypeError,
    check_whole,
    is_missing,
)
from topickit.model import TopicModel

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset

RESULTS = ("topic", "name", "similarity")
PROBABILITIES = "probabilities"
BATCH = 4096
"""Rows that a worker embeds and assigns at a time."""


def predict(
    model: TopicModel | str | os.PathLike[str],
    dataset: "Dataset",
    text: str | None = "text",
    *,
    probabilities: bool = False,
    embeddings: str | None = None,
    keep: Sequence[str] | None = None,
    missing: Missing = "error",
    workers: int | None = None,
    batch_size: int = BATCH,
    num_cpus: float = 1,
    num_gpus: float = 0,
) -> "Dataset":
    """Assign each row of a Ray dataset to a topic of a fitted model.

    The labels are those of `TopicModel.predict` for the same rows, however many blocks and workers there are.

    Parameters
    ----------
    model : TopicModel or path
        A fitted model, or the folder of a saved one, which the driver reads. Workers get the embedder and the
        topics, through Ray, and none of the documents of the model.
    dataset : ray.data.Dataset
        Such as from `read_parquet`.
    text : str, default "text"
        Column of the texts; None with `embeddings` of documents without a text.
    probabilities : bool, default False
        Add a column ``probabilities``: a list of the probability of each topic, in the order of
        ``model.topics_``.
    embeddings : str, optional
        Column of vectors of the texts, from the same model as those of the fit. No model runs then.
    keep : sequence of str, optional
        Columns of the dataset to keep; None (default) keeps all. ``file`` and ``row`` of `read_parquet` are
        always kept.
    missing : {"error", "blank", "drop"}, default "error"
        What to do with missing texts, as in `TopicModel.predict`.
    workers : int, optional
        Largest number of workers, each of which holds the model. None (default) lets Ray take as many as the
        cluster has processors for.
    batch_size : int, default 4096
        Rows that a worker embeds at a time.
    num_cpus, num_gpus : float, default 1 and 0
        Processors and GPUs of a worker, as for Ray.

    Returns
    -------
    ray.data.Dataset
        With the columns kept, ``topic`` (int64, −1 for none), ``name`` (null for none) and ``similarity``
        (float32). It is computed when it is used, as by `write_parquet`. Ray does not keep the order of rows
        unless its ``DataContext`` says so.

    Raises
    ------
    MissingPackageError
        If Ray is not installed.
    ParameterError, ParameterTypeError
        When a setting cannot be used.
    InputError, InputTypeError
        When the dataset is none; and when it is used, if texts or embeddings cannot be: the message names
        the file and the row. Ray wraps the error in a ``RayTaskError`` that is also an InputError, except in
        `write_parquet`.

    Examples
    --------
    >>> from topickit.distributed import read_parquet, write_parquet
    >>> def label(model, source, target):
    ...     dataset = predict(model, read_parquet(f"{source}/*.parquet"), "body", keep=["id"])
    ...     return write_parquet(dataset, target)
    """
    ray, ray_data = require("ray"), require("ray.data")
    if not isinstance(dataset, ray_data.Dataset):
        raise InputTypeError(
            f"dataset must be a ray.data.Dataset, got {type(dataset).__name__}; make one with "
            "topickit.distributed.read_parquet, or with ray.data"
        )
    if text is None and embeddings is None:
        raise ParameterError("text=None needs embeddings=, a column of vectors")
    if missing not in ("error", "blank", "drop"):
        raise ParameterError(f'missing must be "error", "blank" or "drop"; got {missing!r}')
    check_whole("batch_size", batch_size)
    if workers is not None:
        check_whole("workers", workers)
    loaded = model if isinstance(model, TopicModel) else _load(model)
    light = loaded._for_prediction()
    if embeddings is None:
        light._warn_of_other_vectors("give a column of them as embeddings=", stacklevel=3)
    columns = Columns(
        text, embeddings, None if keep is None else tuple(keep), missing=missing, probabilities=probabilities
    )
    columns.check(dataset)
    result = dataset.map_batches(
        Predictor,
        # In a list, so that Ray passes the reference on: it is read once by each worker.
        fn_constructor_args=([ray.put(light)], columns),
        compute=ray_data.ActorPoolStrategy(min_size=1, max_size=workers),
        batch_format="pyarrow",
        batch_size=batch_size,
        num_cpus=num_cpus,
        num_gpus=num_gpus or None,
    )
    result.context.raise_original_map_exception = True
    return result


def _load(path: Any) -> TopicModel:
    if not isinstance(path, str | os.PathLike):
        raise ParameterTypeError(
            f"model must be a TopicModel or the folder of a saved one, got {type(path).__name__}"
        )
    return TopicModel.load(path)


@dataclass(frozen=True)
class Columns:
    """Which columns of a block are read, and which are kept.

    Attributes
    ----------
    text, embeddings : str or None
    keep : tuple of str, or None for all
    missing : {"error", "blank", "drop"}
    probabilities : bool
    """

    text: str | None
    embeddings: str | None
    keep: tuple[str, ...] | None
    missing: Missing
    probabilities: bool

    def check(self, dataset: "Dataset") -> None:
        """Check the columns of a dataset where Ray knows them already; else the first block is checked."""
        schema = dataset.schema(fetch_if_missing=False)
        if schema is not None:
            self.kept(schema.names)

    def kept(self, names: Sequence[str]) -> list[str]:
        """Return the columns to keep of those of a block.

        Raises
        ------
        ParameterError
            When there is no such column, or the result has one of that name.
        """
        kept = [name for name in names if self.keep is None or name in self.keep or name in (FILE, ROW)]
        wanted = [name for name in (self.text, self.embeddings, *(self.keep or ())) if name is not None]
        for name in wanted:
            if name not in names:
                raise ParameterError(f"there is no column {name!r}; the columns are {', '.join(names)}")
        for name in (*RESULTS, *([PROBABILITIES] if self.probabilities else [])):
            if name in kept:
                raise ParameterError(
                    f"the result has a column {name!r}, and so has the dataset; rename that, or leave it out "
                    "with keep="
                )
        return kept


class Predictor:
    """What runs on a worker: a model that is read once, called with one block after another.

    Parameters
    ----------
    model : list of one reference to a TopicModel
    columns : Columns
    """

    def __init__(self, model: list[Any], columns: Columns) -> None:
        self.model: TopicModel = require("ray").get(model[0])
        self.columns = columns

    def __call__(self, table: "pa.Table") -> "pa.Table":
        """Add the results to a block."""
        import pyarrow as pa

        kept = self.columns.kept(table.column_names)
        if self.columns.missing == "drop" and self.columns.text is not None:
            table = without_missing(table, self.columns.text)
        texts = None if self.columns.text is None else table[self.columns.text].to_pylist()
        with rows_named(lambda row: place_of(table, row)):
            given = None if self.columns.embeddings is None else vectors_of(table[self.columns.embeddings])
            documents, vectors = self.model._vectors(texts, given, self.columns.missing)
        assignment = self.model.fitted_.assigner.assign(vectors, probabilities=self.columns.probabilities)
        answer = assignment.per_row(documents, self.model.topics_)
        result = table.select(kept)
        found = answer.to_polars()
        for name in RESULTS:
            result = result.append_column(name, found[name].to_arrow())
        if self.columns.probabilities:
            width = answer.probabilities.shape[1]
            flat = pa.array(answer.probabilities.reshape(-1), pa.float32())
            result = result.append_column(PROBABILITIES, pa.FixedSizeListArray.from_arrays(flat, width))
        return result


def vectors_of(column: "pa.ChunkedArray") -> NDArray[Any]:
    """Return a column of vectors as an array.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Of lists of numbers, or of Ray's tensors.

    Returns
    -------
    ndarray of shape (n, d)

    Raises
    ------
    InputError
        When a row has no vector, or one of another length.

    Examples
    --------
    >>> import pyarrow as pa
    >>> vectors_of(pa.chunked_array([[[1.0, 2.0], [3.0, 4.0]]])).shape
    (2, 2)
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(column):
        return np.empty((0, 0), dtype=np.float32)
    kind = column.type
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    if not (is_list and pa.types.is_floating(kind.value_type)):
        return _stacked([None if value is None else np.asarray(value) for value in column.to_pylist()])
    if column.null_count:
        raise _no_embedding(int(np.flatnonzero(pc.is_null(column).to_numpy())[0]))
    lengths = pc.list_value_length(column).to_numpy()
    other = np.flatnonzero(lengths != lengths[0])
    if len(other):
        raise _other_shape(int(other[0]), (int(lengths[other[0]]),), (int(lengths[0]),))
    flat = pc.list_flatten(column).to_numpy()
    return np.asarray(flat).reshape(len(column), int(lengths[0]))


def _stacked(rows: list[NDArray[Any] | None]) -> NDArray[Any]:
    """Return vectors that are no lists of floats as an array."""
    vectors: list[NDArray[Any]] = []
    for row, value in enumerate(rows):
        if value is None:
            raise _no_embedding(row)
        if value.ndim != 1 or (vectors and value.shape != vectors[0].shape):
            raise _other_shape(row, value.shape, vectors[0].shape if vectors else ())
        vectors.append(value)
    return np.stack(vectors)


def _no_embedding(row: int) -> InputError:
    return InputError(f"row {row} has no embedding; leave the row out, or embed it")


def _other_shape(row: int, shape: tuple[int, ...], before: tuple[int, ...]) -> InputError:
    return InputError(
        f"row {row} has an embedding of shape {shape}, and rows before it have {before}; all must be vectors "
        "of one length"
    )


def without_missing(table: "pa.Table", text: str) -> "pa.Table":
    """Return the rows of a block that have a text.

    Examples
    --------
    >>> import pyarrow as pa
    >>> len(without_missing(pa.table({"text": ["a", None]}), "text"))
    1
    """
    import pyarrow as pa

    return table.filter(pa.array([not is_missing(value) for value in table[text].to_pylist()], pa.bool_()))
