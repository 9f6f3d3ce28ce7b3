"""Prediction on a Ray cluster: the answers of one process, whatever the blocks and the workers."""

import os
import signal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from topickit import TopicModel
from topickit.distributed import parquet, predict, read_parquet, write_parquet
from topickit.errors import (
    InputError,
    InputTypeError,
    ParameterError,
    ParameterTypeError,
)

RESULTS = ["topic", "name", "similarity"]
pytestmark = pytest.mark.filterwarnings("ignore:The maximum number of concurrent tasks")


def read(folder) -> pl.DataFrame:
    return pl.read_parquet(folder / "*.parquet").sort("file", "row")


@pytest.mark.parametrize(
    ("workers", "n_files", "rows_per_group", "batch_size"), [(1, 1, 5000, 4096), (2, 3, 400, 150)]
)
def test_every_row_gets_its_answer(
    ray_cluster, many, lexical, write_files, tmp_path, workers, n_files, rows_per_group, batch_size
):
    source = write_files({"id": range(len(many)), "body": many, "more": many}, n_files, rows_per_group)
    dataset = predict(
        lexical,
        read_parquet(f"{source}/*.parquet", ["id", "body"]),
        "body",
        keep=["id"],
        probabilities=True,
        workers=workers,
        batch_size=batch_size,
    )
    written = write_parquet(dataset, tmp_path / "out")
    expected = lexical.assign(many)
    table = read(tmp_path / "out").sort("id")
    assert table.columns == ["id", "file", "row", *RESULTS, "probabilities"]
    assert (written.n_rows, written.n_outliers) == (len(many), (expected.labels < 0).sum())
    assert written.n_parts == len(list((tmp_path / "out").iterdir()))
    assert table["topic"].to_list() == expected.labels.tolist()
    assert table["name"].to_list() == expected.to_polars()["name"].to_list()
    np.testing.assert_allclose(table["similarity"].to_numpy(), expected.similarity, atol=1e-6)
    np.testing.assert_allclose(np.stack(table["probabilities"].to_list()), expected.probabilities, atol=1e-5)
    assert table["row"].to_list() == [
        row for n in np.bincount(table["file"].rank("dense")) for row in range(n)
    ]


def test_vectors_that_are_given(ray_cluster, many, write_files, tmp_path):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(len(many), 8)).astype(np.float32)
    model = TopicModel(clusterer="kmeans", n_topics=5).fit(many, embeddings=vectors)
    source = write_files({"id": range(len(many)), "text": many, "vector": vectors})
    dataset = predict(model, read_parquet(source), embeddings="vector", keep=["id"], missing="blank")
    write_parquet(dataset, tmp_path / "out")
    expected = model.predict(many, embeddings=vectors)
    assert read(tmp_path / "out").sort("id")["topic"].to_list() == expected.tolist()


class KillsItsProcess:
    """An embedder that ends its process as kill -9 does, once, where a file says so."""

    def __init__(self, armed: Path) -> None:
        self.armed = armed

    def encode(self, texts):
        if self.armed.exists():
            self.armed.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return np.array([[text.count(letter) for letter in "aeioust"] for text in texts], dtype=np.float32)


def test_a_worker_that_is_killed_loses_nothing(ray_cluster, many, write_files, tmp_path):
    armed = tmp_path / "armed"
    model = TopicModel(KillsItsProcess(armed), clusterer="kmeans", n_topics=5).fit(many)
    expected = model.predict(many)
    dataset = predict(
        model, read_parquet(write_files({"id": range(len(many)), "text": many})), batch_size=200
    )
    armed.touch()
    write_parquet(dataset, tmp_path / "out")
    assert not armed.exists()
    table = read(tmp_path / "out").sort("id")
    assert table["id"].to_list() == list(range(len(many)))
    assert table["topic"].to_list() == expected.tolist()


def write_and_die(table, folder: str):
    """Write a part, then end the process as kill -9 does, once."""
    written = parquet.write_part(table, folder)
    armed = Path(folder).parent / "armed"
    if armed.exists() and len(table):
        armed.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return written


