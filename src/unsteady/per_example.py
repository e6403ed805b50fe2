r"""Measure what per-example correctness adds to an accuracy curve.

An accuracy says how many examples are right. Per-example correctness also says which ones. With it you can
count the examples that flip between two epochs, estimate how much of a change is sampling error, and score an
epoch on examples that did not choose it.

``correct`` is an array of bool of shape ``(evaluations, *replicates, n)``, with the evaluations first and the
examples last. :func:`unsteady.training.train` records it with ``record="correct"``.

Accuracy stays at 2 of 4 in the first step, although 2 of the 4 examples flip.

>>> import numpy as np
>>> from unsteady.per_example import churn
>>> correct = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0]], dtype=bool)
>>> correct.mean(axis=-1).tolist(), churn(correct).tolist()
([0.5, 0.5, 0.25], [0.5, 0.25])
"""

from __future__ import annotations

from collections.abc import Sequence
from reprlib import repr as shown
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri

from unsteady._validation import Array, finite, integer, scalar
from unsteady.history import CURVES, History


def _check_correct(correct: ArrayLike, evaluations: int) -> Array:
    """Return `correct` as an array of bool with at least this number of evaluations."""
    array = np.asarray(correct)
    if array.dtype != bool:
        raise TypeError(f"correct must be an array of bool, got one of dtype {array.dtype}")
    if array.ndim < 2 or array.shape[0] < evaluations or 0 in array.shape:
        raise ValueError(
            "correct must have the shape (evaluations, *replicates, n) with at least "
            f"{evaluations} evaluations, got {array.shape}"
        )
    return array


def flips(correct: ArrayLike) -> Array:
    """Return which examples flipped between successive evaluations.

    An example flips when it is right in one evaluation and wrong in the next, or the other way round.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations.

    Returns
    -------
    array of bool, ``(evaluations - 1, *replicates, n)``
        True where an example flipped.

    Raises
    ------
    TypeError, ValueError
        If `correct` is not an array of bool of this shape.

    Examples
    --------
    >>> correct = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0]], dtype=bool)
    >>> flips(correct).astype(int).tolist()
    [[0, 1, 1, 0], [0, 0, 1, 0]]
    """
    array = _check_correct(correct, 2)
    return np.asarray(array[1:] != array[:-1])


def churn(correct: ArrayLike) -> Array:
    """Return the share of the examples that flipped between successive evaluations.

    Some examples flip to right and others to wrong. The change in accuracy is the difference between the two
    shares, so it is never larger than the churn. :func:`unsteady.theory.change_variance` says what the churn
    means for other evaluation sets.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations.

    Returns
    -------
    array, ``(evaluations - 1, *replicates)``
        A share from 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If `correct` is not an array of bool of this shape.

    Notes
    -----
    This is the churn of correctness: a wrong answer that changes to another wrong answer does not count.
    Compare the "forgetting events", flips from right to wrong in training, of Toneva et al. (2019), arXiv
    1812.05159.

    Examples
    --------
    >>> correct = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0]], dtype=bool)
    >>> churn(correct).tolist()
    [0.5, 0.25]
    """
    return np.asarray(flips(correct).mean(axis=-1))


def flip_share(correct: ArrayLike, top: float = 0.1) -> Array:
    """Return the share of all flips that the most often flipping examples account for.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations.
    top : float
        Share of the examples that count as the most often flipping, above 0 and at most 1. The number of
        examples is rounded, and is at least 1.

    Returns
    -------
    array, ``(*replicates,)``
        A share from 0 to 1. NaN where nothing flipped.

    Raises
    ------
    TypeError, ValueError
        If `correct` is not an array of bool of this shape, or another argument is outside its range.

    Examples
    --------
    The third of these four examples has 2 of the 3 flips.

    >>> correct = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0]], dtype=bool)
    >>> round(float(flip_share(correct, top=0.25)), 2)
    0.67
    """
    counts = np.sort(flips(correct).sum(axis=0), axis=-1)[..., ::-1]
    most = max(1, round(scalar("top", top, above=0, at_most=1) * counts.shape[-1]))
    total = counts.sum(axis=-1)
    share = counts[..., :most].sum(axis=-1) / np.maximum(total, 1)
    return np.where(total > 0, share, np.nan)


