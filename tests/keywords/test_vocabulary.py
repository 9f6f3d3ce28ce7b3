import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topickit.errors import InputError, ParameterError
from topickit.keywords import n_grams, phrases, tokens
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.stopwords import stop_words
from topickit.keywords.tokens import read_tokens
from topickit.keywords.vocabulary import DocumentTerms, count_terms

PLAIN = KeywordSettings(stop_words=None, phrases=False)


def terms_of(texts: list[str], settings: KeywordSettings = PLAIN, weights=None) -> DocumentTerms:
    weights = np.ones(len(texts), dtype=np.int64) if weights is None else np.asarray(weights)
    return count_terms(texts, weights, settings)


def as_table(found: DocumentTerms, row: int) -> dict[str, int]:
    counts = found.counts[[row], :].toarray().ravel()
    return {term: int(n) for term, n in zip(found.terms, counts, strict=True) if n}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("C++ and C# or F#, node.js", {"C++", "C#", "F#", "and", "or", "node.js"}),
        ("ASP.NET (.NET), AT&T", {"ASP.NET", ".NET", "AT&T"}),
        ("don't open-source U.S. PL/SQL", {"don't", "open-source", "U.S.", "PL/SQL"}),
        ("Microsoft’s l'homme _very_ mod_rewrite", {"Microsoft", "homme", "very", "mod_rewrite"}),
        ("end.Next one.", {"end", "Next", "one"}),
        ("see http://a.b/c?d=e or me@example.com &amp; <br/> <b>bold</b>", {"see", "or", "bold"}),
        (
            "mp3 x86 3d G8 64-bit 0t b8f 1d9 1234 3.14 20th 26-year-old ____ --",
            {"mp3", "x86", "3d", "G8", "64-bit"},
        ),
        ("naïve cafe\u0301 Straße हिंदी Привет", {"naïve", "café", "Straße", "हिंदी", "Привет"}),
        ("word " + "x" * 31, {"word"}),
        ("begin MAX>'" + "AX>'" * 20 + " end", {"begin", "end"}),
        (
            "don&#x27;t AT&amp;T M&uuml;ller life&nbsp;now low&hellip;",
            {"don't", "AT&T", "Müller", "life", "now", "low"},
        ),
        ("&lt;div class=&quot;x&quot;&gt;text&lt;/DIV&gt;<BR>end", {"text", "end"}),
        ("see HTTP://A.B/C<br/>bye", {"see", "bye"}),
        ("详情 https://t.cn/A6x，东京", {"详情", "东京"}),
        (r"Schr\"odinger Poincar\'e Erd\H{o}s {\v C}ech", {"Schrödinger", "Poincaré", "Erdős", "Čech"}),
        (r"don\'t l\'eau", {"don", "eau"}),
        (r"\"Other\" example\.com \'Ann\' C:\.ssh", {"Other", "example", "com", "Ann", "ssh"}),
        ("müller@web.de 联系foo@bar.com谢谢", {"联系", "谢谢"}),
        ("&copyright; caf&amp;eacute;", {"café"}),
        ("Wi\u2011Fi state\u2010of", {"Wi-Fi", "state-of"}),
        ("first.last+tag@example.co.uk wrote", {"wrote"}),
        ("__init__.py __init__", {"__init__.py", "init"}),
        ('צה"ל', {'צה"ל'}),
        ("20bpm 5kcal 24hrs v2 2ème 64bit", {"64bit"}),
        ("東京タワーは自然言語処理です。", {"東京", "タワー", "自然言語処理"}),
    ],
)
def test_words(text, words):
    japanese = KeywordSettings(phrases=False) if "は" in text else PLAIN
    assert set(terms_of([text], japanese).terms) == words


def test_chinese_is_segmented_and_single_characters_are_none():
    found = terms_of(["我来到北京清华大学", "他来到了网易杭研大厦"])
    assert {"北京", "清华大学", "大厦"} <= set(found.terms)
    assert all(len(term) > 1 for term in found.terms)
    assert found.languages == ("zh",)


def test_segmenting_keeps_the_counts_of_each_text():
    found = terms_of(["北京 boats 北京大学", "boats", "清华大学 boats boats"])
    assert as_table(found, 0)["北京"] == 1
    assert as_table(found, 1) == {"boats": 1}
    assert as_table(found, 2) == {"清华大学": 1, "boats": 2}


def test_folded_for_counting_shown_as_most_often_written():
    found = terms_of(["iPhone iPhone IPHONE", "iphone Boats"], weights=[1, 1])
    assert as_table(found, 0) == {"iPhone": 3}
    assert as_table(found, 1) == {"iPhone": 1, "Boats": 1}
    # A text that stands for five documents decides how the word is written.
    assert "iphone" in terms_of(["iPhone iPhone IPHONE", "iphone Boats"], weights=[1, 5]).terms
    assert terms_of(["B-tree b-tree"]).terms == ("B-tree",)  # of equals the first in the alphabet


