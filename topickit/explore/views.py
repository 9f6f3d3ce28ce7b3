"""Views: what the workbench shows of a model, as values."""

from dataclasses import dataclass, field

import numpy as np

from topickit._core.vectors import FloatArray, IntArray, take_rows, unit_rows
from topickit.analysis.by_class import by_class
from topickit.analysis.search import FoundDocuments, FoundTopics
from topickit.errors import InputError
from topickit.fitted.divide import parts_of
from topickit.fitted.fitted import Fitted
from topickit.fitted.topics import Topic, TopicKey
from topickit.keywords.risk_ratio import RiskRatio
from topickit.model import TopicModel

N_DOUBTFUL = 10
"""Doubtful documents shown of a topic."""
N_NEIGHBORS = 5
"""Most similar topics shown of a topic, and topics shown for a document."""
N_CLASSES = 8
"""Classes shown of a topic."""


@dataclass(frozen=True)
class Neighbor:
    """A topic that is similar to another one.

    Attributes
    ----------
    topic : int
    name : str
    similarity : float
        Cosine of the two mean vectors.
    shared : tuple of str
        Keywords that both have.
    """

    topic: int
    name: str
    similarity: float
    shared: tuple[str, ...]


@dataclass(frozen=True)
class DoubtfulDocument:
    """A document near the boundary of its topic.

    Attributes
    ----------
    row : int
        Its first row in the corpus.
    text : str
    similarity : float
        Cosine to the nearest prototype of its topic.
    margin : float
        Probability of its topic minus that of the next best.
    next_topic : int
    next_name : str
    """

    row: int
    text: str = field(repr=False)
    similarity: float
    margin: float
    next_topic: int
    next_name: str


@dataclass(frozen=True)
class ClassShare:
    """A class in a topic.

    Attributes
    ----------
    name : str
    n : int
        Documents of the class in the topic.
    share : float
        Share of the class's documents that are in the topic.
    risk_ratio : float or None
        That share divided by the share in the other classes; None where there are too few documents.
    """

    name: str
    n: int
    share: float
    risk_ratio: float | None


@dataclass(frozen=True)
class TopicView:
    """A topic, opened.

    Attributes
    ----------
    topic : Topic
    keywords : tuple of (str, RiskRatio or None)
    doubtful : tuple of DoubtfulDocument
        The most doubtful first; empty where the model does not hold its documents.
    neighbors : tuple of Neighbor
        The most similar first.
    classes : tuple of ClassShare
        By falling risk ratio; empty without classes.
    has_times : bool
        Whether the documents have timestamps.
    """

    topic: Topic
    keywords: tuple[tuple[str, RiskRatio | None], ...]
    doubtful: tuple[DoubtfulDocument, ...] = field(repr=False)
    neighbors: tuple[Neighbor, ...] = field(repr=False)
    classes: tuple[ClassShare, ...] = field(repr=False)
    has_times: bool = False


@dataclass(frozen=True)
class Candidate:
    """A topic that a document could have.

    Attributes
    ----------
    topic : int
    name : str
    probability : float
    """

    topic: int
    name: str
    probability: float


