"""TermReader: count the terms of a corpus in other texts, by what the corpus alone decides.

Which spellings are one word, which words are acronyms, and how runs without spaces are segmented depend on a
corpus. A reader keeps what its corpus decided, so the counts of a text do not depend on the texts read beside
it: the counts of the parts of a collection add up to those of the whole, however it is divided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.keywords.further import placed, read_known
from topickit.keywords.lexicon import Spelling, make_lexicon
from topickit.keywords.reading import has_own_rules, read_with, word_function
from topickit.keywords.recast import recast
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.tokens import clean
from topickit.keywords.unspaced import Segmentation
from topickit.keywords.vocabulary import DocumentTerms


@dataclass(frozen=True, eq=False)
class TermReader:
    """Counts the terms of a corpus in other texts.

    Attributes
    ----------
    settings : KeywordSettings
    spelling : Spelling
    acronyms : frozenset of str
        Words in capitals that are words of their own.
    segmentation : Segmentation
        How runs without spaces are segmented.
    columns : mapping of tuple of str to int
        The term that some words are, by their keys.
    parts : int32 ndarray of shape (t, 3)
        As in `DocumentTerms`.

    Examples
    --------
    >>> from topickit.keywords.vocabulary import count_terms
    >>> texts, weights = ["The boats and the sea", "a boat"], np.array([1, 1])
    >>> known = count_terms(texts, weights, KeywordSettings())
    >>> reader = TermReader.of(texts, weights, KeywordSettings(), known)
    >>> known.terms, reader.count(["sea, sea and a lake", ""]).toarray().tolist()
    (('boat', 'boats', 'sea'), [[0, 0, 2], [0, 0, 0]])
    """

    settings: KeywordSettings
    spelling: Spelling = field(repr=False)
    acronyms: frozenset[str]
    segmentation: Segmentation
    columns: dict[tuple[str, ...], int] = field(repr=False)
    parts: NDArray[np.int32] = field(repr=False)

    @classmethod
    def of(
        cls, texts: Sequence[str], weights: IntArray, settings: KeywordSettings, known: DocumentTerms
    ) -> "TermReader":
        """Read the corpus of some terms.

        Parameters
        ----------
        texts : sequence of str, of length u
        weights : int64 ndarray of shape (u,)
        settings : KeywordSettings
        known : DocumentTerms
            Of these texts, by these settings; its counts are not used.
        """
        read = read_known(texts, np.asarray(weights, dtype=np.int64), settings, known)
        keys = read.lexicon.keys
        return cls(
            settings,
            read.lexicon.spelling,
            frozenset(read.stream.surfaces[i] for i in read.stream.keys),
            read.stream.segmentation,
            {tuple(keys[word] for word in words): column for words, column in read.columns.items()},
            known.parts,
        )

    def count(self, texts: Sequence[str]) -> csr_array:
        """Count the terms in texts, each for itself.

        Parameters
        ----------
        texts : sequence of str, of length u

        Returns
        -------
        csr_array of shape (u, t), int32
        """
        weights, tokenizer = np.ones(len(texts), dtype=np.int64), self.settings.tokenizer
        stream = read_with(tokenizer, texts, segmentation=self.segmentation)
        if has_own_rules(tokenizer):
            stream = recast(stream, weights, clean, acronyms=self.acronyms)
        lexicon = make_lexicon(stream, weights, word_function(tokenizer), spelling=self.spelling)
        number = {key: i for i, key in enumerate(lexicon.keys)}
        columns: dict[Any, int] = {}
        for words, column in self.columns.items():
            found = tuple(number[word] for word in words if word in number)
            if len(found) == len(words):
                columns[found[0] if len(found) == 1 else found] = column
        return placed(lexicon, stream, weights, columns, self.parts)
