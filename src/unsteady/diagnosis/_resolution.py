"""The resolution of an evaluation set: what one accuracy, and the difference of two, can say."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from unsteady.accuracy import Interval, accuracy_interval, mcnemar_bounds
from unsteady.diagnosis._evidence import Evidence, resolves_examples
from unsteady.diagnosis._finding import Assessment, Finding


class Comparison(NamedTuple):
    """What the counts of two accuracies say of their difference, whichever examples flipped."""

    outcome: Literal["unknown", "cannot be significant", "significant", "open"]
    """Unknown without counts of independent examples; open where the flips decide."""
    p_low: float
    """The smallest p-value of McNemar's test that the counts allow."""
    p_high: float
    """The largest."""


def assess_resolution(evidence: Evidence) -> Assessment:
    """Say how large the evaluation set is, and what its size says of the last, lowest and best accuracies.

    Examples
    --------
    >>> from unsteady.diagnosis._evidence import collect_evidence
    >>> from unsteady.history import History
    >>> findings, numbers = assess_resolution(collect_evidence(History(val_accuracy=[0.9, 0.8]), n_eval=100))
    >>> [finding.name for finding in findings], round(numbers["largest_drop"], 2)
    (['eval-size', 'last', 'largest-drop', 'best-epoch'], 0.1)
    """
    if not evidence.accuracy:
        return Assessment([Finding("no-accuracy", "not identifiable")], {})
    findings, numbers = _assess_size(evidence)
    assessors = [_assess_last] if evidence.are_counts else []
    if len(evidence.accuracy) > 1:
        assessors += [_assess_largest_drop, _assess_best]
    for assess in assessors:
        found = assess(evidence)
        findings += found.findings
        numbers |= found.numbers
    return Assessment(findings, numbers)


def _assess_size(evidence: Evidence) -> Assessment:
    known = evidence.eval_set
    if known.n is None:
        return Assessment([Finding("eval-size", "not identifiable", {"kind": "unknown"})], {})
    if known.is_inferred:
        values = {"kind": "inferred", "n": known.n, "chance": known.chance}
        return Assessment([Finding("eval-size", "supported", values)], {"n_eval_chance": known.chance})
    values = {"kind": "known", "n": known.n, "source": known.source, "resolution": 1 / known.n}
    findings = [Finding("eval-size", "fact", values)]
    if known.smaller:
        findings.append(Finding("smaller-set", "possible", {"n": known.n, "smaller": known.smaller}))
    if not evidence.are_counts:
        findings.append(Finding("no-counts", "fact", {"n": known.n}))
    return Assessment(findings, {})


def _assess_last(evidence: Evidence) -> Assessment:
    known = evidence.eval_set
    assert known.n is not None
    fewest, most = possible_counts(evidence, evidence.accuracy[-1])
    effective_n = known.n if known.effective_n is None else max(int(known.effective_n), 1)
    low = accuracy_interval(round(fewest * effective_n / known.n), effective_n).low
    high = accuracy_interval(round(most * effective_n / known.n), effective_n).high
    values = {
        "right": [fewest, most],
        "n": known.n,
        "accuracy": evidence.accuracy[-1],
        "low": low,
        "high": high,
        "worth": effective_n,
        "grouped": known.group_sizes is not None,
    }
    finding = Finding("last", "possible" if known.is_inferred else "supported", values)
    return Assessment([finding], {"last": evidence.accuracy[-1], "last_low": low, "last_high": high})


def possible_counts(evidence: Evidence, p: float) -> tuple[int, int]:
    """Return the fewest and the most right answers that a printed accuracy allows.

    Examples
    --------
    >>> from unsteady.diagnosis._evidence import collect_evidence
    >>> from unsteady.history import History
    >>> possible_counts(collect_evidence(History(val_accuracy=[0.87, 0.9]), n_eval=1000), 0.87)
    (865, 875)
    """
    n = evidence.eval_set.n
    assert n is not None
    nearest = round(p * n)
    if resolves_examples(evidence.rounding_unit, n):
        return nearest, nearest
    off = (evidence.rounding_unit / 2 + 1e-9) * n
    return max(0, math.ceil(p * n - off)), min(n, math.floor(p * n + off))


