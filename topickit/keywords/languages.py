"""The languages of a corpus, from a sample of its texts."""

from topickit.corpus.documents import Documents
from topickit.corpus.languages import MIN_DOCUMENTS, certain_languages
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

SAMPLE = 1_000
"""Number of texts whose words are counted."""


def languages_of(documents: Documents) -> tuple[str, ...]:
    """Detect the languages of a corpus where they are certain enough to choose a model by.

    Parameters
    ----------
    documents : Documents

    Returns
    -------
    tuple of str
        ISO 639-1 codes, the language of most text first; empty if none is certain.

    Examples
    --------
    >>> languages_of(Documents.of(["the cat and the dog", "a ship on the sea", "it is not what we had"] * 2))
    ()
    """
    rows = documents.sample(SAMPLE, 0)
    if len(rows) < MIN_DOCUMENTS:
        return ()
    terms = count_terms(
        [documents.texts[row] for row in rows.tolist()], documents.weights[rows], KeywordSettings()
    )
    return certain_languages(terms.languages, terms.language_share, len(rows))
