"""What an embedder is, the tables of names and of saved kinds, and the way in for foreign objects."""

import hashlib
import importlib
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from topickit._core.progress import stage
from topickit._core.spill import spans
from topickit._core.state import State
from topickit._core.validation import check_vectors
from topickit._core.vectors import FloatArray, allocate, release, unit_rows
from topickit.errors import InputError, InputTypeError, ParameterError, ParameterTypeError, StorageError

EMBEDDERS: Mapping[str, str] = MappingProxyType(
    {
        "lexical": "topickit.embed.lexical:LexicalEmbedder",
        "distilled": "topickit.embed.distilled.embedder:DistilledEmbedder",
        "hybrid": "topickit.embed.hybrid:HybridEmbedder",
    }
)
"""Names that a user may give; any other name is a sentence-transformers model."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "sentence": "topickit.embed.sentence:SentenceEmbedder",
        "lexical": "topickit.embed.lexical:LexicalEmbedder",
        "distilled": "topickit.embed.distilled.embedder:DistilledEmbedder",
        "hybrid": "topickit.embed.hybrid:HybridEmbedder",
        "external": "topickit.embed.base:AbsentEmbedder",
    }
)
"""Kinds of saved state, and the class whose ``from_state`` reads each."""

LongDocuments: TypeAlias = Literal["truncate", "chunk"]

_WAYS = (
    "pass the name or path of a model, 'lexical', an object with a method encode(texts), or a function of a "
    "list of str; vectors that you already have go into embeddings="
)
BLOCK = 65_536
"""Texts that are embedded, checked and stored at a time."""
_PROBES = ("The train to the airport was late again.", "How do I sort a list of numbers?")


class Embedder(Protocol):
    """Anything that turns texts into vectors, one row a text, each text on its own."""

    @property
    def fingerprint(self) -> str:
        """A stable id of the model and its settings: other weights or settings, another fingerprint."""

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        """Return one row a text, shape (len(texts), d)."""

    def state(self) -> State:
        """Return what must be saved to make this embedder again with `from_state`."""


@runtime_checkable
class FittedOnCorpus(Protocol):
    """An embedder that learns from the corpus first; it is not changed itself."""

    def fitted(self, texts: Sequence[str], weights: NDArray[Any]) -> Embedder:
        """Return a new embedder, fitted to these texts.

        Parameters
        ----------
        texts : sequence of str
            Distinct texts.
        weights : ndarray of shape (len(texts),)
            How many documents each text stands for.
        """


@runtime_checkable
class BuildsOnVectors(Protocol):
    """An embedder that computes its embeddings from those of a model and from the texts."""

    @property
    def model(self) -> Embedder:
        """The embedder that it builds on."""

    def fitted_on(self, vectors: FloatArray, texts: Sequence[str], weights: NDArray[Any]) -> Embedder:
        """Return a new embedder, fitted to texts and the model's unit vectors of them."""

    def completed(self, vectors: FloatArray, texts: Sequence[str]) -> FloatArray:
        """Return its own embeddings, computed from the model's unit vectors."""


