"""Counting the rows that a fit did not hold: workers assign and count blocks, the driver adds up."""

import pickle
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from topickit._core.optional import require
from topickit._core.progress import stage
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents, Missing
from topickit.corpus.timestamps import guessed_format
from topickit.distributed.cluster import n_processors
from topickit.distributed.failures import place_of, rows_named, running
from topickit.distributed.gathering import not_in_sample
from topickit.distributed.prediction import vectors_of, without_missing
from topickit.errors import TopickitWarning
from topickit.fitted.counted import Counted
from topickit.keywords.reader import TermReader
from topickit.model import TopicModel

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset

BATCH = 16384
"""Rows that a worker counts at a time: the fewer parts, the less is sent and added up."""
PARTS = 16
"""Counts that a worker adds up before the driver gets them."""


@dataclass(frozen=True)
class Columns:
    """How the columns of a block are read.

    Attributes
    ----------
    text : str
    embeddings, timestamps, classes : str or None
    missing : {"error", "blank", "drop"}
    time_format : str or None
    whole_classes : bool
        Classes that are floats are whole numbers.
    """

    text: str
    embeddings: str | None = None
    timestamps: str | None = None
    classes: str | None = None
    missing: Missing = "error"
    time_format: str | None = None
    whole_classes: bool = False

    def as_in(self, values: Sequence[Any] | None, classes: Sequence[Any] | None) -> "Columns":
        """Read other rows as the timestamps and classes of a sample were read.

        Parameters
        ----------
        values, classes : sequence or None
            Timestamps and classes of the sample.
        """
        time_format = self.time_format
        if values is not None and time_format is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", TopickitWarning)  # the fit of the sample says it
                time_format = guessed_format(values, len(values))
        floats = [value for value in classes or () if isinstance(value, float) and value == value]
        whole = all(value.is_integer() for value in floats)
        return Columns(
            self.text, self.embeddings, self.timestamps, self.classes, self.missing, time_format, whole
        )

    def covariates(self, table: "pa.Table") -> Covariates | None:
        """Read the timestamps and classes of a block."""
        classes = None if self.classes is None else table[self.classes].to_pylist()
        if classes is not None:
            classes = [self._class(value) if isinstance(value, float) else value for value in classes]
        return Covariates.of(
            len(table),
            timestamps=None if self.timestamps is None else table[self.timestamps].to_pylist(),
            classes=classes,
            time_format=self.time_format,
        )

    def _class(self, value: float) -> str | None:
        if value != value:
            return None
        return str(int(value)) if self.whole_classes and value.is_integer() else str(value)


class Counter:
    """What runs on a worker: a model that is read once, called with one block after another.

    Parameters
    ----------
    given : list of one reference to a TopicModel and a TermReader
    columns : Columns
    share : float
        Share of the content hashes that the sample has.
    """

    def __init__(self, given: list[Any], columns: Columns, share: float) -> None:
        self.model, self.reader = require("ray").get(given[0])
        self.columns, self.share = columns, share

    def __call__(self, table: "pa.Table") -> "pa.Table":
        """Count the rows of a block that are not in the sample."""
        columns = self.columns
        table = not_in_sample(table, columns.text, self.share)
        if columns.missing == "drop":
            table = without_missing(table, columns.text)
        with rows_named(partial(place_of, table)):
            given = None if columns.embeddings is None else vectors_of(table[columns.embeddings])
            texts = table[columns.text].to_pylist()
            documents, vectors = (
                self.model._vectors(texts, given, columns.missing) if texts else _nothing(self.model)
            )
            covariates = columns.covariates(table)
        terms = self.reader.count(documents.texts)
        assigner = self.model.fitted_.assigner
        labels = assigner.labels(vectors)
        return packed(
            Counted.of(documents, vectors, labels, terms, assigner.n_topics, covariates).grouped(), len(table)
        )


def _nothing(model: TopicModel) -> tuple[Documents, Any]:
    empty = np.empty((0, model.fitted_.assigner.dimension), dtype=np.float32)
    return Documents.of([], may_be_empty=True), empty


def packed(counted: Counted, n_rows: int) -> "pa.Table":
    """Return counts as a block of one row, as Ray moves them.

    Parameters
    ----------
    counted : Counted
    n_rows : int
        Rows that were counted, for the progress bar.
    """
    import pyarrow as pa

    content = pickle.dumps(counted, protocol=5)
    return pa.table({"counted": pa.array([content], pa.large_binary()), "rows": [n_rows]})


def added_up(table: "pa.Table") -> "pa.Table":
    """Add up the counts of a block, on a worker."""
    total = None
    for row in range(len(table)):
        part = pickle.loads(table["counted"][row].as_py())
        total = part if total is None else total + part
    return table if total is None else packed(total, sum(table["rows"].to_pylist()))


def count_others(
    dataset: "Dataset",
    model: TopicModel,
    columns: Columns,
    *,
    share: float,
    n_rows: int,
    workers: int | None = None,
    num_cpus: float = 1,
    num_gpus: float = 0,
) -> Counted | None:
    """Assign and count the rows of a dataset that are not in the sample of a fit.

    The counts are integers: their sum depends neither on the blocks nor on their order. A block of a worker
    that is lost is counted again.

    Parameters
    ----------
    dataset : ray.data.Dataset
    model : TopicModel
        Fitted to the sample, with its corpus.
    columns : Columns
    share : float
        Share of the content hashes that the sample has; see `topickit.distributed.gathering.in_sample`.
    n_rows : int
        Number of rows to count, for the progress bar.
    workers, num_cpus, num_gpus
        As for `topickit.distributed.fit`.

    Returns
    -------
    Counted or None
        None where there is no row.
    """
    ray, ray_data = require("ray"), require("ray.data")
    fitted = model.fitted_
    corpus = fitted.need_corpus("counting further documents")
    documents = corpus.documents
    reader = TermReader.of(documents.texts, documents.weights, fitted.keyword_settings, corpus.terms)
    parts = dataset.map_batches(
        Counter,
        # In a list, so that Ray passes the reference on: it is read once by each worker.
        fn_constructor_args=([ray.put((model._for_prediction(), reader))], columns, share),
        compute=ray_data.ActorPoolStrategy(min_size=1, max_size=workers),
        batch_format="pyarrow",
        batch_size=BATCH,
        num_cpus=num_cpus,
        num_gpus=num_gpus or None,
    ).map_batches(
        added_up,
        batch_format="pyarrow",
        batch_size=PARTS,
        num_cpus=0,  # else workers that take all processors would leave none
        compute=ray_data.TaskPoolStrategy(size=n_processors()),
    )
    parts.context.raise_original_map_exception = True
    total = None
    with stage("Counting the other rows", n_rows) as progress, running():
        for block in parts.iter_batches(batch_size=1, batch_format="pyarrow"):
            part = pickle.loads(block["counted"][0].as_py())
            total = part if total is None else total + part
            progress.advance(block["rows"][0].as_py())
    return total
