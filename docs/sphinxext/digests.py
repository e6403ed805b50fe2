"""Digests of what an example, or anything, is made of."""

import sys
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path

# The modules of this package that shape what an example leaves behind.
MACHINERY = ("digests.py", "examples.py", "preview.py", "scraping.py")


@cache
def versions() -> list[str]:
    """Return Python's version and those of all installed packages."""
    return [sys.version, *sorted(f"{each.name} {each.version}" for each in distributions())]


def digest_of(top: Path, files: Iterable[Path], settings: object) -> str:
    """Return a digest of files, compiled ones aside, of the installed packages, and of settings."""
    kept = (file for file in sorted(files) if file.is_file() and file.suffix != ".pyc")
    contents = [(str(f.relative_to(top)), sha256(f.read_bytes()).digest()) for f in kept]
    return sha256(repr((versions(), settings, contents)).encode()).hexdigest()


def digest_of_example(script: Path, settings: object) -> str:
    """Return a digest of a script, the whole library, and the machinery that shapes its output."""
    top = script.parents[2]
    machinery = (top / "docs/sphinxext" / name for name in MACHINERY)
    return digest_of(top, [script, *machinery, *top.glob("src/unsteady/**/*")], settings)
