"""Session: what an analyst does with a saved model, without a browser."""

import io
import os
import threading
from pathlib import Path
from typing import Literal, Self

import polars as pl

from topickit.analysis.info import document_info
from topickit.errors import InputError, ParameterError
from topickit.explore.journal import Journal, Position, identity
from topickit.explore.preview import Preview, preview
from topickit.explore.steps import Step, perform, update
from topickit.fitted.history import script_of
from topickit.model import TopicModel

MAX_MODELS = 50
"""Models of earlier steps kept in memory; older ones are computed again when an undo needs them."""
JOURNAL = ".edits"
"""Ending of the folder of the journal, beside that of the model."""


class Session:
    """A model that is looked at and corrected, with undo, redo and a journal on disk.

    Parameters
    ----------
    model : TopicModel
        A fitted model.
    path : path, optional
        Folder that it was loaded from.
    journal : path, optional
        Folder of the journal; the steps that it holds for this model are repeated. None keeps no journal.
    read_only : bool, default False
        Allow no edits, and write nothing.

    Attributes
    ----------
    model : TopicModel
        As it is now.
    version : int
        Rises with every change of `model`.

    See Also
    --------
    open : A session of a saved model.

    Examples
    --------
    >>> from topickit.explore import steps
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> session = Session(model)
    >>> session.apply(session.preview(steps.merge([0, 1])))
    >>> len(session.model.topics_), len(session.undo().topics_)
    (1, 2)
    """

    def __init__(
        self,
        model: TopicModel,
        path: str | os.PathLike[str] | None = None,
        *,
        journal: str | os.PathLike[str] | None = None,
        read_only: bool = False,
    ) -> None:
        self.path = None if path is None else Path(path)
        self.read_only = read_only
        self.version = 0
        self.lock = threading.RLock()
        self._number = 0
        self._pending: Preview | None = None
        self._opened = model
        self._models: dict[int, TopicModel] = {}  # by place in time; see `_at`
        folder = None if read_only else journal
        self._journal = None if folder is None else Journal(folder, identity(model.fitted_))
        self._position = Position() if self._journal is None else self._journal.position
        if self._position.back > len(model.undoable_edits_):
            raise InputError("the journal undoes more edits than the model has; move it away to begin anew")
        self.n_restored = self._position.n_changes
        self.model = self._at(self._position)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        journal: str | os.PathLike[str] | None = None,
        read_only: bool = False,
    ) -> Self:
        """Open a saved model.

        Parameters
        ----------
        path : path
            Folder of the model.
        journal : path, optional
            Folder of the journal. None takes the folder of the model with ".edits" behind its name.
        read_only : bool, default False
            Allow no edits, and write nothing.

        Returns
        -------
        Session
            With the edits of an earlier session that ended before they were saved; `n_restored` counts
            them.

        Raises
        ------
        StorageError
            When there is no model, or it cannot be read.
        InputError
            When the journal cannot be read.

        Examples
        --------
        >>> import tempfile
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(f"{folder}/model", keep_texts=True)
        ...     len(Session.open(f"{folder}/model").model.topics_)
        2
        """
        path = Path(path)
        model = TopicModel.load(path)
        beside = path.resolve().with_name(path.resolve().name + JOURNAL)
        return cls(model, path, journal=beside if journal is None else journal, read_only=read_only)

    @property
    def done(self) -> tuple[Step, ...]:
        """The steps in effect, the first one first.

        Returns
        -------
        tuple of Step
        """
        return self._position.done

    @property
    def undone(self) -> tuple[Step | None, ...]:
        """The steps that `redo` brings back, the next one last.

        Returns
        -------
        tuple of Step or None
            None for an edit that the model had when it was opened.
        """
        return self._position.undone

    @property
    def n_changes(self) -> int:
        """How many steps in effect, and undone edits of the opened model, are not saved.

        Returns
        -------
        int
        """
        return self._position.n_changes

    @property
    def can_undo(self) -> bool:
        """Whether `undo` has something to undo.

        Returns
        -------
        bool
        """
        return bool(self.done) or self._position.back < len(self._opened.undoable_edits_)

    def preview(self, step: Step) -> Preview:
        """Compute what a step would do, and change nothing.

        Parameters
        ----------
        step : Step
            See `topickit.explore.steps`.

        Returns
        -------
        Preview

        Raises
        ------
        TopickitError
            When the step is not possible, or the session is read-only.
        """
        with self.lock:
            self._check_writable()
            after = perform(self.model, step)
            self._number += 1
            self._pending = preview(self.model, after, step, self._number)
            return self._pending

    def preview_of_file(self, name: str, content: bytes, column: str | None = None) -> Preview:
        """Compute what new documents would change: see `TopicModel.updated`.

        Parameters
        ----------
        name : str
            Name of the file; its ending says the format.
        content : bytes
            A CSV, TSV, JSON lines, Parquet, Excel or plain text file.
        column : str, optional
            Column of the texts; by default the column ``text``, or the only text column.

        Returns
        -------
        Preview

        Raises
        ------
        InputError
            When the file cannot be read.
        """
        with self.lock:
            self._check_writable()
            if self._journal is None:
                raise ParameterError("new documents need a journal: open the session with journal=")
            kept = str(self._journal.keep(name, content))
            try:
                return self.preview(update(kept, column))
            except InputError as error:  # of a file that the user knows by another name
                raise InputError(str(error).replace(kept, name)) from error

    def apply(self, what: "Preview | Step | int") -> None:
        """Apply a step; it is in the journal when this returns.

        Parameters
        ----------
        what : Preview, Step, or int
            A preview of the present model, its number, or a step that needs no preview.

        Raises
        ------
        ParameterError
            When the model was changed after the preview, or the session is read-only.
        TopickitError
            When the step is not possible.
        """
        with self.lock:
            self._check_writable()
            wanted = self.preview(what) if isinstance(what, Step) else what
            number = wanted.number if isinstance(wanted, Preview) else wanted
            pending = self._pending
            if pending is None or pending.number != number:
                raise ParameterError("the model was changed after this preview; make the preview again")
            if self._journal is not None:
                self._journal.step(pending.step)
            self._position = self._position.with_step(pending.step)
            place = _place(self._position)
            self._models = {n: model for n, model in self._models.items() if n < place}
            self._models[place] = pending.model
            self._set(pending.model)

    def cancel(self) -> None:
        """Drop the present preview."""
        with self.lock:
            self._pending = None

    def undo(self) -> TopicModel:
        """Undo the last step, of this session or an earlier one; then the edits that the opened model had.

        Returns
        -------
        TopicModel
            The model before the step.

        Raises
        ------
        ParameterError
            When there is none; see `TopicModel.undoable_edits_` for those of the opened model.
        """
        with self.lock:
            self._check_writable()
            if not self.can_undo:
                raise ParameterError("there is no step to undo")
            position = self._position.with_undo()
            before = self._at(position)
            if self._journal is not None:
                self._journal.undo()
            self._position = position
            return self._set(before)

    def redo(self) -> TopicModel:
        """Do again the step that was undone last.

        Returns
        -------
        TopicModel
            The model after the step.

        Raises
        ------
        ParameterError
            When there is none.
        """
        with self.lock:
            self._check_writable()
            if not self.undone:
                raise ParameterError("there is no step to redo")
            position = self._position.with_redo()
            after = self._at(position)
            if self._journal is not None:
                self._journal.redo()
            self._position = position
            return self._set(after)

    def save(self, path: str | os.PathLike[str], *, replace: bool = False) -> Path:
        """Save the model as it is now, with its texts where it has them.

        Parameters
        ----------
        path : path
            A new folder.
        replace : bool, default False
            Allow a folder that holds a model, the opened one included. If it is the opened one, its steps
            are part of it now, and the journal begins anew.

        Returns
        -------
        Path

        Raises
        ------
        InputError
            When the folder exists and `replace` is False, or it cannot be written.
        StorageError
            When the folder holds something else.
        ParameterError
            When the session is read-only.
        """
        with self.lock:
            self._check_writable()
            target = Path(path).expanduser()
            if target.exists() and not replace:
                raise InputError(f"{target} exists; choose another folder, or allow it to be replaced")
            self.model.save(target, keep_texts=self.model.fitted_.corpus is not None)
            if self.path is not None and target.resolve() == self.path.resolve():
                self._begin_anew()
            return target

    def script(self) -> str:
        """Give the edits of the model since its fit as a script for ``topickit edit --script``.

        Returns
        -------
        str
            JSON. It holds names and keywords of topics.
        """
        return script_of(self.model.edits_)

    def labels(self, file_format: Literal["csv", "parquet"] = "csv", *, texts: bool = True) -> bytes:
        """Give the topic of each document as a table.

        Parameters
        ----------
        file_format : {"csv", "parquet"}, default "csv"
        texts : bool, default True
            Include the texts. A model without its texts gives row and topic only.

        Returns
        -------
        bytes
            The columns of `TopicModel.document_info`.

        Raises
        ------
        ParameterError
            When there is no such format.
        """
        if file_format not in ("csv", "parquet"):
            raise ParameterError(f"file_format must be 'csv' or 'parquet', got {file_format!r}")
        fitted, out = self.model.fitted_, io.BytesIO()
        if fitted.corpus is None:
            fitted.need_rows("a table of labels")
            topics = fitted.ids_of(fitted.labels)
            table = pl.DataFrame({"row": range(len(topics)), "topic": topics})
        else:
            table = document_info(fitted)
        table = table if texts else table.drop("document", strict=False)
        if file_format == "csv":
            table.write_csv(out)
        else:
            table.write_parquet(out)
        return out.getvalue()

    def report(self, title: str | None = None) -> str:
        """Give the report of the model as it is now.

        Parameters
        ----------
        title : str, optional

        Returns
        -------
        str
            HTML, in one file.
        """
        return self.model.report(title).to_html()

    def _at(self, position: Position) -> TopicModel:
        """Return the model of a position, from the nearest one before it in memory."""
        first, place = -position.back, _place(position)
        if not any(first <= n <= place for n in self._models):
            self._models[first] = _undone(self._opened, position.back)
        start = max(n for n in self._models if first <= n <= place)
        model = self._models[start]
        for number, step in enumerate(position.done[start - first :], start + 1):
            model = perform(model, step)
            self._models[number] = model
        self._forget(place)
        return model

    def _set(self, model: TopicModel) -> TopicModel:
        self.model, self._pending = model, None
        self.version += 1
        self._forget(_place(self._position))
        return model

    def _forget(self, present: int) -> None:
        """Drop the models that are most steps away from the present one."""
        nearest = sorted(self._models, key=lambda number: abs(number - present))[:MAX_MODELS]
        self._models = {number: self._models[number] for number in sorted(nearest)}

    def _begin_anew(self) -> None:
        if self._journal is not None:
            self._journal.begin(identity(self.model.fitted_))
        self._position, self._opened, self._models = Position(), self.model, {0: self.model}
        self.version += 1

    def _check_writable(self) -> None:
        if self.read_only:
            raise ParameterError("this session is read-only: start it without --read-only to edit topics")


def _place(position: Position) -> int:
    """Return the place of a position in time: 0 for the opened model, −1 for the one before its last edit."""
    return len(position.done) - position.back


def _undone(model: TopicModel, n: int) -> TopicModel:
    for _ in range(n):
        model = model.undo()
    return model
