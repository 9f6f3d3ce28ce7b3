"""Reading what the user knows of the topics: names, descriptions, examples, seed words and labels."""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.display import plural
from topickit._core.validation import check_vectors
from topickit._core.vectors import FloatArray, IntArray, unit_rows
from topickit.cluster.given import GivenLabels
from topickit.corpus.documents import Documents
from topickit.embed import base as embed
from topickit.embed import pipeline
from topickit.errors import InputError, ParameterError, ParameterTypeError, TopickitError, TopickitWarning
from topickit.fitted.doubtful import DoubtfulLabel
from topickit.fitted.guidance import KnownTopic

SHOWN = 5
"""Doubtful labels that a warning names."""


@dataclass(frozen=True)
class Told:
    """One topic as the user gave it.

    Attributes
    ----------
    name : str
    texts : tuple of str
        Its name with its description, or examples.
    words : tuple of str
    ignored : bool
    """

    name: str
    texts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    ignored: bool = False


@dataclass(frozen=True)
class Guidance:
    """All that the user gave beforehand.

    Attributes
    ----------
    topics : tuple of Told
        Those with descriptions or seed words, then those to ignore.
    vectors : mapping of str to ndarray of shape (m, d)
        Vectors of some of them.
    """

    topics: tuple[Told, ...]
    vectors: Mapping[str, NDArray[Any]]

    @classmethod
    def of(cls, known_topics: Any, seed_words: Any, ignore: Any, known_vectors: Any) -> "Guidance":
        """Check the parameters of a model, and the vectors given to a fit.

        Parameters
        ----------
        known_topics, ignore : sequence of str, mapping of str to str or sequence of str, or None
        seed_words : mapping of str to sequence of str, or None
        known_vectors : mapping of str to array-like, or None

        Raises
        ------
        ParameterError, ParameterTypeError
            When one has another form, or names a topic twice.
        """
        told = {name: Told(name, texts) for name, texts in _described("known_topics", known_topics).items()}
        for name, words in _words(seed_words).items():
            told[name] = replace(told.get(name, Told(name)), words=words)
        ignored = [Told(name, texts, ignored=True) for name, texts in _described("ignore", ignore).items()]
        for topic in ignored:
            if topic.name in told:
                raise ParameterError(
                    f"{topic.name!r} is a known topic and in ignore=; leave it out of one of them"
                )
        topics = (*told.values(), *ignored)
        return cls(topics, _vectors(known_vectors, topics))

    def check(self, n_topics: int | None, clusterer: Any, labels: Any = None) -> None:
        """Raise when the guidance does not go with other parameters.

        Parameters
        ----------
        n_topics : int or None
        clusterer : Clusterer
            Resolved.
        labels : anything
            Labels of rows, or None.

        Raises
        ------
        ParameterError
        """
        n_told = sum(not topic.ignored for topic in self.topics)
        if n_topics is not None and n_topics < n_told:
            raise ParameterError(
                f"n_topics={n_topics}, but {n_told} topics are known; n_topics counts these, too"
            )
        if self.topics or labels is not None:
            check_guidable(clusterer)

    def known(
        self,
        documents: Documents,
        labels: Any,
        embedder: embed.Embedder,
        *,
        dimension: int,
        are_given: bool,
        cache: str | os.PathLike[str] | None = None,
    ) -> list[KnownTopic]:
        """Embed descriptions by a fitted embedder, and find labelled documents.

        Parameters
        ----------
        documents : Documents
        labels : sequence of int, str or None, or None
            Label of each of the caller's rows.
        embedder : Embedder
            Fitted.
        dimension : int
            Columns of the vectors of the documents.
        are_given : bool
            The user gave the vectors of the documents.
        cache : path, optional

        Raises
        ------
        InputError
            When a description cannot be embedded as the documents are, or labels do not fit the documents.
        """
        rows = {} if labels is None else labelled_rows(labels, documents)
        topics = [*self.topics, *(Told(name) for name in rows if name not in {t.name for t in self.topics})]
        for topic in topics:
            if topic.ignored and topic.name in rows:
                raise InputError(
                    f"known_labels has the label {topic.name!r}, which is in ignore=; leave it out of one"
                )
        anchors = self._anchors(embedder, dimension, are_given, cache)
        none, nowhere = np.empty((0, dimension), dtype=np.float32), np.empty(0, dtype=np.int64)
        return [
            KnownTopic(
                topic.name,
                anchors.get(topic.name, none),
                topic.words,
                nowhere if topic.ignored else rows.get(topic.name, nowhere),
                topic.ignored,
            )
            for topic in topics
        ]

    def _anchors(
        self,
        embedder: embed.Embedder,
        dimension: int,
        are_given: bool,
        cache: str | os.PathLike[str] | None,
    ) -> dict[str, FloatArray]:
        """Return the unit vectors of each topic that has some."""
        anchors: dict[str, FloatArray] = {}
        for name, vectors in self.vectors.items():
            if vectors.shape[1] != dimension:
                raise InputError(
                    f"known_vectors of {name!r} have length {vectors.shape[1]}, those of the documents "
                    f"{dimension}; use one model for both"
                )
            anchors[name] = unit_rows(vectors)
        described = [topic for topic in self.topics if topic.texts and topic.name not in anchors]
        if not described:
            return anchors
        documents = Documents.of([text for topic in described for text in topic.texts])
        try:
            vectors = pipeline.transform(embedder, documents, cache=cache)
        except TopickitError as error:
            raise InputError(f"known topics cannot be embedded by {embedder!r}: {error}. {_WAYS}") from error
        if vectors.shape[1] != dimension:
            raise InputError(
                f"known topics are embedded by {embedder!r} with length {vectors.shape[1]}, but the vectors "
                f"of the documents have length {dimension}. {_WAYS}"
            )
        if are_given:
            warnings.warn(
                f"known topics are embedded by {embedder!r}; if the embeddings came from another model, "
                f"{_WAY}",
                TopickitWarning,
                stacklevel=4,
            )
        vectors, start = documents.per_row(vectors, 0), 0
        for topic in described:
            rows = vectors[start : start + len(topic.texts)]
            start += len(topic.texts)
            anchors[topic.name] = rows[rows.any(axis=1)]
            if not rows.any() and not topic.words:
                warnings.warn(
                    f"known topic {topic.name!r} has no word that the embedder knows; describe it in words "
                    "of the texts, or give seed_words=",
                    TopickitWarning,
                    stacklevel=4,
                )
        return anchors


