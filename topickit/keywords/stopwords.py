"""Languages of a corpus, and their stop words.

The lists are those of the package ``stopwordsiso`` (58 languages), except for English: its list has
1,298 words, among them "world", "system", "computer", "research" and "help". The list below has
closed word classes, and the few verbs and adverbs that occur in every kind of English text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import regex  # type: ignore[import-untyped]
from numpy.typing import NDArray
from scipy.sparse import csr_array

from topickit._core.vectors import IntArray
from topickit.keywords.folding import Rules, fold
from topickit.keywords.sparse import BLOCK_ROWS, row_blocks, weighted_totals

_ENGLISH_CLASSES = {
    "articles and determiners": """
        a an the this that these those such some any no every each either neither another other others all
        both half many much more most few fewer less least several enough own same
    """,
    "pronouns": """
        i me my mine myself we us our ours ourselves you your yours yourself yourselves u ya he him his
        himself she her hers herself it its itself they them their theirs themselves one ones oneself who
        whom whose which what whatever whoever whichever somebody someone something anybody anyone
        anything everybody everyone everything nobody none nothing there here thee thou thy
    """,
    "prepositions": """
        about above across after against along amid among amongst around as at before behind below beneath
        beside besides between beyond by despite down during except for from in inside into like near of
        off on onto out outside over past per since than through throughout till to toward towards under
        underneath until unto up upon via with within without
    """,
    "conjunctions": """
        and but or nor so yet if unless whether because although though while whereas when whenever where
        wherever why how however therefore thus hence moreover furthermore nevertheless nonetheless
        otherwise meanwhile else et vs versus
    """,
    "auxiliaries": """
        am is are was were be been being do does did doing done have has had having will would shall
        should can could may might must ought cannot let lets
    """,
    "adverbs": """
        not never ever always often sometimes usually already still just only also too very quite rather
        really actually almost even again once twice now then soon later ago perhaps maybe instead
        together away back anyway somewhat somehow somewhere anywhere everywhere elsewhere nowhere
        probably simply certainly exactly especially particularly basically generally obviously apparently
        currently recently well far much further yes no ok okay please thanks thank etc e.g i.e eg ie non
    """,
    "verbs that every text has": """
        get gets got gotten getting go goes going went gone come comes came coming make makes made making
        take takes took taken taking give gives gave given giving put puts putting say says said saying
        tell tells told know knows knew known think thinks thought see sees saw seen seem seems seemed
        want wants wanted need needs needed try tries tried trying use uses used using keep keeps kept
        become becomes became look looks looking looked find finds happen happens happened mean means
        meant going gonna wanna hope guess
    """,
    "weak nouns and adjectives": """
        thing things something way ways lot lots kind sort bit able good better best bad new old great big
        little long last next first second two three four five six seven eight nine ten different sure
        possible certain various due respectively mr mrs ms
    """,
    "contractions": """
        dont doesnt didnt cant couldnt wouldnt shouldnt wont isnt arent wasnt werent hasnt havent hadnt
        aint im ive id ill youre youve youll hes shes theyre theyve thats whats theres heres lets ain don
        doesn didn couldn wouldn shouldn isn aren wasn weren hasn haven hadn ll ve re 'll 've 're 'em 'til
        o'clock
    """,
}
IN_NAMES = frozenset(_ENGLISH_CLASSES["weak nouns and adjectives"].split()) | {"one"}
"""English stop words that may stand in the name of something: New York, Six Nations, Xbox One."""
_ENGLISH_CONTRACTION = re.compile(r".*(?:n't|'(?:ll|re|ve|d|m|em|t))")
_MISSING = {
    "de": """
        laut zudem derzeit insgesamt zuletzt fast ebenfalls deutlich rund knapp etwa bereits demnach
        zufolge lässt lassen liegt geben
    """,
    "fr": "quelqu'un aujourd'hui",
    "ar": """
        لأن لأنه لأنها كانوا كنت تكون منه منهم عنه عنها عنهم إنه إنها أنه أنها أنهم جدا جداً لقد ليس
        ليست لدي لديه لديها لهم بهم فيهم إليه إليها عليهم فقط أيضا أيضاً يجب ينبغي كي عبر أثناء لكن ولكن
        مازال ثم أي بينما قالت يقول تقول أمام هؤلاء الآن مرة شيء
    """,
    "el": """
        δύο τρία τέσσερα πέντε δέκα πολλά πολλοί πολλές πολλούς γιατί ήταν είναι είπε λέει έκανε κάνει
        μας σας αυτή αυτό αυτός νέο νέος νέα ήθελε θέλουμε πρώτα μετά όταν δεν θα
    """,
    "hi": """
        करके करता करती करो करेंगे दी दिए दे देता देते देना देने दें दीजिए लिया ली लें ले लेना लेने लेते
        लीजिए गई गयी गए गये जाता जाती जाते जाना जाने जाएँ जाए जाएगा चल चला चली चलता चाहिए इसलिए क्योंकि
        ताकि अगर रही सकती सके थीं हूँ हूं होगा होगी होंगे बारे वाला वाली तो मैं हम तुम मेरा मेरी मेरे
        मुझे हमें हमारा हमारे हमारी आपका आपके आपकी उसका उसकी क्या क्यों कैसे कब कहाँ कहां अब आज कल तीन
        चार पाँच पांच दस सब खुद स्वयं आया आई आए आने आता पूछ कहना डालें डालकर
    """,
    "ru": "сказал сказала сказали своего свою свои своих своей своём нужен нужна нужно нужны дал дала всё",
    "th": """
        คน ทุกคน ทุกวัน มากกว่า ควร แก่ ใหม่ สอง ลูก นัด เมื่อวาน บอกว่า บอ บอก ใช้ ใส่ ทำ นำ ทำให้
        สำหรับ จน เท่านั้น เพียง ค่ะ ครับ นะ ดี มั้ย ไหม เยอะ เกิน ตอน ซะ อัน ตัว เหมือน หน่อย นั่น นี่
        โน่น ใคร เธอ ฉัน ผม คุณ พวก มัน
    """,
    "tr": """
        yeni dün bugün yarın eder eden etmek etme ederim olmalı olan söyledi dedi diyor onu iki üç son
        gün altında üzerinde içinde gerekir gerekli verdi geldi gitti aldı
    """,
    "vi": "rồi hai ba bốn mười vẫn đang hãy bị cho này kia lắm nhé ạ vậy mới cuối",
    "zh": "没有",
    # The Korean list has none of the particles, which some texts write apart.
    "ko": """
        은 는 이 가 을 를 에 의 도 만 과 와 로 으로 에서 에게 까지 부터 보다 처럼 이나 나 라 이라 랑
        이랑 께서 한테 마다 조차 에는 에도 에서는 에서도 으로는 으로도
        입니다 이다 있다 있는 있습니다 없다 없는 하다 하는 합니다 했다 했습니다 되다 된다 되는 됩니다
        너무 매우 정말 아주 더 제 저 저는 제가 나는 내가 우리 것이 것을 것은
        수 및 등 때 그리고 하지만 않다 않은 않는 많다 많은 새롭다 새로운 가다 오다 받다 주다 같다 같은
        쓰다 위하다 위한 위해 대하다 대한 따르다 따라 통하다 통해 의하다
        다른 모든 여러 이런 그런 어제 오늘 내일
    """,
    # The Urdu list is in a defective encoding.
    "ur": """
        میں بھی کے کی کا کو سے نے پر اور ہے ہیں تھا تھی تھے ہوں ہو ہوا ہوئی ہوئے ہوتا ہوتی ہوتے ہونے یہ
        وہ اس ان جو کہ کیا کیوں کیسے کب کہاں کون کس کچھ کوئی سب تک ساتھ لیے لئے بعد پہلے اب تو ہی نہیں
        نہ مت ایک دو گیا گئی گئے جا جاتا جاتی جاتے جائے کر کرتا کرتی کرتے کرنا کرنے کریں کیے رہا رہی رہے
        سکتا سکتی سکتے دیا دی دیے لیا لی ہم آپ تم مجھے ہمیں انہیں اسے انھوں انہوں میرا میری میرے اپنا
        اپنی اپنے ہمارا ہماری ہمارے یا اگر لیکن مگر پھر والا والی والے بہت زیادہ جب تب جس جن طرح اندر
        باہر اوپر نیچے گا گی
    """,
}
# Syllables of the Vietnamese list that are parts of frequent nouns, such as "bác sĩ".
_NOT_LISTED = {"vi": frozenset(["bác", "căn", "cơ", "nhà", "bài", "bản", "số", "năm", "tháng", "bộ"])}
# The Chinese list is in simplified characters; these are written differently in Taiwan and Hong Kong.
_SIMPLIFIED = (
    "万与两个临为么乌于仅从们会体余几况凭别区单却后吓吗呕呗呜哒哗哟喽嗳处宁对将尔尽岂归当总愿据换旧时无来极样欤没犹独离种"
    "称简类紧纵经结给继综罢腾虽见让许论设诚话该说请诸谁贼赖赶较边达过还这进连鉴针问间随难顺齐里着冲关"
)
_TRADITIONAL = (
    "萬與兩個臨為麼烏於僅從們會體餘幾況憑別區單卻後嚇嗎嘔唄嗚噠嘩喲嘍噯處寧對將爾盡豈歸當總願據換舊時無來極樣歟沒猶獨離種"
    "稱簡類緊縱經結給繼綜罷騰雖見讓許論設誠話該說請諸誰賊賴趕較邊達過還這進連鑑針問間隨難順齊裡著衝關"
)
_TO_TRADITIONAL = str.maketrans(_SIMPLIFIED, _TRADITIONAL)
_EVERYWHERE = frozenset({"the", "of", "and", "n/a"})

# Scripts that one language alone (or mostly) uses, so that its list matches no other language.
_SCRIPTS = {
    "zh": r"\p{Han}",
    "ja": r"[\p{Hiragana}\p{Katakana}]",
    "ko": r"\p{Hangul}",
    "th": r"\p{Thai}",
    "el": r"\p{Greek}",
    "he": r"\p{Hebrew}",
    "hy": r"\p{Armenian}",
    "bn": r"\p{Bengali}",
    "gu": r"\p{Gujarati}",
}
# The first one wins where lists cover a corpus equally, as with a few words of related languages.
_WIDELY_WRITTEN = ("en", "es", "fr", "de", "ru", "pt", "it", "pl", "nl", "tr", "fa", "ar", "id", "uk", "vi")
MIN_SCRIPT_SHARE = 0.01
MIN_COVERAGE = 0.12
MIN_COVERAGE_OF_FURTHER = 0.2
MIN_DOCUMENT_SHARE = 0.01
MIN_SHARE_OF_BEST = 0.6
MIN_DISTINCT, MIN_DISTINCT_OF_FURTHER = 2, 5
MAX_LANGUAGES = 8


@cache
def english() -> frozenset[str]:
    """List the English stop words."""
    return frozenset(word for words in _ENGLISH_CLASSES.values() for word in words.split())


@cache
def stop_words(language: str) -> frozenset[str]:
    """List the stop words of a language, case-folded.

    Parameters
    ----------
    language : str
        ISO 639-1 code.

    Examples
    --------
    >>> "and" in stop_words("en"), "und" in stop_words("de"), "world" in stop_words("en")
    (True, True, False)
    """
    if language == "en":
        return english()
    from stopwordsiso import stopwords

    # The Chinese and Korean lists hold English words and signs, too.
    ascii_too = language not in _SCRIPTS
    rules = Rules(dotless=language in ("tr", "az"), madda=language in ("fa", "ur"))
    listed = {*stopwords(language), *_MISSING.get(language, "").split()}
    listed -= _NOT_LISTED.get(language, frozenset())
    if language == "zh":
        listed |= {word.translate(_TO_TRADITIONAL) for word in listed}
    return frozenset(fold(word, rules) for word in listed if ascii_too or not word.isascii())


def likely_stop_words(times: Mapping[str, float]) -> frozenset[str]:
    """List the stop words of the languages that a corpus is probably in.

    Parameters
    ----------
    times : mapping of str to float
        How often each folded word occurs.

    Returns
    -------
    frozenset of str
        Those of the languages whose words cover most of the corpus, or nearly as much.

    Examples
    --------
    >>> "und" in likely_stop_words({"the": 3, "boat": 2, "and": 1})
    False
    """
    from stopwordsiso import langs

    covered = {
        language: sum(times.get(word, 0.0) for word in stop_words(language)) for language in sorted(langs())
    }
    least = max(MIN_SHARE_OF_BEST * max(covered.values()), 1e-9)
    return frozenset().union(*(stop_words(language) for language, n in covered.items() if n >= least))


def _listed(number: Mapping[str, int], language: str) -> list[int]:
    """Number the words of a language's list; the list is shorter than the vocabulary."""
    listed = [number[word] for word in stop_words(language) if word in number]
    if language == "en":
        listed += [i for key, i in number.items() if "'" in key and _ENGLISH_CONTRACTION.fullmatch(key)]
    return listed


