"""The site itself, built once, and small sites to break."""

import shutil
from pathlib import Path

import pytest
from small import PAGE, SCRIPT, TOP, SmallSite, build


@pytest.fixture
def small_site(tmp_path: Path) -> SmallSite:
    for part in ("conf.py", "build.py", "extensions", "_static", "_templates"):
        source, target = TOP / "docs" / part, tmp_path / "docs" / part
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    shutil.copytree(TOP / "src/unsteady", tmp_path / "src/unsteady")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TOP / name, tmp_path)
    (tmp_path / "docs/references.bib").touch()
    site = SmallSite(tmp_path)
    site.page.write_text(PAGE, "utf-8")
    (tmp_path / "docs/wheels").mkdir()
    (tmp_path / "docs/wheels/index.md").write_text("# A wheel\n\n```{wheel}\n```\n")
    site.script.parent.mkdir(parents=True)
    site.script.write_text(SCRIPT, "utf-8")
    for folder in (site.script.parent.parent, site.script.parent):
        (folder / "GALLERY_HEADER.rst").write_text("Some examples\n=============\n\nFew.\n")
    return site


@pytest.fixture(scope="session")
def site() -> Path:
    """The published site, built as the README says, whether or not anything has changed."""
    (TOP / "docs/_build/site.stamp").unlink(missing_ok=True)
    done = build(TOP)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "WARNING" not in done.stdout + done.stderr
    return TOP / "docs/_build/html"
