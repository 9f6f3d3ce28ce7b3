"""The hierarchy of topics: the merges that reduce the number of topics, as a binary tree."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.cluster.ward import merge_steps
from topickit.fitted.fitted import Fitted
from topickit.fitted.keyword_names import readable_name
from topickit.keywords.rank import top_keywords


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """A binary tree over k topics.

    Nodes 0 … k−1 are the topics in the model's order; node k + i is the result of merge i, as in SciPy's
    linkage matrices.

    Attributes
    ----------
    merges : int64 ndarray of shape (k − 1, 2)
        The two nodes that each merge joins.
    heights : float64 ndarray of shape (k − 1,)
        Square root of the increase in the sum of squared distances to the mean (Ward's criterion)
        at each merge; non-decreasing.
    sizes : int64 ndarray of shape (2k − 1,)
        Number of documents of each node.
    names : tuple of str
        Name of each of the 2k − 1 nodes, made from the keywords of its documents; only those of the
        k topics if their words are not known.

    Examples
    --------
    >>> merges, heights = np.array([[0, 1], [2, 3]]), np.array([0.5, 0.9])
    >>> tree = Hierarchy(merges, heights, np.array([3, 2, 2, 5, 7]), tuple("abcde"))
    >>> tree.order, tree.cut(2).tolist(), tree.parts(4)
    ((2, 0, 1), [0, 0, 1], (2, 3))
    """

    merges: IntArray
    heights: NDArray[np.float64] = field(repr=False)
    sizes: IntArray = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    @property
    def n_topics(self) -> int:
        """The number of topics."""
        return (len(self.sizes) + 1) // 2

    @property
    def order(self) -> tuple[int, ...]:
        """Topics 0 … k−1 ordered so that each merge joins adjacent topics."""
        return () if not len(self.sizes) else self.topics(len(self.sizes) - 1)

    def parts(self, node: int) -> tuple[int, int]:
        """Give the two nodes that a merge joined.

        Parameters
        ----------
        node : int
            k or above.

        Returns
        -------
        (int, int)
        """
        a, b = self.merges[node - self.n_topics]
        return int(a), int(b)

    def topics(self, node: int) -> tuple[int, ...]:
        """List the topics below a node.

        Parameters
        ----------
        node : int

        Returns
        -------
        tuple of int
            In the order of the leaves.
        """
        topics, stack = [], [node]
        while stack:
            node = stack.pop()
            if node < self.n_topics:
                topics.append(node)
            else:
                stack.extend(reversed(self.parts(node)))
        return tuple(topics)

    def nodes(self, n_groups: int) -> tuple[int, ...]:
        """List the nodes that remain when the topics are merged into a number of groups.

        Parameters
        ----------
        n_groups : int
            1 to k.

        Returns
        -------
        tuple of int
            Largest first.
        """
        n_merges = self.n_topics - n_groups
        merged = set(self.merges[:n_merges].ravel().tolist())
        remaining = [node for node in range(self.n_topics + n_merges) if node not in merged]
        return tuple(sorted(remaining, key=lambda node: (-int(self.sizes[node]), node)))

    def cut(self, n_groups: int) -> IntArray:
        """Give the group of each topic when the topics are merged into a number of groups.

        Parameters
        ----------
        n_groups : int
            1 to k.

        Returns
        -------
        int64 ndarray of shape (k,)
            Groups are numbered by decreasing size, as in ``model.at(n_topics=n_groups)``.
        """
        groups = np.empty(self.n_topics, dtype=np.int64)
        for group, node in enumerate(self.nodes(n_groups)):
            groups[list(self.topics(node))] = group
        return groups


def hierarchy(fitted: Fitted) -> Hierarchy:
    """Compute the hierarchy of the topics of a model.

    Parameters
    ----------
    fitted : Fitted
        Documents are not needed.

    Returns
    -------
    Hierarchy
        Its levels are the topics of ``model.at(n_topics=…)``.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> hierarchy(model.fitted_).merges.tolist()
    [[0, 1]]
    """
    merges = merge_tree(fitted)
    k = len(fitted.topics)
    sizes = [topic.size for topic in fitted.topics]
    means = list(fitted.means.astype(np.float64))
    heights = []
    for a, b in merges.tolist():
        total = sizes[a] + sizes[b]
        gap = means[a] - means[b]
        heights.append(float(np.sqrt(sizes[a] * sizes[b] / max(1, total) * (gap @ gap))))
        means.append((sizes[a] * means[a] + sizes[b] * means[b]) / max(1, total))
        sizes.append(total)
    names = tuple(topic.name for topic in fitted.topics) + _merged_names(fitted, merges, k)
    return Hierarchy(merges, np.maximum.accumulate(np.array(heights)), np.array(sizes, dtype=np.int64), names)


def merge_tree(fitted: Fitted) -> IntArray:
    """List the merges of the topics in the order in which `TopicModel.at` makes them.

    Parameters
    ----------
    fitted : Fitted

    Returns
    -------
    int64 ndarray of shape (k − 1, 2)
        The two nodes that each merge joins; see `Hierarchy`.
    """
    k = len(fitted.topics)
    sizes = np.array([topic.size for topic in fitted.topics], dtype=np.float64)
    nodes = list(range(k))
    merges = np.empty((max(0, k - 1), 2), dtype=np.int64)
    steps = merge_steps(fitted.means, sizes, 1, within=fitted.parents(), apart=fitted.apart())
    for i, (a, b) in enumerate(steps):
        merges[i] = sorted((nodes[a], nodes[b]))
        nodes[a] = k + i
        nodes.pop(b)
    return merges


def _merged_names(fitted: Fitted, merges: IntArray, k: int) -> tuple[str, ...]:
    """Name each merge by its keywords, from the sums of the topics' counts."""
    if not len(merges) or fitted.counts.n_topics != k:
        return ()
    member = np.zeros((k + len(merges), k))
    member[:k] = np.eye(k)
    for i, (a, b) in enumerate(merges.tolist()):
        member[k + i] = member[a] + member[b]
    inner = csr_array(member[k:])
    sizes = np.asarray(fitted.counts.topics.sum(axis=1), dtype=np.float64).ravel()
    weights = csr_array(inner @ (csr_array(np.diag(sizes)) @ fitted.term_weights()))
    summed = csr_array(inner @ fitted.counts.topics, dtype=np.int64)
    counts = replace(fitted.counts, topics=summed, documents=None)
    words = top_keywords(weights, counts, fitted.keyword_settings)
    return tuple(
        readable_name(best, k + i, counts.languages) if best else f"Group {i + 1}"
        for i, best in enumerate(words)
    )
