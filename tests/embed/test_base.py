"""The way in for names and foreign objects, and what is refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from topickit import TopicModel
from topickit._core.state import State
from topickit.embed import base
from topickit.embed.distilled.embedder import DistilledEmbedder
from topickit.embed.hybrid import HybridEmbedder
from topickit.embed.lexical import LexicalEmbedder
from topickit.embed.sentence import SentenceEmbedder
from topickit.errors import InputError, InputTypeError, ParameterError, ParameterTypeError, StorageError

ROOT = Path(__file__).resolve().parents[2]


def test_importing_the_room_loads_nothing_heavy():
    code = (
        "import sys, topickit.embed as e; e.resolve; e.LexicalEmbedder; e.SentenceEmbedder();"
        "heavy = {'torch', 'sklearn', 'scipy', 'transformers', 'huggingface_hub'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip() == "[]"


def test_the_room_names_what_it_has():
    import topickit.embed as room

    assert {name for name in room.__all__ if getattr(room, name) is not None} == set(dir(room))
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = room.Nothing


def test_names_and_paths():
    assert isinstance(base.resolve("lexical"), LexicalEmbedder)
    named = base.resolve("some-model", long_documents="chunk")
    assert isinstance(named, SentenceEmbedder)
    assert (named.model, named.long_documents) == ("some-model", "chunk")
    assert base.resolve(Path("here")).model == "here"
    assert (base.name("lexical"), base.name(Path("here")), base.name(named)) == ("lexical", "here", None)


def test_our_own_objects_pass_through():
    own = LexicalEmbedder()
    assert base.resolve(own) is own


@pytest.mark.parametrize("wrong", [None, 3, 1.5, np.eye(2), ["a"], {"a": 1}])
def test_what_cannot_embed(wrong):
    with pytest.raises(ParameterTypeError, match=r"encode\(texts\)"):
        base.resolve(wrong)


def test_a_class_is_not_an_object():
    with pytest.raises(ParameterTypeError, match=r"LexicalEmbedder\(\)"):
        base.resolve(LexicalEmbedder)


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_name(empty):
    with pytest.raises(ParameterError, match="name or path"):
        base.resolve(empty)


class Recorder:
    def __init__(self, answer):
        self.answer, self.calls = answer, []

    def encode(self, *arguments, **options):
        self.calls.append((arguments, options))
        return self.answer


def test_a_foreign_encode_gets_a_list_of_texts_and_nothing_else():
    foreign = Recorder([[1.0, 0.0], [0.0, 2.0]])
    before = set(vars(foreign))
    vectors = base.embed(base.resolve(foreign), ("a", "b"))
    assert foreign.calls == [((["a", "b"],), {})]
    assert set(vars(foreign)) == before
    np.testing.assert_array_equal(vectors, np.eye(2, dtype=np.float32))


def test_tensors_of_any_kind():
    torch = pytest.importorskip("torch")
    rows = torch.tensor([[3.0, 4.0], [1.0, 0.0]], requires_grad=True)
    expected = np.array([[0.6, 0.8], [1.0, 0.0]], dtype=np.float32)
    for answer in (rows, rows.to(torch.bfloat16), rows.half(), list(rows), tuple(rows.detach())):
        got = base.embed(base.resolve(Recorder(answer)), ["a", "b"])
        np.testing.assert_allclose(got, expected, atol=2e-3)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int8, np.float32])
def test_arrays_of_any_dtype_and_list_of_arrays(dtype):
    answer = np.array([[3, 4], [1, 0]], dtype=dtype)
    for given in (answer, list(answer), answer.tolist()):
        got = base.embed(base.resolve(Recorder(given)), ["a", "b"])
        np.testing.assert_allclose(got, [[0.6, 0.8], [1.0, 0.0]], atol=1e-6)
    np.testing.assert_array_equal(answer, np.array([[3, 4], [1, 0]], dtype=dtype))


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (np.ones((3, 2)), InputError, "3 rows for 2 documents"),
        (np.ones(2), InputError, "shape"),
        (np.array([[1.0, 2.0], [np.nan, 0.0]]), InputError, "for the text 'b'"),
        (np.array([["a"], ["b"]]), InputTypeError, "real numbers"),
        (None, InputTypeError, "are None"),
        ([[1.0], [1.0, 2.0]], InputError, "rows of one length"),
        (np.empty((2, 0)), InputError, "at least one column"),
    ],
)
def test_a_wrong_answer_names_the_embedder(answer, error, says):
    with pytest.raises(error, match=says) as caught:
        base.embed(base.resolve(Recorder(answer)), ["a", "b"])
    assert "Recorder" in str(caught.value)


def test_a_sparse_answer_is_refused():
    from scipy.sparse import csr_array

    with pytest.raises(InputTypeError, match="sparse"):
        base.embed(base.resolve(Recorder(csr_array(np.eye(2)))), ["a", "b"])


def test_our_embedders_answers_are_checked_too():
    class Wrong(LexicalEmbedder):
        def encode(self, texts):
            return np.full((len(texts), 2), np.inf, dtype=np.float32)

    with pytest.raises(InputError, match=r"LexicalEmbedder.*for the text 'a'"):
        base.embed(Wrong(), ["a"])


@pytest.mark.parametrize("setting", [{"long_documents": "chunk"}, {"device": "cpu"}])
@pytest.mark.parametrize("embedder", [LexicalEmbedder(), SentenceEmbedder(), Recorder([]), len, "lexical"])
def test_settings_without_effect_are_refused(embedder, setting):
    with pytest.raises(ParameterError, match=r"has no effect on embedder=.*its own settings"):
        base.resolve(embedder, **setting)


@pytest.mark.parametrize("setting", [{"long_documents": "chunk"}, {"device": "cpu"}])
@pytest.mark.parametrize("kind", [HybridEmbedder, DistilledEmbedder])
def test_settings_without_effect_are_refused_by_embedders_around_an_object(kind, setting):
    with pytest.raises(ParameterError, match="has no effect on embedder=<object"):
        kind(SentenceEmbedder(), **setting).fitted(["a cat", "a dog"]).encode(["a cow"])


def test_a_model_refuses_chunks_for_an_embedder_object():
    with pytest.raises(ParameterError, match="long_documents='chunk' has no effect on embedder=<object"):
        TopicModel(LexicalEmbedder(), long_documents="chunk").fit(["a cat", "a dog"])


def test_one_str_is_not_a_collection():
    with pytest.raises(InputTypeError, match=r"\[text\]"):
        base.embed(LexicalEmbedder(), "abc")


def test_a_foreign_object_that_learns():
    class Learner:
        def __init__(self, known=()):
            self.known = known

        def encode(self, texts):
            return [[float(len(self.known)), 1.0] for _ in texts]

        def fitted(self, texts, weights):
            weights[:] = -1
            return Learner(texts)

    learner, weights = Learner(), np.ones(2)
    made = base.fitted(base.resolve(learner), ["a", "b"], weights)
    assert made.encode(["x"]).tolist() == [[2.0, 1.0]]
    assert learner.known == ()
    assert weights.tolist() == [1.0, 1.0]


def test_an_object_that_forwards_its_attributes():
    class Proxy:
        def __getattr__(self, name):
            return getattr(inner, name)

    inner = Recorder([[1.0]])
    assert base.resolve(Proxy()).encode(["a"]).tolist() == [[1.0]]


def test_foreign_fingerprints_follow_the_vectors():
    def one(texts):
        return [[1.0, len(text)] for text in texts]

    def other(texts):
        return [[1.0, -len(text)] for text in texts]

    one.__qualname__ = other.__qualname__ = "same"
    assert base.resolve(one).fingerprint == base.resolve(one).fingerprint
    assert base.resolve(one).fingerprint != base.resolve(other).fingerprint


def test_no_fingerprint_of_what_cannot_embed_any_text():
    known = {"a": [1.0]}
    lookup = base.resolve(lambda texts: [known[text] for text in texts])
    assert base.embed(lookup, ["a"]).tolist() == [[1.0]]
    with pytest.raises(InputError, match="no fingerprint"):
        _ = lookup.fingerprint


@pytest.mark.parametrize(
    "config",
    [
        {"kind": "external"},
        {"kind": "lexical", "dimension": "many", "random_state": 0},
        {"kind": "lexical", "dimension": 2, "random_state": 0, "vocabulary": ["a"]},
        {"kind": "sentence", "model": "m"},
        {
            "kind": "sentence",
            "model": "m",
            "batch_size": 0,
            "long_documents": "truncate",
            "fingerprint": None,
        },
        {"kind": "of tomorrow"},
        {},
    ],
)
def test_a_damaged_state(config):
    with pytest.raises(StorageError, match=r"damaged|newer"):
        base.from_state(State(config))


def test_arrays_that_do_not_fit_the_words():
    state = LexicalEmbedder().fitted(["red apple", "green apple"]).state()
    with pytest.raises(StorageError, match="do not fit"):
        base.from_state(State(state.config, {**state.arrays, "idf": np.ones(1, dtype=np.float32)}))
