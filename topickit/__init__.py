"""topickit: what is in a table of texts, in minutes, on your machine, the same every time.

Names are imported when they are first used, so ``import topickit`` loads nothing heavy.
"""

import importlib
from typing import TYPE_CHECKING, Any

from topickit._version import __version__

if TYPE_CHECKING:
    from topickit import embed, metrics, plot
    from topickit.assign import Assigner
    from topickit.cluster.agglomerative import AgglomerativeClusterer
    from topickit.cluster.community import CommunityClusterer
    from topickit.cluster.density import DensityClusterer
    from topickit.cluster.detection import community_detection
    from topickit.cluster.graph import GraphClusterer
    from topickit.cluster.kmeans import KMeansClusterer
    from topickit.embed.lexical import LexicalEmbedder
    from topickit.embed.precomputed import PrecomputedEmbedder
    from topickit.embed.sentence import SentenceEmbedder
    from topickit.errors import TopickitError, TopickitWarning
    from topickit.keywords.settings import KeywordSettings
    from topickit.model import TopicModel
    from topickit.naming import NamingFunction, NamingPrompt
    from topickit.report.report import Report
    from topickit.topics import Topic, Topics

_HOMES = {
    "AgglomerativeClusterer": "topickit.cluster.agglomerative",
    "Assigner": "topickit.assign",
    "CommunityClusterer": "topickit.cluster.community",
    "DensityClusterer": "topickit.cluster.density",
    "GraphClusterer": "topickit.cluster.graph",
    "KMeansClusterer": "topickit.cluster.kmeans",
    "KeywordSettings": "topickit.keywords.settings",
    "LexicalEmbedder": "topickit.embed.lexical",
    "NamingFunction": "topickit.naming",
    "NamingPrompt": "topickit.naming",
    "PrecomputedEmbedder": "topickit.embed.precomputed",
    "Report": "topickit.report.report",
    "SentenceEmbedder": "topickit.embed.sentence",
    "Topic": "topickit.topics",
    "TopicModel": "topickit.model",
    "TopickitError": "topickit.errors",
    "TopickitWarning": "topickit.errors",
    "Topics": "topickit.topics",
    "community_detection": "topickit.cluster.detection",
}

_ROOMS = ("embed", "metrics", "plot")

__all__ = [
    "AgglomerativeClusterer",
    "Assigner",
    "CommunityClusterer",
    "DensityClusterer",
    "GraphClusterer",
    "KMeansClusterer",
    "KeywordSettings",
    "LexicalEmbedder",
    "NamingFunction",
    "NamingPrompt",
    "PrecomputedEmbedder",
    "Report",
    "SentenceEmbedder",
    "Topic",
    "TopicModel",
    "TopickitError",
    "TopickitWarning",
    "Topics",
    "__version__",
    "community_detection",
    "embed",
    "metrics",
    "plot",
]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"topickit.{name}")
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'topickit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
