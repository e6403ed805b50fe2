"""The thresholds that decide what a diagnosis says."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Every threshold that decides what a diagnosis says, with its reason.

    Accuracies and their changes are fractions (0.01 is one point). The sentences of a finding are made with
    ``THRESHOLDS``, whichever thresholds have led to it.

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

    # The evaluation set
    max_printed_digits: int = 6
    """Single precision holds about seven digits, so accuracies with more than six are taken for exact."""
    largest_eval_set: int = 1_000_000
    """Where the size is not known, sizes below this are tried; hardly any evaluation set is larger."""

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
    smallest_jitter: float = 1e-12
    """In place of a jitter of 0, of which there is no ratio; far below one example of any set."""

    # Trend: tests
    trend_alpha: float = 0.003
    """About four trends are tested in each log, so about one log in a hundred shows a false one at most."""
    weak_trend_alpha: float = 0.1
    """To say that accuracy does *not* fall, even weak evidence that it does must be missing."""
    majority_alpha: float = 0.01
    """Evaluations of one run are alike, so the sign test asks for more than the usual level."""
    trend_points: int = 400
    """Pairs of points grow with the square of a curve; 400 means of neighbours keep its slope."""
    trend_min_scatters: float = 4.0
    """A change of this many scatters end to end is a trend, however much neighbours are alike."""
    max_autocorrelation: float = 0.95
    """Keeps the variance of the trend test finite; 0.95 already widens it by a factor of 39."""

    # Trend: parts of a curve
    smoothing_reach: int = 2
    """A running median of five values, two neighbours on either side, drops up to two outliers in a row."""
    end_divisor: int = 4
    """A curve's end is its last quarter: several values even of the shortest curve that is judged."""
    pace_divisor: int = 3
    """The pace at the end is that of the last third, long enough for a slope, and past most of the climb."""

    # Trend: accuracy
    spike_fall: float = 0.05
    """A floor below `spike_dips`: in a calm curve many dips may be few points. Five points are a spike."""
    spike_dips: float = 8.0
    """Eight usual dips are twice what noise reaches in a thousand evaluations. A spike exceeds both."""
    spike_share: float = 1 / 8
    """More dips than one evaluation in eight are the curve's usual jitter, no isolated spikes."""
    collapse_margin: int = 3
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
    """A fall within two standard errors of the mean after the peak may be a chance high at the peak."""
    improving_gain: float = 0.005
    """A gain of less than half a point in half a run is not worth training on for."""
    improving_jitters: float = 1.0
    """A gain within one standard deviation of the jitter is not seen in the curve."""
    improving_pace: float = 1 / 3
    """If the end goes on at less than a third of the pace, the curve has flattened."""
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
    training_loss_share: float = 1 / 2
    """A training loss known at fewer than half of the evaluations may have risen unseen."""
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

    # Sentences
    shown_share: float = 0.005
    """A model's share of less than half a per cent would be printed as 0 %, which says nothing."""
    shown_chance: float = 0.001
    """A chance below 0.1 % is printed as 0.1 %: the bound on it is no finer."""
    shown_p: float = 1e-12
    """A smaller p-value is printed as below this: its size no longer matters to anybody."""
    listed_positions: int = 5
    """More places than these make a sentence that nobody reads to its end."""


THRESHOLDS = Thresholds()
"""The thresholds in use."""

MIN_EVALUATIONS = THRESHOLDS.min_evaluations
"""Evaluations at one rate below which nothing is said of jitter or trend."""
