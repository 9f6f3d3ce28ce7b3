"""A file of the names that came, so that an interrupted run goes on where it ended."""

import hashlib
import json
from pathlib import Path

from topickit._core.atomic import check_target
from topickit.errors import InputError
from topickit.fitted.naming import NamingPrompt


class Journal:
    """Names by hashes of their prompts, one JSON object a line; it holds no text and no key.

    Parameters
    ----------
    path : path or None
        None remembers nothing.
    model : str
        The language model: another one names anew.
    """

    def __init__(self, path: Path | None, model: str) -> None:
        self.path, self.model = path, model
        self._names = {} if path is None else _read(check_target(path))

    def name(self, prompt: NamingPrompt) -> str | None:
        """Return the name that came for a prompt before."""
        return self._names.get(self._hash(prompt))

    def add(self, prompt: NamingPrompt, name: str) -> None:
        """Write a name down at once."""
        key = self._hash(prompt)
        if self.path is None or self._names.get(key) == name:
            return
        self._names[key] = name
        line = json.dumps({"prompt": key, "topic": prompt.topic, "name": name}, ensure_ascii=False)
        try:
            with self.path.open("a", encoding="utf-8") as file:
                # A line that was cut before must not swallow this one.
                file.write(("" if _ends_a_line(self.path) else "\n") + line + "\n")
        except OSError as error:
            raise InputError(f"cannot write the journal {self.path}: {error}") from error

    def _hash(self, prompt: NamingPrompt) -> str:
        return hashlib.sha256(f"{self.model}\n{prompt.text}".encode("utf-8", "replace")).hexdigest()


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if size == 0:
            return True
        file.seek(size - 1)
        return file.read(1) == b"\n"


def _read(path: Path) -> dict[str, str]:
    """Read the names; a line that is no entry, such as one cut by a full disk, is skipped."""
    try:
        lines = path.read_bytes().decode("utf-8", "replace").splitlines() if path.exists() else []
    except OSError as error:
        raise InputError(f"cannot read the journal {path}: {error}") from error
    names = {}
    for line in lines:
        try:
            entry = json.loads(line)
            key, name = entry["prompt"], entry["name"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(key, str) and isinstance(name, str):
            names[key] = name
    return names
