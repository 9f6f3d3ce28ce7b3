"""Keywords in nine languages are words that a reader would choose, not grammar, endings or fragments."""

import numpy as np
import pytest

from tests.keywords.nine_languages import SUBJECTS, sentences
from topickit import TopicModel
from topickit.corpus.stemming import stemmer
from topickit.keywords import clitics, unspaced
from topickit.keywords.clitics import is_predicate, without_articles, without_particles
from topickit.keywords.reader import TermReader
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.stopwords import stop_words
from topickit.keywords.vocabulary import count_terms
from topickit.report.text import render_overview

THAI_BEHIND = [*map(chr, range(0x0E30, 0x0E3B)), *map(chr, range(0x0E47, 0x0E4F))]
"""Thai vowels and tones that stand behind, above or below a consonant."""
# Words of football, cooking and health that are among the keywords; words that are none.
WORDS = {
    "ar": ("الفريق المباراة اللاعب", "الحساء الخضار الملح الزيت", "الطبيب المريض الدواء المستشفى"),
    "hi": ("टीम मैच खिलाड़ी", "नमक सब्ज़ी हल्दी दाल", "मरीज़ अस्पताल डॉक्टर दवा बुखार"),
    "th": ("ผู้เล่น ทีมฟุตบอล แข่งขัน", "น้ำปลา พริก แกง เนื้อไก่", "แพทย์ โรงพยาบาล ผู้ป่วย"),
    "ja": ("試合 選手 チーム サッカー", "野菜 塩 料理 鍋", "医師 患者 治療 病院 薬"),
    "ko": ("경기 감독 선수", "채소 고기 소금 요리", "의사 병원 치료 환자"),
    "ru": ("игрок тренер команда", "суп овощи соль", "лекарство врач больнице"),
    "tr": ("takım ışıklar gol", "tuz sebzeler çorba ılık", "doktor ilaç hasta"),
    "vi": ("cầu_thủ trận_đấu đội_bóng_đá", "nước_mắm rau", "bác_sĩ bệnh_viện bệnh_nhân thuốc"),
    "el": ("ομάδα αγώνα προπονητής παίκτης", "αλάτι σούπα λαχανικά λάδι", "γιατρός φάρμακο νοσοκομείο"),
}
NONE = {
    "ar": "في من على إن قال لأن كانوا منه هذا والملح بالمباراة الطبيب،",
    "hi": "में के और को ने था करके दिया दी इसलिए बहुत है खिलाड़",
    "th": "และ ที่ มาก ใน ให้ คน ่ ้ โค้ชบอ",
    "ja": "は が を の です ました とても 勝 切 聞",
    "ko": "에서 을 를 환자들이 선수의 말했습니다 졌지만 않았다 정말",
    "ru": "и в что была очень его для сказал",
    "tr": "ve çok bir için ama bu olduğunu TAKIM IŞIKLAR ILIK",
    "vi": "và của rất này cho để bệnh sĩ cầu mắm",
    "el": "ο η και είναι τον πολλούς είπε ΟΜΑΔΑ ΓΙΑΤΡΟΣ ασθενείς",
}


def fit(language: str) -> TopicModel:
    """Fit three topics to the sentences, by subject."""
    vectors = np.zeros((len(SUBJECTS), 8), dtype=np.float32)
    rows = np.arange(len(SUBJECTS))
    vectors[rows, SUBJECTS] = 1
    vectors[rows, 3 + rows % 4] = 0.1
    return TopicModel(n_topics=3).fit(sentences(language), embeddings=vectors)


@pytest.fixture
def without_libraries(monkeypatch):
    """Hide the packages of the extras."""
    monkeypatch.setattr(clitics, "_korean_analysis", lambda: None)
    monkeypatch.setattr(unspaced, "kanji", lambda: None)
    monkeypatch.setattr(unspaced, "_thai_dictionary", lambda: None)


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.usefixtures("without_libraries")
def test_keywords_are_words_that_a_reader_would_choose(language):
    model = fit(language)
    subject_of = {int(topic): SUBJECTS[row] for row, topic in enumerate(model.labels_)}
    listed = set()
    for topic in model.topics_:
        words = [word.lower() for word in topic.words]
        missing = {word.replace("_", " ") for word in WORDS[language][subject_of[topic.id]].split()} - set(
            words
        )
        assert not missing, (topic.words, missing)
        listed.update(topic.words)
    assert not set(NONE[language].split()) & listed


