"""Write the pages that are made from the code and from the results of the benchmarks."""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOMS = ("distributed", "embed", "metrics", "naming", "plot")
ROOT = Path(__file__).resolve().parents[1]
FOREIGN = (
    *(f"set_{method}_request" for method in ("fit", "predict", "score", "transform", "partial_fit")),
    *("get_metadata_routing", "set_output", "get_params", "set_params"),
)
"""Methods that scikit-learn documents."""
REPOSITORY_FILES = ("CHANGELOG.md", "CONTRIBUTING.md")


def write_pages(docs: Path) -> None:
    """Write all generated pages; those of an earlier build are replaced."""
    reference = docs / "reference"
    _write_api(reference / "api")
    _write(reference / "command.md", command())
    _write(reference / "settings.md", settings())
    _write(reference / "errors.md", errors())
    _write_benchmarks(docs / "benchmarks")
    for name in REPOSITORY_FILES:
        _write(docs / name.lower(), (ROOT / name).read_text(encoding="utf-8"))


def public_names() -> Iterator[tuple[str, str, Any]]:
    """Yield the module, the name and the object of everything that is public."""
    seen: set[int] = set()  # some names are public in two places
    for module in ("topickit", *(f"topickit.{room}" for room in ROOMS)):
        room = importlib.import_module(module)
        for name in room.__all__:
            thing = getattr(room, name)
            if not inspect.ismodule(thing) and not name.startswith("__") and id(thing) not in seen:
                seen.add(id(thing))
                yield module, name, thing


def _write_api(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.rst"):
        old.unlink()
    listed: dict[str, list[str]] = {}
    for module, name, thing in public_names():
        listed.setdefault(module, []).append(name)
        _write(folder / f"{module}.{name}.rst", _page(module, name, thing))
    lines = [
        "API",
        "===",
        "",
        "Every public name, with its parameters, errors and an example that is tested.",
        "",
    ]
    for module, names in listed.items():
        lines += [module, "-" * len(module), "", ".. toctree::", "   :maxdepth: 1", ""]
        lines += [f"   {module}.{name}" for name in names] + [""]
    _write(folder / "index.rst", "\n".join(lines))


def _page(module: str, name: str, thing: Any) -> str:
    title = f"{module}.{name}"
    head = f"{title}\n{'=' * len(title)}\n\n.. currentmodule:: {module}\n\n"
    if inspect.isclass(thing):
        options = (
            f"   :members:\n   :inherited-members: BaseException\n   :exclude-members: {', '.join(FOREIGN)}\n"
        )
        return f"{head}.. autoclass:: {name}\n{options}"
    if callable(thing):
        return f"{head}.. autofunction:: {name}\n"
    return f"{head}.. autodata:: {name}\n   :no-value:\n"


def command() -> str:
    """Return the page of the command, from its own help."""
    import typer
    from typer.main import get_command

    from topickit.cli import app

    root = get_command(app)
    context = typer.Context(root, info_name="topickit")
    lines = ["# The command", "", "`topickit COMMAND --help` shows the same on a terminal.", ""]
    for name in root.list_commands(context):  # type: ignore[attr-defined]
        sub = root.get_command(context, name)  # type: ignore[attr-defined]
        inner = typer.Context(sub, info_name=f"topickit {name}", parent=None)
        usage = " ".join(sub.collect_usage_pieces(inner))
        lines += [f"## topickit {name}", "", inspect.cleandoc(sub.help or ""), ""]
        lines += ["```text", f"topickit {name} {usage}", "```", ""]
        for parameter in sub.get_params(inner):
            record = parameter.get_help_record(inner)
            if record is None:
                text = (getattr(parameter, "help", None) or "").strip()
                record = (parameter.human_readable_name, text)
            lines += [f"`{record[0]}`", f": {_escape(record[1]) or 'See above.'}", ""]
    return "\n".join(lines)


def settings() -> str:
    """Return the table of settings and their defaults."""
    from topickit import KeywordSettings, TopicModel

    lines = ["# Settings and their defaults", ""]
    for thing in (TopicModel, KeywordSettings):
        lines += [f"## {thing.__name__}", "", "| setting | default | meaning |", "| --- | --- | --- |"]
        meanings = parameters_of(thing)
        for name, parameter in inspect.signature(thing).parameters.items():
            default = "required" if parameter.default is parameter.empty else f"`{parameter.default!r}`"
            lines.append(f"| `{name}` | {default} | {_escape(meanings.get(name, ''))} |")
        lines.append("")
    return "\n".join(lines)


def parameters_of(thing: Any) -> dict[str, str]:
    """Return the description of each parameter of a class, from its docstring."""
    from numpydoc.docscrape import NumpyDocString

    document = NumpyDocString(inspect.getdoc(thing) or "")
    described = [*document["Parameters"], *document["Attributes"]]
    return {
        name: " ".join(lines).replace("``", "`")
        for names, _, lines in described
        for name in names.split(", ")
    }


def errors() -> str:
    """Return the page of errors and warnings."""
    from topickit import errors as room

    lines = ["# Errors and warnings", "", "Messages say what was wrong, where, and what to do.", ""]
    kinds = [
        thing
        for _, thing in sorted(vars(room).items())
        if inspect.isclass(thing) and issubclass(thing, Exception) and thing.__module__ == room.__name__
    ]
    lines += ["| class | also a | raised when |", "| --- | --- | --- |"]
    for kind in kinds:
        parents = ", ".join(f"`{parent.__name__}`" for parent in kind.__bases__)
        meaning = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
        lines.append(f"| `{kind.__name__}` | {parents} | {_escape(meaning)} |")
    return "\n".join([*lines, ""])


def _write_benchmarks(folder: Path) -> None:
    text = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    _, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    for old in folder.glob("result-*.md"):
        old.unlink()
    for section in sections:
        title, body = section.split("\n", 1)
        raised = re.sub(r"^#(#+) ", r"\1 ", body, flags=re.MULTILINE)
        _write(folder / f"result-{slug(title)}.md", f"# {title}\n{raised}")


def slug(title: str) -> str:
    """Return the part of a file name for a title.

    Examples
    --------
    >>> slug("HDBSCAN on UMAP")
    'hdbscan-on-umap'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|").replace("<", "&lt;")


def _write(path: Path, text: str) -> None:
    """Write a page only if it changed, so that a second build reads less."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
