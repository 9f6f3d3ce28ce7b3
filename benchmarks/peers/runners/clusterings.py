"""Clusterers of vectors, with topickit's keywords on their labels: what remains is the clustering."""

import pickle
from pathlib import Path

import numpy as np

from benchmarks.peers.protocol import Found, Labels, NoPrediction, Vectors, Work, main
from benchmarks.peers.words import topickit_words, without_gaps


def _found(work: Work, labels: Labels) -> Found:
    labels = without_gaps(labels)
    return Found.of(labels, topickit_words(work.texts, labels, work.vectors))


def _read_word_lists(work: Work) -> None:
    few = work.texts[:300]
    topickit_words(few, np.zeros(len(few), dtype=np.int64), work.vectors[:300])


class KMeans:
    """scikit-learn's k-means, as in the clustering example of sentence-transformers, with the number given."""

    def __init__(self, work: Work) -> None:
        from sklearn.cluster import KMeans as Model

        self.work = work
        self.model = Model(work.settings.n_topics, random_state=work.settings.seed)

    def warm(self) -> None:
        """Read topickit's word lists."""
        _read_word_lists(self.work)

    def fit(self) -> Found:
        """Cluster and name."""
        return _found(self.work, self.model.fit_predict(self.work.vectors).astype(np.int64))

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Nearest centroid."""
        return self.model.predict(vectors)

    def reload(self, folder: Path) -> "KMeans":
        """By pickle, as scikit-learn's documentation says."""
        folder.write_bytes(pickle.dumps(self.model))
        loaded = KMeans(self.work)
        loaded.model = pickle.loads(folder.read_bytes())  # written one line above
        return loaded


class Communities(NoPrediction):
    """sentence-transformers' community detection with its defaults: threshold .75, at least 10 members."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def warm(self) -> None:
        """Import torch, and read topickit's word lists."""
        self._labels(self.work.vectors[:50])
        _read_word_lists(self.work)

    def fit(self) -> Found:
        """Cluster and name."""
        return _found(self.work, self._labels(self.work.vectors))

    @staticmethod
    def _labels(vectors: Vectors) -> Labels:
        import torch
        from sentence_transformers.util import community_detection

        labels = np.full(len(vectors), -1, dtype=np.int64)
        for topic, members in enumerate(community_detection(torch.from_numpy(vectors.copy()))):
            labels[members] = topic
        return labels


class Evoc(NoPrediction):
    """EVoC with its defaults."""

    def __init__(self, work: Work) -> None:
        self.work = work

    def warm(self) -> None:
        """Compile, and read topickit's word lists."""
        self._labels(self.work.vectors[:5000])  # large inputs take other paths than small ones
        _read_word_lists(self.work)

    def fit(self) -> Found:
        """Cluster and name."""
        return _found(self.work, self._labels(self.work.vectors))

    def _labels(self, vectors: Vectors) -> Labels:
        from evoc import EVoC

        return EVoC(random_state=self.work.settings.seed).fit_predict(vectors).astype(np.int64)


if __name__ == "__main__":
    main({"kmeans": KMeans, "communities": Communities, "evoc": Evoc})
