"""Claims of the examples: quoted in prose by a role, and listed in the ledger."""

import json
import re
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains import Domain
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

from unsteady.gallery.claims import format_measured

# What the examples have claimed, by id: read once, after they have run.
RECORDS: dict[str, dict[str, Any]] = {}

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
QUOTE = re.compile(r"(?P<id>[a-z0-9-]+)(\[(?P<key>[^\]]+)\])?(:(?P<format>[^:]+))?")


class ClaimsDomain(Domain):
    """For each page, the claims that it quotes."""

    name = label = "claims"
    initial_data: ClassVar[dict[str, Any]] = {"quotes": {}}

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over the quotes that another process has read."""
        self.data["quotes"] |= otherdata["quotes"]


def tidy(text: str) -> str:
    """Return printed numbers with minus signs, powers of ten, and a space before per cent."""

    def power(match: re.Match[str]) -> str:
        return f" × 10{str(int(match[1])).translate(SUPERSCRIPTS)}"

    text = re.sub(r"(?<=\d)e([+-]\d+)", power, text)
    text = re.sub(r"(?<!\w)-(?=\d)", "−", text)
    return text.replace(" %", "%").replace("%", "\N{NO-BREAK SPACE}%")


def pick(measured: Any, key: str | None) -> float:
    """Return the value that a quote asks for: by name, by position in a list, or the only one."""
    if isinstance(measured, list):
        measured = {str(position): value for position, value in enumerate(measured)}
    values = measured if isinstance(measured, dict) else {None: measured}
    if key not in values:
        names = ", ".join(f"[{name}]" for name in values if name)
        raise ValueError(f"write {f'one of {names}' if names else 'no brackets'}")
    return float(values[key])


def quote(text: str) -> tuple[str, str]:
    """Return the claim that a quote is of, and its number as it stands in prose."""
    match = QUOTE.fullmatch(text)
    if match is None:
        raise ValueError("write id, id:format or id[name]:format")
    if match["id"] not in RECORDS:
        raise ValueError("no example makes it")
    value = pick(RECORDS[match["id"]]["measured"], match["key"])
    return match["id"], tidy(format(value, match["format"] or ".3g"))


class ClaimRole(SphinxRole):
    """A measured number: ``{claim}`id:.2f```, ``id[name]:.2f`` or, of a sequence, ``id[3]:.2f``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            claim, number = quote(self.text)
        except ValueError as error:
            text = f"claim {self.text!r}: {error}"
            return [], [self.inliner.reporter.error(text, line=self.lineno)]
        quotes = self.env.domaindata["claims"]["quotes"]
        quotes.setdefault(self.env.docname, set()).add(claim)
        target = {"refdomain": "std", "reftype": "ref", "reftarget": f"claim-{claim}"}
        link = addnodes.pending_xref("", nodes.inline("", number), refexplicit=True, **target)
        return [nodes.inline("", "", link, classes=["claim"])], []


class Quotes(nodes.inline):
    """Where a claim is quoted: filled in when all pages have been read."""


class LedgerDirective(SphinxDirective):
    """The table of all claims."""

    def run(self) -> list[nodes.Node]:
        titles = ("Claim", "Measured", "Expected", "Where")
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in titles), cols=len(titles))
        group += nodes.thead("", to_row([nodes.Text(title)] for title in titles))
        group += nodes.tbody("", *(to_row(self._cells(r)) for r in RECORDS.values()))
        return [nodes.table("", group, classes=["ledger"])]

    def _cells(self, record: dict[str, Any]) -> Iterator[list[nodes.Node]]:
        name, label = record["id"], f"claim-{record['id']}"
        self.env.domains.standard_domain.anonlabels[label] = (self.env.docname, label)
        yield [nodes.literal("", name, ids=[label]), nodes.Text(record["statement"])]
        yield [nodes.Text(tidy(format_measured(record["measured"])))]
        expected = [record["bound"], f"margin {record['margin']:.2g}"]
        expected += [f"If it were false: {text}" for text in [record["otherwise"]] if text]
        yield [nodes.Text(tidy(text)) for text in expected]
        where = f"{record['script']}, line {record['line']}"
        page = f"gallery/{record['script'].removesuffix('.py')}.html#made-{name}"
        yield [nodes.reference("", where, refuri=page, internal=True), Quotes(claim=name)]


def to_row(cells: Iterable[list[nodes.Node]]) -> nodes.row:
    """Return a row of a table: each part of a cell becomes a paragraph."""
    paragraphs = ([nodes.paragraph("", "", part) for part in cell] for cell in cells)
    return nodes.row("", *(nodes.entry("", *cell) for cell in paragraphs))


def link_quotes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write into the ledger which pages quote a claim."""
    quotes = app.env.domaindata["claims"]["quotes"]
    for place in doctree.findall(Quotes):
        for position, page in enumerate(p for p in sorted(quotes) if place["claim"] in quotes[p]):
            uri = app.builder.get_relative_uri(docname, page)
            place += nodes.Text(", " if position else "quoted in ")
            place += nodes.reference("", app.env.titles[page].astext(), refuri=uri, internal=True)


def load(app: Sphinx) -> None:
    """After the examples have run: read what they claimed; an id used twice is an error."""
    for file in sorted(Path(app.srcdir, "gallery").rglob("*.claims.json")):
        for record in json.loads(file.read_text("utf-8")):
            other = RECORDS.setdefault(record["id"], record)
            if other is not record:
                places = " and ".join(f"{r['script']}:{r['line']}" for r in (other, record))
                raise ExtensionError(f"claim {record['id']!r} is made twice: {places}")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_domain(ClaimsDomain)
    app.add_role("claim", ClaimRole())
    app.add_directive("ledger", LedgerDirective)
    app.add_node(Quotes, html=(lambda *_: None, lambda *_: None))
    app.connect("builder-inited", load, priority=900)
    app.connect("doctree-resolved", link_quotes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
