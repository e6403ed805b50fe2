"""The public call: from a history to a diagnosis."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from unsteady.diagnosis._advice import list_unknowns, recommend_next_run
from unsteady.diagnosis._cause import assess_cause
from unsteady.diagnosis._evidence import Evidence, collect_evidence
from unsteady.diagnosis._finding import Finding
from unsteady.diagnosis._movement import assess_movement
from unsteady.diagnosis._reading import assess_reading
from unsteady.diagnosis._report import Diagnosis
from unsteady.diagnosis._resolution import assess_resolution
from unsteady.diagnosis._trend import assess_trend
from unsteady.history import Correct, History


def diagnose(
    history: History,
    n_eval: int | None = None,
    correct: Correct | None = None,
    groups: Sequence[Hashable] | None = None,
) -> Diagnosis:
    r"""Say what the record of a run shows of its unsteadiness, and what it cannot show.

    Parameters
    ----------
    history : History
        One run, as :func:`unsteady.logs.read_log` returns them, or one replicate of what
        :func:`unsteady.training.train` returns, ``history.replicate(k)``.
    n_eval : int, optional
        Size of the evaluation set; otherwise as recorded, or inferred from the digits where they allow.
    correct : sequence of sequences of bool, optional
        Which examples were right at each evaluation, ``(evaluations, n_eval)``. It settles how much of the
        jumps the set adds.
    groups : sequence, optional
        To which group each example belongs, where they come in groups (patients, videos, authors): examples
        of a group count as right or wrong together.

    Returns
    -------
    Diagnosis
        Findings with verdict, evidence and what to do next; printed, a report.

    Raises
    ------
    TypeError
        If `history` is no History, one of its columns holds what is no number, or `correct` or `groups` is no
        sequence.
    ValueError
        If `history` has replicates, or sizes do not fit.

    Notes
    -----
    Jitter is evidence that accuracy on the population moves if the whole of its interval (99 %) lies above
    the sampling bound, and

    - the set is fixed, and its examples are independent,
    - many of them flip now and then,
    - accuracy is their plain mean,
    - and the set's errors at evaluations once and twice apart have correlations :math:`4\rho_1 \ge \rho_2`.

    It is called supported if

    - the lower end of the interval is above :math:`\sqrt 2` bounds, so that the set cannot make half of the
      squared jitter,
    - changes over one to four evaluations are as large, which guards against the last assumption,
    - the size is not inferred, and the accuracies are counts.

    Otherwise it is called possible. The model's share of the squared jitter is then at least the smaller of
    :math:`1 - \text{bound}^2 / \text{low}^2` and :math:`1 - r^2 - c r / \sqrt d`. There :math:`r` is the
    bound over the jitter, `low` the interval's lower end, :math:`d` the degrees of freedom and :math:`c` the
    `covariance_allowance` of ``THRESHOLDS``, which leaves room for a chance agreement of the set's part with
    the model's. Jitter below the bound is no evidence that the model rests.

    Examples
    --------
    >>> run = History(epoch=list(range(1, 36)), val_accuracy=[0.90, 0.86, 0.93, 0.88, 0.91, 0.85, 0.92] * 5)
    >>> found = diagnose(run, n_eval=5000)
    >>> found["population-moves"].verdict
    'supported'
    >>> diagnose(run, n_eval=100)["population-moves"].verdict
    'not identifiable'
    """
    if not isinstance(history, History):
        raise TypeError(f"history must be a History, got {type(history).__name__}")
    return conclude(collect_evidence(history, n_eval, correct, groups))


def conclude(evidence: Evidence) -> Diagnosis:
    """Return what all sections find in the evidence, by its thresholds.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from unsteady.diagnosis._thresholds import THRESHOLDS
    >>> run = History(val_accuracy=[0.90, 0.86] * 5)
    >>> "too-short" in conclude(collect_evidence(run))
    True
    >>> "too-short" in conclude(collect_evidence(run, thresholds=replace(THRESHOLDS, min_evaluations=10)))
    False
    """
    findings: list[Finding] = []
    numbers: dict[str, Any] = {"evaluations": len(evidence.history), "n_eval": evidence.eval_set.n}
    for assess in (assess_reading, assess_resolution, assess_movement, assess_cause, assess_trend):
        assessment = assess(evidence)
        findings += assessment.findings
        numbers |= assessment.numbers
    findings += list_unknowns(evidence)
    findings.append(recommend_next_run(evidence, {finding.name for finding in findings}, numbers))
    return Diagnosis(evidence.history, tuple(findings), numbers, evidence.segments)
