"""What was read: the quantities in a log, and the values in them that are no numbers."""

from __future__ import annotations

import math

from unsteady.diagnosis._evidence import Evidence
from unsteady.diagnosis._finding import Assessment, Finding
from unsteady.history import History

QUANTITIES = ("accuracy", "loss", "val_accuracy", "val_loss", "learning_rate")
"""What a diagnosis uses of a history."""


def assess_reading(evidence: Evidence) -> Assessment:
    """Say which quantities were read, and how many values are not finite.

    Examples
    --------
    >>> from unsteady.diagnosis._evidence import collect_evidence
    >>> history = History(epoch=[1, 2], val_accuracy=[0.5, 0.6], loss=[float("nan"), 1.0])
    >>> findings, _ = assess_reading(collect_evidence(history))
    >>> [(finding.name, finding.verdict) for finding in findings]
    [('read', 'fact'), ('not-finite', 'fact')]
    """
    history = evidence.history
    source = history.columns or {}
    curves = [[name, source.get(name, name)] for name in QUANTITIES if getattr(history, name) is not None]
    read = {
        "log": history.name,
        "evaluations": len(history),
        "curves": curves,
        "notes": list(history.notes),
    }
    findings = [Finding("read", "fact", read)]
    counts = [[name, _count_not_finite(history, name)] for name in ("loss", "val_loss", "val_accuracy")]
    counts = [[name, count] for name, count in counts if count]
    if counts:
        findings.append(Finding("not-finite", "fact", {"counts": counts}))
    return Assessment(findings, {})


def _count_not_finite(history: History, name: str) -> int:
    """Count what is no finite number; what was not logged does not count."""
    column = getattr(history, name)
    return 0 if column is None else sum(value is not None and not math.isfinite(value) for value in column)
