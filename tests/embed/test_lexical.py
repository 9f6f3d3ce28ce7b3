"""TF-IDF + SVD: small corpora, scripts, weights, threads, quality."""

import numpy as np
import polars as pl
import pytest
from threadpoolctl import threadpool_limits

from tests.conftest import make_corpus
from topickit._core.state import State
from topickit.embed import base
from topickit.embed.features import features, reader
from topickit.embed.lexical import LexicalEmbedder
from topickit.errors import InputError, NotFittedError, ParameterError, ParameterTypeError


def agreement(vectors, labels):
    from sklearn.cluster import KMeans
    from sklearn.metrics import normalized_mutual_info_score

    found = KMeans(len(set(labels)), n_init=3, random_state=0).fit_predict(vectors)
    return normalized_mutual_info_score(labels, found)


@pytest.mark.parametrize(
    "texts",
    [
        ["one text"],
        ["a"],
        ["same same", "same same"],
        ["red apple", "green apple"],
        ["red apple", "green apple", "apple pie", "fast car", "slow car"],
        ["the of and", "and the of", "of"],
        ["北京很大", "东京也很大"],
    ],
)
def test_small_corpora_have_a_direction_for_every_text(texts):
    fitted = LexicalEmbedder().fitted(texts)
    vectors = base.embed(fitted, texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert not base.embed(fitted, ["qqqq"]).any()


def test_the_nearest_of_few_texts_shares_a_word():
    texts = ["red apple", "apple pie", "fast car", "slow car"]
    vectors = base.embed(LexicalEmbedder().fitted(texts), texts)
    cosines = vectors @ vectors.T - 2 * np.eye(4)
    assert cosines.argmax(axis=1).tolist() == [1, 0, 3, 2]


def test_texts_without_a_single_word_are_refused():
    with pytest.raises(InputError, match="none of the 3 texts contains a word"):
        LexicalEmbedder().fitted(["!!!", "??", "🙂"])
    fitted = LexicalEmbedder().fitted(["!!!", "??", "word"])
    assert not fitted.encode(["!!!", "other"]).any()
    assert fitted.encode(["word"]).any()


def test_many_texts_that_share_no_word_are_refused():
    with pytest.raises(InputError, match="no two of the 1,000 texts share a word"):
        LexicalEmbedder().fitted([f"w{i}" for i in range(1000)])


def test_a_model_saved_when_no_text_had_a_word_can_be_read():
    nothing = np.zeros((1, 0), dtype=np.float32)
    arrays = {"idf": nothing[0], "components": nothing, "centre": np.zeros(1, dtype=np.float32)}
    config = {"kind": "lexical", "dimension": 100, "random_state": 0, "vocabulary": []}
    assert base.from_state(State(config, arrays)).encode(["!!!"]).tolist() == [[0.0]]


def test_fitting_changes_nothing_of_the_recipe():
    recipe, texts, weights = LexicalEmbedder(4), ["red apple", "green apple"], np.array([1, 5])
    before = recipe.fingerprint
    weights.setflags(write=False)
    fitted = recipe.fitted(texts, weights)
    assert fitted is not recipe
    assert recipe.fingerprint == before != fitted.fingerprint
    with pytest.raises(NotFittedError, match="fitted"):
        recipe.encode(texts)


@pytest.mark.parametrize("dimension", [0, -1, 2.5, True, "many", None])
def test_dimension_is_a_positive_integer(dimension):
    with pytest.raises((ParameterError, ParameterTypeError), match="dimension"):
        LexicalEmbedder(dimension).fitted(["a b"])


def test_no_texts():
    with pytest.raises(InputError, match="no texts"):
        LexicalEmbedder().fitted([])


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, -1.0], [1.0, np.nan], [[1.0, 1.0]]])
def test_weights_are_one_positive_number_a_text(weights):
    with pytest.raises(InputError, match="weights"):
        LexicalEmbedder().fitted(["a b", "c d"], np.array(weights))


@pytest.mark.parametrize("n", [40, 1200])
def test_bits_do_not_depend_on_threads_or_company(n):
    texts, _ = make_corpus(n, seed=3)
    with threadpool_limits(1):
        one = LexicalEmbedder(16).fitted(texts).encode(texts)
    with threadpool_limits(2):
        fitted = LexicalEmbedder(16).fitted(texts)
        np.testing.assert_array_equal(fitted.encode(texts), one)
    alone = np.concatenate([fitted.encode([text]) for text in texts[:20]])
    np.testing.assert_array_equal(alone, one[:20])