def subset_accuracy(correct: ArrayLike, n: int, draws: int, seed: int = 0) -> Array:
    """Return the accuracy on random subsets of the examples.

    Every evaluation and replicate is scored on the same subsets.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n_pool)``
        Correctness on the whole pool of examples.
    n : int
        Number of examples in each subset, from 1 to n_pool, sampled without replacement.
    draws : int
        Number of subsets, at least 1.
    seed : int
        Seed of the random subsets.

    Returns
    -------
    array, ``(draws, evaluations, *replicates)``
        Accuracies from 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If `correct` is not an array of bool of this shape, or another argument is outside its range.

    Examples
    --------
    A model that is right on 900 of 1000 examples scores 90 % on average on subsets of 100. The standard
    deviation is :func:`unsteady.theory.standard_error` with ``pool=1000``, 2.8 points.

    >>> accuracy = subset_accuracy([np.arange(1000) < 900], n=100, draws=5000)
    >>> round(float(accuracy.mean()), 2), round(float(accuracy.std()), 3)
    (0.9, 0.028)
    """
    array = _check_correct(correct, 1)
    n = integer("n", n, at_least=1, at_most=array.shape[-1])
    return _subset_counts(array, n, draws, seed) / n


def _subset_counts(correct: Array, n: int, draws: int, seed: int) -> Array:
    """Return the number of correct examples in random subsets of n, ``(draws, evaluations, *replicates)``."""
    pool, draws = correct.shape[-1], integer("draws", draws, at_least=1)
    rng = np.random.default_rng(integer("seed", seed, at_least=0))
    chosen = np.zeros((draws, pool), dtype=np.float32)
    chosen[:, :n] = 1
    # One matrix product for all subsets: exact in float32, whose whole numbers reach 2**24.
    rng.permuted(chosen, axis=1, out=chosen)
    counts = chosen @ correct.reshape(-1, pool).T.astype(np.float32)
    return counts.astype(np.float64).reshape(draws, *correct.shape[:-1])


class Fluctuation(NamedTuple):
    """The changes in accuracy between successive evaluations, split into their parts.

    Attributes
    ----------
    change : array, ``(*replicates,)``
        Root mean square of the changes on this evaluation set.
    sampling : array, ``(*replicates,)``
        The part of `change` that comes from the sampling of the examples: the root of the mean sampling
        variance.
    share : array, ``(*replicates,)``
        The share of the mean *square* that sampling explains, ``sampling**2 / change**2``, from 0 to 1. NaN
        where accuracy never changes.

    Examples
    --------
    Three evaluations of 100 examples. From the first to the second, 8 examples turn wrong. From the second to
    the third, 8 others turn wrong.

    >>> correct = np.ones((3, 100), dtype=bool)
    >>> correct[1:, :8] = correct[2, 8:16] = False
    >>> parts = decompose_fluctuation(correct)
    >>> round(float(parts.change), 3), round(float(parts.sampling), 3), round(float(parts.share), 2)
    (0.08, 0.027, 0.12)
    """

    change: Array
    sampling: Array
    share: Array


