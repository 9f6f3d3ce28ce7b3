"""Plotly figures of a fitted model.

Every function returns a `plotly.graph_objects.Figure`: ``figure.show()`` displays it in a notebook,
``figure.write_html(path)`` writes an interactive page. ``figure.write_image("map.svg")`` requires
kaleido and Chrome.

>>> from topickit import TopicModel, plot
>>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
>>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
>>> len(plot.keywords(model).data)
2
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from topickit.analysis import by_class as _by_class
from topickit.analysis import hierarchy as _hierarchy
from topickit.analysis import over_time as _over_time
from topickit.analysis import similarity as _similarity
from topickit.errors import InputError, NotFittedError, ParameterTypeError
from topickit.plot import figures, map_figures
from topickit.plot.map_points import MAX_POINTS, map_points

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from topickit.fitted.fitted import Fitted
    from topickit.fitted.topics import TopicKey
    from topickit.model import TopicModel

__all__ = ["by_class", "documents", "hierarchy", "keywords", "over_time", "similarity"]


def documents(model: "TopicModel", *, texts: bool = True, limit: int = MAX_POINTS) -> "Figure":
    """Draw the map of the documents, colored by topic.

    Each distinct text is a point; nearby points have similar embeddings (UMAP). If the model was
    loaded without its documents, each topic is a bubble instead.

    Parameters
    ----------
    model : TopicModel
        A fitted model.
    texts : bool
        Show the beginning of a text when the mouse is over its point.
    limit : int
        Maximum number of points, 50,000 by default. A larger corpus is shown by a uniform sample,
        as stated in the title of the figure.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    ParameterTypeError
        If `model` is not a TopicModel.

    Examples
    --------
    >>> from topickit import TopicModel, plot
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> len(plot.documents(model).data)
    2
    """
    fitted = _state(model)
    points = map_points(fitted, limit)
    if fitted.corpus is None:
        return map_figures.bubbles_figure(points, fitted.topics.items)
    excerpts = [fitted.corpus.documents.texts[row][:400] for row in points.rows.tolist()] if texts else None
    return map_figures.documents_figure(points, fitted.topics.items, excerpts)


def keywords(model: "TopicModel", topics: "TopicKey | Iterable[TopicKey] | None" = None) -> "Figure":
    """Draw the keywords of topics as bars, one panel per topic.

    Parameters
    ----------
    model : TopicModel
        A fitted model.
    topics : int, str, or iterable of int and str, optional
        Topics by id or name. None takes the nine largest topics.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    TopicNotFoundError
        If there is no topic with one of the ids or names.
    ParameterError
        If several topics have a name.
    NotFittedError
        If the model is not fitted.
    ParameterTypeError
        If `model` is not a TopicModel.

    Examples
    --------
    >>> from topickit import TopicModel, plot
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> len(plot.keywords(model, topics=[1]).data)
    1
    """
    fitted = _state(model)
    chosen = range(min(9, len(fitted.topics))) if topics is None else fitted.topics.positions(topics)
    return figures.keywords_figure([fitted.topics.items[position] for position in chosen])


def hierarchy(model: "TopicModel") -> "Figure":
    """Draw the hierarchy of the topics as a dendrogram.

    Its levels are the topics of ``model.at(n_topics=...)``.

    Parameters
    ----------
    model : TopicModel
        A fitted model.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    ParameterTypeError
        If `model` is not a TopicModel.

    Examples
    --------
    >>> from topickit import TopicModel, plot
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> plot.hierarchy(model).layout.xaxis.title.text
    'merge height (Ward)'
    """
    fitted = _state(model)
    return figures.hierarchy_figure(_hierarchy.hierarchy(fitted), fitted.topics.items)


def similarity(model: "TopicModel") -> "Figure":
    """Draw the cosine similarity of the topics' mean embeddings as a heat map.

    Similar topics are adjacent.

    Parameters
    ----------
    model : TopicModel
        A fitted model.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    ParameterTypeError
        If `model` is not a TopicModel.

    Examples
    --------
    >>> from topickit import TopicModel, plot
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> plot.similarity(model).data[0].z.shape
    (2, 2)
    """
    fitted = _state(model)
    return figures.similarity_figure(_similarity.similarity(fitted), fitted.topics.items)


def over_time(
    model: "TopicModel",
    timestamps: Any = None,
    *,
    topics: "TopicKey | Iterable[TopicKey] | None" = None,
    unit: str | None = None,
    time_format: str | None = None,
) -> "Figure":
    """Draw the share of topics by period, with 95% confidence intervals.

    Parameters
    ----------
    model : TopicModel
        A fitted model.
    timestamps : sequence, optional
        One timestamp per training document, as in `TopicModel.fit`. None takes those given to `fit`.
    topics : int, str, or iterable of int and str, optional
        Topics by id or name. None takes the six largest topics.
    unit : {"century", "decade", "year", "quarter", "month", "week", "day"}, optional
        None takes the finest unit with at most 40 periods.
    time_format : str, optional
        Format of `timestamps`, as in `TopicModel.fit`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InputError
        If there are no timestamps, a timestamp cannot be parsed, or the unit is unknown.
    TopicNotFoundError
        If there is no topic with one of the ids or names.
    ParameterError
        If several topics have a name.
    NotFittedError
        If the model is not fitted.
    ParameterTypeError
        If `model` is not a TopicModel.

    Examples
    --------
    >>> from topickit import TopicModel, plot
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> figure = plot.over_time(model, [2023, 2024, 2024, 2023, 2023, 2024])
    >>> figure.data[-1].x
    ('2023-01-01', '2024-01-01')
    """
    fitted = _state(model)
    trend = _over_time.over_time(fitted, timestamps, unit=unit, time_format=time_format)
    if trend is None:
        raise InputError(
            "the model has no timestamps; pass timestamps= to TopicModel.fit or to plot.over_time"
        )
    chosen = range(min(6, len(fitted.topics))) if topics is None else fitted.topics.positions(topics)
    return figures.over_time_figure(trend, fitted.topics.items, chosen)


def by_class(model: "TopicModel", classes: Any = None) -> "Figure":
    """Draw the risk ratio of each topic in each class as a heat map.

    The risk ratio is the topic's share in the class divided by its share in the other classes.

    Parameters
    ----------
    model : TopicModel
        A fitted model.
    classes : sequence of str, number or None, optional
        One class per training document. None takes those given to `fit`.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    InputError
        If there are no classes.
    NotFittedError
        If the model is not fitted.
    ParameterTypeError
        If `model` is not a TopicModel.

    Examples
    --------
    >>> from topickit import TopicModel, plot
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> figure = plot.by_class(model, ["food", "food", "food", "road", "road", "road"])
    >>> figure.layout.xaxis.ticktext
    ('food', 'road')
    """
    fitted = _state(model)
    table = _by_class.by_class(fitted, classes)
    if table is None:
        raise InputError("the model has no classes; pass classes= to TopicModel.fit or to plot.by_class")
    return figures.by_class_figure(table, fitted.topics.items)


def _state(model: "TopicModel") -> "Fitted":
    """Return the state of a model with its largest topic first."""
    if not hasattr(model, "get_params"):
        raise ParameterTypeError(f"model must be a TopicModel, got {type(model).__name__}")
    if not hasattr(model, "fitted_"):
        raise NotFittedError("this TopicModel is not fitted; call fit(texts) or TopicModel.load(path)")
    return model.fitted_.largest_first()
