"""``train`` and ``descend`` against plain loops, and what replicates share."""

import copy
import subprocess
import sys
from dataclasses import dataclass, replace
from types import SimpleNamespace

import distributed
import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import SGDRegressor

from unsteady import theory
from unsteady.batches import Shuffle, ShuffleBuffer, Sorted, WithoutReplacement, WithReplacement
from unsteady.datasets import Data
from unsteady.history import CURVES
from unsteady.models import MLP, LinearRegression, SoftmaxRegression
from unsteady.objectives import Quadratic, Slope
from unsteady.optimizers import SGD, Adam, RMSprop, align_axes
from unsteady.regularizers import L1, L2
from unsteady.schedules import cosine
from unsteady.training import EMA, Polyak, _train, _trainer, descend, train

NET = MLP((8,), classes=3)
EVERYTHING = ("correct", "parameters", "step_loss", "gradient_norm")


def run(data, model=NET, optimizer=None, **changes):
    settings = {"batch_size": 8, "epochs": 3, "replicates": 3} | changes
    if "steps" in changes:
        del settings["epochs"]
    return train(model, data, optimizer or SGD(0.1, momentum=0.9), **settings)


def columns(history):
    """All arrays of a history by name, with one entry for each array of a list."""
    found = {}
    metadata = ("name", "n_eval", "columns", "notes")
    for name, value in ((name, value) for name, value in vars(history).items() if name not in metadata):
        for index, array in enumerate(value if isinstance(value, list) else [value]):
            if array is not None:
                found[f"{name}_{index}"] = np.asarray(array)
    return found


def assert_same(one, other, pick=lambda column: column):
    """Assert that all columns are equal, after `pick` on the columns of the first that have replicates."""
    ours, theirs = columns(one), columns(other)
    assert ours.keys() == theirs.keys()
    for name, column in ours.items():
        picked = column if column.ndim == 1 and theirs[name].ndim == 1 else pick(column)
        np.testing.assert_array_equal(picked, theirs[name], err_msg=name)


def generator(k, purpose, seed=0):
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k, purpose)))


# Against loops written out ----------------------------------------------------------------------


def written_out(data, k, rate=0.1, momentum=0.9, batch_size=8, epochs=3):
    """Seed k of `run`, in plain NumPy on one net."""
    weights, order = generator(k, 0), generator(k, 1)
    W1 = np.sqrt(2 / 2) * weights.standard_normal((2, 8))
    W2 = np.sqrt(1 / 8) * weights.standard_normal((8, 3))
    net = [W1, np.zeros(8), W2, np.zeros(3)]
    velocity = [np.zeros_like(p) for p in net]

    def scores(X, y):
        hidden = np.maximum(X @ net[0] + net[1], 0)
        logits = hidden @ net[2] + net[3]
        probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        loss = -np.log(probabilities[np.arange(len(y)), y]).mean()
        return hidden, probabilities, loss, (logits.argmax(axis=1) == y).mean()

    rows = []
    for _ in range(epochs):
        shuffled, logged = order.permutation(len(data.y_train)), []
        for first in range(0, len(shuffled), batch_size):
            chosen = shuffled[first : first + batch_size]
            X, y = data.X_train[chosen], data.y_train[chosen]
            hidden, probabilities, loss, accuracy = scores(X, y)
            logged.append((len(y), loss, accuracy))
            delta = (probabilities - np.eye(3)[y]) / len(y)
            below = (delta @ net[2].T) * (hidden > 0)
            gradients = [X.T @ below, below.sum(axis=0), hidden.T @ delta, delta.sum(axis=0)]
            for p, v, g in zip(net, velocity, gradients, strict=True):
                v *= momentum
                v += g
                p -= rate * v
        sizes, losses, accuracies = np.array(logged).T
        row = [np.average(losses, weights=sizes), np.average(accuracies, weights=sizes)]
        row += scores(data.X_train, data.y_train)[2:]
        rows.append([*row, *scores(data.X_eval, data.y_eval)[2:]])
    return np.array(rows).T, net


def test_train_is_the_plain_loop(blobs):
    history = run(blobs, record=["parameters"])
    names = ("loss", "accuracy", "reevaluated_loss", "reevaluated_accuracy", "val_loss", "val_accuracy")
    for k in range(3):
        curves, net = written_out(blobs, k)
        for name, curve in zip(names, curves, strict=True):
            np.testing.assert_allclose(getattr(history, name)[:, k], curve, rtol=1e-12, err_msg=name)
        for ours, theirs in zip(history.parameters, net, strict=True):
            np.testing.assert_allclose(ours[-1, k].squeeze(), theirs, rtol=1e-10, atol=1e-14)


