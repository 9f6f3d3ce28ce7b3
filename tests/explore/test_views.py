"""What the page shows and asks for, without a browser."""

import base64
import json

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.errors import InputError, ParameterError, TopicNotFoundError
from topickit.explore import figures, forms, steps, views

TEXTS, SUBJECTS = make_corpus(200)


def numbers(typed):
    return np.frombuffer(base64.b64decode(typed["bdata"]), dtype=typed["dtype"])


@pytest.fixture(scope="module")
def model():
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=6)
    return model.fit(TEXTS, timestamps=[2000 + i // 20 for i in range(200)], classes=SUBJECTS)


def test_an_opened_topic_shows_what_it_is_about(model):
    view = views.view_topic(model, 0)
    assert [word for word, _ in view.keywords] == list(model.topics_[0].words)
    assert all(ratio is not None for _, ratio in view.keywords)
    margins = [one.margin for one in view.doubtful]
    assert margins == sorted(margins)
    for one in view.doubtful:
        assert model.labels_[one.row] == 0 != one.next_topic
        assert TEXTS[one.row] == one.text
        shares = model.transform([one.text])[0]
        assert one.margin == pytest.approx(shares[0] - sorted(shares)[-2], abs=1e-6)
    similarity = [one.similarity for one in view.neighbors]
    assert similarity == sorted(similarity, reverse=True)
    assert {one.topic for one in view.neighbors} == set(range(1, 6))
    assert sum(one.n for one in view.classes) == model.topics_[0].size
    assert view.has_times
    assert figures.over_time_figure(model, 0).data
    with pytest.raises(TopicNotFoundError):
        views.view_topic(model, 77)


def test_a_model_without_texts_shows_topics_only(model, tmp_path):
    model.save(tmp_path / "bare")
    bare = TopicModel.load(tmp_path / "bare")
    assert views.view_topic(bare, 0).doubtful == ()
    assert views.search(bare, "galaxy").documents is None
    points = figures.points_of(bare)
    assert len(numbers(figures.map_figure(bare.fitted_, points)["data"][0]["x"])) == 6
    assert forms.topic_of_point(bare, {"points": [{"pointIndex": 3}]}) == 3
    assert figures.points_of_topic(bare.fitted_, points, 2) == [2]
    assert "saved without its texts" in forms.map_note(points, False)


def test_search_and_place(model):
    found = views.search(model, "anchor rudder", n_documents=3)
    assert len(found.documents) == 3
    text = "The boat and sail with a good wind. The bank and loan, interest or tax."
    placed = views.place(model, text)
    assert placed.topic == model.predict([text])[0]
    shares = [one.probability for one in placed.candidates]
    assert shares == sorted(shares, reverse=True)
    with pytest.raises(InputError, match="blank"):
        views.place(model, " ")


def test_the_map_has_the_points_of_a_topic(model):
    points = figures.points_of(model)
    inside = figures.points_of_topic(model.fitted_, points, 3)
    assert {forms.topic_of_point(model, {"points": [{"pointIndex": at}]}) for at in inside} == {3}
    assert len({numbers(figures.point_colors(points))[at] for at in inside}) == 1
    assert figures.points_of_topic(model.fitted_, points, None) is None


FIELDS = {
    "rename-name": "food",
    "split-n": 3,
    "level-n": 4,
    "move-to": "new",
    "lasso-name": "drawn",
    "merge-with": "4",
    "dropped": {"topics": [5, 0], "at": 1},
}


@pytest.mark.parametrize(
    ("button", "step"),
    [
        ("rename-go", steps.rename(2, "food")),
        ("rename-name", steps.rename(2, "food")),
        ("split-go", steps.split(2, 3)),
        ("delete-go", steps.delete([2])),
        ("ignore-go", steps.ignore([2])),
        ("ignore-selected-go", steps.ignore([0, 1])),
        ("merge-with-go", steps.merge([2, 4])),
        ("dropped", steps.merge([5, 0])),
        ("delete-selected-go", steps.delete([0, 1])),
        ("merge-go", steps.merge([0, 1])),
        ("level-go", steps.level(4)),
        ("move-go", steps.move([5, 9], "new")),
    ],
)
def test_a_button_makes_a_step(model, button, step):
    chosen = forms.Chosen(2, [1], [0, 1], [9, 5, 5], FIELDS)
    assert forms.step_of(button, chosen, model) == step


def test_a_topic_is_merged_with_one_of_the_list(model):
    for written in (forms.topic_option(model.topics_[4]), model.topics_[4].name):
        chosen = forms.Chosen(2, fields={**FIELDS, "merge-with": written})
        assert forms.step_of("merge-with-go", chosen, model) == steps.merge([2, 4])
    for wrong, error in (("2", ParameterError), ("no such topic", TopicNotFoundError)):
        with pytest.raises(error):
            forms.step_of("merge-with-go", forms.Chosen(2, fields={**FIELDS, "merge-with": wrong}), model)


def test_a_lasso_makes_a_step_of_rows(model):
    step = forms.step_of("lasso-go", forms.Chosen(lasso=[0, 1, 2], fields=FIELDS), model)
    rows = figures.points_of(model).rows[:3]
    texts = [model.fitted_.corpus.documents.texts[row] for row in rows]
    assert [TEXTS[row] for row in step.arguments["rows"]] == texts
    assert step.arguments["to"] == "drawn"


@pytest.mark.parametrize("button", [name for name in forms.BUTTONS if name != "level-go"])
def test_what_is_not_chosen_is_asked_for(model, button):
    fields = dict.fromkeys(FIELDS)
    with pytest.raises(ParameterError, match=r"first|give|choose"):
        forms.step_of(button, forms.Chosen(fields=fields), model)
    if button in ("move-go", "lasso-go"):
        with pytest.raises(ParameterError, match="choose a topic"):
            forms.step_of(button, forms.Chosen(lasso=[0], rows=[0], fields=fields), model)


def test_lines_of_topics_are_plain_data(model):
    cards = pytest.importorskip("topickit.explore.cards", reason="NOT TESTED: dash is not installed")
    lines = json.loads(json.dumps(cards.topic_lines(model, {0: model.topics_.items[1:3]})))
    assert [line["id"] for line in lines] == [
        topic.id for topic in sorted(model.topics_, key=lambda topic: (-topic.size, topic.id))
    ]
    assert lines[0]["width"] == "100.0%"
    (parts,) = [line["parts"] for line in lines if line["parts"]]
    assert [name for name, _ in parts] == [topic.name for topic in model.topics_.items[1:3]]


def test_a_target_is_an_id_an_option_or_a_new_name(model):
    topic = model.topics_[4]
    for written in ("4", forms.topic_option(topic), f" {forms.topic_option(topic)} "):
        assert forms.target(written, model) == 4
    assert forms.target("something new", model) == "something new"
