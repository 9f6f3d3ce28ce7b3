"""Corpus: the documents of a fitted model with their vectors and terms, present or absent as one."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from scipy.sparse import csr_array

from topickit._core.progress import stage
from topickit._core.state import State
from topickit._core.vectors import FloatArray, take_rows
from topickit.corpus.documents import Documents
from topickit.fitted.layout import MAP_SAMPLE, SEED, Layout, make_layout
from topickit.keywords.lookup import WordIndex
from topickit.keywords.vocabulary import DocumentTerms


@dataclass(frozen=True, eq=False)
class Corpus:
    """The training corpus of a model.

    Attributes
    ----------
    documents : Documents
        u distinct texts.
    vectors : float32 ndarray of shape (u, d)
        Their unit vectors.
    terms : DocumentTerms
        Their words.
    """

    documents: Documents
    vectors: FloatArray = field(repr=False)
    terms: DocumentTerms = field(repr=False)

    @cached_property
    def layout(self) -> Layout:
        """The map of the documents, computed on first use; models that share the corpus share it."""
        with stage("Drawing the map"):
            return make_layout(self.vectors, self.documents.sample(MAP_SAMPLE, SEED))

    @cached_property
    def words(self) -> WordIndex:
        """An index of the words, for searching; its parts are computed on first use."""
        return WordIndex(self.terms.counts, self.documents.texts)

    def with_vectors(self, vectors: FloatArray) -> "Corpus":
        """Return the same documents with other vectors. A map that was drawn before stays."""
        return self._with(vectors=vectors)

    def with_terms(self, terms: DocumentTerms) -> "Corpus":
        """Return the same documents with other terms."""
        return self._with(terms=terms)

    def before_update(self, n_rows: int, n_terms: int) -> "Corpus":
        """Return the corpus as it was before an update added rows and terms at the end.

        Parameters
        ----------
        n_rows, n_terms : int
            Rows and terms of the earlier corpus.
        """
        documents, kept = self.documents.first(n_rows)
        terms = replace(
            self.terms,
            terms=self.terms.terms[:n_terms],
            counts=csr_array(self.terms.counts[kept][:, :n_terms]),
            parts=self.terms.parts[:n_terms],
        )
        return Corpus(documents, take_rows(self.vectors, kept), terms)

    def _with(self, **changes: Any) -> "Corpus":
        corpus = replace(self, **changes)
        if "layout" in self.__dict__:
            corpus.__dict__["layout"] = self.layout  # fills the cached property
        return corpus

    def state(self) -> State:
        """Return the state that `from_state` reads; the map is part of it."""
        parts = {
            "documents": self.documents.state(),
            "terms": self.terms.state(),
            "vectors": State({}, {"vectors": self.vectors}),
            "layout": self.layout.state(),
        }
        return State(parts=parts)

    @classmethod
    def from_state(cls, state: State) -> "Corpus":
        """Make the Corpus that returned this state."""
        parts = state.parts
        corpus = cls(
            Documents.from_state(parts["documents"]),
            parts["vectors"].arrays["vectors"],
            DocumentTerms.from_state(parts["terms"]),
        )
        if "layout" in parts:
            corpus.__dict__["layout"] = Layout.from_state(parts["layout"])  # fills the cached property
        return corpus
