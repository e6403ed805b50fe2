"""The statistics that a diagnosis rests on, and what is known of an evaluation set."""

import numpy as np
import pytest
from scipy.stats import binomtest, theilslopes

from unsteady.accuracy import jitter
from unsteady.diagnosis import THRESHOLDS
from unsteady.diagnosis._evidence import EvalSet
from unsteady.diagnosis._statistics import (
    grouped_sampling_bound,
    is_decreasing,
    is_increasing,
    is_majority,
    mann_kendall_test,
    sampling_bound,
    theil_sen_change,
)


def test_the_slope_is_that_of_scipy():
    rng = np.random.default_rng(0)
    curve = 0.1 * np.arange(30) + rng.normal(size=30)
    assert theil_sen_change(curve.tolist(), THRESHOLDS) == pytest.approx(29 * theilslopes(curve).slope)


def test_a_long_curve_keeps_its_slope():
    rng = np.random.default_rng(0)
    curve = np.linspace(0, 5, 3000) + rng.normal(size=3000)
    assert theil_sen_change(curve.tolist(), THRESHOLDS) == pytest.approx(5, abs=0.2)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_a_curve_without_a_trend_seldom_has_one(correlation):
    """Without the correction, correlated neighbours would show far too many."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(300, 60))
    for k in range(1, 60):
        noise[:, k] += correlation * noise[:, k - 1]
    found = np.mean([abs(mann_kendall_test(curve.tolist(), THRESHOLDS)) < 0.05 for curve in noise])
    assert 0.01 < found < 0.1


def test_a_trend_has_a_direction():
    rng = np.random.default_rng(2)
    rising = np.arange(30) + 2 * rng.normal(size=30)
    assert is_increasing(rising.tolist(), THRESHOLDS)
    assert not is_decreasing(rising.tolist(), THRESHOLDS)
    assert is_decreasing((-rising).tolist(), THRESHOLDS)


@pytest.mark.parametrize("count", [2, 10, 15, 16, 17, 18, 20])
def test_a_majority_is_the_sign_test(count):
    assert is_majority(count, 20, 0.01) == (count > 10 and binomtest(count, 20).pvalue < 0.01)


@pytest.mark.parametrize("size", [1, 5])
def test_a_set_of_groups_stays_within_the_bound(size):
    """Where nothing moves, the mean square of the jitter that a set makes is below the bound's."""
    rng = np.random.default_rng(3)
    groups = 400 // size
    p = rng.uniform(0.5, 1, groups)
    curves = np.repeat(rng.random((60, 40, groups)) < p, size, axis=-1).mean(axis=-1).tolist()
    bounds = np.array([grouped_sampling_bound(curve, [size] * groups) for curve in curves])
    rough = np.array([jitter(curve) for curve in curves])
    assert 1 < (bounds**2).mean() / (rough**2).mean() < 1.6
    if size == 1:  # p(1-p) of the mean accuracy, where the other takes the mean of p(1-p)
        assert bounds == pytest.approx([sampling_bound(curve, 400) for curve in curves], rel=0.01)


COUNTS = [k / 250 for k in (201, 208, 211, 215, 214, 219, 222, 221)]


@pytest.mark.parametrize(
    ("known", "n", "source", "effective_n", "smaller"),
    [
        ({}, 250, "inferred", 250, None),
        ({"recorded": 500}, 500, "recorded", 500, 250),
        ({"n_eval": 600}, 600, "given", 600, None),
        ({"recorded": 500, "n_eval": 250}, 250, "given", 250, None),
        ({"recorded": 500, "n_eval": 250, "n_correct": 250}, 250, "correct", 250, None),
        ({"n_correct": 500}, 500, "correct", 500, None),
        ({"groups": [0] * 150 + [1] * 100}, 250, "groups", 250**2 / (150**2 + 100**2), None),
        ({"n_eval": 250, "groups": [k // 2 for k in range(250)]}, 250, "given", 125, None),
    ],
)
def test_the_most_reliable_source_says_the_size(known, n, source, effective_n, smaller):
    found = EvalSet.resolve(COUNTS, **known)
    assert (found.n, found.source, found.smaller) == (n, source, smaller)
    assert found.effective_n == pytest.approx(effective_n)
    assert found.is_inferred == (found.chance > 0) == (source == "inferred")


def test_without_a_size_there_is_no_bound():
    unknown = EvalSet.resolve([0.5, 0.7])
    assert unknown == EvalSet()
    assert np.isnan(unknown.bound([0.5, 0.7]))
