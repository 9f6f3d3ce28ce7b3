"""Metrics of the whole model."""

import numpy as np

from topickit.fitted.topics import UNSTABLE
from topickit.report import formatting
from topickit.report.summary import Summary

N_WORDS = 10
"""Keywords per topic that the diversity counts."""

_DIVERSITY = "Low values mean that topics share keywords: fit fewer topics."
_MEAN = "Lower is better separated."
_MAXIMUM = "Above 0.9 two topics may be one: compare their documents, and merge them if they are alike."
_STABILITY = "Share of a topic that is found again in other samples: above 0.75 is reliable."
_UNLIKE = (
    "They are less similar to their topic than 95% of other documents of the corpus are to theirs. "
    "A topic with many of them is mixed: split it, or set a share of outliers."
)
_UNSTABLE = "Read their documents before you use them; merge or delete topics that are no subject."


def quality_metrics(summary: Summary) -> tuple[tuple[str, str, str], ...]:
    """Compute the metrics of the whole model.

    Parameters
    ----------
    summary : Summary

    Returns
    -------
    tuple of (str, str, str)
        Name, formatted value, and what the value means for the reader.
    """
    metrics = []
    words = [word for topic in summary.topics for word in topic.words[:N_WORDS]]
    if words:
        diversity = formatting.percent(len(set(words)) / len(words))
        metrics.append(
            (f"Topic diversity (distinct words among the top {N_WORDS} keywords)", diversity, _DIVERSITY)
        )
    if summary.similarity is not None and len(summary.topics) > 1:
        cosines = summary.similarity.cosines
        pairs = cosines[~np.eye(len(cosines), dtype=bool)]
        metrics.append(("Mean similarity between topics", formatting.score(float(pairs.mean())), _MEAN))
        metrics.append(("Maximum similarity between topics", formatting.score(float(pairs.max())), _MAXIMUM))
    stabilities = [(topic.stability, topic.size) for topic in summary.topics if topic.stability is not None]
    if stabilities:
        mean = sum(stability * size for stability, size in stabilities)
        mean /= max(1, sum(size for _, size in stabilities))
        metrics.append(("Mean stability (weighted by topic size)", formatting.score(mean), _STABILITY))
        metrics.append(
            (
                f"Unstable topics (stability below {UNSTABLE})",
                f"{len(summary.unstable)} of {len(stabilities)}",
                _UNSTABLE,
            )
        )
    if (unlike := summary.unlike_share) is not None:
        metrics.append(("Documents unlike their topic", formatting.percent(unlike), _UNLIKE))
    return tuple(metrics)
