"""The embedder protocols, the tables of names and saved kinds, and `resolve`."""

import importlib
import inspect
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from topickit._core import processes
from topickit._core.objects import name_of_object, offers
from topickit._core.progress import stage
from topickit._core.spill import spans
from topickit._core.state import State
from topickit._core.validation import check_encoded
from topickit._core.vectors import FloatArray, allocate, release, unit_rows
from topickit.errors import InputError, InputTypeError, ParameterError, ParameterTypeError, StorageError

EMBEDDERS: Mapping[str, str] = MappingProxyType(
    {
        "auto": "topickit.embed.auto:AutoEmbedder",
        "lexical": "topickit.embed.lexical:LexicalEmbedder",
        "distilled": "topickit.embed.distilled.embedder:DistilledEmbedder",
        "hybrid": "topickit.embed.hybrid:HybridEmbedder",
    }
)
"""Names of embedders; any other name is a sentence-transformers model."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "auto": "topickit.embed.auto:AutoEmbedder",
        "sentence": "topickit.embed.sentence:SentenceEmbedder",
        "lexical": "topickit.embed.lexical:LexicalEmbedder",
        "distilled": "topickit.embed.distilled.embedder:DistilledEmbedder",
        "hybrid": "topickit.embed.hybrid:HybridEmbedder",
        "external": "topickit.embed.foreign:AbsentEmbedder",
    }
)
"""The class whose ``from_state`` reads each kind of saved state."""

LongDocuments: TypeAlias = Literal["truncate", "chunk"]

_WAYS = (
    "pass the name or path of a model, 'lexical', an object with a method encode(texts), or a function of a "
    "list of str; pass ready-made embeddings as embeddings="
)
BLOCK = 65_536
"""Number of texts embedded, checked and stored at a time."""


@dataclass(frozen=True)
class EmbedderInfo:
    """What an embedder is, as data.

    Attributes
    ----------
    kind : str
        "sentence", "lexical", "hybrid", "distilled", "precomputed", "external" for an object or function of
        the user's, or "given" for embeddings passed with the texts.
    name : str
        Name of the model, which a hybrid or distilled embedder shares with the model that it builds on.
    description : str
        A few words for people; `name` if empty.
    languages : tuple of str or None
        ISO 639-1 codes of the languages that the model was trained on; None if unknown or any.
    fingerprint : str or None
        Of the embedder as it is now, fitted or not: equal fingerprints make equal embeddings. None if it is
        unknown without loading a model, calling a foreign object or reading all vectors.

    Examples
    --------
    >>> info = EmbedderInfo("sentence", "all-MiniLM-L6-v2", languages=("en",))
    >>> str(info)
    'all-MiniLM-L6-v2'
    """

    kind: str
    name: str
    description: str = ""
    languages: tuple[str, ...] | None = None
    fingerprint: str | None = None

    def __str__(self) -> str:
        return self.description or self.name

    @property
    def space(self) -> str:
        """What two embedders share whose embeddings can be compared; for one that learned, its own."""
        return f"{self} {self.fingerprint}" if self.kind in LEARNED else str(self)


LEARNED = frozenset({"lexical", "hybrid", "distilled"})
"""Kinds of embedders that learn from a corpus: each fit has a space of its own."""

GIVEN = EmbedderInfo("given", "vectors given by the user")
"""What made embeddings that were passed with the texts is unknown."""


class Embedder(Protocol):
    """Turns texts into vectors, one row per text, independent of the other texts.

    Attributes
    ----------
    fingerprint : str
        Identifies the model and its settings.
    info : EmbedderInfo, optional
        What the embedder is; `describe` needs it for more than the name of the type.

    Examples
    --------
    >>> from topickit import TopicModel
    >>> class LengthEmbedder:
    ...     def encode(self, texts):
    ...         return [[1.0, len(text)] for text in texts]
    >>> TopicModel(embedder=LengthEmbedder()).fit(["a", "to", "of", "a long text"]).labels_.shape
    (4,)
    """

    @property
    def fingerprint(self) -> str:
        """A stable id that changes with the weights and with every setting that changes embeddings."""

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        """Return the embeddings of texts.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        ndarray of shape (len(texts), d)
        """

    def state(self) -> State:
        """Return the state from which `from_state` restores this embedder.

        Returns
        -------
        State
        """


@runtime_checkable
class FittedOnCorpus(Protocol):
    """An embedder that learns from the corpus before it embeds.

    Examples
    --------
    >>> from topickit import LexicalEmbedder
    >>> isinstance(LexicalEmbedder(), FittedOnCorpus)
    True
    """

    def fitted(self, texts: Sequence[str], weights: NDArray[Any]) -> Embedder:
        """Return a new embedder, fitted to texts; this one is not changed.

        Parameters
        ----------
        texts : sequence of str
            Distinct texts.
        weights : ndarray of shape (len(texts),)
            Number of documents that each text stands for.

        Returns
        -------
        Embedder
        """


@runtime_checkable
class ChoosesByLanguage(Protocol):
    """An embedder that depends on the languages of the corpus."""

    def for_languages(self, languages: Sequence[str]) -> Embedder:
        """Return the embedder for languages, given by ISO 639-1 codes, the most frequent first."""


@runtime_checkable
class BuildsOnVectors(Protocol):
    """An embedder that computes its embeddings from those of a model and from the texts."""

    @property
    def model(self) -> Embedder:
        """The embedder that it builds on."""

    def fitted_on(self, vectors: FloatArray, texts: Sequence[str], weights: NDArray[Any]) -> Embedder:
        """Return a new embedder, fitted to texts and the model's unit vectors of them."""

    def combine(self, vectors: FloatArray, texts: Sequence[str]) -> FloatArray:
        """Return its own embeddings, computed from the model's unit vectors."""


