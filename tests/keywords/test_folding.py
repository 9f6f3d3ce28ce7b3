"""The spellings of one word are one word, and different words stay two."""

import numpy as np
import pytest

from topickit.keywords.folding import Rules, fold, spelling_variants
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

# Language, pairs that are one word, pairs that must stay two.
TABLE = [
    ("Turkish", "İçin/için LİMAN/liman IŞIK/ışık KAPI/kapı", "sınır/sinir kır/kir SINIR/sinir"),
    ("Azerbaijani", "İşıq/işıq QIZIL/qızıl", "qız/qiz"),
    ("Arabic", "فِي/في القـــارب/القارب أحمد/احمد إلى/الى آجن/اجن مدرسة/مدرسه ٢٠٢٤/2024", "قلب/كلب"),
    ("Persian", "كشتي/کشتی می‌خواهم/میخواهم علي/علی خانۀ/خانه ۱۲/12", "آب/اب کشتی/کشتن"),
    ("Urdu", "بهت/بہت كتاب/کتاب", "کہا/کھا آب/اب کی/کے"),
    ("Sorani", "كتێب/کتێب ڕۆژ/رۆژ", "ڵ/ل"),
    ("Hebrew", "שָׁלוֹם/שלום", "שלום/שלם"),
    ("Yiddish", "ײדיש/יידיש", "ייד/יוד"),
    ("Greek", "ΑΘΗΝΑ/Αθήνα ΟΔΟΣ/οδός Μαΐου/Μαιου", "πόλη/πύλη"),
    ("Russian", "ёлка/елка за́мок/замок МОСКВА/Москва", "мой/мои"),
    ("Ukrainian", "п’ять/п'ять пʼять/п'ять", "ґрати/грати її/ії"),
    ("German", "STRASSE/Straße Zürich/Zu\u0308rich", "schon/schön Mutter/Mütter"),
    ("Danish", "blåbærsyltetøj/blåbärsyltetöj", "hår/har"),
    ("Romanian", "ştiinţă/știință", "fata/fată"),
    ("French", "cœur/coeur ÉTÉ/été l’eau/l'eau", "pêche/péché"),
    ("Spanish", "ESPAÑA/España", "año/ano"),
    ("Portuguese", "AVÓ/avó", "avó/avô"),
    ("Vietnamese", "hoà/hòa thuỷ/thủy hoá/hóa", "ma/má hoa/hòa"),
    ("Hindi", "हँसी/हंसी ज़मीन/जमीन क़लम/कलम २४/24", "दिन/दीन"),
    ("Bengali", "য\u09bc/\u09df ত্\u200d/ৎ", "দিন/দীন"),
    ("Malayalam", "അവന്\u200d/അവൻ", "അവൻ/അവൾ"),
    ("Thai", "เเมว/แมว น\u0e4dา/นำ ๑๒/12", "มา/ม้า"),
    ("Japanese", "サーバー/サーバ ﾈｺ/ネコ ＡＢＣ/abc 人々/人人 一ヶ月/一ケ月", "ビル/ビール びょう/びよう"),
    ("Chinese", "ＧＤＰ/gdp 〇/〇", "猫/狗"),
    ("Korean", "\u1112\u1161\u11ab/한", "한/핸"),
    ("Armenian", "ԵՒ/և", "մեր/մէր"),
    ("Afrikaans", "ŉ/'n", "sê/se"),
    ("English", "ﬁle/file zero\u200bwidth/zerowidth don’t/don't U.S./U.S", "resume/résumé"),
]  # fmt: skip
RULES = {
    "Turkish": Rules(dotless=True),
    "Azerbaijani": Rules(dotless=True),
    "Persian": Rules(madda=True),
    "Urdu": Rules(madda=True),
}


@pytest.mark.parametrize(("language", "one", "two"), TABLE, ids=[row[0] for row in TABLE])
def test_one_word_or_two(language, one, two):
    rules = RULES.get(language, Rules())
    for left, right in (pair.split("/") for pair in one.split()):
        assert fold(left, rules) == fold(right, rules), (left, right)
    for left, right in (pair.split("/") for pair in two.split()):
        assert fold(left, rules) != fold(right, rules), (left, right)


@pytest.mark.parametrize(
    "word", sorted({w for _, *pairs in TABLE for p in pairs for w in p.replace("/", " ").split()})
)
def test_folding_twice_changes_nothing(word):
    assert fold(fold(word)) == fold(word)


def terms_of(*texts: str) -> set[str]:
    found = count_terms(list(texts), np.ones(len(texts), dtype=np.int64), KeywordSettings(phrases=False))
    return set(found.terms)


def test_a_turkish_corpus_has_a_dotless_capital():
    words = terms_of("LİMAN kapısı ve SINIR", "liman ile sınır", "Kırmızı ışık için", "İçin sinir ve ışık")
    assert {"liman", "LİMAN"} & words
    assert len({"SINIR", "sınır"} & words) == 1
    assert "sinir" in words
    assert not {"İçin", "için"} & words


def test_a_spelling_without_umlaut_is_the_word_that_the_corpus_has():
    assert terms_of("Frau Müller", "Herr Mueller", "Herr Müller") >= {"Müller"}
    assert "Mueller" not in terms_of("Frau Müller", "Herr Mueller", "Herr Müller")
    assert "Mueller" in terms_of("Herr Mueller")
    assert spelling_variants({"neue": 3, "schön": 1}) == {}


def test_korean_nouns_have_no_particle():
    words = terms_of("커피가 좋다", "커피를 마시다", "고양이는 커피에서", "고양이가 왔다")
    assert {"커피", "고양이"} <= words
    assert not {"커피가", "커피를", "고양이는"} & words
    assert "은" not in terms_of("고양이 은 작다", "강아지 은 크다")


def test_urdu_stop_words_are_none():
    texts = [
        f"{word} میں بھی بہت اچھی کتاب ہے اور یہ لوگ اس کے ساتھ ہیں" for word in ("لاہور", "کراچی", "دہلی")
    ]
    assert not {"میں", "بھی", "ہے", "کے", "اور"} & terms_of(*texts)
    assert {"لاہور", "کراچی"} <= terms_of(*texts)


def test_a_word_divided_at_the_end_of_a_line_is_one():
    assert "software" in terms_of("The soft-\nware runs", "some software")
    assert "soft" not in terms_of("The soft-\r\n  ware runs", "some software")
    words = terms_of("open-source code", "open-source tools", "open-\nsource games")
    assert "open-source" in words
    assert "opensource" not in words


def test_apostrophes_and_the_catalan_dot_are_within_words():
    assert "col·lecció" in terms_of("una col·lecció d'art")
    assert "don" not in terms_of("they don´t swim", "boats")


def test_japanese_words_of_one_kanji():
    words = terms_of(
        "犬が好きです。毎日パンを食べる。",
        "猫は寝ている。3人が見た。",
        "車を買いました。アメリカ人と話した。",
        "犬と猫の写真を撮る。",
    )
    assert {"犬", "猫", "車"} <= words
    assert not {"食", "寝", "人", "見", "買", "話", "撮"} & words


def test_chinese_words_of_one_character_are_none():
    assert not {word for word in terms_of("我有一只猫", "他有一只狗和一辆车") if len(word) == 1}
