"""Seeds and selection: how much runs differ, and how much the choice of the best flatters its accuracy."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import trapezoid
from scipy.special import log_ndtr

from unsteady._validation import Hyperparameter, integer, number


def independent_seed_variance(right_share: ArrayLike) -> Hyperparameter:
    r"""Return the variance of accuracy over seeds if every example's error were independent of the others.

    The variance is :math:`\sum_i p_i (1 - p_i) / n^2`, with :math:`p_i` the share of the runs that are right
    on example i.

    Parameters
    ----------
    right_share : array of shape (..., n)
        :math:`p_i`, the share of the runs that classify example i correctly, from 0 to 1.

    Returns
    -------
    float or array of shape (...)
        The variance over seeds of the accuracy on the n examples.

    Raises
    ------
    TypeError, ValueError
        If a share is not a number or is outside its range, or `right_share` has no examples.

    Notes
    -----
    If the observed variance is larger, many examples change together: some runs are better or worse as a
    whole. Source: the variance of a sum of independent Bernoulli variables.

    Examples
    --------
    Four examples are right in 50 %, 90 %, 100 % and 100 % of the runs: (0.25 + 0.09) / 16.

    >>> round(float(independent_seed_variance([0.5, 0.9, 1.0, 1.0])), 5)
    0.02125
    """
    share = np.asarray(number("right_share", right_share, at_least=0, at_most=1))
    if not share.ndim or not share.shape[-1]:
        raise ValueError(f"right_share must have the shape (..., n), got {share.shape}")
    variance: Hyperparameter = (share * (1 - share)).sum(axis=-1) / share.shape[-1] ** 2
    return variance


def calibrated_seed_variance(error: ArrayLike, n: ArrayLike) -> Hyperparameter:
    r"""Return the variance of accuracy over seeds for a calibrated classifier, :math:`\epsilon/2n`.

    Parameters
    ----------
    error : float or array
        :math:`\epsilon`, the mean error over seeds, from 0 to 1.
    n : int or array
        Number of examples in the evaluation set, at least 1.

    Returns
    -------
    float or array
        The variance over seeds of the accuracy.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes two classes and independent errors. Also assumes calibration over runs: the share of the runs that
    predict a class for an example equals that class's probability for this example. The formula is rough in
    practice. Source: Jordan (2023), arXiv 2304.01910.

    Examples
    --------
    An error of 10 % on 500 examples gives 0.1/1000, a standard deviation of one point.

    >>> calibrated_seed_variance(error=0.1, n=500)
    0.0001
    """
    return number("error", error, at_least=0, at_most=1) / (2 * number("n", n, at_least=1))


def selection_optimism(n_candidates: int, noise: ArrayLike, spread: ArrayLike = 0.0) -> Hyperparameter:
    r"""Return how much the measured accuracy of the best of K candidates exceeds its true accuracy.

    .. math:: E_K \, \frac{\nu^2}{\sqrt{\nu^2 + \tau^2}},

    :math:`E_K` is the expected largest of K standard normal numbers, :func:`expected_max_normal`. :math:`\nu`
    is the standard deviation of the sampling error that the candidates do not share, and :math:`\tau` that of
    their true accuracies.

    Parameters
    ----------
    n_candidates : int
        K, the number of epochs or runs to choose from, at least 1.
    noise : float or array
        :math:`\nu`, the standard deviation of the sampling error that is *not shared* by the candidates. On a
        fixed evaluation set this is :math:`\sqrt{F/2n}`, with F the churn between two candidates. It is not
        the standard error of the accuracy, because most of that error is the same for all candidates.
    spread : float or array
        :math:`\tau`, the standard deviation of the candidates' true accuracies.

    Returns
    -------
    float or array
        The mean of the excess, in the unit of `noise`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes that the sampling errors and the true accuracies are normal and independent from candidate to
    candidate. Neighbouring epochs are not fully independent. Source: the regression of the sampling error on
    the measured accuracy, which is the sum of true accuracy and sampling error, at the largest measured
    accuracy.

    Examples
    --------
    The best of 40 equally good epochs, each measured with an error of 3 points, seems 6.5 points too good. If
    the epochs really differ by 4 points, the factor 3/5 reduces this to 3.9.

    >>> round(float(selection_optimism(40, noise=3.0)), 1)
    6.5
    >>> round(float(selection_optimism(40, noise=3.0, spread=4.0)), 1)
    3.9
    """
    n_candidates = integer("n_candidates", n_candidates, at_least=1)
    noise, spread = number("noise", noise, at_least=0), number("spread", spread, at_least=0)
    total = np.hypot(noise, spread)
    optimism: Hyperparameter = (
        expected_max_normal(n_candidates) * np.square(noise) / np.where(total > 0, total, 1.0)
    )
    return optimism


def expected_max_normal(count: int) -> float:
    r"""Return :math:`E_K`, the expected largest of K independent standard normal numbers.

    Parameters
    ----------
    count : int
        K, at least 1.

    Returns
    -------
    float
        In standard deviations.

    Raises
    ------
    TypeError, ValueError
        If `count` is not an integer or is below 1.

    Notes
    -----
    Computed by numerical integration of :math:`\int x \, K \, \Phi(x)^{K-1} \varphi(x) \, dx`. Source: the
    distribution of the maximum.

    Examples
    --------
    For two numbers the exact value is :math:`1/\sqrt{\pi}`.

    >>> round(expected_max_normal(2), 4), round(expected_max_normal(40), 2)
    (0.5642, 2.16)
    """
    count = integer("count", count, at_least=1)
    x = np.linspace(-12, 12, 24_001)
    density = count * np.exp((count - 1) * log_ndtr(x) - x**2 / 2) / np.sqrt(2 * np.pi)
    return float(trapezoid(x * density, x))
