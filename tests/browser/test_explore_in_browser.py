"""The workbench in a real browser: a whole job, and what holds for the page."""

import threading

import pytest

from tests.browser.conftest import RENDERER
from tests.conftest import make_corpus
from tests.report.test_report_map import HOSTILE_TEXTS
from topickit import TopicModel
from topickit.explore.session import Session

pytest.importorskip("dash", reason="NOT TESTED: dash is not installed (pip install 'topickit[explore]')")

from topickit.explore.server import Workbench

TEXTS, SUBJECTS = make_corpus(300)
NEW = ["The violin and cello with good viola, opera or old sonata"] * 12


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=6)
    model.fit(TEXTS, timestamps=[2000 + i // 30 for i in range(300)], classes=SUBJECTS)
    path = tmp_path_factory.mktemp("explore") / "model"
    model.save(path, keep_texts=True)
    return path


@pytest.fixture
def start(chromium, tmp_path):
    """Open the workbench of a session; what goes wrong on the page is kept on it."""
    ends = []

    def open_page(session, **settings):
        workbench = Workbench(session)
        thread = threading.Thread(target=workbench.serve)
        thread.start()
        context = chromium.new_context(**{"viewport": {"width": 1440, "height": 1000}, **settings})
        ends.extend([context.close, workbench.close, thread.join])
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
        own = (f"http://127.0.0.1:{workbench.port}/", "data:", "blob:")
        page.on(
            "request",
            lambda request: not request.url.startswith(own) and page.complaints.append(request.url),
        )
        page.goto(workbench.address)
        page.wait_for_selector(".topics li")
        page.wait_for_selector("#map .annotation-text")
        return page

    yield open_page
    for end in ends:
        end()


def status(page, text):
    page.wait_for_function("text => document.getElementById('status').innerText.includes(text)", arg=text)


def apply(page):
    page.click("#preview-apply")
    status(page, "Done.")


def n_topics(page, n):
    page.wait_for_function("n => document.querySelectorAll('.topics > li').length === n", arg=n)


def test_a_whole_job(start, saved, tmp_path):
    session = Session.open(saved, journal=tmp_path / "journal")
    page = start(session)
    assert page.url.endswith("/")  # without the token
    n_topics(page, 6)

    page.fill("#query", "galaxy telescope")
    page.press("#query", "Enter")
    page.locator("#found button").first.click()
    page.wait_for_selector("#opened-title")
    assert "astronomy" in page.inner_text("#opened")  # its class
    assert "×" in page.inner_text("#opened table")

    for topic in (1, 2):
        page.get_by_role("checkbox", name=f"Select topic {topic},").click()
    page.click("#merge-go")
    page.wait_for_selector("#preview-title:focus")
    moved = session.model.topics_[2].size
    assert f"{moved} documents of the model would move" in page.inner_text("#preview-card")
    n_topics(page, 6)
    apply(page)
    n_topics(page, 5)

    opened = session.model.topics_[-1:][0].id
    page.click(f".topic[data-open='{opened}']")
    page.wait_for_selector(f"#opened-title:has-text('{opened} ')")
    page.wait_for_selector(f".topic.open[data-open='{opened}'][aria-pressed=true]")
    page.fill("#rename-name", "A name of mine")
    page.press("#rename-name", "Enter")
    status(page, "Renamed.")
    page.wait_for_selector(".topic >> text=A name of mine")

    page.fill("#split-n", "3")
    page.click("#split-go")
    apply(page)
    n_topics(page, 7)
    page.click("#undo")
    status(page, "Undone.")
    n_topics(page, 5)

    folder = tmp_path / "new"
    page.fill("#save-path", str(folder))
    page.click("#save-go")
    status(page, "Saved to")
    loaded = TopicModel.load(folder)
    assert loaded.topics_[opened].name == "A name of mine"
    assert len(loaded.topics_) == 5
    assert (loaded.predict(TEXTS) == session.model.labels_).all()
    page.click("#save-go")
    status(page, "exists")
    assert page.complaints == []


def test_one_topic_dropped_on_another_merges_them(start, saved, tmp_path):
    session = Session.open(saved, journal=tmp_path / "journal")
    page = start(session)
    page.drag_and_drop(".topic[data-open='4']", ".topic[data-open='2']")
    page.wait_for_selector("#preview-title:has-text('merge')")
    n_topics(page, 6)
    apply(page)
    n_topics(page, 5)
    assert {step.kind for step in session.done} == {"merge"}
    assert {4, 2} - {topic.id for topic in session.model.topics_} in ({4}, {2})
    page.drag_and_drop(".topic[data-open='0']", ".topic[data-open='0']")
    assert page.locator(".topic.over").count() == 0
    assert page.locator("#preview-card h2").count() == 0
    assert page.complaints == []


def test_merge_and_ignore_by_keyboard_and_undo_of_an_earlier_edit(start, saved, tmp_path):
    TopicModel.load(saved).merge_topics([[0, 1]]).save(tmp_path / "edited", keep_texts=True)
    session = Session.open(tmp_path / "edited")
    page = start(session)
    n_topics(page, 5)
    page.focus(".topic[data-open='3']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#opened-title:has-text('3 ')")
    page.focus("#merge-with")
    page.keyboard.type("4")
    page.focus("#merge-with-go")
    page.keyboard.press("Enter")
    page.wait_for_selector("#preview-title:focus")
    page.focus("#preview-apply")
    page.keyboard.press("Enter")
    status(page, "Done.")
    n_topics(page, 4)
    left = session.model.topics_[-1:][0].id
    page.focus(f".topic[data-open='{left}']")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#opened-title:has-text('{left} ')")
    size = session.model.topics_[left].size
    page.focus("#ignore-go")
    page.keyboard.press("Enter")
    page.wait_for_selector("#preview-title:focus")
    assert f"{size} documents of the model would move" in page.inner_text("#preview-card")
    page.focus("#preview-apply")
    page.keyboard.press("Enter")
    n_topics(page, 3)
    assert session.model.topics_.n_outliers == size
    for n in (4, 5, 6):  # the last one brings back what was merged before the model was opened
        page.click("#undo")
        n_topics(page, n)
    page.wait_for_selector("#undo[disabled]")
    page.click("#redo")
    n_topics(page, 5)
    assert page.complaints == []


def test_a_lasso_makes_a_topic(start, saved, tmp_path):
    session = Session.open(saved, journal=tmp_path / "journal")
    page = start(session)
    page.click("#mouse")
    page.wait_for_function("document.querySelector('#map .js-plotly-plot').layout.dragmode === 'lasso'")
    box = page.locator("#map").bounding_box()
    left, top = box["x"] + 5, box["y"] + 5
    right, bottom = left + box["width"] - 10, top + box["height"] / 2
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
    page.wait_for_selector("#lassoed h3")
    page.fill("#lasso-name", "drawn")
    page.click("#lasso-go")
    page.wait_for_selector("#preview-title")
    apply(page)
    page.wait_for_selector(".topic >> text=drawn")
    assert "drawn" in [topic.name for topic in session.model.topics_]
    assert page.complaints == []


def test_documents_are_moved_and_placed(start, saved, tmp_path):
    session = Session.open(saved, journal=tmp_path / "journal")
    page = start(session)
    page.fill("#query", "anchor")
    page.press("#query", "Enter")
    page.wait_for_selector("#found [role=checkbox]")
    page.get_by_role("checkbox", name="Select the document").first.click()
    page.get_by_role("checkbox", name="Select the document").nth(1).click()
    page.fill("#move-to", "harbours")
    page.click("#move-go")
    page.wait_for_selector("#preview-title")
    apply(page)
    page.wait_for_selector(".topic >> text=harbours")
    page.fill("#pasted", "The boat and sail with a good wind. The bank and loan, mortgage or tax.")
    page.click("#place-go")
    page.wait_for_selector("#placed ol")
    assert "its topic" in page.inner_text("#placed")
    assert page.complaints == []


def test_new_documents_and_downloads(start, saved, tmp_path):
    session = Session.open(saved, journal=tmp_path / "journal")
    page = start(session)
    (tmp_path / "new.txt").write_text("\n".join(NEW))
    page.locator("#upload input[type=file]").set_input_files(tmp_path / "new.txt")
    page.wait_for_selector("#preview-title")
    assert "12 documents" in page.inner_text("#preview-card")
    apply(page)
    page.wait_for_function("document.getElementById('counts').innerText.includes('312 documents')")
    for button, name in (
        ("script", "edits.json"),
        ("csv", "labels.csv"),
        ("parquet", "labels.parquet"),
        ("report", "report.html"),
    ):
        with page.expect_download() as waited:
            page.click(f"#get-{button}")
        assert waited.value.suggested_filename == name
        assert waited.value.path().stat().st_size > 0
    assert page.complaints == []


def test_by_keyboard_alone(start, saved, tmp_path):
    page = start(Session.open(saved, journal=tmp_path / "journal"))
    page.focus("#query")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('topic')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#opened-title")
    page.focus("#split-go")
    page.keyboard.press("Enter")
    page.wait_for_selector("#preview-title:focus")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "preview-apply"
    page.keyboard.press("Space")
    n_topics(page, 7)
    page.focus("#undo")
    page.keyboard.press("Enter")
    n_topics(page, 6)
    assert page.complaints == []


def test_read_only_offers_no_edits(start, saved):
    page = start(Session.open(saved, read_only=True))
    for button in ("undo", "merge-go", "split-go", "save-go", "move-go", "level-go", "ignore-selected-go"):
        assert not page.locator(f"#{button}").is_visible()
    page.drag_and_drop(".topic[data-open='4']", ".topic[data-open='2']")
    assert page.locator("#preview-card h2").count() == 0
    page.locator(".topic").first.click()
    page.wait_for_selector("#opened-title")
    assert not (saved.parent / "model.edits").exists()
    assert page.complaints == []


def test_on_a_narrow_screen_an_opened_topic_comes_into_view(start, saved):
    page = start(Session.open(saved, read_only=True), viewport={"width": 390, "height": 800})
    page.locator(".topic").first.click()
    page.wait_for_selector("#opened-title")
    page.wait_for_function(
        "(() => { const box = document.getElementById('opened-title').getBoundingClientRect();"
        " return box.top >= 0 && box.bottom <= innerHeight })()"
    )
    assert page.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_serious_finding_of_axe_and_no_sideways_scrolling(start, saved, tmp_path, scheme, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing"
    )
    session = Session.open(saved, journal=tmp_path / "journal")
    page = start(session, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page.fill("#query", "anchor")
    page.press("#query", "Enter")
    page.wait_for_selector("#found h3")  # which moves what is below it
    page.locator(".topic").first.click()
    page.wait_for_selector("#opened-title")
    page.click("#split-go")
    page.wait_for_selector("#preview-title")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page).response["violations"]
    serious = [
        f"{finding['id']}: {finding['nodes'][0]['html'][:120]}"
        for finding in found
        if finding["impact"] in ("serious", "critical")
    ]
    assert serious == [], serious


def test_hostile_texts_execute_and_break_nothing(start, tmp_path):
    hostile = [f"{text} {i}" for i, text in enumerate(HOSTILE_TEXTS * 6)]
    classes = [*HOSTILE_TEXTS, "\ud800"] * 40
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=3)
    texts = [*TEXTS[:120], *hostile]
    model.fit(texts, timestamps=[2000 + i % 9 for i in range(180)], classes=classes[:180])
    model = model.rename_topics({topic: HOSTILE_TEXTS[topic] for topic in range(3)})
    page = start(Session(model))
    page.fill("#query", "<script>alert(1)</script> boat")
    page.press("#query", "Enter")
    page.wait_for_selector("#found h3")
    for topic in range(3):
        page.locator(".topic").nth(topic).click()
        page.wait_for_function(
            "id => (document.getElementById('opened-title') || {innerText: ''}).innerText.startsWith(id)",
            arg=str([t.id for t in sorted(model.topics_, key=lambda t: -t.size)][topic]),
        )
    page.click("#split-go")
    page.wait_for_selector("#preview-title")
    page.fill("#pasted", HOSTILE_TEXTS[1])
    page.click("#place-go")
    page.wait_for_selector("#placed ol")
    assert page.locator("img").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    assert page.locator("b").count() == 0
    assert page.complaints == []
