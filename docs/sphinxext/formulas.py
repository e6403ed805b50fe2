"""The formula sheet: what each closed form says, assumes and rests on, out of its docstring."""

from importlib import import_module
from pathlib import Path

from docutils import nodes
from numpydoc.docscrape import FunctionDoc
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinxext.reference import calls


class FormulasDirective(SphinxDirective):
    """``formulas:: module.name module.name ...``: an entry for each function of the library."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        examples = calls(self.env.srcdir)
        paths = self.arguments[0].split()
        entries = [entry_of(path, examples.get(f"unsteady.{path}", [])) for path in paths]
        text = "\n".join([*entries, ".. py:currentmodule:: None"])
        return [nodes.container("", *self.parse_text_to_nodes(text), classes=["formulas"])]


def entry_of(path: str, calls: list[list[str]]) -> str:
    """Return the text of a definition: what a function is, the rest of what its docstring says.

    `calls` are the examples that use it, as Sphinx-Gallery lists them: script, folder, ...
    """
    module, _, name = path.rpartition(".")
    docstring = FunctionDoc(getattr(import_module(f"unsteady.{module}"), name))
    summary = " ".join(docstring["Summary"]).removeprefix("Return ")
    pages = sorted(f"/gallery/{Path(folder).name}/{Path(s).stem}" for s, folder, *_ in calls)
    links = ", ".join(f":doc:`{page}`" for page in pages)
    measured = f"; measured in {links}" if links else ""
    last = f"As :func:`unsteady.{path}`{measured}."
    body = [*docstring["Extended Summary"], "", *docstring["Notes"], "", last]
    # A docstring refers to its neighbours by their bare names.
    start = [f".. py:currentmodule:: unsteady.{module}", "", f"{summary[0].upper()}{summary[1:]}"]
    return "\n".join([*start, *(f"   {line}" for line in body), ""])


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("formulas", FormulasDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
