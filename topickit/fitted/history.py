"""Edits as values: what was done to which topics, in terms of their content, so that it can be repeated."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np

from topickit._core.display import plural
from topickit._core.state import State
from topickit._core.vectors import FloatArray, unit_rows
from topickit.errors import InputError
from topickit.fitted.derive import describe
from topickit.fitted.fitted import Fitted
from topickit.fitted.thresholds import OutlierShare

Kind = Literal["merge", "split", "delete", "rename", "assign", "level", "outliers", "update"]
DIGITS = 5
"""Decimals of the vectors of an edit."""
MAX_EDITS = 100
"""Edits that can be undone; the model before them is kept."""


@dataclass(frozen=True)
class TopicSketch:
    """What a topic was about when it was edited, by which it is found again.

    Attributes
    ----------
    id : int
    name : str
    keywords : tuple of str
    mean : tuple of float
        Unit mean vector of its documents.
    nearest : float
        Cosine of the mean to that of the most similar other topic; −1 where there was no other.

    Examples
    --------
    >>> TopicSketch(3, "cats", ("cat", "purr"), (0.6, 0.8), 0.5).name
    'cats'
    """

    id: int
    name: str
    keywords: tuple[str, ...]
    mean: tuple[float, ...] = field(repr=False)
    nearest: float = field(repr=False)


@dataclass(frozen=True)
class Edit:
    """An edit of the topics of a model, as a value; `TopicModel.edits_` lists them.

    `TopicModel.apply` repeats edits on the same model or on another, where each finds its topics by content.
    `as_dict` and `from_dict` store them as JSON.

    Attributes
    ----------
    kind : {"merge", "split", "delete", "rename", "assign", "level", "outliers", "update"}
        An update is not repeated on another model: that needs its documents.
    topics : tuple of TopicSketch
        The topics that were named.
    arguments : mapping
        Plain data: ``groups`` of positions in `topics`; ``n``; ``to``; ``names``; ``targets`` with the
        prototypes of assigned documents; ``n_topics`` and ``merge_known``; ``share``; ``n_documents``,
        ``n_new_topics``, ``drift`` and ``find_new`` of an update.
    embedder : str
        What made the embeddings; vectors of another one are not compared.
    n_moved : int
        Documents whose topic changed.

    Examples
    --------
    >>> Edit("level", arguments={"n_topics": 5}, n_moved=12).summary
    'set the number of topics to 5; 12 documents moved'
    """

    kind: Kind
    topics: tuple[TopicSketch, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    embedder: str = field(default="", repr=False)
    n_moved: int = 0

    @property
    def summary(self) -> str:
        """What was done, in one line."""
        return f"{self._done()}; {plural(self.n_moved, 'document')} moved"

    def _done(self) -> str:
        named = [f"{topic.id} {topic.name!r}" for topic in self.topics]
        given = self.arguments
        if self.kind == "merge":
            groups = ["topics " + " and ".join(named[i] for i in group) for group in given["groups"]]
            return "merged " + "; ".join(groups)
        if self.kind == "split":
            return f"split topic {named[0]} into {given['n']}"
        if self.kind == "delete":
            return f"deleted {', '.join(named)}"
        if self.kind == "rename":
            names = zip(named, given["names"], strict=True)
            return "renamed " + "; ".join(f"{old} to {new!r}" for old, new in names)
        if self.kind == "level":
            return f"set the number of topics to {given['n_topics']}"
        if self.kind == "outliers":
            return f"set the share of outliers to {given['share']}"
        if self.kind == "update":
            added = [plural(given["n_documents"], "document"), plural(given["n_new_topics"], "new topic")]
            return "added " + " and ".join(added)
        parts = []
        for target in given["targets"]:
            place = repr(target["name"]) if target["topic"] is None else named[target["topic"]]
            parts.append(f"{target['n_placed']} of {plural(target['n'], 'document')} to {place}")
        return "assigned " + "; ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, which `from_dict` reads.

        Returns
        -------
        dict

        Examples
        --------
        >>> Edit.from_dict(Edit("outliers", arguments={"share": 0.1}).as_dict()).arguments
        {'share': 0.1}
        """
        topics = [{**asdict(t), "keywords": list(t.keywords), "mean": list(t.mean)} for t in self.topics]
        return {
            "kind": self.kind,
            "topics": topics,
            "arguments": dict(self.arguments),
            "embedder": self.embedder,
            "n_moved": self.n_moved,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "Edit":
        """Make an edit of what `as_dict` returned.

        Parameters
        ----------
        saved : mapping
            Plain data, also read back from JSON.

        Returns
        -------
        Edit

        Raises
        ------
        InputError
            When it is not an edit.

        Examples
        --------
        >>> Edit.from_dict({"kind": "level", "arguments": {"n_topics": 3}}).kind
        'level'
        """
        try:
            if saved["kind"] not in get_args(Kind):
                raise ValueError(saved["kind"])
            topics = tuple(
                TopicSketch(
                    int(topic["id"]),
                    str(topic["name"]),
                    tuple(map(str, topic["keywords"])),
                    tuple(map(float, topic["mean"])),
                    float(topic["nearest"]),
                )
                for topic in saved.get("topics", ())
            )
            arguments = dict(saved["arguments"])
            edit = cls(
                saved["kind"], topics, arguments, str(saved.get("embedder", "")), int(saved.get("n_moved", 0))
            )
            _ = edit.summary  # says whether the arguments are there
            return edit
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise InputError(
                f"this is not an edit that topickit wrote: {str(saved)[:80]} ({error!r})"
            ) from error


def sketches(fitted: Fitted, rows: Sequence[int]) -> tuple[TopicSketch, ...]:
    """Sketch topics of a model.

    Parameters
    ----------
    fitted : Fitted
    rows : sequence of int
    """
    units = unit_rows(fitted.means)
    result = []
    for row in rows:
        cosines = units @ units[row]
        cosines[row] = -1.0
        topic = fitted.topics.items[row]
        mean = tuple(rounded(units[row]))
        nearest = round(float(cosines.max()), DIGITS)
        result.append(TopicSketch(topic.id, topic.name, topic.words, mean, nearest))
    return tuple(result)


def rounded(vector: FloatArray) -> list[float]:
    """Return a vector as plain numbers."""
    return [round(float(value), DIGITS) for value in vector]


def recorded(before: Fitted, after: Fitted, kind: Kind, rows: Sequence[int], **arguments: Any) -> Edit:
    """Record an edit.

    Parameters
    ----------
    before, after : Fitted
    kind : str
    rows : sequence of int
        The topics named, as rows of `before`.
    **arguments
        As `Edit.arguments`.
    """
    n = len(before.labels)
    differ = before.ids_of(before.labels) != after.ids_of(after.labels[:n])
    moved = int(before.weight_of_rows[differ].sum())
    embedder = before.provenance.embedder.space
    return Edit(kind, sketches(before, rows), arguments, embedder, moved)


def script_of(edits: Sequence[Edit]) -> str:
    """Write edits as the script that ``topickit edit --script`` reads.

    Parameters
    ----------
    edits : sequence of Edit

    Returns
    -------
    str
        A JSON array of what `Edit.as_dict` returns.

    Examples
    --------
    >>> script_of([])
    '[]'
    """
    return json.dumps([edit.as_dict() for edit in edits], ensure_ascii=False)


@dataclass(frozen=True, eq=False)
class History:
    """The edits of a model, and the state from which the last of them are repeated to undo one.

    Attributes
    ----------
    edits : tuple of Edit
        All since the fit.
    base : Fitted or None
        The state before ``edits[n_before:]``; None before the first edit. Where the first of these is an
        update, it is the only one, and `base` has no corpus: that of the model has its documents.
    n_before : int
    outliers : float or None
        Share of outliers asked for at the base.
    update : History or None
        That of the model that the last update made, if edits were made since.
    """

    edits: tuple[Edit, ...] = ()
    base: Fitted | None = field(default=None, repr=False)
    n_before: int = 0
    outliers: OutlierShare | None = None
    update: "History | None" = field(default=None, repr=False)

    @property
    def undoable(self) -> tuple[Edit, ...]:
        """The edits that are undone by repeating those before them, the last one first to go."""
        return self.edits[self.n_before :]

    @property
    def ends_with_update(self) -> bool:
        """Whether the last edit is an update that can be undone."""
        return self.base is not None and self.edits[-1].kind == "update"

    def with_edit(self, before: Fitted, edit: Edit, outliers: OutlierShare | None) -> "History":
        """Return the history with one more edit.

        Parameters
        ----------
        before : Fitted
            The state that was edited.
        edit : Edit
        outliers : float or None
            Share of outliers asked for before the edit.
        """
        edits = (*self.edits, edit)
        if self.ends_with_update:
            return History(edits, before, len(edits) - 1, outliers, self)
        if self.base is None or len(self.undoable) >= MAX_EDITS:
            return History(edits, before, len(edits) - 1, outliers)
        return replace(self, edits=edits)

    def with_update(self, before: Fitted, edit: Edit, outliers: OutlierShare | None) -> "History":
        """Return the history with an update: edits before it are listed, and can no longer be undone.

        Parameters
        ----------
        before, edit, outliers
            As for `with_edit`. The corpus of `before` is not kept.
        """
        return History((*self.edits, edit), replace(before, corpus=None), len(self.edits), outliers)

    def with_base(self) -> "History":
        """Return the history after a change that cannot be repeated: edits before it cannot be undone."""
        return History(self.edits, None, len(self.edits))

    def without_last(self) -> "History":
        """Return the history without its last edit."""
        left = self.edits[:-1]
        if self.ends_with_update:
            return History(left, None, len(left))
        if len(left) == self.n_before:
            return self.update or History(left, None, len(left))
        return replace(self, edits=left)

    def before_update(self, fitted: Fitted) -> Fitted:
        """Return the state before an update, the last edit.

        Parameters
        ----------
        fitted : Fitted
            The model as it is.
        """
        base = self.base
        if base is None:
            raise ValueError("the update cannot be undone")
        if fitted.corpus is None:
            return base
        corpus = fitted.corpus.before_update(len(base.labels), len(base.counts.terms))
        base = replace(base, corpus=corpus)
        described = any(topic.representative_documents for topic in base.topics)
        return base if described else describe(base, before=base)  # texts are not saved twice


BASE = "base_"
UPDATED = "updated_"
"""Beginning of the names of the parts of a saved history: of its base, and of that before the last update."""


def history_parts(history: History, fitted: Fitted) -> dict[str, State]:
    """Return the parts of a saved model that hold its history; what it shares with the model is left out.

    Parameters
    ----------
    history : History
    fitted : Fitted
        The model as it is.
    """
    if not history.edits:
        return {}
    config = {"edits": [edit.as_dict() for edit in history.edits], **_numbers(history)}
    parts: dict[str, State] = {}
    if history.base is not None:
        parts |= _base_parts(history, fitted, BASE)
    if history.update is not None:
        config["update"] = _numbers(history.update)
        parts |= _base_parts(history.update, fitted, UPDATED)
    return {"history": State(config), **parts}


def _numbers(history: History) -> dict[str, Any]:
    return {"n_before": history.n_before, "outliers": history.outliers}


def _base_parts(history: History, fitted: Fitted, prefix: str) -> dict[str, State]:
    base = history.base
    if base is None:
        return {}
    same = {"across"}
    if not history.ends_with_update:
        same |= {"covariates", *(("evidence",) if base.evidence is fitted.evidence else ())}
    return {prefix + name: part for name, part in base.state().parts.items() if name not in same}


def history_from(parts: Mapping[str, State], fitted: Fitted) -> History:
    """Make the history that `history_parts` saved; a model without one has none.

    Parameters
    ----------
    parts : mapping of str to State
        Those of the saved model.
    fitted : Fitted
        The model as it is.
    """
    if "history" not in parts:
        return History()
    config = parts["history"].config
    edits = tuple(Edit.from_dict(edit) for edit in config["edits"])
    update = None
    if config.get("update"):
        n_edits = config["update"]["n_before"] + 1
        update = _history_of(edits[:n_edits], config["update"], parts, fitted, UPDATED)
    return replace(_history_of(edits, config, parts, fitted, BASE), update=update)


def _history_of(
    edits: tuple[Edit, ...],
    config: Mapping[str, Any],
    parts: Mapping[str, State],
    fitted: Fitted,
    prefix: str,
) -> History:
    own = {name.removeprefix(prefix): part for name, part in parts.items() if name.startswith(prefix)}
    base = None
    if own:
        base = replace(
            Fitted.from_state(State(parts=own)),
            across=fitted.across,
            keyword_settings=fitted.keyword_settings,
        )
        if not History(edits, base).ends_with_update:
            base = replace(base, corpus=fitted.corpus, covariates=fitted.covariates)
            if "evidence" not in own:
                base = replace(base, evidence=fitted.evidence)
            if fitted.corpus is not None:  # the representative documents are not saved twice
                base = describe(base, before=base)
    return History(edits, base, config["n_before"], config["outliers"])


def mean_matrix(topics: Sequence[TopicSketch]) -> FloatArray:
    """Return the means of sketches as rows."""
    return np.array([topic.mean for topic in topics], dtype=np.float32)
