"""Closed forms against simulation, enumeration, and known numbers."""

from itertools import combinations

import numpy as np
import pytest

from unsteady import theory
from unsteady.objectives import DoubleWell, Plateau, Quadratic, Saddle, Slope
from unsteady.optimizers import SGD, Adam, RMSprop
from unsteady.training import descend

RNG = np.random.default_rng(0)


def simulated(values, axis=None):
    """Return a mean and its standard error."""
    return values.mean(axis=axis), values.std(axis=axis) / np.sqrt(np.shape(values)[0])


def test_standard_error_of_subsets_of_a_pool():
    pool = np.arange(200) < 160
    means = np.array([RNG.choice(pool, 50, replace=False).mean() for _ in range(20_000)])
    assert theory.standard_error(0.8, 50, pool=200) == pytest.approx(means.std(), rel=4 / np.sqrt(40_000))
    assert theory.standard_error(0.8, 50) == pytest.approx(np.sqrt(0.8 * 0.2 / 50))
    assert theory.standard_error(0.8, 200, pool=200) == 0


def test_change_variance_is_that_of_three_outcomes():
    gained, lost, n = 0.2, 0.1, 60
    changes = RNG.multinomial(n, [gained, lost, 0.7], size=20_000) @ [1, -1, 0] / n
    expected = theory.change_variance(gained + lost, gained - lost, n)
    assert changes.var() == pytest.approx(expected, rel=5 * np.sqrt(2 / 20_000))
    b, c = 12, 6  # as counts on one set
    assert theory.change_variance(18 / n, 6 / n, n) == pytest.approx((b + c) / n**2 - (b - c) ** 2 / n**3)
    assert theory.change_variance(0.3, 0.1, 60, pool=60) == 0
    assert theory.change_variance(0.1, -0.1, 60) == pytest.approx((0.1 - 0.01) / 60)


def test_regimes_of_descent():
    np.testing.assert_allclose(theory.descent_factor([0.25, 0.5, 0.75, 1.0], 2.0), [0.5, 0, -0.5, -1])


def test_bounds_of_stability():
    assert theory.stability_bound(1.0) == 2
    assert theory.stability_bound(2.0, 0.9) == pytest.approx(1.9)
    assert theory.stability_bound(1.0, 0.9, nesterov=True) == pytest.approx(3.8 / 2.8)
    assert theory.adam_sharpness_bound(1.0) == pytest.approx(38)


def test_oscillation_decays_as_the_root_of_momentum_between_two_bounds_only():
    inside = np.linspace((1 - np.sqrt(0.9)) ** 2, (1 + np.sqrt(0.9)) ** 2, 9)
    np.testing.assert_allclose(theory.momentum_factor(inside, 1.0, 0.9), np.sqrt(0.9), rtol=1e-6)
    outside = np.array([0.9 * inside[0], 1.01 * inside[-1]])
    assert (theory.momentum_factor(outside, 1.0, 0.9) > np.sqrt(0.9) + 1e-3).all()
    np.testing.assert_allclose(theory.momentum_factor(3.8, 1.0, 0.9), 1)


def test_adams_safe_epsilon_puts_the_preconditioned_sharpness_on_its_bound():
    epsilon = theory.adam_safe_epsilon(0.01, 7.0, beta1=0.8)
    assert 7.0 / epsilon == pytest.approx(theory.adam_sharpness_bound(0.01, beta1=0.8))
    path = descend(Quadratic(7.0), 1e-4, Adam(0.01, 0.8, 0.9, epsilon * np.array([0.97, 1.03])), steps=4000)
    assert path.loss[-500:, 0].max() > 1e-9
    assert path.loss[-500:, 1].max() < 1e-20


def test_rmsprops_first_step():
    path = descend(Slope(5.0), 0.0, RMSprop(0.1, np.array([0.0, 0.9, 0.99])), steps=1)
    np.testing.assert_allclose(-path.x[1, :, 0], theory.rmsprop_first_step(0.1, [0.0, 0.9, 0.99]), rtol=1e-6)


@pytest.mark.parametrize(("rate", "escape"), [(0.1, 1.0), (0.5, 2.0), (0.01, 0.3)])
def test_a_saddle_is_left_at_the_predicted_step(rate, escape):
    path = descend(Saddle(1.0, escape), [0.5, 1e-5], SGD(rate), steps=4000)
    left = (np.abs(path.x[:, 1]) >= 1).argmax()
    assert 0 <= left - theory.saddle_escape_time(1e-5, rate, escape) < 1


