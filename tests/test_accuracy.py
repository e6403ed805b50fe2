"""Intervals and tests from counts, against enumeration, simulation, and SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from unsteady.accuracy import accuracy_interval, effective_size, jitter, mcnemar_test


def test_an_interval_ends_where_the_score_test_just_rejects():
    low, high = accuracy_interval(45, 50)
    for end in (low, high):
        assert abs(0.9 - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / 50), rel=1e-6)


@given(
    st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.01, 0.999)
)
def test_an_interval_is_scipys_and_within_0_and_1(counts, level):
    right, n = counts
    ours = accuracy_interval(right, n, level)
    theirs = stats.binomtest(right, n).proportion_ci(level, "wilson")
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert 0 <= ours.low <= right / n <= ours.high <= 1


def test_a_finite_pool_narrows_the_interval_to_what_subsets_of_it_need():
    pool = np.arange(200) < 160
    rng = np.random.default_rng(0)
    counts = rng.permuted(np.tile(pool, (20_000, 1)), axis=1)[:, :100].sum(axis=1)
    ends = {k: accuracy_interval(int(k), 100, pool=200) for k in np.unique(counts)}
    wide = {k: accuracy_interval(int(k), 100) for k in np.unique(counts)}
    assert np.mean([ends[k].low <= 0.8 <= ends[k].high for k in counts]) == pytest.approx(0.95, abs=0.02)
    assert np.mean([wide[k].low <= 0.8 <= wide[k].high for k in counts]) > 0.98
    assert accuracy_interval(80, 200, pool=200) == pytest.approx((0.4, 0.4))


def test_effective_size_makes_the_binomial_variance_the_hypergeometric_one():
    spread = stats.hypergeom(200, 160, 50).std() / 50
    assert math.sqrt(0.8 * 0.2 / effective_size(50, 200)) == pytest.approx(spread)
    assert effective_size(1, 200) == 1
    assert effective_size(200, 200) == math.inf


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemars_test_is_a_two_sided_test_of_a_coin(gained, lost):
    p = mcnemar_test(gained, lost)
    expected = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert p == pytest.approx(expected)
    assert p == mcnemar_test(lost, gained)
    assert 0 < mcnemar_test(gained, lost, mid_p=True) <= p <= 1


def test_mid_p_counts_the_observed_division_by_half():
    assert mcnemar_test(5, 0, mid_p=True) == pytest.approx(1 / 32)
    assert mcnemar_test(3, 1, mid_p=True) == pytest.approx(2 * (1 + 4 / 2) / 16)
    assert mcnemar_test(2, 2, mid_p=True) == pytest.approx(1 - 6 / 16 / 2)
    assert mcnemar_test(0, 0, mid_p=True) == 1


def test_mid_p_is_closer_to_its_level():
    counts = range(41)
    chance = stats.binom(40, 0.5).pmf(counts)
    rejected = [
        sum(p for k, p in zip(counts, chance, strict=True) if mcnemar_test(k, 40 - k, mid_p=mid) <= 0.05)
        for mid in (False, True)
    ]
    assert rejected[0] <= 0.05
    assert abs(rejected[1] - 0.05) <= abs(rejected[0] - 0.05)


def test_up_to_five_examples_are_never_evidence():
    assert all(mcnemar_test(5 + k, k) > 0.05 for k in range(50))
    assert mcnemar_test(6, 0) < 0.05


def test_jitter_is_the_noise_around_a_line():
    rng = np.random.default_rng(0)
    curve = 0.5 + 0.01 * np.arange(20_000) + 0.02 * rng.standard_normal(20_000)
    assert jitter(curve) == pytest.approx(0.02, rel=0.03)
    assert np.std(curve) > 1
    assert jitter([0, 1, 0]) == pytest.approx(2 / math.sqrt(6))
    assert jitter(range(5)) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: accuracy_interval(6, 5), ValueError, "right must be an integer from 0 to 5, got 6"),
        (lambda: accuracy_interval(0.9, 50), TypeError, "right must be an integer from 0 to 50, got 0.9 of"),
        (lambda: accuracy_interval(0, 0), ValueError, "n must be an integer >= 1, got 0"),
        (lambda: accuracy_interval(4, 5, 1.0), ValueError, "level must be above 0 and below 1, got 1.0"),
        (lambda: accuracy_interval(4, 5, math.nan), ValueError, "level must be .*got nan"),
        (lambda: accuracy_interval(4, 5, "95"), TypeError, "level must be a number .*got '95'"),
        (lambda: accuracy_interval(4, 5, pool=4), ValueError, "pool must be an integer >= 5, got 4"),
        (lambda: effective_size(True, 4), TypeError, "n must be .*got True of type bool"),
        (lambda: mcnemar_test(-1, 0), ValueError, "gained must be an integer >= 0, got -1"),
        (lambda: mcnemar_test(1, 0.5), TypeError, "lost must be an integer >= 0, got 0.5"),
        (lambda: mcnemar_test(1, 0, "yes"), TypeError, "mid_p must be True or False, got 'yes'"),
        (lambda: jitter([1, 2]), ValueError, "values must hold at least 3 numbers, got 2"),
        (lambda: jitter([1, math.nan, 2]), ValueError, "values must be finite, got nan at index 1"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
