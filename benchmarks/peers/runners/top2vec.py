"""Top2Vec with its defaults, its documents' vectors looked up and its words embedded by the same model."""

from pathlib import Path

import numpy as np
from top2vec import Top2Vec as Model

from benchmarks.peers.protocol import Found, Labels, ReadyVectors, Vectors, Work, main, warm_umap


class Top2Vec:
    """No seed: two runs differ."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.encoder = ReadyVectors(work)
        self.model: Model = None

    def warm(self) -> None:
        """Compile UMAP, and load the model that embeds words."""
        warm_umap(len(self.work.texts))
        self.encoder(["a word that no text has: \0"])

    def fit(self) -> Found:
        """Fit; the nearest topic is a document's label, so there are no outliers."""
        self.model = Model(self.work.texts, embedding_model=self.encoder, verbose=False)
        return Found.of(self.model.doc_top, [list(words) for words in self.model.topic_words])

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Ask for the nearest topic of each text."""
        return np.array([self.model.query_topics(text, num_topics=1)[3][0] for text in texts])

    def reload(self, folder: Path) -> "Top2Vec":
        """As its documentation says; the embedding function is set after loading."""
        self.model.save(str(folder))
        loaded = Top2Vec(self.work)
        loaded.model = Model.load(str(folder))
        loaded.model.set_embedding_model(self.encoder)
        return loaded


if __name__ == "__main__":
    main({"top2vec": Top2Vec})
