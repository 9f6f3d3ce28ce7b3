"""Texts to terms: which words and phrases of a corpus can be keywords, and how often each text has them.

Rules, in this order
--------------------
1. A word is a run of letters, marks, digits and inner hyphens, apostrophes, ``&`` and dots
   (``don't``, ``AT&T``, ``node.js``, ``.NET``), with ``++`` or ``#`` behind (``C++``, ``C#``). Addresses,
   markup and encoded files are none. See `topickit.keywords.tokens` for scripts without spaces. With a
   tokenizer of the user's own, its tokens are the words.
2. Words are counted case-folded, without a possessive or an elided article, and shown as they are
   most often written (``iPhone``).
3. Not candidates are stop words of the detected languages; numbers; words over 30 characters; digits and
   letters mixed without a pattern (``0t``, ``b8f``; but ``mp3``, ``x86``, ``3d``, ``G8`` are candidates);
   single characters, except a capital letter that stands directly behind a word in three of ten places or
   more (``C``, ``R``; not initials), and a kanji that mostly stands as a noun does.
   With a tokenizer of the user's own, only the stop words are not.
4. In a corpus of more than 200 documents a term occurs in at least two. At most 80,000 words
   (those in most documents) and 20,000 phrases (the most frequent) are kept.
   While texts are read, at most two million different spellings and five million pairs of words are
   kept: beyond that the rarest ones so far are dropped.
5. Where these rules leave no words, they are lifted from the last to the first, until some are left. So they
   are for each document without a term; such words describe only the topics of such documents.
6. A stop word that is written in capitals in running text, in a tenth of its places or more, is an acronym
   (``US``, ``WHO``), and a word of its own; see `topickit.keywords.recast`.

A fixed vocabulary replaces all of these rules.
"""

import itertools
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.progress import stage
from topickit._core.state import State
from topickit._core.vectors import IntArray
from topickit.corpus.tokenizer import gives_n_grams
from topickit.errors import InputError, ParameterError, TopickitWarning, is_whole
from topickit.keywords.clitics import is_predicate
from topickit.keywords.folding import fold
from topickit.keywords.lexicon import Lexicon, Mask, language_evidence, make_lexicon, well_shaped
from topickit.keywords.n_grams import (
    NO_PHRASES,
    NO_TERM,
    ONLY_ALONE,
    Phrases,
    Words,
    find_listed,
    find_n_grams,
    phrase_key,
)
from topickit.keywords.others import Others, count_others
from topickit.keywords.phrases import find_phrases
from topickit.keywords.reading import has_own_rules, read_with, word_function
from topickit.keywords.recast import recast
from topickit.keywords.settings import MAX_N_GRAM, KeywordSettings
from topickit.keywords.sparse import StoredRows, csr_arrays, csr_from, row_blocks
from topickit.keywords.stopwords import IN_NAMES, StopWords, find_stop_words
from topickit.keywords.tokens import (
    Advance,
    TokenStream,
    clean,
    is_hiragana,
)

MAX_WORDS = 80_000
SMALL_CORPUS = 200


@dataclass(frozen=True, eq=False)
class DocumentTerms:
    """How often each document has each term.

    Attributes
    ----------
    terms : tuple of str, of length t
        Each term as it is most often written; all different. Their order follows from the corpus,
        not from the order of its documents.
    counts : csr_array of shape (u, t), int32
    languages : tuple of str
        ISO 639-1 codes of the detected languages, the one of most text first. With ``stop_words="auto"``
        their stop words were removed.
    parts : int32 ndarray of shape (t, 3)
        The terms that a phrase consists of, then −1; all −1 for a word. −2 is a word of a phrase that is
        no term, as "new" in "New York". −3 in the last place is a word that describes only topics without
        other terms: a rare word, a stop word, a number or an emoji, counted in documents without terms.
    language_share : float
        Share of the words of the corpus that are of the first language; not saved, 0 if unknown.
    """

    terms: tuple[str, ...]
    counts: csr_array = field(repr=False)
    languages: tuple[str, ...]
    parts: NDArray[np.int32] = field(repr=False)
    language_share: float = 0.0

    def state(self) -> State:
        """Return the terms as JSON and the counts as arrays.

        Returns
        -------
        State
        """
        config = {"terms": list(self.terms), "languages": list(self.languages)}
        return State(config, {"parts": self.parts, **csr_arrays(self.counts)})

    @classmethod
    def from_state(cls, state: State) -> "DocumentTerms":
        """Make the terms from what `state` returned.

        Parameters
        ----------
        state : State

        Returns
        -------
        DocumentTerms
        """
        terms, languages = tuple(state.config["terms"]), tuple(state.config["languages"])
        return cls(terms, csr_from(state.arrays, len(terms)), languages, state.arrays["parts"])


