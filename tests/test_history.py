"""History and its table."""

import builtins

import numpy as np
import pytest

from unsteady.history import History
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train


def test_to_frame_has_one_row_per_evaluation_and_replicate(blobs):
    rates = np.array([0.1, 0.2])
    history = train(
        MLP((4,), classes=3), blobs, SGD(rates[:, None]), batch_size=10, epochs=3, replicates=(2, 4)
    )
    table = history.to_frame()
    assert len(table) == 3 * 2 * 4
    row = table.query("step == 10 and setting_0 == 1 and seed == 2")
    assert row.val_accuracy.item() == history.val_accuracy[1, 1, 2]
    assert row.learning_rate.item() == 0.2
    assert row.epoch.item() == 2
    assert table.pivot_table(index="epoch", columns="seed", values="loss").shape == (3, 4)


def test_to_frame_repeats_a_shared_learning_rate(blobs):
    history = train(
        MLP((4,), classes=3), blobs, SGD(0.1), batch_size=10, epochs=3, replicates=4,
        schedule=lambda step: 1 / (1 + step),
    )  # fmt: skip
    by_step = history.to_frame().groupby("step").learning_rate
    assert by_step.nunique().tolist() == [1, 1, 1]
    np.testing.assert_allclose(by_step.first(), history.learning_rate)


def test_to_frame_of_a_single_curve():
    table = History(epoch=[1, 2], step=[5, 10], learning_rate=[0.1, 0.05], val_accuracy=[0.5, 0.6]).to_frame()
    assert table.to_dict("list") == {
        "epoch": [1, 2],
        "step": [5, 10],
        "learning_rate": [0.1, 0.05],
        "val_accuracy": [0.5, 0.6],
    }


def test_to_frame_of_curves_with_and_without_replicates():
    table = History(
        epoch=[1, 2], step=[5, 10], learning_rate=np.ones((2, 3)), loss=np.zeros((2, 3)), val_loss=[0.5, 0.6]
    ).to_frame()
    assert len(table) == 6
    assert table.query("seed == 2").val_loss.tolist() == [0.5, 0.6]


def test_to_frame_has_nan_for_what_is_missing():
    table = History(epoch=[1, 2], val_loss=[None, 0.6], val_accuracy=np.float32([0.5, 0.25])).to_frame()
    np.testing.assert_array_equal(table.val_loss, [np.nan, 0.6])
    assert table.val_accuracy.dtype == float
    assert len(History().to_frame()) == 0


def test_to_frame_without_pandas(monkeypatch):
    real = builtins.__import__

    def no_pandas(name, *rest):
        if name == "pandas":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_pandas)
    with pytest.raises(ImportError, match=r"to_frame.*pandas"):
        History(epoch=[1], step=[1]).to_frame()


def test_repr_names_what_was_recorded():
    shown = repr(History(epoch=[1], step=[3], loss=[0.1], name="run.csv", n_eval=10))
    assert "1 " in shown
    assert "epoch, step, loss)" in shown


def test_replicate_takes_one_of_many(blobs):
    history = train(
        MLP((4,), classes=3), blobs, SGD(np.array([0.1, 0.2])[:, None]), batch_size=10, epochs=3,
        replicates=(2, 4), record=["correct", "parameters", "batch_loss"],
    )  # fmt: skip
    one = history.replicate(1, 2)
    np.testing.assert_array_equal(one.val_accuracy, history.val_accuracy[:, 1, 2])
    np.testing.assert_array_equal(one.val_correct, history.val_correct[:, 1, 2])
    np.testing.assert_array_equal(one.batch_loss, history.batch_loss[:, 1, 2])
    np.testing.assert_array_equal(one.parameters[0], history.parameters[0][:, 1, 2])
    assert one.learning_rate == [0.2] * 3
    assert one.n_eval == len(blobs.y_eval)
    np.testing.assert_array_equal(one.epoch, [1, 2, 3])


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        ((1,), ValueError, r"index must be 2 integers.*got \(1,\)"),
        ((2, 0), ValueError, r"index .*got \(2, 0\)"),
        ((0.5, 1), TypeError, r"index must be integers, got \(0\.5, 1\)"),
        ((True, 1), TypeError, r"index must be integers, got \(True, 1\)"),
    ],
)
def test_a_replicate_that_does_not_exist(index, error, message):
    history = History(val_accuracy=np.zeros((3, 2, 4)))
    with pytest.raises(error, match=message):
        history.replicate(*index)


def test_a_replicate_keeps_what_all_replicates_share(blobs):
    history = train(MLP((4,), classes=3), blobs, SGD(0.1), batch_size=10, epochs=3, replicates=4)
    np.testing.assert_array_equal(history.replicate(3).learning_rate, history.learning_rate)
