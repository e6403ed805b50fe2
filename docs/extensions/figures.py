"""Figures of the examples: one SVG each that follows the page's colours, with the author's alt text.

The scraper saves what an example has drawn, with its alt text and size beside it; the directive
``example-figure`` shows it, on the example's page and in any other.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import explorables
import matplotlib.pyplot as plt
from claims import write_records
from docutils import nodes
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

import unsteady.gallery.claims
from unsteady import plotting
from unsteady.gallery.explorable import figure_to_svg

SHORTEST_ALT = 20
SCHEME = """<style>
:root {{ --ink: {ink}; --paper: #ffffff }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #d6dade; --paper: #131416 }} }}
</style>"""


class ExampleFigure(nodes.image):
    """An image with its size as attributes, which docutils would write as a style."""


# Scraping: in the process that runs the example -------------------------------------------------


def reset(gallery_conf: dict[str, Any], script: str) -> None:
    """Before each example: the house style, no claims yet, and warnings are errors."""
    plotting.use_style()
    unsteady.gallery.claims.records.clear()
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", message=".*non-interactive")  # plt.show() is for who runs it alone


def scrape(block: Any, block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Save the open figures and the claims made so far; return the reST that shows the figures."""
    script = Path(block_vars["src_file"])
    write_records(script, Path(block_vars["target_file"]))
    shown = []
    figures = [plt.figure(number) for number in plt.get_fignums()]
    plt.close("all")  # whatever happens next: none may pass into another example
    for figure in figures:
        image = Path(next(block_vars["image_path_iterator"])).with_suffix(".svg")
        save(figure, image, place=f"{script}:{block.lineno}")
        count = len(block_vars["image_path_iterator"])
        first = count == 1 and script == min(script.parent.glob("plot_*.py"))
        if first and os.environ.get("SITE_URL"):  # previews need an address
            save_card(figure, image.parent.parent)
        shown.append(f".. example-figure:: {script.stem} {count}\n")
    claimed = unsteady.gallery.claims.records[block_vars.get("claims", 0) :]
    block_vars["claims"] = len(unsteady.gallery.claims.records)
    if claimed:
        shown.append(f".. claims:: {' '.join(record.id for record in claimed)}\n")
    return "\n" + "\n".join(shown) + "\n" if shown else ""


def save(figure: Figure, image: Path, place: str) -> None:
    """Write the figure as SVG in the page's colours, its alt text and size beside it."""
    alt = str(figure.get_label()).strip()
    if len(alt) < SHORTEST_ALT:
        raise ExtensionError(
            f"{place}: a figure needs alt text of at least {SHORTEST_ALT} characters: "
            f'fig.set_label("what is to be seen"), got {alt!r}'
        )
    image.write_text(drawn(figure), "utf-8")
    width, height = (round(inches * 100) for inches in figure.get_size_inches())
    described = {"alt": alt, "width": width, "height": height}
    described |= explorables.describe(figure, image, drawn)
    image.with_suffix(".json").write_text(json.dumps(described, ensure_ascii=False), "utf-8")


def drawn(figure: Figure) -> str:
    """Return the figure as SVG in the page's colours."""
    return round_paths(follow_scheme(figure_to_svg(figure)))


def save_card(figure: Figure, topic: Path) -> None:
    """Write the topic's picture for links that are shared, and what it shows."""
    figure.savefig(topic / "card.png", dpi=1200 / figure.get_figwidth(), metadata={"Software": None})
    (topic / "card.txt").write_text(str(figure.get_label()), "utf-8")


def follow_scheme(svg: str) -> str:
    """Replace ink and paper by variables that follow the reader's choice of light or dark."""
    svg = re.sub(plotting.INK, "var(--ink)", svg, flags=re.IGNORECASE)
    svg = re.sub(plotting.PAPER, "var(--paper)", svg, flags=re.IGNORECASE)
    head, tag, rest = svg.partition("<defs>")
    return head + SCHEME.format(ink=plotting.INK) + tag + rest


def round_paths(svg: str) -> str:
    """Write the paths to a tenth of a point, a seventh of a pixel: over a third less to load."""

    def short(number: re.Match[str]) -> str:
        return f"{float(number[0]):.1f}".rstrip("0").rstrip(".")

    def path(found: re.Match[str]) -> str:
        return re.sub(r"-?\d+\.\d+", short, " ".join(found[0].split()))

    return re.sub(r'(?<=\bd=")[^"]*', path, svg)


# Showing: in the pages ---------------------------------------------------------------------------


class ExampleFigureDirective(SphinxDirective):
    """``example-figure:: script number``, with a caption as its content on narrative pages."""

    required_arguments = 2
    has_content = True

    def run(self) -> list[nodes.Node]:
        script, number = self.arguments
        if not number.isdecimal():
            raise self.error(f"expected a script and the number of its figure, got {number!r}")
        gallery = Path(self.env.srcdir, "gallery")
        name = f"sphx_glr_{script}_{int(number):03d}"
        found = sorted(gallery.glob(f"*/images/{name}.json"))
        if not found:
            raise self.error(f"no example {script!r} has a figure number {number}")
        described = json.loads(found[0].read_text("utf-8"))
        self.env.note_dependency(str(found[0]))
        uri = "/" + found[0].with_suffix(".svg").relative_to(self.env.srcdir).as_posix()
        explorable = described.pop("explorable", None)
        image = ExampleFigure(uri=uri, **described)
        self.set_source_info(image)
        if explorable:
            figure = explorables.figure_of(f"{script}-{number}", uri, image, explorable)
        elif self.content:
            figure = nodes.figure("", image)
        else:
            return [image]
        figure += (
            self._caption(script, found[0]) if self.content else nodes.caption("", explorable["caption"])
        )
        return [figure]

    def _caption(self, script: str, found: Path) -> nodes.caption:
        """Return the caption that the page gives, with a link to the example."""
        caption = nodes.caption()
        lines = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, lines)
        for paragraph in lines.findall(nodes.paragraph):
            caption += paragraph.children
        caption += nodes.Text(" From: ")
        caption += self._link(script, found)
        return caption

    def _link(self, script: str, found: Path) -> nodes.Node:
        document = found.parent.parent.relative_to(self.env.srcdir) / script
        [link], _ = self.parse_inline(f"{{doc}}`/{document.as_posix()}`")
        return link


def visit_figure(translator: Any, node: ExampleFigure) -> None:
    builder = translator.builder
    path = builder.images.get(node["uri"])
    source = f"{builder.imgpath}/{quote(path)}" if path else node["uri"]
    attributes = {"width": str(node["width"]), "height": str(node["height"]), "loading": "lazy"}
    attributes |= {"src": source, "alt": node["alt"], "class": "example-figure"}
    translator.body.append(translator.emptytag(node, "img", "\n", **attributes))


def depart_figure(translator: Any, node: ExampleFigure) -> None:
    pass


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(ExampleFigure, html=(visit_figure, depart_figure))
    app.add_directive("example-figure", ExampleFigureDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
