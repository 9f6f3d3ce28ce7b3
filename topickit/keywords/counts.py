"""Topic × term counts: how often each topic has each term. Integers that add up."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from topickit._core.state import State
from topickit._core.vectors import IntArray
from topickit.errors import InputError
from topickit.keywords.n_grams import ONLY_ALONE
from topickit.keywords.sparse import csr_arrays, csr_from, presence, row_blocks
from topickit.keywords.vocabulary import DocumentTerms


@dataclass(frozen=True, eq=False)
class DocumentFrequencies:
    """In how many documents of each topic each term occurs.

    Attributes
    ----------
    topics : csr_array of shape (k, t), int64
        Stored at the same positions as `TermCounts.topics`.
    outliers : int64 ndarray of shape (t,)
        Documents in no topic that have a term.
    sizes : int64 ndarray of shape (k + 1,)
        Documents of each topic, then those in no topic.
    """

    topics: csr_array = field(repr=False)
    outliers: IntArray = field(repr=False)
    sizes: IntArray

    def __add__(self, other: "DocumentFrequencies") -> "DocumentFrequencies":
        """Add the document frequencies of another part of the corpus."""
        topics = canonical(csr_array(self.topics + other.topics))
        return DocumentFrequencies(topics, self.outliers + other.outliers, self.sizes + other.sizes)

    def merge(self, mapping: IntArray, n_topics: int) -> "DocumentFrequencies":
        """Add up the topics that get the same number; −1 stands for the outliers."""
        rows = np.append(np.where(mapping < 0, n_topics, mapping), n_topics)
        sizes = np.bincount(rows, self.sizes, minlength=n_topics + 1).astype(np.int64)
        return DocumentFrequencies(*_merge_rows(self.topics, self.outliers, mapping, n_topics), sizes)


@dataclass(frozen=True, eq=False)
class TermSums:
    """Counts as they add up: the last row is that of the documents in no topic.

    Attributes
    ----------
    occurrences, presences : csr_array of shape (k + 1, t), int64
        Occurrences of each term, and documents that have it.
    sizes : int64 ndarray of shape (k + 1,)
        Documents.

    Examples
    --------
    >>> part = TermSums.of(csr_array(np.array([[2], [1]])), [0, -1], [1, 3], 1)
    >>> (part + part).occurrences.toarray().tolist(), part.sizes.tolist()
    ([[4], [6]], [1, 3])
    """

    occurrences: csr_array = field(repr=False)
    presences: csr_array = field(repr=False)
    sizes: IntArray

    @classmethod
    def of(cls, counts: csr_array, labels: ArrayLike, weights: ArrayLike, n_topics: int) -> "TermSums":
        """Add up the counts of documents; arguments and errors as for `TermCounts.of`."""
        n_documents = counts.shape[0]
        label, weight = np.asarray(labels, dtype=np.int64), np.asarray(weights, dtype=np.int64)
        for name, values in (("labels", label), ("weights", weight)):
            if values.shape != (n_documents,):
                raise InputError(
                    f"{name} must have shape ({n_documents},), one per document; got {values.shape}"
                )
        _check_range(label, n_topics, "label")
        shape = (n_topics + 1, counts.shape[1])
        occurrences, presences = csr_array(shape, dtype=np.int64), csr_array(shape, dtype=np.int64)
        for rows, block in row_blocks(counts):
            whole = csr_array(block.astype(np.int64))
            occurrences = occurrences + _sum_rows(whole, label[rows], weight[rows], n_topics)
            presences = presences + _sum_rows(presence(whole), label[rows], weight[rows], n_topics)
        sizes = np.bincount(np.where(label < 0, n_topics, label), weight, minlength=n_topics + 1)
        return cls(occurrences, presences, sizes.astype(np.int64))

    def __add__(self, other: "TermSums") -> "TermSums":
        """Add the sums of another part of the corpus."""
        return TermSums(
            csr_array(self.occurrences + other.occurrences),
            csr_array(self.presences + other.presences),
            self.sizes + other.sizes,
        )


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
        The terms that a phrase consists of, then −1; all −1 for a word. −3 in the last place is a word that
        is counted only in topics that have few other terms.
    documents : DocumentFrequencies, optional
        Counts of documents instead of occurrences; None where only occurrences are known.

    Examples
    --------
    >>> from topickit.keywords.settings import KeywordSettings
    >>> from topickit.keywords.vocabulary import count_terms
    >>> weights = np.array([1, 2])
    >>> document_terms = count_terms(["boat and sea", "sea"], weights, KeywordSettings())
    >>> counts = TermCounts.of(document_terms, np.array([0, -1]), weights, 1)
    >>> counts.terms, counts.topics.toarray().tolist(), counts.outliers.tolist()
    (('boat', 'sea'), [[1, 1]], [0, 2])
    """

    terms: tuple[str, ...] = field(repr=False)
    topics: csr_array = field(repr=False)
    outliers: IntArray = field(repr=False)
    languages: tuple[str, ...]
    parts: NDArray[np.int32] = field(repr=False)
    documents: DocumentFrequencies | None = None

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

        Returns
        -------
        TermCounts

        Raises
        ------
        InputError
            When labels or weights do not have one value per document, or a label is outside
            −1 … n_topics − 1.
        """
        return cls.of_sums(document_terms, TermSums.of(document_terms.counts, labels, weights, n_topics))

    @classmethod
    def of_sums(cls, document_terms: DocumentTerms, sums: TermSums) -> "TermCounts":
        """Make the counts of sums over the terms of a corpus; its own counts are not used."""
        counts = cls(
            document_terms.terms,
            *_split_outliers(sums.occurrences),
            document_terms.languages,
            document_terms.parts,
            DocumentFrequencies(*_split_outliers(sums.presences), sums.sizes),
        )
        return counts._described()

    def state(self) -> State:
        """Return the terms as JSON and the counts as arrays.

        Returns
        -------
        State
        """
        arrays: dict[str, NDArray[Any]] = {
            "outliers": self.outliers,
            "parts": self.parts,
            **csr_arrays(self.topics),
        }
        if self.documents is not None:
            # Their positions are those of the occurrences. The names are those of the file format.
            arrays["spread"] = self.documents.topics.data
            arrays["outlier_spread"] = self.documents.outliers
            arrays["sizes"] = self.documents.sizes
        return State({"terms": list(self.terms), "languages": list(self.languages)}, arrays)

    @classmethod
    def from_state(cls, state: State) -> "TermCounts":
        """Make the counts from what `state` returned.

        Parameters
        ----------
        state : State

        Returns
        -------
        TermCounts
        """
        terms, languages = tuple(state.config["terms"]), tuple(state.config["languages"])
        arrays, documents = state.arrays, None
        if "spread" in arrays:
            topics = csr_from({**arrays, "data": arrays["spread"]}, len(terms))
            documents = DocumentFrequencies(topics, arrays["outlier_spread"], arrays["sizes"])
        topics = csr_from(arrays, len(terms))
        return cls(terms, topics, arrays["outliers"], languages, arrays["parts"], documents)

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
                "the terms of one count_terms, or with one KeywordSettings(vocabulary=...)"
            )
        both = self.documents is not None and other.documents is not None
        return replace(
            self,
            topics=canonical(csr_array(self.topics + other.topics)),
            outliers=self.outliers + other.outliers,
            documents=self.documents + other.documents if both else None,  # type: ignore[operator]
        )._described()

    def extended(self, terms: tuple[str, ...], parts: NDArray[np.int32], n_topics: int) -> "TermCounts":
        """Return the same counts over more terms and topics.

        Parameters
        ----------
        terms : tuple of str, of length t
            Those of the counts, then others.
        parts : int32 ndarray of shape (t, 3)
        n_topics : int
            Those of the counts, then empty ones.

        Returns
        -------
        TermCounts

        Examples
        --------
        >>> counts = TermCounts(("a",), csr_array(np.array([[1]])), np.array([8]), (), np.full((1, 3), -1))
        >>> counts.extended(("a", "b"), np.full((2, 3), -1), 2).topics.toarray().tolist()
        [[1, 0], [0, 0]]
        """
        more = len(terms) - len(self.terms)
        documents = self.documents
        if documents is not None:
            sizes = np.insert(documents.sizes, self.n_topics, np.zeros(n_topics - self.n_topics, np.int64))
            topics = _resized(documents.topics, (n_topics, len(terms)))
            documents = DocumentFrequencies(topics, np.pad(documents.outliers, (0, more)), sizes)
        return replace(
            self,
            terms=terms,
            topics=_resized(self.topics, (n_topics, len(terms))),
            outliers=np.pad(self.outliers, (0, more)),
            parts=parts,
            documents=documents,
        )

    def merged(self, mapping: Sequence[int]) -> "TermCounts":
        """Add up the counts of topics that become one; no text is read again.

        Parameters
        ----------
        mapping : sequence of int, of length k
            New number of each topic, −1 for topics whose documents become outliers.

        Returns
        -------
        TermCounts

        Raises
        ------
        InputError
            When there is not one number per topic, or one is below −1.

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
        topics, outliers = _merge_rows(self.topics, self.outliers, new, n_topics)
        documents = None if self.documents is None else self.documents.merge(new, n_topics)
        return replace(self, topics=topics, outliers=outliers, documents=documents)._described()

    def _described(self) -> "TermCounts":
        """Drop the words for topics without other terms from the topics that have more of those."""
        alone = self.parts[:, -1] == ONLY_ALONE
        if not alone.any():
            return self
        entry = alone[self.topics.indices]
        topic = np.repeat(np.arange(self.n_topics), np.diff(self.topics.indptr))
        difference = np.bincount(topic, np.where(entry, 1, -1) * self.topics.data, minlength=self.n_topics)
        dropped = entry & (difference < 0)[topic]
        topics, documents = self.topics.copy(), self.documents
        topics.data = np.where(dropped, 0, topics.data)
        if documents is not None:
            spread = documents.topics.copy()
            spread.data = np.where(dropped, 0, spread.data)
            documents = replace(documents, topics=canonical(spread))
        return replace(self, topics=canonical(topics), documents=documents)


