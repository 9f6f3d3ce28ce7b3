"""topica: its default LDA with the number of topics given, and its BERTopic on the shared vectors."""

from pathlib import Path
from typing import Any

import numpy as np
import topica

from benchmarks.peers.protocol import TOP_WORDS, Found, Labels, Vectors, Work, main


class _Tokens:
    """What both models share: tokens made by topica."""

    model: Any
    kind: Any

    def __init__(self, work: Work) -> None:
        self.work = work

    def warm(self) -> None:
        """Nothing is compiled."""

    def tokens(self, texts: list[str]) -> list[list[str]]:
        """Tokens as topica makes them, without the stop words of the language."""
        given = self.work.settings.stop_words
        stop_words = topica.ENGLISH_STOPWORDS if given is None else given
        return [topica.tokenize(text, stopwords=stop_words) for text in texts]

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Transform; the largest share."""
        return np.asarray(self.model.transform(self.tokens(texts))).argmax(axis=1)

    def reload(self, folder: Path) -> "_Tokens":
        """As its documentation says."""
        self.model.save(str(folder))
        loaded = type(self)(self.work)
        loaded.model = self.kind.load(str(folder))
        return loaded


class Lda(_Tokens):
    """A document's label is its largest share."""

    kind = topica.LDA

    def fit(self) -> Found:
        """Sample."""
        self.model = topica.LDA(self.work.settings.n_topics, seed=self.work.settings.seed)
        self.model.fit(self.tokens(self.work.texts))
        return Found.of(np.asarray(self.model.doc_topic).argmax(axis=1), self.model.top_words(TOP_WORDS))


class Bertopic(_Tokens):
    """Its own UMAP and HDBSCAN; new documents are placed by their words alone."""

    kind = topica.BERTopic

    def fit(self) -> Found:
        """Cluster and name."""
        self.model = topica.BERTopic(seed=self.work.settings.seed)
        self.model.fit(self.tokens(self.work.texts), self.work.vectors.astype(np.float64))
        return Found.of(self.model.labels, self.model.top_words(TOP_WORDS))


if __name__ == "__main__":
    main({"topica-lda": Lda, "topica-bertopic": Bertopic})
