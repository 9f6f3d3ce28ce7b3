"""The layers of the package, read from its imports.

A line of rooms imports only from lines below it, and rooms on one line do not import each other.
Neither rooms, nor the folders and modules of a room, nor modules import each other in a circle.
CONTRIBUTING.md shows the same lines.
"""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "topickit"
LINES = [
    ["cli"],
    ["report", "explore", "distributed"],
    ["plot", "model"],
    ["_model"],
    ["storage"],
    ["analysis"],
    ["metrics", "naming"],
    ["fitted"],
    ["embed", "cluster", "keywords"],
    ["corpus"],
    ["_core"],
    ["errors"],
]
# What starts the command stands above all lines, and the version, a constant, below them.
HEIGHT = {"__main__": len(LINES) + 1, "_version": 0} | {
    room: len(LINES) - i for i, line in enumerate(LINES) for room in line
}
# `TopicModel.report` imports the room above it when it is called.
DOORS = {("_model", "report")}


def name_of(path: Path) -> str:
    """The dotted name of a module below the package: ``cluster.community`` for its __init__.py."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"}


class Import(NamedTuple):
    """An import of one of the package's modules."""

    target: str
    in_function: bool


def room_of(module: str) -> str:
    return module.split(".")[0]


def module_of(dotted: str) -> str:
    """The module that a dotted name is in: the longest beginning that is a module."""
    parts = dotted.split(".")
    candidates = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
    return next((name for name in candidates if name in MODULES), parts[0])


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(node: ast.AST, in_function: bool = False) -> Iterator[Import]:
    """Each import of the package below a node, except those for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if is_for_types_only(child):
            continue
        if isinstance(child, ast.ImportFrom) and child.module and room_of(child.module) == "topickit":
            home = child.module.removeprefix("topickit").removeprefix(".")
            for alias in child.names:
                yield Import(module_of(f"{home}.{alias.name}".removeprefix(".")), in_function)
        elif isinstance(child, ast.Import):
            for alias in child.names:
                if alias.name.startswith("topickit."):
                    yield Import(module_of(alias.name.removeprefix("topickit.")), in_function)
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from imports(child, in_function or is_function)


IMPORTS = {
    name: sorted(set(imports(ast.parse(path.read_text(encoding="utf-8")))))
    for name, path in sorted(MODULES.items())
}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of a graph; empty if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


@pytest.mark.parametrize("module", IMPORTS)
def test_imports_reach_down_only(module):
    room = room_of(module)
    assert room in HEIGHT, f"{room} is on no line"
    for target, in_function in IMPORTS[module]:
        pair = (room, room_of(target))
        if pair[0] == pair[1]:
            continue
        if pair in DOORS:
            assert in_function, f"{module} imports {target} at import, not when it is called"
            continue
        assert HEIGHT[pair[1]] < HEIGHT[room], f"{module} imports {target}, which is not on a line below it"


@pytest.mark.parametrize("depth", [1, 2, None], ids=["rooms", "parts of rooms", "modules"])
def test_imports_form_no_circle(depth):
    graph: dict[str, set[str]] = {}
    for module, found in IMPORTS.items():
        for target, _ in found:
            if (room_of(module), room_of(target)) not in DOORS:
                ends = [".".join(name.split(".")[:depth]) for name in (module, target)]
                if ends[0] != ends[1]:
                    graph.setdefault(ends[0], set()).add(ends[1])
    assert not circle(graph), " -> ".join(circle(graph))


@pytest.mark.parametrize("pair", sorted(DOORS), ids="-".join)
def test_exceptions_are_still_needed(pair):
    rooms = {(room_of(module), room_of(target)) for module, found in IMPORTS.items() for target, _ in found}
    assert pair in rooms, f"{pair[0]} no longer imports {pair[1]}: delete the exception"


def test_contributing_shows_these_lines():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    diagram = re.search(r"enforces it\):\n\n((?: {4}.+\n)+)", text)
    assert diagram, "CONTRIBUTING.md has no diagram of the layers"
    assert [line.split() for line in diagram[1].splitlines()] == LINES


def test_the_reader_sees_imports_of_every_kind():
    source = """
import topickit.fitted.edits as edits
from topickit import embed
from topickit.cluster import base, community
if TYPE_CHECKING:
    from topickit.cli import fit
def f():
    from topickit.model import TopicModel
"""
    assert list(imports(ast.parse(source))) == [
        Import("fitted.edits", False),
        Import("embed", False),
        Import("cluster.base", False),
        Import("cluster.community", False),
        Import("model", True),
    ]
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert not circle({"a": {"b", "c"}, "b": {"c"}})
