"""The site itself, built once, and small sites to break."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import chromium
import pytest
import serve
import uvicorn
from filelock import FileLock
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from small import PAGE, SCRIPT, TOP, SmallSite, build
from views import WIDE, Open


@pytest.fixture
def small_site(tmp_path: Path) -> SmallSite:
    for part in ("conf.py", "scorer.js", "build.py", "sphinxext", "_static", "_templates"):
        source, target = TOP / "docs" / part, tmp_path / "docs" / part
        target.parent.mkdir(exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    shutil.copytree(TOP / "src/unsteady", tmp_path / "src/unsteady")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TOP / name, tmp_path)
    (tmp_path / "docs/references.bib").touch()
    site = SmallSite(tmp_path)
    site.page.write_text(PAGE, "utf-8")
    for name in ("one", "two"):  # from six pages on, Sphinx reads and writes in processes of its own
        (tmp_path / f"docs/{name}.md").write_text(
            f"# Page {name}\n\nIt says {{claim}}`it-is-so:.0f`.\n", "utf-8"
        )
    (tmp_path / "docs/404.md").write_text("---\norphan: true\n---\n\n# Not here\n\nGo [home](index.md).\n")
    (tmp_path / "docs/wheels").mkdir()
    (tmp_path / "docs/wheels/index.md").write_text("# A wheel\n\n{{ install }}\n")
    site.script.parent.mkdir(parents=True)
    site.script.write_text(SCRIPT, "utf-8")
    for folder in (site.script.parent.parent, site.script.parent):
        (folder / "GALLERY_HEADER.rst").write_text("Some examples\n=============\n\nFew.\n")
    return site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The published site, built as the README says: once, whether or not anything has changed."""
    shared = (
        tmp_path_factory.getbasetemp() if worker_id == "master" else tmp_path_factory.getbasetemp().parent
    )
    with FileLock(shared / "site.lock"):
        if not (shared / "site.built").exists():
            (TOP / "docs/_build/site.stamp").unlink(missing_ok=True)
            done = build(TOP)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr
            assert "WARNING" not in done.stdout + done.stderr
            (shared / "site.built").touch()
    return TOP / "docs/_build/html"


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served, as ``make serve`` does."""
    settings = uvicorn.Config(serve.application(site), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium."""
    with sync_playwright() as playwright:
        path = os.environ[chromium.VARIABLE]
        chrome = playwright.chromium.launch(executable_path=path, args=chromium.FLAGS)
        yield chrome
        chrome.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Open a page of the site in a context of its own."""
    contexts: list[BrowserContext] = []

    def opened(path: str, **options: object) -> Page:
        contexts.append(browser.new_context(**{"viewport": WIDE, **options}))  # type: ignore[arg-type]
        page = contexts[-1].new_page()
        page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