@dataclass(frozen=True, eq=False)
class StopWords:
    """The languages of a corpus, and which of its words are stop words.

    Attributes
    ----------
    languages : tuple of str
        ISO 639-1 codes, the language of most text first; empty where no list covers enough.
    mask : bool ndarray of shape (v,)
        True for stop words. "the", "of" and "and" always are, as they occur in titles and names in all
        languages.
    share : float
        Share of the words of the corpus that are of the first language; 0 where there is none.
    """

    languages: tuple[str, ...]
    mask: NDArray[np.bool_] = field(repr=False)
    share: float = 0.0


def find_stop_words(keys: Sequence[str], counts: csr_array, sizes: IntArray, weights: IntArray) -> StopWords:
    """Detect the languages of a corpus from its words, and mark its stop words.

    A language with a script of its own is detected when a hundredth of the words are in that script. The
    others are detected one by one, by the list that covers most of the remaining documents: it must cover
    an eighth of the words of at least a hundredth of the documents, no other list may cover many more of
    them, and two of its words must occur. Those documents are then set aside. A further language must cover
    a fifth, with two words per document and five in all, and its words are stop words only if most of their
    occurrences are in its documents: a few French titles do not make "point" a stop word.

    Parameters
    ----------
    keys : sequence of str, of length v
        Case-folded words.
    counts : csr_array of shape (u, v), int
        Occurrences of each word in each document.
    sizes : int64 ndarray of shape (u,)
        Words per document.
    weights : int64 ndarray of shape (u,)
        How many documents each row stands for.

    Returns
    -------
    StopWords

    Examples
    --------
    >>> counts = csr_array(np.array([[2, 1, 1, 1]]))
    >>> stop_words = find_stop_words(["the", "boat", "don't", "is"], counts, np.array([5]), np.array([1]))
    >>> stop_words.languages, stop_words.mask.tolist()
    (('en',), [True, False, True, True])
    """
    totals = weighted_totals(counts, weights).astype(np.float64)
    shares = totals / max(float(totals.sum()), 1.0)
    shares_of = _languages_of_scripts(keys, shares)
    claims = _languages_of_lists(keys, counts, sizes, weights, foreign=bool(shares_of))
    for language, documents in claims.items():
        shares_of[language] = float(sizes[documents] @ weights[documents]) / max(float(sizes @ weights), 1.0)
    languages = tuple(sorted(shares_of, key=lambda language: (-shares_of[language], language)))
    number = {key: i for i, key in enumerate(keys)}
    mask = np.zeros(len(keys), dtype=np.bool_)
    mask[[number[word] for word in _EVERYWHERE if word in number]] = True
    for language in languages:
        listed = np.array(_listed(number, language), dtype=np.int64)
        if language in claims and language != languages[0]:
            documents = claims[language]
            claimed = np.zeros_like(weights)
            claimed[documents] = weights[documents]
            inside = weighted_totals(counts, claimed)
            listed = listed[2 * inside[listed] >= totals[listed]]
        mask[listed] = True
    return StopWords(languages, mask, shares_of[languages[0]] if languages else 0.0)


