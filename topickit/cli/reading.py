"""What several commands do: read texts and vectors, write tables."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from topickit._core.atomic import write_atomic
from topickit.cli.options import FileFormat
from topickit.errors import InputError, ParameterError

if TYPE_CHECKING:
    from topickit._core.vectors import FloatArray
    from topickit.corpus.tables import TextStream
    from topickit.model import TopicModel

_OTHER_FORMATS = frozenset(
    ("csv", "tsv", "json", "html", "markdown", "parquet", "xlsx", "xls", "ods", "pdf", "docx")
)
FEWEST_ROWS = 20
FOREIGN_SHARE = 1 / 3
"""Other rows of one corpus are 2 to 17 % less like than usual, those of another one 46 to 100 %."""
F = TypeVar("F", bound=StrEnum)


def read_column(file: str, column: str | None, file_format: FileFormat | None) -> list[str]:
    """Read the texts of a file, and say how many rows have none."""
    from topickit.corpus.tables import read_texts

    found = read_texts(file, column, _value(file_format))
    _say_missing(found.n_missing, len(found.texts))
    return found.texts


def stream_column(file: str, column: str | None, file_format: FileFormat | None) -> "TextStream":
    """Open the texts of a file, to be read one after another by whoever needs them."""
    from topickit.corpus.tables import TextStream

    return TextStream(file, column, _value(file_format))


def read_dated(
    file: str, text: str | None, time: str | None, by: str | None, file_format: FileFormat | None
) -> tuple["TextStream | list[str]", list[Any] | None, list[Any] | None]:
    """Open the texts of a file, or read them with timestamps and classes; None for a column not asked for."""
    from topickit.corpus.tables import read_with_columns

    others = [name for name in (time, by) if name is not None]
    if not others:
        return stream_column(file, text, file_format), None, None
    found = read_with_columns(file, others, text, _value(file_format))
    _say_missing(found.n_missing, len(found.texts))
    timestamps = None if time is None else found.columns[time]
    return found.texts, timestamps, None if by is None else found.columns[by]


def read_kept(
    file: str, text: str | None, keep: list[str] | None, file_format: FileFormat | None
) -> tuple["TextStream | list[str]", dict[str, list[Any]]]:
    """Open the texts of a file, or read them with the columns that are to be written again."""
    from topickit.corpus.tables import read_with_columns

    if not keep:
        return stream_column(file, text, file_format), {}
    if ours := sorted({"row", "topic", "name"} & set(keep)):
        raise InputError(f"--keep {ours[0]} would stand there twice: rename that column")
    found = read_with_columns(file, keep, text, _value(file_format), as_written=True)
    _say_missing(found.n_missing, len(found.texts))
    return found.texts, {name: found.columns[name] for name in keep}


def _value(file_format: FileFormat | None) -> str | None:
    return None if file_format is None else file_format.value


def n_missing(texts: "TextStream | list[str]") -> int:
    """Count the rows without a text."""
    return sum(not text.strip() for text in texts) if isinstance(texts, list) else texts.n_missing


def say_missing(texts: "TextStream | list[str]") -> None:
    """Say how many rows of a stream that was read have no text."""
    if not isinstance(texts, list):  # of a list it was said when it was read
        _say_missing(texts.n_missing, texts.n_rows)


def _say_missing(n_missing: int, n_rows: int) -> None:
    if n_missing:
        typer.echo(f"{n_missing:,} of {n_rows:,} rows have no text: outliers.", err=True)


def keep_apart(out: Path | None, *sources: str | Path | None) -> None:
    """Refuse to write over a file that is read, or into the folder of a model."""
    if out is None:
        return
    target = out.resolve()
    for source in (Path(source) for source in sources if source is not None):
        if target == source.resolve():
            raise InputError(f"{out} is what is read: writing there would replace it; choose another file")
        if source.is_dir() and source.resolve() in target.parents:
            raise InputError(f"{out} is in the folder of the model {source}; choose another file")


def say_unlike(labels: Any, n_blank: int) -> None:
    """Say how many rows with a text are in no topic: whoever predicts every night sees the corpus change."""
    n = int((labels < 0).sum()) - n_blank
    if n:
        typer.echo(
            f"{n:,} of {len(labels):,} rows are in no topic: unlike all of them, or without a word that the "
            "model knows.",
            err=True,
        )


def say_foreign(similarity: Any, labels: Any, usual: Any) -> None:
    """Say where many more rows than is usual are not much like their topics: other texts, perhaps."""
    placed = similarity[labels >= 0]
    if not isinstance(usual, float) or len(placed) < FEWEST_ROWS:
        return
    n = int((placed < usual).sum())
    if n > FOREIGN_SHARE * len(placed):
        said = f"{n:,} of {len(placed):,} rows are less like their topic than 95 % of the model's documents"
        why = "the texts may be about other things, or in another language; fit a model to them."
        typer.echo(f"{said}: {why}", err=True)


def load_vectors(path: Path | None, n_rows: int | None = None) -> Any:
    """Read checked vectors from a .npy file; None where no file is given."""
    if path is None:
        return None
    import numpy as np

    from topickit._core.validation import check_vectors

    try:
        # Mapped, not loaded: whoever needs unit vectors makes them a block of rows at a time.
        array = np.load(path, allow_pickle=False, mmap_mode="r")
    except OSError as error:
        raise InputError(f"cannot read vectors from {path}: {error}") from error
    except (ValueError, EOFError) as error:  # NumPy's own words advise to load pickles
        raise InputError(
            f"cannot read vectors from {path}: it is no .npy file of numbers; write one with "
            "numpy.save(path, vectors)"
        ) from error
    return check_vectors(array, n_rows=n_rows, what=f"the vectors in {path}")


def cache_folder(cache: Path | None, no_cache: bool) -> Path | None:
    """Return the folder for kept vectors: the one named, the user's cache folder, or none."""
    from topickit.embed.cache.embedder import default_folder

    return None if no_cache else cache or default_folder()


