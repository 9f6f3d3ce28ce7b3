"""What a fitted `TopicModel` answers for other texts."""

import copy
import os
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import TransformerMixin

from topickit._core.validation import check_no_vectors
from topickit._core.vectors import FloatArray, IntArray, check_given
from topickit.corpus.documents import Documents, Missing, fill_missing
from topickit.corpus.tables import read
from topickit.embed import base as embed
from topickit.embed import pipeline
from topickit.errors import TopickitWarning
from topickit.fitted.assignment import Assignment
from topickit.fitted.fitted import Fitted
from topickit.fitted.topics import Topics

DEFAULT_EMBEDDER = "auto"
FIT_BY_NAME = "fit with embedder= set to it"
"""What to do about embeddings of another model, where none can be given."""
_GIVE = f"pass embeddings=, or {FIT_BY_NAME}"


class PredictionMixin(TransformerMixin):
    """Prediction, for an estimator with ``fitted_``, ``embedder_``, ``embedder`` and ``cache``."""

    embedder: Any
    cache: str | os.PathLike[str] | None
    fitted_: Fitted
    embedder_: embed.Embedder
    topics_: Topics

    if TYPE_CHECKING:
        labels_: IntArray

        def _fitted(self) -> Fitted: ...

        fit: Any

    def fit_predict(self, texts: Any, y: Any = None, **given: Any) -> IntArray:
        """Find the topics and return the topic of each text.

        Parameters
        ----------
        texts, y
            As for `fit`.
        **given
            ``embeddings=``, ``timestamps=`` and ``classes=``, as for `fit`.

        Returns
        -------
        int64 ndarray of shape (n,)
            As `labels_`.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2)
        >>> model.fit_predict(texts).shape
        (6,)
        """
        self.fit(texts, y, **given)
        return self.labels_.copy()

    def fit_transform(self, texts: Any, y: Any = None, **given: Any) -> FloatArray:
        """Find the topics and return the distribution of each text over them.

        Parameters
        ----------
        texts, y
            As for `fit`.
        **given
            ``embeddings=``, ``timestamps=`` and ``classes=``, as for `fit`.

        Returns
        -------
        float32 ndarray of shape (n, n_topics)
            As from `transform`.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2)
        >>> model.fit_transform(texts).shape
        (6, 2)
        """
        corpus = self.fit(texts, y, **given).fitted_.need_corpus("fit_transform")
        assignment = self.fitted_.assigner.assign(corpus.vectors)
        return assignment.per_row(corpus.documents, self.topics_).probabilities

    def predict(
        self,
        texts: Any,
        y: Any = None,
        *,
        embeddings: ArrayLike | None = None,
        missing: Missing = "error",
    ) -> IntArray:
        """Return the topic of each text, independently of the others.

        Parameters
        ----------
        texts : list, tuple, or column of str; or None with `embeddings`
        y : ignored
        embeddings : array-like of shape (n, d), optional
            Embeddings of the texts, from the same model as those of `fit`.
        missing : {"error", "blank", "drop"}, default "error"
            What to do with missing texts, as in `fit`; with "drop", the result has fewer rows.

        Returns
        -------
        int64 ndarray of shape (n,)
            Id of the topic; −1 for an outlier or a blank text.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> bool(model.predict(["apple cake"])[0] == model.labels_[0])
        True
        """
        check_no_vectors(y)
        documents, vectors = self._vectors(texts, embeddings, missing)
        fitted = self._fitted()
        return documents.per_row(fitted.ids_of(fitted.assigner.labels(vectors)), -1)

    def assign(
        self,
        texts: Any,
        *,
        embeddings: ArrayLike | None = None,
        probabilities: bool = True,
        missing: Missing = "error",
    ) -> Assignment:
        """Return topic, similarity and probabilities of each text, in one pass.

        Parameters
        ----------
        texts : list, tuple, or column of str
        embeddings : array-like of shape (n, d), optional
            Embeddings of the texts, from the same model as those of `fit`.
        probabilities : bool, default True
            False leaves them out, which saves memory: they take 4 bytes per text and topic.
        missing : {"error", "blank", "drop"}, default "error"
            What to do with missing texts, as in `fit`; with "drop", the result has fewer rows.

        Returns
        -------
        Assignment
            With `labels`, `similarity` and `probabilities`; `to_polars()` and `to_pandas()` make tables.

        See Also
        --------
        predict, similarity, transform : One of the three.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.assign(["apple cake"]).to_polars().columns
        ['topic', 'name', 'similarity', 'probability']
        """
        documents, vectors = self._vectors(texts, embeddings, missing)
        assignment = self._fitted().assigner.assign(vectors, probabilities=probabilities)
        return assignment.per_row(documents, self.topics_)

    def transform(
        self,
        texts: Any,
        y: Any = None,
        *,
        embeddings: ArrayLike | None = None,
        missing: Missing = "error",
    ) -> FloatArray:
        """Return the distribution of each text over the topics.

        Parameters
        ----------
        texts : list, tuple, or column of str
        y : ignored
        embeddings : array-like of shape (n, d), optional
        missing : {"error", "blank", "drop"}, default "error"
            What to do with missing texts, as in `fit`; with "drop", the result has fewer rows.

        Returns
        -------
        float32 ndarray of shape (n, n_topics)
            Columns are in the order of `topics_`, by rising id. Rows sum to 1. The largest entry is the
            label's unless the label is −1. A blank text is uniform.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.transform(["apple cake"]).shape
        (1, 2)
        """
        check_no_vectors(y)
        return self.assign(texts, embeddings=embeddings, missing=missing).probabilities

    def similarity(
        self, texts: Any, *, embeddings: ArrayLike | None = None, missing: Missing = "error"
    ) -> FloatArray:
        """Return the similarity of each text to its topic: the cosine to the topic's nearest prototype.

        Parameters
        ----------
        texts : list, tuple, or column of str
        embeddings : array-like of shape (n, d), optional
        missing : {"error", "blank", "drop"}, default "error"
            What to do with missing texts, as in `fit`; with "drop", the result has fewer rows.

        Returns
        -------
        float32 ndarray of shape (n,)
            0 for a blank text; of an outlier, to the most similar topic. About one in twenty of
            other documents of the corpus is below ``fitted_.provenance.similarity_p5``.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> bool(model.similarity(["apple pie"])[0] > model.similarity(["apple car"])[0])
        True
        """
        documents, vectors = self._vectors(texts, embeddings, missing)
        return documents.per_row(self._fitted().assigner.similarity(vectors), 0)

    def _for_prediction(self) -> Self:
        """Return a model that predicts as this one does and holds nothing per training document."""
        fitted = self._fitted()
        light = copy.copy(self)
        light.__dict__.pop("_history", None)
        topics = fitted.topics.without_texts()
        light.fitted_ = replace(
            fitted,
            labels=np.empty(0, dtype=np.int64),
            topics=topics,
            corpus=None,
            evidence=None,
            covariates=None,
        )
        light.labels_, light.topics_ = light.fitted_.labels, topics
        return light

    def _vectors(
        self,
        texts: Any,
        embeddings: ArrayLike | None,
        missing: Missing = "error",
        *,
        way_out: str = _GIVE,
    ) -> tuple[Documents, FloatArray]:
        """Return documents and their unit vectors; `way_out` is what to do if the embedder is another one."""
        self._fitted()
        given = None if embeddings is None else check_given(embeddings, stacklevel=4)
        by_vectors = given is not None and (texts is None or not self.fitted_.counts.terms)
        if texts is not None:
            texts, (given,) = fill_missing(read(texts), missing, [given])
        if texts is not None or given is None:
            documents = Documents.of(texts, given, may_be_empty=True)
        if by_vectors and given is not None:  # no blank text is an outlier
            documents = Documents.of_vectors(given)
        return documents, self._embedded(documents, given, way_out, stacklevel=5)

    def _embedded(
        self,
        documents: Documents,
        given: Any,
        way_out: str = _GIVE,
        *,
        stacklevel: int = 4,
    ) -> FloatArray:
        """Return unit vectors of documents, by the embedder of the fit where none are given."""
        if given is None:
            self._warn_of_other_vectors(way_out, stacklevel)
        dimension = self._fitted().assigner.dimension
        vectors = pipeline.transform(
            self.embedder_, documents, embeddings=given, cache=self.cache, dimension=dimension
        )
        return self.fitted_.mapped(vectors)

    def _warn_of_other_vectors(self, way_out: str, stacklevel: int) -> None:
        embedder = self.__dict__.get("_embedder_of_fit", self.embedder)
        name = embed.name(embedder)
        if embedder is not self.embedder and (name is None or name != embed.name(self.embedder)):
            warnings.warn(
                f"embedder={self.embedder!r} was set after the fit and applies to the next fit; these texts "
                f"are embedded by {self.embedder_!r}",
                TopickitWarning,
                stacklevel=stacklevel,
            )
            return
        given = self.fitted_.provenance.embedder.kind == embed.GIVEN.kind
        if given and embed.name(self.embedder) in (DEFAULT_EMBEDDER, "hybrid"):
            warnings.warn(
                f"the model was fitted on embeddings that you gave, and these texts are embedded with "
                f"{embed.describe(self.embedder_).name}; if those came from another model, {way_out}",
                TopickitWarning,
                stacklevel=stacklevel,
            )
