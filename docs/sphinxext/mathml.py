"""Formulas as MathML, made while the site is built: no script, and no request to another site.

A browser stretches roots and brackets only in a font for mathematics. The site carries one: the
part of STIX Two Math that its formulas need, cut out at the end of each build.
"""

import re
from collections.abc import Iterable
from html import escape, unescape
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unicodedata import normalize
from xml.etree import ElementTree

from docutils import nodes
from fontTools import subset
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

CONVERTER = LatexToMathML(fancy_error=False, macros={"epsilon": r"\varepsilon"})
FONT = Path(str(find_spec("ziamath").origin)).with_name("fonts")  # type: ignore[union-attr]
# A browser shows a single letter in <mi> as one of these.
ITALIC = [chr(code) for code in (0x210E, *range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C))]
SIGNS = {"mfrac": "/", "msup": "^", "msub": "_"}


def to_mathml(latex: str, node: nodes.Element, *, display: bool) -> str:
    """Return the formula as MathML; invalid LaTeX is a warning with its place, and is shown."""
    try:
        mathml = CONVERTER.convert_with_local_state(latex, displaystyle=display)
    except LatexError as error:
        logger.warning("formula %r: %s", latex, error, location=node, type="mathml")
        return f"<code>{escape(latex)}</code>"
    # The combining line does not stretch.
    return mathml.replace("\N{COMBINING LOW LINE}", "\N{OVERLINE}")


def to_text(mathml: str) -> str:
    """Return a formula as plain text: a/b, a^b, a_b, √(a); letters and signs as they stand."""

    def read(element: ElementTree.Element) -> str:
        parts = [read(child) for child in element]
        if element.tag in ("msqrt", *SIGNS):
            parts = [part if len(part) == 1 else f"({part})" for part in parts]
        text = (element.text or "√" * (element.tag == "msqrt")).strip("\N{FUNCTION APPLICATION} \n")
        return text + SIGNS.get(element.tag, "").join(parts)

    named = re.sub(r"&(?!lt|gt|amp)\w+;", lambda entity: unescape(entity[0]), mathml)
    return read(ElementTree.fromstring(named))


def read_formulas(app: Sphinx, page: str, template: str, context: Any, doctree: Any) -> None:
    """When a page's HTML is done, but not its description: put text in place of LaTeX."""
    for formula in list(doctree.findall(nodes.math)) if doctree else ():
        mathml = to_mathml(formula.astext(), formula, display=False)
        formula.replace_self(nodes.Text(to_text(mathml)))


def visit_inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(to_mathml(node.astext(), node, display=False))
    raise nodes.SkipNode


def visit_display(translator: Any, node: nodes.math_block) -> None:
    start = translator.starttag(node, "div", CLASS="math", role="group", tabindex="0")
    translator.body += start, to_mathml(node.astext(), node, display=True), "</div>\n"
    raise nodes.SkipNode


def letters_of(pages: Iterable[Path]) -> str:
    """Return all characters that the pages' formulas show, and the root sign of their tags."""
    texts = (page.read_text("utf-8") for page in pages)
    formulas = "".join(f for text in texts for f in re.findall("<math.*?</math>", text, re.DOTALL))
    letters = {"√", *unescape(re.sub("<[^>]*>", "", formulas))}
    letters |= {letter for letter in ITALIC if normalize("NFKC", letter) in letters}
    return "".join(sorted(letters))


def write_font(app: Sphinx, exception: Exception | None) -> None:
    """Write the letters that the formulas use, with the font's licence, beside the style sheets."""
    static = Path(app.outdir, "_static")
    if not exception and static.is_dir():
        text = f"--text={letters_of(Path(app.outdir).rglob('*.html'))}"
        options = ["--flavor=woff2", "--layout-features=ssty", "--no-hinting", "--name-IDs=*"]
        target = f"--output-file={static / 'stix-two-math.woff2'}"
        subset.main([str(FONT / "STIXTwoMath-Regular.ttf"), text, *options, target])


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.connect("html-page-context", read_formulas, priority=400)
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
