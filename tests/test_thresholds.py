"""What lies just within and just beyond each threshold of a diagnosis.

The numbers are typed here, so that nobody changes a threshold unawares.
"""

import math
import random
from statistics import median

import numpy as np
import pytest
from made_by_hand import record
from scipy.stats import binomtest

from unsteady.accuracy import jitter, jitter_interval
from unsteady.diagnosis import THRESHOLDS, compare_reruns, diagnose
from unsteady.diagnosis._statistics import (
    _autocorrelation_inflation,
    is_decreasing,
    is_increasing,
    mann_kendall_test,
    theil_sen_change,
)
from unsteady.diagnosis._wording import FORMATS
from unsteady.history import History

CLOSE = (0.9, 0.95, 1.05, 1.1)
"""Parts of a threshold at which something is tried."""
ROUGH = [0.9, 0.86, 0.93, 0.88, 0.91, 0.85, 0.92] * 5
WAVE = [3 * math.sin(k / 3) + random.Random(0).gauss(0, 1) for k in range(60)]


def waves(amplitude, evaluations, slope=0.0):
    """Return a curve of period 3, of which every running median lies on its line."""
    return [0.8 + slope * k + amplitude * (0, 1, -1)[k % 3] for k in range(evaluations)]


def names(history, **known):
    return {finding.name for finding in diagnose(history, **known).findings}


# Segments and jitter ------------------------------------------------------------------------------


@pytest.mark.parametrize(("evaluations", "segments"), [(11, 0), (12, 1)])
def test_evaluations_of_a_segment(evaluations, segments):
    assert len(diagnose(record(([0.8, 0.9] * 6)[:evaluations])).segments) == segments


@pytest.mark.parametrize(("evaluations", "listed"), [(4, False), (5, True)])
def test_evaluations_of_a_segment_that_is_listed(evaluations, listed):
    rates = [0.1] * 35 + [0.01] * evaluations
    curve = ROUGH + ROUGH[:evaluations]
    assert ("short-stretch" in names(record(curve, learning_rate=rates), n_eval=100)) == listed


@pytest.mark.parametrize("factor", [1.4, 1.6])
def test_a_step_of_the_rate(factor):
    found = diagnose(record(ROUGH * 2, learning_rate=[factor] * 35 + [1.0] * 35))
    assert len(found.segments) == (2 if factor > 1.5 else 1)


@pytest.mark.parametrize("factor", [3.6, 4.4])
def test_a_drift_of_the_rate(factor):
    rates = [1.0] * 30 + [factor ** (-k / 5) for k in range(5)] + [1 / factor] * 35
    assert len(diagnose(record(ROUGH * 2, learning_rate=rates)).segments) == (2 if factor > 4 else 1)


@pytest.mark.parametrize("jitters", [1.8, 2.2])
def test_the_end_of_the_climb(jitters):
    calm = [0.8, 0.82] * 20
    level, usual = median(calm[20:]), jitter(calm[20:])
    [segment] = diagnose(record([level - jitters * usual, *calm[1:]])).segments
    assert segment.start == (1 if jitters > 2 else 0)


def test_the_interval_of_a_jitter_has_99_per_cent():
    [segment] = diagnose(record(ROUGH)).segments
    assert segment.interval == pytest.approx(jitter_interval(ROUGH[segment.start : segment.stop], 0.99))


# The evaluation set -------------------------------------------------------------------------------


@pytest.mark.parametrize(("accuracy", "width"), [(0.123456, 100), (0.1234567, 0)])
def test_digits_that_are_taken_for_rounded(accuracy, width):
    fewest, most = diagnose(record([0.5, accuracy]), n_eval=10**8)["last"].values["right"]
    assert most - fewest == pytest.approx(width, abs=2)


@pytest.mark.parametrize("part", [0.9, 1.1])
def test_the_largest_set_that_is_tried(part):
    size = 0.5 / math.sqrt(part * 1e6) / jitter_interval([-1, 1] * 20, 0.99).low
    values = diagnose(record([0.5 - size, 0.5 + size] * 20))["population-moves"].values
    assert values["sufficient_n"] == (pytest.approx(0.9e6, rel=0.01) if part < 1 else None)


# Movement -----------------------------------------------------------------------------------------


