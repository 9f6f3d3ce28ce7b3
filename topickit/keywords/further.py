"""Count the terms of a fitted model in further documents, and add the words that are new in them."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.progress import stage
from topickit._core.vectors import IntArray
from topickit.keywords.folding import fold
from topickit.keywords.lexicon import Lexicon, language_evidence, well_shaped
from topickit.keywords.n_grams import ONLY_ALONE, Phrases, find_listed
from topickit.keywords.reading import has_own_rules, read_with
from topickit.keywords.recast import recast
from topickit.keywords.settings import MAX_N_GRAM, KeywordSettings
from topickit.keywords.stopwords import find_stop_words, stop_words
from topickit.keywords.tokens import IS_UNSPACED, Advance, TokenStream, clean
from topickit.keywords.vocabulary import (
    SMALL_CORPUS,
    DocumentTerms,
    fewest_documents,
    lexicon_of,
    numbers_of,
    stop_mask,
)


def count_further_terms(
    texts: Sequence[str],
    weights: IntArray,
    settings: KeywordSettings,
    known: DocumentTerms,
    *,
    n_before: int,
) -> DocumentTerms:
    """Count the terms of a corpus in further texts, and words that only the further texts have.

    Words that the corpus did not have as terms are new terms, by the same rules. Phrases are not added: how
    often the corpus had them is unknown.

    Parameters
    ----------
    texts : sequence of str, of length v
    weights : int64 ndarray of shape (v,)
    settings : KeywordSettings
        With a vocabulary, no words are added.
    known : DocumentTerms
        Of the corpus; its counts are not used.
    n_before : int
        Documents of the corpus. In a corpus of more than 200 documents a term occurs in at least two.

    Returns
    -------
    DocumentTerms
        Counts of the v texts. The terms of `known` come first, in their order.

    Examples
    --------
    >>> from topickit.keywords.vocabulary import count_terms
    >>> known = count_terms(["The boats and the sea", "a sea"], np.array([1, 1]), KeywordSettings())
    >>> more = count_further_terms(["the sea, a lake"], np.array([1]), KeywordSettings(), known, n_before=2)
    >>> more.terms, more.counts.toarray().tolist()
    (('boats', 'sea', 'lake'), [[0, 1, 1]])
    """
    weights = np.asarray(weights, dtype=np.int64)
    with stage("Counting words", len(texts)) as progress:
        stream, lexicon, stops, columns = read_known(texts, weights, settings, known, progress.advance)
        words: dict[int, int] = {w[0]: column for w, column in columns.items() if len(w) == 1}
        new = _new_words(lexicon, stream, weights, settings, stops, words, n_before)
        taken = set(known.terms)
        new = new[[lexicon.display[word] not in taken for word in new.tolist()]]
        words |= {int(word): len(known.terms) + i for i, word in enumerate(new.tolist())}
        parts = np.concatenate([known.parts, np.full((len(new), MAX_N_GRAM), -1, dtype=np.int32)])
        longer = {w: column for w, column in columns.items() if len(w) > 1}
        counts = placed(lexicon, stream, weights, {**words, **longer}, parts)
        terms = (*known.terms, *(lexicon.display[word] for word in new.tolist()))
        return replace(known, terms=terms, counts=counts, parts=parts)


class Known(NamedTuple):
    """Texts that were read, and the words in them of each known term.

    Attributes
    ----------
    stream : TokenStream
    lexicon : Lexicon
    stops : bool ndarray of shape (v,)
        The words of the lexicon that are no terms.
    columns : dict of tuple of int to int
        The term that some words of the lexicon are.
    """

    stream: TokenStream
    lexicon: Lexicon
    stops: NDArray[np.bool_]
    columns: dict[tuple[int, ...], int]


def read_known(
    texts: Sequence[str],
    weights: IntArray,
    settings: KeywordSettings,
    known: DocumentTerms,
    advance: Advance | None = None,
) -> Known:
    """Read texts, and find the words in them of known terms; arguments as for `count_further_terms`."""
    # Read together: how a text is segmented depends on the corpus.
    plain = [settings.tokenizer is None and _is_plain(term) for term in known.terms]
    others = [term for term, is_plain in zip(known.terms, plain, strict=True) if not is_plain]
    whole = read_with(settings.tokenizer, itertools.chain(texts, others), advance)
    entries = _entries(whole, known.terms, plain, len(texts))
    stream = whole.first(len(texts))
    if has_own_rules(settings.tokenizer):
        stream = recast(stream, weights, clean)
    lexicon = lexicon_of(stream, weights, settings)
    entries = [lexicon.word_of[ids] for ids in _as_acronyms(entries, stream)]
    stops = _stop_words(lexicon, weights, settings, known.languages)
    return Known(stream, lexicon, stops, _columns(lexicon, stream, entries, known.terms, stops))


def placed(
    lexicon: Lexicon,
    stream: TokenStream,
    weights: IntArray,
    columns: Mapping[Any, int],
    parts: NDArray[np.int32],
) -> csr_array:
    """Count terms in texts.

    Parameters
    ----------
    lexicon : Lexicon
    stream : TokenStream
    weights : int64 ndarray of shape (u,)
    columns : mapping of int or tuple of int to int
        The column of each word, and of the words of each phrase.
    parts : int32 ndarray of shape (t, 3)
        As in `DocumentTerms`.

    Returns
    -------
    csr_array of shape (u, t), int32
    """
    counts = _placed(lexicon.counts, {w: c for w, c in columns.items() if isinstance(w, int)}, len(parts))
    longer = {words: column for words, column in columns.items() if isinstance(words, tuple)}
    phrases = _phrases(lexicon, stream, weights, longer)
    column = np.array([int(name) for name in phrases.names], dtype=np.int64)
    once = np.ones(len(phrases.phrase), dtype=np.int32)
    counts = counts + csr_array((once, (phrases.document, column[phrases.phrase])), shape=counts.shape)
    return _without_alone(csr_array(counts), parts)


def documents_with(texts: Iterable[str], weights: IntArray, words: Sequence[str]) -> IntArray:
    """Count the texts in which words occur in any spelling, whether or not they are terms there.

    Parameters
    ----------
    texts : iterable of str, of length n
    weights : int64 ndarray of shape (n,)
    words : sequence of str, of length m

    Returns
    -------
    int64 ndarray of shape (m,)

    Examples
    --------
    >>> documents_with(["An e-mail", "emails", "X"], np.array([1, 1, 2]), ["email", "x", "y"]).tolist()
    [1, 2, 0]
    """
    patterns = [re.compile(_anywhere(word)) for word in words]
    result = np.zeros(len(words), dtype=np.int64)
    for text, weight in zip(texts, weights.tolist(), strict=True):
        plain = text.casefold().replace("-", "")
        result += [weight if pattern.search(plain) else 0 for pattern in patterns]
    return result


def _anywhere(word: str) -> str:
    """Return the pattern of a word without hyphens; between spaces or signs, if its script has spaces."""
    plain = re.escape(word.casefold().replace("-", ""))
    return plain if IS_UNSPACED.search(word) else rf"(?<!\w){plain}(?!\w)"


def extended(counts: csr_array, n_terms: int) -> csr_array:
    """Return counts with columns of zeros for new terms.

    Examples
    --------
    >>> extended(csr_array(np.array([[1, 2]])), 3).toarray().tolist()
    [[1, 2, 0]]
    """
    return csr_array((counts.data, counts.indices, counts.indptr), shape=(counts.shape[0], n_terms))


def _is_plain(term: str) -> bool:
    """Return whether a term is words of ASCII letters, which are its tokens."""
    return term.isascii() and all(map(str.isalpha, term.split(" ")))


def _entries(
    stream: TokenStream, terms: Sequence[str], plain: Sequence[bool], n_texts: int
) -> list[NDArray[np.int32]]:
    """Return the tokens of each term; surfaces that only plain terms have are added to the stream."""
    number = {surface: i for i, surface in enumerate(stream.surfaces)}
    result, at = [], n_texts
    for term, is_plain in zip(terms, plain, strict=True):
        if is_plain:
            ids = [number.setdefault(word, len(number)) for word in term.split(" ")]
            result.append(np.array(ids, dtype=np.int32))
        else:
            result.append(stream.ids_of(at, at + 1))
            at += 1
    stream.surfaces.extend(list(number)[len(stream.surfaces) :])
    return result


def _as_acronyms(entries: Sequence[NDArray[np.int32]], stream: TokenStream) -> list[NDArray[np.int32]]:
    """Read a word of a phrase as the acronym that it is in the stream: "US" in "US dollar"."""
    own = {stream.surfaces[number]: number for number in stream.keys}
    new = {i: own[surface] for i, surface in enumerate(stream.surfaces) if surface in own}
    place = np.arange(len(stream.surfaces), dtype=np.int32)
    place[list(new)] = list(new.values())
    return [place[ids] if len(ids) > 1 else ids for ids in entries]


def _stop_words(
    lexicon: Lexicon, weights: IntArray, settings: KeywordSettings, languages: Sequence[str]
) -> NDArray[np.bool_]:
    """Mark the words that are no terms: by the settings, and in the languages of the corpus."""
    found = find_stop_words(lexicon.keys, *language_evidence(lexicon), weights)
    mask = stop_mask(lexicon.keys, found, settings)
    if settings.stop_words == "auto":
        listed = {fold(word) for language in languages for word in stop_words(language)}
        mask |= np.fromiter((key in listed for key in lexicon.keys), np.bool_, len(lexicon.keys))
    return mask


def _columns(
    lexicon: Lexicon,
    stream: TokenStream,
    entries: Sequence[NDArray[np.int32]],
    terms: Sequence[str],
    stops: NDArray[np.bool_],
) -> dict[tuple[int, ...], int]:
    """Map the words of each term to its column; a term that no text can have here is left out."""
    number = {key: i for i, key in enumerate(lexicon.keys)}
    recasted = set(stream.keys.values())
    columns: dict[tuple[int, ...], int] = {}
    for column, (term, entry) in enumerate(zip(terms, entries, strict=True)):
        words = tuple(entry[entry >= 0].tolist())
        if term in recasted:
            words = (number[term],)
        elif len(words) == 1 and term.isupper() and stops[words[0]]:
            continue  # an acronym of the corpus, which is only the stop word here
        if 1 <= len(words) <= MAX_N_GRAM:
            columns.setdefault(words, column)
    return columns


def _new_words(
    lexicon: Lexicon,
    stream: TokenStream,
    weights: IntArray,
    settings: KeywordSettings,
    stops: NDArray[np.bool_],
    words: dict[int, int],
    n_before: int,
) -> IntArray:
    """Choose the words that the corpus did not have."""
    if settings.vocabulary is not None or settings.n_gram_range[0] > 1:
        return np.empty(0, dtype=np.int64)
    least = fewest_documents(settings, weights)
    if settings.min_document_frequency == "auto" and n_before + weights.sum() > SMALL_CORPUS:
        least = 2
    usable = (lexicon.document_frequencies >= least) & ~stops
    usable[list(words)] = False
    if has_own_rules(settings.tokenizer):
        usable &= well_shaped(lexicon, stream, weights, usable)
    return np.flatnonzero(usable).astype(np.int64)


def _phrases(
    lexicon: Lexicon, stream: TokenStream, weights: IntArray, columns: dict[tuple[int, ...], int]
) -> Phrases:
    """Find the phrases of the corpus, each named by its column."""
    longer = {words: str(column) for words, column in columns.items()}
    inner = np.unique(np.array(list(itertools.chain.from_iterable(longer)), dtype=np.int64))
    number = numbers_of(len(lexicon.keys), inner)
    renumbered = {tuple(number[list(words)].tolist()): name for words, name in longer.items()}
    return find_listed(stream, number[lexicon.word_of], weights, renumbered)


def _placed(counts: csr_array, columns: dict[int, int], n_terms: int) -> csr_array:
    """Return the counts of some words in the columns of their terms."""
    words = np.array(sorted(columns), dtype=np.int64)
    column = np.array([columns[int(word)] for word in words], dtype=np.int64)
    to_terms = csr_array((np.ones(len(words), np.int32), (words, column)), shape=(counts.shape[1], n_terms))
    return csr_array(counts.astype(np.int32) @ to_terms)


def _without_alone(counts: csr_array, parts: NDArray[np.int32]) -> csr_array:
    """Count words for documents without other terms in such documents only."""
    alone = parts[:, -1] == ONLY_ALONE
    counts.sum_duplicates()
    entry = alone[counts.indices]
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    has_other = np.zeros(counts.shape[0], dtype=np.bool_)
    has_other[row[~entry]] = True
    counts.data = np.where(entry & has_other[row], 0, counts.data).astype(np.int32)
    counts.eliminate_zeros()
    counts.sort_indices()
    return counts
