"""The finished pages: made accessible where Sphinx is not, and restricted to this site.

What Sphinx and Sphinx-Gallery write is the same on every page, so it is mended as text. (What Furo
writes is mended in docs/_templates.) Then a Content-Security-Policy goes into each page: all that
it loads comes from this site, and inline code runs only if it is what was built.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

FIXES = (
    # What is wider than the page scrolls by keyboard, too.
    (r"<pre>", '<pre tabindex="0">'),
    (r'<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
    # Roles that are deprecated, or want children that are not there; an attribute that HTML lacks.
    (r' role="doc-biblioentry"| role="list"(?= class="citation-list")| tooltip="[^"]*"', ""),
    # Thumbnails have a size, and are loaded when they come into view.
    (r'(<img alt="" src="[^"]*_thumb\.svg") />', r'\1 width="320" height="200" loading="lazy">'),
    (r'(<img[^<>]*?) style="display: none"', r"\1 hidden"),
    # No style but from a style sheet: columns are as wide as what is in them.
    (r'(<(?:t[dh]|table|col)\b[^<>]*?) style="width: [^"]*"', r"\1"),
)
STYLED = re.compile(r'<[^<>]*? style="[^"]*"[^<>]*>')
INLINE = {
    "script-src": re.compile(r"<script>(.*?)</script>", re.DOTALL),
    "style-src": re.compile(r"<style>(.*?)</style>", re.DOTALL),
}
CHARSET = '<meta charset="utf-8">'


def mend(html: str, name: str) -> str:
    """Return the page with all fixes; a style attribute that is left is an error."""
    for pattern, replacement in FIXES:
        html = re.sub(pattern, replacement, html)
    if styled := STYLED.search(html):
        raise ExtensionError(f"{name}: the policy of the pages forbids this style: {styled[0]}")
    return html


def policy(pages: Iterable[str]) -> str:
    """Return the one policy of all pages: this site alone, and the inline code that is in them."""
    rules = {"default-src": ["'self'"], "img-src": ["'self'", "data:"], "object-src": ["'none'"]}
    rules |= {"base-uri": ["'self'"], "form-action": ["'self'"]}
    text = "".join(pages)
    for rule, inline in INLINE.items():
        digests = {b64encode(sha256(code.encode()).digest()) for code in inline.findall(text)}
        rules[rule] = ["'self'", *(f"'sha256-{digest.decode()}'" for digest in sorted(digests))]
    return "; ".join(" ".join([rule, *sources]) for rule, sources in rules.items())


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Mend all pages, and write the policy into them, unless ``make live`` adds its own script."""
    if exception or app.builder.format != "html":
        return
    pages = {f: mend(f.read_text("utf-8"), f.name) for f in Path(app.outdir).rglob("*.html")}
    # The page for what is missing is shown at any address.
    missing, prefix = Path(app.outdir, "404.html"), app.config.notfound_urls_prefix
    pages[missing] = re.sub(r'href="(?!#|/|\w+:)', f'href="{prefix}', pages[missing])
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(pages.values())}">'
    for file, html in pages.items():
        head = f"{CHARSET}\n    {meta}" if not app.tags.has("live") else CHARSET
        file.write_text(html.replace(CHARSET, head), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
