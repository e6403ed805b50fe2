"""The pages of the published site, as a browser finds them."""

import json
import math
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
import serve

TOP = Path(__file__).parents[2]
NARRATIVE = ("short_answer", "measuring", "steps", "batches", "capacity", "calming")
VOID = {"img", "link", "meta", "input", "br", "hr"}


class Page(HTMLParser):
    """What a page links to, shows and says."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.asked: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.text = ""
        self.quiet = 0
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids |= {str(values[key]) for key in ("id", "name") if key in values}
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))
        for key in ("src", "href"):
            if tag != "a" and values.get(key):
                self.asked.append(str(values[key]))
        if tag == "img":
            self.images.append(values)
        if self.quiet or tag in ("script", "style", "pre", "code"):
            self.quiet += tag not in VOID

    def handle_endtag(self, tag: str) -> None:
        self.quiet -= bool(self.quiet) and tag not in VOID

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self.text += data


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {file: Page(file) for file in sorted(site.rglob("*.html"))}


def inside(page: Page, links: list[str]) -> list[tuple[Path, str]]:
    """Return file and fragment of each link that stays on the site."""
    found = []
    for link in links:
        parts = urlsplit(link)
        if not parts.scheme and not parts.netloc:
            base = page.file.parent
            if parts.path.startswith("/"):  # as on the page for what is not there, which may be anywhere
                base = next(folder for folder in page.file.parents if (folder / "404.html").exists())
            target = base / unquote(parts.path).lstrip("/") if parts.path else page.file
            found.append((target.resolve(), parts.fragment))
    return found


def test_every_link_leads_somewhere(pages: dict[Path, Page]) -> None:
    for page in pages.values():
        for target, fragment in inside(page, page.links + page.asked):
            assert target.exists(), f"{page.file}: {target}"
            if fragment and target in pages:
                assert unquote(fragment) in pages[target].ids, f"{page.file}: {target}#{fragment}"


def test_links_lead_from_home_through_all_pages(site: Path, pages: dict[Path, Page]) -> None:
    reached, waiting = set(), [site / "index.html"]
    while waiting:
        file = waiting.pop()
        if file not in reached and file in pages:
            reached.add(file)
            waiting += [target for target, _ in inside(pages[file], pages[file].links)]
    utilities = {site / name for name in ("404.html", "search.html", "genindex.html", "py-modindex.html")}
    assert set(pages) - reached - utilities == set()


def ledger_rows(site: Path) -> dict[str, str]:
    """Return the HTML of each claim's row in the ledger."""
    ledger = (site / "ledger.html").read_text("utf-8")
    rows = re.findall(r"<tr.*?</tr>", ledger, re.DOTALL)
    return {found[1]: row for row in rows if (found := re.search(r'id="claim-([^"]+)"', row))}


def test_ledger_and_pages_link_both_ways(site: Path, pages: dict[Path, Page]) -> None:
    rows = ledger_rows(site)
    assert len(rows) > 20
    for file, page in pages.items():
        name = file.relative_to(site).as_posix()
        quoted = {link.partition("#claim-")[2] for link in page.links if "ledger.html#claim-" in link}
        assert [claim for claim in quoted if f'href="{name}' not in rows[claim]] == [], name
    for claim, row in rows.items():
        [example] = re.findall(rf'href="([^"]+)#made-{claim}"', row)
        assert f"ledger.html#claim-{claim}" in " ".join(pages[site / example].links)


def test_no_page_asks_another_origin(pages: dict[Path, Page]) -> None:
    for page in pages.values():
        foreign = [link for link in page.asked if urlsplit(link).netloc]
        assert foreign == [], page.file


def test_every_page_carries_the_one_strict_policy(site: Path) -> None:
    policies = set()
    for page in site.rglob("*.html"):
        head = page.read_text("utf-8").partition("</head>")[0]
        [policy] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', head)
        policies.add(policy)
        assert not re.search(r"<[^<>]* style=", page.read_text("utf-8"))
    [policy] = policies
    assert policy.startswith("default-src 'self'; ")
    assert not re.search(r"unsafe|\*|https?:", policy)
    assert serve.policy_of(site) == policy


