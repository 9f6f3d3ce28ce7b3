"""What a `TopicModel` says of itself: its report and its tables."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from topickit.analysis.info import document_info, topic_info
from topickit.analysis.tree import TopicTree, topic_tree
from topickit.fitted.doubtful import DoubtfulLabel
from topickit.fitted.fitted import Fitted

if TYPE_CHECKING:
    import datetime
    import os
    from collections.abc import Iterable

    import polars as pl

    from topickit.report.report import Report


class InfoMixin:
    """Report and tables, for an estimator with a method ``_fitted``."""

    if TYPE_CHECKING:

        def _fitted(self) -> Fitted: ...

        spans: Any

    @property
    def doubtful_labels_(self) -> tuple[DoubtfulLabel, ...]:
        """Labels given to `fit` as ``known_labels`` that the other labels contradict, most doubtful first.

        Each label is compared with the prediction of a classifier of the labels of other rows.

        Returns
        -------
        tuple of DoubtfulLabel
            With `row`, `label`, `proposed` and `margin`.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2)
        >>> len(model.fit(texts, known_labels=["food", "food", None, "cars", "cars", None]).doubtful_labels_)
        0
        """
        return self._fitted().doubtful

    def report(
        self,
        title: str | None = None,
        *,
        source: "str | os.PathLike[str] | None" = None,
        date: "str | datetime.date | None" = None,
        spans: bool = False,
    ) -> "Report":
        """Return a report of the model.

        Parameters
        ----------
        title : str, optional
            Title of the report.
        source : str or path-like, optional
            Where the documents come from, such as the name of a file; shown below the title.
        date : str or date, optional
            Date of the report, as it is to be shown; "" for none. None (default) is today.
        spans : bool, default False
            Mark which part of a long representative document is about which topic, in the HTML page, for at
            most 100 documents. The embedder embeds their sentences, which takes seconds.

        Returns
        -------
        Report
            Prints as text, shows as a table in notebooks, and writes HTML, JSON, CSV and Markdown.

        Raises
        ------
        ParameterTypeError
            If the title, the source or the date is something else.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> "2 topics" in str(model.report())
        True
        """
        from topickit.report.report import Report

        find = self.spans if spans else None
        return Report.of(self._fitted(), title=title, source=source, date=date, spans=find)

    def document_info(self) -> "pl.DataFrame":
        """Return a table of the training documents, one row per row of the corpus.

        Returns
        -------
        polars.DataFrame
            Columns row (from 0), document, topic, name, similarity, probability, representative, and
            timestamp and class where `fit` got them. ``to_pandas()`` makes a pandas frame.

        Raises
        ------
        InputError
            When the model was saved without its texts.

        See Also
        --------
        assign : The same for other texts.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.document_info()["document"].to_list() == texts
        True
        """
        return document_info(self._fitted())

    def topic_info(self) -> "pl.DataFrame":
        """Return a table of the topics, one row per topic.

        Returns
        -------
        polars.DataFrame
            Columns topic, name, size, share, keywords (list of str), stability, cohesion and unlike_share;
            see `Topic`.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.topic_info()["size"].to_list()
        [3, 3]
        """
        return topic_info(self._fitted())

    def tree(self, levels: "Iterable[int] | None" = None) -> TopicTree:
        """Return the topics of several levels of the hierarchy, with their parents and parts.

        Parameters
        ----------
        levels : iterable of int, optional
            Numbers of topics, such as ``[5, 20]``: the levels of ``at(5)`` and ``at(20)``. None (default)
            takes the levels that suit the corpus: those that the clusterer found, and the parts of topics,
            where other samples of the documents give them again.

        Returns
        -------
        TopicTree
            Every topic of every level, and the topic of each training document at each level. Its finest
            level by default leaves topics whole whose parts are not stable.

        Raises
        ------
        ParameterError, ParameterTypeError
            When there is no such level, or `levels` are no numbers.
        InputError
            When a level has more topics than the model, and the model was saved without its texts.

        See Also
        --------
        at : The model at another level.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.tree(levels=[1, 2]).labels.T.tolist()[0]
        [0, 0, 0, 0, 0, 0]
        """
        return topic_tree(self._fitted(), levels)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns of `transform`, which scikit-learn's ``set_output`` asks for.

        Parameters
        ----------
        input_features : ignored

        Returns
        -------
        ndarray of str of shape (n_topics,)
            Such as "topic 0: butter, garlic, onion".

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> len(model.get_feature_names_out())
        2
        """
        topics = self._fitted().topics
        return np.array([f"topic {topic.id}: {topic.name}" for topic in topics], dtype=object)
