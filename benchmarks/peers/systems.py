"""The systems compared: a table, in the order in which they are run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """One row of the tables.

    Attributes
    ----------
    title : str
        How the tables call it.
    runner : str
        The module of `benchmarks.peers.runners`.
    environment : str
        The requirements file of its packages.
    told : bool
        It needs a number of topics and is told the gold one.
    segmented : bool
        It is given texts of languages without spaces cut into words.
    """

    title: str
    runner: str
    environment: str
    told: bool = False
    segmented: bool = True


SYSTEMS = {
    "topickit": System("topickit", "topickit", "base", segmented=False),
    "topickit-hybrid": System("topickit, hybrid", "topickit", "base", segmented=False),
    "topickit-kmeans": System("topickit, k-means", "topickit", "base", told=True, segmented=False),
    "topickit-hdbscan": System("topickit, HDBSCAN", "topickit", "base", segmented=False),
    "bertopic": System("BERTopic, default", "bertopic", "bertopic"),
    "bertopic-recommended": System("BERTopic, recommended", "bertopic", "bertopic"),
    "kmeans": System("k-means on sentence-transformers", "clusterings", "base", told=True, segmented=False),
    "communities": System("sentence-transformers communities", "clusterings", "base", segmented=False),
    "evoc": System("EVoC", "clusterings", "base", segmented=False),
    "sklearn-nmf": System("scikit-learn NMF", "sklearn", "base", told=True),
    "sklearn-lda": System("scikit-learn LDA", "sklearn", "base", told=True),
    "keynmf": System("turftopic KeyNMF", "turftopic", "turftopic", told=True),
    "top2vec": System("Top2Vec", "top2vec", "top2vec"),
    "fastopic": System("FASTopic", "fastopic", "fastopic", told=True),
    "s3": System("turftopic S³", "turftopic", "turftopic", told=True),
    "topeax": System("turftopic Topeax", "turftopic", "turftopic"),
    "topica-lda": System("topica LDA", "topica", "topica", told=True),
    "topica-bertopic": System("topica BERTopic", "topica", "topica"),
}
OURS = "topickit"
