"""Averages: how much averaged weights and smoothed curves reduce noise, and how far they lag."""

from __future__ import annotations

from typing import Any

import numpy as np

from unsteady._validation import number


def _coefficient(learning_rate: Any, curvature: Any) -> Any:
    """Return the coefficient of the AR(1) sequence that noisy descent is."""
    learning_rate = number("learning_rate", learning_rate, above=0)
    curvature = number("curvature", curvature, above=0)
    step = np.asarray(learning_rate) * curvature
    if np.any(step >= 2):
        raise ValueError(f"learning_rate must be below 2/curvature, got {learning_rate} at {curvature}")
    return (1 - step)[()]


def ema_factor(decay: Any, learning_rate: Any, curvature: Any) -> Any:
    r"""Return what is left of the stationary variance in an exponential average of the weights.

    .. math:: \frac{1-d}{1+d} \cdot \frac{1+d\phi}{1-d\phi}, \qquad \phi = 1 - \eta\lambda.

    Parameters
    ----------
    decay : float
        :math:`d` of :class:`unsteady.averages.EMA`, at least 0 and below 1.
    learning_rate, curvature : float
        :math:`\eta` and :math:`\lambda`, with :math:`0 < \eta\lambda < 2`.

    Notes
    -----
    Assumes a quadratic, noise independent from step to step and of the weights, no momentum, and that both
    run and average have come to rest. It calms little while :math:`1/(1-d)` steps are few beside the
    :math:`1/\eta\lambda` steps that the run itself remembers. Source: the iterates are an AR(1) sequence
    with the coefficient :math:`\phi`, and the average a linear filter of it.
    """
    decay = number("decay", decay, at_least=0, below=1)
    phi = _coefficient(learning_rate, curvature)
    return (1 - decay) / (1 + decay) * (1 + decay * phi) / (1 - decay * phi)


def polyak_variance(learning_rate: Any, curvature: Any, noise_variance: Any, steps: Any) -> Any:
    r"""Return the variance of the mean of T iterates of noisy descent at rest.

    .. math:: \frac{\sigma^2}{\lambda^2 T} \left(1 - \frac{2\phi (1 - \phi^T)}{T (1 - \phi^2)}\right),
       \qquad \phi = 1 - \eta\lambda,

    which tends to :math:`\sigma^2/\lambda^2 T`, whatever the rate.

    Parameters
    ----------
    learning_rate, curvature, noise_variance : float
        As for :func:`stationary_variance`, with :math:`0 < \eta\lambda < 2`.
    steps : int
        T, at least 1; at T = 1 it is the stationary variance.

    Notes
    -----
    Assumptions as for :func:`ema_factor`. Where :math:`\eta\lambda T` is far below 1, it is the stationary
    variance, and the formula loses digits. Source: the variance of the mean of an AR(1) sequence; Polyak &
    Juditsky (1992) for the limit.
    """
    phi = _coefficient(learning_rate, curvature)
    noise_variance = number("noise_variance", noise_variance, at_least=0)
    steps = number("steps", steps, at_least=1)
    if np.any(np.asarray(steps) % 1):
        raise ValueError(f"steps must be whole numbers, got {steps}")
    remembered = 2 * phi * (1 - np.power(phi, steps)) / (steps * (1 - np.square(phi)))
    return noise_variance / (np.square(curvature) * steps) * (1 - remembered)


def smoothing_factor(smoothing: Any) -> Any:
    r"""Return what smoothing the *display* leaves of a curve's noise, :math:`\sqrt{(1-\alpha)/(1+\alpha)}`.

    Parameters
    ----------
    smoothing : float
        :math:`\alpha` of the recursion :math:`s \leftarrow \alpha s + (1-\alpha) x`, at least 0 and below 1.

    Notes
    -----
    Assumes noise that is independent from point to point; a standard deviation. The model stays as
    unsteady as it was. Source: the variance of a geometric sum.
    """
    smoothing = number("smoothing", smoothing, at_least=0, below=1)
    return np.sqrt((1 - smoothing) / (1 + smoothing))


def smoothing_lag(smoothing: Any) -> Any:
    r"""Return by how many points a smoothed curve lags behind a steady climb, :math:`\alpha/(1-\alpha)`.

    Parameters
    ----------
    smoothing : float
        As for :func:`smoothing_factor`.

    Notes
    -----
    Assumes a straight line, far from its start. Source: the mean age of the points in the geometric sum.
    """
    smoothing = number("smoothing", smoothing, at_least=0, below=1)
    return smoothing / (1 - smoothing)