def decompose_fluctuation(correct: ArrayLike, groups: ArrayLike | None = None) -> Fluctuation:
    r"""Return how much of the changes in accuracy comes from the evaluation set, and how much from the model.

    Let :math:`d` be a change in accuracy and :math:`f` the share of the n examples that flip. The sampling of
    the examples adds :math:`(f - d^2)/(n - 1)` to the expected :math:`d^2`. The rest of :math:`d^2` is the
    change of the model on the whole population.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations and 2 examples.
    groups : array, ``(n,)``, optional
        The group of each example, if the examples come in groups, such as several images of one patient.
        Whole groups are then what is sampled. At least 2 groups.

    Returns
    -------
    Fluctuation
        With arrays of shape ``(*replicates,)``.

    Raises
    ------
    TypeError, ValueError
        If `correct` is not an array of bool of this shape, `groups` does not have one label per example, or
        there are fewer than 2 examples or groups.

    Notes
    -----
    Assumes a fixed evaluation set of independent examples, or of independent groups. The variance for groups
    is :math:`\frac{G}{G-1} \sum_g \big(\sum_{i \in g} (x_i - d)\big)^2 / n^2`, with G groups and :math:`x_i`
    the change of an example, -1, 0 or 1. Source: the variance of a mean of differences, as in McNemar's test.
    For groups, the variance of a ratio of group totals, Cochran (1977), chapter 9.

    Examples
    --------
    Of 100 examples, 8 turn wrong and 2 turn right, so accuracy falls by 6 points. Sampling explains 3.1 of
    them, or 27 % of the square: :math:`(0.10 - 0.06^2) / 99 = 0.031^2`.

    >>> correct = np.ones((2, 100), dtype=bool)
    >>> correct[0, :2] = correct[1, 2:10] = False
    >>> [round(float(part), 3) for part in decompose_fluctuation(correct)]
    [0.06, 0.031, 0.27]
    """
    array = _check_correct(correct, 2)
    n = array.shape[-1]
    if n < 2:
        raise ValueError(f"correct must hold at least 2 examples, got the shape {array.shape}")
    changes = np.diff(array.astype(np.int8), axis=0).astype(np.float64)
    variance = _sampling_variance(changes) if groups is None else _group_variance(changes, groups)
    square, sampling = (changes.mean(axis=-1) ** 2).mean(axis=0), variance.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip(sampling / square, 0.0, 1.0)
    return Fluctuation(np.sqrt(square), np.sqrt(sampling), np.where(square > 0, share, np.nan))


def _sampling_variance(changes: Array) -> Array:
    """Return the estimated variance of the mean change over independent examples."""
    d = changes.mean(axis=-1)
    return np.asarray(((changes**2).mean(axis=-1) - d**2) / (changes.shape[-1] - 1))


def _group_variance(changes: Array, groups: ArrayLike) -> Array:
    """Return the estimated variance of the mean change over independent groups of examples."""
    n, labels = changes.shape[-1], np.asarray(groups)
    if labels.shape != (n,):
        raise ValueError(f"groups must have the shape ({n},), one label an example, got {labels.shape}")
    names, group_index = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"groups must be at least 2, got {len(names)}")
    membership = (group_index[:, None] == np.arange(len(names))).astype(np.float64)
    totals = (changes - changes.mean(axis=-1)[..., None]) @ membership
    return np.asarray(len(names) / (len(names) - 1) * (totals**2).sum(axis=-1) / n**2)


def split_half_correlation(correct: ArrayLike, halvings: int = 200, seed: int = 0) -> Array:
    r"""Return how well a run's accuracy on one half of the examples predicts its accuracy on the other half.

    The result is the correlation, over runs, of the accuracies on two random halves, averaged over many
    halvings. The runs are the last replicate axis. Near 1, some runs really are better than others. Near 0,
    the runs differ by sampling error only.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *settings, runs, n)``
        At least 3 runs and 2 examples.
    halvings : int
        Number of random halvings, at least 1.
    seed : int
        Seed of the random halvings.

    Returns
    -------
    array, ``(evaluations, *settings)``
        A correlation from -1 to 1. A halving does not count if all runs are equally good on one of its
        halves. NaN where no halving counts.

    Raises
    ------
    TypeError, ValueError
        If `correct` is not an array of bool of this shape, or another argument is outside its range.

    Notes
    -----
    Let :math:`V` be the variance of the runs' true accuracies and :math:`W` the variance of the sampling
    error on one half. The result estimates :math:`V/(V+W)`. A dozen runs give hardly any information, 60 runs
    give some. Source: Spearman (1910) and Brown (1910), on the reliability of tests.

    Examples
    --------
    First 1000 runs that are all equally good, then runs whose true accuracies differ by 8 points. On halves
    of 100 examples, :math:`V/(V+W)` is about 0.8.

    >>> rng = np.random.default_rng(0)
    >>> equal = rng.random((1, 1000, 200)) < 0.8
    >>> unequal = rng.random((1, 1000, 200)) < rng.normal(0.8, 0.08, (1000, 1))
    >>> [round(abs(float(split_half_correlation(runs, halvings=20)[0])), 1) for runs in (equal, unequal)]
    [0.0, 0.8]
    """
    array = _check_correct(correct, 1)
    if array.ndim < 3 or array.shape[-2] < 3 or array.shape[-1] < 2:
        raise ValueError(
            "correct must have the shape (evaluations, *settings, runs, n) with at least 3 runs and 2 "
            f"examples, got {array.shape}"
        )
    half = array.shape[-1] // 2
    halvings = integer("halvings", halvings, at_least=1)
    first_half = _subset_counts(array, half, halvings, seed)
    second_half = array.sum(axis=-1) - first_half
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (counts - counts.mean(axis=-1, keepdims=True) for counts in (first_half, second_half))
        norms = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
        correlations = (a * b).sum(axis=-1) / norms
        counted = np.isfinite(correlations).sum(axis=0)
        return np.asarray(np.nansum(correlations, axis=0) / counted)


