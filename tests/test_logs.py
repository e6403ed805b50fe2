"""Logs of real frameworks, other layouts by their documented columns, and files that are not logs."""

import io
import json
import math
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
from unsteady.logs import read_log

LOGS = Path(__file__).parent / "logs"
XGBOOST = {
    "accuracy": "validation_0/merror",
    "val_accuracy": "validation_1/merror",
    "val_loss": "validation_1/mlogloss",
}


def refusal(source, error=ValueError, **options):
    """Return the message with which a source is refused."""
    with pytest.raises(error) as caught:
        read_log(source, **options)
    return str(caught.value)


# Logs that the frameworks wrote: tests/logs/make.py ----------------------------------------------


def test_keras_csv_with_two_runs():
    first, second = read_log(LOGS / "keras.csv")
    assert [len(first), len(second)] == [30, 30]
    assert first.epoch[0] == second.epoch[0] == 0
    assert first.val_accuracy[0] == 0.7222222089767456
    assert second.accuracy[-1] > 0.98
    assert first.learning_rate[19] / first.learning_rate[20] == pytest.approx(10)
    assert second.name.endswith("run 2 of 2")
    assert first.reevaluated_loss is None  # what a framework logs is a mean over the epoch
    assert diagnose(first).numbers["n_eval"] == 360


def test_the_log_on_the_site_is_the_first_run_of_the_keras_log():
    shown = (LOGS.parents[1] / "docs/logs/keras.csv").read_text("utf-8")
    assert (LOGS / "keras.csv").read_text("utf-8").startswith(shown)
    assert len(shown.splitlines()) == 31


def test_keras_history_in_json():
    [run] = read_log(LOGS / "keras_history.json")
    *_, second = read_log(LOGS / "keras.csv")
    np.testing.assert_allclose(run.val_loss, second.val_loss, rtol=1e-6)
    assert run.epoch is None


def test_lightning_rows_are_aggregated_and_the_final_validation_is_not_counted_twice():
    [run] = read_log(LOGS / "lightning.csv")
    assert run.epoch == [float(epoch) for epoch in range(20)]
    assert run.step[-1] == 639
    assert run.columns["accuracy"] == "train_acc_epoch"
    assert run.accuracy[-1] == pytest.approx(0.99)
    assert len(run.notes) == 1
    assert run.notes[0].startswith("1 evaluation")


def test_hugging_face_trainer_state():
    [run] = read_log(LOGS / "trainer_state.json")
    assert run.epoch == [k / 2 for k in range(1, 21)]
    assert run.n_eval == 360
    rows = json.loads((LOGS / "trainer_state.json").read_text())["log_history"]
    before = [row["loss"] for row in rows if "loss" in row and row["step"] <= 16]
    assert run.loss[0] == pytest.approx(np.mean(before))
    assert run.loss[-1] < 0.5  # and not the mean over the whole run in the last row


@pytest.mark.parametrize("name", ["torch.jsonl", "timm.csv"])
def test_per_cent_are_converted(name):
    [run] = read_log(LOGS / name)
    assert len(run) == 25
    assert any(run.columns["val_accuracy"] in note and "per cent" in note for note in run.notes)
    assert 0.9 < run.val_accuracy[-1] <= 1
    assert diagnose(run).numbers["n_eval"] == 360


def test_tensorboard_export_is_read_by_its_file_name(tmp_path):
    [run] = read_log(LOGS / "run-digits-tag-val_accuracy.csv")
    assert run.step == [float(step) for step in range(25)]
    nameless = tmp_path / "chart.csv"
    nameless.write_bytes((LOGS / "run-digits-tag-val_accuracy.csv").read_bytes())
    message = refusal(nameless)
    assert message.startswith(f"{nameless}: ")
    assert "columns={'val_accuracy': 'Value'}" in message
    [named] = read_log(nameless, columns={"val_accuracy": "Value", "step": "Step"})
    assert named.val_accuracy == run.val_accuracy


