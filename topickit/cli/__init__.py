"""The `topickit` command, one module per subcommand.

Exit status: 0 for success, 1 for input that cannot be used, 2 for wrong arguments.
"""

import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated

import typer

from topickit._core.progress import lines_to
from topickit._version import __version__
from topickit.cli import (
    cache,
    cluster,
    compare,
    demo,
    edit,
    explore,
    fit,
    merge,
    name,
    predict,
    report,
    score,
    search,
    tree,
    update,
)
from topickit.cli.messages import show_message
from topickit.cli.options import Command, CommandGroup
from topickit.cli.streams import StandardStream
from topickit.errors import ParameterError, ParameterTypeError, TopickitError

app = typer.Typer(
    name="topickit",
    cls=CommandGroup,
    help="Find the topics of a text collection in minutes, reproducibly, on your machine.",
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
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error. Allowed after a command, too.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Declare the options of all commands; `main` reads --debug."""


_COMMANDS = (
    demo.demo,
    fit.fit,
    predict.predict,
    update.update,
    merge.merge,
    report.report,
    edit.edit,
    explore.explore,
    name.name,
    search.search,
    tree.tree,
    cluster.cluster,
    compare.compare,
    score.score,
)
for _command in _COMMANDS:
    app.command(cls=Command)(_command)
app.add_typer(cache.app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Arguments; by default those of the process.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in arguments
    streams, showwarning = (sys.stdout, sys.stderr), warnings.showwarning
    sys.stdout, sys.stderr = StandardStream(sys.stdout, required=True), StandardStream(sys.stderr)
    warnings.showwarning = show_message
    try:
        with lines_to(sys.stderr):
            app(args=[argument for argument in arguments if argument != "--debug"], prog_name="topickit")
    except TopickitError as error:
        if debug:
            traceback.print_exc()
        show_message(str(error))
        sys.exit(2 if isinstance(error, ParameterError | ParameterTypeError) else 1)
    finally:
        (sys.stdout, sys.stderr), warnings.showwarning = streams, showwarning
