"""What an import costs, what the package carries, and that each public name has an example."""

import inspect
import os
import pkgutil
import re
import subprocess
import sys
import tarfile
from importlib import import_module
from pathlib import Path

import pytest
from uv import find_uv_bin

import unsteady

TOP = Path(__file__).parents[1]
MODULES = [
    module.name
    for module in pkgutil.walk_packages(unsteady.__path__, "unsteady.")
    if not any(part.startswith("_") for part in module.name.split("."))
]


def run(*command: str | Path, **options: str | Path) -> str:
    """Return what a command prints; show what it complained about where it fails."""
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a statement loads in a fresh interpreter."""
    script = f"import sys; {statement}; print(); print(*{{name.partition('.')[0] for name in sys.modules}})"
    return set(run(sys.executable, "-c", script).splitlines()[-1].split())


@pytest.mark.parametrize(
    "statement",
    [
        "import unsteady",
        "from unsteady import claim, diagnose, compare_reruns, read_log, History",
        "from unsteady import accuracy, history, logs, diagnosis",
        "from unsteady.gallery import claim, claims, ClaimError, Record",
        "import unsteady.cli",
        # Reading a log, diagnosing it and printing the report, too, as in a web page without NumPy.
        "import unsteady as u; [run] = u.read_log({'val_acc': [.5, .6] * 9}); assert str(u.diagnose(run))",
    ],
)
def test_light_modules_import_the_standard_library_alone(statement):
    foreign = loaded_by(statement) - loaded_by("pass") - set(sys.stdlib_module_names) - {"unsteady"}
    assert foreign == set()


def test_heavy_modules_are_not_light():
    assert "numpy" in loaded_by("import unsteady.training")  # or the test above could not fail


@pytest.mark.parametrize("name", unsteady.__all__)
def test_names_load_on_first_use(name):
    run(sys.executable, "-c", f"import unsteady; unsteady.{name}")


def test_what_is_not_there_is_named():
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        unsteady.nothing  # noqa: B018
    assert set(unsteady.__all__) <= set(dir(unsteady))


def test_all_public_modules_are_named_at_the_top():
    tops = {name.split(".")[1] for name in MODULES}
    assert tops - set(unsteady.__all__) <= {"cli"}


@pytest.mark.parametrize("module", MODULES)
def test_public_names_have_a_doctest(module):
    without = [
        name
        for name, value in vars(import_module(module)).items()
        if inspect.isfunction(value) or (inspect.isclass(value) and not issubclass(value, BaseException))
        if not name.startswith("_") and f"{value.__module__}.".startswith(f"{module}.")
        if ">>>" not in (value.__doc__ or "")
    ]
    assert " ".join(without) == ""


def test_all_public_modules_have_a_page_in_the_reference():
    names = {name.split(".")[1] for name in MODULES} - {"cli"}
    assert names - {page.stem for page in (TOP / "docs/reference").glob("*.md")} == set()


def test_the_readme_runs():
    text = (TOP / "README.md").read_text("utf-8")
    names = {}
    exec("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)), names)
    assert names["history"].averaged_val_accuracy.shape == (20, 16)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the sdist, and from it the wheel; return the folder that has both."""
    folder = tmp_path_factory.mktemp("dist")
    sdist = [sys.executable, "-m", "hatchling", "build", "-d", folder]
    run(*sdist, "-t", "sdist", cwd=TOP)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    run(*sdist, "-t", "wheel", cwd=next(folder.glob("unsteady-*/")))
    return folder


def test_the_sdist_has_what_packagers_test_with(built):
    [top] = built.glob("unsteady-*/")
    for name in (
        "tests/test_package.py",
        "examples",
        "docs/conf.py",
        "CHANGELOG.md",
        "LICENSE",
        "CITATION.cff",
    ):
        assert (top / name).exists()


@pytest.fixture(scope="module")
def bare(built, tmp_path_factory):
    """Install the wheel without its dependencies; return the folder of the environment's programs."""
    folder = tmp_path_factory.mktemp("bare")
    run(find_uv_bin(), "venv", "--offline", "--python", sys.executable, folder)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    [wheel] = built.glob("*.whl")
    run(find_uv_bin(), "pip", "install", "--offline", "--no-deps", "--python", python, wheel)
    return python.parent


def test_the_wheel_is_imported_without_a_warning(bare):
    run(bare / "python", "-I", "-W", "error", "-c", "import unsteady")


def test_the_wheel_brings_the_command(bare):
    report = run(bare / "unsteady", "diagnose", TOP / "tests/logs/keras.csv", "--n-eval", "500")
    assert report.strip()


def test_the_wheel_carries_the_script_of_the_figures_to_play_with(bare):
    [packages] = (bare.parent).rglob("site-packages")
    assert list(packages.glob("unsteady/**/explorable.js"))
    assert (packages / "unsteady/py.typed").exists()
