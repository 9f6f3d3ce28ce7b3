"""How a `TopicModel` is saved and loaded."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from topickit import storage
from topickit._core import devices
from topickit._core.progress import stage
from topickit._core.state import State
from topickit._model.settings import GUIDANCE_PARAMETERS, PLAIN_PARAMETERS, saved_parameters
from topickit.cluster import base as cluster
from topickit.corpus.tokenizer import check_tokenizer
from topickit.embed import base as embed
from topickit.embed import pipeline
from topickit.fitted.divide import parts_of
from topickit.fitted.fitted import Fitted
from topickit.fitted.history import History, history_from, history_parts
from topickit.keywords.settings import KeywordSettings


class PersistenceMixin:
    """Saving and loading, for an estimator with ``fitted_``, ``embedder_`` and scikit-learn's parameters."""

    embedder_: embed.Embedder
    _history: History

    if TYPE_CHECKING:

        def __init__(self, embedder: Any, clusterer: Any, **settings: Any) -> None: ...
        def _fitted(self) -> Fitted: ...
        def _adopt(self, fitted: Fitted, embedder: Any, history: History | None = None) -> Self: ...
        def get_params(self, deep: bool = True) -> dict[str, Any]: ...

    def save(self, path: str | os.PathLike[str], *, keep_texts: bool = False) -> None:
        """Write the model into a folder of JSON and safetensors, whole or not at all.

        Parameters
        ----------
        path : path
            A new folder, or one that holds a saved model, which is replaced.
        keep_texts : bool, default False
            Keep texts, words and vectors. Without them the files hold no text of any document, and the
            loaded model has no representative documents.

        Raises
        ------
        StorageError
            When the folder holds something else.
        InputError
            When it cannot be written, or texts are to be kept and the model has none.

        Examples
        --------
        >>> import tempfile
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(folder)
        ...     bool((TopicModel.load(folder).predict(texts) == model.labels_).all())
        True
        """
        with stage("Saving"):
            parts_of(self._fitted())  # finding them needs the texts, which the files may not hold
            fitted = self._fitted().state(keep_texts=keep_texts)
            parts = {**fitted.parts, "embedder": embed.state(self.embedder_)}
            parts |= history_parts(self._history, self._fitted())
            storage.write(path, State(saved_parameters(self.get_params(deep=False)), parts=parts))

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        embedder: Any = None,
        device: str | None = None,
        tokenizer: Any = None,
    ) -> Self:
        """Read a saved model; it answers as the saved one did. Nothing in the files is executed.

        Parameters
        ----------
        path : path
            The folder of a saved model.
        embedder : optional
            Replaces the saved embedder. Needed to predict from texts where the model was fitted with an
            embedder of your own. One that learns from a corpus must be fitted. A hybrid embedder takes it
            as its model and keeps its words.
        device : str, optional
            As for the class; files do not hold it.
        tokenizer : optional
            Needed to fit again where ``keywords=`` had a tokenizer of your own; see `KeywordSettings`.

        Returns
        -------
        TopicModel

        Raises
        ------
        StorageError
            When there is no model, it is damaged, or a newer topickit made it.
        ParameterError, ParameterTypeError
            When the device, the embedder or the tokenizer cannot be used.

        Examples
        --------
        >>> import tempfile
        >>> from topickit import TopicModel
        >>> texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
        >>> model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.save(f"{folder}/model")
        ...     loaded = TopicModel.load(f"{folder}/model")
        >>> bool((loaded.predict(texts) == model.labels_).all())
        True
        """
        state = storage.read(path)
        devices.check(device)
        if tokenizer is not None:
            check_tokenizer(tokenizer)
        given = None if embedder is None else pipeline.resolve_fitted(embedder, device=device)
        with storage.damage_reported(path):
            saved, fitted = state.config, Fitted.from_state(state)
            if tokenizer is not None:
                settings = fitted.keyword_settings.with_tokenizer(tokenizer)
                fitted = replace(fitted, keyword_settings=settings)
            used_defaults = fitted.keyword_settings == KeywordSettings()
            own = state.parts["embedder"]
            used = embed.from_state(own, device=device) if given is None else pipeline.substitute(own, given)
            asked = saved["embedder"] if given is None else embedder
            model = cls(
                embedder=used if asked is None else asked,
                clusterer=cluster.from_config(saved["clusterer"]),
                keywords=None if used_defaults else fitted.keyword_settings,
                device=device,
                **{name: saved[name] for name in PLAIN_PARAMETERS},
                **{name: saved[name] for name in GUIDANCE_PARAMETERS if name in saved},
            )
            return model._adopt(fitted, used, history_from(state.parts, fitted))
