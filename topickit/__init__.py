"""topickit finds the topics of a text collection, reproducibly, and labels new documents consistently.

Names are imported on first use, so ``import topickit`` is fast.

Examples
--------
>>> import topickit
>>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
>>> model = topickit.TopicModel(embedder="lexical", n_topics=2).fit(texts)
>>> sorted(topic.size for topic in model.topics_)
[3, 3]
"""

import importlib
from typing import TYPE_CHECKING, Any

from topickit._version import __version__

if TYPE_CHECKING:
    from topickit import distributed, embed, metrics, naming, plot
    from topickit.analysis.tree import TopicTree
    from topickit.cluster.agglomerative import AgglomerativeClusterer
    from topickit.cluster.community.clusterer import CommunityClusterer
    from topickit.cluster.community.detection import community_detection
    from topickit.cluster.density import DensityClusterer
    from topickit.cluster.given import GivenLabels
    from topickit.cluster.graph import GraphClusterer
    from topickit.cluster.kmeans import KMeansClusterer
    from topickit.corpus.tables import TextFile
    from topickit.embed.lexical import LexicalEmbedder
    from topickit.embed.precomputed import PrecomputedEmbedder
    from topickit.embed.sentence import SentenceEmbedder
    from topickit.errors import TopickitError, TopickitWarning
    from topickit.fitted.assigner import Assigner
    from topickit.fitted.history import Edit
    from topickit.fitted.naming import NamingFunction, NamingPrompt
    from topickit.fitted.replay import SkippedEdit
    from topickit.fitted.topics import Topic, Topics
    from topickit.keywords.settings import KeywordSettings
    from topickit.model import TopicModel
    from topickit.report.report import Report

_HOMES = {
    "AgglomerativeClusterer": "topickit.cluster.agglomerative",
    "Assigner": "topickit.fitted.assigner",
    "CommunityClusterer": "topickit.cluster.community.clusterer",
    "DensityClusterer": "topickit.cluster.density",
    "Edit": "topickit.fitted.history",
    "GivenLabels": "topickit.cluster.given",
    "GraphClusterer": "topickit.cluster.graph",
    "KMeansClusterer": "topickit.cluster.kmeans",
    "KeywordSettings": "topickit.keywords.settings",
    "LexicalEmbedder": "topickit.embed.lexical",
    "NamingFunction": "topickit.fitted.naming",
    "NamingPrompt": "topickit.fitted.naming",
    "PrecomputedEmbedder": "topickit.embed.precomputed",
    "Report": "topickit.report.report",
    "SentenceEmbedder": "topickit.embed.sentence",
    "SkippedEdit": "topickit.fitted.replay",
    "TextFile": "topickit.corpus.tables",
    "Topic": "topickit.fitted.topics",
    "TopicModel": "topickit.model",
    "TopicTree": "topickit.analysis.tree",
    "TopickitError": "topickit.errors",
    "TopickitWarning": "topickit.errors",
    "Topics": "topickit.fitted.topics",
    "community_detection": "topickit.cluster.community.detection",
}

_ROOMS = ("distributed", "embed", "metrics", "naming", "plot")

__all__ = [
    "AgglomerativeClusterer",
    "Assigner",
    "CommunityClusterer",
    "DensityClusterer",
    "Edit",
    "GivenLabels",
    "GraphClusterer",
    "KMeansClusterer",
    "KeywordSettings",
    "LexicalEmbedder",
    "NamingFunction",
    "NamingPrompt",
    "PrecomputedEmbedder",
    "Report",
    "SentenceEmbedder",
    "SkippedEdit",
    "TextFile",
    "Topic",
    "TopicModel",
    "TopicTree",
    "TopickitError",
    "TopickitWarning",
    "Topics",
    "__version__",
    "community_detection",
    "distributed",
    "embed",
    "metrics",
    "naming",
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