def test_the_home_page_answers_the_question_first(site: Path) -> None:
    article = (site / "index.html").read_text("utf-8").partition("<article")[2]
    title = re.search(r"<h1>(.*?)<", article)
    first = re.search(r"<p>(.*?)</p>", article, re.DOTALL)
    assert title is not None
    assert title[1] == "Why does accuracy fluctuate during training?"
    assert first is not None
    assert first[1].startswith("Because")
    assert all(kind in first[1] for kind in ("measurement", "trajectory", "run to run"))


def test_every_example_shows_its_figures_its_claims_and_its_download(
    site: Path, pages: dict[Path, Page]
) -> None:
    for script in sorted(TOP.glob("examples/*/plot_*.py")):
        file = site / "gallery" / script.parent.name / f"{script.stem}.html"
        source = script.read_text("utf-8")
        figures = [image for image in pages[file].images if image.get("class") == "example-figure"]
        assert len(figures) == source.count("fig.set_label("), file
        text = file.read_text("utf-8")
        for name in re.findall(r'claim\("([a-z0-9-]+)"', source):
            assert f"[{name}]" in text, f"{file}: {name}"
        downloads = [target for target, _ in inside(pages[file], pages[file].links)]
        assert any(
            target.name == script.name and target.read_bytes() == script.read_bytes() for target in downloads
        )


def test_every_figure_has_alt_text_and_a_size(pages: dict[Path, Page]) -> None:
    shown = [image for page in pages.values() for image in page.images]
    assert len(shown) >= 12
    for image in shown:
        if image.get("class") == "example-figure":
            assert len(str(image["alt"])) >= 20
            assert int(str(image["width"])) > 0
            assert int(str(image["height"])) > 0
            assert image["loading"] == "lazy"


def test_narrative_pages_show_figures_and_quote_claims(pages: dict[Path, Page], site: Path) -> None:
    for name in NARRATIVE:
        page = pages[site / f"{name}.html"]
        assert len(page.images) >= 2, name
        assert sum("ledger.html#claim-" in link for link in page.links) >= 2, name


def test_no_markup_is_left_in_the_text(pages: dict[Path, Page]) -> None:
    for page in pages.values():
        assert not re.search(r"\$|\{[a-z:]+\}`|:[a-z]+:`|\\eta|None$", page.text), page.file


def test_formulas_are_mathml(site: Path) -> None:
    text = (site / "batches.html").read_text("utf-8")
    assert text.count("<math") > 10
    assert "mathjax" not in text.lower()


def test_the_ledger_lists_every_claim(site: Path) -> None:
    rows, claims = ledger_rows(site), claims_made(TOP / "docs/gallery")
    assert {record["script"] for record in claims} == {
        script.relative_to(TOP / "examples").as_posix() for script in TOP.glob("examples/*/plot_*.py")
    }
    assert len(claims) == len(rows) >= 20
    for record in claims:
        row = unescape(re.sub(r"<[^>]*>", "", rows[record["id"]]))
        assert record["id"] in row
        assert "margin" in row
        assert f"{record['script']}, line {record['line']}" in row
        script = (TOP / "examples" / record["script"]).read_text("utf-8").splitlines()
        assert f'"{record["id"]}"' in " ".join(script[record["line"] - 1 : record["line"] + 1])


