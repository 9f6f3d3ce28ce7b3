"""Topic and Topics: the result, as values."""

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any, overload

import numpy as np

from topickit._core.display import plural
from topickit._core.state import State
from topickit._core.vectors import IntArray
from topickit.errors import ParameterError, ParameterTypeError, TopicNotFoundError
from topickit.keywords.risk_ratio import RiskRatio

TopicKey = int | np.integer[Any] | str
"""A topic given by its id or by its name."""

MAX_LISTED = 20
"""Ids listed in the message for an unknown one."""
UNSTABLE = 0.5
"""Clusters found again with a Jaccard index below this should not be trusted (Hennig 2007)."""


@dataclass(frozen=True)
class Topic:
    """One topic.

    Attributes
    ----------
    id : int
        A fit numbers topics from 0 by falling size. Edits and updates leave the ids of other topics as they
        are, number new topics after the largest id ever used, and never use the id of a deleted topic again.
    size : int
        Documents of the training corpus in this topic, duplicates counted.
    share : float
        Size over the number of documents in the corpus (outliers and blanks counted).
    keywords : tuple of (str, float)
        Words with their c-TF-IDF weight, best first.
    name : str
        A short readable name, made of keywords unless the user gave one.
    representative_documents : tuple of str
        Typical documents that hold the topic's keywords, the best first; empty where the texts
        were not kept.
    stability : float or None
        How well the topic is found again in other samples of the corpus, 0 to 1: the mean over samples
        of the largest Jaccard index that one of their clusters has with it; None if unknown.
    risk_ratios : tuple of RiskRatio
        How many times likelier each keyword is inside the topic than outside, in their order; empty if
        unknown.
    since : int
        The update that brought the topic, counted from 1; 0 for the fit.
    is_known : bool
        Whether the topic was given to the fit: by its name, seed words or labelled documents.
    cohesion : float or None
        Mean cosine similarity of the topic's documents to their mean, 0 to 1: how alike they are. Compare it
        between topics of one model; long texts and other embedders have other values. None for a topic
        without documents.
    unlike_share : float or None
        Share of the topic's documents that are unlike it, 0 to 1: less similar to it than 95 % of other
        documents of the corpus are to their topics. None if unknown, as in models saved by an earlier
        version, and after edits of a model without its texts.

    Examples
    --------
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5), ("purr", 0.2)), name="cats")
    >>> topic.words
    ('cat', 'purr')
    >>> topic
    Topic(0, 'cats', size=3, share=75.0%, keywords='cat purr')
    """

    id: int
    size: int
    share: float
    keywords: tuple[tuple[str, float], ...]
    name: str
    representative_documents: tuple[str, ...] = field(default=(), repr=False)
    stability: float | None = None
    risk_ratios: tuple[RiskRatio, ...] = field(default=(), repr=False)
    is_known: bool = field(default=False, repr=False)
    since: int = field(default=0, repr=False)
    cohesion: float | None = field(default=None, repr=False)
    unlike_share: float | None = field(default=None, repr=False)

    @property
    def is_unstable(self) -> bool:
        """Whether the topic was looked for in other samples of the corpus, and hardly found again."""
        return self.stability is not None and self.stability < UNSTABLE

    @property
    def words(self) -> tuple[str, ...]:
        """The keywords without their weights."""
        return tuple(word for word, _ in self.keywords)

    def __repr__(self) -> str:
        words = " ".join(self.words[:6])
        return (
            f"Topic({self.id}, {self.name!r}, size={self.size}, share={self.share:.1%}, keywords='{words}')"
        )


