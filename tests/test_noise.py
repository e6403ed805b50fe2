"""Gradient noise, against gradients taken one by one and all batches there are."""

from itertools import combinations_with_replacement
from math import factorial, prod

import numpy as np
import pytest

from unsteady import noise, theory
from unsteady.models import MLP, LinearRegression, SoftmaxRegression
from unsteady.noise import gradient_covariance, noise_scale, two_batch_noise_scale

MODELS = [
    LinearRegression(),
    SoftmaxRegression(3),
    MLP((5, 4), "relu", 3),
    MLP((5,), "tanh", 3, batch_norm=True),
]
each = pytest.mark.parametrize("model", MODELS, ids=repr)


def one_by_one(model, parameters, X, y, buffers, place):
    """Return the gradients of one replicate, example by example."""
    own, stats = [p[place] for p in parameters], [b[place] for b in buffers]
    each = (model.loss_and_gradient(own, X[i : i + 1], y[i : i + 1], buffers=stats)[2] for i in range(len(X)))
    return np.array([np.concatenate([g.ravel() for g in gradients]) for gradients in each])


@each
def test_moments_are_those_of_the_gradients_one_by_one(model, monkeypatch, somewhere):
    monkeypatch.setattr(noise, "CHUNK_ELEMENTS", 1000)  # several chunks
    parameters, X, y, buffers = somewhere(model)
    mean, covariance = gradient_covariance(model, parameters, X, y, buffers)
    squared_norm, trace, scale = noise_scale(model, parameters, X, y, buffers)
    for place in ((0, 0), (1, 2)):
        gradients = one_by_one(model, parameters, X, y, buffers, place)
        np.testing.assert_allclose(mean[place], gradients.mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(covariance[place], np.cov(gradients.T, bias=True), atol=1e-12)
        assert squared_norm[place] == pytest.approx((gradients.mean(axis=0) ** 2).sum())
        assert trace[place] == pytest.approx(gradients.var(axis=0).sum())
        assert scale[place] == pytest.approx(trace[place] / squared_norm[place])


@each
def test_the_mean_is_the_gradient_of_the_whole_loss(model, somewhere):
    parameters, X, y, buffers = somewhere(model)
    whole = model.loss_and_gradient(parameters, X, y, buffers=buffers)[2]
    joined = np.concatenate([g.reshape(2, 3, -1) for g in whole], axis=-1)
    np.testing.assert_allclose(gradient_covariance(model, parameters, X, y, buffers).mean, joined, atol=1e-12)


def test_one_replicate_needs_no_axis(somewhere):
    parameters, X, y, _ = somewhere(SoftmaxRegression(3))
    alone = noise_scale(SoftmaxRegression(3), [p[1, 2] for p in parameters], X, y)
    assert alone.scale.shape == ()
    assert alone.scale == pytest.approx(noise_scale(SoftmaxRegression(3), parameters, X, y).scale[1, 2])


def test_the_change_of_a_quadratic_loss_is_as_expected(somewhere):
    model = LinearRegression()
    parameters, X, y, _ = somewhere(model, (1,))
    mean, covariance = (m[0] for m in gradient_covariance(model, parameters, X, y))
    with_bias = np.column_stack([X, np.ones(len(X))])
    hessian = with_bias.T @ with_bias / len(X)
    before = model.evaluate(parameters, X, y).loss
    changes = []
    for i in range(len(X)):  # every batch of one
        gradients = model.loss_and_gradient(parameters, X[i : i + 1], y[i : i + 1])[2]
        after = [p - 0.1 * g for p, g in zip(parameters, gradients, strict=True)]
        changes.append(model.evaluate(after, X, y).loss - before)
    assert np.mean(changes) == pytest.approx(theory.expected_change(0.1, mean, hessian, covariance, 1))


def test_two_batch_estimates_are_unbiased_over_all_batches():
    """Enumerate every batch of 1 and of 3 out of 4 examples, with its probability."""
    gradients = np.random.default_rng(1).standard_normal((4, 2)) + 0.5

    def mean_square(size):
        total = 0.0
        for chosen in combinations_with_replacement(range(4), size):
            counts = np.bincount(chosen, minlength=4)
            ways = factorial(size) / prod(map(factorial, counts.tolist()))
            total += ways / 4**size * (gradients[list(chosen)].mean(axis=0) ** 2).sum()
        return total

    estimate = two_batch_noise_scale(mean_square(1), mean_square(3), 1, 3)
    assert estimate.squared_norm == pytest.approx((gradients.mean(axis=0) ** 2).sum())
    assert estimate.trace == pytest.approx(gradients.var(axis=0).sum())
    assert estimate.scale == pytest.approx(estimate.trace / estimate.squared_norm)


def test_estimates_broadcast_and_may_fail():
    estimate = two_batch_noise_scale([2.0, 2.0], [1.0, 0.1], 1, 10)
    np.testing.assert_allclose(estimate.squared_norm, [8 / 9, -1 / 9])


def test_single_precision_keeps_the_noise_beside_a_large_mean():
    model = LinearRegression(intercept=False)
    X, y = np.ones((400, 1)), 1e4 + np.random.default_rng(0).standard_normal(400)
    exact = noise_scale(model, [np.zeros((1, 1, 1))], X, y)
    single = [np.zeros((1, 1, 1), dtype=np.float32)]
    assert noise_scale(model, single, X.astype(np.float32), y).trace == pytest.approx(exact.trace, rel=0.01)


def test_without_a_gradient_the_scale_is_infinite():
    model = LinearRegression(intercept=False)
    X, y = np.array([[1.0], [1.0]]), np.array([1.0, -1.0])
    assert noise_scale(model, [np.zeros((1, 1, 1))], X, y).scale == np.inf


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda m, p, X, y: noise_scale(m, p[0], X, y),
            TypeError,
            "parameters must be the list of a model's",
        ),
        (lambda m, p, X, y: noise_scale(m, [], X, y), ValueError, "parameters .*, got an empty one"),
        (lambda m, p, X, y: noise_scale(m, p, X[0], y), ValueError, r"X and y must .*, got \(4,\) and"),
        (lambda m, p, X, y: noise_scale(m, p, X[:, :2], y), ValueError, "X must have 4 features, got"),
        (lambda m, p, X, y: noise_scale(m, p, X * np.nan, y), ValueError, "X must be finite"),
        (lambda m, p, X, y: gradient_covariance(m, p, X, y[:-1]), ValueError, "X and y must have the shapes"),
        (lambda m, p, X, y: noise_scale(m, p, X, y + 0.5), TypeError, "y must hold integer labels"),
        (lambda *_: two_batch_noise_scale(1, 1, 8, 8), ValueError, "small_size must be below large_size = 8"),
        (lambda *_: two_batch_noise_scale(-1, 1, 1, 8), ValueError, "small must be .* >= 0, got -1"),
        (lambda *_: two_batch_noise_scale(1, 1, 0, 8), ValueError, "small_size must be .* >= 1, got 0"),
    ],
)
def test_bad_input_is_named(call, error, message, somewhere):
    parameters, X, y, _ = somewhere(SoftmaxRegression(3))
    with pytest.raises(error, match=message):
        call(SoftmaxRegression(3), parameters, X, y)
