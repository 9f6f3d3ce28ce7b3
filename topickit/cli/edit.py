"""`topickit edit`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from topickit._core.display import plural
from topickit.cli.options import Model
from topickit.errors import InputError, ParameterError

if TYPE_CHECKING:
    from topickit.fitted.history import Edit
    from topickit.model import TopicModel

Repeated = list[str] | None


def edit(
    model: Model,
    undo: Annotated[bool, typer.Option("--undo", help="First undo the last edit of the model.")] = False,
    script: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Repeat the edits of a file that --save-script wrote, before the others."
        ),
    ] = None,
    merge: Annotated[
        Repeated, typer.Option(metavar="IDS", help="Merge topics, such as 1,4; may be repeated.")
    ] = None,
    split: Annotated[
        Repeated, typer.Option(metavar="ID:N", help="Split a topic into N, such as 0:3; may be repeated.")
    ] = None,
    delete: Annotated[
        Repeated, typer.Option(metavar="IDS", help="Delete topics, such as 7; may be repeated.")
    ] = None,
    rename: Annotated[
        Repeated, typer.Option(metavar="ID=NAME", help="Rename a topic, such as 3=Billing; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder of the edited model.", show_default="MODEL is replaced"),
    ] = None,
    save_script: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write all edits of the model since its fit as JSON.")
    ] = None,
) -> None:
    """Edit the topics of a saved model: merge, split, delete, rename, undo.

    Topics are given by id; ids do not change.
    Edits are made in the order of the options below.
    Splitting and deleting need a model that was saved with its texts.
    """
    from topickit._core.atomic import write_atomic
    from topickit.model import TopicModel

    loaded = TopicModel.load(model)
    if not (undo or script or merge or split or delete or rename or save_script):
        raise ParameterError("there is nothing to do: give --merge, --split, --delete, --rename or --undo")
    edited = _undone(loaded) if undo else loaded
    n_before = len(edited.edits_)
    if script is not None:
        edited = edited.apply(_read(script))
    edited = _edited(edited, merge or [], split or [], delete or [], rename or [])
    for done in edited.edits_[n_before:]:
        typer.echo(_sentence(done))
    if edited is not loaded:
        edited.save(model if out is None else out, keep_texts=edited.fitted_.corpus is not None)
        typer.echo(
            f"{plural(len(edited.topics_), 'topic')} now; saved to {model if out is None else out}.", err=True
        )
    if save_script is not None:
        from topickit.fitted.history import script_of

        write_atomic(save_script, script_of(edited.edits_))
        typer.echo(f"{plural(len(edited.edits_), 'edit')} written to {save_script}.", err=True)


def _edited(
    model: "TopicModel", merge: list[str], split: list[str], delete: list[str], rename: list[str]
) -> "TopicModel":
    for group in merge:
        model = model.merge_topics([_ids(group, "--merge")])
    for text in split:
        topic, _, n = text.partition(":")
        model = model.split_topic(_ids(topic, "--split")[0], _ids(n or "2", "--split")[0])
    for group in delete:
        model = model.delete_topics(_ids(group, "--delete"))
    for text in rename:
        topic, sign, name = text.partition("=")
        if not sign:
            raise ParameterError(f"--rename must be ID=NAME, such as 3=Billing; got {text!r}")
        model = model.rename_topics({_ids(topic, "--rename")[0]: name})
    return model


def _undone(model: "TopicModel") -> "TopicModel":
    before = model.undo()
    typer.echo(f"Undone: {model.edits_[-1].summary}.")
    return before


def _sentence(done: "Edit") -> str:
    text = done.summary
    return f"{text[0].upper()}{text[1:]}."


def _ids(text: str, option: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise ParameterError(f"{option} takes ids of topics, such as 1,4; got {text!r}") from None


def _read(path: Path) -> "list[Edit]":
    from topickit.fitted.history import Edit

    try:
        saved: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read edits from {path}: {error}") from error
    if not isinstance(saved, list) or not all(isinstance(one, dict) for one in saved):
        raise InputError(f"{path} must hold a JSON array of edits, as --save-script writes it")
    return [Edit.from_dict(one) for one in saved]