def compare_counts(evidence: Evidence, first: float, second: float) -> Comparison:
    """Return what the counts of two accuracies say of their difference, by McNemar's exact test.

    Examples
    --------
    >>> from unsteady.diagnosis._evidence import collect_evidence
    >>> from unsteady.history import History
    >>> evidence = collect_evidence(History(val_accuracy=[0.90, 0.93]), n_eval=100)
    >>> compare_counts(evidence, 0.90, 0.93).outcome
    'cannot be significant'
    """
    known = evidence.eval_set
    if known.n is None or known.group_sizes is not None or not evidence.size_is_certain:
        return Comparison("unknown", 0.0, 1.0)
    bounds = _p_bounds(possible_counts(evidence, first), possible_counts(evidence, second), known.n)
    level = evidence.thresholds.significance
    if bounds.low > level:
        return Comparison("cannot be significant", *bounds)
    return Comparison("significant" if bounds.high <= level else "open", *bounds)


def _p_bounds(first: tuple[int, int], second: tuple[int, int], n: int) -> Interval:
    """Return the ends of the p-value over all counts within two ranges."""
    by_distance = sorted(((a, b) for a in first for b in second), key=lambda pair: abs(pair[0] - pair[1]))
    nearest, farthest = by_distance[0], by_distance[-1]
    disjoint = first[0] > second[1] or second[0] > first[1]
    # Ranges that overlap may be the same count, which is no difference at all.
    high = mcnemar_bounds(*nearest, n).high if disjoint else 1.0
    return Interval(mcnemar_bounds(*farthest, n).low, high)


def _assess_largest_drop(evidence: Evidence) -> Assessment:
    curve = evidence.accuracy
    changes = [after - before for before, after in pairwise(curve)]
    index = min(range(len(changes)), key=changes.__getitem__)
    if changes[index] >= 0:
        return Assessment([Finding("largest-drop", "fact", {"kind": "none"})], {})
    compared = compare_counts(evidence, curve[index], curve[index + 1])
    alpha_adjusted = evidence.thresholds.significance / len(changes)
    drop = -changes[index]
    values = {
        "kind": "drop",
        "drop": drop,
        "before": evidence.position(index),
        "after": evidence.position(index + 1),
        **_comparison_values(evidence, drop, compared),
        "selection": _classify_selection(compared, alpha_adjusted),
        "changes": len(changes),
        "alpha_adjusted": alpha_adjusted,
    }
    numbers = {
        "largest_drop": drop,
        "largest_drop_p_low": compared.p_low,
        "largest_drop_p_high": compared.p_high,
    }
    return Assessment([Finding("largest-drop", "fact", values)], numbers)


def _classify_selection(
    compared: Comparison, alpha: float
) -> Literal["irrelevant", "passes", "open", "fails"]:
    """Return whether a difference that was picked as the largest of many stays below the adjusted level."""
    if compared.outcome in ("unknown", "cannot be significant"):
        return "irrelevant"
    if compared.p_high <= alpha:
        return "passes"
    return "open" if compared.p_low <= alpha else "fails"


def _assess_best(evidence: Evidence) -> Assessment:
    curve = evidence.accuracy
    best = max(range(len(curve)), key=curve.__getitem__)
    ahead = curve[best] - curve[-1]
    if ahead <= 0:
        return Assessment([], {})
    compared = compare_counts(evidence, curve[-1], curve[best])
    values = {
        "best": evidence.position(best),
        "ahead": ahead,
        **_comparison_values(evidence, ahead, compared),
    }
    return Assessment(
        [Finding("best-epoch", "fact", values)], {"best_ahead": ahead, "best_p_low": compared.p_low}
    )


def _comparison_values(evidence: Evidence, difference: float, compared: Comparison) -> dict[str, Any]:
    n = evidence.eval_set.n
    certain = n is not None and evidence.size_is_certain
    return {
        "net_examples": round(difference * n) if n is not None and certain else None,
        "comparison": compared.outcome,
        "p_low": compared.p_low,
        "p_high": compared.p_high,
    }
