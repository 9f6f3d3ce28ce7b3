"""A real browser: Debian's chromium, driven by Playwright; where it cannot be had, the tests say so."""

import os
import shutil

import pytest

from tests.conftest import make_corpus
from topickit import TopicModel

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",  # WebGL without a graphics card
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# What the software renderer says of itself.
RENDERER = "GL Driver Message"


@pytest.fixture(scope="session")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api", reason="NOT TESTED: playwright is not installed")
    path = os.environ.get("TOPICKIT_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("NOT TESTED: there is no chromium on this machine (apt-get install chromium)")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Open a file; what the page says on its console, throws or asks the network for is kept on it."""
    contexts = []

    def open_page(path, **settings):
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 1000}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (page.complaints.append("dialog"), dialog.dismiss()))
        page.on(
            "console",
            lambda message: (
                message.type in ("error", "warning")
                and RENDERER not in message.text
                and page.complaints.append(f"{message.type}: {message.text}")
            ),
        )
        page.on(
            "request",
            lambda request: (
                not request.url.startswith(("file:", "data:", "blob:"))
                and page.complaints.append(request.url)
            ),
        )
        page.goto(path.as_uri())
        if page.query_selector("#map"):
            page.wait_for_selector("#map[data-drawn]", timeout=30_000)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def model():
    texts, subjects = make_corpus(300)
    years = [2000 + i // 30 for i in range(300)]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=6)
    return model.fit(texts, timestamps=years, classes=subjects)


@pytest.fixture(scope="session")
def report_file(model, tmp_path_factory):
    return model.report().to_html(tmp_path_factory.mktemp("report") / "topics.html")
