"""Reading the files of known topics, seed words and topics to ignore."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from topickit.errors import InputError


def read_known(path: Path | None) -> Any:
    """Read names, with descriptions, examples or words of each; None if no file is given.

    Parameters
    ----------
    path : Path or None
        ``.json``: a list of names, or an object that maps names to a text or a list of texts. ``.csv``: a
        name and a description a line. Otherwise one name a line.

    Returns
    -------
    list of str, mapping, or None
        As `TopicModel` takes them.

    Raises
    ------
    InputError
        If the file cannot be read, or holds something else.
    """
    if path is None:
        return None
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from error
    if path.suffix.lower() == ".json":
        return _from_json(content, path)
    if path.suffix.lower() == ".csv":
        return _from_csv(content, path)
    names = [line.strip() for line in content.splitlines() if line.strip()]
    if not names:
        raise InputError(f"{path} is empty; write one name of a topic a line")
    return names


def _from_json(content: str, path: Path) -> Any:
    try:
        value = json.loads(content)
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, list | dict) or not value:
        raise InputError(f"{path} must hold a list of names, or an object that maps names to texts")
    return value


def _from_csv(content: str, path: Path) -> dict[str, str | None]:
    result: dict[str, str | None] = {}
    for place, cells in enumerate(csv.reader(io.StringIO(content))):
        cells = [cell.strip() for cell in cells]
        if not any(cells) or (place == 0 and cells[0].casefold() == "name"):
            continue
        if len(cells) > 2 or not cells[0]:
            raise InputError(f"line {place + 1} of {path} must be a name and a description; got {cells}")
        if cells[0] in result:
            raise InputError(
                f"line {place + 1} of {path} repeats the name {cells[0]!r}; give each topic once"
            )
        result[cells[0]] = cells[1] if len(cells) == 2 and cells[1] else None
    if not result:
        raise InputError(f"{path} is empty; write a name and a description a line")
    return result
