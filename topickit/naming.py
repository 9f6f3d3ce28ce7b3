"""Names for topics from a function of the user's, such as a call of a language model.

Nothing is sent anywhere but to that function, and no document text reaches it unless asked.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from topickit.errors import ParameterTypeError, TopickitWarning
from topickit.topics import Topic, Topics

MAX_CHARACTERS = 500
"""Of each document that a prompt shows."""
MAX_NAME = 80


@dataclass(frozen=True)
class NamingPrompt:
    """What a naming function is told of one topic.

    Attributes
    ----------
    topic : int
    size : int
        Documents of the topic.
    keywords : tuple of str
    documents : tuple of str
        Beginnings of representative documents; empty unless they were asked for.
    text : str
        All of this as a request in English, ready to be sent to a language model.
    """

    topic: int
    size: int
    keywords: tuple[str, ...]
    documents: tuple[str, ...]
    text: str

    @classmethod
    def of(cls, topic: Topic, *, documents: bool) -> "NamingPrompt":
        """Make the prompt of a topic."""
        shown = tuple(text[:MAX_CHARACTERS] for text in topic.representative_documents) if documents else ()
        lines = [
            "Name a topic that was found in a collection of documents.",
            f"Its keywords, best first: {', '.join(topic.words)}",
        ]
        if shown:
            lines.append("Some of its documents:")
            lines.extend(f"- {' '.join(text.split())}" for text in shown)
        lines.append("Answer with the name alone: two to five words, in the language of the keywords.")
        return cls(topic.id, topic.size, topic.words, shown, "\n".join(lines))


NamingFunction = Callable[[NamingPrompt], str]


def ask_names(topics: Topics, name: NamingFunction, *, documents: bool = False) -> dict[int, str]:
    """Ask a function for the name of each topic; where it fails, the topic keeps the name it has.

    Parameters
    ----------
    topics : Topics
    name : function of NamingPrompt to str
        Quotation marks and spaces around its answer are taken off, and of several lines the first counts.
    documents : bool
        Put representative documents into the prompt.

    Returns
    -------
    dict of int to str
        Names by topic, without those that failed.

    Warns
    -----
    TopickitWarning
        With the topics that could not be named, and the first reason.

    Raises
    ------
    ParameterTypeError
        When `name` cannot be called.

    Examples
    --------
    >>> topics = Topics((Topic(0, 2, 1.0, (("boat", 0.5), ("sea", 0.3)), "boat, sea"),), 2, 0)
    >>> ask_names(topics, lambda prompt: f'"{prompt.keywords[0].title()}s"')
    {0: 'Boats'}
    """
    if not callable(name):
        raise ParameterTypeError(
            f"the naming function must take a NamingPrompt and return a str, got {name!r}"
        )
    names: dict[int, str] = {}
    failed: dict[int, str] = {}
    for topic in topics:
        try:
            names[topic.id] = _checked(name(NamingPrompt.of(topic, documents=documents)))
        except Exception as error:  # noqa: BLE001 - whatever a service throws, the names that came stay
            failed[topic.id] = f"{type(error).__name__}: {error}"
    if failed:
        first, reason = next(iter(failed.items()))
        warnings.warn(
            f"{len(failed)} of {len(topics)} topics keep their names ({', '.join(map(str, failed))}); "
            f"topic {first}: {reason}",
            TopickitWarning,
            stacklevel=3,
        )
    return names


def _checked(answer: object) -> str:
    if not isinstance(answer, str):
        raise TypeError(f"the answer must be a str, got {answer!r}")
    lines = [line.strip().strip("\"'`*").strip() for line in answer.splitlines()]
    found = next((line for line in lines if line), "")
    if not found:
        raise ValueError("the answer is blank")
    return found[:MAX_NAME]
