"""Fits on a Ray cluster: the topics of one process, whatever the blocks and the workers."""

import os
import signal
from types import BuiltinFunctionType

import numpy as np
import pytest

from topickit import TopicModel
from topickit._core.state import State
from topickit._core.validation import TextError
from topickit.corpus.documents import text_keys
from topickit.distributed import fit, read_parquet
from topickit.distributed.embedding import ClusterEmbedder
from topickit.errors import InputError, InputTypeError, ParameterError, TopickitWarning

pytestmark = pytest.mark.filterwarnings("ignore:The maximum number of concurrent tasks")


class Letters:
    """An embedder that writes down what it embeds, and can end its process as kill -9 does."""

    def __init__(self, folder) -> None:
        self.folder = folder

    fingerprint = "numbers of letters, version 1"

    def encode(self, texts):
        if (self.folder / "armed").exists():
            (self.folder / "armed").unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        if texts:
            with open(self.folder / "embedded", "a") as file:
                file.write(f"{os.getpid()} {len(texts)}\n")
        if any("raises" in text for text in texts):
            raise TextError("Letters cannot read a text", next(text for text in texts if "raises" in text))
        return self.counts(texts)

    @staticmethod
    def counts(texts):
        rows = [[text.count(letter) for letter in "abcdefghiklmnoprstuvw"] for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(texts), 21)

    def state(self):
        return State({"kind": "external", "description": "letters", "dimension": 21})


def answers(model: TopicModel) -> list[tuple]:
    return [
        (topic.id, topic.size, topic.share, topic.name, topic.keywords, topic.representative_documents)
        for topic in model.topics_
    ]


def assert_same(model: TopicModel, expected: TopicModel) -> None:
    assert model.labels_.tolist() == expected.labels_.tolist()
    assert answers(model) == answers(expected)
    assert model.fitted_.provenance == expected.fitted_.provenance
    assert np.array_equal(model.fitted_.assigner.prototypes, expected.fitted_.assigner.prototypes)


@pytest.fixture(scope="module")
def vectors(many) -> np.ndarray:
    """Vectors that differ a little among equal texts."""
    of_texts = Letters.counts(many)
    return of_texts + np.random.default_rng(0).normal(0, 0.01, of_texts.shape).astype(np.float32)


@pytest.fixture(scope="module")
def of_vectors(many, vectors) -> TopicModel:
    return TopicModel(fit_sample=1000).fit(many, embeddings=vectors, timestamps=years(many))


def years(texts) -> list[int]:
    return [2000 + len(text) % 9 for text in texts]


@pytest.mark.parametrize(("n_files", "rows_per_group"), [(1, 5000), (3, 400), (7, 300)])
def test_vectors_that_are_given(ray_cluster, many, vectors, of_vectors, write_files, n_files, rows_per_group):
    columns = {"body": many, "vector": vectors, "year": years(many), "id": range(len(many))}
    source = write_files(columns, n_files, rows_per_group)
    recipe = TopicModel(fit_sample=1000)
    model = fit(read_parquet(source), "body", recipe, embeddings="vector", timestamps="year")
    assert_same(model, of_vectors)
    assert isinstance(print, BuiltinFunctionType)  # else numba cannot compile what prints
    times = [fitted.fitted_.covariates.state().arrays for fitted in (model, of_vectors)]
    assert {name: values.tolist() for name, values in times[0].items()} == {
        name: values.tolist() for name, values in times[1].items()
    }
    assert not hasattr(recipe, "fitted_")


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_texts_that_workers_embed(ray_cluster, many, write_files, tmp_path, workers):
    recipe = TopicModel(Letters(tmp_path), n_topics=4, cache=tmp_path / "cache")
    source = write_files({"text": many})
    model = fit(read_parquet(source), model=recipe, workers=workers, num_cpus=0.4)
    lines = [line.split() for line in (tmp_path / "embedded").read_text().splitlines()]
    assert len({process for process, _ in lines}) == workers
    assert str(os.getpid()) not in {process for process, _ in lines}
    assert sum(int(n) for _, n in lines) == len({text for text in many if text.strip()})  # each text once
    assert_same(model, TopicModel(Letters(tmp_path), n_topics=4).fit(many))
    assert type(model.embedder_) is type(model.embedder) is Letters
    model.save(tmp_path / "model")
    loaded = TopicModel.load(tmp_path / "model", embedder=Letters(tmp_path))
    assert loaded.predict(many).tolist() == model.labels_.tolist()


def test_a_worker_that_is_killed_loses_nothing(ray_cluster, many, write_files, tmp_path):
    expected = TopicModel(Letters(tmp_path), n_topics=4).fit(many)
    (tmp_path / "armed").touch()
    dataset = read_parquet(write_files({"text": many}))
    model = fit(dataset, model=TopicModel(Letters(tmp_path), n_topics=4), num_cpus=0.4, workers=2)
    assert not (tmp_path / "armed").exists()
    assert_same(model, expected)


