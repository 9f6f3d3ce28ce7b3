"""The distilled embedder: a transformer embeds a sample of the corpus, its student the rest."""

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
from topickit.embed.distilled.student import FoldedStudent, HeldOut, Student, fit_student
from topickit.embed.distilled.tokens import BLOCK, Tokens, TokenTable
from topickit.embed.distilled.values import DistilledValues
from topickit.embed.learning import LearningEmbedder
from topickit.embed.sentence import SentenceEmbedder, fast_precision
from topickit.errors import (
    InputError,
    ParameterError,
    ParameterTypeError,
    TopickitWarning,
    check_whole,
)

SIZES = (2_500, 5_000)
"""Sample sizes tried by default; a corpus no larger than the first needs no student."""
MIN_SAMPLE = 50
"""Minimum sample size."""
GOOD_AGREEMENT = 0.85
"""Held-out agreement from which no larger sample is tried."""
MIN_AGREEMENT = 0.6
"""Held-out agreement below which the student is not used."""

_log = logging.getLogger(__name__)


class DistilledEmbedder(LearningEmbedder[DistilledValues]):
    """A transformer (the teacher) embeds a sample of the corpus, and a fast student fitted to it the rest.

    Use it for large collections of short texts. The teacher's embeddings of the sample, and of texts passed
    to `with_exact`, are stored in float16 by a hash of the text. A saved model holds no text, but the tokens
    of the sample. The teacher embeds all texts if the corpus is no larger than the sample, or if the
    student's held-out agreement is below `MIN_AGREEMENT`.

    Parameters
    ----------
    teacher : str, path, SentenceEmbedder, or CachedEmbedder of one
        A sentence-transformers model with a fast tokenizer and input token embeddings; "all-MiniLM-L6-v2" by
        default.
    sample : int or float, optional
        Number of texts that the teacher embeds (at least `MIN_SAMPLE`), or their share of the corpus (below
        1). None takes the first of `SIZES` with a held-out agreement of at least `GOOD_AGREEMENT`, or else
        the last.
    random_state : int
        Seed of the sample, 0 by default. The sample depends on the texts' hashes, not on their order; larger
        samples contain smaller ones.
    long_documents : {"truncate", "chunk"}
        For a teacher given by name, see `SentenceEmbedder`; "chunk" is refused for an object. The student
        reads as much of a text as the teacher.
    n_refined : int
        Number of texts that `TopicModel.fit` has the teacher embed once topics are found: those nearest to a
        boundary between topics. 0 by default; see also `TopicModel.refine`.
    precision : {"auto", "float32", "bfloat16"}
        Arithmetic of a teacher given by name when it embeds the sample; "auto", the default, is
        `fast_precision` of the processor. If the teacher embeds all texts, it is always "float32". Refused
        for an object, which has a precision of its own.
    device : str, optional
        Torch device of a teacher given by name; None lets sentence-transformers choose. Refused for an
        object.

    Notes
    -----
    Embeddings of a text alone and in a batch differ by rounding (about 1e-7), as the teacher's do.

    References
    ----------
    Weighted sums of token vectors as sentence embeddings: Arora, Liang, Ma, "A Simple but Tough-to-Beat
    Baseline for Sentence Embeddings", ICLR 2017. Distillation into such a sum: Tulkens and van Dongen,
    "Model2Vec", 2024.

    Examples
    --------
    >>> embedder = DistilledEmbedder("all-MiniLM-L6-v2", sample=1000)
    >>> embedder = embedder.fit(["red apple", "green apple", "fast car"])
    >>> embedder.encode(["red apple", "pear"]).shape, embedder.held_out is None
    ((2, 384), True)
    """

    _not_copied = ("_cache", "_folded", "_table")
    __slots__ = (
        "_folded",
        "_resolved",
        "_table",
        "device",
        "long_documents",
        "n_refined",
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
        n_refined: int = 0,
        random_state: int = 0,
        long_documents: LongDocuments = "truncate",
        precision: Literal["auto", "float32", "bfloat16"] = "auto",
        device: str | None = None,
    ) -> None:
        self.teacher = teacher
        self.sample = sample
        self.n_refined = n_refined
        self.random_state = random_state
        self.long_documents = long_documents
        self.precision = precision
        self.device = device
        self._learned: DistilledValues | None = None
        self._resolved: base.Embedder | None = None
        self._cache: str | os.PathLike[str] | None = None
        self._table: TokenTable | None = None
        self._folded: FoldedStudent | None = None

    def fit(self, texts: Sequence[str], weights: NDArray[Any] | None = None) -> Self:
        """Fit this embedder to texts, in place of an earlier fit.

        Parameters
        ----------
        texts : sequence of str
            In any order; blank and repeated texts are ignored.
        weights : ndarray of shape (len(texts),), optional
            Not used; accepted as by all embedders that learn from a corpus.

        Returns
        -------
        self

        Raises
        ------
        ParameterError, ParameterTypeError
            When a setting cannot be used, or the teacher does not fit. The embedder is unchanged then.
        InputError, InputTypeError
            When there are no texts or they cannot be used.
        """
        embedder = self._fit(texts, weights)
        self._resolved, self._learned = embedder._resolved, embedder._learned
        self._table, self._folded = embedder._table, embedder._folded
        return self

    def fitted(self, texts: Sequence[str], weights: NDArray[Any] | None = None) -> "DistilledEmbedder":
        """Return a new embedder whose student is fitted to a sample of texts.

        Parameters
        ----------
        texts : sequence of str
            In any order; blank and repeated texts are ignored.
        weights : ndarray of shape (len(texts),), optional
            Not used; accepted as by all embedders that learn from a corpus.

        Returns
        -------
        DistilledEmbedder

        Raises
        ------
        ParameterError, ParameterTypeError
            When a setting cannot be used, or the teacher has no fast tokenizer or token embeddings.
        InputError, InputTypeError
            When there are no texts or they cannot be used.

        Warns
        -----
        TopickitWarning
            When the student's held-out agreement is below `MIN_AGREEMENT`; the teacher then embeds all texts.
        """
        return self._fit(texts, weights)

    def _fit(self, texts: Sequence[str], weights: NDArray[Any] | None) -> "DistilledEmbedder":
        documents = Documents.of(texts)
        if weights is not None and np.shape(weights) != (len(texts),):
            raise InputError(f"weights must be {len(texts)} numbers, one per text; got {np.shape(weights)}")
        if not len(documents):
            raise InputError("there are no texts to fit the embedder to: all are blank")
        check_whole("n_refined", self.n_refined, 0)
        embedder = self._unfitted()
        sizes = self._sizes(len(documents))
        if sizes[0] >= len(documents):
            embedder._learned = DistilledValues.without_sample()
            return embedder
        embedder._table = embedder._token_table()
        for size in sizes:
            rows = documents.sample(size, self.random_state)
            scores = embedder._fit_student([documents.texts[row] for row in rows])
            if scores.agreement >= GOOD_AGREEMENT:
                break
        if scores.agreement < MIN_AGREEMENT:
            embedder._drop_student(scores)
        return embedder

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Return the embedding of each text: the teacher's if it is stored, otherwise the student's.

        Parameters
        ----------
        texts : sequence of str
            From the corpus or new.

        Returns
        -------
        float32 ndarray of shape (n, d), unit rows
            Zeros for a text without tokens.

        Raises
        ------
        NotFittedError
            Before `fit` or `fitted`.
        """
        values = self._fitted_values()
        if values.student is None:
            return self.encode_exactly(texts)
        base.refuse_str(texts)
        result = np.empty((len(texts), values.student.own.shape[1]), dtype=np.float32)
        rows = values.places(texts)
        result[rows >= 0] = values.exact(rows[rows >= 0])
        others = np.flatnonzero(rows < 0)
        if len(others):
            table, folded = self._token_table(), self._folded_student(values.student)
            with stage("Embedding", len(others)) as progress:
                blocks = table.blocks([texts[i] for i in others.tolist()])
                for start, tokens in zip(range(0, len(others), BLOCK), blocks, strict=True):
                    result[others[start : start + BLOCK]] = folded.vectors(tokens)
                    progress.advance(len(tokens))
        return result

    def encode_exactly(self, texts: Sequence[str]) -> FloatArray:
        """Return the teacher's embedding of each text; stored ones are reused.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        float32 ndarray of shape (n, d), unit rows
            Stored ones are rounded to float16.

        Raises
        ------
        NotFittedError
            Before `fit` or `fitted`.
        """
        values = self._fitted_values()
        base.refuse_str(texts)
        rows = values.places(texts)
        others = np.flatnonzero(rows < 0)
        if len(others) == len(rows):
            return base.embed(self._teacher(), texts) if len(texts) else self._empty(values)
        result = np.empty((len(texts), values.vectors.shape[1]), dtype=np.float32)
        result[rows >= 0] = values.exact(rows[rows >= 0])
        if len(others):
            result[others] = base.embed(self._teacher(), [texts[i] for i in others.tolist()])
        return result

    def is_exact(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Tell for which texts `encode` returns the teacher's embedding.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        bool ndarray of shape (n,)
        """
        values = self._fitted_values()
        if values.student is None:
            return np.ones(len(texts), dtype=bool)
        return np.asarray(values.places(texts) >= 0)

    def with_exact(self, texts: Sequence[str]) -> "DistilledEmbedder":
        """Return a new embedder that also stores the teacher's embeddings of these texts.

        It improves agreement with the teacher at the cost of time, best for texts near a topic boundary.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        DistilledEmbedder

        Raises
        ------
        NotFittedError
            Before `fit` or `fitted`.
        """
        values = self._fitted_values()
        embedder = self._unfitted()
        embedder._table, embedder._folded, embedder._learned = self._table, self._folded, values
        distinct = {content_hash(text): text for text in texts}
        new = [key for key in distinct if key not in values.rows]
        if values.student is None or not new:
            return embedder
        vectors = base.embed(embedder._sampling_teacher(), [distinct[key] for key in new])
        embedder._learned = values.with_exact(new, vectors)
        return embedder

    @property
    def held_out(self) -> HeldOut | None:
        """Scores of the student on held-out texts; None if the teacher embeds all texts."""
        values = self._fitted_values()
        return None if values.student is None else values.held_out

    @property
    def n_exact(self) -> int | None:
        """Number of texts whose teacher embeddings are stored; None if the teacher embeds all texts."""
        values = self._fitted_values()
        return None if values.student is None else len(values.rows)

    @property
    def fingerprint(self) -> str:
        """Hash of the teacher's fingerprint, the settings and, once fitted, of everything learned."""
        settings = f"{self._teacher().fingerprint} {self.sample} {self.random_state}"
        digest = hashlib.blake2b(settings.encode(), digest_size=16)
        if self._learned is not None:
            for name, array in sorted(self._learned.arrays().items()):
                digest.update(f"{name} {array.shape}".encode())
                digest.update(np.ascontiguousarray(array).tobytes())
        return f"distilled:{digest.hexdigest()}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "distilled"; name and languages are those of the teacher."""
        return base.info_of("distilled", self, self._teacher())

    def state(self) -> State:
        """Return the settings, the teacher's state and what was learned: no texts and no teacher weights."""
        config: dict[str, Any] = {
            "kind": "distilled",
            "teacher": dict(self._teacher().state().config),
            "sample": None if self.sample is None else float(self.sample),
            "random_state": int(self.random_state),
        }
        if self._learned is None:
            return State(config)
        values = self._learned.state()
        return State({**config, "learnt": dict(values.config)}, values.arrays)

    @classmethod
    def from_state(cls, state: State) -> "DistilledEmbedder":
        """Restore the embedder; its embeddings are those of the saved one if the same teacher is installed.

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
        embedder = cls(teacher, sample=sample, random_state=int(config["random_state"]))
        if "learnt" in config:
            embedder._learned = DistilledValues.from_state(State(config["learnt"], state.arrays))
        return embedder

    def __repr__(self) -> str:
        name = repr(base.describe(self._teacher()).name)
        values = self._learned
        if values is None:
            return f"DistilledEmbedder({name})"
        if values.student is None or values.held_out is None:
            return f"DistilledEmbedder({name}, teacher embeds all)"
        return (
            f"DistilledEmbedder({name}, sample of {values.n_sample}, "
            f"held-out cosine {values.held_out.cosine:.2f})"
        )

    def with_cache(self, folder: str | os.PathLike[str] | None) -> "DistilledEmbedder":
        """Return a new embedder whose teacher's embeddings are cached between fits.

        Parameters
        ----------
        folder : path, optional
            Folder of the embedding cache, see `CachedEmbedder`; it is not saved. None disables the cache.

        Returns
        -------
        DistilledEmbedder
        """
        embedder = self._unfitted()
        embedder._cache, embedder._learned = folder, self._learned
        return embedder

    def _sizes(self, n: int) -> tuple[int, ...]:
        sample = self.sample
        if sample is None:
            return tuple(size for size in SIZES if size < n) or (n,)
        if isinstance(sample, bool) or not isinstance(sample, Real):
            raise ParameterTypeError(f"sample must be None, an int or a share, got {type(sample).__name__}")
        if isinstance(sample, Integral) and sample >= MIN_SAMPLE:
            return (int(sample),)
        if not isinstance(sample, Integral) and 0 < sample < 1:
            return (max(MIN_SAMPLE, math.ceil(sample * n)),)
        raise ParameterError(
            f"sample must be an int of at least {MIN_SAMPLE}, or a share above 0 and below 1, got {sample!r}"
        )

    def _teacher(self) -> base.Embedder:
        if self._resolved is None:
            self._resolved = base.resolve(
                self.teacher, long_documents=self.long_documents, device=self.device
            )
        return cached(self._resolved, self._cache)

    def _sampling_teacher(self) -> base.Embedder:
        """Return the teacher for texts whose embeddings are stored, which may be of lower precision."""
        if self.precision not in ("auto", "float32", "bfloat16"):
            raise ParameterError(f"precision must be 'auto', 'float32' or 'bfloat16', got {self.precision!r}")
        teacher = self._teacher()
        if not (isinstance(self.teacher, str | os.PathLike) and isinstance(self._resolved, SentenceEmbedder)):
            if self.precision != "auto":
                raise ParameterError(
                    f"precision={self.precision!r} has no effect on the teacher {teacher!r}; set it on the "
                    f"object, such as SentenceEmbedder(name, precision={self.precision!r})"
                )
            return teacher
        precision = fast_precision() if self.precision == "auto" else self.precision
        return cached(self._resolved.with_precision(precision), self._cache)

    def _token_table(self) -> TokenTable:
        if self._table is None:
            teacher = self._teacher()
            # A cache wraps the embedder that loads the model.
            inner = getattr(teacher, "embedder", teacher)
            if not isinstance(inner, SentenceEmbedder):
                raise ParameterTypeError(
                    "teacher must be the name or path of a sentence-transformers model, or a "
                    f"SentenceEmbedder, got {teacher!r}; a student needs its tokenizer and token embeddings"
                )
            self._table = TokenTable.of(inner._loaded(), inner.long_documents, str(inner.model))
        return self._table

    def _folded_student(self, student: Student) -> FoldedStudent:
        if self._folded is None:
            self._folded = student.fold(self._token_table().embeddings)
        return self._folded

    def _empty(self, values: DistilledValues) -> FloatArray:
        if values.vectors.size:
            return np.empty((0, values.vectors.shape[1]), dtype=np.float32)
        return np.asarray(self._teacher().encode([]), dtype=np.float32)

    def _fit_student(self, texts: list[str]) -> HeldOut:
        """Fit the student to texts, embedded by the teacher unless an earlier sample contained them."""
        old = self._learned or DistilledValues.without_sample()
        keys = [content_hash(text) for text in texts]
        places = old.places(texts)
        new = np.flatnonzero(places < 0)
        new_vectors = base.embed(self._sampling_teacher(), [texts[i] for i in new.tolist()])
        if old.rows:
            grown = old.with_exact([keys[i] for i in new.tolist()], new_vectors)
            vectors = grown.vectors[grown.places(texts)]
        else:
            vectors = new_vectors.astype(np.float16)
        with stage("Fitting the student"):
            table = self._token_table()
            tokens = Tokens.concatenate(list(table.blocks(texts)))
            result = fit_student(
                tokens,
                unit_rows(vectors),
                table.embeddings,
                penalty=None if old.student is None else old.penalty,
                random_state=self.random_state,
            )
        rows, scores, n = {key: i for i, key in enumerate(keys)}, result.held_out, len(texts)
        self._folded = None
        self._learned = DistilledValues(result.student, result.penalty, scores, n, rows, vectors)
        shown = (n, scores.cosine, scores.agreement, result.penalty)
        _log.info("student of %d texts: held-out cosine %.3f, agreement %.3f, penalty %g", *shown)
        return scores

    def _drop_student(self, scores: HeldOut) -> None:
        values, teacher = self._fitted_values(), base.describe(self._teacher()).name
        warnings.warn(
            f"the student fitted to {values.n_sample} texts agrees with {teacher} on {scores.agreement:.0%} "
            f"of held-out texts (cosine {scores.cosine:.2f}), less than {MIN_AGREEMENT:.0%}. The teacher "
            "embeds all texts instead, which takes longer; a larger sample= may help",
            TopickitWarning,
            stacklevel=4,
        )
        self._learned = values.without_student()
