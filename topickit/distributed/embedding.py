"""An embedder whose texts are embedded by the workers of a cluster."""

from collections import deque
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import numpy as np

from topickit._core.optional import require
from topickit._core.progress import stage
from topickit._core.vectors import FloatArray
from topickit.distributed.cluster import start
from topickit.distributed.failures import running
from topickit.embed.base import Embedder
from topickit.embed.cache.embedder import BATCH_SIZE, confirmed
from topickit.embed.wrapper import WrappedEmbedder

AHEAD = 2
"""Batches for each worker that are sent before the first of them is done."""


class EncodingWorker:
    """What runs on a worker: an embedder that is loaded once.

    Parameters
    ----------
    embedder : list of one reference to an Embedder
    """

    def __init__(self, embedder: list[Any]) -> None:
        self.embedder: Embedder = require("ray").get(embedder[0])

    def encode(self, texts: list[str]) -> FloatArray:
        """Embed a batch."""
        return np.asarray(self.embedder.encode(texts), dtype=np.float32)


class ClusterEmbedder(WrappedEmbedder):
    """An embedder that sends batches of texts to workers, each of which loads the model once.

    It has the fingerprint and the state of the embedder that it stands for, and the same batches as
    `topickit.embed.CachedEmbedder`, so embeddings are those of one process with a cache, bit for bit. The
    batch of a worker that is lost is embedded again.

    Parameters
    ----------
    embedder : Embedder
        As from `topickit.embed.base.resolve`; it must not learn from a corpus.
    workers : int, optional
        Number of workers; None (default) is one for each `num_cpus` processors, or `num_gpus` GPUs, of the
        cluster.
    num_cpus, num_gpus : float, default 1 and 0
        Processors and GPUs of a worker.

    Examples
    --------
    >>> from topickit.embed.base import resolve
    >>> ClusterEmbedder(resolve("all-MiniLM-L6-v2"))
    ClusterEmbedder(SentenceEmbedder('all-MiniLM-L6-v2'))
    """

    def __init__(
        self, embedder: Embedder, *, workers: int | None = None, num_cpus: float = 1, num_gpus: float = 0
    ) -> None:
        self.embedder = embedder
        self.workers, self.num_cpus, self.num_gpus = workers, num_cpus, num_gpus
        self._actors: list[Any] = []

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """Embed texts on the workers.

        Parameters
        ----------
        texts : sequence of str

        Returns
        -------
        float32 ndarray of shape (n, d)
        """
        if not len(texts):
            return np.asarray(self.embedder.encode(texts), dtype=np.float32)
        return np.concatenate(list(self.encode_blocks(texts, BATCH_SIZE)))

    def encode_blocks(self, texts: Sequence[str], size: int) -> Iterator[FloatArray]:
        """Yield the embeddings of `size` texts at a time, in their order."""
        ray = require("ray")
        actors = self._started(-(-len(texts) // size))
        sent: deque[Any] = deque()
        with stage("Embedding", len(texts)) as progress, running():
            for number, begin in enumerate(range(0, len(texts), size)):
                actor = actors[number % len(actors)]
                sent.append(actor.encode.remote(list(texts[begin : begin + size])))
                if len(sent) > AHEAD * len(actors):
                    yield self._received(ray, sent, progress)
            while sent:
                yield self._received(ray, sent, progress)

    @staticmethod
    def _received(ray: Any, sent: deque[Any], progress: Any) -> FloatArray:
        vectors: FloatArray = ray.get(sent.popleft())
        progress.advance(len(vectors))
        return vectors

    def confirm(self) -> str:
        """Return the fingerprint, and warn if it is not that of the saved embedder."""
        return confirmed(self.embedder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for actor in self._actors:
            require("ray").kill(actor)
        self._actors = []

    def __repr__(self) -> str:
        return f"ClusterEmbedder({self.embedder!r})"

    def _started(self, n_batches: int) -> list[Any]:
        """Start as many workers as there is work and room for; they stay until the end."""
        start()
        ray = require("ray")
        if not self._actors:
            self._model = [ray.put(self.embedder)]
        worker = ray.remote(EncodingWorker).options(
            num_cpus=self.num_cpus, num_gpus=self.num_gpus, max_restarts=-1, max_task_retries=-1
        )
        while len(self._actors) < min(n_batches, self._most()):
            self._actors.append(worker.remote(self._model))
        return self._actors

    def _most(self) -> int:
        if self.workers is not None:
            return self.workers
        resources = require("ray").cluster_resources()
        room = [
            int(resources.get(name, 0) // each)
            for name, each in (("CPU", self.num_cpus), ("GPU", self.num_gpus))
            if each
        ]
        return max(1, min(room, default=1))
