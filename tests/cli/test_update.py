"""`topickit update`."""

import json

import pytest

from topickit import TopicModel
from topickit.cli import main


def test_update_adds_the_texts_of_a_file(tmp_path, capsys):
    texts = ["red apple", "green apple", "apple pie", "fast car", "slow car", "car race"]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts)
    model.save(tmp_path / "model")
    (tmp_path / "new.csv").write_text("text\napple cake\ncar wash\n")
    arguments = ["update", str(tmp_path / "model"), str(tmp_path / "new.csv"), "--no-cache", "--out"]
    with_exit([*arguments, str(tmp_path / "later")])
    assert "Nothing changed" in capsys.readouterr().out
    later = TopicModel.load(tmp_path / "later")
    assert later.topics_.n_documents == 8
    with_exit([*arguments, str(tmp_path / "again"), "--format", "json"])
    assert json.loads(capsys.readouterr().out)["n_new"] == 2


def with_exit(arguments):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert not exit_.value.code
