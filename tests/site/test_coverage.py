"""The site says what its examples show, and its reference has all of the library."""

import inspect
import json
import pkgutil
import re
from importlib import import_module
from pathlib import Path

import pytest

import unsteady
from unsteady import theory

TOP = Path(__file__).parents[2]
SYMPTOM_PARTS = ("Test:", "Cause:", "Do:")


def html_of_pages(site: Path) -> dict[str, str]:
    """Return the HTML of each page that is written by hand, the ledger of all claims aside."""
    names = sorted(page.stem for page in TOP.glob("docs/*.md") if page.stem != "ledger")
    return {name: (site / f"{name}.html").read_text("utf-8") for name in names}


def test_every_example_is_told_of_in_a_page(site: Path) -> None:
    """Each example is a statement with its evidence; what no page speaks of, no reader finds."""
    pages = html_of_pages(site)
    for script in sorted(TOP.glob("examples/*/plot_*.py")):
        link = f'href="gallery/{script.parent.name}/{script.stem}.html'
        assert any(link in html for html in pages.values()), script.name


def test_every_example_has_a_claim_that_a_page_quotes_or_a_figure_that_one_shows(site: Path) -> None:
    html = "".join(html_of_pages(site).values())
    quoted = set(re.findall(r'ledger\.html#claim-([^"]+)"', html))
    for file in sorted((TOP / "docs/gallery").rglob("*.claims.json")):
        claims = {record["id"] for record in json.loads(file.read_text("utf-8"))}
        script = file.name.removesuffix(".claims.json")
        assert claims & quoted or f"_images/sphx_glr_{script}_" in html, script


def test_every_work_in_the_bibliography_is_listed(site: Path) -> None:
    listed = (site / "references.html").read_text("utf-8").count('<div class="citation"')
    assert (
        listed == len(re.findall(r"^@", (TOP / "docs/references.bib").read_text("utf-8"), re.MULTILINE)) > 0
    )


def symptoms(site: Path) -> dict[str, str]:
    """Return the sections of the page for diagnosing that describe a symptom."""
    html = (site / "diagnose.html").read_text("utf-8")
    found = re.findall(r'<section id="([^"]+)">\s*<h3>(.*?)</section>', html, re.DOTALL)
    return {name: text for name, text in found if any(part in text for part in SYMPTOM_PARTS)}


def test_each_symptom_has_test_cause_remedy_and_a_run_that_shows_it(site: Path) -> None:
    found = symptoms(site)
    assert len(found) > 20
    for name, text in found.items():
        assert [part for part in SYMPTOM_PARTS if part not in text] == [], name
        shown = re.split("Seen in:|Nearest:", text)
        assert len(shown) == 2, name
        assert 'href="gallery/' in shown[1], name


def test_the_cards_at_home_lead_to_symptoms_and_show_a_curve_each(site: Path) -> None:
    home = (site / "index.html").read_text("utf-8")
    cards = (
        home.partition('<div class="sd-card-body')[2]
        .partition("<section")[0]
        .split('<div class="sd-card-body')
    )
    assert len(cards) == 8
    for card in cards:
        assert card.count("<img") == 1
        [target] = re.findall(r'href="diagnose\.html#([^"]+)"', card)
        assert target in symptoms(site)


def test_every_closed_form_is_on_the_sheet_and_compared_with_what_it_predicts(site: Path) -> None:
    sheet = (site / "formulas.html").read_text("utf-8")
    laws = [name for name, law in inspect.getmembers(theory, inspect.isfunction)
            if law.__module__.startswith("unsteady.theory") and not name.startswith("_")]  # fmt: skip
    assert len(laws) > 25
    assert [name for name in laws if f"unsteady.theory.{name}" not in sheet] == []
    used = "".join(file.read_text("utf-8") for pattern in ("examples/*/plot_*.py", "tests/test_theory*.py")
                   for file in TOP.glob(pattern))  # fmt: skip
    assert [name for name in laws if f"theory.{name}(" not in used] == []


# The reference -----------------------------------------------------------------------------------


def public_modules() -> list[str]:
    """Return the library's modules, but for private ones and the command."""
    names = [module.name for module in pkgutil.walk_packages(unsteady.__path__, "unsteady.")]
    return [name for name in names if "._" not in name and name.split(".")[1] not in ("__main__", "cli")]


@pytest.mark.parametrize("module", public_modules())
def test_every_public_module_has_a_page_in_the_reference(module: str) -> None:
    pages = "".join(page.read_text("utf-8") for page in TOP.glob("docs/reference/*.md"))
    assert f".. automodule:: {module}\n" in pages


@pytest.mark.parametrize("module", public_modules())
def test_an_api_page_begins_with_a_table_of_public_names(module: str, site: Path) -> None:
    name = module.split(".")[1]
    html = (site / f"reference/{name}.html").read_text("utf-8").partition("<article")[2]
    ids = set(re.findall(r'<dt class="sig sig-object py" id="([^"]+)"', html))
    assert not [entry for entry in ids if "._" in entry]
    own = [name for name in ids if name.rpartition(".")[0] == module]
    if own:
        table = html.partition(f'id="module-{module}"')[2].partition("<table")[2].partition("</table>")[0]
        assert table.count("<tr") == len([name for name in own if is_code(name)])
        assert all(f'href="#{name}"' in table for name in own if is_code(name))


def is_code(name: str) -> bool:
    """Return whether a dotted name is that of a function or class."""
    module, _, attribute = name.rpartition(".")
    named = getattr(import_module(module), attribute)
    return inspect.isroutine(named) or inspect.isclass(named)
