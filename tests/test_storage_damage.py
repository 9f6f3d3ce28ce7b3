"""Damaged models: each gives a StorageError, or answers exactly as before."""

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_corpus
from topickit import TopicModel
from topickit.errors import InputError, StorageError

TEXTS, _ = make_corpus(60)
NEW, _ = make_corpus(12, seed=5)
FIRST_FORMAT = Path(__file__).parent / "data" / "model-0.1-lexical"


def answers(model):
    assignment = model.assign(NEW)
    topics = [(topic.name, topic.keywords, topic.size, topic.stability) for topic in model.topics_]
    arrays = (model.labels_, assignment.labels, assignment.similarity, assignment.probabilities)
    return repr(topics), *(array.tobytes() for array in arrays), repr(model.get_params()["n_topics"])


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The folders of a model with its texts and of another one, and what the first answers."""
    folder = tmp_path_factory.mktemp("saved")
    TopicModel(embedder="lexical", clusterer="kmeans", n_topics=4).fit(TEXTS).save(
        folder / "m", keep_texts=True
    )
    TopicModel(embedder="lexical", clusterer="kmeans", n_topics=3).fit(TEXTS).save(
        folder / "other", keep_texts=True
    )
    return folder / "m", folder / "other", answers(TopicModel.load(folder / "m"))


def flip_bit(path, rng):
    data = bytearray(path.read_bytes())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def truncate(path, rng):
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def overwrite_bytes(path, rng):
    data = bytearray(path.read_bytes())
    start = rng.randrange(len(data))
    data[start : start + 8] = rng.randbytes(8)
    path.write_bytes(data)


def nodes(value, path=()):
    """The places of all values in a manifest."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield (*path, key)
            yield from nodes(value[key], (*path, key))


def edit_manifest(folder, rng):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    *way, last = rng.choice(list(nodes(manifest)))
    holder = manifest
    for key in way:
        holder = holder[key]
    old = holder[last]
    if rng.random() < 0.2:
        del holder[last]
    else:
        others = [None, -1, 0, 3.5, "x", [], {}, True, old + 1 if isinstance(old, int | float) else [old]]
        holder[last] = rng.choice(others)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def swap_files(folder, other, rng):
    """Put a file of another model, or the other file of this one, in the place of a file."""
    files = sorted(folder.iterdir())
    target = rng.choice(files)
    source = rng.choice([*files, *sorted(other.iterdir())])
    target.write_bytes(source.read_bytes())


def damage(folder, other, rng):
    kind = rng.choice(["flip", "flip", "flip", "edit", "edit", "truncate", "overwrite", "swap", "remove"])
    path = rng.choice(sorted(folder.iterdir()))
    if kind == "edit":
        edit_manifest(folder, rng)
    elif kind == "swap":
        swap_files(folder, other, rng)
    elif kind == "remove":
        path.unlink()
    else:
        {"flip": flip_bit, "truncate": truncate, "overwrite": overwrite_bytes}[kind](path, rng)
    return kind


@pytest.mark.parametrize("start", range(0, 300, 50))
def test_every_damage_is_noticed_or_changes_nothing(saved, tmp_path, start):
    whole, other, expected = saved
    n_noticed = 0
    for seed in range(start, start + 50):
        folder = tmp_path / str(seed)
        shutil.copytree(whole, folder)
        kind = damage(folder, other, random.Random(seed))
        try:
            loaded = TopicModel.load(folder)
        except StorageError:
            n_noticed += 1
        else:
            assert answers(loaded) == expected, f"seed {seed}, {kind}"
        shutil.rmtree(folder)
    assert n_noticed >= 30


def test_a_damaged_first_format_raises_nothing_else(tmp_path):
    """It has no digest of the manifest, so an edit may be read; but no error of Python's may come."""
    for seed in range(60):
        folder = tmp_path / str(seed)
        shutil.copytree(FIRST_FORMAT, folder)
        edit_manifest(folder, random.Random(seed))
        try:
            TopicModel.load(folder)
        except (StorageError, InputError):
            continue


