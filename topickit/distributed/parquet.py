"""Parquet files in and out of Ray: checked before the work starts, written whole or not at all."""

import glob
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topickit._core.atomic import TEMPORARY
from topickit._core.optional import require
from topickit._core.paths import refuse_address
from topickit._core.progress import stage
from topickit.distributed.cluster import n_processors, start
from topickit.distributed.failures import FILE, ROW, running
from topickit.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa
    from ray.data import Dataset

READ_ROWS = 16384
"""Rows that are read at a time."""
BLOCK_BYTES = 8 << 20
"""Size of a block of Ray: small, so that the rows of one large file are spread over all workers."""
N_THREADS = 16
MOST_TASKS = 1000


def read_parquet(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    columns: Sequence[str] | None = None,
) -> "Dataset":
    """Read Parquet files into a Ray dataset that knows the file and the row of each text.

    All files are opened on the driver first, so a file that is not Parquet, or lacks a column, is an error
    before the work starts. Workers read the rows later, in blocks.

    Parameters
    ----------
    paths : path, pattern, folder, or a sequence of these
        Files that all machines of the cluster see, such as ``"folder/*.parquet"``. For a store such as S3,
        use ``ray.data.read_parquet``.
    columns : sequence of str, optional
        Columns to read; None (default) reads all.

    Returns
    -------
    ray.data.Dataset
        With the columns, and ``file`` (str) and ``row`` (int64, position in the file, from 0), which errors
        of `predict` name.

    Raises
    ------
    MissingPackageError
        If Ray is not installed.
    InputError
        When there is no file, one cannot be read, or lacks a column.

    Examples
    --------
    >>> read_parquet("no-such-folder/*.parquet")
    Traceback (most recent call last):
    topickit.errors.InputError: there is no file 'no-such-folder/*.parquet'; check the path, also on the \
other machines of the cluster
    """
    ray_data = require("ray.data")
    wanted = None if columns is None else list(dict.fromkeys(columns))
    files = list_files(paths)
    with ThreadPoolExecutor(N_THREADS) as threads:
        pieces = [
            piece for found in threads.map(lambda file: _pieces(file, wanted), files) for piece in found
        ]
    if not pieces:
        raise InputError(f"there are no rows in {files[0]}" + (" and the other files" if files[1:] else ""))
    start()
    dataset = ray_data.from_items(pieces, override_num_blocks=min(len(pieces), MOST_TASKS))
    dataset.context.target_max_block_size = BLOCK_BYTES
    dataset.context.raise_original_map_exception = True
    return dataset.map_batches(
        read_pieces,
        fn_kwargs={"columns": wanted},
        batch_size=1,
        batch_format="pyarrow",
        num_cpus=0,  # else workers that take all processors would leave none to read for them
        compute=ray_data.TaskPoolStrategy(size=min(len(pieces), n_processors())),
    )


def list_files(paths: Any) -> list[str]:
    """Return the Parquet files of paths, patterns and folders, in order.

    Parameters
    ----------
    paths : as for `read_parquet`

    Raises
    ------
    InputError
        When a path names no file.

    Examples
    --------
    >>> list_files("pyproject.toml")
    ['pyproject.toml']
    """
    files: list[str] = []
    for path in [paths] if isinstance(paths, str | os.PathLike) else paths:
        refuse_address(path)
        written = os.fspath(path)
        if os.path.isfile(written):
            files.append(written)
            continue
        pattern = os.path.join(glob.escape(written), "*.parquet") if os.path.isdir(written) else written
        found = sorted(glob.glob(pattern, recursive=True))
        if not found:
            raise InputError(
                f"there is no file {pattern!r}; check the path, also on the other machines of the cluster"
            )
        files += found
    return files


def _pieces(file: str, columns: Sequence[str] | None) -> list[dict[str, Any]]:
    """Check a file, and list its row groups."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(file)
        names = pq.read_schema(file).names
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"cannot read {file}: it is no Parquet file, or not all of one ({_first_line(error)}); replace "
            "the file, or leave it out"
        ) from error
    for name in columns or ():
        if name not in names:
            raise InputError(f"{file} has no column {name!r}; its columns are {', '.join(names)}")
    for name in (FILE, ROW):
        if name in (names if columns is None else columns):
            raise InputError(
                f"{file} has a column {name!r}, which would be the place of each row; rename that column, or "
                "leave it out"
            )
    pieces, first = [], 0
    for group in range(metadata.num_row_groups):
        n = metadata.row_group(group).num_rows
        if n:
            pieces.append({FILE: file, "group": group, "first": first})
        first += n
    return pieces


def read_pieces(table: "pa.Table", columns: Sequence[str] | None) -> Iterator["pa.Table"]:
    """Read row groups, on a worker; each block has the columns `FILE` and `ROW`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for piece in table.to_pylist():
        file, row = piece[FILE], piece["first"]
        try:
            with pq.ParquetFile(file) as opened:
                batches = opened.iter_batches(
                    READ_ROWS, row_groups=[piece["group"]], columns=columns, use_threads=False
                )
                for batch in batches:
                    n = len(batch)
                    part = pa.table(batch).append_column(FILE, pa.array([file] * n, pa.string()))
                    yield part.append_column(ROW, pa.array(range(row, row + n), pa.int64()))
                    row += n
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                f"cannot read {file} from row {row} on: {_first_line(error)}; replace the file, or leave it "
                "out"
            ) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


