"""The exceptions and warnings of topickit.

::

    TopickitError
    ├── InputError           (ValueError)    texts, embeddings or a file with unusable content
    ├── InputTypeError       (TypeError)     texts or embeddings of an unsupported type
    ├── ParameterError       (ValueError)    a setting with an invalid value
    ├── ParameterTypeError   (TypeError)     a setting of an unsupported type
    ├── NotFittedError       (ValueError, AttributeError)  a result was requested before ``fit``
    ├── NoLabelsError        (ValueError, AttributeError)  the model counts its documents and lists no labels
    ├── TopicNotFoundError   (IndexError)    no topic has this id
    ├── StorageError         (ValueError)    a saved model that is damaged, of another program, or too new
    ├── ProcessError         (RuntimeError)  work that is not possible in a forked process
    ├── MemoryBudgetError    (MemoryError)   the work exceeds the stated memory budget
    └── MissingPackageError  (ImportError)   an optional package is not installed

    TopickitWarning          (UserWarning)   something that the user may want to change

Every message says what is wrong, where (the position of the first offender) and what to do.
"""

from numbers import Integral


class TopickitError(Exception):
    """Base of all exceptions that topickit raises.

    Each is also the built-in exception that fits, such as ValueError.

    Examples
    --------
    >>> from topickit import TopicModel, TopickitError
    >>> try:
    ...     TopicModel().predict(["a text"])
    ... except TopickitError as error:
    ...     print(type(error).__name__)
    NotFittedError
    """


class InputError(TopickitError, ValueError):
    """Texts, embeddings or a file have unusable content."""


class InputTypeError(TopickitError, TypeError):
    """Texts or embeddings have an unsupported type."""


class ParameterError(TopickitError, ValueError):
    """A setting has an invalid value."""


class ParameterTypeError(TopickitError, TypeError):
    """A setting has an unsupported type."""


class NotFittedError(TopickitError, ValueError, AttributeError):
    """A result was requested before ``fit``. Its built-in bases are those of scikit-learn's exception."""


class NoLabelsError(InputError, AttributeError):
    """The topic of each document was requested of a model that only counts its documents."""


class TopicNotFoundError(TopickitError, IndexError):
    """No topic has this id."""


class StorageError(TopickitError, ValueError):
    """A saved model is damaged, of another program, or of a newer topickit."""


class ProcessError(TopickitError, RuntimeError):
    """Work that is not possible in a forked process, because it needs threads of the parent."""


class MemoryBudgetError(TopickitError, MemoryError):
    """The work exceeds the stated memory budget."""


class MissingPackageError(TopickitError, ImportError):
    """An optional package is not installed."""


class TopickitWarning(UserWarning):
    """Warning about something that the user may want to change.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", TopickitWarning)  # no warnings of topickit in this block
    """


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
