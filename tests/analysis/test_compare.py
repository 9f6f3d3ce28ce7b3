"""Compare and score: values, and the commands as a person runs them."""

import json
import re

import numpy as np
import polars as pl
import pytest
import sklearn.metrics as sk

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.analysis.compare import compare
from topickit.cluster.kmeans import KMeansClusterer
from topickit.errors import InputError, ParameterError
from topickit.metrics import stability

TEXTS, SUBJECTS = make_corpus(120)


@pytest.fixture(scope="module")
def model():
    return TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(TEXTS)


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    model.save(folder / "a")
    model.merge_topics([[0, 1]]).save(folder / "b")
    TopicModel(embedder="lexical", clusterer="kmeans", n_topics=3).fit(TEXTS[:90]).save(folder / "c")
    columns = {"body": TEXTS, "subject": [*SUBJECTS[:-1], ""], "number": range(len(TEXTS))}
    pl.DataFrame(columns).write_csv(folder / "t.csv")
    (folder / "t.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    return folder


def test_labels_that_only_changed_their_names():
    found = compare([0, 0, 1, 1, -1], ["b", "b", "a", "a", -1])
    assert found.agreement.ari == 1
    assert [(m.topic, m.counterparts[0].topic, m.counterparts[0].score) for m in found.matches] == [
        (0, "b", 1.0),
        (1, "a", 1.0),
    ]
    assert len(found.moved) == 0
    assert (found.vanished, found.appeared, found.flows) == ((), (), ())


def test_a_split_topic_has_several_counterparts_and_the_smaller_part_moved():
    found = compare([0] * 10 + [1] * 4, [0] * 6 + [2] * 4 + [1] * 4)
    first = found.matches[0]
    assert [(other.topic, other.shared, other.score) for other in first.counterparts] == [
        (0, 6, 0.6),
        (2, 4, 0.4),
    ]
    assert found.moved.tolist() == [6, 7, 8, 9]
    assert [(f.source, f.target, f.n_documents) for f in found.flows] == [(0, 2, 4)]
    assert found.vanished == ()
    assert found.appeared == ()


def test_vanished_appeared_and_no_topic():
    a = [0] * 6 + [1] * 6 + [-1] * 4
    b = [0] * 6 + [-1] * 6 + [3] * 4
    found = compare(a, b)
    assert (found.vanished, found.appeared) == ((1,), (3,))
    assert found.matches[1].counterparts == ()
    assert found.moved.tolist() == list(range(6, 16))
    assert {(f.source, f.target) for f in found.flows} == {(1, -1), (-1, 3)}
    assert "Topics of A without a counterpart in B: 1" in found.to_text(width=80)


def test_no_topics_at_all():
    found = compare([-1, -1], [0, 0])
    assert (found.n_topics, found.matches, found.appeared) == ((0, 1), (), (0,))
    assert found.moved.tolist() == [0, 1]
    back = compare([0, 0], [-1, -1])
    assert back.vanished == (0,)
    assert back.moved.tolist() == [0, 1]
    json.dumps(back.to_dict(), allow_nan=False)
    assert back.to_text(width=60)


def test_rows_that_are_not_known_do_not_count():
    found = compare([0, 0, 1, None], [0, 0, 1, 1])
    assert found.agreement.n_documents == 3
    assert len(found.moved) == 0


def test_two_models_of_one_corpus(model):
    merged = model.merge_topics([[0, 1]])
    found = compare(model, merged.fitted_)
    assert found.basis == "documents"
    assert "prove" not in found.note
    assert found.n_topics == (4, 3)
    expected = sk.adjusted_rand_score(merged.labels_, model.labels_)
    assert found.agreement.ari == pytest.approx(expected)
    assert {match.counterparts[0].topic for match in found.matches[:2]} == {0}
    assert found.matches[2].counterparts[0].score == 1
    assert found.matches[2].counterparts[0].shared_keywords == model.topics_[2].words
    assert found.vanished == found.appeared == ()


def test_a_model_against_labels(model):
    found = compare(model, SUBJECTS)
    assert found.agreement.n_gold == 4
    with pytest.raises(InputError, match="120 and 119 rows"):
        compare(model, SUBJECTS[1:])


def test_other_corpora_are_compared_by_vectors_or_by_keywords():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(4, 16))[np.arange(120) % 4] + 0.1 * rng.normal(size=(120, 16))
    makes = [
        TopicModel(clusterer="kmeans", n_topics=4).fit(TEXTS[:n], embeddings=vectors[:n]) for n in (120, 80)
    ]
    by_words = compare(*makes)
    by_vectors = compare(*makes, same_embeddings=True)
    for found, basis in ((by_words, "keywords"), (by_vectors, "embeddings")):
        assert found.basis == basis
        assert "differ" in found.note
        assert found.agreement is found.moved is None
        json.dumps(found.to_dict(), allow_nan=False)
    names = {i: SUBJECTS[makes[0].labels_.tolist().index(i)] for i in range(4)}
    names_b = {i: SUBJECTS[makes[1].labels_.tolist().index(i)] for i in range(4)}
    for match in by_vectors.matches:
        assert names[match.topic] == names_b[match.counterparts[0].topic]
    assert by_vectors.vanished == by_vectors.appeared == ()


