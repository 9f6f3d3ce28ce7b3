"""Ids of the topics of other levels: a topic that is met again has the id that it had."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import IntArray
from topickit.fitted.fitted import Fitted


def ids_of_parts(fitted: Fitted, mapping: IntArray, sizes: NDArray[Any]) -> list[int]:
    """Choose the ids of topics of another level that are made of the same prototypes.

    Unions of present topics take the id of the largest. Parts of a topic of the base level count as that
    topic if all of them are in the union: so a level has the same ids by way of any finer level. Parts of a
    present topic take the id of the largest topic of the base level in them, or that of the present one;
    `topickit.fitted.derive.measure` gives it to the largest of them, and new ids to the others.

    Parameters
    ----------
    fitted : Fitted
        At the present level.
    mapping : int64 ndarray of shape (p,)
        New topic of each prototype, −1 for none.
    sizes : ndarray of shape (p,)
        Number of documents of each prototype.

    Returns
    -------
    list of int
        One per new topic.
    """
    own, ids, base = fitted.assigner.topics, fitted.ids, _base_topics(fitted)
    base_ids, in_use = _base_ids(fitted), set(ids.tolist())
    present = np.bincount(own[own >= 0], sizes[own >= 0], minlength=len(ids))
    original = np.bincount(base[base >= 0], sizes[base >= 0])
    whole = _wholes(own, base)
    result = []
    for new in range(int(mapping.max(initial=-1)) + 1):
        rows = np.unique(own[(mapping == new) & (own >= 0)])
        if not len(rows):
            result.append(-1)
            continue
        candidates = [(-present[row], int(ids[row])) for row in rows.tolist()]
        for number in {whole[row] for row in rows.tolist() if row in whole}:
            if number in base_ids and (mapping[base == number] == new).all():
                candidates.append((-original[number], base_ids[number]))
        topic = min(candidates)[1]
        numbers = np.unique(base[(mapping == new) & (base >= 0)])
        if (mapping[np.isin(own, rows)] != new).any() and len(numbers):
            wanted = base_ids.get(int(numbers[np.argmax(original[numbers])]), topic)
            topic = topic if wanted in in_use else wanted
        result.append(topic)
    return result


def _wholes(own: IntArray, base: IntArray) -> dict[int, int]:
    """Return the topic of the base level that each present topic is a part of; for no others."""
    result = {}
    for row in np.unique(own[own >= 0]).tolist():
        numbers = np.unique(base[own == row])
        if len(numbers) == 1 and numbers[0] >= 0 and (own[base == numbers[0]] != row).any():
            result[row] = int(numbers[0])
    return result


def with_base_ids(fitted: Fitted) -> Fitted:
    """Record an id for each topic of the base level that is a present topic, or the largest part of one."""
    if fitted.base_level is None:
        return fitted
    known = _base_ids(fitted)
    n_numbers = int(fitted.base_level.topics.max(initial=-1)) + 1
    ids = tuple(known.get(number, -1) for number in range(n_numbers))
    return replace(fitted, base_level=replace(fitted.base_level, ids=ids))


def _base_topics(fitted: Fitted) -> IntArray:
    return fitted.assigner.topics if fitted.base_level is None else fitted.base_level.topics


def _base_ids(fitted: Fitted) -> dict[int, int]:
    """Return the known ids of the topics of the base level, by their numbers in it."""
    base, own = fitted.base_level, fitted.assigner.topics
    if base is None:
        return {}
    known = {number: topic for number, topic in enumerate(base.ids) if topic >= 0}
    for row, topic in enumerate(fitted.ids.tolist()):
        numbers = np.unique(base.topics[(own == row) & (base.topics >= 0)]).tolist()
        whole = [number for number in numbers if (own[base.topics == number] == row).all()]
        # A fit numbers topics by falling size: the first is the largest.
        if whole and whole[0] not in known and topic not in known.values():
            known[whole[0]] = topic
    return known