def resolve(
    embedder: Any,
    *,
    long_documents: LongDocuments = "truncate",
    device: str | None = None,
    random_state: int = 0,
) -> Embedder:
    """Make an Embedder of what a user may pass as one.

    Parameters
    ----------
    embedder : str, path, Embedder, object with ``encode``, or callable
        A name: "auto", "lexical", "hybrid", "distilled", or the name or path of a sentence-transformers
        model, which is not loaded here. An object: one of topickit's embedders, or any object with
        ``encode(list of str)``, such as a `sentence_transformers.SentenceTransformer`. Or a function of a
        list of str.
    long_documents : {"truncate", "chunk"}
        For a sentence-transformers model given by name, or one that "hybrid" or "distilled" uses: truncate
        longer texts at the model's maximum length (the default), or average the embeddings of windows.
    device : str, optional
        Torch device of that model; None (the default) lets sentence-transformers choose.
    random_state : int
        Seed of a named embedder that learns from a corpus; 0 by default.

    Returns
    -------
    Embedder
        An object of topickit's as it is; other objects and functions in a wrapper.

    Raises
    ------
    ParameterError
        For an empty name, and for ``long_documents="chunk"`` or a device with an embedder that does not take
        them: an object has settings of its own, and "lexical" has neither.
    ParameterTypeError
        For anything else.

    Examples
    --------
    >>> resolve("all-MiniLM-L6-v2")
    SentenceEmbedder('all-MiniLM-L6-v2')
    """
    for parameter, value, default in (
        ("long_documents", long_documents, "truncate"),
        ("device", device, None),
    ):
        if value != default and not _takes(embedder, parameter):
            raise ParameterError(
                f"{parameter}={value!r} has no effect on embedder={_shown(embedder)}: it applies to a "
                "sentence-transformers model given by name. Leave it out; an embedder object takes its own "
                f"settings, such as SentenceEmbedder(name, {parameter}={value!r})"
            )
    if isinstance(embedder, str | os.PathLike):
        settings = {"long_documents": long_documents, "device": device, "random_state": random_state}
        return _named(os.fspath(embedder), settings)
    if isinstance(embedder, type):
        raise ParameterTypeError(
            f"embedder is the class {embedder.__name__}, not an object of it: {embedder.__name__}()"
        )
    if all(offers(embedder, name) for name in ("encode", "fingerprint", "state")):
        complete: Embedder = embedder
        return complete
    if offers(embedder, "encode") or callable(embedder):
        wrapper = "ForeignCorpusEmbedder" if offers(embedder, "fitted") else "ForeignEmbedder"
        wrapped: Embedder = _load(f"topickit.embed.foreign:{wrapper}")(embedder)
        return wrapped
    raise ParameterTypeError(f"embedder cannot be {type(embedder).__name__}; {_WAYS}")


