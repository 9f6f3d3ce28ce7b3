from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.sparse import csr_array

from topickit.errors import ParameterError, ParameterTypeError
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import WEIGHTINGS, bm25, ctfidf, weigh
from topickit.keywords.settings import KeywordSettings

COUNTS = arrays(np.int64, (3, 5), elements=st.integers(0, 50))
OUTLIERS = arrays(np.int64, (5,), elements=st.integers(0, 50))


def reference(topics, outliers, *, bm25, root):
    """The formulas of the design, one number at a time."""
    mean_words = sum(sum(int(n) for n in row) for row in topics) / len(topics)
    result = np.zeros(topics.shape)
    for c, row in enumerate(topics):
        for t, n in enumerate(row):
            if n == 0:
                continue
            frequency = sum(int(other[t]) for other in topics) + int(outliers[t])
            tf = int(n) / sum(int(m) for m in row)
            ratio = (mean_words - frequency + 0.5) / (frequency + 0.5) if bm25 else mean_words / frequency
            result[c, t] = (sqrt(tf) if root else tf) * max(log(1 + ratio), 0.0)
    return result


@settings(max_examples=80, deadline=None)
@given(COUNTS, OUTLIERS, st.booleans())
def test_equals_the_formulas(topics, outliers, root):
    for name, weighting in (("ctfidf", ctfidf), ("bm25", bm25)):
        got = weighting(csr_array(topics), outliers, root)
        assert got.dtype == np.float64
        np.testing.assert_allclose(
            got.toarray(), reference(topics, outliers, bm25=name == "bm25", root=root), atol=1e-14
        )


@pytest.mark.parametrize("name", WEIGHTINGS)
@pytest.mark.parametrize("root", [False, True])
def test_weigh_reads_the_settings_and_changes_no_count(name, root):
    topics = csr_array(np.array([[3, 0, 1], [0, 2, 2]]))
    counts = TermCounts(("a", "b", "c"), topics, np.array([1, 0, 5]), (), np.full((3, 3), -1, dtype=np.int32))
    got = weigh(counts, KeywordSettings(weighting=name, reduce_frequent=root))
    expected = reference(topics.toarray(), counts.outliers, bm25=name == "bm25", root=root)
    np.testing.assert_allclose(got.toarray(), expected)
    assert topics.toarray().tolist() == [[3, 0, 1], [0, 2, 2]]


@pytest.mark.parametrize("weighting", [ctfidf, bm25])
@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (2, 0), (2, 3)])
def test_without_words_there_are_no_weights(weighting, shape):
    got = weighting(csr_array(shape, dtype=np.int64), np.zeros(shape[1], dtype=np.int64))
    assert got.shape == shape
    assert got.nnz == 0


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (ParameterError, {"n_keywords": 0}),
        (ParameterTypeError, {"n_keywords": "ten"}),
        (ParameterTypeError, {"n_keywords": True}),
        (ParameterError, {"weighting": "tfidf"}),
        (ParameterError, {"stop_words": "english"}),
        (ParameterTypeError, {"stop_words": 3}),
        (ParameterTypeError, {"stop_words": ["a", 3]}),
    ],
)
def test_settings_are_checked(error, arguments):
    with pytest.raises(error, match=next(iter(arguments))):
        KeywordSettings(**arguments)


def test_settings_take_any_collection_of_words():
    assert KeywordSettings(stop_words=["b", "a"]).stop_words == ("b", "a")
    assert KeywordSettings(stop_words={"b", "a"}).stop_words == ("a", "b")