@pytest.mark.parametrize("curvature", [1.0, 4.0])
def test_a_plateau_is_crossed_at_the_predicted_step(curvature):
    starts = np.array([1.5, 2.5, 3.5]) / np.sqrt(curvature)
    path = descend(Plateau(curvature), starts[:, None], SGD(0.01 / curvature), steps=6000)
    crossed = (np.abs(path.x[..., 0]) <= 1 / np.sqrt(curvature)).argmax(axis=0)
    np.testing.assert_allclose(
        crossed, theory.plateau_escape_time(starts, 0.01 / curvature, curvature), rtol=0.002, atol=1
    )
    assert theory.plateau_escape_time(1 / np.sqrt(curvature), 0.01, curvature) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("curvature", "half_distance"), [(1.0, 1.0), (3.0, 2.0)])
def test_two_wells_change_what_descent_does_at_the_bounds(curvature, half_distance):
    bounds = np.array(theory.double_well_bounds(curvature))
    rates = np.concatenate([0.98 * bounds, 1.02 * bounds])
    well = DoubleWell(curvature, half_distance)
    x = descend(well, 1.1 * half_distance, SGD(rates), steps=4000).x[..., 0] / half_distance
    settles = np.ptp(x[-100:], axis=0) < 1e-9
    stays, remains = (x > 0).all(axis=0), np.isfinite(x[-1])
    np.testing.assert_array_equal(settles, [1, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(stays, [1, 1, 0, 1, 0, 0])
    np.testing.assert_array_equal(remains, [1, 1, 1, 1, 1, 0])


def test_gradient_variance_over_all_batches():
    gradients = RNG.standard_normal(8)
    batches = np.array([np.mean(chosen) for chosen in combinations(gradients, 3)])
    assert theory.gradient_variance(gradients.var(), 3, n=8) == pytest.approx(batches.var())
    assert theory.gradient_variance(6.0, 3) == 2
    assert theory.gradient_variance(6.0, 8, n=8) == 0


@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_stationary_variance_of_noisy_descent(momentum):
    """Iterate the exact covariance of (x, velocity) until it is stationary, without random numbers."""
    rate, curvature, noise = 0.4, 1.5, 0.7
    step = np.array([[1 - rate * curvature, -rate * momentum], [curvature, momentum]])
    kick = noise * np.outer([-rate, 1], [-rate, 1])
    covariance = np.zeros((2, 2))
    for _ in range(500):
        covariance = step @ covariance @ step.T + kick
    expected = theory.stationary_variance(rate, curvature, noise, momentum)
    assert expected == pytest.approx(covariance[0, 0])


def test_stationary_variance_is_infinite_past_the_bound():
    np.testing.assert_array_equal(theory.stationary_variance([1.9, 2.0, 2.1], 1.0, 1.0) < np.inf, [1, 0, 0])
    assert theory.batch_stationary_variance(0.67, 1, 1.0) == np.inf
    assert theory.batch_stability_bound(1) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("draw", "kurtosis"), [("gaussian", 3.0), ("uniform", 1.8)])
@pytest.mark.parametrize("batch_size", [1, 8])
def test_batch_stationary_variance(draw, kurtosis, batch_size):
    runs, steps, rate, label = 20_000, 400, 0.2, 0.5
    rng = np.random.default_rng(1)
    error = np.zeros(runs)
    for _ in range(steps):
        x = rng.standard_normal((runs, batch_size))
        if draw == "uniform":
            x = rng.uniform(-np.sqrt(3), np.sqrt(3), (runs, batch_size))
        residual = np.sqrt(label) * rng.standard_normal((runs, batch_size))
        error = error - rate * (x * (x * error[:, None] - residual)).mean(axis=1)
    mean, standard_error = simulated(error**2)
    expected = theory.batch_stationary_variance(rate, batch_size, label, 1.0, kurtosis)
    assert abs(mean - expected) < 4 * standard_error
    wrong = theory.batch_stationary_variance(rate, batch_size, label, 1.0, 4.8 - kurtosis)
    assert batch_size > 1 or abs(mean - wrong) > 4 * standard_error


def test_linear_scaling_is_the_small_rate_limit():
    exact = 0.5 * 2.0 * theory.stationary_variance(1e-4, 2.0, 3.0 / 8)
    assert theory.linear_scaling_excess(1e-4, 8, 3.0) == pytest.approx(exact, rel=1e-3)
    large = 0.5 * 2.0 * theory.stationary_variance(0.5, 2.0, 3.0 / 8)
    assert theory.linear_scaling_excess(0.5, 8, 3.0) < 0.6 * large


@pytest.mark.parametrize("n", [None, 6])
def test_expected_change_is_exact_on_a_quadratic(n):
    rng = np.random.default_rng(2)
    X, y, w = rng.standard_normal((6, 2)), rng.standard_normal(6), rng.standard_normal(2)

    def loss(at):
        return 0.5 * ((X @ at - y) ** 2).mean()

    gradients = X * (X @ w - y)[:, None]
    pairs = combinations(range(6), 2) if n else np.ndindex(6, 6)
    changes = [loss(w - 0.3 * gradients[list(pair)].mean(axis=0)) - loss(w) for pair in pairs]
    covariance = np.cov(gradients.T, bias=True)
    predicted = theory.expected_change(0.3, gradients.mean(axis=0), X.T @ X / 6, covariance, 2, n)
    assert predicted == pytest.approx(np.mean(changes))


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.95])
def test_an_average_of_the_weights_leaves_the_predicted_share_of_the_variance(decay):
    """Iterate the exact covariance of (x, average) until it is stationary, without random numbers."""
    rate, curvature = 0.2, 1.5
    phi = 1 - rate * curvature
    step = np.array([[phi, 0], [(1 - decay) * phi, decay]])
    kick = np.outer([1, 1 - decay], [1, 1 - decay])
    covariance = np.zeros((2, 2))
    for _ in range(2000):
        covariance = step @ covariance @ step.T + kick
    factor = covariance[1, 1] / covariance[0, 0]
    assert theory.ema_factor(decay, rate, curvature) == pytest.approx(factor)


