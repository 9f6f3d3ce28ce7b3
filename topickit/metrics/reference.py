"""The reference corpus of coherence metrics: an index of its tokens, and counts of words in windows."""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from topickit._core.vectors import IntArray
from topickit.corpus.tokenizer import check_tokenizer
from topickit.errors import InputError, InputTypeError
from topickit.keywords.folding import fold
from topickit.keywords.lexicon import keys_of
from topickit.keywords.reading import read_with, word_function

BLOCK_TOKENS = 4_000_000
"""Tokens counted at a time, which bounds the memory."""


@dataclass(frozen=True, eq=False)
class Reference:
    """An index of a tokenized corpus, for any number of coherence computations.

    Attributes
    ----------
    words : mapping of str to int
        The number of each distinct token.
    ids : int32 ndarray of shape (n_tokens,)
        The number of each token, document by document.
    offsets : int64 ndarray of shape (n_documents + 1,)
        Document i has the tokens ``offsets[i]`` to ``offsets[i + 1]``.

    Examples
    --------
    >>> reference = Reference.of([["red", "apple"], ["red", "car", "race"]])
    >>> reference.n_documents, "car" in reference, "boat" in reference
    (2, True, False)
    """

    words: Mapping[str, int] = field(repr=False)
    ids: NDArray[np.int32] = field(repr=False)
    offsets: IntArray = field(repr=False)

    @classmethod
    def of(cls, tokens: Iterable[Sequence[str]], *, tokenizer: Any = None) -> "Reference":
        """Index a corpus.

        Parameters
        ----------
        tokens : iterable of lists of str, or sequence of str
            The tokens of each document, in order; a document may be empty. With `tokenizer`, the texts.
        tokenizer : object, optional
            Splits the texts; see `tokenize`.

        Returns
        -------
        Reference

        Raises
        ------
        InputTypeError
            When a document is a str (whose characters would be tokens), or a token is not a str.
        """
        if isinstance(tokens, str):
            raise InputTypeError("tokens must be a list of lists of str, got one str; see tokenize")
        if tokenizer is not None:
            tokens = tokenize(cast("Sequence[str]", tokens), tokenizer=tokenizer)
        numbers: defaultdict[str, int] = defaultdict()
        numbers.default_factory = numbers.__len__
        ids, ends = array("i"), array("q", [0])
        for row, document in enumerate(tokens):
            if isinstance(document, str | bytes) or not isinstance(document, Iterable):
                raise InputTypeError(
                    f"document {row} must be a list of str, got {type(document).__name__}; "
                    "split texts with topickit.metrics.tokenize"
                )
            ids.extend(map(numbers.__getitem__, document))
            ends.append(len(ids))
        stranger = next((word for word in numbers if not isinstance(word, str)), None)
        if stranger is not None:
            raise InputTypeError(f"a token must be a str, got {stranger!r} ({type(stranger).__name__})")
        return cls(dict(numbers), np.array(ids, dtype=np.int32), np.array(ends, dtype=np.int64))

    @property
    def n_documents(self) -> int:
        """Number of documents, empty ones included."""
        return len(self.offsets) - 1

    def __contains__(self, word: object) -> bool:
        return word in self.words

    def __repr__(self) -> str:
        return (
            f"Reference({self.n_documents:,} documents, {len(self.ids):,} tokens, {len(self.words):,} words)"
        )


@dataclass(frozen=True, eq=False)
class WindowCounts:
    """Numbers of windows that contain words and pairs of words.

    Attributes
    ----------
    n_windows : int
    words : int64 ndarray of shape (n_words,)
    pairs : int64 ndarray of shape (n_pairs,)
    """

    n_windows: int
    words: IntArray
    pairs: IntArray


@dataclass(frozen=True, eq=False)
class _Stretches:
    """Where each word stands: stretches of consecutive windows, of word i those bounds[i] to bounds[i + 1].

    The stretches of one word do not touch and stand in their order.
    """

    starts: IntArray
    stops: IntArray
    bounds: IntArray

    def before(self, word: int, windows: IntArray, covered: IntArray) -> IntArray:
        """Count, for each window, the windows before it in which a word stands.

        `covered` is the number of windows in the stretches up to each one, of all words on end.
        """
        first, last = self.bounds[word], self.bounds[word + 1]
        stretch = np.searchsorted(self.starts[first:last], windows, side="left") + first
        inside = np.where(stretch > first, self.stops[stretch - 1] - windows, 0)
        return np.asarray(covered[stretch] - covered[first] - np.maximum(inside, 0))


