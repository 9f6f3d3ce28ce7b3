"""Counted: what is kept of documents that are not held, as values that add up.

All of them are integers. So the sum over the parts of a collection is the same for any parts, in any order.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import FloatArray, IntArray
from topickit.corpus.covariates import NO_CLASS, Covariates
from topickit.corpus.documents import Documents
from topickit.keywords.counts import TermSums

STEPS = 2.0**28
"""Steps per unit of a component of a vector, which are added: room for 3e10 unit vectors in 64 bits."""
MOST_ROWS = 500_000
"""Most combinations of topic, time and class; beyond it, times are rounded down to the next unit."""
TIME_UNITS = ("s", "m", "h", "D", "M", "Y")


@dataclass(frozen=True, eq=False)
class Rows:
    """Topic, time and class of documents, one by one or counted.

    Attributes
    ----------
    labels : int64 ndarray of shape (n,)
        −1 for none.
    covariates : Covariates or None
        Of n rows.
    weights : int64 ndarray of shape (n,), or None
        Documents of each row; None where each is one.
    time_unit : {"s", "m", "h", "D", "M", "Y"}
        To which times are rounded.

    Examples
    --------
    >>> rows = Rows(np.array([0, 1, 0])).grouped()
    >>> rows.labels.tolist(), rows.weights.tolist()
    ([0, 1], [2, 1])
    """

    labels: IntArray
    covariates: Covariates | None = None
    weights: IntArray | None = None
    time_unit: str = "s"

    @property
    def weight_of_rows(self) -> IntArray:
        """Documents of each row."""
        return np.ones(len(self.labels), np.int64) if self.weights is None else self.weights

    def __add__(self, other: "Rows") -> "Rows":
        """Count other documents, too."""
        unit = TIME_UNITS[max(TIME_UNITS.index(rows.time_unit) for rows in (self, other))]
        one, two = self._rounded(unit), other._rounded(unit)
        joined = Covariates.joined(one.covariates, len(one.labels), two.covariates, len(two.labels))
        weights = np.concatenate([one.weight_of_rows, two.weight_of_rows])
        return Rows(np.concatenate([one.labels, two.labels]), joined, weights, unit).grouped()

    def grouped(self) -> "Rows":
        """Count rows with the same topic, time and class as one, at most `MOST_ROWS`.

        The unit of times is the finest that makes so few rows. A part of the documents never makes more rows
        than all, so it does not depend on the order in which parts are added.
        """
        for unit in TIME_UNITS[TIME_UNITS.index(self.time_unit) :]:
            grouped = self._rounded(unit)._grouped()
            if len(grouped.labels) <= MOST_ROWS:
                break
        return grouped

    def _rounded(self, unit: str) -> "Rows":
        times = None if self.covariates is None else self.covariates.timestamps
        if self.covariates is None or times is None or unit == self.time_unit:
            return replace(self, time_unit=unit)
        times = times.astype(f"datetime64[{unit}]").astype("datetime64[s]")
        return replace(self, covariates=replace(self.covariates, timestamps=times), time_unit=unit)

    def _grouped(self) -> "Rows":
        covariates = self.covariates or Covariates()
        n = len(self.labels)
        codes = np.full(n, NO_CLASS) if covariates.class_codes is None else covariates.class_codes
        missing = np.datetime64("NaT", "s")
        times = np.full(n, missing) if covariates.timestamps is None else covariates.timestamps
        table = np.stack([self.labels, times.astype(np.int64), codes], axis=1)
        distinct, place = np.unique(table, axis=0, return_inverse=True)
        weights = np.zeros(len(distinct), dtype=np.int64)
        np.add.at(weights, place.ravel(), self.weight_of_rows)
        grouped = None
        if self.covariates is not None:
            grouped = replace(
                covariates,
                timestamps=None if covariates.timestamps is None else distinct[:, 1].astype("datetime64[s]"),
                class_codes=None if covariates.class_codes is None else distinct[:, 2],
            )
        return Rows(distinct[:, 0], grouped, weights, self.time_unit)


@dataclass(frozen=True, eq=False)
class Counted:
    """Documents that were assigned and counted.

    Attributes
    ----------
    rows : Rows
    sums : TermSums
        Of the terms, by topic.
    steps : int64 ndarray of shape (k, d)
        Sum of the vectors of each topic, in units of 1 / `STEPS`.
    n_distinct, n_blank : int

    Examples
    --------
    >>> documents = Documents.of(["a", "b", " "])
    >>> vectors, labels = np.eye(2, dtype=np.float32), np.array([0, 0])
    >>> counted = Counted.of(documents, vectors, labels, csr_array((2, 1), dtype=np.int32), 1)
    >>> (counted + counted).vector_sums.tolist(), counted.n_documents
    ([[2.0, 2.0]], 3)
    """

    rows: Rows
    sums: TermSums = field(repr=False)
    steps: IntArray = field(repr=False)
    n_distinct: int
    n_blank: int

    @classmethod
    def of(
        cls,
        documents: Documents,
        vectors: FloatArray,
        labels: IntArray,
        terms: csr_array,
        n_topics: int,
        covariates: Covariates | None = None,
    ) -> "Counted":
        """Count documents.

        Parameters
        ----------
        documents : Documents
        vectors : float32 ndarray of shape (u, d), unit rows
        labels : int64 ndarray of shape (u,)
            Topic of each distinct document; −1 for none.
        terms : csr_array of shape (u, t)
            Occurrences of each term in each.
        n_topics : int
        covariates : Covariates, optional
            Of the rows of the documents.
        """
        return cls(
            Rows(documents.per_row(labels, -1), covariates),
            TermSums.of(terms, labels, documents.weights, n_topics),
            _steps(vectors, labels, documents.weights, n_topics),
            len(documents),
            documents.n_blank,
        )

    @property
    def n_documents(self) -> int:
        """Number of documents, blank ones included."""
        return int(self.rows.weight_of_rows.sum())

    @property
    def vector_sums(self) -> NDArray[np.float64]:
        """Sum of the vectors of each topic, of shape (k, d)."""
        return self.steps / STEPS

    def __add__(self, other: "Counted") -> "Counted":
        """Count the documents of both."""
        return Counted(
            self.rows + other.rows,
            self.sums + other.sums,
            self.steps + other.steps,
            self.n_distinct + other.n_distinct,
            self.n_blank + other.n_blank,
        )

    def grouped(self) -> "Counted":
        """Return the same counts with rows counted."""
        return replace(self, rows=self.rows.grouped())


def _steps(vectors: FloatArray, labels: IntArray, weights: IntArray, n_topics: int) -> IntArray:
    """Add up the vectors of each topic as integers."""
    result = np.zeros((n_topics, vectors.shape[1]), dtype=np.int64)
    for topic in np.unique(labels[labels >= 0]).tolist():
        rows = labels == topic
        whole = np.rint(vectors[rows].astype(np.float64) * STEPS).astype(np.int64)
        result[topic] = weights[rows] @ whole
    return result