def test_thai_words_of_the_dictionary():
    pytest.importorskip("pythainlp")
    words = {word for topic in fit("th").topics_ for word in topic.words}
    assert {"ฟุตบอล", "ผู้ป่วย", "โรงพยาบาล", "น้ำปลา", "การแข่งขัน"} <= words


def test_korean_words_of_the_analysis():
    pytest.importorskip("kiwipiepy")
    words = {word for topic in fit("ko").topics_ for word in topic.words}
    assert {"경기", "선수", "의사", "채소"} <= words
    assert not {word for word in words if word.endswith(("습니다", "에서", "했다"))}


def test_japanese_compounds_are_cut_by_the_dictionary():
    pytest.importorskip("sudachipy")
    pytest.importorskip("sudachidict_small")
    cut = unspaced.kanji()
    assert cut is not None
    assert "".join(cut("東京都立大学病院")) == "東京都立大学病院"
    assert len(cut("自然言語処理")) > 1


def test_a_korean_noun_may_look_as_if_it_ended_like_a_verb():
    assert not any(map(is_predicate, ["바다", "캐나다", "경기", "선수", "다리", "아서왕"]))
    assert all(map(is_predicate, ["했습니다", "먹었다", "간다면서", "어려워서"]))


def test_korean_plurals_are_counted_with_the_noun():
    times = dict.fromkeys(["환자들이", "환자가", "환자"], 1)
    assert without_particles(times) == {"환자들이": "환자", "환자가": "환자"}


def test_an_arabic_prefix_is_dropped_only_from_a_word_that_occurs():
    times = {
        "الكتاب": 4,
        "كتاب": 2,
        "والكتاب": 1,
        "بالكتاب": 1,
        "للكتاب": 1,
        "وزير": 3,
        "الزير": 1,
        "بالتالي": 2,
    }
    found = without_articles(times)
    assert {word: found[word] for word in ("الكتاب", "والكتاب", "بالكتاب", "للكتاب")} == dict.fromkeys(
        ("الكتاب", "والكتاب", "بالكتاب", "للكتاب"), "كتاب"
    )
    assert "وزير" not in found
    assert "بالتالي" not in found


def test_persian_has_no_article():
    assert without_articles({"الان": 1, "ان": 5, "کتاب": 9, "خانه": 9, "شهر": 9}) == {}


@pytest.mark.usefixtures("without_libraries")
def test_thai_is_not_cut_before_a_vowel_or_tone():
    cut = unspaced.Segmentation(thai=unspaced.thai_pieces(["การบ้าน", "เกมส์", "มากมาย"])).thai_run
    for run in ("การบ้าน", "เกมส์", "เดินทางไกล", "กันยายน"):
        pieces = cut(run)
        assert "".join(pieces) == run
        assert not any(
            "\u0e30" <= piece[0] <= "\u0e3a" or "\u0e47" <= piece[0] <= "\u0e4e" for piece in pieces
        )
        assert not any(piece[-1] in "เแโใไ" for piece in pieces)


@pytest.mark.parametrize(
    ("language", "forms"),
    [("el", "ασθενής ασθενείς"), ("tr", "sebze sebzeler"), ("hi", "खिलाड़ी खिलाड़ियों"), ("ru", "врач врачи")],
)
def test_forms_of_one_word_have_one_stem(language, forms):
    stem = stemmer([language])
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.usefixtures("without_libraries")
def test_thai_of_another_text_is_cut_as_in_the_corpus():
    texts, weights = sentences("th"), np.ones(12, dtype=np.int64)
    known = count_terms(texts, weights, KeywordSettings())
    reader = TermReader.of(texts, weights, KeywordSettings(), known)
    apart = [reader.count([text]).toarray()[0] for text in texts]
    np.testing.assert_array_equal(np.stack(apart), reader.count(texts).toarray())
    assert np.stack(apart)[:, known.terms.index("ผู้ป่วย")].sum() >= 3


def test_turkish_stop_words_have_dotless_capitals():
    assert "altında" in stop_words("tr")
    assert "için" in stop_words("tr")


def test_a_table_keeps_its_columns_in_arabic():
    model = fit("ar")
    lines = render_overview(model.report().summary, 80).splitlines()
    rows = [line for line in lines if "الطبيب" in line and "·" in line]
    assert rows
    # No run from right to left is longer than a word.
    assert all(f"\u200e{word}" in rows[0] for word in ("الطبيب", "الدواء"))
    assert not any("\u200e" in line for line in render_overview(fit("el").report().summary, 80).splitlines())
