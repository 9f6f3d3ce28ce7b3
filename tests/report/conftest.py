from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.fitted.topics import Topic, Topics
from topickit.keywords.counts import TermCounts
from topickit.keywords.settings import KeywordSettings
from topickit.report.report import Report

NOTES = {
    "embedder": {"name": "all-MiniLM-L6-v2", "n_truncated": 312, "truncated_share": 0.14},
    "keywords": KeywordSettings(n_keywords=3),
    "n_blank": np.int64(3),
    "random_state": 20240101,
    "fit_sample": 5000,
    "unknown": float("nan"),
}


def _topic(number=0, **changes):
    values = {
        "id": number,
        "size": 1200,
        "share": 0.6,
        "keywords": (("cat", 0.5), ("New York", 0.25)),
        "name": "cat, New York",
        "representative_documents": ("A cat sat.\nIt slept.", "Cats of New York"),
        "stability": None,
    }
    return Topic(**(values | changes))


def _fitted(*items, n_documents=2000, n_outliers=500, notes=NOTES, given_names=()):
    """What a summary reads of a model that was saved without its documents."""
    k = len(items)
    nothing = csr_array((k, 0), dtype=np.int64)
    fitted = SimpleNamespace(
        topics=Topics(tuple(items), n_documents, n_outliers),
        provenance=SimpleNamespace(as_dict=lambda: notes),
        means=np.eye(k, 8, dtype=np.float32),
        counts=TermCounts((), nothing, np.zeros(0, dtype=np.int64), (), np.zeros((0, 3), dtype=np.int32)),
        keyword_settings=KeywordSettings(),
        term_weights=lambda: nothing.astype(np.float64),
        labels=np.full(n_documents, -1),
        corpus=None,
        covariates=None,
        parents=lambda: None,
        apart=lambda: np.zeros(k, dtype=np.bool_),
        given_names=dict.fromkeys(given_names, "given"),
        ids=np.array([topic.id for topic in items], dtype=np.int64),
    )
    fitted.largest_first = lambda: fitted
    return fitted


@pytest.fixture
def make_topic():
    return _topic


@pytest.fixture
def make_report():
    """A report on hand-made topics; only the attributes of Fitted that reports read are there."""
    return lambda *items, **settings: Report.of(_fitted(*items, **settings))


@pytest.fixture(scope="session")
def dated_model():
    """A model of dated texts with classes and a map: one topic rises, one is of one class alone."""
    texts, subjects = make_corpus(240)
    rng = np.random.default_rng(0)
    years = [2000 + int(rng.integers(5, 10) if s == "sailing" else rng.integers(0, 10)) for s in subjects]
    years[3] = None
    classes = ["land" if s != "sailing" else "sea" for s in subjects]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4)
    return model.fit(texts, timestamps=years, classes=classes)


@pytest.fixture
def report(make_report):
    chinese = {"keywords": (("税金", 0.4),), "name": "税金", "representative_documents": ("税金が高い",)}
    return make_report(_topic(), _topic(1, size=300, share=0.15, **chinese))


HOSTILE = (
    "<script>alert(1)</script>",
    "</script></style><img src=x onerror=alert(1)>",
    "\"' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "line\u2028separator\u2029here",
    "\u202eright to left\u2066",
    "\x1b[31mred\x07\x00",
    "=cmd|'/C calc'!A0",
    "| pipe | `code` *star* [link](http://x) ![i](http://y)",
    "# heading",
    "\ud800",
    "[bold]rich[/bold] :smile:",
    "",
    "👩‍👩‍👧 é́ שלום",
)


@pytest.fixture(params=HOSTILE, ids=range(len(HOSTILE)))
def hostile(request):
    return request.param


@pytest.fixture
def hostile_report(make_report, hostile):
    topic = _topic(
        keywords=((hostile, 0.5),), name=hostile, representative_documents=(hostile, "long " * 100 + hostile)
    )
    return make_report(topic, notes={hostile: hostile, "group": {hostile: [hostile]}})