class ForeignEmbedder:
    """Makes an Embedder of any object with ``encode``, or of a function of a list of str.

    The object is only called, never changed, and never saved: a saved model asks for it again.

    Parameters
    ----------
    target : object with ``encode(list of str)``, or callable
        May return an array, a tensor, or a list of either; one row a text.

    Examples
    --------
    >>> def lengths(texts):
    ...     return [[float(len(text)), 1.0] for text in texts]
    >>> ForeignEmbedder(lengths).encode(["a", "abc"]).tolist()
    [[1.0, 1.0], [3.0, 1.0]]
    """

    __slots__ = ("_call", "_dimension", "target")

    def __init__(self, target: Any) -> None:
        self.target = target
        self._call: Callable[[list[str]], Any] = target.encode if _offers(target, "encode") else target
        self._dimension: int | None = None

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        """Call the foreign object with a list of the texts, and nothing else.

        Raises
        ------
        InputTypeError, InputError
            When what comes back is not one row of real, finite numbers a text.
        """
        vectors = check_vectors(
            as_array(self._call(list(texts)), repr(self)), n_rows=len(texts), what=f"vectors from {self!r}"
        )
        self._dimension = vectors.shape[1]
        return vectors

    @property
    def fingerprint(self) -> str:
        """The object's type, and a hash of its vectors for two fixed sentences.

        Raises
        ------
        InputError
            When the object cannot embed the two sentences.
        """
        try:
            probe = embed(self, _PROBES)
        except Exception as error:
            raise InputError(
                f"{self!r} has no fingerprint: it failed on two sentences that tell models apart ({error}); "
                "an embedder whose vectors are to be kept must embed any text"
            ) from error
        # So coarse that rounding, which differs between machines, hardly ever shows.
        coarse = np.round(probe[:, :64] * 50).astype(np.int8)
        digest = hashlib.blake2b(coarse.tobytes(), digest_size=8, key=str(probe.shape).encode()).hexdigest()
        return f"external:{describe_foreign(self.target)}:{digest}"

    def state(self) -> State:
        """Return a note of what is missing; the object itself is the user's to give again."""
        return external_state(describe_foreign(self.target), self._dimension)

    def __repr__(self) -> str:
        return describe_foreign(self.target)


class ForeignCorpusEmbedder(ForeignEmbedder):
    """A `ForeignEmbedder` whose object also has ``fitted(texts, weights)``."""

    __slots__ = ()

    def fitted(self, texts: Sequence[str], weights: NDArray[Any]) -> Embedder:
        """Call the object's own ``fitted``; what it returns is resolved as `resolve` has it."""
        return resolve(self.target.fitted(list(texts), np.array(weights)))


class AbsentEmbedder:
    """Stands for an embedder that could not be saved; says so when it is asked for vectors.

    Parameters
    ----------
    description : str
        What the embedder was.
    dimension : int, optional
        Columns of its vectors.

    Examples
    --------
    >>> AbsentEmbedder("function my_vectors", 3).fingerprint
    'external:function my_vectors:absent'
    """

    __slots__ = ("description", "dimension")

    def __init__(self, description: str, dimension: int | None = None) -> None:
        self.description = description
        self.dimension = dimension

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        """Refuse.

        Raises
        ------
        ParameterError
            Always: there is nothing to embed with.
        """
        size = "" if self.dimension is None else f" ({self.dimension} columns)"
        raise ParameterError(
            f"this model was fitted with vectors from {self.description}{size}, which is not saved with it; "
            "load it with TopicModel.load(path, embedder=...), or pass the vectors as embeddings="
        )

    @property
    def fingerprint(self) -> str:
        """Its description; it equals no other embedder's."""
        return f"external:{self.description}:absent"

    def state(self) -> State:
        """Return the state that it was made from."""
        return external_state(self.description, self.dimension)

    @classmethod
    def from_state(cls, state: State) -> "AbsentEmbedder":
        """Make it from a saved state."""
        dimension = state.config["dimension"]
        return cls(str(state.config["description"]), None if dimension is None else int(dimension))

    def __repr__(self) -> str:
        return f"AbsentEmbedder({self.description!r}, {self.dimension})"


def external_state(description: str, dimension: int | None) -> State:
    """Return the state of an embedder that is not saved itself."""
    return State({"kind": "external", "description": description, "dimension": dimension})


