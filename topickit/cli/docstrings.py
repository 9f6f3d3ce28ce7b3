"""A corpus that every machine has: docstrings of installed packages, with the package as gold label.

Source files are parsed, never imported, so no code is executed.
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
class Docstrings:
    """Docstrings of packages, one document per documented object.

    Attributes
    ----------
    texts : tuple of str
        The first paragraph of each docstring.
    packages : tuple of str
        The package of each text.
    """

    texts: tuple[str, ...]
    packages: tuple[str, ...]


def collect_docstrings(
    packages: tuple[str, ...] = PACKAGES, most_per_package: int = MOST_PER_PACKAGE
) -> Docstrings:
    """Collect docstrings of installed packages.

    Parameters
    ----------
    packages : tuple of str
        Names of packages; those that are not installed are skipped.
    most_per_package : int
        Largest number of docstrings from one package.

    Examples
    --------
    >>> corpus = collect_docstrings(("email", "http"), most_per_package=5)
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
    return Docstrings(tuple(texts), tuple(texts.values()))


def _sources(package: str) -> list[Path]:
    """List the source files of a package in a fixed order that mixes its subpackages."""
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
            warnings.simplefilter("ignore", SyntaxWarning)  # the source is not ours
            tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError):
        return  # templates, other encodings, other versions of Python
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            docstring = ast.get_docstring(node) or ""
            text = " ".join(docstring.split("\n\n")[0].split())
            if len(text.split()) >= FEWEST_WORDS and len(text) <= MOST_CHARACTERS:
                yield text