def test_train_is_scikit_learns_sgd_step_by_step(points):
    history = train(
        LinearRegression(), points, SGD(0.05), batch_size=1, order=Sorted(), epochs=4, record="parameters"
    )
    order = np.argsort(points.y_train, kind="stable")
    theirs = SGDRegressor(alpha=0, learning_rate="constant", eta0=0.05, shuffle=False, penalty=None)
    theirs.partial_fit(points.X_train[:1], points.y_train[:1])
    start = LinearRegression().start(2, [generator(0, 0)])[0]
    theirs.coef_[:], theirs.intercept_[:] = start[0][0, :, 0], start[1][0, 0]
    for epoch in range(4):
        theirs.partial_fit(points.X_train[order], points.y_train[order])
        np.testing.assert_allclose(history.parameters[0][epoch, 0, :, 0], theirs.coef_, rtol=1e-10)
        np.testing.assert_allclose(history.parameters[1][epoch, 0, 0], theirs.intercept_, rtol=1e-10)


@pytest.mark.parametrize(("average", "memory"), [(EMA(0.9), None), (Polyak(5), 5)])
def test_averages_are_means_of_the_weights(blobs, average, memory):
    history = run(
        blobs, SoftmaxRegression(3), steps=12, evaluate_every=1, record=["parameters"], average=average
    )
    for k in range(3):
        mean = [np.zeros((2, 3)), np.zeros((1, 3))]  # where the softmax regression starts
        for step in range(12):
            latest = [parameter[step, k] for parameter in history.parameters]
            share = 0.1 if memory is None else 1 / max(1, step + 2 - memory)
            mean = [m + share * (p - m) for m, p in zip(mean, latest, strict=True)]
            scored = SoftmaxRegression(3).evaluate(mean, blobs.X_eval, blobs.y_eval)
            np.testing.assert_allclose(history.averaged_val_loss[step, k], scored.loss)
            np.testing.assert_allclose(history.averaged_val_accuracy[step, k], scored.accuracy)


def test_regularizers_act_on_weights_only(points):
    settings = {"batch_size": 40, "steps": 2000, "evaluate_every": "end", "record": ["parameters"]}
    X = points.X_train - points.X_train.mean(axis=0)
    data = Data(X, points.y_train)
    ridge = train(LinearRegression(), data, SGD(0.2), regularizer=L2(0.3), **settings)
    best = np.linalg.solve(X.T @ X / 40 + 0.3 * np.eye(2), X.T @ points.y_train / 40)
    np.testing.assert_allclose(ridge.parameters[0][0, 0, :, 0], best, rtol=1e-9)
    np.testing.assert_allclose(ridge.parameters[1][0, 0], points.y_train.mean(), rtol=1e-9)

    lasso = train(LinearRegression(), data, SGD(0.2), regularizer=L1(5.0, "proximal"), **settings)
    np.testing.assert_array_equal(lasso.parameters[0], 0)
    chatter = train(LinearRegression(), data, SGD(0.2), regularizer=L1(5.0), **settings)
    assert (chatter.parameters[0] != 0).all()


def test_a_proximal_step_shrinks_by_the_rate_of_its_step(points):
    """Under a schedule as at the rate that it makes."""
    scheduled, lower = (
        run(points, LinearRegression(), SGD(rate), regularizer=L1(2.0, "proximal"), schedule=schedule)
        for rate, schedule in ((0.1, lambda step: 0.5), (0.05, None))
    )
    np.testing.assert_array_equal(scheduled.reevaluated_loss, lower.reevaluated_loss)


def test_gradients_are_clipped_to_the_largest_norm(blobs):
    """Clipping one replicate's long gradient, and none that is short enough."""
    free = run(blobs, batch_size=1, steps=1, record=["gradient_norm", "parameters"])
    longest = float(np.sort(free.gradient_norm[0])[1])
    clipped = run(blobs, batch_size=1, steps=1, record=["gradient_norm", "parameters"], clip_norm=longest)
    start, _ = NET.start(blobs.X_train.shape[1], [generator(0, k) for k in range(3)])
    shares = np.minimum(longest / free.gradient_norm[0], 1)
    assert (shares < 1).sum() == 1
    np.testing.assert_array_equal(clipped.gradient_norm, free.gradient_norm)
    for first, long, short in zip(start, free.parameters, clipped.parameters, strict=True):
        np.testing.assert_allclose(short[0] - first, shares[:, None, None] * (long[0] - first), atol=1e-12)
    same = run(blobs, batch_size=1, steps=1, record=["parameters"], clip_norm=1e9)
    np.testing.assert_array_equal(same.parameters[0], free.parameters[0])


def test_input_dropout_converges_on_average_to_ridge_regression(points):
    data = Data(points.X_train - points.X_train.mean(axis=0), points.y_train)
    history = train(
        LinearRegression(intercept=False, dropout=0.4), data, SGD(0.01), batch_size=40, steps=4000,
        replicates=20, average=Polyak(1000), record="parameters", evaluate_every=20,
    )  # fmt: skip
    mean = history.parameters[0][50:, :, :, 0].mean(axis=(0, 1))
    np.testing.assert_allclose(mean, theory.dropout_ridge(data.X_train, data.y_train, 0.4), rtol=0.02)


