"""The cause of jitter, as far as the learning rate in the log shows it."""

from __future__ import annotations

import math
from itertools import pairwise

from unsteady.accuracy import jitter
from unsteady.diagnosis._evidence import Evidence
from unsteady.diagnosis._finding import Assessment, Finding


def assess_cause(evidence: Evidence) -> Assessment:
    """Say whether a drop comes with a restart of the rate, and whether jitter follows the rate.

    Examples
    --------
    >>> from unsteady.diagnosis._evidence import collect_evidence
    >>> from unsteady.history import History
    >>> curve = [0.8, 0.9] * 10 + [0.9, 0.905] * 10
    >>> history = History(val_accuracy=curve, learning_rate=[0.1] * 20 + [0.01] * 20)
    >>> findings, numbers = assess_cause(collect_evidence(history, n_eval=200))
    >>> [finding.name for finding in findings], numbers["jitter_ratio"] > 10
    (['jitter-follows-rate', 'rate-or-batch'], True)
    """
    findings = _find_restart(evidence)
    if not evidence.segments:
        return Assessment(findings, {})
    followed = _compare_rates(evidence)
    open_question = Finding("rate-or-batch", "not identifiable", {"rate_logged": bool(evidence.rates)})
    return Assessment([*findings, *followed.findings, open_question], followed.numbers)


def _find_restart(evidence: Evidence) -> list[Finding]:
    """Look for the first fall of accuracy where the rate goes up."""
    rates, curve = evidence.rates, evidence.accuracy
    thresholds = evidence.thresholds
    usual = jitter(curve) if len(curve) > 2 else 0.0
    for k in range(1, len(rates)):
        fall = curve[k - 1] - curve[k]
        goes_up = rates[k - 1] > 0 and rates[k] > thresholds.rate_step_factor * rates[k - 1]
        if goes_up and fall > thresholds.restart_jitters * usual > 0:
            values = {
                "fall": fall,
                "position": evidence.position(k),
                "rate_before": rates[k - 1],
                "rate_after": rates[k],
            }
            return [Finding("restart", "fact", values)]
    return []


def _compare_rates(evidence: Evidence) -> Assessment:
    """Look for the first two neighbouring segments of which that at the higher rate is surely rougher."""
    for neighbours in pairwise(evidence.segments):
        high, low = sorted(neighbours, key=lambda segment: -segment.rate)
        if high.interval.low > low.interval.high and high.rate > low.rate > 0:
            ratio = high.jitter / low.jitter if low.jitter else math.inf
            # The set's part may have fallen as well: with fewer flips, or as accuracy rose.
            beyond = math.isfinite(high.sampling_bound) and high.interval.low > high.sampling_bound
            values = {
                "jitter_high_rate": high.jitter,
                "high_rate": high.rate,
                "jitter_low_rate": low.jitter,
                "low_rate": low.rate,
                "jitter_ratio": ratio,
            }
            verdict = "supported" if beyond else "possible"
            return Assessment([Finding("jitter-follows-rate", verdict, values)], {"jitter_ratio": ratio})
    return Assessment([], {})
