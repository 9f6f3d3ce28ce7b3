"""The documentation in a real browser, where it was built: ``sphinx-build -W docs docs/_build/html``."""

import os
from pathlib import Path

import pytest

SITE = Path(os.environ.get("TOPICKIT_DOCS", Path(__file__).parents[2] / "docs" / "_build" / "html"))
PAGES = (
    "index",
    "start/install",
    "start/first_topics",
    "start/reading",
    "gallery",
    "guides/correcting",
    "guides/languages",
    "how/topics",
    "benchmarks/index",
    "reference/index",
    "coming_from/bertopic",
)

pytestmark = pytest.mark.skipif(
    not (SITE / "index.html").exists(),
    reason=f"NOT TESTED: the documentation is not built in {SITE}; set TOPICKIT_DOCS to another folder",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_serious_finding_of_axe_and_no_sideways_scrolling(chromium, scheme, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing"
    )
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    serious = []
    for name in PAGES:
        page.goto((SITE / f"{name}.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        for finding in axe.Axe().run(page).response["violations"]:
            if finding["impact"] in ("serious", "critical"):
                serious.append(f"{name}: {finding['id']}: {finding['nodes'][0]['html'][:120]}")
    context.close()
    assert serious == [], serious
    assert errors == []
