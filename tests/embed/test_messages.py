"""Errors about what an embedder returns: they name the caller's row and the text."""

import numpy as np
import pytest
import scipy.sparse as sp

from topickit import PrecomputedEmbedder, TopicModel, community_detection
from topickit.embed import CachedEmbedder
from topickit.errors import InputError, InputTypeError, TopickitError

TEXTS = ["", *(f"text number {i} of many with a long end that is cut in messages" for i in range(40))]
BAD = 17


def vectors_of(texts, bad=np.nan):
    rows = np.array([[1.0, float(text.split()[2])] for text in texts])
    rows[[text == TEXTS[BAD] for text in texts], 1] = bad
    return rows


def lists_of(bad):
    return lambda texts: [[1.0, 2.0] if text != TEXTS[BAD] else bad for text in texts]


class Wide:
    """An embedder with a fingerprint, whose vectors may be kept."""

    fingerprint = "wide"

    def __init__(self, bad):
        self.bad = bad

    def encode(self, texts):
        return vectors_of(texts, self.bad)

    def state(self):
        from topickit._core.state import State

        return State({"kind": "external", "description": "wide", "dimension": 2})


@pytest.mark.parametrize(
    ("embedder", "said"),
    [
        (vectors_of, "contain NaN or infinity"),
        (lambda texts: vectors_of(texts, -np.inf), "contain NaN or infinity"),
        (lists_of([1.0]), "got 2 numbers for the text .* and 1 numbers for"),
        (lists_of(None), "are None for"),
        (lists_of(3.0), "one float for"),
        (Wide(np.nan), "contain NaN or infinity"),
        (PrecomputedEmbedder([t for t in TEXTS if t != TEXTS[BAD]], np.ones((40, 2))), "is not among the 40"),
    ],
)
@pytest.mark.parametrize("rows", [list(range(41)), list(range(40, -1, -1)), [3, 3, *range(41)]])
def test_the_row_is_the_callers(embedder, said, rows):
    texts = [TEXTS[row] for row in rows]
    wanted = rf"(?=document {rows.index(BAD)}: )(?=.*{said})(?=.*'text number {BAD - 1} of many)"
    with pytest.raises(InputError, match=wanted):
        TopicModel(embedder=embedder, clusterer="kmeans").fit(texts)
    model = TopicModel(embedder=embedder, clusterer="kmeans")
    model.fit([text for text in texts if text != TEXTS[BAD]])
    with pytest.raises(InputError, match=wanted):
        model.predict(texts)


@pytest.mark.parametrize(("bad", "said"), [(np.nan, "contain NaN"), (1e300, "too large for float32")])
def test_the_row_is_the_callers_behind_a_cache(tmp_path, bad, said):
    for embedder in (Wide(bad), CachedEmbedder(Wide(bad), tmp_path / "own", batch_size=4)):
        with pytest.raises(InputError, match=rf"document {BAD}: .*{said}.*'text number {BAD - 1} of"):
            TopicModel(embedder=embedder, cache=tmp_path / "c", clusterer="kmeans").fit(TEXTS)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "are None; expected an array of shape"),
        ((row for row in [[1.0]]), "are a generator; make a list of it"),
        (map(float, "12"), "are a map; make a list of it"),
        (3.0, "are one float; expected an array"),
        (np.array(3.0), "are a single number; expected an array"),
        ("abc", "are one str"),
        ({"a": [1.0]}, "are one dict"),
        (object(), "are one object"),
        ([1.0] * 40, r"must have shape \(n, d\).* got shape \(40,\)"),
        (np.ones((39, 2)), "got 39 rows for 40 documents"),
        (np.ones((40, 0)), "at least one column"),
        ([["a"]] * 40, "must be real numbers"),
        (np.ones((40, 2)) * 1j, "must be real numbers"),
        (sp.csr_array(np.ones((40, 2))), "are sparse"),
    ],
)
def test_what_is_no_matrix_is_named(result, said):
    with pytest.raises(TopickitError, match=f"vectors from function .*{said}"):
        TopicModel(embedder=lambda texts: result, clusterer="kmeans").fit(TEXTS)


@pytest.mark.parametrize("make", [sp.csr_array, sp.csr_matrix, sp.coo_array, sp.lil_matrix])
def test_communities_of_a_sparse_matrix(make):
    with pytest.raises(InputTypeError, match="embeddings are sparse; reduce them"):
        community_detection(make(np.eye(3)))


@pytest.mark.parametrize("value", [None, 5, np.float64(3), "abc", {}, (row for row in [[1.0]])])
def test_communities_of_what_is_no_matrix(value):
    with pytest.raises(InputTypeError, match="embeddings are "):
        community_detection(value)