# Replicates ---------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.integers(1, 4), st.integers(2, 5), st.integers(0, 9), st.sampled_from([0.0, 0.3]))
def test_a_seed_is_the_same_run_among_few_and_many(blobs, few, more, seed, dropout):
    net = MLP((4,), classes=3, dropout=dropout, batch_norm=True)
    options = {"seed": seed, "epochs": 1, "record": EVERYTHING}
    alone = run(blobs, net, replicates=few, **options)
    among = run(blobs, net, replicates=few + more, **options)
    assert_same(among, alone, pick=lambda column: column[:, :few])


def test_seeds_differ(blobs):
    history = run(blobs, replicates=4)
    assert len(np.unique(history.reevaluated_loss[-1])) == 4
    assert not np.allclose(history.loss, run(blobs, replicates=4, seed=1).loss)


def test_settings_share_their_seeds_and_are_what_they_would_be_alone(blobs):
    rates = np.array([0.02, 0.1, 0.3])
    net = MLP((4,), classes=3, dropout=0.3)
    together = run(blobs, net, SGD(rates[:, None]), replicates=(3, 4), record=EVERYTHING)
    assert together.val_accuracy.shape == (3, 3, 4)
    for setting, rate in enumerate(rates):
        alone = run(blobs, net, SGD(np.full(4, rate)), replicates=4, record=EVERYTHING)
        assert_same(together, alone, pick=lambda column, setting=setting: column[:, setting])


@pytest.mark.parametrize("size", range(1, 11))
def test_equal_results_whatever_the_chunks(blobs, size, monkeypatch):
    """Chunks that cut through a setting, too, where the seeds of their members do not come in order."""
    net = MLP((8,), classes=3, dropout=0.2, batch_norm=True)
    options = {"replicates": (2, 5), "record": EVERYTHING, "average": EMA(np.array([0.5, 0.9])[:, None])}
    optimizer = Adam(np.array([0.01, 0.1])[:, None])
    whole = run(blobs, net, optimizer, **options)
    monkeypatch.setattr(
        _train, "split_replicates", lambda config: [slice(k, k + size) for k in range(0, 10, size)]
    )
    assert_same(run(blobs, net, optimizer, **options), whole)


class PlainSGD:
    """An optimizer of a caller's own; as a dataclass, too."""

    def __init__(self, learning_rate):
        self.learning_rate = learning_rate

    def start(self, parameters):
        return {}

    def step(self, parameters, gradients, state, scale=1.0):
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter -= align_axes(self.learning_rate * scale, parameter) * gradient


@dataclass(frozen=True, eq=False)
class OwnSGD(PlainSGD):
    learning_rate: float | np.ndarray


RULES = {
    "optimizer": SimpleNamespace(start=None, step=None, learning_rate=np.ones(4)),
    "average": SimpleNamespace(start=None, update=None, decay=np.ones(4)),
    "regularizer": SimpleNamespace(method="gradient", gradient=None, proximal=None, strength=np.ones(4)),
}


@pytest.mark.parametrize("argument", RULES)
def test_arrays_outside_of_a_dataclass_are_refused(blobs, argument):
    with pytest.raises(
        TypeError, match=f"{argument} must be a dataclass .*array (learning_rate|decay|strength)"
    ):
        run(blobs, **{argument: RULES[argument]}, replicates=4)


def test_descend_refuses_arrays_outside_of_a_dataclass():
    with pytest.raises(TypeError, match=r"optimizer must be a dataclass .*array learning_rate"):
        descend(Quadratic([1.0, 1.0]), [1.0, 1.0], PlainSGD(np.array([0.1, 0.2])), steps=1)


def test_an_own_optimizer_is_split_with_the_replicates(blobs):
    rates = np.array([0.01, 0.1])[:, None]
    options = {"replicates": (2, 2), "epochs": 2}
    assert_same(run(blobs, optimizer=OwnSGD(rates), **options), run(blobs, optimizer=SGD(rates), **options))
    # Numbers alone need no dataclass.
    assert_same(run(blobs, optimizer=PlainSGD(0.1), **options), run(blobs, optimizer=SGD(0.1), **options))


@pytest.mark.parametrize(("elements", "count"), [(1, 10), (10**9, 1)])
def test_chunks_hold_each_replicate_once(blobs, elements, count, monkeypatch):
    seen, run_trainer = [], _trainer.Trainer.run
    for module in (_train, _trainer):
        monkeypatch.setattr(module, "CACHE_ELEMENTS", elements)
    monkeypatch.setattr(_trainer.Trainer, "run", lambda self: seen.append(self.chunk) or run_trainer(self))
    run(blobs, replicates=(2, 5))
    assert [k for chunk in seen for k in range(10)[chunk]] == list(range(10))
    assert len(seen) == count


