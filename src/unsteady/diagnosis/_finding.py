"""The types of a diagnosis: sections, verdicts, findings and segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from unsteady.accuracy import Interval
from unsteady.diagnosis._wording import describe, recommend

SECTIONS = (
    "what was read",
    "resolution",
    "movement",
    "cause",
    "trend",
    "what this log cannot say",
    "the next run to make",
)
"""The sections of a report, in order."""

VERDICTS = ("fact", "supported", "possible", "not identifiable")
"""The verdicts: read off the log; more than chance makes; a hint; not to be had from this log."""

FINDINGS: Mapping[str, tuple[str, ...]] = {
    "what was read": ("read", "not-finite"),
    "resolution": (
        "no-accuracy",
        "eval-size",
        "smaller-set",
        "no-counts",
        "last",
        "largest-drop",
        "best-epoch",
    ),
    "movement": ("too-short", "population-moves", "short-stretch", "set-share"),
    "cause": (
        "restart",
        "jitter-follows-rate",
        "rate-or-batch",
        "batch-noise",
        "instability",
        "not-the-steps",
    ),
    "trend": (
        "spikes",
        "collapsed",
        "declines",
        "still-improving",
        "level",
        "overfitting",
        "over-confident",
        "handicapped-metric",
        "training-plateau",
    ),
    "what this log cannot say": ("share", "groups", "seeds", "mode"),
    "the next run to make": ("next",),
}
"""The names of all findings, by section."""

_SECTION_OF = {name: section for section, names in FINDINGS.items() for name in names}
_NAMES = tuple(_SECTION_OF)


@dataclass(frozen=True)
class Finding:
    """One statement about a log, as numbers; its sentences are made from them when they are asked for.

    Attributes
    ----------
    name : str
        The subject, such as ``"population-moves"``; one of the names in ``FINDINGS``.
    verdict : str
        One of ``VERDICTS``: ``"fact"``, ``"supported"``, ``"possible"`` or ``"not identifiable"``.
    values : dict
        The numbers, strings, booleans and lists behind the verdict. Which keys each finding has is listed on
        the page of :mod:`unsteady.diagnosis` in the reference.

    Raises
    ------
    ValueError
        If `name` or `verdict` is none of these.

    Examples
    --------
    >>> finding = Finding("level", "supported", {"changed": 0.004})
    >>> finding.section, finding.evidence
    ('trend', 'accuracy changed by +0.4 points over the second half.')
    """

    name: str
    verdict: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for argument, value, allowed in (("name", self.name, _NAMES), ("verdict", self.verdict, VERDICTS)):
            if value not in allowed:
                raise ValueError(f"{argument} must be one of {', '.join(map(repr, allowed))}, got {value!r}")

    @property
    def section(self) -> str:
        """The section of the report that the finding belongs to, one of ``SECTIONS``."""
        return _SECTION_OF[self.name]

    @property
    def evidence(self) -> str:
        """The finding in a sentence, with its numbers."""
        return describe(self.name, self.values)

    @property
    def next(self) -> str:
        """What to do or measure next, in a sentence; empty where there is nothing."""
        return recommend(self.name, self.values)


class Assessment(NamedTuple):
    """What one section of a diagnosis returns."""

    findings: list[Finding]
    """Its findings, in the order of the report."""
    numbers: dict[str, Any]
    """What it measured, also where no finding came of it."""


class Segment(NamedTuple):
    """A run of evaluations at one learning rate, without the climb at its beginning.

    Examples
    --------
    >>> segment = Segment(3, 40, 0.1, 0.02, Interval(0.015, 0.028), 0.012)
    >>> segment.interval.low > segment.sampling_bound
    True
    """

    start: int
    """The first evaluation, among those with a finite accuracy."""
    stop: int
    """The evaluation after the last."""
    rate: float
    """The mean learning rate; NaN where the log has none."""
    jitter: float
    """Of accuracy, see :func:`unsteady.accuracy.jitter`."""
    interval: Interval
    """Of the jitter, see :func:`unsteady.accuracy.jitter_interval`."""
    sampling_bound: float
    """The most that the evaluation set can add to the jitter; NaN where its size is not known."""
