"""TopicModel: the recipe, and fit, predict and transform; it calls the rooms one after another."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, Self

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin

from topickit._core.progress import stage
from topickit._core.validation import check_no_vectors
from topickit._core.vectors import FloatArray, IntArray, check_given
from topickit._model.editing import EditingMixin
from topickit._model.info import InfoMixin
from topickit._model.persistence import PersistenceMixin
from topickit._model.settings import check_settings, recorded_parameters
from topickit.cluster import base as cluster
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents
from topickit.corpus.tables import read
from topickit.embed import base as embed
from topickit.embed import pipeline
from topickit.embed.models.languages import warn_of_language
from topickit.errors import InputError, NotFittedError, TopickitWarning
from topickit.fitted.assignment import Assignment
from topickit.fitted.corpus import Corpus
from topickit.fitted.derive import describe, measure, with_base_level
from topickit.fitted.discover import find_topics
from topickit.fitted.edits import at_most
from topickit.fitted.fitted import Fitted
from topickit.fitted.provenance import Provenance
from topickit.fitted.topics import Topics
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

if TYPE_CHECKING:
    pass

DEFAULT_EMBEDDER = "all-MiniLM-L6-v2"


class TopicModel(EditingMixin, InfoMixin, PersistenceMixin, ClusterMixin, TransformerMixin, BaseEstimator):
    """Find the topics of a collection of texts, and the topic of any new text.

    Parameters
    ----------
    embedder : str, embedder, object with ``encode``, or function
        Makes a vector of each text. A model name or path for sentence-transformers, ``"lexical"``
        for TF-IDF with truncated SVD (no model, no download), ``"hybrid"`` for both together, ``"distilled"``
        for many short texts soon, or an object of your own.
    clusterer : str, clusterer, or object with ``fit_predict``
        ``"graph"``, ``"kmeans"``, ``"agglomerative"``, ``"community"``, ``"hdbscan"``.
    n_topics : int, optional
        How many topics; None finds the number from the corpus.
    keywords : KeywordSettings, optional
        How keywords are made; None for the default settings.
    outliers : float, optional
        At most this share of the documents is left without a topic, 0 to below 1, besides those without
        words. "hdbscan" keeps its own outliers where they are no more; "graph", "kmeans" and
        "agglomerative", which have none, get this share of each topic, the farthest. None leaves it to
        the clusterer.
    fit_sample : int, "auto" or None
        Distinct documents on which topics are found; all others are assigned to them. "auto" takes
        as many as serve the clusterer (15,000 for "graph", all for "community", 5,000 for others),
        None all.
    long_documents : {"truncate", "chunk"}
        What a named sentence-transformers model does with a text longer than it reads: cut it off,
        or average the vectors of windows of it.
    cache : path, optional
        Folder in which vectors of named models are kept between runs, by hashes of the texts; see
        `topickit.embed.CachedEmbedder`. It is not saved with the model.
    device : str, optional
        A torch device, such as "cuda", for named models, nearest neighbours, communities and the
        assigning of documents; None leaves all but the models to the processors. It is not saved with
        the model.
    random_state : int
        Same texts, same settings, same number: the same labels.

    Attributes
    ----------
    labels_ : int64 ndarray of shape (n,)
        Topic of each document; −1 for none. Equal to ``predict`` of the same documents.
    topics_ : Topics
        The topics, largest first.
    fitted_ : Fitted
        Everything the model knows.
    embedder_ : embedder
        The embedder, fitted to the corpus where it learns from it.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> len(model.topics_)
    2
    >>> bool(model.predict(["apple cake"])[0] == model.labels_[0])
    True
    """

    labels_: IntArray
    topics_: Topics
    fitted_: Fitted
    embedder_: embed.Embedder

    def __init__(
        self,
        embedder: Any = DEFAULT_EMBEDDER,
        clusterer: Any = "graph",
        n_topics: int | None = None,
        *,
        keywords: KeywordSettings | None = None,
        outliers: float | None = None,
        fit_sample: int | Literal["auto"] | None = "auto",
        long_documents: Literal["truncate", "chunk"] = "truncate",
        cache: str | os.PathLike[str] | None = None,
        device: str | None = None,
        random_state: int = 0,
    ) -> None:
        self.embedder = embedder
        self.clusterer = clusterer
        self.n_topics = n_topics
        self.keywords = keywords
        self.outliers = outliers
        self.fit_sample = fit_sample
        self.long_documents = long_documents
        self.cache = cache
        self.device = device
        self.random_state = random_state

    def fit(
        self,
        texts: Any,
        y: Any = None,
        *,
        embeddings: ArrayLike | None = None,
        timestamps: Any = None,
        classes: Any = None,
    ) -> Self:
        """Find the topics of texts.

        Parameters
        ----------
        texts : list, tuple, or column (NumPy, pandas, polars, Arrow) of str; path; or function
            A blank text is an outlier. A `pathlib.Path` or `topickit.TextFile` is read as a
            table of texts; a function is called for an iterable of texts.
        y : ignored
        embeddings : array-like of shape (n, d), optional
            Vectors of the texts, if you have them; then no model runs. A hybrid embedder adds its words.
        timestamps : sequence of ISO 8601 str, date, datetime, datetime64, int or None, optional
            When each text is from (an int is a year, or a day as 20240531): for topics over time. They do not
            change the topics.
        classes : sequence of str, number or None, optional
            What each text belongs to: for topics by class. They do not change the topics.

        Returns
        -------
        self

        Raises
        ------
        InputError, InputTypeError
            When texts or embeddings cannot be used; the message says which row and why.
        ParameterError, ParameterTypeError
            When a setting cannot be used.
        """
        check_settings(self.get_params(deep=False))
        check_no_vectors(y)
        clusterer = cluster.resolve(
            self.clusterer,
            n_topics=self.n_topics,
            random_state=self.random_state,
            device=self.device,
            to_be_cut=True,
        )
        cluster.check_outliers(clusterer, self.outliers)
        settings = self.keywords or KeywordSettings()
        settings.check_countable()
        given = None if embeddings is None else check_given(embeddings)
        with stage("Reading texts"):
            documents = Documents.of(read(texts), given)
        covariates = Covariates.of(documents.n_rows, timestamps=timestamps, classes=classes)
        if not len(documents):
            raise InputError(f"all {documents.n_rows} documents are blank; a fit needs at least one text")
        embedded = pipeline.fit(
            self.embedder,
            documents,
            embeddings=given,
            cache=self.cache,
            device=self.device,
            long_documents=self.long_documents,
            random_state=self.random_state,
        )
        embedder, vectors = embedded.embedder, embedded.vectors
        with ThreadPoolExecutor(1) as aside:
            # Words are counted by the interpreter while topics are found outside of its lock.
            counting = aside.submit(count_terms, documents.texts, documents.weights, settings)
            with stage("Finding topics"):
                search = find_topics(
                    documents,
                    vectors,
                    clusterer,
                    sample_size=self.fit_sample,
                    n_topics=self.n_topics,
                    random_state=self.random_state,
                    device=self.device,
                )
            terms = counting.result()
        warn_of_language(embedded.info, terms.languages, terms.language_share, len(documents))
        with stage("Describing topics"):
            provenance = Provenance.of(
                documents,
                recorded_parameters(self.get_params(deep=False)),
                embedded.info,
                dimension=vectors.shape[1],
                n_sampled=len(search.sampled),
                clusterer=search.clustering.notes,
            )
            fitted = measure(
                Corpus(documents, vectors, terms),
                search.assigner.with_at_most(vectors, documents.weights, self.outliers),
                keyword_settings=settings,
                provenance=provenance,
                stability=search.stability,
                covariates=covariates,
            )
            fitted = with_base_level(
                fitted, search.sampled, search.weights, search.clustering.resampled_labels
            )
            fitted = describe(fitted if self.n_topics is None else at_most(fitted, self.n_topics))
        return self._adopt(fitted, embedder)

    def predict(self, texts: Any, y: Any = None, *, embeddings: ArrayLike | None = None) -> IntArray:
        """Give the topic of each text, on its own.

        Parameters
        ----------
        texts : list, tuple, or column of str
        y : ignored
        embeddings : array-like of shape (n, d), optional
            Vectors of the texts, from the same model as those of `fit`.

        Returns
        -------
        int64 ndarray of shape (n,)
            −1 for an outlier or a blank text.
        """
        check_no_vectors(y)
        documents, vectors = self._vectors(texts, embeddings)
        return documents.per_row(self._fitted().assigner.labels(vectors), -1)

    def assign(
        self, texts: Any, *, embeddings: ArrayLike | None = None, probabilities: bool = True
    ) -> Assignment:
        """Return topic, similarity and probabilities of each text, in one pass.

        Parameters
        ----------
        texts : list, tuple, or column of str
        embeddings : array-like of shape (n, d), optional
            Embeddings of the texts, from the same model as those of `fit`.
        probabilities : bool, default True
            False leaves them out, which saves memory: they take 4 bytes per text and topic.

        Returns
        -------
        Assignment
            With `labels`, `similarity` and `probabilities`; `to_polars()` and `to_pandas()` make tables.

        See Also
        --------
        predict, similarity, transform : One of the three.

        Examples
        --------
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.assign(["apple cake"]).to_polars().columns
        ['topic', 'name', 'similarity', 'probability']
        """
        documents, vectors = self._vectors(texts, embeddings)
        assignment = self._fitted().assigner.assign(vectors, probabilities=probabilities)
        return assignment.per_row(documents, self._names())

    def transform(self, texts: Any, y: Any = None, *, embeddings: ArrayLike | None = None) -> FloatArray:
        """Give the distribution of each text over the topics.

        Parameters
        ----------
        texts : list, tuple, or column of str
        y : ignored
        embeddings : array-like of shape (n, d), optional

        Returns
        -------
        float32 ndarray of shape (n, n_topics)
            Rows sum to 1; the largest entry is the label's wherever the label is not −1. A blank
            text is uniform.
        """
        check_no_vectors(y)
        return self.assign(texts, embeddings=embeddings).probabilities

    def similarity(self, texts: Any, *, embeddings: ArrayLike | None = None) -> FloatArray:
        """Say how well each text fits its topic: the cosine to the nearest of the topic's prototypes.

        Parameters
        ----------
        texts : list, tuple, or column of str
        embeddings : array-like of shape (n, d), optional

        Returns
        -------
        float32 ndarray of shape (n,)
            0 for a blank text; for an outlier that to the topic that it is most like. Of the documents that
            topics were found on, one in twenty is below ``fitted_.provenance.similarity_p5``.
        """
        documents, vectors = self._vectors(texts, embeddings)
        return documents.per_row(self._fitted().assigner.similarity(vectors), 0)

    def fit_predict(self, texts: Any, y: Any = None, **given: Any) -> IntArray:
        """Find the topics and give the topic of each text; takes what `fit` takes."""
        return self.fit(texts, y, **given).labels_.copy()

    def fit_transform(self, texts: Any, y: Any = None, **given: Any) -> FloatArray:
        """Find the topics and give each text's distribution over them; takes what `fit` takes."""
        corpus = self.fit(texts, y, **given).fitted_.need_corpus("fit_transform")
        assignment = self.fitted_.assigner.assign(corpus.vectors)
        return assignment.per_row(corpus.documents, self._names()).probabilities

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "fitted_")

    def _fitted(self) -> Fitted:
        if not hasattr(self, "fitted_"):
            raise NotFittedError(
                "this TopicModel is not fitted yet; call fit(texts) first, or TopicModel.load"
            )
        return self.fitted_.on(self.device)

    def _vectors(self, texts: Any, embeddings: ArrayLike | None) -> tuple[Documents, FloatArray]:
        """Documents and their unit vectors, of the length that the model knows."""
        assigner = self._fitted().assigner
        given = None if embeddings is None else check_given(embeddings, stacklevel=4)
        documents = Documents.of(read(texts), given, may_be_empty=True)
        if given is None:
            self._warn_of_other_vectors()
        return documents, pipeline.transform(
            self.embedder_, documents, embeddings=given, cache=self.cache, dimension=assigner.dimension
        )

    def _warn_of_other_vectors(self) -> None:
        given = self.fitted_.provenance.embedder.kind == embed.GIVEN.kind
        if given and embed.name(self.embedder) in (DEFAULT_EMBEDDER, "hybrid"):
            warnings.warn(
                f"the model was fitted on vectors given to it, and these texts are embedded with "
                f"{self.embedder}; if that did not make those vectors, pass embeddings=, or set embedder= to "
                "the model that did",
                TopickitWarning,
                stacklevel=4,
            )

    def _adopt(self, fitted: Fitted, embedder: embed.Embedder) -> Self:
        self.fitted_, self.embedder_ = fitted.on(self.device), embedder
        # A copy: what a user does to it must not reach the model, nor others that share its state.
        self.labels_, self.topics_ = fitted.labels.copy(), fitted.topics
        return self

    def _names(self) -> tuple[str, ...]:
        return tuple(topic.name for topic in self.topics_)
