"""The trend of accuracy and losses: what a curve does, not why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from statistics import median

from unsteady.accuracy import jitter
from unsteady.diagnosis._evidence import Evidence, column_of, finite_values
from unsteady.diagnosis._finding import MIN_EVALUATIONS, THRESHOLDS, Assessment, Finding
from unsteady.diagnosis._statistics import (
    is_decreasing,
    is_increasing,
    is_majority,
    last_quarter_median,
    running_median,
    theil_sen_change,
)
from unsteady.history import History


def assess_trend(evidence: Evidence) -> Assessment:
    """Look for spikes, a collapse, a decline, overfitting, a plateau and the like.

    Examples
    --------
    >>> from unsteady.diagnosis._evidence import collect_evidence
    >>> climbing = History(val_accuracy=[0.5 + 0.01 * k for k in range(40)])
    >>> [finding], numbers = assess_trend(collect_evidence(climbing))
    >>> finding.name, round(numbers["gained_in_second_half"], 2)
    ('still-improving', 0.19)
    """
    val_loss, loss = (column_of(evidence.history, name) or [] for name in ("val_loss", "loss"))
    collapse = _find_collapse(evidence)
    parts = [_find_spikes(evidence), collapse]
    if not collapse.findings and len(evidence.accuracy) >= MIN_EVALUATIONS:
        parts.append(_assess_accuracy(evidence))
    if len(finite_values(val_loss)) >= MIN_EVALUATIONS:
        parts.append(_assess_overfitting(evidence, val_loss, loss))
    parts.append(_compare_training_with_validation(evidence.history))
    if not collapse.findings and len(finite_values(loss)) >= MIN_EVALUATIONS:
        parts.append(_assess_plateau(evidence, finite_values(loss)))
    findings = [finding for part in parts for finding in part.findings]
    return Assessment(findings, {name: number for part in parts for name, number in part.numbers.items()})


def _find_spikes(evidence: Evidence) -> Assessment:
    """Look for single evaluations far below both of their neighbours."""
    curve = evidence.accuracy
    dips = [min(a, c) - b for a, b, c in zip(curve, curve[1:], curve[2:], strict=False)]
    if len(dips) < MIN_EVALUATIONS:
        return Assessment([], {})
    deep = max(THRESHOLDS.spike_fall, THRESHOLDS.spike_dips * median(map(abs, dips)))
    places = [k + 1 for k, dip in enumerate(dips) if dip > deep]
    if not 0 < len(places) <= THRESHOLDS.spike_share * len(curve):
        return Assessment([], {})
    values = {"positions": [evidence.position(place) for place in places], "largest": max(dips)}
    return Assessment([Finding("spikes", "supported", values)], {})


def _find_collapse(evidence: Evidence) -> Assessment:
    """Look for a fall within one evaluation or two from which accuracy never comes back."""
    curve = evidence.accuracy
    if len(curve) < THRESHOLDS.collapse_evaluations:
        return Assessment([], {})
    deep = max(THRESHOLDS.collapse_fall, THRESHOLDS.collapse_jitters * jitter(curve))
    best_from = list(accumulate(reversed(curve), max))[::-1]
    margin = THRESHOLDS.collapse_evaluations // 2
    for k in range(margin, len(curve) - margin + 1):
        before = median(curve[max(0, k - THRESHOLDS.collapse_window) : k])
        if before - best_from[k] > deep:
            values = {"position": evidence.position(k), "before": before, "best_since": best_from[k]}
            return Assessment([Finding("collapsed", "supported", values)], {})
    return Assessment([], {})


def _assess_accuracy(evidence: Evidence) -> Assessment:
    """Say whether accuracy declines, still improves or is level, in this order."""
    curve = evidence.accuracy
    half = curve[len(curve) // 2 :]
    gained, rough = theil_sen_change(half), jitter(half)
    smooth = running_median(curve)
    peak = max(range(len(curve)), key=smooth.__getitem__)
    fallen = smooth[peak] - last_quarter_median(curve[peak:])
    findings = []
    if _declines(curve[peak:], fallen, rough):
        values = {"peak": evidence.position(peak), "fallen": fallen}
        findings.append(Finding("declines", "supported", values))
    elif _still_improves(evidence, half, gained, rough):
        findings.append(Finding("still-improving", "supported", {"gained": gained}))
    elif _is_level(curve, half, gained, rough):
        findings.append(Finding("level", "supported", {"changed": gained}))
    return Assessment(findings, {"gained_in_second_half": gained, "fallen_from_peak": fallen})


def _declines(after: Sequence[float], fallen: float, rough: float) -> bool:
    """Whether accuracy has fallen since its peak, by more than the peak's luck."""
    luck = THRESHOLDS.decline_errors * rough / math.sqrt(len(after))
    enough = len(after) >= MIN_EVALUATIONS and fallen > max(THRESHOLDS.decline_fall, luck)
    return enough and is_decreasing(after)


