"""Names for topics from a function of the user's, such as a call of a language model.

Nothing is sent anywhere but to that function, and no document text reaches it unless asked.
"""

import contextlib
import itertools
import json
import re
import unicodedata
import warnings
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from topickit._core.progress import stage
from topickit.errors import ParameterTypeError, TopickitWarning
from topickit.fitted.fitted import Fitted
from topickit.fitted.siblings import groups_of_siblings, language_name
from topickit.fitted.topics import Topic, Topics

MAX_CHARACTERS = 500
"""Of each document that a prompt shows."""
MAX_NAME = 80

# A reasoning model thinks aloud first. Its template may open the block within the prompt, and its answer
# may be cut off within the block.
_THOUGHT = re.compile(
    r"\A(?:(?!<think).)*</think(?:ing)?>|<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
"""Sequences that colour a terminal or name its window: a function may run a command and read its output."""
_CLOSING = ('"', "'", "`", "”", "”", "“”", "»", "«", "」", "』", "’", "*")
_QUOTES = dict(zip("\"'`“”„«»「『‘*", _CLOSING, strict=True))
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_FENCE = re.compile(r"\s*(?:```|~~~)\w*\s*")
_LABEL = re.compile(
    r"(?:(?:(?:sure|certainly|of course|okay|ok)\b[,.!]?\s*)?"
    r"(?:here(?:'|’| i)s|the|my|a (?:suitable|good|possible|fitting))\b[\w\s,'’-]{0,60}?"
    r"\b(?:names?|labels?|titles?|topic|answer)\b[\w\s'’-]{0,40}?(?:\bis\s*(?=[\"'“«*:：])[:：]?|[:：])"
    r"|(?:topic(?: (?:name|label|title))?|name|title|label|answer|output)\*?\s*[:：])\s*(?=\S)",
    re.IGNORECASE,
)
"""What announces the name in its line: "Here is the label:", "The best name is", "Topic:"."""
_OTHER_BLOCK = re.compile(
    r"<(keywords?|documents?|reasoning|explanation)>.*?</\1>", re.DOTALL | re.IGNORECASE
)
_TAG = re.compile(
    r"</?(?:keywords?|names?|labels?|topic(?:[_-]?(?:name|label))?|title|answer|output|response|result)\s*/?>",
    re.IGNORECASE,
)
_JSON = re.compile(r"\{[^{}]*\}|\[[^\[\]]*\]")
_NAME_KEYS = ("name", "label", "title", "topic_name", "topic_label", "topicname", "topic", "answer")
# Marks that turn the direction of what follows, and those that show as nothing. Joiners stay: scripts and
# emoji need them.
_UNSEEN = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0x200B, 0x2060, 0xFEFF, 0xAD]
)


@dataclass(frozen=True)
class NamingPrompt:
    """What a naming function gets of one topic.

    Attributes
    ----------
    topic : int
        Its id.
    size : int
        Documents of the topic.
    keywords : tuple of str
    documents : tuple of str
        Beginnings of representative documents; empty unless they were asked for.
    text : str
        All of this as a request in English, ready to be sent to a language model.
    language : str
        English name of the language of the corpus; empty if unknown, or if there are several.

    Examples
    --------
    >>> topic = Topic(id=0, size=3, share=0.75, keywords=(("cat", 0.5), ("purr", 0.2)), name="cats")
    >>> prompt = NamingPrompt.of(topic, send_texts=False)
    >>> prompt.keywords
    ('cat', 'purr')
    >>> print(prompt.text.splitlines()[1])
    Its keywords, best first: cat, purr
    """

    topic: int
    size: int
    keywords: tuple[str, ...]
    documents: tuple[str, ...]
    text: str
    language: str = ""

    @classmethod
    def of(cls, topic: Topic, *, send_texts: bool, language: str = "") -> "NamingPrompt":
        """Write the prompt for a topic.

        Parameters
        ----------
        topic : Topic
            The topic to name.
        send_texts : bool
            Whether the prompt contains the beginnings of representative documents.
        language : str, optional
            English name of the language of the names; by default that of the keywords.

        Returns
        -------
        NamingPrompt
        """
        shown = tuple(text[:MAX_CHARACTERS] for text in topic.representative_documents) if send_texts else ()
        lines = [
            "Name a topic that was found in a collection of documents.",
            f"Its keywords, best first: {', '.join(topic.words)}",
        ]
        if shown:
            lines.append("Some of its documents:")
            lines.extend(f"- {' '.join(text.split())}" for text in shown)
        wanted = language or "the language of the keywords"
        lines.append(f"Answer with the name alone: two to five words, in {wanted}.")
        return cls(topic.id, topic.size, topic.words, shown, "\n".join(lines), language)


