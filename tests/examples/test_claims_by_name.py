"""Claims tie a number to the name of what was measured: whoever exchanges two curves is found out."""

import ast
import copy
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from unsteady.gallery import ClaimError, claims

REMEDIES = Path(__file__).parents[2] / "examples/50_calming/plot_remedies.py"
PAIRS = [
    ("rate / 4", "batch × 4"),
    ("averaged weights", "decayed rate"),
    ("gradient clipped", "rate / 4"),
]


@pytest.fixture(autouse=True)
def no_traces(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(claims, "records", [])
    plt.switch_backend("agg")
    yield
    plt.close("all")


def execute(body: list[ast.stmt], namespace: dict[str, Any]) -> None:
    exec(compile(ast.Module(body, type_ignores=[]), str(REMEDIES), "exec"), namespace)


@pytest.fixture(scope="module")
def trained() -> tuple[dict[str, Any], list[ast.stmt]]:
    """Run the script up to its trained networks; return its names so far, and the rest of it."""
    body = ast.parse(REMEDIES.read_text("utf-8")).body
    end = 1 + next(k for k, node in enumerate(body) if ast.unparse(node).startswith("runs = "))
    namespace: dict[str, Any] = {"__name__": "__main__"}
    execute(body[:end], namespace)
    return namespace, body[end:]


def with_curves_exchanged(rest: list[ast.stmt], pair: tuple[str, str]) -> list[ast.stmt]:
    """Give each of the two curves the name of the other in `curves_of`, and nowhere else."""
    changed = copy.deepcopy(rest)
    [function] = [node for node in changed if getattr(node, "name", "") == "curves_of"]
    constants = [node for node in ast.walk(function) if isinstance(node, ast.Constant)]
    names = [node for node in constants if node.value in pair]
    assert sorted(str(node.value) for node in names) == sorted(pair), "curves_of names each curve once"
    for node in names:
        node.value = pair[1 - pair.index(str(node.value))]
    return changed


def test_the_script_holds_as_it_stands(trained: tuple[dict[str, Any], list[ast.stmt]]) -> None:
    namespace, rest = trained
    execute(rest, dict(namespace))
    assert claims.records


@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_the_script_fails_when_two_of_its_curves_are_exchanged(
    trained: tuple[dict[str, Any], list[ast.stmt]], pair: tuple[str, str]
) -> None:
    namespace, rest = trained
    with pytest.raises(ClaimError, match=r"^\[calm-"):
        execute(with_curves_exchanged(rest, pair), dict(namespace))