def test_one_letter_is_a_word_behind_words_only():
    assert "C" in terms_of(["programs written in C", "the C compiler", "learning C quickly"]).terms
    assert terms_of(["John F. Kennedy", "F: none", "Robert F. Kennedy"]).terms == (
        "John",
        "Kennedy",
        "none",
        "Robert",
    )


@pytest.mark.parametrize(
    ("texts", "languages", "gone"),
    [
        (["The boat is in the harbour and they are happy"], ("en",), {"the", "is", "they"}),
        (["Der Hund ist im Garten und die Katze schläft nicht"], ("de",), {"der", "ist", "und", "nicht"}),
        (["Le chat est dans la maison et il n'est pas content"], ("fr",), {"le", "est", "dans", "pas"}),
        (["Собака не в саду, а кошка и птица там"], ("ru",), {"не", "там"}),
        (["SVN", "Apache Tomcat"], (), set()),
        (["hello world", "a cat", "C++ and C#"], (), set()),
    ],
)
def test_finds_the_language(texts, languages, gone):
    found = terms_of(texts, KeywordSettings())
    assert found.languages == languages
    assert not gone & {term.casefold() for term in found.terms}
    kept = terms_of(texts, PLAIN)
    assert gone <= {term.casefold() for term in kept.terms}


@pytest.mark.parametrize(
    ("file", "languages"),
    [
        ("gnad10_test_de", ("de",)),
        ("thucnews_titles_zh", ("zh",)),
        ("stackoverflow_titles", ("en",)),
        ("banking77", ("en",)),
    ],
)
def test_finds_the_language_of_collections(shared_data, file, languages):
    texts = pl.read_parquet(shared_data / f"{file}.parquet")["text"].to_list()[:1000]
    assert terms_of(texts, KeywordSettings(phrases=False)).languages == languages


def test_mixed_corpus_loses_the_stop_words_of_all_its_languages():
    english = [f"The {word} is in the house and it was here" for word in ("boat", "dog", "cat")]
    german = [f"Der {word} ist nicht in dem Haus und war auch nicht hier" for word in ("Hund", "Baum")]
    found = terms_of([*english, *german, "北京清华大学", "上海的大学"], KeywordSettings())
    assert set(found.languages) == {"en", "de", "zh"}
    terms = {term.casefold() for term in found.terms}
    assert {"boat", "hund", "baum", "清华大学", "house"} <= terms
    assert not terms & {"the", "der", "und", "and", "nicht", "was", "的"}


def test_a_few_texts_of_another_language_take_no_words_of_the_others():
    english = [
        f"The {word} is at this point and it was the point of the day" for word in ("boat", "dog", "cat")
    ] * 20
    french = ["Le chat est dans la maison, il n'est pas sur le point de partir avec nous"] * 2
    found = terms_of([*english, *french], KeywordSettings())
    assert found.languages == ("en", "fr")
    assert "point" in found.terms
    assert not {"dans", "avec", "le"} & {term.casefold() for term in found.terms}


def test_english_list_keeps_the_subjects():
    subjects = {"world", "system", "computer", "research", "help", "year", "people", "money", "game", "fire"}
    assert not subjects & stop_words("en")
    assert {"the", "of", "don", "using"} <= stop_words("en")


def test_own_stop_words_replace_the_lists():
    found = terms_of(["the Boat and the sea"], KeywordSettings(stop_words=("BOAT", "and")))
    assert set(found.terms) == {"the", "sea"}


@pytest.mark.parametrize(
    ("texts", "terms"),
    [
        (["the and of", "they were the"], {"the", "and", "of", "they", "were"}),
        (["12 345", "12"], {"12", "345"}),
        (["!!!", "..."], set()),
        ([], set()),
        (["the boat " + "of", "0t b8f"], {"boat", "0t", "b8f"}),
        (["the boat " + "of", "0t boat"], {"boat"}),
    ],
)
def test_rules_are_given_up_where_they_leave_nothing(texts, terms):
    found = terms_of(texts, KeywordSettings())
    assert set(found.terms) == terms
    assert found.counts.shape == (len(texts), len(terms))
    assert found.parts.shape == (len(terms), 3)


def test_all_words_once_in_a_large_corpus():
    texts = ["".join(chr(97 + int(d)) for d in f"{i:05}") for i in range(300)]
    assert len(terms_of(texts, KeywordSettings()).terms) == 300


def test_rare_words_go_in_a_large_corpus_by_weight():
    texts = [f"common word{i // 2:03}" for i in range(400)] + ["common rare", "common heavy"]
    found = terms_of(texts, weights=[1] * 401 + [2])
    assert {"common", "heavy", "word007"} <= set(found.terms)
    assert "rare" not in found.terms


