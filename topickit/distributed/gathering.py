"""Bringing the rows of a Ray dataset to the driver: all of a bounded number, or a sample of more."""

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.optional import require
from topickit._core.progress import stage
from topickit.corpus.documents import text_keys
from topickit.distributed.cluster import n_processors
from topickit.distributed.failures import FILE, ROW, place_of, rows_named, running
from topickit.distributed.prediction import vectors_of
from topickit.errors import InputError, ParameterError, TopickitWarning

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
    """

    table: "pa.Table"
    vectors: NDArray[Any] | None
    n_rows: int

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


def gather(
    dataset: "Dataset", text: str, columns: Sequence[str], *, embeddings: str | None, limit: int
) -> Gathered:
    """Bring rows to the driver.

    Of more than `limit` rows, those are taken whose texts have the smallest content hashes: about `limit`,
    the same ones however the rows are divided into blocks.

    Parameters
    ----------
    dataset : ray.data.Dataset
    text : str
        Column of the texts.
    columns : sequence of str
        Further columns.
    embeddings : str, optional
        Column of vectors.
    limit : int

    Returns
    -------
    Gathered

    Raises
    ------
    ParameterError
        When there is no such column.
    InputError
        When few texts make up so many rows that the sample would have more than twice `limit`.
    TopickitError
        When a row cannot be used; the message names it.

    Warns
    -----
    TopickitWarning
        When there are more than `limit` rows.
    """
    with running():
        names = dataset.columns() or []
    wanted = list(dict.fromkeys([text, *columns, *([] if embeddings is None else [embeddings])]))
    for name in wanted:
        if name not in names:
            raise ParameterError(f"there is no column {name!r}; the columns are {', '.join(names)}")
    chosen = dataset.select_columns([*wanted, *(name for name in (FILE, ROW) if name in names)])
    found = _collected(chosen, embeddings, limit)
    if found is not None:
        return found
    with running():
        n_rows = chosen.count()
    share = limit / n_rows
    few = chosen.map_batches(
        in_sample,
        fn_kwargs={"text": text, "share": share},
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=0,
        compute=require("ray.data").TaskPoolStrategy(size=n_processors()),
    )
    sample = _collected(few, embeddings, MOST * limit)
    if sample is None:
        raise InputError(
            f"one text or a few are so many of the {n_rows:,} rows that a sample of about {limit:,} rows "
            f"would have more than {MOST * limit:,}; leave repeated texts out, or raise limit="
        )
    warnings.warn(
        f"the dataset has {n_rows:,} rows, more than limit={limit:,}: topics, keywords and sizes are those "
        f"of the {len(sample.table):,} rows whose texts have the smallest hashes; label all rows with "
        "topickit.distributed.predict, or raise limit=",
        TopickitWarning,
        stacklevel=3,
    )
    return Gathered(sample.table, sample.vectors, n_rows)


def in_sample(table: "pa.Table", text: str, share: float) -> "pa.Table":
    """Select the rows of a block whose texts have content hashes below a share of all; no blank ones."""
    import pyarrow as pa

    with rows_named(lambda row: place_of(table, row)):
        first = text_keys(["" if value is None else value for value in table[text].to_pylist()])[:, 0]
    return table.filter(pa.array((first > 0) & (first < share * 2.0**64)))


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