class SeedSpread(NamedTuple):
    """How much runs differ if only their seed differs.

    Attributes
    ----------
    mean, sd : array
        Mean and standard deviation over the seeds. The standard deviation divides by the number of runs minus
        1.
    low, high : array
        Confidence interval for the standard deviation over infinitely many seeds.

    Examples
    --------
    >>> spread = seed_spread([0.90, 0.92, 0.91, 0.93, 0.89])
    >>> round(float(spread.low), 3), round(float(spread.sd), 3), round(float(spread.high), 3)
    (0.009, 0.016, 0.045)
    """

    mean: Array
    sd: Array
    low: Array
    high: Array


def _stack_scores(scores: ArrayLike | History | Sequence[History], column: str) -> Array:
    """Return finite scores, one per run along the last axis, from an array or from histories."""
    if column not in CURVES:
        raise ValueError(f"column must be one of {', '.join(CURVES)}, got {column!r}")
    if isinstance(scores, History):
        curves = _curve("scores", scores, column)
        if curves.ndim < 2:
            raise ValueError(
                "scores must be several runs, got a history of one: pass a list of histories, one a seed"
            )
        return finite("scores", curves)
    if not isinstance(scores, Sequence) or not any(isinstance(run, History) for run in scores):
        return finite("scores", scores)
    runs: list[History] = []
    for k, run in enumerate(scores):
        if not isinstance(run, History):
            raise TypeError(f"scores[{k}] must be a History as the others are, got {shown(run)}")
        runs.append(run)
        _check_same_evaluations(runs[0], run, k, column)
    return finite("scores", np.stack([_curve("scores", run, column) for run in runs], axis=-1))


def _check_same_evaluations(first: History, run: History, k: int, column: str) -> None:
    """Raise ValueError unless run k was evaluated at the same places as the first run."""
    shapes = [_curve(f"scores[{i}]", history, column).shape for i, history in ((0, first), (k, run))]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"scores must be runs that were evaluated equally often: scores[0].{column} has the shape "
            f"{shapes[0]}, scores[{k}].{column} {shapes[1]}"
        )
    for place in ("epoch", "step"):
        of_first, of_run = getattr(first, place), getattr(run, place)
        if of_first is not None and of_run is not None and list(of_first) != list(of_run):
            raise ValueError(
                f"scores must be runs that were evaluated at the same places: scores[0].{place} and "
                f"scores[{k}].{place} differ"
            )


def _curve(name: str, run: History, column: str) -> Array:
    """Return a curve of a history as an array."""
    if getattr(run, column) is None:
        raise ValueError(f"{name} must have recorded {column}, got {run!r}")
    return np.asarray(getattr(run, column))


