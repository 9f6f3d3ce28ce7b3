"""A fit that will take over two minutes says so while it begins; a clock of the test's own is fast."""

import numpy as np
import pytest
from typer.testing import CliRunner

from topickit import TopicModel
from topickit._core import progress
from topickit.cli import app
from topickit.cli.messages import in_options
from topickit.embed import base
from topickit.errors import TopickitWarning

TEXTS = [f"text {word} number {i}" for i, word in enumerate(["cat", "dog", "fish", "bird"] * 25)]


@pytest.fixture
def slow(monkeypatch):
    """Return a function that makes an embedder of so many seconds a text, by the clock of the progress."""
    now = [0.0]
    monkeypatch.setattr(progress, "monotonic", lambda: now[0])
    monkeypatch.setattr(base, "BLOCK", 10)

    def of(seconds):
        def encode(texts):
            now[0] += seconds * len(texts)
            return np.array([[1.0, float(len(text)), float("cat" in text)] for text in texts])

        return encode

    return of


def test_a_long_fit_says_so_once_and_how_to_shorten_it(slow):
    with pytest.warns(TopickitWarning, match=r"embedding 100 texts will take about 5 minutes") as told:
        TopicModel(embedder=slow(3.0)).fit(TEXTS)
    assert len(told) == 1
    message = in_options(str(told[0].message))
    assert "--embedder distilled embeds a sample of them" in message


def test_a_short_fit_and_given_vectors_say_nothing(slow):
    TopicModel(embedder=slow(1.0)).fit(TEXTS)
    TopicModel(embedder=slow(30.0)).fit(TEXTS, embeddings=np.random.default_rng(0).random((100, 3)))


def test_prediction_says_nothing(slow):
    model = TopicModel(embedder=slow(1.0)).fit(TEXTS)
    model.embedder_ = base.resolve(slow(30.0))
    model.predict(TEXTS)


def test_the_command_shows_it(slow, monkeypatch, tmp_path):
    encode = slow(3.0)
    monkeypatch.setattr("topickit.embed.sentence.SentenceEmbedder.encode", lambda self, texts: encode(texts))
    file = tmp_path / "texts.txt"
    file.write_text("\n".join(TEXTS))
    arguments = [
        "fit",
        str(file),
        "--out",
        str(tmp_path / "model"),
        "--embedder",
        "all-MiniLM-L6-v2",
        "--no-cache",
    ]
    with pytest.warns(TopickitWarning, match="will take about 5 minutes") as told:
        result = CliRunner().invoke(app, arguments)
    assert (result.exit_code, len(told)) == (0, 1)
