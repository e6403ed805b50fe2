r"""What is to be learned from which examples are right, epoch by epoch.

``correct`` is an array of bool with the evaluations in front and the examples last,
``(evaluations, *replicates, n)``, as :func:`unsteady.training.train` records it with ``record="correct"``.
"""

from __future__ import annotations

from collections.abc import Sequence
from reprlib import repr as shown
from typing import Any, NamedTuple

import numpy as np
from scipy.special import chdtri

from unsteady._validation import Array, finite, integer, scalar
from unsteady.history import CURVES, History


def _checked(correct: Any, evaluations: int) -> Array:
    array = np.asarray(correct)
    if array.dtype != bool:
        raise TypeError(f"correct must be an array of bool, got one of dtype {array.dtype}")
    if array.ndim < 2 or array.shape[0] < evaluations or 0 in array.shape:
        raise ValueError(
            "correct must have the shape (evaluations, *replicates, n) with at least "
            f"{evaluations} evaluations, got {array.shape}"
        )
    return array


def flips(correct: Any) -> Array:
    """Return which examples turned from right to wrong or back, evaluation by evaluation.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations.

    Returns
    -------
    array of bool, ``(evaluations - 1, *replicates, n)``

    Raises
    ------
    TypeError, ValueError
        If `correct` is of another kind or shape.
    """
    array = _checked(correct, 2)
    return np.asarray(array[1:] != array[:-1])


def churn(correct: Any) -> Array:
    """Return the share of the examples that flipped between one evaluation and the next.

    It bounds the change of accuracy, which is what the flips one way have over those the other way; see
    :func:`unsteady.theory.change_variance` for what it says of other sets.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations.

    Returns
    -------
    array, ``(evaluations - 1, *replicates)``

    Notes
    -----
    Churn of correctness: a wrong answer that becomes another wrong one does not count. Compare the
    "forgetting events", flips from right to wrong in training, of Toneva et al. (2019), arXiv 1812.05159.
    """
    return np.asarray(flips(correct).mean(axis=-1))


def flip_share(correct: Any, top: float = 0.1) -> Array:
    """Return the share of all flips that falls to those examples that flip most.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations.
    top : float
        The share of the examples that count, the number rounded, above 0 and at most 1.

    Returns
    -------
    array, ``(*replicates,)``
        NaN where nothing flipped.
    """
    counts = np.sort(flips(correct).sum(axis=0), axis=-1)[..., ::-1]
    most = max(1, round(scalar("top", top, above=0, at_most=1) * counts.shape[-1]))
    total = counts.sum(axis=-1)
    share = counts[..., :most].sum(axis=-1) / np.maximum(total, 1)
    return np.where(total > 0, share, np.nan)


def subset_accuracy(correct: Any, n: int, draws: int, seed: int = 0) -> Array:
    """Return the accuracy on random subsets of the examples, the same for all evaluations and replicates.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n_pool)``
        On the whole pool.
    n : int
        Size of each subset, drawn without replacement, 1 to n_pool.
    draws : int
        Number of subsets, at least 1.
    seed : int
        Of the draw.

    Returns
    -------
    array, ``(draws, evaluations, *replicates)``
    """
    array = _checked(correct, 1)
    n = integer("n", n, at_least=1, at_most=array.shape[-1])
    return _subset_counts(array, n, draws, seed) / n


def _subset_counts(correct: Array, n: int, draws: int, seed: int) -> Array:
    """Return how many are right on random subsets of n, ``(draws, evaluations, *replicates)``."""
    pool, draws = correct.shape[-1], integer("draws", draws, at_least=1)
    rng = np.random.default_rng(integer("seed", seed, at_least=0))
    chosen = np.zeros((draws, pool), dtype=np.float32)
    chosen[:, :n] = 1
    # One matrix product for all subsets: exact in float32, whose whole numbers reach 2**24.
    rng.permuted(chosen, axis=1, out=chosen)
    counts = chosen @ correct.reshape(-1, pool).T.astype(np.float32)
    return counts.astype(np.float64).reshape(draws, *correct.shape[:-1])


class Fluctuation(NamedTuple):
    """The changes of accuracy from one evaluation to the next, taken apart.

    Attributes
    ----------
    change : array
        Root mean square of the changes on this set.
    sampling : array
        The part of it that the draw of the set's examples adds: the root of its mean variance.
    share : array
        That part's share in the mean square, 0 to 1; NaN where accuracy never changes.
    """

    change: Array
    sampling: Array
    share: Array


