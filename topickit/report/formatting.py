"""How every format of the report writes numbers, names and plain values."""

import math

from topickit._core.display import printable
from topickit.report.summary import Plain

MISSING = "–"
_UNGROUPED = ("seed", "random_state", "version", "year")
_SHARES = ("share", "fraction", "agreement_with_clusterer")


def count(number: int) -> str:
    """Write a whole number with thousands separators.

    Parameters
    ----------
    number : int

    Examples
    --------
    >>> count(1234567)
    '1,234,567'
    """
    return f"{number:,}"


def percent(share: float | None) -> str:
    """Write a share as a percentage; only exactly 0 and 1 become 0% and 100%.

    Parameters
    ----------
    share : float or None
        0 to 1.

    Examples
    --------
    >>> percent(0.1234), percent(0.0001), percent(0), percent(0.9999)
    ('12.3%', '<0.1%', '0%', '>99.9%')
    """
    if share is None or not math.isfinite(share):
        return MISSING
    if share in (0, 1):
        return f"{share:.0%}"
    if 0 < share < 0.001:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"


def points(difference: float) -> str:
    """Write a difference of shares in percentage points.

    Parameters
    ----------
    difference : float

    Examples
    --------
    >>> points(0.0123), points(-0.2), points(0)
    ('+1.2', '−20.0', '+0.0')
    """
    return f"{100 * difference:+.1f}".replace("-", "−")


def decimal(number: float | None) -> str:
    """Write a real number with about four significant digits.

    Parameters
    ----------
    number : float or None

    Examples
    --------
    >>> decimal(0.123456), decimal(12345.6), decimal(None)
    ('0.1235', '12,346', '–')
    """
    if number is None or not math.isfinite(number):
        return MISSING
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def score(number: float | None) -> str:
    """Write a score between 0 and 1, such as a stability, with two decimals.

    Parameters
    ----------
    number : float or None

    Examples
    --------
    >>> score(0.7), score(-0.001), score(None)
    ('0.70', '0.00', '–')
    """
    return MISSING if number is None or not math.isfinite(number) else f"{round(number, 2) + 0:.2f}"


def weight(number: float) -> str:
    """Write the weight of a keyword with three significant digits.

    Parameters
    ----------
    number : float

    Examples
    --------
    >>> weight(0.5), weight(0.04567), weight(123.4)
    ('0.500', '0.0457', '123')
    """
    return f"{number:#.3g}".removesuffix(".") if math.isfinite(number) else MISSING


def risk_ratio(ratio: float) -> str:
    """Write a risk ratio with one or two significant digits, from "<0.01×" to ">99×".

    Parameters
    ----------
    ratio : float

    Examples
    --------
    >>> risk_ratio(0.001), risk_ratio(0.034), risk_ratio(2.345), risk_ratio(61.7), risk_ratio(15620)
    ('<0.01×', '0.03×', '2.3×', '62×', '>99×')
    """
    if ratio < 0.01:
        return "<0.01×"
    if ratio > 99:
        return ">99×"
    return f"{ratio:.0f}×" if ratio >= 9.95 else f"{ratio:.1f}×" if ratio >= 0.95 else f"{ratio:.2f}×"


def interval(low: float, high: float) -> str:
    """Write the 95% confidence interval of a risk ratio.

    Parameters
    ----------
    low, high : float
        `high` may be infinite.

    Examples
    --------
    >>> interval(1.2, 3.4), interval(5, math.inf)
    ('95% CI: 1.2× to 3.4×', '95% CI: 5.0× or more')
    """
    if low > 99:
        return "95% CI: >99×"
    return f"95% CI: {risk_ratio(low)} " + (f"to {risk_ratio(high)}" if high <= 99 else "or more")


def label(key: str) -> str:
    """Turn a name in snake_case into a label.

    Parameters
    ----------
    key : str

    Examples
    --------
    >>> label("n_blank_documents"), label("scikit-learn")
    ('blank documents', 'scikit-learn')
    """
    return key.removeprefix("n_").replace("_", " ").strip() or key


def value(data: Plain, key: str = "") -> str:
    """Write any plain value.

    Parameters
    ----------
    data : plain data
    key : str
        Name of the value, which tells shares and seeds from other numbers.

    Examples
    --------
    >>> value(0.25, "outlier_share"), value(12345, "random_state"), value(["a", 2]), value(True)
    ('25.0%', '12345', 'a, 2', 'yes')
    """
    if data is None:
        return MISSING if not key else "none"
    if isinstance(data, bool):
        return "yes" if data else "no"
    if isinstance(data, int):
        return str(data) if key.endswith(_UNGROUPED) else count(data)
    if isinstance(data, float):
        return percent(data) if key.endswith(_SHARES) and 0 <= data <= 1 else decimal(data)
    if isinstance(data, list):
        return ", ".join(value(part) for part in data) or MISSING
    if isinstance(data, dict):
        return ", ".join(f"{label(name)} {value(part, name)}" for name, part in data.items()) or MISSING
    return printable(data) or MISSING