@pytest.mark.parametrize("steps", [1, 2, 50])
@pytest.mark.parametrize("rate", [0.1, 1.2])
def test_variance_of_a_mean_of_iterates(rate, steps):
    curvature, noise = 1.5, 0.7
    phi = 1 - rate * curvature
    ages = np.abs(np.subtract.outer(np.arange(steps), np.arange(steps)))
    covariance = theory.stationary_variance(rate, curvature, noise) * phi**ages
    found = theory.polyak_variance(rate, curvature, noise, steps)
    assert found == pytest.approx(covariance.mean())
    long = theory.polyak_variance(rate, curvature, noise, 10**7)
    assert long == pytest.approx(noise / curvature**2 / 10**7, rel=1e-4)


def test_smoothing_reduces_white_noise_and_lags_behind_a_climb():
    alpha, points = 0.9, 200_000
    weights = (1 - alpha) * alpha ** np.arange(400)
    smooth = np.convolve(RNG.standard_normal(points), weights, mode="valid")
    assert theory.smoothing_factor(alpha) == pytest.approx(smooth.std(), rel=0.02)
    climb = np.convolve(np.arange(1000.0), weights, mode="valid")
    assert theory.smoothing_lag(alpha) == pytest.approx(999 - climb[-1])


def test_dropout_ridge_is_where_the_mean_gradient_over_all_masks_is_zero():
    rng = np.random.default_rng(4)
    X, y, q = rng.standard_normal((7, 3)), rng.standard_normal(7), 0.3
    w = theory.dropout_ridge(X, y, q)
    gradient = np.zeros(3)
    for mask in np.ndindex(2, 2, 2):
        masked = X * np.array(mask) / (1 - q)
        gradient += (1 - q) ** sum(mask) * q ** (3 - sum(mask)) * masked.T @ (masked @ w - y)
    np.testing.assert_allclose(gradient, 0, atol=1e-12)
    np.testing.assert_allclose(theory.dropout_ridge(X, y, 0.0), np.linalg.lstsq(X, y)[0])
    with_blank = np.column_stack([X, np.zeros(7)])  # a pixel that is never set
    np.testing.assert_allclose(theory.dropout_ridge(with_blank, y, q), [*w, 0], atol=1e-12)