@dataclass(frozen=True)
class Placement:
    """The topic of a text.

    Attributes
    ----------
    topic : int
        −1 for none.
    similarity : float
    candidates : tuple of Candidate
        The best topics, by falling probability.
    parts : tuple of (str, int, str)
        Text, topic and name of each part of the text; empty if it is about one topic.
    """

    topic: int
    similarity: float
    candidates: tuple[Candidate, ...]
    parts: tuple[tuple[str, int, str], ...] = field(repr=False)


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    topics : FoundTopics
    documents : FoundDocuments or None
        None where the model does not hold its documents.
    """

    topics: FoundTopics
    documents: FoundDocuments | None


def view_topic(model: TopicModel, topic: TopicKey) -> TopicView:
    """Open a topic.

    Parameters
    ----------
    model : TopicModel
    topic : int or str
        By id or name.

    Returns
    -------
    TopicView

    Raises
    ------
    TopicNotFoundError
        If there is no such topic.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> len(view_topic(model, 0).doubtful)
    3
    """
    fitted = model.fitted_
    row = fitted.topics.positions(topic)[0]
    own = fitted.topics.items[row]
    ratios = [*own.risk_ratios, *[None] * (len(own.words) - len(own.risk_ratios))]
    return TopicView(
        own,
        tuple(zip(own.words, ratios, strict=True)),
        _doubtful(fitted, row),
        _neighbors(fitted, row),
        _classes(fitted, row),
        fitted.covariates is not None and fitted.covariates.timestamps is not None,
    )


def parts(model: TopicModel) -> dict[int, tuple[Topic, ...]]:
    """Give the parts of the topics that have any; see `TopicModel.tree`.

    Parameters
    ----------
    model : TopicModel

    Returns
    -------
    dict of int to tuple of Topic
        By id of the topic, the largest part first.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> parts(TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts))
    {}
    """
    found = parts_of(model.fitted_)
    if found is None:
        return {}
    return {topic.id: own for topic in model.topics_ if (own := found.of(topic.id))}


def search(model: TopicModel, query: str, n_topics: int = 5, n_documents: int = 20) -> Found:
    """Search topics and documents.

    Parameters
    ----------
    model : TopicModel
    query : str
    n_topics, n_documents : int
        At most so many.

    Returns
    -------
    Found

    Raises
    ------
    InputError
        If the query is blank.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> search(model, "green").documents.texts[0]
    'green apple'
    """
    corpus = model.fitted_.corpus
    documents = None
    if corpus is not None and corpus.documents.has_texts:
        documents = model.find_documents(query, n=n_documents)
    return Found(model.find_topics(query, n_topics), documents)


def place(model: TopicModel, text: str) -> Placement:
    """Find the topic of a text, the next best, and the topics of its parts.

    Parameters
    ----------
    model : TopicModel
    text : str

    Returns
    -------
    Placement

    Raises
    ------
    InputError
        If the text is blank.

    Examples
    --------
    >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    >>> place(model, "An apple is a green apple. Apple pie! My car is a slow car.").parts[1][0]
    'My car is a slow car.'
    """
    if not text.strip():
        raise InputError("the document is blank; paste its text")
    answer = model.assign([text])
    shares = answer.probabilities[0]
    best = np.argsort(-shares, kind="stable")[:N_NEIGHBORS].tolist()
    topics = model.topics_.items
    spans = model.spans([text])
    parts = zip(spans.texts, spans.topics.tolist(), spans.names, strict=True)
    return Placement(
        int(answer.labels[0]),
        float(answer.similarity[0]),
        tuple(Candidate(topics[row].id, topics[row].name, float(shares[row])) for row in best),
        tuple((part, topic, name or "no topic") for part, topic, name in parts) if len(spans) > 1 else (),
    )


def _doubtful(fitted: Fitted, row: int) -> tuple[DoubtfulDocument, ...]:
    """Give the documents of a topic whose next best topic is nearly as probable."""
    if fitted.corpus is None or len(fitted.topics) < 2:
        return ()
    documents = fitted.corpus.documents
    distinct = np.flatnonzero(fitted.labels[documents.first_rows] == row)
    answer = fitted.assigner.assign(take_rows(fitted.corpus.vectors, distinct))
    other, margins = _margins(answer.probabilities, row)
    order = np.argsort(margins, kind="stable")[:N_DOUBTFUL].tolist()
    topics = fitted.topics.items
    return tuple(
        DoubtfulDocument(
            int(documents.first_rows[distinct[at]]),
            documents.texts[distinct[at]],
            float(answer.similarity[at]),
            float(margins[at]),
            topics[other[at]].id,
            topics[other[at]].name,
        )
        for at in order
    )


def _margins(shares: FloatArray, row: int) -> tuple[IntArray, FloatArray]:
    """Return the next best topic of each document, and how much less probable it is."""
    own = shares[:, row].copy()
    others = shares.copy()
    others[:, row] = -1
    other = others.argmax(axis=1)
    return other, own - others[np.arange(len(others)), other]


def _neighbors(fitted: Fitted, row: int) -> tuple[Neighbor, ...]:
    units = unit_rows(fitted.means)
    cosines = units @ units[row]
    cosines[row] = -2
    words = fitted.topics.items[row].words
    result = []
    for at in np.argsort(-cosines, kind="stable")[: min(N_NEIGHBORS, len(units) - 1)].tolist():
        topic = fitted.topics.items[at]
        shared = tuple(word for word in words if word in topic.words)
        result.append(Neighbor(topic.id, topic.name, float(cosines[at]), shared))
    return tuple(result)


def _classes(fitted: Fitted, row: int) -> tuple[ClassShare, ...]:
    table = by_class(fitted)
    if table is None:
        return ()
    shares, known = table.shares[:, row], table.has_ratio[:, row]
    ratios = [float(r) if k else None for r, k in zip(table.risk_ratio[:, row], known, strict=True)]
    found = [
        ClassShare(name, int(n), float(share), ratio)
        for name, n, share, ratio in zip(table.classes, table.counts[:, row], shares, ratios, strict=True)
        if n
    ]
    return tuple(sorted(found, key=lambda one: -(one.risk_ratio or 0.0))[:N_CLASSES])
