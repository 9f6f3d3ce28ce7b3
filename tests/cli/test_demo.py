import pytest

from topickit.cli import main
from topickit.cli.docstrings import collect_docstrings


def test_the_corpus_is_real_text_with_a_label_each():
    corpus = collect_docstrings(("numpy", "email", "no_such_package"), most_per_package=40)
    assert len(corpus.texts) == len(corpus.packages) == len(set(corpus.texts))
    assert set(corpus.packages) == {"numpy", "email"}
    assert corpus == collect_docstrings(("numpy", "email", "no_such_package"), most_per_package=40)
    assert all(len(text.split()) >= 5 for text in corpus.texts)


def test_demo_writes_a_report(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("topickit.cli.docstrings.PACKAGES", ("email", "http", "xml"))
    monkeypatch.setattr(
        "topickit.cli.docstrings.collect_docstrings.__defaults__", (("email", "http", "xml"), 60)
    )
    with pytest.raises(SystemExit) as stopped:
        main(["demo", "--embedder", "lexical", "--out", str(tmp_path / "d")])
    assert not stopped.value.code
    out = capsys.readouterr().out
    assert "Full report: " in out
    assert "topics.html" in out
    assert "NMI" in out
    assert "Method" not in out
    assert len(out.splitlines()) < 70
    assert {path.name for path in (tmp_path / "d").iterdir()} == {"topics.html", "topics.csv", "topics.json"}
