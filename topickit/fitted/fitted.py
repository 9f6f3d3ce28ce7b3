"""Fitted: everything that a fitted model knows, as one immutable value."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.state import State
from topickit._core.vectors import FloatArray, IntArray
from topickit.corpus.covariates import Covariates
from topickit.errors import InputError, NoLabelsError
from topickit.fitted.across import Across, weigh_terms
from topickit.fitted.assigner import Assigner
from topickit.fitted.base_level import BaseLevel
from topickit.fitted.cohesion import cohesion
from topickit.fitted.corpus import Corpus
from topickit.fitted.doubtful import DoubtfulLabel
from topickit.fitted.parts import Parts
from topickit.fitted.provenance import Provenance
from topickit.fitted.topics import Topics
from topickit.keywords.counts import TermCounts
from topickit.keywords.evidence import Evidence
from topickit.keywords.settings import KeywordSettings

_CORPUS_PARTS = ("documents", "terms", "vectors", "layout")


@dataclass(frozen=True, eq=False)
class Fitted:
    """The state of a fitted model: values that no method changes.

    Topics stand in rows 0 … n_topics − 1, by rising id, in all parts. What users see has ids: `ids_of` and
    `rows_of` translate labels.

    Attributes
    ----------
    assigner : Assigner
        Decides the topic of any vector.
    labels : int64 ndarray of shape (n,)
        Topic of each of the caller's rows, as a row of `topics`; −1 for none.
    row_weights : int64 ndarray of shape (n,), or None
        Number of documents that each row stands for, where documents are counted and not listed: the rows
        are then the distinct combinations of topic, time and class. None where a row is one document.
    counts : TermCounts
        Topic × word counts.
    topics : Topics
        The topics, by rising id. A fit numbers them by falling size.
    means : float32 ndarray of shape (n_topics, d)
        Mean vector of each topic's documents.
    keyword_settings : KeywordSettings
        How keywords are made. Edits use the same settings.
    provenance : Provenance
        How the model was made.
    corpus : Corpus or None
        Documents, vectors and terms; None in a model that was saved without its texts.
    given_names : mapping of int to str
        Names given by the user, by row.
    evidence : Evidence or None
        Re-ranks keywords when topics are merged; None where keywords are ranked by weight alone.
    covariates : Covariates or None
        Timestamps and classes of the rows. They hold no text, so they are kept without a corpus too.
    base_level : BaseLevel or None
        The level from which other levels of the hierarchy are derived; None in a model of an earlier
        topickit.
    doubtful : tuple of DoubtfulLabel
        Labels given to the fit that the other labels contradict, the most doubtful first.
    across : Across or None
        What was taken out of vectors and keywords so that topics do not follow the classes.
    next_id : int
        Id of the next new topic: above all that were ever used. At least the largest id of `topics` plus 1.
    """

    assigner: Assigner
    labels: IntArray
    counts: TermCounts
    topics: Topics
    means: FloatArray = field(repr=False)
    keyword_settings: KeywordSettings
    provenance: Provenance = field(repr=False)
    corpus: Corpus | None = field(default=None, repr=False)
    given_names: Mapping[int, str] = field(default_factory=dict, repr=False)
    evidence: Evidence | None = field(default=None, repr=False)
    covariates: Covariates | None = field(default=None, repr=False)
    base_level: BaseLevel | None = field(default=None, repr=False)
    doubtful: tuple[DoubtfulLabel, ...] = field(default=(), repr=False)
    across: Across | None = field(default=None, repr=False)
    next_id: int = field(default=0, repr=False)
    row_weights: IntArray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.labels.flags.writeable = False  # edited models may share them
        object.__setattr__(self, "next_id", max(self.next_id, int(self.ids.max(initial=-1)) + 1))

    @property
    def weight_of_rows(self) -> IntArray:
        """Number of documents that each row stands for, of shape (n,)."""
        return np.ones(len(self.labels), np.int64) if self.row_weights is None else self.row_weights

    def need_rows(self, task: str) -> None:
        """Raise where documents are counted and not listed.

        Parameters
        ----------
        task : str
            What needs a label of each document, for the error, such as "labels_".

        Raises
        ------
        NoLabelsError
        """
        if self.row_weights is not None:
            raise NoLabelsError(
                f"{task} needs the topic of each document, and this model counts its "
                f"{self.topics.n_documents:,} documents without listing them: it was fitted to a sample of a "
                "cluster's rows; topickit.distributed.predict(model, dataset) labels them"
            )

    @property
    def ids(self) -> IntArray:
        """Id of each topic, of shape (n_topics,)."""
        return self.topics.id_array

    def ids_of(self, rows: IntArray) -> IntArray:
        """Return the ids of topics that are given by rows, such as labels of the Assigner.

        Parameters
        ----------
        rows : int64 ndarray
            −1 for none.

        Returns
        -------
        int64 ndarray of the same shape
            −1 for none.
        """
        return self.topics.ids_of(rows)

    def rows_of(self, ids: IntArray) -> IntArray:
        """Return the rows of topics that are given by ids; the inverse of `ids_of`.

        Parameters
        ----------
        ids : int64 ndarray
            −1 for none.

        Raises
        ------
        TopicNotFoundError
            For an unknown id.
        """
        known, positions = np.unique(np.asarray(ids, dtype=np.int64), return_inverse=True)
        rows = [-1 if value == -1 else self.topics.positions(value)[0] for value in known.tolist()]
        return np.asarray(rows, dtype=np.int64)[positions].reshape(np.shape(ids))

    def largest_first(self) -> "Fitted":
        """Return the same value with the largest topic in the first row, for display; ids stay."""
        sizes = np.array([topic.size for topic in self.topics], dtype=np.int64)
        return self.in_order(np.argsort(-sizes, kind="stable").tolist())

    def in_order(self, order: Sequence[int]) -> "Fitted":
        """Return the same value with its rows in another order; ids stay.

        Parameters
        ----------
        order : sequence of int, of length n_topics
            Old row of each new one.
        """
        if list(order) == list(range(len(order))):
            return self
        rows = np.argsort(order).astype(np.int64)
        return replace(
            self,
            assigner=self.assigner.mapped(rows),
            labels=np.append(rows, -1)[self.labels],
            counts=self.counts.merged(rows.tolist()),
            topics=replace(self.topics, items=tuple(self.topics.items[row] for row in order)),
            means=self.means[list(order)],
            given_names={int(rows[row]): name for row, name in self.given_names.items()},
        )

    def need_corpus(self, task: str) -> Corpus:
        """Return the corpus.

        Parameters
        ----------
        task : str
            What needs it, for the error, such as "splitting a topic".

        Raises
        ------
        InputError
            When the model has no corpus.
        """
        if self.corpus is None:
            raise InputError(
                f"{task} needs the training documents, and this model "
                + (
                    "was saved without them; do it before saving, or save the model with keep_texts=True"
                    if self.row_weights is None
                    else "only counts them, as a fit of more rows than limit= on a cluster does"
                )
            )
        return self.corpus

    def term_weights(self) -> csr_array:
        """Weigh the terms of each topic, shape (n_topics, t); the words of classes are damped."""
        return weigh_terms(self.counts, self.keyword_settings, self.across)

    def with_cohesion(self) -> "Fitted":
        """Compute the cohesion of topics that were saved without it, by an earlier topickit."""
        if all(topic.cohesion is not None for topic in self.topics):
            return self
        items = tuple(
            replace(topic, cohesion=value)
            for topic, value in zip(self.topics, cohesion(self.means), strict=True)
        )
        return replace(self, topics=replace(self.topics, items=items))

    def mapped(self, vectors: FloatArray) -> FloatArray:
        """Map unit vectors of an embedder, of shape (n, d), to the space of the topics."""
        return vectors if self.across is None else self.across.vectors(vectors)

    def on(self, device: str | None) -> "Fitted":
        """Give the same value with an Assigner that computes on a device; None for the CPU."""
        if device == self.assigner.device:
            return self
        return replace(self, assigner=replace(self.assigner, device=device))

    @property
    def known_parts(self) -> Parts | None:
        """The parts of the topics, if they were found (see `divide.parts_of`) or saved."""
        found: Parts | None = self.__dict__.get("parts")  # not a field: an edited model has other parts
        return found

    def parents(self) -> IntArray | None:
        """Return the topic of the base level that each topic is a part of.

        Returns
        -------
        int64 ndarray of shape (n_topics,), or None
            A number of its own for a topic that is no part; None where no topic of the base level has
            several parts.
        """
        if self.base_level is None:
            return None
        base = self.base_level.topics
        result = np.arange(len(self.topics)) + int(base.max(initial=-1)) + 1
        for topic in range(len(self.topics)):
            of = np.unique(base[self.assigner.topics == topic])
            if len(of) == 1:
                result[topic] = of[0]
        return result if len(np.unique(result)) < len(result) else None

    def apart(self) -> NDArray[np.bool_]:
        """Return which topics are known, or part of a known one: levels do not merge two of them.

        Returns
        -------
        bool ndarray of shape (n_topics,)
        """
        result = np.array([topic.is_known for topic in self.topics], dtype=np.bool_)
        if self.base_level is not None and self.base_level.known:
            of_known = np.isin(self.base_level.topics, list(self.base_level.known))
            result[np.unique(self.assigner.topics[of_known & (self.assigner.topics >= 0)])] = True
        return result

    def state(self, *, keep_texts: bool = False) -> State:
        """Return the state that `from_state` reads.

        Parameters
        ----------
        keep_texts : bool
            Include the corpus and the representative documents.

        Raises
        ------
        InputError
            When texts are to be kept and the model has no corpus.
        """
        results = {
            "notes": self.provenance.as_dict(),
            "given_names": {str(topic): name for topic, name in self.given_names.items()},
            "next_id": self.next_id,
            "keyword_settings": dict(self.keyword_settings.state().config),
            "doubtful_labels": [asdict(label) for label in self.doubtful],
        }
        arrays: dict[str, NDArray[Any]] = {"labels": self.labels, "means": self.means}
        if self.row_weights is not None:
            arrays["row_weights"] = self.row_weights
        parts = {
            "assigner": self.assigner.state(),
            "counts": self.counts.state(),
            "topics": (self.topics if keep_texts else self.topics.without_texts()).state(),
            "results": State(results, arrays),
        }
        optional = {
            "evidence": self.evidence,
            "found": self.base_level,
            "covariates": self.covariates,
            "across": self.across,
        }
        parts |= {name: part.state() for name, part in optional.items() if part is not None}
        if self.known_parts is not None:
            parts["parts"] = self.known_parts.state(keep_texts=keep_texts)
        if keep_texts:
            parts |= self.need_corpus("saving the texts").state().parts
        return State(parts=parts)

    @classmethod
    def from_state(cls, state: State) -> "Fitted":
        """Make the Fitted that returned this state."""
        parts = state.parts
        results = parts["results"]
        corpus = {name: parts[name] for name in _CORPUS_PARTS if name in parts}
        fitted = cls(
            assigner=Assigner.from_state(parts["assigner"]),
            labels=results.arrays["labels"],
            counts=TermCounts.from_state(parts["counts"]),
            topics=Topics.from_state(parts["topics"]),
            means=results.arrays["means"],
            keyword_settings=KeywordSettings.from_state(State(results.config["keyword_settings"])),
            provenance=Provenance.from_dict(results.config["notes"]),
            corpus=Corpus.from_state(State(parts=corpus)) if "documents" in corpus else None,
            given_names={int(topic): name for topic, name in results.config["given_names"].items()},
            evidence=Evidence.from_state(parts["evidence"]) if "evidence" in parts else None,
            covariates=Covariates.from_state(parts["covariates"]) if "covariates" in parts else None,
            base_level=BaseLevel.from_state(parts["found"]) if "found" in parts else None,
            doubtful=tuple(DoubtfulLabel(**label) for label in results.config.get("doubtful_labels", ())),
            across=Across.from_state(parts["across"]) if "across" in parts else None,
            next_id=results.config.get("next_id", 0),
            row_weights=results.arrays.get("row_weights"),
        )
        fitted = fitted.with_cohesion()
        if "parts" in parts:
            fitted.__dict__["parts"] = Parts.from_state(parts["parts"])
        return fitted
