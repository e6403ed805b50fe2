"""The command line as a stranger uses it: on good files, on bad ones, with every option."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from unsteady.cli import main

LOGS = Path(__file__).parent / "logs"


def unsteady(*arguments, **more):
    """Run the installed command from elsewhere."""
    command = Path(sys.executable).with_name("unsteady")
    return subprocess.run([command, *map(str, arguments)], capture_output=True, text=True, **more)


def test_a_log_gives_a_report():
    done = unsteady("diagnose", LOGS / "lightning.csv")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("What was read\n")
    assert "The next run to make\n" in done.stdout


def test_the_module_does_the_same():
    module = [sys.executable, "-m", "unsteady", "diagnose", LOGS / "timm.csv"]
    done = subprocess.run(module, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout == unsteady("diagnose", LOGS / "timm.csv").stdout


def test_json_tells_the_last_run_and_all(capsys):
    assert main(["diagnose", str(LOGS / "keras.csv"), "--json", "--n-eval", "360"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["n_eval"] == 360
    assert {"name", "verdict", "evidence", "next"} == set(told["findings"][0])
    assert told["numbers"]["evaluations"] == 30
    assert [run["name"][-10:] for run in told["runs"]] == ["run 1 of 2", "run 2 of 2"]
    assert told["numbers"] == told["runs"][1]["numbers"]


def test_columns_are_named(capsys):
    assert main(["diagnose", str(LOGS / "xgboost.json")]) == 2
    said = capsys.readouterr().err
    assert "--columns val_accuracy=..." in said
    named = ["val_accuracy=validation_1/merror", "val_loss=validation_1/mlogloss"]
    assert main(["diagnose", str(LOGS / "xgboost.json"), "--columns", *named]) == 0
    assert "column 'validation_1/merror'" in capsys.readouterr().out.replace("\n     ", "")
    assert main(["diagnose", str(LOGS / "xgboost.json"), "--columns", "merror"]) == 2
    assert "--columns takes FIELD=COLUMN, got 'merror'" in capsys.readouterr().err


def test_a_run_is_drawn(tmp_path, capsys):
    assert main(["diagnose", str(LOGS / "keras.csv"), "--plot", str(tmp_path / "run.png")]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run-1.png", "run-2.png"]
    assert main(["diagnose", str(LOGS / "timm.csv"), "--plot", str(tmp_path / "one.svg")]) == 0
    assert (tmp_path / "one.svg").read_text("utf-8").startswith("<?xml")
    capsys.readouterr()
    for bad, said in (("run", "a file with an ending"), ("run.xyz", "xyz"), ("no/run.png", "No such file")):
        assert main(["diagnose", str(LOGS / "timm.csv"), "--plot", str(tmp_path / bad)]) == 2
        assert said in capsys.readouterr().err


def test_standard_input():
    done = unsteady("diagnose", "-", input=(LOGS / "torch.jsonl").read_text())
    assert done.returncode == 0
    assert "25 evaluations" in done.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file or directory"),
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n", "not text in UTF-8"),
        (b"epoch,f1\n1,0.5\n", "found the columns 'epoch', 'f1'; pass --columns val_accuracy=..."),
    ],
)
def test_what_cannot_be_read_is_one_line_that_names_the_file(tmp_path, content, said):
    log = tmp_path / "my log.csv"
    if content is not None:
        log.write_bytes(content)
    done = unsteady("diagnose", log)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"unsteady: {log}: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_a_folder_and_a_wrong_size(capsys):
    assert main(["diagnose", str(LOGS)]) == 2
    assert "Is a directory" in capsys.readouterr().err
    assert main(["diagnose", str(LOGS / "timm.csv"), "--n-eval", "0"]) == 2
    assert "n_eval must be an integer >= 1, got 0" in capsys.readouterr().err


def test_help_and_version():
    assert "diagnose" in unsteady("--help").stdout
    told = unsteady("diagnose", "--help").stdout
    assert all(option in told for option in ("--n-eval", "--columns", "--plot", "--json", "Exit code"))
    assert unsteady("--version").stdout.startswith("unsteady 0.")
    assert unsteady().returncode == 2


def test_a_reader_that_stops_early_is_no_error():
    command = f"{Path(sys.executable).with_name('unsteady')} diagnose {LOGS / 'keras.csv'}"
    shell = ["bash", "-c", f"set -o pipefail; {command} | true"]
    done = subprocess.run(shell, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.stderr == ""
    assert done.returncode == 0
