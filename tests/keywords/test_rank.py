import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from topickit.corpus.documents import Documents
from topickit.corpus.stemming import FURTHER, SNOWBALL, stemmer
from topickit.keywords import rank
from topickit.keywords.counts import TermCounts
from topickit.keywords.ctfidf import weigh
from topickit.keywords.rank import top_keywords
from topickit.keywords.risk_ratio import risk_ratios
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms


def make_counts(topics: list[dict[str, int]], languages: tuple[str, ...] = ("en",)) -> TermCounts:
    """Counts from words; a term with spaces is a phrase of its words, which have to be there."""
    terms = sorted({term for topic in topics for term in topic})
    number = {term: i for i, term in enumerate(terms)}
    parts = np.full((len(terms), 3), -1, dtype=np.int32)
    for term, i in number.items():
        words = term.split()
        if len(words) > 1:
            parts[i, : len(words)] = [number[word] for word in words]
    table = np.array([[topic.get(term, 0) for term in terms] for topic in topics])
    return TermCounts(tuple(terms), csr_array(table), np.zeros(len(terms), dtype=np.int64), languages, parts)


def words(topic: dict[str, int], n: int = 10, languages: tuple[str, ...] = ("en",)) -> list[str]:
    counts = make_counts([topic], languages)
    weights = csr_array(counts.topics, dtype=np.float64)
    (keywords,) = top_keywords(weights, counts, KeywordSettings(n_keywords=n))
    return [word for word, _ in keywords]


def test_falling_weight_and_ties_by_term():
    assert words({"pear": 3, "fig": 5, "apple": 3, "nut": 1}) == ["fig", "apple", "pear", "nut"]
    assert words({"pear": 3, "fig": 5, "apple": 3, "nut": 1}, n=2) == ["fig", "apple"]


def test_weights_are_handed_on():
    counts = make_counts([{"boat": 2, "sea": 1}, {}])
    weights = csr_array(np.array([[0.25, 0.5], [0, 0]]))
    assert top_keywords(weights, counts, KeywordSettings()) == [(("sea", 0.5), ("boat", 0.25)), ()]


def test_one_form_a_stem():
    assert words({"games": 5, "game": 4, "gaming": 3, "win": 2}) == ["games", "win"]
    assert words({"email": 5, "e-mail": 4, "win": 2}) == ["email", "win"]
    assert words({"C++": 5, "C#": 4, "C": 3}) == ["C++", "C#", "C"]
    assert words({"Häuser": 5, "Haus": 4, "Hauses": 3}, languages=("de",)) == ["Häuser"]
    assert words({"games": 5, "game": 4}, languages=("zh",)) == ["games", "game"]


def test_phrase_stands_for_words_that_hardly_occur_outside_it():
    assert words({"York": 10, "New York": 9, "New": 10, "mayor": 5}) == ["New York", "mayor"]
    # also when the phrase comes first, and when there is no room for all three
    assert words({"York": 10, "New": 11, "New York": 10, "mayor": 5}, n=2) == ["New York", "mayor"]


def test_word_with_a_life_of_its_own_stays_and_the_phrase_goes():
    assert words({"video": 50, "game": 40, "video game": 5, "shop": 3}) == ["video", "game", "shop"]


def test_a_phrase_is_not_listed_beside_its_word():
    assert words({"spring": 50, "spring MVC": 20, "MVC": 21, "bean": 10}) == ["spring", "MVC", "bean"]
    assert words({"spring": 50, "spring MVC": 40, "MVC": 40, "bean": 10}) == ["spring MVC", "bean"]


def test_a_name_is_not_listed_beside_its_adjective():
    assert words({"Israel": 9, "Israeli": 8, "Jews": 7, "Iranian": 6, "Iran": 5}) == [
        "Israel",
        "Jews",
        "Iranian",
    ]
    assert words({"port": 9, "porti": 8, "Car": 7, "Cari": 6}) == ["port", "porti", "Car", "Cari"]


def test_forms_of_listed_words_make_no_new_phrase():
    topic = {"database": 50, "Oracle": 60, "databases": 20, "Oracle databases": 9}
    assert words(topic) == ["Oracle", "database"]
    both = {"web service": 9, "web services": 8, "web": 10, "service": 10, "services": 9, "rest": 1}
    assert words(both) == ["web service", "rest"]


def test_longer_phrase_stands_for_the_shorter():
    topic = {"Bull": 10, "Red": 10, "Salzburg": 10, "Red Bull": 10, "Red Bull Salzburg": 9, "goal": 3}
    assert words(topic) == ["Red Bull Salzburg", "goal"]


def test_inputs_are_untouched():
    counts = make_counts([{"games": 5, "game": 4, "win": 2}])
    weights = csr_array(counts.topics, dtype=np.float64)
    before = weights.toarray().copy()
    top_keywords(weights, counts, KeywordSettings())
    np.testing.assert_array_equal(weights.toarray(), before)


def test_no_topics():
    assert top_keywords(csr_array((0, 0)), make_counts([]), KeywordSettings()) == []


def test_every_language_in_the_table_has_its_stemmer():
    assert all(isinstance(stemmer([language])("abc"), str) for language in (*SNOWBALL, *FURTHER))


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("pl", "biblioteka", "biblioteki"),
        ("cs", "knihovna", "knihovny"),
        ("id", "membaca", "bacaan"),
        ("et", "raamat", "raamatud"),
        ("ca", "paraula", "paraules"),
    ],
)
def test_forms_of_a_word_have_one_stem(language, one, other):
    stem = stemmer([language])
    assert stem(one) == stem(other) != ""


