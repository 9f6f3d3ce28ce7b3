"""The contract of words, whatever gives them: one row of the table is one kind of tokenizer."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer

from tests.conftest import make_corpus
from tests.corpus.test_tokenizer import Mecab, Spacy
from topickit import TopicModel
from topickit.corpus.tokenizer import AbsentTokenizer, words_of
from topickit.errors import InputTypeError, ParameterError, ParameterTypeError
from topickit.keywords.counts import TermCounts
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.tokens import clean, read_tokens
from topickit.keywords.vocabulary import DocumentTerms, count_terms


def letters(text):
    """Words of letters, and punctuation."""
    return "".join(c if c.isalpha() else f" {c} " for c in text).split()


class Lemmatizer:
    def lemmatize(self, word):
        return word.casefold().removesuffix("er")


TOKENIZERS = {
    "default": None,
    "function": letters,
    "lemmatizer": Lemmatizer(),
    "word n-grams": CountVectorizer(ngram_range=(1, 2)),
    "character n-grams": CountVectorizer(analyzer="char_wb", ngram_range=(3, 4)),
    "spaCy": Spacy(),
    "MeCab": Mecab(),
}
TEXTS = [*make_corpus(60)[0], *["The bank of New York, and the old harbour"] * 6]
WEIGHTS = np.random.default_rng(0).integers(1, 4, len(TEXTS))
LABELS = np.arange(len(TEXTS)) % 5 - 1


@pytest.fixture(params=TOKENIZERS.values(), ids=TOKENIZERS)
def settings(request) -> KeywordSettings:
    return KeywordSettings(tokenizer=request.param)


def counted(settings, texts=TEXTS, weights=WEIGHTS) -> DocumentTerms:
    return count_terms(texts, np.asarray(weights), settings)


def own_words(tokenizer, text) -> set[str]:
    """Words that a tokenizer gives for a text, folded."""
    if tokenizer is None or hasattr(tokenizer, "lemmatize"):
        lemma = getattr(tokenizer, "lemmatize", str)
        return {lemma(clean(surface)).casefold() for surface in read_tokens([text]).surfaces}
    return {word.casefold() for word in words_of(tokenizer)(text)}


def assert_same(one: DocumentTerms, other: DocumentTerms) -> None:
    assert one.terms == other.terms
    assert one.languages == other.languages
    np.testing.assert_array_equal(one.parts, other.parts)
    np.testing.assert_array_equal(one.counts.toarray(), other.counts.toarray())


def test_the_same_again(settings):
    assert_same(counted(settings), counted(settings))


def test_order_of_texts_changes_nothing(settings):
    order = np.random.default_rng(1).permutation(len(TEXTS))
    shuffled = counted(settings, [TEXTS[i] for i in order], WEIGHTS[order])
    one = counted(settings)
    assert_same(replace(one, counts=one.counts[order]), shuffled)


def test_a_weight_of_two_is_two_documents(settings):
    twice = counted(settings, TEXTS * 2, np.ones(2 * len(TEXTS), dtype=int))
    weighted = counted(settings, TEXTS, np.full(len(TEXTS), 2))
    assert_same(replace(twice, counts=twice.counts[: len(TEXTS)]), weighted)


def test_counts_of_any_partition_add_up(settings):
    terms = counted(settings)
    whole = TermCounts.of(terms, LABELS, WEIGHTS, 4)
    part = np.random.default_rng(2).integers(0, 3, len(TEXTS))
    total = None
    for n in range(3):
        rows = part == n
        counts = TermCounts.of(replace(terms, counts=terms.counts[rows]), LABELS[rows], WEIGHTS[rows], 4)
        total = counts if total is None else total + counts
    assert (total.topics != whole.topics).nnz == 0
    assert (total.documents.topics != whole.documents.topics).nnz == 0
    np.testing.assert_array_equal(total.outliers, whole.outliers)


def test_counts_with_one_vocabulary_add_up(settings):
    vocabulary = ("garlic", "boat", "ban", "York", "absent")
    settings = replace(settings, vocabulary=vocabulary)
    whole = counted(settings)
    assert set(whole.terms) == set(vocabulary)
    first, second = (counted(settings, TEXTS[part], WEIGHTS[part]) for part in (slice(20), slice(20, None)))
    assert first.terms == second.terms == whole.terms
    np.testing.assert_array_equal(
        np.vstack([first.counts.toarray(), second.counts.toarray()]), whole.counts.toarray()
    )
    assert whole.counts[:, [whole.terms.index("absent")]].sum() == 0


def test_each_term_is_a_word_of_the_tokenizer_or_a_phrase_of_such_words(settings):
    terms = counted(settings)
    assert len(terms.terms) > 20
    words = set().union(*(own_words(settings.tokenizer, text) for text in TEXTS))
    for term in terms.terms:
        assert term.casefold() in words or set(term.casefold().split(" ")) <= words


def test_each_count_is_what_the_tokenizer_gives(settings):
    terms = counted(replace(settings, phrases=False))
    present = terms.counts.toarray() > 0
    for row in (0, 7, len(TEXTS) - 1):
        words = own_words(settings.tokenizer, TEXTS[row])
        assert {term.casefold() for term, there in zip(terms.terms, present[row], strict=True) if there} == {
            term.casefold() for term in terms.terms if term.casefold() in words
        }


def test_saved_settings_come_back_with_the_tokenizer_named(settings):
    again = KeywordSettings.from_state(settings.state())
    if settings.tokenizer is None:
        assert again == settings
        return
    assert isinstance(again.tokenizer, AbsentTokenizer)
    assert again.state().config == settings.state().config
    with pytest.raises(ParameterError, match="does not hold its tokenizer"):
        counted(again)
    assert_same(counted(again.with_tokenizer(settings.tokenizer)), counted(settings))


def test_a_model_saves_loads_edits_and_predicts_without_its_tokenizer(settings, tmp_path):
    model = TopicModel("lexical", "kmeans", n_topics=4, keywords=settings).fit(TEXTS)
    words = set().union(*(own_words(settings.tokenizer, text) for text in TEXTS))
    for topic in model.topics_:
        assert topic.keywords
        for keyword, _ in topic.keywords:
            assert keyword.casefold() in words or set(keyword.casefold().split(" ")) <= words
    model.save(tmp_path / "model", keep_texts=True)
    loaded = TopicModel.load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict(TEXTS), model.labels_)
    merged = [one.merge_topics([[0, 1]]).topics_ for one in (loaded, model)]
    assert [topic.keywords for topic in merged[0]] == [topic.keywords for topic in merged[1]]
    again = clone(model).fit(TEXTS[::-1])
    given = TopicModel.load(tmp_path / "model", tokenizer=settings.tokenizer)
    assert (given.keywords or KeywordSettings()) == given.fitted_.keyword_settings == settings
    if settings.tokenizer is not None:
        with pytest.raises(ParameterError, match=r"load\(path, tokenizer=\.\.\.\)"):
            loaded.fit(TEXTS)
    assert [topic.keywords for topic in again.topics_] == [topic.keywords for topic in model.topics_]


def test_the_tokenizer_is_called_once_per_distinct_text_in_one_order():
    calls = []

    def tokenizer(text):
        calls.append(text)
        return text.split()

    texts = [*TEXTS, *TEXTS[:10], "  "]
    for way in (1, -1):
        TopicModel("lexical", "kmeans", n_topics=4, keywords=KeywordSettings(tokenizer=tokenizer)).fit(
            texts[::way]
        )
    half = len(calls) // 2
    assert sorted(calls[:half]) == sorted(set(TEXTS))
    assert calls[:half] == calls[half:]


def test_the_tokenizer_is_not_copied_or_changed():
    class Uncopied:
        def __deepcopy__(self, memo):
            raise AssertionError("copied")

        def tokenize(self, text):
            return text.split()

    tokenizer = Uncopied()
    model = TopicModel(keywords=KeywordSettings(tokenizer=tokenizer))
    assert clone(model).keywords.tokenizer is tokenizer
    assert copy.deepcopy(model).keywords.tokenizer is tokenizer
    vectorizer = CountVectorizer(ngram_range=(1, 2))
    before = dict(vars(vectorizer))
    counted(KeywordSettings(tokenizer=vectorizer))
    assert vars(vectorizer) == before


def test_an_error_of_the_tokenizer_reaches_the_caller_of_fit():
    settings = KeywordSettings(tokenizer=lambda text: None)
    with pytest.raises(InputTypeError, match="got None for the text 'The"):
        TopicModel("lexical", "kmeans", n_topics=4, keywords=settings).fit(TEXTS)


def test_load_refuses_what_is_no_tokenizer(tmp_path):
    TopicModel("lexical", "kmeans", n_topics=2).fit(TEXTS).save(tmp_path / "model")
    with pytest.raises(ParameterTypeError, match="got 'jieba'"):
        TopicModel.load(tmp_path / "model", tokenizer="jieba")


def test_stop_words_and_phrases_apply_on_top():
    texts = [
        "we flew to New York today",
        "New York has teams",
        "to New York by train",
        "the train to Rome",
    ] * 5
    with_all = counted(KeywordSettings(tokenizer=letters), texts, np.ones(20))
    assert {"New York", "York", "train"} <= set(with_all.terms)
    assert not {"the", "to", "new"} & {term.casefold() for term in with_all.terms}
    with_none = counted(
        KeywordSettings(tokenizer=letters, stop_words=None, phrases=False), texts, np.ones(20)
    )
    assert {"the", "to", "New"} <= set(with_none.terms)
    assert "New York" not in with_none.terms
    own = counted(KeywordSettings(tokenizer=letters, stop_words=("ROME",)), texts, np.ones(20))
    assert "Rome" not in own.terms


def test_stop_words_at_the_ends_of_a_vectorizers_n_grams():
    vectorizer, texts = (
        CountVectorizer(ngram_range=(1, 3)),
        ["the bank of England", "the boat of the bank"] * 5,
    )
    terms = set(counted(KeywordSettings(tokenizer=vectorizer), texts, np.ones(10)).terms)
    assert terms == {"bank", "england", "bank of england", "boat"}
    kept = counted(KeywordSettings(tokenizer=vectorizer, stop_words=None), texts, np.ones(10))
    assert {"the bank", "of england", "the"} <= set(kept.terms)
    number = {term: i for i, term in enumerate(kept.terms)}
    assert kept.parts[number["the bank"]].tolist() == [number["the"], number["bank"], -1]


def test_words_of_a_tokenizer_need_not_look_like_words():
    texts = ["b8f 1234 🙂 -- a_very_long_word_that_has_over_thirty_letters", "b8f 1234 🙂 , ,"]
    terms = counted(KeywordSettings(tokenizer=str.split), texts, [1, 1])
    assert {"b8f", "1234", "🙂", "a_very_long_word_that_has_over_thirty_letters"} == set(terms.terms)


def test_words_in_hiragana_stay_where_a_tokenizer_found_them():
    texts = ["うどん を 食べる", "うどん と そば"]
    assert {"うどん", "そば", "食べる"} <= set(
        counted(KeywordSettings(tokenizer=str.split), texts, [1, 1]).terms
    )


def test_lemmas_are_counted_and_shown():
    class Plural:
        def lemmatize(self, word):
            return {"boats": "boat", "mice": "mouse", "umm": ""}.get(word, word)

    texts = ["boats and mice, umm", "boat, mouse", "one boats' mouse"]
    terms = counted(KeywordSettings(tokenizer=Plural(), phrases=False), texts, [1, 1, 1])
    assert set(terms.terms) == {"boat", "mouse"}


N_GRAMS = ["the bank of England", "bank of England, said it", "The Bank of England said", "England said bank"]


@pytest.mark.parametrize(
    ("n_gram_range", "terms"),
    [
        ((1, 1), {"bank", "England"}),
        ((1, 2), {"bank", "England", "England said"}),
        ((2, 3), {"bank of England", "England said"}),
        ((3, 3), {"bank of England"}),
    ],
)
def test_n_grams(n_gram_range, terms):
    settings = KeywordSettings(
        n_gram_range=n_gram_range, stop_words=("the", "of", "it"), min_document_frequency=2, phrases=False
    )
    found = counted(settings, N_GRAMS, np.ones(4))
    assert set(found.terms) - {"said"} == terms
    for term, column in zip(found.terms, found.counts.toarray().T, strict=True):
        assert column.tolist() == [text.lower().replace(",", " ,").count(term.lower()) for text in N_GRAMS]
    number = {term: i for i, term in enumerate(found.terms)}
    if "bank of England" in number:
        inner = [number.get(word, -2) for word in ("bank", "of", "England")]
        assert found.parts[number["bank of England"]].tolist() == inner


def test_n_grams_reach_over_no_text_and_no_comma():
    texts = ["red apple, green pear"] * 3 + ["pear tree"] * 3
    terms = counted(KeywordSettings(n_gram_range=(2, 2)), texts, np.ones(6)).terms
    assert set(terms) == {"red apple", "green pear", "pear tree"}


def test_a_word_said_twice_is_an_n_gram_and_no_collocation():
    texts = ["bye bye love", "bye bye birdie", "say bye bye"] * 4
    assert "bye bye" in counted(KeywordSettings(n_gram_range=(1, 2)), texts, np.ones(12)).terms
    assert "bye bye" not in counted(KeywordSettings(), texts, np.ones(12)).terms


@pytest.mark.parametrize(
    ("least", "expected"), [(3, {"sea", "boat"}), (0.5, {"sea"}), (1, {"sea", "boat", "rare"})]
)
def test_min_document_frequency(least, expected):
    texts = ["sea boat"] * 3 + ["sea"] * 3 + ["rare", "sea"]
    found = counted(KeywordSettings(min_document_frequency=least, phrases=False), texts, np.ones(8))
    assert set(found.terms) == expected


def test_a_share_of_documents_is_exact():
    texts = ["sea boat"] * 3 + ["sea"] * 27
    found = counted(KeywordSettings(min_document_frequency=0.1, phrases=False), texts, np.ones(30))
    assert set(found.terms) == {"sea", "boat"}


def test_a_min_document_frequency_that_leaves_nothing_warns():
    with pytest.warns(match="no word is in 50 documents; min_document_frequency is not applied"):
        assert counted(KeywordSettings(min_document_frequency=50), ["a boat", "the sea"], [1, 1]).terms


def test_vocabulary_counts_its_terms_as_they_are_written():
    texts = ["in NEW YORK, the boat", "New York boats", "boat race in New York boat", "nothing"]
    vocabulary = ("new york", "Boat", "the", "boat race in", "zebra")
    found = counted(KeywordSettings(vocabulary=vocabulary), texts, np.ones(4))
    table = dict(zip(found.terms, found.counts.toarray().T.tolist(), strict=True))
    assert table == {
        "new york": [1, 1, 1, 0],
        "Boat": [1, 0, 2, 0],
        "the": [1, 0, 0, 0],
        "boat race in": [0, 0, 1, 0],
        "zebra": [0, 0, 0, 0],
    }
    assert found.parts[found.terms.index("boat race in")].tolist() == [found.terms.index("Boat"), -2, -2]


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        (("boat", "Boat"), "'boat' and 'Boat' are the same term"),
        (("--",), "'--' has 0 words"),
        (("one two three four",), "'one two three four' has 4 words; a term has 1 to 3"),
    ],
)
def test_vocabularies_that_cannot_be_counted(vocabulary, message):
    with pytest.raises(ParameterError, match=message):
        counted(KeywordSettings(vocabulary=vocabulary))


def test_unspaced_scripts_in_a_vocabulary():
    texts = ["我来到北京清华大学", "他来到了北京"]
    found = counted(KeywordSettings(vocabulary=("清华大学", "北京")), texts, [1, 1])
    assert dict(zip(found.terms, found.counts.toarray().T.tolist(), strict=True)) == {
        "清华大学": [1, 0],
        "北京": [1, 1],
    }
