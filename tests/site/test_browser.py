"""The site as readers meet it: light and dark, wide and narrow, by keyboard, without JavaScript."""

import io
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page
from views import PHONE, WIDE, Open

NARRATIVE = ("short_answer", "diagnose", "measuring", "steps", "batches", "capacity", "calming", "sources")


def paths(site: Path) -> list[str]:
    return [file.relative_to(site).as_posix() for file in sorted(site.rglob("*.html"))]


# A page of each kind. How the others look, above all their colours, they share with one of these.
KINDS = (
    "404.html",
    "diagnose.html",
    "formulas.html",
    "gallery/10_steps/plot_learning_rate.html",
    "gallery/index.html",
    "index.html",
    "reference/training.html",
    "search.html",
    "steps.html",
)
VIEWS = [(viewport, scheme) for viewport in (WIDE, PHONE) for scheme in ("light", "dark")]


@pytest.mark.parametrize(
    ("viewport", "scheme", "every"),
    [
        *((*view, False) for view in VIEWS),
        *(pytest.param(*view, True, marks=pytest.mark.slow) for view in VIEWS),
    ],
)
def test_pages_are_accessible_ask_nobody_else_and_fit(
    site: Path,
    browser: Browser,
    address: str,
    viewport: dict[str, int],
    scheme: str,
    every: bool,
) -> None:
    context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    assert set(KINDS) < set(paths(site))
    for path in paths(site) if every else KINDS:
        page.goto(address + path)
        violations = Axe().run(page).response["violations"]
        assert not violations, (path, [(v["id"], [n["html"] for n in v["nodes"]]) for v in violations])
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
    assert said == []


def test_every_page_fits_a_phone(site: Path, open_page: Open, address: str) -> None:
    page = open_page("index.html", viewport=PHONE)
    for path in paths(site):
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


# By keyboard -------------------------------------------------------------------------------------


def focused(page: Page) -> dict[str, object]:
    """Return what has the focus, and how it shows."""
    return page.evaluate(
        """() => {
          const element = document.activeElement
          // The box of a menu is shown by its icon, and a thumbnail's link by its frame.
          const icons = {__navigation: ".nav-overlay-icon", __toc: ".toc-overlay-icon"}
          const shown = element.id in icons
            ? [...document.querySelectorAll(icons[element.id])].find(icon => icon.offsetParent)
            : element.matches(".toctree-checkbox") ? element.nextElementSibling
            : element.closest(".sphx-glr-thumbcontainer") ?? element
          const box = shown.getBoundingClientRect(), style = getComputedStyle(shown)
          return {tag: element.tagName, id: element.id, name: element.textContent.trim(),
                  outlined: style.outlineStyle != "none" && parseFloat(style.outlineWidth) > 0,
                  inside: box.width > 0 && box.right > 0 && box.left < innerWidth && box.bottom > 0
                          && box.top < innerHeight}
        }"""
    )


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize(
    "path", ["index.html", "gallery/index.html", "gallery/10_steps/plot_learning_rate.html"]
)
def test_whatever_has_the_focus_is_seen_to_have_it(
    open_page: Open, path: str, viewport: dict[str, int]
) -> None:
    page = open_page(path, viewport=viewport, reduced_motion="reduce")
    seen = []
    for _ in range(80):  # past the menu of all pages
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        state = focused(page)
        assert state["outlined"], state
        assert state["inside"], state
        seen.append(state["tag"])
    assert len(seen) > 10
    assert ("PRE" in seen) == path.endswith("rate.html")


