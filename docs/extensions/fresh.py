"""Freshness: examples run again when anything that they depend on has changed.

Sphinx-Gallery looks at the script alone, and marks it as done before its page is written. So one stamp
over everything else lies beside the generated gallery: it is taken away while examples run and put back
when all have succeeded. Where it does not fit, the gallery is generated from nothing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Iterable
from functools import partial
from importlib.metadata import distributions
from pathlib import Path

from sphinx.application import Sphinx


def digest_of(top: Path, files: Iterable[Path]) -> str:
    """Return a digest of the files, the installed packages, and the settings in the environment."""
    addresses = [os.environ.get(name) for name in ("SITE_URL", "REPOSITORY_URL")]
    digest = hashlib.sha256(f"{sys.version} {addresses}\n".encode())
    for package in sorted(f"{d.name} {d.version}" for d in distributions()):
        digest.update(f"{package}\n".encode())
    for file in sorted(files):
        digest.update(f"{file.relative_to(top)}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def stamp_of(docs: Path) -> str:
    """Return a digest of all that the examples' output depends on, but for the scripts' text."""
    top = docs.parent
    files = [docs / "conf.py", *docs.glob("extensions/*.py"), *top.glob("src/unsteady/**/*.py")]
    names = "\n".join(str(script.relative_to(top)) for script in sorted(top.glob("examples/*/*.py")))
    return digest_of(top, files) + "\n" + names


def stamp_of_site(docs: Path) -> str:
    """Return a digest of all that the site depends on."""
    top = docs.parent
    made = (docs / "_build", docs / "gallery")
    files = {file for folder in ("docs", "examples", "src") for file in (top / folder).rglob("*")}
    # What pages include and what the wheel is made of; not the folders that tools keep for themselves.
    files |= {file for file in top.iterdir() if not file.name.startswith(".")}
    return digest_of(
        top,
        (
            file
            for file in files
            if file.is_file()
            and file.suffix not in (".pyc", ".stamp", ".lock")
            and not any(folder in file.parents for folder in made)
        ),
    )


def before(app: Sphinx, inputs: str) -> None:
    """Before the examples run: clear away what is stale."""
    gallery, stamp = Path(app.srcdir, "gallery"), Path(app.srcdir, "gallery.stamp")
    fresh = stamp.is_file() and stamp.read_text() == inputs
    stamp.unlink(missing_ok=True)
    if not fresh:
        shutil.rmtree(gallery, ignore_errors=True)


def after(app: Sphinx, inputs: str) -> None:
    """After the examples have run, all with success: vouch for the gallery."""
    Path(app.srcdir, "gallery.stamp").write_text(inputs)


def setup(app: Sphinx) -> dict[str, bool]:
    # Taken once, at the start: a file edited while the examples run must not pass as seen.
    inputs = stamp_of(Path(app.srcdir))
    app.connect("builder-inited", partial(before, inputs=inputs), priority=100)
    app.connect("builder-inited", partial(after, inputs=inputs), priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
