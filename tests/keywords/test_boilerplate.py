"""Agencies, notices of translation and copyright notices are no keywords; the words of sentences stay."""

import numpy as np
import pytest

from topickit import TopicModel
from topickit.keywords.boilerplate import without_boilerplate


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("LONDON (Reuters) - Oil fell.", "LONDON . Oil fell."),
        ("NEW YORK, April 3 (AP) -- Stocks rose.", "NEW YORK, April 3 . Stocks rose."),
        ("St. John's (The Canadian Press) — Ice.", "St. John's . Ice."),
        ("AP - A storm hit.", " . A storm hit."),
        ("Wien (APA/dpa) – Die Wahl.", "Wien . Die Wahl."),
        ("Die Wahl. (APA, 12.9.2015)", "Die Wahl. "),
        ("Die Wahl. (red, APA, 1.1.2016).", "Die Wahl. "),
        ("[Asthma in children (author's transl)].", "[Asthma in children "),
        ("Asthma in children [proceedings]", "Asthma in children "),
        ("We measure it. Copyright 2001 Academic Press.", "We measure it. "),
        ("Many died. Copyright, 1993. The Associated Press. All rights reserved.", "Many died. "),
        ("We measure it. © 2004 Elsevier B.V. All rights reserved.", "We measure it. "),
    ],
)
def test_edges_are_removed(text, left):
    assert without_boilerplate(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Reuters was bought by Thomson (AP was not).",
        "Haskell - how to fold a list",
        "access point (AP) - how to set it up",
        "SQL (Oracle) - a question",
        "Who owns the copyright of a translation (transl) in 1990? Nobody knows.",
        "The sum is f(x) - 1",
        "",
        "-",
        "(AP)x",
    ],
)
def test_other_texts_stay(text):
    assert without_boilerplate(text) == text


def test_an_agency_names_no_topic():
    subjects = {"oil": "oil crude barrel refinery", "vote": "vote ballot senate election"}
    rng = np.random.default_rng(0)
    texts, vectors = [], []
    for i in range(120):
        subject = list(subjects)[i % 2]
        words = " ".join(rng.choice(subjects[subject].split(), 3))
        place = rng.choice(["LONDON", "PARIS", "OSLO"])
        start = f"{place} (Reuters) - " if subject == "oil" else ""
        end = "" if subject == "oil" else " (APA, 1.2.2015)"
        texts.append(f"{start}The {words} {i}.{end}")
        vectors.append([float(subject == "oil"), float(subject == "vote"), 0.1 * rng.random()])
    model = TopicModel(clusterer="kmeans", n_topics=2).fit(texts, embeddings=vectors)
    words = {word.lower() for topic in model.topics_ for word in topic.words}
    assert not words & {"reuters", "apa"}
    assert {"oil", "vote"} <= words