def embed(
    texts: list[str],
    embedder: str,
    *,
    given: Any = None,
    cache: Path | None = None,
    device: str | None = None,
) -> "FloatArray":
    """Embed texts that are not blank, in their order; embeddings that are given replace the model."""
    from topickit.corpus.documents import Documents
    from topickit.embed import base, pipeline

    resolved = base.resolve(embedder, device=device)
    if given is not None and not isinstance(resolved, base.BuildsOnVectors):
        return given  # type: ignore[no-any-return]
    documents = Documents.of(texts, given)
    return pipeline.fit(resolved, documents, embeddings=given, cache=cache).vectors[documents.rows]


def labels_csv(model: "TopicModel", labels: Any, kept: dict[str, list[Any]] | None = None) -> str:
    """Write the topic of each row as CSV, with columns of the file that was read."""
    import polars as pl

    from topickit.report.exports import safe_cell

    names = {-1: "", **{topic.id: safe_cell(topic.name) for topic in model.topics_}}
    frame = pl.DataFrame(
        {
            "row": range(len(labels)),
            "topic": labels,
            "name": [names[int(label)] for label in labels],
            **{name: pl.Series(values, strict=False) for name, values in (kept or {}).items()},
        }
    )
    return frame.write_csv()


def format_of(asked: F | None, out: Path | None, formats: type[F]) -> F:
    """Give the format that is asked for, or that the name of the file says; the first one if neither."""
    if asked is not None:
        return asked
    ending = "" if out is None else out.suffix.lower().lstrip(".")
    ending = {"md": "markdown", "htm": "html"}.get(ending, ending)
    if ending in _OTHER_FORMATS and ending not in set(formats):
        raise ParameterError(f"{out} cannot be written as {ending}: --format gives {', '.join(formats)}")
    return next((known for known in formats if known == ending), next(iter(formats)))


def emit(content: str, out: Path | None) -> None:
    """Print, or write a file whole."""
    if out is None:
        typer.echo(content, nl=not content.endswith("\n"))
    else:
        write_atomic(out, content)
