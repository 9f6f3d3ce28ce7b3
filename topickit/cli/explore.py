"""`topickit explore`."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from topickit._core.display import plural
from topickit.cli.options import Model


def explore(
    model: Model,
    port: Annotated[
        int,
        typer.Option(min=0, max=65535, metavar="PORT", help="Port of the page.", show_default="any free one"),
    ] = 0,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Print the address, and open no browser.")
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Allow no edits, and write nothing.")
    ] = False,
    journal: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of the journal of edits that are not saved yet.",
            show_default="MODEL.edits",
        ),
    ] = None,
) -> None:
    """Look at the topics of a saved model, search and correct them, on a page in the browser.

    The page runs on this machine only, for one user at a time.
    To see documents, save the model with its texts (fit --keep-texts).
    Needs the extra "explore" of topickit.
    """
    from topickit.explore.server import Workbench
    from topickit.explore.session import Session

    session = Session.open(model, journal=journal, read_only=read_only)
    workbench = Workbench(session, port)
    if session.n_restored:
        restored = plural(session.n_restored, "edit")
        typer.echo(f"{restored} of an earlier session restored; undo takes them back.", err=True)
    typer.echo(f"Open {workbench.address}")
    typer.echo("For one user at a time, on this machine only. Stop with Ctrl+C.", err=True)
    if not no_browser:
        webbrowser.open(workbench.address)
    try:
        workbench.serve()
    except KeyboardInterrupt:
        typer.echo("\nStopped.", err=True)
