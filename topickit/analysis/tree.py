"""The tree of topics: the topics of several levels, their parents and parts, and a label per level."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from topickit._core.atomic import write_atomic
from topickit._core.display import encodable, one_line, plural
from topickit._core.frames import to_pandas
from topickit._core.vectors import IntArray
from topickit.errors import ParameterError, ParameterTypeError, check_whole
from topickit.fitted.divide import parents_of, parts_of
from topickit.fitted.edits import cut
from topickit.fitted.fitted import Fitted
from topickit.fitted.topics import Topic, Topics

if TYPE_CHECKING:
    import polars as pl

MAX_WORDS = 6
"""Keywords of a topic in the printed tree."""


@dataclass(frozen=True)
class TreeTopic:
    """A topic in a tree.

    Attributes
    ----------
    level : int
        Number of topics of its level.
    topic : Topic
        Its id, name, size, share, keywords and more. The id is that of its level.
    parent : int or None
        Id of the topic of the next coarser level that it is a part of; None at the coarsest level.
    children : tuple of int
        Ids of its parts at the next finer level, largest first; a single one if it is not divided there.

    Examples
    --------
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5),), name="cats")
    >>> TreeTopic(level=1, topic=topic, parent=None, children=(0, 2)).topic.name
    'cats'
    """

    level: int
    topic: Topic
    parent: int | None
    children: tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class TopicTree:
    """The topics of several levels of the hierarchy, as `TopicModel.tree` returns them.

    Printing it shows the topics with their parts beneath them.

    Attributes
    ----------
    levels : tuple of int
        Number of topics of each level, rising.
    topics : tuple of TreeTopic
        Level by level, the coarsest first, and by id.
    labels : int64 ndarray of shape (n, n_levels)
        Topic of each training document at each level; −1 for none. Without rows in a model that counts its
        documents and does not list them.
    n_documents : int
        Number of training documents.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> tree = model.tree(levels=[1, 2])
    >>> tree.levels, [topic.parent for topic in tree.at(2)], tree.labels.shape
    ((1, 2), [0, 0], (6, 2))
    """

    levels: tuple[int, ...]
    topics: tuple[TreeTopic, ...]
    labels: IntArray = field(repr=False)
    n_documents: int = 0

    def at(self, level: int) -> tuple[TreeTopic, ...]:
        """Return the topics of one level.

        Parameters
        ----------
        level : int
            One of `levels`.

        Returns
        -------
        tuple of TreeTopic
            By id.

        Raises
        ------
        ParameterError
            When the tree has no such level.

        Examples
        --------
        >>> TopicTree((), (), np.empty((0, 0), dtype=np.int64)).levels
        ()
        """
        if level not in self.levels:
            raise ParameterError(f"this tree has no level of {level!r} topics; its levels are {self.levels}")
        return tuple(topic for topic in self.topics if topic.level == level)

    def documents(self) -> "pl.DataFrame":
        """Return the topic of each training document at each level.

        Returns
        -------
        polars.DataFrame
            Columns row (from 0), and for each level its topic and name, such as topic_5 and name_5;
            −1 and null for none.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.tree(levels=[1, 2]).documents().columns
        ['row', 'topic_1', 'name_1', 'topic_2', 'name_2']
        """
        import polars as pl

        frame = pl.DataFrame({"row": np.arange(len(self.labels))})
        for column, level in enumerate(self.levels):
            names = {node.topic.id: node.topic.name for node in self.at(level)}
            ids = pl.Series(f"topic_{level}", self.labels[:, column])
            named = [names.get(topic) for topic in ids.to_list()]
            frame = frame.with_columns(ids, pl.Series(f"name_{level}", named, dtype=pl.String))
        return frame

    def to_polars(self) -> "pl.DataFrame":
        """Return one row per topic of each level.

        Returns
        -------
        polars.DataFrame
            Columns level, topic, parent, children, name, size, share, keywords and stability.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.tree(levels=[1, 2]).to_polars()["children"].to_list()
        [[0, 1], [], []]
        """
        import polars as pl

        nodes = self.topics
        return pl.DataFrame(
            {
                "level": pl.Series([node.level for node in nodes], dtype=pl.Int64),
                "topic": pl.Series([node.topic.id for node in nodes], dtype=pl.Int64),
                "parent": pl.Series([node.parent for node in nodes], dtype=pl.Int64),
                "children": pl.Series([list(node.children) for node in nodes], dtype=pl.List(pl.Int64)),
                "name": pl.Series([node.topic.name for node in nodes], dtype=pl.String),
                "size": pl.Series([node.topic.size for node in nodes], dtype=pl.Int64),
                "share": pl.Series([node.topic.share for node in nodes], dtype=pl.Float64),
                "keywords": pl.Series([list(node.topic.words) for node in nodes], dtype=pl.List(pl.String)),
                "stability": pl.Series([node.topic.stability for node in nodes], dtype=pl.Float64),
            }
        )

    def to_pandas(self) -> Any:
        """Return the table of `to_polars` as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        MissingPackageError
            When pandas is not installed.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> len(model.tree(levels=[1, 2]).to_pandas())
        3
        """
        return to_pandas(self.to_polars())

    def as_dict(self) -> dict[str, Any]:
        """Return the tree as data for JSON: levels, and topics nested by their children.

        Returns
        -------
        dict

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> len(model.tree(levels=[1, 2]).as_dict()["topics"][0]["children"])
        2
        """
        return {
            "format": "topickit-tree",
            "format_version": 1,
            "levels": list(self.levels),
            "topics": [self._as_dict(node) for node in self._roots()],
        }

    @overload
    def to_json(self, path: None = None, *, indent: int | None = 2) -> str: ...
    @overload
    def to_json(self, path: str | os.PathLike[str], *, indent: int | None = 2) -> Path: ...
    def to_json(self, path: str | os.PathLike[str] | None = None, *, indent: int | None = 2) -> str | Path:
        """Write the tree as JSON.

        Parameters
        ----------
        path : str or path-like, optional
            File to write; None returns the JSON.
        indent : int or None
            Spaces per level; None gives one line.

        Returns
        -------
        str or Path
            The JSON, or the path of the file written.

        Raises
        ------
        InputError
            If the file cannot be written.

        Examples
        --------
        >>> TopicTree((), (), np.empty((0, 0), dtype=np.int64)).to_json(indent=None)
        '{"format": "topickit-tree", "format_version": 1, "levels": [], "topics": []}'
        """
        content = encodable(json.dumps(self.as_dict(), ensure_ascii=False, allow_nan=False, indent=indent))
        return content if path is None else write_atomic(path, content)

    def __repr__(self) -> str:
        levels = " > ".join(map(str, self.levels))
        head = f"{plural(self.n_documents, 'document')}, topics by level: {levels or 'none'}"
        return "\n".join([head, *(line for node in self._roots() for line in self._lines(node, 0))])

    def _roots(self) -> tuple[TreeTopic, ...]:
        return self.at(self.levels[0]) if self.levels else ()

    def _parts(self, node: TreeTopic) -> list[TreeTopic]:
        """Return the topics of the next finer level that are parts of a topic."""
        place = self.levels.index(node.level) + 1
        if place == len(self.levels):
            return []
        finer = {other.topic.id: other for other in self.at(self.levels[place])}
        return [finer[child] for child in node.children]

    def _lines(self, node: TreeTopic, depth: int) -> list[str]:
        """Write a topic and, further in, its parts; a level that does not divide it has no line."""
        while len(parts := self._parts(node)) == 1:
            node = parts[0]
        topic = node.topic
        words = " · ".join(map(one_line, topic.words[:MAX_WORDS]))
        line = f"{topic.size:>7,} {topic.share:>6.1%}  {'    ' * depth}{one_line(topic.name)}: {words}"
        return [line, *(line for part in parts for line in self._lines(part, depth + 1))]

    def _as_dict(self, node: TreeTopic) -> dict[str, Any]:
        topic = node.topic
        return {
            "level": node.level,
            "id": topic.id,
            "name": topic.name,
            "size": topic.size,
            "share": topic.share,
            "stability": topic.stability,
            "keywords": [{"word": word, "weight": weight} for word, weight in topic.keywords],
            "children": [self._as_dict(part) for part in self._parts(node)],
        }


@dataclass(frozen=True, eq=False)
class _Level:
    """The topics of a level, and the row of the topic of each document."""

    topics: Topics
    labels: IntArray

    @property
    def ids(self) -> IntArray:
        """The id of the topic of each document; −1 for none."""
        return np.array([*(topic.id for topic in self.topics), -1], dtype=np.int64)[self.labels]


def topic_tree(fitted: Fitted, levels: Iterable[int] | None = None) -> TopicTree:
    """Describe the topics of several levels; see `TopicModel.tree`.

    Parameters
    ----------
    fitted : Fitted
    levels : iterable of int, optional
        Numbers of topics; None takes the good levels of the corpus.
    """
    wanted = None if levels is None else _checked(levels)
    if not len(fitted.topics):
        n_rows = 0 if fitted.row_weights is not None else len(fitted.labels)
        return TopicTree((), (), np.empty((n_rows, 0), dtype=np.int64), fitted.topics.n_documents)
    found = _good_levels(fitted) if wanted is None else [_level(fitted, n) for n in wanted]
    nodes: list[TreeTopic] = []
    for place, level in enumerate(found):
        nodes += _nodes(level, found[place - 1] if place else None, found[place + 1 : place + 2])
    labels = np.stack([level.ids for level in found], axis=1)
    if fitted.row_weights is not None:
        labels = labels[:0]
    numbers = tuple(len(level.topics) for level in found)
    return TopicTree(numbers, tuple(nodes), labels, fitted.topics.n_documents)


def _checked(levels: Iterable[int]) -> list[int]:
    if isinstance(levels, str) or not isinstance(levels, Iterable):
        raise ParameterTypeError(f"levels must be numbers of topics, such as [5, 20]; got {levels!r}")
    numbers = list(levels)
    for number in numbers:
        check_whole("each of levels", number)
    if not numbers:
        raise ParameterError("levels must hold at least one number of topics, or be None; got []")
    return sorted({int(number) for number in numbers})


def _level(fitted: Fitted, n_topics: int) -> _Level:
    at = fitted if n_topics == len(fitted.topics) else cut(fitted, n_topics)
    return _Level(at.topics, at.labels)


def _good_levels(fitted: Fitted) -> list[_Level]:
    """Give the level found and the present one, the good ones that the clusterer knows, and the parts."""
    n_topics, base = len(fitted.topics), fitted.base_level
    n_found = n_topics if base is None else base.n_topics
    known = fitted.provenance.clusterer.get("other_levels", ())
    numbers = {n_topics, n_found, *(n for n in known if 1 < n < n_found)}
    if fitted.corpus is None:  # finer levels need it
        numbers = {n for n in numbers if n <= n_topics}
    found = fitted if max(numbers) == n_topics else cut(fitted, max(numbers))
    levels = [_Level(found.topics, found.labels) if n == max(numbers) else _level(fitted, n) for n in numbers]
    parts = parts_of(found)
    if parts is not None:
        levels.append(_Level(parts.topics, parts.labels))
    return sorted(levels, key=lambda level: len(level.topics))


def _nodes(level: _Level, above: _Level | None, below: Sequence[_Level]) -> list[TreeTopic]:
    """Give the topics of a level with their parents and children."""
    n_topics = len(level.topics)
    parents: list[int | None] = [None] * n_topics
    if above is not None:
        ids = [*(topic.id for topic in above.topics), None]  # the last one is for row −1
        parents = [ids[row] for row in parents_of(level.labels, above.labels, n_topics).tolist()]
    children: list[list[Topic]] = [[] for _ in range(n_topics)]
    for finer in below:
        rows = parents_of(finer.labels, level.labels, len(finer.topics)).tolist()
        for topic, row in zip(finer.topics, rows, strict=True):
            if row >= 0:
                children[row].append(topic)
    return [
        TreeTopic(
            n_topics,
            topic,
            parent,
            tuple(part.id for part in sorted(parts, key=lambda part: (-part.size, part.id))),
        )
        for topic, parent, parts in zip(level.topics, parents, children, strict=True)
    ]