def test_a_subgradient_oscillates_within_its_bound_and_reaches_it():
    rate, alpha, curvature, optimum = 0.3, 0.5, 2.0, np.linspace(-0.24, 0.24, 9)
    w = np.linspace(-0.01, 0.02, 400)[:, None] + 0 * optimum
    farthest = np.zeros_like(optimum)
    for _ in range(4000):
        w = w - rate * (curvature * (w - optimum) + alpha * np.sign(w))
        farthest = np.maximum(farthest, np.abs(w).max(axis=0))
    bound = theory.l1_chatter_bound(rate, alpha, curvature, optimum)
    assert (farthest <= bound + 1e-12).all()
    assert (farthest > 0.9 * bound).all()
    assert (bound < 2 * rate * alpha).all()


def test_weight_of_the_initial_statistics():
    running, momentum = 1.0, 0.9
    for _ in range(7):
        running = momentum * running + (1 - momentum) * 0.0
    assert theory.initial_statistics_weight(momentum, 7) == pytest.approx(running)


def test_variances_over_seeds():
    share = RNG.random((2, 30))
    right = RNG.random((20_000, 2, 30)) < share
    expected = theory.independent_seed_variance(share)
    np.testing.assert_allclose(expected, right.mean(axis=-1).var(axis=0), rtol=5 * np.sqrt(2 / 20_000))
    # Calibrated: as many runs are right as is probable; over p uniform on [0, 1] the error is 1/2 - 1/6
    # of two classes whose more probable one has q: errors q (1 - q), twice, are the mean of 2 q (1 - q).
    q = np.linspace(0.5, 1, 100_001)
    error = (2 * q * (1 - q)).mean()
    variance = (q * (1 - q)).mean() / 40
    assert theory.calibrated_seed_variance(error, 40) == pytest.approx(variance)


@pytest.mark.parametrize(("noise", "spread"), [(0.02, 0.0), (0.02, 0.03)])
def test_selection_optimism_of_the_best_of_many_candidates(noise, spread):
    truth, error = spread * RNG.standard_normal((20_000, 12)), noise * RNG.standard_normal((20_000, 12))
    best = (truth + error).argmax(axis=1)[:, None]
    mean, standard_error = simulated(np.take_along_axis(error, best, axis=1)[:, 0])
    assert abs(mean - theory.selection_optimism(12, noise, spread)) < 4 * standard_error
    assert theory.selection_optimism(12, 0.0, 0.0) == 0
    assert theory.selection_optimism(1, noise) == pytest.approx(0, abs=1e-12)


def test_the_largest_of_two_and_of_three_normal_numbers():
    # In closed form: 1/sqrt(pi) of two, 3/(2 sqrt(pi)) of three.
    assert theory.expected_max_normal(2) == pytest.approx(1 / np.sqrt(np.pi))
    assert theory.expected_max_normal(3) == pytest.approx(1.5 / np.sqrt(np.pi))


def test_errors_of_least_squares():
    n, p, draws = 20, 5, 4000
    rng = np.random.default_rng(3)
    X, noise = rng.standard_normal((draws, n, p)), rng.standard_normal((draws, n, 1))
    fitted = np.linalg.solve(X.swapaxes(1, 2) @ X, X.swapaxes(1, 2) @ noise)
    train, standard_error = simulated(((noise - X @ fitted) ** 2).mean(axis=(1, 2)))
    assert abs(train - theory.least_squares_train_error(p, n)) < 4 * standard_error
    test, standard_error = simulated(1 + (fitted**2).sum(axis=(1, 2)))
    assert abs(test - theory.least_squares_test_error(p, n)) < 4 * standard_error


@pytest.mark.parametrize("p", [4, 10, 30, 60])
def test_risk_of_the_smallest_solution(p):
    n, draws, noise, signal = 20, 4000, 0.5, 2.0
    rng = np.random.default_rng(p)
    X = rng.standard_normal((draws, n, p))
    truth = np.full((p, 1), np.sqrt(signal / p))
    y = X @ truth + np.sqrt(noise) * rng.standard_normal((draws, n, 1))
    risk, standard_error = simulated(((np.linalg.pinv(X) @ y - truth) ** 2).sum(axis=(1, 2)))
    assert abs(risk - theory.minimum_norm_risk(p, n, noise, signal)) < 4 * standard_error


def test_double_descent_has_its_peak_where_parameters_equal_examples():
    risk = theory.minimum_norm_risk(np.arange(1, 80), 20, 1.0, 1.0)
    assert np.flatnonzero(np.isinf(risk)).tolist() == [18, 19, 20]  # p = 19, 20, 21


