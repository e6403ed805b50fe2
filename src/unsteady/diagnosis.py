r"""What the record of a run can tell of its unsteadiness, and what not. Imports the standard library alone.

Everything rests on three facts. On one fixed evaluation set of n independent examples the set's share in the
jitter of accuracy is at most :math:`\sqrt{p(1-p)/n}`, the *ceiling*, so that what goes beyond it is movement
of the model; below it, nothing follows. Which of two accuracies differ, their counts bound. And a single log
at a constant rate cannot tell too high a rate from too small a batch.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from unsteady.accuracy import Interval, jitter
from unsteady.history import History

SECTIONS = (
    "what was read",
    "resolution",
    "movement",
    "driver",
    "trend",
    "what this log cannot say",
    "the next run to make",
)
"""The parts of a report, in order."""

VERDICTS = ("fact", "supported", "possible", "not identifiable")
"""What a finding may be: read off; more than chance makes; a hint; not to be had from this log."""

FEWEST = 12
"""Evaluations at one rate below which nothing is said of jitter or trend."""


@dataclass(frozen=True)
class Finding:
    """One thing that a log says, or does not.

    Attributes
    ----------
    name : str
        What it is about, as ``"population-moves"``.
    verdict : str
        One of :data:`VERDICTS`.
    evidence : str
        In numbers.
    next : str
        The test that would tell more; may be empty.
    section : str
        One of :data:`SECTIONS`.
    """

    name: str
    verdict: str
    evidence: str
    next: str = ""
    section: str = ""


class Stretch(NamedTuple):
    """Evaluations at one learning rate, the climb at their beginning left out.

    Attributes
    ----------
    start, stop : int
        The first evaluation, and the one after the last.
    rate : float
        The learning rate, the mean; NaN where it is not in the log.
    jitter : float
        Of accuracy, see :func:`unsteady.accuracy.jitter`.
    interval : Interval
        For it, see :func:`unsteady.accuracy.jitter_interval`.
    ceiling : float
        The most that the evaluation set can add to it; NaN where its size is not known.
    """

    start: int
    stop: int
    rate: float
    jitter: float
    interval: Interval
    ceiling: float


@dataclass(frozen=True)
class Diagnosis:
    """What a log says; printed, it is a report.

    Attributes
    ----------
    history : History
        The run.
    findings : tuple of Finding
        In the order of :data:`SECTIONS`.
    numbers : dict
        What was measured: ``evaluations``, ``n_eval``, ``jitter``, ``ceiling``, ``real_share_low``,
        ``set_share`` and others, as far as the log allows.
    stretches : tuple of Stretch
        Parts at one rate that are long enough.
    """

    history: History
    findings: tuple[Finding, ...]
    numbers: dict[str, Any] = field(default_factory=dict)
    stretches: tuple[Stretch, ...] = ()

    def __getitem__(self, name: str) -> Finding:
        """Return the finding of a name; a KeyError lists those that there are."""
        for finding in self.findings:
            if finding.name == name:
                return finding
        raise KeyError(f"no finding {name!r}; there are {', '.join(f.name for f in self.findings)}")

    def __contains__(self, name: object) -> bool:
        return any(finding.name == name for finding in self.findings)

    def __str__(self) -> str:
        lines = []
        for section in SECTIONS:
            found = [finding for finding in self.findings if finding.section == section]
            lines += ["", section.capitalize()] if found else []
            for finding in found:
                said = f"[{finding.verdict}] {finding.name}: {finding.evidence}"
                lines += _paragraph(finding.evidence if section == SECTIONS[-1] else said, "  ")
                lines += _paragraph(f"Next: {finding.next}", "      ") if finding.next else []
        return "\n".join(lines[1:])

    def to_dict(self) -> dict[str, Any]:
        """Return name, size, findings and numbers as JSON has them."""
        return {
            "name": self.history.name,
            "n_eval": self.numbers["n_eval"],
            "findings": [
                {"name": f.name, "verdict": f.verdict, "evidence": f.evidence, "next": f.next}
                for f in self.findings
            ],
            "numbers": {
                name: None if isinstance(value, float) and not math.isfinite(value) else value
                for name, value in self.numbers.items()
            },
        }

    def plot(self, axes: Any = None) -> Any:
        """Draw accuracy with what the set may add, and jitter over its ceiling, stretch by stretch.

        Parameters
        ----------
        axes : two matplotlib axes, optional
            For accuracy and for jitter over ceiling; new ones, one above the other, if none are given.

        Returns
        -------
        matplotlib.figure.Figure
            Needs matplotlib.

        Raises
        ------
        ValueError
            If the log has no validation accuracy.
        """
        from unsteady import plotting

        return plotting.diagnosis(self, axes)


def _paragraph(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, 80, initial_indent=indent, subsequent_indent=indent + "    ")


def diagnose(
    history: History,
    n_eval: int | None = None,
    correct: Sequence[Sequence[bool]] | None = None,
    groups: Sequence[Hashable] | None = None,
) -> Diagnosis:
    r"""Say what the record of a run can tell of its unsteadiness, and what it cannot.

    Parameters
    ----------
    history : History
        One run, as :func:`unsteady.logs.read_log` returns them, or one replicate of what
        :func:`unsteady.training.train` does, ``history.replicate(k)``.
    n_eval : int, optional
        Size of the evaluation set; otherwise as recorded, or inferred from the digits where they allow.
    correct : sequence of sequences of bool, optional
        Which examples were right at each evaluation, ``(evaluations, n_eval)``. It settles how much of the
        jumps the set makes.
    groups : sequence, optional
        To which group each example belongs, where they come in groups (patients, videos, authors): examples
        of a group count as right or wrong together.

    Returns
    -------
    Diagnosis
        Findings with verdict, evidence and next test; printed, a report.

    Raises
    ------
    ValueError
        If `history` has replicates, or sizes do not fit.

    Notes
    -----
    Jitter whose interval (99 %) lies above the ceiling is evidence that accuracy on the population moves, if
    the set is fixed, its examples are independent, many of them flip now and then, accuracy is their plain
    mean, and the set's errors at evaluations once and twice apart have correlations
    :math:`4\rho_1 \ge \rho_2`. It is called supported where its lower end is above :math:`\sqrt 2`
    ceilings, so that the set cannot make half of the squared jitter, and changes over one to four evaluations
    are as large, which guards against the last assumption; otherwise possible, as it is where the size is
    inferred or accuracies are no counts. With :math:`r` the ceiling over the jitter, `low` the interval's
    lower end and :math:`d` the degrees of freedom, the real share in the squared jitter is then at least the
    smaller of :math:`1 - \text{ceiling}^2 / \text{low}^2` and :math:`1 - r^2 - 5.5 r / \sqrt d`, which leaves
    room for a chance agreement of the set's part with the model's. Jitter below the ceiling is no evidence
    that the model rests.
    """
    if not isinstance(history, History):
        raise TypeError(f"history must be a History, got {type(history).__name__}")
    from unsteady import _findings, _run, _trend

    run = _run.prepared(history, n_eval, correct, groups)
    parts = (
        _findings.reading,
        _findings.resolution,
        _findings.movement,
        _findings.driver,
        _trend.trend,
        _findings.unknown,
        _findings.next_run,
    )
    findings: list[Finding] = []
    for section, part in zip(SECTIONS, parts, strict=True):
        findings += [replace(finding, section=section) for finding in part(run)]
        run.found.update(finding.name for finding in findings)
    return Diagnosis(history, tuple(findings), run.numbers, tuple(run.stretches))


def compare_reruns(base: Any, quarter_rate: Any, large_batch: Any) -> Finding:
    r"""Tell too high a rate from too small a batch, by two short reruns.

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
    Which of the two calms *more* does not tell: in shuffled epochs a lower rate calms by more than
    :math:`\eta/B` says, and as much as the larger batch.
    """
    from unsteady._run import points, settled_curve

    runs = {"base": base, "quarter_rate": quarter_rate, "large_batch": large_batch}
    curves = {name: settled_curve(run) for name, run in runs.items()}
    for name, curve in curves.items():
        if len(curve) < FEWEST:
            raise ValueError(
                f"{name} must hold at least {FEWEST} evaluations after its first climb, got {len(curve)}"
            )
    usual, rate, batch = (max(jitter(curve), 1e-12) for curve in curves.values())
    # The variance of a standard deviation's logarithm is 1/2 over its degrees of freedom.
    error = math.sqrt(2 * 35 / (36 * (min(map(len, curves.values())) - 2)))
    told = (
        f"jitter of {points(usual)} became {points(rate)} at a quarter of the rate and {points(batch)} with "
        "eight times the batch: "
    )
    if rate > 0.7 * usual:
        name, beyond = "not-the-steps", math.log(rate / usual / 0.7)
        told += "shorter steps hardly calm it, so it does not come of the steps."
        todo = "look at the evaluation: its size, its mode, whether the set is fixed."
    elif batch > 0.6 * usual:
        # If both reruns stop at the same floor, it may be that of the evaluation.
        name, beyond = "instability", min(math.log(batch / usual / 0.6), math.log(batch / rate))
        told += "the larger batch leaves it, so too high a rate is likelier than batch noise."
        todo = "lower the rate, or warm up."
    else:
        name, beyond = "batch-noise", math.log(0.6 * usual / batch)
        told += "both calm it, as they calm batch noise."
        todo = "a larger batch, averages, or a rate that falls."
    return Finding(name, "supported" if beyond > 2 * error else "possible", told, todo, "driver")
