"""Embedders turn texts into vectors, one per text. Names are imported on first use.

Examples
--------
>>> from topickit.embed import embed, resolve
>>> embedder = resolve("lexical").fitted(["red apple", "green apple", "fast car"], [1, 1, 1])
>>> embed(embedder, ["apple", "car"]).shape[0]
2
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from topickit.embed import pipeline
    from topickit.embed.auto import AutoEmbedder
    from topickit.embed.base import (
        Embedder,
        EmbedderInfo,
        FittedOnCorpus,
        describe,
        embed,
        from_state,
        resolve,
    )
    from topickit.embed.cache.embedder import CachedEmbedder
    from topickit.embed.distilled.embedder import DistilledEmbedder
    from topickit.embed.hybrid import HybridEmbedder
    from topickit.embed.lexical import LexicalEmbedder
    from topickit.embed.precomputed import PrecomputedEmbedder
    from topickit.embed.sentence import SentenceEmbedder

__all__ = [
    "AutoEmbedder",
    "CachedEmbedder",
    "DistilledEmbedder",
    "Embedder",
    "EmbedderInfo",
    "FittedOnCorpus",
    "HybridEmbedder",
    "LexicalEmbedder",
    "PrecomputedEmbedder",
    "SentenceEmbedder",
    "describe",
    "embed",
    "from_state",
    "pipeline",
    "resolve",
]

_HOMES = {
    "AutoEmbedder": "topickit.embed.auto",
    "CachedEmbedder": "topickit.embed.cache.embedder",
    "DistilledEmbedder": "topickit.embed.distilled.embedder",
    "HybridEmbedder": "topickit.embed.hybrid",
    "LexicalEmbedder": "topickit.embed.lexical",
    "PrecomputedEmbedder": "topickit.embed.precomputed",
    "SentenceEmbedder": "topickit.embed.sentence",
}


def __getattr__(name: str) -> Any:
    if name == "pipeline":
        return importlib.import_module("topickit.embed.pipeline")
    if name in __all__:
        return getattr(importlib.import_module(_HOMES.get(name, "topickit.embed.base")), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
