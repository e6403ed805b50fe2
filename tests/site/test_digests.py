"""What an example and the site depend on: each of it, when it changes, makes another digest."""

import sys
from dataclasses import dataclass
from pathlib import Path

import build
import pytest
from small import SmallSite
from sphinxext import digests


@dataclass
class Package:
    name: str
    version: str


def test_a_version_a_setting_or_a_file_makes_another_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.py"
    file.write_text("1")
    packages = [Package("numpy", "2.4.6"), Package("matplotlib", "3.11.2")]
    monkeypatch.setattr(digests, "distributions", lambda: packages)

    def digest(settings: str = "") -> str:
        digests.versions.cache_clear()
        return digests.digest_of(tmp_path, [file], settings)

    seen = [digest()]
    assert digest() == seen[0]
    packages[0] = Package("numpy", "2.5.0")
    seen.append(digest())
    seen.append(digest("https://site.invalid/"))
    monkeypatch.setattr(sys, "version", "3.99")
    seen.append(digest())
    file.write_text("2")
    seen.append(digest())
    file.rename(tmp_path / "b.py")
    file = tmp_path / "b.py"
    seen.append(digest())
    assert len(set(seen)) == len(seen)
    digests.versions.cache_clear()


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("examples/10_small/plot_small.py", True),
        ("src/unsteady/py.typed", True),
        ("src/unsteady/optimizers.py", True),
        ("src/unsteady/gallery/explorable.js", True),
        ("docs/sphinxext/scraping.py", True),
        ("docs/sphinxext/examples.py", True),
        ("docs/sphinxext/claims.py", False),
        ("docs/index.md", False),
        ("pyproject.toml", False),
    ],
)
def test_what_an_example_depends_on(small_site: SmallSite, name: str, counts: bool) -> None:
    before = digests.digest_of_example(small_site.script, "")
    with (small_site.top / name).open("a") as file:
        file.write("\n")
    assert (digests.digest_of_example(small_site.script, "") != before) == counts


@pytest.fixture
def small_docs(small_site: SmallSite, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pages of a small site, in the place of those that are to be built."""
    docs = small_site.top / "docs"
    monkeypatch.setattr(build, "DOCS", docs)
    monkeypatch.setattr(build, "BUILD", docs / "_build")
    return docs


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "README.md", "LICENSE", "docs/conf.py", "docs/one.md", "docs/new/page.md"]
)
def test_whatever_the_site_is_made_of_is_in_its_digest(small_docs: Path, name: str) -> None:
    before = build.digest_of_site()
    file = small_docs.parent / name
    file.parent.mkdir(exist_ok=True)
    with file.open("a") as changed:
        changed.write("\n")
    assert build.digest_of_site() != before


def test_what_the_build_makes_is_not_in_the_sites_digest(
    small_docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = build.digest_of_site()
    for folder in ("_build/html", "gallery/10_small"):
        (small_docs / folder).mkdir(parents=True)
        (small_docs / folder / "made.txt").touch()
    assert build.digest_of_site() == before
    monkeypatch.setenv("SITE_URL", "https://site.invalid/")
    assert build.digest_of_site() != before
