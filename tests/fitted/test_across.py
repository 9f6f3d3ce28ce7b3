"""Topics across the classes of a column: regardless_of="classes"."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from topickit import KeywordSettings, TopicModel
from topickit.errors import InputError, ParameterError

SUBJECTS = {
    "food": "apple bread butter cheese garlic onion pepper salad soup tomato",
    "cars": "brake clutch diesel engine gearbox motor piston tyre wheel exhaust",
    "law": "appeal attorney clause contract court judge lawsuit statute trial verdict",
}
STYLES = {
    "united": "hey united airlines crew",
    "jetblue": "dear jetblue wings people",
    "delta": "delta lounge folks so",
}
NAMES = tuple(STYLES)


def corpus(n=240, seed=0):
    rng = np.random.default_rng(seed)
    subjects = rng.choice(list(SUBJECTS), n)
    classes = rng.choice(NAMES, n)
    texts = [
        f"{STYLES[name]} {' '.join(rng.choice(SUBJECTS[subject].split(), 3, replace=False))}"
        for subject, name in zip(subjects, classes, strict=True)
    ]
    return texts, classes, subjects


def vectors(classes, subjects, seed=0):
    """Vectors in which the class counts far more than the subject."""
    rng = np.random.default_rng(seed)
    result = rng.normal(scale=0.1, size=(len(classes), 12))
    result[np.arange(len(classes)), [NAMES.index(name) for name in classes]] += 2
    result[np.arange(len(classes)), [4 + list(SUBJECTS).index(subject) for subject in subjects]] += 1
    return result.astype(np.float32)


def fitted(regardless_of="classes", **given):
    texts, classes, _ = corpus()
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=3)
    return model.fit(texts, classes=classes, regardless_of=regardless_of, **given)


@pytest.mark.parametrize("kind", ["lexical", "given", "hybrid"])
def test_topics_do_not_follow_the_classes(kind):
    texts, classes, subjects = corpus()
    given = None if kind == "lexical" else vectors(classes, subjects)
    model = TopicModel(embedder="lexical" if kind == "given" else kind, clusterer="kmeans", n_topics=3)
    before = model.fit_predict(texts, classes=classes, embeddings=given)
    after = model.fit_predict(texts, classes=classes, embeddings=given, regardless_of="classes")
    assert normalized_mutual_info_score(classes, before) > 0.5
    assert normalized_mutual_info_score(classes, after) <= 0.05
    assert adjusted_rand_score(subjects, after) > 0.9
    assert (model.predict(texts, embeddings=given) == model.labels_).all()


def test_prediction_needs_no_class_and_no_batch(tmp_path):
    texts, _, _ = corpus()
    model = fitted()
    assert (model.predict(texts) == model.labels_).all()
    alone = [int(model.predict([text])[0]) for text in texts[:40]]
    assert alone == model.labels_[:40].tolist()
    model.save(tmp_path / "model")
    loaded = TopicModel.load(tmp_path / "model")
    assert (loaded.predict(texts) == model.labels_).all()
    assert np.array_equal(loaded.transform(texts), model.transform(texts))
    assert loaded.fitted_.provenance.across == model.fitted_.provenance.across
    few = KeywordSettings(n_keywords=5)
    assert loaded.with_keywords(few).topics_[0].words == model.with_keywords(few).topics_[0].words


def test_order_of_the_rows_does_not_matter():
    texts, classes, _ = corpus()
    order = np.random.default_rng(1).permutation(len(texts))
    model = fitted()
    shuffled = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=3).fit(
        [texts[row] for row in order], classes=classes[order], regardless_of="classes"
    )
    assert np.array_equal(shuffled.labels_, model.labels_[order])
    assert [t.name for t in shuffled.topics_] == [t.name for t in model.topics_]


def test_words_of_the_classes_are_no_keywords():
    own = {word for style in STYLES.values() for word in style.split()}
    for model in (
        fitted(),
        fitted().merge_topics([[0, 1]]),
        fitted().with_keywords(KeywordSettings(phrases=False)),
    ):
        words = [word for topic in model.topics_ for keyword in topic.words[:5] for word in keyword.split()]
        assert words
        assert not own.intersection(words)


def test_the_report_says_what_was_taken_out():
    notes = fitted().fitted_.provenance.across
    assert (notes["classes"], notes["directions_of_means"]) == (3, 2)
    assert any("jetblue" in word for word in notes["words_of_classes"])
    text = str(fitted().report())
    assert "jetblue (jetblue)" in text
    assert "Topics across classes" in text
    assert "Topics across classes" not in str(fitted(None).report())


def test_rows_without_a_class_are_mapped_too():
    texts, classes, subjects = corpus()
    some = [None if row % 3 == 0 else str(name) for row, name in enumerate(classes)]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=3)
    labels = model.fit_predict(texts, classes=some, regardless_of="classes")
    assert adjusted_rand_score(subjects, labels) > 0.9


def test_known_topics_are_mapped_too():
    texts, classes, subjects = corpus()
    model = TopicModel(
        embedder="lexical", known_topics={"Food": "hey united airlines apple bread butter cheese garlic"}
    )
    model.fit(texts, classes=classes, regardless_of="classes")
    food = next(topic.id for topic in model.topics_ if topic.name == "Food")
    assert (model.labels_[subjects == "food"] == food).mean() > 0.9
    assert (model.labels_[subjects != "food"] == food).mean() < 0.1
    assert (model.predict(texts) == model.labels_).all()


def test_errors_say_what_to_do():
    texts, classes, _ = corpus()
    model = TopicModel(embedder="lexical", clusterer="kmeans")
    with pytest.raises(ParameterError, match="must be None or 'classes', got 'airline'"):
        model.fit(texts, classes=classes, regardless_of="airline")
    with pytest.raises(ParameterError, match="needs classes="):
        model.fit(texts, regardless_of="classes")
    with pytest.raises(InputError, match="only 'one'"):
        model.fit(texts, classes=["one"] * len(texts), regardless_of="classes")
    with pytest.raises(InputError, match="nearly one a document"):
        model.fit(texts, classes=range(len(texts)), regardless_of="classes")
    with pytest.raises(InputError, match="has none"):
        model.fit(texts, classes=[None] * len(texts), regardless_of="classes")
