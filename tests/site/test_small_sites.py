"""What the build does when something is wrong, or has changed: on sites of one page and one example."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest
from small import SmallSite, examples_run


def test_builds_once_then_runs_nothing_again_until_something_changes(small_site: SmallSite) -> None:
    first = small_site.build()
    assert first.returncode == 0, first.stderr
    assert "WARNING" not in first.stdout + first.stderr
    assert examples_run(first.stdout) == ["plot_small"]
    index = (small_site.html / "index.html").read_text("utf-8")
    assert re.search(r'href="#claim-it-is-so"[^>]*><span[^>]*>1\.2<', index)
    assert 'alt="A line that rises from 0 to 1, alone in its picture."' in index
    assert "Nothing has changed" in small_site.build().stdout
    small_site.change(small_site.page, "It measured", "It has measured")
    assert examples_run(small_site.build().stdout) == []
    assert "It has measured" in (small_site.html / "index.html").read_text("utf-8")

    module = small_site.top / "src/unsteady/optimizers.py"
    module.write_text(module.read_text("utf-8") + "\n# changed\n", "utf-8")
    assert examples_run(small_site.build().stdout) == ["plot_small"]


EDIT = """from pathlib import Path
file = Path({file!r})
if "edited" not in file.read_text("utf-8"):
    file.write_text(file.read_text("utf-8") + {line!r}, "utf-8")
fig, ax"""


def test_a_library_edited_while_an_example_runs_makes_no_result(small_site: SmallSite) -> None:
    module = small_site.top / "src/unsteady/optimizers.py"
    small_site.change(small_site.script, "fig, ax", EDIT.format(file=str(module), line="# edited\n"))
    done = small_site.build()
    assert done.returncode == 1
    assert "plot_small" in done.stderr.splitlines()[-1]
    done = small_site.build()
    assert done.returncode == 0, done.stderr
    assert examples_run(done.stdout) == ["plot_small"]


def test_a_page_edited_during_a_build_is_seen_by_the_next(small_site: SmallSite) -> None:
    page = small_site.top / "docs/one.md"
    small_site.change(small_site.script, "fig, ax", EDIT.format(file=str(page), line="\nIt is edited.\n"))
    assert small_site.build().returncode == 0
    assert "Nothing has changed" not in small_site.build().stdout
    assert "It is edited." in (small_site.html / "one.html").read_text("utf-8")


def test_an_address_counts_where_it_shapes_what_is_shown(small_site: SmallSite) -> None:
    assert small_site.build(SITE_URL="", REPOSITORY_URL="").returncode == 0
    repository = {"REPOSITORY_URL": "https://repository.invalid/unsteady"}
    done = small_site.build(SITE_URL="", **repository)
    assert examples_run(done.stdout) == []
    assert repository["REPOSITORY_URL"] in (small_site.html / "index.html").read_text("utf-8")
    done = small_site.build(SITE_URL="https://site.invalid/", **repository)
    assert examples_run(done.stdout) == ["plot_small"]  # its notebook installs from there
    assert "https://site.invalid/" in next(small_site.html.rglob("*.ipynb")).read_text("utf-8")


def test_after_one_false_claim_is_mended_only_its_example_runs_again(small_site: SmallSite) -> None:
    for name in ("b", "c"):
        small_site.add(name)
    small_site.change(small_site.script, "equals=1.25", "equals=1.5")
    done = small_site.build()
    assert done.returncode == 1
    assert examples_run(done.stdout) == ["plot_b", "plot_c", "plot_small"]
    done = small_site.build()  # a failure is not forgotten
    assert done.returncode == 1
    assert examples_run(done.stdout) == ["plot_small"]
    small_site.change(small_site.script, "equals=1.5", "equals=1.25")
    done = small_site.build()
    assert done.returncode == 0, done.stderr
    assert examples_run(done.stdout) == ["plot_small"]


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


def test_a_folder_that_would_be_passed_over_stops_the_build(small_site: SmallSite) -> None:
    (small_site.script.parent / "GALLERY_HEADER.rst").unlink()
    done = small_site.build()
    assert done.returncode == 1
    assert "plot_small.rst: WARNING" in done.stderr


def test_a_script_of_another_name_is_an_example(small_site: SmallSite) -> None:
    small_site.script.rename(small_site.script.with_name("small.py"))
    small_site.change(small_site.page, "plot_small", "small")
    assert small_site.build().returncode == 0
    assert list(small_site.html.glob("gallery/*/small.html"))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("{claim}`it-is-so:.1f`", "{claim}`it-is-not`", "claim 'it-is-not': no example makes it"),
        ("{claim}`it-is-so:.1f`", "{claim}`it-is-so[1]`", "claim 'it-is-so[1]': write no brackets"),
        ("{claim}`it-is-so:.1f`", "{claim}`it-is-so:q`", "claim 'it-is-so:q': "),
        ("plot_small 1", "plot_small 2", "no example 'plot_small' has a figure number 2"),
        ("plot_small 1", "plot_small two", "no example 'plot_small' has a figure number two"),
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


def test_a_deleted_or_renamed_example_leaves_nothing_behind(small_site: SmallSite) -> None:
    deleted, renamed = small_site.add("deleted"), small_site.add("old-name")
    assert small_site.build().returncode == 0
    assert list(small_site.html.rglob("*plot_deleted*"))
    deleted.unlink()
    renamed.rename(renamed.with_name("plot_new-name.py"))
    done = small_site.build()
    assert done.returncode == 0, done.stderr
    assert list(small_site.html.rglob("*plot_new-name*"))
    assert not [*small_site.html.rglob("*plot_deleted*"), *small_site.html.rglob("*plot_old-name*")]


NAMED = """claim(
    "named", "two quantities", measured={"at the peak": 0.1, "at the end": 0.5},
    between={"at the peak": (0, 0.15), "at the end": (0.3, 1)}, otherwise="both would be 0.1",
)
claim("in-order", "a sequence", measured=[1.0, 2.0], above=[0, 1])
"""


def test_named_values_are_quoted_by_name_and_listed_in_the_ledger(small_site: SmallSite) -> None:
    small_site.script.write_text(small_site.script.read_text("utf-8") + NAMED, "utf-8")
    small_site.change(small_site.page, "It measured", "At last {claim}`named[at the end]:.0%`, and")
    small_site.change(small_site.page, "At last", "{claim}`in-order[1]:.1f` at last")
    done = small_site.build()
    assert done.returncode == 0, done.stderr
    text = unescape(re.sub(r"<[^>]*>", "", (small_site.html / "index.html").read_text("utf-8")))
    assert "2.0 at last 50\N{NO-BREAK SPACE}%, and" in text
    assert "at the peak: 0.1, at the end: 0.5" in text
    assert "at the peak: between 0 and 0.15, at the end: between 0.3 and 1" in text
    assert "If it were false: both would be 0.1" in text


@pytest.mark.parametrize("wrong", ["named[0]", "named", "named[the end]"])
def test_a_wrong_name_in_a_quote_is_an_error_that_lists_the_names(small_site: SmallSite, wrong: str) -> None:
    small_site.script.write_text(small_site.script.read_text("utf-8") + NAMED, "utf-8")
    small_site.change(small_site.page, "it-is-so", wrong)
    done = small_site.build()
    assert done.returncode == 1
    assert "write one of [at the peak], [at the end]" in done.stderr


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