def embed(embedder: Embedder, texts: Sequence[str], *, dimension: int = 0) -> FloatArray:
    """Embed texts, check the result, and scale each row to length 1.

    Parameters
    ----------
    embedder : Embedder
        As from `resolve`.
    texts : sequence of str
        A collection, not a single str.
    dimension : int
        Number of columns if there are no texts, in which case the embedder is not called; 0 by default.

    Returns
    -------
    float32 ndarray of shape (n, d)
        A new array of unit rows. Zero rows stay zero: the embedder knows nothing of such a text.

    Raises
    ------
    InputTypeError, InputError
        When the texts are a single str, or the embedder does not return one row of real, finite numbers
        per text.

    Examples
    --------
    >>> embed(resolve(lambda texts: [[3.0, 4.0] for _ in texts]), ["a"]).round(1).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    refuse_str(texts)
    if len(texts) == 0:
        return np.empty((0, dimension), dtype=np.float32)
    with stage("Embedding", len(texts)) as progress:
        (_, end), *rest = spans(texts, BLOCK)
        first = _checked(embedder, texts[:end])
        if not rest:
            return first
        vectors = allocate(len(texts), first.shape[1])
        vectors[:end] = first
        for start, stop in rest:
            progress.reach(start)  # for embedders that do not report their progress
            block = _checked(embedder, texts[start:stop])
            if block.shape[1] != vectors.shape[1]:
                raise InputError(
                    f"{embedder!r} returned vectors of lengths {vectors.shape[1]} and {block.shape[1]}; "
                    "all must have the same length"
                )
            vectors[start:stop] = block
            release(vectors)
    return vectors


def refuse_str(texts: Sequence[str]) -> None:
    """Refuse a single str, which is a sequence of str as well.

    Raises
    ------
    InputTypeError
    """
    if isinstance(texts, str):
        raise InputTypeError("texts must be a collection of str, got one str; wrap it: [text]")


def _checked(embedder: Embedder, texts: Sequence[str]) -> FloatArray:
    processes.prepare()  # an object of the user's may use torch, too
    return unit_rows(check_encoded(embedder.encode(texts), texts, repr(embedder)))


def n_exact(embedder: Embedder) -> int | None:
    """Return the number of texts whose teacher embeddings are stored; None if there is no student."""
    count = getattr(embedder, "n_exact", None)
    return None if count is None else int(count)


def fitted(embedder: Embedder, texts: Sequence[str], weights: NDArray[Any]) -> Embedder:
    """Return an embedder fitted to texts; one that does not learn from a corpus is returned as it is.

    Parameters
    ----------
    embedder : Embedder
        Not changed.
    texts : sequence of str
        Distinct texts.
    weights : ndarray of shape (len(texts),)
        Number of documents that each text stands for.

    Returns
    -------
    Embedder

    Examples
    --------
    >>> fitted(resolve("lexical"), ["a red apple", "a car"], np.ones(2)).encode(["apple"]).shape[0]
    1
    """
    processes.prepare()
    return embedder.fitted(texts, weights) if isinstance(embedder, FittedOnCorpus) else embedder


def name(embedder: Any) -> str | None:
    """Return an embedder given by name or path as a str, None for an object.

    Examples
    --------
    >>> name("lexical"), name(len)
    ('lexical', None)
    """
    return str(os.fspath(embedder)) if isinstance(embedder, str | os.PathLike) else None


def state(embedder: Embedder) -> State:
    """Return the state from which `from_state` restores an embedder.

    Examples
    --------
    >>> dict(state(resolve("lexical")).config)
    {'kind': 'lexical', 'dimension': 100, 'random_state': 0}
    """
    return embedder.state()


def describe(embedder: Embedder) -> EmbedderInfo:
    """Describe an embedder as data; no model is loaded and no foreign object is called.

    Parameters
    ----------
    embedder : Embedder
        Resolved; see `resolve`.

    Returns
    -------
    EmbedderInfo
        What its attribute ``info`` holds; of an object without one, kind "external" and its type's name.

    Examples
    --------
    >>> info = describe(resolve("all-MiniLM-L6-v2"))
    >>> info.kind, info.name, info.languages
    ('sentence', 'all-MiniLM-L6-v2', ('en',))
    """
    info = getattr(embedder, "info", None)
    return info if isinstance(info, EmbedderInfo) else EmbedderInfo("external", name_of_object(embedder))


def info_of(kind: str, embedder: Embedder, model: Embedder) -> EmbedderInfo:
    """Describe an embedder that builds on a model, with a fingerprint only where the model's is known."""
    info = describe(model)
    fingerprint = None if info.fingerprint is None else embedder.fingerprint
    return EmbedderInfo(kind, info.name, repr(embedder), info.languages, fingerprint)