def test_xgboost_needs_the_columns_named():
    message = refusal(LOGS / "xgboost.json")
    assert "'validation_0/mlogloss'" in message
    assert "columns={'val_accuracy'" in message
    [run] = read_log(LOGS / "xgboost.json", columns=XGBOOST)
    wrong = json.loads((LOGS / "xgboost.json").read_text())["validation_1"]["merror"]
    np.testing.assert_allclose(run.val_accuracy, 1 - np.array(wrong))
    assert any("val_accuracy" in note and "validation_1/merror" in note for note in run.notes)
    assert diagnose(run).numbers["n_eval"] == 360


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scikit_learn_estimators(digits):
    X, y = digits
    net = MLPClassifier((8,), max_iter=15, early_stopping=True, n_iter_no_change=20, random_state=0).fit(X, y)
    [run] = read_log(net)
    assert run.val_accuracy == [float(score) for score in net.validation_scores_]
    assert run.loss == net.loss_curve_
    [run] = read_log(MLPClassifier((4,), max_iter=3, random_state=0).fit(X, y))
    assert run.val_accuracy is None
    trees = HistGradientBoostingClassifier(max_iter=4, early_stopping=True, random_state=0)
    [run] = read_log(trees.fit(X, y))
    assert run.val_loss[-1] == -trees.validation_score_[-1] > 0
    [run] = read_log(trees.set_params(scoring="accuracy").fit(X, y))
    assert run.val_accuracy == [float(score) for score in trees.validation_score_]
    with pytest.raises(TypeError, match="LogisticRegression"):
        read_log(LogisticRegression())
    assert "MLPRegressor" in refusal(MLPRegressor(hidden_layer_sizes=(2,), max_iter=2).fit(X[:50], y[:50]))


# Layouts by their documented columns --------------------------------------------------------------


def read_text(text, **more):
    return read_log(io.StringIO(text), **more)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("epoch,acc,loss,val_acc,val_loss\n0,.5,1,.6,1\n1,.7,.9,.8,.7\n", {"accuracy": "acc"}),
        (
            "                  epoch,             train/loss,  metrics/accuracy_top1,               val/loss,"
            "                 lr/pg0\n 1, 1.0, 0.6, 1.1, 0.01\n 2, 0.9, 0.8, 1.0, 0.01\n",
            {"val_accuracy": "metrics/accuracy_top1", "learning_rate": "lr/pg0", "loss": "train/loss"},
        ),
        ("lr/pg0,lr/pg1,val_acc\n1,2,.6\n1,2,.8\n", {"learning_rate": "lr/pg0"}),
        ("epoch;train_loss;valid_loss;valid_acc\n1;1;1;.6\n2;1;1;.8\n", {"val_accuracy": "valid_acc"}),
        ("Step\tloss\tval_accuracy\n1\t1\t.6\n2\t1\t.8\n", {"step": "Step"}),
        ('{"train_lr": 0.1, "test_acc1": 60.0, "epoch": 0}\n{"train_lr": 0.1, "test_acc1": 80.0, "epoch": 1}',
         {"val_accuracy": "test_acc1", "learning_rate": "train_lr"}),
        ('[{"epoch": 1, "valid_acc": 0.6, "batches": []}, {"epoch": 2, "valid_acc": 0.8}]', {}),
        ("epoch,val_accuracy\r\n0,0.6\r\n1,0.8\r\n", {}),
        ("\ufeffepoch,val_accuracy\n0,0.6\n\n1,0.8\n", {}),
        ("epoch,val_accuracy,test_accuracy\n0,0.6,.1\n1,0.8,.1\n", {"val_accuracy": "val_accuracy"}),
        ("epoch,val_acc,val_acc_epoch\n0,.1,.6\n1,.1,.8\n", {"val_accuracy": "val_acc_epoch"}),
        ("epoch,val_error_rate\n0,40\n1,20\n", {"val_accuracy": "val_error_rate"}),
        ('{"epoch": 1, "val_acc": 0.6}\n{"epoch": 2, "val_acc": 0.8}\n{"epoch": 3, "val_', {}),
        ("epoch,val_accuracy\n0,0.6\n1,0.8\n2", {}),
    ],
)  # fmt: skip
def test_layout(text, columns):
    [run] = read_text(text)
    assert run.val_accuracy == pytest.approx([0.6, 0.8])
    assert columns.items() <= run.columns.items()


def test_wandb_chart_has_one_run_per_curve():
    runs = read_text(
        '"Step","one - val_acc","one - val_acc__MIN","one - val_acc__MAX","two - val_acc"\n'
        "1,0.5,0.5,0.5,\n2,0.6,0.6,0.6,0.55\n3,,,,0.65\n"
    )
    assert [run.val_accuracy for run in runs] == [[0.5, 0.6], [0.55, 0.65]]
    assert [run.step for run in runs] == [[1, 2], [2, 3]]
    assert runs[1].name.endswith("two")
    message = refusal(io.StringIO("Step,one - f1,one - f1__MIN\n1,0.5,0.5\n"))
    assert "'one - f1'" in message
    assert "__MIN" not in message
    message = refusal(io.StringIO("Step,one - val_acc,two - val_acc\n1,0.5,140\n"))
    assert message.startswith("the file, two: ")


