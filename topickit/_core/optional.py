"""Optional packages: the one place that says which extra to install."""

import importlib
from types import ModuleType

from topickit.errors import MissingPackageError


def require(package: str, *, extra: str) -> ModuleType:
    """Import an optional package, or say how to get it.

    Parameters
    ----------
    package : str
        The name to import.
    extra : str
        The extra of topickit that installs it.

    Raises
    ------
    MissingPackageError
        When the package is not installed.

    Examples
    --------
    >>> require("json", extra="offline").dumps([1])
    '[1]'
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise MissingPackageError(
            f"the package {package!r} is not installed; install it with: pip install 'topickit[{extra}]'"
        ) from error
