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

app = typer.Typer(
    name="cache", cls=CommandGroup, help="Show or prune the vectors that are kept between runs."
)

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_UNITS["ti"] = 2**40
_SPANS = {"h": 3600, "d": 86_400, "w": 7 * 86_400}


@app.callback(invoke_without_command=True)
def show(context: typer.Context, cache: CacheFolder = None) -> None:
    """Print path, size, rows and models of the cache; no text is in it, only hashes."""
    if context.invoked_subcommand is not None:
        context.obj = cache
        return
    from topickit.embed.cache import database as store

    folder = _folder(cache)
    aside = store.files_set_aside(folder)
    typer.echo(f"Cache: {folder / store.FILE}")
    opened = _opened(folder)
    if opened is None:
        typer.echo("Empty: nothing has been kept yet.")
    else:
        with opened:
            models = _guarded(folder, opened.models)
        typer.echo(f"Size: {_amount(store.size_of(folder))}, {sum(m.rows for m in models):,} vectors")
        for model in models:
            typer.echo(
                f"  {model.rows:>10,}  {_amount(model.size):>9}  {model.dimension} {model.dtype}  "
                f"{model.description}  {model.fingerprint[:24]}"
            )
    if aside:
        size = sum(path.stat().st_size for path in aside)
        typer.echo(
            f"Damaged, set aside: {_amount(size)} in {len(aside)} files; topickit cache clear removes them"
        )


@app.command(cls=Command)
def prune(
    context: typer.Context,
    model: Annotated[
        str | None,
        typer.Option(help="Only of models whose name or fingerprint holds this; all their rows if alone."),
    ] = None,
    older_than: Annotated[str | None, typer.Option(help="Vectors made longer ago: 12h, 30d, 8w.")] = None,
    max_size: Annotated[str | None, typer.Option(help="The oldest go until this holds: 500MB, 2GiB.")] = None,
    cache: CacheFolder = None,
) -> None:
    """Remove some of the kept vectors."""
    if model is None and older_than is None and max_size is None:
        raise ParameterError(
            "say what to remove: --model, --older-than or --max-size; or topickit cache clear"
        )
    from topickit.embed.cache import database as store

    before = None if older_than is None else time.time() - _seconds(older_than)
    most = None if max_size is None else _bytes(max_size)
    folder = _folder(_named_here(context, cache))
    opened = _opened(folder)
    if opened is None:
        typer.echo("Empty: nothing has been kept yet.")
        return

    def work() -> int:
        models = None if model is None else _named(opened, model)
        # What SQLite keeps beside an open file goes when it is closed, and needs no vector to go.
        room = None if most is None else most + _beside(opened)
        return opened.prune(models=models, written_before=before, max_bytes=room)

    with opened:
        removed = _guarded(folder, work)
        kept = sum(found.rows for found in _guarded(folder, opened.models))
    left = store.size_of(folder)
    least = "" if kept else ", the least that an empty cache takes"
    typer.echo(f"Removed {removed:,} vectors; {kept:,} left, {_amount(left)}{least}.")
    if kept and most is not None and left > most:
        typer.echo("Over --max-size: they are of other models, or another run has the file open.", err=True)


@app.command(cls=Command)
def clear(context: typer.Context, cache: CacheFolder = None) -> None:
    """Remove all kept vectors, and damaged files that were set aside."""
    from topickit.embed.cache import database as store

    folder = _folder(_named_here(context, cache))
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
            typer.echo("The file was damaged; it is removed.")
            return
    typer.echo(f"Removed {removed:,} vectors.")


def _named_here(context: typer.Context, cache: Path | None) -> Path | None:
    """--cache of the subcommand; else what `topickit cache` itself was given, or the environment says."""
    source = context.get_parameter_source("cache")
    given: Path | None = context.obj
    return cache if source is not None and source.name == "COMMANDLINE" else given


def _folder(cache: Path | None) -> Path:
    from topickit.embed.cache.embedder import default_folder, folder_of

    return folder_of(cache or default_folder())


def _opened(folder: Path) -> "VectorStore | None":
    """The store of a folder; None where there is none, which looking does not make."""
    from topickit.embed.cache import database as store

    if not (folder / store.FILE).exists():
        return None
    opened: VectorStore = _guarded(folder, lambda: store.VectorStore(folder))
    return opened


def _guarded(folder: Path, work: Any) -> Any:
    import sqlite3

    try:
        return work()
    except (sqlite3.Error, OSError) as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: Exception) -> InputError:
    from topickit.embed.cache import database as store

    remedy = "topickit cache clear removes it" if store.is_damage(error) else "is another run writing to it?"
    return InputError(f"the cache {folder / store.FILE} cannot be used ({error}); {remedy}")


def _beside(opened: "VectorStore") -> int:
    """Bytes of SQLite's index of its log, which is there while the file is open."""
    index = Path(f"{opened.file}-shm")
    return index.stat().st_size if index.exists() else 0


def _named(opened: "VectorStore", part: str) -> "list[CachedModel]":
    models = opened.models()
    found = [model for model in models if part in model.description or part in model.fingerprint]
    if not found:
        names = ", ".join(model.description for model in models) or "none"
        raise InputError(f"no model in the cache has {part!r} in its name or fingerprint; it has {names}")
    return found


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([hdw])", text.strip().lower())
    if not found:
        raise ParameterError(f"--older-than must be a number with h, d or w, like 30d; got {text!r}")
    return float(found[1]) * _SPANS[found[2]]


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?", text.strip().lower())
    if not found or found[2] not in _UNITS:
        raise ParameterError(f"--max-size must be a number of bytes, or like 500MB or 2GiB; got {text!r}")
    return int(float(found[1]) * _UNITS[found[2]])


def _amount(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
