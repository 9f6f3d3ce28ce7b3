"""The history of a `TopicModel`: its edits as values, repeated on other models and undone."""

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from topickit._core.vectors import IntArray
from topickit.errors import InputError, ParameterError, ParameterTypeError, TopickitWarning
from topickit.fitted.assigning import Target, assign, prototypes_for
from topickit.fitted.fitted import Fitted
from topickit.fitted.history import Edit, History, recorded, rounded
from topickit.fitted.replay import SkippedEdit, perform, replay
from topickit.fitted.thresholds import OutlierShare
from topickit.fitted.topics import TopicKey


class ReplayMixin:
    """Replay and undo of edits, for an estimator with ``fitted_``, ``embedder_``, ``random_state``."""

    outliers: OutlierShare | None
    random_state: int
    embedder_: Any
    _history: History
    _skipped: tuple[SkippedEdit, ...]

    if TYPE_CHECKING:

        def _fitted(self) -> Fitted: ...
        def _adopt(self, fitted: Fitted, embedder: Any, history: History) -> Self: ...

    @property
    def edits_(self) -> tuple[Edit, ...]:
        """The edits and updates since the fit, the first one first.

        Returns
        -------
        tuple of Edit

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> [edit.kind for edit in model.rename_topics({0: "food"}).edits_]
        ['rename']
        """
        self._fitted()
        return self._history.edits

    @property
    def undoable_edits_(self) -> tuple[Edit, ...]:
        """The edits that `undo` can undo, one after another, the last one first to go.

        Returns
        -------
        tuple of Edit
            The last of `edits_`: those since the fit, or since `refine` or `with_keywords`, at most 100.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> len(model.rename_topics({0: "food"}).undoable_edits_)
        1
        """
        self._fitted()
        return self._history.undoable

    @property
    def skipped_edits_(self) -> tuple[SkippedEdit, ...]:
        """The edits that the last `apply` could not repeat, with reasons.

        Returns
        -------
        tuple of SkippedEdit

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts).skipped_edits_
        ()
        """
        skipped: tuple[SkippedEdit, ...] = self.__dict__.get("_skipped", ())
        return skipped

    def apply(self, edits: Iterable[Edit]) -> Self:
        """Repeat edits of this model or of another one, such as last month's.

        Each edit finds its topics again by their content: by the mean vectors, where the same embedder made
        them, and by keywords. An edit whose topics are not found is skipped.

        Parameters
        ----------
        edits : iterable of Edit
            Such as ``other.edits_``.

        Returns
        -------
        TopicModel
            A new model. Its `skipped_edits_` lists the edits that were skipped.

        Raises
        ------
        ParameterTypeError
            When `edits` holds something else.

        Warns
        -----
        TopickitWarning
            With the edits that were skipped, and the reasons.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> edited = model.rename_topics({0: "food"})
        >>> model.apply(edited.edits_).topics_[0].name
        'food'
        """
        edits = list(edits)
        for edit in edits:
            if not isinstance(edit, Edit):
                raise ParameterTypeError(f"edits must be Edit values, such as model.edits_; got {edit!r}")
        result = replay(self._fitted(), edits, random_state=self.random_state, outliers=self.outliers)
        edited = copy.copy(self)._adopt(result.states[-1], self.embedder_, self._history)
        for before, edit in zip(result.states, result.edits, strict=False):
            edited._history = edited._history.with_edit(before, edit, edited.outliers)
            if edit.kind == "outliers":
                edited.outliers = edit.arguments["share"]
        edited._skipped = result.skipped
        if result.skipped:
            listed = "; ".join(f"{skipped.edit.kind}: {skipped.reason}" for skipped in result.skipped)
            warnings.warn(
                f"{len(result.skipped)} of {len(edits)} edits were skipped: {listed}",
                TopickitWarning,
                stacklevel=2,
            )
        return edited

    def undo(self) -> Self:
        """Return the model before its last edit or update. Works on a saved model, too.

        An update takes its documents out again. Edits made before an update cannot be undone after it.

        Returns
        -------
        TopicModel
            A new model, with the topics, ids and names that it had.

        Raises
        ------
        ParameterError
            When there is no edit to undo: since the fit, or since `refine` or `with_keywords`, or before
            the last update.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> len(model.merge_topics([[0, 1]]).undo().topics_)
        2
        """
        self._fitted()
        history = self._history
        if history.base is None or not history.undoable:
            raise ParameterError("there is no edit to undo")
        outliers = history.outliers
        if history.ends_with_update:
            fitted = history.before_update(self._fitted())
        else:
            fitted = history.base
            for edit in history.undoable[:-1]:
                rows = fitted.topics.positions([topic.id for topic in edit.topics])  # ids are stable
                fitted, _ = perform(fitted, edit, rows, random_state=self.random_state, outliers=outliers)
                outliers = edit.arguments["share"] if edit.kind == "outliers" else outliers
        undone = copy.copy(self)._adopt(fitted, self.embedder_, history.without_last())
        undone.outliers = outliers
        return undone

    def assign_documents(self, documents: Mapping[TopicKey, Sequence[int] | Sequence[str]]) -> Self:
        """Assign training documents to topics: prototypes are added that bring them there.

        Other documents that are as near to the new prototypes move, too; ``edits_[-1]`` says how many
        documents moved in all.

        Parameters
        ----------
        documents : mapping of int or str to sequence of int or str
            Rows or texts of training documents by topic. A name that no topic has makes a new topic.

        Returns
        -------
        TopicModel
            A new model; topics keep their ids, and new ones are numbered after the largest id ever used.

        Raises
        ------
        TopicNotFoundError
            When there is no topic of an id.
        InputError
            When a row or a text is not of the training documents, or the model was saved without its texts.
        ParameterError, ParameterTypeError
            When the mapping cannot be used, or topics are communities.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> sports = model.assign_documents({"sports": ["car race"]})
        >>> sports.topics_[int(sports.labels_[5])].name
        'sports'
        """
        if not isinstance(documents, Mapping):
            raise ParameterTypeError(f"documents must map topics to rows or texts, got {documents!r}")
        if not documents:
            raise ParameterError("documents names no topic")
        fitted = self._fitted()
        fitted.need_corpus("assigning documents")
        names = {topic.name for topic in fitted.topics}
        targets, rows, wanted = [], [], []
        for topic, given in documents.items():
            distinct = _distinct(fitted, given)
            is_new = isinstance(topic, str) and topic not in names and not _is_named(fitted, topic)
            row = None if is_new else fitted.topics.positions(topic)[0]
            prototypes = prototypes_for(fitted, row, distinct, self.random_state)
            if is_new and not len(prototypes):
                raise ParameterError(f"the new topic {topic!r} needs at least one document with an embedding")
            kept = np.array([rounded(vector) for vector in prototypes], dtype=np.float32)
            targets.append(Target(row, str(topic), kept.reshape(-1, fitted.assigner.dimension)))
            rows += [] if row is None else [row]
            place = None if row is None else len(rows) - 1
            wanted.append((place, str(topic) if is_new else "", distinct))
        after = assign(fitted, targets)
        plain = [
            _plain(fitted, after, target, place, name, distinct)
            for target, (place, name, distinct) in zip(targets, wanted, strict=True)
        ]
        edit = recorded(fitted, after, "assign", rows, targets=plain)
        history = self._history.with_edit(fitted, edit, self.outliers)
        return copy.copy(self)._adopt(after, self.embedder_, history)


