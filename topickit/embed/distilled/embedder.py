"""The distilled embedder: a transformer for a sample of the corpus, and its fast student for the rest."""

import hashlib
import logging
import math
import os
import warnings
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from topickit._core.progress import stage
from topickit._core.state import State
from topickit._core.vectors import FloatArray, unit_rows
from topickit.corpus.documents import Documents, content_hash
from topickit.embed import base
from topickit.embed.base import EmbedderInfo, LongDocuments
from topickit.embed.cache.embedder import cached
from topickit.embed.distilled.learnt import Learnt
from topickit.embed.distilled.student import FoldedStudent, HeldOut, Lesson, Student, fit_student
from topickit.embed.distilled.tokens import BLOCK, Tokens, TokenTable
from topickit.embed.learning import Copied
from topickit.embed.sentence import SentenceEmbedder, fast_precision
from topickit.errors import (
    InputError,
    InputTypeError,
    NotFittedError,
    ParameterError,
    ParameterTypeError,
    TopickitWarning,
)

SIZES = (2_500, 5_000)
"""Samples that are tried where none is given; a corpus of no more than the first needs no student."""
FEWEST = 50
"""Texts that a sample has at least."""
ENOUGH = 0.85
"""Held-out agreement from which on a larger sample is not tried."""
POOR = 0.6
"""Held-out agreement below which the student is not used."""

_log = logging.getLogger(__name__)


