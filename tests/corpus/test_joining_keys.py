"""Content hashes are kept where texts are joined, and are those that are computed anew."""

import numpy as np

from topickit.corpus.documents import Documents, text_keys
from topickit.corpus.joining import Joined


def test_kept_hashes_are_those_of_the_texts():
    first, second = Documents.of(["b", "a", "", "b"]), Documents.of(["c", "a", "ä"])
    joined = Joined.of(first, second).documents
    for documents in (first, second, joined):
        np.testing.assert_array_equal(documents.keys, text_keys(documents.texts))


def test_the_digest_does_not_depend_on_kept_hashes():
    documents = Documents.of(["b", "a", "", "b", "ä"])
    loaded = Documents.from_state(documents.state())
    assert "keys" not in vars(loaded)
    assert loaded.digest() == documents.digest()
    vectors = Documents.of_vectors(np.eye(3))
    assert vectors.digest() == Documents.from_state(vectors.state()).digest()