def moving(size):
    n = 10**6
    return diagnose(record([round(n * (0.5 + size * z)) / n for z in WAVE]), n_eval=n)


def test_bounds_that_support_a_movement():
    once = moving(1e-3).numbers
    for part in CLOSE:
        size = 1e-3 * part * math.sqrt(2) * once["sampling_bound"] / once["jitter_low"]
        expected = "supported" if part > 1 else "possible"
        assert moving(size)["population-moves"].verdict == expected


@pytest.mark.parametrize("period", [2, 3, 4, 5])
def test_lags_that_support_a_movement(period):
    curve = ([0.9, 0.8, 0.86, 0.78, 0.93][:period] * 30)[:60]
    verdict = diagnose(record(curve), n_eval=100_000)["population-moves"].verdict
    assert verdict == ("supported" if period == 5 else "possible")


def test_the_share_leaves_room_for_a_chance_covariance():
    found = diagnose(record(ROUGH), n_eval=1700)
    [segment] = found.segments
    ratio = segment.sampling_bound / segment.jitter
    degrees = 18 / 35 * (segment.stop - segment.start - 2)
    expected = 1 - ratio**2 - 5.5 * ratio / math.sqrt(degrees)
    assert 0 < expected < 1 - (segment.sampling_bound / segment.interval.low) ** 2
    assert found.numbers["model_share_lower_bound"] == pytest.approx(expected)


def test_the_interval_of_the_sets_share():
    correct = [[(k * evaluation) % 7 < 5 for k in range(60)] for evaluation in range(1, 20)]
    found = diagnose(record([sum(row) / 60 for row in correct]), correct=correct)
    changes = found["set-share"].values["changes"]
    ratio = found.numbers["set_share_low"] * math.exp(2 * math.sqrt(2 / changes))
    assert ratio < 1
    assert found.numbers["set_share"] == pytest.approx(ratio)


@pytest.mark.parametrize("part", [0.9, 1.1])
def test_a_share_that_settles_the_next_run(part):
    low, high = 1e-4, 1e-1
    for _ in range(40):  # the amplitude with so large a share
        middle = math.sqrt(low * high)
        share = moving(middle).numbers["model_share_lower_bound"]
        low, high = (middle, high) if share < 0.5 * part else (low, middle)
    assert moving(high)["next"].values["kind"] == ("reruns" if part > 1 else "keep flips")


@pytest.mark.parametrize("off", [0.0055, 0.0065])
def test_how_far_correct_may_be_off(off):
    history, correct = record([0.5 + off] * 2), [[True, False] * 50] * 2
    if off < 0.006:
        assert "set-share" in names(history, correct=correct)
    else:
        with pytest.raises(ValueError, match="correct must have the means val_accuracy"):
            diagnose(history, correct=correct)


# Cause --------------------------------------------------------------------------------------------


def test_a_fall_at_a_restart():
    outcomes = set()
    for depth in np.linspace(0.02, 0.1, 60).tolist():
        curve = [0.9, 0.88, 0.91] * 10 + [0.91 - depth] + [0.9, 0.88, 0.91] * 10
        fallen = depth / jitter(curve)
        if 1.8 < fallen < 2.2:
            seen = "restart" in names(record(curve, learning_rate=[0.1] * 30 + [0.2] * 31))
            assert seen == (fallen > 2)
            outcomes.add(seen)
    assert outcomes == {True, False}


def rerun(quarter_rate, large_batch):
    curves = ([0.8 + 0.01 * part * (-1) ** k for k in range(40)] for part in (1, quarter_rate, large_batch))
    return compare_reruns(*curves)


@pytest.mark.parametrize(
    ("quarter_rate", "large_batch", "name"),
    [
        (0.65, 0.1, "batch-noise"),
        (0.75, 0.1, "not-the-steps"),
        (0.1, 0.57, "batch-noise"),
        (0.1, 0.63, "instability"),
    ],
)
def test_what_is_left_of_the_jitter_of_reruns(quarter_rate, large_batch, name):
    assert rerun(quarter_rate, large_batch).name == name


@pytest.mark.parametrize(("errors", "verdict"), [(1.8, "possible"), (2.2, "supported")])
def test_errors_that_support_a_rerun(errors, verdict):
    left = 0.6 * math.exp(-errors / math.sqrt(18 / 35 * 38))
    assert rerun(0.1, left).verdict == verdict


