"""However many spellings a corpus has, only so many are remembered."""

import numpy as np
import pytest

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
    monkeypatch.setattr(tokens, "PROGRESS_EVERY", 10)
    stream = tokens.read_tokens(texts)
    assert len(stream.surfaces) < 100
    bounded = count_terms(texts, np.ones(500, dtype=np.int64), KeywordSettings())
    assert bounded.terms == whole.terms
    assert (bounded.counts != whole.counts).nnz == 0


def test_what_is_forgotten_is_a_break(monkeypatch):
    monkeypatch.setattr(tokens, "MAX_SURFACES", 4)
    stream = tokens.read_tokens([*[f"boat x{i} sea" for i in range(5)], "boat sea"])
    words = [stream.surfaces[i] for i in stream.ids]
    assert words == [*["boat", ".", "sea"] * 5, "boat", "sea"]
    assert len(stream.surfaces) <= 5
    assert len(stream.ids) == stream.offsets[-1]


ODD = [
    "one\n\ntwo  three\n \nfour\n\n",
    'a <a href="x y">link</a> and <br/> text <b>bold</b>, <Hippo crates>',
    "U.S. e.g. z.B. TCP/IP .NET (.NET) node.js C++ C# AT&T &amp; &#39; don't https://a.b/c?d=e x@y.org",
    "x" * 60 + " word " + "-" * 70 + "word " + "- " * 30,
    "naïve café 東京 is the capital of 日本, ひらがな カタカナ\u3000中文 ไทย",
    "tab\tnew\nline\r\nnbsp\u00a0end soft\u00adhyphen zero\u200bwidth",
    "",
    "   ",
]


@pytest.mark.parametrize("text", ODD)
def test_a_run_without_spaces_has_the_tokens_that_it_has_in_its_text(text):
    def words(surfaces):
        return " ".join(tokens.clean(surface) or "|" for surface in surfaces).rstrip("| ").replace("| |", "|")

    stream = tokens.read_tokens([text, text])
    found = [stream.surfaces[i] for i in stream.ids_of(0, 1)]
    whole = tokens._split(text)
    ids = np.arange(len(whole), dtype=np.int32)
    expected = tokens._segmented(tokens.TokenStream(whole, ids, np.array([0, len(whole)])))
    assert words(found) == words([expected.surfaces[i] for i in expected.ids])


def test_runs_are_forgotten_when_they_are_too_many(monkeypatch):
    texts = [f"word{i % 90} other{i % 70}" for i in range(400)]
    expected = tokens.read_tokens(texts)
    monkeypatch.setattr(tokens, "MAX_RUNS", 20)
    monkeypatch.setattr(tokens, "PROGRESS_EVERY", 10)
    found = tokens.read_tokens(texts)
    assert found.surfaces == expected.surfaces
    np.testing.assert_array_equal(found.ids, expected.ids)
