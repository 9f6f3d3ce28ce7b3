"""The request that names a group of topics, and the names in its answer."""

import json
import re
from collections.abc import Collection, Iterable, Sequence

from topickit.fitted.naming import NamingPrompt, cleaned_name, without_thoughts

_NUMBERED = re.compile(r"^[\W_]*(?:topic\s*)?[\W_]*(\d+)[\W_]*?\s*[:：.)\]–—=-]+\s*(\S.*)$", re.IGNORECASE)
_ARRAY_OR_OBJECT = re.compile(r"\{.*\}|\[.*\]", re.DOTALL)
_ID_KEYS = ("topic", "id", "number", "topic_id")
_NAME_KEYS = ("name", "label", "title", "topic_name")


def request_text(prompts: Sequence[NamingPrompt], taken: Iterable[str] = ()) -> str:
    """Write one request for the names of several topics.

    Parameters
    ----------
    prompts : sequence of NamingPrompt
    taken : iterable of str
        Names of other topics, which must not be used again.

    Returns
    -------
    str

    Examples
    --------
    >>> print(request_text([NamingPrompt(3, 9, ("cat", "purr"), (), "", "English")], ["dogs"]))
    Name the topics below, which were found in a collection of documents.
    Each name has two to five words, in English.
    These names are taken: dogs.
    <BLANKLINE>
    Topic 3
    Keywords, best first: cat, purr
    <BLANKLINE>
    Answer with one line for each topic and nothing else:
    3: name
    """
    wanted = next((prompt.language for prompt in prompts if prompt.language), "the language of the keywords")
    lines = ["Name the topics below, which were found in a collection of documents."]
    if len(prompts) > 1:
        lines.append("They are similar: choose names that tell them apart. No two names may be equal.")
    lines.append(f"Each name has two to five words, in {wanted}.")
    if used := ", ".join(taken):
        lines.append(f"These names are taken: {used}.")
    for prompt in prompts:
        lines += ["", f"Topic {prompt.topic}", f"Keywords, best first: {', '.join(prompt.keywords)}"]
        if prompt.documents:
            lines.append("Some of its documents:")
            lines += [f"- {' '.join(text.split())}" for text in prompt.documents]
    lines += ["", "Answer with one line for each topic and nothing else:"]
    return "\n".join([*lines, *(f"{prompt.topic}: name" for prompt in prompts)])


def read_names(answer: str, topics: Collection[int]) -> dict[int, str]:
    r"""Find the names in an answer: numbered lines, JSON, or one line for one topic.

    Parameters
    ----------
    answer : str
    topics : collection of int
        The ids that were asked for.

    Returns
    -------
    dict of int to str
        Names by topic; those that the answer lacks are missing.

    Examples
    --------
    >>> read_names("Here are the names:\n3: **Cats**\n- Topic 5 – Dogs", [3, 5])
    {3: 'Cats', 5: 'Dogs'}
    >>> read_names('{"3": "Cats"}', [3, 5]), read_names("Cats", [3])
    ({3: 'Cats'}, {3: 'Cats'})
    """
    text = without_thoughts(answer)
    found = _in_json(text) or _in_lines(text)
    names: dict[int, str] = {}
    for topic, raw in found:
        if topic in topics and topic not in names and (name := _cleaned(raw)):
            names[topic] = name
    if not names and not found and len(topics) == 1 and (name := _cleaned(text)):
        return {next(iter(topics)): name}
    return names


def _cleaned(raw: str) -> str | None:
    try:
        return cleaned_name(raw)
    except ValueError:
        return None


def _in_lines(text: str) -> list[tuple[int, str]]:
    matches = map(_NUMBERED.match, text.splitlines())
    return [(int(match[1]), match[2]) for match in matches if match]


def _in_json(text: str) -> list[tuple[int, str]]:
    """Read ``{"3": "Cats"}``, ``[{"topic": 3, "name": "Cats"}]``, or such a list under one key."""
    match = _ARRAY_OR_OBJECT.search(text)
    if not match:
        return []
    try:
        value = json.loads(match[0])
    except (ValueError, RecursionError):
        return []
    if (
        isinstance(value, dict)
        and len(value) == 1
        and isinstance(inner := next(iter(value.values())), list | dict)
    ):
        value = inner
    if isinstance(value, dict):
        items = [(str(key), name) for key, name in value.items()]
    elif isinstance(value, list):
        items = [_fields(item) for item in value if isinstance(item, dict)]
    else:
        items = []
    numbers = [(re.search(r"\d+", key), name) for key, name in items]
    return [(int(number[0]), name) for number, name in numbers if number and isinstance(name, str)]


def _fields(item: dict[str, object]) -> tuple[str, object]:
    topic = next((item[key] for key in _ID_KEYS if key in item), "")
    return str(topic), next((item[key] for key in _NAME_KEYS if key in item), None)