def test_phrases():
    texts = []
    for i in range(120):
        words = [f"word{i}{letter}" for letter in "abcdef"]
        if i % 4 == 0:
            words[2:2] = ["New", "York"]
        if i % 4 == 1:
            words[2:2] = ["Red", "Bull", "Salzburg"]
        if i % 4 == 2:
            words[2:2] = ["York,", "New"]  # not side by side
        texts.append(" ".join(words))
    found = terms_of(texts, KeywordSettings(stop_words=None))
    pairs = {found.terms[i] for i in np.flatnonzero(found.parts[:, 0] >= 0)}
    assert pairs == {"New York", "Red Bull Salzburg"}  # "Red Bull" occurs in the longer one only
    number = {term: i for i, term in enumerate(found.terms)}
    assert found.parts[number["New York"]].tolist() == [number["New"], number["York"], -1]
    assert found.counts[:, [number["New York"]]].sum() == 30
    assert found.counts[:, [number["York"]]].sum() == 60  # words stay counted
    assert not (terms_of(texts, PLAIN).parts >= 0).any()


def test_no_phrase_reaches_over_two_texts_or_begins_with_a_stop_word():
    texts = ["boat of state", "sea the boat"] * 10
    found = terms_of(texts, KeywordSettings(stop_words=None))
    assert {"of", "the"} <= set(found.terms)
    assert not (found.parts >= 0).any()


def test_a_phrase_that_is_also_a_word_counts_as_the_word(monkeypatch):
    monkeypatch.setattr(phrases, "MIN_NPMI", -1.0)
    texts = ["上海 银行", "上海 银行 开业", "上海银行 上海 银行", "北京 天气"]
    found = terms_of(texts * 2, KeywordSettings(stop_words=None))
    assert len(set(found.terms)) == len(found.terms)
    assert found.terms.count("上海银行") == 1


def test_npmi_against_its_formula():
    p_ab, p_a, p_b = 0.02, 0.05, 0.1
    expected = np.log(p_ab / (p_a * p_b)) / -np.log(p_ab)
    np.testing.assert_allclose(phrases.npmi(np.array([p_ab]), np.array([p_a * p_b])), expected)
    assert phrases.npmi(np.array([1.0]), np.array([0.25])).tolist() == [0.0]


WORDS = st.sampled_from(
    ["boat", "Boat", "sea", "New", "York", "the", "and", "C", "北京大学", "mp3", "it's", ",", "12"]
)
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=8).map(" ".join), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(0, 2**16))
def test_order_of_texts_changes_nothing(texts, seed):
    order = np.random.default_rng(seed).permutation(len(texts))
    one, other = terms_of(texts, KeywordSettings()), terms_of([texts[i] for i in order], KeywordSettings())
    assert one.terms == other.terms
    assert one.languages == other.languages
    np.testing.assert_array_equal(one.parts, other.parts)
    np.testing.assert_array_equal(one.counts.toarray()[order], other.counts.toarray())


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_weight_two_is_two_documents(texts):
    weighted = terms_of(texts, KeywordSettings(), weights=[2] * len(texts))
    twice = terms_of([*texts, *texts], KeywordSettings())
    assert weighted.terms == twice.terms
    assert weighted.languages == twice.languages
    np.testing.assert_array_equal(weighted.parts, twice.parts)
    np.testing.assert_array_equal(weighted.counts.toarray(), twice.counts.toarray()[: len(texts)])


def test_blocks_change_nothing(monkeypatch, corpus):
    texts = [*corpus[0], *["Red Bull Salzburg wins in New York"] * 6]
    whole = terms_of(texts, KeywordSettings())
    assert (whole.parts >= 0).any()
    monkeypatch.setattr(tokens, "BLOCK_TOKENS", 50)
    assert len(list(read_tokens(texts).blocks())) > 20
    blocked = terms_of(texts, KeywordSettings())
    assert whole.terms == blocked.terms
    np.testing.assert_array_equal(whole.counts.toarray(), blocked.counts.toarray())
    np.testing.assert_array_equal(whole.parts, blocked.parts)


def test_counts_are_small_integers(corpus):
    found = terms_of(corpus[0], KeywordSettings())
    assert found.counts.dtype == np.int32
    assert found.counts.sum() == sum(sum(as_table(found, i).values()) for i in range(len(corpus[0])))


def test_caps(monkeypatch):
    from topickit.keywords import vocabulary

    monkeypatch.setattr(vocabulary, "MAX_WORDS", 2)
    assert set(terms_of(["a1b2 sea boat", "sea boat wind", "boat"]).terms) == {"boat", "sea"}


def test_one_weight_a_text():
    with pytest.raises(InputError, match=r"shape \(2,\)"):
        count_terms(["a", "b"], np.array([1]), PLAIN)


