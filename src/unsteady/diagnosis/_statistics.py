"""The statistics of a diagnosis, on plain sequences of finite numbers.

What decides comes with the argument `thresholds`, a :class:`unsteady.diagnosis.Thresholds`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise
from statistics import NormalDist, median

from unsteady.accuracy import jitter, jitter_degrees, mcnemar_test
from unsteady.diagnosis._finding import Segment
from unsteady.diagnosis._thresholds import Thresholds


def theil_sen_change(curve: Sequence[float], thresholds: Thresholds) -> float:
    """Return the change of a curve from end to end along its Theil-Sen line.

    Its slope is the median of the slopes of all pairs of points. Source: Theil (1950) and Sen (1968).

    Examples
    --------
    >>> theil_sen_change([0, 1, 2, 30, 4], Thresholds())  # one outlier does not matter
    4.0
    """
    means = _block_means(curve, thresholds.trend_points)
    slopes = [(b - a) / (j - i) for i, a in enumerate(means) for j, b in enumerate(means[i + 1 :], i + 1)]
    return median(slopes) * (len(means) - 1) if slopes else 0.0


def mann_kendall_test(curve: Sequence[float], thresholds: Thresholds) -> float:
    """Return the two-sided p-value of a monotone trend, with a minus sign for a falling one.

    The variance is corrected for ties, and for neighbours that are alike, by their correlation about the
    trend. Source: Mann (1945) and Kendall (1975); for the correction, Hamed & Rao (1998), here with an AR(1).

    Examples
    --------
    >>> mann_kendall_test(range(12), Thresholds()) < 0.001
    True
    >>> mann_kendall_test(range(12, 0, -1), Thresholds()) < 0
    True
    >>> mann_kendall_test([1, 1, 1, 1], Thresholds())
    1.0
    """
    means = _block_means(curve, thresholds.trend_points)
    size = len(means)
    score = sum((b > a) - (b < a) for i, a in enumerate(means) for b in means[i + 1 :])
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(means).values())
    variance = (size * (size - 1) * (2 * size + 5) - ties) / 18
    if variance <= 0 or score == 0:
        return 1.0
    z = (abs(score) - 1) / math.sqrt(variance * _autocorrelation_inflation(means, thresholds))
    p = 2 * (1 - NormalDist().cdf(z))
    return math.copysign(max(p, 1e-300), score)


def is_increasing(curve: Sequence[float], thresholds: Thresholds) -> bool:
    """Whether a curve rises, by the Mann-Kendall test at the two-sided level `trend_alpha`.

    Examples
    --------
    >>> is_increasing(range(20), Thresholds()), is_increasing([0, 1] * 10, Thresholds())
    (True, False)
    """
    return 0 < mann_kendall_test(curve, thresholds) < thresholds.trend_alpha


def is_decreasing(curve: Sequence[float], thresholds: Thresholds, alpha: float | None = None) -> bool:
    """Whether a curve falls, by the Mann-Kendall test at the two-sided level `alpha`, or else `trend_alpha`.

    Examples
    --------
    >>> is_decreasing(range(20, 0, -1), Thresholds()), is_decreasing(range(20), Thresholds())
    (True, False)
    """
    level = thresholds.trend_alpha if alpha is None else alpha
    return -level < mann_kendall_test(curve, thresholds) < 0


def is_majority(count: int, total: int, alpha: float) -> bool:
    """Whether `count` of `total` is more than half, with a two-sided p-value of the sign test below `alpha`.

    Only the one direction counts, so a false majority comes with a probability of half of `alpha` at most.

    Examples
    --------
    >>> is_majority(16, 20, 0.01), is_majority(18, 20, 0.01)
    (False, True)
    """
    return total > 0 and count > total / 2 and mcnemar_test(count, total - count) < alpha


def running_median(curve: Sequence[float], reach: int) -> list[float]:
    """Return the median of each value and up to `reach` neighbours on either side.

    Examples
    --------
    >>> running_median([1, 2, 9, 3, 4], reach=2)
    [2, 2.5, 3, 3.5, 4]
    """
    return [median(curve[max(0, k - reach) : k + reach + 1]) for k in range(len(curve))]


def last_part(curve: Sequence[float], divisor: int) -> Sequence[float]:
    """Return the last of so many equal parts of a curve, at least one value.

    Examples
    --------
    >>> last_part([0, 0, 0, 0, 0, 0, 1, 2], divisor=4)
    [1, 2]
    """
    return curve[-max(len(curve) // divisor, 1) :]


def burn_in_end(curve: Sequence[float], start: int, stop: int, thresholds: Thresholds) -> int:
    """Return where the initial climb ends: at the first value near the median of the second half.

    Near is within `burn_in_jitters` of its jitters. The end lies in the first half, since what still drifts
    in the second is no jump.

    Examples
    --------
    >>> burn_in_end([0.1, 0.3, 0.5, *[0.7, 0.72] * 10], 0, 23, Thresholds())
    3
    """
    if stop - start < thresholds.min_evaluations:
        return start
    middle = (start + stop) // 2
    half = curve[middle:stop]
    level, reach = median(half), thresholds.burn_in_jitters * jitter(half)
    return next((k for k in range(start, middle) if abs(curve[k] - level) <= reach), middle)


def shrink_to_half(accuracies: Sequence[float], n: float) -> list[float]:
    """Return accuracies a little nearer to one half, since p(1-p) comes out too small on average.

    They are the centres of Wilson's intervals at two standard errors.

    Examples
    --------
    >>> shrink_to_half([1.0, 0.5], 96)
    [0.98, 0.5]
    """
    return [(n * p + 2) / (n + 4) for p in accuracies]


def sampling_bound(accuracies: Sequence[float], n: float) -> float:
    r"""Return the most that a fixed set of n independent examples adds to the jitter of accuracies.

    It is the root of the mean :math:`p(1-p)/n`.

    Examples
    --------
    >>> round(sampling_bound([0.9] * 20, 400), 4)
    0.0153
    """
    return math.sqrt(math.fsum(p * (1 - p) for p in shrink_to_half(accuracies, n)) / len(accuracies) / n)


def grouped_sampling_bound(accuracies: Sequence[float], sizes: Iterable[int]) -> float:
    """Return the sampling bound where the examples of a group are right or wrong together.

    It is the root of the largest sum of squared sizes times p(1-p), over all ways to spread the mean accuracy
    over the groups.

    Examples
    --------
    >>> round(grouped_sampling_bound([0.9] * 20, [1] * 400), 4)
    0.0153
    >>> round(grouped_sampling_bound([0.9] * 20, [4] * 100), 4)
    0.0319
    """
    sizes = list(sizes)
    n = sum(sizes)
    mean = math.fsum(shrink_to_half(accuracies, independent_examples(sizes))) / len(accuracies)
    low, high = -float(max(sizes)), float(max(sizes))
    for _ in range(60):  # p of a group is (1 - t / size) / 2, for the t that gives the mean
        t = (low + high) / 2
        shares = [min(max((1 - t / size) / 2, 0.0), 1.0) for size in sizes]
        given = sum(size * p for size, p in zip(sizes, shares, strict=True)) / n
        low, high = (t, high) if given > mean else (low, t)
    return math.sqrt(sum(size**2 * p * (1 - p) for size, p in zip(sizes, shares, strict=True)) / n**2)


def independent_examples(sizes: Iterable[int]) -> float:
    r"""Return how many independent examples groups are worth at least: :math:`n^2 / \sum m_g^2`.

    Examples
    --------
    >>> independent_examples([1] * 10), independent_examples([5, 5])
    (10.0, 2.0)
    """
    sizes = list(sizes)
    return sum(sizes) ** 2 / sum(size**2 for size in sizes)


def model_share_lower_bound(segment: Segment, covariance_allowance: float) -> float:
    r"""Return the least share of the squared jitter seen that is the model's.

    With :math:`r` the sampling bound over the jitter, `low` the lower end of the jitter's interval and
    :math:`d` its degrees of freedom, it is the smaller of :math:`1 - \text{bound}^2 / \text{low}^2` and
    :math:`1 - r^2 - c r / \sqrt d`. The set's part may agree with the model's movement by chance, which
    adds twice their covariance: that is the last term, with :math:`c` the `covariance_allowance`.

    Examples
    --------
    >>> from unsteady.accuracy import Interval
    >>> segment = Segment(0, 100, 0.1, 0.05, Interval(0.04, 0.06), 0.01)
    >>> round(model_share_lower_bound(segment, Thresholds().covariance_allowance), 2)
    0.81
    """
    bound, low = segment.sampling_bound, segment.interval.low
    if low <= bound:
        return 0.0
    ratio = bound / segment.jitter
    degrees = jitter_degrees(segment.stop - segment.start)
    by_covariance = 1 - ratio**2 - covariance_allowance * ratio / math.sqrt(degrees)
    return max(0.0, min(1 - (bound / low) ** 2, by_covariance))


def change_over_lag(curve: Sequence[float], lag: int) -> float:
    """Return the rms change over so many evaluations, divided by the root of 2, as a standard deviation.

    Examples
    --------
    >>> round(change_over_lag([0, 1] * 10, 1), 3), change_over_lag([0, 1] * 10, 2)
    (0.707, 0.0)
    """
    changes = (b - a for a, b in zip(curve, curve[lag:], strict=False))
    return math.hypot(*changes) / math.sqrt(2 * (len(curve) - lag))


def change_and_sampling_variance(
    first: Sequence[bool], second: Sequence[bool], groups: Sequence[Hashable] | None = None
) -> tuple[float, float]:
    """Return the change of accuracy, and what the draw of the examples, or groups, adds to its square.

    For two evaluations it is what :func:`unsteady.per_example.decompose_fluctuation` computes for many at
    once; the formulas and their source stand there.

    Parameters
    ----------
    first, second : sequence of bool
        Which of the same n examples are right.
    groups : sequence, optional
        The group of each example.

    Examples
    --------
    >>> change_and_sampling_variance([True, False, True, True, False], [True, True, True, True, False])
    (0.2, 0.04)
    """
    changes = [int(b) - int(a) for a, b in zip(first, second, strict=True)]
    n = len(changes)
    d = sum(changes) / n
    if groups is None:
        flips = sum(map(abs, changes)) / n
        return d, (flips - d * d) / (n - 1) if n > 1 else 0.0
    sums: dict[Hashable, list[float]] = {}
    for label, change in zip(groups, changes, strict=True):
        sums.setdefault(label, []).append(change - d)
    many = len(sums)
    spread = math.fsum(math.fsum(part) ** 2 for part in sums.values())
    return d, many / (many - 1) * spread / n**2 if many > 1 else 0.0


def _block_means(curve: Sequence[float], at_most: int) -> list[float]:
    """Return means of neighbouring values, `at_most` so many, since pairs of points are many."""
    width = -(-len(curve) // at_most)
    blocks = [curve[k : k + width] for k in range(0, len(curve), width)]
    return [math.fsum(block) / len(block) for block in blocks]


def _autocorrelation_inflation(curve: Sequence[float], thresholds: Thresholds) -> float:
    """Return by how much correlated neighbours widen a test's variance, (1+r)/(1-r) for an AR(1).

    A curve that goes far beyond its scatter does not wander, whatever its neighbours.
    """
    change = theil_sen_change(curve, thresholds)
    per_step = change / max(len(curve) - 1, 1)
    residuals = [value - per_step * k for k, value in enumerate(curve)]
    mean = math.fsum(residuals) / len(residuals)
    residuals = [value - mean for value in residuals]
    square = math.fsum(value * value for value in residuals)
    scatter = math.sqrt(square / len(residuals))
    if abs(change) > thresholds.trend_min_scatters * scatter or square == 0:
        return 1.0
    r = math.fsum(a * b for a, b in pairwise(residuals)) / square
    r = min(max(r, 0.0), thresholds.max_autocorrelation)
    return (1 + r) / (1 - r)
