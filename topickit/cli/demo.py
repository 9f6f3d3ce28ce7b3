"""`topickit demo`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from topickit.cli.options import CacheFolder, Device, EmbedderName, NoCache
from topickit.cli.reading import cache_folder
from topickit.errors import InputError

if TYPE_CHECKING:
    from topickit.report.report import Report


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("topickit-demo"),
    embedder: EmbedderName = "all-MiniLM-L6-v2",
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    device: Device = None,
) -> None:
    """Find the topics of the docstrings on this machine; needs no network and no data file."""
    from sklearn.metrics import normalized_mutual_info_score

    from topickit._core.progress import stage
    from topickit.cli.demo_corpus import demo_corpus
    from topickit.model import TopicModel
    from topickit.report.text import render_overview

    if out.exists() and not out.is_dir():
        raise InputError(f"cannot write a report into {out}: it is a file; give --out a folder")
    with stage("Reading docstrings of the installed packages"):
        corpus = demo_corpus()
    n_packages = len(set(corpus.packages))
    typer.echo(f"{len(corpus.texts):,} docstrings of {n_packages} packages.", err=True)
    made = TopicModel(embedder=embedder, cache=cache_folder(cache, no_cache), device=device)
    model = made.fit(corpus.texts, classes=corpus.packages)
    report = model.report()
    typer.echo(render_overview(report.summary))
    agreement = normalized_mutual_info_score(corpus.packages, model.labels_)
    typer.echo(f"\nAgreement of topics with the packages that the docstrings come from: NMI {agreement:.2f}")
    out.mkdir(parents=True, exist_ok=True)
    _write_all(report, out)
    typer.echo(f"The whole report: {out / 'topics.html'} (also topics.csv and topics.json)")


def _write_all(report: "Report", folder: Path) -> None:
    report.to_html(folder / "topics.html")
    report.to_csv(folder / "topics.csv")
    report.to_json(folder / "topics.json")