def test_nothing_heavy_is_imported_before_it_is_used():
    program = (
        "import sys, topickit.keywords.rank, topickit.keywords.vocabulary\n"
        "heavy = {'sklearn', 'nltk', 'rjieba', 'stopwordsiso', 'torch', 'numba', 'polars'}\n"
        "found = heavy & set(sys.modules)\n"
        "sys.exit(' '.join(found) if found else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_letter_at_the_end_of_a_text_is_not_a_label_of_the_next():
    texts = ["It was written in C", ".NET is the framework"]
    weights = np.ones(2, dtype=np.int64)
    found = [set(count_terms(texts[::way], weights, KeywordSettings()).terms) for way in (1, -1)]
    assert found[0] == found[1]
    assert "C" in found[0]


NAMED = [
    "We flew to New York last week",
    "The first time in New York was great",
    "New York has two teams this time",
    "Old friends met in New York at last",
    "A new car and a new house, the first time",
    "the new plan took two weeks and a long time",
]


def test_names_that_begin_with_a_stop_word_are_phrases():
    found = terms_of(NAMED, KeywordSettings())
    assert "New York" in found.terms
    assert not {"new", "first", "first time", "new car", "last week"} & {term.lower() for term in found.terms}
    row = found.parts[found.terms.index("New York")].tolist()
    assert row == [n_grams.NO_TERM, found.terms.index("York"), -1]


def test_headlines_have_no_names_of_stop_words():
    cities = ["Paris", "Rome", "Oslo", "Bern", "Cairo", "Lima"]
    texts = [f"Storm Hits {city} Last Week" for city in cities]
    texts += [f"The Last {thing} From {city}" for thing in ("Train", "Boat") for city in cities]
    assert not any(" " in term and "Last" in term for term in terms_of(texts, KeywordSettings()).terms)


def test_a_stop_word_that_the_user_gives_is_in_no_name():
    found = terms_of(NAMED, KeywordSettings(stop_words=["new", "the", "to"]))
    assert "New York" not in found.terms
    assert "York" in found.terms


def test_inner_articles_belong_to_a_phrase():
    texts = ["de l'huile d'olive", "une huile d'olive", "l'huile d'olive", "son huile d'olive"]
    assert "huile d'olive" in terms_of(texts, KeywordSettings()).terms


def test_no_phrase_reaches_over_a_header_line():
    texts = [f"Subject: question\nLines: {i}\nHello there" for i in range(6)]
    found = terms_of(texts, KeywordSettings(stop_words=None))
    assert not any(" " in term for term in found.terms if term != "Hello there")


def test_stop_words_of_traditional_chinese():
    assert {"這個", "我們", "因為", "沒有"} <= stop_words("zh")


def test_own_stop_words_beside_those_of_the_language():
    texts = ["the boat and the sea", "the sea and the card"]
    found = terms_of(texts, KeywordSettings(phrases=False, extra_stop_words=("Card",)))
    assert set(found.terms) == {"boat", "sea"}
    with pytest.raises(ParameterError, match="extra_stop_words must be words"):
        KeywordSettings(extra_stop_words="card")


def test_an_english_word_that_is_also_of_a_list_of_another_language_stays():
    found = terms_of(["a boat", "a car", "a car crash", "a train station"] * 30, KeywordSettings())
    assert "car" in found.terms  # which is "because" in French, where "a" is "has"
    assert found.languages == ()


def test_a_phrase_among_own_stop_words_is_not_listed():
    texts = ["Visual Studio crash", "a crash of Visual Studio", "Visual Studio and Visual Basic"] * 40
    assert "Visual Studio" in terms_of(texts, KeywordSettings()).terms
    found = terms_of(texts, KeywordSettings(extra_stop_words=("visual studio",)))
    assert "Visual Studio" not in found.terms
    assert {"Visual", "Studio", "crash"} <= set(found.terms)


def test_a_name_is_one_though_its_stop_word_stands_nowhere_else():
    texts = [f"People {word} in New York during summer day" for word in ("eat", "sing", "run", "sit", "talk")]
    texts += ["They moved to New Jersey", "We drove to New Jersey", "Snow in New Jersey"]
    found = terms_of(texts, KeywordSettings())
    assert {"New York", "New Jersey"} <= set(found.terms)


def test_parts_are_terms_where_nothing_is_removed():
    found = terms_of(NAMED, KeywordSettings(stop_words=None))
    of = {term.lower(): i for i, term in enumerate(found.terms)}
    assert found.parts[of["new york"]].tolist() == [of["new"], of["york"], -1]


def test_a_long_run_with_a_sign_of_mail_takes_no_time():
    for run in ("@" + "a" * 200_000, "a" * 200_000 + "/@", "@" + "a." * 100_000, "@é" + "a" * 200_000):
        read_tokens([run])  # quadratic, it took minutes
