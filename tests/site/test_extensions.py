"""The extensions' own functions."""

from pathlib import Path

import claims
import downloads
import figures
import maths
import matplotlib.pyplot as plt
import pages
import pytest
from sphinx.errors import ExtensionError

from examples import summary
from unsteady import plotting


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
    assert claims.typeset(value, style) == text


@pytest.mark.parametrize(
    ("bound", "text"),
    [
        ("between 1e+06 and 1e+15", "between 1 × 10⁶ and 1 × 10¹⁵"),
        ("0 ± 1e-12", "0 ± 1 × 10⁻¹²"),
        ("1 ± 3 %", "1 ± 3\N{NO-BREAK SPACE}%"),
        ("above -2", "above −2"),
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
def test_notebooks_have_links_and_names_for_roles(tmp_path: Path, site: str, rst: str, markdown: str) -> None:
    other = tmp_path / "gallery/20_b/plot_b.py"
    other.parent.mkdir(parents=True)
    other.write_text('"""\nIs it b?\n========\n"""\n')
    assert downloads.plain(rst, "/gallery/10_a/plot_a", site, tmp_path / "gallery") == markdown


def test_a_link_to_no_example_names_who_links(tmp_path: Path) -> None:
    with pytest.raises(ExtensionError, match=r"examples/10_a/plot_a\.py: .*plot_gone` is no example"):
        downloads.plain(":doc:`/gallery/20_b/plot_gone`", "/gallery/10_a/plot_a", "", tmp_path / "gallery")


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{2}{\lambda}", "2/λ"),
        ("x^2", "x^2"),
        (r"\eta/B", "η/B"),
        (r"\operatorname{tr} \hat v + \epsilon", "trv\u0302+ε"),
        (r"\no", r"\no"),
    ],
)
def test_formulas_are_told_in_letters(latex: str, text: str) -> None:
    assert maths.to_text(latex) == text


def test_a_style_that_would_be_lost_is_an_error() -> None:
    assert pages.mend('<p class="caption" role="heading">', "a").endswith('aria-level="2">')
    with pytest.raises(ExtensionError, match=r"a\.html: .*forbids this style: <mtd style="):
        pages.mend('<mtd style="text-align: right;">', "a.html")


def test_a_figure_follows_the_scheme_and_keeps_its_data_colours(tmp_path: Path) -> None:
    fig, ax = plt.subplots()
    ax.plot([0, 1], color=plotting.TRAINING)
    fig.set_label('Ümlauts, "quotes" & <angles> in a picture of a line.')
    figures.save(fig, tmp_path / "a.svg", place="here:1")
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
        figures.save(fig, tmp_path / f"{name}.svg", place="here:1")
        plt.close(fig)
        written.append((tmp_path / f"{name}.svg").read_bytes())
    assert written[0] == written[1]


def test_alt_text_that_says_nothing_is_refused(tmp_path: Path) -> None:
    fig, _ = plt.subplots()
    fig.set_label("A figure.")
    with pytest.raises(ExtensionError, match=r"examples/plot_x\.py:7: .*'A figure\.'"):
        figures.save(fig, tmp_path / "a.svg", place="examples/plot_x.py:7")
    plt.close(fig)
    assert not (tmp_path / "a.svg").exists()


def test_a_failure_is_one_line_with_the_scripts_last_frame(tmp_path: Path) -> None:
    script = tmp_path / "examples/plot_x.py"
    trace = (
        f'Traceback\n  File "{script}", line 3, in <module>\n  File "{script}", line 9, in f\n'
        f'  File "{tmp_path}/src/unsteady/gallery/claims.py", line 2, in claim\nClaimError: no ({script}:9)\n'
    )
    assert summary(script, trace, tmp_path) == "examples/plot_x.py:9: ClaimError: no (examples/plot_x.py:9)"
