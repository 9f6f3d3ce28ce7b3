"""`topickit demo`."""

from pathlib import Path
from typing import Annotated

import typer

from topickit.cli.options import CacheFolder, Device, EmbedderName, NoCache
from topickit.cli.reading import cache_folder
from topickit.errors import InputError


def demo(
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder for the report.")] = Path(
        "topickit-demo"
    ),
    embedder: EmbedderName = "auto",
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
) -> None:
    """Find the topics of the docstrings of installed Python packages.

    Needs no data file, and no network if the model is installed.
    """
    from sklearn.metrics import normalized_mutual_info_score

    from topickit._core.paths import refuse_address
    from topickit._core.progress import stage
    from topickit.cli.docstrings import collect_docstrings
    from topickit.model import TopicModel
    from topickit.report.text import render_overview

    refuse_address(out)
    if out.exists() and not out.is_dir():
        raise InputError(f"cannot write a report to {out}: it is a file; set --out to a folder")
    with stage("Reading docstrings of installed packages"):
        corpus = collect_docstrings()
    n_packages = len(set(corpus.packages))
    typer.echo(f"{len(corpus.texts):,} docstrings of {n_packages} packages.", err=True)
    model = TopicModel(embedder=embedder, cache=cache_folder(cache, no_cache), device=device)
    model.fit(corpus.texts, classes=corpus.packages)
    report = model.report()
    typer.echo(render_overview(report.summary))
    agreement = normalized_mutual_info_score(corpus.packages, model.labels_)
    typer.echo(f"\nAgreement of the topics with the packages of the docstrings: NMI {agreement:.2f}")
    out.mkdir(parents=True, exist_ok=True)
    report.to_html(out / "topics.html")
    report.to_csv(out / "topics.csv")
    report.to_json(out / "topics.json")
    typer.echo(f"Full report: {out / 'topics.html'} (also topics.csv and topics.json)")
