"""Batches: how noisy gradients are, and how far they keep the weights from the minimum."""

from __future__ import annotations

from typing import Any

import numpy as np

from unsteady._validation import Array, Hyperparameter, finite, number, scalar
from unsteady.theory._evaluation import inverse_size


def divide_or_infinite(numerator: Any, slack: Array) -> Any:
    """Return numerator / slack, infinite where the slack is not positive."""
    return np.where(slack > 0, numerator / np.where(slack > 0, slack, 1), np.inf)[()]


def _feature(feature_variance: Any, kurtosis: Any) -> tuple[Hyperparameter, Hyperparameter]:
    return (
        number("feature_variance", feature_variance, above=0),
        number("kurtosis", kurtosis, at_least=1),
    )


def gradient_variance(variance: Any, batch_size: Any, n: Any = None) -> Any:
    r"""Return the variance of a batch's mean gradient, :math:`\sigma^2 / B`.

    Parameters
    ----------
    variance : float
        :math:`\sigma^2` of the gradients of single examples (divided by n, not by n - 1).
    batch_size : int
        B.
    n : int, optional
        Where the batch is drawn without replacement from n examples, the variance carries the factor
        :math:`\frac{n-B}{n-1}` and is 0 for the full batch.

    Notes
    -----
    Assumes a batch drawn independently of the weights. Source: as for :func:`standard_error`.
    """
    return number("variance", variance, at_least=0) * inverse_size("batch_size", batch_size, "n", n)


def stationary_variance(learning_rate: Any, curvature: Any, noise_variance: Any, momentum: Any = 0.0) -> Any:
    r"""Return the variance at which noisy descent settles on a quadratic.

    .. math:: \frac{\eta \sigma^2 (1 + \beta)}{\lambda (1-\beta) (2(1+\beta) - \eta\lambda)},

    without momentum :math:`\eta\sigma^2 / (\lambda(2-\eta\lambda))`; infinite past the bound of
    stability.

    Parameters
    ----------
    learning_rate, curvature, momentum : float
        :math:`\eta`, :math:`\lambda` and :math:`\beta` of the heavy ball.
    noise_variance : float
        :math:`\sigma^2` of the gradient.

    Notes
    -----
    Assumes that the gradient's noise is independent from step to step and does not depend on the
    weights. Exact then, in discrete time. Source: Mandt, Hoffman & Blei (2017) for small rates; Liu,
    Ziyin & Ueda (2021), arXiv 2012.03636, for any rate and momentum.
    """
    learning_rate = number("learning_rate", learning_rate, above=0)
    curvature = number("curvature", curvature, above=0)
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    momentum = number("momentum", momentum, at_least=0, below=1)
    slack = np.asarray(2 * (1 + momentum) - learning_rate * curvature)
    scale = learning_rate * noise_variance * (1 + momentum) / (curvature * (1 - momentum))
    return divide_or_infinite(scale, slack)


def batch_stationary_variance(
    learning_rate: Any,
    batch_size: Any,
    label_variance: Any,
    feature_variance: Any = 1.0,
    kurtosis: Any = 3.0,
) -> Any:
    r"""Return the variance at which a least-squares slope settles under batch noise.

    .. math:: \frac{\eta s^2}{2B - \eta a (B - 1 + \kappa)}, \qquad \kappa = E x^4 / a^2.

    Parameters
    ----------
    learning_rate, batch_size : float
        :math:`\eta` and B.
    label_variance : float
        :math:`s^2`, variance of the labels around the line.
    feature_variance : float
        :math:`a = E x^2`.
    kurtosis : float
        :math:`\kappa`, at least 1: 3 for a Gaussian feature, 1.8 for a uniform one.

    Notes
    -----
    Assumes the loss :math:`\frac12` MSE, one feature of mean zero and no bias, label noise independent of
    the feature, and batches drawn independently. Exact then: square the recursion
    :math:`e \leftarrow (1 - \eta \overline{x^2}) e + \eta \overline{x r}` and take expectations. Source:
    Ziyin, Liu, Mori & Ueda (2022), arXiv 2102.05375.
    """
    learning_rate = number("learning_rate", learning_rate, above=0)
    label_variance = number("label_variance", label_variance, at_least=0)
    batch_size = number("batch_size", batch_size, at_least=1)
    feature_variance, kurtosis = _feature(feature_variance, kurtosis)
    used = learning_rate * feature_variance * (batch_size - 1 + kurtosis)
    return divide_or_infinite(learning_rate * label_variance, np.asarray(2 * batch_size - used))


