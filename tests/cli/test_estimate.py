"""What a fit will take is said before it starts, from samples only."""

import threading

import numpy as np
import polars as pl
import pytest

from tests.conftest import make_corpus
from topickit._core.vectors import IN_MEMORY
from topickit.cli import estimation as estimate
from topickit.cli.estimation import Estimate, estimate_fit
from topickit.errors import InputError, TopickitWarning
from topickit.model import TopicModel

TEXTS, _ = make_corpus(400)


class Counting:
    """An embedder that counts what it is asked for."""

    def __init__(self):
        self.asked = 0

    def encode(self, texts):
        self.asked += len(texts)
        return np.array([[len(text), text.count("a") + 1, text.count("e")] for text in texts], dtype=float)


def test_every_stage_is_in_the_sum():
    found = estimate_fit(TopicModel(embedder="lexical"), TEXTS)
    assert found.n_documents == 400
    assert {"reading", "embedding", "finding topics", "describing topics", "saving"} <= set(found.stages)
    assert all(seconds >= 0 for seconds in found.stages.values())
    assert found.seconds == pytest.approx(sum(found.stages.values()))
    assert found.memory > 2**20
    assert found.disk > 0
    assert "400 documents" in str(found)


def test_only_a_sample_is_embedded_and_the_rest_is_extrapolated(monkeypatch):
    monkeypatch.setattr(estimate, "SAMPLE", 100)
    monkeypatch.setattr(estimate, "TIMED_TEXTS", 64)
    embedder = Counting()
    model = TopicModel(embedder=embedder)
    found = estimate_fit(model, TEXTS)
    assert embedder.asked <= 70
    assert found.stages["embedding"] > 0
    assert not hasattr(model, "fitted_")


def test_given_vectors_need_no_embedding():
    vectors = np.random.default_rng(0).normal(size=(400, 8))
    embedder = Counting()
    found = estimate_fit(TopicModel(embedder=embedder), TEXTS, embeddings=vectors)
    assert embedder.asked == 0
    assert "embedding" not in found.stages


def test_the_sample_does_not_warn_of_itself(monkeypatch):
    monkeypatch.setattr(estimate, "TIMED_TEXTS", 64)
    texts = [*TEXTS, "!!!", "🙂"]  # zeros among the made-up vectors, none among the embedder's
    estimate_fit(TopicModel(embedder=Counting(), n_topics=4), texts)
    estimate_fit(TopicModel(embedder=Counting()), ["!!!", "??", "🙂"])


def test_zeros_that_the_user_gave_are_said_once():
    vectors = np.random.default_rng(0).normal(size=(400, 8))
    vectors[:7] = 0
    with pytest.warns(TopickitWarning, match="7 of 400") as caught:
        estimate_fit(TopicModel(), TEXTS, embeddings=vectors)
    assert len(caught) == 1


def test_the_first_quarter_may_have_no_words():
    found = estimate_fit(TopicModel(embedder="lexical"), ["!", "?", "!?", "a boat", "the boat", "a car"])
    assert found.stages["embedding"] >= 0


def test_linear_stages_grow_with_the_documents_and_the_search_does_not():
    small, large = {"a": 1.0}, {"a": 4.0}
    assert estimate._linear(small, large, "a", 400, 4000) == pytest.approx(4 + 3 / 300 * 3600)
    assert estimate._linear(small, large, "a", 400, 300) == 4.0
    times = {"Finding topics": 2.0, "Counting words": 0.0, "Describing topics": 0.0, "Saving": 0.0}
    for n in (16_000, 10**6):
        stages = estimate._after_embedding(TopicModel(), times, times, 16_000, n)
        assert stages["finding topics"] == 2.0
    of_all = estimate._after_embedding(TopicModel(clusterer="community"), times, times, 16_000, 160_000)
    assert of_all["finding topics"] == pytest.approx(20.0)


def test_vectors_above_the_limit_go_to_disk():
    n = IN_MEMORY // (4 * 384) + 1
    assert estimate._disk(n, 100, 384, 1000.0, 1000.0, True) > IN_MEMORY
    assert estimate._disk(n, 100, 384, 1000.0, 1000.0, False) == 1000.0


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.04, "0.0 s"), (89, "89.0 s"), (120, "2.0 min"), (7200, "2.0 h")]
)
def test_durations_are_readable(seconds, shown):
    assert shown in str(Estimate(1, {"embedding": seconds}, 2**30, 2**33))


def test_blank_documents_are_refused():
    with pytest.raises(InputError, match="blank"):
        estimate_fit(TopicModel(embedder="lexical"), [" ", ""])


def test_the_command_writes_nothing(run, tmp_path):
    file = tmp_path / "texts.parquet"
    pl.DataFrame({"text": TEXTS}).write_parquet(file)
    out = tmp_path / "model"
    for target in (("--out", out), ()):
        status, shown, _ = run("fit", file, *target, "--embedder", "lexical", "--dry-run")
        assert status == 0
        assert "400 documents" in shown
    assert list(tmp_path.iterdir()) == [file]


def test_a_clusterer_that_needs_more_rows_than_a_quarter():
    from sklearn.cluster import KMeans

    texts = [f"{a} {b}" for a in ("red", "green", "fast", "slow") for b in ("apple", "car", "pear", "race")]
    assert estimate_fit(TopicModel("lexical", KMeans(8, n_init=1)), texts).n_documents == 16


def test_an_embedder_that_cannot_be_copied_need_not_be():
    class Locked:
        def __init__(self):
            self.lock = threading.Lock()

        def encode(self, texts):
            return np.random.default_rng(0).normal(size=(len(texts), 8))

    assert estimate_fit(TopicModel(Locked()), TEXTS).seconds > 0


def test_documents_that_are_saved_take_room():
    model = TopicModel("lexical")
    assert estimate_fit(model, TEXTS, keep_texts=True).disk > 1.2 * estimate_fit(model, TEXTS).disk
