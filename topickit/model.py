"""TopicModel: the recipe, and fit, predict and transform; it calls the rooms one after another."""

import copy
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin, TransformerMixin

from topickit._core import devices
from topickit._core.progress import stage
from topickit._core.validation import check_no_vectors
from topickit._core.vectors import FloatArray, IntArray, check_given, taken, with_direction
from topickit.cluster import base as cluster
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents
from topickit.corpus.tables import read
from topickit.embed import base as embed
from topickit.embed import pipeline
from topickit.embed.cache.embedder import folder_of
from topickit.embed.models.languages import warn_of_language
from topickit.errors import InputError, NotFittedError, ParameterError, TopickitWarning, is_whole
from topickit.fitted import edits as regroup
from topickit.fitted.discover import TopicSearch
from topickit.fitted.fitted import Fitted, derive, provenance, with_base_level
from topickit.fitted.naming import NamingFunction, ask_names
from topickit.fitted.refine import refine
from topickit.fitted.topics import Topics
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

if TYPE_CHECKING:
    from topickit.report.report import Report

DEFAULT_EMBEDDER = "all-MiniLM-L6-v2"


class TopicModel(ClusterMixin, TransformerMixin, BaseEstimator):
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
            A blank text is an outlier. A `pathlib.Path` or `topickit.corpus.tables.TextFile` is read as a
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
        self._check_settings()
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
            raise InputError(
                f"all {documents.n_rows} documents are blank; there is nothing to find topics in"
            )
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
            found = self._find(documents, vectors, clusterer)
            terms = counting.result()
        warn_of_language(embedded.info, terms.languages, terms.language_share, len(documents))
        with stage("Describing topics"):
            assigner = found.assigner.with_at_most(vectors, documents.weights, self.outliers)
            notes = provenance(
                documents,
                self._settings(),
                str(embedded.info),
                vectors.shape[1],
                len(found.sampled),
                found.clustering.notes,
            )
            fitted = derive(
                documents,
                vectors,
                terms,
                assigner,
                keyword_settings=settings,
                notes=notes,
                stability=found.stability,
                covariates=covariates,
            )
            fitted = with_base_level(fitted, found.sampled, found.weights, found.clustering.resampled_labels)
        if self.n_topics is not None:
            fitted = regroup.at_most(fitted, self.n_topics)
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
        return self._spread(*self._vectors(texts, embeddings))

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
            topics were found on, one in twenty is below ``fitted_.notes["usual_similarity"]``.
        """
        documents, vectors = self._vectors(texts, embeddings)
        return documents.per_row(self._fitted().assigner.similarity(vectors), 0)

    def fit_predict(self, texts: Any, y: Any = None, **given: Any) -> IntArray:
        """Find the topics and give the topic of each text; takes what `fit` takes."""
        return self.fit(texts, y, **given).labels_.copy()

    def fit_transform(self, texts: Any, y: Any = None, **given: Any) -> FloatArray:
        """Find the topics and give each text's distribution over them; takes what `fit` takes."""
        self.fit(texts, y, **given)
        return self._spread(*self._corpus())

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns of `transform`, which scikit-learn's ``set_output`` asks for.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str of shape (n_topics,)
            Such as "topic 0: butter, garlic, onion".
        """
        topics = self._fitted().topics
        return np.array([f"topic {topic.id}: {topic.name}" for topic in topics], dtype=object)

    def report(self) -> "Report":
        """Describe the model: prints as text, and writes HTML, JSON, CSV and Markdown."""
        from topickit.report.report import Report

        self._check_fitted()
        return Report.of(self.fitted_)

    def save(self, path: str | os.PathLike[str], *, keep_texts: bool = False) -> None:
        """Write the model into a folder of JSON and safetensors, whole or not at all.

        Parameters
        ----------
        path : path
            A new folder, or one that holds a saved model, which is replaced.
        keep_texts : bool
            Keep the texts, their words and vectors too. Without them the file holds no text of any
            document, and the loaded model has no representative documents.
        """
        from topickit import storage

        self._check_fitted()
        with stage("Saving"):
            storage.save(self, path, keep_texts=keep_texts)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        embedder: Any = None,
        device: str | None = None,
        tokenizer: Any = None,
    ) -> "TopicModel":
        """Read a saved model; it answers as the saved one did. Nothing in the file is executed.

        Parameters
        ----------
        path : path
        embedder : optional
            Needed to predict from texts where the model was fitted with an embedder of your own.
        device : str, optional
            The parameter of that name, which a file does not hold.
        tokenizer : optional
            Needed to fit again where ``keywords=`` had a tokenizer of your own; see `KeywordSettings`.
        """
        from topickit import storage

        return storage.load(path, embedder=embedder, device=device, tokenizer=tokenizer)

    def merge_topics(self, groups: Sequence[Sequence[int]]) -> Self:
        """Return a new model in which each group of topics is one. See `fitted.edits`."""
        return self._edited(lambda fitted: regroup.merge(fitted, groups))

    def delete_topics(self, topics: Sequence[int]) -> Self:
        """Return a new model without these topics. See `fitted.edits`."""
        return self._edited(lambda fitted: regroup.delete(fitted, topics, outliers=self.outliers))

    def rename_topics(self, names: Mapping[int, str]) -> Self:
        """Return a new model with topics named by you. See `fitted.edits`."""
        return self._edited(lambda fitted: regroup.rename(fitted, names))

    def name_topics(self, name: NamingFunction, *, send_texts: bool = False) -> Self:
        """Return a new model with names from a function of yours; see `topickit.fitted.naming.ask_names`."""
        names = ask_names(self._fitted().topics, name, send_texts=send_texts)
        return self._edited(lambda fitted: regroup.rename(fitted, names))

    def split_topic(self, topic: int, n: int = 2) -> Self:
        """Return a new model with one topic split into n. See `fitted.edits`."""
        return self._edited(lambda fitted: regroup.split(fitted, topic, n, random_state=self.random_state))

    def with_outliers(self, share: float) -> Self:
        """Return a new model with another share of outliers. See `fitted.edits`."""
        made = self._edited(lambda fitted: regroup.with_outliers(fitted, share))
        made.outliers = share  # which later edits keep to
        return made

    def at(self, n_topics: int) -> Self:
        """Return a new model at another level of the hierarchy, without a fit. See `fitted.edits`."""
        return self._edited(lambda fitted: regroup.cut(fitted, n_topics))

    def refine(self, seconds: float) -> Self:
        """Return a new model, its doubtful documents embedded by the teacher. See `fitted.refine`."""
        refined = refine(self._fitted(), self.embedder_, seconds, outliers=self.outliers)
        return copy.copy(self)._adopt(*refined)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "fitted_")

    def _check_settings(self) -> None:
        for name, least, others in (("n_topics", 1, (None,)), ("fit_sample", 2, (None, "auto"))):
            value = getattr(self, name)
            if value not in others and not (is_whole(value) and value >= least):
                listed = ", ".join(map(repr, others))
                raise ParameterError(f"{name} must be {listed} or an int of at least {least}, got {value!r}")
        if self.keywords is not None and not isinstance(self.keywords, KeywordSettings):
            raise ParameterError(f"keywords must be None or a KeywordSettings, got {self.keywords!r}")
        if self.long_documents not in ("truncate", "chunk"):
            raise ParameterError(f"long_documents must be 'truncate' or 'chunk', got {self.long_documents!r}")
        if self.cache is not None:
            folder_of(self.cache)
        devices.check(self.device)
        if not (is_whole(self.random_state) and 0 <= self.random_state < 2**32):
            raise ParameterError(
                f"random_state must be an int from 0 to 2**32 - 1, got {self.random_state!r}"
            )
        is_number = isinstance(self.outliers, Real) and not isinstance(self.outliers, bool)
        if self.outliers is not None and not (is_number and 0 <= self.outliers < 1):
            raise ParameterError(f"outliers must be None or a share from 0 to below 1, got {self.outliers!r}")

    def _find(self, documents: Documents, vectors: FloatArray, clusterer: cluster.Clusterer) -> TopicSearch:
        """Find topics in a sample of the documents."""
        with stage("Finding topics"):
            rows = documents.sample(
                clusterer.sample_size if self.fit_sample == "auto" else self.fit_sample,
                self.random_state,
                usable=lambda rows: with_direction(vectors, rows),
            )
            sampled, weights = taken(vectors, rows), documents.weights[rows]
            clustering = clusterer.cluster(sampled, weights).or_one_cluster()
            found = TopicSearch.of(sampled, weights, clustering, self.random_state, self.device)
            if clustering.finer is not None and found.assigner.n_topics < (self.n_topics or 0):
                found = TopicSearch.of(sampled, weights, clustering.finer(), self.random_state, self.device)
        return found

    def _check_fitted(self) -> None:
        if not hasattr(self, "fitted_"):
            raise NotFittedError(
                "this TopicModel is not fitted yet; call fit(texts) first, or TopicModel.load"
            )

    def _fitted(self) -> Fitted:
        """What the model knows; its Assigner computes on the model's device."""
        self._check_fitted()
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
        given = self.fitted_.notes.get("embedder") == str(embed.GIVEN)
        if given and embed.name(self.embedder) in (DEFAULT_EMBEDDER, "hybrid"):
            warnings.warn(
                f"the model was fitted on vectors given to it, and these texts are embedded with "
                f"{self.embedder}; if that did not make those vectors, pass embeddings=, or set embedder= to "
                "the model that did",
                TopickitWarning,
                stacklevel=4,
            )

    def _corpus(self) -> tuple[Documents, FloatArray]:
        """Documents and vectors of the last `fit`."""
        documents, vectors = self.fitted_.documents, self.fitted_.vectors
        if documents is None or vectors is None:
            raise InputError("the model was loaded without its documents; pass them: transform(texts)")
        return documents, vectors

    def _spread(self, documents: Documents, vectors: FloatArray) -> FloatArray:
        distribution = self._fitted().assigner.distribution(vectors)
        return documents.per_row(distribution, 1 / max(1, len(self.topics_)))

    def _settings(self) -> dict[str, object]:
        """The parameters that decide the result, as plain data; an object of the user's by its name."""
        parameters = self.get_params(deep=False)
        del parameters["cache"], parameters["device"]  # what this machine has, not what decides the result
        return {
            **parameters,
            "clusterer": cluster.config(self.clusterer),
            "embedder": embed.name(self.embedder) or type(self.embedder).__name__,
            "keywords": (self.keywords or KeywordSettings()).state().config,
        }

    def _adopt(self, fitted: Fitted, embedder: embed.Embedder) -> Self:
        self.fitted_, self.embedder_ = fitted.on(self.device), embedder
        # A copy: what a user does to it must not reach the model, nor others that share what it knows.
        self.labels_, self.topics_ = fitted.labels.copy(), fitted.topics
        return self

    def _edited(self, edit: Callable[[Fitted], Fitted]) -> Self:
        return copy.copy(self)._adopt(edit(self._fitted()), self.embedder_)
