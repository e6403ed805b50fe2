"""Freshness: examples run again when anything that they depend on has changed, and stop at a failure.

Sphinx-Gallery looks at the script alone, and marks it as done before its page is written. So one stamp
over everything else lies beside the generated gallery: it is taken away while examples run and put back
when all have succeeded. Where it does not fit, the gallery is generated from nothing.

A build that is killed may leave its workers behind, still running examples. They end as soon as they are
orphans, and hold a lock until then, for which the next build waits.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterable
from functools import partial
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

BUILDER = "UNSTEADY_BUILDER"
"""Name of the environment's variable in which the workers find their builder's process id."""


held: list[int] = []
"""The lock that this process holds until it ends, as a worker."""


def hold(gallery_conf: dict[str, Any], script: str) -> None:
    """Before each example, in the process that runs it: a worker takes the lock and ends with its builder."""
    builder = int(os.environ[BUILDER])
    if builder != os.getpid() and not held:
        held.append(os.open(lock_of(gallery_conf["src_dir"]), os.O_WRONLY | os.O_CREAT))
        fcntl.flock(held[0], fcntl.LOCK_SH)
        threading.Thread(target=end_with, args=(builder,), daemon=True).start()


def end_with(builder: int) -> None:
    """End this process as soon as its parent is not the builder any more."""
    while os.getppid() == builder:
        time.sleep(0.1)
    os._exit(1)


def lock_of(docs: str | Path) -> Path:
    return Path(docs, "gallery.lock")


def digest_of(top: Path, files: Iterable[Path]) -> str:
    """Return a digest of the files, the installed packages, and the settings in the environment."""
    digest = hashlib.sha256(f"{sys.version} {os.environ.get('SITE_URL')}\n".encode())
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


def check_examples(examples: Path) -> None:
    """Stop at a script that Sphinx-Gallery would silently pass over."""
    for script in sorted(examples.glob("*/*.py")):
        place = script.relative_to(examples.parent)
        if not script.name.startswith("plot_"):
            raise ExtensionError(f"{place}: an example is named plot_<claim>.py, or it is not run")
        if not (script.parent / "GALLERY_HEADER.rst").is_file():
            raise ExtensionError(f"{place}: its folder needs a GALLERY_HEADER.rst with the topic's title")


def before(app: Sphinx, inputs: str) -> None:
    """Before the examples run: clear away what is stale."""
    check_examples(Path(app.srcdir).parent / "examples")
    with open(lock_of(app.srcdir), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until no worker of an earlier build is left
    gallery, stamp = Path(app.srcdir, "gallery"), Path(app.srcdir, "gallery.stamp")
    fresh = stamp.is_file() and stamp.read_text() == inputs
    stamp.unlink(missing_ok=True)
    if not fresh:
        shutil.rmtree(gallery, ignore_errors=True)


def after(app: Sphinx, inputs: str) -> None:
    """After the examples have run: stop if one failed, else vouch for the gallery."""
    failures: dict[str, str] = app.config.sphinx_gallery_conf["failing_examples"]
    if failures:
        top = Path(app.srcdir).parent
        raise ExtensionError("\n".join(summary(Path(s), t, top) for s, t in failures.items()))
    Path(app.srcdir, "gallery.stamp").write_text(inputs)


def summary(script: Path, trace: str, top: Path) -> str:
    """Return one line for a failure: path and line in the script, and the error."""
    lines = re.findall(rf'File "{re.escape(str(script))}", line (\d+)', trace)
    error = trace.strip().splitlines()[-1].replace(f"{top}/", "")
    return f"{script.relative_to(top)}:{lines[-1] if lines else 1}: {error}"


def setup(app: Sphinx) -> dict[str, bool]:
    # Taken once, at the start: a file edited while the examples run must not pass as seen.
    inputs = stamp_of(Path(app.srcdir))
    os.environ[BUILDER] = str(os.getpid())
    app.connect("builder-inited", partial(before, inputs=inputs), priority=100)
    app.connect("builder-inited", partial(after, inputs=inputs), priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
