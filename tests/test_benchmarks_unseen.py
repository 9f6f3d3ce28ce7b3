"""Collections made of what a Debian machine has: the readers on files as Debian's, and the table."""

import subprocess
from types import SimpleNamespace

import pytest

from benchmarks import debian_texts, unseen_tables

PACKAGES = """\
Package: alpha
Description: finds stars
 more about them
Tag: field::astronomy, use::viewing,
 use::searching
Section: science

Package: beta
Description: plays chess
Tag: game::board, use::gameplaying
Section: non-free/games

Package: beta-data
Description: plays chess
Section: games

Package: gamma
Description: header files
Section: libdevel
"""


@pytest.fixture
def lists(monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=PACKAGES))
    monkeypatch.setattr(debian_texts, "_of_enough", lambda found, _least: found)


@pytest.mark.usefixtures("lists")
def test_packages_have_their_section_or_the_one_tag_of_a_facet():
    assert debian_texts.sections() == [("alpha: finds stars", "science"), ("beta: plays chess", "games")]
    assert debian_texts.tagged("field")() == [("alpha: finds stars", "astronomy")]
    assert debian_texts.tagged("use")() == [("beta: plays chess", "gameplaying")]


def test_words_have_their_lexicographer_file(tmp_path, monkeypatch):
    (tmp_path / "data.verb").write_text(
        "  1 the licence\n"
        '00001740 29 v 02 breathe 0 respire 1 000 | draw air into the lungs; "I breathe"  \n'
        "00002325 43 v 01 rain_down 0 000 | fall as rain  \n"
    )
    monkeypatch.setattr(debian_texts, "WORDNET", tmp_path)
    texts, labels = debian_texts.texts_and_labels("wordnet_verbs")
    assert dict(zip(texts, labels, strict=True)) == {
        'breathe: draw air into the lungs; "I breathe"': "body",
        "rain down: fall as rain": "weather",
    }


def test_what_a_machine_does_not_have_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(debian_texts, "FORTUNES", tmp_path / "none")
    with pytest.raises(debian_texts.MissingError, match="apt-get install"):
        debian_texts.texts_and_labels("fortunes")


def test_the_table_counts_who_is_near_to_the_classes():
    environment = {"cores": 2, "python": "3.11", "versions": {}}
    fits = {
        "topickit": {"topics": 30, "gold": 20, "ari": 0.5},
        "kmeans": {"topics": 20, "gold": 20, "ari": 0.4},
        "bertopic": {"topics": 200, "gold": 20, "ari": 0.1},
        "evoc": {"error": "over 1800 s"},
    }
    rows = [
        {"collection": "fortunes", "system": system, "n": 9, "gold": 20, "fit": fit}
        for system, fit in fits.items()
    ]
    text = unseen_tables.section({"environment": environment, "rows": rows})
    numbers, agreed = text.split("### ")[1:]
    assert "| Fortunes by file | 9 | 20 | 30 | 200 | 20 | failed |" in numbers
    assert "| **factor** |  |  | 1.50 | 10.00 | k given | — |" in numbers
    assert "| **within 1.6** |  |  | 1 of 1 | 0 of 1 | k given | — |" in numbers
    assert "| **mean** |  |  | 0.500 | 0.100 | 0.400 |  |" in agreed
