"""Words of runs in scripts that put no spaces between them: Han, kanji and Thai.

A dictionary is used where one is installed: ``rjieba`` for Chinese, which the default install has,
``sudachipy`` for runs of kanji (extra ``japanese``), ``pythainlp`` for Thai (extra ``thai``). Without it,
runs of kanji stay whole, and Thai is split at stop words and at the pieces that repeat.
"""

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from topickit._core.optional import find, require

Cut: TypeAlias = Callable[[str], list[str]]
MIN_RUNS, MIN_LENGTH = 2, 3
"""A piece of Thai is taken for a word if it occurs that often, and has that many characters."""
# No word begins with the vowels and tones that stand above, below and behind, or ends with one before.
_NOT_BEHIND, _NOT_BEFORE = "(?<![เ-ไ])", "(?![ะ-ฺๅ็-๎])"
_THAI_GRAMMAR = """
    บอกว่า กล่าวว่า พูดว่า ทุกคน ทุกวัน เมื่อวาน มากกว่า จำนวน ใช้ ใส่ ควร ผู้ที่ ที่ว่า เข้ากัน ใหม่ เหล่า ยังคง เท่านั้น เพียง
    ทำ นำ สำหรับ ทำให้
"""


def chinese() -> Cut:
    """Return jieba's segmentation."""
    cut: Cut = require("rjieba").cut
    return cut


@functools.cache
def kanji() -> Cut | None:
    """Return Sudachi's segmentation of runs of kanji; None if it is not installed."""
    sudachi = find("sudachipy")
    if sudachi is None or find("sudachidict_small") is None:
        return None
    tokenizer = sudachi.Dictionary(dict="small").tokenizer(mode=sudachi.SplitMode.C)

    def cut(run: str) -> list[str]:
        words: list[str] = []
        joins = False
        for token in tokenizer.tokenize(run):
            kind = token.part_of_speech()[0]
            if words and (joins or kind == "接尾辞"):
                words[-1] += token.surface()
            else:
                words.append(token.surface())
            joins = kind == "接頭辞"
        return words

    return cut


@functools.cache
def _thai_dictionary() -> Cut | None:
    thai = find("pythainlp")
    return None if thai is None else functools.partial(thai.word_tokenize, engine="newmm")


@functools.cache
def _thai_grammar() -> tuple[frozenset[str], re.Pattern[str]]:
    from stopwordsiso import stopwords

    grammar = frozenset({*stopwords("th"), *_THAI_GRAMMAR.split()})
    return grammar, _at(grammar)


def thai_pieces(runs: Iterable[str]) -> frozenset[str]:
    """Find the pieces that stop words leave of several Thai runs, or of one and at an end of another piece.

    None with a dictionary, which knows the words.

    Examples
    --------
    >>> sorted(thai_pieces(["และผู้ป่วย", "ผู้ป่วยที่"])) if _thai_dictionary() is None else ["ผู้ป่วย"]
    ['ผู้ป่วย']
    """
    if _thai_dictionary() is not None:
        return frozenset()
    grammar, at_grammar = _thai_grammar()
    left = Counter(piece for run in runs for piece in set(_pieces(at_grammar, run)) - grammar)
    times = left.copy()
    for piece in left:
        ends = range(MIN_LENGTH, len(piece) - MIN_LENGTH + 1)
        parts = {piece[:end] for end in ends} | {piece[-end:] for end in ends}
        times.update(part for part in parts if part in left)
    return frozenset(piece for piece, n in times.items() if n >= MIN_RUNS and len(piece) >= MIN_LENGTH)


@dataclass(frozen=True)
class Segmentation:
    """How the runs of a corpus are segmented, so that other texts can be segmented alike.

    Attributes
    ----------
    japanese : bool
        Whether Han characters are kanji.
    thai : frozenset of str
        The Thai words that the corpus itself shows; see `thai_pieces`.

    Examples
    --------
    >>> Segmentation(japanese=True).han() is not chinese()
    True
    """

    japanese: bool = False
    thai: frozenset[str] = field(default=frozenset(), repr=False)

    def han(self) -> Cut | None:
        """Return how runs of Han characters are cut; None leaves them whole."""
        return kanji() if self.japanese else chinese()

    def thai_run(self, run: str) -> list[str]:
        """Cut a Thai run by the dictionary, or at stop words and then at the words of the corpus.

        Examples
        --------
        >>> "".join(Segmentation(thai=frozenset({"ผู้ป่วย"})).thai_run("ยาแก่ผู้ป่วย"))
        'ยาแก่ผู้ป่วย'
        """
        dictionary = _thai_dictionary()
        if dictionary is not None:
            return dictionary(run)
        grammar, at_grammar = _thai_grammar()
        pieces = _pieces(at_grammar, run)
        if not self.thai:
            return pieces
        at_words, words = _at(self.thai), grammar | self.thai
        cut = ([piece] if piece in words else _pieces(at_words, piece) for piece in pieces)
        return [word for listed in cut for word in listed]


@functools.lru_cache(maxsize=8)
def _at(words: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(map(re.escape, words), key=lambda word: (-len(word), word))
    return re.compile(f"{_NOT_BEHIND}({'|'.join(longest_first)}){_NOT_BEFORE}")


def _pieces(at: re.Pattern[str], run: str) -> list[str]:
    return [piece for piece in at.split(run) if piece]
