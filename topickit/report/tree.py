"""The hierarchy in a few levels that a reader can open: each level is a cut that `TopicModel.at` makes."""

from collections.abc import Sequence
from dataclasses import dataclass

from topickit.analysis.hierarchy import Hierarchy


@dataclass(frozen=True)
class TreeNode:
    """A group of topics, or a topic.

    Attributes
    ----------
    name : str
    size : int
        Documents.
    topic : int or None
        Its id, where it is one topic.
    n_groups : int or None
        The cut at which the group stands, ``model.at(n_topics=n_groups)``; None for a topic.
    parts : tuple of TreeNode
        The largest first; empty for a topic.
    """

    name: str
    size: int
    topic: int | None
    n_groups: int | None
    parts: tuple["TreeNode", ...]


def level_sizes(n_topics: int, good: Sequence[int] = ()) -> tuple[int, ...]:
    """Choose the cuts to show: good levels where there are, else a third of the groups of the next.

    Parameters
    ----------
    n_topics : int
    good : sequence of int
        Levels that the corpus itself has; those that are coarser are shown.

    Examples
    --------
    >>> level_sizes(31), level_sizes(3), level_sizes(31, [12, 50])
    ((3, 10, 31), (3,), (4, 12, 31))
    >>> level_sizes(8, [6])
    (6, 8)
    """
    sizes = [n_topics]
    coarser = {size for size in good if 1 < size < n_topics}
    few = 8 if coarser else 5  # a level of the corpus itself is shown first even if it has some more groups
    while sizes[0] > few or min(coarser, default=n_topics) < sizes[0]:
        third = max(2, round(sizes[0] / 3))
        sizes.insert(0, max((size for size in coarser if third < size < sizes[0]), default=third))
    return tuple(sizes)


def topic_tree(tree: Hierarchy, good: Sequence[int] = ()) -> tuple[TreeNode, ...]:
    """Put the levels into one another; a group that a level does not part stands once.

    Parameters
    ----------
    tree : Hierarchy
    good : sequence of int
        As for `level_sizes`.
    """
    sizes = level_sizes(tree.n_topics, good)
    levels = [tree.nodes(size) for size in sizes]

    def grow(node: int, level: int) -> TreeNode:
        if node < tree.n_topics:
            return TreeNode(tree.names[node], int(tree.sizes[node]), node, None, ())
        while node in levels[level + 1]:
            level += 1
        below = set(tree.topics(node))
        parts = [part for part in levels[level + 1] if below.issuperset(tree.topics(part))]
        grown = tuple(grow(part, level + 1) for part in parts)
        name = tree.names[node] if node < len(tree.names) else f"{len(below)} topics"
        return TreeNode(name, int(tree.sizes[node]), None, sizes[level], grown)

    return tuple(grow(node, 0) for node in levels[0]) if tree.n_topics > 1 else ()
