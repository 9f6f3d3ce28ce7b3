import numpy as np
import pytest

from topickit._core.vectors import group_means, unit_rows
from topickit.corpus.documents import Documents
from topickit.fitted.corpus import Corpus
from topickit.fitted.representatives import N_REPRESENTATIVES, representative_documents
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import weigh
from topickit.keywords.rerank import ranking_weights
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms
from topickit.model import TopicModel

EMPTY = ["@air Thank you.", "@air thanks!", "Thanks @air", "@air ok thank you", "@air thx"]
TELLING = [
    f"my {color} luggage and bag {verb} lost at the {place} carousel"
    for color in ("red", "blue", "green", "black")
    for verb in ("was", "got", "is")
    for place in ("Denver", "Boston", "Dallas", "Austin")
]
OTHER = [
    f"the {dish} soup with {herb} tasted {taste} in the kitchen"
    for dish in ("leek", "tomato", "onion", "carrot")
    for herb in ("basil", "thyme", "dill", "sage")
    for taste in ("sweet", "bitter", "salty")
]
TEXTS = [*EMPTY, *TELLING, *OTHER]
GOLD = np.repeat([0, 1], [len(EMPTY) + len(TELLING), len(OTHER)])


def choose(texts, labels, rows):
    """Representative documents of given labels and vectors."""
    settings = KeywordSettings()
    documents = Documents.of(texts, rows)
    vectors, labels = unit_rows(rows[documents.first_rows]), np.asarray(labels)[documents.first_rows]
    terms = count_terms(documents.texts, documents.weights, settings)
    n_topics = int(labels.max()) + 1
    counts = TermCounts.of(terms, labels, documents.weights, n_topics)
    means = group_means(vectors, labels, n_topics, documents.weights).astype(np.float32)
    weights = ranking_weights(weigh(counts, settings), counts)
    return representative_documents(Corpus(documents, vectors, terms), labels, means, weights)


@pytest.fixture
def rows():
    """Two topics; the documents of the fewest words lie at the mean of the first."""
    rng = np.random.default_rng(0)
    noise = 0.6 * rng.normal(size=(len(TEXTS), 32)) / 32**0.5
    noise[: len(EMPTY)] *= 0.05
    return unit_rows(np.eye(32)[GOLD] + noise)


def test_documents_that_say_nothing_are_not_representative(rows):
    mean = rows[GOLD == 0].mean(axis=0)
    nearest = np.argsort(-(rows @ mean))[: len(EMPTY)]
    assert set(nearest.tolist()) == set(range(len(EMPTY)))  # the nearest ones are the empty ones
    first, second = choose(TEXTS, GOLD, rows)
    assert len(first) == len(second) == N_REPRESENTATIVES
    assert not set(first) & set(EMPTY)
    assert set(first) <= set(TELLING)
    assert set(second) <= set(OTHER)


def test_documents_without_keywords_come_after_those_with_them(rows):
    """Usual length and nearest to the mean, but none of the words of the topic."""
    vague = [
        f"well {word} anyway somehow perhaps whatever indeed" for word in ("yes", "no", "so", "hm", "oh")
    ]
    texts = [*vague, *TELLING, *OTHER]
    (first, _) = choose(texts, GOLD, rows)
    assert not set(first) & set(vague)


def test_near_duplicates_are_chosen_once(rows):
    """Twenty copies that differ in a number stand for one document."""
    copies = [f"luggage and bag was lost at the Denver carousel, case {i}" for i in range(20)]
    vectors = np.concatenate([rows, np.repeat(rows[[0]], 20, axis=0)])
    (first, _) = choose([*TEXTS, *copies], [*GOLD, *[0] * 20], vectors)
    assert len(set(first) & set(copies)) == 1
    assert len(first) == N_REPRESENTATIVES


def test_equal_texts_are_chosen_once_and_few_documents_all(rows):
    texts = [TELLING[0], TELLING[1], TELLING[0], OTHER[0]]
    vectors = rows[: len(texts)]
    first, second = choose(texts, [0, 0, 0, 1], vectors)
    assert sorted(first) == sorted({TELLING[0], TELLING[1]})
    assert second == (OTHER[0],)


def test_documents_without_any_term_are_shown(rows):
    texts = ["yes", "no", "not at all", *OTHER]
    labels = np.repeat([0, 1], [3, len(OTHER)])
    vectors = unit_rows(np.eye(32)[labels] + 0.01 * np.random.default_rng(1).normal(size=(len(texts), 32)))
    assert sorted(choose(texts, labels, vectors)[0]) == ["no", "not at all", "yes"]


def test_the_order_of_the_documents_does_not_matter(rows):
    order = np.random.default_rng(5).permutation(len(TEXTS))
    shuffled = choose([TEXTS[i] for i in order], GOLD[order], rows[order])
    assert shuffled == choose(TEXTS, GOLD, rows)


def test_a_merged_topic_is_represented_anew(rows):
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(TEXTS, embeddings=rows)
    merged = model.merge_topics([[0, 1]])
    documents = merged.topics_[0].representative_documents
    assert len(documents) == N_REPRESENTATIVES
    assert not set(documents) & set(EMPTY)
    shown = merged.document_info().filter(merged.document_info()["representative"])["document"].to_list()
    assert set(shown) == set(documents)
