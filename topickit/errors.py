"""What topickit raises, drawn once.

::

    TopickitError
    ├── InputError           (ValueError)    texts, vectors or a file that cannot be used as they are
    ├── InputTypeError       (TypeError)     texts or vectors of a kind that cannot be used at all
    ├── ParameterError       (ValueError)    a setting outside what it may be
    ├── ParameterTypeError   (TypeError)     a setting of the wrong kind
    ├── NotFittedError       (ValueError, AttributeError)  asked for a result before ``fit``
    ├── TopicNotFoundError   (IndexError)    no topic has this id
    ├── StorageError         (ValueError)    a saved model that is damaged, foreign or too new
    ├── ProcessError         (RuntimeError)  work that is not possible in a forked process
    ├── MemoryBudgetError    (MemoryError)   the work does not fit into the stated budget
    └── MissingPackageError  (ImportError)   an optional package is not installed

    TopickitWarning          (UserWarning)   something that the user may want to change

Every message says what is wrong, where (the position of the first offender) and what to do.
"""

from numbers import Integral


class TopickitError(Exception):
    """Base of everything that topickit raises on purpose."""


class InputError(TopickitError, ValueError):
    """Texts, vectors or a file that cannot be used as they are."""


class InputTypeError(TopickitError, TypeError):
    """Texts or vectors of a kind that cannot be used at all."""


class ParameterError(TopickitError, ValueError):
    """A setting outside what it may be."""


class ParameterTypeError(TopickitError, TypeError):
    """A setting of the wrong kind."""


class NotFittedError(TopickitError, ValueError, AttributeError):
    """A result was asked for before ``fit`` (both builtins, as scikit-learn's own has it)."""


class TopicNotFoundError(TopickitError, IndexError):
    """No topic has this id."""


class StorageError(TopickitError, ValueError):
    """A saved model that is damaged, not ours, or made by a newer topickit."""


class ProcessError(TopickitError, RuntimeError):
    """Work that is not possible in a forked process, because it needs threads of the parent."""


class MemoryBudgetError(TopickitError, MemoryError):
    """The work does not fit into the stated memory budget."""


class MissingPackageError(TopickitError, ImportError):
    """An optional package is not installed."""


class TopickitWarning(UserWarning):
    """Something that the user may want to change."""


def is_whole(value: object) -> bool:
    """Whether a setting is an integer, Python's or NumPy's: True and 2.0 are none.

    Examples
    --------
    >>> is_whole(2), is_whole(True), is_whole(2.0)
    (True, False, False)
    """
    return isinstance(value, Integral) and not isinstance(value, bool)


def is_missing(value: object) -> bool:
    """Whether a value of a column stands for none: None, NaN, NaT or pandas' NA; an array never does.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing("nan")
    (True, True, False)
    """
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    unlike_itself = value != value
    return getattr(unlike_itself, "ndim", 0) == 0 and bool(unlike_itself)


def check_whole(name: str, value: object, least: int = 1) -> None:
    """Raise unless a setting is an integer that is large enough.

    Raises
    ------
    ParameterTypeError, ParameterError

    Examples
    --------
    >>> check_whole("n_init", 0)
    Traceback (most recent call last):
    topickit.errors.ParameterError: n_init must be at least 1, got 0
    """
    if not is_whole(value):
        raise ParameterTypeError(f"{name} must be an int, got {value!r}")
    if value < least:  # type: ignore[operator]
        raise ParameterError(f"{name} must be at least {least}, got {value}")
