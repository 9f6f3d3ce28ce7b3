"""Change: what new documents say about a model, as a value that is saved with it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from topickit._core.display import one_line, plural
from topickit._core.shares import exceeds

Kind = Literal["grew", "shrank", "new", "gone", "same"]
USUAL_SHARE = 0.1
"""Of other documents of one corpus, 1 to 9 % are below its 5th percentile of similarity."""
N_LISTED = 10
"""Topics of one kind in the text."""
N_IN_SENTENCE = 2


@dataclass(frozen=True)
class TopicChange:
    """A topic among the documents of a model and among new ones.

    Attributes
    ----------
    topic : int
        Id of the topic.
    name : str
    kind : {"grew", "shrank", "new", "gone", "same"}
        "same" unless the difference of shares is significant. A topic that shrank to less than a tenth is
        "gone".
    size_before, size : int
        Documents before the update, and new ones.
    share_before, share : float
        Of all documents with a text.
    low, high : float
        95 % confidence interval of the difference of the shares.
    p_value : float
        That the shares are equal, corrected for the number of topics.
    rising, falling : tuple of str
        Words that are significantly more, or less, frequent in the topic's new documents.

    Examples
    --------
    >>> change = TopicChange(3, "billing", "grew", 500, 70, 0.05, 0.07, 0.01, 0.03, 0.001)
    >>> round(change.difference, 2), change.has_drifted
    (0.02, False)
    """

    topic: int
    name: str
    kind: Kind
    size_before: int
    size: int
    share_before: float
    share: float
    low: float
    high: float
    p_value: float
    rising: tuple[str, ...] = ()
    falling: tuple[str, ...] = ()

    @property
    def difference(self) -> float:
        """The new share less the earlier one."""
        return self.share - self.share_before

    @property
    def has_drifted(self) -> bool:
        """Whether words of the topic rose or fell."""
        return bool(self.rising or self.falling)


@dataclass(frozen=True)
class Change:
    """What an update changed.

    Attributes
    ----------
    n_before, n_new : int
        Documents with a text before the update, and new ones.
    topics : tuple of TopicChange
        The largest difference of shares first.
    n_unlike : int or None
        New documents that are less similar to their topic than 95 % of the model's; None if unknown.
    n_moved : int or None
        Earlier documents whose topic changed; None if the model was saved without its texts, so that they
        were not assigned again.

    Examples
    --------
    >>> Change(100, 10, (), 0, 0).sentence
    'Nothing changed: the 10 new documents are spread over the topics as the earlier ones are.'
    """

    n_before: int
    n_new: int
    topics: tuple[TopicChange, ...]
    n_unlike: int | None = None
    n_moved: int | None = None

    def of_kind(self, kind: Kind) -> tuple[TopicChange, ...]:
        """Return the topics of one kind.

        Parameters
        ----------
        kind : {"grew", "shrank", "new", "gone", "same"}
        """
        return tuple(topic for topic in self.topics if topic.kind == kind)

    @property
    def changed(self) -> tuple[TopicChange, ...]:
        """The topics whose shares or words changed, and new ones."""
        return tuple(topic for topic in self.topics if topic.kind != "same" or topic.has_drifted)

    @property
    def drifted(self) -> tuple[TopicChange, ...]:
        """The topics whose words changed."""
        return tuple(topic for topic in self.topics if topic.has_drifted)

    @property
    def unlike_share(self) -> float | None:
        """Share of the new documents that are unlike the model's; None if unknown."""
        return None if self.n_unlike is None else self.n_unlike / max(1, self.n_new)

    @property
    def is_unlike(self) -> bool:
        """Whether more of the new documents are unlike the model's than is usual, significantly."""
        return exceeds(self.n_unlike or 0, self.n_new, USUAL_SHARE)

    @property
    def is_any(self) -> bool:
        """Whether anything changed."""
        return self.is_unlike or bool(self.changed)

    @property
    def sentence(self) -> str:
        """The change in one sentence."""
        n = plural(self.n_new, "new document")
        if not self.is_any:
            verb = "is" if self.n_new == 1 else "are"
            return f"Nothing changed: the {n} {verb} spread over the topics as the earlier ones are."
        clauses = [
            clause
            for kind, verb in (("new", "is new"), ("grew", "grew"), ("shrank", "shrank"), ("gone", "is gone"))
            if (clause := _clause(self.of_kind(kind), verb))  # type: ignore[arg-type]
        ]
        if not clauses and self.drifted:
            names = _names(self.drifted)
            clauses.append(f"the words of {names} changed")
        if self.is_unlike:
            clauses.append(f"{self.unlike_share:.0%} of them are unlike the earlier documents")
        return f"In {n}, {'; '.join(clauses)}."

    def to_text(self) -> str:
        """Return the change in words, one line per topic that changed.

        Returns
        -------
        str
        """
        lines = [self.sentence]
        for kind, title in (("new", "New"), ("grew", "Grew"), ("shrank", "Shrank"), ("gone", "Gone")):
            topics = self.of_kind(kind)  # type: ignore[arg-type]
            lines += [f"{title}: {_line(topic)}" for topic in topics[:N_LISTED]]
            if len(topics) > N_LISTED:
                lines.append(f"{title}: {len(topics) - N_LISTED} more")
        for topic in self.drifted[:N_LISTED]:
            words = [
                f"{title} {', '.join(map(one_line, listed))}"
                for title, listed in (("more", topic.rising), ("less", topic.falling))
                if listed
            ]
            lines.append(f"Words: {topic.topic} {one_line(topic.name)}: {'; '.join(words)}")
        if self.n_unlike is not None and self.n_new:
            lines.append(
                f"Unlike the model: {self.n_unlike:,} of {self.n_new:,} ({self.unlike_share:.1%}) are less "
                "similar to their topic than 95% of the earlier documents."
            )
        if self.n_moved:
            lines.append(f"Moved: {plural(self.n_moved, 'earlier document')} to another topic.")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, which `from_dict` reads.

        Returns
        -------
        dict
        """
        return {"sentence": self.sentence, **asdict(self)}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "Change":
        """Make the Change of plain data.

        Parameters
        ----------
        saved : mapping
            As `to_dict` returned it.
        """
        topics = tuple(
            TopicChange(**{**topic, "rising": tuple(topic["rising"]), "falling": tuple(topic["falling"])})
            for topic in saved["topics"]
        )
        return cls(saved["n_before"], saved["n_new"], topics, saved["n_unlike"], saved["n_moved"])


def _names(topics: tuple[TopicChange, ...]) -> str:
    listed = [f"“{one_line(topic.name)}”" for topic in topics[:N_IN_SENTENCE]]
    if more := len(topics) - len(listed):
        listed.append(plural(more, "other topic"))
    return " and ".join(listed) if len(listed) < 3 else f"{', '.join(listed[:-1])} and {listed[-1]}"


def _clause(topics: tuple[TopicChange, ...], verb: str) -> str:
    """Name topics of one kind, the first with its shares."""
    if not topics:
        return ""
    first = topics[0]
    if len(topics) == 1:
        if first.kind in ("new", "gone"):
            share = first.share if first.kind == "new" else first.share_before
            return f"topic {_names(topics)} {verb} ({share:.1%})"
        return f"topic {_names(topics)} {verb} from {first.share_before:.1%} to {first.share:.1%}"
    return f"topics {_names(topics)} {verb.replace('is ', 'are ')}"


def _line(topic: TopicChange) -> str:
    text = f"{topic.topic} {one_line(topic.name)}"
    if topic.kind == "new":
        return f"{text}: {plural(topic.size, 'document')} ({topic.share:.1%})"
    return (
        f"{text}: {topic.share_before:.1%} to {topic.share:.1%} "
        f"({100 * topic.low:+.1f} to {100 * topic.high:+.1f} points)"
    )