def test_same_number_of_other_texts_is_not_the_same_corpus(model):
    other = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(TEXTS[::-1])
    assert compare(model, other).basis == "keywords"


def test_models_without_texts_know_whether_theirs_were_the_same(model, tmp_path):
    other = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(TEXTS[::-1])
    for name, made in (("model", model), ("other", other)):
        made.save(tmp_path / name)
    loaded, of_others = (TopicModel.load(tmp_path / name) for name in ("model", "other"))
    assert compare(loaded, of_others).basis == "keywords"
    assert compare(loaded, TopicModel.load(tmp_path / "model")).basis == "documents"
    assert "would prove" not in compare(loaded, loaded).note


@pytest.mark.parametrize("threshold", [0, 1.5])
def test_threshold_is_checked(threshold):
    with pytest.raises(ParameterError, match="threshold"):
        compare([0], [0], threshold=threshold)


def test_width_is_checked():
    with pytest.raises(ParameterError, match="60"):
        compare([0], [0]).to_text(width=10)


def test_words_of_names_are_not_broken(model):
    named = model.rename_topics({0: "disposable, bank, counterrevolutionaries"})
    lines = compare(named, model).to_text(width=80).splitlines()
    assert any("disposable," in line for line in lines)
    assert any(re.search("counterrev[a-z]*…", line) for line in lines)


def test_nothing_in_a_name_reaches_the_terminal_as_a_command(model):
    nasty = model.rename_topics({0: "red [bold]\x1b[31m\nalert"})
    shown = compare(nasty, model).to_text(width=140)
    assert "\x1b" not in shown
    assert "[bold]" in shown


def test_the_compare_command(run, saved):
    status, out, _ = run("compare", saved / "a", saved / "b")
    assert status == 0
    assert "A: 4 topics, 120 documents" in out
    assert "ARI" in out
    assert max(map(len, out.splitlines())) <= 140
    status, out, _ = run("compare", saved / "a", saved / "c", "--format", "json")
    assert status == 0
    assert json.loads(out)["basis"] == "keywords"
    status, _, err = run("compare", saved / "a", saved / "none")
    assert status == 1
    assert "there is no saved model" in err


def test_the_score_command_with_gold_labels(run, saved, model):
    arguments = (
        "score",
        saved / "a",
        saved / "t.csv",
        "--true-labels",
        "subject",
        "--text",
        "body",
        "--no-cache",
    )
    status, out, err = run(*arguments, "--format", "json")
    assert status == 0, err
    found = json.loads(out)
    predicted = model.labels_[:-1]  # the last row has no gold label
    assert found["agreement"]["n_documents"] == 119
    assert found["agreement"]["ari"] == pytest.approx(sk.adjusted_rand_score(SUBJECTS[:-1], predicted))
    assert found["words"]["diversity"] <= 1
    assert set(found["words"]) >= {"c_npmi", "c_v", "u_mass", "inverted_rbo", "embedding_coherence"}
    assert sum(row["n_documents"] for row in found["topics"]) == 119
    status, out, _ = run(*arguments)
    assert status == 0
    assert f"{found['agreement']['nmi']:.3f}" in out
    assert "Topics and true labels" in out


def test_labels_that_are_not_numbers_are_no_labels(run, saved, tmp_path):
    table = pl.read_csv(saved / "t.csv").with_columns(tag=pl.Series([1.0] * 20 + [float("nan")] * 100))
    table.write_parquet(tmp_path / "t.parquet")
    status, out, err = run(
        *(
            "score",
            saved / "a",
            tmp_path / "t.parquet",
            "--true-labels",
            "tag",
            "--text",
            "body",
            "--no-cache",
        ),
        *("--format", "json"),
    )
    assert status == 0, err
    assert sum(row["n_documents"] for row in json.loads(out)["topics"]) == 20


