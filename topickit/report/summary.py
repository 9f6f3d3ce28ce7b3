"""Summary: the contents of a report as plain data, from which every format is rendered."""

import dataclasses
import math
import os
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from topickit._core.display import encodable
from topickit.analysis.by_class import ByClass, by_class
from topickit.analysis.hierarchy import Hierarchy, hierarchy
from topickit.analysis.over_time import OverTime, over_time
from topickit.analysis.similarity import Similarity, similarity
from topickit.fitted.change import Change
from topickit.fitted.divide import parts_of
from topickit.fitted.topics import Topic

if TYPE_CHECKING:
    from topickit.fitted.fitted import Fitted

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
"""Data that JSON can represent."""
MAX_RUN = 19
"""Consecutive characters of a document that a report without texts may contain."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """The contents of a report.

    Attributes
    ----------
    topics : tuple of Topic
        Largest first, and so the rows and columns of all analyses. Their texts can be encoded in UTF-8.
    n_documents : int
        Documents in the corpus, including blank ones.
    n_outliers : int
        Documents without a topic, including blank ones.
    notes : dict of str to plain data
        How the model was fitted: a label for each value or mapping of values.
    hierarchy : Hierarchy or None
        None for fewer than two topics.
    similarity : Similarity or None
        None for fewer than two topics.
    over_time : OverTime or None
        None if the documents have no timestamps.
    by_class : ByClass or None
        None if the documents have no classes.
    given_names : frozenset of int
        Ids of the topics that the user named.
    parts : mapping of int to tuple of Topic
        The parts of topics that have stable ones, by the id of the topic.
    change : Change or None
        What the last update changed; None for a model that was not updated.

    Examples
    --------
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5),), name="cat")
    >>> Summary((topic,), n_documents=4, n_outliers=1, notes={}).outlier_share
    0.25
    """

    topics: tuple[Topic, ...]
    n_documents: int
    n_outliers: int
    notes: dict[str, Plain]
    hierarchy: Hierarchy | None = dataclasses.field(default=None, repr=False, compare=False)
    similarity: Similarity | None = dataclasses.field(default=None, repr=False, compare=False)
    over_time: OverTime | None = dataclasses.field(default=None, repr=False, compare=False)
    by_class: ByClass | None = dataclasses.field(default=None, repr=False, compare=False)
    given_names: frozenset[int] = frozenset()
    parts: Mapping[int, tuple[Topic, ...]] = dataclasses.field(default_factory=dict)
    change: Change | None = dataclasses.field(default=None, repr=False)

    @property
    def outlier_share(self) -> float:
        """Share of the documents without a topic, 0 to 1."""
        return self.n_outliers / self.n_documents if self.n_documents else 0.0

    @cached_property
    def has_stability(self) -> bool:
        """Whether the stability of any topic is known."""
        return any(topic.stability is not None for topic in self.topics)

    @cached_property
    def has_unlike(self) -> bool:
        """Whether the share of unlike documents of any topic is known."""
        return any(topic.unlike_share is not None for topic in self.topics)

    @property
    def unlike_share(self) -> float | None:
        """Share of the documents in topics that are unlike their topic; None if unknown."""
        known = [(topic.unlike_share, topic.size) for topic in self.topics if topic.unlike_share is not None]
        n_documents = sum(size for _, size in known)
        return sum(share * size for share, size in known) / n_documents if n_documents else None

    @property
    def unstable(self) -> tuple[Topic, ...]:
        """The topics whose stability is below 0.5; see `Topic.is_unstable`."""
        return tuple(topic for topic in self.topics if topic.is_unstable)

    def without_texts(self) -> "Summary":
        """Remove all document text: no 20 consecutive characters of a document remain.

        Keywords are truncated after 18 characters. Names given by the user are unchanged; in the others
        the words are separated differently, since a document may contain the name as it is.

        Returns
        -------
        Summary
        """
        topics = tuple(_topic_without_texts(topic, topic.id in self.given_names) for topic in self.topics)
        parts = {
            topic: tuple(_topic_without_texts(part, False) for part in own)
            for topic, own in self.parts.items()
        }
        tree, times, classes = self.hierarchy, self.over_time, self.by_class
        if tree is not None:
            names = tuple(
                topics[node].name if node < len(topics) else _private_name(name)
                for node, name in enumerate(tree.names)
            )
            tree = dataclasses.replace(tree, names=names)
        if times is not None:
            rising, falling = (
                tuple(tuple(map(_short, words)) for words in part)
                for part in (times.rising_words, times.falling_words)
            )
            times = dataclasses.replace(times, rising_words=rising, falling_words=falling)
        if classes is not None:
            classes = dataclasses.replace(classes, classes=tuple(map(_short, classes.classes)))
        return dataclasses.replace(
            self,
            topics=topics,
            hierarchy=tree,
            over_time=times,
            by_class=classes,
            parts=parts,
            change=None if self.change is None else _change_without_texts(self.change, topics),
        )

    def as_dict(self) -> dict[str, Plain]:
        """Give everything as data for JSON, under stable names; NaN and infinity become None.

        Returns
        -------
        dict

        Examples
        --------
        >>> sorted(Summary((), n_documents=0, n_outliers=0, notes={}).as_dict())[:3]
        ['by_class', 'change', 'format']
        """
        return {
            "format": "topickit-report",
            "format_version": 1,
            "n_documents": self.n_documents,
            "n_outliers": self.n_outliers,
            "outlier_share": self.outlier_share,
            "n_topics": len(self.topics),
            "topics": [
                {
                    **_topic_as_dict(topic),
                    "parts": [_topic_as_dict(part) for part in self.parts.get(topic.id, ())],
                }
                for topic in self.topics
            ],
            "hierarchy": plain(self.hierarchy),
            "similarity": _similarity_as_dict(self.similarity),
            "over_time": plain(self.over_time),
            "by_class": plain(self.by_class),
            "change": None if self.change is None else plain(self.change.to_dict()),
            "notes": plain(self.notes),
        }


def summarize(fitted: "Fitted") -> Summary:
    """Run the analyses of a fitted model that a report shows.

    Parameters
    ----------
    fitted : Fitted

    Returns
    -------
    Summary

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> summarize(model.fitted_).hierarchy.sizes.tolist()
    [3, 3, 6]
    """
    fitted = fitted.largest_first()
    topics = fitted.topics
    notes = dict(fitted.provenance.as_dict())
    change = _clean_change(notes.pop("change", None), topics)
    tree = hierarchy(fitted) if len(topics) > 1 else None
    return Summary(
        topics=tuple(_clean_topic(topic) for topic in topics),
        n_documents=int(topics.n_documents),
        n_outliers=int(topics.n_outliers),
        notes={encodable(str(key)): plain(value) for key, value in notes.items()},
        hierarchy=None if tree is None else _clean_tree(tree),
        similarity=None if tree is None else similarity(fitted, tree),
        over_time=over_time(fitted),
        by_class=by_class(fitted),
        given_names=frozenset(topics.items[row].id for row in fitted.given_names),
        parts=_parts(fitted),
        change=change,
    )


def _parts(fitted: "Fitted") -> dict[int, tuple[Topic, ...]]:
    """Give the parts of the topics that have any."""
    found = parts_of(fitted)
    if found is None:
        return {}
    return {topic.id: tuple(map(_clean_topic, own)) for topic in fitted.topics if (own := found.of(topic.id))}


def plain(value: Any) -> Plain:
    """Convert any value to data that JSON can represent.

    Parameters
    ----------
    value : object
        Numbers of any library, mappings, dataclasses, sequences, sets (sorted), arrays, paths or
        dates. NaN and infinity become None. Any other object becomes the name of its type, because
        its repr may contain a memory address, which differs between runs.

    Returns
    -------
    plain data

    Examples
    --------
    >>> plain({"a": (1, float("nan"))})
    {'a': [1, None]}
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return encodable(str(value))
    if isinstance(value, Mapping):
        return {encodable(str(key)): plain(part) for key, part in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name)) for part in dataclasses.fields(value)}
    return _plain_object(value)


