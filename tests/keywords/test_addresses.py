"""Addresses and codes are no words."""

import time

import numpy as np
import pytest

from topickit.keywords.addresses import Addresses
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.tokens import _NO_SPACES
from topickit.keywords.vocabulary import count_terms

ADDRESSES = Addresses(_NO_SPACES)
NONE = """
    http://a.b/c?d=e HTTP://A.B/C https://t.co/ab… https… https://… http:/ https:// http: www.foo.de
    bit.ly/2xY pic.twitter.com/Ab3xYz docs.python.org t.co amzn.to/3x (bit.ly/abc)
    youtube.com/watch?v=dQw4 m.facebook.com news.bbc.co.uk example.com:8080/x example.com/
    пример.рф/путь münchen.de/stadt ftp.gnu.org/x magnet:?xt=urn tel:+49123 mailto:me@x.de
    me@example.com doi:10.1000/xyz123 10.1038/nature12373 arXiv:2203.05794 arXiv:hep-th/9901001
    hep-th/9901001 2203.05794v2 550e8400-e29b-41d4-a716-446655440000 d41d8cd98f00b204e9800998ecf8427e
    0xdeadbeef 3f2a9bc fe80::1ff:fe23:4567:890a 2001:db8:0:0:0:0:2:1 00:1A:2B:3C:4D:5E
"""
WORDS = """
    node.js Booking.com and/or TCP/IP ASP.NET U.S./UK etc. end.Next z.B. e.g. facade he/she and… so...
    node.js/express system.out.println AT&T deadbeef Re:Subject: e-mail defaced 12:30:45
"""


@pytest.mark.parametrize("address", NONE.split())
@pytest.mark.parametrize("around", ["{}", "見{}，", "é ({})"])
def test_nothing_is_left_of_an_address(address, around):
    left = ADDRESSES.removed(around.format(address))
    assert not any(c.isalnum() for c in left.replace("見", "").replace("é", "")), left


@pytest.mark.parametrize("word", WORDS.split())
def test_words_stay(word):
    assert ADDRESSES.removed(word) == word


def test_addresses_are_no_keywords():
    texts = [
        "Storm at sea pic.twitter.com/Ab3xY and bit.ly/Zz9",
        "Storm in the harbour https://t.co/ab… at t.co",
    ]
    found = count_terms(texts, np.ones(2, dtype=np.int64), KeywordSettings())
    assert set(found.terms) == {"Storm", "sea", "harbour"}


@pytest.mark.parametrize("part", ["a-", "é.", "1:", "0a", "é0a", "a.b-", "abc.com.", "https:/", "@a."])
def test_long_runs_take_time_in_proportion(part):
    took = []
    for n in (5_000, 40_000):
        start = time.process_time()
        ADDRESSES.removed(part * n)
        took.append(time.process_time() - start)
    assert took[1] < 20 * took[0] + 0.5
