"""What is done to the HTML of the pages: formulas, fixes, the reference's tables and examples."""

import re
from types import ModuleType

import pytest
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinxext import html_fixes, mathml, reference

from unsteady import models, theory, training


def mathml_of(latex: str, display: bool = False) -> str:
    return mathml.to_mathml(latex, nodes.math(), display=display)


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\frac{2}{\lambda}", "2/λ"),
        (r"\frac{1}{2\lambda}", "1/(2λ)"),
        ("x^2", "x^2"),
        (r"\eta/B", "η/B"),
        (r"\sqrt{p(1-p)/n}", "√(p(1−p)/n)"),
        (r"\operatorname{tr} v + \epsilon", "trv+ε"),
    ],
)
def test_a_formula_is_read_as_text(latex: str, text: str) -> None:
    assert mathml.to_text(mathml_of(latex)) == text


def test_brackets_and_overlines_stretch() -> None:
    assert "<munder" not in mathml_of(r"\overline{x + y}")
    assert "\N{OVERLINE}" in mathml_of(r"\overline{x + y}")
    assert 'stretchy="false"' not in mathml_of(r"\left\{ \frac{a}{b} \right\}")


def test_a_formula_that_is_wrong_is_a_warning_with_its_place(caplog: pytest.LogCaptureFixture) -> None:
    node = nodes.math()
    node.source, node.line = "page.md", 7
    shown = mathml.to_mathml(r"\no < 1", node, display=False)
    assert shown == r"<code>\no &lt; 1</code>"
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert r"\no" in record.getMessage()
    assert record.location is node  # type: ignore[attr-defined]


def test_a_style_that_would_be_lost_is_an_error() -> None:
    assert html_fixes.mend('<td style="width: 12.5%; vertical-align: top">', "a.html") == "<td>"
    with pytest.raises(ExtensionError, match=r"a\.html: .*forbids this style: <mtd style="):
        html_fixes.mend('<mtd style="text-align: right;">', "a.html")


def test_what_scrolls_is_reached_by_keyboard() -> None:
    html = html_fixes.mend('<div class="highlight"><pre>x</pre></div><div class="table-wrapper a">', "a.html")
    assert re.findall(r"<(\w+) tabindex=.0.", html) == ["pre", "div"]


@pytest.mark.parametrize("module", [models, theory, training])
def test_a_table_has_the_public_functions_and_classes_of_a_module(module: ModuleType) -> None:
    lines = ["What it is.", "", "More."]
    reference.add_table(lines, module)
    assert lines[0] == "What it is."
    assert lines[-2:] == ["", "More."]
    listed = [line.strip() for line in lines[2:] if line.startswith("   ") and ":" not in line]
    assert listed
    assert all(callable(getattr(module, name)) and not name.startswith("_") for name in listed)


def test_examples_are_found_under_both_names_of_what_the_top_offers() -> None:
    used = {"unsteady.train": [], "unsteady.training.descend": []}
    for name, gallery in [("train", "unsteady.train"), ("descend", "unsteady.training.descend")]:
        lines: list[str] = []
        reference.add_examples(lines, f"unsteady.training.{name}", getattr(training, name), used)
        assert f".. minigallery:: {gallery}" in lines
    lines = []
    reference.add_examples(lines, "unsteady.theory.ema_factor", theory.ema_factor, used)
    assert lines == []


def test_source_is_found_by_file_and_line() -> None:
    source = reference.source_link("top", "py", {"module": "unsteady.theory", "fullname": "ema_factor"})
    assert source is not None
    file, first, last = re.fullmatch(r"top/(src/unsteady/theory/\w+\.py)#L(\d+)-L(\d+)", source).groups()  # type: ignore
    lines = (reference.SOURCE.parent / file).read_text("utf-8").splitlines()[int(first) - 1 : int(last)]
    assert lines[0].startswith("def ema_factor(")
    assert reference.source_link("top", "py", {"module": "unsteady", "fullname": "__version__"}) is None