def test_a_worker_that_is_killed_after_it_wrote_leaves_nothing_twice(
    ray_cluster, many, lexical, write_files, tmp_path, monkeypatch
):
    dataset = predict(lexical, read_parquet(write_files({"id": range(len(many)), "text": many})))
    (tmp_path / "armed").touch()
    original = parquet.write_part
    with monkeypatch.context() as patch:
        patch.setattr(parquet, "write_part", write_and_die)
        written = write_parquet(dataset, tmp_path / "out")
    assert parquet.write_part is original
    assert not (tmp_path / "armed").exists()
    assert (written.n_rows, written.n_parts) == (len(many), len(list((tmp_path / "out").iterdir())))
    table = read(tmp_path / "out").sort("id")
    assert table["id"].to_list() == list(range(len(many)))
    assert table["topic"].to_list() == lexical.predict(many).tolist()


def test_an_error_names_the_file_and_the_row(ray_cluster, many, lexical, write_files, tmp_path, capfd):
    source = write_files({"text": [*many[:700], None, *many[:299]]}, n_files=2)
    dataset = predict(lexical, read_parquet(source), batch_size=150)
    with pytest.raises(InputTypeError) as raised:
        write_parquet(dataset, tmp_path / "out")
    message = str(raised.value)
    assert message.startswith(f"row 200 of {source}/1.parquet (from 0) is missing (None)")
    assert "\n" not in message
    assert not list(tmp_path.glob("out")) + list(tmp_path.glob(".topickit*"))
    assert "Traceback" not in capfd.readouterr().err
    with pytest.raises(InputTypeError, match="row 200 of "):  # Ray's wrapper is the same error
        dataset.count()


def test_the_command(ray_cluster, many, lexical, write_files, tmp_path, run):
    lexical.save(tmp_path / "model")
    source = write_files({"id": range(len(many)), "text": many})
    arguments = ["predict", tmp_path / "model", f"{source}/*.parquet", "--engine", "ray", "--keep", "id"]
    status, _, err = run(*arguments, "--out", tmp_path / "out")
    assert (status, "3,000 rows, 1 of them in no topic" in err) == (0, True), err
    assert read(tmp_path / "out").sort("id")["topic"].to_list() == lexical.predict(many).tolist()
    status, _, err = run(*arguments, "--out", tmp_path / "out")
    assert (status, "is not empty" in err) == (1, True)
    assert run(*arguments)[0] == run(*arguments, "--out", tmp_path / "b", "--spans")[0] == 2
    assert run(*arguments[:3], "--address", "auto")[0] == 2


def test_a_bad_file_is_an_error_before_the_work(write_files, many, tmp_path):
    source = write_files({"text": many[:100]})
    whole = (source / "1.parquet").read_bytes()
    (source / "1.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cannot read .*/1\.parquet: it is no Parquet file, or not all"):
        read_parquet(source)
    (source / "1.parquet").write_bytes(whole)
    with pytest.raises(InputError, match=r"0\.parquet has no column 'body'; its columns are text"):
        read_parquet(source, ["body"])
    with pytest.raises(InputError, match="there is no file"):
        read_parquet(source / "*.csv")
    with pytest.raises(InputError, match="is an address"):
        read_parquet("s3://bucket/*.parquet")


def test_settings_that_cannot_be_used(ray_cluster, lexical):
    dataset = ray_cluster.data.from_items([{"text": "onion garlic", "topic": 1}])
    with pytest.raises(ParameterError, match="rename that, or leave it out with keep="):
        predict(lexical, dataset)
    with pytest.raises(ParameterError, match="there is no column 'body'; the columns are text, topic"):
        predict(lexical, dataset, "body")
    with pytest.raises(InputTypeError, match=r"must be a ray\.data\.Dataset, got list"):
        predict(lexical, ["onion garlic"])
    with pytest.raises(ParameterTypeError, match="must be a TopicModel or the folder"):
        predict(7, dataset, keep=[])
    with pytest.raises(ParameterError, match="workers must be at least 1"):
        predict(lexical, dataset, keep=[], workers=0)
    with pytest.raises(ParameterError, match="needs embeddings="):
        predict(lexical, dataset, None)


def test_workers_get_no_documents(lexical, many):
    light = lexical._for_prediction()
    assert light.fitted_.corpus is None
    assert not len(light.fitted_.labels) + len(light.labels_)
    assert not any(topic.representative_documents for topic in light.topics_)
    assert light.predict(many).tolist() == lexical.predict(many).tolist()
    assert lexical.fitted_.corpus is not None
    assert len(lexical.labels_) == len(many)
