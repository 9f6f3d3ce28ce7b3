"""Models in other processes: forked after threads were used, started anew, pickled and copied."""

import contextlib
import copy
import io
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import fields, is_dataclass

import joblib
import numpy as np
import pytest

from tests import forking
from tests.forking import TEXTS, embeddings
from topickit import KeywordSettings, PrecomputedEmbedder, TopicModel, community_detection
from topickit._core import spill
from topickit._core import vectors as arrays
from topickit._core.vectors import unit_rows
from topickit.cluster import base as cluster

LIMIT = 120
"""Seconds after which a program counts as hanging."""


def through_joblib(value):
    """As joblib.dump and joblib.load have it."""
    file = io.BytesIO()
    joblib.dump(value, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "deepcopy": copy.deepcopy,
    "joblib": through_joblib,
}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("scenario", forking.SCENARIOS)
def test_no_process_hangs_or_aborts(scenario):
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forking", scenario],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a group of its own, to end its children with it
    )
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        pytest.fail(f"{scenario} hangs: no end after {LIMIT} s")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == 0, output


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("clusterer", sorted(set(cluster.CLUSTERERS) - {"hdbscan"}))  # see parallel_numba
def test_model_and_its_parts_can_be_copied(clusterer, copied):
    given = embeddings()
    classes = ["a", "b"] * 60
    model = TopicModel(clusterer=clusterer)
    model.fit(TEXTS, embeddings=given, timestamps=[2001 + i % 9 for i in range(120)], classes=classes)
    again = copied(model)
    assert again.predict(TEXTS, embeddings=given).tolist() == model.labels_.tolist()
    assert same(again.fitted_, model.fitted_)
    assert again.report().to_json() == model.report().to_json()
    assert copied(model.report()).to_html() == model.report().to_html()
    assert same(copied(model.topics_), model.topics_)
    assert same(copied(model.fitted_.assigner), model.fitted_.assigner)
    result = cluster.resolve(clusterer, n_topics=None, random_state=0).cluster(unit_rows(given), np.ones(120))
    assert copied(result).labels.tolist() == result.labels.tolist()
    with pytest.raises((AttributeError, TypeError)):  # frozen values stay so
        copied(model.topics_).items = ()


@pytest.mark.parametrize("embedder", ["lexical", "hybrid", "distilled"])
def test_model_with_its_embedder_can_be_copied(embedder):
    model = TopicModel(embedder).fit(TEXTS)
    again = pickle.loads(pickle.dumps(model))
    assert again.predict(TEXTS).tolist() == model.labels_.tolist()
    expected = model.embedder_.encode(TEXTS[:5])
    np.testing.assert_allclose(again.embedder_.encode(TEXTS[:5]), expected, atol=1e-6)
    for copied in COPIES.values():
        assert repr(copied(model.embedder_)) == repr(model.embedder_)
        assert same(copied(model.fitted_), model.fitted_)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_settings_and_results_can_be_copied(copied):
    given = embeddings()
    settings = KeywordSettings(n_keywords=7, extra_stop_words=("boat",))
    assert copied(settings) == settings
    assert copied(PrecomputedEmbedder(TEXTS, given)).encode(TEXTS[:3]).shape == (3, 64)
    communities = community_detection(given, 0.6)
    again = copied(communities)
    assert (again, again.threshold) == (communities, communities.threshold)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_texts_and_embeddings_in_files_can_be_copied(copied, tmp_path, monkeypatch):
    monkeypatch.setattr(spill, "IN_MEMORY", 1000)
    monkeypatch.setattr(spill, "RUN", 500)
    monkeypatch.setattr(spill, "NUMBERS_IN_MEMORY", 100)
    monkeypatch.setattr(arrays, "IN_MEMORY", 100)
    np.save(tmp_path / "given.npy", embeddings())
    given = np.load(tmp_path / "given.npy", mmap_mode="r")
    model = TopicModel().fit(iter(TEXTS), embeddings=given)
    documents = model.fitted_.corpus.documents
    assert isinstance(documents.texts, spill.StoredTexts)
    assert list(copied(documents).texts) == list(documents.texts)
    again = copied(model)
    assert list(again.fitted_.corpus.documents.texts) == list(documents.texts)
    assert again.predict(TEXTS, embeddings=given).tolist() == model.labels_.tolist()
    vectors = arrays.allocate(120, 64)
    assert isinstance(vectors, np.memmap)
    vectors[:] = given
    stays = copied(vectors)
    vectors[:] = 0
    np.testing.assert_array_equal(stays, given)
    arrays.release(stays)
    np.testing.assert_array_equal(unit_rows(stays), unit_rows(given))


def same(one, other):
    """Whether two values hold the same numbers and words."""
    if isinstance(one, np.ndarray):
        return type(other) is type(one) and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if hasattr(one, "toarray"):
        return same(one.toarray(), other.toarray())
    if is_dataclass(one):
        return type(one) is type(other) and all(
            same(getattr(one, field.name), getattr(other, field.name)) for field in fields(one)
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other or type(one) is type(other)
