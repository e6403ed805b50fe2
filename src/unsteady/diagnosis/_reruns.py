"""Two short reruns, which distinguish what no single log does."""

from __future__ import annotations

import math
from collections.abc import Sequence

from unsteady.accuracy import jitter
from unsteady.diagnosis._evidence import column_of, finite_values
from unsteady.diagnosis._finding import MIN_EVALUATIONS, THRESHOLDS, Finding
from unsteady.diagnosis._statistics import burn_in_end, jitter_degrees
from unsteady.history import History

SMALLEST_JITTER = 1e-12
"""In place of 0, of which there is no ratio."""


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
        one checkpoint, at a constant rate, evaluated on the same set at the same intervals. At least 12
        evaluations of validation accuracy each.

    Returns
    -------
    Finding
        ``"batch-noise"`` or ``"instability"``, by the jitter that the larger batch leaves: below or above
        0.6, between :math:`1/\sqrt 8` and 1. ``"not-the-steps"`` where a quarter of the rate leaves more than
        0.7. Supported if that is so by two standard errors, otherwise possible.

    Raises
    ------
    ValueError
        If a run is too short.

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
    curves = {name: _settled_curve(run) for name, run in runs.items()}
    for name, curve in curves.items():
        if len(curve) < MIN_EVALUATIONS:
            raise ValueError(
                f"{name} must hold at least {MIN_EVALUATIONS} evaluations after its first climb, "
                f"got {len(curve)}"
            )
    rough = {name: max(jitter(curve), SMALLEST_JITTER) for name, curve in curves.items()}
    name, beyond = _classify(**rough)
    # The variance of a standard deviation's logarithm is 1/2 over its degrees of freedom; two are divided.
    error = 1 / math.sqrt(jitter_degrees(min(map(len, curves.values()))))
    verdict = "supported" if beyond > THRESHOLDS.rerun_errors * error else "possible"
    return Finding(name, verdict, rough)


def _classify(base: float, quarter_rate: float, large_batch: float) -> tuple[str, float]:
    """Return the name of what three jitters show, and by how much, as the logarithm of a ratio."""
    if quarter_rate > THRESHOLDS.quarter_rate_left * base:
        return "not-the-steps", math.log(quarter_rate / base / THRESHOLDS.quarter_rate_left)
    if large_batch > THRESHOLDS.large_batch_left * base:
        # If both reruns stop at the same floor, it may be that of the evaluation.
        left = math.log(large_batch / base / THRESHOLDS.large_batch_left)
        return "instability", min(left, math.log(large_batch / quarter_rate))
    return "batch-noise", math.log(THRESHOLDS.large_batch_left * base / large_batch)


def _settled_curve(run: History | Sequence[float]) -> list[float]:
    """Return the finite accuracies of a run, or of a plain sequence, after the first climb."""
    column = column_of(run, "val_accuracy") if isinstance(run, History) else [float(p) for p in run]
    curve = finite_values(column)
    return curve[burn_in_end(curve, 0, len(curve)) :]
