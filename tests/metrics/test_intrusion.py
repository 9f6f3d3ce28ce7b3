"""Tasks for people: what they hide, and how answers are scored."""

import csv
import io

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.errors import InputError, ParameterError
from topickit.metrics import IntrusionScore, IntrusionTask, IntrusionTasks, intrusion


@pytest.fixture(scope="module")
def model():
    return TopicModel(embedder="lexical", n_topics=4).fit(make_corpus(120)[0])


def test_the_intruder_comes_from_another_topic(model):
    tasks = intrusion(model).tasks
    assert [task.kind for task in tasks] == ["word"] * 4 + ["document"] * 4
    assert {task.topic for task in tasks} == {0, 1, 2, 3}
    for task in tasks:
        topic = model.topics_[task.topic]
        own = topic.words if task.kind == "word" else topic.representative_documents
        strangers = [i for i, option in enumerate(task.options, 1) if option not in own]
        assert strangers == [task.solution]
        assert len(task.options) == (6 if task.kind == "word" else 4)


def test_the_seed_decides(model):
    assert intrusion(model) == intrusion(model)
    assert intrusion(model) != intrusion(model, random_state=1)
    assert len(intrusion(model, n_tasks=2).tasks) == 4
    places = [task.solution for seed in range(30) for task in intrusion(model, random_state=seed).tasks[:4]]
    assert np.bincount(places, minlength=7)[1:].min() > 5, "each place is as likely"


def test_readers_do_not_see_the_solution_and_their_file_is_scored(model):
    tasks = intrusion(model)
    table = list(csv.DictReader(io.StringIO(tasks.to_csv())))
    assert list(table[0]) == ["task", "kind", *(f"option {i}" for i in range(1, 7)), "answer"]
    for row, task in zip(table, tasks.tasks, strict=True):
        row["answer"] = task.solution if task.kind == "word" else task.solution % 4 + 1
    table[0]["answer"] = ""
    out = io.StringIO()
    writer = csv.DictWriter(out, table[0])
    writer.writeheader()
    writer.writerows(table[::-1])
    scores = tasks.score("\ufeff" + out.getvalue())
    assert (scores["word"].precision, scores["word"].n) == (1.0, 3)
    assert scores["document"].precision == 0.0
    assert scores["document"].chance == 0.25
    assert tasks.score([None] * 8)["word"].n == 0


def test_pairs_of_lists_are_blind(model):
    other = model.merge_topics([[0, 1]])
    tasks = intrusion(model, other, n_tasks=20).tasks[8:]
    assert len(tasks) == 20
    assert {task.solution for task in tasks} == {1, 2}
    first = {task.options[task.solution - 1] for task in tasks}
    assert len(first) == 1
    assert first.pop().count(";") == 3
    with pytest.raises(ParameterError, match="other"):
        intrusion(model, model)


def test_an_interval_is_exact():
    score = IntrusionScore.of(0, 10, chance=0.1)
    assert score.low == 0
    assert score.high == pytest.approx(1 - 0.025 ** (1 / 10))


TASKS = IntrusionTasks(
    (IntrusionTask("word", 0, ("a", "=b", "c"), 2), IntrusionTask("word", 1, ("d", "e", "f"), 1))
)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([1], "2 tasks, but 1 answers"),
        ([1, 4], "task 2: the answer must be 1 to 3, got 4"),
        ([1, "x"], "task 2"),
        ("a,b\n1,2\n", "columns"),
        ("task,answer\n3,1\n", "no task '3'"),
        ("task,answer\n1,1\n1,2\n", "line 3: task 1 is answered twice"),
    ],
)
def test_answers_are_checked(answers, said):
    with pytest.raises(InputError, match=said):
        TASKS.score(answers)


def test_a_cell_is_no_formula():
    assert "'=b" in TASKS.to_csv()


def test_one_topic_has_no_intruder(model):
    with pytest.raises(InputError, match="another topic"):
        intrusion(model.at(1))
