import re

import pytest

from tests.conftest import make_corpus
from tests.report.test_report_map import HOSTILE_TEXTS
from topickit import TopicModel
from topickit.fitted.parts import Parts

SELECTED = "document.querySelector('#map .plot').data[0].selectedpoints"


def n_selected(page):
    return page.evaluate(f"({SELECTED} || []).length")


def pixels(page):
    """How many colors the middle of the map shows."""
    return page.evaluate(
        """() => {
        const from = [...document.querySelectorAll('#map canvas')].find((canvas) => canvas.width > 100 && (
          canvas.getContext('webgl2') || canvas.getContext('webgl')));
        const flat = document.createElement('canvas');
        [flat.width, flat.height] = [from.width, from.height];
        const pen = flat.getContext('2d');
        let colors = new Set();
        document.querySelectorAll('#map canvas').forEach((canvas) => pen.drawImage(canvas, 0, 0));
        const data = pen.getImageData(0, 0, flat.width, flat.height).data;
        for (let i = 0; i < data.length; i += 4) {
          if (data[i + 3] > 60) colors.add([data[i] >> 5, data[i + 1] >> 5, data[i + 2] >> 5].join());
        }
        return colors.size;
        }"""
    )


@pytest.fixture
def page(visit, report_file):
    opened = visit(report_file)
    yield opened
    assert opened.complaints == []


def test_the_map_is_drawn_by_webgl(page):
    assert page.evaluate("document.querySelector('#map .plot').data[0].type") == "scattergl"
    assert page.evaluate("document.querySelector('#map .plot').data[0].x.length") == 300
    assert pixels(page) >= 5


def test_names_are_shown_and_do_not_cover_each_other(page):
    boxes = [name.bounding_box() for name in page.query_selector_all("#map .names bdi:not([hidden])")]
    assert len(boxes) >= 4
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            apart = a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
            assert apart or a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1


def test_a_click_on_a_topic_shows_it_alone(page, model):
    button = page.locator("#map-topics button").nth(1)
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert n_selected(page) == model.topics_[1].size
    assert page.locator("#map .names bdi:not([hidden])").count() == 1
    page.locator("#map-all").click()
    assert page.evaluate(f"{SELECTED} ?? null") is None
    assert button.get_attribute("aria-pressed") == "false"


def test_a_click_on_a_point_shows_its_topic_alone_and_the_mouse_its_text(page, model):
    x, y = page.evaluate(
        """() => {
        const plot = document.querySelector('#map .plot');
        const [r, s] = [plot.layout.xaxis.range, plot.layout.yaxis.range];
        const box = plot.getBoundingClientRect(), i = 7, trace = plot.data[0];
        return [box.x + (trace.x[i] - r[0]) / (r[1] - r[0]) * box.width,
          box.y + (1 - (trace.y[i] - s[0]) / (s[1] - s[0])) * box.height];
        }"""
    )
    page.mouse.move(x - 3, y - 3)
    page.mouse.move(x, y)
    page.wait_for_selector("#map .tip:not([hidden])")
    shown = page.locator("#map .tip span").inner_text()
    assert shown in {t[:100] for t in model.fitted_.corpus.documents.texts}
    page.mouse.click(x, y)
    page.wait_for_function(f"({SELECTED} || []).length > 0")
    assert n_selected(page) in {t.size for t in model.topics_}


def test_searching_highlights_documents(page, model):
    word = "onion"
    expected = sum(word in text for text in model.fitted_.corpus.documents.texts)
    page.fill("#map-query", "ONION")
    page.wait_for_function(f"({SELECTED} || []).length === {expected}")
    assert str(expected) in page.locator("#map-found").inner_text()


def test_found_documents_are_whole_texts_to_page_through(visit, tmp_path):
    texts, _ = make_corpus(90)
    long = [f"{text} {'filler ' * 200} rebate {i}" for i, text in enumerate(texts)]
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=3).fit([*long, long[0]])
    page = visit(model.report().to_html(tmp_path / "long.html"))
    page.fill("#map-query", "REBATE")
    page.wait_for_selector("#documents:not([hidden])")
    assert "91 documents (90 distinct texts)" in page.locator("#documents-title").inner_text()
    assert "rebate" in page.locator("#documents-list .preview").first.inner_text()
    assert "91 matching" in page.locator("#map-found").inner_text()
    seen = []
    while True:
        page.locator("#documents-list details").first.wait_for()
        seen += page.evaluate(
            "[...document.querySelectorAll('#documents-list .whole')].map((e) => e.textContent)"
        )
        if page.locator("#documents-next").is_disabled():
            break
        page.click("#documents-next")
    assert sorted(seen) == sorted(text.strip() for text in long)
    page.click("#map-all")
    assert page.locator("#documents").is_hidden()
    page.locator("#topic-0 button.read-all").click()
    page.wait_for_selector("#documents:not([hidden])")
    assert f"{model.topics_[0].size} documents" in page.locator("#documents-title").inner_text()
    assert n_selected(page) in {model.topics_[0].size, model.topics_[0].size - 1}
    assert page.complaints == []


