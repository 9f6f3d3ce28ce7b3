"""Names from a function of the user's."""

import asyncio
import contextlib

import pytest

from tests.conftest import make_corpus
from topickit import NamingFunction, NamingPrompt, TopicModel
from topickit._core.progress import stage
from topickit.errors import ParameterTypeError, TopickitWarning
from topickit.fitted import naming

TEXTS, _ = make_corpus(120)


@pytest.fixture(scope="module")
def model() -> TopicModel:
    return TopicModel(embedder="lexical", n_topics=4).fit(TEXTS)


def test_names_are_taken_and_the_model_is_a_new_one(model):
    before = [topic.name for topic in model.topics_]
    named = model.name_topics(lambda prompt: f" **Topic {prompt.topic} of {prompt.size}**\nBecause ...")
    assert [topic.name for topic in named.topics_] == [f"Topic {t.id} of {t.size}" for t in model.topics_]
    assert [topic.name for topic in model.topics_] == before
    assert named.fitted_.given_names[0] == named.topics_[0].name


def test_no_document_is_shown_unless_asked(model):
    seen = []
    model.name_topics(lambda prompt: seen.append(prompt) or "x")
    assert all(prompt.documents == () for prompt in seen)
    assert all(word in prompt.text for prompt in seen for word in prompt.keywords)
    assert not any(text in prompt.text for prompt in seen for text in TEXTS)
    model.name_topics(lambda prompt: seen.append(prompt) or "x", send_texts=True)
    assert seen[-1].documents
    assert seen[-1].documents[0].split()[0] in seen[-1].text


def test_failures_leave_the_other_names(model):
    def name(prompt):
        if prompt.topic == 1:
            raise TimeoutError("too slow")
        return {0: "Good", 2: "  \n ", 3: None}[prompt.topic]

    with pytest.warns(TopickitWarning, match=r"3 of 4 topics keep their names \(1, 2, 3\).*too slow"):
        named = model.name_topics(name)
    assert named.topics_[0].name == "Good"
    assert [t.name for t in named.topics_][1:] == [t.name for t in model.topics_][1:]


def test_what_cannot_be_called_is_refused(model):
    with pytest.raises(ParameterTypeError, match="NamingPrompt"):
        model.name_topics("a name")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Boats", "Boats"),
        ("\ud800abc", "\ufffdabc"),
        ("abc\udfff", "abc\ufffd"),
        ("\ud83d\ude00 boats", "\N{GRINNING FACE} boats"),
        ("a\x00b\x07", "a b"),
        ("\x1b[1;31mBoats\x1b[0m", "Boats"),
        ("\x1b]0;window\x07Boats", "Boats"),
        ("\x1bBoats", "Boats"),
        ("Bo\u202eats\u2066\u2069\u200f", "Boats"),
        ("\ufeffBo\u200bats\xad", "Boats"),
        ("قایق\u200cها", "قایق\u200cها"),
        ("Boats\t and   sails", "Boats and sails"),
        ("Sure! Here is the name:\nBoats", "Boats"),
        ("Sure! Here is the name:\n\n**Boats**\n\nIt fits because of the sails.", "Boats"),
        ("名前：\n「ボート」", "ボート"),
        ("Boats\nThe keywords:\nboat, sail", "Boats"),
        ("“Boats”", "Boats"),
        ("<think>hmm</think>Boats", "Boats"),
        ("<think>\nhmm:\n- a\n</think>\n\nHere:\nBoats", "Boats"),
        ("<THINKING>hmm</THINKING>\nBoats", "Boats"),
        ("a list</think>or not</think>Boats", "Boats"),
        ("Boats <think>was that right", "Boats"),
        ("A & B.", "A & B."),
        ("\N{SAILBOAT}", "\N{SAILBOAT}"),
        ("x" * 79 + " y", "x" * 79),
    ],
)
def test_answers_are_cleaned(model, tmp_path, answer, expected):
    named = model.name_topics(lambda _: answer)
    assert {topic.name for topic in named.topics_} == {expected}
    named.save(tmp_path / "m")
    assert TopicModel.load(tmp_path / "m").topics_[0].name == expected


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "blank"),
        ("\x00\x1b[0m \u202e", "blank"),
        ("\ud800", "blank"),
        ("\u200d", "blank"),
        ("<think>hmm</think>", "blank"),
        ("<think>so many words that the answer was cut", "blank"),
        ('"**"', "blank"),
        ("Sure! Here is the name:", "has no name: 'Sure! Here is the name:'"),
        (b"Boats", "must be a str"),
    ],
)
def test_an_answer_without_a_name_has_failed(model, answer, reason):
    with pytest.warns(TopickitWarning, match=f"4 of 4 topics keep their names.*{reason}"):
        named = model.name_topics(lambda _: answer)
    assert named.topics_ == model.topics_