class NamingFunction(Protocol):
    """What `TopicModel.name_topics` is given: a function of a `NamingPrompt` that returns the name.

    Examples
    --------
    >>> def in_capitals(prompt: NamingPrompt) -> str:
    ...     return prompt.keywords[0].upper()
    >>> function: NamingFunction = in_capitals
    """

    def __call__(self, prompt: NamingPrompt, /) -> str:
        """Name one topic."""


@runtime_checkable
class GroupNaming(Protocol):
    """A naming function that also names similar topics together, so that their names differ."""

    def name_groups(self, groups: Sequence[Sequence[NamingPrompt]], /) -> Iterator[tuple[int, object]]:
        """Yield the id of each topic with its name, or with the exception for which it has none."""


def naming_groups(fitted: Fitted, *, send_texts: bool = False) -> list[list[NamingPrompt]]:
    """Write the prompts of all topics, similar topics together.

    Parameters
    ----------
    fitted : Fitted
    send_texts : bool, default False
        Put representative documents into the prompts.
    """
    language = language_name(fitted.counts.languages)
    prompts = [NamingPrompt.of(topic, send_texts=send_texts, language=language) for topic in fitted.topics]
    return [[prompts[row] for row in group] for group in groups_of_siblings(fitted.means)]


def ask_names(
    topics: Topics,
    name: NamingFunction | GroupNaming,
    *,
    send_texts: bool = False,
    groups: Sequence[Sequence[NamingPrompt]] | None = None,
) -> dict[int, str]:
    """Ask a function for the name of each topic; where it fails, the topic keeps the name it has.

    An interrupt (Ctrl-C) ends the asking: the names that came are kept, with a warning. Where none has
    come yet, there is nothing to keep, and it passes through.

    Parameters
    ----------
    topics : Topics
    name : function of NamingPrompt to str
        Of its answer, the first line counts that is not blank and does not end with a colon, which
        announces a name ("Here is the name:"). What a model thought aloud (``<think>…</think>``) is left
        out, and so are "Topic:" and "Here is the label:" before the name, JSON and tags around it,
        quotation marks and asterisks around it, control
        characters, terminal colours and marks that turn the direction of text; an unpaired surrogate
        becomes U+FFFD, and white space one space. The first `MAX_NAME` characters are kept. An answer of
        which nothing visible is left has failed.
    send_texts : bool
        Put representative documents into the prompt.
    groups : sequence of sequences of NamingPrompt, optional
        From `naming_groups`; by default one group of all topics.

    Returns
    -------
    dict of int to str
        Names by topic, without those that failed.

    Warns
    -----
    TopickitWarning
        With the topics that could not be named, and the first reason; and when it was interrupted.

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
    if not callable(name) and not isinstance(name, GroupNaming):
        raise ParameterTypeError(
            f"the naming function must take a NamingPrompt and return a str, got {name!r}"
        )
    if send_texts and len(topics) and not any(topic.representative_documents for topic in topics):
        warnings.warn(
            "the prompts hold no documents: the model was saved without them (save(path, keep_texts=True))",
            TopickitWarning,
            stacklevel=3,
        )
    names: dict[int, str] = {}
    failed: dict[int, str] = {}
    interrupted = False
    asked = groups or [[NamingPrompt.of(topic, send_texts=send_texts) for topic in topics]]
    with (
        stage("Naming topics", len(topics)) as progress,
        contextlib.closing(_answers(asked, name)) as answers,
    ):
        try:
            for topic, answer in answers:
                try:
                    result = answer if isinstance(answer, BaseException) else cleaned_name(answer)
                except (TypeError, ValueError) as error:
                    result = error
                if isinstance(result, str):
                    names[topic] = result
                else:
                    failed[topic] = f"{type(result).__name__}: {result}"
                progress.advance(1)
        except KeyboardInterrupt:
            if not names:
                raise
            interrupted = True
    said = _what_failed(len(topics), names, failed, interrupted=interrupted)
    if said:
        warnings.warn(said, TopickitWarning, stacklevel=3)
    return names


def _answers(
    groups: Sequence[Sequence[NamingPrompt]], name: NamingFunction | GroupNaming
) -> Generator[tuple[int, object], None, None]:
    """Yield the answer for each topic, or what was raised instead of one."""
    if isinstance(name, GroupNaming):
        yield from name.name_groups(groups)
        return
    for prompt in sorted(itertools.chain.from_iterable(groups), key=lambda prompt: prompt.topic):
        try:
            answer: object = name(prompt)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a service throws (asyncio's CancelledError, too)
            answer = error
        yield prompt.topic, answer


def _what_failed(
    n_topics: int, names: dict[int, str], failed: dict[int, str], *, interrupted: bool
) -> str | None:
    """Say which topics were not named, and why; None where all were."""
    parts = []
    if interrupted:
        parts.append(
            f"interrupted: the names of {len(names)} of {n_topics} topics came and are kept, "
            f"{n_topics - len(names) - len(failed)} topics were not asked about"
        )
    if failed:
        first, reason = next(iter(failed.items()))
        parts.append(
            f"{len(failed)} of {n_topics} topics keep their names ({', '.join(map(str, failed))}); "
            f"topic {first}: {reason}"
        )
    return "; ".join(parts) or None


def without_thoughts(text: str) -> str:
    """Leave out what a model thought aloud."""
    return _THOUGHT.sub(" ", text)


def cleaned_name(answer: object) -> str:
    """Return the name in an answer, as `ask_names` says.

    Parameters
    ----------
    answer : object

    Raises
    ------
    TypeError, ValueError
        When the answer is no str, or holds no name.
    """
    if not isinstance(answer, str):
        raise TypeError(f"the answer must be a str, got {answer!r}")
    # Both halves of a pair may have come apart, as from JSON that was read by hand: together they are one.
    text = answer.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    text = _TERMINAL.sub("", without_thoughts(text)).translate(_UNSEEN)
    text = _without_markup(text)
    lines = [_line(line) for line in text.splitlines() if not _FENCE.fullmatch(line)]
    found = next((line for line in lines if _is_visible(line) and line[-1] not in ":："), "")
    if not found:
        shown = next((line for line in lines if _is_visible(line)), None)
        raise ValueError("the answer is blank" if shown is None else f"the answer has no name: {shown!r}")
    return found[:MAX_NAME].rstrip()


def _without_markup(text: str) -> str:
    """Take the name out of JSON, and remove tags around it and blocks of other content."""
    for match in _JSON.finditer(text):
        try:
            name = _name_in(json.loads(match[0]))
        except ValueError:
            continue
        if name is not None:
            return name
    others_removed = _OTHER_BLOCK.sub("\n", text)
    return _TAG.sub("\n", others_removed if _is_visible(_TAG.sub("", others_removed)) else text)


def _name_in(value: object) -> str | None:
    """Return the name in decoded JSON: under a usual key, the only text, or the first of a list."""
    if isinstance(value, list):
        return next((item for item in value if isinstance(item, str)), None)
    if not isinstance(value, dict):
        return None
    folded = {str(key).lower().replace(" ", "_"): item for key, item in value.items()}
    usual = [folded[key] for key in _NAME_KEYS if isinstance(folded.get(key), str)]
    texts = usual or [item for item in folded.values() if isinstance(item, str)]
    return texts[0] if usual or len(texts) == 1 else None


def _line(line: str) -> str:
    spaced = "".join(" " if unicodedata.category(character) == "Cc" else character for character in line)
    text = " ".join(spaced.split()).replace("**", "").strip("* ")
    text = _unquoted(text)
    label = _LABEL.match(text)
    return _unquoted(text[label.end() :] if label else text)


def _unquoted(text: str) -> str:
    """Take off quotation marks that enclose the whole: not those of «War» and «Peace»."""
    while len(text) > 1 and text[-1] in _QUOTES.get(text[0], ""):
        others = _APOSTROPHE.sub("", text[1:-1])
        if text[0] in others or text[-1] in others:
            break
        text = text[1:-1].strip()
    return text


def _is_visible(line: str) -> bool:
    return any(unicodedata.category(c)[0] in "LNPS" and c != "\ufffd" for c in line)
