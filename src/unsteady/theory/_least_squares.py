"""Capacity: the training and test error of least squares with p parameters and n examples."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from unsteady._validation import Hyperparameter, number
from unsteady.theory._batch_noise import divide_or_infinite


def _check_counts(p: ArrayLike, n: ArrayLike) -> tuple[Hyperparameter, Hyperparameter]:
    """Return the number of parameters and the number of examples, checked."""
    return number("p", p, at_least=1), number("n", n, at_least=1)


def least_squares_train_error(p: ArrayLike, n: ArrayLike, noise_variance: ArrayLike = 1.0) -> Hyperparameter:
    r"""Return the expected training error of least squares, :math:`\sigma^2 (1 - p/n)`.

    Parameters
    ----------
    p, n : int or array
        Number of parameters and number of training examples, with p at most n.
    noise_variance : float or array
        :math:`\sigma^2`, the variance of the noise in the labels.

    Returns
    -------
    float or array
        The mean squared error on the training examples.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes that the model contains the true function and that the features have full rank. The features may
    have any distribution. Source: the trace of the residual projection, in any text on linear models.

    Examples
    --------
    Five parameters fit away 5/20 of the noise of 20 examples.

    >>> least_squares_train_error(p=5, n=20, noise_variance=4.0)
    3.0
    """
    p, n = _check_counts(p, n)
    if np.any(p > n):
        raise ValueError(f"p must be at most n, got p = {p} and n = {n}")
    return number("noise_variance", noise_variance, at_least=0) * (1 - p / n)


def least_squares_test_error(p: ArrayLike, n: ArrayLike, noise_variance: ArrayLike = 1.0) -> Hyperparameter:
    r"""Return the expected test error of least squares, :math:`\sigma^2 (1 + \frac{p}{n-p-1})`.

    Parameters
    ----------
    p, n : int or array
        Number of parameters and number of training examples, with p below n - 1.
    noise_variance : float or array
        :math:`\sigma^2`, the variance of the noise in the labels.

    Returns
    -------
    float or array
        The mean squared error on new examples, the noise in their labels included.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes that the model contains the true function, and that the features are Gaussian with
    mean zero, newly sampled for each test. Polynomials of high degree have heavier leverage, and their test
    error is larger. No features do better than :math:`\sigma^2 (1 + p/n)`. Source: the mean of the inverse
    Wishart distribution.

    Examples
    --------
    >>> least_squares_test_error(p=5, n=16, noise_variance=4.0)  # 4 · (1 + 5/10)
    6.0
    """
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    p, n = _check_counts(p, n)
    if np.any(p >= n - 1):
        raise ValueError(f"p must be below n - 1, got p = {p} and n = {n}")
    return noise_variance * (1 + p / (n - p - 1))


def minimum_norm_risk(
    p: ArrayLike, n: ArrayLike, noise_variance: ArrayLike = 1.0, signal: ArrayLike = 1.0
) -> Hyperparameter:
    r"""Return the expected excess test error of the least-squares solution of smallest norm.

    The excess error is :math:`\sigma^2 \frac{p}{n-p-1}` for :math:`p < n - 1`, and
    :math:`\sigma^2 \frac{n}{p-n-1} + (1 - n/p) |b|^2` for :math:`p > n + 1`. In between it is infinite,
    unless :math:`\sigma` is 0. This is the peak of double descent.

    Parameters
    ----------
    p, n : int or array
        Number of parameters and number of training examples, at least 1.
    noise_variance : float or array
        :math:`\sigma^2`, the variance of the noise in the labels.
    signal : float or array
        :math:`|b|^2`, the squared length of the vector of true coefficients. The model has all p of them, so
        each p is a different problem.

    Returns
    -------
    float or array
        The mean squared error on new examples minus :math:`\sigma^2`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes isotropic Gaussian features; the formula is then exact. Source: Belkin, Hsu & Xu (2020); Hastie,
    Montanari, Rosset & Tibshirani (2022), arXiv 1903.08560.

    Examples
    --------
    With 9 examples: 2 · 4/4 for 4 parameters, and 2 · 9/6 + 7/16 · 16 for 16.

    >>> minimum_norm_risk(p=[4, 9, 16], n=9, noise_variance=2.0, signal=16.0).tolist()
    [2.0, inf, 10.0]
    """
    p, n = _check_counts(p, n)
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    signal = number("signal", signal, at_least=0)
    noise_gain = np.where(
        np.asarray(p) <= n,
        divide_or_infinite(p, np.asarray(n - p - 1)),
        divide_or_infinite(n, np.asarray(p - n - 1)),
    )
    bias = np.maximum(1 - n / p, 0) * signal
    without_noise = np.asarray(noise_variance) == 0
    # Without noise the peak disappears, so 0 times infinity counts as 0.
    risk: Hyperparameter = (noise_variance * np.where(without_noise, 0.0, noise_gain) + bias)[()]
    return risk