def _still_improves(evidence: Evidence, half: Sequence[float], gained: float, rough: float) -> bool:
    """Whether accuracy rises to the end, at a good part of its pace, and the rate is not spent."""
    if gained <= max(THRESHOLDS.improving_gain, THRESHOLDS.improving_jitters * rough):
        return False
    end = evidence.accuracy[-(len(evidence.accuracy) // 3) :]
    rates = finite_values(evidence.rates)
    spent = bool(rates) and rates[-1] < THRESHOLDS.spent_rate * max(rates)
    pace, pace_at_end = gained / len(half), theil_sen_change(end) / len(end)
    return not spent and pace_at_end > THRESHOLDS.improving_pace * pace and is_increasing(half)


def _is_level(curve: Sequence[float], half: Sequence[float], gained: float, rough: float) -> bool:
    """Whether accuracy has hardly changed over the second half, and has not just left its level."""
    off = abs(median(curve[-THRESHOLDS.level_end :]) - median(half))
    return abs(gained) <= max(THRESHOLDS.level_change, THRESHOLDS.level_jitters * rough) and off <= max(
        THRESHOLDS.level_change, THRESHOLDS.level_end_jitters * rough
    )


def _assess_overfitting(evidence: Evidence, val_loss: Sequence[float], loss: Sequence[float]) -> Assessment:
    """Say whether validation loss has risen from its lowest while training loss, and not accuracy, fell."""
    known = [k for k, value in enumerate(val_loss) if math.isfinite(value)]
    curve = [val_loss[k] for k in known]
    smooth = running_median(curve)
    lowest = min(range(len(curve)), key=smooth.__getitem__)
    after = curve[lowest:]
    risen = last_quarter_median(after) / smooth[lowest] - 1 if smooth[lowest] > 0 else 0.0
    numbers = {"val_loss_risen": risen}
    rises = len(after) >= MIN_EVALUATIONS and risen >= THRESHOLDS.overfitting_rise and is_increasing(after)
    if not rises:
        return Assessment([], numbers)
    fell = _training_loss_fell(loss[known[lowest] :])
    values = {"risen": risen, "training_loss_fell": fell}
    findings = [Finding("overfitting", "supported" if fell else "possible", values)]
    accuracy = [p for k, p in zip(evidence.indices, evidence.accuracy, strict=True) if k >= known[lowest]]
    if len(accuracy) >= MIN_EVALUATIONS:
        changed = theil_sen_change(accuracy)
        if changed > -THRESHOLDS.overconfident_fall and not is_decreasing(
            accuracy, THRESHOLDS.weak_trend_alpha
        ):
            findings.append(Finding("over-confident", "supported", {"changed": changed}))
    return Assessment(findings, numbers)


def _training_loss_fell(loss: Sequence[float]) -> bool:
    """Whether the finite values of a training loss fall, are at least half of all, and reach its end."""
    known, at_end = finite_values(loss), finite_values(loss[-max(len(loss) // 4, 1) :])
    enough = len(known) >= max(MIN_EVALUATIONS, len(loss) / 2) and bool(at_end)
    return enough and is_decreasing(known)


def _compare_training_with_validation(history: History) -> Assessment:
    """Say whether a training metric is worse than the validation metric at most evaluations."""
    for metric, sign in (("accuracy", 1), ("loss", -1)):
        training, validation = column_of(history, metric), column_of(history, f"val_{metric}")
        if training is None or validation is None:
            continue
        pairs = [
            (ours, theirs)
            for ours, theirs in zip(training, validation, strict=True)
            if math.isfinite(ours + theirs)
        ]
        worse = sum(sign * ours < sign * theirs for ours, theirs in pairs)
        if is_majority(worse, len(pairs)):
            values = {"metric": metric, "worse": worse, "evaluations": len(pairs)}
            return Assessment([Finding("handicapped-metric", "supported", values)], {})
    return Assessment([], {})


def _assess_plateau(evidence: Evidence, loss: Sequence[float]) -> Assessment:
    """Say whether training loss has stopped falling before the training set is fitted."""
    half = loss[len(loss) // 2 :]
    level = median(half)
    fell = -theil_sen_change(half) / level if level > 0 else 0.0
    numbers = {"train_loss_fell": fell}
    reached = finite_values(column_of(evidence.history, "accuracy"))
    accuracy = last_quarter_median(reached) if reached else None
    fitted = accuracy is not None and accuracy > THRESHOLDS.fitted_accuracy
    if fell < THRESHOLDS.plateau_fall and not fitted and level > THRESHOLDS.fitted_loss:
        values = {"fell": fell, "loss": half[-1], "accuracy": accuracy}
        return Assessment([Finding("training-plateau", "supported", values)], numbers)
    return Assessment([], numbers)
