"""Coherence of topics: how often the words of a topic occur together in a reference corpus.

`c_npmi`, `c_v` and `u_mass` equal gensim's `CoherenceModel` on the same tokens. Source: Röder, Both and
Hinneburg 2015, "Exploring the space of topic coherence measures"; Mimno et al. 2011 for `u_mass`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from topickit.errors import ParameterError, check_whole
from topickit.metrics.reference import Reference, as_reference, check_topics, count_windows, without_missing

Tokens = Reference | Iterable[Sequence[str]]
Missing = Literal["error", "skip"]
Array = NDArray[np.float64]

EPSILON = 1e-12
"""Keeps the logarithm finite for pairs that never occur together; the value of gensim."""


@dataclass(frozen=True, eq=False)
class Coherence:
    """The coherence of topics; ``float(coherence)`` is the mean.

    Attributes
    ----------
    per_topic : float64 ndarray of shape (n_topics,)
        NaN for a topic of fewer than two words.
    mean : float
        Mean over the topics with a value; NaN if there are none.
    n_skipped : int
        Number of words left out because the reference does not contain them.
    n_undefined : int
        Topics without a value, which are left out of the mean: mostly those of fewer than two words.

    Examples
    --------
    >>> reference = Reference.of([["cat", "purr"], ["cat", "purr"], ["car", "road"]])
    >>> result = c_npmi([["cat", "purr"], ["car", "road"]], reference)
    >>> result.per_topic.round(2).tolist(), round(float(result), 2)
    ([1.0, 1.0], 1.0)
    """

    per_topic: Array = field(repr=False)
    mean: float
    n_skipped: int = 0
    n_undefined: int = 0

    def __float__(self) -> float:
        return self.mean


@dataclass(frozen=True, eq=False)
class _Topic:
    """Shares of windows of the words of one topic, in its order: alone, and by twos (m × m)."""

    alone: Array
    joint: Array
    distinct: NDArray[np.intp]
    """Where each distinct word stands first."""
    times: Array
    """How often each distinct word stands in the topic."""


def c_npmi(
    topics: Iterable[Sequence[str]],
    reference: Tokens,
    *,
    top: int = 10,
    window: int = 10,
    missing: Missing = "error",
) -> Coherence:
    """Compute the mean NPMI of all pairs of words of each topic, on a sliding window.

    NPMI is normalized pointwise mutual information.

    Parameters
    ----------
    topics : iterable of lists of str
        The words of each topic, best first.
    reference : Reference, or iterable of lists of str
        The tokens of each document; build a `Reference` once for several calls.
    top : int, default 10
        Number of words of each topic, from the first; at least 2.
    window : int, default 10
        Number of tokens in a window.
    missing : {"error", "skip"}, default "error"
        For a word that the reference does not contain: raise, or leave it out of its topic.

    Returns
    -------
    Coherence
        −1 (never together) to 1 (always together); 0 is chance. A pair that never occurs together counts
        about −1, and so does a pair that occurs in every window (both as in gensim).

    Raises
    ------
    InputError
        When a word does not occur in the reference.
    ParameterError
        When `top` is below 2, `window` is below 1, or `missing` has another value.

    Examples
    --------
    >>> documents = [["red", "apple"], ["red", "apple", "pie"], ["fast", "car"]]
    >>> result = c_npmi([["red", "apple"], ["red", "car"]], documents)
    >>> result.per_topic.round(3).tolist()
    [1.0, -0.946]
    """
    return _measure(topics, reference, top, window, missing, _mean_npmi)


def c_v(
    topics: Iterable[Sequence[str]],
    reference: Tokens,
    *,
    top: int = 10,
    window: int = 110,
    missing: Missing = "error",
) -> Coherence:
    """Compute C_v: the mean cosine of each word's NPMI vector with that of its topic, on a sliding window.

    Parameters
    ----------
    topics, reference, top, window, missing
        As for `c_npmi`; the default window is 110.

    Returns
    -------
    Coherence
        Usually 0 to 1; NaN for a topic of one word (1 in gensim).

    Raises
    ------
    InputError, ParameterError
        As for `c_npmi`.

    Examples
    --------
    >>> documents = [["red", "apple"], ["red", "apple", "pie"], ["fast", "car"]]
    >>> round(c_v([["red", "apple"]], documents).mean, 3)
    1.0
    """
    return _measure(topics, reference, top, window, missing, _mean_context_cosine)


def u_mass(
    topics: Iterable[Sequence[str]], reference: Tokens, *, top: int = 10, missing: Missing = "error"
) -> Coherence:
    """Compute UMass coherence: the mean log probability of a word given a word before it in the topic.

    Probabilities are shares of documents.

    Parameters
    ----------
    topics, reference, top, missing
        As for `c_npmi`; the order of the words of a topic matters.

    Returns
    -------
    Coherence
        0 at best, without lower bound; a pair that no document contains adds about −27.

    Raises
    ------
    InputError, ParameterError
        As for `c_npmi`.

    Examples
    --------
    >>> documents = [["red", "apple"], ["red", "car"]]
    >>> round(u_mass([["red", "apple"]], documents).mean, 3)
    -0.693
    """
    return _measure(topics, reference, top, None, missing, _mean_log_conditional)


def _measure(
    topics: Iterable[Sequence[str]],
    reference: Tokens,
    top: int,
    window: int | None,
    missing: str,
    confirm: Callable[[_Topic], float],
) -> Coherence:
    _check(top, window, missing)
    reference = as_reference(reference)
    lists = check_topics(topics, top=top)
    present = without_missing(lists, reference, skip=missing == "skip")
    measured = _shares([topic for topic in present if len(topic) > 1], reference, window)
    values = np.full(len(present), np.nan)
    values[[i for i, topic in enumerate(present) if len(topic) > 1]] = [confirm(topic) for topic in measured]
    defined = values[~np.isnan(values)]
    return Coherence(
        per_topic=values,
        mean=float(defined.mean()) if len(defined) else float("nan"),
        n_skipped=sum(map(len, lists)) - sum(map(len, present)),
        n_undefined=len(values) - len(defined),
    )


def _check(top: int, window: int | None, missing: str) -> None:
    check_whole("top", top, 2)  # coherence is of pairs
    if window is not None:
        check_whole("window", window)
    if missing not in ("error", "skip"):
        raise ParameterError(f"missing must be 'error' or 'skip', got {missing!r}")


def _shares(topics: list[list[str]], reference: Reference, window: int | None) -> list[_Topic]:
    """Count all pairs of all topics at once, each distinct pair once."""
    words = list(dict.fromkeys(word for topic in topics for word in topic))
    number = {word: i for i, word in enumerate(words)}
    numbered = [np.array([number[word] for word in topic]) for topic in topics]
    codes = {
        a * len(words) + b for topic in numbered for a, b in combinations(sorted(set(topic.tolist())), 2)
    }
    pairs = np.array(sorted(codes), dtype=np.int64)
    two = np.stack([pairs // max(len(words), 1), pairs % max(len(words), 1)], axis=1)
    counts = count_windows(reference, words, two, window=window)
    shares = []
    for topic in numbered:
        low, high = np.minimum.outer(topic, topic), np.maximum.outer(topic, topic)
        at = np.searchsorted(pairs, low * len(words) + high)
        together = np.append(counts.pairs, 0)[np.minimum(at, len(pairs))]
        joint = np.where(low == high, counts.words[low], together)
        _, distinct, times = np.unique(topic, return_index=True, return_counts=True)
        alone = counts.words[topic] / counts.n_windows
        shares.append(_Topic(alone, joint / counts.n_windows, distinct, times.astype(np.float64)))
    return shares


def _npmi(topic: _Topic) -> Array:
    """NPMI of each pair of words, each with itself among them."""
    joint = topic.joint + EPSILON
    return np.asarray(np.log(joint / np.outer(topic.alone, topic.alone)) / -np.log(joint))


def _mean_npmi(topic: _Topic) -> float:
    apart = ~np.eye(len(topic.alone), dtype=bool)
    return float(_npmi(topic)[apart].mean())


def _mean_context_cosine(topic: _Topic) -> float:
    npmi = _npmi(topic)[np.ix_(topic.distinct, topic.distinct)]
    words = npmi * topic.times
    whole = topic.times @ words
    lengths = np.sqrt((words**2).sum(axis=1)) * np.sqrt((whole**2).sum())
    if (lengths == 0).any():  # independence to the last bit: no direction to compare
        return float("nan")
    return float(topic.times @ (words @ whole / lengths) / topic.times.sum())


def _mean_log_conditional(topic: _Topic) -> float:
    later, earlier = np.tril_indices(len(topic.alone), -1)
    return float(np.log((topic.joint[later, earlier] + EPSILON) / topic.alone[earlier]).mean())


COHERENCES: Mapping[str, Callable[..., Coherence]] = MappingProxyType(
    {"c_npmi": c_npmi, "c_v": c_v, "u_mass": u_mass}
)
"""Coherence metrics by name; they need a reference corpus."""