def test_a_second_run_goes_on_where_the_first_was_stopped(
    ray_cluster, many, write_files, tmp_path, monkeypatch
):
    recipe = TopicModel(Letters(tmp_path), n_topics=4, cache=tmp_path / "cache")
    source = write_files({"text": many})
    received = ClusterEmbedder._received
    n_received = []

    def stopped(ray, sent, progress):
        n_received.append(received(ray, sent, progress))
        if len(n_received) == 4:
            raise KeyboardInterrupt
        return n_received[-1]

    monkeypatch.setattr(ClusterEmbedder, "_received", staticmethod(stopped))
    with pytest.raises(KeyboardInterrupt):
        fit(read_parquet(source), model=recipe, workers=1, num_cpus=0.4)
    monkeypatch.undo()
    (tmp_path / "embedded").unlink()
    model = fit(read_parquet(source), model=recipe, workers=1, num_cpus=0.4)
    n_left = sum(int(line.split()[1]) for line in (tmp_path / "embedded").read_text().splitlines())
    assert n_left == len({text for text in many if text.strip()}) - sum(map(len, n_received[:3]))
    assert_same(model, TopicModel(Letters(tmp_path), n_topics=4).fit(many))


def test_an_embedder_that_learns_is_fitted_to_all_texts(ray_cluster, many, lexical, write_files):
    dataset = read_parquet(write_files({"text": many}))
    with pytest.warns(TopickitWarning, match="learns from the corpus, and embeds on the driver alone"):
        model = fit(dataset, model=TopicModel("lexical", n_topics=4))
    assert_same(model, lexical)


def test_a_sample_of_few_repeated_texts_is_refused(ray_cluster, many, write_files):
    share = 200 / 2000
    repeated = next(text for text in many if 0 < text_keys([text])[0, 0] < share * 2.0**64)
    dataset = read_parquet(write_files({"text": [*many[:1000], *[repeated] * 1000]}))
    with pytest.raises(
        InputError, match=r"many of the 2,000 rows .* more than 400; leave repeated texts out"
    ):
        fit(dataset, model=TopicModel(Letters(None)), limit=200)


def test_errors_name_the_file_and_the_row(ray_cluster, many, vectors, write_files, tmp_path):
    texts = [*many[:700], None, *many[:299]]
    source = write_files({"text": texts, "topic": ["a"] * 1000}, n_files=2)
    recipe = TopicModel(Letters(tmp_path), n_topics=4)
    with pytest.raises(InputTypeError, match=rf"^row 200 of {source}/1\.parquet \(from 0\) is missing"):
        fit(read_parquet(source), model=recipe)
    assert not (tmp_path / "embedded").exists()
    with pytest.warns(TopickitWarning, match="1 of 1,000 documents are missing"):
        model = fit(read_parquet(source), model=recipe, missing="drop")
    assert len(model.labels_) == 999
    lengths = [row[: 3 if i == 600 else 4] for i, row in enumerate(vectors[:1000].tolist())]
    broken = write_files({"text": many[:1000], "vector": lengths}, n_files=2)
    with pytest.raises(InputError, match=r"row 100 of .*1\.parquet \(from 0\) has an embedding of shape"):
        fit(read_parquet(broken), embeddings="vector")
    with pytest.raises(ParameterError, match="there is no column 'body'; the columns are text, topic, file"):
        fit(read_parquet(source), "body", recipe)
    source = write_files({"text": [*many[:700], "it raises an error", *many[700:999]]}, n_files=2)
    with pytest.raises(InputError, match=r"^row 200 of .*1\.parquet \(from 0\): Letters cannot read a text$"):
        fit(read_parquet(source), model=recipe)
    with pytest.raises(InputTypeError, match=r"must be a ray\.data\.Dataset"):
        fit(many)


@pytest.mark.filterwarnings("ignore:embedder='lexical' learns from the corpus")
def test_the_command_fits(ray_cluster, many, lexical, write_files, tmp_path, run):
    source = write_files({"body": many, "year": years(many)})
    arguments = ["fit", f"{source}/*.parquet", "--text", "body", "--engine", "ray", "--embedder", "lexical"]
    arguments += ["--n-topics", "4", "--time", "year", "--out", tmp_path / "model"]
    status, out, err = run(*arguments)
    assert (status, "Model saved to" in out) == (0, True), err
    model = TopicModel.load(tmp_path / "model")
    assert model.labels_.tolist() == lexical.labels_.tolist()
    assert [topic.keywords for topic in model.topics_] == [topic.keywords for topic in lexical.topics_]
    assert run(*arguments, "--dry-run")[0] == run(*arguments, "--encoding", "cp1252")[0] == 2
