"""turftopic: KeyNMF and S³ with the number of topics given, and Topeax, which chooses it."""

from pathlib import Path
from typing import Any

import turftopic
from sklearn.feature_extraction.text import CountVectorizer

from benchmarks.peers.protocol import TOP_WORDS, Found, Labels, ReadyVectors, Vectors, Work, main


def _parts(work: Work) -> dict[str, Any]:
    """The encoder, and its default vectorizer with the stop words of the language."""
    vectorizer = CountVectorizer(min_df=10, stop_words=work.settings.count_stop_words)
    return {"encoder": ReadyVectors(work), "vectorizer": vectorizer, "random_state": work.settings.seed}


class Soft:
    """A model of weights; a document's label is its largest."""

    def __init__(self, work: Work, model: Any) -> None:
        self.work, self.model = work, model

    def warm(self) -> None:
        """Load the model that embeds words."""
        self.model.encoder.encode(["a word that no text has: \0"])

    def fit(self) -> Found:
        """Fit; words are embedded on the way."""
        weights = self.model.fit_transform(self.work.texts, embeddings=self.work.vectors)
        words = [[word for word, _ in topic] for _, topic in self.model.get_topics(top_k=TOP_WORDS)]
        return Found.of(weights.argmax(axis=1), words)

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Transform."""
        return self.model.transform(texts, embeddings=vectors).argmax(axis=1)

    def reload(self, folder: Path) -> "Soft":
        """As its documentation says."""
        self.model.to_disk(folder)
        return type(self)(self.work, turftopic.load_model(str(folder)))


class Peaks(Soft):
    """A mixture on a t-SNE map, which has no place for new documents."""

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Not offered."""
        raise NotImplementedError

    def reload(self, folder: Path) -> Soft:
        """Of no use without predicting."""
        raise NotImplementedError


if __name__ == "__main__":
    main(
        {
            "keynmf": lambda work: Soft(work, turftopic.KeyNMF(work.settings.n_topics, **_parts(work))),
            "s3": lambda work: Soft(
                work, turftopic.SemanticSignalSeparation(work.settings.n_topics, **_parts(work))
            ),
            "topeax": lambda work: Peaks(work, turftopic.Topeax(**_parts(work))),
        }
    )
