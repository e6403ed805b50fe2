"""Capacity: training and test error of least squares with p parameters and n examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from unsteady._validation import Hyperparameter, number
from unsteady.theory._batch_noise import divide_or_infinite


def _counts(p: Any, n: Any) -> tuple[Hyperparameter, Hyperparameter]:
    return number("p", p, at_least=1), number("n", n, at_least=1)


def least_squares_train_error(p: Any, n: Any, noise_variance: Any = 1.0) -> Any:
    r"""Return the expected training error of least squares, :math:`\sigma^2 (1 - p/n)`.

    Parameters
    ----------
    p, n : int
        Number of parameters and of examples, p at most n.
    noise_variance : float
        :math:`\sigma^2` of the labels.

    Notes
    -----
    Assumes that the truth lies within the model and the features have full rank; any features do.
    Source: the trace of the residual projection, in any text on linear models.
    """
    p, n = _counts(p, n)
    if np.any(p > n):
        raise ValueError(f"p must be at most n, got p = {p} and n = {n}")
    return number("noise_variance", noise_variance, at_least=0) * (1 - p / n)


def least_squares_test_error(p: Any, n: Any, noise_variance: Any = 1.0) -> Any:
    r"""Return the expected test error of least squares, :math:`\sigma^2 (1 + \frac{p}{n-p-1})`.

    Parameters as for :func:`least_squares_train_error`, with p below n - 1.

    Notes
    -----
    Assumes that the truth lies within the model and that the features are zero-mean Gaussian and fresh
    for each test. Polynomials of high degree have heavier leverage and pay more. The least that any
    features cost is :math:`\sigma^2 (1 + p/n)`. Source: the mean of the inverse Wishart distribution.
    """
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    p, n = _counts(p, n)
    if np.any(p >= n - 1):
        raise ValueError(f"p must be below n - 1, got p = {p} and n = {n}")
    return noise_variance * (1 + p / (n - p - 1))


def minimum_norm_risk(p: Any, n: Any, noise_variance: Any = 1.0, signal: Any = 1.0) -> Any:
    r"""Return the expected excess test error of the least-squares solution of smallest norm.

    :math:`\sigma^2 \frac{p}{n-p-1}` for :math:`p < n - 1`,
    :math:`\sigma^2 \frac{n}{p-n-1} + (1 - n/p) |b|^2` for :math:`p > n + 1`, infinite between (unless
    :math:`\sigma` is 0): the peak of double descent.

    Parameters
    ----------
    p, n : int
        Number of parameters and of examples.
    noise_variance : float
        :math:`\sigma^2` of the labels.
    signal : float
        :math:`|b|^2`, squared length of the true coefficients, all p of which the model has: each p is
        a problem of its own.

    Notes
    -----
    Assumes isotropic Gaussian features. Exact then. Source: Belkin, Hsu & Xu (2020); Hastie, Montanari,
    Rosset & Tibshirani (2022), arXiv 1903.08560.
    """
    p, n = _counts(p, n)
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    signal = number("signal", signal, at_least=0)
    by_noise = np.where(
        np.asarray(p) <= n,
        divide_or_infinite(p, np.asarray(n - p - 1)),
        divide_or_infinite(n, np.asarray(p - n - 1)),
    )
    missed = np.maximum(1 - n / p, 0) * signal
    silent = np.asarray(noise_variance) == 0
    return (noise_variance * np.where(silent, 0.0, by_noise) + missed)[()]