def test_without_noise_double_descent_has_no_peak():
    risk = theory.minimum_norm_risk(np.array([10, 19, 20, 21, 40]), 20, 0.0, 2.0)
    np.testing.assert_allclose(risk, [0, 0, 0, 2 / 21, 1])


def test_the_whole_pool_has_no_error():
    assert theory.standard_error(0.5, 1, pool=1) == 0
    assert theory.gradient_variance(3.0, 8, n=8) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.standard_error(1.2, 50), "p must be .*<= 1, got 1.2"),
        (lambda: theory.standard_error(0.5, 50, pool=40), "n must be at most pool = 40"),
        (lambda: theory.change_variance(1.2, 0.0, 9), "churn must be .*<= 1, got 1.2"),
        (
            lambda: theory.change_variance(0.1, -0.2, 9),
            "change must be at most churn = 0.1 in size, got -0.2",
        ),
        (lambda: theory.adam_safe_epsilon(0.1, 0.0), "curvature must be .*> 0, got 0"),
        (lambda: theory.rmsprop_first_step(0.1, 1.0), "decay must be .*< 1, got 1"),
        (lambda: theory.saddle_escape_time(0.0, 0.1, 1.0), "distance must be .*> 0 and <= 1, got 0"),
        (lambda: theory.plateau_escape_time(0.4, 0.1, 4.0), "distance must be at least 1/sqrt"),
        (lambda: theory.double_well_bounds(-1.0), "curvature must be .*> 0, got -1"),
        (lambda: theory.descent_factor(-0.1, 1.0), "learning_rate must be .*got -0.1"),
        (lambda: theory.stability_bound(0.0), "curvature must be .*> 0, got 0"),
        (lambda: theory.stationary_variance(0.1, 1.0, 1.0, momentum=1.0), "momentum must be .*got 1"),
        (lambda: theory.batch_stationary_variance(0.1, 1, 1.0, kurtosis=0.5), "kurtosis must be .*got 0.5"),
        (lambda: theory.gradient_variance(1.0, 9, n=8), "batch_size must be at most n = 8"),
        (
            lambda: theory.expected_change(0.1, [1.0], np.eye(2), np.eye(1), 1),
            r"hessian must have the shape \(1, 1\)",
        ),
        (lambda: theory.least_squares_train_error(9, 8), "p must be at most n"),
        (lambda: theory.least_squares_test_error(7, 8), "p must be below n - 1"),
        (lambda: theory.ema_factor(1.0, 0.1, 1.0), "decay must be .*< 1, got 1"),
        (lambda: theory.ema_factor(0.5, 2.0, 1.0), "learning_rate must be below 2/curvature, got 2"),
        (lambda: theory.polyak_variance(0.1, 1.0, 1.0, 0), "steps must be .*>= 1, got 0"),
        (lambda: theory.polyak_variance(1.5, 1.0, 1.0, 2.5), "steps must be whole numbers, got 2.5"),
        (lambda: theory.smoothing_factor(-0.1), "smoothing must be .*>= 0 and < 1, got -0.1"),
        (lambda: theory.smoothing_lag(1.0), "smoothing must be .*got 1"),
        (lambda: theory.dropout_ridge(np.eye(2), [1.0], 0.5), r"y must have the shape \(2,\)"),
        (lambda: theory.dropout_ridge(np.eye(2), [1.0, 1.0], 1.0), "dropout must be .*< 1, got 1"),
        (lambda: theory.l1_chatter_bound(1.1, 1.0, 1.0, 0.0), "learning_rate must be at most 1/curvature"),
        (lambda: theory.l1_chatter_bound(0.1, 1.0, 1.0, -1.0), "optimum must be below strength/curvature"),
        (lambda: theory.initial_statistics_weight(0.9, -1), "steps must be .*>= 0, got -1"),
        (lambda: theory.independent_seed_variance([1.2]), "right_share must be .*<= 1, got 1.2"),
        (lambda: theory.independent_seed_variance(0.5), "right_share must have the shape"),
        (lambda: theory.calibrated_seed_variance(-0.1, 9), "error must be .*>= 0"),
        (lambda: theory.selection_optimism(0, 0.1), "n_candidates must be an integer >= 1, got 0"),
        (lambda: theory.selection_optimism(2, -0.1), "noise must be .*>= 0, got -0.1"),
        (lambda: theory.expected_max_normal(0), "count must be an integer >= 1, got 0"),
        (lambda: theory.minimum_norm_risk(np.nan, 8), "p must be a finite number"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
