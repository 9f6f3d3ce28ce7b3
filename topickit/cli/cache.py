"""`topickit cache`."""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topickit.cli.options import CacheFolder, Command, CommandGroup
from topickit.errors import InputError, ParameterError

if TYPE_CHECKING:
    from topickit.embed.cache.database import CachedModel, VectorStore

app = typer.Typer(name="cache", cls=CommandGroup)

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_UNITS["ti"] = 2**40
_SPANS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}


@app.callback(invoke_without_command=True)
def show(context: typer.Context, cache: CacheFolder = None) -> None:
    """Show or prune the embedding cache.

    The cache holds embeddings and hashes of texts, but no text.
    """
    if context.invoked_subcommand is not None:
        context.obj = cache
        return
    from topickit.embed.cache import database as store

    folder = _folder(cache)
    damaged = store.files_set_aside(folder)
    typer.echo(f"Cache: {folder / store.FILE}")
    opened = _open_store(folder)
    if opened is None:
        typer.echo("The cache is empty.")
    else:
        with opened:
            models = _call(folder, opened.models)
        typer.echo(f"Size: {_amount(store.size_of(folder))}, {sum(m.rows for m in models):,} embeddings")
        for model in models:
            typer.echo(
                f"  {model.rows:>10,}  {_amount(model.size):>9}  {model.dimension} {model.dtype}  "
                f"{model.description}  {model.fingerprint[:24]}"
            )
    if damaged:
        size = _amount(sum(path.stat().st_size for path in damaged))
        files = f"{len(damaged)} file" + ("" if len(damaged) == 1 else "s")
        typer.echo(f"Damaged files: {size} in {files}; `topickit cache clear` removes them")


ModelName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Only models whose name or fingerprint contains NAME; alone, all their embeddings.",
    ),
]
Age = Annotated[str | None, typer.Option(metavar="AGE", help="Remove older embeddings: 12h, 30d, 8w.")]
Size = Annotated[
    str | None,
    typer.Option(metavar="SIZE", help="Remove the oldest embeddings until the cache fits: 500MB, 2GiB."),
]


@app.command(cls=Command)
def prune(
    context: typer.Context,
    model: ModelName = None,
    older_than: Age = None,
    max_size: Size = None,
    cache: CacheFolder = None,
) -> None:
    """Remove some of the embeddings.

    --model limits the other options to some of the models.
    """
    if model is None and older_than is None and max_size is None:
        raise ParameterError(
            "nothing to remove: set --model, --older-than or --max-size, or use `topickit cache clear`"
        )
    from topickit.embed.cache import database as store

    before = None if older_than is None else time.time() - _parse_age(older_than)
    most = None if max_size is None else _parse_size(max_size)
    folder = _folder(_cache_option(context, cache))
    opened = _open_store(folder)
    if opened is None:
        typer.echo("The cache is empty.")
        return

    def work() -> int:
        models = None if model is None else _find_models(opened, model)
        # The index of SQLite's log is removed when the file is closed: no embedding has to go for it.
        limit = None if most is None else most + _log_index_size(opened)
        return opened.prune(models=models, written_before=before, max_bytes=limit)

    with opened:
        removed = _call(folder, work)
        kept = sum(cached.rows for cached in _call(folder, opened.models))
    left = store.size_of(folder)
    note = "" if kept else ", the size of an empty cache"
    typer.echo(f"Removed {removed:,} embeddings; {kept:,} left, {_amount(left)}{note}.")
    if kept and most is not None and left > most:
        typer.echo(
            "Still larger than --max-size: the rest belongs to other models, or another run uses the file.",
            err=True,
        )


@app.command(cls=Command)
def clear(context: typer.Context, cache: CacheFolder = None) -> None:
    """Remove all embeddings and damaged files."""
    from topickit.embed.cache import database as store

    folder = _folder(_cache_option(context, cache))
    removed = 0
    for path in store.files_set_aside(folder):
        path.unlink()
    if (folder / store.FILE).exists():
        try:
            with store.VectorStore(folder) as opened:
                removed = opened.prune()
        except Exception as error:
            if not store.is_damage(error):
                raise _unusable(folder, error) from error
            for path in [folder / store.FILE, *folder.glob(f"{store.FILE}-*")]:
                path.unlink()
            typer.echo("Removed a damaged cache file.")
            return
    typer.echo(f"Removed {removed:,} embeddings.")


def _cache_option(context: typer.Context, cache: Path | None) -> Path | None:
    """Return --cache of the subcommand, else that of `topickit cache` or the environment variable."""
    source = context.get_parameter_source("cache")
    given: Path | None = context.obj
    return cache if source is not None and source.name == "COMMANDLINE" else given


def _folder(cache: Path | None) -> Path:
    from topickit.embed.cache.embedder import default_folder, folder_of

    return folder_of(cache or default_folder())


def _open_store(folder: Path) -> "VectorStore | None":
    """Open the store of a folder; None if there is none."""
    from topickit.embed.cache import database as store

    if not (folder / store.FILE).exists():
        return None
    opened: VectorStore = _call(folder, lambda: store.VectorStore(folder))
    return opened


def _call(folder: Path, work: Any) -> Any:
    import sqlite3

    try:
        return work()
    except (sqlite3.Error, OSError) as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: Exception) -> InputError:
    from topickit.embed.cache import database as store

    remedy = "`topickit cache clear` removes it" if store.is_damage(error) else "another run may be using it"
    return InputError(f"the cache {folder / store.FILE} cannot be used ({error}); {remedy}")


def _log_index_size(opened: "VectorStore") -> int:
    """Return the bytes of the index of SQLite's log, which exists while the file is open."""
    index = Path(f"{opened.file}-shm")
    return index.stat().st_size if index.exists() else 0


def _find_models(opened: "VectorStore", part: str) -> "list[CachedModel]":
    models = opened.models()
    matches = [model for model in models if part in model.description or part in model.fingerprint]
    if not matches:
        names = ", ".join(model.description for model in models) or "none"
        raise InputError(
            f"no model in the cache has {part!r} in its name or fingerprint; it has these models: {names}"
        )
    return matches


def _parse_age(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([hdw])", text.strip().lower())
    if not match:
        raise ParameterError(f"--older-than must be a number followed by h, d or w, as in 30d; got {text!r}")
    return float(match[1]) * _SPANS[match[2]]


def _parse_size(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", text.strip().lower())
    if not match or match[2] not in _UNITS:
        raise ParameterError(f"--max-size must be a number of bytes, or like 500MB or 2GiB; got {text!r}")
    return int(float(match[1]) * _UNITS[match[2]])


def _amount(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
