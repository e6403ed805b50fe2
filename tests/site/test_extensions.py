"""The extensions' own functions, and their size."""

import ast
import io
import json
import tokenize
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from sphinx.errors import ExtensionError
from sphinxext import claims, downloads, scraping
from sphinxext.examples import summary

from unsteady import Explorable, Slider, plotting
from unsteady.gallery.explorable import merge_frames

TOP = Path(__file__).parents[2]


def lines_of_code(text: str) -> int:
    """Return how many lines of a module are neither blank, nor comments, nor docstrings."""
    strings = [
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    kinds = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in kinds and token.type != tokenize.ENDMARKER:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for string in strings:
        lines -= set(range(string.lineno, (string.end_lineno or 0) + 1))
    return len(lines)


def test_lines_of_code_are_counted() -> None:
    text = (
        '"""Of a module."""\n\n# A comment\ndef f(\n    a,  # b\n):\n    """Say."""\n    return """\n\n"""\n'
    )
    assert lines_of_code(text) == 6


@pytest.mark.parametrize(
    ("files", "allowed", "each"),
    [("docs/sphinxext/*.py", 600, 120), ("docs/[bs]*.py", 160, 160), ("docs/conf.py", 150, 150)],
)
def test_the_sites_machinery_stays_small(files: str, allowed: int, each: int) -> None:
    """Who needs more than that looks for a well-kept extension first."""
    lines = {file.name: lines_of_code(file.read_text("utf-8")) for file in TOP.glob(files)}
    assert lines
    assert sum(lines.values()) <= allowed, lines
    assert max(lines.values()) <= each, lines


def test_lines_of_the_extensions_are_short() -> None:
    for file in TOP.glob("docs/sphinxext/*.py"):
        assert max(map(len, file.read_text("utf-8").splitlines())) <= 100, file.name


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (1.005, ".2f", "1.00"),
        (-0.25, ".2f", "−0.25"),
        (0.128, ".1%", "12.8\N{NO-BREAK SPACE}%"),
        (7.28e11, ".1e", "7.3 × 10¹¹"),
        (2.5e-7, ".1e", "2.5 × 10⁻⁷"),
    ],
)
def test_numbers_are_typeset(value: float, style: str, text: str) -> None:
    assert claims.tidy(format(value, style)) == text


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        ("between 1e+06 and 1e+15", "between 1 × 10⁶ and 1 × 10¹⁵"),
        ("0 ± 1e-12", "0 ± 1 × 10⁻¹²"),
        ("1 ± 3 %", "1 ± 3\N{NO-BREAK SPACE}%"),
        ("above -2", "above −2"),
        ("batch-32 between 0 and 1, lr 1e-3 below 2", "batch-32 between 0 and 1, lr 1 × 10⁻³ below 2"),
    ],
)
def test_bounds_are_typeset(bound: str, text: str) -> None:
    assert claims.tidy(bound) == text


@pytest.mark.parametrize(
    ("site", "rst", "markdown"),
    [
        ("", ":doc:`/gallery/20_b/plot_b`", "[Is it b?](../20_b/plot_b.ipynb)"),
        ("", ":doc:`so <../20_b/plot_b>`", "[so](../20_b/plot_b.ipynb)"),
        ("", ":doc:`home </index>`", "*home*"),
        ("https://s/", ":doc:`/gallery/20_b/plot_b`", "[Is it b?](https://s/gallery/20_b/plot_b.html)"),
        ("https://s/", ":doc:`home </index>`", "[home](https://s/index.html)"),
        ("", "see :func:`unsteady.theory.standard_error`", "see `unsteady.theory.standard_error`"),
        ("", ":py:class:`Adam <unsteady.optimizers.Adam>`", "`Adam`"),
    ],
)
def test_notebooks_have_links_and_names_for_roles(site: str, rst: str, markdown: str) -> None:
    titles = {"/gallery/20_b/plot_b": "Is it b?"}
    assert downloads.plain(rst, "/gallery/10_a/plot_a", site, titles) == markdown


