"""Options of the command for files as people have them: encodings, rows without text."""

import numpy as np
import polars as pl

from tests.conftest import make_corpus
from topickit import TopicModel

TEXTS, _ = make_corpus(120)


def test_every_command_reads_other_encodings(run, tmp_path):
    a_model = tmp_path / "model"
    TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(TEXTS).save(a_model)
    table = tmp_path / "t.csv"
    table.write_bytes("text,kind\nZoë in a boat,a\nonion for Jürgen,b\n".encode("cp1252"))
    for command in (
        ("predict", a_model, table),
        ("predict", a_model, table, "--keep", "kind"),
        ("score", a_model, table),
        ("score", a_model, table, "--true-labels", "kind"),
        ("cluster", table, "--embedder", "lexical", "--clusterer", "kmeans", "--clusters", 2),
        ("fit", table, "--embedder", "lexical", "--n-topics", 2, "--out", tmp_path / "m"),
    ):
        command = (*command, "--text", "text")
        status, _, err = run(*command)
        assert status == 1
        assert "set its encoding with --encoding cp1252" in err
        assert run(*command, "--encoding", "cp1252")[0] == 0


def test_every_command_reads_csv_without_a_header(run, tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("1.5,A boat is on the lake.,a\n2.5,Onion and butter are here.,b\n")
    fit = ("fit", table, "--embedder", "lexical", "--n-topics", 2, "--out", tmp_path / "m")
    status, _, err = run(*fit)
    assert status == 1
    assert "if the file has no header, set --no-header" in err
    for command in (
        fit,
        ("predict", tmp_path / "m", table),
        ("predict", tmp_path / "m", table, "--keep", "column_1"),
        ("score", tmp_path / "m", table),
        ("score", tmp_path / "m", table, "--true-labels", "column_3"),
        ("cluster", table, "--embedder", "lexical", "--clusterer", "kmeans", "--clusters", 2),
    ):
        assert run(*command, "--text", "column_2", "--no-header")[0] == 0
    out = run("predict", tmp_path / "m", table, "--keep", "column_1", "--text", "column_2", "--no-header")[1]
    assert [line.rpartition(",")[2] for line in out.splitlines()] == ["column_1", "1.5", "2.5"]


def test_rows_without_text_are_left_out_or_refused(run, tmp_path):
    table = pl.DataFrame({"id": range(123), "text": [None, *TEXTS[:60], " ", *TEXTS[60:], ""]})
    table = table.with_columns(day=pl.lit("2024-05-31"), kind=pl.lit("x"))
    table.write_parquet(tmp_path / "t.parquet")
    np.save(tmp_path / "e.npy", np.random.default_rng(0).normal(size=(123, 8)))
    rows = [*range(1, 61), *range(62, 122)]
    fit = ("fit", tmp_path / "t.parquet", "--text", "text", "--out", tmp_path / "m")
    drop = ("--missing", "drop", "--keep", "id", "--embeddings", tmp_path / "e.npy")
    status, _, err = run(
        *(*fit, *drop, "--n-topics", 3, "--labels", tmp_path / "l.csv"), *("--time", "day", "--by", "kind")
    )
    assert status == 0
    assert "3 of 123 rows have no text and are left out" in err
    labels = pl.read_csv(tmp_path / "l.csv")
    assert labels["row"].to_list() == labels["id"].to_list() == rows
    status, out, _ = run("predict", tmp_path / "m", tmp_path / "t.parquet", "--text", "text", *drop)
    assert status == 0
    assert pl.read_csv(out.encode())["row"].to_list() == pl.read_csv(out.encode())["id"].to_list() == rows
    assert pl.read_csv(out.encode())["topic"].to_list() == labels["topic"].to_list()
    for command in (fit, ("predict", tmp_path / "m", tmp_path / "t.parquet", "--text", "text")):
        status, _, err = run(*command, "--missing", "error")
        assert status == 1
        assert "row 0 of" in err
        assert "--missing drop" in err
