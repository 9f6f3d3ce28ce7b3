"""How a `TopicModel` finds topics and documents."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from topickit._model.prediction import FIT_BY_NAME
from topickit.analysis.info import document_info
from topickit.analysis.search import FoundDocuments, FoundTopics, check_query, find_documents, find_topics
from topickit.corpus.documents import Documents
from topickit.fitted.fitted import Fitted
from topickit.fitted.topics import TopicKey

if TYPE_CHECKING:
    import polars as pl

    from topickit._core.vectors import FloatArray


class FindingMixin:
    """Search, for an estimator with methods ``_fitted`` and ``_vectors``."""

    if TYPE_CHECKING:

        def _fitted(self) -> Fitted: ...

        _vectors: Callable[..., tuple[Documents, FloatArray]]

    def find_topics(self, query: str, n: int = 5, *, embedding: ArrayLike | None = None) -> FoundTopics:
        """Find the topics that a query is about, by vectors and by words.

        The score of a topic is the mean of its cosine similarity to the query and of the c-TF-IDF weight of
        the query's words in it, each divided by that of the best topic. The documents are not needed.

        Parameters
        ----------
        query : str
            A few words, or a whole text.
        n : int, default 5
            At most so many topics.
        embedding : array-like of shape (d,), optional
            Embedding of the query, from the same model as those of `fit`.

        Returns
        -------
        FoundTopics
            The best first; ``to_polars()`` and ``to_pandas()`` make a table. Empty where no topic has
            anything in common with the query.

        Raises
        ------
        InputError, InputTypeError
            If the query is not a str, or blank, or the embedding cannot be used.
        ParameterError
            If `n` is not a positive integer.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> found = model.find_topics("a sweet apple")
        >>> bool(found.ids[0] == model.labels_[0])
        True
        """
        check_query(query, n)
        given = None if embedding is None else [embedding]
        _, vectors = self._vectors([query], given, way_out=FIT_BY_NAME)
        return find_topics(self._fitted(), query, vectors[0], int(n))

    def find_documents(
        self,
        query: str,
        topic: TopicKey | None = None,
        n: int = 20,
        *,
        embedding: ArrayLike | None = None,
    ) -> FoundDocuments:
        """Find training documents that answer a query, by vectors and by words.

        The score of a document is the weighted mean of its cosine similarity to the query, of BM25 over the
        words of the query, with a weight of 0.5, and of the score that `find_topics` gives its topic, each
        divided by the best one. When a word of the query is in at most 5 documents, as names and codes are,
        the weight of BM25 is 1 and the topic does not count.

        Parameters
        ----------
        query : str
            A few words, or a whole text.
        topic : int or str, optional
            Search only the documents of this topic, by id or name; −1 for those in no topic. None (default)
            searches all.
        n : int, default 20
            At most so many documents.
        embedding : array-like of shape (d,), optional
            Embedding of the query, from the same model as those of `fit`.

        Returns
        -------
        FoundDocuments
            The best first, equal texts as one; ``to_polars()`` and ``to_pandas()`` make a table.

        Raises
        ------
        InputError, InputTypeError
            If the model was saved without its texts, the query is not a str, or blank, or the embedding
            cannot be used.
        ParameterError
            If `n` is not a positive integer.
        TopicNotFoundError
            If there is no such topic.

        See Also
        --------
        documents : All documents of a topic.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.find_documents("green", n=1).texts
        ('green apple',)
        """
        check_query(query, n)
        fitted = self._fitted()
        fitted.need_corpus("find_documents")
        topic = self._topic_or_none(topic)
        given = None if embedding is None else [embedding]
        _, vectors = self._vectors([query], given, way_out=FIT_BY_NAME)
        return find_documents(fitted, query, vectors[0], topic=topic, n=int(n))

    def documents(self, topic: TopicKey) -> "pl.DataFrame":
        """Return a table of the training documents of a topic, the most similar to it first.

        Parameters
        ----------
        topic : int or str
            By id or name; −1 for the documents in no topic.

        Returns
        -------
        polars.DataFrame
            The columns of `document_info`. ``to_pandas()`` makes a pandas frame.

        Raises
        ------
        InputError
            When the model was saved without its texts.
        TopicNotFoundError
            If there is no such topic.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> sorted(model.documents(model.labels_[0])["document"])
        ['apple pie', 'green apple', 'red apple']
        """
        fitted = self._fitted()
        fitted.need_corpus("documents")
        wanted = self._topic_or_none(topic)
        rows = np.flatnonzero(fitted.ids_of(fitted.labels) == wanted)
        return document_info(fitted, rows).sort("similarity", descending=True, maintain_order=True)

    def _topic_or_none(self, topic: TopicKey | None) -> int | None:
        """Return the id of a topic; −1 and None as they are."""
        if topic is None or (isinstance(topic, int | np.integer) and topic == -1):
            return None if topic is None else -1
        return self._fitted().topics.ids(topic)[0]
