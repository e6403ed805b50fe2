"""Figures to play with, in a browser: by keyboard, by name, from an address, from a folder, unscripted."""

import io
import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import matplotlib.pyplot as plt
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page
from sphinxext.scraping import to_svg
from test_explorable import frame_of
from views import PHONE, Open

from unsteady import plotting
from unsteady.gallery._svg import parse_frame
from unsteady.gallery.explorable import explorable_of

TOP = Path(__file__).parents[2]
PLACE, NAME = "gallery/10_steps/plot_learning_rate.html", "plot_learning_rate-4"
EXAMPLES = sorted(path for path in TOP.glob("examples/*/*.py") if "plotting.Explorable(" in path.read_text())


def figure(page: Page, name: str = NAME) -> Locator:
    return page.locator(f"figure[id='{name}']")


def frame(page: Page) -> str:
    """Return the number of the frame that is shown, or nothing for the opening one."""
    source = figure(page).locator("img").get_attribute("src") or ""
    return source.partition("#frame-")[2]


def test_by_keyboard_alone_each_frame_and_its_sentence_are_reached(open_page: Open) -> None:
    page = open_page(PLACE)
    slider = page.get_by_role("slider", name="learning rate η")
    assert slider.get_attribute("aria-valuetext") == (
        "0.9. ηλ = 1.8. It closes in changing sides at each step; "
        "after 20 steps 1.2 % of the distance is left."
    )
    slider.evaluate(
        """slider => {
          const stops = [...document.querySelectorAll("a[href], input, button, [tabindex='0']")]
          stops[stops.indexOf(slider) - 1].focus()
        }"""
    )
    page.keyboard.press("Tab")
    assert slider.evaluate("slider => slider == document.activeElement")
    said = figure(page).locator(".said")
    for key, number, value in (("Home", 0, "0.01"), ("ArrowRight", 1, "0.05"), ("End", 18, "1.1")):
        page.keyboard.press(key)
        assert frame(page) == str(number)
        assert figure(page).locator(".value").text_content() == value
        assert slider.get_attribute("aria-valuetext") == f"{value}. {said.text_content()}"
    assert (
        said.text_content() == "ηλ = 2.2. Each step ends 1.20 times as far away, after 20 steps 38.3 times."
    )


def test_nothing_is_asked_for_before_the_first_touch_and_one_file_after_it(open_page: Open) -> None:
    page = open_page("404.html")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.partition("#")[0]))
    page.goto(page.url.replace("404.html", PLACE))
    figure(page).scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if "_frames" in url] == []
    slider = page.get_by_role("slider")
    for key in ("Home", "ArrowRight", "ArrowRight", "End"):
        slider.press(key)
        page.wait_for_function("i => i.complete", arg=figure(page).locator("img").element_handle())
    files = [url.rpartition("/")[2] for url in asked]
    assert [file for file in files if "_frames" in file] == ["sphx_glr_plot_learning_rate_004_frames.svg"]


def test_the_address_keeps_the_frame(open_page: Open) -> None:
    page = open_page(PLACE)
    page.get_by_role("slider").press("Home")
    assert unquote(page.url).endswith(f"#{NAME}?eta=0.01")
    assert str(figure(page).locator(".headerlink").get_attribute("href")).endswith(f"#{NAME}?eta=0.01")
    page.reload()
    assert frame(page) == "0"
    page = open_page(f"{PLACE}#{NAME}?eta=1.05")
    assert frame(page) == "17"
    assert page.get_by_role("slider").input_value() == "17"
    page.wait_for_function("() => scrollY > 1000")
    for wrong in (f"#{NAME}?eta=7", f"#{NAME}?rate=1", "#another?eta=1", f"#{NAME}", "#%"):
        page = open_page(PLACE + wrong)
        assert page.get_by_role("slider").input_value() == "12", wrong