class DistilledEmbedder(Copied):
    """A transformer (the teacher) embeds a sample of the corpus; its student learns from that for the rest.

    It learns from the corpus: `fit` fits this embedder, and `fitted` returns a new, fitted one. The
    sample, and any text that `with_exact` was given, keep the teacher's own vectors; they are kept by a
    hash of the text, in float16, so a saved model holds no text, though it holds the teacher's tokens
    that stood in the sample. Where the student is poor by its held-out figures (agreement below
    `POOR`), or the corpus is no larger than the sample, the teacher embeds all.

    Parameters
    ----------
    teacher : str, path, SentenceEmbedder, or CachedEmbedder of one
        A sentence-transformers model with a fast tokeniser and input token embeddings.
    sample : int or float, optional
        Texts that the teacher embeds (at least `FEWEST`), or their share of the corpus, below 1;
        None takes the first of `SIZES` whose held-out agreement is at least `ENOUGH`, or the last.
    random_state : int
        Seed of the sample, which is chosen by content hashes: the same in any order, and nested: a
        larger one holds a smaller one, and that of `Documents.sample`.
    long_documents : {"truncate", "chunk"}
        For a teacher given by name: see `SentenceEmbedder`. The student reads as much of a text.
    precision : {"auto", "float32", "bfloat16"}
        In what a teacher given by name embeds the texts whose vectors are kept; "auto" is what
        `fast_precision` says of the processor. Where the teacher embeds all, it is always "float32".
    device : str, optional
        The torch device of a teacher given by name; sentence-transformers chooses if None.

    Notes
    -----
    The vectors of a text alone and in a batch differ by rounding (about 1e-7), as those of the
    teacher do.

    References
    ----------
    That a weighted sum of token vectors goes a long way: Arora, Liang, Ma, "A Simple but
    Tough-to-Beat Baseline for Sentence Embeddings", ICLR 2017; distilled into such a sum: Tulkens
    and van Dongen, "Model2Vec", 2024.

    Examples
    --------
    >>> embedder = DistilledEmbedder("all-MiniLM-L6-v2", sample=1000)
    >>> embedder = embedder.fit(["red apple", "green apple", "fast car"])
    >>> embedder.encode(["red apple", "pear"]).shape, embedder.held_out is None
    ((2, 384), True)
    """

    # A copy for another process makes its own table and folds again.
    _left_behind = ("_cache", "_folded", "_table")
    __slots__ = (
        "_folded",
        "_resolved",
        "_table",
        "device",
        "long_documents",
        "precision",
        "random_state",
        "sample",
        "teacher",
    )

    def __init__(
        self,
        teacher: Any = "all-MiniLM-L6-v2",
        *,
        sample: int | float | None = None,
        random_state: int = 0,
        long_documents: LongDocuments = "truncate",
        precision: Literal["auto", "float32", "bfloat16"] = "auto",
        device: str | None = None,
    ) -> None:
        self.teacher = teacher
        self.sample = sample
        self.random_state = random_state
        self.long_documents = long_documents
        self.precision = precision
        self.device = device
        self._known: Learnt | None = None
        self._resolved: base.Embedder | None = None
        self._cache: str | os.PathLike[str] | None = None
        self._table: TokenTable | None = None
        self._folded: FoldedStudent | None = None

    def fit(self, texts: Sequence[str], weights: NDArray[Any] | None = None) -> Self:
        """Fit the student of this embedder to a sample of these texts; what it had learnt is forgotten.

        Parameters, errors and warnings are those of `fitted`. Where it raises, nothing has changed.

        Returns
        -------
        self
        """
        made = self._fitted(texts, weights)
        self._resolved, self._known = made._resolved, made._known
        self._table, self._folded = made._table, made._folded
        return self

    def fitted(self, texts: Sequence[str], weights: NDArray[Any] | None = None) -> "DistilledEmbedder":
        """Return a new embedder, its student fitted to a sample of these texts.

        Parameters
        ----------
        texts : sequence of str
            In any order; equal ones count once, blank ones not at all.
        weights : ndarray of shape (len(texts),), optional
            Accepted as by all that are fitted, and not used: the student is to be right about texts.

        Raises
        ------
        ParameterError, ParameterTypeError
            When a setting cannot be used, or no student can be made of this teacher.
        InputError, InputTypeError
            When there are no texts, or they cannot be used.

        Warns
        -----
        TopickitWarning
            When the student is poor; the teacher then embeds all.
        """
        return self._fitted(texts, weights)

    def _fitted(self, texts: Sequence[str], weights: NDArray[Any] | None) -> "DistilledEmbedder":
        documents = Documents.of(texts)
        if weights is not None and np.shape(weights) != (len(texts),):
            raise InputError(f"weights must be {len(texts)} numbers, one a text; got {np.shape(weights)}")
        if not len(documents):
            raise InputError("there are no texts to learn from: all are blank")
        made = self._again()
        sizes = self._sizes(len(documents))
        if sizes[0] >= len(documents):
            made._known = Learnt.nothing()
            return made
        made._table = made._token_table()
        for size in sizes:
            rows = documents.sample(size, self.random_state)
            lesson = made._learn([documents.texts[row] for row in rows])
            if lesson.held_out.agreement >= ENOUGH:
                break
        if lesson.held_out.agreement < POOR:
            made._give_up(lesson)
        return made

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return the vector of each text: the teacher's where it is known, else the student's.

        Parameters
        ----------
        texts : sequence of str
            Seen before or not.

        Returns
        -------
        float32 ndarray of shape (n, d), unit rows
            Zeros where the student finds no token in a text.

        Raises
        ------
        NotFittedError
            Before `fit` or `fitted`.
        """
        known = self._learnt()
        if known.student is None:
            return self.encode_exactly(texts)
        _check_collection(texts)
        result = np.empty((len(texts), known.student.own.shape[1]), dtype=np.float32)
        rows = known.places(texts)
        result[rows >= 0] = known.exact(rows[rows >= 0])
        others = np.flatnonzero(rows < 0)
        if len(others):
            table, folded = self._token_table(), self._folded_student(known.student)
            with stage("Embedding", len(others)) as progress:
                blocks = table.blocks([texts[i] for i in others.tolist()])
                for start, tokens in zip(range(0, len(others), BLOCK), blocks, strict=True):
                    result[others[start : start + BLOCK]] = folded.vectors(tokens)
                    progress.advance(len(tokens))
        return result

    def encode_exactly(self, texts: Sequence[str]) -> FloatArray:
        """Return the teacher's vector of each text; those that are kept are not made again.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        float32 ndarray of shape (n, d), unit rows
            Those that are kept, to float16.

        Raises
        ------
        NotFittedError
            Before `fit` or `fitted`.
        """
        known = self._learnt()
        _check_collection(texts)
        rows = known.places(texts)
        others = np.flatnonzero(rows < 0)
        if len(others) == len(rows):
            return base.embed(self._teacher(), texts) if len(texts) else self._nothing(known)
        result = np.empty((len(texts), known.vectors.shape[1]), dtype=np.float32)
        result[rows >= 0] = known.exact(rows[rows >= 0])
        if len(others):
            result[others] = base.embed(self._teacher(), [texts[i] for i in others.tolist()])
        return result

    def is_exact(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Tell for which texts `encode` gives the teacher's vector, shape (n,)."""
        known = self._learnt()
        if known.student is None:
            return np.ones(len(texts), dtype=bool)
        return np.asarray(known.places(texts) >= 0)

    def with_exact(self, texts: Sequence[str]) -> "DistilledEmbedder":
        """Return a new embedder that keeps the teacher's vectors of these texts too.

        So agreement with the teacher can be bought with time: give those texts back to it about
        which the student's vectors leave the most doubt.

        Parameters
        ----------
        texts : sequence of str

        Raises
        ------
        NotFittedError
            Before `fit` or `fitted`.
        """
        known = self._learnt()
        made = self._again()
        made._table, made._folded, made._known = self._table, self._folded, known
        distinct = {content_hash(text): text for text in texts}
        new = [key for key in distinct if key not in known.rows]
        if known.student is None or not new:
            return made
        vectors = base.embed(made._sampling_teacher(), [distinct[key] for key in new])
        made._known = known.with_exact(new, vectors)
        return made

    @property
    def held_out(self) -> HeldOut | None:
        """How near the student is to the teacher on held-out texts; None where the teacher embeds all."""
        known = self._learnt()
        return None if known.student is None else known.held_out

    @property
    def n_exact(self) -> int | None:
        """Texts of which the teacher's vectors are kept; None where the teacher embeds all."""
        known = self._learnt()
        return None if known.student is None else len(known.rows)

    @property
    def fingerprint(self) -> str:
        """Hash of the teacher's fingerprint, the settings and, once fitted, of everything learnt."""
        settings = f"{self._teacher().fingerprint} {self.sample} {self.random_state}"
        digest = hashlib.blake2b(settings.encode(), digest_size=16)
        if self._known is not None:
            for name, array in sorted(self._known.arrays().items()):
                digest.update(f"{name} {array.shape}".encode())
                digest.update(np.ascontiguousarray(array).tobytes())
        return f"distilled:{digest.hexdigest()}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "distilled"; name and languages are those of the teacher."""
        return base.info_of("distilled", self, self._teacher())

    def state(self) -> State:
        """Return settings, the teacher's state and what was learnt: no text, no weights of the teacher."""
        config: dict[str, Any] = {
            "kind": "distilled",
            "teacher": dict(self._teacher().state().config),
            "sample": None if self.sample is None else float(self.sample),
            "random_state": int(self.random_state),
        }
        if self._known is None:
            return State(config)
        learnt = self._known.state()
        return State({**config, "learnt": dict(learnt.config)}, learnt.arrays)

    @classmethod
    def from_state(cls, state: State) -> "DistilledEmbedder":
        """Make the embedder again; it encodes as the saved one did, with the same teacher installed.

        Raises
        ------
        InputError
            When the arrays do not fit each other.
        """
        config = state.config
        teacher = base.from_state(State(dict(config["teacher"])), device=config.get("device"))
        sample = config["sample"]
        if sample is not None and sample >= 1:
            sample = int(sample)
        made = cls(teacher, sample=sample, random_state=int(config["random_state"]))
        if "learnt" in config:
            made._known = Learnt.from_state(State(config["learnt"], state.arrays))
        return made

    def __repr__(self) -> str:
        name = repr(self.teacher) if isinstance(self.teacher, str) else repr(_name(self._teacher()))
        known = self._known
        if known is None:
            return f"DistilledEmbedder({name})"
        if known.student is None or known.held_out is None:
            return f"DistilledEmbedder({name}, teacher embeds all)"
        return (
            f"DistilledEmbedder({name}, {known.n_sample} learnt, held-out cosine {known.held_out.cosine:.2f})"
        )

    def with_cache(self, folder: str | os.PathLike[str] | None) -> "DistilledEmbedder":
        """Return a new embedder whose teacher keeps its vectors in a cache: another fit finds them there.

        Parameters
        ----------
        folder : path, optional
            See `topickit.embed.CachedEmbedder`; it is not saved. None for no cache.
        """
        made = self._again()
        made._cache, made._known = folder, self._known
        return made

    def _learnt(self) -> Learnt:
        if self._known is None:
            raise NotFittedError(
                "this DistilledEmbedder has not seen a corpus yet; "
                "call fit(texts), or give this one to a TopicModel, which uses what fitted(texts) returns"
            )
        return self._known

    def _sizes(self, n: int) -> tuple[int, ...]:
        sample = self.sample
        if sample is None:
            return tuple(size for size in SIZES if size < n) or (n,)
        if isinstance(sample, bool) or not isinstance(sample, Real):
            raise ParameterTypeError(f"sample must be None, an int or a share, got {type(sample).__name__}")
        if isinstance(sample, Integral) and sample >= FEWEST:
            return (int(sample),)
        if not isinstance(sample, Integral) and 0 < sample < 1:
            return (max(FEWEST, math.ceil(sample * n)),)
        raise ParameterError(
            f"sample must be an int of at least {FEWEST}, or a share above 0 and below 1, got {sample!r}"
        )

    def _teacher(self) -> base.Embedder:
        if self._resolved is None:
            self._resolved = base.resolve(
                self.teacher, long_documents=self.long_documents, device=self.device
            )
        return cached(self._resolved, self._cache)

    def _sampling_teacher(self) -> base.Embedder:
        """The teacher for texts whose vectors are kept, so that they need not be made the same way again."""
        if self.precision not in ("auto", "float32", "bfloat16"):
            raise ParameterError(f"precision must be 'auto', 'float32' or 'bfloat16', got {self.precision!r}")
        teacher = self._teacher()
        if not (isinstance(self.teacher, str | os.PathLike) and isinstance(self._resolved, SentenceEmbedder)):
            return teacher
        precision = fast_precision() if self.precision == "auto" else self.precision
        return cached(self._resolved.with_precision(precision), self._cache)

    def _token_table(self) -> TokenTable:
        if self._table is None:
            teacher = self._teacher()
            # A cache wraps the embedder that knows the model.
            inner = getattr(teacher, "embedder", teacher)
            if not isinstance(inner, SentenceEmbedder):
                raise ParameterTypeError(
                    "teacher must be the name or path of a sentence-transformers model, or a "
                    f"SentenceEmbedder, got {teacher!r}: a student needs its tokeniser and token embeddings"
                )
            self._table = TokenTable.of(inner._loaded(), inner.long_documents, _name(inner))
        return self._table

    def _folded_student(self, student: Student) -> FoldedStudent:
        if self._folded is None:
            self._folded = student.folded(self._token_table().embeddings)
        return self._folded

    def _nothing(self, known: Learnt) -> FloatArray:
        if known.vectors.size:
            return np.empty((0, known.vectors.shape[1]), dtype=np.float32)
        return np.asarray(self._teacher().encode([]), dtype=np.float32)

    def _learn(self, texts: list[str]) -> Lesson:
        """Let the teacher embed these texts, unless it has, and the student learn from them."""
        old = self._known or Learnt.nothing()
        keys = [content_hash(text) for text in texts]
        places = old.places(texts)
        new = np.flatnonzero(places < 0)
        made = base.embed(self._sampling_teacher(), [texts[i] for i in new.tolist()])
        if old.rows:
            grown = old.with_exact([keys[i] for i in new.tolist()], made)
            vectors = grown.vectors[grown.places(texts)]
        else:
            vectors = made.astype(np.float16)
        with stage("Fitting the student"):
            table = self._token_table()
            tokens = _joined(list(table.blocks(texts)))
            lesson = fit_student(
                tokens,
                unit_rows(vectors),
                table.embeddings,
                penalty=None if old.student is None else old.penalty,
                random_state=self.random_state,
            )
        rows = {key: i for i, key in enumerate(keys)}
        self._folded = None
        self._known = Learnt(lesson.student, lesson.penalty, lesson.held_out, len(texts), rows, vectors)
        shown = (len(texts), lesson.held_out.cosine, lesson.held_out.agreement, lesson.penalty)
        _log.info("student of %d texts: held-out cosine %.3f, agreement %.3f, penalty %g", *shown)
        return lesson

    def _give_up(self, lesson: Lesson) -> None:
        known = self._learnt()
        warnings.warn(
            f"the student of {known.n_sample} texts agrees with {_name(self._teacher())} about "
            f"{lesson.held_out.agreement:.0%} of texts that it did not learn from (cosine "
            f"{lesson.held_out.cosine:.2f}), which is less than {POOR:.0%}: the teacher embeds all texts, "
            "which takes longer; a larger sample= may help",
            TopickitWarning,
            stacklevel=4,
        )
        self._known = known.without_student()


def _name(teacher: base.Embedder) -> str:
    inner = getattr(teacher, "embedder", teacher)
    model = getattr(inner, "model", None)
    return str(os.fspath(model)) if isinstance(model, str | os.PathLike) else repr(inner)


def _check_collection(texts: Sequence[str]) -> None:
    if isinstance(texts, str):
        raise InputTypeError("texts must be a collection of str, got one str; wrap it: [text]")


def _joined(blocks: list[Tokens]) -> Tokens:
    starts = np.cumsum([0, *(len(block.ids) for block in blocks)])
    ends = [block.ends[1:] + start for block, start in zip(blocks, starts[:-1], strict=True)]
    return Tokens(
        np.concatenate([block.ids for block in blocks]), np.concatenate([np.zeros(1, np.int64), *ends])
    )
