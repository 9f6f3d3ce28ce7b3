"""`topickit name`."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from topickit._core.display import plural
from topickit.cli.options import Model
from topickit.errors import ParameterError

if TYPE_CHECKING:
    from topickit.fitted.topics import Topics
    from topickit.naming import NamingEstimate


def name(
    model: Model,
    language_model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="Name of the language model at the endpoint.")
    ],
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Address that speaks OpenAI's protocol, such as http://localhost:11434/v1 for Ollama.",
            show_default="OPENAI_BASE_URL, or OpenAI's",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Folder of the named model.", show_default="MODEL is replaced"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the requests and an estimate; send nothing.")
    ] = False,
    send_texts: Annotated[
        bool,
        typer.Option(
            "--send-texts",
            help="Send beginnings of representative documents, too; the model must be saved with its texts.",
        ),
    ] = False,
    concurrency: Annotated[int, typer.Option(metavar="N", help="Requests at the same time.")] = 4,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="Time until a request without an answer has failed.")
    ] = 60.0,
    retries: Annotated[int, typer.Option(metavar="N", help="Repetitions of a request that fails.")] = 4,
    max_tokens: Annotated[
        int | None, typer.Option(metavar="N", help="Bound of an answer.", show_default="that of the endpoint")
    ] = None,
    prices: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="IN OUT", help="Prices of a million tokens sent and received, to estimate the cost."
        ),
    ] = None,
    key_variable: Annotated[
        str, typer.Option(metavar="NAME", help="Environment variable that holds the key of the endpoint.")
    ] = "OPENAI_API_KEY",
) -> None:
    """Name the topics of a saved model by a language model.

    Keywords are sent to the endpoint, and no documents unless you ask for it.
    Names that came are kept in OUT.names.jsonl until all topics have one: run
    the command again to ask for the others.
    """
    from topickit.fitted.naming import ask_names, naming_groups
    from topickit.model import TopicModel
    from topickit.naming import chat

    loaded = TopicModel.load(model)
    target = model if out is None else out
    journal = _journal_of(target)
    client = chat(
        language_model,
        base_url=endpoint,
        concurrency=concurrency,
        timeout=timeout,
        max_retries=retries,
        max_tokens=max_tokens,
        journal=journal,
        key_variable=key_variable,
    )
    estimate = client.estimate(loaded, send_texts=send_texts)
    if dry_run:
        typer.echo("\n\n---\n\n".join(estimate.prompts))
        _show_estimate(estimate, loaded.topics_, prices)
        return
    _show_estimate(estimate, loaded.topics_, prices)
    fitted = loaded.fitted_
    groups = naming_groups(fitted, send_texts=send_texts)
    names = ask_names(fitted.topics, client, send_texts=send_texts, groups=groups)
    if not names:
        raise typer.Exit(1)
    named = loaded.rename_topics(names)
    named.save(target, keep_texts=fitted.corpus is not None)
    before = {topic.id: topic.name for topic in fitted.topics}
    for topic in named.topics_:
        typer.echo(f"{topic.id:>4}  {before[topic.id]}  ->  {topic.name}")
    if len(names) < len(before):
        typer.echo(f"Run the command again to name the others; the names are kept in {journal}.", err=True)
        raise typer.Exit(1)
    with contextlib.suppress(OSError):
        journal.unlink(missing_ok=True)


def _journal_of(target: Path) -> Path:
    """Return the file beside the output that keeps the names."""
    if not target.name:
        raise ParameterError(f"{target} has no name; give the folder of the model by its name")
    return target.with_name(target.name + ".names.jsonl")


def _show_estimate(estimate: "NamingEstimate", topics: "Topics", prices: tuple[float, float] | None) -> None:
    known = len(topics) - estimate.n_topics
    cost = ""
    if prices is not None:
        cost = f", cost about {estimate.cost(input_price=prices[0], output_price=prices[1]):.4f}"
    typer.echo(
        f"{plural(estimate.n_topics, 'topic')} to name in {plural(len(estimate.prompts), 'request')}: about "
        f"{estimate.input_tokens:,} tokens to send and {estimate.output_tokens:,} to receive{cost}."
        + (f" {plural(known, 'name')} came before." if known else ""),
        err=True,
    )
