"""When the languages of a corpus are certain enough to act on."""

from collections.abc import Sequence

MIN_DOCUMENTS = 5
"""Fewer documents are of no certain language: "a dog" and "a cat" are Romanian, too."""
MIN_SHARE = 0.5
"""Share of the words in the most frequent language below which no language is certain."""


def certain_languages(languages: Sequence[str], share: float, n_documents: int) -> tuple[str, ...]:
    """Return the languages of a corpus where they are certain, otherwise none.

    Parameters
    ----------
    languages : sequence of str
        ISO 639-1 codes, most frequent first.
    share : float
        Share of the words in the most frequent language, 0 to 1.
    n_documents : int
        Size of the corpus.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> certain_languages(["de"], 0.9, 100), certain_languages(["de"], 0.9, 2)
    (('de',), ())
    """
    return tuple(languages) if n_documents >= MIN_DOCUMENTS and share >= MIN_SHARE else ()
