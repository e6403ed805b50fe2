"""Claims tie a number to the name of what was measured: whoever exchanges two curves is found out."""

import ast
import os
import subprocess
import sys
from pathlib import Path

REMEDIES = Path(__file__).parents[2] / "examples/50_calming/plot_remedies.py"
EXCHANGED = {"rate / 4": "batch × 4", "batch × 4": "rate / 4"}


def with_curves_exchanged(source: str) -> str:
    """Give each of the two curves the name of the other in `curves_of`, and nowhere else."""
    tree = ast.parse(source)
    [function] = [node for node in tree.body if getattr(node, "name", "") == "curves_of"]
    constants = [node for node in ast.walk(function) if isinstance(node, ast.Constant)]
    names = [node for node in constants if node.value in EXCHANGED]
    assert len(names) == 2, "curves_of names each of the two curves once"
    for node in names:
        node.value = EXCHANGED[str(node.value)]
    return ast.unparse(tree)


def test_the_script_fails_when_two_of_its_curves_are_exchanged(tmp_path: Path) -> None:
    script = tmp_path / REMEDIES.name
    script.write_text(with_curves_exchanged(REMEDIES.read_text("utf-8")), "utf-8")
    done = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env=os.environ | {"MPLBACKEND": "agg", "MPLCONFIGDIR": str(tmp_path / "mpl")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 1
    assert "ClaimError: [calm-" in done.stderr
