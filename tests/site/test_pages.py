"""The pages of the published site, as a browser finds them."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

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


def test_ledger_and_pages_link_both_ways(site: Path) -> None:
    ledger, steps = ((site / name).read_text("utf-8") for name in ("ledger.html", "steps.html"))
    example = (site / "gallery/10_steps/plot_learning_rate.html").read_text("utf-8")
    assert 'href="ledger.html#claim-gd-settles-below"' in steps
    assert 'href="../../ledger.html#claim-gd-settles-below"' in example
    [row] = re.findall(r'<p id="claim-gd-settles-below">.*?</tr>', ledger, re.DOTALL)
    assert 'href="steps.html"' in row
    assert 'href="gallery/10_steps/plot_learning_rate.html#made-gd-settles-below"' in row


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
    ledger = (site / "ledger.html").read_text("utf-8")
    files = sorted((TOP / "docs/gallery").rglob("*.claims.json"))
    claims = [record for file in files for record in json.loads(file.read_text("utf-8"))]
    assert len(files) == len(list(TOP.glob("examples/*/plot_*.py")))
    assert len(claims) >= 20
    for record in claims:
        [row] = re.findall(rf'<tr[^>]*><td><p id="claim-{record["id"]}">.*?</tr>', ledger, re.DOTALL)
        cells = [
            unescape(re.sub(r"<[^>]*>", "", cell)).strip()
            for cell in re.findall(r"<td>(.*?)</td>", row, re.S)
        ]
        assert cells[0].startswith(record["id"]), row
        assert cells[1], row
        assert "margin" in cells[2], row
        assert f"{record['script']}, line {record['line']}" in cells[3], row
        assert f'.html#made-{record["id"]}"' in row
        script = (TOP / "examples" / record["script"]).read_text("utf-8").splitlines()
        assert f'claim("{record["id"]}"' in script[record["line"] - 1]


NOT_PROSE = re.compile(
    r"""\A---.*?^---$|```\{toctree\}.*?```|^```\{example-figure\}.*?$   # what is not read
    |(?:\{[\w:]+\})?(?<!`)`(?!`)[^`]+`(?!`)             # code, and roles: claims among them
    |\]\([^)]*\)|\$\$.*?\$\$|\$[^$]*\$                 # addresses and formulas""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
NUMBER = re.compile(r"(?<![\w.])\d+(?:[ \u202f]\d{3})*(?:\.\d+)?")
THIN = "\N{NARROW NO-BREAK SPACE}"
SETTINGS = {
    # What an experiment was told, or arithmetic that the reader can follow. What it found comes from a claim.
    "index": {"1", "2", "3", "4", "5", "6", "7", "8", "19", "95", "100", "797"},
    "short_answer": {"5", "10", "19", "20", "25", "95", "100", "400", "797"},
    "diagnose": {"1", "2", "3", "4", "5", "6", "19", "20", "50", "40", "60", "80", "360", "800"},
    "measuring": {
        *("1", "2", "3", "5", "8", "10", "15", "16", "20", "25", "60", "90", "94.2", "95", "100", "300"),
        *("400", "471", "500", "797", "1 200", "2 000"),
    },
    "steps": {
        *("0.01", "0.02", "0.03", "0.1", "0.18", "0.2", "0.5", "0.9", "0.97", "0.98", "0.99", "1", "1.02"),
        *(
            "0.95",
            "1.75",
            "1.8",
            "2",
            "3.2",
            "4",
            "5",
            "10",
            "15",
            "16",
            "20",
            "30",
            "38",
            "40",
            "60",
            "64",
            "95",
        ),
        *("300", "400", "600", "1 000", "1 600"),
    },
    "batches": {
        *("0", "0.05", "0.3", "0.4", "1", "1.6", "2", "4", "5", "10", "50", "60", "95", "100", "500"),
        *("1 200", "2 000"),
    },
    "capacity": {
        *("0.2", "0.7", "1", "1.9", "3", "4", "5", "8", "10", "16", "20", "25", "40", "60", "95", "100"),
        *("140", "160", "200", "600", "2 000"),
    },
    "calming": {
        *("0.05", "0.2", "0.9", "1", "1.5", "2", "3", "4", "5", "10", "16", "24", "25", "32", "40", "50"),
        *("64", "80", "95", "400", "500"),
    },
    "sources": {"0.2", "0.5", "1", "2", "3", "10", "16", "20", "100", "140", "400"},
}


def typed_numbers(text: str) -> set[str]:
    """Return the numbers in the prose of a page, captions included, that stand there as digits."""
    return {number.replace(THIN, " ") for number in NUMBER.findall(NOT_PROSE.sub("", text))}


@pytest.mark.parametrize("name", SETTINGS)
def test_no_number_of_an_experiment_is_typed_in_a_narrative_page(name: str) -> None:
    assert typed_numbers((TOP / f"docs/{name}.md").read_text("utf-8")) == SETTINGS[name]


def test_a_typed_number_is_found() -> None:
    text = "It was {claim}`so-much:.2f` at $B = 7$, 4.12 in `x[3]`.\n"
    text += "```{example-figure} plot_x 2\nOf 32 runs.\n```\n"
    assert typed_numbers(text) == {"4.12", "32"}


def test_the_readme_shows_the_figure_that_the_build_draws(site: Path) -> None:
    shown = re.search(r'<img src="([^"]+)"', (TOP / "README.md").read_text("utf-8"))
    assert shown is not None
    drawn = TOP / "docs/gallery/10_steps/images/sphx_glr_plot_learning_rate_002.svg"
    same = (TOP / shown[1]).read_text("utf-8") == drawn.read_text("utf-8")
    assert same, f"what the build draws has changed: cp {drawn.relative_to(TOP)} {shown[1]}"
