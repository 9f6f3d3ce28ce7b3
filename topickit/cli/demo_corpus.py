"""Real text that every machine has: docstrings of the installed packages, with the package as gold label.

Sources are parsed, never imported, so nothing is executed and the corpus depends only on what is
installed.
"""

import ast
import hashlib
import importlib.util
import sysconfig
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGES = (
    "numpy",
    "scipy",
    "sklearn",
    "torch",
    "polars",
    "nltk",
    "networkx",
    "jinja2",
    "rich",
    "click",
    "sympy",
    "transformers",
    "huggingface_hub",
    "numba",
    "asyncio",
    "email",
    "unittest",
    "tkinter",
    "http",
    "xml",
)
MOST_PER_PACKAGE = 160
FEWEST_WORDS = 5
MOST_CHARACTERS = 300


@dataclass(frozen=True)
class DemoCorpus:
    """One document a documented object.

    Attributes
    ----------
    texts : tuple of str
        The first paragraph of each docstring.
    packages : tuple of str
        The package that each text comes from: a gold label.
    """

    texts: tuple[str, ...]
    packages: tuple[str, ...]


def demo_corpus(packages: tuple[str, ...] = PACKAGES, most_per_package: int = MOST_PER_PACKAGE) -> DemoCorpus:
    """Collect docstrings of the packages that are installed.

    Parameters
    ----------
    packages : tuple of str
        Those that are missing are passed over.
    most_per_package : int

    Examples
    --------
    >>> corpus = demo_corpus(("email", "http"), most_per_package=5)
    >>> sorted(set(corpus.packages))
    ['email', 'http']
    """
    texts: dict[str, str] = {}
    for package in packages:
        mine: dict[str, str] = {}
        for path in _sources(package):
            for text in _docstrings(path):
                if text not in texts:
                    mine[text] = package
            if len(mine) >= most_per_package:
                break
        texts.update(list(mine.items())[:most_per_package])
    return DemoCorpus(tuple(texts), tuple(texts.values()))


def _sources(package: str) -> list[Path]:
    """Source files of a package in an order that mixes its parts, the same on each machine."""
    root = _root(package)
    if root is None:
        return []
    paths = [p for p in root.rglob("*.py") if not {"tests", "test"} & set(p.relative_to(root).parts)]
    return sorted(paths, key=lambda p: hashlib.blake2b(p.relative_to(root).as_posix().encode()).digest())


def _root(package: str) -> Path | None:
    in_library = Path(sysconfig.get_path("stdlib")) / package
    if in_library.is_dir():
        return in_library
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def _docstrings(path: Path) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # of a source that we only read
            tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError):
        return  # templates, other encodings, and files for other Pythons
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            docstring = ast.get_docstring(node) or ""
            text = " ".join(docstring.split("\n\n")[0].split())
            if len(text.split()) >= FEWEST_WORDS and len(text) <= MOST_CHARACTERS:
                yield text