_WAY = "set embedder= to that model, or pass known_vectors= with a vector of each known topic"
_WAYS = _WAY[0].upper() + _WAY[1:]


def check_guidable(clusterer: Any) -> None:
    """Raise for a clusterer whose topics cannot be told beforehand.

    Parameters
    ----------
    clusterer : Clusterer

    Raises
    ------
    ParameterError
    """
    reason = getattr(clusterer, "refuses_known_topics", "")
    if reason:
        raise ParameterError(reason)


def warn_of_doubtful(doubtful: Sequence[DoubtfulLabel], n_labelled: int) -> None:
    """Warn of labels that the others contradict.

    Parameters
    ----------
    doubtful : sequence of DoubtfulLabel
    n_labelled : int
        Documents with a label.
    """
    if doubtful:
        rows = [f"row {one.row} ({one.label!r}, more like {one.proposed!r})" for one in doubtful[:SHOWN]]
        more = "" if len(doubtful) <= SHOWN else " and others"
        warnings.warn(
            f"{len(doubtful):,} of {plural(n_labelled, 'labelled document')} are more like those of another "
            f"label: {', '.join(rows)}{more}; doubtful_labels_ lists them. labels_ is what the model "
            "predicts",
            TopickitWarning,
            stacklevel=4,
        )


def labelled_rows(labels: Any, documents: Documents) -> dict[str, IntArray]:
    """Return the distinct documents of each label; of equal texts, the label of most counts.

    Parameters
    ----------
    labels : sequence of int, str or None
        None, NaN, −1 and a blank str are no label.
    documents : Documents

    Raises
    ------
    InputError, InputTypeError
        When there is not one label per row, no row has one, or a label cannot be used.
    """
    given = GivenLabels(labels)
    codes, names = given.codes()
    if len(codes) != documents.n_rows:
        raise InputError(
            f"known_labels has {len(codes):,} values for {documents.n_rows:,} texts; give one per row, None "
            "for rows without a label"
        )
    chosen = given.per_document(documents, np.arange(len(documents), dtype=np.int64))
    return {str(name): np.flatnonzero(chosen == code) for code, name in enumerate(names)}