def test_the_score_command_without_gold_labels(run, saved, tmp_path):
    status, out, _ = run("score", saved / "a", saved / "t.txt", "--no-cache", "--out", tmp_path / "s.txt")
    assert (status, out) == (0, "")
    written = (tmp_path / "s.txt").read_text(encoding="utf-8")
    assert "c_npmi" in written
    assert "Agreement" not in written


@pytest.mark.parametrize(
    ("file", "labels", "says"),
    [
        ("t.csv", "tags", "no column 'tags'"),
        ("t.csv", "body", "cannot be both"),
        ("t.txt", "subject", "plain lines"),
    ],
)
def test_the_score_command_tells_what_is_wrong(run, saved, file, labels, says):
    status, _, err = run(
        "score", saved / "a", saved / file, "--true-labels", labels, "--text", "body", "--no-cache"
    )
    assert status == 1
    assert says in err


def test_gold_labels_may_be_numbers(run, saved):
    status, out, err = run(
        *("score", saved / "a", saved / "t.csv", "--true-labels", "number", "--text", "body", "--no-cache"),
        *("--format", "json"),
    )
    assert status == 0, err
    assert json.loads(out)["agreement"]["n_gold"] == 120


@pytest.mark.parametrize("given", [False, True], ids=["embedded", "vectors"])
def test_the_score_command_gives_the_silhouette_of_each_row(run, saved, model, tmp_path, given):
    texts = [*TEXTS, *TEXTS[:7], ""]
    (tmp_path / "t.csv").write_text("body\n" + "\n".join(f'"{text}"' for text in texts), encoding="utf-8")
    vectors = model.embedder_.encode(texts)
    vectors[-1] = 1  # a blank text has no topic, whatever its vector
    np.save(tmp_path / "v.npy", vectors)
    more = ("--embeddings", tmp_path / "v.npy") if given else ()
    arguments = ("score", saved / "a", tmp_path / "t.csv", "--text", "body", "--no-cache", *more)
    status, out, err = run(*arguments, "--format", "json")
    assert status == 0, err
    found = json.loads(out)
    expected = sk.silhouette_score(vectors[:-1], model.predict(texts)[:-1], metric="cosine")
    assert found["silhouette"] == pytest.approx(expected, abs=1e-5)
    assert "stability" not in found
    _, out, _ = run(*arguments)
    assert f"{expected:.3f}" in next(line for line in out.splitlines() if "Silhouette" in line)
    assert "Stability" not in out


def test_the_texts_are_embedded_once_for_the_score(run, saved, model, monkeypatch):
    asked = []
    encode = type(model.embedder_).encode

    def counting(self, texts):
        asked.extend(texts)
        return encode(self, texts)

    monkeypatch.setattr(type(model.embedder_), "encode", counting)
    status, _, err = run("score", saved / "a", saved / "t.txt", "--no-cache", "--stability", 2)
    assert status == 0, err
    assert len([text for text in asked if text in TEXTS]) == len(TEXTS)


def test_the_score_of_one_topic_has_no_silhouette(run, saved, model, tmp_path):
    model.merge_topics([[0, 1, 2, 3]]).save(tmp_path / "one")
    status, out, err = run("score", tmp_path / "one", saved / "t.txt", "--no-cache", "--format", "json")
    assert status == 0, err
    assert json.loads(out)["silhouette"] is None


@pytest.mark.parametrize("clusterer", ["kmeans", KMeansClusterer(5, n_init=1)], ids=["name", "object"])
def test_the_score_command_gives_the_stability_over_seeds(run, saved, tmp_path, clusterer):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(TEXTS), 8)).astype(np.float32)  # without groups: seeds differ
    np.save(tmp_path / "v.npy", vectors)
    recipe = TopicModel("lexical", clusterer, n_topics=5)
    recipe.fit(TEXTS, embeddings=vectors).save(tmp_path / "m")
    arguments = (
        "score",
        tmp_path / "m",
        saved / "t.txt",
        "--embeddings",
        tmp_path / "v.npy",
        "--stability",
        3,
    )
    status, out, err = run(*arguments, "--format", "json")
    assert status == 0, err
    found = json.loads(out)["stability"]

    def fit(rows, seed):
        made = KMeansClusterer(5, n_init=getattr(clusterer, "n_init", 3), random_state=seed)
        return TopicModel("lexical", made, n_topics=5, random_state=seed).fit_predict(
            TEXTS, embeddings=vectors
        )

    expected = stability(fit, len(TEXTS), seeds=(0, 1, 2), n_samples=0)
    assert found["n_seeds"] == 3
    assert found["over_seeds"] == pytest.approx(expected.over_seeds)
    assert found["over_seeds"] < 0.9
    assert found["per_topic"] == pytest.approx(expected.per_topic.mean())
    _, out, _ = run(*arguments)
    assert "Stability" in out
    assert f"{expected.over_seeds:.3f}" in out


