"""Updates of a `TopicModel` by new documents."""

import copy
from typing import TYPE_CHECKING, Any, Self

from numpy.typing import ArrayLike

from topickit._core.progress import stage
from topickit._core.validation import check_no_vectors
from topickit._core.vectors import FloatArray, check_given
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents, Missing, fill_missing
from topickit.corpus.tables import read
from topickit.embed import base as embed
from topickit.fitted.change import Change
from topickit.fitted.fitted import Fitted
from topickit.fitted.history import History, recorded
from topickit.fitted.thresholds import OutlierShare
from topickit.fitted.update import Drift, NewRows, updated


class UpdatingMixin:
    """Updates, for an estimator with ``fitted_``, ``embedder_`` and ``_vectors``."""

    embedder_: embed.Embedder
    outliers: OutlierShare | None
    _history: History

    if TYPE_CHECKING:
        fit: Any

        def _fitted(self) -> Fitted: ...
        def _adopt(self, fitted: Fitted, embedder: Any, history: History) -> Self: ...
        def _embedded(self, documents: Documents, given: Any) -> FloatArray: ...

    @property
    def change_(self) -> Change | None:
        """What the last update changed; None for a model that was not updated.

        Returns
        -------
        Change or None

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.updated(["apple cake"]).change_.n_new
        1
        """
        return self._fitted().provenance.change

    def updated(
        self,
        texts: Any,
        embeddings: ArrayLike | None = None,
        *,
        timestamps: Any = None,
        classes: Any = None,
        time_format: str | None = None,
        missing: Missing = "error",
        drift: Drift = "keep",
        find_new: bool = True,
    ) -> Self:
        """Add documents to the model, and find new topics in them.

        Topics keep their ids and names. Sizes, shares, keywords and risk ratios are those of all documents.
        New documents in a region where they are three times as frequent as the earlier ones, and twice as
        frequent as in their topics, become new topics; usually there is none. Their prototypes may take some
        of the earlier documents, at most a few percent as a rule. `change_` says what changed.

        A model that was saved without its texts can be updated, too. Its earlier documents keep their
        topics, and a new topic must be clearer.

        Words that the model does not know become terms if the new documents have them often enough; phrases
        do not. The embedder is not fitted again.

        Parameters
        ----------
        texts : list, tuple, or column (NumPy, pandas, polars, Arrow) of str; path; function; or None
            New documents, as for `fit`. None for embeddings without texts.
        embeddings : array-like of shape (n, d), optional
            Embeddings of the texts, from the same model as those of `fit`.
        timestamps, classes, time_format : optional
            As for `fit`. Missing for all rows of a side that has none.
        missing : {"error", "blank", "drop"}, default "error"
            What to do with missing texts, as in `fit`.
        drift : {"keep", "follow"}, default "keep"
            "follow" moves the prototypes of topics to the mean of their earlier and new documents, and
            assigns all documents anew; ``change_.n_moved`` counts those that moved. It needs a model with
            texts. With "keep", the topic of a document does not depend on the order of updates.
        find_new : bool, default True
            Search for new topics. Communities get none: they have a fixed threshold.

        Returns
        -------
        TopicModel
            A new model, whose `labels_` are of the earlier rows, then of the new ones. `edits_` lists the
            update after the earlier edits, and `undo` takes it back.

        Raises
        ------
        InputError, InputTypeError
            When texts or embeddings cannot be used, or prototypes are to follow in a model without texts.
        ParameterError
            When a setting cannot be used.

        See Also
        --------
        partial_fit : The same in place.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> later = model.updated(["apple cake", "apple tree"])
        >>> later.topics_.n_documents, model.topics_.n_documents
        (8, 6)
        """
        fitted = self._fitted()
        given = None if embeddings is None else check_given(embeddings)
        with stage("Reading texts"):
            if texts is not None or given is None:
                texts, (given, timestamps, classes) = fill_missing(
                    read(texts), missing, [given, timestamps, classes]
                )
                documents = Documents.of(texts, given, may_be_empty=True)
            if given is not None and (texts is None or not fitted.counts.terms):
                documents = Documents.of_vectors(given)
        covariates = Covariates.of(
            documents.n_rows, timestamps=timestamps, classes=classes, time_format=time_format
        )
        vectors = self._embedded(documents, given)
        by_vector = given is not None or fitted.provenance.embedder.kind == embed.GIVEN.kind
        with stage("Updating topics"):
            new = NewRows(documents, vectors, covariates, by_vector)
            result = updated(fitted, new, drift=drift, find_new=find_new)
        edit = recorded(
            fitted,
            result,
            "update",
            [],
            n_documents=documents.n_rows,
            n_new_topics=len(result.topics) - len(fitted.topics),
            drift=drift,
            find_new=find_new,
        )
        history = self._history.with_update(fitted, edit, self.outliers)
        return copy.copy(self)._adopt(result, self.embedder_, history)

    def partial_fit(self, texts: Any, y: Any = None, **given: Any) -> Self:
        """Fit the model, or update it in place if it is fitted.

        Parameters
        ----------
        texts : list, tuple, or column of str
        y : ignored
        **given
            As for `fit` in the first call, and for `updated` in later ones.

        Returns
        -------
        self

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).partial_fit(texts)
        >>> model.partial_fit(["apple cake"]).topics_.n_documents
        7
        """
        check_no_vectors(y)
        if not hasattr(self, "fitted_"):
            fitted: Self = self.fit(texts, **given)
            return fitted
        later = self.updated(texts, **given)
        return self._adopt(later._fitted(), self.embedder_, later._history)
