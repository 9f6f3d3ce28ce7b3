"""The figures of the documentation, drawn from the results of the benchmarks."""

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results"
OURS, THEIRS = "#1f6f8b", "#b5651d"
COLLECTIONS = {
    "bbc_news": "BBC News",
    "stackoverflow_titles": "StackOverflow titles",
    "banking77": "Banking77",
    "20newsgroups_stripped": "20 Newsgroups",
    "gnad10_test_de": "10kGNAD (words)",
    "debian_sections": "Debian packages (words)",
    "arxiv_titles": "arXiv titles",
}
NAMES = {
    "topickit-kmeans": "topickit, k-means (k given)",
    "topickit-hybrid": "topickit, hybrid",
    "topickit-hdbscan": "topickit, HDBSCAN",
    "kmeans": "k-means of embeddings (k given)",
    "sklearn-nmf": "scikit-learn NMF (k given)",
    "evoc": "EVoC",
    "bertopic": "BERTopic",
    "communities": "sentence-transformers communities",
}


def draw(folder: Path) -> None:
    """Draw all figures as SVG into a folder."""
    mpl.use("svg")
    plt.rcParams.update({"svg.hashsalt": "topickit", "font.size": 10, "figure.facecolor": "white"})
    folder.mkdir(parents=True, exist_ok=True)
    for drawn in (assigner, quality, growth, steadiness, known_topics):
        name, figure = drawn.__name__, drawn()
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
        plt.close(figure)


def quality() -> Any:
    """Draw agreement with gold labels against the time of a fit."""
    rows = _read("peers")["rows"]
    systems: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        fit = row.get("fit") or {}
        if fit.get("ari") is not None and fit.get("seconds"):
            systems.setdefault(row["system"], []).append((fit["seconds"], fit["ari"]))
    most = max(len(found) for found in systems.values())
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    for system, found in sorted(systems.items()):
        if len(found) < most:
            continue
        seconds, ari = np.array(found).T
        x, y = float(np.exp(np.log(seconds).mean())), float(ari.mean())
        color = OURS if system.startswith("topickit") else THEIRS
        axes.plot(x, y, "o", color=color)
        above = system == "topickit-kmeans"  # its neighbors are to the right
        axes.annotate(
            NAMES.get(system, system),
            (x, y),
            xytext=(-6, 8) if above else (6, -3),
            textcoords="offset points",
            color=color,
            fontsize=8,
        )
    axes.set(xscale="log", xlabel="seconds of a fit, embeddings given (geometric mean)", ylabel="ARI (mean)")
    axes.margins(x=0.18)
    return _plain(figure)


def growth() -> Any:
    """Draw the time from raw texts to labels against the size of the corpus."""
    kept = _read("scale")
    figure, axes = plt.subplots(figsize=(7.2, 3.8))
    for name, label, color in (
        ("bertopic", "BERTopic", THEIRS),
        ("topickit", 'topickit, embedder="distilled"', OURS),
    ):
        rows = [row for row in kept[name] if row.get("seconds")]
        sizes, seconds = [row["n"] for row in rows], [row["seconds"] for row in rows]
        axes.plot(sizes, seconds, "o-", color=color)
        axes.annotate(
            label,
            (sizes[-1], seconds[-1]),
            xytext=(-4, 8),
            textcoords="offset points",
            color=color,
            ha="right",
        )
    axes.set(xscale="log", yscale="log", xlabel="titles", ylabel="seconds, from texts to labels")
    return _plain(figure)


def steadiness() -> Any:
    """Draw the agreement of fits with other seeds, and with 5 % of the documents left out."""
    rows = [row for row in _read("steadiness")["rows"] if row["system"] == "topickit"]
    figure, axes = plt.subplots(figsize=(7.2, 0.9 + 0.62 * len(rows)))
    for place, row in enumerate(rows):
        for values, shift, color in ((row["seeds"], -0.14, OURS), (row["fewer"], 0.14, THEIRS)):
            axes.plot(values, np.full(len(values), place + shift), "o", color=color, alpha=0.35, markersize=5)
            axes.plot(np.mean(values), place + shift, "|", color=color, markersize=15, markeredgewidth=2.5)
    names = [f"{COLLECTIONS.get(row['collection'], row['collection'])}, {row['n']:,}" for row in rows]
    axes.set_yticks(range(len(rows)), names)
    axes.set(xlim=(0, 1.02), xlabel="agreement of two fits (ARI)", ylim=(len(rows) - 0.4, -0.85))
    for x, label, color in ((0.02, "another seed", OURS), (0.3, "5 % fewer documents", THEIRS)):
        axes.text(x, -0.62, label, color=color, fontsize=9, va="center")
    return _plain(figure)


def known_topics() -> Any:
    """Draw the accuracy of topics known by name beside a classifier of labels."""
    rows = _read("guidance")["rows"]
    figure, axes = plt.subplots(figsize=(7.2, 0.9 + 0.5 * len(rows)))
    systems = (
        ("topickit", "topickit, names", OURS, "o"),
        ("topickit, closed", "topickit, names and n_topics", OURS, "s"),
        ("nearest name", "nearest name", "#777777", "x"),
        ("logistic regression", "20 labels a class", THEIRS, "D"),
    )
    for place, row in enumerate(rows):
        axes.axhline(place, color="#dddddd", linewidth=1, zorder=0)
        for system, _, color, marker in systems:
            value = np.mean([told[system]["accuracy"] for told in row["all"]])
            face = "none" if marker == "s" else color
            axes.plot(value, place, marker, color=color, markerfacecolor=face, markersize=8)
    for system, label, color, marker in systems:
        face = "none" if marker == "s" else color
        axes.plot([], [], marker, color=color, markerfacecolor=face, label=label, gid=system)
    names = [COLLECTIONS.get(row["collection"], row["collection"]) for row in rows]
    axes.set_yticks(range(len(rows)), names)
    axes.set(xlim=(0, 1.02), xlabel="accuracy (means of seeds)", ylim=(len(rows) - 0.5, -0.5))
    axes.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=4, frameon=False, fontsize=9)
    return _plain(figure)


def assigner() -> Any:
    """Draw two topics with their prototypes, a new document and an outlier."""
    rng = np.random.default_rng(3)
    centers = np.array([[0.0, 0.0], [1.1, 0.5], [3.4, 1.5], [3.9, 0.2]])
    figure, axes = plt.subplots(figsize=(6.4, 3.2))
    for center, color in zip(centers, (OURS, OURS, THEIRS, THEIRS), strict=True):
        x, y = (center + 0.33 * rng.normal(size=(40, 2))).T
        axes.plot(x, y, ".", color=color, alpha=0.35)
        axes.plot(*center, "s", color=color, markersize=9, markeredgecolor="black")
    axes.plot(2.6, 1.0, "*", color="black", markersize=12)
    axes.plot([2.6, centers[2][0]], [1.0, centers[2][1]], "--", color="black", linewidth=1)
    axes.annotate("new document", (2.6, 1.0), xytext=(-8, -14), textcoords="offset points", ha="right")
    axes.plot(1.4, 2.4, "x", color="black", markersize=9)
    axes.annotate("outlier", (1.4, 2.4), xytext=(8, -3), textcoords="offset points")
    axes.annotate("prototype", centers[3], xytext=(10, -16), textcoords="offset points")
    axes.set(xticks=[], yticks=[], aspect="equal")
    return _plain(figure)


def _plain(figure: Any) -> Any:
    for axes in figure.axes:
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _read(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
