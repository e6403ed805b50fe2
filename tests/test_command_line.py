"""The command line on good files and on bad files, with every option."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from unsteady.cli import main

LOGS = Path(__file__).parent / "logs"


def unsteady(*arguments, **more):
    """Run the installed command."""
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


def test_json_has_the_last_run_and_all_runs(capsys):
    assert main(["diagnose", str(LOGS / "keras.csv"), "--json", "--n-eval", "360"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["n_eval"] == 360
    assert {"name", "verdict", "section", "values", "evidence", "next"} == set(report["findings"][0])
    assert report["numbers"]["evaluations"] == 30
    assert [run["name"][-10:] for run in report["runs"]] == ["run 1 of 2", "run 2 of 2"]
    assert report["numbers"] == report["runs"][1]["numbers"]


def test_columns_are_named(capsys):
    assert main(["diagnose", str(LOGS / "xgboost.json")]) == 2
    assert "--columns val_accuracy=..." in capsys.readouterr().err
    assert main(["diagnose", str(LOGS / "xgboost.json"), "--columns", "merror"]) == 2
    assert "--columns takes FIELD=COLUMN, got 'merror'" in capsys.readouterr().err


@pytest.mark.parametrize("log_first", [True, False])
def test_columns_is_repeated_for_several_fields(capsys, log_first):
    log = str(LOGS / "xgboost.json")
    accuracy = ["--columns", "val_accuracy=validation_1/merror"]
    loss = ["--columns", "val_loss=validation_1/mlogloss"]
    arguments = [log, *accuracy, *loss] if log_first else [*accuracy, *loss, log]
    assert main(["diagnose", *arguments]) == 0
    report = " ".join(capsys.readouterr().out.split())
    assert "column 'validation_1/merror'" in report
    assert "column 'validation_1/mlogloss'" in report


def test_a_log_must_be_named(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["diagnose", "--columns", "val_accuracy=score"])
    assert "LOG" in capsys.readouterr().err


def test_a_run_is_drawn(tmp_path, capsys):
    assert main(["diagnose", str(LOGS / "keras.csv"), "--plot", str(tmp_path / "run.png")]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run-1.png", "run-2.png"]
    assert main(["diagnose", str(LOGS / "timm.csv"), "--plot", str(tmp_path / "one.svg")]) == 0
    assert (tmp_path / "one.svg").read_text("utf-8").startswith("<?xml")
    capsys.readouterr()
    for bad, message in (("run", "--plot"), ("run.xyz", "xyz"), ("no/run.png", "No such file")):
        assert main(["diagnose", str(LOGS / "timm.csv"), "--plot", str(tmp_path / bad)]) == 2
        assert message in capsys.readouterr().err


def test_standard_input():
    done = unsteady("diagnose", "-", input=(LOGS / "torch.jsonl").read_text())
    assert done.returncode == 0
    assert "25 evaluations" in done.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n", "not text in UTF-8"),
        (b"epoch,f1\n1,0.5\n", "found the columns 'epoch', 'f1'; pass --columns val_accuracy=..."),
    ],
)
def test_what_cannot_be_read_is_one_line_that_names_the_file(tmp_path, content, message):
    log = tmp_path / "my log.csv"
    if content is not None:
        log.write_bytes(content)
    done = unsteady("diagnose", log)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"unsteady: {log}: ")
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


def test_a_folder_and_a_wrong_size(capsys):
    assert main(["diagnose", str(LOGS)]) == 2
    assert "Is a directory" in capsys.readouterr().err
    assert main(["diagnose", str(LOGS / "timm.csv"), "--n-eval", "0"]) == 2
    assert "n_eval must be an integer >= 1, got 0" in capsys.readouterr().err


def test_help_and_version():
    assert "diagnose" in unsteady("--help").stdout
    text = unsteady("diagnose", "--help").stdout
    assert all(option in text for option in ("--n-eval", "--columns", "--plot", "--json", "Exit code"))
    assert unsteady("--version").stdout.startswith("unsteady 0.")
    assert unsteady().returncode == 2


def test_a_reader_that_stops_early_is_no_error():
    command = f"{Path(sys.executable).with_name('unsteady')} diagnose {LOGS / 'keras.csv'}"
    shell = ["bash", "-c", f"set -o pipefail; {command} | true"]
    done = subprocess.run(shell, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.stderr == ""
    assert done.returncode == 0
