"""What a log leaves open, and the next run to make."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from unsteady.diagnosis._evidence import Evidence
from unsteady.diagnosis._finding import Finding


def list_unknowns(evidence: Evidence) -> list[Finding]:
    """Return what readers are tempted to read into a curve, and this log cannot say.

    Examples
    --------
    >>> from unsteady.diagnosis._evidence import collect_evidence
    >>> from unsteady.history import History
    >>> [finding.name for finding in list_unknowns(collect_evidence(History(loss=[1.0])))]
    ['seeds', 'mode']
    """
    names = ["seeds", "mode"]
    if evidence.accuracy and evidence.groups is None:
        names.insert(0, "groups")
    if evidence.accuracy and evidence.correct is None:
        names.insert(0, "share")
    return [Finding(name, "not identifiable") for name in names]


def recommend_next_run(evidence: Evidence, found: Collection[str], numbers: Mapping[str, Any]) -> Finding:
    """Return the one run, or file, that would tell more than the log.

    Parameters
    ----------
    evidence : Evidence
        What is known of the run.
    found : collection of str
        The names of its findings.
    numbers : mapping
        What was measured.

    Examples
    --------
    >>> from unsteady.diagnosis._evidence import collect_evidence
    >>> from unsteady.history import History
    >>> recommend_next_run(collect_evidence(History(loss=[1.0])), ["read"], {}).values["kind"]
    'log accuracy'
    """
    moves = numbers.get("model_share_lower_bound", 0.0) > evidence.thresholds.movement_settled
    kind = "keep flips"
    if not evidence.accuracy:
        kind = "log accuracy"
    elif "collapsed" in found:
        kind = "resume earlier"
    elif evidence.eval_set.n is None:
        kind = "give size"
    elif "overfitting" in found or "declines" in found:
        kind = "stop earlier"
    elif "too-short" in found:
        kind = "evaluate longer"
    elif moves or "set_share" in numbers:
        kind = "reruns"
    return Finding("next", "fact", {"kind": kind, "needed": evidence.thresholds.min_evaluations})