def _plain(
    before: Fitted, after: Fitted, target: Target, place: int | None, name: str, distinct: IntArray
) -> dict[str, Any]:
    """Describe a target as plain data: its prototypes, and how many documents came."""
    firsts = before.need_corpus("assigning documents").documents.first_rows[distinct]
    labels = after.ids_of(after.labels[firsts])
    own = int(before.ids[target.row]) if target.row is not None else after.topics[name].id
    return {
        "topic": place,
        "name": name,
        "prototypes": [rounded(vector) for vector in target.prototypes],
        "n": len(distinct),
        "n_placed": int((labels == own).sum()),
    }


def _is_named(fitted: Fitted, name: str) -> bool:
    wanted = " ".join(name.split()).casefold()
    return any(" ".join(topic.name.split()).casefold() == wanted for topic in fitted.topics)


def _distinct(fitted: Fitted, given: Sequence[int] | Sequence[str]) -> IntArray:
    """Return the distinct documents of rows or texts."""
    if isinstance(given, str) or not isinstance(given, Sequence | np.ndarray):
        raise ParameterTypeError(f"documents must be sequences of rows or texts, got {given!r}")
    documents = fitted.need_corpus("assigning documents").documents
    found = []
    place = (
        {text: row for row, text in enumerate(documents.texts)}
        if any(isinstance(item, str) for item in given)
        else {}
    )
    for item in given:
        if isinstance(item, str):
            if item not in place:
                raise InputError(f"there is no training document {item[:60]!r}; give texts of the fit")
            found.append(place[item])
        elif isinstance(item, bool | np.bool_) or not hasattr(item, "__index__"):
            raise ParameterTypeError(f"a document must be given by row (int) or text (str), got {item!r}")
        elif not 0 <= item < documents.n_rows:
            raise InputError(f"there is no row {item}; rows are 0 to {documents.n_rows - 1}")
        elif documents.rows[item] >= 0:
            found.append(int(documents.rows[item]))
    return np.unique(np.array(found, dtype=np.int64))
