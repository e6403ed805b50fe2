r"""What an accuracy measured on n examples can say. Imports the standard library alone.

It works on counts: of examples that are right, or that turned right or wrong between two models. (What the
errors are in theory, :func:`unsteady.theory.standard_error` and :func:`unsteady.theory.change_variance` say.)
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple


def _count(name: str, value: Any, at_least: int, at_most: float = math.inf) -> int:
    allowed = f"an integer from {at_least} to {at_most}"
    if at_most == math.inf:
        allowed = f"an integer >= {at_least}"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be {allowed}, got {value!r} of type {type(value).__name__}")
    if not at_least <= int(value) <= at_most:
        raise ValueError(f"{name} must be {allowed}, got {value}")
    return int(value)


class Interval(NamedTuple):
    """The two ends of an interval."""

    low: float
    """The lower end."""
    high: float
    """The upper end."""


def effective_size(n: int, pool: int) -> float:
    r"""Return how many independent examples say as much as n of a finite pool, :math:`n \frac{N-1}{N-n}`.

    Parameters
    ----------
    n : int
        Examples drawn without replacement, at least 1.
    pool : int
        Size N of the pool, at least n. At n = N the pool is known, and the answer is infinite.

    Notes
    -----
    It matters where the accuracy *of the pool* is asked for, as when a subset stands for a whole test set.
    For that of the population behind the pool, n examples are n. Source: the finite-population factor
    :math:`(N-n)/(N-1)` of the hypergeometric variance, Cochran (1977), chapter 3.
    """
    n = _count("n", n, 1)
    pool = _count("pool", pool, n)
    return math.inf if n == pool else n * (pool - 1) / (pool - n)


def _quantile(level: Any) -> float:
    """Return the normal quantile of a two-sided level."""
    if isinstance(level, bool) or not isinstance(level, numbers.Real):
        raise TypeError(f"level must be a number above 0 and below 1, got {level!r}")
    if not 0 < float(level) < 1:
        raise ValueError(f"level must be above 0 and below 1, got {level}")
    return -NormalDist().inv_cdf((1 - float(level)) / 2)


def accuracy_interval(right: int, n: int, level: float = 0.95, pool: int | None = None) -> Interval:
    r"""Return Wilson's interval for a population's accuracy, given `right` of `n` examples.

    With :math:`p` = right / n and the normal quantile :math:`z` of the `level`, it is

    .. math:: \frac{p + \frac{z^2}{2n} \pm z \sqrt{\frac{p(1-p)}{n} + \frac{z^2}{4n^2}}}{1 + z^2/n}.

    Parameters
    ----------
    right : int
        Examples that are right, 0 to n.
    n : int
        Size of the evaluation set.
    level : float
        Share of such intervals that hold the population's accuracy, above 0 and below 1.
    pool : int, optional
        Size of a finite pool that the set was drawn from without replacement, where the accuracy of that
        pool is asked for: n is then replaced by :func:`effective_size`.

    Returns
    -------
    Interval
        With its ends, ``low`` and ``high``.

    Notes
    -----
    Assumes independent examples. Unlike p ± 2 standard errors it stays within 0 and 1 and holds its level
    well near them, but for accuracies within about 1/n of 0 or 1 (at 95 % as little as 84 % there). It is
    for one model on one set: for the change between two models on the *same* set, see
    :func:`mcnemar_test`. Source: Wilson (1927); Brown, Cai & DasGupta (2001) for how it holds.

    Examples
    --------
    >>> low, high = accuracy_interval(450, 500)
    >>> round(low, 3), round(high, 3)
    (0.871, 0.923)
    """
    n = _count("n", n, 1)
    right = _count("right", right, 0, n)
    z = _quantile(level)
    p = right / n
    size = float(n) if pool is None else effective_size(n, pool)
    centre, scale = p + z**2 / (2 * size), 1 + z**2 / size
    reach = z * math.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    low, high = (centre - reach) / scale, (centre + reach) / scale
    return Interval(max(min(low, p), 0.0), min(max(high, p), 1.0))  # rounding may put an end past p


def mcnemar_test(gained: int, lost: int, mid_p: bool = False) -> float:
    r"""Return the p-value of a difference between two models on the same examples.

    How probable it is, were both equally good on the population, that those examples on which just one of
    them is right divide as unevenly as they did, or more: two-sided and exact. Examples that both get
    right, or both wrong, say nothing and do not count.

    Parameters
    ----------
    gained, lost : int
        Examples that only the second model gets right, and only the first; at least 0.
    mid_p : bool
        Count the observed division by half, which is less cautious and closer to its level.

    Returns
    -------
    float
        From 0 to 1.

    Notes
    -----
    Assumes independent examples and that neither model was chosen on them. Without `mid_p` it cannot come
    below 0.05 with a net difference of five or less. Source: McNemar (1947); Fagerland, Lydersen & Laake
    (2013) for the mid-p.

    Examples
    --------
    >>> mcnemar_test(5, 0), mcnemar_test(6, 0)
    (0.0625, 0.03125)
    """
    gained, lost = _count("gained", gained, 0), _count("lost", lost, 0)
    if not isinstance(mid_p, bool):
        raise TypeError(f"mid_p must be True or False, got {mid_p!r}")
    total, fewer = gained + lost, min(gained, lost)
    observed = tail = 1  # ways for the fewer side to be empty; in whole numbers, so exact at any size
    for k in range(fewer):
        observed = observed * (total - k) // (k + 1)
        tail += observed
    if not mid_p or total == 0:
        return float(min(2 * tail / 2**total, 1.0))
    if gained == lost:  # both tails hold the observed division
        return float(1 - observed / 2 ** (total + 1))
    return float((2 * tail - observed) / 2**total)


def jitter(values: Sequence[float]) -> float:
    r"""Return how rough a curve is: the rms of its second differences over :math:`\sqrt 6`.

    For independent noise around a straight line it is the standard deviation of the noise; unlike a plain
    standard deviation it ignores the trend.

    Parameters
    ----------
    values : sequence of float
        Finite numbers at equal intervals, at least 3.

    Notes
    -----
    Assumes that the trend is straight over three neighbouring points. Source: Gasser, Sroka &
    Jennen-Steinmetz (1986).

    Examples
    --------
    >>> jitter([1.0, 2.0, 3.0, 4.0])
    0.0
    """
    if isinstance(values, str | bytes):
        raise TypeError(f"values must be a sequence of numbers, got {values!r}")
    curve = [float(value) for value in values]
    if len(curve) < 3:
        raise ValueError(f"values must hold at least 3 numbers, got {len(curve)}")
    if not all(map(math.isfinite, curve)):
        bad = next(index for index, value in enumerate(curve) if not math.isfinite(value))
        raise ValueError(f"values must be finite, got {curve[bad]} at index {bad}")
    bends = [a - 2 * b + c for a, b, c in zip(curve, curve[1:], curve[2:], strict=False)]
    return math.hypot(*bends) / math.sqrt(6 * len(bends))