def test_reruns_without_jitter():
    assert set(compare_reruns([0.5] * 20, [0.5] * 20, [0.5] * 20).values.values()) == {1e-12}


# Tests of a trend ---------------------------------------------------------------------------------


def noisy_slopes(slope, low, high):
    """Return curves with a slope whose p-value of a trend is between two ends."""
    rng = np.random.default_rng(0)
    curves = (slope * np.arange(24) + rng.normal(size=(400, 24))).tolist()
    return [(c, p) for c in curves if low < abs(p := mann_kendall_test(c, THRESHOLDS)) < high]


def test_the_level_of_a_trend():
    outcomes = set()
    for curve, p in noisy_slopes(0.09, 0.0025, 0.0035):
        assert is_increasing(curve, THRESHOLDS) == (0 < p < 0.003)
        assert is_decreasing([-value for value in curve], THRESHOLDS) == (0 < p < 0.003)
        outcomes.add(p < 0.003)
    assert outcomes == {True, False}


def test_the_level_of_a_weak_trend():
    outcomes = set()
    for curve, p in noisy_slopes(-0.05, 0.085, 0.115):
        if p < 0:
            found = names(record([0.8 + 1e-4 * z for z in curve], val_loss=[1 + k / 10 for k in range(24)]))
            assert ("over-confident" in found) == (-p > 0.1)
            outcomes.add(-p > 0.1)
    assert outcomes == {True, False}


