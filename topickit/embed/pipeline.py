"""From an embedder and documents to unit vectors: resolve, cache, fit, embed.

Examples
--------
>>> documents = Documents.of(["red apple", "green apple", "fast car"])
>>> fit("lexical", documents).vectors.shape[0]
3
"""

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from topickit._core.progress import stage
from topickit._core.state import State
from topickit._core.validation import TextError
from topickit._core.vectors import FloatArray, unit_rows
from topickit.corpus.documents import Documents
from topickit.embed import base
from topickit.embed.base import BuildsOnVectors, ChoosesByLanguage, Embedder, EmbedderInfo, LongDocuments
from topickit.embed.cache.embedder import cached, with_cached_teacher
from topickit.embed.learning import LearningEmbedder
from topickit.errors import InputError, NotFittedError, ParameterError, TopickitWarning

LONG = 120.0
"""Seconds of embedding from which on the user is told at the start."""


@dataclass(frozen=True, eq=False)
class Embedded:
    """A fitted embedder and the embeddings of the documents it was fitted to.

    Attributes
    ----------
    embedder : Embedder
        Fitted to the documents if it learns from a corpus.
    vectors : float32 ndarray of shape (u, d), unit rows
        The embedding of each of ``documents.texts``; a row of zeros if the embedder knows nothing of a text.
    info : EmbedderInfo
        What made the embeddings: of kind "given" if they were passed with the texts.
    """

    embedder: Embedder
    vectors: FloatArray
    info: EmbedderInfo


def fit(
    embedder: Any,
    documents: Documents,
    *,
    embeddings: NDArray[Any] | None = None,
    cache: str | os.PathLike[str] | None = None,
    device: str | None = None,
    long_documents: LongDocuments = "truncate",
    random_state: int = 0,
    languages: Callable[[], Sequence[str]] = tuple,
) -> Embedded:
    """Resolve an embedder, fit it to documents if it learns from a corpus, and embed them.

    Parameters
    ----------
    embedder : str, path, Embedder, object with ``encode``, or callable
        As for `resolve`. An object is not changed.
    documents : Documents
        Not empty.
    embeddings : ndarray of shape (documents.n_rows, d), optional
        Ready-made embeddings, one row per row of the caller's table, as given to `Documents.of`. No model
        runs then. An embedder that builds on a model's embeddings ("hybrid") uses them in place of its model.
    cache : path, optional
        Folder of the embedding cache, see `CachedEmbedder`; None (the default) disables it.
    device : str, optional
        Torch device of a model given by name; None lets sentence-transformers choose.
    long_documents : {"truncate", "chunk"}
        How a model given by name treats a text longer than its maximum length.
    random_state : int
        Seed of an embedder given by name that learns from a corpus; 0 by default.
    languages : function without arguments
        Detects the languages of the documents, as ISO 639-1 codes. Called only for an embedder that depends
        on them. By default they are unknown.

    Returns
    -------
    Embedded
        The fitted embedder and the embeddings.

    Raises
    ------
    ParameterError, ParameterTypeError
        When the embedder cannot be resolved or a setting cannot be used.
    InputError, InputTypeError
        When the embedder cannot learn from the documents or returns unusable embeddings.

    Warns
    -----
    TopickitWarning
        When embedding is going to take `LONG` seconds or more, after some seconds of it.

    Examples
    --------
    >>> documents = Documents.of(["a red apple", "a green apple", "a fast car"])
    >>> fit("lexical", documents).vectors.shape[0]
    3
    """
    resolved = base.resolve(embedder, long_documents=long_documents, device=device, random_state=random_state)
    units = _units(documents, embeddings)
    if units is None and isinstance(resolved, ChoosesByLanguage):
        resolved = resolved.for_languages(languages())
    learned = _learn(resolved, documents, units, cache)
    if units is not None:
        return Embedded(learned, _embed(learned, documents, units, cache), base.GIVEN)
    n_texts = len(documents)
    with stage("Embedding", n_texts, expect=lambda seconds: _warn_of_time(learned, n_texts, seconds)):
        vectors = _embed(learned, documents, units, cache)
    return Embedded(learned, vectors, base.describe(learned))


def learn(
    embedder: Embedder,
    documents: Documents,
    *,
    embeddings: NDArray[Any] | None = None,
    cache: str | os.PathLike[str] | None = None,
) -> Embedder:
    """Fit an embedder to documents without embedding them: the first half of `fit`.

    Parameters
    ----------
    embedder : Embedder
        Not changed.
    documents : Documents
        Not empty.
    embeddings : ndarray of shape (documents.n_rows, d), optional
        As for `fit`.
    cache : path, optional
        As for `fit`.

    Returns
    -------
    Embedder
        A new, fitted embedder; the given one if it does not learn from a corpus.

    Examples
    --------
    >>> documents = Documents.of(["a red apple", "a green apple", "a fast car"])
    >>> learn(base.resolve("lexical"), documents).encode(["apple"]).shape[0]
    1
    """
    return _learn(embedder, documents, _units(documents, embeddings), cache)


