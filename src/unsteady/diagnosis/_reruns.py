"""Two short reruns, which distinguish what no single log does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from unsteady.accuracy import jitter, jitter_degrees
from unsteady.diagnosis._evidence import finite_values, floats_of
from unsteady.diagnosis._finding import Finding
from unsteady.diagnosis._statistics import burn_in_end
from unsteady.diagnosis._thresholds import THRESHOLDS, Thresholds
from unsteady.history import History


def compare_reruns(
    base: History | Sequence[float],
    quarter_rate: History | Sequence[float],
    large_batch: History | Sequence[float],
) -> Finding:
    r"""Distinguish too high a rate from too small a batch, by two short reruns.

    A quarter of the rate calms both. Eight times the batch calms batch noise, whose standard deviation goes
    with :math:`1/\sqrt{B}`, and leaves as it is what comes of steps too long for the curvature.

    Parameters
    ----------
    base, quarter_rate, large_batch : History or sequence of float
        The run; the same at a quarter of the rate; and with eight times the batch at the same rate: all from
        one checkpoint, at a constant rate, evaluated on the same set at the same intervals. At least
        ``MIN_EVALUATIONS`` of validation accuracy each, after the first climb.

    Returns
    -------
    Finding
        ``"batch-noise"`` or ``"instability"``, by the part of the jitter that the larger batch leaves: below
        or above `large_batch_left` of ``THRESHOLDS``, between :math:`1/\sqrt 8` and 1. ``"not-the-steps"``
        where a quarter of the rate leaves more than `quarter_rate_left`. Supported if that is so by
        `rerun_errors` standard errors, otherwise possible.

    Raises
    ------
    TypeError
        If a run is neither a History nor a sequence of numbers.
    ValueError
        If a run is too short, or has replicates.

    Notes
    -----
    Which of the two calms *more* decides nothing: in shuffled epochs a lower rate calms by more than
    :math:`\eta/B` says, and as much as the larger batch.

    Examples
    --------
    >>> rough, calm = [0.80, 0.90] * 10, [0.85, 0.86] * 10
    >>> compare_reruns(rough, quarter_rate=calm, large_batch=calm).name
    'batch-noise'
    >>> compare_reruns(rough, quarter_rate=calm, large_batch=rough).name
    'instability'
    """
    runs = {"base": base, "quarter_rate": quarter_rate, "large_batch": large_batch}
    return compare_curves({name: _finite_accuracies(name, run) for name, run in runs.items()}, THRESHOLDS)


def compare_curves(curves: Mapping[str, Sequence[float]], thresholds: Thresholds) -> Finding:
    """Return the finding of :func:`compare_reruns` on finite accuracies, by the names of its arguments.

    Examples
    --------
    >>> rough, calm = [0.80, 0.90] * 10, [0.85, 0.86] * 10
    >>> compare_curves({"base": rough, "quarter_rate": calm, "large_batch": calm}, THRESHOLDS).verdict
    'supported'
    """
    settled = {name: curve[burn_in_end(curve, 0, len(curve), thresholds) :] for name, curve in curves.items()}
    for name, curve in settled.items():
        if len(curve) < thresholds.min_evaluations:
            raise ValueError(
                f"{name} must hold at least {thresholds.min_evaluations} evaluations after its first climb, "
                f"got {len(curve)}"
            )
    jitters = {name: max(jitter(curve), thresholds.smallest_jitter) for name, curve in settled.items()}
    name, beyond = _classify(**jitters, thresholds=thresholds)
    # The variance of a standard deviation's logarithm is 1/2 over its degrees of freedom; two are divided.
    error = 1 / math.sqrt(jitter_degrees(min(map(len, settled.values()))))
    verdict = "supported" if beyond > thresholds.rerun_errors * error else "possible"
    return Finding(name, verdict, jitters)


def _classify(
    base: float, quarter_rate: float, large_batch: float, thresholds: Thresholds
) -> tuple[str, float]:
    """Return the name of what three jitters show, and by how much, as the logarithm of a ratio."""
    if quarter_rate > thresholds.quarter_rate_left * base:
        return "not-the-steps", math.log(quarter_rate / base / thresholds.quarter_rate_left)
    if large_batch > thresholds.large_batch_left * base:
        # If both reruns stop at the same floor, it may be that of the evaluation.
        left = math.log(large_batch / base / thresholds.large_batch_left)
        return "instability", min(left, math.log(large_batch / quarter_rate))
    return "batch-noise", math.log(thresholds.large_batch_left * base / large_batch)


def _finite_accuracies(name: str, run: History | Sequence[float]) -> list[float]:
    """Return the finite accuracies of a run, or of a plain sequence; errors call it `name`."""
    accuracies = run.val_accuracy if isinstance(run, History) else run
    return [] if accuracies is None else finite_values(floats_of(name, accuracies))
