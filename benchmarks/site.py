"""How long does the site take? Clean, unchanged, and after one thing was edited; beside the bare examples.

Run it as ``python benchmarks/site.py``. It works in a copy of the tree. A page and a script cost little, a
mended claim costs one example, and a change of the library costs all of them.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
SKIPPED = (".git", ".venv*", ".node", "_build", "gallery*", ".*_cache")
SCRIPT = "examples/10_steps/plot_learning_rate.py"


def python(*command: str, cwd: Path, fails: bool = False) -> str:
    """Run a Python program, stop where it does not end as expected, and return what it printed."""
    environment = {**os.environ, "MPLBACKEND": "agg", "NO_COLOR": "1", "PYTHONPATH": str(cwd / "src")}
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    if (done.returncode != 0) != fails:
        sys.exit(f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def bare(top: Path) -> str:
    """Run all examples, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        scripts = sorted(top.glob("examples/*/plot_*.py"))
        return "".join(pool.map(lambda script: python(str(script), cwd=top), scripts))


def measure(name: str, work: Callable[[], str]) -> None:
    """Print how long some work takes, and how many examples ran in it."""
    begun = time.perf_counter()
    output = work()
    ran = len(re.findall(r"^\s*\d+ of \d+ \S+ [\d.]+ s", output, re.MULTILINE))
    print(f"{name:34} {time.perf_counter() - begun:7.1f} s {ran:4} examples", flush=True)


def append(file: Path, line: str) -> str:
    """Add a line to a file, and return what was there before."""
    before = file.read_text("utf-8")
    file.write_text(f"{before}\n{line}\n", "utf-8")
    return before


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder, "unsteady")
        shutil.copytree(TOP, top, ignore=shutil.ignore_patterns(*SKIPPED))

        def build(fails: bool = False) -> str:
            return python("docs/build.py", cwd=top, fails=fails)

        measure("all examples bare, two processes", lambda: bare(top))
        measure("clean build", build)
        measure("nothing changed", build)
        append(top / "docs/steps.md", "One more sentence.")
        measure("one page edited", build)
        append(top / SCRIPT, "# One more line.")
        measure("one script edited", build)
        true = append(top / SCRIPT, 'claim("false", "a false claim", measured=1, equals=2)')
        measure("one claim made false", lambda: build(fails=True))
        (top / SCRIPT).write_text(true, "utf-8")
        measure("the false claim mended", build)
        append(top / "src/unsteady/theory/__init__.py", "# One more line.")
        measure("the library edited", build)


if __name__ == "__main__":
    main()
