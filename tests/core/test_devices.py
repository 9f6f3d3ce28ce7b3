"""The code that runs on a GPU, on torch's own CPU device, and on a GPU where there is one."""

import pickle

import numpy as np
import pytest
import torch

from topickit._core import devices
from topickit._core import neighbors as _neighbors
from topickit._core.vectors import nearest_prototype, top_k_cosine, unit_rows
from topickit.cluster import base
from topickit.cluster.result import ClusteringResult
from topickit.errors import ParameterError
from topickit.fitted.assigner import Assigner
from topickit.model import TopicModel

DEVICES = [
    "cpu",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")),
]


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(8, 24))
    return unit_rows(centers[rng.integers(8, size=900)] + 0.4 * rng.normal(size=(900, 24)))


@pytest.fixture
def used(monkeypatch):
    """Count what is copied to a device, so that a test on the processors cannot pass by itself."""
    copied = []
    tensor = devices.tensor
    monkeypatch.setattr(
        devices, "tensor", lambda rows, device: (copied.append(device), tensor(rows, device))[1]
    )
    return copied


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    ("k", "exclude_self"), [(1, True), (10, True), (10, False), (899, True), (2000, False)]
)
def test_neighbors_are_those_of_the_processors(rows, used, device, k, exclude_self):
    there = top_k_cosine(rows, rows, k, exclude_self=exclude_self)
    here = top_k_cosine(rows, rows, k, exclude_self=exclude_self, budget=2**20, device=device)
    assert used
    np.testing.assert_allclose(here.similarities, there.similarities, atol=1e-6)
    if exclude_self:
        assert not (here.indices == np.arange(len(rows))[:, None]).any()
    assert (np.diff(here.similarities, axis=1) <= 0).all()
    assert (here.indices == there.indices).mean() > 0.999  # but for ties within rounding


@pytest.mark.parametrize("device", DEVICES)
def test_equal_rows_stand_by_position(device):
    eye = np.repeat(np.eye(2, dtype=np.float32), 3, axis=0)
    near = top_k_cosine(eye, eye, 2, exclude_self=True, device=device)
    assert near.indices[:3].tolist() == [[1, 2], [0, 2], [0, 1]]


@pytest.mark.parametrize("device", DEVICES)
def test_labels_are_those_of_the_processors(rows, used, device):
    weights = np.ones(len(rows))
    clustering = ClusteringResult(nearest_prototype(rows, rows[:5]), notes={})
    assigner = Assigner.of(rows, clustering, weights)
    expected, spread = assigner.labels(rows), assigner.distribution(rows)
    assert not used
    assert np.array_equal(nearest_prototype(rows, rows[:5], device=device), clustering.labels)
    assigner = Assigner.of(rows, clustering, weights, device=device)
    assert np.array_equal(assigner.labels(rows), expected)
    np.testing.assert_allclose(assigner.distribution(rows), spread, atol=1e-4)
    assert used


def test_threads_compute_on_the_device(rows, used):
    nearest_prototype(rows, rows[:5], budget=1, device="cpu")  # blocks of one tile, on several threads
    assert len(used) == 2 * int(np.ceil(len(rows) / 256))


def test_an_assigner_keeps_its_device(rows, used):
    labels = nearest_prototype(rows, rows[:5])
    assigner = Assigner.of(rows, ClusteringResult(labels), np.ones(len(rows)), device="cpu")
    kept = [assigner.select([1, 0]), assigner.parts(), pickle.loads(pickle.dumps(assigner))]
    for made in (*kept, assigner.with_outliers(rows, np.ones(len(rows)), 0.1)):
        used.clear()
        made.labels(rows)
        assert used
    assert "device" not in assigner.state().config
    assert Assigner.from_state(assigner.state()).device is None


def test_a_device_searches_exactly(rows, monkeypatch):
    monkeypatch.setattr(_neighbors, "EXACT_ROWS", 100)
    monkeypatch.setattr(_neighbors, "_descend", None)  # nearest neighbor descent would fail
    near = _neighbors.nearest_rows(rows, 5, device="cpu")
    assert near.indices.shape == (len(rows), 5)


