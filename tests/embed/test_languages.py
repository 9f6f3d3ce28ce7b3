"""The warning of a model that was not trained on the language of the texts."""

import warnings

import numpy as np
import pytest

from topickit import TopicModel
from topickit.embed import base
from topickit.embed.base import EmbedderInfo
from topickit.embed.models.languages import warn_of_language
from topickit.errors import TopickitWarning
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import count_terms

GERMAN = [
    "Der Zug nach Berlin hat heute wieder eine halbe Stunde Verspätung.",
    "Ich habe die Fahrkarte für den Zug schon gestern gekauft.",
    "Die Suppe ist zu salzig, und das Brot ist nicht mehr frisch.",
    "Für die Suppe brauchen wir noch Salz und ein paar Kartoffeln.",
    "Auf dem Bahnhof gibt es keine Bank, auf der man sitzen kann.",
    "Das Brot wird mit Salz und Butter noch besser.",
]


ENGLISH = EmbedderInfo("sentence", "all-MiniLM-L6-v2", languages=("en",))


@pytest.mark.parametrize(
    ("embedder", "languages"),
    [
        ("all-MiniLM-L6-v2", ("en",)),
        ("all-MiniLM-L6-v2", ("de", "en")),
        ("all-MiniLM-L6-v2", ()),
        ("paraphrase-multilingual-MiniLM-L12-v2", ("de",)),
        ("lexical", ("zh",)),
        (len, ("zh",)),
    ],
)
def test_no_warning_without_a_mismatch_of_languages(embedder, languages):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_language(base.describe(base.resolve(embedder)), languages)


@pytest.mark.parametrize(("embedder", "recommended"), [("distilled", True), ("hybrid", False)])
def test_hybrid_is_recommended_to_all_but_hybrid_embedders(embedder, recommended):
    with pytest.warns(TopickitWarning, match="all-MiniLM-L6-v2 was trained on texts in en") as caught:
        warn_of_language(base.describe(base.resolve(embedder)), ("de",))
    assert ('"hybrid"' in str(caught[0].message)) == recommended


def test_a_few_lines_of_another_language_are_no_matter():
    texts = [
        f"{thing} {place}" for thing in ("wireless mouse", "laptop stand") for place in "abcdefghijklmnopqrst"
    ]
    found = count_terms([*texts, "无线鼠标"], np.ones(41, dtype=np.int64), KeywordSettings())
    assert found.languages == ("zh",)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_language(ENGLISH, found.languages, found.language_share)


def test_an_english_model_on_german_texts():
    with pytest.warns(TopickitWarning, match=r"in de: .*multilingual.*hybrid"):
        model = TopicModel("all-MiniLM-L6-v2").fit(GERMAN)
    assert len(model.labels_) == len(GERMAN)
    vectors = model.embedder_.encode(GERMAN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        TopicModel(embedder="lexical").fit(GERMAN)
        TopicModel().fit(GERMAN, embeddings=vectors)  # the user knows what made them


def test_a_few_words_are_of_no_language():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_language(ENGLISH, ("ro",), 1.0, 2)
