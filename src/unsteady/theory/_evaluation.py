"""Measurement: the uncertainty of an accuracy on n examples, and of a change in accuracy."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from unsteady._validation import Hyperparameter, number


def inverse_size(size_name: str, size: ArrayLike, pool_name: str, pool: ArrayLike | None) -> Hyperparameter:
    """Return 1/size, times (N - size)/(N - 1) for sampling without replacement from a pool of N."""
    size = number(size_name, size, at_least=1)
    if pool is None:
        return 1 / size
    pool = number(pool_name, pool, at_least=1)
    if np.any(size > pool):
        raise ValueError(f"{size_name} must be at most {pool_name} = {pool}, got {size}")
    inverse: Hyperparameter = (pool - size) / (size * np.maximum(pool - 1, 1))
    return inverse


def standard_error(p: ArrayLike, n: ArrayLike, pool: ArrayLike | None = None) -> Hyperparameter:
    r"""Return the standard error of an accuracy, :math:`\sqrt{p(1-p)/n}`.

    Parameters
    ----------
    p : float or array
        Accuracy on the whole population, from 0 to 1.
    n : int or array
        Number of examples in the evaluation set, at least 1.
    pool : int or array, optional
        Size N of a finite pool, at least `n`, if the evaluation set is sampled from the pool without
        replacement. The standard error then has the additional factor :math:`\sqrt{(N-n)/(N-1)}`.

    Returns
    -------
    float or array
        A standard deviation, as a share: 0.01 is one percentage point.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes independent examples. This is the uncertainty of the accuracy itself. On a fixed evaluation set
    this error is largely the same in every epoch, so it is not the uncertainty of a change from one epoch to
    the next. See :func:`change_variance` for the change. Source: the binomial and the hypergeometric
    distribution, e.g. Cochran, *Sampling Techniques* (1977), chapter 3.

    Examples
    --------
    An accuracy of 80 % on 64 examples is uncertain by 5 points. If the 64 are a sample from a pool of 85, the
    accuracy on the pool is uncertain by half as much.

    >>> round(float(standard_error(0.8, 64)), 3)
    0.05
    >>> round(float(standard_error(0.8, 64, pool=85)), 3)
    0.025
    """
    p = number("p", p, at_least=0, at_most=1)
    error: Hyperparameter = np.sqrt(p * (1 - p) * inverse_size("n", n, "pool", pool))
    return error


def change_variance(
    churn: ArrayLike, change: ArrayLike, n: ArrayLike, pool: ArrayLike | None = None
) -> Hyperparameter:
    r"""Return the variance, over evaluation sets, of the change in accuracy between two models.

    The variance is :math:`(F - D^2)/n`, with :math:`F` the churn and :math:`D` the change on the population.
    Two models from successive epochs of one run have a small change :math:`D`, and then the variance is close
    to :math:`F/n`.

    Parameters
    ----------
    churn : float or array
        :math:`F`, the share of the population on which one model is right and the other is wrong, from 0 to
        1.
    change : float or array
        :math:`D`, the change in accuracy on the whole population, from -churn to churn.
    n : int or array
        Number of examples in the evaluation set, at least 1.
    pool : int or array, optional
        Size N of a finite pool from which the evaluation set is sampled without replacement, as for
        :func:`standard_error`.

    Returns
    -------
    float or array
        The variance. Its square root is the standard deviation, as a share.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number, is not finite or is outside its range.

    Notes
    -----
    Assumes that both models are evaluated on the same independent examples. Each example then adds 1, 0 or -1
    to the change in the count, and the variance follows. The mean squared change on an evaluation set is
    larger by :math:`D^2`. The variance can be estimated from one evaluation set by
    :math:`(b+c)/n^2 - (b-c)^2/n^3`, with b the number of examples that turned right and c the number that
    turned wrong. Source: McNemar (1947).

    Examples
    --------
    Suppose 15 % of the examples turn right and 5 % turn wrong. On 100 examples the gain of 10 points has a
    variance of 0.0019, so its standard deviation is 4.4 points.

    >>> variance = change_variance(churn=0.2, change=0.1, n=100)
    >>> round(float(variance), 4), round(float(variance) ** 0.5, 3)
    (0.0019, 0.044)
    """
    churn = number("churn", churn, at_least=0, at_most=1)
    change = number("change", change)
    if np.any(np.abs(change) > np.asarray(churn) * (1 + 1e-12)):
        raise ValueError(f"change must be at most churn = {churn} in size, got {change}")
    per_example: Hyperparameter = np.maximum(churn - np.square(change), 0)
    return per_example * inverse_size("n", n, "pool", pool)
