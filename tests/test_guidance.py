"""Known topics: what a user says beforehand, and that a guided model keeps every contract."""

import warnings

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit.embed.lexical import LexicalEmbedder
from topickit.errors import InputError, ParameterError, ParameterTypeError, TopickitWarning
from topickit.fitted import doubtful, guidance
from topickit.model import TopicModel

TEXTS, SUBJECTS = make_corpus(200)
EMBEDDER = LexicalEmbedder(dimension=32)
SAID = {
    "names": {
        "known_topics": {
            "Boats": "boat, sail, wind, anchor, mast, rudder, rope and deck",
            "Money": ["bank loan interest", "tax budget payment"],
        }
    },
    "words": {"seed_words": {"Boats": ["boat", "sail", "mast", "anchor"], "Money": ["Bank", "tax", "loan"]}},
    "ignore": {
        "known_topics": ["Boats: boat sail mast deck"],
        "ignore": {"Food": "onion garlic butter oven sauce"},
    },
    "labels": {},
}
LABELS = [subject if i % 7 == 0 and subject != "cooking" else None for i, subject in enumerate(SUBJECTS)]
HOW = pytest.mark.parametrize("how", SAID)
CLUSTERERS = pytest.mark.parametrize("clusterer", ["graph", "kmeans", "agglomerative", "hdbscan"])


def fit(how: str, texts=TEXTS, order=None, **options) -> TopicModel:
    order = range(len(texts)) if order is None else order
    labels = [LABELS[i] for i in order] if how == "labels" else None
    model = TopicModel(embedder=EMBEDDER, **{**SAID[how], **options})
    return model.fit([texts[i] for i in order], known_labels=labels)


@pytest.fixture(scope="module")
def models() -> dict[str, TopicModel]:
    return {how: fit(how) for how in SAID}


def known(model: TopicModel) -> list[str]:
    return sorted(topic.name for topic in model.topics_ if topic.is_known)


def test_known_topics_have_their_names_and_documents(models):
    subjects = np.array(SUBJECTS)
    for how in ("names", "words"):
        model = models[how]
        assert known(model) == ["Boats", "Money"]
        for name, subject in (("Boats", "sailing"), ("Money", "finance")):
            own = subjects[model.labels_ == model.topics_[name].id]
            assert (own == subject).mean() > 0.9
    assert known(models["labels"]) == ["astronomy", "finance", "sailing"]
    own = subjects[models["labels"].labels_ == models["labels"].topics_["finance"].id]
    assert (own == "finance").mean() > 0.95
    assert len(own) >= 45


def test_ignored_documents_have_no_topic(models):
    out = np.array(SUBJECTS)[models["ignore"].labels_ == -1]
    assert len(out) > 10
    assert (out == "cooking").mean() > 0.9


@HOW
def test_labels_are_what_predict_says(models, how):
    model = models[how]
    np.testing.assert_array_equal(model.predict(TEXTS), model.labels_)
    assert [model.predict([text])[0] for text in TEXTS[:30]] == model.labels_[:30].tolist()


@HOW
def test_order_free_and_deterministic(models, how):
    order = np.random.default_rng(5).permutation(len(TEXTS))
    shuffled = fit(how, order=order.tolist())
    np.testing.assert_array_equal(shuffled.labels_, models[how].labels_[order])
    assert list(shuffled.topics_) == list(models[how].topics_)


@HOW
def test_duplicates_get_equal_labels(how):
    model = fit(how, order=[*range(len(TEXTS)), *range(20)])
    np.testing.assert_array_equal(model.labels_[len(TEXTS) :], model.labels_[:20])


@HOW
def test_saved_is_loaded(models, how, tmp_path):
    model = models[how]
    for keep in (False, True):
        model.save(tmp_path / "m", keep_texts=keep)
        loaded = TopicModel.load(tmp_path / "m")
        np.testing.assert_array_equal(loaded.predict(TEXTS), model.labels_)
        assert known(loaded) == known(model)
        assert loaded.doubtful_labels_ == model.doubtful_labels_
        assert loaded.fitted_.base_level.known == model.fitted_.base_level.known


