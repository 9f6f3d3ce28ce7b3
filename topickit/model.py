"""TopicModel: the recipe, and fit, predict and transform; it calls the rooms one after another."""

import os
from functools import partial
from typing import Any, Literal, Self

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClusterMixin

from topickit._core.validation import check_no_vectors
from topickit._core.vectors import IntArray
from topickit._model.editing import EditingMixin
from topickit._model.finding import FindingMixin
from topickit._model.fitting import describe_topics, read_input, search_topics
from topickit._model.guiding import Guidance, warn_of_labels
from topickit._model.info import InfoMixin
from topickit._model.merging import MergingMixin
from topickit._model.parts import PartsMixin
from topickit._model.persistence import PersistenceMixin
from topickit._model.prediction import DEFAULT_EMBEDDER, PredictionMixin
from topickit._model.replaying import ReplayMixin
from topickit._model.settings import check_settings
from topickit._model.updating import UpdatingMixin
from topickit.cluster import base as cluster
from topickit.corpus.documents import Missing
from topickit.embed import base as embed
from topickit.embed import pipeline
from topickit.errors import NotFittedError
from topickit.fitted.fitted import Fitted
from topickit.fitted.history import History
from topickit.fitted.refine import refined_at_fit
from topickit.fitted.thresholds import OutlierShare
from topickit.fitted.topics import Topics
from topickit.keywords.languages import languages_of
from topickit.keywords.settings import KeywordSettings