def count_terms(texts: Sequence[str], weights: IntArray, settings: KeywordSettings) -> DocumentTerms:
    """Choose the terms of a corpus and count them in each of its texts.

    Parameters
    ----------
    texts : sequence of str, of length u
    weights : int64 ndarray of shape (u,)
        How many documents each text stands for: all minimum counts are in documents.
    settings : KeywordSettings

    Returns
    -------
    DocumentTerms
        The same terms and counts whatever the order of the texts.

    Raises
    ------
    InputError, InputTypeError
        When there is not one weight per text, or the tokenizer fails for a text.
    ParameterError
        When the settings were loaded without their tokenizer, or the vocabulary holds a term without words,
        one of more than three words, or the same one twice.

    Examples
    --------
    >>> terms = count_terms(["The boats and the sea", "a sea"], np.array([1, 1]), KeywordSettings())
    >>> terms.terms, terms.counts.toarray().tolist(), terms.languages
    (('boats', 'sea'), [[1, 1], [0, 1]], ('en',))
    """
    weights = np.asarray(weights, dtype=np.int64)
    if weights.shape != (len(texts),):
        raise InputError(f"weights must have shape ({len(texts)},), one per text; got {weights.shape}")
    with stage("Counting words", len(texts)) as progress:
        if settings.vocabulary is not None:
            return _count_vocabulary(texts, weights, settings, settings.vocabulary, progress.advance)
        return _count_chosen(read_with(settings.tokenizer, texts, progress.advance), weights, settings)


def lexicon_of(stream: TokenStream, weights: IntArray, settings: KeywordSettings) -> Lexicon:
    """Count the words of a stream by the tokenizer of the settings."""
    return make_lexicon(stream, weights, word_function(settings.tokenizer))


def _count_chosen(stream: TokenStream, weights: IntArray, settings: KeywordSettings) -> DocumentTerms:
    """Choose the terms from the corpus, and count them."""
    if has_own_rules(settings.tokenizer):
        stream = recast(stream, weights, clean)
    lexicon = lexicon_of(stream, weights, settings)
    stop_words = find_stop_words(lexicon.keys, *language_evidence(lexicon), weights)
    stop = stop_mask(lexicon.keys, stop_words, settings)
    chosen = _choose(lexicon, stop, stream, weights, settings)
    fewest, most = settings.n_gram_range
    if most > 1:
        inner = np.setdiff1d(np.flatnonzero(stop), chosen)
    else:
        # Without stop_words nothing is removed, but a collocation still has none of them.
        stop |= stop_words.mask
        inner = _in_names(lexicon.keys, stop_words.mask, settings)
    word_of = numbers_of(len(lexicon.keys), chosen)
    word_of[np.setdiff1d(np.flatnonzero(stop), inner)] = -1
    word_of[inner] = len(chosen) + np.arange(len(inner))
    listed = np.concatenate([chosen, inner])
    words = Words(word_of[lexicon.word_of], lexicon.totals[listed], len(chosen))
    phrases = _find_phrases(stream, words, weights, settings, max(int(lexicon.sizes @ weights), 1))
    if fewest > 1 and phrases.names:
        chosen = chosen[:0]
    phrases = phrases.of_terms(numbers_of(len(lexicon.keys), chosen, NO_TERM)[listed])
    phrases = phrases.without(_own_stop_words(settings))
    others = None if fewest > 1 else _find_others(lexicon, chosen, phrases, stop, stream, weights, settings)
    return _assembled(lexicon, chosen, phrases, stop_words, others)


def numbers_of(n: int, chosen: IntArray, missing: int = -1) -> NDArray[np.int32]:
    """Number the chosen ones of n words; one more entry at the end is for breaks, which are word −1."""
    numbers = np.full(n + 1, missing, dtype=np.int32)
    numbers[chosen] = np.arange(len(chosen))
    return numbers


def _find_phrases(
    stream: TokenStream, words: Words, weights: IntArray, settings: KeywordSettings, n_tokens: int
) -> Phrases:
    """Find n-grams or collocations, according to the settings."""
    fewest, most = settings.n_gram_range
    least = fewest_documents(settings, weights)
    if words.n_terms and most > 1:
        return find_n_grams(stream, words, weights, range(max(fewest, 2), most + 1), least)
    if words.n_terms and settings.phrases and not gives_n_grams(settings.tokenizer):
        is_default = settings.min_document_frequency == "auto"
        return find_phrases(stream, words, weights, n_tokens, None if is_default else least)
    return NO_PHRASES


def fewest_documents(settings: KeywordSettings, weights: IntArray) -> int:
    """Give the fewest documents that have a term."""
    n_documents, least = int(weights.sum()), settings.min_document_frequency
    if least == "auto":
        return 2 if n_documents > SMALL_CORPUS else 1
    # Rounded first: 0.1 of 30 documents is a little more than 3.
    return int(least) if is_whole(least) else max(1, math.ceil(round(float(least) * n_documents, 6)))