@dataclass(frozen=True, repr=False)
class Topics(Sequence[Topic]):
    """All topics, by id; an unknown id raises.

    Attributes
    ----------
    items : tuple of Topic
        By rising id.
    n_documents : int
        Documents in the corpus.
    n_outliers : int
        Documents in no topic, blank ones included.

    Examples
    --------
    >>> topics = Topics((Topic(0, 3, 0.75, (("cat", 0.5),), "cats"),), n_documents=4, n_outliers=1)
    >>> len(topics), topics[0].name, topics.outlier_share
    (1, 'cats', 0.25)
    """

    items: tuple[Topic, ...]
    n_documents: int
    n_outliers: int

    @property
    def outlier_share(self) -> float:
        """Share of the documents that are in no topic, 0 to 1."""
        return self.n_outliers / self.n_documents if self.n_documents else 0.0

    def ids(self, topics: "TopicKey | Iterable[TopicKey]") -> list[int]:
        """Return the ids of topics that are given by id or by name.

        A name matches whatever its case and spaces. A shortened name that ends with "…" or "..."
        matches the one topic whose name begins so.

        Parameters
        ----------
        topics : int, str, or iterable of int and str
            One topic or several.

        Returns
        -------
        list of int
            In the given order.

        Raises
        ------
        TopicNotFoundError
            If no topic has an id or a name.
        ParameterError
            If several topics have a name.
        ParameterTypeError
            If a topic is neither an int nor a str.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.topics_.ids([1, model.topics_[0].name])
        [1, 0]
        """
        return [self.items[position].id for position in self.positions(topics)]

    def positions(self, topics: "TopicKey | Iterable[TopicKey]") -> list[int]:
        """Return the positions of topics that are given by id or by name.

        The columns of `TopicModel.transform`, and the rows and columns of analyses, are in this order.

        Parameters
        ----------
        topics : int, str, or iterable of int and str
            As for `ids`.

        Returns
        -------
        list of int
            From 0, in the given order.

        Raises
        ------
        TopicNotFoundError, ParameterError, ParameterTypeError
            As for `ids`.

        Examples
        --------
        >>> topics = Topics((Topic(0, 3, 0.5, (), "cats"), Topic(4, 2, 0.5, (), "dogs")), 5, 0)
        >>> topics.positions([4, "cats"])
        [1, 0]
        """
        if isinstance(topics, str) or not isinstance(topics, Iterable):
            topics = [topics]
        return [self._position(topic) for topic in topics]

    def _position(self, topic: "TopicKey") -> int:
        """Return the position of one topic given by id or by name."""
        if not isinstance(topic, str):
            if isinstance(topic, bool | np.bool_) or not hasattr(topic, "__index__"):
                raise ParameterTypeError(f"a topic must be given by id (int) or name (str), got {topic!r}")
            # −1 is the label of outliers: read as "the last topic" it would be a silent mistake.
            if (position := self._position_of_id.get(int(topic))) is None:
                raise TopicNotFoundError(f"there is no topic {topic}; {self._listed_ids()}")
            return position
        wanted = _normalized(topic)
        names = [_normalized(item.name) for item in self.items]
        found = [position for position, name in enumerate(names) if name == wanted]
        if not found and (start := wanted.removesuffix("...").removesuffix("…").rstrip()) != wanted and start:
            found = [position for position, name in enumerate(names) if name.startswith(start)]
        if len(found) > 1:
            listed = ", ".join(str(self.items[position].id) for position in found)
            raise ParameterError(f"topics {listed} match the name {topic!r}; give the topic by its id")
        if not found:
            close = get_close_matches(topic, [item.name for item in self.items], 1, 0.5)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise TopicNotFoundError(f"there is no topic named {topic!r}{hint}")
        return found[0]

    @cached_property
    def id_array(self) -> IntArray:
        """Id of each topic, of shape (n_topics,)."""
        return np.array([topic.id for topic in self.items], dtype=np.int64)

    def ids_of(self, positions: IntArray) -> IntArray:
        """Return the ids of topics that are given by position; −1 stays −1.

        Parameters
        ----------
        positions : int64 ndarray
            Of any shape.

        Returns
        -------
        int64 ndarray of the same shape

        Examples
        --------
        >>> topics = Topics((Topic(0, 3, 0.5, (), "cats"), Topic(4, 2, 0.5, (), "dogs")), 5, 0)
        >>> topics.ids_of(np.array([1, -1])).tolist()
        [4, -1]
        """
        return np.append(self.id_array, -1)[positions]

    @cached_property
    def _position_of_id(self) -> dict[int, int]:
        return {topic.id: position for position, topic in enumerate(self.items)}

    def _listed_ids(self) -> str:
        ids = sorted(self._position_of_id)
        if ids == list(range(len(ids))):
            return f"the ids are 0 to {len(ids) - 1}"
        more = f" and {len(ids) - MAX_LISTED} more" if len(ids) > MAX_LISTED else ""
        return f"the ids are {', '.join(map(str, ids[:MAX_LISTED]))}{more}"

    def without_texts(self) -> "Topics":
        """Return the same topics without representative documents.

        Returns
        -------
        Topics
        """
        items = tuple(replace(topic, representative_documents=()) for topic in self.items)
        return replace(self, items=items)

    def state(self) -> State:
        """Give what `from_state` makes it of."""
        return State(asdict(self))

    @classmethod
    def from_state(cls, state: State) -> "Topics":
        """Make the Topics that gave this state."""
        items = tuple(
            Topic(
                **{
                    **item,
                    "keywords": tuple((word, weight) for word, weight in item["keywords"]),
                    "representative_documents": tuple(item["representative_documents"]),
                    "risk_ratios": tuple(RiskRatio(*ratio) for ratio in item["risk_ratios"]),
                }
            )
            for item in map(_present_names, state.config["items"])
        )
        return cls(items, state.config["n_documents"], state.config["n_outliers"])

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Topic]:
        return iter(self.items)

    @overload
    def __getitem__(self, key: int | np.integer[Any] | str) -> Topic: ...
    @overload
    def __getitem__(self, key: slice) -> Sequence[Topic]: ...
    def __getitem__(self, key: int | np.integer[Any] | str | slice) -> Topic | Sequence[Topic]:
        if isinstance(key, slice):
            return self.items[key]
        return self.items[self._position(key)]

    def __repr__(self) -> str:
        return "\n".join([self._head(), *(self._line(topic) for topic in self.items)])

    def _head(self) -> str:
        topics, documents = plural(len(self), "topic"), plural(self.n_documents, "document")
        return f"{topics}, {documents}, {self.outlier_share:.1%} outliers"

    @staticmethod
    def _line(topic: Topic) -> str:
        words = f": {' · '.join(topic.words)}" if topic.words else ""
        return f"{topic.id:>4} {topic.size:>7,} {topic.share:>6.1%}  {topic.name}{words}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{t.id}</td><td>{t.size:,}</td><td>{t.share:.1%}</td><td>{html.escape(t.name)}</td>"
            f"<td>{html.escape(' · '.join(t.words))}</td></tr>"
            for t in self.items
        )
        head = "".join(f"<th>{name}</th>" for name in ("topic", "size", "share", "name", "keywords"))
        return (
            f"<table><caption>{self._head()}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def _present_names(item: Mapping[str, Any]) -> dict[str, Any]:
    """Read the risk ratios of a topic where the first format has them."""
    first = {"risk_ratios": item.get("lifts", ())}
    return first | {name: value for name, value in item.items() if name != "lifts"}


def _normalized(name: str) -> str:
    return " ".join(name.split()).casefold()
