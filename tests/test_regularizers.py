"""Penalties against finite differences, proximal steps against their definition."""

import numpy as np
import pytest

from unsteady.regularizers import L1, L2

STRENGTHS = np.array([0.3, 0.7])


@pytest.fixture
def weights():
    rng = np.random.default_rng(0)
    return [rng.standard_normal((2, 3, 4)), rng.standard_normal((2, 4, 1))]


@pytest.mark.parametrize("kind", [L1, L2])
def test_gradient_is_the_penaltys_derivative(kind, weights):
    regularizer = kind(STRENGTHS)
    for weight, gradient in zip(weights, regularizer.gradient(weights), strict=True):
        for row, column in np.ndindex(weight.shape[1:]):
            entry = weight[:, row, column]
            entry += 1e-6
            above = regularizer.penalty(weights)
            entry -= 2e-6
            below = regularizer.penalty(weights)
            entry += 1e-6
            np.testing.assert_allclose(gradient[:, row, column], (above - below) / 2e-6, atol=1e-8)


@pytest.mark.parametrize("kind", [L1, L2])
def test_proximal_step_minimises_penalty_plus_distance(kind, weights):
    regularizer, rate = kind(STRENGTHS), 0.5
    before = [weight.copy() for weight in weights]
    regularizer.proximal(weights, rate)

    def cost(at):
        distance = sum(((a - b) ** 2).sum(axis=(-2, -1)) for a, b in zip(at, before, strict=True))
        return regularizer.penalty(at) + distance / (2 * rate)

    rng = np.random.default_rng(1)
    for _ in range(200):
        moved = [weight + 0.05 * rng.standard_normal(weight.shape) for weight in weights]
        assert (cost(weights) < cost(moved)).all()


def test_l1_shrinks_to_exactly_zero_and_no_further():
    weights = [np.array([[[0.2, -0.2, 0.9, -0.9]]])]
    L1(1.0).proximal(weights, 0.5)
    np.testing.assert_allclose(weights[0], [[[0, 0, 0.4, -0.4]]])


@pytest.mark.parametrize("kind", [L1, L2])
def test_bad_input_is_named(kind):
    with pytest.raises(ValueError, match=r"strength must be .*>= 0, got -0\.1"):
        kind(-0.1)
    with pytest.raises(ValueError, match="method must be one of 'gradient', 'proximal', got 'prox'"):
        kind(0.1, "prox")