def transform(
    embedder: Embedder,
    documents: Documents,
    *,
    embeddings: NDArray[Any] | None = None,
    cache: str | os.PathLike[str] | None = None,
    dimension: int = 0,
) -> FloatArray:
    """Embed documents with a fitted embedder.

    Parameters
    ----------
    embedder : Embedder
        Fitted if it learns from a corpus, such as `Embedded.embedder`.
    documents : Documents
        May be empty.
    embeddings : ndarray of shape (documents.n_rows, d), optional
        As for `fit`.
    cache : path, optional
        As for `fit`.
    dimension : int
        Required number of columns; 0 (the default) accepts any.

    Returns
    -------
    float32 ndarray of shape (u, d), unit rows
        The embedding of each of ``documents.texts``.

    Raises
    ------
    NotFittedError
        When the embedder learns from a corpus and was not fitted.
    InputError
        When the number of columns is not `dimension`, or the embedder returns unusable embeddings.

    Examples
    --------
    >>> transform(base.resolve(lambda texts: [[3.0, 4.0] for _ in texts]), Documents.of(["a"])).shape
    (1, 2)
    """
    vectors = _embed(embedder, documents, _units(documents, embeddings), cache, dimension)
    if dimension and vectors.shape[1] != dimension:
        raise InputError(
            f"the model was fitted on vectors of length {dimension}, these have length "
            f"{vectors.shape[1]}; use the same embedder for fit and predict"
        )
    return vectors


def substitute(state: State, embedder: Embedder) -> Embedder:
    """Return an embedder to use in place of a saved one.

    Parameters
    ----------
    state : State
        State of the saved embedder.
    embedder : Embedder
        Of the same kind as the saved one, or the model of a saved hybrid embedder, which keeps its words.

    Returns
    -------
    Embedder

    Examples
    --------
    >>> substitute(base.resolve("lexical").state(), base.resolve("all-MiniLM-L6-v2"))
    SentenceEmbedder('all-MiniLM-L6-v2')
    """
    if "embedder" not in state.config or embedder.state().config.get("kind") == state.config["kind"]:
        return embedder
    saved: Any = base.from_state(state)
    restored: Embedder = saved.with_embedder(embedder)
    return restored


def resolve_fitted(embedder: Any, *, device: str | None = None) -> Embedder:
    """Resolve an embedder that replaces the one of a fitted model.

    Parameters
    ----------
    embedder : str, path, Embedder, object with ``encode``, or callable
        As for `resolve`.
    device : str, optional
        Torch device of a model given by name; ignored for others, since the topic model uses it as well.

    Returns
    -------
    Embedder

    Raises
    ------
    ParameterError
        When it learns from a corpus and was not fitted.

    Examples
    --------
    >>> resolve_fitted("all-MiniLM-L6-v2")
    SentenceEmbedder('all-MiniLM-L6-v2')
    """
    resolved = base.resolve(embedder, device=base.device_for(embedder, device))
    if isinstance(resolved, LearningEmbedder):
        try:
            resolved.encode([])
        except NotFittedError as error:
            raise ParameterError(
                f"embedder={embedder!r} learns from a corpus and was not fitted, so it cannot replace the "
                "one that the model was fitted with; leave embedder= out if the file holds that, or give the "
                "fitted embedder itself"
            ) from error
    return resolved


def _warn_of_time(embedder: Embedder, n_texts: int, seconds: float) -> None:
    """Warn of a long wait while it begins."""
    if seconds < LONG:
        return
    shorter = ""
    if not isinstance(embedder, LearningEmbedder):
        shorter = '; embedder="distilled" embeds a sample of them and learns to embed the rest'
    warnings.warn(
        f"embedding {n_texts:,} texts will take about {seconds / 60:,.0f} minutes{shorter}",
        TopickitWarning,
        stacklevel=4,
    )


def _units(documents: Documents, embeddings: NDArray[Any] | None) -> FloatArray | None:
    return None if embeddings is None else unit_rows(embeddings, documents.first_rows)


def _learn(
    embedder: Embedder,
    documents: Documents,
    units: FloatArray | None,
    cache: str | os.PathLike[str] | None,
) -> Embedder:
    texts, weights = documents.texts, documents.weights
    if units is None:
        with _rows_named(documents):
            return base.fitted(with_cached_teacher(embedder, cache), texts, weights)
    return embedder.fitted_on(units, texts, weights) if isinstance(embedder, BuildsOnVectors) else embedder


def _embed(
    embedder: Embedder,
    documents: Documents,
    units: FloatArray | None,
    cache: str | os.PathLike[str] | None,
    dimension: int = 0,
) -> FloatArray:
    if units is None:
        with _rows_named(documents):
            return base.embed(cached(embedder, cache), documents.texts, dimension=dimension)
    return embedder.combine(units, documents.texts) if isinstance(embedder, BuildsOnVectors) else units


@contextlib.contextmanager
def _rows_named(documents: Documents) -> Iterator[None]:
    """Name the caller's row in an error about one text."""
    try:
        yield
    except TextError as error:
        row = int(documents.first_rows[documents.texts.index(error.text)])
        raise InputError(f"document {row}: {error}") from error
