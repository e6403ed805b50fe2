"""Where the site has an address, its pages know it; where it has none, they invent none."""

import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image
from small import SmallSite

import unsteady

ADDRESS = "https://site.invalid/unsteady/"


def tags(page: Path) -> dict[str, str]:
    """Return the page's meta tags."""
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', page.read_text("utf-8"))
    return {name: unescape(content) for name, content in found}


def test_with_an_address(small_site: SmallSite) -> None:
    done = small_site.build(
        SITE_URL=ADDRESS.rstrip("/"), REPOSITORY_URL="https://repository.invalid/unsteady"
    )
    assert done.returncode == 0, done.stderr
    home, example = (small_site.html / name for name in ("index.html", "gallery/10_small/plot_small.html"))
    assert f'<link rel="canonical" href="{ADDRESS}index.html">' in home.read_text("utf-8")
    seen = tags(example)
    assert seen["og:url"] == f"{ADDRESS}gallery/10_small/plot_small.html"
    assert seen["og:image"] == f"{ADDRESS}cards/10_small.png"
    assert seen["og:image:alt"] == "A line that rises from 0 to 1, alone in its picture."
    assert seen["description"] == seen["og:description"] == "It is, as λ says."
    with Image.open(small_site.html / "cards/10_small.png") as card:
        assert card.size == (1200, 750)
    places = {node.text for node in ElementTree.parse(small_site.html / "sitemap.xml").iter() if node.text}
    assert f"{ADDRESS}gallery/10_small/plot_small.html" in places
    assert all(place.startswith(ADDRESS) for place in places)
    commands = re.sub(r"<[^>]*>", "", (small_site.html / "wheels/index.html").read_text("utf-8"))
    wheel = f"{ADDRESS}wheels/unsteady-{unsteady.__version__}-py3-none-any.whl"
    assert f"pip install {wheel}" in commands
    assert f"%pip install --quiet {wheel}" in next(small_site.html.rglob("*.ipynb")).read_text("utf-8")
    for page in small_site.html.rglob("*.html"):
        text = page.read_text("utf-8")
        assert 'href="https://repository.invalid/unsteady/issues/new"' in text, page
        assert f"Unsteady {unsteady.__version__}" in text, page
    assert 'href="/unsteady/_static' in (small_site.html / "404.html").read_text("utf-8")


def test_without_an_address(small_site: SmallSite) -> None:
    assert small_site.build(SITE_URL="", REPOSITORY_URL="").returncode == 0
    text = (small_site.html / "index.html").read_text("utf-8")
    assert "canonical" not in text
    assert "og:image" not in tags(small_site.html / "index.html")
    assert not (small_site.html / "sitemap.xml").exists()
    assert 'href="contributing.html"' in text
    assert "%pip" not in next(small_site.html.rglob("*.ipynb")).read_text("utf-8")
    assert 'href="/_static' in (small_site.html / "404.html").read_text("utf-8")