def from_state(state: State, *, device: str | None = None) -> Embedder:
    """Restore an embedder from its saved state.

    Parameters
    ----------
    state : State
        From ``embedder.state()``; its config names the kind.
    device : str, optional
        Torch device of the model, which is not saved.

    Returns
    -------
    Embedder
        An `AbsentEmbedder` for one that could not be saved.

    Raises
    ------
    StorageError
        When the kind is unknown, or the state is damaged.

    Examples
    --------
    >>> from_state(resolve("all-MiniLM-L6-v2").state())
    SentenceEmbedder('all-MiniLM-L6-v2')
    """
    kind = str(state.config.get("kind"))
    if kind not in KINDS:
        raise StorageError(
            f"the saved embedder is of the unknown kind {kind!r} (known: {', '.join(KINDS)}); "
            "the model was saved by a newer version of topickit: upgrade"
        )
    try:
        embedder: Embedder = _load(KINDS[kind]).from_state(
            State({**state.config, "device": device}, state.arrays)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(
            f"the saved embedder of kind {kind!r} is damaged ({type(error).__name__}: {error}); "
            "save the model again, or load it with TopicModel.load(path, embedder=...)"
        ) from error
    return embedder


def device_for(embedder: Any, device: str | None) -> str | None:
    """Return the device to resolve an embedder with, where other stages use the device as well.

    Parameters
    ----------
    embedder : str, path, Embedder, object with ``encode``, or callable
        As for `resolve`.
    device : str, optional

    Returns
    -------
    str or None
        The device for a name that takes one; None otherwise.

    Examples
    --------
    >>> device_for("hybrid", "cuda"), device_for("lexical", "cuda"), device_for(len, "cuda")
    ('cuda', None, None)
    """
    return device if _takes(embedder, "device") else None


def _takes(embedder: Any, parameter: str) -> bool:
    if not isinstance(embedder, str | os.PathLike):
        return False
    return parameter in inspect.signature(_class_of(os.fspath(embedder))).parameters


def _shown(embedder: Any) -> str:
    return repr(embedder) if isinstance(embedder, str | os.PathLike) else f"<{name_of_object(embedder)}>"


def _class_of(name: str | bytes) -> Any:
    return _load(EMBEDDERS.get(str(name), KINDS["sentence"]))


def _named(name: str | bytes, settings: Mapping[str, Any]) -> Embedder:
    if not isinstance(name, str) or not name.strip():
        raise ParameterError(f"embedder must be the name or path of a model, got {name!r}; {_WAYS}")
    accepted = {key: value for key, value in settings.items() if _takes(name, key)}
    embedder: Embedder = _class_of(name)(*(() if name in EMBEDDERS else (name,)), **accepted)
    return embedder


def _load(address: str) -> Any:
    module, _, name = address.partition(":")
    return getattr(importlib.import_module(module), name)
