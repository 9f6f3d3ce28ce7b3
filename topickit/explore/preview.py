"""Previews: which documents an edit moves, before it is applied."""

from dataclasses import dataclass, field

import numpy as np

from topickit._core.display import plural
from topickit._core.vectors import IntArray
from topickit.explore.steps import Step
from topickit.fitted.fitted import Fitted
from topickit.fitted.topics import Topic
from topickit.model import TopicModel

N_EXAMPLES = 3
"""Documents shown for each move."""
MAX_MOVES = 12
"""Moves shown; the others are counted."""


@dataclass(frozen=True)
class Move:
    """Documents that leave one topic for another.

    Attributes
    ----------
    source, target : str
        Names of the topics; "no topic" for outliers.
    n : int
        Number of documents.
    examples : tuple of str
        Some of them; empty where the model does not hold its documents.

    Examples
    --------
    >>> Move("cars", "food", 2).n
    2
    """

    source: str
    target: str
    n: int
    examples: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, eq=False)
class Preview:
    """What a step would do.

    Attributes
    ----------
    number : int
        Counted from 1 within a session, so that a page cannot apply another preview than the one it shows.
    step : Step
    model : TopicModel
        The model after the step.
    summary : str
        What would be done, in one line.
    n_moved : int
        Documents of the corpus whose topic would change.
    moves : tuple of Move
        Between which topics, the largest first.
    topics : tuple of Topic
        The topics that would be new or change, the new and renamed ones first.
    notes : tuple of str
        What else is to be known, such as what an update finds.
    """

    number: int
    step: Step
    model: TopicModel = field(repr=False)
    summary: str
    n_moved: int
    moves: tuple[Move, ...] = field(repr=False)
    topics: tuple[Topic, ...] = field(repr=False)
    notes: tuple[str, ...] = ()


def preview(before: TopicModel, after: TopicModel, step: Step, number: int = 1) -> Preview:
    """Compare a model with the one after a step.

    Parameters
    ----------
    before, after : TopicModel
    step : Step
    number : int, default 1

    Returns
    -------
    Preview

    Examples
    --------
    >>> from topickit.explore import steps
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> step = steps.merge([0, 1])
    >>> preview(model, steps.perform(model, step), step).n_moved
    3
    """
    old, new = before.fitted_, after.fitted_
    n_before = len(old.labels)
    moves, n_moved = _moves(old, new, n_before)
    if step.kind == "update" and after.change_ is not None:
        summary = f"add {plural(after.change_.n_new, 'document')}"
        notes = tuple(line for line in after.change_.to_text().splitlines() if line.strip())
    else:
        summary, _, _ = after.edits_[-1].summary.rpartition("; ")
        notes = ()
    return Preview(number, step, after, summary, n_moved, moves, _changed(old, new), notes)


def _moves(old: Fitted, new: Fitted, n_rows: int) -> tuple[tuple[Move, ...], int]:
    was, now = old.ids_of(old.labels), new.ids_of(new.labels[:n_rows])
    rows = np.flatnonzero(was != now)
    weights = old.weight_of_rows[rows]
    pairs, starts = np.unique(np.stack([was[rows], now[rows]], axis=1), axis=0, return_inverse=True)
    counts = np.bincount(starts.ravel(), weights, minlength=len(pairs)).astype(np.int64)
    order = np.argsort(-counts, kind="stable")[:MAX_MOVES]
    moves = tuple(
        Move(
            _name(old, int(pairs[at, 0])),
            _name(new, int(pairs[at, 1])),
            int(counts[at]),
            _texts(old, rows[np.flatnonzero(starts.ravel() == at)[:N_EXAMPLES]]),
        )
        for at in order
    )
    return moves, int(weights.sum())


def _name(fitted: Fitted, topic: int) -> str:
    return "no topic" if topic < 0 else fitted.topics[topic].name


def _texts(fitted: Fitted, rows: IntArray) -> tuple[str, ...]:
    if fitted.corpus is None:
        return ()
    documents = fitted.corpus.documents
    return tuple(documents.texts[at] for at in documents.rows[rows].tolist() if at >= 0)


def _changed(old: Fitted, new: Fitted) -> tuple[Topic, ...]:
    """Give the topics that are not as before: the new and renamed ones first, then by size."""
    known = {topic.id: (topic.name, topic.size) for topic in old.topics}
    changed = [topic for topic in new.topics if known.get(topic.id) != (topic.name, topic.size)]
    names = {topic.id: topic.name for topic in old.topics}
    return tuple(sorted(changed, key=lambda topic: (names.get(topic.id) == topic.name, -topic.size)))
