"""Formulas as MathML, made while the site is built: no script, nothing asked of anyone.

A browser stretches roots and brackets only in a font that says how. So the site carries its own, the part
of STIX Two Math that the formulas need, cut out while the site is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from importlib.util import find_spec
from logging import WARNING, getLogger
from pathlib import Path
from typing import Any
from unicodedata import decomposition
from xml.etree import ElementTree

from docutils import nodes
from fontTools import subset
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)
getLogger("fontTools").setLevel(WARNING)  # it tells of every table that it has cut

# The letter that figures and code have.
MACROS = {"epsilon": r"\varepsilon"}

ACCENTS = {"ˆ": "\N{COMBINING CIRCUMFLEX ACCENT}", "‾": "\N{COMBINING OVERLINE}"}
SIGNS = {"mfrac": "/", "msup": "^", "msub": "_"}
# A single letter in <mi> is shown as the mathematical italic one, which has a place of its own in a font.
ITALIC = {
    chr(int(decomposition(chr(code)).split()[1], 16)): chr(code)
    for code in (0x210E, *range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C))
    if decomposition(chr(code))
}
FORMULA = re.compile(r"<math.*?</math>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
ENTITY = re.compile(r"&(?!lt|gt|amp|quot|apos)\w+;")

converter = LatexToMathML(fancy_error=False, macros=MACROS)


def convert(latex: str, *, display: bool) -> str:
    """Return MathML that any XML parser reads, whose overlines stretch, as combining marks do not."""
    mathml = converter.convert_with_local_state(latex, displaystyle=display)
    mathml = ENTITY.sub(lambda name: unescape(name[0]), mathml)
    return mathml.replace("\N{COMBINING LOW LINE}", "‾")


def to_mathml(latex: str, node: nodes.Node, *, display: bool) -> str:
    """Return the formula as MathML; an error becomes a warning at the formula's place."""
    try:
        return convert(latex, display=display)
    except LatexError as error:
        logger.warning("formula %r: %s", latex, error, location=node, type="maths")
        return f"<code>{nodes.unescape(latex)}</code>"


def to_text(latex: str) -> str:
    """Return what is to be read of a formula, for where there are only letters; a wrong one as it stands."""
    try:
        return spoken(ElementTree.fromstring(convert(latex, display=False)))
    except LatexError:
        return latex


def spoken(element: ElementTree.Element) -> str:
    """Return an element of MathML on one line: a/b, a^b, a_b, √(a)."""
    parts = [spoken(child) for child in element]
    if element.tag in SIGNS and len(parts) == 2:
        first, second = (part if len(part) == 1 else f"({part})" for part in parts)
        return f"{first}{SIGNS[element.tag]}{second}"
    if element.tag == "mover":  # an accent
        return f"{parts[0]}{ACCENTS.get(parts[1], parts[1])}"
    if element.tag == "msqrt":
        return f"√({''.join(parts)})"
    return (element.text or "").strip("\N{FUNCTION APPLICATION} \n") + "".join(parts)


def visit_inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(to_mathml(node.astext(), node, display=False))
    raise nodes.SkipNode


def visit_display(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(translator.starttag(node, "div", CLASS="math", role="group", tabindex="0"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(to_mathml(node.astext(), node, display=True))
    translator.body.append("</div>\n")
    raise nodes.SkipNode


FONT = Path(str(find_spec("ziamath").origin)).parent / "fonts" / "STIXTwoMath-Regular.ttf"  # type: ignore[union-attr]


def letters_of(pages: Iterable[Path]) -> set[str]:
    """Return all characters that the formulas of the pages show, the root sign of their tags included."""
    formulas = [formula for page in pages for formula in FORMULA.findall(page.read_text("utf-8"))]
    letters = {letter for formula in formulas for letter in unescape(TAG.sub("", formula))}
    variables = {letter for formula in formulas for letter in re.findall(r"<mi>(.)</mi>", formula)}
    return letters | {ITALIC.get(letter, letter) for letter in variables} | {"√"}


def write_font(app: Sphinx, exception: Exception | None) -> None:
    """Write the letters that the formulas use, and the font's licence, beside the style sheets."""
    static = Path(app.outdir, "_static")
    if exception or not static.is_dir():
        return
    options = subset.Options(flavor="woff2", layout_features=["ssty"], hinting=False)
    font = subset.load_font(str(FONT), options)
    names = font["name"]
    licence = "\n\n".join(names.getDebugName(number) or "" for number in (0, 13, 14))
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(letters_of(Path(app.outdir).rglob("*.html"))))
    subsetter.subset(font)
    font["head"].modified = font["head"].created  # the same bytes at any time
    subset.save_font(font, str(static / "stix-two-math.woff2"), options)
    (static / "stix-two-math-licence.txt").write_text(licence + "\n", "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