def paper(page: Page) -> tuple[int, int]:
    """Return how bright a frame is in its corner, and how many of its pixels are of another brightness."""
    image = figure(page).locator("img")
    page.wait_for_function("i => i.complete && i.naturalWidth > 0", arg=image.element_handle())
    picture = Image.open(io.BytesIO(image.screenshot())).convert("L")
    corner = int(picture.getpixel((2, 2)))  # type: ignore[arg-type]
    return corner, sum(count for level, count in enumerate(picture.histogram()) if abs(level - corner) > 60)


def common(page: Page) -> int:
    """Return how many pixels are drawn in what all frames share, where none of them is shown."""
    figure(page).locator("img").evaluate("image => image.src = image.src.replace(/#.*/, '#frame-none')")
    return paper(page)[1]


@pytest.mark.parametrize(("scheme", "least", "most"), [("light", 240, 255), ("dark", 0, 40)])
def test_frames_follow_the_scheme(open_page: Open, scheme: str, least: int, most: int) -> None:
    page = open_page(f"{PLACE}#{NAME}?eta=1.05", color_scheme=scheme)
    corner, drawn = paper(page)
    assert least <= corner <= most
    assert drawn > common(page)


def test_it_fits_a_phone(open_page: Open) -> None:
    page = open_page(f"{PLACE}#{NAME}?eta=0.2", viewport=PHONE)
    box = page.get_by_role("slider").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert 150 < box["width"] < PHONE["width"] - box["x"]
    assert box["height"] >= 24


def test_without_javascript_it_is_a_figure(open_page: Open) -> None:
    page = open_page(PLACE, java_script_enabled=False)
    assert not figure(page).locator("input").is_visible()
    assert figure(page).locator("img").is_visible()
    assert figure(page).get_by_text("ηλ = 1.8. It closes in").is_visible()
    assert figure(page).locator("figcaption").is_visible()


def test_it_plays_from_a_folder_on_disk(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((site / PLACE).as_uri())
    page.get_by_role("slider").press("End")
    assert frame(page) == "18"
    assert paper(page)[1] > common(page)
    assert page.url.endswith("eta=1.1")
    assert said == []
    page.close()


@pytest.fixture
def played(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> Iterator[list[tuple[int, object]]]:
    """Run an example; return its figures to play with, and their numbers."""
    plt.close("all")
    plotting.use_style()
    runpy.run_path(str(request.param))
    drawn = [plt.figure(number) for number in plt.get_fignums()]
    yield [
        (k, explorable)
        for k, figure in enumerate(drawn, 1)
        if (explorable := explorable_of(figure)) is not None
    ]
    plt.close("all")


@pytest.mark.parametrize(
    "played",
    [pytest.param(path, id=path.stem, marks=pytest.mark.slow) for path in EXAMPLES],
    indirect=True,
)
@pytest.mark.filterwarnings("ignore:.*non-interactive")
def test_frames_on_the_page_are_those_that_the_library_draws(
    site: Path, played: list[tuple[int, plotting.Explorable]], request: pytest.FixtureRequest
) -> None:
    assert played
    stem = re.search(r"\[(\w+)\]", request.node.name)[1]  # type: ignore[index]
    for number, explorable in played:
        stem_of_image = f"sphx_glr_{stem}_{number:03d}"
        stacked = (site / f"_images/{stem_of_image}_frames.svg").read_text("utf-8")
        [described] = TOP.glob(f"docs/gallery/*/images/{stem_of_image}.json")
        sentences = json.loads(described.read_text("utf-8"))["explorable"]["sentences"]
        assert len(sentences) == len(explorable)
        for k, (drawn, said) in enumerate(explorable.frames()):
            again = ET.tostring(parse_frame(to_svg(drawn)), encoding="unicode")
            assert frame_of(stacked, k) == again, k
            assert sentences[k] == said


def test_the_script_is_short() -> None:
    script = TOP / "src/unsteady/gallery/explorable.js"
    assert len(script.read_text("utf-8").splitlines()) <= 80
