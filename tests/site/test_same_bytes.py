"""Two builds of one tree are the same to the byte, wherever and whenever they are made."""

import os
import shutil
import time
from pathlib import Path

from small import SmallSite, tree


def test_two_folders_two_times_the_same_bytes(small_site: SmallSite) -> None:
    twin = small_site.script.with_name("plot_twin.py")
    twin.write_text(small_site.script.read_text("utf-8").replace("it-is-so", "so-is-it"), "utf-8")
    other = SmallSite(small_site.top.parent / "another place")
    shutil.copytree(small_site.top, other.top)
    assert small_site.build().returncode == 0
    for file in other.top.rglob("*"):  # a clone of another day
        os.utime(file, (0, 1_000_000_000))
    time.sleep(2.1)  # archives count in steps of two seconds
    done = other.build(TZ="Pacific/Auckland", LC_ALL="C", PYTHONHASHSEED="7", OMP_NUM_THREADS="1")
    assert done.returncode == 0, done.stderr
    first, second = tree(small_site.html), tree(other.html)
    assert len(first) > 40
    assert {name for name in first | second if first.get(name) != second.get(name)} == set()
    assert any(Path(name).suffix == ".zip" for name in first)
    assert any(Path(name).suffix == ".whl" for name in first)