def test_equal_settings_are_equal_runs(blobs):
    with joblib.parallel_config(backend="threading", n_jobs=4):
        history = run(blobs, SoftmaxRegression(3), SGD(np.full(3, 0.1)[:, None]), replicates=(3, 5))
    np.testing.assert_array_equal(history.loss[:, 0], history.loss[:, 1])
    np.testing.assert_array_equal(history.loss[:, 0], history.loss[:, 2])


def test_equal_results_on_two_cores(blobs):
    whole = run(blobs, replicates=5, record=EVERYTHING)
    with joblib.parallel_config(backend="loky", n_jobs=2):
        assert_same(run(blobs, replicates=5, record=EVERYTHING), whole)


@pytest.mark.filterwarnings("ignore")  # those of Dask's own shutdown
def test_equal_results_on_a_dask_cluster(blobs):
    whole = run(blobs, replicates=4)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    )
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        assert_same(run(blobs, replicates=4), whole)


@dataclass(frozen=True)
class Recorded:
    """An order that records its blocks."""

    seen: list

    def blocks(self, rng, y, batch_size):
        for block in Shuffle().blocks(rng, y, batch_size):
            self.seen.append(block.copy())
            yield block


def test_masks_do_not_move_the_order(blobs):
    orders = []
    for dropout in (0.0, 0.5):
        recorded = Recorded([])
        run(blobs, MLP((4,), classes=3, dropout=dropout), replicates=2, order=recorded)
        orders.append(recorded.seen)
    np.testing.assert_array_equal(orders[0], orders[1])


def test_a_diverged_replicate_stays_diverged_and_affects_no_other(points):
    rates = np.array([0.1, 5.0, 0.2])
    with np.errstate(all="raise"):
        history = train(LinearRegression(), points, SGD(rates), batch_size=40, epochs=400, replicates=3)
    stable = train(
        LinearRegression(), points, SGD(np.array([0.1, 0.1, 0.2])), batch_size=40, epochs=400, replicates=3
    )
    diverged = ~np.isfinite(history.reevaluated_loss[:, 1])
    first = diverged.argmax()
    assert 0 < first < 400
    assert diverged[first:].all()
    np.testing.assert_array_equal(history.loss[:, [0, 2]], stable.loss[:, [0, 2]])


def test_a_run_that_overflowed_cannot_recover(points):
    """The first step overflows, and the next would return to finite numbers."""
    there_and_back = train(
        LinearRegression(), points, SGD(0.5), batch_size=40, steps=300, evaluate_every=1,
        schedule=lambda step: 1e170 if step == 0 else 1.0,
    )  # fmt: skip
    assert not np.isfinite(there_and_back.reevaluated_loss).any()


