"""Saved models: a folder with manifest.json and safetensors. No pickle; nothing is executed at load.

The manifest is written last and names the other files by their content hash. So a folder holds the
old model or the new one, whole, whenever the writing stops; and a damaged file is noticed.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from topickit._core import devices
from topickit._core.atomic import TEMPORARY, write_atomic
from topickit._core.state import State
from topickit._version import __version__
from topickit.analysis.layout import Layout, keep_layout, layout
from topickit.cluster import base as cluster
from topickit.corpus.covariates import Covariates
from topickit.corpus.documents import Documents
from topickit.corpus.tokenizer import check_tokenizer
from topickit.embed import base as embed
from topickit.embed import pipeline
from topickit.errors import InputError, NotFittedError, ParameterError, StorageError
from topickit.fitted.assigner import Assigner
from topickit.fitted.base_level import BaseLevel
from topickit.fitted.fitted import Fitted
from topickit.fitted.topics import Topics
from topickit.keywords.counts import TermCounts
from topickit.keywords.evidence import Evidence
from topickit.keywords.settings import KeywordSettings
from topickit.keywords.vocabulary import DocumentTerms
from topickit.model import TopicModel

FORMAT = "topickit model"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
PLAIN_PARAMETERS = ("n_topics", "outliers", "fit_sample", "long_documents", "random_state")
OUR_FILES = ("arrays-", "texts-", TEMPORARY)


def save(model: TopicModel, path: str | os.PathLike[str], *, keep_texts: bool = False) -> None:
    """Write a fitted model into a folder.

    Parameters
    ----------
    model : TopicModel
    path : path
        A new folder, an empty one, or one that holds a saved model, which is replaced.
    keep_texts : bool
        Keep texts, their words and vectors, and the map of them, which is drawn if it was not yet.

    Raises
    ------
    StorageError
        When the folder holds something else.
    InputError
        When it cannot be written.
    """
    folder = _folder_for(Path(path))
    fitted = model.fitted_
    parts = {
        "assigner": fitted.assigner.state(),
        "counts": fitted.counts.state(),
        "topics": (fitted.topics if keep_texts else fitted.topics.without_texts()).state(),
        "embedder": embed.state(model.embedder_),
        "results": State(
            {
                "notes": dict(fitted.notes),
                "given_names": {str(topic): name for topic, name in fitted.given_names.items()},
                "keyword_settings": dict(fitted.keyword_settings.state().config),
            },
            {"labels": fitted.labels, "means": fitted.means},
        ),
    }
    if fitted.evidence is not None:
        parts["evidence"] = fitted.evidence.state()
    if fitted.base_level is not None:
        parts["found"] = fitted.base_level.state()
    if fitted.covariates is not None:
        parts["covariates"] = fitted.covariates.state()
    texts = None
    if keep_texts:
        if fitted.documents is None or fitted.vectors is None or fitted.terms is None:
            raise InputError("the model was loaded without its documents and cannot save them")
        texts = list(fitted.documents.texts)
        parts["documents"] = fitted.documents.state()
        parts["terms"] = fitted.terms.state()
        parts["vectors"] = State({}, {"vectors": fitted.vectors})
        places = layout(fitted)
        if places is not None:
            parts["layout"] = places.state()
    _write(folder, parts, texts, _parameters(model))


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


def load(
    path: str | os.PathLike[str], *, embedder: Any = None, device: str | None = None, tokenizer: Any = None
) -> TopicModel:
    """Read a saved model.

    Parameters
    ----------
    path : path
    embedder : optional
        Instead of the embedder in the file; needed where that was an object of the user's. One that learns
        from a corpus must have learnt. A hybrid embedder takes it for its own model, and keeps its words.
    device : str, optional
        Of the model and of a named embedder.
    tokenizer : optional
        Instead of the tokenizer of the model's `KeywordSettings`; needed to fit again where that was an
        object of the user's.

    Raises
    ------
    ParameterError, ParameterTypeError
        When torch cannot compute on the device, the embedder cannot embed, or the tokenizer is none.
    StorageError
        When there is no model, it is damaged, or a newer topickit made it.
    """
    folder = Path(path)
    manifest = _manifest(folder)
    if device is not None:
        devices.check(device)
    given = None if embedder is None else _able(embedder, device)
    if tokenizer is not None:
        check_tokenizer(tokenizer)
    try:
        parts = _parts(folder, manifest)
        fitted = _fitted(parts, _texts(folder, manifest))
        if tokenizer is not None:
            settings = fitted.keyword_settings.with_tokenizer(tokenizer)
            fitted = replace(fitted, keyword_settings=settings)
        saved = manifest["parameters"]
        if given is None:
            made, asked = embed.from_state(parts["embedder"], device=device), saved["embedder"]
        else:
            made, asked = pipeline.substitute(parts["embedder"], given), embedder
        model = TopicModel(
            embedder=made if asked is None else asked,
            clusterer=cluster.from_config(saved["clusterer"]),
            keywords=fitted.keyword_settings,
            device=device,
            **{name: saved[name] for name in PLAIN_PARAMETERS},
        )
        return model._adopt(fitted, made)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise StorageError(f"the model in {folder} is damaged: {type(error).__name__} {error}") from error


def _able(embedder: Any, device: str | None) -> embed.Embedder:
    """Resolve an embedder that shall stand for a model's own; refuse one that has yet to learn."""
    made = embed.resolve(embedder, device=device)
    if f"{type(made).__module__}:{type(made).__qualname__}" in embed.EMBEDDERS.values():
        try:
            made.encode([])
        except NotFittedError as error:
            raise ParameterError(
                f"embedder={embedder!r} learns from a corpus and has seen none, so it cannot stand for the "
                "one that the model was fitted with; leave embedder= out where the file holds that, or give "
                "the very one"
            ) from error
    return made


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


def _parts(folder: Path, manifest: Mapping[str, Any]) -> dict[str, State]:
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
        )
        for part, config in manifest["parts"].items()
    }


def _texts(folder: Path, manifest: Mapping[str, Any]) -> list[str] | None:
    file = manifest["files"].get("texts")
    return None if file is None else json.loads(_read_hashed(folder, file))


def _fitted(parts: Mapping[str, State], texts: list[str] | None) -> Fitted:
    results = parts["results"]
    documents = None if texts is None else Documents.from_state(parts["documents"], texts)
    if documents is not None and "layout" in parts:
        keep_layout(documents, Layout.from_state(parts["layout"]))
    return Fitted(
        assigner=Assigner.from_state(parts["assigner"]),
        labels=results.arrays["labels"],
        counts=TermCounts.from_state(parts["counts"]),
        topics=Topics.from_state(parts["topics"]),
        means=results.arrays["means"],
        keyword_settings=KeywordSettings.from_state(State(results.config["keyword_settings"])),
        documents=documents,
        vectors=None if texts is None else parts["vectors"].arrays["vectors"],
        terms=None if texts is None else DocumentTerms.from_state(parts["terms"]),
        notes=results.config["notes"],
        given_names={int(topic): name for topic, name in results.config["given_names"].items()},
        evidence=Evidence.from_state(parts["evidence"]) if "evidence" in parts else None,
        covariates=Covariates.from_state(parts["covariates"]) if "covariates" in parts else None,
        base_level=BaseLevel.from_state(parts["found"]) if "found" in parts else None,
    )


def _parameters(model: TopicModel) -> dict[str, Any]:
    plain = {name: getattr(model, name) for name in PLAIN_PARAMETERS}
    return {**plain, "clusterer": cluster.config(model.clusterer), "embedder": embed.name(model.embedder)}