def _count_vocabulary(
    texts: Sequence[str],
    weights: IntArray,
    settings: KeywordSettings,
    vocabulary: Sequence[str],
    advance: Advance,
) -> DocumentTerms:
    """Count the terms of a vocabulary, and no others."""
    if gives_n_grams(settings.tokenizer):
        stream = read_with(settings.tokenizer, texts, advance)
        first = len(stream.surfaces)
        stream = replace(stream, surfaces=[*stream.surfaces, *vocabulary])
        lexicon = lexicon_of(stream, weights, settings)
        entries = [lexicon.word_of[[first + i]] for i in range(len(vocabulary))]
    else:
        # Read together: how a text is segmented depends on the corpus.
        whole = read_with(settings.tokenizer, itertools.chain(texts, vocabulary), advance)
        stream, n = whole.first(len(texts)), len(texts)
        lexicon = lexicon_of(stream, weights, settings)
        entries = [lexicon.word_of[whole.ids_of(n + i, n + i + 1)] for i in range(len(vocabulary))]
    terms = _listed_terms(entries, vocabulary)
    chosen = np.array(sorted(words[0] for words in terms if len(words) == 1), dtype=np.int64)
    display = list(lexicon.display)
    for word in chosen.tolist():
        display[word] = terms[(word,)]
    longer = {words: name for words, name in terms.items() if len(words) > 1}
    inner = np.unique(np.array(list(itertools.chain.from_iterable(longer)), dtype=np.int64))
    number = numbers_of(len(lexicon.keys), inner)
    renumbered = {tuple(number[list(words)].tolist()): name for words, name in longer.items()}
    phrases = find_listed(stream, number[lexicon.word_of], weights, renumbered)
    phrases = phrases.of_terms(numbers_of(len(lexicon.keys), chosen, NO_TERM)[inner])
    stop_words = find_stop_words(lexicon.keys, *language_evidence(lexicon), weights)
    return _assembled(replace(lexicon, display=display), chosen, phrases, stop_words)


def _listed_terms(
    entries: Sequence[NDArray[np.int32]], vocabulary: Sequence[str]
) -> dict[tuple[int, ...], str]:
    """Map the words of each entry of a vocabulary to the entry."""
    terms: dict[tuple[int, ...], str] = {}
    for entry, numbers in zip(vocabulary, entries, strict=True):
        words = tuple(numbers[numbers >= 0].tolist())
        if not 1 <= len(words) <= MAX_N_GRAM:
            raise ParameterError(
                f"vocabulary: {entry!r} has {len(words)} words; a term has 1 to {MAX_N_GRAM}"
            )
        if words in terms:
            raise ParameterError(
                f"vocabulary: {terms[words]!r} and {entry!r} are the same term; leave one out"
            )
        terms[words] = entry
    return terms


def stop_mask(keys: Sequence[str], stop_words: StopWords, settings: KeywordSettings) -> Mask:
    """Mark the words that the settings remove."""
    own = _own_stop_words(settings)
    mask = np.fromiter((fold(key) in own for key in keys), dtype=np.bool_, count=len(keys))
    if settings.stop_words == "auto":
        mask |= stop_words.mask
        if has_own_rules(settings.tokenizer):
            grammar = (is_hiragana(key) or is_predicate(key) for key in keys)
            mask |= np.fromiter(grammar, dtype=np.bool_, count=len(keys))
    if gives_n_grams(settings.tokenizer):
        own |= {keys[i] for i in np.flatnonzero(mask).tolist()}
        ends = (key.split()[:: max(len(key.split()) - 1, 1)] for key in keys)
        mask |= np.fromiter((not own.isdisjoint(pair) for pair in ends), dtype=np.bool_, count=len(keys))
    return mask


def _own_stop_words(settings: KeywordSettings) -> set[str]:
    """Stop words that the user gave, folded."""
    own = settings.stop_words if isinstance(settings.stop_words, tuple) else ()
    return {fold(clean(word) or word) for word in (*own, *settings.extra_stop_words)}


def _in_names(keys: Sequence[str], listed: Mask, settings: KeywordSettings) -> IntArray:
    """Find the stop words that may be part of a name, except those that the user gave."""
    own = _own_stop_words(settings)
    words = [i for i in np.flatnonzero(listed).tolist() if keys[i] in IN_NAMES and keys[i] not in own]
    return np.array(words, dtype=np.int64)