@CLUSTERERS
def test_every_clusterer(clusterer):
    model = fit("names", clusterer=clusterer)
    assert known(model) == ["Boats", "Money"]
    np.testing.assert_array_equal(model.predict(TEXTS), model.labels_)


def test_a_topic_without_documents_stays():
    with pytest.warns(TopickitWarning, match="'Cars' has no word"):
        model = fit("names", known_topics={"Boats": "boat sail mast", "Cars": ["zzz qqq"]})
    assert model.topics_["Cars"].size == 0
    assert model.topics_["Cars"].is_known
    assert "Cars" in str(model.report())
    model.report().to_html  # noqa: B018
    np.testing.assert_array_equal(model.predict(TEXTS), model.labels_)
    for n_topics in range(2, len(model.topics_) + 3):
        level = model.at(n_topics)
        assert len(level.topics_) == n_topics
        assert level.topics_["Cars"].size == 0


def test_levels_and_edits_keep_known_topics(models):
    model = models["names"]
    for n_topics in range(2, len(model.topics_) + 4):
        level = model.at(n_topics)
        assert len(level.topics_) == n_topics
        if n_topics <= len(model.topics_):
            assert known(level) == ["Boats", "Money"]
        assert known(level.at(len(model.topics_))) == ["Boats", "Money"]
        assert known(level.at(2)) == ["Boats", "Money"]
    with pytest.raises(ParameterError, match="merge_known=True"):
        model.at(1)
    assert len(model.at(1, merge_known=True).topics_) == 1
    renamed = model.rename_topics({"Boats": "Ships"})
    assert known(renamed) == ["Money", "Ships"]
    assert known(renamed.at(2)) == ["Money", "Ships"]
    other = next(topic.id for topic in model.topics_ if not topic.is_known)
    merged = model.merge_topics([[model.topics_["Boats"].id, other]])
    assert known(merged) == ["Boats", "Money"]
    assert known(model.delete_topics(other)) == ["Boats", "Money"]
    assert known(model.delete_topics("Boats", to="none")) == ["Money"]
    assert known(model.split_topic("Boats")) == ["Money"]
    assert known(model.with_outliers(0.1)) == ["Boats", "Money"]


def test_n_topics_counts_known_ones():
    assert known(fit("names", n_topics=2)) == ["Boats", "Money"]
    assert len(fit("names", n_topics=2).topics_) == 2
    assert len(fit("names", n_topics=4).topics_) == 4
    with pytest.raises(ParameterError, match="2 topics are known"):
        fit("names", n_topics=1)


def test_wrong_labels_are_listed():
    wrong = list(SUBJECTS)
    for row in (3, 50, 77, 120):
        wrong[row] = "sailing" if SUBJECTS[row] != "sailing" else "cooking"
    with pytest.warns(TopickitWarning, match=f"of {len(TEXTS)} labelled documents .* doubtful_labels_ lists"):
        model = TopicModel(embedder=EMBEDDER).fit(TEXTS, known_labels=wrong)
    first = model.doubtful_labels_[:4]
    assert {label.row for label in first} == {3, 50, 77, 120}
    assert all(label.proposed == SUBJECTS[label.row] and label.label == wrong[label.row] for label in first)


def test_right_labels_warn_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TopicModel(embedder=EMBEDDER).fit(TEXTS, known_labels=list(SUBJECTS))


def test_wrong_ones_among_many_labels_are_listed(monkeypatch):
    monkeypatch.setattr(guidance, "MOST_ROWS", 40)
    monkeypatch.setattr(guidance, "FEWEST_LABELS", 10)
    monkeypatch.setattr(doubtful, "MOST_READ", 60)
    wrong = list(SUBJECTS)
    for row in (3, 50, 77, 120):
        wrong[row] = "sailing" if SUBJECTS[row] != "sailing" else "cooking"
    with pytest.warns(TopickitWarning, match="doubtful_labels_"):
        model = TopicModel(embedder=EMBEDDER).fit(TEXTS, known_labels=wrong)
    assert {label.row for label in model.doubtful_labels_[:4]} == {3, 50, 77, 120}
    names = [model.topics_[label].name for label in model.labels_.tolist()]
    assert np.mean([name == subject for name, subject in zip(names, SUBJECTS, strict=True)]) > 0.9


