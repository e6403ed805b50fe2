"""Who imports whom: the layers of the library, no circle, no private name from outside its package."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

TOP = Path(__file__).parents[1]
MADE = {TOP / "docs/gallery", TOP / "docs/_build"}  # by a build of the site

# From the bottom to the top. A module or package of a row may import those of the rows below it.
LAYERS = """
_plain_validation _text
_validation
_broadcasting
accuracy averages batches datasets models objectives optimizers regularizers schedules theory
history
curvature gallery logs noise per_example training
plotting
diagnosis
cli
__main__
"""

# What may be imported inside a function: it costs time, and most calls do without it.
LATE = """
matplotlib pandas sklearn joblib tqdm
unsteady.plotting unsteady.gallery.explorable unsteady.diagnosis._plot
"""


class Import(NamedTuple):
    """One imported name: ``from a.b import c`` imports ``a.b.c``."""

    module: str
    target: str
    where: str
    late: bool = False  # inside a function
    typing: bool = False  # under "if TYPE_CHECKING"


def names_in(node: ast.AST, package: list[str]) -> list[tuple[str, str]]:
    """List the full names that a statement or a call imports, each with the name it gets in the file."""
    if isinstance(node, ast.Import):
        return [(alias.name, alias.asname or alias.name) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = package[: len(package) + 1 - node.level] if node.level else []
        start = [*base, *([node.module] if node.module else [])]
        return [(".".join([*start, alias.name]), alias.asname or alias.name) for alias in node.names]
    match node:
        case ast.Call(func=called, args=[ast.Constant(value=str(name)), *_]):
            if ast.unparse(called) in ("import_module", "importlib.import_module", "__import__"):
                return [(name, "")]
    return []


def imports_of(file: Path, module: str) -> Iterator[Import]:
    """Yield the module itself, so that all modules are known, and then all that it imports."""
    package = module.split(".") if file.stem == "__init__" else module.split(".")[:-1]
    tree = ast.parse(file.read_text("utf-8"))
    known = [pair for node in ast.walk(tree) for pair in names_in(node, package)]

    def walk(node: ast.AST, late: bool, typing: bool) -> Iterator[Import]:
        where = f"{file.name}:{getattr(node, 'lineno', 0)}"
        yield from (Import(module, name, where, late, typing) for name, _ in names_in(node, package))
        if isinstance(node, ast.Attribute) and is_private(node.attr):  # logs._read is as good as an import
            text = ast.unparse(node)
            full = {name + text.removeprefix(local) for name, local in known if within(text, local)}
            yield from (Import(module, name, where) for name in sorted(full))
        late |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        is_guard = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        guarded = node.body if is_guard else []
        for child in ast.iter_child_nodes(node):
            yield from walk(child, late, typing or child in guarded)

    yield Import(module, module, file.name)
    yield from walk(tree, False, False)


def imports_under(folder: Path, package: str = "") -> list[Import]:
    """List the imports of all Python files of a folder, which is that package where one is named."""
    found = []
    for file in sorted(file for file in folder.rglob("*.py") if not MADE & {*file.parents}):
        parts = [*([package] if package else []), *file.relative_to(folder).with_suffix("").parts]
        found += imports_of(file, ".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def private_from_outside(found: list[Import]) -> list[str]:
    """List the imports of a name with an underscore from outside the package that has it."""
    bad = []
    for each in found:
        parts = each.target.split(".")
        hidden = [k for k, part in enumerate(parts) if is_private(part)]
        if parts[0] == "unsteady" and hidden and not within(each.module, ".".join(parts[: hidden[0]])):
            bad.append(f"{each.where}: {each.module} imports {each.target}")
    return bad


def inside_functions(found: list[Import]) -> list[str]:
    """List the imports inside functions that nothing allows."""
    late = [
        each for each in found if each.late and not any(within(each.target, name) for name in LATE.split())
    ]
    return [f"{each.where}: {each.target}" for each in late]


def circle(found: list[Import]) -> list[str]:
    """Return the modules of a circle, in order, or an empty list. Imports for types alone do not count."""
    graph: dict[str, set[str]] = {each.module: set() for each in found}
    for each in found:
        known = max((name for name in graph if within(each.target, name)), key=len, default=each.module)
        if not each.typing and known != each.module:
            graph[each.module].add(known)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def against_layers(found: list[Import], layers: str) -> list[str]:
    """List the imports that do not point to a lower layer, also those for types, and unknown modules."""
    rank = {name: level for level, row in enumerate(layers.strip().splitlines()) for name in row.split()}
    bad = []
    for each in found:
        if "." not in each.module or not within(each.target, "unsteady"):
            continue  # the top's lazy face, and what is not ours
        source, target = each.module.split(".")[1], each.target.partition(".")[2].split(".")[0]
        if target not in (source, "__version__") and rank.get(target, 99) >= rank.get(source, -1):
            bad.append(f"{each.where}: {each.module} imports {each.target}")
    return bad


def test_the_library_keeps_the_rules():
    library = imports_under(TOP / "src/unsteady", "unsteady")
    assert against_layers(library, LAYERS) == []
    assert circle(library) == []
    assert inside_functions(library) == []


@pytest.mark.parametrize("folder", ["src/unsteady", "docs", "examples", "benchmarks"])
def test_private_names_stay_in_their_package(folder):
    found = imports_under(TOP / folder, "unsteady" if folder == "src/unsteady" else "")
    assert private_from_outside(found) == []


# That each rule finds what breaks it ---------------------------------------------------------------


def written(folder: Path, package: str = "unsteady", **files: str) -> list[Import]:
    """Write files into a folder, and list their imports."""
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return imports_under(folder, package)


TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "
PRIVATE = [
    "from unsteady.logs._read import thing",  # a module
    "from unsteady.logs import _thing",  # a name
    "from .logs import _thing",
    f"{TYPES}from unsteady.logs import _thing",
    "def f():\n    import unsteady.logs._read",
    "import importlib\nimportlib.import_module('unsteady.logs._read')",
    "__import__('unsteady.logs._read')",
    "import unsteady.logs\nunsteady.logs._read.thing()",
    "from unsteady import logs as l\nl._read",
]
PUBLIC = [
    "from unsteady.logs import thing\nthing.x, self._x",
    "from unsteady._validation import check",  # the top's private module, from within
    "from unsteady import __version__",
    "from numpy import _private",
]


@pytest.mark.parametrize("text", PRIVATE + PUBLIC)
def test_a_private_name_from_outside_is_found(tmp_path, text):
    bad = private_from_outside(written(tmp_path, one=text, logs__read="from unsteady.logs import _columns"))
    assert [line.partition(":")[0] for line in bad] == ["one.py"] * (text in PRIVATE)


def test_scripts_may_not_import_the_tops_private_modules_either(tmp_path):
    assert len(private_from_outside(written(tmp_path, "", plot_it="from unsteady import _validation"))) == 1


ROUND = [
    "from unsteady import one",
    "from .one import thing",
    "def f():\n    import unsteady.one",
    "if __debug__:\n    import unsteady.three",  # which imports one
    f"{TYPES.replace('if', 'if not')}import unsteady.one",
    f"{TYPES.replace('ING:', 'ING or True:')}import unsteady.one",
    f"{TYPES}pass\nelse:\n    import unsteady.one",
]
NOT_ROUND = [f"{TYPES}from unsteady.one import thing", "from unsteady.four import thing"]


@pytest.mark.parametrize("two", ROUND + NOT_ROUND)
def test_a_circle_is_found(tmp_path, two):
    found = circle(
        written(tmp_path, one="import unsteady.two", two=two, three="import unsteady.one", four="")
    )
    assert ({"unsteady.one", "unsteady.two"} <= set(found)) == bool(found) == (two in ROUND)


FORBIDDEN = [
    "class C:\n    def f(self):\n        if self:\n            from unsteady import noise",
    "f = lambda: __import__('json')",
]
ALLOWED = [
    "def f():\n    import matplotlib.pyplot as plt\n    from unsteady import plotting",
    "try:\n    import json\nexcept ImportError: pass",
]


@pytest.mark.parametrize("text", FORBIDDEN + ALLOWED)
def test_an_import_inside_a_function_is_found(tmp_path, text):
    assert len(inside_functions(written(tmp_path, one=text))) == (text in FORBIDDEN)


UP = ["low>top", "pack__inner>top", "low>beside", "top>unheard_of", "unheard_of>low"]
DOWN = ["top>low", "pack__inner>low", "low>low", "top>__version__"]


@pytest.mark.parametrize("start", ["", TYPES])
@pytest.mark.parametrize("case", UP + DOWN)
def test_an_import_that_points_up_is_found(tmp_path, case, start):
    module, _, target = case.partition(">")
    found = written(tmp_path, **{module: f"{start}from unsteady.{target} import x"})
    assert len(against_layers(found, "low beside\npack\ntop")) == (case in UP)
