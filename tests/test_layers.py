"""Reads the imports: a line imports only from lines below it; rooms on one line do not know each other."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "topickit"
LINES = [
    {"__main__"},
    {"cli"},
    {"report"},
    {"plot", "model"},
    {"storage"},
    {"analysis"},
    {"metrics"},
    {"fitted"},
    {"embed", "cluster", "keywords"},
    {"corpus"},
    {"_core"},
    {"errors", "_version"},
]
HEIGHT = {room: len(LINES) - i for i, line in enumerate(LINES) for room in line}
# What the user opens from the model is imported when it is opened.
DOORS = {("model", "report")}
# To go when storage turns states into bytes and knows no class of the model.
UPWARD = {("storage", "model")}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(node: ast.AST, inside_function: bool = False):
    """(room, imported inside a function) of each import of topickit below a node."""
    for child in ast.iter_child_nodes(node):
        if is_for_types_only(child):
            continue
        if isinstance(child, ast.ImportFrom) and child.module and child.module.split(".")[0] == "topickit":
            parts = child.module.split(".")
            for room in [parts[1]] if len(parts) > 1 else [alias.name for alias in child.names]:
                yield room, inside_function
        elif isinstance(child, ast.Import):
            for alias in child.names:
                if alias.name.startswith("topickit."):
                    yield alias.name.split(".")[1], inside_function
        is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from imports(child, inside_function or is_function)


MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_reach_down_only(path):
    room = room_of(path)
    assert room in HEIGHT, f"{room} has no line in the design"
    for target, inside_function in imports(ast.parse(path.read_text(encoding="utf-8"))):
        if target == room or (room, target) in UPWARD:
            continue
        if (room, target) in DOORS:
            assert inside_function, f"{path.name} opens the door to {target} at import"
            continue
        assert HEIGHT[target] < HEIGHT[room], f"{path.name} ({room}) imports {target}, which is not below it"


def test_the_reader_sees_a_forbidden_import():
    source = "def f():\n    from topickit.model import TopicModel\n"
    assert list(imports(ast.parse(source))) == [("model", True)]
    assert HEIGHT["model"] > HEIGHT["fitted"]