@pytest.mark.parametrize(
    ("file", "label", "expected"),
    [
        ("stackoverflow_titles", "visual-studio", {"Visual Studio", "C++", "VS"}),
        ("stackoverflow_titles", "osx", {"OS X", "Mac"}),
        ("stackoverflow_titles", "oracle", {"Oracle", "PL/SQL"}),
        ("bbc_news", "sport", {"England", "game", "Cup"}),
        ("gnad10_test_de", "Web", {"Google", "Nutzer", "Apple"}),
        ("thucnews_titles_zh", "education", {"高考", "考研"}),
    ],
)
def test_reads_well(shared_data, file, label, expected):
    table = pl.read_parquet(shared_data / f"{file}.parquet")
    documents = Documents.of(table["text"])
    names = sorted(set(table["label"]))
    labels = np.array([names.index(name) for name in table["label"]])[documents.first_rows]
    options = KeywordSettings()
    counts = TermCounts.of(
        count_terms(documents.texts, documents.weights, options), labels, documents.weights, len(names)
    )
    keywords = top_keywords(weigh(counts, options), counts, options)
    found = {word for word, _ in keywords[names.index(label)]}
    assert expected <= found
    assert all(len(words) == 10 for words in keywords)
    assert not {"Visual", "Studio", "the", "using", "und", "的"} & found


def test_a_phrase_gives_way_to_its_words_wherever_they_stand():
    counts = make_counts([{"query plan": 3, "query": 8, "plan": 7, "index": 1}])
    weight = {"query plan": 9.0, "query": 8.0, "plan": 7.0, "index": 1.0}
    weights = csr_array(np.array([[weight[term] for term in counts.terms]]))
    (keywords,) = top_keywords(weights, counts, KeywordSettings())
    assert [word for word, _ in keywords] == ["query", "plan", "index"]


def test_a_word_gives_way_to_the_name_that_it_stands_in():
    terms = ("New York", "York", "hotel")
    parts = np.array([[-2, 1, -1], [-1, -1, -1], [-1, -1, -1]], dtype=np.int32)
    table = csr_array(np.array([[8, 9, 4]]))
    counts = TermCounts(terms, table, np.zeros(3, dtype=np.int64), ("en",), parts)
    (keywords,) = top_keywords(csr_array(table, dtype=np.float64), counts, KeywordSettings())
    assert [word for word, _ in keywords] == ["New York", "hotel"]


def test_no_keyword_is_likelier_outside_of_its_topic():
    texts = ["service boat"] * 40 + ["boat"] * 60 + ["service garlic"] * 90 + ["soup"] * 10
    weights = np.ones(len(texts), dtype=np.int64)
    for rerank in (True, False):
        settings = KeywordSettings(phrases=False, rerank=rerank)
        counts = TermCounts.of(count_terms(texts, weights, settings), np.repeat([0, 1], 100), weights, 2)
        keywords = top_keywords(weigh(counts, settings), counts, settings)
        assert [[word for word, _ in listed] for listed in keywords] == [
            ["boat"],
            ["garlic", "service", "soup"],
        ]
    ratios = risk_ratios(counts, [[word for word, _ in listed] for listed in keywords])
    assert min(word.ratio for listed in ratios for word in listed) >= 1


def test_a_topic_of_common_words_alone_keeps_them():
    texts = ["boat"] * 10 + ["boat boat", "sea"] * 9 + ["boat"]
    weights = np.ones(len(texts), dtype=np.int64)
    counts = TermCounts.of(
        count_terms(texts, weights, KeywordSettings()), np.repeat([0, 1, 0], [28, 1, 0]), weights, 2
    )
    keywords = top_keywords(weigh(counts, KeywordSettings()), counts, KeywordSettings())
    assert [word for word, _ in keywords[1]] == ["boat"]


def test_a_pool_read_in_part_is_in_the_order_of_the_whole():
    rng = np.random.default_rng(0)
    for size in (0, 1, rank._READ_FIRST, rank._READ_FIRST + 1, 500):
        alphabet = rng.permutation(1000)
        terms = np.sort(rng.choice(1000, size, replace=False))
        values = rng.integers(0, 20, size) / 7.0  # many are equal
        whole = terms[np.lexsort((alphabet[terms], -values))].tolist()
        pool = rank._Pool(terms, values, alphabet)
        assert list(pool) == whole
        assert all(pool.best(n) == whole[:n] for n in (0, 1, 10, 100))
        first = tuple(whole[5:8])
        assert list(rank._Pool(terms, values, alphabet, first)) == [
            *first,
            *(term for term in whole if term not in first),
        ]


def test_phrases_are_looked_up_as_if_each_was_compared():
    rng = np.random.default_rng(0)
    single = [f"w{i}" for i in range(9)]
    phrases = {" ".join(rng.choice(single, rng.integers(2, 4), replace=False)) for _ in range(60)}
    counts = make_counts([dict.fromkeys([*single, *phrases], 1)])
    terms = rank._Terms(counts)
    every = [terms[number] for number in range(len(counts.terms))]
    times = rng.integers(0, 6, len(counts.terms))
    some = [every[number] for number in rng.choice(len(every), 30, replace=False)]
    listed = rank._Listed(times)
    for term in some:
        listed.add(term)
    for term in every:
        assert listed.has_mostly(term) == any(rank._mostly_inside(term, one, times) for one in some)
        assert listed.is_mostly_in(term) == any(rank._mostly_inside(one, term, times) for one in some)
    assert any(map(listed.has_mostly, every))
    assert any(map(listed.is_mostly_in, every))