def resolve(
    embedder: Any,
    *,
    long_documents: LongDocuments = "truncate",
    device: str | None = None,
    random_state: int = 0,
) -> Embedder:
    """Make an Embedder of what a user may give as one.

    Parameters
    ----------
    embedder : str, path, Embedder, object with ``encode``, or callable
        "lexical", or any other name or path of a sentence-transformers model (not loaded here);
        one of topickit's embedders; any object with ``encode(list of str)``, such as a
        `sentence_transformers.SentenceTransformer`; or a function of a list of str.
    long_documents : {"truncate", "chunk"}
        Handed to the `SentenceEmbedder` that a name or path becomes; objects know their own way.
    device : str, optional
        Likewise: the torch device of the model.
    random_state : int
        Likewise, to an embedder by name that learns from a sample.

    Raises
    ------
    ParameterError
        For an empty name.
    ParameterTypeError
        For anything else.

    Examples
    --------
    >>> resolve("all-MiniLM-L6-v2")
    SentenceEmbedder('all-MiniLM-L6-v2')
    """
    if isinstance(embedder, str | os.PathLike):
        settings = {"long_documents": long_documents, "device": device, "random_state": random_state}
        return _named(os.fspath(embedder), settings)
    if isinstance(embedder, type):
        raise ParameterTypeError(
            f"embedder is the class {embedder.__name__}, not an object of it: {embedder.__name__}()"
        )
    if all(_offers(embedder, name) for name in ("encode", "fingerprint", "state")):
        known: Embedder = embedder
        return known
    if _offers(embedder, "encode") or callable(embedder):
        foreign = ForeignCorpusEmbedder if _offers(embedder, "fitted") else ForeignEmbedder
        return foreign(embedder)
    raise ParameterTypeError(f"embedder cannot be {type(embedder).__name__}; {_WAYS}")


