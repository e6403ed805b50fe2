"""Logs of real frameworks, the other layouts by their documented columns, and what is no log."""

import io
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor

from unsteady.diagnosis import diagnose
from unsteady.history import read_history

LOGS = Path(__file__).parent / "logs"
XGBOOST = {
    "accuracy": "validation_0/merror",
    "val_accuracy": "validation_1/merror",
    "val_loss": "validation_1/mlogloss",
}


# Made by the frameworks: tests/logs/make.py ------------------------------------------------------


def test_keras_csv_holds_two_runs():
    first, second = read_history(LOGS / "keras.csv")
    assert [len(first), len(second)] == [30, 30]
    assert first.epoch[0] == second.epoch[0] == 0
    assert first.val_accuracy[0] == 0.7222222089767456
    assert second.accuracy[-1] > 0.98
    assert first.learning_rate[19] / first.learning_rate[20] == pytest.approx(10)
    assert second.name.endswith("run 2 of 2")
    assert first.reevaluated_loss is None  # what a framework logs is a mean over the epoch
    assert diagnose(first).numbers["n_eval"] == 360


def test_the_log_that_the_site_explains_is_the_first_of_them():
    shown = (LOGS.parents[1] / "docs/logs/keras.csv").read_text("utf-8")
    assert (LOGS / "keras.csv").read_text("utf-8").startswith(shown)
    assert len(shown.splitlines()) == 31


def test_keras_history_in_json():
    [run] = read_history(LOGS / "keras_history.json")
    *_, second = read_history(LOGS / "keras.csv")
    np.testing.assert_allclose(run.val_loss, second.val_loss, rtol=1e-6)
    assert run.epoch is None


def test_lightning_rows_are_gathered_and_the_last_validation_is_no_new_one():
    [run] = read_history(LOGS / "lightning.csv")
    assert run.epoch == [float(epoch) for epoch in range(20)]
    assert run.step[-1] == 639
    assert run.columns["accuracy"] == "train_acc_epoch"
    assert run.accuracy[-1] == pytest.approx(0.99)
    assert run.notes == ("1 evaluation of the same weights as before left out",)


def test_a_trainers_state_has_several_evaluations_an_epoch_and_betrays_its_set():
    [run] = read_history(LOGS / "trainer_state.json")
    assert run.epoch == [k / 2 for k in range(1, 21)]
    assert run.n_eval == 360
    rows = json.loads((LOGS / "trainer_state.json").read_text())["log_history"]
    before = [row["loss"] for row in rows if "loss" in row and row["step"] <= 16]
    assert run.loss[0] == pytest.approx(np.mean(before))
    assert run.loss[-1] < 0.5  # and not the mean over the whole run in the last row


@pytest.mark.parametrize("name", ["torch.jsonl", "timm.csv"])
def test_per_cent_become_parts_of_one(name):
    [run] = read_history(LOGS / name)
    assert len(run) == 25
    assert any(note.endswith("is in per cent") for note in run.notes)
    assert 0.9 < run.val_accuracy[-1] <= 1
    assert diagnose(run).numbers["n_eval"] == 360


def test_tensorboard_names_its_curve_in_the_files_name(tmp_path):
    [run] = read_history(LOGS / "run-digits-tag-val_accuracy.csv")
    assert run.step == [float(step) for step in range(25)]
    nameless = tmp_path / "chart.csv"
    nameless.write_bytes((LOGS / "run-digits-tag-val_accuracy.csv").read_bytes())
    with pytest.raises(ValueError, match=r"chart.csv: a TensorBoard export.*'val_accuracy': 'Value'"):
        read_history(nameless)
    [named] = read_history(nameless, columns={"val_accuracy": "Value", "step": "Step"})
    assert named.val_accuracy == run.val_accuracy