def test_runs_are_split_where_steps_or_epochs_go_back_or_the_header_is_repeated():
    runs = read_text("epoch,val_acc\n0,.5\n1,.6\n2,.7\n0,.5\nepoch,val_acc\n0,.1\n1,.2\n")
    assert [len(run) for run in runs] == [3, 1, 2]
    steps = "".join(json.dumps({"step": s, "epoch": 0, "val_acc": 0.5}) + "\n" for s in (10, 20, 10, 20, 30))
    assert [len(run) for run in read_text(steps)] == [2, 3]


@pytest.mark.parametrize("last", [30, 31])
def test_steps_that_begin_anew_in_each_epoch_are_not_read(last):
    [run] = read_text(f"epoch,step,val_acc\n0,31,.5\n1,31,.6\n2,{last},.7\n")
    assert run.epoch == [0, 1, 2]
    assert run.step is None


def test_rows_for_the_same_step_are_joined():
    [run] = read_text("step,val_loss,val_acc\n10,1.0,\n10,,.5\n20,.9,\n20,,.6\n")
    assert (run.step, run.val_loss, run.val_accuracy) == ([10, 20], [1.0, 0.9], [0.5, 0.6])


def test_training_metrics_between_evaluations_are_averaged():
    [run] = read_text("step,lr,loss,val_loss\n5,.1,3,\n10,.1,1,\n10,,,2\n15,.2,1,\n20,,,1\n")
    assert (run.step, run.loss, run.learning_rate) == ([10, 20], [2.0, 1.0], [0.1, 0.2])


def test_a_repeated_evaluation_is_left_out_and_another_one_refused():
    [run] = read_text("epoch,loss,val_acc\n0,1,.5\n1,1,.6\n1,,.6\n")
    assert run.val_accuracy == [0.5, 0.6]
    [plateau] = read_text("epoch,loss,val_acc\n0,1,.5\n1,1,.6\n2,1,.6\n")
    assert plateau.val_accuracy == [0.5, 0.6, 0.6]
    folds = io.StringIO("epoch,loss,val_acc\n0,1,.5\n0,1,.7\n1,1,.6\n1,1,.8\n0,1,.5\n")
    message = refusal(folds)
    assert message.startswith("the file, run 1 of 2: ")
    assert "epoch 0" in message
    assert "columns={'step'" in message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_are_no_part_of_a_name(encoding):
    [run] = read_log(io.BytesIO("epoch,val_acc\n0,0.6\n".encode(encoding)))
    assert run.columns == {"epoch": "epoch", "val_accuracy": "val_acc"}


def test_error_rates_in_per_cent_keep_their_printed_digits():
    [run] = read_text("epoch,val_error_rate\n0,6.1\n1,4.7\n")  # 1 - 0.061 is 0.9390000000000001
    assert run.val_accuracy == [0.939, 0.953]


def test_mapping_of_sequences_and_list_of_rows():
    [run] = read_log({"val_acc": np.array([60.0, 80.0], dtype=np.float32), "loss": (1, 2)})
    assert run.val_accuracy == [0.6, 0.8]
    [run] = read_log([{"val_acc": 0.5, "note": "x"}, {"val_acc": 0.6}])
    assert run.val_accuracy == [0.5, 0.6]
    [run] = read_log({"val_acc": [0.5, 0.6], "classes": ["a", "b", "c"], "epochs": 2})
    assert run.val_accuracy == [0.5, 0.6]
    [run] = read_log({"val_acc": [0.5]}, n_eval=10)
    assert run.n_eval == 10


def test_values_that_are_not_finite_are_kept_and_rows_without_any_left_out():
    [run] = read_text("epoch,loss,val_loss,val_accuracy\n0,1,1,.5\n1,nan,inf,.1\n2,nan,nan,.1\n3,1,NA,NA\n")
    assert len(run) == 3
    assert math.isinf(run.val_loss[1])
    assert math.isnan(run.loss[2])
    assert "not-finite" in diagnose(run)


