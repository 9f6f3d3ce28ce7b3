import random

import numpy as np
import pytest

from topickit._core.vectors import unit_rows
from topickit.fitted.alike import merge_alike
from topickit.model import TopicModel

SUBJECTS = {
    "garden": ["roses", "tulips", "soil", "seeds", "tomatoes"],
    "car": ["engine", "brakes", "tires", "battery", "clutch"],
    "music": ["guitar", "violin", "album", "concert", "piano"],
}


def order(rng):
    total = f"{rng.randrange(900)}.{rng.randrange(99)}"
    return f"Order {rng.randrange(10**6)} confirmed, total {total} EUR, thanks"


def shipping(rng):
    name = f"{rng.choice(['Anna', 'Bob', 'Eva', 'Leo'])} {rng.choice(['Hall', 'King', 'Moore', 'Smith'])}"
    return f"Dear {name}, your parcel {rng.randrange(10**6)} is on its way to you and will arrive very soon"


def code(rng):
    letters = "".join(rng.choice("ABCDEFGH0123456789") for _ in range(7))
    return f"Your verification code is {letters}9, do not share it with anyone"


def planted(make, n=700):
    """Documents of one template with their own directions, and thirty of each of three subjects."""
    rng, noise = random.Random(0), np.random.default_rng(0)
    texts = list(dict.fromkeys(make(rng) for _ in range(n)))
    n = len(texts)
    # The vectors of the template fall into seven parts, as numbers make them do.
    vectors = [np.eye(40)[0] + 0.35 * np.eye(40)[20 + i % 7] for i in range(n)]
    for place, (name, words) in enumerate(SUBJECTS.items()):
        for i in range(30):
            texts.append(f"{name} {rng.choice(words)} and {rng.choice(words)} in case {'x' * (i + 1)}")
            vectors.append(np.eye(40)[1 + place])
    gold = np.repeat([0, 1, 2, 3], [n, 30, 30, 30])
    return texts, unit_rows(np.array(vectors) + 0.4 * noise.normal(size=(len(texts), 40)) / 40**0.5), gold


@pytest.mark.parametrize("make", [order, shipping, code])
@pytest.mark.parametrize("settings", [{}, {"n_topics": 4}, {"clusterer": "kmeans", "n_topics": 4}])
def test_one_template_is_one_topic(make, settings):
    texts, vectors, gold = planted(make)
    model = TopicModel(**settings).fit(texts, embeddings=vectors)
    assert len(np.unique(model.labels_[gold == 0])) == 1
    subjects = [np.bincount(model.labels_[gold == subject]).argmax() for subject in (1, 2, 3)]
    assert len({*subjects, model.labels_[0]}) == 4


def test_topics_of_the_same_words_are_one():
    """Two topics by vectors alone, as a clusterer that nothing was left out for finds them."""
    texts = [f"{word} invoice {i} paid by customer" for i in range(60) for word in ("first", "second")]
    texts += [f"garden roses {'y' * (i + 1)}" for i in range(40)]
    sides = np.r_[np.arange(120) // 60, np.full(40, 2)]
    vectors = unit_rows(np.array([[1.0, 0.3, 0], [1, -0.3, 0], [0, 0, 1]])[sides])
    model = TopicModel(clusterer=_Given(vectors, sides)).fit(texts, embeddings=vectors)
    assert len(model.topics_) == 3  # a user's clusterer is left alone
    merged = merge_alike(model.fitted_)
    assert len(merged.topics) == 2
    assert merged.labels[:120].max() == merged.labels[:120].min()


@pytest.mark.parametrize(
    "rest", ["paid", "received booked checked approved archived signed stamped filed paid"]
)
def test_topics_that_one_word_tells_apart_stay(rest):
    texts = [f"{word} invoice {i} {rest}" for word in ("boiler", "laptop") for i in range(60)]
    sides = np.arange(120) // 60
    vectors = unit_rows(np.array([[1.0, 0.3], [1, -0.3]])[sides])
    model = TopicModel(clusterer=_Given(vectors, sides)).fit(texts, embeddings=vectors)
    assert merge_alike(model.fitted_) is model.fitted_
    assert len(model.topics_) == 2


def test_topics_of_other_directions_stay_whatever_their_texts():
    """Titles that say nothing, and embeddings of something else."""
    texts = [f"document {i}" for i in range(120)]
    vectors = unit_rows(
        np.eye(2)[np.arange(120) // 60] + 0.1 * np.random.default_rng(0).normal(size=(120, 2))
    )
    model = TopicModel(clusterer="kmeans", n_topics=2).fit(texts, embeddings=vectors)
    assert len(model.topics_) == 2


class _Given:
    """A user's clusterer whose clusters are the nearest axes."""

    def __init__(self, vectors, sides):
        self.centers = np.array([vectors[sides == side].mean(axis=0) for side in range(sides.max() + 1)])

    def fit_predict(self, vectors):
        return (np.asarray(vectors) @ self.centers.T).argmax(axis=1)
