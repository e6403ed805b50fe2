"""The formula sheet: what each closed form says, assumes and rests on, out of its docstring."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from docutils import nodes
from numpydoc.docscrape import FunctionDoc
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


class FormulasDirective(SphinxDirective):
    """``formulas:: module.name module.name ...``: an entry for each function, within ``unsteady``."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        sheet = nodes.container(classes=["formulas"])
        for path in self.arguments[0].split():
            # A docstring refers to its neighbours by their bare names.
            self.env.ref_context["py:module"] = f"unsteady.{path.rpartition('.')[0]}"
            sheet += self.parse_text_to_nodes("\n".join(self._entry(path)))
        self.env.ref_context.pop("py:module", None)
        return [sheet]

    def _entry(self, path: str) -> list[str]:
        """Return the lines of a definition: what it is, then the rest of what its docstring says."""
        room, _, name = path.rpartition(".")
        try:
            documented = FunctionDoc(getattr(import_module(f"unsteady.{room}"), name))
        except (ImportError, AttributeError):
            raise self.error(f"the library has no unsteady.{path}") from None
        said = " ".join(documented["Summary"]).removeprefix("Return ")
        lines = [f"{said[0].upper()}{said[1:]}"]
        for part in (documented["Extended Summary"], documented["Notes"]):
            lines += [f"   {line}" for line in [*part, ""] if part]
        return [*lines, f"   {self._where(path, room, name)}"]

    def _where(self, path: str, room: str, name: str) -> str:
        """Return links to the function and to the examples that call it."""
        places = [f":func:`unsteady.{path}`"]
        for script in sorted(Path(self.env.srcdir, "../examples").glob("*/plot_*.py")):
            self.env.note_dependency(str(script))
            text = script.read_text("utf-8")
            if f"{room}.{name}(" in text or (f"from unsteady.{room} import" in text and f"{name}(" in text):
                places.append(f":doc:`/gallery/{script.parent.name}/{script.stem}`")
        measured = f"; measured in {', '.join(places[1:])}" if places[1:] else ""
        return f"As {places[0]}{measured}."


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("formulas", FormulasDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