def diagnosed_evaluations(tmp_path, rows):
    """Return how many evaluations the command line finds in a log of so many rows."""
    log = tmp_path / "long.csv"
    log.write_text("step,val_accuracy\n" + "".join(f"{k},0.{k % 1000:03d}\n" for k in range(rows)))
    command = [sys.executable, "-m", "unsteady", "diagnose", log, "--n-eval", "1000", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["numbers"]["evaluations"]


def test_a_long_log(tmp_path):
    assert diagnosed_evaluations(tmp_path, 20_000) == 20_000


@pytest.mark.slow
def test_a_log_of_a_million_rows(tmp_path):
    assert diagnosed_evaluations(tmp_path, 1_000_000) == 1_000_000


# Files that are not logs -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "mentioned"),
    [
        (b"", []),
        (b" \n\n", []),
        (b"\x89PNG\r\n\x1a\n", ["UTF-8", "0x89"]),
        (b"epoch,val_accuracy\n0,\x000.5\n", ["zero byte"]),
        ("epoch,Größe\n0,1\n".encode("latin-1"), ["UTF-8", "0xf6"]),
        (b"epoch,val_accuracy\n", ["'epoch', 'val_accuracy'"]),
        (b"epoch,f1\n0,0.5\n", ["'epoch', 'f1'", "columns={'val_accuracy': ...}"]),
        (b"epoch,val_accuracy\n0,0.5,7\n1,0.5\n", ["line 2", "3 cells"]),
        (b'epoch,val_accuracy\n0,"0.5\n', ["CSV", "line 2"]),
        (b"epoch,val_accuracy\n0,high\n", ["'val_accuracy'", "'high'"]),
        (b"epoch,val_accuracy\n0,140\n", ["'val_accuracy'", "140"]),
        (b"epoch,val_accuracy\n0,-0.1\n", ["'val_accuracy'", "-0.1"]),
        (b"epoch,val_accuracy\n0,1.7\n", ["'val_accuracy'", "1.7"]),
        (b"val_acc,val_acc\n1,1\n", ["'val_acc'"]),
        (b"1,0.5\n2,0.6\n", ["'1', '0.5'", "header"]),
        (b"val_acc,val_accuracy\n1,1\n",
         ["'val_acc', 'val_accuracy'", "columns={'val_accuracy': 'val_acc'}"]),
        (b"epoch,train_loss,valid_loss,accuracy\n0,1,1,.5\n",
         ["columns={'val_accuracy': 'accuracy'}", "columns={'accuracy': 'accuracy'}"]),
        (b"epoch,val_accuracy\n0,NA\n", ["'epoch', 'val_accuracy'"]),
        (b"epoch,val_accuracy\n3,.5\n2,.5\n1,.5\n", ["order"]),
        (b'{"val_acc": [0.5, 0.6], "loss": [1]}', ["val_acc 2", "loss 1"]),
        (b'{"names": ["a", "b"]}', ["'names'"]),
        (b"{}", ["columns"]),
        (b"[1, 2]", ["rows"]),
        (b'{"epoch": 1}\n[2]\n{"epoch": 3}\n', ["line 2", "JSON"]),
        (b'{"epoch": 1', ["line 1", "JSON"]),
        (b"[" * 100_000, ["nested"]),
        (b"[" + b"1" * 5_000 + b"]", ["digits"]),
        (b"plain words\nand more, of them\n", ["line 2", "2 cells"]),
    ],
)  # fmt: skip
def test_an_error_names_the_file_what_was_found_and_what_to_pass(tmp_path, content, mentioned):
    log = tmp_path / "some.log"
    log.write_bytes(content)
    message = refusal(log)
    assert message.startswith(f"{log}: ")
    assert str(log) not in message.removeprefix(f"{log}: ")  # named once
    for part in mentioned:
        assert part in message


@pytest.mark.parametrize(
    ("source", "options", "error", "mentioned"),
    [
        ("no such file.csv", {}, FileNotFoundError, ["no such file.csv"]),
        (LOGS, {}, OSError, [str(LOGS)]),
        (3, {}, TypeError, ["source", "int"]),
        ({"val_acc": [0.5]}, {"n_eval": 0}, ValueError, ["n_eval", ">= 1", "0"]),
        ({"val_acc": [0.5]}, {"n_eval": 1.5}, TypeError, ["n_eval", ">= 1", "1.5"]),
        ({"val_acc": [0.5]}, {"columns": ["val_acc"]}, TypeError, ["columns", "['val_acc']"]),
        ({"val_acc": [0.5]}, {"columns": {"accurracy": "val_acc"}}, ValueError, ["columns", "'accurracy'"]),
        ({"val_acc": [0.5]}, {"columns": {"accuracy": "acc"}}, ValueError, ["'acc'", "'val_acc'"]),
        ({"my_loss": [0.5]}, {"columns": {"accuracy": "my_loss"}}, ValueError, ["{'val_loss': 'my_loss'}"]),
    ],
)
def test_wrong_arguments_are_named(source, options, error, mentioned):
    message = refusal(source, error, **options)
    for part in mentioned:
        assert part in message


