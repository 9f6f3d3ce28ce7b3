"""Evidence: which candidate words stand in the same documents, and what those documents mean.

What ranks keywords beyond their frequency, made once from the corpus and kept with the model, so that
topics can be merged later and their keywords chosen again without any text.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, triu

from topickit._core.state import State
from topickit._core.vectors import FloatArray, IntArray, group_means, unit_rows
from topickit.keywords.sparse import csr_arrays, csr_from
from topickit.keywords.vocabulary import DocumentTerms

MAX_DOCUMENTS = 50_000
"""Co-occurrence is a matter of shares, which this many documents give to two digits."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a corpus says of its candidate words.

    Attributes
    ----------
    terms : int64 ndarray of shape (c,)
        Positions of the candidates in the vocabulary, rising.
    together : csr_array of shape (c, c), int64
        Documents that hold both of two candidates, above the diagonal; on it, that hold one.
    directions : float32 ndarray of shape (c, d)
        Mean vector of the documents that hold a candidate, less `middle`; of unit length.
    middle : float32 ndarray of shape (d,)
        Mean vector of the corpus.
    n_documents : int
        Documents that were read.
    """

    terms: IntArray
    together: csr_array = field(repr=False)
    directions: FloatArray = field(repr=False)
    middle: FloatArray = field(repr=False)
    n_documents: int

    @classmethod
    def of(
        cls, document_terms: DocumentTerms, vectors: FloatArray, weights: NDArray[Any], terms: IntArray
    ) -> "Evidence":
        """Count which candidates stand in the same documents, and average their vectors.

        Parameters
        ----------
        document_terms : DocumentTerms
            Of u documents in canonical order, whose beginning is therefore a sample.
        vectors : float32 ndarray of shape (u, d), unit rows
        weights : ndarray of shape (u,)
            How many documents each row stands for.
        terms : int64 ndarray of shape (c,)
            The candidates.
        """
        read = slice(0, MAX_DOCUMENTS)
        terms = np.unique(np.asarray(terms, dtype=np.int64))
        rows, weight = np.asarray(vectors[read], dtype=np.float32), np.asarray(weights[read], np.int64)
        found = csr_array(document_terms.counts[read][:, terms])
        found.data = np.ones(len(found.data), dtype=np.int64)
        weighted = csr_array(found.multiply(weight[:, None]).T)
        together = csr_array(triu(weighted @ found, format="csr"), dtype=np.int64)
        middle = group_means(rows, np.zeros(len(rows), dtype=np.int64), 1, weight)[0]
        held = np.maximum(together.diagonal(), 1)[:, None]
        means = np.asarray(weighted.astype(np.float32) @ rows, dtype=np.float64) / held
        # Rounded as they are saved: a loaded model chooses the same keywords.
        directions = unit_rows((means - middle).astype(np.float32)).astype(np.float16)
        return cls(
            terms,
            together,
            directions.astype(np.float32),
            middle.astype(np.float32),
            int(weight.sum()),
        )

    def npmi(self, terms: IntArray) -> NDArray[np.float64]:
        """Normalised pointwise mutual information of candidates over documents.

        Parameters
        ----------
        terms : int64 ndarray of shape (m,)
            Positions in the vocabulary; all of them candidates.

        Returns
        -------
        float64 ndarray of shape (m, m)
            −1 for two that never stand in one document, 1 for two that always do (Bouma 2009).
        """
        at = np.searchsorted(self.terms, terms)
        block = self.together[at][:, at].toarray()
        both = np.maximum(block, self.together[at][:, at].T.toarray()).astype(np.float64)
        share = both / max(self.n_documents, 1)
        single = np.diag(share)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.log(share / np.outer(single, single)) / -np.log(share)
        value[share >= 1] = 1.0  # two words of every document say nothing against each other
        value[both == 0] = -1.0
        return np.asarray(value)

    def relevance(self, terms: IntArray, topic_mean: FloatArray) -> NDArray[np.float64]:
        """Cosine of candidates to a topic, both seen from the middle of the corpus.

        Parameters
        ----------
        terms : int64 ndarray of shape (m,)
        topic_mean : float32 ndarray of shape (d,)

        Returns
        -------
        float64 ndarray of shape (m,)
        """
        topic = unit_rows((topic_mean - self.middle)[None].astype(np.float32))[0]
        return np.asarray(self.directions[np.searchsorted(self.terms, terms)] @ topic, dtype=np.float64)

    def state(self) -> State:
        """Give what `from_state` makes it of."""
        arrays: dict[str, NDArray[Any]] = {
            "terms": self.terms,
            "directions": self.directions.astype(np.float16),
            "middle": self.middle,
            **csr_arrays(self.together),
        }
        return State({"n_documents": self.n_documents}, arrays)

    @classmethod
    def from_state(cls, state: State) -> "Evidence":
        """Make the Evidence that gave this state."""
        arrays = state.arrays
        return cls(
            arrays["terms"],
            csr_from(arrays, len(arrays["terms"])),
            arrays["directions"].astype(np.float32),
            arrays["middle"],
            int(state.config["n_documents"]),
        )
