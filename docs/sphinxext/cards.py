"""What others see of a page: its description, and one PNG a topic, since previews take no SVG."""

from __future__ import annotations

import shutil
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinxext.maths import to_text
from sphinx.application import Sphinx

HOME = "00_answer"
"""The topic whose picture stands for pages that belong to none."""
LONGEST = 200
"""Letters of a description."""


def topic_of(pagename: str, meta: dict[str, Any] | None) -> str:
    """Return the folder of examples that a page belongs to: its own, or the one that its head names."""
    folders = pagename.split("/")
    if folders[0] == "gallery" and len(folders) == 3:
        return folders[1]
    return str((meta or {}).get("topic", HOME))


def describe(doctree: nodes.document) -> str:
    """Return the first paragraph of a page, formulas as letters, cut after a sentence or a word."""
    paragraphs = doctree.findall(
        lambda n: isinstance(n, nodes.paragraph) and isinstance(n.parent, nodes.section)
    )
    paragraph = next(paragraphs, None)
    if paragraph is None:
        return ""
    copy = paragraph.deepcopy()
    for formula in list(copy.findall(nodes.math)):
        formula.replace_self(nodes.Text(to_text(formula.astext())))
    text = " ".join(copy.astext().split())
    if len(text) <= LONGEST:
        return text
    sentences = text[:LONGEST].rpartition(". ")[0]
    return f"{sentences}." if len(sentences) > LONGEST / 2 else f"{text[:LONGEST].rpartition(' ')[0]} …"


def name_card(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Before the tags of a page are written: what it says, and its picture where the address is known."""
    if doctree is None:
        return
    meta = dict(context.get("meta") or {})
    head = next((node for node in doctree.findall(nodes.meta) if node.get("name") == "description"), None)
    description = head["content"] if head else describe(doctree)
    if description:
        meta["og:description"] = escape(description)
        if not head:
            context["metatags"] += f'<meta name="description" content="{escape(description)}">\n'
    card = Path(app.srcdir, "gallery", topic_of(pagename, meta), "card.png")
    if app.config.html_baseurl and card.is_file():
        meta["og:image"] = f"{app.config.html_baseurl}cards/{card.parent.name}.png"
        meta["og:image:alt"] = escape(card.with_suffix(".txt").read_text("utf-8"))
    context["meta"] = meta


def publish_cards(app: Sphinx, exception: Exception | None) -> None:
    """Copy the pictures to where the pages say that they are."""
    if exception or not app.config.html_baseurl:
        return
    target = Path(app.outdir, "cards")
    target.mkdir(exist_ok=True)
    for card in sorted(Path(app.srcdir, "gallery").glob("*/card.png")):
        shutil.copy(card, target / f"{card.parent.name}.png")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", name_card, priority=400)
    app.connect("build-finished", publish_cards)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