# Fuzzing: any input is either read or refused with a message ------------------------------------

SEEDS = [path.read_bytes() for path in sorted(LOGS.iterdir()) if path.suffix in {".csv", ".json", ".jsonl"}]
NAMES = [
    "epoch", "step", "acc", "train_acc", "val_acc", "val_accuracy", "test_acc1", "loss", "val_loss", "lr",
    "val_error", "merror", "run - val_acc", "",
]  # fmt: skip
GAPS = st.sampled_from(["", "NA", "nan", "inf"])
CELLS = st.one_of(st.floats().map(repr), st.integers().map(str), GAPS, st.sampled_from(['"', "x", "0.5"]))


@st.composite
def tables(draw):
    """Draw a table of any cells, now and then with a mistake in it."""
    header = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))
    rows = draw(st.lists(st.lists(CELLS, min_size=len(header), max_size=len(header)), max_size=20))
    delimiter = draw(st.sampled_from(",;\t"))
    return "\n".join(delimiter.join(row) for row in [header, *rows]).encode()


@st.composite
def runs(draw):
    """Draw a table such as a framework may write: counts that go up, accuracies in one unit, and gaps."""
    header = draw(st.lists(st.sampled_from(NAMES[:-1]), min_size=1, max_size=6, unique=True))
    whole = draw(st.sampled_from([1, 100]))
    rows, position = [], 0
    for gain in draw(st.lists(st.sampled_from([1, 1, 1, 0, 2, -5]), min_size=1, max_size=12)):
        position = max(position + gain, 0)
        cells = [draw(st.one_of(st.integers(0, 1000), GAPS)) for _ in header]
        rows.append(
            [
                position if name in ("epoch", "step") else whole * cell / 1000 if type(cell) is int else cell
                for name, cell in zip(header, cells, strict=True)
            ]
        )
    if draw(st.booleans()):
        return json.dumps([dict(zip(header, row, strict=True)) for row in rows]).encode()
    return "\n".join(",".join(map(str, row)) for row in [header, *rows]).encode()


@st.composite
def mutants(draw):
    """Draw a real log with some bytes cut out, put in or written over."""
    log = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(log)))
        log[place : place + draw(st.integers(0, 40))] = draw(st.binary(max_size=8))
    return bytes(log)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=6), st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)
    ),
    max_leaves=30,
).map(lambda value: json.dumps(value).encode())


def outcome(content):
    """Return the histories, or the message with which they are refused."""
    try:
        return read_log(io.BytesIO(content))
    except ValueError as error:
        return str(error)


def assert_read_or_refused(content):
    histories = outcome(content)
    if isinstance(histories, str):
        assert histories.startswith("the file")  # the name of a log without one
        return
    assert histories
    for history in histories:
        assert len(history) > 0
        for name in ("accuracy", "val_accuracy"):
            column = getattr(history, name)
            assert column is None or len(column) == len(history)
            assert all(p is None or not math.isfinite(p) or 0 <= p <= 1 for p in column or ())
        diagnosis = diagnose(history)
        assert str(diagnosis)
        json.dumps(diagnosis.to_dict(), allow_nan=False)


ANYTHING = st.one_of(runs(), mutants(), tables(), JSON, st.binary(max_size=300))


@settings(max_examples=300)
@given(ANYTHING)
@example(b"epoch,val_accuracy\n0,1e400\n")
@example(b"epoch,val_accuracy\n0,0.5\n1,")
@example(b'{"val_acc": [0.5, NaN, Infinity]}')
def test_any_input_is_read_or_refused(content):
    assert_read_or_refused(content)


@pytest.mark.slow
@settings(max_examples=100_000, database=None)
@given(ANYTHING)
def test_any_input_is_read_or_refused_thoroughly(content):
    assert_read_or_refused(content)
