"""Averaging: how much averaged weights and smoothed curves reduce noise, and how far they lag behind."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from unsteady._validation import Hyperparameter, number


def _ar1_coefficient(learning_rate: ArrayLike, curvature: ArrayLike) -> Hyperparameter:
    """Return the coefficient of the AR(1) sequence that the iterates of noisy gradient descent form."""
    learning_rate = number("learning_rate", learning_rate, above=0)
    curvature = number("curvature", curvature, above=0)
    step = np.asarray(learning_rate) * curvature
    if np.any(step >= 2):
        raise ValueError(f"learning_rate must be below 2/curvature, got {learning_rate} at {curvature}")
    coefficient: Hyperparameter = (1 - step)[()]
    return coefficient


def ema_factor(decay: ArrayLike, learning_rate: ArrayLike, curvature: ArrayLike) -> Hyperparameter:
    r"""Return the share of the weights' stationary variance that remains in their exponential moving average.

    .. math:: \frac{1-d}{1+d} \cdot \frac{1+d\phi}{1-d\phi}, \qquad \phi = 1 - \eta\lambda.

    Here :math:`d` is the decay of the average.

    Parameters
    ----------
    decay : float or array
        :math:`d` of :class:`unsteady.averages.EMA`, at least 0 and below 1.
    learning_rate, curvature : float or array
        :math:`\eta` and :math:`\lambda`, with :math:`0 < \eta\lambda < 2`.

    Returns
    -------
    float or array
        A ratio of variances, above 0 and at most 1. Its square root is the ratio of standard deviations.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes a quadratic loss, no momentum, and noise that is independent from step to step and of
    the weights. Also assumes that both the run and its average have reached their stationary distribution.
    The average remembers about :math:`1/(1-d)` steps, and the run itself about :math:`1/\eta\lambda`. If the
    average remembers fewer steps than the run, averaging hardly helps. Source: the iterates are an AR(1)
    sequence with the coefficient :math:`\phi`, and the average is a linear filter of this sequence.

    Examples
    --------
    With d = 1/2 and :math:`\phi` = 1/2, the variance falls to 1/3 · 5/3 = 5/9.

    >>> round(float(ema_factor(0.5, learning_rate=0.25, curvature=2.0)), 3)
    0.556
    """
    decay = number("decay", decay, at_least=0, below=1)
    phi = _ar1_coefficient(learning_rate, curvature)
    return (1 - decay) / (1 + decay) * (1 + decay * phi) / (1 - decay * phi)


def polyak_variance(
    learning_rate: ArrayLike, curvature: ArrayLike, noise_variance: ArrayLike, steps: ArrayLike
) -> Hyperparameter:
    r"""Return the variance of the mean of T successive iterates of stationary noisy descent.

    .. math:: \frac{\sigma^2}{\lambda^2 T} \left(1 - \frac{2\phi (1 - \phi^T)}{T (1 - \phi^2)}\right),
       \qquad \phi = 1 - \eta\lambda.

    For large T the variance tends to :math:`\sigma^2/\lambda^2 T`, whatever the learning rate.

    Parameters
    ----------
    learning_rate, curvature, noise_variance : float or array
        As for :func:`stationary_variance`, with :math:`0 < \eta\lambda < 2`.
    steps : int or array
        T, at least 1. At T = 1 the result is the stationary variance.

    Returns
    -------
    float or array
        The variance of the averaged weight.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range, or `steps` is not whole.

    Notes
    -----
    Same assumptions as :func:`ema_factor`. If :math:`\eta\lambda T` is far below 1, the variance
    is nearly the stationary variance, and the formula loses digits to cancellation. Source: the variance of
    the mean of an AR(1) sequence; Polyak & Juditsky (1992) for the limit.

    Examples
    --------
    Here :math:`\phi` = 1/2 and the stationary variance is 1/4. Two neighbouring iterates have the correlation
    1/2, so their mean has the variance 1/4 · (1 + 1/2)/2 = 3/16.

    >>> [float(polyak_variance(0.25, 2.0, 3.0, steps)) for steps in (1, 2)]
    [0.25, 0.1875]
    """
    phi = _ar1_coefficient(learning_rate, curvature)
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    steps = number("steps", steps, at_least=1)
    if np.any(np.asarray(steps) % 1):
        raise ValueError(f"steps must be whole numbers, got {steps}")
    correction = 2 * phi * (1 - np.power(phi, steps)) / (steps * (1 - np.square(phi)))
    variance: Hyperparameter = noise_variance / (np.square(curvature) * steps) * (1 - correction)
    return variance


def smoothing_factor(smoothing: ArrayLike) -> Hyperparameter:
    r"""Return the share of a curve's noise that smoothing leaves, :math:`\sqrt{(1-\alpha)/(1+\alpha)}`.

    Parameters
    ----------
    smoothing : float or array
        :math:`\alpha` of the recursion :math:`s \leftarrow \alpha s + (1-\alpha) x`, at least 0 and below 1.

    Returns
    -------
    float or array
        A ratio of standard deviations, above 0 and at most 1.

    Raises
    ------
    TypeError, ValueError
        If `smoothing` is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes noise that is independent from point to point. Smoothing changes the *display* only: the model
    fluctuates as before. Source: the variance of a geometrically weighted sum.

    Examples
    --------
    >>> round(float(smoothing_factor(0.6)), 3), round(float(smoothing_factor(0.8)), 3)
    (0.5, 0.333)
    """
    smoothing = number("smoothing", smoothing, at_least=0, below=1)
    factor: Hyperparameter = np.sqrt((1 - smoothing) / (1 + smoothing))
    return factor


def smoothing_lag(smoothing: ArrayLike) -> Hyperparameter:
    r"""Return how many points a smoothed curve lags behind a steady climb, :math:`\alpha/(1-\alpha)`.

    Parameters
    ----------
    smoothing : float or array
        :math:`\alpha`, as for :func:`smoothing_factor`.

    Returns
    -------
    float or array
        A number of points of the curve, such as epochs.

    Raises
    ------
    TypeError, ValueError
        If `smoothing` is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes a straight line, far from its start. Source: the mean age of the points in the geometrically
    weighted sum.

    Examples
    --------
    >>> smoothing_lag(0.75)
    3.0
    """
    smoothing = number("smoothing", smoothing, at_least=0, below=1)
    return smoothing / (1 - smoothing)
