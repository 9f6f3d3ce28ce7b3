"""A package that is not installed is named with the extra that installs it."""

import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import make_corpus
from topickit import DensityClusterer, TopicModel, plot
from topickit._core.optional import EXTRAS, require
from topickit.corpus.tables import read_texts
from topickit.distributed import read_parquet
from topickit.errors import MissingPackageError
from topickit.explore.server import create_app
from topickit.explore.session import Session

TEXTS, _ = make_corpus(120)


@pytest.fixture
def missing(monkeypatch):
    """Make a package and its modules impossible to import."""

    def remove(package):
        for name in [*sys.modules, package]:
            if name == package or name.startswith(f"{package}."):
                monkeypatch.setitem(sys.modules, name, None)

    return remove


def use_density():
    TopicModel(embedder="lexical", clusterer=DensityClusterer()).fit(TEXTS)


USES = {
    "hdbscan": use_density,
    "umap": use_density,
    "plotly": lambda: plot.keywords(TopicModel(embedder="lexical", clusterer="kmeans").fit(TEXTS)),
    "fastexcel": lambda: read_texts("t.xlsx"),
    "dash": lambda: create_app(Session(TopicModel(embedder="lexical", n_topics=1).fit(TEXTS))),
    "openai": lambda: require("openai"),
    "ray": lambda: read_parquet("t.parquet"),
    "rjieba": lambda: TopicModel(embedder="lexical", n_topics=1).fit(["北京的天气很好", "上海的天气不好"]),
}

USED_WHERE_INSTALLED = {"kiwipiepy", "pythainlp", "sudachipy"}
"""They make words better and are never required; the tests of languages try them where they are installed."""


def test_every_extra_is_tried_and_declared():
    file = Path(__file__).parents[2] / "pyproject.toml"
    project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
    assert set(USES) | USED_WHERE_INSTALLED == set(EXTRAS)
    for package, extra in EXTRAS.items():
        (requirement,) = (r for r in project["optional-dependencies"][extra] if r.startswith(package))
        if package in USES:
            assert requirement in project["dependencies"] + project["optional-dependencies"]["dev"]


@pytest.mark.parametrize("package", sorted(USES))
def test_the_error_names_the_extra(missing, package):
    missing(package)
    message = rf"'{package}'.*pip install 'topickit\[{EXTRAS[package]}\]'"
    with pytest.raises(MissingPackageError, match=message):
        USES[package]()


def test_a_package_that_lacks_one_of_its_own_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "rjieba.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.delitem(sys.modules, "rjieba", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_package_that_nobody_has") as raised:
        require("rjieba")
    assert not isinstance(raised.value, MissingPackageError)