NOT_PROSE = re.compile(
    r"""\A---.*?^---$|```\{toctree\}.*?```|^```\{example-figure\}.*?$   # what is not read
    |(?:\{[\w:]+\})?(?<!`)`(?!`)[^`]+`(?!`)             # code, and roles: claims among them
    |\]\([^)]*\)|\$\$.*?\$\$|\$[^$]*\$                 # addresses and formulas""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
NUMBER = re.compile(r"(?<![\w.])(\d+(?:[ \u202f]\d{3})*(?:\.\d+)?)(\s?%)?")
LITERAL = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d+)?(?:e-?\d+)?")


def significant(number: str) -> int:
    """Return how many digits tell: not leading zeros, nor those at the end of a whole number."""
    whole, point, decimals = number.partition(".")
    return len((whole + decimals).lstrip("0") if point else whole.strip("0"))


def typed_results(text: str, records: list[dict[str, Any]], scripts: str) -> set[str]:
    """Return the numbers in a page's prose that are measured values, as its examples have them.

    Left out are the settings, numbers that stand in the scripts, and counts of one or two digits: too many
    of these are the same by chance.
    """
    settings = {float(number.replace("_", "")) for number in LITERAL.findall(scripts)}
    settings |= {100 * setting for setting in settings}
    values = [abs(value) for record in records for value in values_of(record)]
    found = set()
    for match in NUMBER.finditer(NOT_PROSE.sub("", text)):
        number = re.sub(r"\s", "", match[1])
        telling = 3 if "." not in number and not match[2] else 2
        if significant(number) < telling or any(math.isclose(float(number), s) for s in settings):
            continue
        decimals = len(number.partition(".")[2])
        if any(f"{scale * value:.{decimals}f}" == number for value in values for scale in (1, 100)):
            found.add(number)
    return found


def values_of(record: dict[str, Any]) -> list[float]:
    """Return what a claim has measured, one value or several."""
    match record["measured"]:
        case dict() as named:
            return list(named.values())
        case list() as values:
            return values
        case value:
            return [value]


def claims_made(gallery: Path) -> list[dict[str, Any]]:
    """Return all claims, as the build has recorded them."""
    files = sorted(gallery.rglob("*.claims.json"))
    return [record for file in files for record in json.loads(file.read_text("utf-8"))]


@pytest.mark.parametrize("name", [page.name for page in sorted(TOP.glob("docs/*.md"))])
def test_no_measured_number_is_typed(name: str, site: Path) -> None:
    """A page's own examples are those whose figures it shows, whose claims it quotes, or that it links to."""
    text = (TOP / "docs" / name).read_text("utf-8")
    records = claims_made(TOP / "docs/gallery")
    quoted = set(re.findall(r"\{claim\}`([a-z0-9-]+)", text))
    named = set(re.findall(r"\bplot_\w+", text)) | {
        Path(r["script"]).stem for r in records if r["id"] in quoted
    }
    own = [record for record in records if Path(record["script"]).stem in named]
    scripts = "".join((TOP / "examples" / record["script"]).read_text("utf-8") for record in own)
    assert typed_results(text, own, scripts) == set()


def test_a_typed_number_is_found() -> None:
    records = [{"measured": 0.8512}, {"measured": {"a": 4.118, "b": 31.0}}, {"measured": [1234.4, 0.25]}]
    text = "It was {claim}`so-much:.2f` at $B = 4.12$, 4.1 in `x[31]`, 85 % of 31 and 1 234, 25 %, 4.2.\n"
    assert typed_results(text, records, "share = 0.25") == {"4.1", "85", "1234"}


def test_the_readme_shows_a_figure_of_the_site(site: Path) -> None:
    """It is committed, since a README has no build; its alt text and its shape are those of the figure."""
    [(source, alt)] = re.findall(
        r'<img src="([^"]+)"[^>]* alt="([^"]+)"', (TOP / "README.md").read_text("utf-8")
    )
    drawn = [
        json.loads(file.read_text("utf-8")) for file in TOP.glob("docs/gallery/*/images/sphx_glr_plot_*.json")
    ]
    [same] = [figure for figure in drawn if figure["alt"] == unescape(alt)]
    _, _, width, height = map(float, ElementTree.parse(TOP / source).getroot().attrib["viewBox"].split())
    assert width / height == pytest.approx(same["width"] / same["height"], rel=0.01)
