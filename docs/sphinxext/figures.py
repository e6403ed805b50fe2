"""Figures of the examples, in any page: ``example-figure:: script number``, and a caption.

Some have sliders. Frames, sliders and their script are the library's, as in a notebook.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from unsteady.gallery.explorable import SCRIPT, slider_controls


class ExampleFigure(nodes.image):
    """An image with its size as attributes, which docutils would write as a style."""


class Sliders(nodes.image):
    """The sliders of a figure; the image is the file of all frames, asked for at first touch."""


class ExampleFigureDirective(SphinxDirective):
    """The figure of a number; its content is the caption, on pages that are not the example's."""

    required_arguments = 2
    has_content = True

    def run(self) -> list[nodes.Node]:
        script, number = self.arguments
        name = f"*/images/sphx_glr_{script}_{number.zfill(3)}.json"
        found = sorted(Path(self.env.srcdir, "gallery").glob(name))
        if not found:
            raise self.error(f"no example {script!r} has a figure number {number}")
        saved = json.loads(found[0].read_text("utf-8"))
        explorable = saved.pop("explorable", None)
        place = found[0].relative_to(self.env.srcdir).with_suffix("").as_posix()
        image = ExampleFigure(uri=f"/{place}.svg", **saved)
        self.set_source_info(image)
        if not (explorable or self.content):
            return [image]
        figure = nodes.figure("", image)
        if explorable:
            figure["classes"], figure["ids"] = ["explorable"], [f"{script}-{number}"]
            caption: list[nodes.Node] = [nodes.Text(explorable.pop("caption"))]
            figure += Sliders(uri=f"/{place}_frames.svg", name=figure["ids"][0], **explorable)
        if self.content:
            caption = self._given_caption(f"/gallery/{found[0].parent.parent.name}/{script}")
        figure += nodes.caption("", "", *caption)
        return [figure]

    def _given_caption(self, example: str) -> list[nodes.Node]:
        """Return the page's caption, and a link to the example."""
        paragraphs = (p for p in self.parse_content_to_nodes() if isinstance(p, nodes.paragraph))
        link, _ = self.parse_inline(f"{{doc}}`{example}`")
        return [*(node for p in paragraphs for node in p.children), nodes.Text(" From: "), *link]


def source_of(translator: Any, node: nodes.image) -> str:
    """Return the address of an image, as the page sees it."""
    return f"{translator.builder.imgpath}/{quote(translator.builder.images[node['uri']])}"


def visit_figure(translator: Any, node: ExampleFigure) -> None:
    given = {name: str(node[name]) for name in ("width", "height", "alt")}
    given |= {"loading": "lazy", "src": source_of(translator, node), "class": "example-figure"}
    translator.body.append(translator.emptytag(node, "img", "\n", **given))
    raise nodes.SkipNode


def visit_sliders(translator: Any, node: Sliders) -> None:
    frames = source_of(translator, node)
    html = slider_controls(node["name"], node["sliders"], node["sentences"], frames)
    translator.body.append(html)
    raise nodes.SkipNode


def add_script(app: Sphinx, page: str, template: str, context: object, doctree: Any) -> None:
    """Load the script on pages with sliders alone."""
    if doctree and any(doctree.findall(Sliders)):
        app.add_js_file(SCRIPT.name, defer="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(ExampleFigure, html=(visit_figure, None))
    app.add_node(Sliders, html=(visit_sliders, None))
    app.add_directive("example-figure", ExampleFigureDirective)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
