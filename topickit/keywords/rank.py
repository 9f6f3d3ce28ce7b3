"""From weights to the keywords of a topic, on counts alone.

The best terms of a topic repeat themselves: "game" and "games", "New", "York" and "New York". A list
of ten should name ten things, so

- of the forms of one stem the best is listed (Snowball stemmers, Porter 2001, by way of nltk, for
  the first language of the corpus that has one; accents of spelling such as "e-mail" and "email" count
  as forms, too);
- a word that hardly occurs in the topic but inside a listed phrase gives way to the phrase;
- a phrase whose words are all listed already gives way to them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit.keywords.counts import TermCounts
from topickit.keywords.settings import KeywordSettings

Keywords = tuple[tuple[str, float], ...]

MIN_SHARE_INSIDE = 0.6
_SNOWBALL = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
}


@dataclass(eq=False)
class _Stems:
    """Stems of terms, each found once."""

    counts: TermCounts
    stem: Callable[[str], str]
    known: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def of(self, term: int) -> tuple[str, ...]:
        """Give the stems of a phrase's words, or of the one word."""
        if term not in self.known:
            parts = [int(part) for part in self.counts.parts[term] if part >= 0]
            words = [self.counts.terms[part] for part in parts] or [self.counts.terms[term]]
            self.known[term] = tuple(self.stem(bare(word)) for word in words)
        return self.known[term]

    def name(self, term: int) -> str:
        """Give what all forms of a term have in common."""
        return "".join(self.of(term))


def top_keywords(weights: csr_array, counts: TermCounts, settings: KeywordSettings) -> list[Keywords]:
    """List the best terms of each topic, each thing once.

    Parameters
    ----------
    weights : csr_array of shape (k, t), float64
        As `topickit.keywords.ctfidf.weigh` gives them.
    counts : TermCounts
        Of the same k topics and t terms.
    settings : KeywordSettings
        `n_keywords` is read.

    Returns
    -------
    list of tuple of (str, float), of length k
        At most `n_keywords` terms a topic, by falling weight, equal weights by term. A topic
        without words gets an empty tuple.

    Examples
    --------
    >>> parts = np.full((3, 3), -1, dtype=np.int32)
    >>> topics = csr_array(np.array([[3, 2, 1]]))
    >>> counts = TermCounts(("game", "games", "win"), topics, np.zeros(3), ("en",), parts)
    >>> top_keywords(csr_array(np.array([[0.3, 0.2, 0.1]])), counts, KeywordSettings())
    [(('game', 0.3), ('win', 0.1))]
    """
    weights = csr_array(weights, dtype=np.float64)
    stems = _Stems(counts, stemmer(counts.languages))
    # All of equal weight are drawn from by name, so the order of the alphabet is made once.
    alphabet = np.empty(len(counts.terms), dtype=np.int64)
    alphabet[np.argsort(np.array(counts.terms, dtype=object), kind="stable")] = np.arange(len(counts.terms))
    return [_of_topic(topic, weights, counts, settings, stems, alphabet) for topic in range(weights.shape[0])]


def _of_topic(
    topic: int,
    weights: csr_array,
    counts: TermCounts,
    settings: KeywordSettings,
    stems: _Stems,
    alphabet: NDArray[np.int64],
) -> Keywords:
    begin, end = weights.indptr[topic], weights.indptr[topic + 1]
    terms, values = weights.indices[begin:end], weights.data[begin:end]
    # A weight of 0 still says that the topic has the word: better than nothing, after all others.
    order = np.lexsort((alphabet[terms], -values))
    pool = terms[order].tolist()
    row = counts.topics[[topic], :]
    times = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    dropped: set[str] = set()
    while True:
        rest = (term for term in pool if stems.name(term) not in dropped)
        chosen = _distinct(rest, settings.n_keywords, counts, times, stems)
        absorbed = {word for word in chosen if any(_mostly_inside(word, p, counts, times) for p in chosen)}
        if not absorbed:
            break
        dropped |= {stems.name(word) for word in absorbed}  # and with a word its other forms
    value_of = dict(zip(terms.tolist(), values.tolist(), strict=True))
    return tuple((counts.terms[term], float(value_of[term])) for term in chosen)


def _distinct(
    pool: Iterable[int], n: int, counts: TermCounts, times: dict[int, int], stems: _Stems
) -> list[int]:
    """Take terms from the best down, leaving out what names nothing new."""
    chosen: list[int] = []
    listed: set[str] = set()  # whole terms, stemmed and without spaces
    words: set[str] = set()  # the words that they consist of
    for term in pool:
        own = stems.of(term)
        name = stems.name(term)
        if name in listed:
            continue
        if len(own) > 1 and words.issuperset(own):
            # Unless it is what the listed words stand for: then they give way to it.
            if not any(_mostly_inside(other, term, counts, times) for other in chosen):
                continue
        elif any(_mostly_inside(term, other, counts, times) for other in chosen):
            continue
        chosen.append(term)
        listed.add(name)
        words.update(own)
        if len(chosen) == n:
            break
    return chosen


def _mostly_inside(inner: int, phrase: int, counts: TermCounts, times: dict[int, int]) -> bool:
    """Say whether nearly all occurrences of a term in the topic are in the phrase."""
    outer = [int(part) for part in counts.parts[phrase] if part >= 0]
    own = [int(part) for part in counts.parts[inner] if part >= 0] or [inner]
    return (
        len(own) < len(outer)
        and set(own) < set(outer)
        and times.get(phrase, 0) >= MIN_SHARE_INSIDE * max(times.get(inner, 0), 1)
    )


def bare(term: str) -> str:
    """Fold a term to its letters and digits and the signs behind it that tell it from another (C++, C#).

    Examples
    --------
    >>> [bare(term) for term in ["E-mail", ".NET", "C++", "C#", "U.S."]]
    ['email', 'net', 'c++', 'c#', 'us']
    """
    return "".join(c for c in term.casefold() if c.isalnum() or c in "+#" or ord(c) > 127) or term


def stemmer(languages: Iterable[str]) -> Callable[[str], str]:
    """Give the stemmer of the first language that has one; without one, words are their own stems.

    Parameters
    ----------
    languages : iterable of str
        ISO 639-1 codes.

    Examples
    --------
    >>> stemmer(["zh", "en"])("games"), stemmer([])("games")
    ('game', 'games')
    """
    name = next((_SNOWBALL[language] for language in languages if language in _SNOWBALL), None)
    if name is None:
        return str
    # Imported here: nltk takes half a second, and only making keywords needs it.
    from nltk.stem.snowball import SnowballStemmer

    stem: Callable[[str], str] = SnowballStemmer(name).stem
    return stem
