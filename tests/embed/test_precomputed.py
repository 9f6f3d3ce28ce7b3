"""Vectors that the user already has."""

import numpy as np
import pytest

from topickit.embed import base
from topickit.embed.precomputed import PrecomputedEmbedder
from topickit.errors import InputError, InputTypeError


def test_vectors_come_back_as_they_were_given():
    vectors = np.arange(6.0).reshape(3, 2)
    vectors.setflags(write=False)
    embedder = PrecomputedEmbedder(["a", "b", ""], vectors)
    got = embedder.encode(["b", "", "a", "b"])
    np.testing.assert_array_equal(got, vectors[[1, 2, 0, 1]])
    got[:] = 0
    np.testing.assert_array_equal(embedder.encode(["b"]), vectors[[1]])


def test_an_unknown_text_is_named():
    embedder = PrecomputedEmbedder(["a"], [[1.0]])
    with pytest.raises(InputError, match=r"the text 'c'.*embeddings="):
        embedder.encode(["a", "c"])


def test_equal_texts_need_equal_vectors():
    PrecomputedEmbedder(["a", "a"], [[1.0], [1.0]])
    with pytest.raises(InputError, match="rows 0 and 2"):
        PrecomputedEmbedder(["a", "b", "a"], [[1.0], [1.0], [2.0]])
    PrecomputedEmbedder([" ", "b", " "], [[1.0], [1.0], [2.0]])  # blank texts are outliers anyhow


def test_input_is_checked():
    with pytest.raises(InputError, match="1 rows for 2 documents"):
        PrecomputedEmbedder(["a", "b"], [[1.0]])
    with pytest.raises(InputTypeError, match=r"\[text\]"):
        PrecomputedEmbedder("a", [[1.0]])
    with pytest.raises(InputError, match="NaN"):
        PrecomputedEmbedder(["a"], [[np.nan]])


def test_the_fingerprint_follows_contents_not_order():
    one = PrecomputedEmbedder(["a", "b"], [[1.0, 0.0], [0.0, 1.0]])
    turned = PrecomputedEmbedder(["b", "a"], [[0.0, 1.0], [1.0, 0.0]])
    other = PrecomputedEmbedder(["a", "b"], [[1.0, 0.0], [0.0, 2.0]])
    assert one.fingerprint == turned.fingerprint != other.fingerprint


def test_it_needs_no_case_of_its_own():
    embedder = base.resolve(PrecomputedEmbedder(["a", "b"], np.array([[3, 4], [0, 0]])))
    np.testing.assert_allclose(base.embed(embedder, ["a", "b"]), [[0.6, 0.8], [0, 0]], atol=1e-6)
