"""Evidence for keywords: co-occurrence of candidate words, and mean embeddings of their documents.

It is computed once from the corpus and kept with the model, so that topics can be merged later and their
keywords chosen again without any text.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, triu

from topickit._core.state import State
from topickit._core.vectors import FloatArray, IntArray, group_means, unit_rows
from topickit.keywords.sparse import csr_arrays, csr_from, values_at
from topickit.keywords.vocabulary import DocumentTerms

MAX_DOCUMENTS = 50_000
"""Documents of the sample; it gives shares to two digits."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Co-occurrence and mean embeddings of candidate words.

    Attributes
    ----------
    terms : int64 ndarray of shape (c,)
        Positions of the candidates in the vocabulary, ascending.
    cooccurrences : csr_array of shape (c, c), int64
        Document frequency of each pair of candidates, above the diagonal; of each candidate, on it.
    directions : float32 ndarray of shape (c, d)
        Mean embedding of the documents that have a candidate, minus `mean`, scaled to unit length.
    mean : float32 ndarray of shape (d,)
        Mean embedding of the corpus.
    n_documents : int
        Documents of the sample.
    """

    terms: IntArray
    cooccurrences: csr_array = field(repr=False)
    directions: FloatArray = field(repr=False)
    mean: FloatArray = field(repr=False)
    n_documents: int

    @classmethod
    def of(
        cls, document_terms: DocumentTerms, vectors: FloatArray, weights: NDArray[Any], terms: IntArray
    ) -> "Evidence":
        """Count co-occurrences of candidates, and average the embeddings of their documents.

        Parameters
        ----------
        document_terms : DocumentTerms
            Of u documents in canonical order; the first `MAX_DOCUMENTS` are the sample.
        vectors : float32 ndarray of shape (u, d), unit rows
        weights : ndarray of shape (u,)
            How many documents each row stands for.
        terms : int64 ndarray of shape (c,)
            The candidates.

        Returns
        -------
        Evidence
        """
        sample = slice(0, MAX_DOCUMENTS)
        terms = np.unique(np.asarray(terms, dtype=np.int64))
        rows, weight = np.asarray(vectors[sample], dtype=np.float32), np.asarray(weights[sample], np.int64)
        present = csr_array(document_terms.counts[sample][:, terms])
        present.data = np.ones(len(present.data), dtype=np.int64)
        weighted = csr_array(present.multiply(weight[:, None]).T)
        cooccurrences = csr_array(triu(weighted @ present, format="csr"), dtype=np.int64)
        mean = group_means(rows, np.zeros(len(rows), dtype=np.int64), 1, weight)[0]
        frequency = np.maximum(cooccurrences.diagonal(), 1)[:, None]
        means = np.asarray(weighted.astype(np.float32) @ rows, dtype=np.float64) / frequency
        # Rounded as they are saved, so that a loaded model chooses the same keywords.
        directions = unit_rows((means - mean).astype(np.float32)).astype(np.float16)
        return cls(
            terms,
            cooccurrences,
            directions.astype(np.float32),
            mean.astype(np.float32),
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
            −1 for two that never occur in one document, 1 for two that always do (Bouma 2009).
        """
        at = np.searchsorted(self.terms, terms)
        block = np.array([values_at(self.cooccurrences, row, at) for row in at.tolist()]).reshape(
            len(at), len(at)
        )
        both = np.maximum(block, block.T).astype(np.float64)
        share = both / max(self.n_documents, 1)
        single = np.diag(share)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.log(share / np.outer(single, single)) / -np.log(share)
        value[share >= 1] = 1.0  # two words of every document
        value[both == 0] = -1.0
        return np.asarray(value)

    def relevance(self, terms: IntArray, topic_mean: FloatArray) -> NDArray[np.float64]:
        """Cosine of candidates to a topic, both relative to the mean of the corpus.

        Parameters
        ----------
        terms : int64 ndarray of shape (m,)
        topic_mean : float32 ndarray of shape (d,)

        Returns
        -------
        float64 ndarray of shape (m,)
        """
        topic = unit_rows((topic_mean - self.mean)[None].astype(np.float32))[0]
        return np.asarray(self.directions[np.searchsorted(self.terms, terms)] @ topic, dtype=np.float64)

    def state(self) -> State:
        """Return the arrays, with directions in half precision.

        Returns
        -------
        State
        """
        arrays: dict[str, NDArray[Any]] = {
            "terms": self.terms,
            "directions": self.directions.astype(np.float16),
            "middle": self.mean,
            **csr_arrays(self.cooccurrences),
        }
        return State({"n_documents": self.n_documents}, arrays)

    @classmethod
    def from_state(cls, state: State) -> "Evidence":
        """Make the evidence from what `state` returned.

        Parameters
        ----------
        state : State

        Returns
        -------
        Evidence
        """
        arrays = state.arrays
        return cls(
            arrays["terms"],
            csr_from(arrays, len(arrays["terms"])),
            arrays["directions"].astype(np.float32),
            arrays["middle"],
            int(state.config["n_documents"]),
        )
