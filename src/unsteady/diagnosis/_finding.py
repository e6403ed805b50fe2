"""The types of a diagnosis: sections, verdicts, findings, segments and the thresholds that decide."""

from __future__ import annotations

import math
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


@dataclass(frozen=True)
class Finding:
    """One statement about a log, as numbers; its sentences are made from them when they are asked for.

    Attributes
    ----------
    name : str
        The subject, such as ``"population-moves"``; one of the names in ``FINDINGS``.
    verdict : str
        One of ``VERDICTS``.
    values : dict
        The numbers, strings, booleans and lists behind the verdict. The reference lists the keys of each
        finding.

    Examples
    --------
    >>> finding = Finding("level", "supported", {"changed": 0.004})
    >>> finding.section, finding.evidence
    ('trend', 'accuracy changed by +0.4 points over the second half.')
    """

    name: str
    verdict: str
    values: Mapping[str, Any] = field(default_factory=dict)

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
        """The test that would tell more, in a sentence; empty where there is none."""
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


@dataclass(frozen=True)
class Thresholds:
    """Every threshold that decides what a diagnosis says, with its reason.

    Accuracies and their changes are fractions (0.01 is one point).

    Examples
    --------
    >>> Thresholds().min_evaluations
    12
    """

    # Segments and jitter
    min_evaluations: int = 12
    """Fewer leave a jitter less than 5 degrees of freedom: its 95 % interval then spans a factor above 4."""
    min_listed: int = 5
    """Shorter segments are not worth a line in a report: nobody reads a jitter into them."""
    rate_step_factor: float = 1.5
    """A rate that changes by more between two evaluations is a step of a schedule, not a decay."""
    rate_drift_factor: float = 4.0
    """Batch noise goes with the root of the rate, so such a drift has changed it by a factor of 2."""
    burn_in_jitters: float = 2.0
    """An evaluation within two standard deviations of the later level no longer belongs to the climb."""
    jitter_alpha: float = 0.005
    """One-sided, so that an interval of 99 % is compared with the bound; shared by all segments of a run."""

    # Movement of the population
    supported_bounds: float = math.sqrt(2)
    """Beyond this many sampling bounds the set cannot make half of the squared jitter."""
    supported_lags: tuple[int, ...] = (1, 2, 3, 4)
    """A run that alternates between two states is still at even lags, so all these changes must be large."""
    covariance_allowance: float = 5.5
    """Standard errors left for a chance covariance of the set's part with the model's (2 x 2.75, 99.7 %)."""
    set_share_errors: float = 2.0
    """Two standard errors to either side make an interval of about 95 %."""

    # Two accuracies
    significance: float = 0.05
    """The usual level of McNemar's test, which readers expect."""
    correct_tolerance: float = 0.006
    """Accuracies printed with two decimals are off by up to 0.005, and a little for single precision."""

    # Cause
    restart_jitters: float = 2.0
    """A fall within two standard deviations at a restart may be jitter."""
    quarter_rate_left: float = 0.7
    """A quarter of the rate leaves at most half of what comes of the steps; between that and 1."""
    large_batch_left: float = 0.6
    """Eight times the batch leaves 1/sqrt(8) = 0.35 of batch noise, and all of instability; between both."""
    rerun_errors: float = 2.0
    """A ratio of jitters two standard errors beyond its threshold is called supported."""

    # Trend: tests
    trend_alpha: float = 0.003
    """About four trends are tested in each log, so about one log in a hundred shows a false one at most."""
    weak_trend_alpha: float = 0.1
    """To say that accuracy does *not* fall, even weak evidence that it does must be missing."""
    majority_alpha: float = 0.01
    """Evaluations of one run are alike, so the sign test asks for more than the usual level."""
    trend_points: int = 400
    """Pairs of points grow with the square of a curve; 400 means of neighbours keep its slope."""
    wandering_scatters: float = 4.0
    """A change of this many scatters end to end is a trend, however much neighbours are alike."""
    max_autocorrelation: float = 0.95
    """Keeps the variance of the trend test finite; 0.95 already widens it by a factor of 39."""

    # Trend: accuracy
    spike_fall: float = 0.05
    """Five points for one evaluation is what readers call a spike."""
    spike_dips: float = 8.0
    """Eight usual dips are twice what normal noise reaches in a thousand evaluations."""
    spike_share: float = 1 / 8
    """More dips than one evaluation in eight are the curve's usual jitter, no isolated spikes."""
    collapse_evaluations: int = 6
    """Three evaluations before the fall and three after it, so that one bad evaluation is no collapse."""
    collapse_window: int = 5
    """The level before a fall is the median of so many evaluations, which two outliers do not move."""
    collapse_fall: float = 0.1
    """Ten points that never come back are no slow decline."""
    collapse_jitters: float = 5.0
    """In a rough curve a lasting fall must also stand out of its jitter."""
    decline_fall: float = 0.01
    """A decline of less than a point is nothing to act on."""
    decline_errors: float = 2.0
    """A fall within two standard errors of the mean after the peak may be the peak's luck."""
    improving_gain: float = 0.005
    """A gain of less than half a point in half a run is not worth training on for."""
    improving_jitters: float = 1.0
    """A gain within one standard deviation of the jitter is not seen in the curve."""
    improving_pace: float = 1 / 3
    """If the last third goes on at less than a third of the pace, the curve has flattened."""
    spent_rate: float = 0.05
    """With less than a twentieth of the highest rate left, a run cannot go on rising."""
    level_change: float = 0.01
    """A change within one point over half a run is called level."""
    level_jitters: float = 1.0
    """In a rough curve a change within one standard deviation of the jitter is called level, too."""
    level_end: int = 5
    """The median of the last five evaluations must agree with the half's, or the curve has just left it."""
    level_end_jitters: float = 2.0
    """It agrees within two standard deviations of the jitter."""

    # Trend: losses
    overfitting_rise: float = 0.05
    """A rise of the validation loss by less than 5 % is hardly seen, and costs hardly anything."""
    overconfident_fall: float = 0.002
    """Accuracy that falls by a fifth of a point while the loss rises has hardly become worse."""
    plateau_fall: float = 0.05
    """A training loss that falls by less than 5 % in half a run has stopped falling."""
    fitted_accuracy: float = 0.98
    """With so many training examples right, there is nothing left to fit."""
    fitted_loss: float = 0.02
    """A cross-entropy of 0.02 gives the right class 98 %: the same, where only the loss is logged."""

    # What to do next
    movement_settled: float = 0.5
    """If the model surely makes more than half of the squared jitter, the set is not the next question."""


THRESHOLDS = Thresholds()
"""The thresholds in use."""

MIN_EVALUATIONS = THRESHOLDS.min_evaluations
"""Evaluations at one rate below which nothing is said of jitter or trend."""
