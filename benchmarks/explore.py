"""The workbench: ``python -m benchmarks.explore [--quick]``. Times of edits, and to the first picture in chromium.

The documents are arXiv titles, with dates and classes. The time of an edit is that of its preview; to apply it is to
keep it. Beside the time that passed stands that of the processors, which other programs on the machine change little. The time to the first picture is from the start of the navigation to the map being drawn and the topics being
listed, in a fresh headless chromium that has no graphics card; loading the model comes before.
"""

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import DATA, median, seconds, write
from benchmarks.html_report import ARGUMENTS
from topickit import TopicModel
from topickit.explore import cards, figures, steps, views
from topickit.explore.server import Workbench
from topickit.explore.session import Session

DOCUMENTS = 100_000
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


def measure(n: int, runs: int) -> dict[str, Any]:
    """Fit, save and open a model of n documents, and measure its workbench."""
    table = pl.read_parquet(DATA / "arxiv_titles.parquet")
    table = table.sample(min(n, len(table)), seed=0)
    model = TopicModel(embedder="lexical").fit(
        table["text"].to_list(), timestamps=table["timestamp"].to_list(), classes=table["label"].to_list()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        model.save(path, keep_texts=True)
        opened: list[Session] = []
        loading = seconds(lambda: opened.append(Session.open(path)))
        session = opened[0]
        pictures = first_pictures(session, runs)
        topic = session.model.topics_[0].id
        return {
            "documents": len(table),
            "topics": len(session.model.topics_),
            "points": len(figures.points_of(session.model).rows),
            "load": loading,
            "first_picture": pictures,
            "search": median(
                [seconds(lambda: views.search(session.model, "neural networks")) for _ in range(runs)]
            ),
            "open_topic": median(
                [seconds(lambda: views.view_topic(session.model, topic)) for _ in range(runs)]
            ),
            "edits": edits(session, runs),
        }


def main() -> None:
    """Measure and keep the result."""
    quick = "--quick" in sys.argv
    write("explore", measure(5_000 if quick else DOCUMENTS, 1 if quick else RUNS))


if __name__ == "__main__":
    main()
