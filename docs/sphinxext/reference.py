"""The reference: a table for each module, the examples that use a name, and where it is defined."""

import inspect
import json
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx

import unsteady

SOURCE = Path(unsteady.__file__).parents[1]


def members_of(module: ModuleType) -> list[str]:
    """Return the functions and classes of a module's face, or those that it defines itself."""

    def is_shown(name: str) -> bool:
        member = getattr(module, name)
        at_home = getattr(member, "__module__", "") == module.__name__
        listed = hasattr(module, "__all__") or at_home
        return listed and (inspect.isroutine(member) or inspect.isclass(member))

    names = getattr(module, "__all__", [name for name in vars(module) if name[0] != "_"])
    return [name for name in names if is_shown(name)]


def add_table(lines: list[str], module: ModuleType) -> None:
    """Insert a table of what a module has after the first paragraph of its docstring."""
    place = [*lines, ""].index("")
    if names := members_of(module):
        rows = (f"   {name}" for name in names)
        lines[place:place] = ["", ".. autosummary::", "   :nosignatures:", "", *rows, ""]


def add_examples(lines: list[str], name: str, obj: Any, used: dict[str, Any]) -> None:
    """Append the examples that use a function or class, also where the top offers it."""
    short = name.rpartition(".")[2]
    top = [f"unsteady.{short}"] if getattr(unsteady, short, None) is obj else []
    if known := [known for known in (name, *top) if known in used]:
        lines += ["", f".. rubric:: Examples using ``{short}``", ""]
        lines += [f".. minigallery:: {' '.join(known)}", ""]


def extend(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Extend a docstring, after numpydoc has read it."""
    if what == "module" and options.members:
        add_table(lines, obj)
    elif what in ("function", "class"):
        file = Path(app.srcdir, "gallery/backreferences/backreferences_all.json")
        add_examples(lines, name, obj, json.loads(file.read_text("utf-8")))


def source_link(top: str, domain: str, info: dict[str, str]) -> str | None:
    """Return the address of the lines that define a name; data have none."""
    obj = inspect.unwrap(attrgetter(info["fullname"])(import_module(info["module"])))
    if not (inspect.isroutine(obj) or inspect.isclass(obj)):
        return None
    lines, first = inspect.getsourcelines(obj)
    file = Path(inspect.getfile(obj)).relative_to(SOURCE).as_posix()
    return f"{top}/src/{file}#L{first}-L{first + len(lines) - 1}"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", extend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
