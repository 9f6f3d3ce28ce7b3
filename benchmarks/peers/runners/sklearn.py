"""scikit-learn's NMF and LDA, as in its example of topic extraction, with the number of topics given."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.decomposition import NMF, LatentDirichletAllocation
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from benchmarks.peers.protocol import TOP_WORDS, Found, Labels, Vectors, Work, main


class Factors:
    """A vectorizer and a factorisation; a document's label is its largest weight."""

    def __init__(self, work: Work, vectorizer: Any, model: Any) -> None:
        self.work, self.vectorizer, self.model = work, vectorizer, model

    def warm(self) -> None:
        """Nothing is compiled."""

    def fit(self) -> Found:
        """Count and factorise."""
        weights = self.model.fit_transform(self.vectorizer.fit_transform(self.work.texts))
        names = self.vectorizer.get_feature_names_out()
        best = np.argsort(-self.model.components_, axis=1, kind="stable")[:, :TOP_WORDS]
        return Found.of(weights.argmax(axis=1), names[best].tolist())

    def predict(self, texts: list[str], vectors: Vectors) -> Labels:
        """Transform new documents."""
        return self.model.transform(self.vectorizer.transform(texts)).argmax(axis=1)

    def reload(self, folder: Path) -> "Factors":
        """By joblib, as scikit-learn's documentation says."""
        joblib.dump((self.vectorizer, self.model), folder)
        return Factors(self.work, *joblib.load(folder))


def _counting(work: Work) -> dict[str, Any]:
    return {"max_df": 0.95, "min_df": 2, "stop_words": work.settings.count_stop_words}


def nmf(work: Work) -> Factors:
    """TF-IDF and NMF."""
    model = NMF(work.settings.n_topics, random_state=work.settings.seed)
    return Factors(work, TfidfVectorizer(**_counting(work)), model)


def lda(work: Work) -> Factors:
    """Counts and LDA."""
    model = LatentDirichletAllocation(work.settings.n_topics, random_state=work.settings.seed)
    return Factors(work, CountVectorizer(**_counting(work)), model)


if __name__ == "__main__":
    main({"sklearn-nmf": nmf, "sklearn-lda": lda})
