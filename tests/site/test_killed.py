"""A build that is killed, or cannot write: the next one is as good as a clean one."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from small import SmallSite, command_and_settings, examples_run, start, tree

GATE = """import os
import time
from pathlib import Path

Path(os.environ["GATE"] + ".{name}").touch()
while not Path(os.environ["GATE"]).exists():
    time.sleep(0.01)
"""
PAUSE = """

def setup(app):
    def pause(*_):
        (Path(app.srcdir) / "_build/paused").touch()
        __import__("time").sleep(600)

    app.connect({event!r}, pause, priority={priority})
"""

Kill = Callable[[subprocess.Popen[str]], None]


def kill_builder(builder: subprocess.Popen[str]) -> None:
    """Kill the builder alone; what it has started is left behind."""
    builder.kill()
    builder.wait()


def kill_all(builder: subprocess.Popen[str]) -> None:
    """Kill the builder and all that it has started."""
    os.killpg(builder.pid, signal.SIGKILL)
    builder.wait()


def wait_for(file: Path, builder: subprocess.Popen[str]) -> None:
    """Wait until a build has made a file, however long it takes."""
    while not file.exists():
        assert builder.poll() is None, builder.stdout and builder.stdout.read()
        time.sleep(0.01)


@pytest.fixture
def gated_site(small_site: SmallSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallSite:
    """A site of four examples, two of which wait until the gate is open."""
    monkeypatch.setenv("GATE", str(tmp_path.parent / f"{tmp_path.name}.gate"))
    small_site.add("before")
    for name in ("waits", "waits_too"):
        small_site.add(name.replace("_", "-"), GATE.format(name=name)).rename(
            small_site.script.with_name(f"plot_{name}.py")
        )
    return small_site


def gate() -> Path:
    return Path(os.environ["GATE"])


def clean_tree(site: SmallSite) -> dict[str, str]:
    """Return the published files of a copy of the site that is built at once."""
    copy = SmallSite(site.top.parent / f"{site.top.name}-clean")
    made = shutil.ignore_patterns("_build", "gallery")
    shutil.copytree(site.top / "docs", copy.top / "docs", ignore=made)
    for name in ("src", "examples"):
        shutil.copytree(site.top / name, copy.top / name)
    for file in (file for file in site.top.iterdir() if file.is_file()):
        shutil.copy(file, copy.top)
    done = copy.build()
    assert done.returncode == 0, done.stderr
    return tree(copy.html)


@pytest.mark.parametrize("kill", [pytest.param(kill_builder, marks=pytest.mark.slow), kill_all])
def test_a_killed_build_keeps_the_examples_that_are_done(gated_site: SmallSite, kill: Kill) -> None:
    """Where only the builder is killed, the examples that it left behind end beside the next build."""
    builder = start(gated_site.top)
    assert builder.stdout is not None
    printed = ""
    while len(re.findall(r"(?m)^\d of 4 plot_", printed)) < 2:
        printed += builder.stdout.readline()
    for name in ("waits", "waits_too"):
        wait_for(Path(f"{gate()}.{name}"), builder)
    kill(builder)
    builder.stdout.close()
    gate().touch()
    done = gated_site.build()
    assert done.returncode == 0, done.stderr
    assert examples_run(done.stdout) == ["plot_waits", "plot_waits_too"]
    assert tree(gated_site.html) == clean_tree(gated_site)


@pytest.mark.parametrize(
    ("event", "priority"),
    [
        ("builder-inited", 450),  # the examples are done, and Sphinx-Gallery has not looked yet
        pytest.param("builder-inited", 950, marks=pytest.mark.slow),
        pytest.param("env-before-read-docs", 500, marks=pytest.mark.slow),
        pytest.param("env-updated", 500, marks=pytest.mark.slow),
        pytest.param("html-page-context", 500, marks=pytest.mark.slow),  # in processes that write pages
        pytest.param("build-finished", 950, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("kill", [kill_builder, pytest.param(kill_all, marks=pytest.mark.slow)])
def test_a_build_killed_while_pages_are_made(
    small_site: SmallSite, event: str, priority: int, kill: Kill
) -> None:
    assert small_site.build().returncode == 0
    small_site.change(small_site.script, "1.25", "2.5")
    small_site.change(small_site.page, "It measured", "It has measured")
    conf = small_site.top / "docs/conf.py"
    text = conf.read_text("utf-8")
    conf.write_text(text + PAUSE.format(event=event, priority=priority), "utf-8")
    builder = start(small_site.top)
    wait_for(small_site.top / "docs/_build/paused", builder)
    kill(builder)
    if builder.stdout is not None:
        builder.stdout.close()
    conf.write_text(text, "utf-8")
    done = small_site.build()
    assert done.returncode == 0, done.stderr
    assert examples_run(done.stdout) == []
    assert tree(small_site.html) == clean_tree(small_site)


def test_a_build_killed_while_it_published(small_site: SmallSite) -> None:
    """Between the two renames there is no site at all."""
    assert small_site.build().returncode == 0
    clean = tree(small_site.html)
    shutil.copytree(small_site.html, small_site.html.with_name("next"))
    small_site.html.rename(small_site.html.with_name("last"))
    (small_site.html.with_name("next") / "stale.html").touch()
    done = small_site.build()
    assert done.returncode == 0, done.stderr
    assert tree(small_site.html) == clean


def test_what_lies_in_the_gallery_is_no_result(small_site: SmallSite) -> None:
    """Sphinx-Gallery marks an example as done before it writes the page, and looks at the mark alone."""
    assert small_site.build().returncode == 0
    clean = tree(small_site.html)
    gallery = small_site.top / "docs/gallery/10_small"
    small_site.change(gallery / "plot_small.rst", "Is it so?", "Is it not?")
    (gallery / "images/sphx_glr_plot_small_001.svg").write_text("<svg></svg>")
    (small_site.top / "docs/_build/site.stamp").unlink()
    done = small_site.build()
    assert examples_run(done.stdout) == []
    assert tree(small_site.html) == clean


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
        **command_and_settings(small_site.top, {}),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
        capture_output=True,
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
    settings = command_and_settings(small_site.top, {})
    settings["args"] = [*without * (os.geteuid() == 0), sys.executable, str(small_site.top / "docs/build.py")]
    done = subprocess.run(**settings, capture_output=True)
    place.chmod(0o755)
    assert done.returncode == 1
    assert re.match(rf"{folder}/?\S*: (Permission denied|File exists)$", only_line_after(done.stderr))
    assert small_site.build().returncode == 0
