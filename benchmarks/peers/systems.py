"""The systems compared: a table, in the order of the runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """One row of the tables.

    Attributes
    ----------
    title : str
        The name in the tables.
    runner : str
        The module of `benchmarks.peers.runners`.
    environment : str
        The requirements file of its packages.
    k_given : bool
        It needs the number of topics and gets the number of gold classes.
    segmented : bool
        It gets texts of languages without spaces as words joined by spaces.
    """

    title: str
    runner: str
    environment: str
    k_given: bool = False
    segmented: bool = True


SYSTEMS = {
    "topickit": System("topickit", "topickit", "base", segmented=False),
    "topickit-hybrid": System("topickit, hybrid", "topickit", "base", segmented=False),
    "topickit-kmeans": System("topickit, k-means", "topickit", "base", k_given=True, segmented=False),
    "topickit-hdbscan": System("topickit, HDBSCAN", "topickit", "base", segmented=False),
    "bertopic": System("BERTopic, default", "bertopic", "bertopic"),
    "bertopic-recommended": System("BERTopic, recommended", "bertopic", "bertopic"),
    "kmeans": System(
        "k-means on sentence-transformers", "clusterings", "base", k_given=True, segmented=False
    ),
    "communities": System("sentence-transformers communities", "clusterings", "base", segmented=False),
    "evoc": System("EVoC", "clusterings", "base", segmented=False),
    "sklearn-nmf": System("scikit-learn NMF", "sklearn", "base", k_given=True),
    "sklearn-lda": System("scikit-learn LDA", "sklearn", "base", k_given=True),
    "keynmf": System("turftopic KeyNMF", "turftopic", "turftopic", k_given=True),
    "top2vec": System("Top2Vec", "top2vec", "top2vec"),
    "fastopic": System("FASTopic", "fastopic", "fastopic", k_given=True),
    "s3": System("turftopic S³", "turftopic", "turftopic", k_given=True),
    "topeax": System("turftopic Topeax", "turftopic", "turftopic"),
    "topica-lda": System("topica LDA", "topica", "topica", k_given=True),
    "topica-bertopic": System("topica BERTopic", "topica", "topica"),
}
OURS = "topickit"
