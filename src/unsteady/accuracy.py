r"""What an accuracy measured on n examples can say. Imports the standard library alone.

The functions work on counts: of examples that are right, or that turned right or wrong between two models.
For the errors that theory expects, see :func:`unsteady.theory.standard_error` and
:func:`unsteady.theory.change_variance`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from statistics import NormalDist
from typing import NamedTuple

from unsteady._plain_validation import fraction, integer, numbers


class Interval(NamedTuple):
    """The two ends of an interval.

    Examples
    --------
    >>> interval = accuracy_interval(450, 500)
    >>> interval.low < 0.9 < interval.high
    True
    """

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
        Size N of the pool, at least n. At n = N the pool's accuracy is known: the result is infinite.

    Returns
    -------
    float
        At least n.

    Raises
    ------
    TypeError, ValueError
        If `n` or `pool` is not an integer in its range.

    Notes
    -----
    Use it for the accuracy *of the pool*, as when a subset stands for a whole test set. For the accuracy on
    the population behind the pool, n examples count as n. Source: the finite-population factor
    :math:`(N-n)/(N-1)` of the hypergeometric variance, Cochran (1977), chapter 3.

    Examples
    --------
    >>> effective_size(500, pool=1000)
    999.0
    """
    n = integer("n", n, at_least=1)
    pool = integer("pool", pool, at_least=n)
    return math.inf if n == pool else n * (pool - 1) / (pool - n)


def _two_sided_quantile(level: float) -> float:
    """Return z such that a standard normal number lies within -z and z with the probability `level`."""
    return -NormalDist().inv_cdf((1 - fraction("level", level)) / 2)


def accuracy_interval(right: int, n: int, level: float = 0.95, pool: int | None = None) -> Interval:
    r"""Return Wilson's interval for a population's accuracy, given `right` of `n` examples.

    With :math:`p` = right / n and the normal quantile :math:`z` of the `level`, it is

    .. math:: \frac{p + \frac{z^2}{2n} \pm z \sqrt{\frac{p(1-p)}{n} + \frac{z^2}{4n^2}}}{1 + z^2/n}.

    Parameters
    ----------
    right : int
        Examples that are right, 0 to n.
    n : int
        Size of the evaluation set, at least 1.
    level : float
        Share of such intervals that contain the population's accuracy, above 0 and below 1.
    pool : int, optional
        Size of the finite pool from which the set was drawn without replacement. Then the interval is for
        the accuracy of that pool, and n is replaced by :func:`effective_size`.

    Returns
    -------
    Interval
        With its ends, ``low`` and ``high``.

    Raises
    ------
    TypeError, ValueError
        If an argument is of another type or out of its range.

    Notes
    -----
    Assumes independent examples. Unlike p ± 2 standard errors, the interval stays within 0 and 1. It keeps
    its level well, except for accuracies within about 1/n of 0 or 1 (at 95 % as little as 84 % there). It is
    for one model on one set. For the change between two models on the *same* set, see :func:`mcnemar_test`.
    Source: Wilson (1927); Brown, Cai & DasGupta (2001) for the coverage.

    Examples
    --------
    >>> low, high = accuracy_interval(450, 500)
    >>> round(low, 3), round(high, 3)
    (0.871, 0.923)
    """
    n = integer("n", n, at_least=1)
    right = integer("right", right, at_least=0, at_most=n)
    z = _two_sided_quantile(level)
    p = right / n
    size = float(n) if pool is None else effective_size(n, pool)
    centre, scale = p + z**2 / (2 * size), 1 + z**2 / size
    half_width = z * math.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    low, high = (centre - half_width) / scale, (centre + half_width) / scale
    return Interval(max(min(low, p), 0.0), min(max(high, p), 1.0))  # rounding may put an end past p


