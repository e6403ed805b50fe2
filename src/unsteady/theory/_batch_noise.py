"""Batch noise: how noisy gradients are, and how far they keep the weights from the minimum."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from unsteady._validation import Array, Hyperparameter, finite, number, scalar
from unsteady.theory._evaluation import inverse_size


def divide_or_infinite(numerator: ArrayLike, denominator: Array) -> Hyperparameter:
    """Return numerator / denominator, or infinity where the denominator is not positive."""
    positive = denominator > 0
    quotient: Hyperparameter = np.where(positive, numerator / np.where(positive, denominator, 1), np.inf)[()]
    return quotient


def _check_feature(feature_variance: ArrayLike, kurtosis: ArrayLike) -> tuple[Hyperparameter, Hyperparameter]:
    """Return the variance and the kurtosis of a feature, checked."""
    return (
        number("feature_variance", feature_variance, above=0),
        number("kurtosis", kurtosis, at_least=1),
    )


def gradient_variance(
    variance: ArrayLike, batch_size: ArrayLike, n: ArrayLike | None = None
) -> Hyperparameter:
    r"""Return the variance of the mean gradient of a batch, :math:`\sigma^2 / B`.

    Parameters
    ----------
    variance : float or array
        :math:`\sigma^2`, the variance of the gradients of single examples (divided by n, not by n - 1).
    batch_size : int or array
        B, at least 1.
    n : int or array, optional
        Number of training examples, at least B, if the batch is sampled from them without replacement. The
        variance then has the additional factor :math:`\frac{n-B}{n-1}`, which is 0 for the full batch.

    Returns
    -------
    float or array
        In the unit of `variance`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes a batch that is sampled independently of the weights. Source: as for :func:`standard_error`.

    Examples
    --------
    >>> gradient_variance(6.0, batch_size=3)
    2.0
    >>> float(gradient_variance(6.0, batch_size=3, n=5))  # times (5 - 3) / (5 - 1)
    1.0
    """
    return number("variance", variance, at_least=0) * inverse_size("batch_size", batch_size, "n", n)


def stationary_variance(
    learning_rate: ArrayLike, curvature: ArrayLike, noise_variance: ArrayLike, momentum: ArrayLike = 0.0
) -> Hyperparameter:
    r"""Return the stationary variance of a weight under noisy descent on a quadratic loss.

    .. math:: \frac{\eta \sigma^2 (1 + \beta)}{\lambda (1-\beta) (2(1+\beta) - \eta\lambda)}.

    Without momentum this is :math:`\eta\sigma^2 / (\lambda(2-\eta\lambda))`. At and above the stability bound
    the variance is infinite.

    Parameters
    ----------
    learning_rate, curvature, momentum : float or array
        :math:`\eta`, :math:`\lambda` and heavy-ball momentum :math:`\beta`.
    noise_variance : float or array
        :math:`\sigma^2`, the variance of the gradient.

    Returns
    -------
    float or array
        The variance of the weight around the minimum.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes that the noise of the gradient is independent from step to step and does not depend on
    the weights. The formula is then exact, in discrete time. Source: Mandt, Hoffman & Blei (2017) for small
    learning rates; Liu, Ziyin & Ueda (2021), arXiv 2012.03636, for any learning rate and momentum.

    Examples
    --------
    Here :math:`\eta\lambda` = 1, so the variance is 0.5 · 3 / (2 · (2 - 1)). Momentum of 0.5 makes it larger.

    >>> float(stationary_variance(0.5, curvature=2.0, noise_variance=3.0))
    0.75
    >>> float(stationary_variance(0.5, curvature=2.0, noise_variance=3.0, momentum=0.5))
    1.125
    """
    learning_rate = number("learning_rate", learning_rate, above=0)
    curvature = number("curvature", curvature, above=0)
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    momentum = number("momentum", momentum, at_least=0, below=1)
    distance_to_bound = np.asarray(2 * (1 + momentum) - learning_rate * curvature)
    scale = learning_rate * noise_variance * (1 + momentum) / (curvature * (1 - momentum))
    return divide_or_infinite(scale, distance_to_bound)


def batch_stationary_variance(
    learning_rate: ArrayLike,
    batch_size: ArrayLike,
    label_variance: ArrayLike,
    feature_variance: ArrayLike = 1.0,
    kurtosis: ArrayLike = 3.0,
) -> Hyperparameter:
    r"""Return the stationary variance of a least-squares slope under batch noise.

    .. math:: \frac{\eta s^2}{2B - \eta a (B - 1 + \kappa)}, \qquad \kappa = E x^4 / a^2.

    At and above :func:`batch_stability_bound` the variance is infinite.

    Parameters
    ----------
    learning_rate, batch_size : float or array
        :math:`\eta` and B.
    label_variance : float or array
        :math:`s^2`, the variance of the labels around the line.
    feature_variance : float or array
        :math:`a = E x^2`.
    kurtosis : float or array
        :math:`\kappa`, at least 1. It is 3 for a Gaussian feature and 1.8 for a uniform one.

    Returns
    -------
    float or array
        The variance of the slope around the least-squares solution.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes the loss :math:`\frac12` MSE, one feature of mean zero and no bias, label noise independent of the
    feature, and independent batches. The formula is then exact. To derive it, square the recursion
    :math:`e \leftarrow (1 - \eta \overline{x^2}) e + \eta \overline{x r}` and take expectations. Source:
    Ziyin, Liu, Mori & Ueda (2022), arXiv 2102.05375.

    Examples
    --------
    With these numbers the variance is 0.5 · 2 / (8 - 0.5 · 2 · (4 - 1 + 3)).

    >>> float(batch_stationary_variance(0.5, batch_size=4, label_variance=2.0, feature_variance=2.0))
    0.5
    """
    learning_rate = number("learning_rate", learning_rate, above=0)
    label_variance = number("label_variance", label_variance, at_least=0)
    batch_size = number("batch_size", batch_size, at_least=1)
    feature_variance, kurtosis = _check_feature(feature_variance, kurtosis)
    contraction = 2 * batch_size - learning_rate * feature_variance * (batch_size - 1 + kurtosis)
    return divide_or_infinite(learning_rate * label_variance, np.asarray(contraction))


def batch_stability_bound(
    batch_size: ArrayLike, feature_variance: ArrayLike = 1.0, kurtosis: ArrayLike = 3.0
) -> Hyperparameter:
    r"""Return the learning rate at which the variance of a least-squares slope becomes infinite.

    The bound is :math:`\frac{2B}{a (B - 1 + \kappa)}`. For B = 1 and a Gaussian feature the bound is
    :math:`2/(3a)`, a third of the bound of gradient descent with the full batch.

    Parameters
    ----------
    batch_size : float or array
        B, at least 1.
    feature_variance, kurtosis : float or array
        As for :func:`batch_stationary_variance`.

    Returns
    -------
    float or array
        A learning rate.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Same assumptions and source as :func:`batch_stationary_variance`.

    Examples
    --------
    >>> batch_stability_bound(batch_size=6, feature_variance=3.0)  # 12 / (3 · (6 - 1 + 3))
    0.5
    """
    batch_size = number("batch_size", batch_size, at_least=1)
    feature_variance, kurtosis = _check_feature(feature_variance, kurtosis)
    return 2 * batch_size / (feature_variance * (batch_size - 1 + kurtosis))


def linear_scaling_excess(
    learning_rate: ArrayLike, batch_size: ArrayLike, noise_trace: ArrayLike
) -> Hyperparameter:
    r"""Return how far batch noise keeps the loss above its minimum, :math:`\eta \operatorname{tr} C / 4B`.

    Only the ratio of learning rate and batch size matters. If both are doubled, the excess loss stays the
    same (the linear scaling rule).

    Parameters
    ----------
    learning_rate, batch_size : float or array
        :math:`\eta`, at least 0, and B, at least 1.
    noise_trace : float or array
        :math:`\operatorname{tr} C`, the sum of the variances of a single example's gradient.

    Returns
    -------
    float or array
        The expected loss minus its minimum.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes :math:`\eta\lambda \ll 1`: the formula is the limit of :func:`stationary_variance`
    times half the curvature. At larger learning rates the excess is larger and the rule breaks. Source:
    Mandt, Hoffman & Blei (2017).

    Examples
    --------
    >>> [linear_scaling_excess(rate, size, noise_trace=40.0) for rate, size in ((0.1, 5), (0.2, 10))]
    [0.2, 0.2]
    """
    learning_rate = number("learning_rate", learning_rate, at_least=0)
    noise_trace = number("noise_trace", noise_trace, at_least=0)
    return learning_rate * noise_trace / (4 * number("batch_size", batch_size, at_least=1))


def expected_change(
    learning_rate: float,
    gradient: ArrayLike,
    hessian: ArrayLike,
    covariance: ArrayLike,
    batch_size: int,
    n: int | None = None,
) -> float:
    r"""Return the expected change of the full training loss in one step on a random batch.

    .. math:: -\eta |G|^2 + \frac{\eta^2}{2} G^\top H G + \frac{\eta^2}{2B} \operatorname{tr}(H \Sigma).

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`, at least 0.
    gradient : array of shape (dims,)
        G, the gradient of the full loss.
    hessian : array of shape (dims, dims)
        H, the Hessian of the full loss.
    covariance : array of shape (dims, dims)
        :math:`\Sigma`, the covariance of the gradients of single examples (divided by n).
    batch_size, n : int
        As for :func:`gradient_variance`. With n, the batch is sampled without replacement.

    Returns
    -------
    float
        Negative where the loss is expected to fall.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range, or the shapes do not match.

    Notes
    -----
    Exact for a quadratic loss, and to second order otherwise. With
    :math:`L (|G|^2 + \operatorname{tr} \Sigma / B)` in place of
    :math:`G^\top H G + \operatorname{tr}(H \Sigma)/B`, where L is the largest curvature anywhere, the formula
    is an upper bound. This function takes one setting, not an array of settings. Source: Taylor's expansion
    of the loss.

    Examples
    --------
    The same step raises the loss with batches of 1, and lowers it with batches of 6.

    >>> G, H, covariance = [2.0], [[3.0]], [[4.0]]
    >>> [expected_change(0.5, G, H, covariance, batch_size) for batch_size in (1, 6)]
    [1.0, -0.25]
    """
    eta = scalar("learning_rate", learning_rate, at_least=0)
    G = finite("gradient", gradient, ndim=1)
    H, sigma = finite("hessian", hessian, ndim=2), finite("covariance", covariance, ndim=2)
    for name, matrix in (("hessian", H), ("covariance", sigma)):
        if matrix.shape != (len(G), len(G)):
            raise ValueError(f"{name} must have the shape {(len(G),) * 2}, got {matrix.shape}")
    noise = inverse_size("batch_size", batch_size, "n", n) * np.trace(H @ sigma)
    return float(-eta * G @ G + 0.5 * eta**2 * (G @ H @ G + noise))
