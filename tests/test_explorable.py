"""Figures with sliders: their positions, their frames in one file, their controls."""

import json
import re
from functools import partial
from html import unescape
from xml.etree import ElementTree as ET

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from unsteady.gallery._svg import SVG, parse_frame
from unsteady.gallery.explorable import Explorable, Slider, figure_to_svg, merge_frames, slider_controls


def frame_of(merged: str, number: int) -> str:
    """Return what merged frames show for one frame, without the groups that select it."""
    root = ET.fromstring(merged)

    def shown(elements):
        for element in elements:
            classes = element.get("class", "").split()
            if classes[:1] != ["f"]:
                element[:] = shown(list(element))
                yield element
            elif f"f{number}" in classes:
                yield from shown(list(element))

    root[:] = shown(list(root[-1]))
    return ET.tostring(root, encoding="unicode")


def draw(fig, height, width=1):
    """Draws a box & its size."""
    ax = fig.subplots()
    ax.plot([0, width, width], [0, 0, height])
    ax.plot([width] * int(2 * height), [1] * int(2 * height), "o")  # marks that lie on each other
    if height > 1:  # so that frames differ in how many artists they have
        ax.text(0.5, 2, "high")
    ax.set(xlim=(0, 3), ylim=(0, 3))
    fig.set_label("A corner of a box.")
    return f"It is {height:g} high & {width:g} wide."


@pytest.fixture
def boxes():
    plt.close("all")
    sliders = {"height": Slider("height", [0.5, 1, 2], 1, "m"), "width": Slider("width", [1, 2], 2)}
    yield Explorable(draw, **sliders)
    plt.close("all")


def test_positions_are_in_order_and_the_opening_frame_is_a_pyplot_figure(boxes):
    assert len(boxes) == 6
    assert [tuple(p.values()) for p in boxes.positions()][:3] == [(0.5, 1), (0.5, 2), (1, 1)]
    assert [plt.figure(number) for number in plt.get_fignums()] == [boxes.figure]
    assert boxes.figure.get_label() == "A corner of a box."
    assert [sentence for _, sentence in boxes.frames()][3] == "It is 1 high & 2 wide."


def test_each_merged_frame_equals_the_drawn_frame(boxes):
    drawn = [figure_to_svg(figure) for figure, _ in boxes.frames()]
    merged = merge_frames(drawn)
    for number, svg in enumerate(drawn):
        assert frame_of(merged, number) == ET.tostring(parse_frame(svg), encoding="unicode"), number
        assert merged.count(f'id="frame-{number}"') == 1
    assert len(merged) < 0.5 * sum(map(len, drawn))  # it shares the axes


def test_the_opening_frame_is_one_of_the_frames(boxes):
    assert figure_to_svg(boxes.figure) == [figure_to_svg(figure) for figure, _ in boxes.frames()][3]


def test_merged_frames_show_the_frame_of_the_address():
    one, other = (f'<svg xmlns="{SVG[1:-1]}"><g id="x"><path d="{d}"/></g><g/></svg>' for d in ("M0", "M1"))
    merged = merge_frames([one, other, one])
    assert merged.count("M0") == merged.count("M1") == 1
    assert '<g class="f f0 f2"><path d="M0"' in merged
    assert "#frame-2:target~g .f2{display:inline}" in merged
    assert 'id="x"' not in merged  # nothing refers to it


def test_frames_of_two_sizes_are_an_error():
    with pytest.raises(ValueError, match="frames must be of one size"):
        merge_frames([f'<svg xmlns="{SVG[1:-1]}" width="{width}"/>' for width in (1, 2)])


def test_sliders_have_names_values_and_units(boxes):
    sentences = [sentence for _, sentence in boxes.frames()]
    html = slider_controls("box-1", boxes.metadata()["sliders"], sentences, "a&b.svg")
    assert '<label for="box-1-height">height</label>' in html
    assert re.search(r'<input type="range" id="box-1-height" name="height" min="0" max="2" value="1"', html)
    assert '<option value="0" label="0.5 m">0.5</option>' in html
    assert '<span aria-hidden="true">0.5 m</span>' in html
    assert '<span aria-hidden="true">2 m</span>' in html
    assert '<p class="said">It is 1 high &amp; 2 wide.</p>' in html
    assert 'data-frames="a&amp;b.svg"' in html
    assert json.loads(unescape(re.search(r'data-sentences="([^"]*)"', html)[1])) == sentences