def test_a_lasso_lists_its_documents(page):
    page.click("#map-lasso")
    box = page.locator("#map .plot").bounding_box()
    left, top = box["x"] + 5, box["y"] + 5
    right, bottom = left + box["width"] - 120, top + box["height"] - 80
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top)):
        page.mouse.move(x, y, steps=8)
    page.mouse.up()
    page.wait_for_selector("#documents:not([hidden])")
    assert "Inside the lasso" in page.locator("#documents-title").inner_text()
    n = page.evaluate("topickit.documents.n")
    assert 0 < n_selected(page) <= n
    assert f"{n_selected(page)} documents" in page.locator("#documents-title").inner_text()
    page.click("#map-all")
    page.wait_for_function(f"({SELECTED} ?? null) === null")
    assert page.locator("#documents").is_hidden()


def test_the_map_is_colored_by_class_and_time(page):
    color = "JSON.stringify([...document.querySelector('#map .plot').data[0].marker.color])"
    by_topic = page.evaluate(color)
    for name in ("class", "time"):
        page.select_option("#map-colors", name)
        page.wait_for_selector("#map-legend:not([hidden]) li")
        assert page.evaluate(color) != by_topic
    assert "2009" in page.locator("#map-legend").inner_text()
    page.select_option("#map-colors", "topic")
    assert page.evaluate(color) == by_topic
    assert page.locator("#map-legend").is_hidden()


def test_more_names_have_room_as_the_map_is_zoomed_and_are_those_of_the_topics(visit, tmp_path):
    texts, _ = make_corpus(400)
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=20).fit(texts)
    page = visit(model.report().to_html(tmp_path / "many.html"))
    shown = "#map .names bdi:not([hidden])"
    names = page.locator(shown).all_inner_texts()
    assert 3 <= len(names) < 20
    assert set(names) <= {topic.name for topic in model.topics_}
    page.click("#map-topics button >> nth=0")
    assert page.locator(shown).all_inner_texts() == [model.topics_[0].name]
    assert page.complaints == []


def test_names_leave_a_small_map_visible(visit, report_file):
    page = visit(report_file, viewport={"width": 390, "height": 844})
    boxes = [name.bounding_box() for name in page.query_selector_all("#map .names bdi:not([hidden])")]
    plot = page.locator("#map .plot").bounding_box()
    assert len(boxes) >= 1
    assert sum(b["width"] * b["height"] for b in boxes) < plot["width"] * plot["height"] / 5


def test_zoom_by_buttons_and_back(page):
    width = (
        "(() => { const r = document.querySelector('#map .plot').layout.xaxis.range; return r[1] - r[0]; })()"
    )
    before = page.evaluate(width)
    page.click("#map-in")
    assert page.evaluate(width) == pytest.approx(0.6 * before)
    page.click("#map-out")
    assert page.evaluate(width) == pytest.approx(before)


def test_the_table_sorts_and_searches(page):
    first = "#overview tbody tr:first-child .id"
    assert page.locator(first).inner_text() == "0"
    page.locator("#overview th[data-sort] button").nth(0).click()
    assert page.locator(first).inner_text() == "5"
    assert page.locator("#overview th").nth(0).get_attribute("aria-sort") == "descending"
    page.fill("#query", "galaxy telescope")
    shown = page.locator("#overview tbody tr:visible").count()
    assert 1 <= shown < 6
    assert page.locator("#found").inner_text() == f"{shown} of 6"
    page.fill("#query", "nowhere to be found")
    assert page.locator("#none-found").is_visible()


def test_a_click_on_a_name_opens_the_topic(page):
    card = page.locator("#topic-3")
    assert card.get_attribute("open") is None
    page.locator('#overview a[href="#topic-3"]').click()
    page.wait_for_function("document.getElementById('topic-3').open")
    assert page.evaluate("document.activeElement.parentElement.id") == "topic-3"
    card.locator("button.on-map").click()
    assert page.locator('#map-topics button[data-topic="3"]').get_attribute("aria-pressed") == "true"


def test_the_hierarchy_opens_and_the_figures_are_drawn(page):
    page.locator(".tree summary").first.click()
    assert page.locator(".tree .leaf:visible").count() >= 2
    for name in ("similarity", "over_time"):
        page.locator(f'[data-figure="{name}"]').scroll_into_view_if_needed()
        page.wait_for_selector(f'[data-figure="{name}"][data-drawn]')
    page.select_option("#time-topic", "2")
    drawn = "document.querySelector('[data-figure=over_time]').data.filter((part) => part.visible)"
    page.wait_for_function(f"{drawn}.map((part) => part.legendgroup).join() === '2,2'")


def test_topics_stay_in_sight_beside_a_wide_table_of_classes(page):
    position = "getComputedStyle(document.querySelector('#main table.by-class tbody th')).position"
    assert page.evaluate(position) == "sticky"


