"""The trend of accuracy and losses: what a curve does, not why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from statistics import median

from unsteady.accuracy import jitter
from unsteady.diagnosis._evidence import Evidence, column_of, finite_values
from unsteady.diagnosis._finding import Assessment, Finding
from unsteady.diagnosis._statistics import (
    is_decreasing,
    is_increasing,
    is_majority,
    last_part,
    running_median,
    theil_sen_change,
)
from unsteady.diagnosis._thresholds import Thresholds
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
    shortest = evidence.thresholds.min_evaluations
    val_loss, loss = (column_of(evidence.history, name) or [] for name in ("val_loss", "loss"))
    collapse = _find_collapse(evidence)
    parts = [_find_spikes(evidence), collapse]
    if not collapse.findings and len(evidence.accuracy) >= shortest:
        parts.append(_assess_accuracy(evidence))
    if len(finite_values(val_loss)) >= shortest:
        parts.append(_assess_overfitting(evidence, val_loss, loss))
    parts.append(_compare_training_with_validation(evidence.history, evidence.thresholds.majority_alpha))
    if not collapse.findings and len(finite_values(loss)) >= shortest:
        parts.append(_assess_plateau(evidence, finite_values(loss)))
    findings = [finding for part in parts for finding in part.findings]
    return Assessment(findings, {name: number for part in parts for name, number in part.numbers.items()})


def _find_spikes(evidence: Evidence) -> Assessment:
    """Look for single evaluations far below both of their neighbours."""
    curve, thresholds = evidence.accuracy, evidence.thresholds
    dips = [min(a, c) - b for a, b, c in zip(curve, curve[1:], curve[2:], strict=False)]
    if len(dips) < thresholds.min_evaluations:
        return Assessment([], {})
    deep = max(thresholds.spike_fall, thresholds.spike_dips * median(map(abs, dips)))
    places = [k + 1 for k, dip in enumerate(dips) if dip > deep]
    if not 0 < len(places) <= thresholds.spike_share * len(curve):
        return Assessment([], {})
    values = {"positions": [evidence.position(place) for place in places], "largest": max(dips)}
    return Assessment([Finding("spikes", "supported", values)], {})


def _find_collapse(evidence: Evidence) -> Assessment:
    """Look for a fall within one evaluation or two from which accuracy never comes back."""
    curve, thresholds = evidence.accuracy, evidence.thresholds
    margin = thresholds.collapse_margin
    if len(curve) < 2 * margin:
        return Assessment([], {})
    deep = max(thresholds.collapse_fall, thresholds.collapse_jitters * jitter(curve))
    best_from = list(accumulate(reversed(curve), max))[::-1]
    for k in range(margin, len(curve) - margin + 1):
        before = median(curve[max(0, k - thresholds.collapse_window) : k])
        if before - best_from[k] > deep:
            values = {"position": evidence.position(k), "before": before, "best_since": best_from[k]}
            return Assessment([Finding("collapsed", "supported", values)], {})
    return Assessment([], {})


def _assess_accuracy(evidence: Evidence) -> Assessment:
    """Say whether accuracy declines, still improves or is level, in this order."""
    curve, thresholds = evidence.accuracy, evidence.thresholds
    half = curve[len(curve) // 2 :]
    gained, rough = theil_sen_change(half, thresholds), jitter(half)
    smooth = running_median(curve, thresholds.smoothing_reach)
    peak = max(range(len(curve)), key=smooth.__getitem__)
    fallen = smooth[peak] - median(last_part(curve[peak:], thresholds.end_divisor))
    findings = []
    if _declines(curve[peak:], fallen, rough, thresholds):
        values = {"peak": evidence.position(peak), "fallen": fallen}
        findings.append(Finding("declines", "supported", values))
    elif _still_improves(evidence, half, gained, rough):
        findings.append(Finding("still-improving", "supported", {"gained": gained}))
    elif _is_level(curve, half, gained, rough, thresholds):
        findings.append(Finding("level", "supported", {"changed": gained}))
    return Assessment(findings, {"gained_in_second_half": gained, "fallen_from_peak": fallen})


def _declines(after: Sequence[float], fallen: float, rough: float, thresholds: Thresholds) -> bool:
    """Whether accuracy has fallen since its peak, by more than a peak stands out by chance."""
    by_chance = thresholds.decline_errors * rough / math.sqrt(len(after))
    enough = len(after) >= thresholds.min_evaluations and fallen > max(thresholds.decline_fall, by_chance)
    return enough and is_decreasing(after, thresholds)


def _still_improves(evidence: Evidence, half: Sequence[float], gained: float, rough: float) -> bool:
    """Whether accuracy rises to the end, at a good part of its pace, and the rate is not spent."""
    thresholds = evidence.thresholds
    if gained <= max(thresholds.improving_gain, thresholds.improving_jitters * rough):
        return False
    end = last_part(evidence.accuracy, thresholds.pace_divisor)
    rates = finite_values(evidence.rates)
    spent = bool(rates) and rates[-1] < thresholds.spent_rate * max(rates)
    pace, pace_at_end = gained / len(half), theil_sen_change(end, thresholds) / len(end)
    return not spent and pace_at_end > thresholds.improving_pace * pace and is_increasing(half, thresholds)


def _is_level(
    curve: Sequence[float], half: Sequence[float], gained: float, rough: float, thresholds: Thresholds
) -> bool:
    """Whether accuracy has hardly changed over the second half, and has not just left its level."""
    off = abs(median(curve[-thresholds.level_end :]) - median(half))
    flat = abs(gained) <= max(thresholds.level_change, thresholds.level_jitters * rough)
    return flat and off <= max(thresholds.level_change, thresholds.level_end_jitters * rough)


def _assess_overfitting(evidence: Evidence, val_loss: Sequence[float], loss: Sequence[float]) -> Assessment:
    """Say whether validation loss has risen from its lowest while training loss, and not accuracy, fell."""
    thresholds = evidence.thresholds
    known = [k for k, value in enumerate(val_loss) if math.isfinite(value)]
    curve = [val_loss[k] for k in known]
    smooth = running_median(curve, thresholds.smoothing_reach)
    lowest = min(range(len(curve)), key=smooth.__getitem__)
    after = curve[lowest:]
    at_end = median(last_part(after, thresholds.end_divisor))
    risen = at_end / smooth[lowest] - 1 if smooth[lowest] > 0 else 0.0
    numbers = {"val_loss_risen": risen}
    enough = len(after) >= thresholds.min_evaluations and risen >= thresholds.overfitting_rise
    if not (enough and is_increasing(after, thresholds)):
        return Assessment([], numbers)
    fell = _training_loss_fell(loss[known[lowest] :], thresholds)
    values = {"risen": risen, "training_loss_fell": fell}
    findings = [Finding("overfitting", "supported" if fell else "possible", values)]
    accuracy = [p for k, p in zip(evidence.indices, evidence.accuracy, strict=True) if k >= known[lowest]]
    if len(accuracy) >= thresholds.min_evaluations:
        changed = theil_sen_change(accuracy, thresholds)
        falls = is_decreasing(accuracy, thresholds, thresholds.weak_trend_alpha)
        if changed > -thresholds.overconfident_fall and not falls:
            findings.append(Finding("over-confident", "supported", {"changed": changed}))
    return Assessment(findings, numbers)


def _training_loss_fell(loss: Sequence[float], thresholds: Thresholds) -> bool:
    """Whether the finite values of a training loss fall, are a good part of all, and reach its end."""
    known, at_end = finite_values(loss), finite_values(last_part(loss, thresholds.end_divisor))
    needed = max(thresholds.min_evaluations, thresholds.training_loss_share * len(loss))
    return len(known) >= needed and bool(at_end) and is_decreasing(known, thresholds)


def _compare_training_with_validation(history: History, alpha: float) -> Assessment:
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
        if is_majority(worse, len(pairs), alpha):
            values = {"metric": metric, "worse": worse, "evaluations": len(pairs)}
            return Assessment([Finding("handicapped-metric", "supported", values)], {})
    return Assessment([], {})


def _assess_plateau(evidence: Evidence, loss: Sequence[float]) -> Assessment:
    """Say whether training loss has stopped falling before the training set is fitted."""
    thresholds = evidence.thresholds
    half = loss[len(loss) // 2 :]
    level = median(half)
    fell = -theil_sen_change(half, thresholds) / level if level > 0 else 0.0
    numbers = {"train_loss_fell": fell}
    reached = finite_values(column_of(evidence.history, "accuracy"))
    accuracy = median(last_part(reached, thresholds.end_divisor)) if reached else None
    fitted = accuracy is not None and accuracy > thresholds.fitted_accuracy
    if fell < thresholds.plateau_fall and not fitted and level > thresholds.fitted_loss:
        values = {"fell": fell, "loss": half[-1], "accuracy": accuracy}
        return Assessment([Finding("training-plateau", "supported", values)], numbers)
    return Assessment([], numbers)
