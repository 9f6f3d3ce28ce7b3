"""Edits of topics: each is an edit of the Assigner, from which the results are derived again.

Every function takes a Fitted and returns a new one; the old one still works. An edited model predicts as
it was edited. Edits that move documents between topics (`delete`, `split`, `with_outliers`) need the
corpus in the model; merging, renaming and deleting to no topic do not.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from topickit._core.display import plural
from topickit._core.vectors import (
    IntArray,
    few_distinct_rows,
    group_means,
    nearest_prototype,
    single_threaded,
)
from topickit.cluster.result import ClusteringResult
from topickit.cluster.ward import LEAST_SIZE, merge_order
from topickit.errors import (
    ParameterError,
    ParameterTypeError,
    TopickitWarning,
    check_whole,
)
from topickit.fitted.assigner import Assigner
from topickit.fitted.base_level import BaseLevel
from topickit.fitted.derive import current_level, derive, describe, rebased, remap, remeasure
from topickit.fitted.fitted import Fitted
from topickit.fitted.level_ids import ids_of_parts, with_base_ids
from topickit.fitted.prototypes import make_prototypes
from topickit.fitted.thresholds import OutlierShare
from topickit.fitted.topics import TopicKey

T = TypeVar("T")
_GROUPS = "groups of topics, such as [[1, 4], [2, 3]]"
Names = Mapping[TopicKey, str] | Mapping[int, str] | Mapping[str, str]


def groups_of(groups: Sequence[Sequence[TopicKey]]) -> list[Sequence[TopicKey]]:
    """Return groups of topics as a list; one group may be written flat.

    Parameters
    ----------
    groups : sequence of sequences of int or str

    Raises
    ------
    ParameterTypeError
        When it is a str or no sequence.

    Examples
    --------
    >>> groups_of([1, 4]), groups_of([[1, 4], [2, "food"]])
    ([[1, 4]], [[1, 4], [2, 'food']])
    """
    listed: list[Any] = list(_check_sequence(groups, _GROUPS))
    return [listed] if listed and isinstance(listed[0], int | np.integer | str) else listed


def merge(fitted: Fitted, groups: Sequence[Sequence[TopicKey]]) -> Fitted:
    """Merge each group of topics into one, with the id of the largest; no other document moves.

    Parameters
    ----------
    fitted : Fitted
    groups : sequence of sequences of int or str
        Topics by id or name, for example ``[[1, 4], [2, "food"]]``; one group may be written flat.

    Raises
    ------
    TopicNotFoundError
        For an unknown id or name.
    ParameterError
        When a topic is in two groups, or several topics have a name.
    """
    _check_any(fitted)
    groups = groups_of(groups)
    mapping = np.arange(len(fitted.topics))
    seen: set[int] = set()
    for group in groups:
        rows = fitted.topics.positions(_check_sequence(group, _GROUPS))
        for row in rows:
            if row in seen:
                topic = fitted.ids[row]
                raise ParameterError(f"topic {topic} is listed twice in {groups}; a topic can be merged once")
            seen.add(row)
        if rows:
            mapping[rows] = min(rows)
    merged = describe(_remapped(fitted, mapping), before=fitted)
    tables = () if merged.base_level is None else merged.base_level.tables
    # What the user merged is the level from which others are derived.
    return replace(merged, base_level=current_level(merged, tables))


def rename(fitted: Fitted, names: Names) -> Fitted:
    """Give topics names, which later edits keep.

    Parameters
    ----------
    fitted : Fitted
    names : mapping of int or str to str
        New names by topic id or present name.
    """
    if not isinstance(names, Mapping):
        raise ParameterTypeError(f"names must map topics to names, such as {{0: 'food'}}; got {names!r}")
    _check_any(fitted)
    by_id: dict[int, str] = {}
    for key, name in names.items():
        (topic,) = fitted.topics.ids([key])
        if not isinstance(name, str) or not name.strip():
            raise ParameterError(f"the name of topic {topic} must be a non-blank str, got {name!r}")
        try:
            name.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ParameterError(
                f"the name of topic {topic} has an unpaired surrogate, which no file can hold: {name!r}"
            ) from error
        if by_id.setdefault(topic, name) != name:
            raise ParameterError(f"topic {topic} is given two names, {by_id[topic]!r} and {name!r}")
    items = tuple(
        replace(topic, name=by_id[topic.id]) if topic.id in by_id else topic for topic in fitted.topics
    )
    rows = fitted.topics.positions(by_id)
    given = {**fitted.given_names, **dict(zip(rows, by_id.values(), strict=True))}
    renamed = replace(fitted, topics=replace(fitted.topics, items=items), given_names=given)
    renamed.__dict__["parts"] = fitted.known_parts  # a name changes no part
    return renamed


def delete(
    fitted: Fitted,
    topics: TopicKey | Sequence[TopicKey],
    *,
    to: Literal["next", "none"] = "next",
    outliers: OutlierShare | None = None,
) -> Fitted:
    """Delete topics.

    Parameters
    ----------
    fitted : Fitted
    topics : int, str, or sequence of int and str
        Topics by id or name.
    to : {"next", "none"}
        "next" drops their prototypes: documents go to the next topic, or to −1 where a threshold says so;
        this needs the corpus. "none" keeps their prototypes without a topic: their documents, and new ones
        like them, become outliers, and no other document moves.
    outliers : float, optional
        With "next", the largest share of outliers; thresholds are set again where there are more now.

    Raises
    ------
    TopicNotFoundError
        For an unknown id or name.
    ParameterError
        When no topic would be left, several topics have a name, or `to` is something else.
    """
    if to not in ("next", "none"):
        raise ParameterError(f"to must be 'next' or 'none', got {to!r}")
    _check_any(fitted)
    if not isinstance(topics, str) and not hasattr(topics, "__index__"):
        topics = _check_sequence(topics, "a list of topic ids or names")
    gone = set(fitted.topics.positions(topics))
    kept = [row for row in range(len(fitted.topics)) if row not in gone]
    if not kept:
        raise ParameterError("deleting all topics would leave a model without topics")
    if to == "none":
        return _without(fitted, kept)
    corpus, base_level = fitted.need_corpus("deleting topics"), fitted.base_level
    if base_level is not None:
        base_level = base_level.kept(np.isin(fitted.assigner.topics, [-1, *kept]))
    assigner = fitted.assigner.select(kept).with_at_most(corpus.vectors, corpus.documents.weights, outliers)
    names = {new: fitted.given_names[old] for new, old in enumerate(kept) if old in fitted.given_names}
    items = [fitted.topics.items[row] for row in kept]
    changes = {
        "names": names,
        "stability": [topic.stability for topic in items],
        "known": [new for new, topic in enumerate(items) if topic.is_known],
        "base_level": base_level,
        "ids": fitted.ids[kept],
    }
    return rebased(fitted, derive(fitted, assigner, **changes))


def _without(fitted: Fitted, kept: list[int]) -> Fitted:
    """Make outliers of the documents of all topics but some; counts move, and no text is read."""
    mapping = np.full(len(fitted.topics) + 1, -1, dtype=np.int64)  # the last one is for label −1
    mapping[kept] = np.arange(len(kept))
    labels, base_level = mapping[fitted.labels], fitted.base_level
    gone = ~np.isin(fitted.assigner.topics, kept)
    names = {new: fitted.given_names[old] for new, old in enumerate(kept) if old in fitted.given_names}
    items = tuple(fitted.topics.items[old] for old in kept)
    edited = replace(
        fitted,
        assigner=fitted.assigner.without(np.setdiff1d(np.arange(len(fitted.topics)), kept).tolist()),
        labels=labels,
        counts=fitted.counts.merged(mapping[:-1].tolist()),
        topics=replace(fitted.topics, items=items, n_outliers=int(fitted.weight_of_rows[labels < 0].sum())),
        means=fitted.means[kept],
        given_names=names,
        base_level=None if base_level is None else base_level.without(gone),
    )
    return rebased(fitted, describe(edited, before=fitted))


def split(fitted: Fitted, topic: TopicKey, n: int = 2, *, random_state: int = 0) -> Fitted:
    """Split one topic into n by k-means on its documents; the largest part keeps the id.

    A few documents of other topics that are nearer to a new part than to their own topic move there. The
    parts of a known topic are not known topics.

    Parameters
    ----------
    fitted : Fitted
    topic : int or str
        Id or name.
    n : int
        Number of parts, at least 2.
    random_state : int
    """
    _check_any(fitted)
    (row,) = fitted.topics.positions([topic])
    topic = int(fitted.ids[row])
    check_whole("n", n, 2)
    corpus, old = fitted.need_corpus("splitting a topic"), fitted.assigner
    members = np.flatnonzero(fitted.labels[corpus.documents.first_rows] == row)
    if n > len(members):
        raise ParameterError(f"topic {topic} has {len(members)} distinct documents, too few for {n} topics")
    if old.rule == "first":
        raise ParameterError(
            "a community is defined by its center and cannot be split; raise the threshold instead"
        )
    vectors, weights = corpus.vectors[members], corpus.documents.weights[members]
    parts = _kmeans_parts(vectors, weights, n, random_state)
    if (n_parts := len(np.unique(parts))) < n:
        raise ParameterError(
            f"topic {topic} cannot be split into {n}: its documents have {n_parts} distinct vectors"
        )
    prototypes, part_of = make_prototypes(vectors, ClusteringResult(parts), weights, random_state)
    rows = np.arange(old.n_topics)
    assigner = old.mapped(np.where(rows == row, -1, rows)).added(
        prototypes,
        np.where(part_of == 0, row, old.n_topics + part_of - 1),
        threshold=old.thresholds[old.topics == row].min(),
    )
    names = {other: name for other, name in fitted.given_names.items() if other != row}
    stability = [None if t.id == topic else t.stability for t in fitted.topics] + [None] * (n - 1)
    known = [other for other, t in enumerate(fitted.topics) if t.is_known and other != row]
    ids = [*fitted.ids.tolist(), *[topic] * (n - 1)]  # the largest part keeps it
    result = derive(fitted, assigner, names=names, stability=stability, known=known, ids=ids)
    return replace(result, base_level=current_level(result))


def _kmeans_parts(vectors: NDArray[np.float32], weights: IntArray, n: int, random_state: int) -> IntArray:
    from sklearn.cluster import KMeans

    with single_threaded(), few_distinct_rows():
        parts = KMeans(n, n_init=3, random_state=random_state).fit_predict(vectors, sample_weight=weights)
    return np.asarray(parts, dtype=np.int64)


def with_outliers(fitted: Fitted, share: OutlierShare) -> Fitted:
    """Set the share of the documents that are outliers.

    Parameters
    ----------
    fitted : Fitted
    share : float or "auto"
        At most this share of each topic's documents, the farthest ones, 0 to below 1; "auto" as at the fit.
    """
    corpus = fitted.need_corpus("setting outliers")
    assigner = fitted.assigner.with_outliers(corpus.vectors, corpus.documents.weights, share)
    return rebased(fitted, derive(fitted, assigner, **_unchanged(fitted)))


def cut(fitted: Fitted, n_topics: int, *, merge_known: bool = False) -> Fitted:
    """Cut the hierarchy of topics at a number; no document is clustered again.

    Levels nest: the topics at 10 are unions of those at 20, and a level is the same from whichever level
    it is derived. Above the base level, the two topics are merged whose union adds least to the squared
    distances of documents from their topic's mean (Ward's criterion). Below it, a topic falls into parts
    along the prototypes by which documents are assigned to it, up to four each; the parts that Ward's
    criterion would merge last are separated first. Merging and splitting topics sets the base level.

    Parameters
    ----------
    fitted : Fitted
    n_topics : int
        1 to the number of prototypes, about four per topic; for finer levels fit with `n_topics`. More
        topics than there are need the corpus in the model.
    merge_known : bool
        Merge known topics with each other where fewer topics are wanted than are known.

    Raises
    ------
    ParameterError
        When there is no such level, or it would merge known topics without `merge_known`.
    """
    check_whole("n_topics", n_topics)
    _check_any(fitted)
    known = [topic.name for topic in fitted.topics if topic.is_known]
    known = known if fitted.base_level is None else list(fitted.base_level.known.values()) or known
    if n_topics < len(known) and not merge_known:
        raise ParameterError(
            f"n_topics={n_topics}, but {len(known)} topics are known ({', '.join(known[:3])}…), and levels "
            "keep these apart; set merge_known=True, or merge topics of your choice with merge_topics"
        )
    return describe(_cut(fitted, int(n_topics)))  # a name does not depend on the way to a level


def at_most(fitted: Fitted, n_topics: int) -> Fitted:
    """Merge topics that are not described yet down to a number; warn where there are fewer.

    Parameters
    ----------
    fitted : Fitted
        As `topickit.fitted.derive.measure` returns it.
    n_topics : int
    """
    if not len(fitted.topics):
        return fitted
    if n_topics > len(fitted.topics):
        warnings.warn(
            f"n_topics={n_topics}, but only {plural(len(fitted.topics), 'topic')} could be found",
            TopickitWarning,
            stacklevel=3,
        )
    return _cut(fitted, min(n_topics, len(fitted.topics)))


def _cut(fitted: Fitted, n_topics: int) -> Fitted:
    base_level = fitted.base_level
    n_base = len(fitted.topics) if base_level is None else base_level.n_topics
    if n_topics > len(fitted.topics):
        return _finer(fitted, n_topics)
    if n_topics < len(fitted.topics) and n_base < len(fitted.topics) and fitted.corpus is not None:
        # Through the base level: keywords are chosen among other candidates at other levels.
        if n_topics >= n_base:
            return _finer(fitted, n_topics)
        fitted = _finer(fitted, n_base)
    sizes = np.array([topic.size for topic in fitted.topics], dtype=np.float64)
    mapping = merge_order(fitted.means, sizes, n_topics, within=fitted.parents(), apart=fitted.apart())
    return _remapped(fitted, mapping, names_spread=False)


def _finer(fitted: Fitted, n_topics: int) -> Fitted:
    """Separate the parts of topics, one after another."""
    corpus, parts = fitted.need_corpus("a finer level"), fitted.assigner.parts()
    labels = parts.labels(corpus.vectors)
    weights, n_parts = corpus.documents.weights, len(parts.topics)
    sizes = np.bincount(labels[labels >= 0], weights[labels >= 0], minlength=n_parts).astype(np.float64)
    own, base_level = fitted.assigner.topics, fitted.base_level
    within = own if base_level is None else base_level.topics
    empty_known = _first_of_empty_known(fitted, sizes, within)
    sizes[empty_known] = np.maximum(sizes[empty_known], LEAST_SIZE)
    used = np.flatnonzero(sizes > 0)
    if n_topics > len(used):
        raise ParameterError(
            f"n_topics must be 1 to {len(used)}, the finest level of this model; got {n_topics}. For more, "
            + ("fit with a higher threshold" if fitted.assigner.rule == "first" else "fit with n_topics=")
        )
    means = group_means(corpus.vectors, labels, n_parts, weights).astype(np.float32)[used]
    known = np.zeros(n_parts, dtype=np.bool_)
    if base_level is not None:
        known = np.isin(within, list(base_level.known))
    mapping = np.full(n_parts, -1, dtype=np.int64)
    mapping[used] = merge_order(
        means, sizes[used].astype(np.float64), n_topics, within=within[used], apart=known[used]
    )
    for part in np.flatnonzero((sizes == 0) & (own >= 0)):
        # Its documents are all outliers, and would not be without it.
        kin = used[within[used] == within[part]]
        kin = kin if len(kin) else used[own[used] == own[part]]
        nearest = nearest_prototype(parts.prototypes[[part]], parts.prototypes[kin], device=parts.device)
        mapping[part] = mapping[kin[nearest[0]]]
    changes = _kept_whole(fitted, mapping, n_topics, base_level)
    ids = ids_of_parts(fitted, mapping, sizes)
    finer = remeasure(fitted, parts.mapped(mapping), base_level=base_level, ids=ids, **changes)
    return with_base_ids(finer)


def _first_of_empty_known(fitted: Fitted, sizes: NDArray[np.float64], within: IntArray) -> list[int]:
    """Return a prototype of each known topic of the base level without documents."""
    known = {} if fitted.base_level is None else fitted.base_level.known
    parts = [np.flatnonzero(within == topic) for topic in known]
    return [int(part[0]) for part in parts if len(part) and not sizes[part].any()]


def _kept_whole(
    fitted: Fitted, mapping: IntArray, n_topics: int, base_level: BaseLevel | None
) -> dict[str, Any]:
    """Stability of each new topic, and the names of those that are an old topic again, or a known one."""
    own = fitted.assigner.topics
    stability: list[float | None] = [None] * n_topics
    names: dict[int, str] = {}
    known: set[int] = set()
    if base_level is not None:
        stability = base_level.stability_of(mapping, n_topics)
        for topic, name in base_level.known.items():
            new = np.unique(mapping[base_level.topics == topic])
            if len(new) == 1:
                names[int(new[0])] = name
                known.add(int(new[0]))
    for row, old in enumerate(fitted.topics):
        new = np.unique(mapping[own == row])
        if len(new) == 1 and (own[mapping == new[0]] == row).all():
            stability[int(new[0])] = old.stability
            if row in fitted.given_names:
                names[int(new[0])] = fitted.given_names[row]
    return {"stability": stability, "names": names, "known": known}


def _remapped(fitted: Fitted, mapping: IntArray, *, names_spread: bool = True) -> Fitted:
    """Apply a mapping with gaps; a merged topic has a given name if its parts agree on one.

    A part without a name agrees with all where names spread: where the user said what belongs together.
    """
    mapping = np.unique(mapping, return_inverse=True)[1].astype(np.int64)
    names: dict[int, str] = {}
    for new in range(int(mapping.max(initial=-1)) + 1):
        parts = [int(old) for old in np.flatnonzero(mapping == new)]
        given = {fitted.given_names.get(old) for old in parts}
        if names_spread:
            given.discard(None)
        known = [
            fitted.given_names[old]
            for old in parts
            if fitted.topics.items[old].is_known and old in fitted.given_names
        ]
        if len(given) == 1 and (name := given.pop()) is not None:
            names[new] = name
        elif known:
            names[new] = " + ".join(known)
    return remap(fitted, mapping, names)


def _unchanged(fitted: Fitted) -> dict[str, object]:
    """What an edit that leaves the topics as they are hands to `derive`."""
    return {
        "names": fitted.given_names,
        "stability": [topic.stability for topic in fitted.topics],
        "known": [row for row, topic in enumerate(fitted.topics) if topic.is_known],
        "base_level": fitted.base_level,
        "ids": fitted.ids,
    }


def _check_sequence(value: Sequence[T], what: str) -> Sequence[T]:
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        raise ParameterTypeError(f"topics must be given as {what}; got {value!r}")
    return value


def _check_any(fitted: Fitted) -> None:
    if not len(fitted.topics):
        raise ParameterError("this model has no topics: no document has a non-zero embedding")


def replaced_vectors(
    fitted: Fitted, vectors: NDArray[np.float32], assigner: Assigner, n_refined: int
) -> Fitted:
    """Derive the results of other vectors of the same documents.

    Parameters
    ----------
    fitted : Fitted
        With its corpus.
    vectors : float32 ndarray of shape (u, d)
    assigner : Assigner
    n_refined : int
        Documents whose vectors are better now.
    """
    provenance = replace(fitted.provenance, n_refined=fitted.provenance.n_refined + n_refined)
    corpus = fitted.need_corpus("refining").with_vectors(vectors)
    unchanged = _unchanged(fitted)
    return rebased(fitted, derive(fitted, assigner, corpus=corpus, provenance=provenance, **unchanged))