class TopicModel(
    PredictionMixin,
    PartsMixin,
    EditingMixin,
    ReplayMixin,
    UpdatingMixin,
    MergingMixin,
    InfoMixin,
    FindingMixin,
    PersistenceMixin,
    ClusterMixin,
    BaseEstimator,
):
    """Find the topics of a collection of texts, and the topic of any new text.

    Parameters
    ----------
    embedder : str, embedder, object with ``encode``, or function
        Embeds the texts. ``"auto"`` (default) takes all-MiniLM-L6-v2 for up to about 20,000 short texts and
        "distilled" for more, in English; for other languages see `topickit.embed.AutoEmbedder`. Or a name or
        path of a sentence-transformers model; ``"lexical"``, TF-IDF with truncated SVD, which needs no model;
        ``"hybrid"``, both together; ``"distilled"``, fast, for large collections of short texts; or an
        object of your own.
    clusterer : str, clusterer, or object with ``fit_predict``
        ``"graph"`` (default), ``"kmeans"``, ``"agglomerative"``, ``"community"`` or ``"hdbscan"``; for groups
        that you have, `topickit.GivenLabels`.
    n_topics : int, optional
        Number of topics, known ones included. None (default) chooses it from the corpus.
    known_topics : list of str, or mapping of str to str or list of str, optional
        Topics that you expect, by name: a description or examples of each improve on the name alone. Other
        topics are found beside them. A known topic without documents stays, with size 0.
    seed_words : mapping of str to list of str, optional
        Words of known topics, of those in `known_topics` or of others.
    ignore : list of str, or mapping of str to str or list of str, optional
        As `known_topics`; the documents of these get no topic.
    keywords : KeywordSettings, optional
        How keywords are chosen. None (default) uses the default settings.
    outliers : float or "auto", optional
        Largest share of documents without a topic, 0 to below 1; blank documents come on top. "hdbscan"
        keeps its own outliers if they are fewer. "graph", "kmeans" and "agglomerative" have none of their
        own: the documents of each topic that are farthest from it become outliers. "auto" makes outliers of
        the documents that are less than half as similar to their topic as documents of the corpus usually
        are (half the median), 0 to 8% on six collections. None (default) leaves outliers to the clusterer.
    fit_sample : int, "auto" or None
        Number of distinct documents that are clustered; the others are assigned to the topics found.
        "auto" (default) is 12,500 for "graph", all for "community" and 5,000 for the others. None is all.
    long_documents : {"truncate", "chunk"}
        How a named sentence-transformers model embeds a text longer than its maximum length: truncated
        (default), or as the mean of the embeddings of its windows. Only "truncate" is
        accepted for an embedder object, which has settings of its own, and for "lexical".
    cache : path, optional
        Folder that keeps embeddings of named models between runs, by hashes of the texts; see
        `topickit.embed.CachedEmbedder`. None (default) disables it. Not saved with the model.
    device : str, optional
        Torch device, such as "cuda", for named models, nearest neighbours, communities and assignment.
        None (default) uses the CPU for all but the models. Not saved with the model.
    random_state : int
        Seed, default 0. The same texts, settings and seed give the same labels.

    Attributes
    ----------
    labels_ : int64 ndarray of shape (n,)
        Id of the topic of each document; −1 for none. Equal to ``predict`` of the same documents.
    topics_ : Topics
        The topics by rising id. A fit numbers them by falling size; edits leave ids as they are.
    fitted_ : Fitted
        The state of the fitted model.
    embedder_ : embedder
        The embedder, fitted to the corpus if it learns from one.

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
    _embedder_of_fit: Any
    _history: History

    def __init__(
        self,
        embedder: Any = DEFAULT_EMBEDDER,
        clusterer: Any = "graph",
        n_topics: int | None = None,
        *,
        known_topics: Any = None,
        seed_words: Any = None,
        ignore: Any = None,
        keywords: KeywordSettings | None = None,
        outliers: OutlierShare | None = None,
        fit_sample: int | Literal["auto"] | None = "auto",
        long_documents: Literal["truncate", "chunk"] = "truncate",
        cache: str | os.PathLike[str] | None = None,
        device: str | None = None,
        random_state: int = 0,
    ) -> None:
        self.embedder = embedder
        self.clusterer = clusterer
        self.n_topics = n_topics
        self.known_topics = known_topics
        self.seed_words = seed_words
        self.ignore = ignore
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
        regardless_of: Literal["classes"] | None = None,
        time_format: str | None = None,
        known_labels: Any = None,
        known_vectors: Any = None,
        missing: Missing = "error",
    ) -> Self:
        """Find the topics of a collection of texts.

        Parameters
        ----------
        texts : list, tuple, or column (NumPy, pandas, polars, Arrow) of str; path; function; or None
            A blank text is an outlier. With `embeddings`, None or only blank texts find topics without
            keywords, such as those of images. A `pathlib.Path` or `topickit.TextFile` is read as a
            table of texts; a function is called for an iterable of texts.
        y : ignored
            Labels go into `known_labels`.
        embeddings : array-like of shape (n, d), optional
            Embeddings of the texts; no model runs then. A hybrid embedder adds its words to them.
        timestamps : sequence of str, date, datetime, datetime64, number or None, optional
            Timestamp of each text, for topics over time; a whole number is a year, or a day such as
            20240531. Times keep their own time zone. Timestamps do not influence the topics.
        classes : sequence of str, number or None, optional
            Class of each text, for topics by class. Classes do not influence the topics, unless
            `regardless_of` says so.
        regardless_of : {"classes"}, optional
            "classes" finds topics across the classes: what tells the classes apart is taken out of the
            embeddings, of new texts too, and their own words are damped in keywords and names. Use it where
            topics would be the classes, such as the companies that reviews are about. Predictions need no
            classes. None (default) takes nothing out.
        time_format : str, optional
            Format of timestamps that are str or numbers: as for `datetime.datetime.strptime`, or "excel",
            "s" or "ms" (since 1970). None (default) takes ISO 8601, or the only format that fits all, with
            a warning that states it.
        known_labels : sequence of int, str or None, optional
            Labels of some rows, which become known topics; None, NaN and −1 are no label. `labels_` is what
            the model predicts, also for these rows; `doubtful_labels_` lists labels that others contradict.
        known_vectors : mapping of str to array-like of shape (m, d), optional
            Vectors of known topics by name, beside `embeddings` of a model that `embedder` is not.
        missing : {"error", "blank", "drop"}, default "error"
            What to do with missing texts (None, NaN, NaT, pandas.NA). "blank" makes them outliers. "drop"
            leaves out their rows, also of embeddings, timestamps and classes; `labels_` is then shorter.

        Returns
        -------
        self

        Raises
        ------
        InputError, InputTypeError
            When texts or embeddings cannot be used; the message names the row and the reason.
        ParameterError, ParameterTypeError
            When a setting cannot be used.

        Examples
        --------
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans").fit(texts, timestamps=[2020] * 6)
        >>> model.labels_.shape
        (6,)
        """
        parameters = self.get_params(deep=False)
        check_settings(parameters)
        check_no_vectors(y)
        warn_of_labels(y, known_labels)
        guidance = Guidance.of(self.known_topics, self.seed_words, self.ignore, known_vectors)
        clusterer = cluster.resolve(
            self.clusterer,
            n_topics=self.n_topics,
            random_state=self.random_state,
            device=self.device,
            to_be_cut=True,
        )
        cluster.check_outliers(clusterer, self.outliers)
        guidance.check(self.n_topics, clusterer, known_labels)
        settings = self.keywords or KeywordSettings()
        settings.check_countable()
        data = read_input(
            texts,
            clusterer,
            embeddings=embeddings,
            timestamps=timestamps,
            classes=classes,
            known_labels=known_labels,
            regardless_of=regardless_of,
            time_format=time_format,
            missing=missing,
        )
        documents = data.documents
        embedded = pipeline.fit(
            self.embedder,
            documents,
            embeddings=data.embeddings,
            cache=self.cache,
            device=embed.device_for(self.embedder, self.device),
            long_documents=self.long_documents,
            random_state=self.random_state,
            languages=partial(languages_of, documents),
        )
        search, corpus = search_topics(
            data,
            embedded,
            clusterer,
            guidance,
            keyword_settings=settings,
            fit_sample=self.fit_sample,
            n_topics=self.n_topics,
            random_state=self.random_state,
            device=self.device,
            cache=self.cache,
        )
        fitted = describe_topics(
            search, corpus, embedded, data, clusterer, keyword_settings=settings, parameters=parameters
        )
        return self._adopt(*refined_at_fit(fitted, embedded.embedder, outliers=self.outliers))

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "fitted_")

    def _fitted(self) -> Fitted:
        if not hasattr(self, "fitted_"):
            raise NotFittedError(
                "this TopicModel is not fitted yet; call fit(texts) first, or TopicModel.load"
            )
        return self.fitted_.on(self.device)

    def _adopt(self, fitted: Fitted, embedder: embed.Embedder, history: History | None = None) -> Self:
        if embedder is not self.__dict__.get("embedder_"):
            self._embedder_of_fit = self.embedder
        self.fitted_, self.embedder_ = fitted.on(self.device), embedder
        self._history = History() if history is None else history
        self.topics_ = fitted.topics
        if fitted.row_weights is None:
            # A copy by itself: what a user does to it must not reach the model, nor others that share it.
            self.labels_ = fitted.ids_of(fitted.labels)
        else:
            self.__dict__.pop("labels_", None)
        return self

    def __getattr__(self, name: str) -> Any:
        if name == "labels_" and "fitted_" in self.__dict__:
            self.fitted_.need_rows("labels_")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
