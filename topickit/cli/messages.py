"""Errors and warnings of the library, in the words of the command."""

import re
from typing import Any

import typer

OPTIONS = {
    "classes": "--classes",
    "column": "--text",
    "clusterer": "--clusterer",
    "device": "--device",
    "embedder": "--embedder",
    "embeddings": "--embeddings",
    "encoding": "--encoding",
    "file_format": "--input-format",
    "fit_sample": "--fit-sample",
    "header": "--no-header",
    "keep": "--keep",
    "keep_texts": "--keep-texts",
    "missing": "--missing",
    "long_documents": "--long-documents",
    "n_topics": "--n-topics",
    "outliers": "--outliers",
    "time_format": "--time-format",
    "timestamps": "--timestamps",
}
"""Parameters of the library, and the options of the command that set them."""
_QUOTES = "…'\""
_FILE = re.compile(r"TextFile\(path, (\w+=[^)]*)\)")
_PARAMETER = re.compile(
    rf"(?<![\w/\\'\"])({'|'.join(OPTIONS)})=(?:(?:True|False)\b|(?P<value>…|\"[^\"]*\"|'[^']*'|[\w.-]*))"
)


def in_options(message: str) -> str:
    """Replace parameters of the library by options of the command.

    Examples
    --------
    >>> in_options("choose one with TextFile(path, column=…)")
    'choose one with --text'
    >>> in_options("use a model, such as embedder='all-MiniLM-L6-v2'")
    'use a model, such as --embedder all-MiniLM-L6-v2'
    >>> in_options("long_documents='chunk' embeds them whole")
    '--long-documents chunk embeds them whole'
    >>> in_options("set fit_sample=5000, or save the model with keep_texts=True")
    'set --fit-sample 5000, or save the model with --keep-texts'
    """

    def option(match: re.Match[str]) -> str:
        return f"{OPTIONS[match[1]]} {(match['value'] or '').strip(_QUOTES)}".rstrip()

    return _PARAMETER.sub(option, _FILE.sub(r"\1", message))


def show_message(message: Warning | str, *_: Any, **__: Any) -> None:
    """Show an error or a warning on one line."""
    typer.echo(f"topickit: {' '.join(in_options(str(message)).split())}", err=True)
