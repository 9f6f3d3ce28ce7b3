import numpy as np
import pytest
from scipy.sparse import csr_array

from topickit.fitted.keyword_names import readable_name, topic_names
from topickit.keywords.counts import DocumentFrequencies, TermCounts
from topickit.keywords.evidence import Evidence
from topickit.model import TopicModel


def make_counts(table, sizes):
    """Term counts of a table of word -> documents of each topic that have it."""
    frequencies = csr_array(np.array(list(table.values()), dtype=np.int64).T)
    frequencies.eliminate_zeros()
    zeros = np.zeros(len(table), dtype=np.int64)
    documents = DocumentFrequencies(frequencies, zeros, np.array([*sizes, 0]))
    parts = np.full((len(table), 3), -1, dtype=np.int32)
    return TermCounts(tuple(table), frequencies, zeros, ("en",), parts, documents)


TABLE = {
    "united": [60, 60, 2],
    "flight": [50, 30, 2],
    "plane": [40, 5, 0],
    "DM": [0, 30, 0],
    "sent": [2, 28, 0],
    "garlic": [0, 0, 50],
    "soup": [0, 0, 45],
}
KEYWORDS = [
    (("united", 0.5), ("flight", 0.45), ("plane", 0.4)),
    (("united", 0.5), ("DM", 0.4), ("sent", 0.35)),
    (("garlic", 0.5), ("soup", 0.4)),
]
MEANS = np.array([[1, 0.1, 0], [1, -0.1, 0], [0, 0, 1]], dtype=np.float32)


def test_the_first_word_is_one_that_neighbors_do_not_have():
    counts = make_counts(TABLE, [100, 100, 100])
    names = topic_names(KEYWORDS, counts, MEANS)
    assert [name.split(", ")[0] for name in names] == ["plane", "DM", "garlic"]
    assert "united" not in names[1].split(", ")[0]


def test_names_follow_the_topics():
    counts = make_counts(TABLE, [100, 100, 100])
    swapped = counts.merged([2, 0, 1])
    expected = topic_names(KEYWORDS, counts, MEANS)
    moved = topic_names([KEYWORDS[1], KEYWORDS[2], KEYWORDS[0]], swapped, MEANS[[1, 2, 0]])
    assert moved == [expected[1], expected[2], expected[0]]


@pytest.mark.parametrize("only", [("united",), ("united", "flight")])
def test_no_two_topics_share_the_first_word_if_one_has_another(only):
    counts = make_counts(TABLE, [100, 100, 100])
    few = tuple(pair for pair in KEYWORDS[0] if pair[0] in only)
    names = topic_names([few, KEYWORDS[1], few[:1]], counts, MEANS)
    firsts = [name.split(", ")[0] for name in names]
    assert firsts[1] in ("DM", "sent")
    assert firsts.count("united") == (1 if "flight" in only else 2)  # two topics of one keyword each


def test_counts_of_occurrences_alone_and_single_topics_are_named():
    counts = make_counts(TABLE, [100, 100, 100])
    bare = TermCounts(counts.terms, counts.topics, counts.outliers, counts.languages, counts.parts)
    assert topic_names(KEYWORDS, bare, MEANS)[1].startswith("DM")
    one = counts.merged([0, 0, 0])
    assert topic_names([KEYWORDS[2]], one, MEANS[:1]) == ["garlic, soup"]
    assert topic_names([(), KEYWORDS[1], ()], counts, MEANS)[::2] == ["Topic 0", "Topic 2"]
    assert topic_names([], make_counts({"a": []}, []), np.empty((0, 3), np.float32)) == []


@pytest.mark.parametrize(
    ("words", "languages", "name"),
    [
        (["stock", "stocks", "share", "market"], ("en",), "stock, share, market"),
        (["stock", "stocks", "share", "market"], (), "stock, share, market"),
        (["studies", "study", "exam"], ("en",), "studies, exam"),
        (["New York", "York", "city", "Yorkers"], ("en",), "New York, city"),
        (["Aktie", "Aktien", "Kurs"], ("de",), "Aktie, Kurs"),
        (["car", "card", "care"], ("en",), "car, card, care"),
        (["猫", "猫の手", "犬"], ("ja",), "猫, 猫の手, 犬"),
        ([], (), "Topic 7"),
    ],
)
def test_a_name_has_no_word_twice(words, languages, name):
    assert readable_name([(word, 1.0) for word in words], 7, languages) == name


def test_a_fitted_model_has_distinct_first_words_and_keeps_given_names():
    places = ["kitchen", "garage", "garden", "library"]
    texts = [f"customer {i % 7} waits in the {place} for number {i}" for i in range(25) for place in places]
    rows = np.repeat(np.eye(4)[None], 25, axis=0).reshape(-1, 4) + 0.01
    model = TopicModel(clusterer="kmeans", n_topics=4).fit(texts, embeddings=rows)
    assert sorted(topic.name.split(", ")[0] for topic in model.topics_) == sorted(places)
    renamed = model.rename_topics({0: "hall"})
    merged = renamed.merge_topics([[2, 3]])
    assert "hall" in [topic.name for topic in merged.topics_]
    firsts = [topic.name.split(", ")[0] for topic in merged.topics_ if topic.name != "hall"]
    assert len(set(firsts)) == len(firsts)


def test_a_frequent_phrase_near_the_topic_comes_first():
    terms = ("stolen", "cash", "withdrawal", "cash withdrawal", "rent")
    parts = np.full((5, 3), -1, dtype=np.int32)
    parts[3, :2] = 1, 2
    table = csr_array(np.array([[9, 5, 5, 6, 0], [0, 0, 0, 0, 9]]))
    documents = DocumentFrequencies(table, np.zeros(5, np.int64), np.array([10, 10, 0]))
    counts = TermCounts(terms, table, np.zeros(5, np.int64), ("en",), parts, documents)
    directions = np.array([[0.6, 0.8], [0.6, 0.8], [0.6, 0.8], [1, 0], [0, 1]], dtype=np.float32)
    evidence = Evidence(np.arange(5), csr_array((5, 5)), directions, np.zeros(2, np.float32), 20)
    keywords = [(("stolen", 0.5), ("cash", 0.3)), (("rent", 0.5),)]
    means = np.eye(2, dtype=np.float32)
    assert topic_names(keywords, counts, means, evidence=evidence)[0] == "cash withdrawal, stolen"
    assert topic_names(keywords, counts, means)[0] == "stolen, cash"
