"""Provenance: how a model was made, as typed data that the report shows and other code may read."""

import importlib.metadata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from topickit._version import __version__
from topickit.corpus.documents import Documents
from topickit.embed.base import GIVEN, EmbedderInfo
from topickit.fitted.change import Change

RECORDED_PACKAGES = ("numpy", "scipy", "scikit-learn", "numba", "sentence-transformers", "torch")


@dataclass(frozen=True)
class Source:
    """One of the models that were merged into a model.

    Attributes
    ----------
    name : str
    n_documents : int
        Its rows follow those of the sources before it.
    digest : str or None
        As in `Provenance`.
    topics : mapping of int to int
        Id in the merged model of each topic of this one.

    Examples
    --------
    >>> Source("north", 10, None, {0: 0, 1: 7}).topics[1]
    7
    """

    name: str
    n_documents: int
    digest: str | None
    topics: Mapping[int, int]

    @property
    def text(self) -> str:
        """The source in words."""
        documents = "document" if self.n_documents == 1 else "documents"
        topics = "topic" if len(self.topics) == 1 else "topics"
        return f"{self.n_documents:,} {documents}, {len(self.topics):,} {topics}"


@dataclass(frozen=True)
class Provenance:
    """How a model was made.

    Attributes
    ----------
    settings : mapping
        The model's parameters as plain data.
    embedder : EmbedderInfo
        What made the embeddings.
    dimension : int
        Columns of the embeddings.
    n_documents, n_distinct, n_blank : int
        Rows of the corpus, distinct texts, and rows without a text.
    n_sampled : int
        Distinct documents on which topics were found.
    digest : str
        Hash of all rows in their order.
    clusterer : mapping
        Findings of the clusterer, such as a resolution.
    versions : mapping of str to str
        Of topickit and the packages that decide the result.
    similarity_p5 : float or None
        5th percentile of the similarity of documents of the corpus to their topics, for documents on which
        the topics were not found; None if unknown.
    n_refined : int
        Documents embedded again by the teacher of a distilled embedder.
    agreement_with_clusterer : float or None
        Share of the clustered documents that the prototypes give the clusterer's own label, before small
        topics are added; None if unknown.
    across : mapping
        What was taken out so that topics do not follow the classes; empty if nothing was.
    updates : tuple of (int, int)
        Of each update, the id of its first new topic, and the first id after it.
    change : Change or None
        What the last update changed.
    sources : tuple of Source
        The models that were merged, in the order of their rows; empty if none were.
    rows_of_sample : int or None
        Rows of the sample that was fitted, where all others were only counted; None where none were.
    """

    settings: Mapping[str, Any]
    embedder: EmbedderInfo
    dimension: int
    n_documents: int
    n_distinct: int
    n_blank: int
    n_sampled: int
    digest: str | None
    clusterer: Mapping[str, Any]
    versions: Mapping[str, str] = field(default_factory=dict)
    similarity_p5: float | None = None
    n_refined: int = 0
    agreement_with_clusterer: float | None = None
    across: Mapping[str, Any] = field(default_factory=dict)
    updates: tuple[tuple[int, int], ...] = ()
    change: Change | None = field(default=None, repr=False)
    sources: tuple[Source, ...] = field(default=(), repr=False)
    rows_of_sample: int | None = None

    @classmethod
    def of(
        cls,
        documents: Documents,
        settings: Mapping[str, Any],
        embedder: EmbedderInfo,
        *,
        dimension: int,
        n_sampled: int,
        clusterer: Mapping[str, Any],
        agreement_with_clusterer: float | None = None,
    ) -> "Provenance":
        """Record how a model is made now, with the versions of the installed packages."""
        packages = {package: importlib.metadata.version(package) for package in RECORDED_PACKAGES}
        return cls(
            settings=dict(settings),
            embedder=embedder,
            dimension=dimension,
            n_documents=documents.n_rows,
            n_distinct=len(documents),
            n_blank=documents.n_blank,
            n_sampled=n_sampled,
            digest=documents.digest(),
            clusterer=dict(clusterer),
            versions={"topickit": __version__, **packages},
            agreement_with_clusterer=agreement_with_clusterer,
        )

    def since(self, topic: int) -> int:
        """Return the update that brought a topic, counted from 1; 0 for the fit."""
        found = (number for number, (first, end) in enumerate(self.updates, 1) if first <= topic < end)
        return next(found, 0)

    def updated(self, change: Change, first_id: int, next_id: int) -> "Provenance":
        """Record an update.

        Parameters
        ----------
        change : Change
        first_id, next_id : int
            The id of its first new topic, and the first id after it.
        """
        return replace(self, change=change, updates=(*self.updates, (first_id, next_id)))

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for reports and for `from_dict`."""
        optional = {
            "similarity_p5": self.similarity_p5,
            "refined_documents": self.n_refined or None,
            "agreement_with_clusterer": self.agreement_with_clusterer,
            "updates": [list(ids) for ids in self.updates] or None,
            "change": None if self.change is None else self.change.to_dict(),
            "embedder_info": asdict(self.embedder),
            "merged_from": {source.name: source.text for source in self.sources} or None,
            "sources": [_plain(source) for source in self.sources] or None,
            "across": dict(self.across) or None,
            "rows_of_sample": self.rows_of_sample,
        }
        return {
            "settings": dict(self.settings),
            "embedder": str(self.embedder),
            "dimension": self.dimension,
            "documents": self.n_documents,
            "distinct_documents": self.n_distinct,
            "blank_documents": self.n_blank,
            "fitted_on": self.n_sampled,
            "digest": self.digest,
            "clusterer": dict(self.clusterer),
            "versions": dict(self.versions),
            **{name: value for name, value in optional.items() if value is not None},
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "Provenance":
        """Make the Provenance of plain data, also of what topickit 0.1 wrote first."""
        return cls(
            settings=saved.get("settings", {}),
            embedder=_embedder_info(saved),
            dimension=int(saved.get("dimension", 0)),
            n_documents=int(saved.get("documents", 0)),
            n_distinct=int(saved.get("distinct_documents", 0)),
            n_blank=int(saved.get("blank_documents", 0)),
            n_sampled=int(saved.get("fitted_on", 0)),
            digest=saved.get("digest"),
            clusterer=saved.get("clusterer", {}),
            versions=saved.get("versions", {}),
            similarity_p5=saved.get("similarity_p5", saved.get("usual_similarity")),
            n_refined=int(saved.get("refined_documents", 0)),
            agreement_with_clusterer=saved.get("agreement_with_clusterer"),
            across=saved.get("across", {}),
            updates=tuple((first, end) for first, end in saved.get("updates", ())),
            change=Change.from_dict(saved["change"]) if saved.get("change") else None,
            sources=tuple(_source(source) for source in saved.get("sources", ())),
            rows_of_sample=saved.get("rows_of_sample"),
        )


def _plain(source: Source) -> dict[str, Any]:
    return {**asdict(source), "topics": {str(topic): own for topic, own in source.topics.items()}}


def _source(saved: Mapping[str, Any]) -> Source:
    topics = {int(topic): int(own) for topic, own in saved["topics"].items()}
    return Source(saved["name"], int(saved["n_documents"]), saved["digest"], topics)


def _embedder_info(saved: Mapping[str, Any]) -> EmbedderInfo:
    """Read the embedder; the first format has only its description."""
    info = saved.get("embedder_info")
    if info is not None:
        languages = info["languages"]
        return EmbedderInfo(**{**info, "languages": None if languages is None else tuple(languages)})
    description = str(saved.get("embedder", ""))
    if description == str(GIVEN):
        return GIVEN
    kind = "sentence" if description.startswith("SentenceEmbedder(") else "unknown"
    return EmbedderInfo(kind, description, description)
