"""What an object of the user's is and offers, without calling it."""

import inspect
from typing import Any


def name_of_object(target: Any) -> str:
    """Return a short name of an object's type or of a function; the repr of a model may fill pages."""
    named = target if inspect.isroutine(target) else type(target)
    kind = "function" if named is target else "object"
    name = getattr(named, "__qualname__", type(target).__qualname__)
    return f"{kind} {getattr(named, '__module__', '?')}.{name}"


def offers(target: Any, name: str) -> bool:
    """Tell whether an object has an attribute, or forwards it to another object."""
    # Statically: a fingerprint is a property, and reading it may hash a gigabyte of weights.
    try:
        inspect.getattr_static(target, name)
    except AttributeError:
        # The object may forward attributes to another one; routines do not.
        return not inspect.isroutine(target) and callable(getattr(target, name, None))
    return True