def _languages_of_scripts(keys: Sequence[str], shares: NDArray[np.float64]) -> dict[str, float]:
    foreign = [i for i, key in enumerate(keys) if not key.isascii()]
    shares_of = {}
    for language, script in _SCRIPTS.items():
        in_script = regex.compile(script)
        share = float(shares[[i for i in foreign if in_script.search(keys[i])]].sum())
        if share >= MIN_SCRIPT_SHARE:
            shares_of[language] = share
    if "ja" in shares_of and "zh" in shares_of and shares_of["ja"] > 0.2 * shares_of["zh"]:
        shares_of["ja"] += shares_of.pop("zh")  # Japanese has Han characters of its own
    return shares_of


@dataclass(frozen=True, eq=False)
class _Coverage:
    """Documents × words, words × languages, and their product: listed words per document."""

    counts: csr_array
    member: NDArray[np.int32]
    hits: NDArray[np.uint16]
    sizes: IntArray
    weights: IntArray

    def distinct_words(self, documents: IntArray, language: int) -> int:
        """Count the words of a language's list that the documents have; English words only for English.

        "a car" is English, though French has both words.
        """
        selected = np.zeros(self.counts.shape[0], dtype=np.int64)
        selected[documents] = 1
        present = weighted_totals(self.counts, selected) > 0
        own = (self.member[:, language] > 0) & ((self.member[:, 0] == 0) | (language == 0))
        return int((present & own).sum())