def test_a_notebook_shows_the_sliders_instead_of_the_opening_frame(boxes):
    html = boxes._repr_html_()
    assert plt.get_fignums() == []
    assert html.count('type="range"') == 2
    assert html.count("data:image/svg+xml;base64,") == 2
    assert 'alt="A corner of a box."' in html
    assert "<figcaption>Draws a box &amp; its size.</figcaption>" in html
    assert "document.querySelectorAll" in html


def test_numpy_values_are_shown_short():
    slider = Slider("rate", np.array([0.1, 0.2, 1.0]) * 3, 0.1 * 3)
    assert slider.written == ["0.3", "0.6", "3"]
    assert slider.start == 0


def test_a_slider_keeps_its_values():
    values = np.arange(1, 6) * 0.1  # the third differs from 0.3 in the last digit
    slider = Slider("rate", values, 0.3)
    assert slider.start == 2
    values[:] = 0
    assert slider.written == ["0.1", "0.2", "0.3", "0.4", "0.5"]


def test_titles_keep_their_positions():
    def draw_titled(fig, height):
        "A titled box, described in\ntwo lines.\n\nAnd more."
        fig.suptitle("Box")
        return draw(fig, height)

    boxes = Explorable(partial(draw_titled), height=Slider("height", [0.5, 1], 1))
    assert boxes.caption == "A titled box, described in two lines."
    assert figure_to_svg(boxes.figure) == [figure_to_svg(figure) for figure, _ in boxes.frames()][1]
    boxes.figure.axes[0].set(xlim=(1, 2))  # as when a reader zooms
    assert len(list(boxes.frames())) == 2
    plt.close("all")


def test_text_elements_are_not_split():
    with mpl.rc_context({"svg.fonttype": "none"}):
        drawn = []
        for k in (1, 2):
            figure = Figure()
            figure.subplots().set_title(rf"$\eta^{k}=x_{k}$")
            drawn.append(figure_to_svg(figure))
    assert not re.search(r"<text[^>]*>(?:(?!</text>).)*<g\b", merge_frames(drawn), re.DOTALL)
    assert merge_frames(drawn).count("<tspan") == sum(svg.count("<tspan") for svg in drawn) > 4
    assert "a<tspan>x</tspan>tail</text>" in merge_frames(
        [f'<svg xmlns="{SVG[1:-1]}"><text>a<tspan>x</tspan>tail</text></svg>']
    )


def other_axes(fig, height):
    "Its axes follow the slider."
    fig.subplots().set(xlim=(0, height))
    return "Its axes follow the slider."


def other_label(fig, height):
    "Its label follows the slider."
    fig.set_label(f"A box {height} high.")
    return "Its label follows the slider."


def silent(fig, height):
    "It says nothing."


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Slider("x", [1], 1), ValueError, "values must be at least 2, increasing"),
        (lambda: Slider("x", [1, 0], 1), ValueError, "values must be at least 2, increasing"),
        (lambda: Slider("x", [1, 1 + 1e-9], 1), ValueError, "and differ when shown"),
        (lambda: Slider("x", [1, np.nan], 1), ValueError, "values must be finite"),
        (lambda: Slider("x", [1, 2], 3), ValueError, r"opening must be one of the values .*, got 3"),
        (lambda: Explorable(draw), ValueError, "sliders must be one or two, got 0"),
        (lambda: Explorable(draw, height=[1, 2]), TypeError, "height must be a Slider, got"),
        (
            lambda: Explorable(silent, height=Slider("height", [1, 2], 1)),
            ValueError,
            "draw must return a sentence .*, got None at {'height': 1}",
        ),
        (
            lambda: Explorable(lambda fig, height: "Seen.", height=Slider("height", [1, 2], 1)),
            ValueError,
            "draw must have a docstring",
        ),
        (
            lambda: list(Explorable(other_label, height=Slider("height", [1, 2], 1)).frames()),
            ValueError,
            "the same axes and label, got .*A box 2 high.* at {'height': 2}",
        ),
        (lambda: Slider(3, [1, 2], 1), TypeError, "label must be a str, got 3"),
        (lambda: Slider("x", [1, 2], 1, None), TypeError, "unit must be a str, got None"),
        (
            lambda: list(Explorable(other_axes, height=Slider("height", [1, 2], 1)).frames()),
            ValueError,
            "draw must give all frames the same axes and label, .* at {'height': 2}",
        ),
    ],
)
def test_bad_input_is_named(call, error, message):
    plt.close("all")
    with pytest.raises(error, match=message):
        call()
    assert len(plt.get_fignums()) <= message.count(
        "the same axes"
    )  # none is left open that could not be drawn
    plt.close("all")
