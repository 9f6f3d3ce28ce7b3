"""Metrics of the whole model."""

import numpy as np

from topickit.fitted.topics import UNSTABLE
from topickit.report import formatting
from topickit.report.summary import Summary

N_WORDS = 10
"""Keywords per topic that the diversity counts."""


def quality_metrics(summary: Summary) -> tuple[tuple[str, str], ...]:
    """Compute the metrics of the whole model.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    tuple of (str, str)
        Name and formatted value.
    """
    metrics = []
    words = [word for topic in summary.topics for word in topic.words[:N_WORDS]]
    if words:
        diversity = formatting.percent(len(set(words)) / len(words))
        metrics.append((f"Topic diversity (distinct words among the top {N_WORDS} keywords)", diversity))
    if summary.similarity is not None and len(summary.topics) > 1:
        cosines = summary.similarity.cosines
        pairs = cosines[~np.eye(len(cosines), dtype=bool)]
        metrics.append(("Mean similarity between topics", formatting.score(float(pairs.mean()))))
        metrics.append(("Maximum similarity between topics", formatting.score(float(pairs.max()))))
    stabilities = [(topic.stability, topic.size) for topic in summary.topics if topic.stability is not None]
    if stabilities:
        mean = sum(stability * size for stability, size in stabilities)
        mean /= max(1, sum(size for _, size in stabilities))
        metrics.append(("Mean stability (weighted by topic size)", formatting.score(mean)))
        metrics.append(
            (
                f"Unstable topics (stability below {UNSTABLE})",
                f"{len(summary.unstable)} of {len(stabilities)}",
            )
        )
    return tuple(metrics)
