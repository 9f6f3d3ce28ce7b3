"""Pictures of the README and of the gallery: ``python -m benchmarks.pictures`` writes docs/images (needs chromium)."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common import embeddings, texts_and_labels
from benchmarks.html_report import ARGUMENTS
from topickit import TopicModel

DOCS = Path(__file__).resolve().parents[1] / "docs"
IMAGES = DOCS / "images"
PICTURES = {"map.png": ("#map-title", "light"), "topics.png": ("#overview-title", "dark")}


def gallery_reports() -> dict[str, Any]:
    """The reports of the documentation's gallery, as functions that make them."""
    sys.path.insert(0, str(DOCS))
    import gallery

    return gallery.REPORTS


def picture(browser: Any, page_file: Path, name: str, start: str, scheme: str) -> None:
    """Write a picture of a report, from a heading on."""
    page = browser.new_page(viewport={"width": 1200, "height": 760}, color_scheme=scheme)
    page.goto(page_file.as_uri())
    page.wait_for_selector("#map[data-drawn]", timeout=60_000)
    page.evaluate(f"(document.querySelector('{start}').closest('section') ?? document.body).scrollIntoView()")
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / name)
    print(f"{name}: {(IMAGES / name).stat().st_size:,} bytes")
    page.close()


def main() -> None:
    """Write the pictures."""
    from playwright.sync_api import sync_playwright

    texts, labels = texts_and_labels("bbc_news")
    model = TopicModel().fit(texts, embeddings=embeddings("bbc_news"), classes=labels)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page_file = model.report().to_html(Path(folder) / "topics.html", title="BBC News, 2004 to 2005")
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = driver.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        for name, (start, scheme) in PICTURES.items():
            picture(browser, page_file, name, start, scheme)
        for name, report in gallery_reports().items():
            page_file = report().to_html(Path(folder) / f"{name}.html")
            picture(browser, page_file, f"gallery_{name}.png", "h1", "light")
        browser.close()


if __name__ == "__main__":
    main()
