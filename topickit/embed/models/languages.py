"""Languages that a model was trained on, by its name, and the warning for texts in other languages."""

import warnings
from collections.abc import Sequence

from topickit.corpus.languages import MIN_DOCUMENTS, certain_languages
from topickit.embed.base import EmbedderInfo
from topickit.errors import TopickitWarning

ENGLISH_ONLY = (
    *("all-MiniLM-", "all-mpnet-base-", "all-distilroberta-", "multi-qa-MiniLM-", "multi-qa-mpnet-"),
    *("bge-small-en", "bge-base-en", "bge-large-en"),
)
MULTILINGUAL = "paraphrase-multilingual-MiniLM-L12-v2"


def languages_of(model: str) -> tuple[str, ...] | None:
    """Return the languages that a sentence-transformers model was trained on, by its name or path.

    Parameters
    ----------
    model : str
        Name on the hub, or a path that contains it.

    Returns
    -------
    tuple of str or None
        ISO 639-1 codes; None if unknown.

    Examples
    --------
    >>> languages_of("sentence-transformers/all-MiniLM-L6-v2")
    ('en',)
    >>> languages_of("paraphrase-multilingual-MiniLM-L12-v2") is None
    True
    """
    return ("en",) if any(part in model for part in ENGLISH_ONLY) else None


def knows(model: str, languages: Sequence[str]) -> bool:
    """Tell whether a model was trained on one of the languages of a corpus.

    Parameters
    ----------
    model : str
        Name or path.
    languages : sequence of str
        ISO 639-1 codes; none if they are unknown.

    Returns
    -------
    bool
        True if nothing is known of the model or of the corpus.

    Examples
    --------
    >>> knows("all-MiniLM-L6-v2", ["de"]), knows("all-MiniLM-L6-v2", ["de", "en"])
    (False, True)
    """
    return _covers(languages_of(model), languages)


def warn_of_language(
    info: EmbedderInfo, languages: Sequence[str], share: float = 1.0, n_documents: int = MIN_DOCUMENTS
) -> None:
    """Warn when a corpus is in none of the languages of its embedder.

    With all-MiniLM-L6-v2, topics of Chinese titles agree less with their classes than with the hybrid
    embedder (NMI .17 and .29), and so do topics of German articles (.36 and .50).

    Parameters
    ----------
    info : EmbedderInfo
        As `topickit.embed.describe` returns it. No warning if its languages are unknown.
    languages : sequence of str
        ISO 639-1 codes of the languages of the corpus, most frequent first; empty if none was recognised.
    share : float
        Share of the words in the most frequent language, 0 to 1.
    n_documents : int
        Size of the corpus. No warning where the languages are not certain: see `certain_languages`.

    Warns
    -----
    TopickitWarning
        When the languages of the corpus are recognised and the embedder was trained on none of them.

    Examples
    --------
    >>> warn_of_language(EmbedderInfo("sentence", "a-model", languages=("en",)), ("en", "de"))
    """
    if _covers(info.languages, certain_languages(languages, share, n_documents)):
        return
    hybrid = ', or embedder="hybrid", which also learns from words' if info.kind != "hybrid" else ""
    warnings.warn(
        f"{info.name} was trained on texts in {', '.join(info.languages or ())}, and the documents are in "
        f"{', '.join(languages)}: it represents them poorly. Use a multilingual model, such as "
        f'embedder="{MULTILINGUAL}"{hybrid}',
        TopickitWarning,
        stacklevel=3,
    )


def _covers(trained_on: Sequence[str] | None, languages: Sequence[str]) -> bool:
    """Tell whether a model knows one of some languages; True where either is unknown."""
    return not trained_on or not languages or bool(set(trained_on) & set(languages))