def _plain_object(value: Any) -> Plain:
    if isinstance(value, set | frozenset):
        return [plain(part) for part in sorted(value, key=str)]
    if isinstance(value, os.PathLike):
        return encodable(os.fsdecode(value))
    if hasattr(value, "tolist"):  # NumPy scalars and arrays
        return plain(value.tolist())
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | type):
        return [plain(part) for part in value]
    return str(getattr(value, "__qualname__", type(value).__qualname__))


def _clean_topic(topic: Topic) -> Topic:
    return dataclasses.replace(
        topic,
        name=encodable(topic.name),
        keywords=tuple((encodable(word), float(weight)) for word, weight in topic.keywords),
        representative_documents=tuple(encodable(text) for text in topic.representative_documents),
    )


def _short(text: str) -> str:
    return text if len(text) <= MAX_RUN else text[: MAX_RUN - 1].rstrip() + "…"


def _private_name(name: str) -> str:
    """Truncate the words of a name, and separate them by a sign that documents do not have there."""
    return " · ".join(map(_short, name.split(", ")))


def _topic_without_texts(topic: Topic, named: bool) -> Topic:
    return dataclasses.replace(
        topic,
        name=topic.name if named else _private_name(topic.name),
        keywords=tuple((_short(word), weight) for word, weight in topic.keywords),
        representative_documents=(),
    )


def _clean_change(saved: Mapping[str, Any] | None, topics: Iterable[Topic]) -> Change | None:
    """Give the last update with the present names of its topics."""
    if saved is None:
        return None
    names = {topic.id: topic.name for topic in topics}
    return _with_words(Change.from_dict(saved), names, encodable)


def _change_without_texts(change: Change, topics: Iterable[Topic]) -> Change:
    names = {topic.topic: _private_name(topic.name) for topic in change.topics}
    return _with_words(change, names | {topic.id: topic.name for topic in topics}, _short)


def _with_words(change: Change, names: Mapping[int, str], word: Callable[[str], str]) -> Change:
    """Replace the names of the topics of an update, and convert their words."""
    topics = tuple(
        dataclasses.replace(
            topic,
            name=encodable(names.get(topic.topic, topic.name)),
            rising=tuple(map(word, topic.rising)),
            falling=tuple(map(word, topic.falling)),
        )
        for topic in change.topics
    )
    return dataclasses.replace(change, topics=topics)


def _clean_tree(tree: Hierarchy) -> Hierarchy:
    return dataclasses.replace(tree, names=tuple(map(encodable, tree.names)))


def _similarity_as_dict(similarity: Similarity | None) -> Plain:
    if similarity is None:
        return None
    return {"order": list(similarity.order), "cosines": plain(similarity.cosines.round(3))}


def _topic_as_dict(topic: Topic) -> dict[str, Plain]:
    return {
        "id": topic.id,
        "name": topic.name,
        "size": topic.size,
        "share": plain(topic.share),
        "stability": plain(topic.stability),
        "cohesion": plain(topic.cohesion),
        "unlike_share": plain(topic.unlike_share),
        "is_known": topic.is_known,
        "keywords": [{"word": word, "weight": plain(weight)} for word, weight in topic.keywords],
        "risk_ratios": [plain(ratio._asdict()) for ratio in topic.risk_ratios],
        "representative_documents": list(topic.representative_documents),
    }
