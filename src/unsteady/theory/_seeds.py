"""Seeds and selection: how much runs differ, and how much choosing the best one flatters."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.integrate import trapezoid
from scipy.special import log_ndtr

from unsteady._validation import integer, number


def independent_seed_variance(right_share: Any) -> Any:
    r"""Return the variance of accuracy over seeds, were each example's error independent of the others'.

    It is :math:`\sum_i p_i (1 - p_i) / n^2`.

    Parameters
    ----------
    right_share : array of shape (..., n)
        :math:`p_i`, the share of the runs that get example i right, 0 to 1.

    Returns
    -------
    float or array of shape (...)

    Notes
    -----
    What the observed variance has beyond it is common to many examples: some runs are better, or worse, as a
    whole. Source: the variance of a sum of independent Bernoulli variables.
    """
    share = np.asarray(number("right_share", right_share, at_least=0, at_most=1))
    if not share.ndim or not share.shape[-1]:
        raise ValueError(f"right_share must have the shape (..., n), got {share.shape}")
    return (share * (1 - share)).sum(axis=-1) / share.shape[-1] ** 2


def calibrated_seed_variance(error: Any, n: Any) -> Any:
    r"""Return the variance of accuracy over seeds of a calibrated classifier, :math:`\epsilon/2n`.

    Parameters
    ----------
    error : float
        :math:`\epsilon`, mean error over seeds, 0 to 1.
    n : int
        Size of the evaluation set.

    Notes
    -----
    Assumes two classes, that as many of the runs are right on an example as its class is probable there, and
    independent errors. Rough in practice. Source: Jordan (2023), arXiv 2304.01910.
    """
    return number("error", error, at_least=0, at_most=1) / (2 * number("n", n, at_least=1))


def selection_optimism(n_candidates: int, noise: Any, spread: Any = 0.0) -> Any:
    r"""Return by how much the best of K looks flatters what it chose.

    .. math:: E_K \, \frac{\nu^2}{\sqrt{\nu^2 + \tau^2}},

    with :math:`E_K` the expected largest of K standard normal numbers.

    Parameters
    ----------
    n_candidates : int
        K, the number of epochs, or runs, to choose from; at least 1.
    noise : float
        :math:`\nu`, the standard deviation of what the set's luck adds to one look *and not to the
        others*. On a fixed set that is :math:`\sqrt{F/2n}`, with F the churn between two looks, and not the
        standard error of the level, most of which is the same for all.
    spread : float
        :math:`\tau`, the standard deviation of the looks' true accuracies.

    Notes
    -----
    Assumes that both are normal, and independent from look to look; neighbouring epochs are less than
    independent. Source: the regression of the luck on the sum of both, at the sum's largest value.
    """
    n_candidates = integer("n_candidates", n_candidates, at_least=1)
    noise, spread = number("noise", noise, at_least=0), number("spread", spread, at_least=0)
    total = np.hypot(noise, spread)
    return expected_max_normal(n_candidates) * np.square(noise) / np.where(total > 0, total, 1.0)


def expected_max_normal(count: int) -> float:
    r"""Return :math:`E_K`, the expected largest of K independent standard normal numbers.

    Parameters
    ----------
    count : int
        K, at least 1.

    Notes
    -----
    By numerical integration of :math:`\int x \, K \, \Phi(x)^{K-1} \varphi(x) \, dx`. Source: the
    distribution of the maximum.

    Examples
    --------
    >>> round(expected_max_normal(2), 4), round(expected_max_normal(40), 2)
    (0.5642, 2.16)
    """
    count = integer("count", count, at_least=1)
    x = np.linspace(-12, 12, 24_001)
    density = count * np.exp((count - 1) * log_ndtr(x) - x**2 / 2) / np.sqrt(2 * np.pi)
    return float(trapezoid(x * density, x))
