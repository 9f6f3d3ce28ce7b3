"""Saved states: a folder with manifest.json and safetensors. No pickle; nothing is executed at load.

The manifest is written last and names the other files by their content hash. So a folder holds the old
model or the new one, whole, whenever writing stops; and a damaged file is noticed. This module turns a
`State` into files and back; it knows no class of the model.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from topickit._core.atomic import TEMPORARY, write_atomic
from topickit._core.state import State
from topickit._version import __version__
from topickit.errors import InputError, StorageError

FORMAT = "topickit model"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
OUR_FILES = ("arrays-", "texts-", TEMPORARY)
_TEXTS_PART = "documents"
"""The one part whose texts are stored."""


def write(path: str | os.PathLike[str], state: State) -> None:
    """Write a state into a folder, whole or not at all.

    Parameters
    ----------
    path : path
        A new folder, an empty one, or one that holds a saved model, which is replaced.
    state : State
        Its config, and one level of parts.

    Raises
    ------
    StorageError
        When the folder holds something else.
    InputError
        When it cannot be written.
    """
    folder = _folder_for(Path(path))
    documents = state.parts.get(_TEXTS_PART)
    texts = None if documents is None or documents.texts is None else list(documents.texts)
    _write(folder, state.parts, texts, state.config)


def read(path: str | os.PathLike[str]) -> State:
    """Read the state that `write` wrote into a folder.

    Parameters
    ----------
    path : path

    Raises
    ------
    StorageError
        When there is no model, it is damaged, or a newer topickit made it.
    """
    folder = Path(path)
    manifest = _manifest(folder)
    with damage_reported(folder):
        return State(manifest["parameters"], parts=_parts(folder, manifest, _texts(folder, manifest)))


@contextlib.contextmanager
def damage_reported(path: str | os.PathLike[str]) -> Iterator[None]:
    """Report a state from which nothing can be made as a damaged model.

    Parameters
    ----------
    path : path
        Where the state was read.

    Raises
    ------
    StorageError
        When the block raises what a missing or wrong value raises.
    """
    try:
        yield
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise StorageError(f"the model in {path} is damaged: {type(error).__name__} {error}") from error


def check_folder(path: str | os.PathLike[str]) -> None:
    """Check that a model can be saved into a folder, before there is one; nothing is made.

    Raises
    ------
    StorageError
        When the folder holds something else.
    InputError
        When it cannot be made or written.
    """
    folder = Path(path)
    try:
        os.lstat(folder)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # a name too long, a folder that may not be entered, a NUL
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot write a model into {str(folder)!r}: {reason}") from error
    if os.path.isdir(folder):
        _folder_for(folder)
    standing = next(parent for parent in (folder, *folder.absolute().parents) if os.path.exists(parent))
    if not standing.is_dir() or not os.access(standing, os.W_OK):
        why = "no permission to write" if standing.is_dir() else "it is a file"
        raise InputError(f"cannot write a model into {folder}: {standing}: {why}")


def _folder_for(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = {entry.name for entry in folder.iterdir()}
    except OSError as error:
        raise InputError(f"cannot write a model into {folder}: {error.strerror or error}") from error
    strangers = sorted(name for name in names if name != MANIFEST and not name.startswith(OUR_FILES))
    if strangers or (MANIFEST in names and _format_of(folder) != FORMAT):
        raise StorageError(
            f"{folder} is a folder with other things in it ({', '.join(strangers[:3]) or MANIFEST}); "
            "choose a new folder for the model"
        )
    return folder


def _format_of(folder: Path) -> object:
    try:
        return json.loads((folder / MANIFEST).read_text(encoding="utf-8")).get("format")
    except (OSError, ValueError, AttributeError):
        return None


def _write(
    folder: Path, parts: Mapping[str, State], texts: list[str] | None, parameters: Mapping[str, Any]
) -> None:
    from safetensors.numpy import save as to_bytes

    arrays = {
        f"{part}.{name}": np.ascontiguousarray(array)
        for part, state in parts.items()
        for name, array in state.arrays.items()
    }
    contents = {"arrays": (".safetensors", to_bytes(arrays))}
    if texts is not None:
        contents["texts"] = (".json", json.dumps(texts, ensure_ascii=False).encode("utf-8"))
    files = {stem: _named(stem, *content) for stem, content in contents.items()}
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "topickit": __version__,
        "files": files,
        "parameters": parameters,
        "parts": {part: dict(state.config) for part, state in parts.items()},
    }
    listed = json.dumps(manifest, indent=1, ensure_ascii=False, allow_nan=False, default=_plain)
    for stem, (_, raw) in contents.items():
        write_atomic(folder / files[stem]["name"], raw)
    write_atomic(folder / MANIFEST, listed)
    kept = {MANIFEST, *(file["name"] for file in files.values())}
    for entry in folder.iterdir():
        if entry.name not in kept and entry.name.startswith(OUR_FILES):
            entry.unlink()


def _plain(value: Any) -> Any:
    """Write a setting that was given as a NumPy scalar as the number that it is."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a model's file cannot hold {value!r}")


def _named(stem: str, ending: str, raw: bytes) -> dict[str, str]:
    digest = hashlib.sha256(raw).hexdigest()
    return {"name": f"{stem}-{digest[:16]}{ending}", "sha256": digest}


def _manifest(folder: Path) -> dict[str, Any]:
    if folder.is_file():
        raise StorageError(f"{folder} is a file, not the folder of a saved model")
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        why = f"it has no {MANIFEST}" if folder.is_dir() else "there is no such folder"
        raise StorageError(f"there is no saved model in {folder}: {why}") from error
    except (OSError, ValueError) as error:
        raise StorageError(
            f"the model in {folder} is damaged: {MANIFEST} cannot be read ({error})"
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise StorageError(f"{folder} holds no topickit model: {MANIFEST} is something else's")
    if manifest.get("format_version") != FORMAT_VERSION:
        raise StorageError(
            f"the model in {folder} has format {manifest.get('format_version')}, made by topickit "
            f"{manifest.get('topickit')}; this is {__version__}, which reads format {FORMAT_VERSION}: "
            "upgrade topickit"
        )
    return manifest


def _read_hashed(folder: Path, file: Mapping[str, str]) -> bytes:
    name = file["name"]
    if Path(name).name != name:
        raise StorageError(f"the model in {folder} is damaged: it names a file outside of it, {name!r}")
    try:
        raw = (folder / name).read_bytes()
    except OSError as error:
        raise StorageError(
            f"the model in {folder} is damaged: {name} cannot be read ({error.strerror})"
        ) from error
    if hashlib.sha256(raw).hexdigest() != file["sha256"]:
        raise StorageError(f"the model in {folder} is damaged: {name} is not what was saved; save it again")
    return raw


def _parts(folder: Path, manifest: Mapping[str, Any], texts: Sequence[str] | None) -> dict[str, State]:
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    try:
        arrays = from_bytes(_read_hashed(folder, manifest["files"]["arrays"]))
    except SafetensorError as error:
        raise StorageError(f"the model in {folder} is damaged: {error}") from error
    return {
        part: State(
            config,
            {name.removeprefix(f"{part}."): a for name, a in arrays.items() if name.startswith(f"{part}.")},
            texts=texts if part == _TEXTS_PART else None,
        )
        for part, config in manifest["parts"].items()
    }


def _texts(folder: Path, manifest: Mapping[str, Any]) -> list[str] | None:
    file = manifest["files"].get("texts")
    return None if file is None else json.loads(_read_hashed(folder, file))
