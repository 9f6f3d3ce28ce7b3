"""Checks of the settings of a `TopicModel`, and their plain form for files and reports."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

from topickit._core import devices
from topickit._model.guiding import plain_guidance
from topickit.cluster import base as cluster
from topickit.embed import base as embed
from topickit.embed.cache.embedder import folder_of
from topickit.errors import ParameterError, is_whole
from topickit.keywords.settings import KeywordSettings

PLAIN_PARAMETERS = ("n_topics", "outliers", "fit_sample", "long_documents", "random_state")
"""Parameters that a saved model holds as they are."""
GUIDANCE_PARAMETERS = ("known_topics", "seed_words", "ignore")
"""Parameters that say what the user knows; absent in a saved model where they are None."""
MACHINE_PARAMETERS = ("cache", "device")
"""Parameters that say what a machine has; they do not decide the result."""


def check_settings(settings: Mapping[str, Any]) -> None:
    """Check the parameters of a model that no other part checks.

    Parameters
    ----------
    settings : mapping
        As ``TopicModel.get_params`` returns them.

    Raises
    ------
    ParameterError
        The message names the parameter, its value and the values that it may have.
    """
    _check_count("n_topics", settings["n_topics"], 1, (None,))
    _check_count("fit_sample", settings["fit_sample"], 2, (None, "auto"))
    keywords, seed, share = settings["keywords"], settings["random_state"], settings["outliers"]
    if keywords is not None and not isinstance(keywords, KeywordSettings):
        raise ParameterError(f"keywords must be None or a KeywordSettings, got {keywords!r}")
    if settings["long_documents"] not in ("truncate", "chunk"):
        raise ParameterError(
            f"long_documents must be 'truncate' or 'chunk', got {settings['long_documents']!r}"
        )
    if settings["cache"] is not None:
        folder_of(settings["cache"])
    devices.check(settings["device"])
    if not (is_whole(seed) and 0 <= seed < 2**32):
        raise ParameterError(f"random_state must be an int from 0 to 2**32 - 1, got {seed!r}")
    is_number = isinstance(share, Real) and not isinstance(share, bool)
    if share not in (None, "auto") and not (is_number and 0 <= share < 1):
        raise ParameterError(f"outliers must be None, 'auto' or a share from 0 to below 1, got {share!r}")


def _check_count(name: str, value: Any, least: int, others: tuple[Any, ...]) -> None:
    if value not in others and not (is_whole(value) and value >= least):
        listed = ", ".join(map(repr, others))
        raise ParameterError(f"{name} must be {listed} or an int of at least {least}, got {value!r}")


def saved_parameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that a saved model holds, as plain data.

    Parameters
    ----------
    settings : mapping
        As ``TopicModel.get_params`` returns them.
    """
    return {
        **{name: settings[name] for name in PLAIN_PARAMETERS},
        **plain_guidance(settings),
        "clusterer": cluster.config(settings["clusterer"]),
        "embedder": embed.name(settings["embedder"]),
    }


def recorded_parameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that decide the result, as plain data; an object of the user's by its name.

    Parameters
    ----------
    settings : mapping
        As ``TopicModel.get_params`` returns them.
    """
    separate = (*MACHINE_PARAMETERS, *GUIDANCE_PARAMETERS)
    deciding = {name: value for name, value in settings.items() if name not in separate}
    return {
        **deciding,
        **plain_guidance(settings),
        "clusterer": cluster.config(settings["clusterer"]),
        "embedder": embed.name(settings["embedder"]) or type(settings["embedder"]).__name__,
        "keywords": (settings["keywords"] or KeywordSettings()).state().config,
    }
