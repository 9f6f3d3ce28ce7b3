"""However many spellings a corpus has, only so many are remembered."""

import numpy as np

from topickit.keywords import tokens
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms


def noisy(n: int) -> list[str]:
    """Texts of a few words that repeat, with one of its own each."""
    return [f"boat harbour sea, once{i} wind" for i in range(n)]


def test_the_rarest_spellings_are_forgotten_and_the_others_keep_their_counts(monkeypatch):
    texts = noisy(500)
    whole = count_terms(texts, np.ones(500, dtype=np.int64), KeywordSettings())
    monkeypatch.setattr(tokens, "MAX_SURFACES", 50)
    monkeypatch.setattr(tokens, "TOLD_EVERY", 10)
    stream = tokens.read_tokens(texts)
    assert len(stream.surfaces) < 100
    bounded = count_terms(texts, np.ones(500, dtype=np.int64), KeywordSettings())
    assert bounded.terms == whole.terms
    assert (bounded.counts != whole.counts).nnz == 0


def test_what_is_forgotten_is_a_break(monkeypatch):
    monkeypatch.setattr(tokens, "MAX_SURFACES", 4)
    monkeypatch.setattr(tokens, "TOLD_EVERY", 5)
    stream = tokens.read_tokens([*[f"boat x{i} sea" for i in range(5)], "boat sea"])
    words = [stream.surfaces[i] for i in stream.ids]
    assert words == [*["boat", ".", "sea"] * 4, "boat", "x4", "sea", "boat", "sea"]
    assert len(stream.ids) == stream.offsets[-1]