def embed(embedder: Embedder, texts: Sequence[str], *, dimension: int = 0) -> FloatArray:
    """Embed texts, check what came back, and scale each row to length 1.

    Parameters
    ----------
    embedder : Embedder
    texts : sequence of str
        Not one str.
    dimension : int
        Columns of the result where there are no texts: the embedder is not asked then.

    Returns
    -------
    float32 ndarray of shape (n, d)
        A new array of unit rows. A row of zeros stays one: the embedder knows nothing of that
        text.

    Raises
    ------
    InputTypeError, InputError
        When the texts are one str, or the embedder does not return one row of real, finite
        numbers a text.

    Examples
    --------
    >>> embed(resolve(lambda texts: [[3.0, 4.0] for _ in texts]), ["a"]).round(1).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    if isinstance(texts, str):
        raise InputTypeError("texts must be a collection of str, got one str; wrap it: [text]")
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
            progress.reach(start)  # of embedders that do not say how far they are
            found = _checked(embedder, texts[start:stop])
            if found.shape[1] != vectors.shape[1]:
                raise InputError(
                    f"{embedder!r} gave vectors of length {vectors.shape[1]} and {found.shape[1]}; "
                    "they must all be of one length"
                )
            vectors[start:stop] = found
            release(vectors)
    return vectors


def _checked(embedder: Embedder, texts: Sequence[str]) -> FloatArray:
    vectors = as_array(embedder.encode(texts), repr(embedder))
    return unit_rows(check_vectors(vectors, n_rows=len(texts), what=f"vectors from {embedder!r}"))


def n_exact(embedder: Embedder) -> int | None:
    """Tell how many texts of its corpus an embedder knows better than others; None if it treats all alike."""
    found = getattr(embedder, "n_exact", None)
    return None if found is None else int(found)


def fitted(embedder: Embedder, texts: Sequence[str], weights: NDArray[Any]) -> Embedder:
    """Let an embedder that learns from the corpus learn; any other is returned as it is.

    Parameters
    ----------
    embedder : Embedder
        Not changed.
    texts : sequence of str
        Distinct texts.
    weights : ndarray of shape (len(texts),)
        How many documents each text stands for.

    Examples
    --------
    >>> fitted(resolve("lexical"), ["a red apple", "a car"], np.ones(2)).encode(["apple"]).shape[0]
    1
    """
    return embedder.fitted(texts, weights) if isinstance(embedder, FittedOnCorpus) else embedder


def name(embedder: Any) -> str | None:
    """Return the name or path that a user gave as embedder, or None for an object.

    Examples
    --------
    >>> name("lexical"), name(len)
    ('lexical', None)
    """
    return str(os.fspath(embedder)) if isinstance(embedder, str | os.PathLike) else None


def state(embedder: Embedder) -> State:
    """Return what must be saved of an embedder; `from_state` makes it again.

    Examples
    --------
    >>> dict(state(resolve("lexical")).config)
    {'kind': 'lexical', 'dimension': 100, 'random_state': 0}
    """
    return embedder.state()


def describe(embedder: Embedder) -> str:
    """Name an embedder in a few words, for reports.

    Examples
    --------
    >>> describe(resolve("all-MiniLM-L6-v2"))
    "SentenceEmbedder('all-MiniLM-L6-v2')"
    """
    return repr(embedder)


def from_state(state: State, *, device: str | None = None) -> Embedder:
    """Make an embedder from its saved state.

    Parameters
    ----------
    state : State
        As `state` gave it; its config names the kind.
    device : str, optional
        The torch device of the model, which no state holds.

    Returns
    -------
    Embedder
        One that could not be saved comes back as an `AbsentEmbedder`, whose ``encode`` says what to do.

    Raises
    ------
    StorageError
        When the kind is unknown or the state is damaged.

    Examples
    --------
    >>> from_state(resolve("all-MiniLM-L6-v2").state())
    SentenceEmbedder('all-MiniLM-L6-v2')
    """
    kind = str(state.config.get("kind"))
    if kind not in KINDS:
        raise StorageError(
            f"the saved embedder is of kind {kind!r}, which this topickit does not know "
            f"(it knows {', '.join(KINDS)}); the model was saved by a newer topickit: upgrade"
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


def describe_foreign(target: Any) -> str:
    """Name a foreign object in a few words: representations of models fill pages."""
    named = target if inspect.isroutine(target) else type(target)
    kind = "function" if named is target else "object"
    name = getattr(named, "__qualname__", type(target).__qualname__)
    return f"{kind} {getattr(named, '__module__', '?')}.{name}"


def _offers(target: Any, name: str) -> bool:
    # Statically: a fingerprint is a property, and reading it may hash a gigabyte of weights.
    try:
        inspect.getattr_static(target, name)
    except AttributeError:
        # An object that forwards attributes to another one. Routines forward nothing.
        return not inspect.isroutine(target) and callable(getattr(target, name, None))
    return True


def _named(name: str | bytes, settings: Mapping[str, Any]) -> Embedder:
    if not isinstance(name, str) or not name.strip():
        raise ParameterError(f"embedder must be the name or path of a model, got {name!r}; {_WAYS}")
    made = _load(EMBEDDERS.get(name, KINDS["sentence"]))
    known = inspect.signature(made).parameters
    taken = {key: value for key, value in settings.items() if key in known}
    embedder: Embedder = made(**taken) if name in EMBEDDERS else made(name, **taken)
    return embedder


def _load(address: str) -> Any:
    module, _, name = address.partition(":")
    return getattr(importlib.import_module(module), name)


def as_array(vectors: Any, source: str) -> Any:
    """Turn tensors, and lists of tensors or arrays, into one array; sparse matrices are refused."""
    if hasattr(vectors, "toarray"):
        raise InputTypeError(
            f"vectors from {source} are a sparse matrix; reduce them to a few hundred columns first "
            "(scikit-learn's TruncatedSVD), or use embedder='lexical'"
        )
    if hasattr(vectors, "detach"):
        return vectors.detach().cpu().float().numpy()  # .float(): NumPy has no bfloat16
    if isinstance(vectors, list | tuple) and any(hasattr(row, "detach") for row in vectors):
        return [as_array(row, source) for row in vectors]
    return vectors
