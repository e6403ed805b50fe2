"""The reference: a table for each module, the examples that use a name, and where it is defined."""

import inspect
import json
from functools import cache
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx

import unsteady

SOURCE = Path(unsteady.__file__).parents[1]


def is_code(obj: Any) -> bool:
    """Return whether an object is a function or a class."""
    return inspect.isroutine(obj) or inspect.isclass(obj)


def is_at_home(obj: Any, module: str) -> bool:
    """Return whether a function or class has its entry on a module's page.

    It has where it is defined in the module or a part of it. The top's private modules have no
    page, so what a module offers from them has its entry there.
    """
    return is_code(obj) and str(obj.__module__).startswith((module, "unsteady._"))


def skip(app: Sphinx, what: str, name: str, obj: Any, skipped: bool, options: Any) -> bool | None:
    """Leave out what a module only passes on: it has its entry at home."""
    here = app.env.current_document.autodoc_module
    return (what == "module" and is_code(obj) and not is_at_home(obj, here)) or None


def members_of(module: ModuleType) -> list[str]:
    """Return the functions and classes that have an entry on a module's page."""
    here, objects = module.__name__, vars(module)
    own = [n for n in objects if n[0] != "_" and getattr(objects[n], "__module__", "") == here]
    names = objects.get("__all__", own)
    return [name for name in names if is_at_home(getattr(module, name), here)]


def add_table(lines: list[str], module: ModuleType) -> None:
    """Insert a table of what a module has after the first paragraph of its docstring."""
    place = [*lines, ""].index("")
    if names := members_of(module):
        head = ["", ".. autosummary::", "   :nosignatures:", ""]
        lines[place:place] = [*head, *(f"   {name}" for name in names), ""]


def add_examples(lines: list[str], name: str, obj: Any, used: dict[str, Any]) -> None:
    """Append the examples that use a function or class, also where the top offers it."""
    short = name.rpartition(".")[2]
    top = [f"unsteady.{short}"] if getattr(unsteady, short, None) is obj else []
    if known := [known for known in (name, *top) if known in used]:
        lines += ["", f".. rubric:: Examples using ``{short}``", ""]
        lines += [f".. minigallery:: {' '.join(known)}", ""]


@cache
def calls(docs: str) -> dict[str, Any]:
    """Return the examples that use each name, as Sphinx-Gallery lists them."""
    file = Path(docs, "gallery/backreferences/backreferences_all.json")
    return dict(json.loads(file.read_text("utf-8")))


def extend(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Extend a docstring, after numpydoc has read it."""
    if what == "module" and options.members:
        add_table(lines, obj)
    elif what in ("function", "class"):
        add_examples(lines, name, obj, calls(app.srcdir))


def source_link(top: str, domain: str, info: dict[str, str]) -> str | None:
    """Return the address of the lines that define a name; data have none."""
    obj = inspect.unwrap(attrgetter(info["fullname"])(import_module(info["module"])))
    if not is_code(obj):
        return None
    lines, first = inspect.getsourcelines(obj)
    file = Path(inspect.getfile(obj)).relative_to(SOURCE).as_posix()
    return f"{top}/src/{file}#L{first}-L{first + len(lines) - 1}"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-skip-member", skip)
    app.connect("autodoc-process-docstring", extend, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