def test_the_theme_turns_and_the_map_with_it(page):
    colors = "JSON.stringify(document.querySelector('#map .plot').data[0].marker.colorscale)"
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(colors), page.evaluate(ground)
    page.click("#theme")
    page.wait_for_function(f"{colors} !== {light[0]!r}")
    assert page.evaluate(ground) == "rgb(20, 23, 28)" != light[1]


def test_by_keyboard_alone(page):
    for _ in range(40):
        page.keyboard.press("Tab")
        if (
            page.evaluate("document.activeElement.closest('#map-topics') && document.activeElement.tagName")
            == "BUTTON"
        ):
            break
    page.keyboard.press("Enter")
    assert n_selected(page) > 0
    page.focus("#overview th button")
    page.keyboard.press("Space")
    assert page.locator("#overview th").nth(0).get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_serious_finding_of_axe_and_no_sideways_scrolling(visit, report_file, scheme, width):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is missing"
    )
    page = visit(report_file, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = axe.Axe().run(page).response["violations"]
    serious = [
        f"{finding['id']}: {finding['nodes'][0]['html'][:120]}"
        for finding in found
        if finding["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_print_shows_the_map_and_every_topic(page):
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert pixels(page) >= 5
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 0
    assert len(page.pdf()) > 20_000


def test_ten_topics_fill_four_landscape_pages(visit, tmp_path):
    texts, subjects = make_corpus(400)
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=10)
    model.fit(texts, timestamps=[2000 + i // 40 for i in range(400)], classes=subjects)
    page = visit(model.report().to_html(tmp_path / "ten.html"))
    paper = page.pdf(prefer_css_page_size=True)
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", paper)) <= 4
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", paper)}
    assert all(width > height for _, _, width, height in boxes)
    page.emulate_media(media="print")
    widths = page.evaluate(
        "[...document.querySelectorAll('#overview td.words')].map((cell) => cell.offsetWidth)"
    )
    assert min(widths) > 250


def test_topics_with_parts_are_a_table_on_the_page_and_on_paper(visit, model, tmp_path):
    merged = model.merge_topics([[0, 1], [2, 3]])
    firsts = [model.labels_.tolist().index(topic.id) for topic in model.topics_]
    parts = Parts(model.topics_, tuple(merged.labels_[firsts].tolist()), model.labels_)
    merged.fitted_.__dict__["parts"] = parts
    page = visit(merged.report().to_html(tmp_path / "parts.html"))
    wide = "[...document.querySelectorAll('#overview tbody tr')].map((row) => row.offsetWidth)"
    assert page.locator("#overview tr.part").count() == 4
    assert len(set(page.evaluate(wide))) == 1
    page.emulate_media(media="print")
    page.set_viewport_size(
        {"width": 703, "height": 1000}
    )  # an upright page, with which media queries are asked
    assert len(set(page.evaluate(wide))) == 1
    assert (
        page.evaluate("getComputedStyle(document.querySelector('#overview tr.part')).display") == "table-row"
    )


def test_without_texts_there_is_a_map_without_texts(visit, model, tmp_path):
    page = visit(model.report().to_html(tmp_path / "bare.html", texts=False))
    assert pixels(page) >= 5
    assert page.locator("#map-query").count() == 0
    page.locator("#map-topics button").first.click()
    assert n_selected(page) > 0
    assert page.complaints == []


def test_a_model_without_documents_has_a_map_of_topics(visit, model, tmp_path):
    model.save(tmp_path / "m")
    page = visit(TopicModel.load(tmp_path / "m").report().to_html(tmp_path / "bubbles.html"))
    assert page.evaluate("document.querySelector('#map .plot').data[0].x.length") == 6
    page.locator("#map-topics button").first.click()
    assert n_selected(page) == 1
    assert page.complaints == []


def test_hostile_texts_execute_and_break_nothing(visit, tmp_path):
    texts, _ = make_corpus(120)
    hostile = [f"{text} {i}" for i, text in enumerate(HOSTILE_TEXTS * 6)]
    classes = [*HOSTILE_TEXTS, "\ud800"] * 20
    model = TopicModel(embedder="lexical", clusterer="kmeans", n_topics=3)
    model.fit(texts + hostile, timestamps=[2000 + i % 9 for i in range(180)], classes=classes[:180])
    names = {topic: HOSTILE_TEXTS[topic] for topic in range(3)}
    page = visit(
        model.rename_topics(names).report().to_html(tmp_path / "hostile.html", title=HOSTILE_TEXTS[1])
    )
    for name in ("similarity", "over_time"):
        page.locator(f'[data-figure="{name}"]').scroll_into_view_if_needed()
        page.wait_for_selector(f'[data-figure="{name}"][data-drawn]')
    page.fill("#map-query", "<script>")
    page.wait_for_function(f"({SELECTED} || []).length > 0")
    assert page.locator("#overview tbody tr").count() == 3
    assert page.locator("img").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    assert page.title() == " ".join(HOSTILE_TEXTS[1].split())
    assert page.complaints == []
