"""The public names, what importing costs, and the code in README and docstrings, which is run."""

import doctest
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import topickit
from tests.docstrings import missing

ROOT = Path(__file__).resolve().parents[1]
PUBLIC = [
    "AgglomerativeClusterer",
    "Assigner",
    "CommunityClusterer",
    "DensityClusterer",
    "Edit",
    "GivenLabels",
    "GraphClusterer",
    "KMeansClusterer",
    "KeywordSettings",
    "LexicalEmbedder",
    "NamingFunction",
    "NamingPrompt",
    "PrecomputedEmbedder",
    "Report",
    "SentenceEmbedder",
    "SkippedEdit",
    "TextFile",
    "Topic",
    "TopicModel",
    "TopicTree",
    "TopickitError",
    "TopickitWarning",
    "Topics",
    "__version__",
    "community_detection",
    "distributed",
    "embed",
    "metrics",
    "naming",
    "plot",
]
HEAVY = {"torch", "numba", "sklearn", "umap", "plotly", "scipy", "nltk", "polars", "transformers"}
MODULES = ["topickit"] + [module.name for module in pkgutil.walk_packages(topickit.__path__, "topickit.")]


def test_public_names():
    assert topickit.__all__ == sorted(PUBLIC, key=lambda name: (name.startswith("__"), name)) or sorted(
        topickit.__all__
    ) == sorted(PUBLIC)
    assert dir(topickit) == sorted(topickit.__all__)


ROOMS = (topickit, topickit.distributed, topickit.embed, topickit.metrics, topickit.naming, topickit.plot)
EXPORTS = {id(getattr(room, name)): (room, name) for room in reversed(ROOMS) for name in room.__all__}


@pytest.mark.parametrize(
    ("room", "name"), EXPORTS.values(), ids=lambda value: getattr(value, "__name__", value)
)
def test_docstrings_are_complete(room, name):
    lacking = list(missing(name, getattr(room, name)))
    assert not lacking, "\n".join(lacking)


def test_incomplete_docstrings_are_found():
    def documented(a, b=0) -> int:
        """Add.

        Parameters
        ----------
        a : int
            The first number.

        Returns
        -------
        int
        """
        return a + b

    class Undocumented:
        """Nothing."""

        def __init__(self, a): ...

    assert list(missing("add", documented)) == ["add: parameter b, Examples"]
    assert list(missing("class", Undocumented)) == ["class: parameter a, Examples"]


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'BERTopic'"):
        _ = topickit.BERTopic


@pytest.mark.parametrize("statement", ["import topickit", "import topickit.cli"])
def test_importing_loads_nothing_heavy(statement):
    code = f"import sys, json; {statement}; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
    assert "topickit" in loaded
    assert not HEAVY & set(loaded)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name):
    module = importlib.import_module(name)
    assert module.__doc__, f"{name} has no docstring"
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert result.failed == 0


def test_readme_code_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    first: dict[str, object] = {}
    exec(compile(blocks[0], "README.md", "exec"), first)
    promised = re.search(r"topics_\[0\]  # (Topic\(0, '[^']*', size=\d+, share=[\d.]+%)", blocks[0])
    assert promised
    assert repr(first["model"].topics_[0]).startswith(promised[1])
    for block in blocks[1:]:
        exec(compile(block, "README.md", "exec"), {})
    assert (tmp_path / "topics.html").stat().st_size > 1000


def test_no_machine_is_named_in_the_repository():
    pattern = re.compile(r"(?<![\w.~/])/(?:home|root|mnt|work)/[A-Za-z]")
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    for name in tracked:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".txt"} and path.exists():
            assert not pattern.search(path.read_text(encoding="utf-8")), name
