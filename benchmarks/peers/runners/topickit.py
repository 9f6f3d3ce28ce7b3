"""topickit: its default, the hybrid embedder, k-means with the number given, and HDBSCAN."""

from pathlib import Path
from typing import Any

from benchmarks.peers.protocol import Found, Labels, Vectors, Work, main
from benchmarks.peers.words import SINGLE_WORDS
from topickit.model import TopicModel


class Topickit:
    """A TopicModel; its keywords without phrases, as all systems are scored by single words."""

    def __init__(self, work: Work, **settings: Any) -> None:
        self.work = work
        self.model = TopicModel(keywords=SINGLE_WORDS, random_state=work.settings.seed, **settings)

    def warm(self) -> None:
        """Fit a few, and UMAP where it is used."""
        if self.model.clusterer == "hdbscan":
            from benchmarks.peers.protocol import warm_umap

            warm_umap(len(self.work.texts))
        few = slice(0, 300)
        settings = {**self.model.get_params(deep=False), "n_topics": None}
        TopicModel(**settings).fit(self.work.texts[few], embeddings=self.work.vectors[few])

    def fit(self) -> Found:
        """Fit all."""
        self.model.fit(self.work.texts, embeddings=self.work.vectors)
        words = [[word for word, _ in topic.keywords] for topic in self.model.topics_]
        return Found.of(self.model.labels_, words)

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Assign."""
        return self.model.predict(texts, embeddings=vectors)

    def reload(self, folder: Path) -> "Topickit":
        """Save and load."""
        self.model.save(folder)
        loaded = Topickit(self.work)
        loaded.model = TopicModel.load(folder)
        return loaded


if __name__ == "__main__":
    main(
        {
            "topickit": Topickit,
            "topickit-hybrid": lambda work: Topickit(work, embedder="hybrid"),
            "topickit-kmeans": lambda work: Topickit(
                work, clusterer="kmeans", n_topics=work.settings.n_topics
            ),
            "topickit-hdbscan": lambda work: Topickit(work, clusterer="hdbscan"),
        }
    )
