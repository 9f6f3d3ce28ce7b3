"""Edits of topics: each is an edit of the Assigner, from which the results are derived again.

Every function takes a Fitted and returns a new one; the old one still works. An edited model
predicts as it was edited. Edits that move documents between topics (`delete`, `split`,
`with_outliers`) need the corpus in the model; merging and renaming do not.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from topickit._core.vectors import (
    IntArray,
    few_distinct_rows,
    group_means,
    nearest_prototype,
    single_threaded,
)
from topickit.cluster.result import ClusteringResult
from topickit.cluster.ward import merge_order
from topickit.errors import (
    InputError,
    ParameterError,
    ParameterTypeError,
    TopickitWarning,
    TopicNotFoundError,
    check_whole,
    is_whole,
)
from topickit.fitted.assigner import Assigner, make_prototypes
from topickit.fitted.base_level import BaseLevel
from topickit.fitted.fitted import Fitted, current_level, derive, derive_mapped, rebased

T = TypeVar("T")


def merge(fitted: Fitted, groups: Sequence[Sequence[int]]) -> Fitted:
    """Make one topic of each group of topics; no document moves otherwise.

    Parameters
    ----------
    fitted : Fitted
    groups : sequence of sequences of int
        For example ``[[1, 4], [2, 3, 7]]``.

    Raises
    ------
    TopicNotFoundError
        For an unknown id.
    ParameterError
        When a topic stands in two groups.
    """
    what = "groups of topic ids, such as [[1, 4], [2, 3]]"
    _some(fitted)
    groups = list(_listed(groups, what))
    if groups and isinstance(groups[0], int | np.integer):
        groups = [groups]  # type: ignore[list-item]
    mapping = np.arange(len(fitted.topics))
    seen: set[int] = set()
    for group in groups:
        for topic in _listed(group, what):
            _known(fitted, topic)
            if topic in seen:
                raise ParameterError(
                    f"topic {topic} stands twice in {groups}; a topic can go to one place only"
                )
            seen.add(int(topic))
        if len(group):
            mapping[list(group)] = min(group)
    merged = _mapped(fitted, mapping)
    tables = () if merged.base_level is None else merged.base_level.tables
    # What the user put together is the level that others start from.
    return replace(merged, base_level=current_level(merged, tables))


def rename(fitted: Fitted, names: Mapping[int, str]) -> Fitted:
    """Give topics names of your own, which later edits keep.

    Parameters
    ----------
    fitted : Fitted
    names : mapping of int to str
    """
    if not isinstance(names, Mapping):
        raise ParameterTypeError(f"names must be given by topic id, such as {{0: 'food'}}; got {names!r}")
    for topic, name in names.items():
        _known(fitted, topic)
        if not isinstance(name, str) or not name.strip():
            raise ParameterError(f"the name of topic {topic} must be a non-blank str, got {name!r}")
        try:
            name.encode("utf-8")
        except UnicodeEncodeError as error:
            raise ParameterError(
                f"the name of topic {topic} has an unpaired surrogate, which no file can hold: {name!r}"
            ) from error
    items = tuple(
        replace(topic, name=names[topic.id]) if topic.id in names else topic for topic in fitted.topics
    )
    given = {**fitted.given_names, **{int(topic): name for topic, name in names.items()}}
    return replace(fitted, topics=replace(fitted.topics, items=items), given_names=given)


def delete(fitted: Fitted, topics: Sequence[int], *, outliers: float | None = None) -> Fitted:
    """Drop topics; their documents go to the next topic, or to −1 where a threshold says so.

    Parameters
    ----------
    fitted : Fitted
    topics : sequence of int
    outliers : float, optional
        The share of outliers that was asked for: thresholds are set anew where there are more now.
    """
    _some(fitted)
    topics = _listed(topics, "a list of topic ids")
    for topic in topics:
        _known(fitted, topic)
    kept = [topic for topic in range(len(fitted.topics)) if topic not in set(topics)]
    if not kept:
        raise ParameterError("deleting all topics would leave a model without any")
    names = {new: fitted.given_names[old] for new, old in enumerate(kept) if old in fitted.given_names}
    known = [fitted.topics[topic].stability for topic in kept]
    found = (
        None if fitted.base_level is None else fitted.base_level.kept(np.isin(fitted.assigner.topics, kept))
    )
    documents, vectors = _need(fitted.documents), _need(fitted.vectors)
    assigner = fitted.assigner.select(kept).with_at_most(vectors, documents.weights, outliers)
    return rebased(fitted, _derived(fitted, assigner, names, known, found))


def split(fitted: Fitted, topic: int, n: int = 2, *, random_state: int = 0) -> Fitted:
    """Split one topic into n by k-means on its documents.

    A few documents of other topics that lie nearer to a new part than to their own topic go there.

    Parameters
    ----------
    fitted : Fitted
    topic : int
    n : int
        Topics to make of it, at least 2.
    random_state : int
    """
    from sklearn.cluster import KMeans

    _known(fitted, topic)
    check_whole("n", n, 2)
    documents, vectors = _need(fitted.documents), _need(fitted.vectors)
    members = np.flatnonzero(fitted.assigner.labels(vectors) == topic)
    if n > len(members):
        raise ParameterError(f"topic {topic} has {len(members)} distinct documents, too few for {n} topics")
    if fitted.assigner.rule == "first":
        raise ParameterError(
            "a community is what its centre says and cannot be split; raise the threshold instead"
        )
    weights = documents.weights[members]
    with single_threaded(), few_distinct_rows():
        parts = KMeans(n, n_init=3, random_state=random_state).fit_predict(
            vectors[members], sample_weight=weights
        )
    if (n_parts := len(np.unique(parts))) < n:
        raise ParameterError(
            f"topic {topic} cannot be split into {n}: its documents have {n_parts} distinct vectors"
        )
    clustering = ClusteringResult(parts.astype(np.int64))
    prototypes, part_of = make_prototypes(vectors[members], clustering, weights, random_state)
    old = fitted.assigner
    ids = np.arange(old.n_topics)
    numbers = np.where(part_of == 0, topic, old.n_topics + part_of - 1)
    assigner = old.mapped(np.where(ids == topic, -1, ids)).added(
        prototypes, numbers, threshold=old.thresholds[old.topics == topic].min()
    )
    names = {t: name for t, name in fitted.given_names.items() if t != topic}
    known = [None if t.id == topic else t.stability for t in fitted.topics]
    made = _derived(fitted, assigner, names, known + [None] * (n - 1))
    return replace(made, base_level=current_level(made))


def with_outliers(fitted: Fitted, share: float) -> Fitted:
    """Set the share of the documents that are outliers.

    Parameters
    ----------
    fitted : Fitted
    share : float
        At most this share of each topic's documents, the farthest ones, 0 to below 1.
    """
    documents, vectors = _need(fitted.documents), _need(fitted.vectors)
    assigner = fitted.assigner.with_outliers(vectors, documents.weights, share)
    known = [topic.stability for topic in fitted.topics]
    return rebased(fitted, _derived(fitted, assigner, fitted.given_names, known, fitted.base_level))


def cut(fitted: Fitted, n_topics: int) -> Fitted:
    """Cut the hierarchy of topics at a number; no document is clustered again.

    Levels nest: the topics at 10 are unions of those at 20, and a level is the same from whichever level
    it is asked for. From the topics that were found upwards, the two are merged whose union adds least to
    the squared distances of documents from their topic's middle (Ward's criterion). Downwards, a topic
    falls into parts along the prototypes by which documents are assigned to it, up to four each; the
    parts that Ward's criterion would merge last are told apart first. Merging and splitting topics makes
    what they leave the level to start from.

    Parameters
    ----------
    fitted : Fitted
    n_topics : int
        1 to the number of prototypes, about four a topic found; for finer ones fit with `n_topics`. More
        than the topics there are needs the corpus in the model.
    """
    check_whole("n_topics", n_topics)
    _some(fitted)
    n_found = len(fitted.topics) if fitted.base_level is None else len(np.unique(fitted.base_level.topics))
    if n_topics > len(fitted.topics):
        return _finer(fitted, int(n_topics))
    if n_topics < len(fitted.topics) and n_found < len(fitted.topics) and fitted.documents is not None:
        # By the way that leads there from what was found: keywords are chosen among others at other levels.
        if n_topics >= n_found:
            return _finer(fitted, int(n_topics))
        fitted = _finer(fitted, n_found)
    sizes = np.array([topic.size for topic in fitted.topics], dtype=np.float64)
    mapping = merge_order(fitted.means, sizes, n_topics, within=fitted.parents())
    return _mapped(fitted, mapping, names_spread=False)


def _finer(fitted: Fitted, n_topics: int) -> Fitted:
    """Tell the parts of topics apart, one after another."""
    documents, vectors = _need(fitted.documents), _need(fitted.vectors)
    parts = fitted.assigner.parts()
    labels = parts.labels(vectors)
    sizes = np.bincount(labels[labels >= 0], documents.weights[labels >= 0], minlength=parts.n_topics)
    used = np.flatnonzero(sizes > 0)
    if n_topics > len(used):
        raise ParameterError(
            f"n_topics must be 1 to {len(used)}, the finest level of this model; got {n_topics}. For more, "
            + ("fit with a higher threshold" if fitted.assigner.rule == "first" else "fit with n_topics=")
        )
    means = group_means(vectors, labels, parts.n_topics, documents.weights).astype(np.float32)[used]
    own, found = fitted.assigner.topics, fitted.base_level
    within = own if found is None else found.topics
    mapping = np.full(parts.n_topics, -1, dtype=np.int64)
    mapping[used] = merge_order(means, sizes[used].astype(np.float64), n_topics, within=within[used])
    for part in np.flatnonzero(sizes == 0):
        # Its documents are all outliers, and would not be if it were gone.
        kin = used[within[used] == within[part]]
        kin = kin if len(kin) else used[own[used] == own[part]]
        nearest = nearest_prototype(parts.prototypes[[part]], parts.prototypes[kin], device=parts.device)
        mapping[part] = mapping[kin[nearest[0]]]
    known: list[float | None] = [None] * n_topics
    if found is not None:
        known = found.stability_of(mapping, n_topics)
    names: dict[int, str] = {}
    for topic in fitted.topics:
        new = np.unique(mapping[own == topic.id])
        if len(new) == 1 and (own[mapping == new[0]] == topic.id).all():
            known[int(new[0])] = topic.stability
            if topic.id in fitted.given_names:
                names[int(new[0])] = fitted.given_names[topic.id]
    return _derived(fitted, parts.mapped(mapping), names, known, found)


def at_most(fitted: Fitted, n_topics: int) -> Fitted:
    """Merge down to a number of topics; where fewer were found, say so and leave them.

    Parameters
    ----------
    fitted : Fitted
    n_topics : int
    """
    if not len(fitted.topics):
        return fitted
    if n_topics > len(fitted.topics):
        warnings.warn(
            f"{n_topics} topics were asked for, and {len(fitted.topics)} were found",
            TopickitWarning,
            stacklevel=3,
        )
    return cut(fitted, min(n_topics, len(fitted.topics)))


def _mapped(fitted: Fitted, mapping: IntArray, *, names_spread: bool = True) -> Fitted:
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
        if len(given) == 1 and (name := given.pop()) is not None:
            names[new] = name
    return derive_mapped(fitted, mapping, names)


def _derived(
    fitted: Fitted,
    assigner: Assigner,
    names: Mapping[int, str],
    stability: Sequence[float | None],
    base_level: BaseLevel | None = None,
) -> Fitted:
    """Derive the results of an edit; `found` is of the prototypes that it leaves."""
    return derive(
        _need(fitted.documents),
        _need(fitted.vectors),
        _need(fitted.terms),
        assigner,
        keyword_settings=fitted.keyword_settings,
        notes=fitted.notes,
        names=names,
        stability=stability,
        covariates=fitted.covariates,
        base_level=base_level,
    )


def _need(part: T | None) -> T:
    if part is None:
        raise InputError(
            "this edit moves documents, and the model was loaded without them; edit the model before "
            "saving it, or save it with keep_texts=True"
        )
    return part


def _listed(value: Sequence[T], what: str) -> Sequence[T]:
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        raise ParameterTypeError(f"topics must be given as {what}; got {value!r}")
    return value


def _some(fitted: Fitted) -> None:
    if not len(fitted.topics):
        raise ParameterError(
            "this model has no topics: none of its documents has a vector that says anything"
        )


def _known(fitted: Fitted, topic: int) -> None:
    _some(fitted)
    if not is_whole(topic) or not 0 <= topic < len(fitted.topics):
        raise TopicNotFoundError(f"there is no topic {topic!r}; the ids are 0 to {len(fitted.topics) - 1}")
