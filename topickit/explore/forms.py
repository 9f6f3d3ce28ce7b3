"""From what was filled in and clicked on the page to a step of a session."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from topickit._core.display import encodable
from topickit.errors import ParameterError
from topickit.explore import figures, steps
from topickit.explore.steps import Step
from topickit.fitted.topics import Topic
from topickit.model import TopicModel
from topickit.plot.map_points import MapPoints

FIELDS = {
    "rename-name": "value",
    "merge-with": "value",
    "dropped": "data",
    "split-n": "value",
    "level-n": "value",
    "move-to": "value",
    "lasso-name": "value",
}
"""Fields of the page by id, and the property that holds their content."""


@dataclass(frozen=True)
class Chosen:
    """What is chosen and filled in on the page.

    Attributes
    ----------
    topic : int or None
        The topic that is open.
    lasso : list of int
        Points of the map inside the lasso.
    topics : list of int
        Selected topics.
    rows : list of int
        Selected documents.
    fields : mapping of str to value
        By id; see `FIELDS`.
    """

    topic: int | None = None
    lasso: list[int] = field(default_factory=list)
    topics: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    fields: Mapping[str, Any] = field(default_factory=dict)


def step_of(button: str, chosen: Chosen, model: TopicModel) -> Step:
    """Make the step that a button asks for.

    Parameters
    ----------
    button : str
        Id of the button, or of what else asks for a step.
    chosen : Chosen
    model : TopicModel

    Returns
    -------
    Step

    Raises
    ------
    ParameterError
        When something is not chosen or filled in.
    """
    return (BUTTONS | _OTHER)[button](chosen, model)


def topic_option(topic: Topic) -> str:
    """Write a topic so that `target` finds it again.

    Parameters
    ----------
    topic : Topic

    Returns
    -------
    str
    """
    return f"{topic.id} · {encodable(topic.name)}"


def target(written: str | None, model: TopicModel) -> int | str:
    """Read a topic that was chosen by `topic_option` or written by name.

    Parameters
    ----------
    written : str or None
    model : TopicModel

    Returns
    -------
    int or str
        Id of a topic, or the name of a new one.

    Raises
    ------
    ParameterError
        When nothing is written.
    """
    wanted = (written or "").strip()
    if not wanted:
        raise ParameterError("choose a topic, or write the name of a new one")
    for topic in model.topics_:
        if wanted in (topic_option(topic), str(topic.id)):
            return topic.id
    return wanted


def topic_of_point(model: TopicModel, click: Any) -> int | None:
    """Give the topic of a point of the map that was clicked.

    Parameters
    ----------
    model : TopicModel
    click : dict
        Plotly's data of a click.

    Returns
    -------
    int or None
        None for a document in no topic.
    """
    at = int(click["points"][0]["pointIndex"])
    points = figures.points_of(model)
    row = at if points.method is None else int(points.labels[at])
    return None if row < 0 else model.topics_.items[row].id


def map_note(points: MapPoints, has_corpus: bool) -> str:
    """Say what the map shows.

    Parameters
    ----------
    points : MapPoints
    has_corpus : bool

    Returns
    -------
    str
    """
    if not has_corpus:
        return "Each bubble is a topic. The model was saved without its texts, so documents are not shown."
    if len(points.rows) < points.n_texts:
        return f"A sample of {len(points.rows):,} of {points.n_texts:,} texts; all are in the counts."
    return "Each point is a text. Click on one to open its topic."


def _rename(chosen: Chosen, model: TopicModel) -> Step:
    return steps.rename(_opened(chosen), chosen.fields["rename-name"] or "")


def _split(chosen: Chosen, model: TopicModel) -> Step:
    n = chosen.fields["split-n"]
    if n is None or int(n) != n or n < 2:
        raise ParameterError("give the number of parts: 2 or more")
    return steps.split(_opened(chosen), n)


def _delete(chosen: Chosen, model: TopicModel) -> Step:
    return steps.delete([_opened(chosen)], to="next")


def _ignore(chosen: Chosen, model: TopicModel) -> Step:
    return steps.ignore([_opened(chosen)])


def _delete_selected(chosen: Chosen, model: TopicModel) -> Step:
    return steps.delete(_selected(chosen))


def _ignore_selected(chosen: Chosen, model: TopicModel) -> Step:
    return steps.ignore(_selected(chosen))


def _selected(chosen: Chosen) -> list[int]:
    if not chosen.topics:
        raise ParameterError("select topics in the list first")
    return chosen.topics


def _merge(chosen: Chosen, model: TopicModel) -> Step:
    if len(chosen.topics) < 2:
        raise ParameterError("select two topics or more in the list first")
    return steps.merge(chosen.topics)


def _merge_with(chosen: Chosen, model: TopicModel) -> Step:
    topic = _opened(chosen)
    (other,) = model.topics_.ids([target(chosen.fields["merge-with"], model)])
    if other == topic:
        raise ParameterError("choose another topic than the one that is open")
    return steps.merge([topic, other])


def _dropped(chosen: Chosen, model: TopicModel) -> Step:
    return steps.merge(chosen.fields["dropped"]["topics"])


def _level(chosen: Chosen, model: TopicModel) -> Step:
    return steps.level(int(chosen.fields["level-n"]))


def _move(chosen: Chosen, model: TopicModel) -> Step:
    if not chosen.rows:
        raise ParameterError("select documents under Search or in a topic first")
    return steps.move(sorted(set(chosen.rows)), target(chosen.fields["move-to"], model))


def _lasso(chosen: Chosen, model: TopicModel) -> Step:
    if not chosen.lasso:
        raise ParameterError("draw a lasso around documents on the map first")
    documents = model.fitted_.need_corpus("a topic of documents").documents
    texts = figures.points_of(model).rows[chosen.lasso]
    return steps.move(documents.first_rows[texts].tolist(), target(chosen.fields["lasso-name"], model))


def _opened(chosen: Chosen) -> int:
    if chosen.topic is None:
        raise ParameterError("open a topic first")
    return chosen.topic


BUTTONS: dict[str, Callable[[Chosen, TopicModel], Step]] = {
    "rename-go": _rename,
    "split-go": _split,
    "delete-go": _delete,
    "ignore-go": _ignore,
    "delete-selected-go": _delete_selected,
    "ignore-selected-go": _ignore_selected,
    "merge-go": _merge,
    "merge-with-go": _merge_with,
    "level-go": _level,
    "move-go": _move,
    "lasso-go": _lasso,
}
"""The step that each button asks for."""
_OTHER = {"rename-name": _rename, "dropped": _dropped}
"""The step that Enter in a field, and a topic dropped on another one, ask for."""
