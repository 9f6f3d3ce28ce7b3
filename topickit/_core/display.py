"""Text for people: safe on one line, counted, and rendered for a terminal."""

import html
import html.entities
import io
import re
import shutil
import unicodedata
from typing import TYPE_CHECKING

from topickit.errors import ParameterError

if TYPE_CHECKING:
    from rich.console import RenderableType

MAX_WIDTH = 140
"""Columns used by default, even where the terminal has more."""
# Marks that turn the direction of whatever follows them, beyond the end of the text itself.
_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_CONTROL = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"} | {
    0xFFFE: None,
    0xFFFF: None,
}
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_CONTROL_OR_BIDI = _CONTROL | dict.fromkeys(_BIDI)


def printable(text: str) -> str:
    """Drop control characters, terminal escape sequences included, but keep line breaks.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> printable("red" + chr(27) + "[0m")
    'red[0m'
    """
    return text.translate(_CONTROL)


def encodable(text: str) -> str:
    """Replace unpaired surrogates, which UTF-8 cannot encode.

    Parameters
    ----------
    text : str

    Returns
    -------
    str

    Examples
    --------
    >>> encodable("a" + chr(0xD800))
    'a?'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def unescaped(text: str) -> str:
    """Replace HTML entities by their characters, once; an entity must end with a semicolon.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> unescaped("fish &amp; chips&#39; &#x27;&amp;lt;&copy=1")
    "fish & chips' '&lt;&copy=1"
    """
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    entity = match[0]  # html.unescape would read the beginning of &copyright; as an entity
    return html.unescape(entity) if entity[1] == "#" else html.entities.html5.get(entity[1:], entity)


def one_line(text: str) -> str:
    """Put a text on one line without control characters or direction marks, single-spaced.

    Parameters
    ----------
    text : str

    Examples
    --------
    >>> one_line(" two  words" + chr(10) + "here" + chr(27))
    'two words here'
    """
    return " ".join(text.translate(_CONTROL_OR_BIDI).split())


def left_to_right(text: str) -> str:
    """Put a mark before a text in a script that runs from right to left.

    With it, a terminal or an editor that reorders such texts leaves the columns of a table where they are.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Other texts as they are.

    Examples
    --------
    >>> left_to_right("boat"), len(left_to_right("قارب"))
    ('boat', 5)
    """
    if text.isascii() or not any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        return text
    return f"\u200e{text}"


def clip(text: str, limit: int) -> str:
    """Truncate a text to at most `limit` characters, at a space if there is one nearby.

    Parameters
    ----------
    text : str
    limit : int
        Maximum number of characters, the ellipsis included.

    Examples
    --------
    >>> clip("some words here", 12)
    'some words…'
    """
    if len(text) <= limit:
        return text
    end = limit - 1
    # An accent, a joiner or a variation selector belongs to the character before it.
    while end > 1 and (
        unicodedata.combining(text[end]) or text[end] in "\u200d\ufe0e\ufe0f" or text[end - 1] == "\u200d"
    ):
        end -= 1
    head = text[:end]
    if not text[end].isspace():
        words = re.match(r"(?s)(.*)\s", head)
        if words and words.end() > 0.7 * limit:
            head = words.group(1)
    return head.rstrip() + "…"


def plural(number: int, noun: str) -> str:
    """Write a count with its noun.

    Parameters
    ----------
    number : int
    noun : str
        In the singular; its plural must end in "s".

    Examples
    --------
    >>> plural(1, "document"), plural(2000, "document")
    ('1 document', '2,000 documents')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def text_width(width: int | None, minimum: int) -> int:
    """Check a width in columns, or take that of the terminal.

    Parameters
    ----------
    width : int or None
        None takes the terminal's width, limited to `minimum` to 140 columns.
    minimum : int

    Raises
    ------
    ParameterError
        If `width` is below `minimum`.
    """
    if width is None:
        return min(max(shutil.get_terminal_size().columns, minimum), MAX_WIDTH)
    if width < minimum:
        raise ParameterError(f"width must be at least {minimum} columns, got {width}")
    return width


def render_plain(content: "RenderableType", width: int) -> str:
    """Render rich content as plain text, independently of the environment.

    Parameters
    ----------
    content : rich renderable
    width : int
        Columns.

    Returns
    -------
    str
        No colors, no trailing spaces and no final line break.
    """
    from rich.console import Console

    # Everything that rich would read from the environment is set here.
    console = Console(
        file=io.StringIO(),
        width=width,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    with console.capture() as capture:
        console.print(content)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()).rstrip("\n")