@pytest.mark.parametrize(("n", "says"), [(1, "2 or more"), (-1, "--stability")])
def test_a_number_of_seeds_that_compares_nothing(run, saved, n, says):
    status, _, err = run("score", saved / "a", saved / "t.txt", "--no-cache", "--stability", n)
    assert status == 2
    assert says in err


def test_keywords_are_alike_however_they_are_written():
    sides = [
        [f"{phone} {screen} broke, the {phone} charger" for _ in range(8)]
        + [f"{system} printer hangs, the {system} update" for _ in range(8)]
        for phone, screen, system in (("iPhone", "screen", "Windows"), ("IPHONE", "Screen", "WINDOWS"))
    ]
    one, other = (
        TopicModel(embedder="lexical", clusterer="kmeans", n_topics=2).fit(texts) for texts in sides
    )
    found = compare(one, other, same_embeddings=False)
    assert all(match.counterparts[0].score == 1 for match in found.matches)


def test_shares_growth_and_names_of_new_topics():
    a = ["food"] * 40 + ["cars"] * 40 + [None] * 20
    b = ["food"] * 30 + ["meals"] * 10 + ["cars"] * 40 + ["new"] * 20
    comparison = compare(a, b)
    groups = {row.topics_b: (row.topics_a, row.share_a, row.share_b) for row in comparison.growth}
    assert groups == {("food", "meals"): (("food",), 0.4, 0.4), ("cars",): (("cars",), 0.4, 0.4)}
    models = [
        TopicModel(embedder="lexical", clusterer="kmeans", n_topics=n).fit(texts * 30)
        for n, texts in (
            (1, ["red apple", "apple pie"]),
            (2, ["red apple", "apple pie", "fast car"]),
        )
    ]
    comparison = compare(*models, threshold=0.3)
    new = comparison.new_topics[0]
    assert (new.size, round(new.share, 2)) == (30, 0.33)
    assert f"B {new.topic} {new.name}: 30 (33.3%)" in comparison.to_text()
    assert "100.0% → 66.7%" in comparison.to_text()
    assert comparison.to_dict()["new_topics"][0]["name"] == new.name


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9, 1.0])
def test_no_matched_topic_is_without_counterpart(threshold):
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 6, 300).tolist(), rng.integers(0, 9, 300).tolist()
    b[:150] = a[:150]
    comparison = compare(a, b, threshold=threshold)
    matched = {match.topic for match in comparison.matches if match.counterparts}
    counterparts = {topic.topic for match in comparison.matches for topic in match.counterparts}
    assert not matched & set(comparison.vanished)
    assert not counterparts & set(comparison.appeared)
    assert [topic.topic for topic in comparison.new_topics] == list(comparison.appeared)
    assert len(matched) + len(comparison.vanished) == 6
    assert len(counterparts) + len(comparison.appeared) == 9


def test_changes_of_shares_are_tested_where_the_documents_differ():
    fruit, cars = ["red apple pie", "green apple cake"], ["fast car race", "slow car wheel"]

    def model(n_fruit, n_cars):
        texts = [f"{(fruit if i < n_fruit else cars)[i % 2]} {i}" for i in range(n_fruit + n_cars)]
        vectors = np.repeat(np.eye(2, dtype=np.float32), (n_fruit, n_cars), axis=0)
        return TopicModel(clusterer="kmeans", n_topics=2).fit(texts, embeddings=vectors)

    before, grown, alike = model(50, 150), model(110, 140), model(52, 149)
    rows = compare(before, grown, same_embeddings=True).growth
    assert all(row.has_changed and row.low <= row.share_b - row.share_a <= row.high for row in rows)
    assert all(row.low * row.high > 0 and row.p_value < 0.001 for row in rows)
    text = compare(before, grown, same_embeddings=True).to_text(width=120)
    assert "Largest changes of shares (95% interval of the difference, in points)" in text
    assert "25.0% → 44.0% (+10.2 to +27.3)" in text
    quiet = compare(before, alike, same_embeddings=True)
    assert not any(row.has_changed for row in quiet.growth)
    assert "Largest changes" not in quiet.to_text()
    assert quiet.to_dict()["growth"][0]["p_value"] > 0.5
    same = compare(before, before)
    assert same.growth[0].p_value is None
    assert same.to_dict()["growth"][0]["low"] is None