def _languages_of_lists(
    keys: Sequence[str], counts: csr_array, sizes: IntArray, weights: IntArray, foreign: bool
) -> dict[str, IntArray]:
    """Detect the languages that share a script, and the documents in each."""
    from stopwordsiso import langs

    others = sorted(set(langs()) - set(_SCRIPTS) - set(_WIDELY_WRITTEN))
    languages = [*_WIDELY_WRITTEN, *others]
    # Some lists have digits, which belong to no language.
    number = {key: i for i, key in enumerate(keys) if key[0].isalpha()}
    member = np.zeros((len(keys), len(languages)), dtype=np.int32)
    for column, language in enumerate(languages):
        member[_listed(number, language), column] = 1
    # Limited to 65,535 hits per document, which keeps the table small.
    hits = np.empty((counts.shape[0], len(languages)), dtype=np.uint16)
    listed = csr_array(member)
    for rows, block in row_blocks(counts):
        hits[rows] = np.minimum((block @ listed).toarray(), 65535)
    return _greedy(languages, _Coverage(counts, member, hits, sizes, weights), foreign)


def _greedy(languages: Sequence[str], texts: _Coverage, foreign: bool) -> dict[str, IntArray]:
    documents_of: dict[str, IntArray] = {}
    sizes, weights = texts.sizes, texts.weights
    rest = np.flatnonzero(sizes > 0)
    untried = np.ones(len(languages), dtype=np.bool_)
    least_weight = MIN_DOCUMENT_SHARE * float(weights.sum())
    # The remaining words are mostly names and numbers, where a chance hit weighs more.
    further = (MIN_COVERAGE_OF_FURTHER, 2, MIN_DISTINCT_OF_FURTHER)
    share, least, distinct = further if foreign else (MIN_COVERAGE, 1, MIN_DISTINCT)
    for _ in range(MAX_LANGUAGES):
        hits = texts.hits[rest]
        covered = np.where(untried, _weighted_sum(weights[rest], hits), 0.0)
        best = int(covered.argmax())  # the first of equals: the more widely written
        untried[best] = False
        claims = hits[:, best] >= np.maximum(share * sizes[rest], least)
        claims &= hits[:, best] >= MIN_SHARE_OF_BEST * hits.max(axis=1, initial=0)
        claimed = rest[claims]
        enough = len(claimed) > 0 and float(weights[claimed].sum()) >= least_weight
        if enough and texts.distinct_words(claimed, best) >= distinct:
            documents_of[languages[best]] = claimed
            rest = rest[~claims]
            share, least, distinct = further
        elif not documents_of:
            break  # where the best list fails, the others match by chance
    return documents_of


def _weighted_sum(weights: IntArray, hits: NDArray[np.uint16]) -> NDArray[np.float64]:
    """Sum rows by weight, in blocks: float64 takes four times the memory."""
    total = np.zeros(hits.shape[1])
    for start in range(0, len(hits), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        total += weights[rows].astype(np.float64) @ hits[rows].astype(np.float64)
    return total
