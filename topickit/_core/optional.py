"""Packages that are imported only when they are needed, and the extras that install them."""

import importlib
from types import ModuleType

from topickit.errors import MissingPackageError

EXTRAS = {
    "hdbscan": "density",
    "umap": "density",
    "plotly": "plot",
    "rjieba": "chinese",
    "kiwipiepy": "korean",
    "pythainlp": "thai",
    "sudachipy": "japanese",
    "fastexcel": "excel",
    "openai": "llm",
    "dash": "explore",
    "ray": "ray",
}
"""Extra of topickit by package. The default install has those of density, plot and chinese."""


def require(module: str) -> ModuleType:
    """Import a module of a package that may be missing.

    Parameters
    ----------
    module : str
        Name of the module; its package is one of `EXTRAS`.

    Returns
    -------
    module

    Raises
    ------
    MissingPackageError
        If the package is not installed.

    Examples
    --------
    >>> require("plotly.graph_objects").Figure.__name__
    'Figure'
    """
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise  # the package is there, and lacks one of its own
        raise MissingPackageError(
            f"the package {package!r} is not installed; install it with: "
            f"pip install 'topickit[{EXTRAS[package]}]'"
        ) from error


def find(module: str) -> ModuleType | None:
    """Import a module of a package that makes a result better and may be missing.

    Parameters
    ----------
    module : str
        Name of the module.

    Returns
    -------
    module or None
        None if the package is not installed.

    Examples
    --------
    >>> find("no_such_package") is None
    True
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name != module.partition(".")[0]:
            raise
        return None
