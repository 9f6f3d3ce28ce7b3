"""TermCounts: how often each topic has each term. Integers, made once, and additive."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from topickit._core.state import State
from topickit._core.vectors import IntArray
from topickit.errors import InputError
from topickit.keywords.sparse import csr_arrays, csr_from, presence, row_blocks
from topickit.keywords.vocabulary import DocumentTerms


@dataclass(frozen=True, eq=False)
class TermCounts:
    """Topic × term counts.

    Counts over one vocabulary add up: the counts of the parts of a corpus, in any order, sum to
    the counts of the whole.

    Attributes
    ----------
    terms : tuple of str, of length t
    topics : csr_array of shape (k, t), int64
        Row 0 is topic 0; indices sorted, no stored zeros.
    outliers : int64 ndarray of shape (t,)
        Counts over the documents that are in no topic.
    languages : tuple of str
        ISO 639-1 codes of the languages of the corpus.
    parts : int32 ndarray of shape (t, 3)
        The terms that a phrase consists of, then −1; all −1 for a word.
    spread : csr_array of shape (k, t), int64, optional
        Documents of each topic that have a term; stored where `topics` is. None where only
        occurrences are known.
    sizes : int64 ndarray of shape (k + 1,), optional
        Documents of each topic, then those in no topic.
    outlier_spread : int64 ndarray of shape (t,), optional
        Documents in no topic that have a term.

    Examples
    --------
    >>> from topickit.keywords.settings import KeywordSettings
    >>> from topickit.keywords.vocabulary import count_terms
    >>> weights = np.array([1, 2])
    >>> found = count_terms(["boat and sea", "sea"], weights, KeywordSettings())
    >>> counts = TermCounts.of(found, np.array([0, -1]), weights, 1)
    >>> counts.terms, counts.topics.toarray().tolist(), counts.outliers.tolist()
    (('boat', 'sea'), [[1, 1]], [0, 2])
    """

    terms: tuple[str, ...] = field(repr=False)
    topics: csr_array = field(repr=False)
    outliers: IntArray = field(repr=False)
    languages: tuple[str, ...]
    parts: NDArray[np.int32] = field(repr=False)
    spread: csr_array | None = field(default=None, repr=False)
    sizes: IntArray | None = field(default=None, repr=False)
    outlier_spread: IntArray | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls, document_terms: DocumentTerms, labels: ArrayLike, weights: ArrayLike, n_topics: int
    ) -> "TermCounts":
        """Add up the counts of the documents of each topic.

        Parameters
        ----------
        document_terms : DocumentTerms
            Of u documents.
        labels : int array of shape (u,)
            Topic of each document, −1 for none.
        weights : int array of shape (u,)
            How many documents each row stands for.
        n_topics : int

        Raises
        ------
        InputError
            When there is not one label and weight a document, or a label is outside −1 … n_topics − 1.
        """
        n_documents = document_terms.counts.shape[0]
        label, weight = np.asarray(labels, dtype=np.int64), np.asarray(weights, dtype=np.int64)
        for name, values in (("labels", label), ("weights", weight)):
            if values.shape != (n_documents,):
                raise InputError(
                    f"{name} must have shape ({n_documents},), one a document; got {values.shape}"
                )
        _check_range(label, n_topics, "label")
        shape = (n_topics + 1, document_terms.counts.shape[1])
        occurrences, presences = csr_array(shape, dtype=np.int64), csr_array(shape, dtype=np.int64)
        for rows, block in row_blocks(document_terms.counts):
            counts = csr_array(block.astype(np.int64))
            occurrences = occurrences + _sum_rows(counts, label[rows], weight[rows], n_topics)
            presences = presences + _sum_rows(presence(counts), label[rows], weight[rows], n_topics)
        topics, outliers = _split_outliers(occurrences)
        spread, outlier_spread = _split_outliers(presences)
        sizes = np.bincount(np.where(label < 0, n_topics, label), weight, minlength=n_topics + 1)
        return cls(
            document_terms.terms,
            topics,
            outliers,
            document_terms.languages,
            document_terms.parts,
            spread,
            sizes.astype(np.int64),
            outlier_spread,
        )

    def state(self) -> State:
        """Give what `from_state` makes it of."""
        arrays: dict[str, NDArray[Any]] = {
            "outliers": self.outliers,
            "parts": self.parts,
            **csr_arrays(self.topics),
        }
        if self.spread is not None and self.sizes is not None and self.outlier_spread is not None:
            # Its places are those of the occurrences.
            arrays |= {"spread": self.spread.data, "sizes": self.sizes, "outlier_spread": self.outlier_spread}
        return State({"terms": list(self.terms), "languages": list(self.languages)}, arrays)

    @classmethod
    def from_state(cls, state: State) -> "TermCounts":
        """Make the TermCounts that gave this state."""
        terms, languages = tuple(state.config["terms"]), tuple(state.config["languages"])
        arrays = state.arrays
        counts = cls(terms, csr_from(arrays, len(terms)), arrays["outliers"], languages, arrays["parts"])
        if "spread" not in arrays:
            return counts
        spread = csr_from({**arrays, "data": arrays["spread"]}, len(terms))
        return replace(counts, spread=spread, sizes=arrays["sizes"], outlier_spread=arrays["outlier_spread"])

    @property
    def n_topics(self) -> int:
        """The number of topics."""
        return int(self.topics.shape[0])

    def __add__(self, other: "TermCounts") -> "TermCounts":
        """Add the counts of another part of the corpus, over the same terms and topics."""
        if not isinstance(other, TermCounts):
            return NotImplemented
        if self.terms != other.terms or self.n_topics != other.n_topics:
            raise InputError(
                f"counts add up only over the same terms and topics, got {self.n_topics} topics of "
                f"{len(self.terms)} terms and {other.n_topics} of {len(other.terms)}; count all parts with "
                "the terms that one count_terms chose"
            )
        return replace(
            self,
            topics=_canonical(csr_array(self.topics + other.topics)),
            outliers=self.outliers + other.outliers,
            spread=_sum_known(self.spread, other.spread, lambda a, b: _canonical(csr_array(a + b))),
            sizes=_sum_known(self.sizes, other.sizes, np.add),
            outlier_spread=_sum_known(self.outlier_spread, other.outlier_spread, np.add),
        )

    def merged(self, mapping: Sequence[int]) -> "TermCounts":
        """Add up the counts of topics that become one; no text is read again.

        Parameters
        ----------
        mapping : sequence of int, of length k
            New number of each topic, −1 for topics whose documents become outliers.

        Raises
        ------
        InputError
            When there is not one number a topic, or one is below −1.

        Examples
        --------
        >>> topics = csr_array(np.array([[1], [2], [4]]))
        >>> counts = TermCounts(("a",), topics, np.array([8]), (), np.full((1, 3), -1))
        >>> merged = counts.merged([0, 0, -1])
        >>> merged.topics.toarray().tolist(), merged.outliers.tolist()
        ([[3]], [12])
        """
        new = np.asarray(mapping, dtype=np.int64)
        if new.shape != (self.n_topics,):
            raise InputError(
                f"mapping must hold one number for each of {self.n_topics} topics, got shape {new.shape}"
            )
        n_topics = int(new.max(initial=-1)) + 1
        _check_range(new, n_topics, "mapping")
        once = np.ones_like(new)
        topics, outliers = _split_outliers(_sum_rows(self.topics, new, once, n_topics))
        merged = replace(self, topics=topics, outliers=self.outliers + outliers)
        if self.spread is None or self.sizes is None or self.outlier_spread is None:
            return merged
        spread, more = _split_outliers(_sum_rows(self.spread, new, once, n_topics))
        places = np.where(new < 0, n_topics, new)
        sizes = np.bincount(places, self.sizes[:-1], minlength=n_topics + 1).astype(np.int64)
        sizes[-1] += self.sizes[-1]
        return replace(merged, spread=spread, sizes=sizes, outlier_spread=self.outlier_spread + more)


def _sum_known(a: Any, b: Any, add: Callable[[Any, Any], Any]) -> Any:
    return None if a is None or b is None else add(a, b)


def _check_range(labels: IntArray, n_topics: int, what: str) -> None:
    wrong = np.flatnonzero((labels < -1) | (labels >= n_topics))
    if len(wrong):
        at = int(wrong[0])
        raise InputError(
            f"{what} {labels[at]} at position {at} names no topic; use 0 to {n_topics - 1}, or −1 for none"
        )


def _sum_rows(counts: csr_array, labels: IntArray, weights: IntArray, n_topics: int) -> csr_array:
    """Sum weighted rows by label; the outliers' sum is the last row."""
    rows = np.where(labels < 0, n_topics, labels)
    shape = (n_topics + 1, counts.shape[0])
    member = csr_array((weights, (rows, np.arange(len(rows)))), shape=shape, dtype=np.int64)
    return csr_array(member @ counts)


def _split_outliers(summed: csr_array) -> tuple[csr_array, IntArray]:
    outliers = summed[[-1], :].toarray().ravel().astype(np.int64)
    return _canonical(csr_array(summed[:-1, :])), outliers


def _canonical(counts: csr_array) -> csr_array:
    """One form for equal counts, so that saved files and sums of floats are the same bits."""
    counts = counts.astype(np.int64)
    counts.sum_duplicates()
    counts.eliminate_zeros()
    counts.sort_indices()
    return counts
