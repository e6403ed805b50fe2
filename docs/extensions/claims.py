"""Claims of the examples: kept beside their pages, quoted in prose by a role, listed in the ledger."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

from unsteady.gallery import claims

Records = dict[str, dict[str, Any]]

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
QUOTED = re.compile(r"(?P<id>[a-z0-9-]+)(\[(?P<key>[^\]]+)\])?(:(?P<format>[^:]+))?")


def write_records(script: Path, page: Path) -> None:
    """Write the claims that the running example has made beside its page."""
    own = [
        {**record.as_dict(), "script": f"{script.parent.name}/{script.name}"}
        for record in claims.records
        if record.script == str(script)
    ]
    page.with_suffix(".claims.json").write_text(json.dumps(own, ensure_ascii=False, indent=1), "utf-8")


def read_records(gallery: Path) -> Records:
    """Return all claims by id; an id used twice is an error."""
    found: Records = {}
    for file in sorted(gallery.rglob("*.claims.json")):
        for record in json.loads(file.read_text("utf-8")):
            other = found.setdefault(record["id"], record)
            if other is not record:
                places = (f"{r['script']}:{r['line']}" for r in (other, record))
                raise ExtensionError(f"claim {record['id']!r} is made twice: {' and '.join(places)}")
    return found


def typeset(value: float, style: str) -> str:
    """Return the number as it stands in prose: a minus sign, and powers of ten written out."""
    try:
        return tidy(format(value, style))
    except ValueError:
        raise ValueError(f"{style!r} is no format for a number, such as .2f") from None


def tidy(text: str) -> str:
    """Return printed numbers as they stand in prose."""

    def power(match: re.Match[str]) -> str:
        return f" × 10{str(int(match[1])).translate(SUPERSCRIPTS)}"

    text = re.sub(r"(?<=\d)e([+-]\d+)", power, text)
    return re.sub(r"-(?=\d)", "−", text).replace(" %", "%").replace("%", "\N{NO-BREAK SPACE}%")


class ClaimRole(SphinxRole):
    """A claim's measured number: ``{claim}`id:.2f```, or ``id[name]:.2f`` for one of several.

    A true sequence has no names: its values are quoted by position, ``id[3]``.
    """

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return [self._quote()], []
        except (KeyError, IndexError, ValueError) as error:
            message = self.inliner.reporter.error(str(error.args[0]), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]

    def _quote(self) -> nodes.Node:
        match = QUOTED.fullmatch(self.text)
        if match is None:
            raise ValueError(f"claim {self.text!r}: expected id, id:format or id[name]:format")
        records: Records = self.env.app.claims  # type: ignore[attr-defined]
        if match["id"] not in records:
            raise KeyError(f"no example makes the claim {match['id']!r}")
        measured = records[match["id"]]["measured"]
        value = self._pick(measured, match)
        quotes: dict[str, set[str]] = self.env.claim_quotes  # type: ignore[attr-defined]
        quotes.setdefault(match["id"], set()).add(self.env.docname)
        number = typeset(value, match["format"] or ".3g")
        return nodes.inline("", "", to_ledger(match["id"], self.env.docname, number), classes=["claim"])

    def _pick(self, measured: float | list[float] | dict[str, float], match: re.Match[str]) -> float:
        """Return the measured value, or that of several which has the name or the position."""
        if isinstance(measured, dict):
            values = measured
        else:
            several = measured if isinstance(measured, list) else []
            values = {str(position): value for position, value in enumerate(several)}
        if match["key"] is None and not isinstance(measured, list | dict):
            return float(measured)
        if match["key"] not in values:
            allowed = (
                ", ".join(f"{match['id']}[{key}]" for key in values) or f"{match['id']}, it has one value"
            )
            raise ValueError(f"claim {self.text!r}: write {allowed}")
        return values[match["key"]]


class Quotes(nodes.inline):
    """Where a claim is quoted: filled in when all pages have been read."""


class ClaimsDirective(SphinxDirective):
    """``claims:: id id ...``: below a cell of an example, links to the ledger and targets of its links."""

    has_content = False
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        line = nodes.paragraph("", "In the ledger: ", classes=["made"])
        for position, name in enumerate(self.arguments[0].split()):
            line += nodes.Text(", " * bool(position))
            line += nodes.inline("", "", to_ledger(name, self.env.docname, name), ids=[f"made-{name}"])
        return [line]


class LedgerDirective(SphinxDirective):
    """The table of all claims."""

    def run(self) -> list[nodes.Node]:
        records: Records = self.env.app.claims  # type: ignore[attr-defined]
        header = ("Claim", "Measured", "Expected", "Where")
        table = nodes.table(classes=["ledger"])
        group = nodes.tgroup(cols=len(header))
        group += [nodes.colspec(colwidth=1) for _ in header]
        group += nodes.thead("", self._row(*(nodes.paragraph("", text) for text in header)))
        group += nodes.tbody("", *(self._record(record) for record in records.values()))
        table += group
        return [table]

    @staticmethod
    def _row(*cells: nodes.Node | list[nodes.Node]) -> nodes.row:
        entries = (cell if isinstance(cell, list) else [cell] for cell in cells)
        return nodes.row("", *(nodes.entry("", *entry) for entry in entries))

    def _record(self, record: dict[str, Any]) -> nodes.row:
        label = f"claim-{record['id']}"
        self.env.domains.standard_domain.anonlabels[label] = (self.env.docname, label)
        name = nodes.paragraph("", "", nodes.literal("", record["id"]), ids=[label])
        statement = nodes.paragraph("", record["statement"])
        measured = nodes.paragraph("", tidy(claims.format_measured(record["measured"])))
        bound = nodes.paragraph("", tidy(record["bound"]))
        margin = nodes.paragraph("", f"margin {typeset(record['margin'], '.2g')}")
        otherwise = [nodes.paragraph("", f"otherwise {record['otherwise']}")] if record["otherwise"] else []
        page = "gallery/" + record["script"].removesuffix(".py")
        uri = f"{page}.html#made-{record['id']}"
        script = nodes.reference("", f"{record['script']}, line {record['line']}", refuri=uri, internal=True)
        quotes = nodes.paragraph("", "", Quotes(claim=record["id"]))
        return self._row(
            [name, statement],
            measured,
            [bound, margin, *otherwise],
            [nodes.paragraph("", "", script), quotes],
        )


def to_ledger(name: str, docname: str, text: str) -> nodes.Node:
    """Return a link to a claim's line in the ledger."""
    reference = addnodes.pending_xref(
        "", refdomain="std", reftype="ref", reftarget=f"claim-{name}",
        refexplicit=True, refwarn=True, refdoc=docname,
    )  # fmt: skip
    reference += nodes.inline("", text)
    return reference


