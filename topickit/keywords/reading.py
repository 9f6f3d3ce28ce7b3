"""Texts to tokens by the tokenizer of the settings, or by topickit's own rules."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from topickit.corpus.tokenizer import is_lemmatizer, words_of
from topickit.keywords.tokens import Advance, TokenStream, as_token, clean, read_tokens, tokens_of
from topickit.keywords.unspaced import Segmentation


def read_with(
    tokenizer: Any,
    texts: Iterable[str],
    advance: Advance | None = None,
    *,
    segmentation: Segmentation | None = None,
) -> TokenStream:
    """Split texts into tokens.

    Parameters
    ----------
    tokenizer : object or None
        As in `topickit.keywords.settings.KeywordSettings`.
    texts : iterable of str
    advance : function, optional
        Called now and then with the number of texts read since the last call.
    segmentation : Segmentation, optional
        As for `topickit.keywords.tokens.read_tokens`.

    Returns
    -------
    TokenStream

    Examples
    --------
    >>> read_with(str.split, ["boats, sea"]).surfaces, read_with(None, ["boats, sea"]).surfaces
    (['boats,', 'sea'], ['boats', ',', 'sea'])
    """
    if tokenizer is None:
        return read_tokens(texts, advance, segmentation=segmentation)
    words = words_of(tokenizer)
    if not is_lemmatizer(tokenizer):
        return tokens_of(texts, words, advance)
    stream = read_tokens(texts, advance, segmentation=segmentation)
    bare = [(surface, clean(surface)) for surface in stream.surfaces]
    # A word without a lemma is counted no more than a break.
    return replace(
        stream, surfaces=[next(iter(words(word)), ".") if word else surface for surface, word in bare]
    )


def has_own_rules(tokenizer: Any) -> bool:
    """Return True if topickit splits the texts into words."""
    return tokenizer is None or is_lemmatizer(tokenizer)


def word_function(tokenizer: Any) -> Callable[[str], str]:
    """Return the function that gives the word of a token; "" for a break."""
    return clean if has_own_rules(tokenizer) else as_token