@pytest.mark.parametrize(
    "work",
    [
        "MLP((32,), classes=10), datasets.digits(), SGD(0.1, momentum=0.9), batch_size=32, dtype='float32'",
        "LinearRegression(), datasets.line(), SGD(0.01), batch_size=100, order=WithReplacement()",
    ],
    ids=["a net on digits", "a line on blocks of indices"],
)
def test_memory_stays_flat(work):
    """2 000 replicates need less than 1 GiB, Python and NumPy included."""
    script = (
        "import resource; from unsteady import datasets; from unsteady.models import MLP, LinearRegression;"
        "from unsteady.optimizers import SGD; from unsteady.training import WithReplacement, train;"
        f"h = train({work}, steps=3, replicates=2000, evaluate_every='end');"
        "assert h.loss.shape == (1, 2000);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < 2**30


# The record -----------------------------------------------------------------------------------------


def test_evaluations_are_at_the_requested_steps(blobs):
    by_epoch = run(blobs, epochs=2)
    assert by_epoch.step.tolist() == [7, 14]
    assert by_epoch.epoch.tolist() == [1, 2]
    by_step = run(blobs, steps=10, evaluate_every=4)
    assert by_step.step.tolist() == [4, 8, 10]
    np.testing.assert_allclose(by_step.epoch, np.array([4, 8, 10]) / 7)
    end = run(blobs, epochs=2, evaluate_every="end")
    assert end.step.tolist() == [14]
    for name in CURVES[:6]:
        np.testing.assert_array_equal(getattr(end, name)[-1], getattr(by_epoch, name)[-1])


def test_the_log_is_the_mean_over_the_epoch_so_far(blobs):
    history = run(blobs, steps=9, evaluate_every=1, record=["step_loss"])
    sizes = np.array([8] * 6 + [2] + [8, 8])  # 50 examples: the last batch has two
    for step in range(9):
        epoch = slice(0 if step < 7 else 7, step + 1)
        mean = np.average(history.batch_loss[epoch], axis=0, weights=sizes[epoch])
        np.testing.assert_allclose(history.loss[step], mean)


def test_with_the_full_batch_the_log_is_that_of_each_step(blobs):
    history = run(blobs, steps=4, batch_size=50, evaluate_every=1, record=["step_loss"])
    np.testing.assert_array_equal(history.loss, history.batch_loss)


def test_learning_rate_is_rate_times_schedule(blobs):
    rates = np.array([0.1, 0.2])
    history = run(
        blobs,
        optimizer=SGD(rates[:, None]),
        replicates=(2, 3),
        steps=10,
        evaluate_every=5,
        schedule=cosine(10),
    )
    expected = np.array([cosine(10)(4), cosine(10)(9)])[:, None, None] * rates[:, None]
    np.testing.assert_allclose(history.learning_rate, np.broadcast_to(expected, (2, 2, 3)))
    plain = run(blobs, steps=10, evaluate_every=5, schedule=cosine(10))
    assert plain.learning_rate.shape == (2,)


def test_a_schedule_scales_the_steps(blobs):
    halved = run(blobs, optimizer=SGD(0.1), schedule=lambda step: 0.5)
    assert_same(
        replace(halved, learning_rate=None), replace(run(blobs, optimizer=SGD(0.05)), learning_rate=None)
    )


def test_the_first_step_has_the_schedules_value_at_zero(blobs):
    once = run(
        blobs, optimizer=SGD(0.1), steps=5, evaluate_every="end", schedule=lambda step: float(step == 0)
    )
    first = run(blobs, optimizer=SGD(0.1), steps=1)
    np.testing.assert_array_equal(once.val_loss, first.val_loss)


def test_recorded_quantities_follow_their_definitions(blobs):
    net = MLP((6,), classes=3, dropout=0.4)
    history = run(blobs, net, steps=14, record=EVERYTHING, regularizer=L2(0.1))
    assert history.val_correct.shape == (2, 3, 20)
    np.testing.assert_allclose(history.val_correct.mean(axis=-1), history.val_accuracy)
    assert history.batch_loss.shape == history.batch_loss_after.shape == (14, 3)
    assert history.gradient_norm.shape == (14, 3)
    assert history.full_loss.shape == (15, 3)
    np.testing.assert_array_equal(history.full_loss[[7, 14]], history.reevaluated_loss)
    for k in range(3):
        start = net.start(2, [generator(k, 0)])[0]
        np.testing.assert_allclose(
            history.full_loss[0, k], net.evaluate(start, blobs.X_train, blobs.y_train).loss[0]
        )
        chosen, masks = generator(k, 1).permutation(50)[:8], generator(k, 2)
        X, y = blobs.X_train[chosen], blobs.y_train[chosen]
        loss, _, gradients = net.loss_and_gradient(start, X, y, rngs=[copy.deepcopy(masks)])
        np.testing.assert_allclose(history.batch_loss[0, k], loss[0])
        for weight, gradient in zip(net.weights(start), net.weights(gradients), strict=True):
            gradient += 0.1 * weight
        norm = np.sqrt(sum((gradient**2).sum() for gradient in gradients))
        np.testing.assert_allclose(history.gradient_norm[0, k], norm)
        rule = SGD(0.1, momentum=0.9)
        rule.step(start, gradients, rule.start(start))
        after = net.loss_and_gradient(start, X, y, rngs=[copy.deepcopy(masks)])[0]
        np.testing.assert_allclose(history.batch_loss_after[0, k], after[0])


@pytest.mark.parametrize("rule", [Adam(0.01, epsilon=1e-3), RMSprop(0.01, epsilon=1e-3)], ids=repr)
def test_the_preconditioner_is_what_the_last_step_divided_by(blobs, rule):
    history = run(blobs, NET, rule, steps=6, evaluate_every=2, record=("parameters", "preconditioner"))
    shapes = [p.shape for p in history.parameters]
    assert [p.shape for p in history.preconditioner] == shapes
    state = rule.start([np.zeros(shape[1:]) for shape in shapes])
    weights = NET.start(2, [generator(k, 0) for k in range(3)])[0]
    order = [generator(k, 1).permutation(50) for k in range(3)]
    for step in range(2):
        chosen = np.array([o[8 * step : 8 * step + 8] for o in order])
        gradients = NET.loss_and_gradient(weights, blobs.X_train[chosen], blobs.y_train[chosen])[2]
        rule.step(weights, gradients, state)
    for recorded, square in zip(history.preconditioner, state["square"], strict=True):
        correction = 1 - rule.beta2**2 if isinstance(rule, Adam) else 1.0
        np.testing.assert_allclose(recorded[0], np.sqrt(square / correction) + 1e-3)


def test_the_loss_of_each_batch_comes_alone_or_with_those_after_it(blobs):
    alone, all_three = run(blobs, record="batch_loss"), run(blobs, record="step_loss")
    np.testing.assert_array_equal(alone.batch_loss, all_three.batch_loss)
    assert alone.full_loss is None


@pytest.mark.parametrize("order", [Shuffle(), Sorted(), WithoutReplacement(), ShuffleBuffer(5)], ids=repr)
def test_a_batch_of_all_examples_is_the_set_whatever_the_order(blobs, order):
    plain = run(blobs, batch_size=50, epochs=4, record="batch_loss")
    np.testing.assert_array_equal(
        run(blobs, batch_size=50, epochs=4, order=order, record="batch_loss").batch_loss, plain.batch_loss
    )
    whole = [NET.evaluate(NET.start(2, [generator(k, 0)])[0], blobs.X_train, blobs.y_train) for k in range(3)]
    np.testing.assert_allclose(plain.batch_loss[0], [score.loss[0] for score in whole])


def test_a_batch_of_as_many_with_replacement_is_not_the_set(blobs):
    drawn = run(blobs, batch_size=50, epochs=4, order=WithReplacement(), record="batch_loss")
    assert (drawn.batch_loss != run(blobs, batch_size=50, epochs=4, record="batch_loss").batch_loss).all()


def test_recording_changes_nothing(blobs):
    net = MLP((6,), classes=3, dropout=0.4, batch_norm=True)
    plain, recorded = run(blobs, net), run(blobs, net, record=EVERYTHING, average=EMA(0.9))
    for name in CURVES[:6]:
        np.testing.assert_array_equal(getattr(plain, name), getattr(recorded, name))


def test_float32_stays_float32(blobs, points):
    history = run(blobs, dtype="float32", record=["parameters"])
    assert {history.loss.dtype, history.val_loss.dtype, history.parameters[0].dtype} == {np.dtype("float32")}
    np.testing.assert_allclose(history.val_loss, run(blobs).val_loss, rtol=1e-4)
    whole = Data(points.X_train, np.round(points.y_train).astype(int))
    line = run(whole, LinearRegression(), SGD(0.01), dtype="float32", record=["parameters"])
    assert line.parameters[0].dtype == line.loss.dtype == np.float32


def test_regression_has_no_accuracy_and_no_held_out_set(points):
    history = run(points, LinearRegression(), SGD(0.01))
    assert history.accuracy is None
    assert history.val_loss is None
    assert history.reevaluated_loss.shape == (3, 3)


def test_progress_shows_a_bar(blobs, capsys):
    run(blobs, progress=True)
    assert "replicates 0 to 2: 100%" in capsys.readouterr().err


# Bad input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"batch_size": 51}, ValueError, "batch_size must be an integer >= 1 and <= 50, got 51"),
        ({"batch_size": 0}, ValueError, "batch_size .*got 0"),
        ({"batch_size": 8.0}, TypeError, "batch_size .*8.0 of type float"),
        ({"epochs": 0}, ValueError, "epochs must be an integer >= 1, got 0"),
        ({"epochs": None}, ValueError, "give one of epochs and steps"),
        ({"epochs": 1, "steps": 1}, ValueError, "give one of epochs and steps"),
        ({"replicates": 0}, ValueError, "replicates must be an integer >= 1 or a .*, got 0"),
        ({"replicates": ()}, ValueError, r"replicates must be .* a non-empty shape of them, got \(\)"),
        (
            {"replicates": "3"},
            TypeError,
            "replicates must be an integer .*or a non-empty shape of them, got '3'",
        ),
        ({"seed": -1}, ValueError, "seed must be an integer >= 0, got -1"),
        ({"optimizer": SGD}, TypeError, "optimizer must be one from unsteady.optimizers"),
        ({"optimizer": 0.1}, TypeError, "optimizer must be one from unsteady.optimizers.*0.1"),
        (
            {"optimizer": SGD(np.ones(2))},
            ValueError,
            r"optimizer must broadcast to replicates=\(3,\).*\(2,\)",
        ),
        ({"model": "mlp"}, TypeError, "model must be one from unsteady.models.*'mlp'"),
        ({"order": Shuffle}, TypeError, "order must be one from unsteady.batches"),
        ({"schedule": 0.5}, TypeError, "schedule must be a function of the step, got 0.5"),
        ({"schedule": lambda step: np.nan}, ValueError, "schedule must return finite numbers >= 0, got nan"),
        ({"record": ["losses"]}, ValueError, "record must be one of 'correct'.*got 'losses'"),
        (
            {"evaluate_every": "batch"},
            ValueError,
            "evaluate_every must be one of 'epoch', 'end', got 'batch'",
        ),
        ({"evaluate_every": 0}, ValueError, "evaluate_every.* >= 1, got 0"),
        ({"dtype": "int8"}, ValueError, "dtype must be float32 or float64, got 'int8'"),
        ({"dtype": "flot32"}, ValueError, "dtype must be float32 or float64, got 'flot32'"),
        ({"schedule": lambda step: None}, ValueError, "schedule must return .*got None at step 0"),
        ({"record": "preconditioner"}, ValueError, "record='preconditioner' needs an optimizer that has one"),
        ({"record": None}, TypeError, "record must be a sequence of names, got None"),
        (
            {"optimizer": SGD(np.ones(2)), "replicates": (2, 3)},
            ValueError,
            r"learning_rate of shape \(2,\); .*values\[:, None\]",
        ),
        (
            {"regularizer": L1(np.ones(4))},
            ValueError,
            r"regularizer must broadcast.*strength of shape \(4,\)",
        ),
        ({"regularizer": L1(0.1, "proximal")}, ValueError, "regularizer with method='proximal'"),
        ({"average": EMA}, TypeError, "average must be one from unsteady.averages"),
        ({"clip_norm": 0}, ValueError, "clip_norm must be .*> 0, got 0"),
    ],
)
def test_bad_input_is_named(blobs, changes, error, message):
    with pytest.raises(error, match=message):
        train(**({"model": NET, "data": blobs, "optimizer": SGD(0.1, 0.9), "batch_size": 8, "epochs": 1,
                  "replicates": 3} | changes))  # fmt: skip


