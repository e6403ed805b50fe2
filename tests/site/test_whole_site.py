"""The whole site, built over and over: what the small sites show in minutes."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from small import TOP, build, start, tree

MOMENTS = 20

pytestmark = pytest.mark.slow


def clone(folder: Path) -> Path:
    """Copy what git tracks, as it stands, into a folder."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(TOP / name, target)
    return folder


def test_two_clones_in_two_folders_at_two_times_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = clone(tmp_path / "one"), clone(tmp_path / "another place")
    assert build(first).returncode == 0
    done = build(second, TZ="Pacific/Auckland", LC_ALL="C", PYTHONHASHSEED="7", OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    ours, theirs = (tree(folder / "docs/_build/html") for folder in (first, second))
    assert len(ours) > 80
    assert {name for name in ours | theirs if ours.get(name) != theirs.get(name)} == set()


@pytest.mark.parametrize("half", range(2))
def test_a_build_killed_at_any_moment_leaves_nothing_stale(tmp_path: Path, half: int) -> None:
    """In one half only the builder is killed, and its workers are left behind."""
    top = clone(tmp_path / "unsteady")
    room = top / "src/unsteady/theory.py"
    begun = time.monotonic()
    assert build(top).returncode == 0
    seconds, clean = time.monotonic() - begun, tree(top / "docs/_build/html")
    text = room.read_text("utf-8")
    for moment in range(half, MOMENTS, 2):
        room.write_text(f"{text}\n# {moment}\n", "utf-8")
        killed = start(top)
        time.sleep(seconds * (moment + 0.5) / MOMENTS)
        if half:
            os.killpg(killed.pid, signal.SIGKILL)
        else:
            killed.kill()
        killed.wait()
        room.write_text(text, "utf-8")
        done = build(top)
        assert done.returncode == 0, f"after a kill at moment {moment}: {done.stderr}"
        assert tree(top / "docs/_build/html") == clean, f"after a kill at moment {moment}"