@pytest.mark.parametrize("device", ["gpu", "cuda:97", 3])
def test_a_device_that_is_not_there(device, texts_of_animals):
    for work in (lambda: devices.check(device), lambda: TopicModel(device=device).fit(texts_of_animals)):
        with pytest.raises(ParameterError, match="device"):
            work()


@pytest.mark.parametrize("name", base.CLUSTERERS)
def test_clusterers_compute_on_the_device(rows, used, name):
    plain = base.resolve(name).fit(rows)
    assert not used
    clusterer = pickle.loads(pickle.dumps(base.resolve(name, device="cpu")))
    labels = clusterer.fit(rows).labels_
    assert used
    if name == "hdbscan":  # the order of its clusters follows the last bits of UMAP's result
        labels = plain.labels_[np.unique(labels, return_index=True)[1]][labels]
    assert np.array_equal(labels, plain.labels_)
    assert "device" not in base.config(clusterer)["parameters"]
    with pytest.raises(ParameterError, match="device"):
        base.resolve(name, device="cuda:97").fit(rows)


@pytest.fixture
def texts_of_animals():
    return [
        f"{noun} {verb}" for noun in ("cat", "dog", "car", "bus") for verb in ("runs", "stops", "waits", "is")
    ]


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("clusterer", ["graph", "kmeans", "community"])
def test_a_model_finds_the_same_topics(rows, used, device, clusterer):
    texts = [f"document number {i}" for i in range(len(rows))]
    plain = TopicModel(clusterer=clusterer).fit(texts, embeddings=rows)
    model = TopicModel(clusterer=clusterer, device=device).fit(texts, embeddings=rows)
    assert used
    assert np.array_equal(model.labels_, plain.labels_)
    assert np.array_equal(model.predict(texts, embeddings=rows), plain.labels_)
    np.testing.assert_allclose(
        model.transform(texts, embeddings=rows), plain.transform(texts, embeddings=rows), atol=1e-4
    )
    used.clear()
    plain.set_params(device=device).predict(texts, embeddings=rows)
    assert used


@pytest.mark.parametrize("device", DEVICES)
def test_edits_compute_on_the_device(rows, used, device):
    texts = [f"document number {i}" for i in range(len(rows))]
    plain = TopicModel().fit(texts, embeddings=rows)
    model = TopicModel(device=device).fit(texts, embeddings=rows)
    for edit in (lambda m: m.delete_topics([0]), lambda m: m.split_topic(1), lambda m: m.with_outliers(0.1)):
        used.clear()
        assert np.array_equal(edit(model).labels_, edit(plain).labels_)
        assert used


def test_a_named_model_goes_to_the_device():
    from topickit.embed import base

    assert base.resolve("all-MiniLM-L6-v2", device="cuda").device == "cuda"
    assert base.resolve("distilled", device="cuda")._teacher().device == "cuda"
    with pytest.raises(ParameterError, match="device='cuda' has no effect on embedder='lexical'"):
        base.resolve("lexical", device="cuda")
    for embedder in ("lexical", lambda texts: [[1.0, len(text)] for text in texts]):
        assert base.device_for(embedder, "cuda") is None
        TopicModel(embedder, "kmeans", 1, device="cpu").fit(["a cat", "a dog"])  # the device serves the rest


def test_a_saved_model_knows_no_device(rows, tmp_path):
    texts = [f"document number {i}" for i in range(len(rows))]
    TopicModel(device="cpu").fit(texts, embeddings=rows).save(tmp_path / "model")
    loaded = TopicModel.load(tmp_path / "model")
    assert loaded.device is None
    on_device = TopicModel.load(tmp_path / "model", device="cpu")
    assert on_device.device == "cpu"
    assert on_device.embedder_.device == "cpu"
    with pytest.raises(ParameterError, match="device"):
        TopicModel.load(tmp_path / "model", device="cuda:97")
    assert "device" not in loaded.fitted_.provenance.settings
