"""Build the site: ``python docs/build.py``. Publishes docs/_build/html only when all is well."""

import gc
import logging
import os
import shutil
import sys
from pathlib import Path

from filelock import FileLock
from sphinx.application import Sphinx
from sphinx.errors import SphinxError

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS))
from sphinxext.digests import digest_of  # noqa: E402

BUILD = DOCS / "_build"
SITE, NEXT, LAST, DOCTREES = BUILD / "html", BUILD / "next", BUILD / "last", BUILD / "doctrees"
STAMP = BUILD / "site.stamp"


def digest_of_site() -> str:
    """Return a digest of all that the site depends on."""
    top, made = DOCS.parent, {BUILD, DOCS / "gallery"}
    files = {file for folder in ("docs", "examples", "src") for file in (top / folder).rglob("*")}
    # What pages include and what the wheel is made of; not the folders that tools keep for themselves.
    files |= {file for file in top.iterdir() if not file.name.startswith(".")}
    addresses = [os.environ.get(name) for name in ("SITE_URL", "REPOSITORY_URL")]
    return digest_of(top, (file for file in files if not made & {*file.parents}), addresses)


class Unwritable(logging.Filter):
    """Where Sphinx cannot write a page it warns, and tries the next one: stop at the first."""

    def filter(self, record: logging.LogRecord) -> bool:
        for value in record.args if isinstance(record.args, tuple) else ():
            if isinstance(value, OSError):
                raise value
        return True


def build() -> str:
    """Build into a folder aside, from nothing but the examples' results; return what went wrong."""
    for folder in (NEXT, DOCTREES):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        app = Sphinx(DOCS, DOCS, NEXT, DOCTREES, "html", freshenv=True, warningiserror=True, parallel=2)
        for handler in logging.getLogger("sphinx").handlers:
            handler.addFilter(Unwritable())
        app.build()
    except SphinxError as error:
        cause = getattr(error, "orig_exc", None)
        if isinstance(cause, OSError):
            raise cause from error
        return str(error)
    return f"{app._warncount} warnings, see above; they count as errors" if app.statuscode else ""


def publish() -> None:
    """Put the new site in the place of the old one."""
    (NEXT / ".buildinfo").unlink(missing_ok=True)
    shutil.rmtree(LAST, ignore_errors=True)
    if SITE.exists():
        SITE.rename(LAST)
    NEXT.rename(SITE)
    shutil.rmtree(LAST, ignore_errors=True)


def update() -> str:
    """Build and publish the site if anything has changed since; return what went wrong."""
    inputs = digest_of_site()
    if SITE.is_dir() and STAMP.is_file() and STAMP.read_text() == inputs:
        print("Nothing has changed since the site was built.")
        return ""
    STAMP.unlink(missing_ok=True)
    trouble = build()
    if not trouble:
        publish()
        STAMP.write_text(inputs)
    return trouble


def locked_update() -> str:
    """Update the site, alone; return what went wrong, in one line where a file could not be written."""
    try:
        with FileLock(BUILD / "lock", is_singleton=True):  # a second build waits for the first
            return update()
    except OSError as error:
        where = f"{os.path.relpath(error.filename)}: " if error.filename else ""
        return f"{where}{error.strerror or error}"


def main() -> int:
    trouble = locked_update()
    if trouble:
        print(f"\nThe site was not built.\n{trouble}", file=sys.stderr)
        return 1
    where = os.path.relpath(SITE)
    print(f"\nThe site is in {where}: open {where}/index.html, or serve it with: make serve")
    return 0


if __name__ == "__main__":
    gc.disable()  # a short process that makes many objects: collecting them takes an eighth of its time
    sys.exit(main())
