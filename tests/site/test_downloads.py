"""What readers take away runs where nothing else of this repository is."""

import ast
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

TOP = Path(__file__).parents[2]
SCRIPTS = sorted(TOP.glob("examples/*/plot_*.py"))
UV = Path(sys.executable).with_name("uv")

each_script = pytest.mark.parametrize("name", [script.stem for script in SCRIPTS])

# The build has run all examples; here, what they share with nothing else around. One of each topic will do.
FIRST = {script.parent: script.stem for script in reversed(SCRIPTS)}.values()


def mostly_slow(few: Iterable[str]) -> pytest.MarkDecorator:
    """Return the parameters of a test of which all but a few scripts are slow."""
    names = [s.stem if s.stem in few else pytest.param(s.stem, marks=pytest.mark.slow) for s in SCRIPTS]
    return pytest.mark.parametrize("name", names)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return what a reader's shell has: nothing of this project's environment."""
    own = ("VIRTUAL_ENV", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in own}
    base = str(Path(sys.base_prefix) / "bin/python3")
    return {
        **kept,
        "UV_PYTHON": base,
        "UV_PYTHON_DOWNLOADS": "never",
        "MPLBACKEND": "agg",
        "HOME": str(folder),
        **more,
    }


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=environment(cwd, **more),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def python(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python of its own, into which the library was installed from the site's wheel."""
    folder = tmp_path_factory.mktemp("reader")
    cache = {"UV_CACHE_DIR": str(folder.parent / "uv")}
    run(UV, "venv", "--quiet", "venv", cwd=folder, **cache)
    chosen = ["--python", folder / "venv/bin/python", "--find-links", site / "wheels"]
    run(UV, "pip", "install", "--quiet", *chosen, "unsteady", "ipykernel", cwd=folder, **cache)
    return folder / "venv/bin/python"


def download(site: Path, name: str, folder: Path) -> Path:
    """Copy a file that the site offers into an empty folder."""
    [offered] = site.glob(f"_downloads/*/{name}")
    copy = folder / name
    copy.write_bytes(offered.read_bytes())
    return copy


def claims_of(name: str) -> list[str]:
    """Return the ids of a script's claims, in order."""
    [script] = TOP.glob(f"examples/*/{name}.py")
    calls = [node for node in ast.walk(ast.parse(script.read_text("utf-8"))) if isinstance(node, ast.Call)]
    made = [call for call in calls if getattr(call.func, "id", "") == "claim"]
    return [ast.literal_eval(call.args[0]) for call in made]


def printed(output: str) -> list[str]:
    return re.findall(r"(?m)^\[([a-z0-9-]+)\] .*: measured .*, expected ", output)


@mostly_slow(FIRST)
def test_a_downloaded_script_runs_alone_and_prints_its_claims(
    site: Path, python: Path, tmp_path: Path, name: str
) -> None:
    script = download(site, f"{name}.py", tmp_path)
    where = run(python, "-I", "-c", "import unsteady; print(unsteady.__file__)", cwd=tmp_path)
    assert str(TOP) not in where
    assert printed(run(python, "-I", "-W", "error", script, cwd=tmp_path)) == claims_of(name)


def test_uv_runs_a_script_with_nothing_installed(site: Path, address: str, tmp_path: Path) -> None:
    script = download(site, "plot_learning_rate.py", tmp_path)
    links = ["--find-links", f"{address}wheels/"]
    output = run(UV, "run", "--quiet", *links, script, cwd=tmp_path, UV_CACHE_DIR=str(tmp_path / "uv"))
    assert printed(output) == claims_of("plot_learning_rate")


@each_script
def test_a_notebook_reads_well(site: Path, tmp_path: Path, name: str) -> None:
    notebook = nbformat.read(download(site, f"{name}.ipynb", tmp_path), as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert not re.search(r":[a-z:]+:`|^\.\. |`_\b|\.rst\b", text, re.MULTILINE)
    assert re.search(r"^# .*\?$", text, re.MULTILINE)


@mostly_slow(["plot_learning_rate", "plot_first_steps", "plot_set_or_model"])
def test_a_notebook_runs_from_top_to_bottom(
    site: Path, python: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = nbformat.read(download(site, f"{name}.ipynb", tmp_path), as_version=4)
    run(python, "-m", "ipykernel", "install", "--prefix", tmp_path, "--name", "reader", cwd=tmp_path)

    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "share/jupyter"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="reader", resources=resources).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    said = "".join(
        output.text for output in outputs if output.output_type == "stream" and output.name == "stdout"
    )
    assert printed(said) == claims_of(name)
    [script] = TOP.glob(f"examples/*/{name}.py")
    played = [output for output in outputs if 'type="range"' in output.get("data", {}).get("text/html", "")]
    assert len(played) == script.read_text("utf-8").count("plotting.Explorable(")


def test_the_archive_holds_all_scripts_and_notebooks(site: Path) -> None:
    [archive] = site.glob("_downloads/*/unsteady-examples.zip")
    with zipfile.ZipFile(archive) as packed:
        expected = {
            f"{script.parent.name}/{script.stem}{kind}" for script in SCRIPTS for kind in (".py", ".ipynb")
        }
        assert set(packed.namelist()) == expected
        for script in SCRIPTS:
            assert packed.read(f"{script.parent.name}/{script.name}") == script.read_bytes()


@each_script
def test_an_examples_own_archive_holds_both(site: Path, name: str) -> None:
    [archive] = site.glob(f"_downloads/*/{name}.zip")
    with zipfile.ZipFile(archive) as packed:
        assert packed.namelist() == [f"{name}.ipynb", f"{name}.py"]
