"""Tables for users: polars frames, and pandas frames where pandas is installed."""

from typing import TYPE_CHECKING, Any

from topickit.errors import MissingPackageError

if TYPE_CHECKING:
    import polars as pl


def to_pandas(frame: "pl.DataFrame") -> Any:
    """Return a polars frame as a pandas DataFrame.

    Parameters
    ----------
    frame : polars.DataFrame

    Raises
    ------
    MissingPackageError
        When pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingPackageError("to_pandas() needs pandas; install it with: pip install pandas") from error
    # Without pyarrow, which polars asks for in its own conversion.
    return pd.DataFrame({name: frame[name].to_list() for name in frame.columns})
