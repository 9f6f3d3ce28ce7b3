"""Bringing the rows of a Ray dataset to the driver: all of a bounded number, or a sample of more."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.optional import require
from topickit._core.progress import stage
from topickit._core.validation import check_vectors
from topickit.corpus.documents import Missing, check_texts, text_keys
from topickit.corpus.timestamps import read_timestamps
from topickit.distributed.cluster import n_processors
from topickit.distributed.failures import FILE, ROW, place_of, rows_named, running
from topickit.distributed.prediction import vectors_of
from topickit.errors import InputError, ParameterError, is_missing

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset

MOST = 2
"""A sample may have so many times the rows that were asked for: equal texts are in it or not as one."""


@dataclass(frozen=True, eq=False)
class Gathered:
    """Rows of a dataset, in its order.

    Attributes
    ----------
    table : pyarrow.Table
        All columns but the vectors.
    vectors : ndarray of shape (n, d), or None
    n_rows : int
        Rows of the dataset.
    share : float
        Share of the content hashes whose rows these are; 1 for all rows.
    """

    table: "pa.Table"
    vectors: NDArray[Any] | None
    n_rows: int
    share: float = 1.0

    @property
    def is_sample(self) -> bool:
        """Whether the dataset has other rows."""
        return self.share < 1

    def column(self, name: str | None) -> list[Any] | None:
        """Return the values of a column; None if it has no name."""
        return None if name is None else self.table[name].to_pylist()

    def place(self, row: int) -> str:
        """Say where a row comes from."""
        return place_of(self.table, row)

    def place_without_missing(self, text: str, row: int) -> str:
        """Say where a row comes from that is counted without those whose text is missing."""
        import pyarrow.compute as pc

        return place_of(self.table.filter(pc.is_valid(self.table[text])), row)


def chosen(dataset: "Dataset", text: str, columns: Sequence[str], embeddings: str | None) -> "Dataset":
    """Return the columns of a dataset that a fit reads.

    Raises
    ------
    ParameterError
        When there is no such column.
    """
    with running():
        names = dataset.columns() or []
    wanted = list(dict.fromkeys([text, *columns, *([] if embeddings is None else [embeddings])]))
    for name in wanted:
        if name not in names:
            raise ParameterError(f"there is no column {name!r}; the columns are {', '.join(names)}")
    return dataset.select_columns([*wanted, *(name for name in (FILE, ROW) if name in names)])


def count_rows(dataset: "Dataset", text: str, embeddings: str | None, missing: Missing) -> int:
    """Count the rows of a dataset and check the text and the vector of each, before hours of work.

    Parameters
    ----------
    dataset : ray.data.Dataset
    text : str
    embeddings : str or None
        Columns.
    missing : {"error", "blank", "drop"}

    Raises
    ------
    TopickitError
        When a row cannot be used; the message names it.
    """
    checked = _by_tasks(dataset, check_rows, text=text, embeddings=embeddings, missing=missing)
    n_rows, first = 0, None
    with stage("Checking rows") as progress, running():
        for block in checked.iter_batches(batch_size=None, batch_format="pyarrow"):
            for found in block.to_pylist():
                n_rows += found["rows"]
                progress.advance(found["rows"])
                if found["dimension"]:
                    first = first or found
                    if found["dimension"] != first["dimension"]:
                        raise InputError(
                            f"{found['place']} has an embedding of {found['dimension']} numbers, and "
                            f"{first['place']} one of {first['dimension']}; all must be of one length"
                        )
    return n_rows


def check_rows(table: "pa.Table", text: str, embeddings: str | None, missing: Missing) -> "pa.Table":
    """Check the rows of a block, on a worker; return their number and the length of the vectors."""
    import pyarrow as pa

    texts, dimension = table[text].to_pylist(), 0
    if missing != "error":
        texts = ["" if is_missing(value) else value for value in texts]
    with rows_named(partial(place_of, table)):
        check_texts(texts, may_be_empty=True)
        if embeddings is not None and len(table):
            dimension = check_vectors(vectors_of(table[embeddings])).shape[1]
    place = place_of(table, 0) if dimension else ""
    return pa.table({"rows": [len(table)], "dimension": [dimension], "place": [place]})


def check_times(dataset: "Dataset", timestamps: str, time_format: str) -> None:
    """Check that all timestamps of a dataset can be read in a format.

    Raises
    ------
    InputError, InputTypeError
        When one cannot; the message names its row.
    """
    checked = _by_tasks(dataset, read_times, timestamps=timestamps, time_format=time_format)
    with stage("Checking timestamps") as progress, running():
        for block in checked.iter_batches(batch_size=None, batch_format="pyarrow"):
            progress.advance(sum(block["rows"].to_pylist()))


def read_times(table: "pa.Table", timestamps: str, time_format: str) -> "pa.Table":
    """Read the timestamps of a block, on a worker; return their number."""
    import pyarrow as pa

    with rows_named(partial(place_of, table)):
        read_timestamps(table[timestamps].to_pylist(), len(table), time_format=time_format)
    return pa.table({"rows": [len(table)]})


def _by_tasks(dataset: "Dataset", function: Any, **arguments: Any) -> "Dataset":
    """Apply a function to each block; as many tasks as there are processors run at a time."""
    return dataset.map_batches(
        function,
        fn_kwargs=arguments,
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=0,  # else workers that take all processors would leave none
        compute=require("ray.data").TaskPoolStrategy(size=n_processors()),
    )


def gather(dataset: "Dataset", text: str, *, embeddings: str | None, limit: int, n_rows: int) -> Gathered:
    """Bring rows to the driver.

    Of more than `limit` rows, those are taken whose texts have the smallest content hashes: about `limit`,
    the same ones however the rows are divided into blocks.

    Parameters
    ----------
    dataset : ray.data.Dataset
        As from `chosen`.
    text : str
        Column of the texts.
    embeddings : str, optional
        Column of vectors.
    limit : int
    n_rows : int
        Rows of the dataset.

    Returns
    -------
    Gathered

    Raises
    ------
    InputError
        When few texts make up so many rows that the sample would have more than twice `limit`.
    TopickitError
        When a row cannot be used; the message names it.
    """
    share = 1.0 if n_rows <= limit else limit / n_rows
    few = dataset if share == 1 else _by_tasks(dataset, in_sample, text=text, share=share)
    found = _collected(few, embeddings, limit if share == 1 else MOST * limit)
    if found is None:
        raise InputError(
            f"one text or a few are so many of the {n_rows:,} rows that a sample of about {limit:,} rows "
            f"would have more than {MOST * limit:,}; leave repeated texts out, or raise limit="
        )
    return Gathered(found.table, found.vectors, n_rows, share)


def in_sample(table: "pa.Table", text: str, share: float) -> "pa.Table":
    """Select the rows of a block whose texts have content hashes below a share of all; no blank ones."""
    import pyarrow as pa

    return table.filter(pa.array(_is_sampled(table, text, share)))


def not_in_sample(table: "pa.Table", text: str, share: float) -> "pa.Table":
    """Select the other rows of a block."""
    import pyarrow as pa

    return table.filter(pa.array(~_is_sampled(table, text, share)))


def _is_sampled(table: "pa.Table", text: str, share: float) -> NDArray[np.bool_]:
    first = text_keys(["" if is_missing(value) else value for value in table[text].to_pylist()])[:, 0]
    return np.asarray((first > 0) & (first < share * 2.0**64))


def _collected(dataset: "Dataset", embeddings: str | None, limit: int) -> Gathered | None:
    """Collect blocks in their order; None where there are more than `limit` rows."""
    import pyarrow as pa

    # A copy: the options belong to all datasets of the process.
    dataset.context.execution_options = copy.copy(dataset.context.execution_options)
    dataset.context.execution_options.preserve_order = True
    dataset.context.raise_original_map_exception = True
    tables: list[Any] = []
    vectors: list[NDArray[np.float32]] = []
    n = 0
    with stage("Reading texts") as progress, running():
        for block in dataset.iter_batches(batch_size=None, batch_format="pyarrow"):
            n += len(block)
            progress.advance(len(block))
            if n > limit:
                return None
            if not len(block):
                continue
            if embeddings is not None:
                with rows_named(lambda row, block=block: place_of(block, row)):  # type: ignore[misc]
                    vectors.append(vectors_of(block[embeddings]).astype(np.float32, copy=False))
                block = block.drop_columns([embeddings])
            tables.append(block)
    if not tables:
        return Gathered(dataset.schema().base_schema.empty_table(), None, 0)
    return Gathered(pa.concat_tables(tables), np.concatenate(vectors) if vectors else None, n)
