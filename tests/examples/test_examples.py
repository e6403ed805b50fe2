"""Every example keeps the form of an example. (That it runs alone, tests/site/test_downloads.py sees.)"""

import ast
import os
import re
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
SCRIPTS = sorted(TOP.glob("examples/*/plot_*.py"))
LONGEST_CELL = 15

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)


def run(script: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script from an empty folder, away from the repository, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-I", "-W", "error", str(script)],
        cwd=folder,
        env={"MPLBACKEND": "agg", "PATH": os.environ["PATH"], "MPLCONFIGDIR": str(folder / "mpl")},
        capture_output=True,
        text=True,
        timeout=120,
    )


def calls(script: Path, function: str) -> list[ast.Call]:
    tree = ast.parse(script.read_text("utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in found if getattr(call.func, "attr", getattr(call.func, "id", "")) == function]


def metadata(script: Path) -> dict[str, object]:
    block = re.search(r"(?m)^# /// script\n((?:#.*\n)+?)# ///$", script.read_text("utf-8"))
    assert block, f"{script} has no script metadata"
    return tomllib.loads(re.sub(r"(?m)^# ?", "", block[1]))


def test_there_are_examples() -> None:
    assert len(SCRIPTS) >= 3


@each_script
def test_metadata_names_what_the_script_imports(script: Path) -> None:
    tree = ast.parse(script.read_text("utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in imported} - {"numpy", *sys.stdlib_module_names}
    declared = metadata(script)
    assert {root.replace("sklearn", "scikit-learn") for root in roots} == set(declared["dependencies"])  # type: ignore[call-overload]
    assert declared["requires-python"] == ">=3.11"


@each_script
def test_title_is_a_question_and_the_end_says_what_to_do(script: Path) -> None:
    text = script.read_text("utf-8")
    title = str(ast.get_docstring(ast.parse(text))).splitlines()[0]
    assert title.endswith("?")
    last = text.split("# %%")[-1]
    assert "**Take away.**" in last
    assert ":doc:" in last
    assert all(line.startswith("#") for line in last.strip().splitlines())


@each_script
def test_cells_are_short(script: Path) -> None:
    for cell in re.split(r"(?m)^# %%.*\n", script.read_text("utf-8"))[1:]:
        code = [line for line in cell.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert len(code) <= LONGEST_CELL, "\n".join(code)


@each_script
def test_every_figure_has_alt_text(script: Path) -> None:
    assert len(calls(script, "set_label")) == len(calls(script, "subplots")) > 0


@each_script
def test_all_chance_has_a_seed(script: Path) -> None:
    with tokenize.open(script) as source:
        assert not re.search(r"default_rng\(\)|np\.random\.(?!default_rng)", source.read())


def test_a_false_bound_names_claim_numbers_file_and_line(tmp_path: Path) -> None:
    script = next(script for script in SCRIPTS if script.stem == "plot_learning_rate")
    text = script.read_text("utf-8")
    false = tmp_path / script.name
    false.write_text(text.replace("measured=rises, equals=0", "measured=rises, equals=1"), "utf-8")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if '"article-rate-rises"' in row)
    done = run(false, tmp_path)
    assert done.returncode == 1
    assert "[article-rate-rises]" in done.stderr
    assert "measured 0, expected 1" in done.stderr
    assert re.search(rf"{script.name}:({line}|{line - 1})\)", done.stderr)
