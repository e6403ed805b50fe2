"""Gradients against finite differences, training and evaluation mode, and shapes."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsteady.models import MLP, LinearRegression, SoftmaxRegression, cross_entropy
from unsteady.models._base import draw_dropout_mask

REPLICATES, BATCH, FEATURES, CLASSES = 2, 6, 3, 4


def generators(count=REPLICATES, seed=0):
    return [np.random.default_rng([seed, k]) for k in range(count)]


def batch(model, seed=1):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((REPLICATES, BATCH, FEATURES))
    if isinstance(model, LinearRegression):
        return X, rng.standard_normal((REPLICATES, BATCH))
    return X, rng.integers(CLASSES, size=(REPLICATES, BATCH))


def perturbed(model):
    """Parameters and buffers that differ from their special initial values."""
    parameters, buffers = model.start(FEATURES, generators())
    rng = np.random.default_rng(3)
    for array in parameters + buffers:
        array += 0.3 * rng.random(array.shape)
    return parameters, buffers


MODELS = [
    LinearRegression(),
    LinearRegression(intercept=False),
    LinearRegression(dropout=0.4),
    SoftmaxRegression(CLASSES),
    *(
        MLP(hidden, activation, CLASSES, dropout, batch_norm)
        for hidden in ((5,), (5, 4))
        for activation in ("relu", "tanh")
        for dropout in (0.0, 0.4)
        for batch_norm in (False, True)
    ),
    MLP((5, 4), "tanh", CLASSES, loss="squared_error"),
]


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_gradients_are_finite_differences(model, training):
    parameters, buffers = perturbed(model)
    X, y = batch(model)
    masks = generators(seed=9) if training else None

    def loss():
        rngs, own = copy.deepcopy(masks), copy.deepcopy(buffers)
        return model.loss_and_gradient(parameters, X, y, buffers=own, rngs=rngs)

    gradients = loss()[2]
    step = 1e-6
    for parameter, gradient in zip(parameters, gradients, strict=True):
        assert parameter.shape == gradient.shape
        for row, column in np.ndindex(parameter.shape[-2:]):
            entry = parameter[:, row, column]
            entry += step
            above = loss()[0]
            entry -= 2 * step
            below = loss()[0]
            entry += step
            np.testing.assert_allclose(gradient[:, row, column], (above - below) / (2 * step), atol=2e-8)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_replicates_do_not_mix_and_data_may_be_shared(model):
    parameters, buffers = perturbed(model)
    X, y = batch(model)
    X, y = X[0], y[0]
    shared = model.loss_and_gradient(parameters, X, y, buffers=buffers)
    for k in range(REPLICATES):
        alone = model.loss_and_gradient([p[k] for p in parameters], X, y, buffers=[b[k] for b in buffers])
        np.testing.assert_array_equal(shared[0][k], alone[0])
        for together, single in zip(shared[2], alone[2], strict=True):
            np.testing.assert_allclose(together[k], single, rtol=1e-12, atol=1e-15)


def test_loss_and_accuracy_follow_their_definitions():
    model = SoftmaxRegression(CLASSES)
    parameters, _ = perturbed(model)
    X, y = batch(model)
    logits = X @ parameters[0] + parameters[1]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    label_probability = np.take_along_axis(probabilities, y[..., None], axis=-1)[..., 0]
    loss, accuracy, _ = model.loss_and_gradient(parameters, X, y)
    np.testing.assert_allclose(loss, -np.log(label_probability).mean(axis=-1))
    np.testing.assert_allclose(accuracy, (logits.argmax(axis=-1) == y).mean(axis=-1))
    scored = model.evaluate(parameters, X, y)
    np.testing.assert_allclose(scored.loss, loss)
    np.testing.assert_array_equal(scored.correct, model.predict(parameters, X) == y)


def test_at_a_tie_the_first_label_counts_as_in_predict():
    model = SoftmaxRegression(CLASSES)
    parameters, _ = model.start(FEATURES, generators())
    X, y = batch(model)
    np.testing.assert_array_equal(model.predict(parameters, X), 0)
    np.testing.assert_allclose(model.evaluate(parameters, X, y).accuracy, (y == 0).mean(axis=-1))
    parameters[0][0] = np.nan  # a diverged replicate is not correct by accident
    assert not model.evaluate(parameters, X, y).correct[0].any()


def test_large_logits_do_not_overflow():
    model = SoftmaxRegression(2)
    parameters = [np.array([[[1e4, -1e4]]]), np.zeros((1, 1, 2))]
    loss, accuracy, gradients = model.loss_and_gradient(parameters, np.ones((1, 1)), np.array([1]))
    assert loss == pytest.approx(2e4)
    assert accuracy == 0
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_a_diverged_replicate_has_no_accuracy():
    model = SoftmaxRegression(CLASSES)
    parameters, _ = perturbed(model)
    parameters[0][0] = np.nan
    X, y = batch(model)
    loss, accuracy, _ = model.loss_and_gradient(parameters, X, y)
    assert np.isnan(loss[0])
    assert np.isnan(accuracy[0])
    assert np.isfinite([loss[1], accuracy[1]]).all()
    assert not model.evaluate(parameters, X, y).correct[0].any()


def test_batch_norm_uses_the_batch_in_training_and_running_averages_in_evaluation():
    model = MLP((5,), "tanh", CLASSES, batch_norm=True, batch_norm_momentum=0.75)
    parameters, buffers = perturbed(model)
    before = copy.deepcopy(buffers)
    X, y = batch(model)
    outputs = X @ parameters[0] + parameters[1]
    model.loss_and_gradient(parameters, X, y, buffers=buffers, rngs=generators())
    statistics = outputs.mean(axis=-2, keepdims=True), outputs.var(axis=-2, keepdims=True)
    for running, old, new in zip(buffers, before, statistics, strict=True):
        np.testing.assert_allclose(running, 0.75 * old + 0.25 * new)

    kept = copy.deepcopy(buffers)
    mean, variance = kept
    normal = (outputs - mean) / np.sqrt(variance + 1e-5) * parameters[2] + parameters[3]  # as PyTorch's
    logits = np.tanh(normal) @ parameters[4] + parameters[5]
    np.testing.assert_allclose(model.logits(parameters, X, buffers), logits)
    model.loss_and_gradient(parameters, X, y, buffers=buffers)
    np.testing.assert_array_equal(buffers, kept)


def test_dropout_keeps_the_mean_and_is_off_in_evaluation():
    model = MLP((400,), "relu", CLASSES, dropout=0.3)
    parameters, _ = model.start(FEATURES, generators())
    X, y = batch(model)
    plain = MLP((400,), "relu", CLASSES).loss_and_gradient(parameters, X, y)
    quiet = model.loss_and_gradient(parameters, X, y)
    np.testing.assert_array_equal(quiet[0], plain[0])
    mask = draw_dropout_mask(np.array(generators(), dtype=object), 0.3, np.ones((REPLICATES, 50, 400)))
    assert set(np.unique(mask)) == {0.0, 1 / 0.7}
    assert abs((mask == 0).mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / mask.size)


def test_dropout_of_whole_numbers_is_that_of_floats():
    model = LinearRegression(dropout=0.3)
    parameters, _ = model.start(FEATURES, generators())
    X, y = np.arange(BATCH * FEATURES).reshape(BATCH, FEATURES), np.arange(BATCH)
    whole = model.loss_and_gradient(parameters, X, y, rngs=generators(seed=2))[0]
    floats = model.loss_and_gradient(parameters, X.astype(float), y, rngs=generators(seed=2))[0]
    np.testing.assert_array_equal(whole, floats)


def test_a_mask_is_the_same_in_both_dtypes():
    model = MLP((50,), "relu", CLASSES, dropout=0.5)
    masks = [
        draw_dropout_mask(
            np.array(generators(), dtype=object), model.dropout, np.ones((REPLICATES, 8, 50), dtype)
        )
        for dtype in (np.float32, np.float64)
    ]
    assert masks[0].dtype == np.float32
    np.testing.assert_array_equal(masks[0] > 0, masks[1] > 0)


@pytest.mark.parametrize(("activation", "gains"), [("relu", (2, 2, 1)), ("tanh", (1, 1, 1))])
def test_start_has_the_documented_variance_and_is_each_generators_own(activation, gains):
    wide = MLP((300, 300), activation, CLASSES)
    parameters, _ = wide.start(200, generators(3))
    for weight, fan_in, gain in zip(wide.weights(parameters), (200, 300, 300), gains, strict=True):
        assert weight.var() == pytest.approx(gain / fan_in, rel=4 * np.sqrt(2 / weight.size))
    fewer, _ = wide.start(200, generators(1))
    np.testing.assert_array_equal(fewer[2][0], parameters[2][0])
    assert not np.allclose(parameters[0][0], parameters[0][1])


def test_weights_exclude_biases_and_batch_norm():
    model = MLP((5, 4), batch_norm=True, classes=CLASSES)
    parameters, _ = model.start(FEATURES, generators())
    assert [w.shape[1:] for w in model.weights(parameters)] == [(3, 5), (5, 4), (4, 4)]


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 3), min_size=1, max_size=3),
    st.integers(2, 5),
    st.integers(1, 4),
    st.lists(st.integers(1, 4), min_size=1, max_size=2),
)
def test_shapes_for_any_replicates(replicates, rows, features, hidden):
    rngs = np.empty(replicates, dtype=object)
    for index in np.ndindex(*replicates):
        rngs[index] = np.random.default_rng(index)
    model = MLP(tuple(hidden), classes=3, dropout=0.2, batch_norm=True)
    parameters, buffers = model.start(features, rngs)
    X, y = np.ones((rows, features)), np.zeros(rows, dtype=int)
    loss, accuracy, gradients = model.loss_and_gradient(parameters, X, y, buffers=buffers, rngs=rngs)
    assert loss.shape == accuracy.shape == tuple(replicates)
    assert [g.shape for g in gradients] == [p.shape for p in parameters]
    assert model.predict(parameters, X, buffers).shape == (*replicates, rows)


@pytest.mark.parametrize("model", MODELS[:4], ids=repr)
def test_targets_in_a_column_are_an_error(model):
    parameters, _ = perturbed(model)
    X, y = batch(model)
    for wrong in (y[..., None], y[0][:, None], y[:, :-1]):
        with pytest.raises(ValueError, match=r"y must have the shape"):
            model.loss_and_gradient(parameters, X, wrong)
        with pytest.raises(ValueError, match=r"y must have the shape"):
            model.evaluate(parameters, X, wrong)
    with pytest.raises(ValueError, match=r"X must have the shape"):
        model.predict(parameters, X[..., :-1])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: MLP(hidden=32), TypeError, "hidden must be .*32"),
        (lambda: MLP(hidden=(0,)), ValueError, "hidden must be an integer >= 1, got 0"),
        (lambda: MLP(activation="gelu"), ValueError, "activation must be one of 'relu', 'tanh', got 'gelu'"),
        (lambda: MLP(loss="hinge"), ValueError, "loss must be one of 'cross_entropy', 'squared_error'"),
        (lambda: LinearRegression(dropout=1.0), ValueError, "dropout must be .*>= 0 and < 1, got 1"),
        (lambda: LinearRegression(initial_scale=-1), ValueError, "initial_scale must be .*>= 0, got -1"),
        (lambda: MLP(classes=1), ValueError, "classes must be an integer >= 2, got 1"),
        (lambda: MLP(dropout=1.0), ValueError, "dropout must be .*>= 0 and < 1, got 1"),
        (lambda: SoftmaxRegression("ten"), TypeError, "classes must be .*'ten'"),
        (lambda: MLP().start(3, 5), TypeError, "rngs must be a sequence"),
        (lambda: MLP().start(0, generators()), ValueError, "n_features must be .*got 0"),
        (lambda: SoftmaxRegression(3).check_targets("y", np.array([0.5])), TypeError, "y must hold integer"),
        (lambda: SoftmaxRegression(3).check_targets("y", np.array([0, 3])), ValueError, "0 to 2, got 3"),
        (lambda: SoftmaxRegression(3).check_targets("y", np.array([0, -1])), ValueError, "0 to 2, got -1"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_batch_norm_rejects_a_batch_of_one():
    model = MLP((4,), classes=CLASSES, batch_norm=True)
    parameters, buffers = model.start(FEATURES, generators())
    X, y = batch(model)
    with pytest.raises(ValueError, match="batch_norm needs batches of at least 2 examples, got 1"):
        model.loss_and_gradient(parameters, X[..., :1, :], y[..., :1], buffers=buffers, rngs=generators())


def test_batch_norm_needs_its_buffers():
    model = MLP((5,), classes=CLASSES, batch_norm=True)
    parameters, _ = perturbed(model)
    with pytest.raises(ValueError, match="buffers must be the 2 arrays"):
        model.predict(parameters, batch(model)[0])


def test_squared_error_is_half_the_squared_distance_from_one_hot_labels():
    model = MLP((5,), "tanh", CLASSES, loss="squared_error")
    parameters, _ = perturbed(model)
    X, y = batch(model)
    score = model.evaluate(parameters, X, y)
    logits = model.logits(parameters, X)
    expected = 0.5 * ((logits - np.eye(CLASSES)[y]) ** 2).sum(axis=-1).mean(axis=-1)
    np.testing.assert_allclose(score.loss, expected)
    np.testing.assert_array_equal(score.correct, model.predict(parameters, X) == y)
    lost = model.evaluate([np.full_like(p, np.nan) for p in parameters], X, y)
    assert not lost.correct.any()
    assert np.isnan(lost.accuracy).all()


def test_initial_scale_is_the_spread_of_the_first_parameters():
    wide, narrow = LinearRegression(), LinearRegression(initial_scale=0.02)
    ours, theirs = (model.start(FEATURES, generators())[0] for model in (narrow, wide))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, 0.02 * other)


def test_cross_entropy_equals_the_loss_of_the_models():
    model = SoftmaxRegression(CLASSES)
    parameters, _ = perturbed(model)
    X, y = batch(model)
    loss = model.evaluate(parameters, X, y).loss
    np.testing.assert_array_equal(cross_entropy(model.logits(parameters, X), y), loss)
    assert cross_entropy(np.zeros((5, 4)), np.arange(4).repeat(2)[:5]) == pytest.approx(np.log(4))


@pytest.mark.parametrize(
    ("logits", "y", "error", "message"),
    [
        (
            np.zeros(3),
            [0],
            ValueError,
            r"logits must have the shape \(\*replicates, n, classes\), got \(3,\)",
        ),
        (np.zeros((2, 3)), [0, 3], ValueError, "y must hold labels from 0 to 2, got 3"),
        (np.zeros((2, 3)), [0, 1, 2], ValueError, r"y must have the shape \(2,\).*got \(3,\)"),
        (np.full((2, 3), np.nan), [0, 1], ValueError, "logits must be finite"),
    ],
)
def test_cross_entropy_names_bad_input(logits, y, error, message):
    with pytest.raises(error, match=message):
        cross_entropy(logits, y)
