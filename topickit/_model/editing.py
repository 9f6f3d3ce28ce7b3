"""The edits of a `TopicModel`: each method returns a new model and leaves the old one as it is."""

import copy
import itertools
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from topickit.errors import ParameterError, TopickitWarning
from topickit.fitted import edits
from topickit.fitted.derive import with_keywords
from topickit.fitted.fitted import Fitted
from topickit.fitted.history import History, Kind, recorded
from topickit.fitted.naming import GroupNaming, NamingFunction, ask_names, naming_groups
from topickit.fitted.refine import refine
from topickit.fitted.thresholds import OutlierShare
from topickit.fitted.topics import TopicKey
from topickit.keywords.settings import KeywordSettings


class EditingMixin:
    """Edits of topics, for an estimator with ``fitted_``, ``embedder_``, ``random_state``."""

    outliers: OutlierShare | None
    random_state: int
    keywords: KeywordSettings | None
    embedder_: Any
    fitted_: Fitted
    _history: History

    if TYPE_CHECKING:

        def _fitted(self) -> Fitted: ...
        def _adopt(self, fitted: Fitted, embedder: Any, history: History) -> Self: ...

    def merge_topics(self, groups: Sequence[Sequence[TopicKey]]) -> Self:
        """Merge each group of topics into one.

        No other document moves. The merged topic keeps the id of the largest of the group, and a name that
        you gave to one of them, unless they disagree. Works on a model without texts.

        Parameters
        ----------
        groups : sequence of sequences of int or str
            Topics by id or name, such as ``[[1, 4], [2, "food"]]``.

        Returns
        -------
        TopicModel
            A new model; other topics keep their ids and names.

        Raises
        ------
        TopicNotFoundError
            When there is no topic of an id or name.
        ParameterError
            When a topic is in two groups.

        See Also
        --------
        at : Merge similar topics down to a number.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> len(model.merge_topics([[0, 1]]).topics_)
        1
        """
        before, edited = self._edited(lambda fitted: edits.merge(fitted, groups))
        rows = [before.topics.positions(group) for group in edits.groups_of(groups)]
        starts = np.cumsum([0, *map(len, rows)]).tolist()
        places = [list(range(start, start + len(group))) for start, group in zip(starts, rows, strict=False)]
        return edited._recorded(before, "merge", list(itertools.chain(*rows)), groups=places)

    def split_topic(self, topic: TopicKey, n: int = 2) -> Self:
        """Split a topic into parts by k-means on its documents.

        A few documents of other topics that are nearer to a new part than to their own topic move there.

        Parameters
        ----------
        topic : int or str
            Id or name of the topic.
        n : int, default 2
            Number of parts, at least 2.

        Returns
        -------
        TopicModel
            A new model. The largest part keeps the id; the others are numbered after the largest id ever
            used. Other topics keep their ids and names.

        Raises
        ------
        TopicNotFoundError
            When there is no topic of this id or name.
        ParameterError
            When the topic has fewer than n distinct documents, or is a community.
        InputError
            When the model was saved without its texts.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> len(model.split_topic(0).topics_)
        3
        """
        before, edited = self._edited(
            lambda fitted: edits.split(fitted, topic, n, random_state=self.random_state)
        )
        return edited._recorded(before, "split", before.topics.positions(topic), n=int(n))

    def delete_topics(
        self, topics: TopicKey | Sequence[TopicKey], *, to: Literal["next", "none"] = "next"
    ) -> Self:
        """Delete topics.

        Parameters
        ----------
        topics : int, str, or sequence of int and str
            Topics by id or name.
        to : {"next", "none"}, default "next"
            "next": their documents go to the next nearest topic, or become outliers where topics have
            thresholds (outliers were asked for). "none": their documents become outliers, and so do new
            documents like them; no other document moves. Works on a model without texts.

        Returns
        -------
        TopicModel
            A new model; other topics keep their ids and names. The ids of deleted topics are not used again.

        Raises
        ------
        TopicNotFoundError
            When there is no topic of an id or name.
        ParameterError
            When no topic would be left, or several topics have a name.
        InputError
            When documents go to the next topic and the model was saved without its texts.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.delete_topics([1]).labels_.tolist()
        [0, 0, 0, 0, 0, 0]
        >>> sorted(model.delete_topics([1], to="none").labels_.tolist())
        [-1, -1, -1, 0, 0, 0]
        """
        before, edited = self._edited(
            lambda fitted: edits.delete(fitted, topics, to=to, outliers=self.outliers)
        )
        return edited._recorded(before, "delete", before.topics.positions(topics), to=to)

    def rename_topics(self, names: edits.Names) -> Self:
        """Give topics names. Later edits keep them. Works on a model without texts.

        Parameters
        ----------
        names : mapping of int or str to str
            New names by topic id or present name, such as ``{0: "food"}``.

        Returns
        -------
        TopicModel
            A new model.

        Raises
        ------
        TopicNotFoundError
            When there is no topic of an id or name.
        ParameterError, ParameterTypeError
            When a name is blank or no str.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.rename_topics({0: "food"}).topics_[0].name
        'food'
        """
        before, edited = self._edited(lambda fitted: edits.rename(fitted, names))
        given = dict(zip(before.topics.positions(list(names)), names.values(), strict=True))
        return edited._recorded(before, "rename", list(given), names=list(given.values()))

    def name_topics(self, name: NamingFunction | GroupNaming, *, send_texts: bool = False) -> Self:
        """Name topics by a function, such as a call of a language model.

        Parameters
        ----------
        name : callable
            Takes a `topickit.NamingPrompt` and returns a name; or `topickit.naming.chat`, a client for
            language models. A topic whose call fails keeps its name, with a warning.
        send_texts : bool, default False
            Put representative documents into the prompt.

        Returns
        -------
        TopicModel
            A new model.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> model.name_topics(lambda prompt: "about " + prompt.keywords[0]).topics_[0].name[:6]
        'about '
        """
        fitted = self._fitted()
        groups = naming_groups(fitted, send_texts=send_texts)
        names = ask_names(fitted.topics, name, send_texts=send_texts, groups=groups)
        return self.rename_topics(names)

    def with_outliers(self, share: OutlierShare) -> Self:
        """Set the share of documents that are outliers.

        Parameters
        ----------
        share : float or "auto"
            At most this share of each topic's documents, the farthest ones, becomes outliers; 0 to below 1.
            "auto" makes outliers of the documents that are less than half as similar to their topic as
            documents of the corpus usually are (half the median).

        Returns
        -------
        TopicModel
            A new model, whose `outliers` is `share`.

        Raises
        ------
        ParameterError, ParameterTypeError
            When the share is out of range, or topics are communities, which have a fixed threshold.
        InputError
            When the model was saved without its texts.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> bool((model.with_outliers(0.4).labels_ == -1).mean() <= 0.4)
        True
        """
        before, edited = self._edited(lambda fitted: edits.with_outliers(fitted, share))
        edited = edited._recorded(
            before, "outliers", [], share=share if isinstance(share, str) else float(share)
        )
        edited.outliers = share  # later edits keep to it
        return edited

    def with_keywords(self, settings: KeywordSettings | None = None) -> Self:
        """Choose keywords by other settings, without a fit; topics and labels stay as they are.

        Setting ``keywords=`` with `set_params` has no effect before the next fit, as in scikit-learn.

        Parameters
        ----------
        settings : KeywordSettings, optional
            `n_keywords`, `weighting` and `reduce_frequent` work on a model without texts. Settings that
            change which terms are counted, such as stop words or a tokenizer, read the texts again. None
            (default) is the default settings.

        Returns
        -------
        TopicModel
            A new model, whose `keywords` are `settings`. Names that you gave stay.

        Raises
        ------
        InputError
            When the texts are needed and the model was saved without them.
        ParameterError
            When `settings` is something else.

        Examples
        --------
        >>> from topickit import KeywordSettings, TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> len(model.with_keywords(KeywordSettings(n_keywords=1)).topics_[0].keywords)
        1
        """
        if settings is not None and not isinstance(settings, KeywordSettings):
            raise ParameterError(f"settings must be None or a KeywordSettings, got {settings!r}")
        fitted = with_keywords(self._fitted(), settings or KeywordSettings())
        edited = copy.copy(self)._adopt(fitted, self.embedder_, self._history.with_base())
        edited.keywords = settings
        return edited

    def at(self, n_topics: int, *, merge_known: bool = False) -> Self:
        """Return the model at another level of the hierarchy of topics, without a new fit.

        Levels nest: the topics of `at(5)` are unions of those of `at(10)`, whichever level you start from.
        Fewer topics are merged by Ward's criterion. More topics are parts of the topics found, about four
        each; parts need a model with texts.

        Parameters
        ----------
        n_topics : int
            1 to the number of prototypes, about four times the number of topics found.
        merge_known : bool, default False
            Merge known topics with each other where fewer topics are wanted than are known.

        Returns
        -------
        TopicModel
            A new model with `n_topics` topics. A topic of both levels has the same id in both. A merged
            topic has the id of the largest, and so has the largest part of a topic; other parts get new ids.

        Raises
        ------
        ParameterError
            When there is no such level (fit with ``n_topics=`` for finer ones), or known topics would be
            merged and `merge_known` is False.
        InputError
            When more topics are wanted than there are, and the model was saved without its texts.

        See Also
        --------
        merge_topics : Merge topics of your choice.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> len(model.at(1).topics_)
        1
        """
        before, edited = self._edited(lambda fitted: edits.cut(fitted, n_topics, merge_known=merge_known))
        return edited._recorded(before, "level", [], n_topics=int(n_topics), merge_known=merge_known)

    def refine(self, seconds: float) -> Self:
        """Embed the most doubtful documents of a distilled embedder with its teacher, and assign them anew.

        Parameters
        ----------
        seconds : float
            Time to spend, above 0. Documents nearest to a boundary between topics come first.

        Returns
        -------
        TopicModel
            A new model. Its topics have the same meaning; their sizes may change.

        Raises
        ------
        InputError
            When the embedder is not distilled, or the model was saved without its texts.
        ParameterError
            When `seconds` is not a positive number.

        Examples
        --------
        ::

            model = TopicModel(embedder="distilled").fit(texts).refine(seconds=10)
        """
        refined = refine(self._fitted(), self.embedder_, seconds, outliers=self.outliers)
        return copy.copy(self)._adopt(*refined, self._history.with_base())

    def _edited(self, edit: Callable[[Fitted], Fitted]) -> tuple[Fitted, Self]:
        """Return the state before an edit, and the edited model."""
        fitted = self._fitted()
        if (self.keywords or KeywordSettings()) != fitted.keyword_settings:
            warnings.warn(
                "keywords= was changed after the fit and applies to the next fit; "
                "use with_keywords(settings) to choose keywords anew",
                TopickitWarning,
                stacklevel=3,
            )
        return fitted, copy.copy(self)._adopt(edit(fitted), self.embedder_, self._history)

    def _recorded(self, before: Fitted, kind: Kind, rows: Sequence[int], **arguments: Any) -> Self:
        """Record the edit that made this model, in its history."""
        edit = recorded(before, self.fitted_, kind, rows, **arguments)
        self._history = self._history.with_edit(before, edit, self.outliers)
        return self
