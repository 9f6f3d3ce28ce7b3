"""Topics that no word tells apart are one topic."""

from collections.abc import Sequence

import numpy as np

from topickit._core.vectors import IntArray, top_k_cosine, unit_rows
from topickit.fitted.derive import numbered_anew, remap
from topickit.fitted.fitted import Fitted
from topickit.keywords.counts import DocumentFrequencies

LEAST_OVERLAP = 0.85
"""Overlap of the words of two topics from which on they are one. Parts of one template have 0.9 and more,
topics of ordinary collections less than 0.5."""
MOST_DIFFERENCE = 0.3
"""A word whose share of the documents differs by more tells two topics apart."""
LEAST_COSINE = 0.8
"""Least cosine of the means of such topics: with titles such as "document 12" only embeddings tell apart."""
FEWEST_WORDS = 3
"""Mean number of different words in their documents; fewer say too little."""
N_NEIGHBORS = 5
"""The nearest topics with which a topic is compared."""


def merge_alike(fitted: Fitted) -> Fitted:
    """Merge topics that are near and whose documents have the same words about equally often.

    Parameters
    ----------
    fitted : Fitted
        As `topickit.fitted.derive.measure` returns it.

    Returns
    -------
    Fitted
        The same one if all topics differ; topics are not described yet.
    """
    documents = fitted.counts.documents
    if documents is None or len(fitted.topics) < 2:
        return fitted
    units = unit_rows(fitted.means)
    neighbors = top_k_cosine(units, units, N_NEIGHBORS, exclude_self=True)
    near = np.argwhere(neighbors.similarities >= LEAST_COSINE)
    candidates = [(int(a), int(neighbors.indices[a, place])) for a, place in near]
    pairs = [(a, b) for a, b in candidates if is_alike(documents, a, b)]
    if not pairs:
        return fitted
    mapping = _joined(pairs, [topic.is_known for topic in fitted.topics])
    names = {int(mapping[topic]): fitted.given_names[topic] for topic in fitted.given_names}
    return numbered_anew(remap(fitted, mapping, names))


def _joined(pairs: Sequence[tuple[int, int]], is_known: Sequence[bool]) -> IntArray:
    """Join pairs of topics into groups, none of which has two known topics."""
    group = np.arange(len(is_known))
    known = np.array(is_known, dtype=np.bool_)
    for a, b in pairs:
        one, other = sorted((int(group[a]), int(group[b])))
        if one == other or (known[group == one].any() and known[group == other].any()):
            continue
        group[group == other] = one
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def is_alike(documents: DocumentFrequencies, a: int, b: int) -> bool:
    """Return whether no word tells two topics apart: Σ min(p, q) / Σ max(p, q) of their document shares."""
    p, q = (
        documents.topics[[topic]].toarray().ravel() / max(int(documents.sizes[topic]), 1) for topic in (a, b)
    )
    highest = np.maximum(p, q).sum()
    if highest < FEWEST_WORDS or np.abs(p - q).max() > MOST_DIFFERENCE:
        return False
    return bool(np.minimum(p, q).sum() >= LEAST_OVERLAP * highest)