def batch_stability_bound(batch_size: Any, feature_variance: Any = 1.0, kurtosis: Any = 3.0) -> Any:
    r"""Return the learning rate at which the variance of a least-squares slope becomes infinite.

    It is :math:`\frac{2B}{a (B - 1 + \kappa)}`: at B = 1 and a Gaussian feature :math:`2/(3a)`, a third
    of what gradient descent bears. Assumptions, arguments and source as for
    :func:`batch_stationary_variance`.
    """
    batch_size = number("batch_size", batch_size, at_least=1)
    feature_variance, kurtosis = _feature(feature_variance, kurtosis)
    return 2 * batch_size / (feature_variance * (batch_size - 1 + kurtosis))


def linear_scaling_excess(learning_rate: Any, batch_size: Any, noise_trace: Any) -> Any:
    r"""Return the loss above the minimum that batch noise sustains, :math:`\eta \operatorname{tr} C / 4B`.

    Parameters
    ----------
    learning_rate, batch_size : float
        Only their ratio matters here: double both and the excess stays (the linear scaling rule).
    noise_trace : float
        :math:`\operatorname{tr} C`, the sum of the variances of a single example's gradient.

    Notes
    -----
    The limit of :func:`stationary_variance` times half the curvature for :math:`\eta\lambda \ll 1`; at
    larger rates the excess is larger and the rule breaks. Source: Mandt, Hoffman & Blei (2017).
    """
    learning_rate = number("learning_rate", learning_rate, at_least=0)
    noise_trace = number("noise_trace", noise_trace, at_least=0)
    return learning_rate * noise_trace / (4 * number("batch_size", batch_size, at_least=1))


def expected_change(
    learning_rate: float,
    gradient: Any,
    hessian: Any,
    covariance: Any,
    batch_size: int,
    n: int | None = None,
) -> float:
    r"""Return the expected change of the whole loss in one step on a random batch.

    .. math:: -\eta |G|^2 + \frac{\eta^2}{2} G^\top H G + \frac{\eta^2}{2B} \operatorname{tr}(H \Sigma).

    Parameters
    ----------
    learning_rate : float
        :math:`\eta`.
    gradient : array of shape (dims,)
        G, of the whole loss.
    hessian : array of shape (dims, dims)
        H, of the whole loss.
    covariance : array of shape (dims, dims)
        :math:`\Sigma`, of the gradients of single examples (divided by n).
    batch_size, n : int
        As for :func:`gradient_variance`: with n, a batch is drawn without replacement.

    Notes
    -----
    Exact for a quadratic loss, to second order otherwise. With :math:`L (|G|^2 + \operatorname{tr}
    \Sigma / B)` for :math:`G^\top H G + \operatorname{tr}(H \Sigma)/B`, L the largest curvature anywhere, it
    is an upper bound. Takes one setting, not an array of them. Source: Taylor's expansion of the loss.
    """
    eta = scalar("learning_rate", learning_rate, at_least=0)
    G = finite("gradient", gradient, ndim=1)
    H, sigma = finite("hessian", hessian, ndim=2), finite("covariance", covariance, ndim=2)
    for name, matrix in (("hessian", H), ("covariance", sigma)):
        if matrix.shape != (len(G), len(G)):
            raise ValueError(f"{name} must have the shape {(len(G),) * 2}, got {matrix.shape}")
    noise = inverse_size("batch_size", batch_size, "n", n) * np.trace(H @ sigma)
    return float(-eta * G @ G + 0.5 * eta**2 * (G @ H @ G + noise))