def seed_spread(
    scores: ArrayLike | History | Sequence[History], level: float = 0.95, column: str = "val_accuracy"
) -> SeedSpread:
    r"""Return the mean and the standard deviation over seeds, with an interval for the deviation.

    Parameters
    ----------
    scores : array ``(..., runs)``, History, or list of History
        One score per run along the last axis, at least 2 runs. A History from :func:`unsteady.training.train`
        with many seeds also works, and so does a list of histories, one per run, such as those that
        :func:`unsteady.logs.read_log` returns. All runs must have been evaluated at the same places. The
        spread is then that of `column` at each evaluation.
    level : float
        Confidence level of the interval, above 0 and below 1.
    column : str
        The curve to take from a history, one of :data:`unsteady.history.CURVES`.

    Returns
    -------
    SeedSpread
        With arrays of shape ``(...)``. For histories the shape is ``(evaluations,)``.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two runs, a history lacks the column, or a score is not finite.

    Notes
    -----
    Assumes normal scores. The interval is :math:`s \sqrt{(R-1)/\chi^2_{R-1}}`, with R runs, at both quantiles
    of :math:`\chi^2`. From 5 runs a standard deviation is known within a factor of 0.6 to 2.9, from 20 runs
    within 0.76 to 1.46. Source: the distribution of a sample variance, in any text on statistics.

    Examples
    --------
    >>> spread = seed_spread([0.90, 0.92, 0.91, 0.93, 0.89])
    >>> round(float(spread.sd), 3), round(float(spread.high / spread.sd), 1)
    (0.016, 2.9)
    >>> logs = [History(val_accuracy=curve) for curve in ([0.7, 0.90], [0.6, 0.92], [0.8, 0.91])]
    >>> seed_spread(logs).sd.round(2).tolist()
    [0.1, 0.01]
    """
    values = _stack_scores(scores, column).astype(np.float64)
    if values.ndim < 1 or values.shape[-1] < 2:
        raise ValueError(f"scores must have the shape (..., runs) with at least 2 runs, got {values.shape}")
    tail = (1 - scalar("level", level, above=0, below=1)) / 2
    freedom = values.shape[-1] - 1
    sd = values.std(axis=-1, ddof=1)
    low, high = (sd * np.sqrt(freedom / chdtri(freedom, share)) for share in (tail, 1 - tail))
    return SeedSpread(values.mean(axis=-1), sd, low, high)


class BestEpoch(NamedTuple):
    """The best epoch on a small evaluation set, and its accuracy on the other examples.

    Attributes
    ----------
    evaluation : array of int, ``(draws, *replicates)``
        Index of the chosen evaluation, counted from 0. Among ties it is the first.
    seen, fresh : array, ``(draws, *replicates)``
        Accuracy of the chosen evaluation on the subset that chose it, and on the rest of the pool.

    Examples
    --------
    The first evaluation is right on the first example alone, the second on the second, and so on. So the best
    evaluation on any single example is wrong on all others:

    >>> best = best_epoch(np.eye(5, dtype=bool), n=1, draws=3)
    >>> best.seen.tolist(), best.fresh.tolist()
    ([1.0, 1.0, 1.0], [0.0, 0.0, 0.0])
    """

    evaluation: Array
    seen: Array
    fresh: Array


def best_epoch(correct: ArrayLike, n: int, draws: int, seed: int = 0) -> BestEpoch:
    """Choose the best epoch on random subsets of the examples, and score it on the rest.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n_pool)``
        Correctness on the whole pool of examples.
    n : int
        Number of examples in each subset, from 1 to n_pool - 1, sampled without replacement.
    draws : int
        Number of subsets, at least 1.
    seed : int
        Seed of the random subsets.

    Returns
    -------
    BestEpoch
        The mean of ``seen - fresh`` is the optimism of the choice. :func:`unsteady.theory.selection_optimism`
        is its expected value.

    Raises
    ------
    TypeError, ValueError
        If `correct` is not an array of bool of this shape, or another argument is outside its range.

    Examples
    --------
    Twenty epochs are equally good, 80 %. On 100 examples, the best of them seems 7 points better than it is.

    >>> correct = np.random.default_rng(0).random((20, 2000)) < 0.8
    >>> best = best_epoch(correct, n=100, draws=1000)
    >>> round(float((best.seen - best.fresh).mean()), 2)
    0.07
    """
    array = _check_correct(correct, 1)
    pool = array.shape[-1]
    if pool < 2:
        raise ValueError(f"correct must hold at least 2 examples, got the shape {array.shape}")
    n = integer("n", n, at_least=1, at_most=pool - 1)
    counts = _subset_counts(array, n, draws, seed)
    index = counts.argmax(axis=1)
    rest = array.sum(axis=-1) - counts
    seen, fresh = (np.take_along_axis(c, index[:, None], axis=1)[:, 0] for c in (counts, rest))
    return BestEpoch(index, seen / n, fresh / (pool - n))
