import dataclasses
import datetime
import json
import pathlib

import numpy as np
import pytest

from topickit._core.display import encodable
from topickit.analysis import hierarchy as hierarchies
from topickit.analysis import similarity as similarities
from topickit.report import summary as summaries
from topickit.report.summary import plain


@dataclasses.dataclass
class Settings:
    size: int
    names: tuple[str, ...]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (np.bool_(True), True),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (float("inf"), None),
        (np.array([[1, 2]]), [[1, 2]]),
        (np.array(7.0), 7.0),
        ({3, 1, 2}, [1, 2, 3]),
        (Settings(2, ("a",)), {"size": 2, "names": ["a"]}),
        ({1: (None, "b")}, {"1": [None, "b"]}),
        (pathlib.PurePosixPath("a/b"), "a/b"),
        (datetime.date(2024, 1, 2), "2024-01-02"),
        (range(2), [0, 1]),
        (object(), "object"),
        (len, "len"),
        (Settings, "Settings"),
        ("a\udfff", "a?"),
        (b"x", "bytes"),
    ],
)
def test_plain_gives_what_json_can_hold(value, expected):
    result = plain(value)
    assert result == expected
    assert type(result) is type(expected)
    assert json.loads(json.dumps(result, allow_nan=False)) == expected


def test_summary_holds_the_topics_and_does_not_share_the_notes(make_report, make_topic):
    notes = {"group": {"a": [1]}}
    summary = make_report(make_topic(), notes=notes).summary
    notes["group"]["a"].append(2)
    assert summary.notes == {"group": {"a": [1]}}
    assert summary.topics == (make_topic(),)
    assert summary.outlier_share == 0.25
    assert not summary.has_stability
    assert make_report(make_topic(stability=0.0)).summary.has_stability


def test_summary_of_nothing(make_report):
    summary = make_report(n_documents=0, n_outliers=0, notes={}).summary
    assert summary.outlier_share == 0.0
    assert summary.as_dict()["topics"] == []


def test_without_texts_changes_only_texts(report):
    bare = report.summary.without_texts()
    assert all(topic.representative_documents == () for topic in bare.topics)
    assert [t.keywords for t in bare.topics] == [t.keywords for t in report.summary.topics]
    assert report.summary.topics[0].representative_documents


def test_clean_leaves_good_text_alone():
    assert encodable("é👩‍👩‍👧\x00") == "é👩‍👩‍👧\x00"


def test_the_hierarchy_is_computed_once(dated_model, monkeypatch):
    trees = []

    def counting(fitted):
        trees.append(hierarchies.hierarchy(fitted))
        return trees[-1]

    for module in (summaries, similarities):
        monkeypatch.setattr(module, "hierarchy", counting)
    report = dated_model.report()
    for write in (report.to_text, report.to_html, report.to_markdown, report.to_json):
        write()
    assert len(trees) == 1
    assert report.summary.similarity.order == trees[0].order


def test_unstable_topics_are_those_below_one_half(make_report, make_topic):
    report = make_report(*(make_topic(i, stability=s) for i, s in enumerate((None, 0.49, 0.5))))
    assert [topic.id for topic in report.summary.unstable] == [1]