def test_xgboost_does_not_say_which_set_is_which():
    with pytest.raises(ValueError, match="found the columns 'validation_0/mlogloss'"):
        read_history(LOGS / "xgboost.json")
    [run] = read_history(LOGS / "xgboost.json", columns=XGBOOST)
    wrong = json.loads((LOGS / "xgboost.json").read_text())["validation_1"]["merror"]
    np.testing.assert_allclose(run.val_accuracy, 1 - np.array(wrong))
    assert "val_accuracy is one less validation_1/merror" in run.notes
    assert diagnose(run).numbers["n_eval"] == 360


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_estimators_of_scikit_learn(digits):
    X, y = digits
    net = MLPClassifier((8,), max_iter=15, early_stopping=True, n_iter_no_change=20, random_state=0).fit(X, y)
    [run] = read_history(net)
    assert run.val_accuracy == [float(score) for score in net.validation_scores_]
    assert run.loss == net.loss_curve_
    [run] = read_history(MLPClassifier((4,), max_iter=3, random_state=0).fit(X, y))
    assert run.val_accuracy is None
    trees = HistGradientBoostingClassifier(max_iter=4, early_stopping=True, random_state=0)
    [run] = read_history(trees.fit(X, y))
    assert run.val_loss[-1] == -trees.validation_score_[-1] > 0
    [run] = read_history(trees.set_params(scoring="accuracy").fit(X, y))
    assert run.val_accuracy == [float(score) for score in trees.validation_score_]
    for stranger in (
        LogisticRegression(),
        MLPRegressor(hidden_layer_sizes=(2,), max_iter=2).fit(X[:50], y[:50]),
    ):
        with pytest.raises((TypeError, ValueError), match=r"classifier|estimator"):
            read_history(stranger)


# By their documented columns ---------------------------------------------------------------------


def read_text(text, **more):
    return read_history(io.StringIO(text), **more)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("epoch,acc,loss,val_acc,val_loss\n0,.5,1,.6,1\n1,.7,.9,.8,.7\n", {"accuracy": "acc"}),
        (
            "                  epoch,             train/loss,  metrics/accuracy_top1,               val/loss,"
            "                 lr/pg0\n 1, 1.0, 0.6, 1.1, 0.01\n 2, 0.9, 0.8, 1.0, 0.01\n",
            {"val_accuracy": "metrics/accuracy_top1", "learning_rate": "lr/pg0", "loss": "train/loss"},
        ),
        ("epoch;train_loss;valid_loss;valid_acc\n1;1;1;.6\n2;1;1;.8\n", {"val_accuracy": "valid_acc"}),
        ("Step\tloss\tval_accuracy\n1\t1\t.6\n2\t1\t.8\n", {"step": "Step"}),
        ('{"train_lr": 0.1, "test_acc1": 60.0, "epoch": 0}\n{"train_lr": 0.1, "test_acc1": 80.0, "epoch": 1}',
         {"val_accuracy": "test_acc1", "learning_rate": "train_lr"}),
        ('[{"epoch": 1, "valid_acc": 0.6, "batches": []}, {"epoch": 2, "valid_acc": 0.8}]', {}),
        ("epoch,val_accuracy\r\n0,0.6\r\n1,0.8\r\n", {}),
        ("\ufeffepoch,val_accuracy\n0,0.6\n\n1,0.8\n", {}),
        ("epoch,val_accuracy,test_accuracy\n0,0.6,.1\n1,0.8,.1\n", {"val_accuracy": "val_accuracy"}),
        ("epoch,val_error_rate\n0,40\n1,20\n", {"val_accuracy": "val_error_rate"}),
        ('{"epoch": 1, "val_acc": 0.6}\n{"epoch": 2, "val_acc": 0.8}\n{"epoch": 3, "val_', {}),
        ("epoch,val_accuracy\n0,0.6\n1,0.8\n2", {}),
    ],
)  # fmt: skip
def test_layouts(text, columns):
    [run] = read_text(text)
    assert run.val_accuracy == pytest.approx([0.6, 0.8])
    assert columns.items() <= run.columns.items()


