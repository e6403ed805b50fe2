"""Measurement: how uncertain an accuracy on n examples is, and a change of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from unsteady._validation import number


def inverse_size(size_name: str, size: Any, pool_name: str, pool: Any) -> Any:
    """Return 1/size, times (N-size)/(N-1) where they are drawn without replacement from a pool of N."""
    size = number(size_name, size, at_least=1)
    if pool is None:
        return 1 / size
    pool = number(pool_name, pool, at_least=1)
    if np.any(size > pool):
        raise ValueError(f"{size_name} must be at most {pool_name} = {pool}, got {size}")
    return (pool - size) / (size * np.maximum(pool - 1, 1))


def standard_error(p: Any, n: Any, pool: Any = None) -> Any:
    r"""Return the standard error of an accuracy, :math:`\sqrt{p(1-p)/n}`.

    Parameters
    ----------
    p : float
        Accuracy of the population, 0 to 1.
    n : int
        Size of the evaluation set.
    pool : int, optional
        Size N of the finite pool that the set is drawn from without replacement; the error then
        carries the factor :math:`\sqrt{(N-n)/(N-1)}`.

    Notes
    -----
    Assumes independent examples. It is the error of the *level*, largely the same in every epoch on a
    fixed set, and not that of a change from one epoch to the next. Source: the binomial and the
    hypergeometric distribution, e.g. Cochran, *Sampling Techniques* (1977), chapter 3.
    """
    p = number("p", p, at_least=0, at_most=1)
    return np.sqrt(p * (1 - p) * inverse_size("n", n, "pool", pool))


def change_variance(churn: Any, change: Any, n: Any, pool: Any = None) -> Any:
    r"""Return the variance, over evaluation sets, of the change of accuracy between two models.

    It is :math:`(F - D^2)/n`, close to :math:`F/n`, where the models are two epochs of one run, say.

    Parameters
    ----------
    churn : float
        :math:`F`, share of the population on which one model is right and the other wrong, 0 to 1.
    change : float
        :math:`D`, the population's own change, from -churn to churn.
    n : int
        Size of the evaluation set.
    pool : int, optional
        Size N of the finite pool that the set is drawn from without replacement, as for
        :func:`standard_error`.

    Notes
    -----
    Assumes one set of independent examples for both models: each adds 1, 0 or -1 to the count, whence the
    variance. The mean squared change on a set is :math:`D^2` more. With the *counts* b and c of examples
    that turned right and wrong on a set, it is estimated by :math:`(b+c)/n^2 - (b-c)^2/n^3`. Source:
    McNemar (1947).
    """
    churn = number("churn", churn, at_least=0, at_most=1)
    change = number("change", change)
    if np.any(np.abs(change) > np.asarray(churn) * (1 + 1e-12)):
        raise ValueError(f"change must be at most churn = {churn} in size, got {change}")
    return np.maximum(churn - np.square(change), 0) * inverse_size("n", n, "pool", pool)
