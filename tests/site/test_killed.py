"""A build that is killed, or cannot write: the next one is as good as a clean one."""

import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from small import SmallSite, start, tree

MOMENTS, GROUPS = 20, 4


def clean_builds(site: SmallSite, values: tuple[str, str]) -> tuple[dict[str, dict[str, str]], float]:
    """Return the clean trees for two measured values, and the seconds that the last build took."""
    trees = {}
    for value in values:
        set_value(site, value)
        begun = time.monotonic()
        assert site.build().returncode == 0
        trees[value], seconds = tree(site.html), time.monotonic() - begun
    assert trees[values[0]] != trees[values[1]]
    return trees, seconds


def set_value(site: SmallSite, value: str) -> None:
    text = site.script.read_text("utf-8")
    site.script.write_text(
        re.sub(r"measured=[\d.]+, equals=[\d.]+", f"measured={value}, equals={value}", text)
    )


@pytest.mark.parametrize(
    "group", [pytest.param(k, marks=pytest.mark.slow) if k in (1, 2) else k for k in range(GROUPS)]
)
def test_a_build_killed_at_any_moment_leaves_nothing_stale(small_site: SmallSite, group: int) -> None:
    """At every other moment only the builder is killed, and its workers are left behind."""
    values = ("1.25", "2.5")
    # A library that has changed makes everything run again, and a while to be killed in.
    slow = "import time\ntime.sleep(0.5)\nfig, ax"
    small_site.change(small_site.script, "fig, ax", slow)
    trees, seconds = clean_builds(small_site, values)
    for moment in range(group, MOMENTS, GROUPS):
        value = values[moment // GROUPS % 2]
        set_value(small_site, value)
        killed = start(small_site.top)
        time.sleep(seconds * (moment + 0.5) / MOMENTS)
        if killed.poll() is not None:
            assert moment > MOMENTS / 2, "there was nothing left to kill"
        elif moment % 2:
            os.killpg(killed.pid, signal.SIGKILL)
        else:
            killed.kill()
        killed.wait()
        done = small_site.build()
        assert done.returncode == 0, f"after a kill at moment {moment}: {done.stderr}"
        assert tree(small_site.html) == trees[value], f"after a kill at moment {moment}"


def test_a_build_killed_between_an_example_and_its_page(small_site: SmallSite) -> None:
    """Sphinx-Gallery marks an example as done before it writes the page."""
    trees, _ = clean_builds(small_site, ("1.25", "2.5"))
    mark = small_site.top / "docs/gallery/10_small/plot_small.py.md5"
    before = mark.read_bytes()
    set_value(small_site, "1.25")
    builder = start(small_site.top)
    while mark.is_file() and mark.read_bytes() in (before, b""):
        assert builder.poll() is None
    os.killpg(builder.pid, signal.SIGKILL)
    builder.wait()
    assert small_site.build().returncode == 0
    assert tree(small_site.html) == trees["1.25"]


def test_no_example_runs_on_without_its_builder(small_site: SmallSite) -> None:
    mark = small_site.top / "worker"
    running = f"import os, time\nopen({str(mark)!r}, 'w').write(f'{{os.getpid()}}.')\ntime.sleep(60)\nfig, ax"
    small_site.change(small_site.script, "fig, ax", running)
    builder = start(small_site.top)
    within(30, lambda: mark.is_file() and mark.read_text().endswith("."))
    builder.kill()
    builder.wait()
    within(3, lambda: not alive(int(mark.read_text()[:-1])))
    small_site.change(small_site.script, "time.sleep(60)", "time.sleep(0)")
    assert small_site.build().returncode == 0


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def within(seconds: float, holds: Callable[[], bool]) -> None:
    """Wait until something holds, and fail if it does not within so many seconds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def only_line_after(stderr: str) -> str:
    """Return what the build says went wrong, which is one line.

    joblib's resource tracker, a process of its own, may at times add that a folder of its is gone.
    """
    lines = stderr.partition("The site was not built.\n")[2].splitlines()
    [line] = [line for line in lines if "resource_tracker" not in line]
    return line


@pytest.mark.parametrize("size", [100, 3_000, 20_000, 60_000])
def test_a_full_disk_ends_in_one_line(small_site: SmallSite, size: int) -> None:
    """No file may grow beyond a size: what the page, the figure, the font or the index then meets."""
    done = subprocess.run(
        [sys.executable, str(small_site.top / "docs/build.py")],
        cwd=small_site.top,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "File too large" in only_line_after(done.stderr)
    assert not small_site.html.exists()


@pytest.mark.parametrize("folder", ["docs", "docs/_build", "docs/gallery"])
def test_an_unwritable_folder_ends_in_one_line(small_site: SmallSite, folder: str) -> None:
    place = small_site.top / folder
    place.mkdir(exist_ok=True)
    (place / "notes.txt").touch()
    place.chmod(0o555)
    # Root may write anywhere: without this right it may not.
    without = ["setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override"]
    done = subprocess.run(
        [*without * (os.geteuid() == 0), sys.executable, str(small_site.top / "docs/build.py")],
        cwd=small_site.top,
        capture_output=True,
        text=True,
        timeout=120,
    )
    place.chmod(0o755)
    assert done.returncode == 1
    assert re.match(rf"{folder}/?\S*: Permission denied$", only_line_after(done.stderr))
    assert small_site.build().returncode == 0
