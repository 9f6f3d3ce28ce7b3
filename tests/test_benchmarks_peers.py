"""The benchmark of the field without its peers: scorer, tables, what is kept and what is still to do."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common import environment
from benchmarks.peers import __main__ as command
from benchmarks.peers import collections, environments, running, tables
from benchmarks.peers.protocol import Found, NoPrediction, ReadyVectors, Settings, Work, last_line, main
from benchmarks.peers.score import Scorer, put_back, same_grouping, share_changed, single_words
from benchmarks.peers.store import Store
from benchmarks.peers.systems import SYSTEMS
from benchmarks.peers.words import topickit_words, without_gaps

TEXTS = ["red apple pie", "green apple pie", "fast car race", "slow car race"]
GOLD = np.array([0, 0, 1, 1])
WORDS = [["apple", "pie"], ["car", "race"]]


def work(folder, *, system="topickit", checks=False):
    settings = Settings(system, n_topics=2, seed=0, language="en", stop_words=None, checks=checks)
    return Work(settings, TEXTS, np.eye(4, dtype=np.float32), folder)


def test_the_scorer_on_known_values():
    found = Scorer.of(TEXTS, GOLD).score(np.array([1, 1, 0, -1]), WORDS)
    assert (found["topics"], found["gold"], found["outliers"]) == (2, 2, 0.25)
    assert found["ari_covered"] == 1
    assert found["ari"] < 1
    assert found["c_npmi"] == pytest.approx(1, abs=1e-6)
    assert found["diversity"] == 1
    assert found["words_not_in_texts"] == 0


def test_words_that_a_system_invents_are_left_out_and_counted():
    found = Scorer.of(TEXTS, GOLD).score(GOLD, [["appl", "apple", "pie"], ["car", "race"]])
    assert found["words_not_in_texts"] == 1
    assert found["c_npmi"] == pytest.approx(1, abs=1e-6)


def test_without_classes_there_is_no_agreement():
    found = Scorer.of(TEXTS, None).score(GOLD, WORDS)
    assert found["ari"] is found["nmi"] is found["gold"] is None
    assert found["c_npmi"] is not None


def test_no_words_and_only_outliers_are_scored_as_unknown():
    found = Scorer.of(TEXTS, GOLD).score(np.full(4, -1), [])
    assert (found["topics"], found["outliers"], found["ari"]) == (0, 1, 0)
    assert found["c_npmi"] is found["diversity"] is found["ari_covered"] is None
    json.dumps(found, allow_nan=False)


def test_words_are_folded_phrases_and_repeats_dropped_and_ten_kept():
    assert single_words(["Apple", "apple pie", "APPLE", "", "--", "C++"]) == ["apple", "c++"]
    assert len(single_words([f"word{i}" for i in range(30)])) == 10


def test_shuffled_labels_are_put_back():
    order = running.order_of("shuffle", 50)
    labels = np.arange(50) * 3
    assert not np.array_equal(order, np.arange(50))
    assert np.array_equal(put_back(labels[order], order), labels)
    assert np.array_equal(running.order_of("fit", 50), np.arange(50))


def test_renamed_groups_agree_and_moved_labels_are_counted():
    assert same_grouping(np.array([0, 0, 1, -1]), np.array([5, 5, -1, 2])) == 1
    assert share_changed(np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2])) == 0.25


def test_keywords_of_any_labels():
    labels = without_gaps(np.array([7, 7, 3, -1]))
    assert labels.tolist() == [1, 1, 0, -1]
    found = topickit_words(
        ["red apple", "green apple", "fast car", "slow boat"], labels, np.eye(4, dtype=np.float32)
    )
    assert len(found) == 2
    assert "apple" in found[1]
    assert "car" in found[0]


class Fixed:
    """A peer that changes its mind about document 1 when it is alone, and about all once loaded."""

    def __init__(self, work, labels=(0, 0, 1, 1)):
        self.work, self.labels = work, np.array(labels)

    def warm(self):
        """Nothing."""

    def fit(self):
        return Found.of(self.labels, WORDS)

    def predict(self, texts, vectors):
        if len(texts) > 1:
            return self.labels
        return np.array([-1 if texts[0] == TEXTS[1] else self.labels[TEXTS.index(texts[0])]])

    def reload(self, folder):
        return Fixed(self.work, labels=(1, 1, 0, 0))


class OnlyFits(Fixed, NoPrediction):
    predict = NoPrediction.predict
    reload = NoPrediction.reload


class Breaks(Fixed):
    def predict(self, texts, vectors):
        raise RuntimeError("no such thing")


def run_peer(peer, folder, monkeypatch, *, checks=True):
    work(folder, checks=checks).write()
    monkeypatch.setattr(sys, "argv", ["runner", str(folder)])
    main({"topickit": peer})
    return json.loads((folder / "result.json").read_text())


def test_a_runner_writes_what_the_main_process_reads(tmp_path, monkeypatch):
    result = run_peer(Fixed, tmp_path / "work", monkeypatch)
    store = Store("peers_quick", tmp_path, folder=tmp_path / "results")
    given = Work.read(tmp_path / "work")
    store.keep("bbc_news", "topickit", "fit", GOLD, WORDS)
    found = running._figures(given, result, "bbc_news", "seed", store, Scorer.of(TEXTS, GOLD))
    assert found["ari_with_fit"] == 1
    assert (found["changed_alone"], found["n_alone"], found["changed_loaded"]) == (0.25, 4, 1.0)
    assert found["ari_loaded"] == 1  # the loaded model only numbers its topics otherwise
    assert found["seconds"] >= 0
    assert found["peak_mib"] >= found["peak_mib_before_fit"] > 10


def test_what_a_peer_cannot_do_and_what_fails_are_told_apart(tmp_path, monkeypatch):
    cannot = run_peer(OnlyFits, tmp_path / "a", monkeypatch)
    assert cannot["alone"] is cannot["loaded"] is None
    breaks = run_peer(Breaks, tmp_path / "b", monkeypatch)
    assert breaks["alone_error"] == "RuntimeError: no such thing"
    assert "alone" not in breaks


def test_a_peer_with_too_few_labels_is_an_error(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="3,"):
        run_peer(lambda given: Fixed(given, labels=(0, 0, 1)), tmp_path / "work", monkeypatch)
    assert not (tmp_path / "work" / "result.json").exists()


def test_runs_are_done_once_fits_first_and_again_when_asked(tmp_path):
    store = Store("peers_quick", tmp_path, folder=tmp_path)
    systems, kinds = ["topickit", "kmeans"], ["fit", "seed", "shuffle"]
    store.put("bbc_news", "topickit", {"n": 4, "fit": {"seconds": 1.0}, "seed": {"ari_with_fit": 0.5}})
    store.keep("bbc_news", "topickit", "fit", GOLD, WORDS)
    left = command.pending(store, "bbc_news", systems, kinds, rerun=False)
    assert left == [("kmeans", "fit"), ("kmeans", "seed"), ("topickit", "shuffle"), ("kmeans", "shuffle")]
    assert command.pending(store, "bbc_news", systems, ["fit"], rerun=True) == [
        ("topickit", "fit"),
        ("kmeans", "fit"),
    ]
    store.put("bbc_news", "topickit", {"fit": {"seconds": 9.0}})
    assert store.row("bbc_news", "topickit")["seed"] == {"ari_with_fit": 0.5}
    assert store.row("bbc_news", "topickit")["fit"] == {"seconds": 9.0}


def test_a_fit_is_made_again_where_its_labels_are_needed_and_gone(tmp_path):
    store = Store("peers_quick", tmp_path, folder=tmp_path)
    store.put("bbc_news", "topickit", {"n": 4, "fit": {"topics": 3}})
    store.put("bbc_news", "kmeans", {"n": 4, "fit": {"error": "over 1800 s"}})
    selection = (store, "bbc_news", ["topickit", "kmeans"])
    assert command.pending(*selection, ["fit"], rerun=False) == []
    assert command.pending(*selection, ["seed"], rerun=False) == [
        ("topickit", "fit"),
        ("topickit", "seed"),
        ("kmeans", "seed"),
    ]
    store.keep("bbc_news", "topickit", "fit", GOLD, WORDS)
    assert ("topickit", "fit") not in command.pending(*selection, ["seed"], rerun=False)


def test_a_run_that_fails_or_takes_too_long_is_recorded_as_that(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "interpreter", lambda *_: Path(sys.executable))
    store = Store("peers_quick", tmp_path, folder=tmp_path)
    collection = collections.Collection("bbc_news", "en", TEXTS, TEXTS, GOLD, np.eye(4, dtype=np.float32))
    scorer = Scorer.of(TEXTS, GOLD)
    shared = {"store": store, "scorer": scorer}
    short = running.Options(tmp_path, 0.01, 1)
    assert running.run(collection, "kmeans", "fit", options=short, **shared) == {"error": "over 0 s"}
    long = running.Options(tmp_path, 60, 1)
    with pytest.raises(running.OutOfTimeError):
        running.run(collection, "kmeans", "fit", options=long, seconds_left=0.01, **shared)
    empty = replace(collection, texts=["the and of"] * 4, segmented=["the and of"] * 4)
    failed = running.run(empty, "sklearn-nmf", "fit", options=long, **shared)
    assert failed["error"].startswith("ValueError")
    assert not list((tmp_path / "work").iterdir())


def test_a_real_run_in_a_subprocess(tmp_path, monkeypatch):
    monkeypatch.setattr(running, "interpreter", lambda *_: Path(sys.executable))
    store = Store("peers_quick", tmp_path, folder=tmp_path)
    texts, vectors = TEXTS * 3, np.eye(12, dtype=np.float32)
    collection = collections.Collection("bbc_news", "en", texts, texts, np.tile(GOLD, 3), vectors)
    options, scorer = running.Options(tmp_path, 120, 1), Scorer.of(texts, collection.gold)
    found = running.run(collection, "sklearn-nmf", "fit", store=store, scorer=scorer, options=options)
    assert (found["ari"], found["topics"]) == (1, 2)
    again = running.run(collection, "sklearn-nmf", "seed", store=store, scorer=scorer, options=options)
    assert (again["ari_with_fit"], again["changed_alone"], again["changed_loaded"]) == (1, 0, 0)
    assert same_grouping(store.labels("bbc_news", "sklearn-nmf", "fit"), collection.gold) == 1


def row(system, ari, **others):
    fit = {"topics": 30, "gold": 20, "outliers": 0.1, "ari": ari, "nmi": 0.5, "seconds": 2.0, "c_npmi": 0.1}
    return {"collection": "bbc_news", "system": system, "n": 4, "fit": {**fit, **others}}


def test_tables_say_who_wins_and_what_failed():
    rows = [row("topickit", 0.6), row("kmeans", 0.7, topics=20), row("bertopic", 0.1)]
    rows.append({"collection": "bbc_news", "system": "top2vec", "n": 4, "fit": {"error": "a|b /x/y/z.py"}})
    text = tables.section({"rows": rows, "peers": {"bertopic": "1"}, "environment": environment()})
    assert "**ARI**: k-means on sentence-transformers (on 1 of 1, k given)." in text
    assert "**NMI**: no other system." in text
    assert "| 20 / 20 **k given** |" in text
    assert "failed: a/b z.py" in text
    assert "0 of 1" not in text
    heads = [line for line in text.splitlines() if line.startswith("| system")]
    assert all(len(tables.line(each)) == len(tables.COLUMNS) for each in rows)
    assert len(heads) == 2


def test_topic_factor_counts_both_ways_and_not_where_the_number_is_given():
    assert tables.topic_factor(row("topickit", 0.5)) == 1.5
    assert tables.topic_factor(row("topickit", 0.5, topics=10)) == 2
    assert tables.topic_factor(row("kmeans", 0.5)) is None


def test_ready_vectors_are_looked_up_and_all_else_is_embedded(tmp_path):
    encoder = ReadyVectors(work(tmp_path))

    class Model:
        def encode(self, texts, **_):
            return np.full((len(texts), 4), 0.5, dtype=np.float32)

    encoder._model = Model()
    found = encoder.encode([TEXTS[2], "new", TEXTS[0]])
    assert found.tolist() == [[0, 0, 1, 0], [0.5] * 4, [1, 0, 0, 0]]
    assert encoder.encode("new").shape == (4,)


def test_every_system_has_a_runner_and_pins_without_local_paths():
    for system in SYSTEMS.values():
        assert (Path(running.__file__).parent / "runners" / f"{system.runner}.py").exists()
        pins = environments.pinned(system.environment)
        assert len(pins) > 3
        text = (environments.REQUIREMENTS / f"{system.environment}.txt").read_text()
        assert "@" not in text
        assert "+cpu" not in text
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        assert len(pins) == len(lines)
        assert pins.get("torch", "2.13.0") == "2.13.0"


def test_chinese_is_cut_into_words_and_large_collections_are_sampled():
    (cut,) = collections.segment(["苹果手机发布会"])
    assert " " in cut
    assert cut.replace(" ", "") == "苹果手机发布会"
    rows = collections.rows_of("arxiv_titles", 300_000)
    assert len(rows) == 50_000
    assert np.all(np.diff(rows) > 0)
    assert len(collections.rows_of("quora_questions", 115_509)) == 50_000
    assert len(collections.rows_of("bbc_news", 2225)) == 2225


def test_the_last_line_of_an_error_is_kept():
    assert last_line("Traceback\n  File x\nValueError: no words\n\n") == "ValueError: no words"
    assert last_line("") == ""
