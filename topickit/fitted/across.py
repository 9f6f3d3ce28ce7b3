"""Topics across the classes of a column: what tells the classes apart is taken out of vectors and words."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from topickit._core.state import State
from topickit._core.vectors import FloatArray
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents
from topickit.embed.directions import ClassDirections, class_directions, without_directions
from topickit.errors import InputError, ParameterError
from topickit.keywords.class_words import ClassWords, class_words
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import weigh
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import DocumentTerms

COLUMNS = (None, "classes")
LEAST_PER_CLASS = 5
"""Mean number of documents of a class; with fewer, classes are rather names of documents."""


@dataclass(frozen=True, eq=False)
class Across:
    """What was taken out so that topics do not follow the classes of a column.

    Attributes
    ----------
    directions : ClassDirections
        Removed from every vector, of training documents and new ones.
    names : tuple of str
        The classes.
    column : str or None
        Name of the column, where it has one.
    words : ClassWords
        By how much the words of classes are damped in keywords and names.
    """

    directions: ClassDirections
    names: tuple[str, ...] = field(repr=False)
    column: str | None = None
    words: ClassWords = field(default_factory=lambda: ClassWords({}), repr=False)

    def vectors(self, vectors: FloatArray) -> FloatArray:
        """Map unit vectors of shape (n, d) to those of the model, without the directions."""
        return without_directions(vectors, self.directions.basis)

    def with_words(self, terms: DocumentTerms, documents: Documents, covariates: Covariates) -> "Across":
        """Find the words of classes among the terms of the corpus."""
        members = _members(documents, covariates)
        return replace(self, words=class_words(terms.terms, terms.counts, members, self.names))

    def notes(self) -> dict[str, Any]:
        """Return what was taken out, as plain data for the provenance."""
        return {
            "column": self.column or "classes",
            "classes": len(self.names),
            "directions_of_means": self.directions.n_means,
            "directions_of_spread": self.directions.n_spreads,
            "damped_words": len(self.words.factors),
            "words_of_classes": [f"{word} ({name})" for word, name in self.words.own],
        }

    def state(self) -> State:
        """Return the state that `from_state` reads."""
        config: dict[str, Any] = {
            "names": list(self.names),
            "column": self.column,
            "n_means": self.directions.n_means,
        }
        return State({**config, **self.words.state().config}, {"basis": self.directions.basis})

    @classmethod
    def from_state(cls, state: State) -> "Across":
        """Make the value that returned this state."""
        config = state.config
        directions = ClassDirections(state.arrays["basis"], int(config["n_means"]))
        return cls(directions, tuple(config["names"]), config["column"], ClassWords.from_state(State(config)))


def check_regardless_of(regardless_of: Any, classes: Any) -> None:
    """Check the parameter of `TopicModel.fit`.

    Raises
    ------
    ParameterError
        When it is not None or "classes", or there are no classes.
    """
    if not (regardless_of is None or (isinstance(regardless_of, str) and regardless_of in COLUMNS)):
        raise ParameterError(f"regardless_of must be None or 'classes', got {regardless_of!r}")
    if regardless_of is not None and classes is None:
        raise ParameterError(
            "regardless_of='classes' needs classes=, the column across which topics are wanted"
        )


def column_name(classes: Any) -> str | None:
    """Return the name of a column of pandas or polars; None where it has none."""
    name = getattr(classes, "name", None)
    return name if isinstance(name, str) and name else None


def find_across(
    vectors: FloatArray,
    documents: Documents,
    covariates: Covariates | None,
    *,
    column: str | None = None,
    random_state: int = 0,
) -> Across:
    """Find what tells the classes of a corpus apart.

    Parameters
    ----------
    vectors : float32 ndarray of shape (u, d), unit rows
    documents : Documents
    covariates : Covariates
        With classes.
    column : str, optional
        Name of their column.
    random_state : int

    Raises
    ------
    InputError
        When the documents are of fewer than two classes, or nearly every one has a class of its own.
    """
    if covariates is None or covariates.class_codes is None:
        raise ParameterError("regardless_of='classes' needs classes=")
    names = covariates.class_names
    members = _members(documents, covariates)
    sizes = np.asarray(members.sum(axis=0)).ravel()
    n_classes, n_classed = int((sizes > 0).sum()), int(sizes.sum())
    if n_classes < 2:
        only = f"only {names[int(np.argmax(sizes))]!r}" if n_classes else "none"
        raise InputError(
            f"regardless_of='classes' needs documents of at least two classes, classes has {only}; "
            "leave regardless_of out"
        )
    if n_classed < LEAST_PER_CLASS * n_classes:
        raise InputError(
            f"classes has {n_classes:,} different values for {n_classed:,} documents, nearly one a document, "
            f"and regardless_of='classes' needs {LEAST_PER_CLASS} documents per class on average; group the "
            "values, or leave regardless_of out"
        )
    return Across(class_directions(vectors, members, random_state), names, column)


def _members(documents: Documents, covariates: Covariates) -> csr_array:
    """Count how often each distinct document is of each class: shape (u, k)."""
    codes: Any = covariates.class_codes
    rows = np.flatnonzero((codes >= 0) & (documents.rows >= 0))
    where = (documents.rows[rows], codes[rows])
    shape = (len(documents), len(covariates.class_names))
    return csr_array(coo_array((np.ones(len(rows), dtype=np.int64), where), shape=shape))


def weigh_terms(counts: TermCounts, settings: KeywordSettings, across: Across | None) -> csr_array:
    """Weigh the terms of each topic; the words of classes are damped.

    Parameters
    ----------
    counts : TermCounts
        Of k topics and t terms.
    settings : KeywordSettings
    across : Across, optional
        None damps none.

    Returns
    -------
    csr_array of shape (k, t), float64
    """
    weights = weigh(counts, settings)
    return weights if across is None else across.words.damped(weights, counts.terms)
