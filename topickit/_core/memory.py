"""Memory that the process takes."""

import math
import sys


def peak_memory() -> float:
    """Return the peak resident memory of this process in bytes, NaN if the system does not report it.

    Windows does not.

    Examples
    --------
    >>> peak_memory() < 1e6
    False
    """
    try:
        import resource
    except ImportError:
        return math.nan
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else 1024 * peak)