def test_data_are_checked_against_the_model(points):
    with pytest.raises(TypeError, match=r"data\.y_train must hold integer labels"):
        train(SoftmaxRegression(3), points, SGD(0.1), batch_size=4, epochs=1)
    with pytest.raises(TypeError, match=r"data must be an unsteady\.datasets\.Data"):
        train(SoftmaxRegression(3), (points.X_train, points.y_train), SGD(0.1), batch_size=4, epochs=1)


# On objectives --------------------------------------------------------------------------------------


def test_descend_takes_the_steps_of_the_optimizer():
    quadratic = Quadratic([1.0, 4.0], minimum=[1.0, -1.0])
    rates = np.array([0.1, 0.3])
    path = descend(quadratic, [0.0, 0.0], SGD(rates), steps=20)
    assert path.x.shape == (21, 2, 2)
    steps = np.arange(21)[:, None, None]
    factors = 1 - rates[:, None] * np.array([1.0, 4.0])
    np.testing.assert_allclose(path.x, [1, -1] + factors**steps * [-1, 1], atol=1e-12)
    np.testing.assert_allclose(path.loss, quadratic.value(path.x))
    np.testing.assert_allclose(path.gradient_norm, np.linalg.norm(quadratic.gradient(path.x), axis=-1))


def test_descend_broadcasts_starts_with_rates():
    starts = np.linspace(-1, 1, 5)[:, None, None]
    path = descend(Quadratic(1.0), starts, SGD(np.array([0.5, 1.0])), steps=3)
    assert path.x.shape == (4, 5, 2, 1)
    np.testing.assert_allclose(path.x[-1, :, 1], 0, atol=1e-15)


