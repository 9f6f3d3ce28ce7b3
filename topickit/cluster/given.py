"""Groups that the user has: one label per row of the table, as a clusterer."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import FloatArray, IntArray
from topickit.cluster.base import BaseClusterer
from topickit.cluster.result import ClusteringResult
from topickit.corpus.documents import Documents
from topickit.errors import InputError, InputTypeError, TopickitWarning, is_missing, is_whole

N_PROTOTYPES = 16
"""Most prototypes per topic. On BBC news, Banking77, Stack Overflow titles and 20 Newsgroups, 16 instead of 4
raised agreement with the gold labels from .968, .923, .884 and .756 to .983, .973, .922 and .866. Accuracy on
held-out documents changed by +.001, +.016, -.005 and +.010; with 32 it fell on Stack Overflow titles."""


class GivenLabels(BaseClusterer):
    """Topics from labels that you have, such as manual codes or categories.

    The labels stand in the order of the texts that `TopicModel.fit` gets. The model learns prototypes of each
    group, so it keeps most labels, not all: see ``fitted_.provenance.agreement_with_clusterer``. All labelled
    documents are used, whatever `fit_sample` is.

    Parameters
    ----------
    y : sequence of int or str
        Label of each row. None, NaN, −1 and a blank str mean that a row has no topic: it counts as an outlier
        when thresholds are set, unless ``TopicModel(outliers=0)``. Names of topics are the labels that are
        str. Rows of equal texts get the label of most of them, with a warning where they differ.

    Examples
    --------
    >>> from topickit import GivenLabels, TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> given = GivenLabels(["fruit", "fruit", "fruit", "traffic", "traffic", "traffic"])
    >>> model = TopicModel(embedder="lexical", clusterer=given).fit(texts)
    >>> sorted(topic.name for topic in model.topics_)
    ['fruit', 'traffic']
    """

    sample_size = None
    follows_row_order = True
    refuses_known_topics = (
        "GivenLabels takes all topics from labels; pass labels of some rows as known_labels="
    )

    def __init__(self, y: Any) -> None:
        self.y = y

    @property
    def description(self) -> str:
        """A few words that stand for the labels in a saved model, which does not hold them."""
        codes, names = self.codes()
        return f"GivenLabels of {len(codes):,} rows in {len(names):,} groups"

    def codes(self) -> tuple[IntArray, tuple[int | str, ...]]:
        """Return the position of each row's label among the distinct labels, and these.

        Returns
        -------
        codes : int64 ndarray of shape (n,)
            −1 for no label.
        labels : tuple of int or str
            Distinct labels, sorted.

        Raises
        ------
        InputTypeError
            When a label is neither an int nor a str, or some are int and some str.
        InputError
            When no row has a label.
        """
        labels = [_label(value, row) for row, value in enumerate(_as_list(self.y))]
        distinct = {label for label in labels if label is not None}
        if len({type(label) for label in distinct}) > 1:
            raise InputTypeError("labels must be all int or all str; got both")
        if not distinct:
            raise InputError("no row has a label; GivenLabels needs at least one")
        ordered = tuple(sorted(distinct))
        place = {label: code for code, label in enumerate(ordered)}
        return np.array([-1 if label is None else place[label] for label in labels], dtype=np.int64), ordered

    def check_rows(self, n_rows: int) -> None:
        """Raise unless there is one usable label per row.

        Parameters
        ----------
        n_rows : int
            Number of rows of the table.

        Raises
        ------
        InputError, InputTypeError
            When the number of labels is another one, or a label cannot be used.
        """
        if len(self.codes()[0]) != n_rows:
            raise InputError(
                f"GivenLabels has {len(self.codes()[0]):,} labels for {n_rows:,} texts; give one label per "
                "row, None for no topic"
            )

    def cluster(self, vectors: FloatArray, weights: NDArray[Any]) -> ClusteringResult:
        """Return the labels as clusters of rows that are in their order.

        Parameters
        ----------
        vectors : float32 ndarray of shape (n, d)
            One row per label.
        weights : ndarray of shape (n,)
            Not used.

        Returns
        -------
        ClusteringResult
            Its labels are in the order of the rows.

        Raises
        ------
        InputError
            When the number of rows is another one.
        """
        self.check_rows(len(vectors))
        return self._result(self.codes()[0])

    def cluster_documents(self, documents: Documents, rows: IntArray) -> ClusteringResult:
        """Return the labels of distinct documents.

        Parameters
        ----------
        documents : Documents
            Of the texts that the labels belong to.
        rows : int64 ndarray of shape (n,)
            Positions of the documents wanted.

        Returns
        -------
        ClusteringResult
            Its labels are in the order of `rows`.

        Warns
        -----
        TopickitWarning
            When equal texts have different labels, or a labelled text is blank or has no embedding.
        """
        self.check_rows(documents.n_rows)
        chosen = self.per_document(documents, rows)
        if not (chosen[rows] >= 0).any():
            raise InputError("no labelled text has an embedding other than zeros; correct the embedder")
        return self._result(chosen[rows])

    def per_document(self, documents: Documents, rows: IntArray) -> IntArray:
        """Return the label of most rows of each distinct document.

        Parameters
        ----------
        documents : Documents
            Of the texts that the labels belong to.
        rows : int64 ndarray
            Positions of the documents that are used, for the warning.

        Returns
        -------
        int64 ndarray of shape (u,)
            Codes as of `codes`; −1 for no label.

        Warns
        -----
        TopickitWarning
            As for `cluster_documents`.
        """
        codes, _ = self.codes()
        labelled = np.flatnonzero((codes >= 0) & (documents.rows >= 0))
        votes = np.zeros((0, 3), dtype=np.int64)
        if len(labelled):
            pairs = np.stack([documents.rows[labelled], codes[labelled]], axis=1)
            distinct, counts = np.unique(pairs, axis=0, return_counts=True)
            votes = np.column_stack([distinct, counts])
        # By document, then by falling count, then by label: the first of each document decides.
        votes = votes[np.lexsort((votes[:, 1], -votes[:, 2], votes[:, 0]))]
        decided, first = np.unique(votes[:, 0], return_index=True)
        chosen = np.full(len(documents), -1, dtype=np.int64)
        chosen[decided] = votes[first, 1]
        self._warn(documents, codes, chosen, rows)
        return chosen

    def _warn(self, documents: Documents, codes: IntArray, chosen: IntArray, rows: IntArray) -> None:
        """Warn of labels that cannot be kept."""
        own = np.append(chosen, -1)[documents.rows]  # the last one is for blank rows
        differ = np.flatnonzero((documents.rows >= 0) & (codes >= 0) & (own != codes))
        if len(differ):
            row = int(differ[0])
            other = int(documents.first_rows[documents.rows[row]])
            warnings.warn(
                f"{len(differ):,} rows have another label than most rows of the same text, the first of them "
                f"row {row} (its text is in row {other}, too): equal texts get one topic, the label of most",
                TopickitWarning,
                stacklevel=6,
            )
        used = np.zeros(len(documents) + 1, dtype=np.bool_)
        used[rows] = True
        lost = np.flatnonzero((codes >= 0) & ~used[documents.rows])
        if len(lost):
            warnings.warn(
                f"{len(lost):,} labelled rows are blank or have an embedding of zeros, the first of them row "
                f"{int(lost[0])}: they will be outliers",
                TopickitWarning,
                stacklevel=6,
            )

    def _result(self, codes: IntArray) -> ClusteringResult:
        """Make clusters of the labels that occur, in their order."""
        labels = self.codes()[1]
        used = np.unique(codes[codes >= 0])
        place = np.full(len(labels) + 1, -1, dtype=np.int64)
        place[used] = np.arange(len(used))
        occurring = [labels[code] for code in used.tolist()]
        return ClusteringResult(
            place[codes],
            notes={"clusterer": "GivenLabels", "groups": len(used)},
            names=tuple(label for label in occurring if isinstance(label, str)),
            n_prototypes=N_PROTOTYPES,
        )


def _as_list(y: Any) -> list[Any]:
    """Make a list of any column."""
    if isinstance(y, str | bytes | dict | set | frozenset) or len(getattr(y, "shape", (0,))) != 1:
        raise InputTypeError(f"labels must be one column of int or str, got {type(y).__name__}")
    for method in ("to_pylist", "to_list", "tolist"):  # Arrow; pandas and polars; NumPy
        if hasattr(y, method):
            return list(getattr(y, method)())
    try:
        return list(y)
    except TypeError as error:
        raise InputTypeError(f"labels must be one column of int or str, got {type(y).__name__}") from error


def _label(value: Any, row: int) -> int | str | None:
    """Return a label as int or str; None for none."""
    if is_missing(value):
        return None
    if isinstance(value, str):
        return str(value).strip() or None
    if isinstance(value, float | np.floating) and value.is_integer():  # a column of ints with missing ones
        value = int(value)
    if not is_whole(value):
        raise InputTypeError(f"label {row} must be an int, a str or None; got {value!r}")
    if value < -1:
        raise InputError(f"label {row} is {value}; labels must be at least 0, or -1 for no topic")
    return None if value == -1 else int(value)