def warn_of_labels(y: Any, known_labels: Any) -> None:
    """Warn of labels passed as the target `y`, which is ignored.

    Parameters
    ----------
    y : anything
    known_labels : anything
    """
    if y is None or known_labels is not None or isinstance(y, str) or not hasattr(y, "__len__") or len(y) < 2:
        return
    values = y.tolist() if hasattr(y, "tolist") else list(y)
    if all(isinstance(value, str | int | None) for value in values) and 2 * len(set(values)) <= len(values):
        warnings.warn(
            "y is ignored; pass labels of some or all rows as known_labels=, to make them topics",
            TopickitWarning,
            stacklevel=3,
        )


def plain_guidance(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return guidance parameters as plain data for files: names, descriptions and seed words, no examples.

    Parameters
    ----------
    settings : mapping
        As ``TopicModel.get_params`` returns them.
    """
    result: dict[str, Any] = {}
    for parameter in ("known_topics", "ignore"):
        given = settings.get(parameter)
        if isinstance(given, Mapping):
            # Examples may be documents, and files hold no text of a document unless asked to.
            given = {str(name): text if isinstance(text, str) else None for name, text in given.items()}
        result[parameter] = (
            given if given is None or isinstance(given, dict) else [str(name) for name in given]
        )
    words = settings.get("seed_words")
    result["seed_words"] = (
        None if words is None else {str(name): list(listed) for name, listed in words.items()}
    )
    return {name: value for name, value in result.items() if value is not None}


def _described(parameter: str, given: Any) -> dict[str, tuple[str, ...]]:
    """Read names with their descriptions or examples."""
    if given is None:
        return {}
    form = f"{parameter} must be a list of names, or map names to a description or a list of examples"
    if isinstance(given, Mapping):
        pairs = list(given.items())
    elif isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
        raise ParameterTypeError(f"{form}; got {given!r}")
    else:
        pairs = [(name, None) for name in given]
    result: dict[str, tuple[str, ...]] = {}
    for name, text in pairs:
        key = _name(parameter, name)
        if key in result:
            raise ParameterError(f"{parameter} has {key!r} twice; give each topic once")
        if text is None:
            result[key] = (key,)
        elif isinstance(text, str):
            if not text.strip():
                raise ParameterError(
                    f"the description of {key!r} in {parameter} is blank; give None for the name alone"
                )
            result[key] = (f"{key}: {text.strip()}",)
        else:
            result[key] = _texts(f"examples of {key!r} in {parameter}", text, form)
    return result


def _words(given: Any) -> dict[str, tuple[str, ...]]:
    """Read seed words."""
    if given is None:
        return {}
    form = "seed_words must map names to lists of words, such as {'Billing': ['invoice', 'refund']}"
    if not isinstance(given, Mapping):
        raise ParameterTypeError(f"{form}; got {given!r}")
    result: dict[str, tuple[str, ...]] = {}
    for name, words in given.items():
        key = _name("seed_words", name)
        if key in result:
            raise ParameterError(f"seed_words has {key!r} twice; give each topic once")
        result[key] = _texts(f"seed_words of {key!r}", words, form)
    return result


def _vectors(given: Any, topics: Sequence[Told]) -> dict[str, NDArray[Any]]:
    """Read vectors of known topics."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ParameterTypeError(
            f"known_vectors must map names of known topics to vectors; got {type(given).__name__}"
        )
    names = {topic.name for topic in topics}
    result = {}
    for name, vectors in given.items():
        key = _name("known_vectors", name)
        if key not in names:
            raise ParameterError(
                f"known_vectors has {key!r}, which is not in known_topics, seed_words or ignore"
            )
        result[key] = check_vectors(np.atleast_2d(np.asarray(vectors)), what=f"known_vectors of {key!r}")
    return result


def _name(parameter: str, name: Any) -> str:
    if not isinstance(name, str):
        raise ParameterTypeError(f"names in {parameter} must be str, got {name!r}")
    if not name.strip():
        raise ParameterError(f"a name in {parameter} is blank; give each topic a name")
    return name.strip()


def _texts(what: str, given: Any, form: str) -> tuple[str, ...]:
    if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
        raise ParameterTypeError(f"{form}; got {given!r} for {what}")
    texts = tuple(given)
    for text in texts:
        if not isinstance(text, str) or not text.strip():
            raise ParameterError(f"{what} must be non-blank str, got {text!r}")
    if not texts:
        raise ParameterError(f"{what} are empty; give at least one, or leave the topic out")
    return texts
