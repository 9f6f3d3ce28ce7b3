"""The share of other documents that are called unlike a model is about 5 %, also after a small fit."""

import numpy as np
import pytest

from topickit import TopicModel
from topickit.cluster.agglomerative import AgglomerativeClusterer

DIRECTIONS = np.linalg.qr(np.random.default_rng(0).standard_normal((64, 64)))[0].astype(np.float32)


def documents(n, seed):
    """Vectors of 30 groups that differ in spread."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 30, n)
    spread = 0.05 + 0.1 * (group[:, None] % 3) / 2
    noise = rng.standard_normal((n, 64)) * spread
    rows = (DIRECTIONS[group] + noise).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def noisy(n, seed):
    """Vectors of 20 groups that are hardly separated, as those of short texts are."""
    rng = np.random.default_rng(seed)
    rows = DIRECTIONS[rng.integers(0, 20, n)] + rng.standard_normal((n, 64)).astype(np.float32) * 0.2
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def share_unlike(model, vectors):
    low = model.fitted_.provenance.similarity_p5
    return float((model.similarity(None, embeddings=vectors) < low).mean())


@pytest.mark.parametrize("n", [300, 600, 3000])
@pytest.mark.parametrize("clusterer", ["graph", "kmeans", AgglomerativeClusterer(n_clusters=30)])
def test_few_other_documents_are_unlike(n, clusterer):
    given = {"n_topics": 30} if clusterer == "kmeans" else {}
    model = TopicModel(clusterer=clusterer, **given).fit(None, embeddings=documents(n, 1))
    assert 0.01 <= share_unlike(model, documents(4000, 2)) <= 0.1
    later = model.updated(None, documents(400, 3))
    assert not later.change_.is_unlike


@pytest.mark.parametrize("n", [100, 150])
def test_few_other_documents_are_unlike_a_small_fit(n):
    """Compared with the nearest prototypes of a small fit, not with those of the largest cosine."""
    shares = [
        share_unlike(TopicModel().fit(None, embeddings=noisy(n, seed)), noisy(2000, 99)) for seed in range(6)
    ]
    assert 0.02 <= np.mean(shares) <= 0.08


def test_those_outside_of_the_sample_are_compared():
    vectors = documents(3000, 4)
    model = TopicModel(fit_sample=300).fit(None, embeddings=vectors)
    assert 0.03 <= share_unlike(model, documents(4000, 5)) <= 0.07


def test_unlike_documents_are_told():
    model = TopicModel().fit(None, embeddings=documents(600, 6))
    far = np.random.default_rng(7).standard_normal((100, 64)).astype(np.float32)
    change = model.updated(None, np.concatenate([documents(400, 8), far]), find_new=False).change_
    assert change.is_unlike
    assert "are unlike the earlier documents" in change.sentence


def test_a_model_of_few_documents():
    assert TopicModel().fit(None, embeddings=documents(5, 9)).fitted_.provenance.similarity_p5 > 0
