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

import unsteady.claims

Records = dict[str, dict[str, Any]]

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
QUOTED = re.compile(r"(?P<id>[a-z0-9-]+)(\[(?P<index>\d+)\])?(:(?P<format>[^:]+))?")


def write_records(script: Path, page: Path) -> None:
    """Write the claims that the running example has made beside its page."""
    own = [
        {**record.as_dict(), "script": f"{script.parent.name}/{script.name}"}
        for record in unsteady.claims.records
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
        text = format(value, style)
    except ValueError:
        raise ValueError(f"{style!r} is no format for a number, such as .2f") from None
    mantissa, power, exponent = text.partition("e")
    if power:
        exponent = str(int(exponent)).translate(SUPERSCRIPTS)
        text = f"{mantissa} × 10{exponent}"
    return text.replace("-", "−").replace("%", "\N{NO-BREAK SPACE}%")


class ClaimRole(SphinxRole):
    """A claim's measured number: ``{claim}`id:.2f```, or ``id[3]:.2f`` for one of several."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return [self._quote()], []
        except (KeyError, IndexError, ValueError) as error:
            message = self.inliner.reporter.error(str(error.args[0]), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]

    def _quote(self) -> nodes.Node:
        match = QUOTED.fullmatch(self.text)
        if match is None:
            raise ValueError(f"claim {self.text!r}: expected id, id:format or id[index]:format")
        records: Records = self.env.app.claims  # type: ignore[attr-defined]
        if match["id"] not in records:
            raise KeyError(f"no example makes the claim {match['id']!r}")
        measured = records[match["id"]]["measured"]
        value = self._pick(measured, match)
        reference = addnodes.pending_xref(
            "", refdomain="std", reftype="ref", reftarget=f"claim-{match['id']}",
            refexplicit=True, refwarn=True, refdoc=self.env.docname,
        )  # fmt: skip
        reference += nodes.inline("", typeset(value, match["format"] or ".3g"))
        return nodes.inline("", "", reference, classes=["claim"])

    def _pick(self, measured: float | list[float], match: re.Match[str]) -> float:
        """Return the measured value, or that of several which the index names."""
        if match["index"] is None and isinstance(measured, list):
            last = len(measured) - 1
            raise ValueError(f"claim {self.text!r} has several values: write {match['id']}[0] to [{last}]")
        if match["index"] is None:
            return float(measured)  # type: ignore[arg-type]
        values = measured if isinstance(measured, list) else []
        if int(match["index"]) >= len(values):
            count = len(values) or "a single one, without index"
            raise ValueError(f"claim {self.text!r}: there is no value {match['index']}, it has {count}")
        return values[int(match["index"])]


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
    def _row(*cells: nodes.Node) -> nodes.row:
        return nodes.row("", *(nodes.entry("", cell) for cell in cells))

    def _record(self, record: dict[str, Any]) -> nodes.row:
        label = f"claim-{record['id']}"
        statement = nodes.paragraph("", record["statement"], ids=[label])
        self.env.domains.standard_domain.anonlabels[label] = (self.env.docname, label)
        values = record["measured"] if isinstance(record["measured"], list) else [record["measured"]]
        ends = values if len(values) <= 3 else [min(values), max(values)]
        measured = (", " if len(values) <= 3 else " to ").join(typeset(v, ".4g") for v in ends)
        page = "/gallery/" + record["script"].removesuffix(".py")
        where = nodes.paragraph()
        link, _ = self.parse_inline(f"{{doc}}`{record['script']}, line {record['line']} <{page}>`")
        where += link
        return self._row(
            statement, nodes.paragraph("", measured), nodes.paragraph("", record["bound"]), where
        )


def load(app: Sphinx) -> None:
    """After the examples have run: read what they claimed."""
    app.claims = read_records(Path(app.srcdir, "gallery"))  # type: ignore[attr-defined]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_role("claim", ClaimRole())
    app.add_directive("ledger", LedgerDirective)
    app.connect("builder-inited", load, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
