"""Stability bounds and first steps against formulas, arrays of hyper-parameters against single values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsteady import theory
from unsteady.objectives import Quadratic
from unsteady.optimizers import SGD, Adam, RMSprop
from unsteady.training import descend

CURVATURE = 3.0
QUADRATIC = Quadratic(CURVATURE)


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_descent_is_stable_up_to_the_bound_and_no_further(momentum, nesterov):
    bound = theory.stability_bound(CURVATURE, momentum, nesterov)
    path = descend(QUADRATIC, 1.0, SGD(bound * np.array([0.99, 1.01]), momentum, nesterov), steps=3000)
    assert path.loss[-1, 0] < 1e-6
    assert path.loss[-1, 1] > 1e3


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("product", [0.002, 0.05, 1.3])
def test_momentum_shrinks_the_error_at_the_predicted_rate(product, nesterov):
    path = descend(QUADRATIC, 1.0, SGD(product / CURVATURE, 0.9, nesterov), steps=400)
    x = np.abs(path.x[:, 0])
    factor = (x[300:400].max() / x[200:300].max()) ** (1 / 100)
    expected = theory.momentum_factor(product / CURVATURE, CURVATURE, 0.9, nesterov)
    assert factor == pytest.approx(float(expected), rel=0.003)


def test_adam_is_unstable_above_the_predicted_learning_rate():
    """With an epsilon far above the root mean square, the preconditioner is constant."""
    epsilon = 1e6
    rates = np.array([0.97, 1.03]) * theory.adam_sharpness_bound(1.0) * epsilon / CURVATURE
    path = descend(QUADRATIC, 1e-200, Adam(rates, epsilon=epsilon), steps=800)
    early, late = np.abs(path.x[200:400, :, 0]).max(axis=0), np.abs(path.x[600:, :, 0]).max(axis=0)
    assert late[0] < early[0] / 10
    assert late[1] > early[1] * 10


@pytest.mark.parametrize("gradient", [1e-3, 1.0, -1e3])
def test_the_first_step_does_not_depend_on_the_size_of_the_gradient(gradient):
    for rule, length in (
        (Adam(0.1), 0.1),
        (RMSprop(0.1), 1.0),
        (RMSprop(0.1, decay=0.9), 0.1 / np.sqrt(0.1)),
    ):
        parameter = np.zeros((1, 1))
        rule.step([parameter], [np.full((1, 1), gradient)], rule.start([parameter]))
        assert parameter[0, 0] == pytest.approx(-np.sign(gradient) * length, rel=1e-3)


rates = st.floats(1e-3, 0.5)
decays = st.floats(0.0, 0.99)
RULES = {
    "sgd": lambda a, b: SGD(a, b),
    "nesterov": lambda a, b: SGD(a, b, nesterov=True),
    "rmsprop": lambda a, b: RMSprop(a, b),
    "adam": lambda a, b: Adam(a, b, 0.9),
}


@pytest.mark.parametrize("make", RULES.values(), ids=RULES)
@settings(max_examples=30)
@given(values=st.lists(st.tuples(rates, decays), min_size=1, max_size=4), scale=st.floats(0, 2))
def test_an_array_of_hyperparameters_equals_a_loop_over_them(make, values, scale):
    def optimize(rule, replicates):
        rng = np.random.default_rng(0)
        parameters = [np.ones((replicates, 2, 3)), np.ones((replicates, 1))]
        state = rule.start(parameters)
        for _ in range(5):
            gradients = [rng.standard_normal(p.shape[1:]) * np.ones_like(p) for p in parameters]
            rule.step(parameters, gradients, state, scale=scale)
        return parameters

    together = optimize(make(*map(np.array, zip(*values, strict=True))), len(values))
    for k, (rate, decay) in enumerate(values):
        for parameter, alone in zip(together, optimize(make(rate, decay), 1), strict=True):
            np.testing.assert_allclose(parameter[k], alone[0], rtol=1e-12)


def test_steps_leave_gradients_alone_and_keep_the_dtype():
    for make in RULES.values():
        rule = make(np.array([0.1]), np.array([0.9]))
        parameter, gradient = np.ones((1, 2), np.float32), np.full((1, 2), 0.5, np.float32)
        state = rule.start([parameter])
        rule.step([parameter], [gradient], state)
        np.testing.assert_array_equal(gradient, 0.5)
        assert parameter.dtype == np.float32
        assert all(array[0].dtype == np.float32 for array in state.values() if isinstance(array, list))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SGD(-0.1), ValueError, "learning_rate must be .*>= 0, got -0.1"),
        (lambda: SGD([0.1, np.nan]), ValueError, "learning_rate must be a finite number.*got nan"),
        (lambda: SGD("0.1"), TypeError, "learning_rate must be .*'0.1' of type str"),
        (lambda: SGD(0.1, momentum=1.0), ValueError, "momentum must be .*>= 0 and < 1, got 1"),
        (lambda: SGD(0.1, nesterov=1), TypeError, "nesterov must be True or False, got 1"),
        (lambda: RMSprop(0.1, decay=1.0), ValueError, "decay must be .*got 1"),
        (lambda: Adam(0.1, beta2=-0.1), ValueError, "beta2 must be .*got -0.1"),
        (lambda: Adam(0.1, epsilon=-1e-8), ValueError, "epsilon must be .*got -1e-08"),
        (lambda: SGD(np.ones(2), np.zeros(3)), ValueError, r"must broadcast.*\(2,\).*\(3,\)"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
