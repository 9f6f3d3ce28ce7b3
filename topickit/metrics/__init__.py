"""Metrics of topics from any system, on plain lists of words, labels and embeddings.

====================== ======================================================================
words in a corpus      `c_npmi`, `c_v`, `u_mass` (`COHERENCES`), on tokens or a `Reference`
words alone            `diversity`, `inverted_rbo` (`MEASURES`), `embedding_coherence`
                       `tokenize` splits texts, `as_tokens` topics
labels                 `agreement`, `silhouette`, `topic_stability`
people                 `intrusion`: tasks for readers, and the score of their answers
a system               `stability`, over seeds and subsamples
====================== ======================================================================

Examples
--------
>>> documents = tokenize(["A red apple", "A red apple pie", "A fast car"])
>>> round(float(c_npmi([["red", "apple"]], documents)), 3)
1.0
>>> agreement([0, 0, 1], ["fruit", "fruit", "cars"]).ari
1.0
"""

from topickit.metrics.coherence import COHERENCES, Coherence, c_npmi, c_v, u_mass
from topickit.metrics.groups import Agreement, agreement, silhouette, topic_stability
from topickit.metrics.intrusion import IntrusionScore, IntrusionTask, IntrusionTasks, intrusion
from topickit.metrics.reference import Reference, as_tokens, tokenize
from topickit.metrics.stability import RunPair, Stability, stability
from topickit.metrics.words import MEASURES, diversity, embedding_coherence, inverted_rbo

__all__ = [
    "COHERENCES",
    "MEASURES",
    "Agreement",
    "Coherence",
    "IntrusionScore",
    "IntrusionTask",
    "IntrusionTasks",
    "Reference",
    "RunPair",
    "Stability",
    "agreement",
    "as_tokens",
    "c_npmi",
    "c_v",
    "diversity",
    "embedding_coherence",
    "intrusion",
    "inverted_rbo",
    "silhouette",
    "stability",
    "tokenize",
    "topic_stability",
    "u_mass",
]
