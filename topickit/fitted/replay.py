"""Repeating edits, on the same model or on another: each edit finds its topics again by their content."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from topickit._core.vectors import unit_rows
from topickit.errors import TopickitError
from topickit.fitted import edits as edit
from topickit.fitted.assigning import Target, assign
from topickit.fitted.fitted import Fitted
from topickit.fitted.history import Edit, TopicSketch, mean_matrix, recorded
from topickit.fitted.matching import LEAST_SHARED, LEAST_SHARED_ALONE, least_cosine, shared_words
from topickit.fitted.thresholds import OutlierShare


@dataclass(frozen=True)
class SkippedEdit:
    """An edit that could not be repeated; `TopicModel.skipped_edits_` lists them.

    Attributes
    ----------
    edit : Edit
        The edit as it was given.
    reason : str
        Which topic was not found again, and the most similar one; or why the edit cannot be made.

    Examples
    --------
    >>> SkippedEdit(Edit("level", arguments={"n_topics": 3}), "there is no such level").reason
    'there is no such level'
    """

    edit: Edit
    reason: str


@dataclass(frozen=True, eq=False)
class Replay:
    """The result of repeating edits.

    Attributes
    ----------
    states : tuple of Fitted
        The state before each edit that was repeated, and the last one.
    edits : tuple of Edit
        Those repeated, as edits of the new model.
    skipped : tuple of SkippedEdit
    """

    states: tuple[Fitted, ...]
    edits: tuple[Edit, ...]
    skipped: tuple[SkippedEdit, ...]


def replay(
    fitted: Fitted, edits: Iterable[Edit], *, random_state: int = 0, outliers: OutlierShare | None = None
) -> Replay:
    """Repeat edits, one after another.

    Parameters
    ----------
    fitted : Fitted
    edits : iterable of Edit
    random_state : int
    outliers : float, optional
        The share of outliers asked for.
    """
    states, done, skipped = [fitted], [], []
    for one in edits:
        try:
            found = found_again(states[-1], one)
            after, again = perform(states[-1], one, found, random_state=random_state, outliers=outliers)
        except (NotFoundAgainError, TopickitError) as error:
            skipped.append(SkippedEdit(one, str(error)))
            continue
        outliers = one.arguments["share"] if one.kind == "outliers" else outliers
        states.append(after)
        done.append(again)
    return Replay(tuple(states), tuple(done), tuple(skipped))


class NotFoundAgainError(Exception):
    """A topic of an edit is not in the model."""


def found_again(fitted: Fitted, one: Edit) -> list[int]:
    """Return the row of each topic of an edit.

    Parameters
    ----------
    fitted : Fitted
    one : Edit

    Raises
    ------
    NotFoundAgainError
        When a topic is not found again, or two of them are one topic.
    """
    if not one.topics:
        return []
    if not len(fitted.topics):
        raise NotFoundAgainError("the model has no topics")
    words = np.array([[shared_words(s.keywords, topic.words) for topic in fitted.topics] for s in one.topics])
    comparable = all(len(sketch.mean) == fitted.means.shape[1] for sketch in one.topics) and _is_comparable(
        fitted, one
    )
    scores = mean_matrix(one.topics) @ unit_rows(fitted.means).T if comparable else words
    rows: list[int] = []
    for sketch, score, shared in zip(one.topics, scores, words, strict=True):
        row = int(score.argmax())
        good = score[row] >= least_cosine(sketch.nearest) and shared[row] >= LEAST_SHARED
        if not (good if comparable else shared[row] >= LEAST_SHARED_ALONE):
            raise NotFoundAgainError(_missing(sketch, fitted, row, score[row], shared[row], comparable))
        if scores[:, row].argmax() != len(rows):
            raise NotFoundAgainError(f"topic {fitted.ids[row]} is the nearest to two topics of the edit")
        rows.append(row)
    return rows


def _is_comparable(fitted: Fitted, one: Edit) -> bool:
    """Return whether the vectors of an edit are of the same space as those of a model."""
    return fitted.provenance.embedder.space == one.embedder


def _missing(
    sketch: TopicSketch, fitted: Fitted, row: int, score: float, shared: float, comparable: bool
) -> str:
    topic = fitted.topics.items[row]
    alike = f"cosine {score:.2f}, " if comparable else ""
    return (
        f"topic {sketch.id} {sketch.name!r} is not found again; the most similar is {topic.id} "
        f"{topic.name!r} ({alike}{shared:.0%} of keywords shared)"
    )


def perform(
    fitted: Fitted,
    one: Edit,
    rows: Sequence[int],
    *,
    random_state: int = 0,
    outliers: OutlierShare | None = None,
) -> tuple[Fitted, Edit]:
    """Make an edit, of topics given by rows.

    Parameters
    ----------
    fitted : Fitted
    one : Edit
    rows : sequence of int
        The topics of this model that stand for those of the edit.
    random_state : int
    outliers : float, optional

    Returns
    -------
    Fitted, Edit
        The edited state, and the edit as one of this model.
    """
    if one.kind == "update":
        raise NotFoundAgainError("an update is repeated by updated(texts), with its documents")
    given, ids = dict(one.arguments), [int(fitted.ids[row]) for row in rows]
    if one.kind == "merge":
        after = edit.merge(fitted, [[ids[i] for i in group] for group in given["groups"]])
    elif one.kind == "split":
        after = edit.split(fitted, ids[0], given["n"], random_state=random_state)
    elif one.kind == "delete":
        after = edit.delete(fitted, ids, to=given["to"], outliers=outliers)
    elif one.kind == "rename":
        after = edit.rename(fitted, dict(zip(ids, given["names"], strict=True)))
    elif one.kind == "level":
        after = edit.cut(fitted, given["n_topics"], merge_known=given.get("merge_known", False))
    elif one.kind == "outliers":
        after = edit.with_outliers(fitted, given["share"])
    else:
        if not _is_comparable(fitted, one):
            raise NotFoundAgainError("its documents have embeddings of another embedder")
        after = assign(fitted, [_target(target, rows, fitted) for target in given["targets"]])
    return after, recorded(fitted, after, one.kind, rows, **given)


def _target(target: dict[str, object], rows: Sequence[int], fitted: Fitted) -> Target:
    prototypes = np.array(target["prototypes"], dtype=np.float32)
    dimension = fitted.assigner.dimension
    if prototypes.size and prototypes.shape[1] != dimension:
        raise NotFoundAgainError(f"its vectors have {prototypes.shape[1]} columns, the model {dimension}")
    place = target["topic"]
    row = rows[place] if isinstance(place, int) else None
    return Target(row, str(target["name"]), prototypes.reshape(-1, dimension))
