import json

import numpy as np
import pytest

import topickit
from tests.conftest import make_corpus
from topickit import TopicModel, plot
from topickit.errors import InputError, NotFittedError, ParameterTypeError, TopicNotFoundError
from topickit.plot.labels import label, without_overlap
from topickit.plot.palette import COLORS, color_indices

FIGURES = plot.__all__

# Linear RGB as people without one kind of cone see it (Machado, Oliveira, Fernandes 2009, severity 1).
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(colors):
    values = np.array([[int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)] for color in colors])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    to_cones = [[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]]
    to_lab = [[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]]
    return np.cbrt(np.clip(rgb, 0, 1) @ np.array(to_cones).T) @ np.array(to_lab).T


@pytest.fixture(scope="module")
def model():
    texts, subjects = make_corpus(240)
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=5)
    return model.fit(texts, timestamps=[2000 + i // 24 for i in range(240)], classes=subjects)


def test_it_is_a_lazy_public_name():
    assert topickit.plot is plot
    assert "plot" in topickit.__all__


@pytest.mark.parametrize("name", FIGURES)
def test_each_is_a_figure_that_json_holds(model, name):
    figure = getattr(plot, name)(model)
    assert figure.data
    assert json.loads(figure.to_json())["layout"]
    assert getattr(plot, name)(model).to_json() == figure.to_json()


@pytest.mark.parametrize("name", FIGURES)
def test_each_refuses_what_is_no_fitted_model(name):
    with pytest.raises(NotFittedError):
        getattr(plot, name)(TopicModel())
    with pytest.raises(ParameterTypeError):
        getattr(plot, name)("model")


def test_documents_are_all_there_and_thinned_on_demand(model):
    figure = plot.documents(model)
    assert sum(len(trace.x) for trace in figure.data) == 240
    assert [len(trace.x) for trace in figure.data] == [topic.size for topic in model.topics_]
    few = plot.documents(model, limit=40)
    assert sum(len(trace.x) for trace in few.data) == 40
    assert "40 of 240" in few.layout.title.text
    assert all(trace.text is None for trace in plot.documents(model, texts=False).data)


def test_documents_of_a_model_without_them_are_bubbles(model, tmp_path):
    model.save(tmp_path / "m")
    (trace,) = plot.documents(TopicModel.load(tmp_path / "m")).data
    assert len(trace.x) == 5


def test_chosen_topics(model):
    assert len(plot.keywords(model, [1, 3]).data) == 2
    assert len(plot.over_time(model, topics=[2]).data) == 2  # a band and a line
    with pytest.raises(TopicNotFoundError):
        plot.keywords(model, [7])
    with pytest.raises(TopicNotFoundError):
        plot.over_time(model, topics=[7])


def test_topics_are_chosen_by_name(model):
    name = model.topics_[2].name
    assert plot.keywords(model, [name, 1]).to_json() == plot.keywords(model, [2, 1]).to_json()
    assert plot.keywords(model, name).to_json() == plot.keywords(model, 2).to_json()
    by_name = plot.over_time(model, topics=[f"{name[:8].upper()}…"])
    assert by_name.to_json() == plot.over_time(model, topics=[2]).to_json()
    with pytest.raises(TopicNotFoundError, match="no topic named 'golf'"):
        plot.over_time(model, topics=["golf"])


def test_what_is_missing_is_said(corpus):
    bare = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(corpus[0][:60])
    with pytest.raises(InputError, match="timestamps="):
        plot.over_time(bare)
    with pytest.raises(InputError, match="classes="):
        plot.by_class(bare)
    assert plot.by_class(bare, ["a", "b"] * 30).data
    assert plot.over_time(bare, list(range(1950, 2010))).data


def test_the_heat_map_is_the_cosines_with_an_empty_diagonal(model):
    (trace,) = plot.similarity(model).data
    assert np.isnan(np.diag(trace.z.astype(float))).all()
    assert np.nanmax(trace.z) == pytest.approx(trace.zmax)


def test_hostile_names_are_shown_as_they_are(model):
    hostile = '<a href="javascript:alert(1)">x</a> $\\alpha$ \u202e\x00'
    named = model.rename_topics({0: hostile})
    for name in FIGURES:
        data = getattr(plot, name)(named).to_json()
        assert "<a href" not in data.replace("\\u003c", "<")
        assert "$" not in data
        assert "\\u202e" not in data


def test_labels():
    assert label("a" * 50, 10) == "a" * 9 + "…"
    assert label("two\n words") == "two words"
    assert label("👩\u200d👧 <b>") == "👩\u200d👧 &lt;b&gt;"


def test_names_do_not_cover_each_other():
    rng = np.random.default_rng(0)
    places, widths = rng.uniform(0, 400, size=(80, 2)), rng.uniform(40, 120, size=80)
    kept = without_overlap(places, widths, 15.0)
    assert 10 < len(kept) <= 80
    for i, (a, ax, ay) in enumerate(kept):
        for b, bx, by in kept[:i]:
            assert abs(ax - bx) >= (widths[a] + widths[b]) / 2 or abs(ay - by) >= 15.0
    assert without_overlap(np.array([[np.nan, 1.0]]), np.array([5.0]), 5.0) == []


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(("n", "least"), [(10, 0.079), (20, 0.065)])
def test_colors_are_told_apart(vision, n, least):
    assert len(set(COLORS)) == 20
    seen = oklab(linear(COLORS[:n]) @ VISION[vision].T)
    gaps = np.linalg.norm(seen[:, None] - seen[None], axis=2) + np.eye(len(seen))
    assert gaps.min() > least


@pytest.mark.parametrize("ground", ["#ffffff", "#14171c"])
def test_colors_stand_out_from_the_ground(ground):
    luminance = linear((*COLORS, ground)) @ np.array([0.2126, 0.7152, 0.0722])
    lighter, darker = np.maximum(luminance[:-1], luminance[-1]), np.minimum(luminance[:-1], luminance[-1])
    assert ((lighter + 0.05) / (darker + 0.05)).min() > 2.2


def test_neighbours_on_the_map_have_different_colors():
    rng = np.random.default_rng(0)
    places = rng.uniform(size=(60, 2))
    chosen = np.array(color_indices(places))
    gaps = np.linalg.norm(places[:, None] - places[None], axis=2) + 9 * np.eye(60)
    assert (chosen[gaps.argmin(axis=1)] != chosen).all()
    assert np.bincount(chosen, minlength=20).min() >= 2
