"""Figures of a fitted model for a paper or a notebook; each function gives a Plotly figure.

``figure.show()`` in a notebook, ``figure.write_html(path)``; ``figure.write_image("map.svg")`` or
``.png`` where Plotly's exporter (kaleido and a Chrome) is installed.

>>> from topickit import TopicModel, plot
>>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
>>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
>>> len(plot.keywords(model).data)
2
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from topickit.analysis import by_class as _by_class
from topickit.analysis import hierarchy as _hierarchy
from topickit.analysis import over_time as _over_time
from topickit.analysis import similarity as _similarity
from topickit.analysis.layout import layout, main_axes, topic_places
from topickit.errors import InputError, NotFittedError, ParameterTypeError
from topickit.plot import figures
from topickit.plot.palette import colour_indices

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from topickit.fitted.fitted import Fitted
    from topickit.model import TopicModel

MOST_POINTS = 50_000
"""Points drawn on a map; of more documents a uniform sample is."""

__all__ = ["by_class", "documents", "hierarchy", "keywords", "over_time", "similarity"]


def documents(model: "TopicModel", *, texts: bool = True, most: int = MOST_POINTS) -> "Figure":
    """Draw the map: a point a distinct document; a bubble a topic where the documents are gone.

    Parameters
    ----------
    model : TopicModel
    texts : bool
        Show a text's beginning when the mouse is over its point.
    most : int
        Points drawn; of more documents a uniform sample is, and the figure's title says so.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> words = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(words)
    >>> len(documents(model).data)
    2
    """
    fitted = _fitted(model)
    places = layout(fitted)
    if places is None or fitted.documents is None or fitted.vectors is None:
        middles = main_axes(fitted.means)
        return figures.bubbles_figure(middles, tuple(fitted.topics), colour_indices(middles))
    labels = fitted.assigner.labels(fitted.vectors)
    names_at = topic_places(places.points, labels, fitted.documents.weights, len(fitted.topics))
    rows = np.arange(len(labels))
    if len(rows) > most:
        rows = np.linspace(0, len(labels) - 1, most).astype(np.int64)
    figure = figures.documents_figure(
        places.points[rows],
        labels[rows],
        names_at,
        tuple(fitted.topics),
        colour_indices(names_at),
        [fitted.documents.texts[row][:400] for row in rows.tolist()] if texts else None,
    )
    if len(rows) < len(labels):
        figure.update_layout(title=f"{len(rows):,} of {len(labels):,} documents", margin={"t": 50})
    return figure


def keywords(model: "TopicModel", topics: Sequence[int] | None = None) -> "Figure":
    """Draw the keywords of topics as bars.

    Parameters
    ----------
    model : TopicModel
    topics : sequence of int, optional
        None takes the nine largest.
    """
    fitted = _fitted(model)
    chosen = range(min(9, len(fitted.topics))) if topics is None else topics
    return figures.keywords_figure([fitted.topics[topic] for topic in chosen])


def hierarchy(model: "TopicModel") -> "Figure":
    """Draw the tree of topics: the merges that ``model.at(n_topics=…)`` makes.

    Parameters
    ----------
    model : TopicModel
    """
    fitted = _fitted(model)
    return figures.hierarchy_figure(_hierarchy.hierarchy(fitted), _names(fitted))


def similarity(model: "TopicModel") -> "Figure":
    """Draw how similar topics are as a heat map, similar ones side by side.

    Parameters
    ----------
    model : TopicModel
    """
    fitted = _fitted(model)
    return figures.similarity_figure(_similarity.similarity(fitted), _names(fitted))


def over_time(
    model: "TopicModel",
    timestamps: Any = None,
    *,
    topics: Sequence[int] | None = None,
    unit: str | None = None,
) -> "Figure":
    """Draw the share of topics by period with 95 % intervals.

    Parameters
    ----------
    model : TopicModel
    timestamps : sequence, optional
        One a row of the training documents; None takes those that the model was fitted with.
    topics : sequence of int, optional
        None takes the six largest.
    unit : {"decade", "year", "quarter", "month", "week", "day"}, optional
        None takes the finest with at most 40 periods.

    Raises
    ------
    InputError
        When there are no timestamps.
    """
    fitted = _fitted(model)
    found = _over_time.over_time(fitted, timestamps, unit=unit)
    if found is None:
        raise InputError("the model has no timestamps; give them: fit(texts, timestamps=…), or here")
    chosen = range(min(6, len(fitted.topics))) if topics is None else topics
    return figures.over_time_figure(found, _names(fitted), [fitted.topics[topic].id for topic in chosen])


def by_class(model: "TopicModel", classes: Any = None) -> "Figure":
    """Draw how many times likelier each topic is in each class than in the others.

    Parameters
    ----------
    model : TopicModel
    classes : sequence of str, number or None, optional
        One a row of the training documents; None takes those that the model was fitted with.

    Raises
    ------
    InputError
        When there are no classes.
    """
    fitted = _fitted(model)
    found = _by_class.by_class(fitted, classes)
    if found is None:
        raise InputError("the model has no classes; give them: fit(texts, classes=…), or here")
    return figures.by_class_figure(found, _names(fitted))


def _names(fitted: "Fitted") -> list[str]:
    return [topic.name for topic in fitted.topics]


def _fitted(model: "TopicModel") -> "Fitted":
    if not hasattr(model, "get_params"):
        raise ParameterTypeError(f"a figure is of a TopicModel, got {type(model).__name__}")
    if not hasattr(model, "fitted_"):
        raise NotFittedError("this TopicModel is not fitted yet; call fit(texts) first, or TopicModel.load")
    return model.fitted_