def test_a_chart_of_w_and_b_holds_a_run_a_curve():
    runs = read_text(
        '"Step","one - val_acc","one - val_acc__MIN","one - val_acc__MAX","two - val_acc"\n'
        "1,0.5,0.5,0.5,\n2,0.6,0.6,0.6,0.55\n3,,,,0.65\n"
    )
    assert [run.val_accuracy for run in runs] == [[0.5, 0.6], [0.55, 0.65]]
    assert [run.step for run in runs] == [[1, 2], [2, 3]]
    assert runs[1].name.endswith("two")
    with pytest.raises(ValueError, match="none of 'one - f1' is a known metric"):
        read_text("Step,one - f1\n1,0.5\n")


def test_runs_are_split_where_steps_or_epochs_go_back_or_a_header_returns():
    runs = read_text("epoch,val_acc\n0,.5\n1,.6\n2,.7\n0,.5\nepoch,val_acc\n0,.1\n1,.2\n")
    assert [len(run) for run in runs] == [3, 1, 2]
    steps = "".join(json.dumps({"step": s, "epoch": 0, "val_acc": 0.5}) + "\n" for s in (10, 20, 10, 20, 30))
    assert [len(run) for run in read_text(steps)] == [2, 3]


def test_a_mapping_of_any_sequences():
    [run] = read_history({"val_acc": np.array([60.0, 80.0], dtype=np.float32), "loss": (1, 2)})
    assert run.val_accuracy == [0.6, 0.8]
    [run] = read_history([{"val_acc": 0.5, "note": "x"}, {"val_acc": 0.6}])
    assert run.val_accuracy == [0.5, 0.6]
    [run] = read_history({"val_acc": [0.5, 0.6], "classes": ["a", "b", "c"]})  # names are no curve
    assert run.val_accuracy == [0.5, 0.6]
    [run] = read_history({"val_acc": [0.5]}, n_eval=10)
    assert run.n_eval == 10


def test_what_diverges_is_kept_and_what_is_missing_left_out():
    [run] = read_text("epoch,loss,val_loss,val_accuracy\n0,1,1,.5\n1,nan,inf,.1\n2,nan,nan,.1\n3,1,NA,NA\n")
    assert len(run) == 3
    assert math.isinf(run.val_loss[1])
    assert math.isnan(run.loss[2])
    assert "not-finite" in diagnose(run)


def test_a_million_rows(tmp_path):
    rows = "".join(f"{k},0.{k % 1000:03d}\n" for k in range(1_000_000))
    log = tmp_path / "long.csv"
    log.write_text("step,val_accuracy\n" + rows)
    command = [sys.executable, "-m", "unsteady", "diagnose", log, "--n-eval", "1000", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["numbers"]["evaluations"] == 1_000_000


# What is no log ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"\x89PNG\r\n\x1a\n", "not text in UTF-8"),
        (b"epoch,val_accuracy\n0,\x000.5\n", "binary"),
        ("epoch,Größe\n0,1\n".encode("latin-1"), "not text in UTF-8"),
        (b"epoch,val_accuracy\n", "a header and no rows"),
        (b"epoch,f1\n0,0.5\n", r"found the columns 'epoch', 'f1'; pass columns=\{'val_accuracy': \.\.\.\}"),
        (b"epoch,val_accuracy\n0,0.5,7\n1,0.5\n", "line 2 has 3 cells where the header has 2"),
        (b"epoch,val_accuracy\n0,high\n", "'val_accuracy', read as val_accuracy, holds 'high'"),
        (b"epoch,val_accuracy\n0,140\n", "an accuracy of 140"),
        (b"epoch,val_accuracy\n0,-0.1\n", "an accuracy of -0.1"),
        (b"val_acc,val_acc\n1,1\n", "two columns are named 'val_acc'"),
        (b"val_acc,val_accuracy\n1,1\n", "'val_acc', 'val_accuracy' may all be val_accuracy"),
        (b"epoch,train_loss,valid_loss,accuracy\n0,1,1,.5\n", "'accuracy' of the training or"),
        (b"epoch,val_accuracy\n0,NA\n", "no row carries a metric"),
        (b'{"val_acc": [0.5, 0.6], "loss": [1]}', r"different lengths \(val_acc 2, loss 1\)"),
        (b"{}", "no columns of numbers"),
        (b"[1, 2]", "no rows and no columns"),
        (b'{"epoch": 1}\n[2]\n{"epoch": 3}\n', "line 2 is no JSON object"),
        (b'{"epoch": 1', "neither JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"plain words\nand more, of them\n", "line 2 has 2 cells where the header has 1"),
    ],
)  # fmt: skip
def test_an_error_names_the_file_what_was_found_and_what_to_pass(tmp_path, content, said):
    log = tmp_path / "some.log"
    log.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{re.escape(str(log))}: .*{said}"):
        read_history(log)