@dataclass(frozen=True)
class Written:
    """What was written by `write_parquet`.

    Attributes
    ----------
    n_rows : int
    n_outliers : int
        Rows without a topic.
    n_parts : int
        Files.
    """

    n_rows: int
    n_outliers: int
    n_parts: int


def write_parquet(
    dataset: "Dataset", folder: str | os.PathLike[str], *, n_rows: int | None = None
) -> Written:
    """Compute a dataset and write it into a new folder of Parquet files, whole or not at all.

    Parameters
    ----------
    dataset : ray.data.Dataset
        Such as from `predict`.
    folder : path
        A folder that all machines of the cluster see, and that is not there yet, or empty.
    n_rows : int, optional
        Number of rows, if it is known, for the progress bar.

    Returns
    -------
    Written
        The numbers of rows, of those without a topic, and of files.

    Raises
    ------
    InputError
        When the folder has content or cannot be written.
    TopickitError
        The error of a worker, as it was raised there.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.parquet").write_text("")
    ...     write_parquet(None, folder)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    topickit.errors.InputError: ... is not empty; choose a new folder
    """
    target = check_empty(folder)
    ray_data = require("ray.data")
    part = target.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
    try:
        part.mkdir()
    except OSError as error:
        raise InputError(f"cannot write {str(target)!r}: {error.strerror or error}") from error
    try:
        written = dataset.map_batches(
            write_part,
            fn_kwargs={"folder": str(part)},
            batch_size=None,
            batch_format="pyarrow",
            num_cpus=0,  # as in read_parquet
            compute=ray_data.TaskPoolStrategy(size=n_processors()),
        )
        written.context.raise_original_map_exception = True
        names, rows, outliers = set(), 0, 0
        with stage("Assigning", n_rows) as progress, running():
            for block in written.iter_batches(batch_size=None, batch_format="pyarrow"):
                for result in block.to_pylist():
                    names.add(result["name"])
                    rows, outliers = rows + result["rows"], outliers + result["outliers"]
                    progress.advance(result["rows"])
        for file in part.iterdir():  # of a worker that was lost: its work was done again under another name
            if file.name not in names:
                file.unlink()
        if target.exists():
            target.rmdir()
        part.rename(target)
    except BaseException:  # also for an interrupt
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Written(rows, outliers, len(names))


def check_empty(folder: str | os.PathLike[str]) -> Path:
    """Check that there is no such folder, or nothing in it, before the work starts.

    Raises
    ------
    InputError
        When there is, or its parent is missing, or the path is an address.

    Examples
    --------
    >>> check_empty("a-new-folder").name
    'a-new-folder'
    """
    refuse_address(folder)
    target = Path(folder).absolute()
    if target.is_dir() and any(target.iterdir()):
        raise InputError(f"{os.fspath(folder)} is not empty; choose a new folder")
    if target.exists() and not target.is_dir():
        raise InputError(f"{os.fspath(folder)} is a file; choose a new folder")
    if not target.parent.is_dir():
        raise InputError(f"there is no folder {str(target.parent)!r}; create it first")
    return target


def write_part(table: "pa.Table", folder: str) -> "pa.Table":
    """Write a block, on a worker; return its name and numbers of rows."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not len(table):
        return pa.table({"name": pa.array([], pa.string()), "rows": pa.array([], pa.int64()),
                         "outliers": pa.array([], pa.int64())})  # fmt: skip
    name = f"part-{secrets.token_hex(8)}.parquet"
    try:
        pq.write_table(table, os.path.join(folder, name))
    except OSError as error:
        raise InputError(f"cannot write {os.path.join(folder, name)!r}: {_first_line(error)}") from error
    outliers = 0
    if "topic" in table.column_names:
        outliers = pc.sum(pc.less(table["topic"], 0)).as_py()
    return pa.table({"name": [name], "rows": [len(table)], "outliers": [outliers]})
