"""The record itself, and its tidy table."""

import builtins

import numpy as np
import pytest

from unsteady.history import History
from unsteady.models import MLP
from unsteady.optimizers import SGD
from unsteady.training import train


def test_a_table_has_one_row_an_evaluation_and_replicate(blobs):
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


def test_a_rate_of_all_is_the_rate_of_each(blobs):
    history = train(
        MLP((4,), classes=3), blobs, SGD(0.1), batch_size=10, epochs=3, replicates=4,
        schedule=lambda step: 1 / (1 + step),
    )  # fmt: skip
    by_step = history.to_frame().groupby("step").learning_rate
    assert by_step.nunique().tolist() == [1, 1, 1]
    np.testing.assert_allclose(by_step.first(), history.learning_rate)


def test_a_table_of_a_single_curve():
    table = History(epoch=[1, 2], step=[5, 10], learning_rate=[0.1, 0.05], val_accuracy=[0.5, 0.6]).to_frame()
    assert table.to_dict("list") == {
        "epoch": [1, 2],
        "step": [5, 10],
        "learning_rate": [0.1, 0.05],
        "val_accuracy": [0.5, 0.6],
    }


def test_a_table_takes_curves_with_and_without_replicates():
    table = History(
        epoch=[1, 2], step=[5, 10], learning_rate=np.ones((2, 3)), loss=np.zeros((2, 3)), val_loss=[0.5, 0.6]
    ).to_frame()
    assert len(table) == 6
    assert table.query("seed == 2").val_loss.tolist() == [0.5, 0.6]


def test_without_pandas_it_says_what_to_do(monkeypatch):
    real = builtins.__import__

    def no_pandas(name, *rest):
        if name == "pandas":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", no_pandas)
    with pytest.raises(ImportError, match="to_frame needs pandas"):
        History(epoch=[1], step=[1]).to_frame()


def test_repr_names_what_was_kept():
    assert repr(History(epoch=[1], step=[3], loss=[0.1])) == "History(1 evaluations: epoch, step, loss)"


def test_one_replicate_of_many(blobs):
    history = train(
        MLP((4,), classes=3), blobs, SGD(np.array([0.1, 0.2])[:, None]), batch_size=10, epochs=3,
        replicates=(2, 4), record=["correct", "parameters", "batch_loss"],
    )  # fmt: skip
    one = history.run(1, 2)
    np.testing.assert_array_equal(one.val_accuracy, history.val_accuracy[:, 1, 2])
    np.testing.assert_array_equal(one.val_correct, history.val_correct[:, 1, 2])
    np.testing.assert_array_equal(one.batch_loss, history.batch_loss[:, 1, 2])
    np.testing.assert_array_equal(one.parameters[0], history.parameters[0][:, 1, 2])
    assert one.learning_rate == [0.2] * 3
    assert one.n_eval == len(blobs.y_eval)
    np.testing.assert_array_equal(one.epoch, [1, 2, 3])
    with pytest.raises(ValueError, match="replicate must be 2 integers, one a replicate axis, got \\(1,\\)"):
        history.run(1)
    with pytest.raises(ValueError, match="one of those recorded, got \\(2, 0\\)"):
        history.run(2, 0)
    with pytest.raises(TypeError, match="replicate must be integers"):
        history.run(0.5, 1)


def test_what_all_replicates_share_stays(blobs):
    history = train(MLP((4,), classes=3), blobs, SGD(0.1), batch_size=10, epochs=3, replicates=4)
    np.testing.assert_array_equal(history.run(3).learning_rate, history.learning_rate)