def test_an_interrupt_keeps_the_names_that_came(model):
    def name(prompt):
        if prompt.topic == 2:
            raise KeyboardInterrupt
        if prompt.topic == 0:
            raise TimeoutError
        return "Named"

    with pytest.warns(TopickitWarning, match=r"1 of 4 topics came and are kept, 2 topics were not") as warned:
        named = model.name_topics(name)
    assert len(warned) == 1
    assert warned[0].filename == __file__
    before = [topic.name for topic in model.topics_]
    assert [topic.name for topic in named.topics_] == [before[0], "Named", *before[2:]]


def test_an_interrupt_before_any_name_passes_through(model):
    def name(prompt):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.name_topics(name)


def test_asking_is_a_stage_that_counts(model, monkeypatch):
    begun = []

    @contextlib.contextmanager
    def watched(description, total):
        with stage(description, total) as made:
            begun.append(made)
            yield made

    monkeypatch.setattr(naming, "stage", watched)
    model.name_topics(lambda _: "x")
    assert [(made.description, made.total, made.done) for made in begun] == [("Naming topics", 4, 4)]


def test_the_types_are_public(model):
    def name(prompt: NamingPrompt) -> str:
        assert isinstance(prompt, NamingPrompt)
        return prompt.keywords[0]

    function: NamingFunction = name
    assert model.name_topics(function).topics_[0].name == model.topics_[0].words[0]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ('Reviews of "Dune"', 'Reviews of "Dune"'),
        ("«War» and «Peace»", "«War» and «Peace»"),
        ("'Valentine's Day'", "Valentine's Day"),
        ('Topic: "Cooking"', "Cooking"),
        ("**Topic name:** Cooking", "Cooking"),
        ("```text\nCooking\n```", "Cooking"),
        ("Brand name: rights", "Brand name: rights"),
        ("*Topic name*: Dogs", "Dogs"),
    ],
)
def test_only_marks_around_the_whole_name_are_taken_off(model, answer, expected):
    assert model.name_topics(lambda prompt: answer).topics_[0].name == expected


def test_a_cancelled_request_loses_no_other_name(model):
    def name(prompt):
        if prompt.topic == 1:
            raise asyncio.CancelledError
        return f"name {prompt.topic}"

    with pytest.warns(TopickitWarning, match="CancelledError"):
        named = model.name_topics(name)
    assert named.topics_[0].name == "name 0"


def test_a_model_without_documents_says_that_prompts_have_none(model, tmp_path):
    model.save(tmp_path / "m", keep_texts=False)
    with pytest.warns(TopickitWarning, match="no documents"):
        TopicModel.load(tmp_path / "m").name_topics(lambda prompt: "x", send_texts=True)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Here is the label: Sea", "Sea"),
        ("Here's a short name for this topic: Sea", "Sea"),
        ("Sure! Here is the topic name: **Sea**", "Sea"),
        ("The best label is: Sea", "Sea"),
        ('The name of the topic is "Sea"', "Sea"),
        ("Answer: Sea", "Sea"),
        ('{"label": "Sea"}', "Sea"),
        ('{"reason": "boats", "Topic Name": "Sea"}', "Sea"),
        ('```json\n{\n  "name": "Sea"\n}\n```', "Sea"),
        ('Here is the JSON:\n```json\n{"topic": "Sea"}\n```', "Sea"),
        ('["Sea", "Boats"]', "Sea"),
        ('{"x": "Sea"}', "Sea"),
        ("<keywords>Sea</keywords>", "Sea"),
        ("<keywords>boat, sail</keywords>\nSea", "Sea"),
        ("<label>Sea</label>", "Sea"),
        ("<topic_name>\nSea\n</topic_name>", "Sea"),
        ("```\nSea\n```", "Sea"),
        ("The Sea: boats and sails", "The Sea: boats and sails"),
        ("The name is Bond", "The name is Bond"),
        ("Here and now", "Here and now"),
        ("C++ <vector> [draft]", "C++ <vector> [draft]"),
        ("Sets {a, b}", "Sets {a, b}"),
    ],
)
def test_what_language_models_put_around_a_name(answer, expected):
    assert naming.cleaned_name(answer) == expected