def test_a_weight_of_three_is_the_text_three_times():
    texts, _ = make_corpus(30)
    weights = np.ones(30)
    weights[:5] = 3
    repeated = [text for text, weight in zip(texts, weights, strict=True) for _ in range(int(weight))]
    by_weight = base.embed(LexicalEmbedder().fitted(texts, weights), texts)
    # Of as many distinct texts, so that as much of the mean is subtracted.
    by_repeating = LexicalEmbedder().fitted(repeated)
    scale = (30 / 40) / (40 / 50)
    values = by_repeating._learned
    moved = type(values)(values.vocabulary, values.idf, values.components, values.center * scale)
    from topickit._core.vectors import unit_rows

    other = unit_rows(moved.projected(moved.tfidf(texts)))
    np.testing.assert_allclose(by_weight @ by_weight.T, other @ other.T, atol=1e-4)


def test_exact_and_randomised_directions_agree():
    texts, _ = make_corpus(400)  # 58 words, so all directions there are, or 20 of them
    exact = LexicalEmbedder(40).fitted(texts).encode(texts)
    randomised = LexicalEmbedder(20).fitted(texts).encode(texts)
    strong = np.linalg.svd(exact + 0.0, compute_uv=False)[:8]
    np.testing.assert_allclose(np.linalg.svd(randomised, compute_uv=False)[:8], strong, rtol=0.02)


def test_features_of_words_and_of_scripts_without_spaces():
    assert features("The C compilers, ÉTÉ!") == ["the", "compilers", "<compi", "été"]
    assert features("北京abc大学x") == ["北", "京", "北京", "abc", "大", "学", "大学"]
    assert features("ภาษา")[0] == "ภ"
    assert features("한국어 문장") == ["한국어", "문장"]
    assert features("C") == ["c"]
    assert features("... 🙂") == []


def test_words_of_known_languages_have_stems_instead_of_prefixes():
    assert reader(())("die Häuser") == features("die Häuser") == ["die", "häuser", "<häuse"]
    assert reader(("zh", "de"))("die Häuser 北京") == ["die", "~die", "häuser", "~haus", "北", "京", "北京"]
    assert reader(("zh",))("die Häuser 北京") == ["die", "häuser", "北", "京", "北京"]


def test_forms_of_a_word_are_alike_where_the_language_is_known():
    texts = ["viele Häuser", "großes Haus", "schnelle Autos", "neues Auto", "teure Autos", "alte Häuser"]
    fitted = LexicalEmbedder(2, languages=("de",)).fitted(texts)
    house, houses, car = base.embed(fitted, ["Haus", "Häuser", "Auto"])
    assert house @ houses > 0.9 > house @ car
    loaded = LexicalEmbedder.from_state(fitted.state())
    new_form = fitted.encode(["Hauses"])
    assert new_form.any()
    assert not LexicalEmbedder(2).fitted(texts).encode(["Hauses"]).any()
    np.testing.assert_array_equal(loaded.encode(["Hauses"]), new_form)


def test_characters_count_less_than_words_where_the_language_is_known():
    texts = ["linux 東京", "linux 大阪", "windows 東京", "windows 大阪"]
    for languages, weights in (((), (1.0, 1.0)), (("ja",), (1.0, 0.5))):
        fitted = LexicalEmbedder(languages=languages).fitted(texts)
        idf = dict(zip(fitted.state().config["vocabulary"], fitted.idf, strict=True))
        assert idf["東京"] / idf["linux"] == pytest.approx(weights[1] / weights[0])


def test_it_finds_the_subjects(corpus):
    texts, subjects = corpus
    assert agreement(base.embed(LexicalEmbedder().fitted(texts), texts), subjects) > 0.9


@pytest.mark.parametrize(
    ("name", "least"), [("stackoverflow_titles", 0.45), ("thucnews_titles_zh", 0.25), ("gnad10_test_de", 0.3)]
)
def test_it_finds_gold_labels_of_real_titles(shared_data, name, least):
    table = pl.read_parquet(shared_data / f"{name}.parquet").gather_every(10 if "titles" in name else 1)
    texts, labels = table["text"].to_list(), table["label"].to_list()
    assert agreement(base.embed(LexicalEmbedder().fitted(texts), texts), labels) > least


def test_stop_words_of_given_languages_are_no_features() -> None:
    texts = ["der Hund und die Katze", "die Katze und der Vogel", "der Vogel und das Boot"]
    plain, german = LexicalEmbedder().fitted(texts), LexicalEmbedder(languages=("de",)).fitted(texts)
    stop = ["und der die", "das"]
    assert plain.encode(stop).any()
    assert not german.encode(stop).any()
    assert german.encode(["die Katze"]).any()
    restored = LexicalEmbedder.from_state(german.state())
    np.testing.assert_array_equal(restored.encode(texts), german.encode(texts))
    assert restored.fingerprint == german.fingerprint != plain.fingerprint


def test_texts_of_stop_words_alone_are_embedded_by_them() -> None:
    texts = ["und der die", "die und das", "der und das"]
    assert LexicalEmbedder(languages=("de",)).fitted(texts).encode(texts).any()
