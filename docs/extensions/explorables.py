"""Figures to play with: all frames in a file beside the opening one, sliders below it, and their script.

Frames, sliders and script are the library's, as in a notebook; files and addresses are the site's.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from matplotlib.figure import Figure
from sphinx.application import Sphinx

from unsteady.gallery.explorable import EXPLORABLE_ATTR, SCRIPT, merge_frames, slider_controls


class Sliders(nodes.image):
    """The sliders of a figure; the image is the file of all frames, asked for at first touch."""


def describe(figure: Figure, image: Path, draw: Callable[[Figure], str]) -> dict[str, Any]:
    """Write all frames of an explorable's opening figure beside it; return what the page needs to know."""
    explorable = getattr(figure, EXPLORABLE_ATTR, None)
    if explorable is None:
        return {}
    drawn, sentences = zip(*((draw(frame), said) for frame, said in explorable.frames()), strict=True)
    image.with_name(f"{image.stem}_frames.svg").write_text(merge_frames(drawn), "utf-8")
    return {"explorable": explorable.metadata() | {"sentences": sentences}}


def figure_of(name: str, uri: str, image: nodes.image, described: dict[str, Any]) -> nodes.figure:
    """Return a figure of the opening frame and its sliders, as yet without its caption."""
    frames = uri.removesuffix(".svg") + "_frames.svg"
    sliders = Sliders(uri=frames, name=name, sliders=described["sliders"], sentences=described["sentences"])
    return nodes.figure("", image, sliders, classes=["explorable"], ids=[name])


def visit_sliders(translator: Any, node: Sliders) -> None:
    builder = translator.builder
    path = builder.images.get(node["uri"])
    frames = f"{builder.imgpath}/{quote(path)}" if path else node["uri"]
    translator.body.append(slider_controls(node["name"], node["sliders"], node["sentences"], frames))


def depart_sliders(translator: Any, node: Sliders) -> None:
    pass


def add_script(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load the script on pages with such a figure alone."""
    if doctree and any(doctree.findall(Sliders)):
        app.add_js_file(SCRIPT.name, defer="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(Sliders, html=(visit_sliders, depart_sliders))
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
