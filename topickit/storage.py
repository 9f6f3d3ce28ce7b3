"""Saved states: a folder with manifest.json and safetensors. No pickle; nothing is executed at load.

The manifest is written last and names the other files by their content hash. So a folder holds the old
model or the new one, whole, whenever writing stops. The manifest also holds a digest of itself and of every
part, so that any damage is noticed and the damaged part is named. Format 1 had no such digests. This module
turns a `State` into files and back; it knows no class of the model.
"""

import contextlib
import hashlib
import json
import math
import mmap
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from topickit._core.atomic import TEMPORARY, write_atomic
from topickit._core.paths import refuse_address
from topickit._core.state import State
from topickit._version import __version__
from topickit.errors import InputError, StorageError, TopickitError

FORMAT = "topickit model"
FORMAT_VERSION = 2
FIRST_FORMAT_VERSION = 1
"""The earlier format, whose manifest has no digests."""
MANIFEST = "manifest.json"
OUR_FILES = ("arrays-", "texts-", TEMPORARY)
MAPPED_BYTES = 64 * 1024**2
"""A file of at least so many bytes is mapped into memory: its arrays are loaded when they are used."""
_DTYPES = {
    name: np.dtype(dtype)
    for name, dtype in {
        **{f"F{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
        **{f"I{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
        **{f"U{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
        "BOOL": "?",
    }.items()
}
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
        When it cannot be written, or the path is an address.
    """
    refuse_address(path)
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
    InputError
        When the path is an address.
    """
    refuse_address(path)
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
    except TopickitError:
        raise
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise StorageError(f"the model in {path} is damaged: {type(error).__name__} {error}") from error


def check_folder(path: str | os.PathLike[str]) -> None:
    """Check that a model can be saved into a folder, before there is one; nothing is made.

    Raises
    ------
    StorageError
        When the folder holds something else.
    InputError
        When it cannot be made or written, or the path is an address.
    """
    refuse_address(path)
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
    # As it will be read: tuples as lists, keys as str.
    manifest = json.loads(json.dumps(manifest, ensure_ascii=False, allow_nan=False, default=_plain))
    manifest["digests"] = {
        "arrays": {part: _digest_of_arrays(state.arrays) for part, state in parts.items() if state.arrays},
        "parts": {part: _digest(config) for part, config in manifest["parts"].items()},
        "parameters": _digest(manifest["parameters"]),
    }
    manifest["digest"] = _digest(manifest)
    listed = json.dumps(manifest, indent=1, ensure_ascii=False)
    for stem, (_, raw) in contents.items():
        write_atomic(folder / files[stem]["name"], raw)
    write_atomic(folder / MANIFEST, listed)
    kept = {MANIFEST, *(file["name"] for file in files.values())}
    for entry in folder.iterdir():
        if entry.name not in kept and entry.name.startswith(OUR_FILES):
            # Windows keeps a file that a loaded model has mapped; the next save removes it.
            with contextlib.suppress(PermissionError):
                entry.unlink()


def _plain(value: Any) -> Any:
    """Write a setting that was given as a NumPy scalar as the number that it is."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a model's file cannot hold {value!r}")


def _named(stem: str, ending: str, raw: bytes) -> dict[str, str]:
    digest = hashlib.sha256(raw).hexdigest()
    return {"name": f"{stem}-{digest[:16]}{ending}", "sha256": digest}


def _digest(value: Any) -> str:
    """Hash a value that JSON can hold, however it is written."""
    written = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode("ascii")).hexdigest()


def _digest_of_arrays(arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _check_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Raise unless the manifest has the digest that was written into it; name the part that differs."""
    if manifest["format_version"] == FIRST_FORMAT_VERSION and "digest" not in manifest:
        return
    if manifest.get("digest") == _digest({key: v for key, v in manifest.items() if key != "digest"}):
        return
    parts, digests = manifest.get("parts"), manifest.get("digests")
    changed = ""
    if isinstance(parts, dict) and isinstance(digests, dict) and isinstance(digests.get("parts"), dict):
        differing = sorted(name for name in parts if digests["parts"].get(name) != _digest(parts[name]))
        lost = sorted(digests["parts"].keys() - parts.keys())
        if _digest(manifest.get("parameters")) != digests.get("parameters"):
            differing.append("parameters")
        changed = f" (part {', '.join([*differing, *lost])})" if differing or lost else ""
    raise StorageError(
        f"the model in {folder} is damaged: {MANIFEST}{changed} is not what was saved; save it again"
    )


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
    if manifest.get("format_version") not in (FIRST_FORMAT_VERSION, FORMAT_VERSION):
        raise StorageError(
            f"the model in {folder} has format {manifest.get('format_version')}, made by topickit "
            f"{manifest.get('topickit')}; this is {__version__}, which reads formats "
            f"{FIRST_FORMAT_VERSION} and {FORMAT_VERSION}: upgrade topickit"
        )
    _check_manifest(folder, manifest)
    return manifest


def _read_hashed(
    folder: Path, file: Mapping[str, str], arrays: Mapping[str, str] | None = None
) -> bytes | mmap.mmap:
    """Read a file and compare it with its hash; `arrays` are the digests by part that tell what differs."""
    name = file["name"]
    if Path(name).name != name:
        raise StorageError(f"the model in {folder} is damaged: it names a file outside of it, {name!r}")
    try:
        raw = _contents(folder / name)
    except OSError as error:
        raise StorageError(
            f"the model in {folder} is damaged: {name} cannot be read ({error.strerror})"
        ) from error
    if hashlib.sha256(raw).hexdigest() != file["sha256"]:
        changed = _changed_arrays(raw, arrays or {})
        part = f" (part {', '.join(changed)})" if changed else ""
        raise StorageError(
            f"the model in {folder} is damaged: {name}{part} is not what was saved; save it again"
        )
    return raw


def _contents(path: Path) -> bytes | mmap.mmap:
    """Read a file; a large one is mapped into memory. What is written to the mapping stays in memory."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < MAPPED_BYTES:
            return file.read()
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


def _changed_arrays(raw: bytes | mmap.mmap, digests: Mapping[str, str]) -> list[str]:
    """List the parts whose arrays differ from their digests; none if the file cannot be read at all."""
    from safetensors import SafetensorError

    try:
        return [
            part
            for part, arrays in _by_part(raw, digests).items()
            if _digest_of_arrays(arrays) != digests[part]
        ]
    except (SafetensorError, KeyError, TypeError, ValueError):
        return []


def _by_part(raw: bytes | mmap.mmap, parts: Iterable[str]) -> dict[str, dict[str, NDArray[Any]]]:
    from safetensors.numpy import load as from_bytes

    arrays = from_bytes(raw) if isinstance(raw, bytes) else _mapped(raw)
    return {
        part: {name.removeprefix(f"{part}."): a for name, a in arrays.items() if name.startswith(f"{part}.")}
        for part in parts
    }


def _mapped(raw: mmap.mmap) -> dict[str, NDArray[Any]]:
    """Return the arrays of a mapped file without copying them, as safetensors' format describes.

    Source: https://huggingface.co/docs/safetensors (Format).
    """
    begin = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:begin])
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            dtype, first = _DTYPES[entry["dtype"]], begin + entry["data_offsets"][0]
            values = np.frombuffer(raw, dtype, math.prod(entry["shape"]), first)
            arrays[name] = values.reshape(entry["shape"])
    return arrays


def _parts(folder: Path, manifest: Mapping[str, Any], texts: Sequence[str] | None) -> dict[str, State]:
    from safetensors import SafetensorError

    digests = manifest.get("digests", {}).get("arrays")
    raw = _read_hashed(folder, manifest["files"]["arrays"], digests)
    try:
        arrays = _by_part(raw, manifest["parts"])
    except SafetensorError as error:
        raise StorageError(f"the model in {folder} is damaged: {error}") from error
    return {
        part: State(config, arrays[part], texts=texts if part == _TEXTS_PART else None)
        for part, config in manifest["parts"].items()
    }


def _texts(folder: Path, manifest: Mapping[str, Any]) -> list[str] | None:
    file = manifest["files"].get("texts")
    return None if file is None else json.loads(_read_hashed(folder, file)[:])