def test_unknown_subjects_are_not_pulled_into_known_ones():
    model = TopicModel(
        known_topics={"Boats": "boat, sail, wind, anchor, mast and deck"}, embedder=EMBEDDER
    ).fit(TEXTS)
    boats = model.labels_ == model.topics_["Boats"].id
    subjects = np.array(SUBJECTS)
    assert np.mean(boats[subjects == "sailing"]) > 0.8
    assert np.mean(boats[subjects != "sailing"]) < 0.1


def test_given_vectors_need_vectors_of_names(blobs):
    vectors, truth = blobs
    texts = [f"text {i}" for i in range(len(vectors))]
    with pytest.raises(InputError, match="known_vectors="):
        TopicModel(known_topics=["one"], embedder=lambda texts: np.ones((len(texts), 3))).fit(
            texts, embeddings=vectors
        )
    near = vectors[truth == 2].mean(axis=0)
    model = TopicModel(known_topics=["one"]).fit(texts, embeddings=vectors, known_vectors={"one": near})
    assert set(truth[model.labels_ == model.topics_["one"].id]) == {2}


def test_y_warns():
    with pytest.warns(TopickitWarning, match="known_labels="):
        TopicModel(embedder=EMBEDDER).fit(TEXTS, SUBJECTS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TopicModel(embedder=EMBEDDER).fit(TEXTS, list(range(len(TEXTS))))


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"known_topics": "Boats"}, ParameterTypeError, "list of names"),
        ({"known_topics": ["Boats", "Boats "]}, ParameterError, "twice"),
        ({"known_topics": [""]}, ParameterError, "blank"),
        ({"known_topics": {"Boats": " "}}, ParameterError, "blank"),
        ({"known_topics": {"Boats": []}}, ParameterError, "empty"),
        ({"known_topics": [3]}, ParameterTypeError, "must be str"),
        ({"known_topics": ["Boats"], "ignore": ["Boats"]}, ParameterError, "ignore="),
        ({"seed_words": ["boat"]}, ParameterTypeError, "must map names"),
        ({"seed_words": {"Boats": "boat"}}, ParameterTypeError, "lists of words"),
        ({"known_topics": ["Boats"], "clusterer": "community"}, ParameterError, "communities"),
    ],
)
def test_errors(given, error, match):
    with pytest.raises(error, match=match):
        TopicModel(embedder=EMBEDDER, **given).fit(TEXTS)


@pytest.mark.parametrize(
    ("labels", "match"),
    [(["a"], "200 texts"), ([None] * 200, "no row has a label")],
)
def test_errors_of_labels(labels, match):
    with pytest.raises(InputError, match=match):
        TopicModel(embedder=EMBEDDER).fit(TEXTS, known_labels=labels)
    with pytest.raises(ParameterError, match="'Cars', which is not in known_topics"):
        TopicModel(embedder=EMBEDDER, known_topics=["Boats"]).fit(TEXTS, known_vectors={"Cars": [1.0]})


def test_the_command(tmp_path):
    from typer.testing import CliRunner

    from topickit.cli import app

    rows = "\n".join(f'"{text}",{label or ""}' for text, label in zip(TEXTS, LABELS, strict=True))
    (tmp_path / "t.csv").write_text("text,topic\n" + rows)
    (tmp_path / "k.csv").write_text("name,description\nBoats,boat sail mast anchor\n")
    (tmp_path / "s.json").write_text('{"Boats": ["sail"]}')
    (tmp_path / "i.txt").write_text("onion garlic sauce oven\n")
    arguments = ["fit", str(tmp_path / "t.csv"), "--text", "text", "--embedder", "lexical"]
    options = {"--known": "k.csv", "--seed-words": "s.json", "--ignore": "i.txt", "--out": "m"}
    for option, name in options.items():
        arguments += [option, str(tmp_path / name)]
    result = CliRunner().invoke(app, [*arguments, "--known-labels", "topic"])
    assert result.exit_code == 0, result.output
    assert "Known topics:" in result.output
    assert known(TopicModel.load(tmp_path / "m")) == ["Boats", "astronomy", "finance", "sailing"]
