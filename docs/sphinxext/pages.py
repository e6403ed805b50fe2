"""The finished pages: mended where their makers stumble, and bound to ask nobody but this site.

What Furo, Sphinx and Sphinx-Gallery write is text by now, the same on every page, so it is mended as text.
Then a Content-Security-Policy goes into each page: all that it loads comes from this site, and what is
written into it runs only if it is what was built.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

MENDED = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # Nothing is fetched before it is needed, and not in words that are no HTML.
        (r'\s*<link rel="prefetch"[^>]* as="image">', ""),
        # Headings of the navigation have a level.
        (r'<p class="caption" role="heading">', '<p class="caption" role="heading" aria-level="2">'),
        # The boxes that open the menus are where a screen reader looks for such things.
        (
            r'((?:<input type="checkbox" class="sidebar-toggle"[^>]*>\s*)+)',
            r'<nav aria-label="Menus">\1</nav>\n',
        ),
        # What is wider than the page scrolls by keyboard, too.
        (r"<pre>", '<pre tabindex="0">'),
        (r'<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
        # Roles that are deprecated, or want children that are not there.
        (r' role="doc-biblioentry"', ""),
        (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
        # Sphinx-Gallery: no filter where there are no tags, no attribute of its own; thumbnails have a size.
        (r"<div id='sg-tag-list'[^>]*></div>", ""),
        (r'<script src="[^"]*sg-tags\.js[^"]*"></script>\s*', ""),
        (r' tooltip="[^"]*"', ""),
        (
            r'<img alt="" src="([^"]*_thumb\.svg)" />',
            r'<img alt="" src="\1" width="320" height="200" loading="lazy">',
        ),
        # No style but from a style sheet: what is left out here is in site.css, or needs none.
        (r'(<svg[^<>]*?) style="display: none;"', r'\1 class="symbols"'),
        (r'(<[^<>]*?) style="opacity: 50%"', r'\1 opacity="50%"'),
        (r'(<img[^<>]*?) style="display: none"', r"\1 hidden"),
        (r'(<t[dh][^<>]*?) style="width: \d+%(?:; vertical-align: top)?;?"', r"\1"),
        (r'(<(?:table|col)[^<>]*?) style="width: [\d.]+%"', r"\1"),
    )
)
INLINE = {
    "script-src": re.compile(r"<script>(.*?)</script>", re.DOTALL),
    "style-src": re.compile(r"<style>(.*?)</style>", re.DOTALL),
}


STYLED = re.compile(r'<[^<>]*? style="[^"]*"[^<>]*>')
CHARSET = '<meta charset="utf-8">'


def mend(html: str, name: str) -> str:
    """Return the page as it should be."""
    for pattern, replacement in MENDED:
        html = pattern.sub(replacement, html)
    if styled := STYLED.search(html):
        raise ExtensionError(f"{name}: the policy of the pages forbids this style: {styled[0]}")
    return html


def from_anywhere(html: str, prefix: str) -> str:
    """Return the page for what is not there, shown at any address, with absolute links in its text."""
    head, mark, text = html.partition("<article")
    text, end, foot = text.partition("</article>")
    return head + mark + re.sub(r'href="(?!#|/|\w+:)', f'href="{prefix}', text) + end + foot


def policy(pages: Iterable[str]) -> str:
    """Return the one policy of all pages: this site alone, and the inline code that is in them now."""
    rules = {"default-src": ["'self'"], "img-src": ["'self'", "data:"], "object-src": ["'none'"]}
    rules |= {"base-uri": ["'self'"], "form-action": ["'self'"]}
    pages = list(pages)
    for rule, inline in INLINE.items():
        codes = {code.encode() for page in pages for code in inline.findall(page)}
        hashes = sorted(b64encode(sha256(code).digest()).decode() for code in codes)
        rules[rule] = ["'self'", *(f"'sha256-{digest}'" for digest in hashes)]
    return "; ".join(" ".join([rule, *sources]) for rule, sources in rules.items())


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Mend every page and write the policy into it, unless ``make live`` adds a script of its own."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    names = sorted(file.relative_to(out).as_posix() for file in out.rglob("*.html"))
    pages = {name: mend((out / name).read_text("utf-8"), name) for name in names}
    pages["404.html"] = from_anywhere(pages["404.html"], app.config.notfound_urls_prefix)
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(pages.values())}">'
    for name, html in pages.items():
        if html.count(CHARSET) != 1:
            raise ExtensionError(f"{name}: no place for the policy, {CHARSET} is not there once")
        written = html if app.tags.has("live") else html.replace(CHARSET, f"{CHARSET}\n    {meta}")
        (out / name).write_text(written, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