def test_a_quote_picks_a_value_by_name_by_position_or_the_only_one() -> None:
    assert claims.pick({"at the end": 0.5}, "at the end") == 0.5
    assert claims.pick([1.0, 2.0], "1") == 2.0
    assert claims.pick(3.0, None) == 3.0
    for measured, key in (({"a": 1.0}, "0"), ({"a": 1.0}, None), ([1.0], "1"), ([1.0], None), (1.0, "0")):
        with pytest.raises(ValueError, match="write"):
            claims.pick(measured, key)


def test_a_figure_follows_the_scheme_and_keeps_its_data_colours(tmp_path: Path) -> None:
    fig, ax = plt.subplots()
    ax.plot([0, 1], color=plotting.TRAINING)
    fig.set_label('Ümlauts, "quotes" & <angles> in a picture of a line.')
    scraping.save(fig, tmp_path / "a.svg", place="here:1")
    plt.close(fig)
    svg = (tmp_path / "a.svg").read_text("utf-8")
    assert "prefers-color-scheme: dark" in svg
    assert plotting.TRAINING in svg
    assert svg.count(plotting.INK) == 1  # in the definition of the variable alone
    assert svg.count("var(--ink)") > 10
    described = (tmp_path / "a.json").read_text("utf-8")
    assert "Ümlauts" in described


def test_the_same_figure_is_the_same_file(tmp_path: Path) -> None:
    written = []
    for name in ("a", "b"):
        fig, ax = plt.subplots()
        ax.plot([0, 1])
        fig.set_label("A line that rises from left to right.")
        scraping.save(fig, tmp_path / f"{name}.svg", place="here:1")
        plt.close(fig)
        written.append((tmp_path / f"{name}.svg").read_bytes())
    assert written[0] == written[1]


def test_alt_text_that_says_nothing_is_refused(tmp_path: Path) -> None:
    fig, _ = plt.subplots()
    fig.set_label("A figure.")
    with pytest.raises(ExtensionError, match=r"examples/plot_x\.py:7: .*'A figure\.'"):
        scraping.save(fig, tmp_path / "a.svg", place="examples/plot_x.py:7")
    plt.close(fig)
    assert not (tmp_path / "a.svg").exists()


def test_a_failure_is_one_line_with_the_scripts_last_frame(tmp_path: Path) -> None:
    script = tmp_path / "examples/10_topic/plot_x.py"
    trace = (
        f'Traceback\n  File "{script}", line 3, in <module>\n  File "{script}", line 9, in f\n'
        f'  File "{tmp_path}/src/unsteady/gallery/claims.py", line 2, in claim\nClaimError: no ({script}:9)\n'
    )
    place = "examples/10_topic/plot_x.py:9"
    assert summary(script, trace) == f"{place}: ClaimError: no ({place})"


def test_a_figure_with_sliders_has_all_its_frames_in_one_file(tmp_path: Path) -> None:
    def draw(fig: plt.Figure, slope: float) -> str:
        "A line through the origin."
        fig.subplots().plot([0, slope])
        fig.axes[0].set_ylim(0, 2)
        fig.set_label("A straight line that rises from the origin.")
        return f"It ends at {slope:g}."

    line = Explorable(draw, slope=Slider("slope", [1, 2], opening=1))
    scraping.save(line.figure, tmp_path / "a.svg", place="here:1")
    frames, sentences = zip(*((scraping.to_svg(figure), said) for figure, said in line.frames()), strict=True)
    plt.close(line.figure)
    assert (tmp_path / "a_frames.svg").read_text("utf-8") == merge_frames(frames)
    saved = json.loads((tmp_path / "a.json").read_text("utf-8"))["explorable"]
    assert saved == line.metadata() | {"sentences": list(sentences)}
