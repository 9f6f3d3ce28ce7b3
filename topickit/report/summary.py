"""Summary: what a report says, as plain data; every format is rendered from it alone."""

import dataclasses
import math
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from topickit.topics import Topic

if TYPE_CHECKING:
    from topickit.fitted import Fitted

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"
"""What JSON can hold."""


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

    @property
    def outlier_share(self) -> float:
        """Share of the documents that are in no topic, 0 to 1."""
        return self.n_outliers / self.n_documents if self.n_documents else 0.0

    @property
    def has_stability(self) -> bool:
        """Whether the stability of any topic is known."""
        return any(topic.stability is not None for topic in self.topics)

    def without_texts(self) -> "Summary":
        """Leave out all document text; keywords and names stay."""
        topics = tuple(dataclasses.replace(topic, representative_documents=()) for topic in self.topics)
        return dataclasses.replace(self, topics=topics)

    def as_dict(self) -> dict[str, Plain]:
        """Give everything as JSON can hold it (NaN becomes null), under names that stay.

        Examples
        --------
        >>> sorted(Summary((), n_documents=0, n_outliers=0, notes={}).as_dict())[:3]
        ['format', 'format_version', 'n_documents']
        """
        return {
            "format": "topickit-report",
            "format_version": 1,
            "n_documents": self.n_documents,
            "n_outliers": self.n_outliers,
            "outlier_share": self.outlier_share,
            "n_topics": len(self.topics),
            "topics": [_topic_as_dict(topic) for topic in self.topics],
            "notes": plain(self.notes),
        }


def summarize(fitted: "Fitted") -> Summary:
    """Gather what a report says about a fitted model.

    Parameters
    ----------
    fitted : Fitted
        Only its `topics` and `notes` are read.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from topickit.topics import Topics
    >>> summarize(SimpleNamespace(topics=Topics((), 2, 2), notes={"seed": 0})).notes
    {'seed': 0}
    """
    topics = fitted.topics
    return Summary(
        topics=tuple(_clean_topic(topic) for topic in topics),
        n_documents=int(topics.n_documents),
        n_outliers=int(topics.n_outliers),
        notes={clean(str(key)): plain(value) for key, value in fitted.notes.items()},
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


def _topic_as_dict(topic: Topic) -> dict[str, Plain]:
    return {
        "id": topic.id,
        "name": topic.name,
        "size": topic.size,
        "share": plain(topic.share),
        "stability": plain(topic.stability),
        "keywords": [{"word": word, "weight": plain(weight)} for word, weight in topic.keywords],
        "representative_documents": list(topic.representative_documents),
    }