def test_the_level_of_a_majority():
    outcomes = set()
    for total in range(20, 80):
        for worse in range(total // 2 + 1, total):
            if 0.0085 < binomtest(worse, total).pvalue < 0.0115:
                training = [0.7] * worse + [0.9] * (total - worse)
                seen = "handicapped-metric" in names(record([0.8] * total, accuracy=training))
                assert seen == (binomtest(worse, total).pvalue < 0.01)
                outcomes.add(seen)
    assert outcomes == {True, False}


def test_points_of_a_trend():
    assert theil_sen_change(range(400), THRESHOLDS) == 399
    assert theil_sen_change(range(402), THRESHOLDS) == 400  # of 201 means of two


def test_a_trend_that_is_no_wandering():
    outcomes = set()
    for slope in np.linspace(0.05, 0.2, 60).tolist():
        curve = [slope * k + math.sin(k / 4) for k in range(50)]
        change = theil_sen_change(curve, THRESHOLDS)
        scatter = np.std(np.array(curve) - change / 49 * np.arange(50))
        if 0.85 < change / scatter / 4 < 1.15:
            inflated = _autocorrelation_inflation(curve, THRESHOLDS) > 1
            assert inflated == (change < 4 * scatter)
            outcomes.add(inflated)
    assert outcomes == {True, False}


def test_the_largest_autocorrelation():
    assert _autocorrelation_inflation([math.sin(k / 60) for k in range(400)], THRESHOLDS) == pytest.approx(39)


# Parts of a curve ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("outliers", "dropped"), [(2, True), (3, False)])
def test_outliers_that_a_running_median_drops(outliers, dropped):
    curve = [0.8] * 20 + [0.9] * outliers + [0.8] * 20
    assert (diagnose(record(curve)).numbers["fallen_from_peak"] == 0) == dropped


def test_the_end_of_a_curve_is_its_last_quarter():
    found = diagnose(History(val_loss=[1 + k / 100 for k in range(40)]))
    assert found.numbers["val_loss_risen"] == pytest.approx(1.345 / 1.01 - 1)


def test_the_pace_at_the_end_of_a_climb():
    outcomes = set()
    for later in np.linspace(-1, 1, 60).tolist():
        curve = [0.3 + 0.005 * (min(k, 50) + later * max(k - 50, 0)) for k in range(60)]
        pace, at_end = (theil_sen_change(part, THRESHOLDS) / len(part) for part in (curve[30:], curve[40:]))
        if at_end / pace < 0.6:
            seen = "still-improving" in names(record(curve))
            assert seen == (at_end > pace / 3)
            outcomes.add(seen)
    assert outcomes == {True, False}


# Accuracy -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [0.045, 0.055])
def test_how_deep_a_spike_is_at_least(depth):
    curve = [0.9] * 40
    curve[20] -= depth
    assert ("spikes" in names(record(curve))) == (depth > 0.05)


@pytest.mark.parametrize("depth", [0.15, 0.17])
def test_how_many_usual_dips_a_spike_is(depth):
    curve = [0.9, 0.88] * 20  # usual dips of 0.02
    curve[21] = 0.9 - depth
    assert ("spikes" in names(record(curve))) == (depth > 8 * 0.02)


@pytest.mark.parametrize("spikes", [10, 11])
def test_how_many_spikes_are_isolated(spikes):
    curve = [0.6 if k % 7 == 3 and k // 7 < spikes else 0.9 for k in range(80)]
    assert ("spikes" in names(record(curve))) == (spikes / 80 <= 1 / 8)


@pytest.mark.parametrize("margin", [2, 3])
def test_evaluations_on_either_side_of_a_collapse(margin):
    assert ("collapsed" in names(record([0.9] * 20 + [0.1] * margin))) == (margin == 3)


def test_the_level_before_a_collapse():
    curve = [0.5 + 0.01 * k for k in range(40)] + [0.1] * 20
    assert diagnose(record(curve))["collapsed"].values["before"] == pytest.approx(0.5 + 0.37)


@pytest.mark.parametrize("fall", [0.09, 0.11])
def test_how_deep_a_collapse_is_at_least(fall):
    assert ("collapsed" in names(record([0.9] * 30 + [0.9 - fall] * 30))) == (fall > 0.1)


def test_how_many_jitters_a_collapse_is():
    outcomes = set()
    for rough in np.linspace(0, 0.4, 60).tolist():
        curve = [0.9, 0.9 - rough] * 5 + [0.9] * 10 + [0.5] * 20
        jitters = 0.4 / jitter(curve)
        if 4.5 < jitters < 5.5:
            seen = "collapsed" in names(record(curve))
            assert seen == (jitters > 5)
            outcomes.add(seen)
    assert outcomes == {True, False}


def test_how_deep_a_decline_is_at_least():
    outcomes = set()
    for slope in np.linspace(1e-4, 4e-4, 60).tolist():
        found = diagnose(record([0.9 - slope * k for k in range(50)]))
        fallen = found.numbers["fallen_from_peak"]
        if 0.009 < fallen < 0.011:
            assert ("declines" in found) == (fallen > 0.01)
            outcomes.add(fallen > 0.01)
    assert outcomes == {True, False}


def test_how_many_errors_a_decline_is():
    outcomes = set()
    for slope in np.linspace(-6e-4, -2e-4, 30).tolist():
        curve = waves(0.05, 48, slope)
        found = diagnose(record(curve))
        errors = found.numbers["fallen_from_peak"] / (jitter(curve[24:]) / math.sqrt(48))
        if 1.8 < errors < 2.2:
            assert ("declines" in found) == (errors > 2)
            outcomes.add(errors > 2)
    assert outcomes == {True, False}


@pytest.mark.parametrize("gain", [0.0045, 0.0055])
def test_the_least_gain(gain):
    found = diagnose(record([0.8 + gain / 19 * k for k in range(40)]))
    assert found.numbers["gained_in_second_half"] == pytest.approx(gain)
    assert ("still-improving" in found) == (gain > 0.005)


@pytest.mark.parametrize("name", ["still-improving", "level"])
def test_a_gain_within_the_jitter(name):
    """Where the rate is spent, a run that is not level is not said to improve."""
    rates = [0.1] * 100 + [0.001] * 20 if name == "level" else [0.1] * 120
    outcomes = set()
    for slope in np.linspace(3e-4, 4e-4, 30).tolist():
        curve = waves(0.02, 120, slope)
        found = diagnose(record(curve, learning_rate=rates))
        jitters = found.numbers["gained_in_second_half"] / jitter(curve[60:])
        if 0.9 < jitters < 1.1:
            assert (name in found) == (jitters > 1 if name == "still-improving" else jitters <= 1)
            outcomes.add(jitters > 1)
    assert outcomes == {True, False}


@pytest.mark.parametrize("left", [0.045, 0.055])
def test_a_rate_that_is_spent(left):
    history = record([0.5 + 0.01 * k for k in range(40)], learning_rate=[1.0] * 39 + [left])
    assert ("still-improving" in names(history)) == (left > 0.05)


@pytest.mark.parametrize("change", [0.009, 0.011])
def test_a_change_that_is_level(change):
    curve = [0.9] * 20 + [0.9 - change / 19 * k for k in range(20)]
    assert ("level" in names(record(curve))) == (change < 0.01)


@pytest.mark.parametrize(("values", "off", "level"), [(3, 0.018, False), (2, 0.03, True)])
def test_the_last_five_of_a_level_curve(values, off, level):
    assert ("level" in names(record([0.9] * (40 - values) + [0.9 - off] * values))) == level


def test_the_end_of_a_level_curve_in_a_rough_one():
    outcomes = set()
    for off in np.linspace(0.03, 0.05, 40).tolist():
        curve = waves(0.02, 120)
        curve = curve[:-5] + [p - off for p in curve[-5:]]
        jitters = abs(median(curve[-5:]) - median(curve[60:])) / jitter(curve[60:])
        if 1.8 < jitters < 2.2:
            seen = "level" in names(record(curve))
            assert seen == (jitters <= 2)
            outcomes.add(seen)
    assert outcomes == {True, False}


# Losses -------------------------------------------------------------------------------------------


def test_the_least_rise_of_validation_loss():
    outcomes = set()
    for slope in np.linspace(1e-3, 2e-3, 60).tolist():
        found = diagnose(History(val_loss=[1 + slope * k for k in range(40)]))
        risen = found.numbers["val_loss_risen"]
        if 0.045 < risen < 0.055:
            assert ("overfitting" in found) == (risen >= 0.05)
            outcomes.add(risen >= 0.05)
    assert outcomes == {True, False}


@pytest.mark.parametrize(("known", "verdict"), [(19, "possible"), (20, "supported")])
def test_how_much_of_training_loss_is_known(known, verdict):
    loss = [math.nan] * (40 - known) + [1 - 0.01 * k for k in range(known)]
    history = History(val_loss=[1 + 0.1 * k for k in range(40)], loss=loss)
    assert diagnose(history)["overfitting"].verdict == verdict


@pytest.mark.parametrize("fall", [0.0018, 0.0022])
def test_a_fall_that_is_over_confident(fall):
    noise = np.random.default_rng(0).normal(0.8, 0.01, 40)
    level = noise - theil_sen_change(noise.tolist(), THRESHOLDS) / 39 * np.arange(40)
    curve = (level - fall / 39 * np.arange(40)).tolist()
    found = names(record(curve, val_loss=[1 + 0.1 * k for k in range(40)]))
    assert ("over-confident" in found) == (fall < 0.002)


def test_the_least_fall_of_training_loss():
    outcomes = set()
    for slope in np.linspace(1e-3, 4e-3, 60).tolist():
        found = diagnose(History(loss=[1 - slope * k for k in range(40)]))
        fell = found.numbers["train_loss_fell"]
        if 0.045 < fell < 0.055:
            assert ("training-plateau" in found) == (fell < 0.05)
            outcomes.add(fell < 0.05)
    assert outcomes == {True, False}


@pytest.mark.parametrize(("columns", "fitted"), [
    ({"loss": [0.5] * 40, "accuracy": [0.975] * 40}, False),
    ({"loss": [0.5] * 40, "accuracy": [0.985] * 40}, True),
    ({"loss": [0.022] * 40}, False),
    ({"loss": [0.018] * 40}, True),
])  # fmt: skip
def test_a_training_set_that_is_fitted(columns, fitted):
    assert ("training-plateau" not in names(History(**columns))) == fitted


# Sentences ----------------------------------------------------------------------------------------


def test_numbers_that_are_shown():
    assert FORMATS["least_share"](0.0045) == ""
    assert "1%" in FORMATS["least_share"](0.0055)
    assert FORMATS["chance"](0.0) == FORMATS["chance"](0.00051) == "0.1%"
    assert "1e-12" in FORMATS["p_at_most"](0.9e-12)
    assert "1.1e-12" in FORMATS["p_at_most"](1.1e-12)
    five = [["epoch", k] for k in range(5)]
    assert "others" not in FORMATS["first_positions"](five)
    assert "epoch 4 and others" in FORMATS["first_positions"]([*five, ["epoch", 5]])