def count_windows(
    reference: Reference, words: Sequence[str], pairs: IntArray, *, window: int | None
) -> WindowCounts:
    """Count the windows of a sliding window in which words and pairs of words stand.

    The window moves token by token; a document no longer than it is one window, and so is an empty
    document. As in gensim, a word leaves with its first occurrence in the window, even where it stands
    there a second time, and is back with the next occurrence that enters. Time and memory follow the
    number of occurrences of `words`, whatever the length of the window.

    Parameters
    ----------
    reference : Reference
    words : sequence of str
        Distinct words of the reference.
    pairs : int64 ndarray of shape (n_pairs, 2)
        Positions of two words in `words`.
    window : int or None
        Tokens in a window; None takes each document as one window.

    Examples
    --------
    >>> reference = Reference.of([["a", "b", "c", "a"], ["a"]])
    >>> result = count_windows(reference, ["a", "b"], np.array([[0, 1]]), window=2)
    >>> result.n_windows, result.words.tolist(), result.pairs.tolist()
    (4, [3, 2], [1])
    """
    number = np.full(len(reference.words), -1, dtype=np.int32)
    number[[reference.words[word] for word in words]] = np.arange(len(words))
    n_windows = 0
    per_word, per_pair = np.zeros(len(words), dtype=np.int64), np.zeros(len(pairs), dtype=np.int64)
    for start, stop in _blocks(reference.offsets):
        offsets = reference.offsets[start : stop + 1]
        numbers = number[reference.ids[offsets[0] : offsets[-1]]]
        lengths = np.diff(offsets)
        size = int(lengths.max(initial=0)) + 1 if window is None else window
        windows = np.maximum(lengths - size + 1, 1)
        stretches = _stretches(numbers, offsets - offsets[0], windows, len(words), size)
        covered = np.concatenate([[0], np.cumsum(stretches.stops - stretches.starts)])
        n_windows += int(windows.sum())
        per_word += np.diff(covered[stretches.bounds])
        per_pair += _together(stretches, covered, pairs)
    return WindowCounts(n_windows, per_word, per_pair)


def _blocks(offsets: IntArray) -> Iterator[tuple[int, int]]:
    """Give first and last-plus-one documents of blocks of about `BLOCK_TOKENS` tokens."""
    start, n_documents = 0, len(offsets) - 1
    while start < n_documents:
        stop = int(np.searchsorted(offsets, offsets[start] + BLOCK_TOKENS, side="right")) - 1
        stop = max(stop, start + 1)
        yield start, stop
        start = stop


def _stretches(
    numbers: NDArray[np.int32], offsets: IntArray, windows: IntArray, n_words: int, size: int
) -> _Stretches:
    """Find the stretches of windows in which each word stands.

    `numbers` has the word of each token (−1 for none of ours), `windows` the windows of each document.
    """
    positions = np.flatnonzero(numbers >= 0)
    positions = positions[np.argsort(numbers[positions], kind="stable")]
    word = numbers[positions].astype(np.int64)
    document = np.searchsorted(offsets, positions, side="right") - 1
    begin = offsets[document]
    enters = np.maximum(positions - begin - size + 1, 0)
    # The first occurrence in the window that this one enters: with it the word leaves.
    base = word * (len(numbers) + 1)
    first = np.searchsorted(base + positions, base + begin + enters, side="left")
    kept = np.flatnonzero(np.diff(first, prepend=-1))
    leaves = positions[first[kept]] - begin[kept] + 1
    before = (np.cumsum(windows) - windows)[document[kept]]
    return _Stretches(
        starts=before + enters[kept],
        stops=before + np.minimum(leaves, windows[document[kept]]),
        bounds=np.searchsorted(word[kept], np.arange(n_words + 1)),
    )


def _together(stretches: _Stretches, covered: IntArray, pairs: IntArray) -> IntArray:
    """Count the windows in which both words of each pair stand."""
    counts = np.zeros(len(pairs), dtype=np.int64)
    sizes = np.diff(stretches.bounds)
    for i, (a, b) in enumerate(pairs.tolist()):
        rarer, other = (a, b) if sizes[a] <= sizes[b] else (b, a)
        if sizes[rarer] == 0:
            continue
        own = slice(stretches.bounds[rarer], stretches.bounds[rarer + 1])
        ends = np.concatenate([stretches.starts[own], stretches.stops[own]])
        seen = stretches.before(other, ends, covered)
        counts[i] = seen[sizes[rarer] :].sum() - seen[: sizes[rarer]].sum()
    return counts


