"""Summary: what a report says, as plain data; every format is rendered from it alone."""

import dataclasses
import math
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from topickit.analysis.by_class import ByClass, by_class
from topickit.analysis.hierarchy import Hierarchy, hierarchy
from topickit.analysis.over_time import OverTime, over_time
from topickit.analysis.similarity import Similarity, similarity
from topickit.fitted.topics import UNSTABLE, Topic

if TYPE_CHECKING:
    from topickit.fitted.fitted import Fitted

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
"""What JSON can hold."""
LONGEST_RUN = 19
"""Characters of a document that may stand together in a report without texts."""


@dataclasses.dataclass(frozen=True)
class Summary:
    """The contents of a report.

    Attributes
    ----------
    topics : tuple of Topic
        By id, the largest first. Their texts can be encoded in UTF-8.
    n_documents : int
        Documents in the corpus, blank ones included.
    n_outliers : int
        Documents in no topic, blank ones included.
    notes : dict of str to plain data
        How the model was made: label to value, or label to a group of them.
    hierarchy, similarity : Hierarchy, Similarity, or None
        How the topics relate; None for fewer than two topics.
    over_time, by_class : OverTime, ByClass, or None
        None where documents have no timestamps, or no classes.
    given_names : frozenset of int
        Topics that the user named.

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

    @property
    def outlier_share(self) -> float:
        """Share of the documents that are in no topic, 0 to 1."""
        return self.n_outliers / self.n_documents if self.n_documents else 0.0

    @property
    def has_stability(self) -> bool:
        """Whether the stability of any topic is known."""
        return any(topic.stability is not None for topic in self.topics)

    @property
    def unstable(self) -> tuple[Topic, ...]:
        """The topics that were not found again in most other samples of the corpus."""
        return tuple(
            topic for topic in self.topics if topic.stability is not None and topic.stability < UNSTABLE
        )

    def without_texts(self) -> "Summary":
        """Leave out all document text: no 20 characters of a document that stand together stay.

        Keywords stay; of a longer one its first 18 characters. Names that the user gave stay; others have
        another sign between their words, since a document may hold them as they are. Ids stay.
        """
        topics = tuple(_topic_without_texts(topic, topic.id in self.given_names) for topic in self.topics)
        tree, times, classes = self.hierarchy, self.over_time, self.by_class
        if tree is not None:
            names = tuple(
                topics[node].name if node < len(topics) else _private_name(name)
                for node, name in enumerate(tree.names)
            )
            tree = dataclasses.replace(tree, names=names)
        if times is not None:
            rose, fell = (
                tuple(tuple(map(_short, words)) for words in part) for part in (times.rose, times.fell)
            )
            times = dataclasses.replace(times, rose=rose, fell=fell)
        if classes is not None:
            classes = dataclasses.replace(classes, classes=tuple(map(_short, classes.classes)))
        return dataclasses.replace(self, topics=topics, hierarchy=tree, over_time=times, by_class=classes)

    def as_dict(self) -> dict[str, Plain]:
        """Give everything as JSON can hold it (NaN becomes null), under names that stay.

        Examples
        --------
        >>> sorted(Summary((), n_documents=0, n_outliers=0, notes={}).as_dict())[:3]
        ['by_class', 'format', 'format_version']
        """
        return {
            "format": "topickit-report",
            "format_version": 1,
            "n_documents": self.n_documents,
            "n_outliers": self.n_outliers,
            "outlier_share": self.outlier_share,
            "n_topics": len(self.topics),
            "topics": [_topic_as_dict(topic) for topic in self.topics],
            "hierarchy": plain(self.hierarchy),
            "similarity": _similarity_as_dict(self.similarity),
            "over_time": plain(self.over_time),
            "by_class": plain(self.by_class),
            "notes": plain(self.notes),
        }


def summarize(fitted: "Fitted") -> Summary:
    """Gather what a report says about a fitted model.

    Parameters
    ----------
    fitted : Fitted

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> summarize(model.fitted_).hierarchy.sizes.tolist()
    [3, 3, 6]
    """
    topics = fitted.topics
    related = len(topics) > 1
    return Summary(
        topics=tuple(_clean_topic(topic) for topic in topics),
        n_documents=int(topics.n_documents),
        n_outliers=int(topics.n_outliers),
        notes={clean(str(key)): plain(value) for key, value in fitted.notes.items()},
        hierarchy=_clean_tree(hierarchy(fitted)) if related else None,
        similarity=similarity(fitted) if related else None,
        over_time=over_time(fitted),
        by_class=by_class(fitted),
        given_names=frozenset(fitted.given_names),
    )


def clean(text: str) -> str:
    """Replace what no encoding can hold (unpaired surrogates), so that every format can be written.

    Examples
    --------
    >>> clean("a" + chr(0xD800))
    'a?'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def plain(value: Any) -> Plain:
    """Turn any value into data that JSON can hold.

    Parameters
    ----------
    value : object
        Numbers of any library, mappings, dataclasses, sequences, sets (sorted), arrays, paths,
        dates. NaN and infinity become None; any other object becomes the name of its type, since
        its own text may hold a memory address and so differ at every run.

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
        return clean(str(value))
    if isinstance(value, Mapping):
        return {clean(str(key)): plain(part) for key, part in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name)) for part in dataclasses.fields(value)}
    return _plain_object(value)


def _plain_object(value: Any) -> Plain:
    if isinstance(value, set | frozenset):
        return [plain(part) for part in sorted(value, key=str)]
    if isinstance(value, os.PathLike):
        return clean(os.fsdecode(value))
    if hasattr(value, "tolist"):  # scalars and arrays of NumPy, without importing it
        return plain(value.tolist())
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | type):
        return [plain(part) for part in value]
    return str(getattr(value, "__qualname__", type(value).__qualname__))


def _clean_topic(topic: Topic) -> Topic:
    return dataclasses.replace(
        topic,
        name=clean(topic.name),
        keywords=tuple((clean(word), float(weight)) for word, weight in topic.keywords),
        representative_documents=tuple(clean(text) for text in topic.representative_documents),
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_RUN else text[: LONGEST_RUN - 1].rstrip() + "…"


def _private_name(name: str) -> str:
    """Name by the same words, cut, and with a sign between them that no text has there."""
    return " · ".join(map(_short, name.split(", ")))


def _topic_without_texts(topic: Topic, named: bool) -> Topic:
    return dataclasses.replace(
        topic,
        name=topic.name if named else _private_name(topic.name),
        keywords=tuple((_short(word), weight) for word, weight in topic.keywords),
        representative_documents=(),
    )


def _clean_tree(tree: Hierarchy) -> Hierarchy:
    return dataclasses.replace(tree, names=tuple(map(clean, tree.names)))


def _similarity_as_dict(found: Similarity | None) -> Plain:
    if found is None:
        return None
    return {"order": list(found.order), "cosines": plain(found.cosines.round(3))}


def _topic_as_dict(topic: Topic) -> dict[str, Plain]:
    return {
        "id": topic.id,
        "name": topic.name,
        "size": topic.size,
        "share": plain(topic.share),
        "stability": plain(topic.stability),
        "keywords": [{"word": word, "weight": plain(weight)} for word, weight in topic.keywords],
        "risk_ratios": plain(topic.risk_ratios),
        "representative_documents": list(topic.representative_documents),
    }