def test_wrong_arguments():
    with pytest.raises(FileNotFoundError):
        read_history("no such file.csv")
    with pytest.raises(IsADirectoryError):
        read_history(LOGS)
    with pytest.raises(TypeError, match="source must be a path"):
        read_history(3)
    with pytest.raises(ValueError, match="n_eval must be an integer >= 1, got 0"):
        read_history({"val_acc": [0.5]}, n_eval=0)
    with pytest.raises(TypeError, match=r"n_eval must be an integer >= 1, got 1\.5"):
        read_history({"val_acc": [0.5]}, n_eval=1.5)
    with pytest.raises(TypeError, match="columns must be a mapping"):
        read_history({"val_acc": [0.5]}, columns=["val_acc"])
    with pytest.raises(ValueError, match=r"columns may name 'epoch', 'step'.*got 'accurracy'"):
        read_history({"val_acc": [0.5]}, columns={"accurracy": "val_acc"})
    with pytest.raises(ValueError, match="no column 'acc'; found 'val_acc'"):
        read_history({"val_acc": [0.5]}, columns={"accuracy": "acc"})


# Fuzzing: whatever comes, a right reading or an error that is meant ------------------------------

SEEDS = [path.read_bytes() for path in sorted(LOGS.iterdir()) if path.suffix in {".csv", ".json", ".jsonl"}]
NAMES = st.sampled_from(
    ["epoch", "step", "acc", "val_acc", "val_accuracy", "test_acc1", "loss", "val_loss", "lr", "merror", ""]
)  # fmt: skip
CELLS = st.one_of(
    st.floats().map(repr), st.integers().map(str), st.sampled_from(["", "NA", "nan", "inf", '"', "x", "0.5"])
)


@st.composite
def tables(draw):
    """A table, now and then with a mistake in it."""
    header = draw(st.lists(NAMES, min_size=1, max_size=6))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=20))
    text = "\n".join(",".join(row) for row in [header, *rows])
    return text.encode() if draw(st.booleans()) else text.replace(",", draw(st.sampled_from(";\t,"))).encode()


@st.composite
def mutants(draw):
    """A real log with some bytes cut out, put in or written over."""
    log = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(log)))
        log[place : place + draw(st.integers(0, 40))] = draw(st.binary(max_size=8))
    return bytes(log)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=6), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=30,
).map(lambda value: json.dumps(value).encode())


def outcome(content):
    """Return the runs, or the error that is meant."""
    try:
        return read_history(io.BytesIO(content))
    except ValueError as error:
        return str(error)


def survives(content):
    runs = outcome(content)
    if isinstance(runs, str):
        assert runs.startswith("the file")
        return
    assert runs
    for run in runs:
        assert len(run) > 0
        for name in ("accuracy", "val_accuracy"):
            column = getattr(run, name)
            assert column is None or len(column) == len(run)
            assert all(p is None or not math.isfinite(p) or 0 <= p <= 1 for p in column or ())
        assert str(diagnose(run))
        json.dumps(diagnose(run).to_dict(), allow_nan=False)


ANYTHING = st.one_of(mutants(), tables(), JSON, st.binary(max_size=300))


@settings(max_examples=400)
@given(ANYTHING)
@example(b"epoch,val_accuracy\n" + b"0,1e400\n")
def test_anything_is_read_or_refused(content):
    survives(content)


@pytest.mark.slow
@settings(max_examples=100_000, database=None)
@given(ANYTHING)
def test_anything_at_all_is_read_or_refused(content):
    survives(content)