def tokenize(texts: Sequence[str], *, tokenizer: Any = None) -> list[list[str]]:
    """Split texts in any language into lower-case words, as for topickit's keywords.

    Parameters
    ----------
    texts : sequence of str
    tokenizer : object, optional
        What gives the words of a text, as in `topickit.KeywordSettings`; the default is topickit's own rules.

    Returns
    -------
    list of lists of str
        The words of each text in order, stop words included.

    Raises
    ------
    InputTypeError
        When `texts` is a str, or an element is not a str; or `tokenizer` does not return words.
    ParameterTypeError
        When `tokenizer` is not recognised.

    Examples
    --------
    >>> tokenize(["The C++ compiler's errors!", ""])
    [['the', 'c++', 'compiler', 'errors'], []]
    >>> tokenize(["The C++ compiler's errors!"], tokenizer=str.split)
    [['the', 'c++', "compiler's", 'errors!']]
    """
    if isinstance(texts, str):
        raise InputTypeError("texts must be a list of str, got one str")
    texts = list(texts)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputTypeError(f"text {row} must be a str, got {type(text).__name__}")
    if tokenizer is not None:
        check_tokenizer(tokenizer)
    stream = read_with(tokenizer, texts)
    listed = keys_of(stream.surfaces, stream.times().tolist(), word_function(tokenizer))
    keys = np.array(listed or [""], dtype=object)
    words: list[Any] = keys[stream.ids].tolist()
    bounds = zip(stream.offsets[:-1].tolist(), stream.offsets[1:].tolist(), strict=True)
    return [[word for word in words[first:last] if word] for first, last in bounds]


def as_tokens(
    topics: Iterable[Sequence[str]], reference: Reference, *, phrases: bool = True, tokenizer: Any = None
) -> list[list[str]]:
    """Normalize the words of topics from any system as `tokenize` does those of a corpus.

    A word that the corpus contains stays whole: the splitting of Chinese and Japanese words depends on the
    texts.

    Parameters
    ----------
    topics : iterable of lists of str
        Words or phrases, in upper or lower case.
    reference : Reference
        Built from the result of `tokenize`.
    phrases : bool
        Replace a phrase by its words; False leaves phrases out.
    tokenizer : object, optional
        The one that `tokenize` was called with.

    Returns
    -------
    list of lists of str
        The words of each topic.

    Raises
    ------
    InputTypeError
        When a topic is a str, or a word is not a str.

    Examples
    --------
    >>> reference = Reference.of(tokenize(["The iPhone of New York"]))
    >>> as_tokens([["iPhone", "New York"]], reference)
    [['iphone', 'new', 'york']]
    >>> as_tokens([["iPhone", "New York"]], reference, phrases=False)
    [['iphone']]
    """
    written = []
    for topic in check_topics(topics, top=None):
        tokens_of_topic: list[str] = []
        for word in topic:
            key = fold(word_function(tokenizer)(word))
            tokens = [key] if key in reference else tokenize([word], tokenizer=tokenizer)[0]
            tokens_of_topic.extend(tokens if phrases or len(tokens) == 1 else [])
        written.append(tokens_of_topic)
    return written


def as_reference(reference: Reference | Iterable[Sequence[str]]) -> Reference:
    """Return a `Reference` unchanged, and index anything else."""
    return reference if isinstance(reference, Reference) else Reference.of(reference)


def check_topics(topics: Iterable[Sequence[str]], *, top: int | None) -> list[list[str]]:
    """Check lists of words, and take the first `top` of each.

    Raises
    ------
    InputTypeError
        When a topic is a str, or a word is not a str.
    """
    if isinstance(topics, str):
        raise InputTypeError("topics must be a list of lists of words, got one str")
    lists: list[list[str]] = []
    for i, topic in enumerate(topics):
        if isinstance(topic, str | bytes) or not isinstance(topic, Iterable):
            raise InputTypeError(f"topic {i} must be a list of words, got {type(topic).__name__}")
        words = list(topic)[:top]
        stranger = next((word for word in words if not isinstance(word, str)), None)
        if stranger is not None:
            raise InputTypeError(
                f"topic {i} must hold words, got {stranger!r}; give the words without their weights"
            )
        lists.append(words)
    return lists


def without_missing(topics: list[list[str]], reference: Reference, *, skip: bool) -> list[list[str]]:
    """Leave out words that the reference does not contain, or raise on the first.

    Raises
    ------
    InputError
        When a word is absent and `skip` is False.
    """
    if not skip:
        for i, topic in enumerate(topics):
            absent = [word for word in topic if word not in reference.words]
            if absent:
                more = len(absent) - 1
                verb = f"and {more} more of its words do" if more else "does"
                raise InputError(
                    f"{absent[0]!r}, a word of topic {i}, {verb} not occur in the reference corpus; make "
                    "both alike: topickit.metrics.tokenize gives single words folded to lower case, so put "
                    "keywords with capitals or of several words through it too; or leave out what is absent "
                    "with missing='skip'"
                )
    return [[word for word in topic if word in reference.words] for topic in topics]
