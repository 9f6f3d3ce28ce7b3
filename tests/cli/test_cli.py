"""The command, run as a person runs it."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit._core import devices
from topickit.cluster import agglomerative
from topickit.corpus.tables import read_texts
from topickit.errors import InputError

TEXTS, _ = make_corpus(120)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    table = pl.DataFrame({"id": range(120), "body": TEXTS, "other": ["x"] * 120})
    table.write_csv(folder / "t.csv")
    table.write_csv(folder / "t.tsv", separator="\t")
    table.write_ndjson(folder / "t.jsonl")
    table.write_parquet(folder / "t.parquet")
    (folder / "t.txt").write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.parquet", "t.txt"])
def test_reads_every_format(files, name):
    assert read_texts(str(files / name), None if name == "t.txt" else "body").texts == TEXTS


def test_fit_predict_report(run, files, tmp_path):
    model = tmp_path / "model"
    labels = tmp_path / "labels.csv"
    status, out, _ = run(
        *("fit", files / "t.csv", "--text", "body", "--out", model, "--embedder", "lexical"),
        *("--n-topics", 4, "--labels", labels, "--keep-texts", "--keep", "id", "--classes", "other"),
        *("--report", tmp_path / "topics.html"),
    )
    assert status == 0
    assert "4 topics" in out
    table = pl.read_csv(labels)
    fit_columns = ["row", "topic", "name", "similarity", "probability", "representative", "class", "id"]
    assert table.columns == fit_columns
    assert table["id"].to_list() == list(range(120))
    assert any(text in (tmp_path / "topics.html").read_text() for text in TEXTS)
    status, out, _ = run("predict", model, files / "t.parquet", "--text", "body")
    assert status == 0
    assert out == table.select("row", "topic", "name").write_csv()
    status, out, _ = run("report", model, "--format", "json")
    assert status == 0
    assert len(json.loads(out)["topics"]) == 4
    for kind in ("text", "csv", "markdown", "html"):
        target = tmp_path / f"report.{kind}"
        assert run("report", model, "--format", kind, "--out", target)[0] == 0
        assert target.stat().st_size > 200
    with_texts, without = tmp_path / "a.html", tmp_path / "b.html"
    run("report", model, "--out", with_texts)  # the name says the format
    run("report", model, "--format", "html", "--no-texts", "--out", without)
    assert any(text in with_texts.read_text() for text in TEXTS)
    assert not any(text in without.read_text() for text in TEXTS)
    named = {".JSON": "json", ".csv": "csv", ".md": "markdown", ".htm": "html", ".txt": "text", "": "text"}
    for ending, kind in named.items():
        run("report", model, "--out", tmp_path / f"named{ending}")
        run("report", model, "--format", kind, "--out", tmp_path / "asked.json")
        assert (tmp_path / f"named{ending}").read_bytes() == (tmp_path / "asked.json").read_bytes()
    status, _, err = run("report", model, "--out", tmp_path / "named.xlsx")
    assert status == 2
    assert "cannot write xlsx" in err
    assert "--format to one of text, json, csv, markdown, html" in err
    run("compare", model, model, "--out", tmp_path / "compared.json")
    assert json.loads((tmp_path / "compared.json").read_text())
    run("score", model, files / "t.csv", "--text", "body", "--out", tmp_path / "scored.json")
    assert json.loads((tmp_path / "scored.json").read_text())["n_topics"] == 4


@pytest.mark.parametrize("method", ["graph", "kmeans", "agglomerative", "community", "hdbscan"])
def test_cluster_prints_groups(run, files, method):
    options = {"community": ["--threshold", 0.3, "--min-size", 3]}.get(method, [])
    status, out, err = run(
        "cluster", files / "t.txt", "--clusterer", method, "--embedder", "lexical", *options
    )
    assert status == 0
    head, *members = out.strip().split("\n\n")[0].splitlines()
    assert head.startswith("Cluster 0, ")
    assert head.endswith(" texts")
    assert len(members) in (int(head.split()[2]), 7)
    assert all(member.startswith("\t") for member in members)
    assert "clusters" in err


@pytest.mark.parametrize("method", ["graph", "kmeans", "agglomerative", "community", "hdbscan"])
def test_cluster_and_score_compute_on_the_device(run, files, tmp_path, monkeypatch, method):
    copied, tensor = [], devices.tensor
    monkeypatch.setattr(
        devices, "tensor", lambda rows, device: (copied.append(device), tensor(rows, device))[1]
    )
    np.save(tmp_path / "v.npy", np.repeat(np.eye(8), 15, axis=0) + np.eye(120, 8) / 10)
    given = ("cluster", files / "t.txt", "--clusterer", method, "--embeddings", tmp_path / "v.npy")
    with_device = run(*given, "--device", "cpu")
    assert with_device[0] == 0
    assert copied or method == "hdbscan"  # which takes so few distinct rows without UMAP
    assert with_device == run(*given)
    model = ("fit", files / "t.txt", "--embeddings", tmp_path / "v.npy", "--out", tmp_path / "m")
    assert run(*model)[0] == 0
    copied.clear()
    scored = ("score", tmp_path / "m", files / "t.txt", "--embeddings", tmp_path / "v.npy")
    assert run(*scored, "--device", "cpu") == run(*scored)
    assert copied


def test_cluster_says_what_to_do_where_distances_do_not_fit(run, files, tmp_path, monkeypatch):
    monkeypatch.setattr(agglomerative, "BYTES_PER_PAIR", 2**32)
    np.save(tmp_path / "v.npy", np.repeat(np.eye(4), 30, axis=0) + np.eye(120, 4))
    status, out, err = run(
        "cluster", files / "t.txt", "--clusterer", "agglomerative", "--embeddings", tmp_path / "v.npy"
    )
    assert (status, out) == (1, "")
    assert "--clusterer graph" in err
    assert "fit_sample" not in err


def test_cluster_with_vectors_needs_no_model(run, files, tmp_path):
    vectors = np.repeat(np.eye(4), 30, axis=0)
    np.save(tmp_path / "v.npy", vectors)
    status, out, _ = run("cluster", files / "t.txt", "--embeddings", tmp_path / "v.npy")
    assert status == 0
    assert out.count(", 30 texts") == 4
    status, out, _ = run(
        "cluster",
        files / "t.txt",
        "--clusterer",
        "kmeans",
        "--clusters",
        2,
        "--embeddings",
        tmp_path / "v.npy",
    )
    assert out.count("Cluster") == 2
    status, out, _ = run(
        *("cluster", files / "t.txt", "--clusterer", "agglomerative", "--distance-threshold", 0.5),
        *("--embeddings", tmp_path / "v.npy"),
    )
    assert out.count("Cluster") == 4
    target = tmp_path / "groups.csv"
    status, out, err = run("cluster", files / "t.txt", "--embeddings", tmp_path / "v.npy", "--out", target)
    assert (status, out) == (0, "")
    assert "4 clusters, 120 of 120 texts in a cluster." in err
    table = pl.read_csv(target)
    assert table["row"].to_list() == list(range(120))
    assert sorted(table["cluster"].unique()) == [0, 1, 2, 3]
    assert table["cluster"].value_counts()["count"].to_list() == [30] * 4


def test_options_have_a_second_spelling(run, files, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("text,day,kind\n" + "\n".join(f"{text.replace(',', '')},2024,a" for text in TEXTS))
    for first, second in (("--timestamps", "--classes"), ("--time", "--by")):
        options = (first, "day", second, "kind", "--embedder", "lexical", "--out", tmp_path / "m")
        assert run("fit", table, "--text", "text", *options)[0] == 0
        covariates = TopicModel.load(tmp_path / "m").fitted_.covariates
        assert covariates.class_names == ("a",)
        assert str(covariates.timestamps[0]) == "2024-01-01T00:00:00"


def test_errors_of_the_library_name_options_of_the_command(run, files, tmp_path):
    with pytest.raises(InputError, match="choose one with TextFile") as raised:
        read_texts(str(files / "t.csv"))
    assert "--" not in str(raised.value)
    assert run("fit", files / "t.csv", "--out", tmp_path / "m")[2].endswith("choose one with --text\n")
    err = run("fit", files / "t.txt", "--text", "body", "--out", tmp_path / "m")[2]
    assert 'set its format with --input-format csv, or "tsv"' in err


def test_fewer_clusters_than_were_asked_for_are_said(run, files, tmp_path):
    np.save(tmp_path / "v.npy", np.random.default_rng(0).normal(size=(120, 4)))
    given = ("cluster", files / "t.txt", "--clusterer", "kmeans", "--embeddings", tmp_path / "v.npy")
    assert "Requested 1,000 clusters, found 120." in run(*given, "--clusters", 1000)[2]
    status, _, err = run(*given, "--clusters", 1)
    assert status == 0
    assert err == "\n1 cluster, 120 of 120 texts in a cluster.\n"


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("command", ["", "fit", "predict", "report", "cluster", "score", "demo", "cache"])
def test_flags_are_shown_without_a_value(run, monkeypatch, command, width):
    monkeypatch.setenv("COLUMNS", str(width))
    status, out, _ = run(*command.split(), "--help")
    assert status == 0
    assert "--help" in out
    assert "bool" not in out.lower()
    if command == "fit":
        assert re.search(r"--dry-run +Only estimate", out)
        assert "agglomerative," in out  # whole


def test_the_csv_of_clusters_has_all_rows_of_the_file(run, tmp_path):
    (tmp_path / "t.txt").write_text("a b\n\na b c\nz\n")
    np.save(tmp_path / "v.npy", np.array([[1.0, 0.0], [0.5, 0.5], [1.0, 0.0], [0.0, 1.0]]))
    options = ("--embeddings", tmp_path / "v.npy", "--min-size", 2, "--out", tmp_path / "g.csv")
    assert run("cluster", tmp_path / "t.txt", *options)[0] == 0
    assert pl.read_csv(tmp_path / "g.csv")["cluster"].to_list() == [0, -1, 0, -1]


@pytest.mark.parametrize("option", ["--labels", "--out"])
def test_results_that_cannot_be_written_are_known_before_the_work(run, files, tmp_path, monkeypatch, option):

    monkeypatch.setattr(TopicModel, "fit", lambda *_, **__: pytest.fail("the work was begun"))
    (tmp_path / "file").write_text("x")
    given = {"--out": tmp_path / "model", option: tmp_path / "file" / "result"}
    options = [word for pair in given.items() for word in pair]
    status, out, err = run("fit", files / "t.csv", "--text", "body", *options)
    assert (status, out) == (1, "")
    assert "cannot write" in err
    assert not (tmp_path / "model").exists()


def test_labels_go_beside_the_model_not_into_it(run, files, tmp_path):
    for labels in (tmp_path / "model", tmp_path / "model" / "labels.csv"):
        where = ("--out", tmp_path / "model", "--labels", labels)
        status, _, err = run("fit", files / "t.csv", "--text", "body", *where)
        assert status == 1
        assert "in the model's folder" in err
        assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("options", [("--refine", 0, "--embedder", "distilled"), ("--refine", 5)])
def test_refining_that_cannot_be_done_is_known_before_the_work(run, files, tmp_path, monkeypatch, options):

    monkeypatch.setattr(TopicModel, "fit", lambda *_, **__: pytest.fail("the work was begun"))
    status, _, err = run("fit", files / "t.csv", "--text", "body", "--out", tmp_path / "m", *options)
    assert status == 2
    assert "--refine" in err


def test_a_threshold_chosen_from_the_texts(run, files):
    status, _, err = run(
        "cluster", files / "t.txt", "--embedder", "lexical", "--threshold", "auto", "--min-size", 3
    )
    assert status == 0
    assert "chosen from the texts" in err


def test_standard_input(files):
    command = [sys.executable, "-m", "topickit", "cluster", "-", "--clusterer", "kmeans", "--clusters", "4"]
    command += ["--embedder", "lexical"]
    done = subprocess.run(command, input="\n".join(TEXTS), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Cluster") == 4


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["fit", "absent.csv", "--out", "m"], 1, "absent.csv"),
        (["fit", "{files}/t.csv", "--out", "m"], 1, "choose one with --text"),
        (
            ["fit", "{files}/t.csv", "--text", "nothing", "--out", "m"],
            1,
            "its columns are 'id', 'body', 'other'",
        ),
        (["fit", "{files}/t.csv", "--text", "id", "--out", "m"], 1, "not text"),
        (["fit", "{files}/bad.parquet", "--out", "m"], 1, "bad.parquet"),
        (["fit", "{files}/latin.txt", "--out", "m"], 1, "UTF-8"),
        (["fit", "{files}/blank.txt", "--out", "m", "--embedder", "lexical"], 1, "blank"),
        (["fit", "{files}/empty.txt", "--out", "m", "--embedder", "lexical"], 1, "empty"),
        (["predict", "{files}", "{files}/t.txt"], 1, "no saved model"),
        (["cluster", "{files}/t.txt", "--embeddings", "{files}/t.csv"], 1, "embeddings"),
        (
            [
                "cluster",
                "{files}/t.txt",
                "--clusterer",
                "hdbscan",
                "--clusters",
                "3",
                "--embedder",
                "lexical",
            ],
            2,
            "--clusters",
        ),
        (["cluster", "{files}/t.txt", "--clusterer", "k-means"], 2, "k-means"),
        (["fit", "{files}/t.txt"], 2, "--out FOLDER"),
        (
            ["fit", "{files}/emoji.txt", "--out", "m", "--embedder", "lexical"],
            1,
            "such as --embedder all-MiniLM-L6-v2",
        ),
        (["predict", "{files}/t.txt", "{files}"], 1, "t.txt is a file, not the folder of a saved model"),
        (["fit", "{files}/t.txt", "--out", "m", "--n-topics", "0"], 2, "--n-topics"),
        (["fit", "{files}/t.txt", "--out", "m", "--long-documents", "drop"], 2, "drop"),
        (["cluster", "{files}/t.txt", "--embedder", "lexical", "--threshold", "high"], 2, "--threshold"),
        (["cluster", "{files}/t.txt", "--embedder", "lexical", "--threshold", "7"], 2, "threshold"),
        (["cluster", "{files}/t.txt", "--clusterer", "kmeans", "--min-size", "5"], 2, "--min-size"),
        (["cluster", "{files}/t.txt", "--clusters", "5"], 2, "--clusters"),
        (["fit", "{files}/t.txt", "--text", "body", "--out", "m"], 1, "--input-format csv"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_errors_are_one_line_and_a_status(run, files, tmp_path, monkeypatch, arguments, status, said):
    monkeypatch.chdir(tmp_path)
    (files / "bad.parquet").write_bytes(b"PAR1 not really")
    (files / "latin.txt").write_bytes("caf\u00e9".encode("latin-1"))
    (files / "blank.txt").write_text("\n \n\n")
    (files / "empty.txt").write_text("")
    (files / "emoji.txt").write_text("🙂\n👍\n🎉\n")
    got, out, err = run(*[argument.format(files=files) for argument in arguments])
    assert got == status
    assert said in err
    assert out == ""
    if status == 1:
        assert err.startswith("topickit: ")
        assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_the_traceback(run):
    for arguments in (
        ["--debug", "fit", "absent.csv", "--out", "m"],
        ["fit", "absent.csv", "--out", "m", "--debug"],
    ):
        status, _, err = run(*arguments)
        assert status == 1
        assert "Traceback" in err


def test_missing_texts_are_outliers_and_said(run, tmp_path):
    pl.DataFrame({"text": [*TEXTS, None, ""]}).write_parquet(tmp_path / "t.parquet")
    status, _, err = run(
        *("fit", tmp_path / "t.parquet", "--out", tmp_path / "m", "--embedder", "lexical"),
        *("--labels", tmp_path / "l.csv"),
    )
    assert status == 0
    assert "2 of 122 rows have no text" in err
    assert pl.read_csv(tmp_path / "l.csv")["topic"][-2:].to_list() == [-1, -1]


def test_help_and_version(run):
    assert "fit" in run("--help")[1]
    assert run("--version")[1].startswith("topickit 0.")


@pytest.fixture(scope="module")
def a_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "m"
    TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(TEXTS).save(folder)
    return folder


@pytest.mark.parametrize("command", ["predict", "cluster", "score"])
def test_no_command_writes_over_what_it_reads(run, a_model, tmp_path, command):
    table = tmp_path / "same.csv"
    table.write_text("text\na boat\nan onion\n")
    status, _, err = run(command, *([] if command == "cluster" else [a_model]), table, "--out", table)
    assert status == 1
    assert "is an input" in err
    assert table.read_text() == "text\na boat\nan onion\n"


def test_no_report_is_written_into_the_model(run, a_model):
    status, _, err = run("report", a_model, "--out", a_model / "manifest.json")
    assert status == 1
    assert "in the folder of the model" in err


def test_a_night_without_new_rows_is_no_error(run, a_model, tmp_path):
    table = tmp_path / "none.csv"
    table.write_text("text\n")
    assert run("predict", a_model, table)[:2] == (0, "row,topic,name\n")


def test_rows_that_no_topic_is_like_are_counted(run, a_model, tmp_path):
    table = tmp_path / "new.csv"
    table.write_text("text\nzzzz qqqq\n\n")
    assert "1 of 2 rows are in no topic" in run("predict", a_model, table)[2]


def test_a_replaced_model_is_told_of(run, files, tmp_path):
    fit = ["fit", files / "t.csv", "--text", "body", "--embedder", "lexical", "--out", tmp_path / "m"]
    assert "replacing" not in run(*fit)[1]
    assert "replacing the previous one" in run(*fit)[1]


def test_predict_writes_columns_of_the_file(run, a_model, tmp_path):
    table = tmp_path / "ids.csv"
    table.write_text("id,day,text\n007,2024-05-31,a boat with a sail\n008,,onion and butter\n")
    status, out, _ = run("predict", a_model, table, "--text", "text", "--keep", "id", "--keep", "day")
    assert status == 0
    rows = [line.split(",") for line in out.splitlines()]
    assert rows[0] == ["row", "topic", "name", "id", "day"]
    assert [row[-2:] for row in rows[1:]] == [["007", "2024-05-31"], ["008", ""]]
    status, _, err = run("predict", a_model, table, "--text", "text", "--keep", "row")
    assert status == 1
    assert "the output has a column of that name" in err


@pytest.mark.parametrize("covariates", [(), ("--classes", "id")])
def test_fit_reads_standard_input_once_with_the_columns_to_keep(run, tmp_path, monkeypatch, covariates):
    rows = ["id\ttext", *(f"{row:03}\t{text}" for row, text in enumerate(TEXTS)), "120\t"]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("\n".join(rows).encode())))
    status, _, err = run(
        *("fit", "-", "--input-format", "tsv", "--embedder", "lexical", "--out", tmp_path / "m"),
        *("--text", "text", "--labels", tmp_path / "l.csv", "--keep", "id", *covariates),
    )
    assert status == 0, err
    assert err.count("1 of 121 rows have no text") == 1
    with (tmp_path / "l.csv").open() as file:
        assert [row["id"] for row in csv.DictReader(file)] == [f"{row:03}" for row in range(121)]


COMMAND = [sys.executable, "-m", "topickit", "report"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_cannot_be_written_is_said_in_a_line(a_model):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, a_model], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.strip() == "topickit: cannot write to standard output: No space left on device"


def test_a_reader_that_has_seen_enough_is_no_error(a_model):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*COMMAND, a_model], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_texts_of_another_kind_are_said(run, tmp_path):
    rng = np.random.default_rng(0)
    centres = np.eye(40)[np.arange(120) % 4]
    known, new, others = (tmp_path / f"{name}.npy" for name in ("known", "new", "others"))
    np.save(known, centres + rng.normal(0, 0.05, centres.shape))
    np.save(new, centres + rng.normal(0, 0.05, centres.shape))
    np.save(others, rng.normal(0, 1, centres.shape))
    file = tmp_path / "t.txt"
    file.write_text("\n".join(f"{text} {i}" for i, text in enumerate(TEXTS)))
    run("fit", file, "--embeddings", known, "--out", tmp_path / "m", "--clusterer", "kmeans", "--n-topics", 4)
    assert "less similar" not in run("predict", tmp_path / "m", file, "--embeddings", new)[2]
    _, out, err = run("predict", tmp_path / "m", file, "--embeddings", others, "--similarity")
    assert re.search(r"1[12]\d of 120 rows \(\d+\.\d%\) are less similar to their topic", err)
    table = pl.read_csv(out.encode())
    assert table.columns == ["row", "topic", "name", "similarity"]
    loaded = TopicModel.load(tmp_path / "m")
    similar = loaded.similarity(file.read_text().splitlines(), embeddings=np.load(others))
    np.testing.assert_allclose(table["similarity"].to_numpy(), similar, atol=6e-4)
    assert (similar < loaded.fitted_.provenance.similarity_p5).mean() > 0.9


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--keep", "id"), "--keep needs --labels"),
        (("--report", "r.pdf"), "cannot write pdf"),
        (("--labels", "l.csv", "--keep", "nosuch"), "nosuch"),
    ],
)
def test_results_of_fit_that_cannot_be_made_are_known_before_the_work(run, files, tmp_path, options, says):
    options = [tmp_path / option if "." in option else option for option in options]
    status, _, err = run(
        *("fit", files / "t.csv", "--text", "body", "--embedder", "lexical"),
        "--out",
        tmp_path / "m",
        *options,
    )
    assert status in (1, 2)
    assert says in err
    assert not (tmp_path / "m").exists()


def test_labels_of_fit_are_safe_in_a_spreadsheet(run, tmp_path):
    pl.DataFrame({"text": TEXTS, "kind": ["=1+1", "b"] * 60}).write_csv(tmp_path / "t.csv")
    run(
        *("fit", tmp_path / "t.csv", "--text", "text", "--embedder", "lexical", "--out", tmp_path / "m"),
        *("--classes", "kind", "--labels", tmp_path / "l.csv"),
    )
    assert set(pl.read_csv(tmp_path / "l.csv")["class"]) == {"'=1+1", "b"}
