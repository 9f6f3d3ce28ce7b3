"""Merging of models that were fitted apart."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from topickit._core.progress import stage
from topickit._core.validation import quote
from topickit.corpus.covariates import Covariates
from topickit.embed import base as embed
from topickit.embed.base import EmbedderInfo
from topickit.errors import ParameterError, ParameterTypeError
from topickit.fitted.fitted import Fitted
from topickit.fitted.history import History
from topickit.fitted.merging import merged


class MergingMixin:
    """Merging, for an estimator with ``fitted_`` and ``embedder_``."""

    embedder_: embed.Embedder
    _history: History

    if TYPE_CHECKING:

        def _fitted(self) -> Fitted: ...
        def _adopt(self, fitted: Fitted, embedder: Any, history: History | None = None) -> Self: ...

    @classmethod
    def merged(cls, models: Sequence[Self], names: Sequence[str] | None = None) -> Self:
        """Merge models that were fitted apart, such as by region, by month or on several machines.

        Topics that are the same by their embeddings and by their keywords become one. Others stay. Topics
        of the first model keep their ids; new ones of the other models get ids after the largest id ever
        used. Topics keep their names; a joined one has the name in the first model.

        If all models have their texts, all documents are assigned to the topics of all models, and words are
        counted anew: some documents move to a topic of another model. A topic of a later model is left out if
        the other topics explain its documents as well, unless it is known or was renamed: two fits may divide
        one subject in two ways. The provenance says where its documents went.

        If one was saved without its texts, documents keep their topics and the counts are added. Then a word
        that only one model counted is counted in that model's documents only.

        Parameters
        ----------
        models : sequence of TopicModel
            At least two, fitted on the same embedder.
        names : sequence of str, optional
            What the models are called in the provenance, one name each. If no model has classes, they become
            the classes of the documents, so that `report` compares the models.

        Returns
        -------
        TopicModel
            A new model with the settings of the first. Its rows are those of the first model, then those of
            the second, and so on. Edits of all models are in `edits_` and cannot be undone.

        Raises
        ------
        ParameterTypeError
            When something else is to be merged.
        ParameterError
            When there are fewer than two models, names do not fit, or the models have different embedders.
            An embedder that learns from a corpus ("lexical", "hybrid", "distilled") is different in each fit.
        NotFittedError
            When a model is not fitted.

        See Also
        --------
        updated : Adds documents to a model.

        Examples
        --------
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> vectors = [[1, 0, 0], [0.9, 0.1, 0], [1, 0.1, 0], [0, 1, 0], [0.1, 1, 0], [0, 0.9, 0.1]]
        >>> fruit = TopicModel(clusterer="kmeans", n_topics=1).fit(texts[:3], embeddings=vectors[:3])
        >>> both = TopicModel(clusterer="kmeans", n_topics=2).fit(texts, embeddings=vectors)
        >>> model = TopicModel.merged([fruit, both], names=["May", "June"])
        >>> len(model.topics_), model.labels_.shape
        (2, (9,))
        """
        models, labels = _checked(cls, models, names)
        fitted = [model._fitted() for model in models]
        _check_embedders(models, labels)
        by_vector = any(value.provenance.embedder.kind == embed.GIVEN.kind for value in fitted)
        if names is not None and all(
            value.covariates is None or value.covariates.class_codes is None for value in fitted
        ):
            fitted = [_with_class(value, name) for value, name in zip(fitted, labels, strict=True)]
        with stage("Merging models"):
            result = merged(fitted, labels, by_vector=by_vector)
        edits = tuple(edit for model in models for edit in model._history.edits)
        model: Self = copy.copy(models[0])
        return model._adopt(result, model.embedder_, History(edits, None, len(edits)))


def _checked(cls: type, models: Sequence[Any], names: Sequence[str] | None) -> tuple[list[Any], list[str]]:
    """Return the models and a name for each."""
    if isinstance(models, str) or not isinstance(models, Sequence):
        raise ParameterTypeError(f"models must be a list of TopicModel, got {models!r}")
    for place, model in enumerate(models):
        if not isinstance(model, cls):
            raise ParameterTypeError(f"models[{place}] must be a TopicModel, got {quote(str(model))}")
    if len(models) < 2:
        raise ParameterError(f"a merge needs at least two models, got {len(models)}")
    if names is None:
        return list(models), [f"model {place}" for place in range(1, len(models) + 1)]
    if isinstance(names, str) or not all(isinstance(name, str) and name.strip() for name in names):
        raise ParameterTypeError(f"names must be a list of str, one per model, got {names!r}")
    if len(names) != len(models) or len(set(names)) < len(names):
        raise ParameterError(f"names must be {len(models)} different names, one per model, got {names!r}")
    return list(models), list(names)


def _with_class(fitted: Fitted, name: str) -> Fitted:
    classes = Covariates.of(len(fitted.labels), classes=[name] * len(fitted.labels))
    times = fitted.covariates
    if classes is not None and times is not None:
        classes = replace(classes, timestamps=times.timestamps)
    return replace(fitted, covariates=classes)


def _check_embedders(models: Sequence[Any], names: Sequence[str]) -> None:
    first = models[0]
    for model, name in zip(models[1:], names[1:], strict=True):
        one, other = (value._fitted().provenance.embedder for value in (first, model))
        own = [embed.describe(value.embedder_) for value in (first, model)]
        if any(info.kind in embed.LEARNED for info in own) and not _equal(*own):
            raise ParameterError(
                f"the models {names[0]!r} and {name!r} cannot be merged: an embedder that learns from a "
                f"corpus ({own[0]}; {own[1]}) has another space of embeddings in each fit; fit both on "
                "one sentence-transformers model, or one model on all texts"
            )
        if one.kind != other.kind or (one.kind != embed.GIVEN.kind and not _equal(one, other)):
            raise ParameterError(
                f"the models {names[0]!r} and {name!r} cannot be merged: their embedders differ ({one}; "
                f"{other}); merge models that were fitted on the same embedder"
            )


def _equal(a: EmbedderInfo, b: EmbedderInfo) -> bool:
    """Return whether two embedders are the same, as far as is known."""
    if a.fingerprint is not None and b.fingerprint is not None:
        return a.fingerprint == b.fingerprint
    return (a.kind, a.name, a.description) == (b.kind, b.name, b.description)