class Overflowing:
    """An objective whose gradient leads back to finite numbers after an overflow."""

    def value(self, x):
        return (x**2).sum(axis=-1)

    def gradient(self, x):
        return np.where(np.isfinite(x), x, 0.0)


def test_a_path_that_overflowed_cannot_recover():
    path = descend(Overflowing(), 1e200, SGD(1e200), steps=3)
    assert np.isnan(path.x[1:]).all()


def test_descend_leaves_a_diverged_replicate_not_finite():
    path = descend(Quadratic(1.0), 1.0, SGD(np.array([1e200, 0.5])), steps=10)
    lost = ~np.isfinite(path.loss[:, 0])
    assert lost[lost.argmax() :].all()
    assert lost.any()
    assert np.isfinite(path.loss[:, 1]).all()


def test_distance_is_euclidean_for_each_replicate_and_does_not_underflow():
    path = descend(Quadratic(1.0), np.array([[3.0, 4.0], [-6.0, 8.0]]), SGD(0.5), steps=2)
    np.testing.assert_allclose(path.distance(0.0), [[5, 10], [2.5, 5], [1.25, 2.5]])
    np.testing.assert_allclose(path.distance([3.0, 0.0])[0], [4, np.hypot(9, 8)])
    tiny = descend(Quadratic(1.0), [3e-200, -4e-200], SGD(0.5), steps=1)
    np.testing.assert_allclose(tiny.distance(0.0), [5e-200, 2.5e-200])
    single = descend(Quadratic(1.0, minimum=2.0), 1.0, SGD(0.5), steps=1)
    np.testing.assert_array_equal(single.distance(2.0), [1.0, 0.5])


