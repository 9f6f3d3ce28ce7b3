"""Small corpora that every test may use."""

import os
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # as many workers as cores: threads of their own would be too many
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest

from topickit._core.vectors import unit_rows

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

SUBJECTS = {
    "cooking": "onion garlic butter oven recipe flour sauce pepper bake simmer dough spice",
    "sailing": "boat sail wind harbour anchor mast rudder tide deck rope captain knot",
    "finance": "bank loan interest credit mortgage payment invoice tax budget stock bond fund",
    "astronomy": "star planet orbit telescope galaxy comet moon eclipse nebula gravity light solar",
}


def make_corpus(n: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts of five words of one subject and two common ones, and their subjects."""
    rng = np.random.default_rng(seed)
    texts, subjects = [], []
    for i in range(n):
        subject = list(SUBJECTS)[i % len(SUBJECTS)]
        words = rng.choice(SUBJECTS[subject].split(), 5, replace=False)
        common = rng.choice(["good", "new", "large", "old", "small", "long"], 2, replace=False)
        texts.append(
            f"The {words[0]} and {words[1]} with {common[0]} {words[2]}, {words[3]} or {common[1]} {words[4]}"
        )
        subjects.append(subject)
    return texts, subjects


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_command(tmp_path_factory):
    """The command keeps vectors unless told otherwise: not among the user's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOPICKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def corpus() -> tuple[list[str], list[str]]:
    return make_corpus(240)


@pytest.fixture(scope="session")
def blobs() -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors around four directions, and the direction of each."""
    rng = np.random.default_rng(1)
    centers = rng.normal(size=(4, 16))
    truth = np.repeat(np.arange(4), 40)
    return unit_rows(centers[truth] + 0.25 * rng.normal(size=(160, 16))), truth


@pytest.fixture
def shared_data() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared collections are not beside this checkout")
    return SHARED


@pytest.fixture
def run(capsys):
    """Call the command in this process: exit status, standard output, standard error."""

    from topickit import cli

    def call(*arguments):
        with pytest.raises(SystemExit) as stopped:
            cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return stopped.value.code or 0, out, err

    return call