def merge_quotes(app: Sphinx, env: Any, docnames: set[str], other: Any) -> None:
    """Take over the quotes that another process has read."""
    for name, pages in other.claim_quotes.items():
        env.claim_quotes.setdefault(name, set()).update(pages)


def link_quotes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write into the ledger which pages quote a claim."""
    for place in doctree.findall(Quotes):
        pages = sorted(app.env.claim_quotes.get(place["claim"], ()))  # type: ignore[attr-defined]
        if pages:
            place += nodes.Text("quoted in ")
        for position, page in enumerate(pages):
            uri = app.builder.get_relative_uri(docname, page)
            place += nodes.Text(", " * bool(position))
            place += nodes.reference("", app.env.titles[page].astext(), refuri=uri, internal=True)


def load(app: Sphinx) -> None:
    """After the examples have run: read what they claimed."""
    app.claims = read_records(Path(app.srcdir, "gallery"))  # type: ignore[attr-defined]
    app.env.claim_quotes = {}  # type: ignore[attr-defined]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_role("claim", ClaimRole())
    app.add_directive("claims", ClaimsDirective)
    app.add_directive("ledger", LedgerDirective)
    app.add_node(Quotes, html=(lambda *_: None, lambda *_: None))
    app.connect("builder-inited", load, priority=900)
    app.connect("env-merge-info", merge_quotes)
    app.connect("doctree-resolved", link_quotes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
