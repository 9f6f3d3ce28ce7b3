"""BERTopic: its default, and what its pages on best practices and outliers recommend."""

from pathlib import Path
from typing import Any

from bertopic import BERTopic as Model

from benchmarks.peers.protocol import Found, Labels, Vectors, Work, main, offline_model, warm_umap


def _words(model: Model) -> list[list[str]]:
    topics = model.get_topics()
    # A topic without words has one empty one.
    return [[word for word, _ in topics[topic] if word] for topic in sorted(topics) if topic >= 0]


class Default:
    """``BERTopic()``: no seed, so that two runs differ and UMAP runs on all threads."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.embedder: Any = None
        self.model = Model()

    def warm(self) -> None:
        """Compile UMAP."""
        warm_umap(len(self.work.texts))

    def fit(self) -> Found:
        """Fit; its words are part of it."""
        labels, _ = self.model.fit_transform(self.work.texts, self.work.vectors)
        return Found.of(labels, _words(self.model))

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Transform."""
        return self.model.transform(texts, vectors)[0]

    def reload(self, folder: Path) -> "Default":
        """As safetensors, which its documentation recommends."""
        self.model.save(folder, serialization="safetensors", save_ctfidf=True, save_embedding_model=False)
        loaded = type(self)(self.work)
        loaded.model = Model.load(str(folder), embedding_model=self.embedder)
        return loaded


class Recommended(Default):
    """Seeded UMAP, stop words out, KeyBERT-inspired words, outliers given to the nearest topic."""

    def warm(self) -> None:
        """Compile UMAP, and load the embedding model."""
        from bertopic.representation import KeyBERTInspired
        from sklearn.feature_extraction.text import CountVectorizer
        from umap import UMAP

        warm_umap(len(self.work.texts))
        settings = self.work.settings
        self.embedder = offline_model()
        self.parts: dict[str, Any] = {
            "vectorizer_model": CountVectorizer(stop_words=settings.count_stop_words),
            "representation_model": KeyBERTInspired(),
        }
        umap = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=settings.seed)
        self.model = Model(embedding_model=self.embedder, umap_model=umap, **self.parts)

    def fit(self) -> Found:
        """Fit, reassign the outliers, and update the words."""
        texts, vectors = self.work.texts, self.work.vectors
        labels, _ = self.model.fit_transform(texts, vectors)
        if min(labels) < 0 < max(labels) + 1:
            labels = self.model.reduce_outliers(texts, labels, strategy="embeddings", embeddings=vectors)
            self.model.update_topics(texts, topics=labels, **self.parts)
        return Found.of(labels, _words(self.model))


if __name__ == "__main__":
    main({"bertopic": Default, "bertopic-recommended": Recommended})
