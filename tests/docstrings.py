"""What is missing in the NumPy docstrings of the public names."""

import inspect
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

# Methods of plug-ins are documented once: `state` and `encode` in `topickit.embed.Embedder`, and so on.
PROTOCOL = {"cluster", "encode", "fitted", "from_state", "state"}
# Classes whose methods users call show an example of each.
SHOWN = {"TopicModel", "Report"}
# Their examples need a transformer, and are shown without being run.
NOT_RUN = {"refine"}

SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
ENTRY = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*)(?: : (.*))?$", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """The sections of a docstring by their headings."""
    parts = SECTION.split(text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def described(section: str) -> set[str]:
    """The names in a section that have a description, or a type that says enough, such as a shape."""
    entries = list(ENTRY.finditer(section))
    ends = [entry.start() for entry in entries[1:]] + [len(section)]
    names: set[str] = set()
    for entry, end in zip(entries, ends, strict=False):
        kind = entry[2] or ""
        if section[entry.end() : end].strip() or kind == "ignored" or len(kind.split()) >= 3:
            names |= {name.strip().lstrip("*") for name in entry[1].split(",")}
    return names


def parameters(function: Callable[..., Any]) -> list[str]:
    """The names of the parameters that a caller passes."""
    names = list(inspect.signature(function).parameters)
    return [name for name in names if name not in ("self", "cls") and not name.startswith("_")]


def returns_something(function: Callable[..., Any]) -> bool:
    return inspect.signature(function).return_annotation not in (None, "None", inspect.Signature.empty)


def methods(owner: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties that topickit defines for a class, as they stand in the class."""
    for name in dir(owner):
        definer = next((base for base in owner.__mro__ if name in vars(base)), None)
        if definer is None or name.startswith("_") or not definer.__module__.startswith("topickit"):
            continue
        value = vars(definer)[name]
        if isinstance(value, property | classmethod | staticmethod) or inspect.isfunction(value):
            yield name, value


def missing_in_function(function: Callable[..., Any], example: bool = True) -> list[str]:
    """What the docstring of a function or method lacks."""
    found = sections(inspect.getdoc(function) or "")
    lacking = [
        f"parameter {name}"
        for name in parameters(function)
        if name not in described(found.get("Parameters", ""))
    ]
    if returns_something(function) and not {"Returns", "Yields"} & set(found):
        lacking.append("Returns")
    mark = "::" if function.__name__ in NOT_RUN else ">>>"
    if example and mark not in found.get("Examples", ""):
        lacking.append("Examples")
    return lacking


def missing_in_class(owner: type) -> list[str]:
    """What the docstring of a class lacks; that of its methods is looked at on its own."""
    found = sections(inspect.getdoc(owner) or "")
    names = described(found.get("Parameters", "") + "\n" + found.get("Attributes", ""))
    is_protocol = getattr(owner, "_is_protocol", False)
    is_plain = owner.__init__ is object.__init__ or issubclass(owner, Exception) or is_protocol
    lacking = [] if is_plain else [f"parameter {name}" for name in parameters(owner) if name not in names]
    if ">>>" not in found.get("Examples", ""):
        lacking.append("Examples")
    return lacking


def missing(name: str, value: Any) -> Iterator[str]:
    """Every lack of one public name and its methods, a line each."""
    if isinstance(value, ModuleType):
        lacks = {name: [] if ">>>" in (value.__doc__ or "") else ["Examples"]}
    elif inspect.isclass(value):
        lacks = {name: missing_in_class(value)}
        for method, found in methods(value):
            if method in PROTOCOL and not getattr(value, "_is_protocol", False):
                continue
            if isinstance(found, property):
                lacks[f"{name}.{method}"] = [] if inspect.getdoc(found) else ["docstring"]
            else:
                function = getattr(found, "__func__", found)
                lacks[f"{name}.{method}"] = missing_in_function(function, example=value.__name__ in SHOWN)
    elif callable(value):
        lacks = {name: missing_in_function(value)}
    else:
        return
    for where, lacking in lacks.items():
        if lacking:
            yield f"{where}: {', '.join(lacking)}"
