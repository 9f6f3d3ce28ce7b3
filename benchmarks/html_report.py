"""The HTML report: ``python -m benchmarks.html_report [--quick]``. File sizes, and times in chromium.

The documents are arXiv titles, with dates and classes. Time to the first picture is from the start of
the navigation to the map being drawn, in a fresh headless chromium that has no graphics card.
"""

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.common import DATA, seconds, write
from topickit import TopicModel

SIZES = (5_000, 20_000, 50_000)
RUNS = 5
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def first_picture(path: Path, runs: int) -> list[float]:
    """Seconds to the drawn map, one a fresh browser."""
    from playwright.sync_api import sync_playwright

    found = []
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as driver:
        for _ in range(runs):
            browser = driver.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            page.goto(path.as_uri(), wait_until="commit")
            page.wait_for_selector("#map[data-drawn]", timeout=120_000)
            found.append(page.evaluate("performance.getEntriesByName('map-drawn')[0].startTime") / 1000)
            browser.close()
    return found


def measure(n: int, folder: Path, runs: int) -> dict[str, Any]:
    """One size: the map, the file with and without texts, the time in the browser."""
    table = pl.read_parquet(DATA / "arxiv_titles.parquet").sample(n, seed=0)
    model = TopicModel(embedder="lexical").fit(
        table["text"].to_list(), timestamps=table["timestamp"].to_list(), classes=table["label"].to_list()
    )
    made = model.report()
    drawing = seconds(lambda: made.map())
    path, bare = folder / f"{n}.html", folder / f"{n}-bare.html"
    writing = seconds(lambda: made.to_html(path))
    made.to_html(bare, texts=False)
    times = first_picture(path, runs)
    return {
        "documents": n,
        "topics": len(model.topics_),
        "map_seconds": drawing,
        "write_seconds": writing,
        "bytes": path.stat().st_size,
        "bytes_without_texts": bare.stat().st_size,
        "first_picture_seconds": times,
        "first_picture_median": statistics.median(times),
    }


def main() -> None:
    """Measure, print and keep."""
    quick = "--quick" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(n, Path(folder), 1 if quick else RUNS) for n in (SIZES[:1] if quick else SIZES)]
    print(json.dumps(rows, indent=1))
    if not quick:
        write("html_report", {"rows": rows})


if __name__ == "__main__":
    main()
