"""Two builds of one tree are the same to the byte, wherever and whenever they are made."""

import os
import shutil
import time
from pathlib import Path
from zipfile import ZipFile, is_zipfile

from small import SmallSite, tree

REPORT = """---
orphan: true
---

# A report

```{report} logs/a-run.csv 360
```
"""


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


def contents(file: Path) -> dict[str, bytes]:
    """Return the content of a file, or of those in an archive."""
    if not is_zipfile(file):
        return {file.name: file.read_bytes()}
    with ZipFile(file) as archive:
        return {f"{file.name}/{name}": archive.read(name) for name in archive.namelist()}


def test_nothing_published_tells_in_which_folder_it_was_built(small_site: SmallSite) -> None:
    """The report is wrapped to lines, also at the hyphens and spaces of a long path."""
    part = "qxzvkw"  # letters that no word has
    site = SmallSite(small_site.top.parent / f"{small_site.top.name}-x" / " ".join([f"{part}-{part}"] * 12))
    shutil.copytree(small_site.top, site.top)
    log = site.top / "docs/logs/a-run.csv"
    log.parent.mkdir()
    rows = (f"{k},{(200 + 7 * k % 50) / 360:.6f}" for k in range(40))
    log.write_text("\n".join(["epoch,val_accuracy", *rows]), "utf-8")
    (site.top / "docs/report.md").write_text(REPORT, "utf-8")
    done = site.build()
    assert done.returncode == 0, done.stderr
    assert "a-run.csv" in (site.html / "report.html").read_text("utf-8")
    for file in site.html.rglob("*"):
        for name, content in contents(file).items() if file.is_file() else ():
            assert part.encode() not in content, name
