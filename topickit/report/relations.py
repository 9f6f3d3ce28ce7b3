"""How topics relate: the levels of the hierarchy, groups of topics and the most similar pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from topickit.analysis.hierarchy import Hierarchy
from topickit.fitted.topics import Topic
from topickit.report.summary import Summary

MAX_IDS = 12
"""Number of topic ids listed for a group."""


@dataclass(frozen=True)
class TreeNode:
    """A group of topics, or a single topic.

    Attributes
    ----------
    name : str
    size : int
        Number of documents.
    topic : Topic or None
        The single topic.
    position : int or None
        Its position among those of the summary.
    n_groups : int or None
        Level of the group: the number of groups at that level. None for a single topic.
    children : tuple of TreeNode
        Largest first; empty for a single topic.
    """

    name: str
    size: int
    topic: Topic | None
    position: int | None
    n_groups: int | None
    children: tuple["TreeNode", ...]


@dataclass(frozen=True)
class TopicGroup:
    """A group of topics at the coarsest level shown; `ids` lists them as text."""

    name: str
    share: float
    ids: str

    @property
    def listed(self) -> str:
        """The ids with their noun."""
        return f"topics {self.ids}" if not self.ids.isdecimal() else f"topic {self.ids}"


@dataclass(frozen=True)
class SimilarPair:
    """Two topics and the cosine similarity of their mean embeddings."""

    a: Topic
    b: Topic
    similarity: float


def clusterer_levels(summary: Summary) -> tuple[int, ...]:
    """Give the other numbers of topics that the clusterer found suitable for this corpus.

    Parameters
    ----------
    summary : Summary
    """
    clusterer = summary.notes.get("clusterer")
    levels = clusterer.get("other_levels") if isinstance(clusterer, dict) else None
    return tuple(n for n in levels if isinstance(n, int)) if isinstance(levels, list) else ()


def level_sizes(n_topics: int, preferred: Sequence[int] = ()) -> tuple[int, ...]:
    """Choose the levels of the hierarchy to show, as numbers of groups.

    Parameters
    ----------
    n_topics : int
    preferred : sequence of int
        Levels that the clusterer found suitable. Those coarser than the topics are shown; elsewhere
        each level has about a third of the groups of the next finer one.

    Returns
    -------
    tuple of int
        Rising; the last is `n_topics`.

    Examples
    --------
    >>> level_sizes(31), level_sizes(3), level_sizes(31, [12, 50])
    ((3, 10, 31), (3,), (4, 12, 31))
    >>> level_sizes(8, [6])
    (6, 8)
    """
    sizes = [n_topics]
    coarser = {size for size in preferred if 1 < size < n_topics}
    top = 8 if coarser else 5  # a preferred level may be the coarsest one even if it has a few more groups
    while sizes[0] > top or min(coarser, default=n_topics) < sizes[0]:
        third = max(2, round(sizes[0] / 3))
        sizes.insert(0, max((size for size in coarser if third < size < sizes[0]), default=third))
    return tuple(sizes)


def topic_tree(summary: Summary) -> tuple[TreeNode, ...]:
    """Nest the levels of the hierarchy; a group that a level leaves whole appears once.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    tuple of TreeNode
        Groups of the coarsest level; empty for fewer than two topics.
    """
    tree = summary.hierarchy
    if tree is None or tree.n_topics < 2:
        return ()
    sizes = level_sizes(tree.n_topics, clusterer_levels(summary))
    levels = [tree.nodes(size) for size in sizes]

    def grow(node: int, level: int) -> TreeNode:
        if node < tree.n_topics:
            return TreeNode(tree.names[node], int(tree.sizes[node]), summary.topics[node], node, None, ())
        while node in levels[level + 1]:
            level += 1
        topics = set(tree.topics(node))
        children = [child for child in levels[level + 1] if topics.issuperset(tree.topics(child))]
        nodes = tuple(grow(child, level + 1) for child in children)
        return TreeNode(_node_name(tree, node), int(tree.sizes[node]), None, None, sizes[level], nodes)

    return tuple(grow(node, 0) for node in levels[0])


def _node_name(tree: Hierarchy, node: int) -> str:
    return tree.names[node] if node < len(tree.names) else f"{len(tree.topics(node))} topics"


def top_groups(summary: Summary) -> tuple[TopicGroup, ...]:
    """List the groups of the coarsest level.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    tuple of TopicGroup
        Largest first; empty if the topics are too few to need groups.
    """
    tree = summary.hierarchy
    sizes = () if tree is None else level_sizes(tree.n_topics, clusterer_levels(summary))
    if tree is None or len(sizes) < 2:
        return ()
    groups = []
    for node in tree.nodes(sizes[0]):
        topics = sorted(summary.topics[position].id for position in tree.topics(node))
        ids = ", ".join(map(str, topics[:MAX_IDS]))
        if len(topics) > MAX_IDS:
            ids += f" and {len(topics) - MAX_IDS} more"
        share = float(tree.sizes[node] / max(1, summary.n_documents))
        groups.append(TopicGroup(_node_name(tree, node), share, ids))
    return tuple(groups)


def most_similar(summary: Summary, limit: int = 3) -> tuple[SimilarPair, ...]:
    """List the most similar pairs of topics.

    Parameters
    ----------
    summary : Summary
    limit : int
        Maximum number of pairs.
    """
    if summary.similarity is None:
        return ()
    topics, cosines = summary.topics, summary.similarity.cosines
    a, b = np.triu_indices(len(cosines), 1)
    order = np.argsort(-cosines[a, b], kind="stable")[:limit]
    return tuple(SimilarPair(topics[a[i]], topics[b[i]], float(cosines[a[i], b[i]])) for i in order)
