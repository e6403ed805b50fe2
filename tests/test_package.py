"""What an import costs, and that the examples in docstrings are true."""

import doctest
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import unsteady

ROOMS = [name for name in unsteady.__all__ if name != "claim"]


def imported(statement: str) -> set[str]:
    """Return the top-level modules that a statement loads in a fresh interpreter."""
    script = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "import unsteady",
        "from unsteady import claim",
        "from unsteady.gallery import claim, ClaimError, Record",
        "import unsteady.gallery.claims, unsteady.history, unsteady.accuracy, unsteady.diagnosis",
        "import unsteady.__main__",
        # Reading, diagnosing and telling, too, as in a web page without NumPy.
        "import unsteady as u; [run] = u.logs.read_log({'val_acc': [.5, .6] * 9}); "
        "assert str(u.diagnosis.diagnose(run))",
    ],
)
def test_light_rooms_import_the_standard_library_alone(statement):
    foreign = imported(statement) - imported("pass") - set(sys.stdlib_module_names) - {"unsteady"}
    assert foreign == set()


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_load_on_first_use(room):
    assert (
        f"unsteady.{room}"
        in subprocess.run(
            [sys.executable, "-c", f"import unsteady; print(unsteady.{room}.__name__)"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )


def test_the_readme_runs():
    text = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    names = {}
    exec("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)), names)
    assert names["history"].averaged_val_accuracy.shape == (20, 16)


def test_what_is_not_there_is_named():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'; it has claim"):
        unsteady.nothing  # noqa: B018
    assert set(unsteady.__all__) <= set(dir(unsteady))


@pytest.mark.parametrize("room", ROOMS)
def test_examples_in_docstrings_are_true(room):
    assert doctest.testmod(import_module(f"unsteady.{room}")).failed == 0