def _choose(
    lexicon: Lexicon, stop: Mask, stream: TokenStream, weights: IntArray, settings: KeywordSettings
) -> IntArray:
    """Apply the rules of this module; lift them one by one where they leave nothing."""
    everything = np.ones_like(stop)

    def shaped(asked: Mask) -> Mask:
        return (
            well_shaped(lexicon, stream, weights, asked) if has_own_rules(settings.tokenizer) else everything
        )

    frequent = lexicon.document_frequencies >= fewest_documents(settings, weights)
    rules = [shaped(frequent & ~stop) & frequent & ~stop]
    if not rules[0].any():
        well = shaped(everything)
        rules = [well & ~stop, well, everything]
        if settings.min_document_frequency != "auto" and len(stop):
            warnings.warn(
                f"no word is in {fewest_documents(settings, weights)} documents; min_document_frequency is "
                "not applied: lower it",
                TopickitWarning,
                stacklevel=2,
            )
    chosen = next((np.flatnonzero(rule) for rule in rules if rule.any()), np.empty(0, dtype=np.int64))
    in_most_documents = np.argsort(-lexicon.document_frequencies[chosen], kind="stable")[:MAX_WORDS]
    return np.sort(chosen[in_most_documents])


def _find_others(
    lexicon: Lexicon,
    chosen: IntArray,
    phrases: Phrases,
    stop: Mask,
    stream: TokenStream,
    weights: IntArray,
    settings: KeywordSettings,
) -> Others:
    """Count the words of the documents that have no term, except those that the user removed."""
    unwanted = _own_stop_words(settings) | set(map(phrase_key, phrases.names))
    allowed = np.fromiter((fold(key) not in unwanted for key in lexicon.keys), np.bool_, len(lexicon.keys))
    allowed[chosen] = False
    if settings.min_document_frequency != "auto":
        allowed &= lexicon.document_frequencies >= fewest_documents(settings, weights)
    has_term = np.zeros(lexicon.counts.shape[0], dtype=np.bool_)
    for at, block in row_blocks(lexicon.counts):
        has_term[at] = np.asarray(block[:, chosen].sum(axis=1)).ravel() > 0
    has_term[phrases.document] = True
    rows = np.flatnonzero(~has_term & (lexicon.sizes > 0))
    inside = np.zeros_like(allowed)
    inside[np.unique(csr_array(lexicon.counts[rows]).indices)] = True
    allowed &= inside
    well = well_shaped(lexicon, stream, weights, allowed) if has_own_rules(settings.tokenizer) else allowed
    return count_others(lexicon.counts, rows, [well & ~stop, well, allowed])


def _assembled(
    lexicon: Lexicon, chosen: IntArray, phrases: Phrases, stop_words: StopWords, others: Others | None = None
) -> DocumentTerms:
    """Put words and phrases into one table; a phrase that is also a word counts as that word."""
    terms = [lexicon.display[i] for i in chosen]
    column_of = {lexicon.keys[i]: n for n, i in enumerate(chosen.tolist())}
    parts = [_parts(lexicon.keys[i], column_of) for i in chosen]
    if others is not None:
        terms += [lexicon.display[i] for i in others.words.tolist()]
        parts += [[-1, -1, ONLY_ALONE] for _ in others.words]
    columns = np.empty(len(phrases.names), dtype=np.int64)
    for i, (name, words) in enumerate(zip(phrases.names, phrases.words, strict=True)):
        columns[i] = column_of.setdefault(phrase_key(name), len(terms))
        if columns[i] == len(terms):
            terms.append(name)
            parts.append(_padded(words))
    shape = (lexicon.counts.shape[0], len(terms))
    once = np.ones(len(phrases.phrase), dtype=np.int32)
    of_phrases = csr_array((once, (phrases.document, columns[phrases.phrase])), shape=shape)
    with StoredRows() as rows:
        for at, block in row_blocks(lexicon.counts):
            words = csr_array(block[:, chosen])
            words.resize((words.shape[0], len(terms)))
            both = csr_array(words + of_phrases[at])
            both = both if others is None else others.added(both, at, len(chosen))
            both = both.astype(np.int32)
            both.sum_duplicates()
            rows.add(both)
        counts = rows.matrix(len(terms))
    table = np.array(parts, dtype=np.int32).reshape(len(terms), MAX_N_GRAM)
    return DocumentTerms(tuple(terms), counts, stop_words.languages, table, stop_words.share)


def _parts(key: str, column_of: Mapping[str, int]) -> list[int]:
    """Return the words of a term with spaces, which comes from a tokenizer of the user's own."""
    words = key.split(" ")
    is_phrase = 1 < len(words) <= MAX_N_GRAM and all(words)
    return _padded([column_of.get(word, NO_TERM) for word in words] if is_phrase else [])


def _padded(words: Sequence[int]) -> list[int]:
    return [*words, *[-1] * (MAX_N_GRAM - len(words))]