def mcnemar_test(gained: int, lost: int, mid_p: bool = False) -> float:
    r"""Return the p-value of a difference between two models on the same examples.

    Only the examples on which just one of the models is right count. If both models were equally good on the
    population, such examples would fall to either side by the toss of a coin. The p-value is the probability
    of a split as uneven as the observed one, or more. The test is two-sided and exact.

    Parameters
    ----------
    gained, lost : int
        Examples that only the second model gets right, and that only the first gets right; at least 0.
    mid_p : bool
        Count the observed split by half. The test is then less conservative, and closer to its level.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of another type or negative.

    Notes
    -----
    Assumes independent examples, and that neither model was chosen on them. Without `mid_p` the p-value stays
    above 0.05 for a net difference of five or less. Source: McNemar (1947); Fagerland, Lydersen & Laake
    (2013) for the mid-p.

    Examples
    --------
    >>> mcnemar_test(5, 0), mcnemar_test(6, 0)
    (0.0625, 0.03125)
    """
    gained, lost = integer("gained", gained, at_least=0), integer("lost", lost, at_least=0)
    if not isinstance(mid_p, bool):
        raise TypeError(f"mid_p must be True or False, got {mid_p!r}")
    total, fewer = gained + lost, min(gained, lost)
    if total > _MAX_EXACT_TOTAL:
        return _summed_mcnemar(total, fewer, mid_p)
    observed = tail = 1  # ways for the fewer side to be empty, as whole numbers: exact at any size
    for k in range(fewer):
        observed = observed * (total - k) // (k + 1)
        tail += observed
    if not mid_p or total == 0:
        return float(min(2 * tail / 2**total, 1.0))
    if gained == lost:  # both tails contain the observed split
        return float(1 - observed / 2 ** (total + 1))
    return float((2 * tail - observed) / 2**total)


_MAX_EXACT_TOTAL = 2_000  # beyond, whole numbers of so many digits take long


