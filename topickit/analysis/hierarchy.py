"""The hierarchy of topics: the merges that `TopicModel.at` makes, as one tree."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.cluster.ward import merge_steps
from topickit.fitted.fitted import Fitted, readable_name
from topickit.keywords.ctfidf import weigh
from topickit.keywords.rank import top_keywords


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """A binary tree over k topics.

    Nodes 0 … k−1 are the topics; node k + i is what merge i makes (the convention of SciPy's linkage).

    Attributes
    ----------
    merges : int64 ndarray of shape (k − 1, 2)
        The two nodes that each merge joins; the first merge joins the most similar topics.
    heights : float64 ndarray of shape (k − 1,)
        What each merge adds to the squared distances of documents from their topic's middle, as a
        square root a document (Ward's criterion); never falling.
    sizes : int64 ndarray of shape (2k − 1,)
        Documents of each node.
    names : tuple of str, of length 2k − 1
        Of each node; a merge's by the keywords of all its documents.

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
        """The topics such that each merge joins neighbours."""
        return () if not len(self.sizes) else self.topics(len(self.sizes) - 1)

    def parts(self, node: int) -> tuple[int, int]:
        """Give the two nodes that a merge joined."""
        a, b = self.merges[node - self.n_topics]
        return int(a), int(b)

    def topics(self, node: int) -> tuple[int, ...]:
        """List the topics below a node."""
        found, waiting = [], [node]
        while waiting:
            node = waiting.pop()
            if node < self.n_topics:
                found.append(node)
            else:
                waiting.extend(reversed(self.parts(node)))
        return tuple(found)

    def nodes(self, n_groups: int) -> tuple[int, ...]:
        """List the nodes that stand when a number of groups is left, the largest first."""
        made = self.n_topics - n_groups
        joined = set(self.merges[:made].ravel().tolist())
        standing = [node for node in range(self.n_topics + made) if node not in joined]
        return tuple(sorted(standing, key=lambda node: (-int(self.sizes[node]), node)))

    def cut(self, n_groups: int) -> IntArray:
        """Give the group of each topic when a number of groups is left, groups by falling size.

        Parameters
        ----------
        n_groups : int
            1 to k.

        Returns
        -------
        int64 ndarray of shape (k,)
            The topics of a group are those that become one in ``model.at(n_topics=n_groups)``.
        """
        groups = np.empty(self.n_topics, dtype=np.int64)
        for group, node in enumerate(self.nodes(n_groups)):
            groups[list(self.topics(node))] = group
        return groups


def hierarchy(fitted: Fitted) -> Hierarchy:
    """Draw up the tree of the merges that `TopicModel.at` makes.

    Parameters
    ----------
    fitted : Fitted
        No document is needed.

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
    means = [row for row in fitted.means.astype(np.float64)]
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
    """List the merges of `regroup.cut` in their order.

    Parameters
    ----------
    fitted : Fitted

    Returns
    -------
    int64 ndarray of shape (k − 1, 2)
    """
    k = len(fitted.topics)
    sizes = np.array([topic.size for topic in fitted.topics], dtype=np.float64)
    standing = list(range(k))
    merges = np.empty((max(0, k - 1), 2), dtype=np.int64)
    for made, (a, b) in enumerate(merge_steps(fitted.means, sizes, 1, within=fitted.parents())):
        merges[made] = sorted((standing[a], standing[b]))
        standing[a] = k + made
        standing.pop(b)
    return merges


def _merged_names(fitted: Fitted, merges: IntArray, k: int) -> tuple[str, ...]:
    """Name each merge by its keywords: counts add up, and the words are weighed as the topics' are."""
    if not len(merges) or fitted.counts.n_topics != k:
        return ()
    member = np.zeros((k + len(merges), k))
    member[:k] = np.eye(k)
    for i, (a, b) in enumerate(merges.tolist()):
        member[k + i] = member[a] + member[b]
    inner = csr_array(member[k:])
    sizes = np.asarray(fitted.counts.topics.sum(axis=1), dtype=np.float64).ravel()
    weights = csr_array(inner @ (csr_array(np.diag(sizes)) @ weigh(fitted.counts, fitted.keyword_settings)))
    counts = replace(fitted.counts, topics=csr_array(inner @ fitted.counts.topics, dtype=np.int64))
    words = top_keywords(weights, counts, fitted.keyword_settings)
    return tuple(readable_name(best, k + i) for i, best in enumerate(words))