@pytest.mark.parametrize(
    ("minimum", "error", "message"),
    [
        ([1.0, 2.0, 3.0], ValueError, r"minimum must be a number or have the shape \(2,\), got \(3,\)"),
        (np.nan, ValueError, "minimum must be finite"),
        ("0", TypeError, "minimum must be an array of numbers"),
    ],
)
def test_distance_names_a_bad_minimum(minimum, error, message):
    path = descend(Quadratic(1.0), [1.0, 2.0], SGD(0.5), steps=1)
    with pytest.raises(error, match=message):
        path.distance(minimum)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"steps": 0}, ValueError, "steps must be an integer >= 1, got 0"),
        ({"start": np.nan}, ValueError, "start must be finite"),
        ({"start": "0"}, TypeError, "start must be an array of numbers"),
        ({"start": np.zeros((3, 1)), "optimizer": SGD(np.ones(2))}, ValueError, "start must have replicates"),
        ({"noise": -1.0}, ValueError, "noise must be .*>= 0, got -1"),
        ({"noise": np.ones(3), "optimizer": SGD(np.ones(2))}, ValueError, r"noise's \(3,\)"),
        ({"seed": 0.5}, TypeError, "seed must be an integer"),
        ({"objective": 3}, TypeError, "objective must be one from unsteady.objectives"),
        ({"optimizer": 0.1}, TypeError, "optimizer must be one from unsteady.optimizers"),
    ],
)
def test_descend_names_bad_input(arguments, error, message):
    good = {"objective": Quadratic(1.0), "start": 1.0, "optimizer": SGD(0.1), "steps": 2}
    with pytest.raises(error, match=message):
        descend(**(good | arguments))


def test_noise_is_added_to_each_gradient():
    path = descend(Slope([1.0, 2.0]), [0.0, 0.0], SGD(np.full(4000, 0.5)), steps=3, noise=0.2, seed=1)
    pushes = -np.diff(path.x, axis=0) / 0.5 - [1.0, 2.0]
    assert abs(pushes.mean()) < 4 * 0.2 / np.sqrt(pushes.size)
    assert pushes.std() == pytest.approx(0.2, rel=4 / np.sqrt(2 * pushes.size))
    assert abs(np.corrcoef(pushes[0].ravel(), pushes[1].ravel())[0, 1]) < 4 / np.sqrt(8000)


def test_settings_share_the_noise_of_their_seeds():
    quiet, loud = 0.1, 0.3
    path = descend(Slope(0.0), 0.0, SGD(np.ones((2, 5))), steps=4, noise=np.array([[quiet], [loud]]))
    np.testing.assert_allclose(path.x[:, 1], 3 * path.x[:, 0])
    few = descend(Slope(0.0), 0.0, SGD(np.ones(2)), steps=4, noise=quiet)
    np.testing.assert_array_equal(few.x, path.x[:, 0, :2])
    other = descend(Slope(0.0), 0.0, SGD(np.ones(2)), steps=4, noise=quiet, seed=1)
    assert (other.x[1:] != few.x[1:]).all()


def test_independent_batches_are_independent(points):
    """With replacement, the batches of an epoch share examples. With shuffling they never do."""
    recorded = [np.concatenate([next(order.blocks(generator(0, 1), points.y_train, 40))])[:40]
               for order in (WithReplacement(), Shuffle())]  # fmt: skip
    assert len(np.unique(recorded[0])) < 40
    assert len(np.unique(recorded[1])) == 40


def test_a_users_own_order_is_used_even_for_the_full_batch(blobs):
    class Bootstrap(Shuffle):
        def blocks(self, rng, y, batch_size):
            while True:
                yield rng.integers(len(y), size=len(y))

    drawn = run(blobs, batch_size=50, epochs=2, order=Bootstrap(), record="batch_loss")
    assert (drawn.batch_loss != run(blobs, batch_size=50, epochs=2, record="batch_loss").batch_loss).all()


def test_a_resumed_run_continues_from_the_last_weights(blobs):
    model, more = MLP((4,), classes=3, batch_norm=True), {"batch_size": len(blobs.y_train), "replicates": 3}
    whole = train(model, blobs, SGD(0.1), steps=8, evaluate_every=4, record="parameters", **more)
    first = train(model, blobs, SGD(0.1), steps=4, evaluate_every="end", record="parameters", **more)
    rest = train(
        model, blobs, SGD(0.1), steps=4, evaluate_every="end", record="parameters", resume=first, **more
    )
    for ours, theirs in zip(
        (*rest.parameters, *rest.buffers), (*whole.parameters, *whole.buffers), strict=True
    ):
        np.testing.assert_array_equal(ours[-1], theirs[-1])
    with pytest.raises(ValueError, match="resume must be recorded with record='parameters'"):
        train(model, blobs, SGD(0.1), steps=4, resume=train(model, blobs, SGD(0.1), steps=1, **more), **more)
    with pytest.raises(ValueError, match="resume must hold arrays of the shapes"):
        train(model, blobs, SGD(0.1), steps=4, resume=first, batch_size=5, replicates=2)
    with pytest.raises(TypeError, match="resume must be a History"):
        train(model, blobs, SGD(0.1), steps=4, resume=first.parameters, **more)
