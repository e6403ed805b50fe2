r"""What an accuracy measured on n examples can say. Imports the standard library alone.

It works on counts: of examples that are right, or that turned right or wrong between two models. (What the
errors are in theory, :func:`unsteady.theory.standard_error` and :func:`unsteady.theory.change_variance` say.)
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Sequence
from decimal import Decimal
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


def _numbers(name: str, values: Any) -> list[float]:
    """Return a sequence of finite numbers as floats."""
    if isinstance(values, str | bytes):
        raise TypeError(f"{name} must be a sequence of numbers, got {values!r}")
    listed = [float(value) for value in values]
    for index, value in enumerate(listed):
        if not math.isfinite(value):
            raise ValueError(f"{name} must be finite, got {value} at index {index}")
    return listed


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


def _share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number above 0 and below 1, got {value!r}")
    if not 0 < float(value) < 1:
        raise ValueError(f"{name} must be above 0 and below 1, got {value}")
    return float(value)


def _quantile(level: Any) -> float:
    """Return the normal quantile of a two-sided level."""
    return -NormalDist().inv_cdf((1 - _share("level", level)) / 2)


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
    if total > _EXACT:
        return _summed_mcnemar(total, fewer, mid_p)
    observed = tail = 1  # ways for the fewer side to be empty; in whole numbers, so exact at any size
    for k in range(fewer):
        observed = observed * (total - k) // (k + 1)
        tail += observed
    if not mid_p or total == 0:
        return float(min(2 * tail / 2**total, 1.0))
    if gained == lost:  # both tails hold the observed division
        return float(1 - observed / 2 ** (total + 1))
    return float((2 * tail - observed) / 2**total)


_EXACT = 2_000  # up to so many flips in whole numbers, which take long beyond


def _summed_mcnemar(total: int, fewer: int, mid_p: bool) -> float:
    """Return the p-value by summing the tail from its largest term, to about ten digits."""
    observed = math.exp(
        math.lgamma(total + 1) - math.lgamma(fewer + 1) - math.lgamma(total - fewer + 1) - total * math.log(2)
    )
    tail = term = 1.0  # in units of the observed one
    for k in range(fewer, 0, -1):
        term *= k / (total - k + 1)
        tail += term
        if term < 1e-17 * tail:
            break
    if 2 * fewer == total:
        return 1 - observed / 2 if mid_p else 1.0
    return min((2 * tail - mid_p) * observed, 1.0)


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
    curve = _numbers("values", values)
    if len(curve) < 3:
        raise ValueError(f"values must hold at least 3 numbers, got {len(curve)}")
    bends = [a - 2 * b + c for a, b, c in zip(curve, curve[1:], curve[2:], strict=False)]
    return math.hypot(*bends) / math.sqrt(6 * len(bends))


def jitter_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    r"""Return how well the :func:`jitter` of a curve is known.

    The interval is :math:`J \sqrt{d / \chi^2_d}` at both quantiles, with :math:`d = \frac{18}{35}(T - 2)`
    degrees of freedom for T values, since neighbouring second differences overlap.

    Parameters
    ----------
    values : sequence of float
        Finite numbers at equal intervals, at least 3; from fewer than a dozen hardly anything is known.
    level : float
        Share of such intervals that hold the noise's standard deviation, above 0 and below 1.

    Returns
    -------
    Interval
        With its ends, ``low`` and ``high``.

    Notes
    -----
    Assumes independent normal noise of one variance around a trend that is nearly straight. Source: the
    variance of a sum of squared second differences (Gasser, Sroka & Jennen-Steinmetz 1986), matched to a
    chi-squared one, whose quantiles are those of Wilson & Hilferty (1931), good to 3 % from a dozen values.

    Examples
    --------
    >>> low, high = jitter_interval([0.90, 0.92] * 10)
    >>> round(low, 3), round(high, 3)
    (0.011, 0.03)
    """
    size, z = jitter(values), _quantile(level)
    degrees = 18 * (len(values) - 2) / 35
    roots = [1 - 2 / (9 * degrees) + sign * z * math.sqrt(2 / (9 * degrees)) for sign in (1, -1)]
    low, high = (size / root**1.5 if root > 0 else math.inf for root in roots)
    return Interval(low, high if size else 0.0)


def mcnemar_bounds(first: int, second: int, n: int) -> Interval:
    r"""Return between which ends the p-value of :func:`mcnemar_test` lies, given two accuracies alone.

    Two models are right on `first` and on `second` of the same n examples. How many only one of them gets
    right is not known, but for its ends: as few as :math:`d = |second - first|`, all on one side; or as many
    as there can be, when the examples that either gets wrong overlap as little as they can.

    Parameters
    ----------
    first, second : int
        Examples that each model gets right, 0 to n.
    n : int
        Size of the evaluation set.

    Returns
    -------
    Interval
        Of p-values, of the exact test. A ``low`` above 0.05 says that the difference cannot be significant
        at that level, whichever examples it is made of; so it is for any difference of five or less.

    Notes
    -----
    With :math:`l` lost and :math:`l + d` gained examples the p-value rises with :math:`l`, from 0 to
    :math:`\min(first, n - second)` for a gain.

    Examples
    --------
    >>> mcnemar_bounds(90, 95, 100).low, round(mcnemar_bounds(90, 98, 100).high, 3)
    (0.0625, 0.039)
    """
    n = _count("n", n, 1)
    first, second = _count("first", first, 0, n), _count("second", second, 0, n)
    low, high = sorted((first, second))
    most = min(low, n - high)
    return Interval(*(mcnemar_test(lost + high - low, lost) for lost in (0, most)))


class EvalSize(NamedTuple):
    """A size of the evaluation set, as found in printed accuracies."""

    n: int
    """The smallest size at which they all are counts; the true one may be a multiple of it."""
    chance: float
    """How probable it is, at most, that it is another, by mere chance."""


_FLOAT32 = 2e-7  # what a mean over batches in single precision is off by
_PRIMES = (2, 3, 5, 7, 11, 13)


def infer_eval_size(values: Sequence[float], largest: int = 100_000, risk: float = 0.01) -> EvalSize | None:
    r"""Return the size of the evaluation set that accuracies betray by their digits, or None.

    Each accuracy is a whole number of right examples over n, rounded to as many digits as are printed. The
    smallest n at which all values fit is returned, unless it may well be a coincidence.

    Parameters
    ----------
    values : sequence of float
        Accuracies from 0 to 1, as they were printed.
    largest : int
        The largest size that is tried, at least 1.
    risk : float
        The largest chance of a wrong answer at which one is given, above 0 and below 1.

    Returns
    -------
    EvalSize or None
        With its ``n`` and ``chance``; None where no size fits, or where too few different values, or too few
        digits, would fit by chance. It takes the accuracies for shares of n examples: of a mean over batches
        of unequal size it returns nothing, or a number far above the true one.

    Notes
    -----
    A size counts while the digits resolve it well, :math:`4 \delta n \le 1` for values known to
    :math:`\pm\delta`, or if all values are multiples of more than a unit in their last digit; and only where
    no neighbouring size, from two thirds to one and a half of it, fits as well. With K different values,
    other than 0 and 1, chance fits up to n number at most :math:`\sum_{m \le n} (3 \delta m)^K` on average (3
    and not 2, since printed values lie on a grid); and all K counts share a factor, so that n comes out too
    small, with the probability :math:`\sum_p p^{-K}` over the primes. So it takes seven values.

    Examples
    --------
    >>> infer_eval_size([k / 250 for k in (201, 208, 211, 215, 214, 219, 222, 221)]).n
    250
    >>> infer_eval_size([0.81, 0.83, 0.85, 0.84]) is None
    True
    """
    distinct = {value for value in _numbers("values", values) if value not in (0.0, 1.0)}
    for value in distinct:
        if not 0 < value < 1:
            raise ValueError(f"values must be accuracies from 0 to 1, got {value}")
    largest, risk = _count("largest", largest, 1), _share("risk", risk)
    digits = printed_digits(distinct)
    distinct = {round(value, digits) for value in distinct}
    off = max(0.5 * 10.0**-digits, _FLOAT32)
    chance = sum(float(prime) ** -len(distinct) for prime in _PRIMES)
    if chance > risk:
        return None
    shared = math.gcd(10**digits, *(round(value * 10**digits) for value in distinct))
    if off > _FLOAT32 and shared > 1:
        exact = 10**digits // shared
        return EvalSize(exact, chance) if exact <= largest and _alone(distinct, exact, off) else None
    for n in range(1, min(largest, int(0.25 / off)) + 1):
        chance += (3 * off * n) ** len(distinct)
        if chance > risk:
            return None
        if _fits(distinct, n, off):
            return EvalSize(n, chance) if _alone(distinct, n, off) else None
    return None


def _fits(values: set[float], n: int, off: float) -> bool:
    """Whether all values, known to so much, may be counts over n."""
    return all(abs(value * n - round(value * n)) <= off * n * (1 + 1e-9) for value in values)


def _alone(values: set[float], n: int, off: float) -> bool:
    """Whether no neighbouring size fits, too, as 499 may where 500 does and three digits are known."""
    return not any(_fits(values, m, off) for m in range(n - n // 3, n + n // 2 + 1) if m != n)


def printed_digits(values: Iterable[float]) -> int:
    """Return how many digits after the point all values have, but for the dust of single precision.

    Examples
    --------
    >>> printed_digits([0.875, 0.8700000047683716]), printed_digits([1 / 3])
    (3, 16)
    """
    values = list(values)
    for digits in range(7):
        if all(abs(value - round(value, digits)) <= 1e-7 for value in values):
            return digits
    return max(map(decimals, values))


def decimals(value: float) -> int:
    """Return how many digits after the point the shortest form of a number has.

    Examples
    --------
    >>> decimals(0.875), decimals(0.9), decimals(1.0), decimals(2e-05)
    (3, 1, 0, 5)
    """
    exponent = Decimal(repr(float(value))).normalize().as_tuple().exponent
    return max(0, -int(exponent))
