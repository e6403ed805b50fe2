"""Movement: whether the jitter of accuracy is more than the evaluation set can make."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from unsteady.diagnosis._evidence import Evidence
from unsteady.diagnosis._finding import Assessment, Finding, Segment
from unsteady.diagnosis._statistics import (
    change_and_sampling_variance,
    change_over_lag,
    model_share_lower_bound,
    sampling_bound,
)
from unsteady.history import Correct


def assess_movement(evidence: Evidence) -> Assessment:
    """Compare the jitter of each segment with what the set can add, and divide it where the flips are known.

    Examples
    --------
    >>> from unsteady.diagnosis._evidence import collect_evidence
    >>> from unsteady.history import History
    >>> rough = History(val_accuracy=[0.90, 0.86, 0.93, 0.88, 0.91, 0.85, 0.92] * 5)
    >>> [finding], numbers = assess_movement(collect_evidence(rough, n_eval=5000))
    >>> finding.verdict, numbers["model_share_lower_bound"] > 0.5
    ('supported', True)
    """
    if not evidence.accuracy:
        return Assessment([], {})
    if evidence.segments:
        known = evidence.eval_set.effective_n is not None
        findings, numbers = _compare_with_bound(evidence) if known else _without_size(evidence)
        findings += [_short_segment(evidence, *ends) for ends in evidence.short_segments]
    else:
        findings, numbers = (
            [Finding("too-short", "not identifiable", {"needed": evidence.thresholds.min_evaluations})],
            {},
        )
    if evidence.correct is not None:
        divided = _divide_by_flips(evidence, evidence.correct)
        findings, numbers = findings + divided.findings, numbers | divided.numbers
    return Assessment(findings, numbers)


def _short_segment(evidence: Evidence, start: int, stop: int) -> Finding:
    values = {
        **_end_positions(evidence, start, stop),
        "evaluations": stop - start,
        "needed": evidence.thresholds.min_evaluations,
    }
    return Finding("short-stretch", "not identifiable", values)


def _end_positions(evidence: Evidence, start: int, stop: int) -> dict[str, Any]:
    return {"start": evidence.position(start), "end": evidence.position(stop - 1)}


def _without_size(evidence: Evidence) -> Assessment:
    """Find from which size on the roughest segment would be more than a set can make."""
    roughest = max(evidence.segments, key=lambda segment: segment.interval.low)
    part = evidence.accuracy[roughest.start : roughest.stop]
    beyond = roughest.interval.low - evidence.rounding
    sizes = range(1, evidence.thresholds.largest_eval_set)
    place = bisect_left(sizes, True, key=lambda n: sampling_bound(part, n) < beyond)
    numbers = {"jitter": roughest.jitter, "jitter_low": roughest.interval.low}
    sufficient_n = sizes[place] if place < len(sizes) else None
    values = {"kind": "unknown size", **numbers, "sufficient_n": sufficient_n}
    return Assessment([Finding("population-moves", "not identifiable", values)], numbers)


def _compare_with_bound(evidence: Evidence) -> Assessment:
    """Compare the segment whose jitter is farthest above its sampling bound with that bound."""
    segment = max(
        evidence.segments, key=lambda s: s.interval.low / s.sampling_bound if s.sampling_bound else 0.0
    )
    low, bound = segment.interval.low, segment.sampling_bound
    numbers = {
        "jitter": segment.jitter,
        "jitter_low": low,
        "sampling_bound": bound,
        "jitter_over_sampling_bound": segment.jitter / bound,
        "model_share_lower_bound": model_share_lower_bound(segment, evidence.thresholds.covariance_allowance),
    }
    kind = "beyond" if low > bound else "no jitter" if segment.jitter == 0 else "within"
    values = {
        "kind": kind,
        **_end_positions(evidence, segment.start, segment.stop),
        **numbers,
        "n": evidence.eval_set.n,
        "independent": evidence.eval_set.effective_n,
        "grouped": evidence.eval_set.group_sizes is not None,
        "assumption": _assumption(evidence),
    }
    verdict = "not identifiable"
    if kind == "beyond":
        verdict = "supported" if _is_supported(evidence, segment) else "possible"
    return Assessment([Finding("population-moves", verdict, values)], numbers)


def _is_supported(evidence: Evidence, segment: Segment) -> bool:
    """Whether the set cannot make half of the squared jitter, nor of changes over several evaluations.

    Where examples flip back and forth, as when a run alternates between two states, the set may add more than
    its bound to the jitter, but not to changes over two, three and four evaluations, too.
    """
    thresholds = evidence.thresholds
    part = evidence.accuracy[segment.start : segment.stop]
    smallest = min(segment.jitter, *(change_over_lag(part, lag) for lag in thresholds.supported_lags))
    surely = smallest * (segment.interval.low / segment.jitter)
    return evidence.size_is_certain and surely > thresholds.supported_bounds * segment.sampling_bound


def _assumption(evidence: Evidence) -> str:
    """Return what the bound assumes of the set, beyond that it is fixed."""
    if evidence.eval_set.group_sizes is not None:
        return "groups"
    return "inferred size" if evidence.eval_set.is_inferred else "independent examples"


def _divide_by_flips(evidence: Evidence, correct: Correct) -> Assessment:
    """Divide the squared changes of accuracy into what the set adds and what the model does."""
    at = evidence.indices
    spans = [(s.start, s.stop) for s in evidence.segments] or [(0, len(at))]
    neighbours = [(at[k], at[k + 1]) for start, stop in spans for k in range(start, stop - 1)]
    changes = [change_and_sampling_variance(correct[i], correct[j], evidence.groups) for i, j in neighbours]
    squared = math.fsum(d * d for d, _ in changes)
    if squared == 0:
        return Assessment([Finding("set-share", "fact", {"kind": "no change"})], {})
    ratio = math.fsum(variance for _, variance in changes) / squared
    low, high = _ratio_interval(ratio, len(changes), evidence.thresholds.set_share_errors)
    share = min(1.0, ratio)
    values = {
        "kind": "share",
        "share": share,
        "low": low,
        "high": high,
        "changes": len(changes),
        "rms_change": math.sqrt(squared / len(changes)),
    }
    numbers = {"set_share": share, "set_share_low": low, "set_share_high": high}
    return Assessment([Finding("set-share", "supported", values)], numbers)


def _ratio_interval(ratio: float, changes: int, errors: float) -> Sequence[float]:
    """Return the ends of a share whose denominator is the mean square of so many changes.

    The logarithm of a mean square of m normal changes has a standard error of about the root of 2 / m.
    """
    reach = errors * math.sqrt(2 / changes)
    return [min(1.0, ratio * math.exp(sign * reach)) for sign in (-1, 1)]
