"""Reading what several commands need: texts, columns, embeddings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from topickit.cli.options import FileFormat, MissingTexts
from topickit.errors import InputError

if TYPE_CHECKING:
    from topickit._core.vectors import FloatArray
    from topickit.corpus.tables import TextStream


def read_column(
    file: str,
    column: str | None,
    file_format: FileFormat | None,
    *,
    encoding: str | None,
    header: bool,
) -> list[str]:
    """Read the texts of a file, and report blank ones."""
    from topickit.corpus.tables import read_texts

    result = read_texts(file, column, file_format, encoding=encoding, header=header)
    _report_blank(result.n_missing, len(result.texts))
    return result.texts


def read_rows(
    file: str,
    text: str | None,
    *,
    file_format: FileFormat | None,
    encoding: str | None,
    header: bool,
    covariates: Sequence[str | None] = (),
    keep: Sequence[str] = (),
    reserved: Collection[str] = (),
) -> tuple["TextStream | list[str]", list[list[Any] | None], dict[str, list[Any]]]:
    """Open the texts of a file, or read them once with columns of covariates and columns to copy.

    The output to which columns are copied has the reserved columns.
    """
    from topickit.corpus.tables import TextStream, read_with_columns

    if clashing := sorted(set(reserved) & set(keep)):
        raise InputError(f"--keep {clashing[0]}: the output has a column of that name; rename that column")
    others = [name for name in covariates if name is not None]
    if not others and not keep:
        return (
            TextStream(file, text, file_format, encoding=encoding, header=header),
            [None] * len(covariates),
            {},
        )
    table = read_with_columns(
        file, others, text, file_format, encoding=encoding, header=header, as_written=keep
    )
    return table.texts, [None if name is None else table.columns[name] for name in covariates], table.written


@dataclass(frozen=True, eq=False)
class InputRows:
    """The rows of a file that a command uses.

    Attributes
    ----------
    texts : TextStream or list of str
    covariates : list of (list or None)
        Of the columns asked for, in order.
    kept : dict of str to list
        Columns to copy to the output.
    embeddings : ndarray or None
    rows : list of int or None
        Row of each text in the file; None for all rows.
    """

    texts: "TextStream | list[str]"
    covariates: list[list[Any] | None]
    kept: dict[str, list[Any]]
    embeddings: Any
    rows: list[int] | None


def read_file(
    file: str, text: str | None, *, embeddings: Path | None, missing: MissingTexts, **columns: Any
) -> InputRows:
    """Read a file and its embeddings, and take the rows that are used of all of them.

    Parameters
    ----------
    file, text
        The file, and its column of texts.
    embeddings : path, optional
    missing : MissingTexts
        What becomes of rows without a text.
    **columns
        As for `read_rows`.
    """
    texts, covariates, kept = read_rows(file, text, **columns)
    n_rows = None if missing is MissingTexts.blank else len(texts := list(texts))
    given = load_embeddings(embeddings, n_rows)
    texts, rows = choose_rows(texts, missing, file)
    return InputRows(
        texts,
        [take_rows(values, rows) for values in covariates],
        {name: take_rows(values, rows) for name, values in kept.items()},
        take_rows(given, rows),
        rows,
    )


def choose_rows(
    texts: "TextStream | list[str]", missing: MissingTexts, file: str
) -> tuple["TextStream | list[str]", list[int] | None]:
    """Return the texts to use, and their rows; None for all rows.

    Raises
    ------
    InputError
        If a row has no text and `missing` is "error".
    """
    from topickit.corpus.documents import is_blank

    if missing is MissingTexts.blank:
        return texts, None
    values = list(texts)
    rows = [row for row, text in enumerate(values) if not is_blank(text)]
    if missing is MissingTexts.error and len(rows) < len(values):
        first = next((i for i, row in enumerate(rows) if i != row), len(rows))
        raise InputError(
            f"row {first} of {file} (from 0) has no text; set missing=blank (topic -1) or missing=drop"
        )
    _report_blank(len(values) - len(rows), len(values), "are left out")
    return [values[row] for row in rows], rows


def take_rows(values: Any, rows: list[int] | None) -> Any:
    """Return the values of some rows of a list or an array; all if `rows` is None."""
    if values is None or rows is None:
        return values
    return [values[row] for row in rows] if isinstance(values, list) else values[rows]


def report_blank(texts: "TextStream | list[str]") -> None:
    """Report how many rows have no text."""
    from topickit.corpus.documents import is_blank

    if isinstance(texts, list):
        _report_blank(sum(map(is_blank, texts)), len(texts))
    else:
        _report_blank(texts.n_missing, texts.n_rows)


def _report_blank(n_missing: int, n_rows: int, outcome: str = "get topic -1") -> None:
    if n_missing:
        typer.echo(f"{n_missing:,} of {n_rows:,} rows have no text and {outcome}.", err=True)


def load_embeddings(path: Path | None, n_rows: int | None = None) -> Any:
    """Read and check embeddings from a .npy file; None if no file is given."""
    if path is None:
        return None
    import numpy as np

    from topickit._core.paths import refuse_address
    from topickit._core.validation import check_vectors

    refuse_address(path)
    try:
        # Memory-mapped: unit vectors are made a block of rows at a time.
        array = np.load(path, allow_pickle=False, mmap_mode="r")
    except OSError as error:
        raise InputError(f"cannot read embeddings from {path}: {error}") from error
    except (ValueError, EOFError) as error:  # NumPy's message recommends pickles
        raise InputError(
            f"cannot read embeddings from {path}: it is not a .npy file of numbers; write one with "
            "numpy.save(path, embeddings)"
        ) from error
    return check_vectors(array, n_rows=n_rows, what=f"the embeddings in {path}")


def cache_folder(cache: Path | None, no_cache: bool) -> Path | None:
    """Return the folder of the embedding cache, or None if it is disabled."""
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
    """Embed texts that are not blank, in their order; given embeddings replace the model."""
    from topickit.corpus.documents import Documents
    from topickit.embed import base, pipeline

    resolved = base.resolve(embedder, device=base.device_for(embedder, device))
    if given is not None and not isinstance(resolved, base.BuildsOnVectors):
        return given  # type: ignore[no-any-return]
    documents = Documents.of(texts, given)
    return pipeline.fit(resolved, documents, embeddings=given, cache=cache).vectors[documents.rows]
