"""The whole site, built over and over: what the small sites show in minutes."""

import shutil
import subprocess
from pathlib import Path

import pytest
from small import TOP, build, examples_run, start, tree
from test_killed import Kill, kill_all, kill_builder

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


@pytest.mark.parametrize("kill", [kill_builder, kill_all])
def test_a_build_killed_while_examples_run_loses_none_that_are_done(tmp_path: Path, kill: Kill) -> None:
    """Where only the builder is killed, its workers are left behind, and go on beside the next build."""
    top = clone(tmp_path / "unsteady")
    assert build(top).returncode == 0
    clean = tree(top / "docs/_build/html")
    scripts = len(list(top.glob("examples/*/plot_*.py")))
    module = top / "src/unsteady/optimizers.py"
    for done in (1, scripts // 2, scripts - 1):
        module.write_text(module.read_text("utf-8") + "# changed\n", "utf-8")
        builder = start(top)
        assert builder.stdout is not None
        while not builder.stdout.readline().startswith(f"{done} of {scripts} plot_"):
            assert builder.poll() is None
        kill(builder)
        builder.stdout.close()
        again = build(top)
        assert again.returncode == 0, f"after a kill at {done}: {again.stderr}"
        assert len(examples_run(again.stdout)) <= scripts - done
        assert tree(top / "docs/_build/html") == clean, f"after a kill at {done}"