def _summed_mcnemar(total: int, fewer: int, mid_p: bool) -> float:
    """Return the p-value by a sum over the tail, from its largest term on. About ten digits are right."""
    observed = math.exp(
        math.lgamma(total + 1) - math.lgamma(fewer + 1) - math.lgamma(total - fewer + 1) - total * math.log(2)
    )
    tail = term = 1.0  # relative to the observed split
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

    For independent noise around a straight line, the jitter is the standard deviation of the noise. Unlike a
    plain standard deviation, it ignores the trend.

    Parameters
    ----------
    values : sequence of float
        Finite numbers at equal intervals, at least 3.

    Returns
    -------
    float
        In the unit of the values.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than 3 values, or one is not a finite number.

    Notes
    -----
    Assumes that the trend is straight over three neighbouring points. Source: Gasser, Sroka &
    Jennen-Steinmetz (1986).

    Examples
    --------
    >>> jitter([1.0, 2.0, 3.0, 4.0])
    0.0
    >>> round(jitter([0.90, 0.92, 0.90, 0.92, 0.90]), 4)
    0.0163
    """
    curve = numbers("values", values)
    if len(curve) < 3:
        raise ValueError(f"values must hold at least 3 numbers, got {len(curve)}")
    second_differences = [a - 2 * b + c for a, b, c in zip(curve, curve[1:], curve[2:], strict=False)]
    return math.hypot(*second_differences) / math.sqrt(6 * len(second_differences))


def jitter_interval(values: Sequence[float], level: float = 0.95) -> Interval:
    r"""Return a confidence interval for the :func:`jitter` of a curve.

    The interval is :math:`J \sqrt{d / \chi^2_d}` at both quantiles, with :math:`d = \frac{18}{35}(T - 2)`
    degrees of freedom for T values, see :func:`jitter_degrees`.

    Parameters
    ----------
    values : sequence of float
        Finite numbers at equal intervals, at least 3. With fewer than a dozen the interval is very wide.
    level : float
        Share of such intervals that contain the noise's standard deviation, above 0 and below 1.

    Returns
    -------
    Interval
        With its ends, ``low`` and ``high``.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than 3 values, one is not a finite number, or the level is out of its range.

    Notes
    -----
    Assumes independent normal noise of one variance around a trend that is nearly straight. Source: the
    variance of a sum of squared second differences (Gasser, Sroka & Jennen-Steinmetz 1986), matched to that
    of a chi-squared distribution. Its quantiles are approximated as by Wilson & Hilferty (1931), which is
    right to 3 % from a dozen values on.

    Examples
    --------
    >>> low, high = jitter_interval([0.90, 0.92] * 10)
    >>> round(low, 3), round(high, 3)
    (0.011, 0.03)
    """
    estimate, z = jitter(values), _two_sided_quantile(level)
    degrees = jitter_degrees(len(values))
    # The cube roots of chi-squared over its degrees of freedom, at the upper and the lower quantile.
    cube_roots = [1 - 2 / (9 * degrees) + sign * z * math.sqrt(2 / (9 * degrees)) for sign in (1, -1)]
    low, high = (estimate / root**1.5 if root > 0 else math.inf for root in cube_roots)
    return Interval(low, high if estimate else 0.0)


def jitter_degrees(evaluations: int) -> float:
    r"""Return the degrees of freedom of the :math:`T - 2` second differences behind a :func:`jitter`.

    They are :math:`\frac{18}{35}(T - 2)`, fewer than the differences, since neighbouring ones overlap.

    Parameters
    ----------
    evaluations : int
        Values T of the curve, at least 3.

    Returns
    -------
    float
        Above 0.

    Raises
    ------
    TypeError, ValueError
        If `evaluations` is not an integer of at least 3.

    Notes
    -----
    Assumes independent normal noise of one variance. Source: the variance of a sum of squared second
    differences (Gasser, Sroka & Jennen-Steinmetz 1986), matched to that of a chi-squared distribution.

    Examples
    --------
    >>> jitter_degrees(37)
    18.0
    """
    return 18 * (integer("evaluations", evaluations, at_least=3) - 2) / 35


def mcnemar_bounds(first: int, second: int, n: int) -> Interval:
    r"""Return the least and the largest p-value of :func:`mcnemar_test` that two accuracies allow.

    Two models are right on `first` and on `second` of the same n examples. How many examples only one of the
    models gets right is not known. There are at least :math:`d = |second - first|`, all on one side. There
    are most when the examples that either model gets wrong overlap as little as possible.

    Parameters
    ----------
    first, second : int
        Examples that each model gets right, 0 to n.
    n : int
        Size of the evaluation set, at least 1.

    Returns
    -------
    Interval
        Of p-values of the exact test. If ``low`` is above 0.05, the difference cannot be significant at that
        level, whichever examples it is made of. This is so for any difference of five or less.

    Raises
    ------
    TypeError, ValueError
        If an argument is not an integer in its range.

    Notes
    -----
    With :math:`l` lost and :math:`l + d` gained examples the p-value rises with :math:`l`, from 0 to
    :math:`\min(first, n - second)` for a gain.

    Examples
    --------
    >>> mcnemar_bounds(90, 95, 100).low, round(mcnemar_bounds(90, 98, 100).high, 3)
    (0.0625, 0.039)
    """
    n = integer("n", n, at_least=1)
    first = integer("first", first, at_least=0, at_most=n)
    second = integer("second", second, at_least=0, at_most=n)
    low, high = sorted((first, second))
    most_lost = min(low, n - high)
    return Interval(mcnemar_test(high - low, 0), mcnemar_test(high - low + most_lost, most_lost))


class EvalSize(NamedTuple):
    """The size of an evaluation set, as inferred from printed accuracies.

    Examples
    --------
    >>> found = infer_eval_size([k / 250 for k in (201, 208, 211, 215, 214, 219, 222, 221)])
    >>> found.n, found.chance < 0.01
    (250, True)
    """

    n: int
    """The smallest size for which all accuracies are counts. The true size may be a multiple of it."""
    chance: float
    """The probability, at most, that the true size is another and this one fits by chance."""


FLOAT32_ERROR = 2e-7
"""A mean over batches in single precision is off by up to this much."""
_PRIMES = (2, 3, 5, 7, 11, 13)


def infer_eval_size(values: Sequence[float], largest: int = 100_000, risk: float = 0.01) -> EvalSize | None:
    r"""Infer the size of the evaluation set from printed accuracies.

    For example, 0.7344 and 0.2656 are shares of 64, rounded to four digits. Return None if several sizes fit
    by chance.

    Parameters
    ----------
    values : sequence of float
        Accuracies from 0 to 1, as they were printed.
    largest : int
        The largest size to try, at least 1.
    risk : float
        The largest acceptable probability of a wrong size, above 0 and below 1.

    Returns
    -------
    EvalSize or None
        The smallest size for which each accuracy is a whole number of right examples, with its ``n`` and
        ``chance``. None if no size fits, or if there are too few different values or too few digits.

    Raises
    ------
    TypeError, ValueError
        If a value is not a number from 0 to 1, or another argument is out of its range.

    Notes
    -----
    Assumes that each accuracy is a share of n examples. A mean over batches of unequal size is not: then the
    result is None, or far above the true size.

    With values known to :math:`\pm\delta`, a size counts only if :math:`4 \delta n \le 1`, or if all values
    are multiples of more than a unit in their last digit. And no neighbouring size, from two thirds to one
    and a half times as large, may fit as well.

    With K different values, other than 0 and 1, at most :math:`\sum_{m \le n} (3 \delta m)^K` sizes up to n
    fit by chance, on average (3 and not 2, since printed values lie on a grid). And all K counts share a
    factor with the probability :math:`\sum_p p^{-K}` over the primes, which makes n too small. So at least
    seven different values are needed.

    Examples
    --------
    >>> infer_eval_size([k / 250 for k in (201, 208, 211, 215, 214, 219, 222, 221)]).n
    250
    >>> infer_eval_size([0.81, 0.83, 0.85, 0.84]) is None
    True
    """
    accuracies = _strictly_between_0_and_1(values)
    largest, risk = integer("largest", largest, at_least=1), fraction("risk", risk)
    digits = printed_digits(accuracies)
    accuracies = {round(value, digits) for value in accuracies}
    error = max(0.5 * 10.0**-digits, FLOAT32_ERROR)
    chance = sum(float(prime) ** -len(accuracies) for prime in _PRIMES)  # that all counts share a factor
    if chance > risk:
        return None
    unit = _common_unit(accuracies, digits) if error > FLOAT32_ERROR else 1
    if unit > 1:
        n = 10**digits // unit
        found = EvalSize(n, chance) if n <= largest else None
    else:
        found = _smallest_fitting_size(accuracies, error, largest, chance, risk)
    return found if found and _is_distinguishable(accuracies, found.n, error) else None


def _strictly_between_0_and_1(values: Sequence[float]) -> set[float]:
    """Return the different accuracies without 0 and 1, which are shares of any size."""
    accuracies = {value for value in numbers("values", values) if value not in (0.0, 1.0)}
    for value in accuracies:
        if not 0 < value < 1:
            raise ValueError(f"values must be accuracies from 0 to 1, got {value}")
    return accuracies


def _common_unit(accuracies: Collection[float], digits: int) -> int:
    """Return the largest number of units in the last digit of which 1 and all accuracies are multiples."""
    return math.gcd(10**digits, *(round(value * 10**digits) for value in accuracies))


def _smallest_fitting_size(
    accuracies: Collection[float], error: float, largest: int, chance: float, risk: float
) -> EvalSize | None:
    """Try one size after the other, as long as the chance of a wrong one stays within the risk."""
    for n in range(1, min(largest, int(0.25 / error)) + 1):
        chance += (3 * error * n) ** len(accuracies)
        if chance > risk:
            return None
        if are_counts(accuracies, n, error):
            return EvalSize(n, chance)
    return None


def are_counts(accuracies: Iterable[float], n: int, error: float) -> bool:
    """Return whether all accuracies, known to within `error`, may be whole numbers of n examples.

    Parameters
    ----------
    accuracies : iterable of float
        Finite numbers.
    n : int
        Size of the evaluation set.
    error : float
        By how much each accuracy may be off, such as half a unit of its last printed digit.

    Examples
    --------
    >>> are_counts([0.667, 0.333], n=3, error=0.0005), are_counts([0.667, 0.333], n=4, error=0.0005)
    (True, False)
    """
    return all(abs(value * n - round(value * n)) <= error * n * (1 + 1e-9) for value in accuracies)


def _is_distinguishable(accuracies: Collection[float], n: int, error: float) -> bool:
    """Whether no neighbouring size fits too. With three digits, 499 often fits if 500 does."""
    neighbours = range(n - n // 3, n + n // 2 + 1)
    return not any(are_counts(accuracies, other, error) for other in neighbours if other != n)


def printed_digits(values: Iterable[float]) -> int:
    """Return how many decimal places all values need, apart from errors of single precision.

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
    """Return how many decimal places the shortest form of a number has.

    Examples
    --------
    >>> decimals(0.875), decimals(0.9), decimals(1.0), decimals(2e-05)
    (3, 1, 0, 5)
    """
    exponent = Decimal(repr(float(value))).normalize().as_tuple().exponent
    return max(0, -int(exponent))
