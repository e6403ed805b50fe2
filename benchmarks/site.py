"""How long does the site take? Clean, unchanged, a page edited, the library edited; beside the bare examples.

Run it as ``python benchmarks/site.py``. It works in a copy of the tree.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
CLEAN_FACTOR, CLEAN_EXTRA, UNCHANGED = 1.3, 5.0, 4.0
ROUNDS = 3


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, "MPLBACKEND": "agg", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def bare(top: Path) -> None:
    """Run all examples, two at a time."""
    scripts = sorted(top.glob("examples/*/plot_*.py"))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda script: run(str(script), cwd=top), scripts))


def build(top: Path) -> str:
    return run("docs/build.py", cwd=top)


def edit(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as text:
        text.write(f"\n{line}\n")


def examples_in(top: Path) -> float:
    """Return the seconds that the examples took in the build, summed over both workers."""
    return sum(json.loads(file.read_text())["time"] for file in top.glob("docs/gallery/*/*.cost.json"))


def measure(top: Path) -> dict[str, float]:
    """Return the seconds of each kind of build."""
    rows = {"all examples bare, two processes": seconds(lambda: bare(top))}
    for made in ("docs/_build", "docs/gallery"):
        shutil.rmtree(top / made, ignore_errors=True)
    rows["clean build"] = seconds(lambda: build(top))
    rows["nothing changed"] = seconds(lambda: build(top))
    edit(top / "docs/steps.md", "One more sentence.")
    rows["one page changed"] = seconds(lambda: build(top))
    edit(top / "src/unsteady/theory.py", "# changed")
    rows["the library changed"] = seconds(lambda: build(top))
    return rows


def main() -> None:
    top = Path(tempfile.mkdtemp()) / "unsteady"
    shutil.copytree(
        TOP, top, ignore=shutil.ignore_patterns(".git", ".venv*", ".node", "_build", "gallery*", ".*_cache")
    )
    rows = [measure(top) for _ in range(ROUNDS)]
    in_build = examples_in(top)
    shutil.rmtree(top.parent)
    rows = {name: min(row[name] for row in rows) for name in rows[0]}
    print(f"best of {ROUNDS}")
    for name, took in rows.items():
        print(f"{name:34} {took:6.2f} s")
    clean, unchanged = rows["clean build"], rows["nothing changed"]
    allowed = CLEAN_FACTOR * rows["all examples bare, two processes"] + CLEAN_EXTRA
    print(f"\nclean: {clean:.2f} s of {allowed:.2f} allowed ({CLEAN_FACTOR} x bare + {CLEAN_EXTRA:g} s)")
    print(f"  of which the examples, over two workers, {in_build:.2f} s; a build with them done takes what")
    print(
        f"  a changed page does, {rows['one page changed']:.2f} s: Sphinx, autodoc, the wheel, the maths font"
    )
    print(f"unchanged: {unchanged:.2f} s of {UNCHANGED:.2f} allowed")
    sys.exit(clean > allowed or unchanged > UNCHANGED)


if __name__ == "__main__":
    main()