def tab_to(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by keyboard")


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_menus_open_by_keyboard(open_page: Open, scripts: bool) -> None:
    page = open_page("steps.html", viewport=PHONE, java_script_enabled=scripts, reduced_motion="reduce")
    drawer, toc = page.locator(".sidebar-drawer"), page.locator(".toc-drawer")
    assert not drawer.is_visible()
    assert not toc.is_visible()
    page.locator("#__navigation").focus()
    page.keyboard.press("Space")
    assert drawer.is_visible()
    assert drawer.bounding_box()["x"] == 0  # type: ignore[index]
    page.keyboard.press("Space")
    assert not drawer.is_visible()
    page.locator("#__toc").focus()
    page.keyboard.press("Space")
    assert toc.is_visible()


@pytest.mark.parametrize(("box", "drawer"), [("__navigation", ".sidebar-drawer"), ("__toc", ".toc-drawer")])
def test_an_open_menu_has_the_focus_and_escape_closes_it(open_page: Open, box: str, drawer: str) -> None:
    page = open_page("steps.html", viewport=PHONE)
    page.locator(f"#{box}").focus()
    page.keyboard.press("Space")
    page.wait_for_function("drawer => document.activeElement.closest(drawer) !== null", arg=drawer)
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == box
    page.locator(drawer).wait_for(state="hidden")


def test_menus_are_reached_by_keyboard(open_page: Open) -> None:
    page = open_page("index.html", viewport=PHONE)
    tab_to(page, "#__navigation")
    tab_to(page, "#__toc")
    wide = open_page("index.html")
    tab_to(wide, ".toctree-checkbox")
    branch = wide.locator(".toctree-checkbox:focus ~ ul")
    assert not branch.is_visible()
    wide.keyboard.press("Space")
    assert branch.is_visible()


def test_thumbnails_are_links_with_names(open_page: Open) -> None:
    page = open_page("gallery/index.html")
    for title in ("How large may the learning rate be?", "How big is batch noise?"):
        link = page.get_by_role("link", name=title).and_(page.locator(".sphx-glr-thumbcontainer a"))
        assert link.count() == 1
    page.locator(".sphx-glr-thumbcontainer img").first.click(force=True)  # the link lies over it
    page.wait_for_url("**/plot_symptoms.html")


def test_code_is_copied_by_keyboard_without_prompts_and_output(open_page: Open) -> None:
    page = open_page("reference/theory.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = page.locator(".highlight:has(.gp):has(.go)").first
    button = code.get_by_role("button", name="Copy to clipboard")
    assert button.evaluate("button => getComputedStyle(button).opacity") == "0"
    button.focus()
    page.wait_for_function("() => getComputedStyle(document.activeElement).opacity == 1")
    page.keyboard.press("Enter")
    page.wait_for_selector(".copybtn.success")
    copied = page.evaluate("navigator.clipboard.readText()")
    said = code.locator("pre").inner_text()
    lines = [line[4:] for line in said.splitlines() if line.startswith((">>> ", "... "))]
    assert copied.strip() == "\n".join(lines).strip() != ""


def test_what_an_example_printed_is_no_code_to_copy(open_page: Open) -> None:
    page = open_page("gallery/10_steps/plot_learning_rate.html")
    page.wait_for_selector(".copybtn", state="attached")
    assert page.locator(".sphx-glr-script-out .copybtn").count() == 0


def test_an_entry_of_the_reference_leads_to_examples_that_use_it(open_page: Open) -> None:
    page = open_page("reference/training.html")
    entry = page.locator("dl.py:has(> dt[id='unsteady.training.train'])")
    entry.locator(".sphx-glr-thumbcontainer a").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/gallery/**")
    assert "train(" in page.locator("article").inner_text()


def test_motion_respects_the_readers_setting(open_page: Open) -> None:
    still = """[...document.querySelectorAll('*')].every(
        element => parseFloat(getComputedStyle(element).transitionDuration) == 0)"""
    assert open_page("steps.html", reduced_motion="reduce").evaluate(still)
    assert not open_page("steps.html", reduced_motion="no-preference").evaluate(still)


# Light and dark ----------------------------------------------------------------------------------


def paper(page: Page, selector: str) -> int:
    """Return how bright an image's corner is, 0 to 255."""
    image = page.locator(selector).first
    image.scroll_into_view_if_needed()
    page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle())
    picture = Image.open(io.BytesIO(image.screenshot())).convert("L")
    return int(picture.getpixel((2, 2)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "selector"),
    [("steps.html", "img.example-figure"), ("gallery/index.html", ".sphx-glr-thumbcontainer img")],
)
def test_figures_follow_the_setting_and_the_switch(open_page: Open, path: str, selector: str) -> None:
    assert paper(open_page(path, color_scheme="light"), selector) > 240
    assert paper(open_page(path, color_scheme="dark"), selector) < 40
    page = open_page(path, color_scheme="light")
    switch = page.locator(".theme-toggle-content .theme-toggle")
    looks = set()
    for _ in range(3):
        switch.click()
        theme = page.evaluate("document.body.dataset.theme")
        looks.add(theme)
        assert (paper(page, selector) < 40) == (theme == "dark"), theme
    assert looks == {"auto", "light", "dark"}


# Without JavaScript, from a folder ----------------------------------------------------------------


def test_without_javascript_all_is_there_but_search(open_page: Open) -> None:
    page = open_page("steps.html", java_script_enabled=False)
    assert page.locator("article img.example-figure").first.is_visible()
    assert page.locator("article math").first.is_visible()
    assert not page.locator(".theme-toggle").first.is_visible()
    search = open_page("search.html", java_script_enabled=False)
    assert search.get_by_text("Search needs JavaScript").is_visible()
    assert not open_page("search.html").get_by_text("Search needs JavaScript").is_visible()


def test_a_folder_on_disk_is_a_site_too(site: Path, browser: Browser) -> None:
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    page.goto((site / "steps.html").as_uri())
    assert page.evaluate("getComputedStyle(document.querySelector('.sidebar-drawer')).display") == "flex"
    assert page.evaluate("document.body.dataset.theme") == "auto"
    figure = page.locator("img.example-figure").first
    figure.scroll_into_view_if_needed()
    page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=figure.element_handle())
    context.close()


def test_formulas_are_drawn_in_the_sites_own_font(open_page: Open) -> None:
    page = open_page("batches.html")
    client = page.context.new_cdp_session(page)
    client.send("DOM.enable")
    client.send("CSS.enable")
    root = client.send("DOM.getDocument", {"depth": 1})["root"]["nodeId"]
    for tag in ("mi", "mn", "mo"):
        nodes = client.send("DOM.querySelectorAll", {"nodeId": root, "selector": f"math {tag}"})["nodeIds"]
        assert nodes
        for node in nodes:
            fonts = client.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
            assert {font["familyName"] for font in fonts} <= {"STIX Two Math"}, (tag, fonts)


def test_a_script_that_was_not_built_in_does_not_run(open_page: Open) -> None:
    page = open_page("steps.html")
    answer = page.reload()
    assert answer is not None
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
    page.evaluate("""() => {
        const script = document.createElement("script")
        script.textContent = "document.body.dataset.foreign = 'ran'"
        document.body.append(script)
        document.body.setAttribute("style", "outline: 7px solid red")
    }""")
    assert page.evaluate("document.body.dataset.foreign") is None
    assert page.evaluate("getComputedStyle(document.body).outlineWidth") != "7px"


def test_print_has_no_more_than_the_page(open_page: Open) -> None:
    page = open_page("steps.html")
    page.emulate_media(media="print")
    for hidden in (".skip-to-content", ".headerlink", ".theme-toggle", ".sidebar-drawer"):
        assert not page.locator(hidden).first.is_visible(), hidden


# Search -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("validation accuracy jumps", "diagnose"),
        ("loss spikes with Adam", "steps"),
        ("training loss oscillates", "steps"),
        ("loss diverges", "steps"),
        ("learning rate too high", "steps"),
        ("noisy validation curve", "batches"),
        ("small batch size unstable", "batches"),
        ("test accuracy worse than training", "capacity"),
        ("different seeds different results", "short_answer"),
        ("small validation set", "measuring"),
        ("accuracy stuck low", "capacity"),
        ("overfitting", "capacity"),
        ("val loss increases", "capacity"),
        ("spiky loss", "steps"),
        ("jittery accuracy", "batches"),
        ("is the difference significant", "measuring"),
        ("validation higher than training", "measuring"),
        ("loss rises accuracy constant", "measuring"),
        ("loss flat then suddenly drops", "steps"),
        ("trapped in a local minimum", "steps"),
        ("warm-up", "diagnose"),
    ],
)
def test_search_finds_a_symptom_in_the_readers_words(open_page: Open, words: str, page: str) -> None:
    results = open_page(f"search.html?{urlencode({'q': words})}")
    results.wait_for_function(
        "() => document.querySelector('.search-summary')?.textContent.includes('finished')"
    )
    links = results.locator("#search-results ul.search > li > a")
    first = [str(links.nth(k).get_attribute("href")) for k in range(min(3, links.count()))]
    assert any(link.partition("?")[0].partition("#")[0] == f"{page}.html" for link in first), first


def test_what_is_not_there_leads_back(open_page: Open) -> None:
    page = open_page("no/such/page.html")
    assert page.locator("h1").inner_text().startswith("There is no such page")
    assert page.evaluate("getComputedStyle(document.querySelector('.sidebar-drawer')).display") == "flex"
    page.get_by_role("link", name="home page").click()
    page.wait_for_load_state()
    assert page.locator("h1").inner_text().startswith("Why does accuracy fluctuate")


# Weight -------------------------------------------------------------------------------------------


def weight(browser: Browser, url: str) -> tuple[int, int]:
    """Return the bytes on the wire of a cold page, all figures included, and of its code alone."""
    context = browser.new_context(viewport=WIDE)
    page = context.new_page()
    answers = []
    page.on("requestfinished", lambda request: answers.append(request))
    page.goto(url)
    for image in page.locator("img:visible").all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle())
    page.wait_for_load_state("networkidle")
    sizes = [(answer.resource_type, answer.sizes()["responseBodySize"]) for answer in answers]
    context.close()
    code = sum(size for kind, size in sizes if kind in ("document", "stylesheet", "script"))
    return sum(size for _, size in sizes), code


def test_pages_are_light(browser: Browser, address: str) -> None:
    home, narrative = (
        {name: weight(browser, f"{address}{name}.html") for name in names}
        for names in (("index",), NARRATIVE)
    )
    assert home["index"][0] <= 120_000, home
    assert sorted(total for total, _ in narrative.values())[len(narrative) // 2] <= 150_000, narrative
    assert max(code for _, code in (home | narrative).values()) <= 45_000, home | narrative
    gallery = weight(browser, f"{address}gallery/index.html")
    assert gallery[0] <= 250_000, gallery
