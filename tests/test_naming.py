"""Names from a function of the user's."""

import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.errors import ParameterTypeError, TopickitWarning

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
    model.name_topics(lambda prompt: seen.append(prompt) or "x", documents=True)
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
