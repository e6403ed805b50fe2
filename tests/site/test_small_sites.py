"""What the build does when something is wrong, or has changed: on sites of one page and one example."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from small import SmallSite


def executed(output: str) -> str:
    found = re.search(r"ran (\d+) of \d+ examples", output)
    assert found, output
    return found[1]


def test_builds_once_then_runs_nothing_again_until_something_changes(small_site: SmallSite) -> None:
    first = small_site.build()
    assert first.returncode == 0, first.stderr
    assert "WARNING" not in first.stdout + first.stderr
    assert executed(first.stdout) == "1"
    index = (small_site.html / "index.html").read_text("utf-8")
    assert re.search(r'href="#claim-it-is-so"[^>]*><span[^>]*>1\.2<', index)
    assert 'alt="A line that rises from 0 to 1, alone in its picture."' in index
    assert "Nothing has changed" in small_site.build().stdout
    small_site.change(small_site.page, "It measured", "It has measured")
    assert executed(small_site.build().stdout) == "0"
    assert "It has measured" in (small_site.html / "index.html").read_text("utf-8")

    room = small_site.top / "src/unsteady/theory.py"
    room.write_text(room.read_text("utf-8") + "\n# changed\n", "utf-8")
    assert executed(small_site.build().stdout) == "1"


def test_a_file_edited_during_a_build_is_seen_by_the_next(small_site: SmallSite) -> None:
    room = small_site.top / "src/unsteady/theory.py"
    edit = f"from pathlib import Path\nopen({str(room)!r}, 'a').write('# edited')\n"
    small_site.change(small_site.script, "fig, ax", f"{edit}\nfig, ax")
    assert executed(small_site.build().stdout) == "1"
    assert executed(small_site.build().stdout) == "1"


def test_a_false_claim_stops_the_build_in_one_line_and_keeps_the_old_site(small_site: SmallSite) -> None:
    assert small_site.build().returncode == 0
    before = (small_site.html / "index.html").read_bytes()
    small_site.change(small_site.script, "equals=1.25", "equals=1.5")
    done = small_site.build()
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    line = (
        small_site.script.read_text("utf-8")
        .splitlines()
        .index('claim("it-is-so", "one is one", measured=1.25, equals=1.5)')
    )
    assert last.startswith(f"examples/10_small/plot_small.py:{line + 1}: ")
    assert "[it-is-so] one is one: measured 1.25, expected 1.5" in last
    assert "sphinx" not in re.sub(r"\S*/bin/\S*", "", done.stderr.partition("The site was not built")[2])
    assert (small_site.html / "index.html").read_bytes() == before


def test_a_failure_is_not_forgotten_by_the_next_build(small_site: SmallSite) -> None:
    small_site.change(small_site.script, "equals=1.25", "equals=1.5")
    assert small_site.build().returncode == 1
    assert small_site.build().returncode == 1
    small_site.change(small_site.script, "equals=1.5", "equals=1.25")
    assert small_site.build().returncode == 0


def test_a_warning_in_an_example_is_an_error(small_site: SmallSite) -> None:
    small_site.change(small_site.script, "# And see:", "import warnings\nwarnings.warn('so so')\n")
    done = small_site.build()
    assert done.returncode == 1
    assert re.search(r"plot_small\.py:\d+: UserWarning: so so", done.stderr)


def test_a_figure_without_alt_text_stops_the_build_at_its_line(small_site: SmallSite) -> None:
    small_site.change(small_site.script, "fig.set_label(", "str(")
    done = small_site.build()
    assert done.returncode == 1
    assert re.search(r"plot_small\.py:\d+: .*a figure needs alt text", done.stderr)


def test_alt_text_arrives_intact_and_each_figure_of_a_cell_is_shown(small_site: SmallSite) -> None:
    alt = 'A "quoted" <b>ümlaut</b> & $x_1 < 2$, it\'s said.'
    small_site.change(small_site.script, '"A line that rises from 0 to 1, alone in its picture."', repr(alt))
    second = "fig, ax = plt.subplots()\nfig.set_label('The second figure of one cell.')\n\n# %%\n# And"
    small_site.change(small_site.script, "# %%\n# And", second)
    assert small_site.build().returncode == 0
    page = (small_site.html / "gallery/10_small/plot_small.html").read_text("utf-8")
    shown = [
        unescape(found) for found in re.findall(r'<img[^>]*alt="([^"]*)"[^>]*class="example-figure"', page)
    ]
    assert shown == [alt, "The second figure of one cell."]


def test_a_figure_without_alt_text_is_no_fault_of_the_next_example(small_site: SmallSite) -> None:
    twin = small_site.script.with_name("plot_a_twin.py")
    twin.write_text(small_site.script.read_text("utf-8").replace("fig.set_label(", "str("), "utf-8")
    done = small_site.build()
    assert done.returncode == 1
    assert set(re.findall(r"(plot_\w+\.py):\d+: .*alt text", done.stderr)) == {"plot_a_twin.py"}


def test_a_script_that_would_be_passed_over_stops_the_build(small_site: SmallSite) -> None:
    unnamed = small_site.script.rename(small_site.script.with_name("small.py"))
    assert "examples/10_small/small.py: an example is named plot_<claim>.py" in small_site.build().stderr
    unnamed.rename(small_site.script)
    (small_site.script.parent / "GALLERY_HEADER.rst").unlink()
    assert "plot_small.py: its folder needs a GALLERY_HEADER.rst" in small_site.build().stderr


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("{claim}`it-is-so:.1f`", "{claim}`it-is-not`", "no example makes the claim 'it-is-not'"),
        ("{claim}`it-is-so:.1f`", "{claim}`it-is-so[1]`", "there is no value 1, it has a single one"),
        ("{claim}`it-is-so:.1f`", "{claim}`it-is-so:q`", "'q' is no format for a number"),
        ("plot_small 1", "plot_small 2", "no example 'plot_small' has a figure number 2"),
        ("plot_small 1", "plot_small two", "expected a script and the number of its figure, got 'two'"),
        ("It measured", "It is $\\nonsense$ and measured", "nonsense"),
    ],
)
def test_a_mistake_in_a_page_stops_the_build_at_its_line(
    small_site: SmallSite, old: str, new: str, complaint: str
) -> None:
    small_site.change(small_site.page, old, new)
    done = small_site.build()
    assert done.returncode == 1
    assert re.search(rf"docs/index\.md:\d+: .*{re.escape(complaint)}", done.stdout + done.stderr)
    assert not small_site.html.exists()


def test_a_deleted_example_leaves_nothing_behind(small_site: SmallSite) -> None:
    twin = small_site.script.with_name("plot_twin.py")
    twin.write_text(small_site.script.read_text("utf-8").replace("it-is-so", "so-is-it"), "utf-8")
    assert small_site.build().returncode == 0
    assert list(small_site.html.rglob("*plot_twin*"))
    twin.unlink()
    assert small_site.build().returncode == 0
    assert not list(small_site.html.rglob("*plot_twin*"))


def test_two_claims_of_one_name_stop_the_build(small_site: SmallSite) -> None:
    shutil.copy(small_site.script, small_site.script.with_name("plot_twin.py"))
    done = small_site.build()
    assert done.returncode == 1
    assert re.search(
        r"claim 'it-is-so' is made twice: .*plot_small\.py:\d+ and .*plot_twin\.py:\d+", done.stderr
    )


def test_two_builds_at_once_wait_for_each_other(small_site: SmallSite) -> None:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(small_site.build), pool.submit(small_site.build)]
    assert [done.result().returncode for done in both] == [0, 0]
    second = [done.result().stdout for done in both if "Nothing has changed" in done.result().stdout]
    assert len(second) == 1
