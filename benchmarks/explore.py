"""The workbench: ``python -m benchmarks.explore [--sizes 100000,1000000]``. Times of edits and of the first picture.

Up to 300,000 documents are arXiv titles, with dates and classes; a million are the titles of ``benchmarks.scale``,
with seeded dates and classes. The time of an edit is that of its preview; to apply it is to keep it. Beside the time
that passed stands that of the processors, which other programs on the machine change little. The time to the first
picture is from the start of the navigation to the map being drawn and the topics being listed, in a fresh headless
chromium that has no graphics card; loading the model comes before.
"""

import argparse
import datetime
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.common import DATA, in_own_process, median, peak_mib, read, seconds, write
from benchmarks.html_report import ARGUMENTS
from benchmarks.scale import corpus
from topickit import TopicModel
from topickit.explore import cards, figures, steps, views
from topickit.explore.server import Workbench
from topickit.explore.session import Session

SIZES = (100_000, 1_000_000)
MOST_ARXIV = 300_000
RUNS = 5
DRAWN = "() => document.querySelector('.topics li') && document.querySelector('#map .annotation-text')"


def first_pictures(session: Session, runs: int) -> list[float]:
    """Seconds to the drawn map and the list of topics, each in a fresh browser."""
    from playwright.sync_api import sync_playwright

    workbench = Workbench(session)
    thread = threading.Thread(target=workbench.serve)
    thread.start()
    found = []
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as driver:
        for _ in range(runs):
            browser = driver.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(workbench.address, wait_until="commit")
            page.wait_for_function(DRAWN, polling=20, timeout=120_000)
            found.append(page.evaluate("performance.now()") / 1000)
            browser.close()
    workbench.close()
    thread.join()
    return found


def drawn(session: Session) -> None:
    """What the server computes for the page after an edit, without the parts of topics."""
    model = session.model
    cards.topic_lines(model, {})
    points = figures.points_of(model)
    figures.point_colors(points)
    figures.names_on_map(model.fitted_, points)


def edits(session: Session, runs: int) -> list[dict[str, Any]]:
    """Times of each kind of edit, of its undo, and of the page after it."""
    topics = sorted(session.model.topics_, key=lambda topic: -topic.size)
    largest, second = topics[0].id, topics[1].id
    lasso = session.model.fitted_.corpus.documents.first_rows[:300].tolist()  # type: ignore[union-attr]
    kinds: dict[str, Callable[[], steps.Step]] = {
        "rename": lambda: steps.rename(largest, "a name"),
        "merge": lambda: steps.merge([largest, second]),
        "split": lambda: steps.split(largest, 3),
        "delete": lambda: steps.delete([largest]),
        "delete, to no topic": lambda: steps.delete([largest], to="none"),
        "move 3 documents": lambda: steps.move(lasso[:3], second),
        "topic of 300 documents": lambda: steps.move(lasso, "a new one"),
        "fewer topics": lambda: steps.level(max(1, len(topics) // 2)),
    }
    rows = []
    for name, step in kinds.items():
        kinds_of_time = ("preview", "processor", "apply", "page", "parts", "undo")
        times: dict[str, list[float]] = {kind: [] for kind in kinds_of_time}
        for _ in range(runs):
            before = time.process_time()
            times["preview"].append(seconds(lambda step=step: session.preview(step())))  # type: ignore[misc]
            times["processor"].append(time.process_time() - before)
            times["apply"].append(seconds(lambda: session.apply(session._number)))
            times["page"].append(seconds(lambda: drawn(session)))
            times["parts"].append(seconds(lambda: views.parts(session.model)))
            times["undo"].append(seconds(session.undo))
        rows.append({"edit": name, **{kind: median(found) for kind, found in times.items()}})
        print(rows[-1], flush=True)
    return rows


def documents(n: int) -> pl.DataFrame:
    """The columns text, timestamp and label of n titles."""
    if n <= MOST_ARXIV:
        return pl.read_parquet(DATA / "arxiv_titles.parquet").sample(n, seed=0)
    rng = np.random.default_rng(0)
    first = datetime.date(2016, 1, 1)
    days = [first + datetime.timedelta(days=int(day)) for day in rng.integers(0, 3650, n)]
    classes = rng.choice(["north", "south", "east", "west"], n)
    return corpus(n).select("text").with_columns(timestamp=pl.Series(days), label=pl.Series(classes))


def measure(n: int, path: Path, runs: int) -> dict[str, Any]:
    """Open a model of n documents, and measure its workbench."""
    opened: list[Session] = []
    loading = seconds(lambda: opened.append(Session.open(path)))
    session = opened[0]
    pictures = first_pictures(session, runs)
    topic = session.model.topics_[0].id
    return {
        "documents": n,
        "topics": len(session.model.topics_),
        "points": len(figures.points_of(session.model).rows),
        "load": loading,
        "first_picture": pictures,
        "search": median(
            [seconds(lambda: views.search(session.model, "neural networks")) for _ in range(runs)]
        ),
        "open_topic": median([seconds(lambda: views.view_topic(session.model, topic)) for _ in range(runs)]),
        "edits": edits(session, runs),
        "peak_mib": peak_mib(),
    }


def fit_and_save(n: int, path: Path) -> None:
    """Fit a model of n documents, and keep it with its texts."""
    table = documents(n)
    model = TopicModel(embedder="lexical").fit(
        table["text"].to_list(), timestamps=table["timestamp"].to_list(), classes=table["label"].to_list()
    )
    model.save(path, keep_texts=True)


def main() -> None:
    """Measure each size in a process of its own, and keep the results beside those of other sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--runs", type=int, default=RUNS)
    arguments = parser.parse_args()
    kept = {size["documents"]: size for size in (read("explore") or {}).get("sizes", [])}
    for n in map(int, arguments.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model"
            in_own_process(fit_and_save, n, path)
            kept[n] = in_own_process(measure, n, path, arguments.runs)
        write("explore", {"sizes": [kept[n] for n in sorted(kept)]})


if __name__ == "__main__":
    main()
