"""Steps: what a user does to the topics of a model, as plain data that can be repeated on the same model."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from topickit.corpus.tables import TextFile
from topickit.errors import InputError, TopickitWarning
from topickit.model import TopicModel


@dataclass(frozen=True)
class Step:
    """One change of a model. It holds ids of topics and rows of documents, and no text of a document.

    Attributes
    ----------
    kind : {"rename", "merge", "split", "delete", "move", "level", "update"}
    arguments : mapping
        As the functions of this module that make steps.

    Examples
    --------
    >>> merge([1, 4]).as_dict()
    {'kind': 'merge', 'topics': [1, 4]}
    """

    kind: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON, which `from_dict` reads.

        Returns
        -------
        dict

        Examples
        --------
        >>> Step.from_dict(level(5).as_dict()) == level(5)
        True
        """
        return {"kind": self.kind, **self.arguments}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "Step":
        """Make the step that `as_dict` returned.

        Parameters
        ----------
        saved : mapping

        Raises
        ------
        InputError
            When it is not a step.

        Examples
        --------
        >>> Step.from_dict({"kind": "split", "topic": 0, "n": 2}) == split(0)
        True
        """
        given = dict(saved) if isinstance(saved, Mapping) else {}
        kind = given.pop("kind", None)
        wanted = set(_ARGUMENTS.get(kind, ()))
        if kind not in _PERFORM or not wanted <= set(given) <= wanted | set(_OPTIONAL.get(kind, ())):
            raise InputError(f"this is not a step that topickit wrote: {str(saved)[:80]}")
        return cls(kind, given)


def rename(topic: int, name: str) -> Step:
    """Give a topic a name.

    Parameters
    ----------
    topic : int
    name : str

    Returns
    -------
    Step

    Examples
    --------
    >>> rename(0, "food").arguments
    {'topic': 0, 'name': 'food'}
    """
    return Step("rename", {"topic": int(topic), "name": str(name)})


def merge(topics: "list[int]") -> Step:
    """Merge topics into one.

    Parameters
    ----------
    topics : list of int

    Returns
    -------
    Step

    Examples
    --------
    >>> merge([0, 1]).kind
    'merge'
    """
    return Step("merge", {"topics": [int(topic) for topic in topics]})


def split(topic: int, n: int = 2) -> Step:
    """Split a topic into parts.

    Parameters
    ----------
    topic : int
    n : int, default 2

    Returns
    -------
    Step

    Examples
    --------
    >>> split(3).arguments
    {'topic': 3, 'n': 2}
    """
    return Step("split", {"topic": int(topic), "n": int(n)})


def delete(topics: "list[int]", *, to: str = "next") -> Step:
    """Delete topics.

    Parameters
    ----------
    topics : list of int
    to : {"next", "none"}, default "next"
        Whether their documents go to the next nearest topic, or become outliers.

    Returns
    -------
    Step

    Examples
    --------
    >>> delete([7], to="none").arguments
    {'topics': [7], 'to': 'none'}
    """
    return Step("delete", {"topics": [int(topic) for topic in topics], "to": str(to)})


def ignore(topics: "list[int]") -> Step:
    """Make outliers of the documents of topics, and of new documents like them.

    Parameters
    ----------
    topics : list of int

    Returns
    -------
    Step
        `delete` to no topic; `ignore` is its name where a fit is told so in advance.

    Examples
    --------
    >>> ignore([7]) == delete([7], to="none")
    True
    """
    return delete(topics, to="none")


def move(rows: "list[int]", to: int | str) -> Step:
    """Move documents to a topic, and documents like them.

    Parameters
    ----------
    rows : list of int
        Rows of the corpus.
    to : int or str
        Id of a topic, or the name of a new one.

    Returns
    -------
    Step

    Examples
    --------
    >>> move([4, 5], to="sports").arguments
    {'rows': [4, 5], 'to': 'sports'}
    """
    return Step("move", {"rows": [int(row) for row in rows], "to": to if isinstance(to, str) else int(to)})


def level(n_topics: int) -> Step:
    """Set the number of topics.

    Parameters
    ----------
    n_topics : int
        A level of the hierarchy, as for `TopicModel.at`.

    Returns
    -------
    Step

    Examples
    --------
    >>> level(5).arguments
    {'n_topics': 5}
    """
    return Step("level", {"n_topics": int(n_topics)})


def update(file: str, column: str | None = None) -> Step:
    """Add the documents of a file, and find new topics in them.

    Parameters
    ----------
    file : str
        Path of a table of texts.
    column : str, optional
        Column of the texts; by default the column ``text``, or the only text column.

    Returns
    -------
    Step

    Examples
    --------
    >>> update("new.csv").arguments
    {'file': 'new.csv'}
    """
    return Step("update", {"file": str(file)} | ({"column": column} if column else {}))


def perform(model: TopicModel, step: Step) -> TopicModel:
    """Return the model after a step; the given one stays as it is.

    Parameters
    ----------
    model : TopicModel
        A fitted model.
    step : Step

    Returns
    -------
    TopicModel

    Raises
    ------
    TopickitError
        When the step is not possible in this model; the message says why.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> perform(model, rename(0, "food")).topics_[0].name
    'food'
    """
    with warnings.catch_warnings():
        # Fewer topics than wanted, and the like: the preview shows it.
        warnings.simplefilter("ignore", TopickitWarning)
        return _PERFORM[step.kind](model, step.arguments)


def _deleted(model: TopicModel, given: Mapping[str, Any]) -> TopicModel:
    return model.delete_topics(given["topics"], to=given["to"])


def _moved(model: TopicModel, given: Mapping[str, Any]) -> TopicModel:
    return model.assign_documents({given["to"]: given["rows"]})


def _updated(model: TopicModel, given: Mapping[str, Any]) -> TopicModel:
    return model.updated(TextFile(Path(given["file"]), given.get("column")))


_PERFORM: dict[str, Callable[[TopicModel, Mapping[str, Any]], TopicModel]] = {
    "rename": lambda model, given: model.rename_topics({given["topic"]: given["name"]}),
    "merge": lambda model, given: model.merge_topics([given["topics"]]),
    "split": lambda model, given: model.split_topic(given["topic"], given["n"]),
    "delete": _deleted,
    "move": _moved,
    "level": lambda model, given: model.at(given["n_topics"]),
    "update": _updated,
}
_ARGUMENTS = {
    "rename": ("topic", "name"),
    "merge": ("topics",),
    "split": ("topic", "n"),
    "delete": ("topics", "to"),
    "move": ("rows", "to"),
    "level": ("n_topics",),
    "update": ("file",),
}
_OPTIONAL = {"update": ("column",)}
