"""Finding topics and documents by a query."""

import numpy as np
import pytest

from topickit import TopicModel
from topickit.analysis.search import find_topics
from topickit.errors import InputError, InputTypeError, ParameterError, ParameterTypeError, TopicNotFoundError
from topickit.keywords.lookup import WordIndex, bm25_of_documents, query_terms

FOOD = [f"{a} {b}" for a in ("red", "green", "sweet", "sour") for b in ("apple", "pear", "plum pie")]
CARS = [f"{a} {b}" for a in ("fast", "slow", "old", "new") for b in ("car", "truck", "race car")]
TEXTS = [*FOOD, *CARS, "", "part X-1042b is missing in my car", "red apple", "zzz"]


@pytest.fixture(scope="module")
def model():
    return TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(
        TEXTS, timestamps=[2000 + i for i in range(len(TEXTS))]
    )


@pytest.fixture(scope="module")
def without_texts(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    model.save(folder)
    return TopicModel.load(folder)


def test_topics_by_query(model, without_texts):
    for one in (model, without_texts):
        found = one.find_topics("an apple or a plum")
        assert found.ids[0] == model.labels_[0]
        assert found.names[0] == model.topics_[found.ids[0]].name
        assert (np.diff(found.scores) <= 0).all()
        assert found.scores.max() <= 1
    assert len(model.find_topics("car", n=1)) == 1


def test_topics_by_words_alone(model):
    """The words of a query find topics where its vector says nothing."""
    nothing = np.zeros(model.fitted_.assigner.dimension, dtype=np.float32)
    assert find_topics(model.fitted_, "car", nothing, 1).ids[0] == model.labels_[len(FOOD)]


def test_query_without_anything_in_common_finds_nothing(model):
    assert model.find_topics("qqqq wwww").to_polars().shape == (0, 5)
    assert model.find_documents("qqqq wwww").to_polars().shape == (0, 6)


def test_documents_by_query(model):
    found = model.find_documents("green pear", n=3)
    assert found.texts[0] == "green pear"
    assert TEXTS[found.rows[0]] == "green pear"
    assert found.topics[0] == model.labels_[TEXTS.index("green pear")]
    frame = found.to_polars()
    assert frame.columns == ["row", "document", "topic", "name", "score", "similarity"]
    assert list(found.to_pandas().columns) == frame.columns
    fewer = model.find_documents("green pear", n=1)
    assert fewer.rows.tolist() == found.rows[:1].tolist()


def test_codes_and_rare_words_come_first(model):
    """A code is no term of the corpus; it is found in the texts, in any case."""
    assert "X-1042b" not in model.fitted_.corpus.terms.terms
    for query in ("X-1042b", "x-1042B apple", "apple ZZZ"):
        assert model.find_documents(query).texts[0] in TEXTS[-3:]


def test_equal_texts_are_found_once(model):
    texts = model.find_documents("red apple", n=50).texts
    assert texts.count("red apple") == 1
    assert texts[0] == "red apple"


def test_order_of_rows_does_not_matter(model):
    order = np.random.default_rng(0).permutation(len(TEXTS))
    other = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit([TEXTS[i] for i in order])
    for query in ("sweet plum", "car"):
        assert model.find_documents(query).texts == other.find_documents(query).texts


def test_documents_within_a_topic(model):
    food = int(model.labels_[0])
    found = model.find_documents("car", topic=food, n=100)
    assert set(found.topics.tolist()) <= {food}
    by_name = model.find_documents("apple", topic=model.topics_[food].name)
    assert by_name.texts == model.find_documents("apple", topic=food).texts
    outliers = model.find_documents("zzz", topic=-1)
    assert set(outliers.topics.tolist()) <= {-1}


def test_table_of_a_topic(model):
    for topic in (0, 1, -1):
        frame = model.documents(topic)
        everything = model.document_info()
        same = everything.filter(everything["topic"] == topic)
        assert sorted(frame["row"]) == same["row"].to_list()
        assert frame["similarity"].is_sorted(descending=True)
        for name in ("document", "topic", "name", "representative", "timestamp"):
            assert frame.sort("row")[name].to_list() == same[name].to_list()
        np.testing.assert_allclose(frame.sort("row")["similarity"], same["similarity"], atol=1e-6)


def test_documents_need_the_corpus(without_texts):
    with pytest.raises(InputError, match=r"find_documents needs the training documents.*keep_texts=True"):
        without_texts.find_documents("apple")
    with pytest.raises(InputError, match=r"documents needs the training documents.*keep_texts=True"):
        without_texts.documents(0)


def test_saved_and_loaded_find_the_same(model, tmp_path):
    model.save(tmp_path / "m", keep_texts=True)
    loaded = TopicModel.load(tmp_path / "m")
    for query in ("apple", "race", "X-1042b"):
        one, other = model.find_documents(query), loaded.find_documents(query)
        assert one.to_polars().equals(other.to_polars())
        assert model.find_topics(query).to_polars().equals(loaded.find_topics(query).to_polars())


@pytest.mark.parametrize("method", ["find_topics", "find_documents"])
def test_bad_queries(model, method):
    find = getattr(model, method)
    with pytest.raises(InputError, match="blank"):
        find("  ")
    with pytest.raises(InputTypeError, match="one text at a time"):
        find(["apple"])
    with pytest.raises(ParameterError, match="at least 1"):
        find("apple", n=0)
    with pytest.raises(ParameterTypeError, match="integer"):
        find("apple", n="all")
    with pytest.raises(InputError, match="vectors of length"):
        find("apple", embedding=[1.0, 0.0, 0.0])


def test_unknown_topics(model):
    with pytest.raises(TopicNotFoundError):
        model.documents(7)
    with pytest.raises(TopicNotFoundError):
        model.find_documents("apple", topic="boats")


def test_texts_too_large_to_keep_twice_give_the_same(model, monkeypatch):
    monkeypatch.setattr("topickit.keywords.lookup._BLOCK", 3)
    kept = model.find_documents("zzz x-1042B")
    corpus = model.fitted_.corpus
    monkeypatch.setattr("topickit.keywords.lookup.MOST_CHARACTERS", 10)
    index = WordIndex(corpus.terms.counts, corpus.documents.texts)
    assert index._lowered is None
    asked = query_terms("zzz x-1042B", corpus.terms.terms, None, corpus.terms.languages)
    assert len(asked.others) == 1
    one, other = (bm25_of_documents(words, asked) for words in (index, corpus.words))
    assert one.scores.tolist() == other.scores.tolist()
    assert one.scores.max() > 0
    assert kept.texts[0] in TEXTS[-3:]