def _resized(counts: csr_array, shape: tuple[int, int]) -> csr_array:
    result = counts.copy()
    result.resize(shape)
    return canonical(result)


def _check_range(labels: IntArray, n_topics: int, what: str) -> None:
    wrong = np.flatnonzero((labels < -1) | (labels >= n_topics))
    if len(wrong):
        row = int(wrong[0])
        raise InputError(
            f"{what} {labels[row]} at position {row} is not a topic; use 0 to {n_topics - 1}, or −1 for none"
        )


def _merge_rows(
    topics: csr_array, outliers: IntArray, mapping: IntArray, n_topics: int
) -> tuple[csr_array, IntArray]:
    merged, more = _split_outliers(_sum_rows(topics, mapping, np.ones_like(mapping), n_topics))
    return merged, outliers + more


def _sum_rows(counts: csr_array, labels: IntArray, weights: IntArray, n_topics: int) -> csr_array:
    """Sum weighted rows by label; the outliers' sum is the last row."""
    rows = np.where(labels < 0, n_topics, labels)
    shape = (n_topics + 1, counts.shape[0])
    member = csr_array((weights, (rows, np.arange(len(rows)))), shape=shape, dtype=np.int64)
    return csr_array(member @ counts)


def _split_outliers(summed: csr_array) -> tuple[csr_array, IntArray]:
    outliers = summed[[-1], :].toarray().ravel().astype(np.int64)
    return canonical(csr_array(summed[:-1, :])), outliers


def canonical(counts: csr_array) -> csr_array:
    """Give equal counts one form, so that saved files and sums of floats are the same bits."""
    counts = counts.astype(np.int64)
    counts.sum_duplicates()
    counts.eliminate_zeros()
    counts.sort_indices()
    return counts
