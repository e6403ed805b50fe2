"""Where the site has an address, its pages know it; where it has none, they invent none."""

import re
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image
from small import SmallSite
from sphinxext import preview

import unsteady

ADDRESS = "https://site.invalid/unsteady/"


def tags(page: Path) -> dict[str, str]:
    """Return the page's meta tags."""
    found = re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)"', page.read_text("utf-8"))
    return {name: unescape(content) for name, content in found}


def add_the_example_of_the_picture(small_site: SmallSite) -> None:
    """Add the example whose first figure is the picture of the site, with the small one's text."""
    folder, script = re.fullmatch(r"gallery/(\w+)/images/sphx_glr_(\w+)_001", preview.FIGURE).groups()  # type: ignore[union-attr]
    target = small_site.script.parents[1] / folder / f"{script}.py"
    target.parent.mkdir()
    target.write_text(small_site.script.read_text("utf-8").replace("it-is-so", "so-it-is"), "utf-8")
    (target.parent / "GALLERY_HEADER.rst").write_text("The first\n=========\n\nOne.\n", "utf-8")


def test_with_an_address(small_site: SmallSite) -> None:
    add_the_example_of_the_picture(small_site)
    done = small_site.build(
        SITE_URL=ADDRESS.rstrip("/"), REPOSITORY_URL="https://repository.invalid/unsteady"
    )
    assert done.returncode == 0, done.stderr
    home, example = (small_site.html / name for name in ("index.html", "gallery/10_small/plot_small.html"))
    assert f'<link rel="canonical" href="{ADDRESS}index.html">' in home.read_text("utf-8")
    seen = tags(example)
    assert seen["og:url"] == f"{ADDRESS}gallery/10_small/plot_small.html"
    assert seen["description"] == seen["og:description"]
    assert seen["description"].startswith("It is, as λ says.")
    for page in (home, example):
        seen = tags(page)
        assert seen["og:image:alt"] == "A line that rises from 0 to 1, alone in its picture."
        with Image.open(small_site.html / seen["og:image"].removeprefix(ADDRESS)) as picture:
            assert picture.format == "PNG"
            assert picture.width == 1200  # what services that show previews ask for
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
        assert 'rel="edit"' not in text, page  # nobody knows how that host names its files
    assert 'href="/unsteady/_static' in (small_site.html / "404.html").read_text("utf-8")


def test_where_the_host_is_known_pages_lead_to_their_source(small_site: SmallSite) -> None:
    reference = small_site.top / "docs/reference.md"
    reference.write_text("# L\n\n```{eval-rst}\n.. autofunction:: unsteady.theory.expected_max_normal\n```\n")
    small_site.change(small_site.page, "wheels/index\n", "wheels/index\nreference\n")
    repository = "https://github.com/somebody/unsteady"
    done = small_site.build(REPOSITORY_URL=repository)
    assert done.returncode == 0, done.stderr
    links = {
        page.relative_to(small_site.html).as_posix(): re.findall(
            r'href="([^"]+)" rel="edit"', page.read_text()
        )
        for page in small_site.html.rglob("*.html")
    }
    sources = [link.removeprefix(f"{repository}/edit/main/") for found in links.values() for link in found]
    assert len(sources) > 5
    assert [source for source in sources if not (small_site.top / source).is_file()] == []
    assert links["gallery/10_small/plot_small.html"] == [
        f"{repository}/edit/main/examples/10_small/plot_small.py"
    ]
    page = (small_site.html / "reference.html").read_text("utf-8")
    [(file, first)] = re.findall(rf'href="{repository}/blob/main/(src/[\w/]+\.py)#L(\d+)-L\d+"', page)
    line = (small_site.top / file).read_text("utf-8").splitlines()[int(first) - 1]
    assert line.startswith("def expected_max_normal(")


def test_without_an_address(small_site: SmallSite) -> None:
    assert small_site.build(SITE_URL="", REPOSITORY_URL="").returncode == 0
    text = (small_site.html / "index.html").read_text("utf-8")
    assert "canonical" not in text
    assert "og:image" not in tags(small_site.html / "index.html")
    assert not (small_site.html / "sitemap.xml").exists()
    assert 'rel="edit"' not in text
    assert 'href="contributing.html"' in text
    assert "%pip" not in next(small_site.html.rglob("*.ipynb")).read_text("utf-8")
    assert 'href="/_static' in (small_site.html / "404.html").read_text("utf-8")