def decompose_fluctuation(correct: Any, groups: Any = None) -> Fluctuation:
    r"""Return how much of the changes of accuracy the evaluation set adds, and how much the model makes.

    With :math:`d` the change and :math:`f` the share of the n examples that flip, the draw of the examples
    adds :math:`(f - d^2)/(n - 1)` to the expected :math:`d^2`; the rest is the model's change on the
    population.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n)``
        At least 2 evaluations and 2 examples.
    groups : array, ``(n,)``, optional
        To which group each example belongs, where they come in groups: then groups are what is drawn, at
        least 2 of them.

    Returns
    -------
    Fluctuation
        Of the shape ``(*replicates,)``.

    Notes
    -----
    Assumes a fixed set of independent examples, or of independent groups, for which the variance is
    :math:`\frac{G}{G-1} \sum_g \big(\sum_{i \in g} (x_i - d)\big)^2 / n^2` with :math:`x_i` the change of an
    example, -1, 0 or 1. Source: the variance of a mean of differences, as in McNemar's test; with groups, of
    a ratio of group totals, Cochran (1977), chapter 9.
    """
    array = _checked(correct, 2)
    n = array.shape[-1]
    if n < 2:
        raise ValueError(f"correct must hold at least 2 examples, got the shape {array.shape}")
    changes = np.diff(array.astype(np.int8), axis=0).astype(np.float64)
    d = changes.mean(axis=-1)
    if groups is None:
        variance = ((changes**2).mean(axis=-1) - d**2) / (n - 1)
    else:
        labels = np.asarray(groups)
        if labels.shape != (n,):
            raise ValueError(f"groups must have the shape ({n},), one label an example, got {labels.shape}")
        names, place = np.unique(labels, return_inverse=True)
        if len(names) < 2:
            raise ValueError(f"groups must be at least 2, got {len(names)}")
        member = place[:, None] == np.arange(len(names))
        totals = (changes - d[..., None]) @ member.astype(np.float64)
        variance = len(names) / (len(names) - 1) * (totals**2).sum(axis=-1) / n**2
    square, sampling = (d**2).mean(axis=0), variance.mean(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip(sampling / square, 0.0, 1.0)
    return Fluctuation(np.sqrt(square), np.sqrt(sampling), np.where(square > 0, share, np.nan))


def split_half_correlation(correct: Any, halvings: int = 200, seed: int = 0) -> Array:
    r"""Return how well a run's accuracy on one half of the examples foretells that on the other half.

    The correlation over the runs, the last replicate axis, of accuracies on two random halves, the mean
    over many halvings. Near 1 some runs are better than others; near 0 the set's luck is all that
    distinguishes them.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *settings, runs, n)``
        At least 3 runs and 2 examples.
    halvings : int
        Number of random halvings, at least 1.
    seed : int
        Of the halvings.

    Returns
    -------
    array, ``(evaluations, *settings)``
        Halvings in which all runs are equally good on a half do not count; NaN where no other is left.

    Notes
    -----
    With the runs' true variance :math:`V` and the luck's variance :math:`W` on a half it estimates
    :math:`V/(V+W)`; a dozen runs tell hardly anything, 60 something. Source: Spearman (1910) and Brown
    (1910), on the reliability of tests.
    """
    array = _checked(correct, 1)
    if array.ndim < 3 or array.shape[-2] < 3 or array.shape[-1] < 2:
        raise ValueError(
            "correct must have the shape (evaluations, *settings, runs, n) with at least 3 runs and 2 "
            f"examples, got {array.shape}"
        )
    half = array.shape[-1] // 2
    halvings = integer("halvings", halvings, at_least=1)
    ones = _subset_counts(array, half, halvings, seed)
    others = array.sum(axis=-1) - ones
    with np.errstate(invalid="ignore", divide="ignore"):
        a, b = (counts - counts.mean(axis=-1, keepdims=True) for counts in (ones, others))
        norms = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
        correlations = (a * b).sum(axis=-1) / norms
        counted = np.isfinite(correlations).sum(axis=0)
        return np.asarray(np.nansum(correlations, axis=0) / counted)


class SeedSpread(NamedTuple):
    """How much runs differ that differ in the seed alone.

    Attributes
    ----------
    mean, sd : array
        Mean and standard deviation (divided by one less than the number of runs) over the seeds.
    low, high : array
        Interval for the standard deviation that many more runs would show.
    """

    mean: Array
    sd: Array
    low: Array
    high: Array


def _scores(runs: Any, column: str) -> Any:
    """Return the scores of the runs, one a run along the last axis."""
    if column not in CURVES:
        raise ValueError(f"column must be one of {', '.join(CURVES)}, got {column!r}")
    if isinstance(runs, History):
        together = _recorded("scores", runs, column)
        if together.ndim < 2:
            raise ValueError(
                "scores must be several runs, got a history of one: pass a list of histories, one a seed"
            )
        return together
    if isinstance(runs, np.ndarray) or not isinstance(runs, Sequence):
        return runs
    if not any(isinstance(run, History) for run in runs):
        return runs
    for k, run in enumerate(runs):
        if not isinstance(run, History):
            raise TypeError(f"scores[{k}] must be a History as the others are, got {shown(run)}")
        _check_alike(runs[0], run, k, column)
    return np.stack([_recorded("scores", run, column) for run in runs], axis=-1)


def _check_alike(first: History, run: History, k: int, column: str) -> None:
    """Stop unless two runs were evaluated at the same places."""
    shapes = [_recorded(f"scores[{i}]", each, column).shape for i, each in ((0, first), (k, run))]
    if shapes[0] != shapes[1]:
        raise ValueError(
            f"scores must be runs that were evaluated equally often: scores[0].{column} has the shape "
            f"{shapes[0]}, scores[{k}].{column} {shapes[1]}"
        )
    for place in ("epoch", "step"):
        here, there = getattr(first, place), getattr(run, place)
        if here is not None and there is not None and list(here) != list(there):
            raise ValueError(
                f"scores must be runs that were evaluated at the same places: scores[0].{place} and "
                f"scores[{k}].{place} differ"
            )


def _recorded(name: str, run: History, column: str) -> Array:
    if getattr(run, column) is None:
        raise ValueError(f"{name} must have recorded {column}, got {run!r}")
    return np.asarray(getattr(run, column))


def seed_spread(scores: Any, level: float = 0.95, column: str = "val_accuracy") -> SeedSpread:
    r"""Return mean and standard deviation over seeds, and how well the latter is known.

    Parameters
    ----------
    scores : array ``(..., runs)``, History, or list of History
        One score a run along the last axis, at least 2. From what `train` returned for many seeds, or from
        several runs that :func:`unsteady.history.read_history` has read, each evaluated equally often,
        `column` is taken: the spread is then that of each evaluation.
    level : float
        Of the interval, above 0 and below 1.
    column : str
        Which curve of a history, one of :data:`unsteady.history.CURVES`.

    Returns
    -------
    SeedSpread
        Of the shape ``(...)``; of histories, ``(evaluations,)``.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two runs, a history lacks the column, or a score is not finite.

    Notes
    -----
    The interval is :math:`s \sqrt{(R-1)/\chi^2_{R-1}}` at both quantiles, for normal scores: from 5 runs
    a standard deviation is known within a factor of 0.6 to 2.9, from 20 within 0.76 to 1.46. Source: the
    distribution of a sample variance, in any text on statistics.

    Examples
    --------
    >>> spread = seed_spread([0.90, 0.92, 0.91, 0.93, 0.89])
    >>> round(float(spread.sd), 3), round(float(spread.high / spread.sd), 1)
    (0.016, 2.9)
    >>> logs = [History(val_accuracy=curve) for curve in ([0.7, 0.90], [0.6, 0.92], [0.8, 0.91])]
    >>> seed_spread(logs).sd.round(2).tolist()
    [0.1, 0.01]
    """
    scores = finite("scores", _scores(scores, column)).astype(np.float64)
    if scores.ndim < 1 or scores.shape[-1] < 2:
        raise ValueError(f"scores must have the shape (..., runs) with at least 2 runs, got {scores.shape}")
    tail = (1 - scalar("level", level, above=0, below=1)) / 2
    free = scores.shape[-1] - 1
    sd = scores.std(axis=-1, ddof=1)
    ends = (sd * np.sqrt(free / chdtri(free, share)) for share in (tail, 1 - tail))
    return SeedSpread(scores.mean(axis=-1), sd, *ends)


class BestEpoch(NamedTuple):
    """The epoch that looked best on a small set, and what it is worth on the other examples.

    Attributes
    ----------
    evaluation : array of int, ``(draws, *replicates)``
        Which one was chosen, counted from 0; the first of those that tie.
    seen, fresh : array, ``(draws, *replicates)``
        Its accuracy on the set it was chosen on, and on the rest of the pool.
    """

    evaluation: Array
    seen: Array
    fresh: Array


def best_epoch(correct: Any, n: int, draws: int, seed: int = 0) -> BestEpoch:
    """Choose the best epoch on random subsets of the examples, and score it on the rest.

    Parameters
    ----------
    correct : array of bool, ``(evaluations, *replicates, n_pool)``
        On the whole pool.
    n : int
        Size of each subset, drawn without replacement, 1 to n_pool - 1.
    draws : int
        Number of subsets, at least 1.
    seed : int
        Of the draw.

    Returns
    -------
    BestEpoch
        The mean of ``seen - fresh`` is the optimism; :func:`unsteady.theory.selection_optimism` says what it
        should be.
    """
    array = _checked(correct, 1)
    pool = array.shape[-1]
    if pool < 2:
        raise ValueError(f"correct must hold at least 2 examples, got the shape {array.shape}")
    n = integer("n", n, at_least=1, at_most=pool - 1)
    counts = _subset_counts(array, n, draws, seed)
    index = counts.argmax(axis=1)
    rest = array.sum(axis=-1) - counts
    seen, fresh = (np.take_along_axis(c, index[:, None], axis=1)[:, 0] for c in (counts, rest))
    return BestEpoch(index, seen / n, fresh / (pool - n))
