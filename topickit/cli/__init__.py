"""The `topickit` command: arguments, exit codes, printing; a module a command.

Exit status: 0, 1 for input that cannot be used, 2 for a command that was written wrong.
"""

import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from topickit._version import __version__
from topickit.cli import cache, cluster, compare, demo, fit, predict, report, score
from topickit.cli.options import Command, CommandGroup
from topickit.cli.output import Output
from topickit.errors import ParameterError, ParameterTypeError, TopickitError

app = typer.Typer(
    name="topickit",
    cls=CommandGroup,
    help="Topics from a table of texts: in minutes, on your machine, the same every time.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"topickit {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; anywhere.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options of all commands; `main` reads --debug itself."""


_COMMANDS = (
    demo.demo,
    fit.fit,
    predict.predict,
    report.report,
    cluster.cluster,
    compare.compare,
    score.score,
)
for _command in _COMMANDS:
    app.command(cls=Command)(_command)
app.add_typer(cache.app)


def _one_line(message: Warning | str, *_: Any, **__: Any) -> None:
    typer.echo(f"topickit: {' '.join(str(message).split())}", err=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the process's own.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    warnings.showwarning = _one_line
    stdout, sys.stdout = sys.stdout, Output(sys.stdout)
    try:
        app(args=[argument for argument in arguments if argument != "--debug"], prog_name="topickit")
    except TopickitError as error:
        if debug:
            traceback.print_exc()
        _one_line(str(error))
        sys.exit(2 if isinstance(error, ParameterError | ParameterTypeError) else 1)
    finally:
        sys.stdout = stdout
