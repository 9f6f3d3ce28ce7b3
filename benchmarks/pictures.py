"""Pictures of the documentation: ``python -m benchmarks.pictures [NAME ...]`` writes docs/images (needs chromium).

Without names, it makes all of them: those of the README, of the gallery, and of the workbench.
"""

import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from benchmarks.common import embeddings, texts_and_labels
from benchmarks.html_report import ARGUMENTS
from topickit import TopicModel
from topickit.explore.server import Workbench
from topickit.explore.session import Session

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


def workbench_picture(browser: Any, model: TopicModel, folder: Path, name: str) -> None:
    """Write a picture of the workbench, with the smallest topic open and the preview of a merge with the one most like it."""
    model.save(folder / "news", keep_texts=True)
    workbench = Workbench(Session.open(folder / "news"))
    thread = threading.Thread(target=workbench.serve)
    thread.start()
    page = browser.new_page(viewport={"width": 1280, "height": 1020}, color_scheme="light")
    page.goto(workbench.address)
    page.wait_for_selector("#map .annotation-text", timeout=60_000)
    page.locator("#topics [data-open]").last.click()
    page.wait_for_selector("#opened [data-open]", timeout=60_000)
    page.fill("#merge-with", page.get_attribute("#opened [data-open]", "data-open"))
    page.click("#merge-with-go")
    page.wait_for_selector("#preview-apply", timeout=60_000)
    page.wait_for_timeout(2000)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / name)
    print(f"{name}: {(IMAGES / name).stat().st_size:,} bytes")
    page.close()
    workbench.close()
    thread.join()


def main(names: list[str]) -> None:
    """Write the pictures of these names, or all."""
    from playwright.sync_api import sync_playwright

    texts, labels = texts_and_labels("bbc_news")
    model = TopicModel().fit(texts, embeddings=embeddings("bbc_news"), classes=labels)
    IMAGES.mkdir(parents=True, exist_ok=True)

    def wanted(name: str) -> bool:
        return not names or name in names

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page_file = model.report().to_html(Path(folder) / "topics.html", title="BBC News, 2004 to 2005")
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = driver.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        for name, (start, scheme) in PICTURES.items():
            if wanted(name):
                picture(browser, page_file, name, start, scheme)
        if wanted("workbench.png"):
            workbench_picture(browser, model, Path(folder), "workbench.png")
        for name, report in gallery_reports().items():
            if wanted(f"gallery_{name}.png"):
                page_file = report().to_html(Path(folder) / f"{name}.html")
                picture(browser, page_file, f"gallery_{name}.png", "h1", "light")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
