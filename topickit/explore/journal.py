"""The journal of a session: its steps on disk, so that a crash loses none.

One JSON object per line, appended and flushed to disk before a step counts as done. The first line says of
which model the steps are. The journal holds ids and rows, and no text of a document.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from topickit.errors import InputError
from topickit.explore.steps import Step
from topickit.fitted.fitted import Fitted

_NAME = "journal.jsonl"
_FORMAT = {"format": "topickit-journal", "format_version": 1}


@dataclass(frozen=True)
class Position:
    """Where a session stands.

    Attributes
    ----------
    done : tuple of Step
        The steps that are in effect, the first one first.
    undone : tuple of Step or None
        Those that a redo brings back, the next one last. None stands for an edit that the model had when it
        was opened.
    back : int
        How many edits that the model had when it was opened are undone.

    Examples
    --------
    >>> from topickit.explore.steps import level
    >>> Position().with_step(level(2)).with_undo().undone
    (Step(kind='level', arguments={'n_topics': 2}),)
    >>> Position().with_undo().back
    1
    """

    done: tuple[Step, ...] = ()
    undone: tuple[Step | None, ...] = ()
    back: int = 0

    @property
    def n_changes(self) -> int:
        """How many steps and undone edits tell the model from the opened one."""
        return self.back + len(self.done)

    def with_step(self, step: Step) -> "Position":
        """Return the position after a new step; what was undone is gone."""
        return Position((*self.done, step), (), self.back)

    def with_undo(self) -> "Position":
        """Return the position before the last step, or before the last edit of the opened model."""
        if not self.done:
            return Position((), (*self.undone, None), self.back + 1)
        return Position(self.done[:-1], (*self.undone, self.done[-1]), self.back)

    def with_redo(self) -> "Position":
        """Return the position after what was undone last."""
        last = self.undone[-1]
        if last is None:
            return Position((), self.undone[:-1], self.back - 1)
        return Position((*self.done, last), self.undone[:-1], self.back)


class Journal:
    """The journal of a model, in a folder.

    Parameters
    ----------
    folder : path
        Created with the first step.
    model : str
        What identifies the model; see `identity`.

    Raises
    ------
    InputError
        When the journal cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from topickit.explore.steps import level
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     Journal(folder, "m").step(level(2))
    ...     Journal(folder, "m").position.done
    (Step(kind='level', arguments={'n_topics': 2}),)
    """

    def __init__(self, folder: str | os.PathLike[str], model: str) -> None:
        self.folder = Path(folder)
        self.model = model
        self.position = Position()
        self._read()

    @property
    def path(self) -> Path:
        """The file of the journal."""
        return self.folder / _NAME

    def step(self, step: Step) -> None:
        """Record a step.

        Parameters
        ----------
        step : Step

        Raises
        ------
        InputError
            When the journal cannot be written.
        """
        self._append({"do": step.as_dict()})
        self.position = self.position.with_step(step)

    def undo(self) -> None:
        """Record that the last step was undone."""
        self._append({"do": "undo"})
        self.position = self.position.with_undo()

    def redo(self) -> None:
        """Record that the step undone last was redone."""
        self._append({"do": "redo"})
        self.position = self.position.with_redo()

    def begin(self, model: str) -> None:
        """Begin anew, for another model; the earlier journal stays beside the new one.

        Parameters
        ----------
        model : str
        """
        self._set_aside()
        self.model, self.position = model, Position()

    def keep(self, name: str, content: bytes) -> Path:
        """Write a file that a step needs, such as new documents, beside the journal.

        Parameters
        ----------
        name : str
            Of the user's file; only its ending is used.
        content : bytes

        Returns
        -------
        Path

        Raises
        ------
        InputError
            When it cannot be written.
        """
        suffix = "".join(c for c in Path(name).suffix if c.isalnum() or c == ".")[:12]
        path = self.folder / f"new-{hashlib.sha256(content).hexdigest()[:12]}{suffix}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise InputError(f"cannot keep the new file in {self.folder}: {error}") from error
        return path

    def _read(self) -> None:
        if not self.path.exists():
            return
        try:
            lines = self.path.read_bytes().split(b"\n")
        except OSError as error:
            raise InputError(f"cannot read the journal {self.path}: {error}") from error
        complete = lines[:-1]  # a crash may have left half a line
        if not complete or _parsed(complete[0]) != {**_FORMAT, "model": self.model}:
            self._set_aside()
            return
        for number, line in enumerate(complete[1:], 2):
            entry = _parsed(line)
            try:
                self._follow(entry)
            except (KeyError, TypeError, IndexError, InputError) as error:
                raise InputError(
                    f"line {number} of the journal {self.path} cannot be read; move the file away to begin "
                    "without its edits"
                ) from error
        if lines[-1]:
            with self.path.open("r+b") as file:
                file.truncate(len(b"\n".join(complete)) + 1)

    def _follow(self, entry: Mapping[str, Any]) -> None:
        if entry["do"] == "undo":
            self.position = self.position.with_undo()
        elif entry["do"] == "redo":
            self.position = self.position.with_redo()
        else:
            self.position = self.position.with_step(Step.from_dict(entry["do"]))

    def _set_aside(self) -> None:
        """Rename a journal of another model: nothing of it is lost."""
        if self.path.exists():
            number = 1
            while (other := self.folder / f"journal-{number}.jsonl").exists():
                number += 1
            self.path.rename(other)

    def _append(self, entry: Mapping[str, Any]) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lines = [] if self.path.exists() else [{**_FORMAT, "model": self.model}]
            with self.path.open("ab") as file:
                for line in [*lines, entry]:
                    file.write(json.dumps(line).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise InputError(f"cannot write the journal {self.path}: {error}") from error


def identity(fitted: Fitted) -> str:
    """Identify the topics of a model, so that a journal is not repeated on another one.

    Parameters
    ----------
    fitted : Fitted

    Returns
    -------
    str
        A hash of labels, ids and names.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> identity(model.fitted_) == identity(model.rename_topics({0: "food"}).fitted_)
    False
    """
    digest = hashlib.sha256(fitted.ids_of(fitted.labels).astype("<i8").tobytes())
    digest.update(fitted.assigner.prototypes.tobytes())
    digest.update(json.dumps([[topic.id, topic.name] for topic in fitted.topics]).encode())
    return digest.hexdigest()


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