def edited(folder, change):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda m: m["parts"]["assigner"].update(sharpness=1.0), "assigner"),
        (lambda m: m["parts"].pop("counts"), "counts"),
        (lambda m: m["parts"]["topics"]["items"][0].update(name="x"), "topics"),
        (lambda m: m["parameters"].update(n_topics=9), "parameters"),
    ],
)
def test_the_part_of_an_edited_manifest_is_named(saved, tmp_path, change, part):
    shutil.copytree(saved[0], tmp_path / "m")
    edited(tmp_path / "m", change)
    with pytest.raises(StorageError, match=rf"damaged: manifest\.json \(part {part}\) is not what was saved"):
        TopicModel.load(tmp_path / "m")


def test_the_part_of_damaged_arrays_is_named(saved, tmp_path):
    from safetensors.numpy import load_file

    shutil.copytree(saved[0], tmp_path / "m")
    path = next((tmp_path / "m").glob("arrays-*"))
    prototypes = load_file(path)["assigner.prototypes"].tobytes()
    data = bytearray(path.read_bytes())
    data[data.index(prototypes) + 5] ^= 1
    path.write_bytes(data)
    with pytest.raises(
        StorageError, match=r"arrays-\w+\.safetensors \(part assigner\) is not what was saved"
    ):
        TopicModel.load(tmp_path / "m")


def test_a_manifest_written_in_another_way_is_the_same(saved, tmp_path):
    shutil.copytree(saved[0], tmp_path / "m")
    edited(tmp_path / "m", lambda manifest: None)
    assert answers(TopicModel.load(tmp_path / "m")) == saved[2]


def test_the_second_format_needs_its_digest(saved, tmp_path):
    shutil.copytree(saved[0], tmp_path / "m")
    edited(tmp_path / "m", lambda manifest: manifest.pop("digest"))
    with pytest.raises(StorageError, match="damaged"):
        TopicModel.load(tmp_path / "m")


@pytest.mark.parametrize("address", ["s3://bucket/x", "gs://bucket/x", "https://a.b/x", "file:///tmp/x"])
@pytest.mark.parametrize("kind", [str, Path])
def test_addresses_are_refused(saved, tmp_path, monkeypatch, address, kind):
    monkeypatch.chdir(tmp_path)
    path, model = kind(address), TopicModel.load(saved[0])
    report = model.report()
    uses = (model.save, TopicModel.load, report.to_html, report.to_csv, report.to_json, report.to_markdown)
    for use in uses:
        with pytest.raises(InputError, match="is an address"):
            use(path)
    with pytest.raises(InputError, match="is an address"):
        TopicModel(embedder="lexical", cache=path).fit(TEXTS)
    with pytest.raises(InputError, match="is an address"):
        TopicModel(embedder=str(path)).fit(TEXTS)
    with pytest.raises(InputError, match="is an address"):
        TopicModel(embedder="lexical").fit(Path(f"{path}.csv"))
    assert not list(tmp_path.iterdir())


def test_the_command_refuses_addresses(run, saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("\n".join(TEXTS))
    before = sorted(tmp_path.iterdir())
    m, to = saved[0], "s3://bucket/x"
    commands = [
        ("fit", "a.txt", "--out", to, "--embedder", "lexical"),
        ("fit", "a.txt", "--out", "m", "--labels", to, "--embedder", "lexical"),
        ("fit", "a.txt", "--out", "m", "--cache", to),
        ("fit", f"{to}.csv", "--out", "m", "--embedder", "lexical"),
        ("fit", "a.txt", "--out", "m", "--embeddings", to),
        ("predict", to, "a.txt"),
        ("predict", m, f"{to}.csv"),
        ("predict", m, "a.txt", "--out", to),
        ("report", m, "--out", to),
        ("compare", m, to),
        ("demo", "--out", to),
        ("cache", "--cache", to),
    ]
    for command in commands:
        code, _, err = run(*command)
        assert code == 1 or code == 2, command
        assert "is an address" in err, (command, err)
    assert sorted(tmp_path.iterdir()) == before


def test_a_local_folder_with_a_colon_is_a_folder(saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "q3:").mkdir()
    model = TopicModel.load(saved[0])
    model.save("q3:/m")
    np.testing.assert_array_equal(TopicModel.load(Path("q3:/m")).labels_, model.labels_)
