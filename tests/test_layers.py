"""Who imports whom: the layers of the library, no circle, no private name from outside its package."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

TOP = Path(__file__).parents[1]

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


def imports_of(file: Path, module: str) -> Iterator[Import]:
    """Yield the module itself, so that all modules are known, and then all that it imports."""
    yield Import(module, module, file.name)

    def names_in(node: ast.AST) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if not isinstance(node, ast.ImportFrom):
            return []
        package = module.split(".") if file.stem == "__init__" else module.split(".")[:-1]
        base = package[: len(package) + 1 - node.level] if node.level else []
        return [".".join(filter(None, [*base, node.module, alias.name])) for alias in node.names]

    def walk(node: ast.AST, late: bool, typing: bool) -> Iterator[Import]:
        for name in names_in(node):
            yield Import(module, name, f"{file.name}:{node.lineno}", late, typing)
        late |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        guarded = node.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) else []
        for child in ast.iter_child_nodes(node):
            yield from walk(child, late, typing or child in guarded)

    yield from walk(ast.parse(file.read_text("utf-8")), False, False)


def imports_under(folder: Path, package: str = "") -> list[Import]:
    """List the imports of all Python files of a folder, which is that package where one is named."""
    found = []
    for file in sorted(folder.rglob("*.py")):
        parts = [*([package] if package else []), *file.relative_to(folder).with_suffix("").parts]
        found += imports_of(file, ".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def private_from_outside(found: list[Import]) -> list[str]:
    """List the imports of a name with an underscore from outside the package that has it."""
    bad = []
    for each in found:
        parts = each.target.split(".")
        hidden = [k for k, part in enumerate(parts) if part.startswith("_") and not part.startswith("__")]
        if parts[0] == "unsteady" and hidden and not within(each.module, ".".join(parts[: hidden[0]])):
            bad.append(f"{each.where}: {each.module} imports {each.target}")
    return bad


def inside_functions(found: list[Import]) -> list[str]:
    """List the imports inside functions that nothing allows."""
    allowed = LATE.split()
    return [
        f"{each.where}: {each.target}"
        for each in found
        if each.late and not any(within(each.target, name) for name in allowed)
    ]


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
    """List the imports that do not point to a lower layer, and the modules that have none."""
    rank = {name: level for level, row in enumerate(layers.strip().splitlines()) for name in row.split()}
    bad = []
    for each in found:
        if each.typing or "." not in each.module or not within(each.target, "unsteady"):
            continue  # the top's lazy face, and what is not ours
        source, target = each.module.split(".")[1], each.target.partition(".")[2].split(".")[0]
        if target not in (source, "__version__") and rank.get(target, 99) >= rank.get(source, -1):
            bad.append(f"{each.where}: {each.module} imports {each.target}")
    return bad


@pytest.fixture(scope="module")
def library() -> list[Import]:
    return imports_under(TOP / "src/unsteady", "unsteady")


def test_imports_point_down(library):
    assert "\n".join(against_layers(library, LAYERS)) == ""


def test_there_is_no_circle(library):
    assert " <- ".join(circle(library)) == ""


def test_imports_stand_on_top(library):
    assert "\n".join(inside_functions(library)) == ""


@pytest.mark.parametrize("folder", ["src/unsteady", "docs", "examples", "benchmarks"])
def test_private_names_stay_in_their_package(folder):
    found = imports_under(TOP / folder, "unsteady" if folder == "src/unsteady" else "")
    assert "\n".join(private_from_outside(found)) == ""


@pytest.fixture
def tree(tmp_path):
    """Return a function that writes files and lists their imports as those of the package ``unsteady``."""

    def written(**files: str) -> list[Import]:
        for name, text in files.items():
            file = tmp_path / f"{name.replace('__', '/')}.py"
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)
        return imports_under(tmp_path, "unsteady")

    return written


TYPES = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    "


@pytest.mark.parametrize(
    ("one", "found"),
    [
        ("from unsteady.logs._read import thing", True),  # another package's module
        ("from unsteady.logs import _thing", True),  # another package's name
        ("from .logs import _thing", True),
        (TYPES + "from unsteady.logs import _thing", True),
        ("def f():\n    import unsteady.logs._read", True),
        ("from unsteady.logs import thing", False),
        ("from unsteady._validation import check", False),  # the top's private module, from within
        ("from unsteady import __version__", False),
        ("from numpy import _private", False),
    ],
)
def test_a_private_name_from_outside_is_found(tree, one, found):
    files = {"one": one, "_validation": "", "logs__read": "from unsteady.logs import _evaluations"}
    bad = private_from_outside(tree(**files))
    assert [line.startswith("one.py:") for line in bad] == [True] * found


def test_scripts_may_not_import_the_tops_private_modules_either(tmp_path):
    (tmp_path / "plot_it.py").write_text("from unsteady import _validation")
    assert len(private_from_outside(imports_under(tmp_path))) == 1


@pytest.mark.parametrize(
    ("two", "around"),
    [
        ("from unsteady import one", {"unsteady.one", "unsteady.two"}),
        ("from unsteady.one import thing", {"unsteady.one", "unsteady.two"}),
        ("from .one import thing", {"unsteady.one", "unsteady.two"}),
        ("def f():\n    import unsteady.one", {"unsteady.one", "unsteady.two"}),
        ("if __debug__:\n    import unsteady.three", {"unsteady.one", "unsteady.two", "unsteady.three"}),
        (TYPES + "from unsteady.one import thing", set()),
        ("from unsteady.four import thing", set()),  # which imports nothing
        ("import numpy", set()),
    ],
)
def test_a_circle_is_found(tree, two, around):
    assert (
        set(circle(tree(one="import unsteady.two", two=two, three="import unsteady.one", four=""))) == around
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def f():\n    import unsteady.noise", True),
        ("class C:\n    def f(self):\n        if self:\n            from unsteady import noise", True),
        ("def f():\n    import json", True),
        ("def f():\n    import matplotlib.pyplot as plt\n    from unsteady import plotting", False),
        ("try:\n    import json\nexcept ImportError: pass", False),
    ],
)
def test_an_import_inside_a_function_is_found(tree, text, found):
    assert len(inside_functions(tree(one=text))) == found


@pytest.mark.parametrize(
    ("module", "target", "found"),
    [
        ("top", "low", False),
        ("low", "top", True),
        ("pack__inner", "low", False),
        ("pack__inner", "top", True),
        ("low", "beside", True),  # nothing imports its own row's others
        ("top", "unheard_of", True),
        ("top", "__version__", False),
        ("unheard_of", "low", True),
        ("low", "low", False),
    ],
)
def test_an_import_that_points_up_is_found(tree, module, target, found):
    bad = against_layers(tree(**{module: f"from unsteady.{target} import x"}), "low beside\npack\ntop")
    assert len(bad) == found
