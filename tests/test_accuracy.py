"""Intervals and tests from counts, against enumeration, simulation, and SciPy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from unsteady.accuracy import (
    accuracy_interval,
    effective_size,
    infer_eval_size,
    jitter,
    jitter_interval,
    mcnemar_bounds,
    mcnemar_test,
)


def test_interval_ends_where_the_score_test_just_rejects():
    low, high = accuracy_interval(45, 50)
    for end in (low, high):
        assert abs(0.9 - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / 50), rel=1e-6)


@given(
    st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.01, 0.999)
)
def test_interval_agrees_with_scipy(counts, level):
    right, n = counts
    ours = accuracy_interval(right, n, level)
    theirs = stats.binomtest(right, n).proportion_ci(level, "wilson")
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert 0 <= ours.low <= right / n <= ours.high <= 1


def test_interval_for_a_finite_pool_has_its_coverage():
    pool = np.arange(200) < 160
    rng = np.random.default_rng(0)
    counts = rng.permuted(np.tile(pool, (20_000, 1)), axis=1)[:, :100].sum(axis=1)
    ends = {k: accuracy_interval(int(k), 100, pool=200) for k in np.unique(counts)}
    wide = {k: accuracy_interval(int(k), 100) for k in np.unique(counts)}
    assert np.mean([ends[k].low <= 0.8 <= ends[k].high for k in counts]) == pytest.approx(0.95, abs=0.02)
    assert np.mean([wide[k].low <= 0.8 <= wide[k].high for k in counts]) > 0.98
    assert accuracy_interval(80, 200, pool=200) == pytest.approx((0.4, 0.4))


def test_effective_size_gives_the_hypergeometric_variance():
    spread = stats.hypergeom(200, 160, 50).std() / 50
    assert math.sqrt(0.8 * 0.2 / effective_size(50, 200)) == pytest.approx(spread)
    assert effective_size(1, 200) == 1
    assert effective_size(200, 200) == math.inf


@given(st.integers(0, 200), st.integers(0, 200))
def test_mcnemar_agrees_with_the_binomial_test(gained, lost):
    p = mcnemar_test(gained, lost)
    expected = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert p == pytest.approx(expected)
    assert p == mcnemar_test(lost, gained)
    assert 0 < mcnemar_test(gained, lost, mid_p=True) <= p <= 1


def test_mid_p_counts_the_observed_split_by_half():
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


def test_a_net_difference_of_five_is_never_significant():
    assert all(mcnemar_test(5 + k, k) > 0.05 for k in range(50))
    assert mcnemar_test(6, 0) < 0.05


def test_jitter_is_the_noise_around_a_straight_line():
    rng = np.random.default_rng(0)
    curve = 0.5 + 0.01 * np.arange(20_000) + 0.02 * rng.standard_normal(20_000)
    assert jitter(curve) == pytest.approx(0.02, rel=0.03)
    assert np.std(curve) > 1
    assert jitter([0, 1, 0]) == pytest.approx(2 / math.sqrt(6))
    assert jitter(range(5)) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: accuracy_interval(6, 5), ValueError, "right must be .*>= 0 and <= 5, got 6"),
        (lambda: accuracy_interval(0.9, 50), TypeError, "right must be .*>= 0 and <= 50, got 0.9 of"),
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
        (lambda: jitter("123"), TypeError, "values must be .*got '123'"),
        (lambda: jitter(3), TypeError, "values must be .*got 3"),
        (lambda: jitter([1, 2, "x"]), TypeError, "values must be .*'x'"),
        (lambda: infer_eval_size([87.5]), ValueError, "values must be .*from 0 to 1, got 87.5"),
        (lambda: infer_eval_size([0.5], risk=0), ValueError, "risk must be above 0 and below 1, got 0"),
        (lambda: infer_eval_size([0.5], largest=0), ValueError, "largest must be .*>= 1, got 0"),
        (lambda: infer_eval_size([0.5, math.nan]), ValueError, "values must be finite, got nan at index 1"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_jitter_interval_has_its_coverage():
    rng = np.random.default_rng(0)
    for size in (12, 40):
        ends = [jitter_interval(rng.normal(size=size), 0.9) for _ in range(4000)]
        above = np.mean([low > 1 for low, _ in ends])
        below = np.mean([high < 1 for _, high in ends])
        assert above == pytest.approx(0.05, abs=0.015)
        assert below == pytest.approx(0.05, abs=0.02)  # chi-squared is but matched


def test_mcnemar_bounds_are_those_of_all_possible_splits():
    for n, first, second in ((10, 4, 7), (12, 12, 3), (20, 15, 15), (9, 0, 9)):
        possible = [
            mcnemar_test(second - first + lost, lost)
            for lost in range(n + 1)
            if 0 <= second - first + lost <= n - first and lost <= first
        ]
        low, high = mcnemar_bounds(first, second, n)
        assert (low, high) == (pytest.approx(min(possible)), pytest.approx(max(possible)))
    assert all(mcnemar_bounds(50, 50 + net, 100).low > 0.05 for net in range(6))
    with pytest.raises(ValueError, match=r"second must be .*<= 10, got 11"):
        mcnemar_bounds(5, 11, 10)


@pytest.mark.parametrize("n", [16, 25, 360, 797, 1437])
def test_size_is_inferred_from_printed_digits(n):
    rng = np.random.default_rng(n)
    right = rng.binomial(n, 0.8, size=40)
    found = infer_eval_size((right / n).tolist())
    assert found is not None
    assert found.n == n
    assert found.chance < 0.01
    single = (right / n).astype(np.float32).astype(float).tolist()
    assert infer_eval_size(single).n == n


def test_size_is_not_inferred_from_too_little():
    rng = np.random.default_rng(0)
    rounded = np.round(rng.binomial(10_000, 0.8, size=100) / 10_000, 3)
    assert infer_eval_size(rounded.tolist()) is None  # any size is possible
    assert infer_eval_size((rng.binomial(360, 0.8, size=4) / 360).tolist()) is None  # too few
    assert infer_eval_size(rng.uniform(0.7, 0.8, size=40).tolist()) is None  # no counts
    assert infer_eval_size([]) is None
    assert infer_eval_size([0.0, 1.0]) is None
    # Three digits do not tell 499 from 500; 250, whose counts are multiples of .004, has no such double.
    assert infer_eval_size((np.arange(401, 440, 3) / 500).tolist()) is None
    assert infer_eval_size((np.arange(201, 240, 3) / 250).tolist()).n == 250


def test_chance_adds_up_what_may_fit_by_chance():
    accuracies = [round(k / 150, 3) for k in (112, 115, 119, 121, 124, 127, 128, 131)]
    shared_factor = sum(p**-8 for p in (2, 3, 5, 7, 11, 13))
    coincidence = sum((3 * 0.5e-3 * n) ** 8 for n in range(1, 151))
    found = infer_eval_size(accuracies)
    assert found.n == 150
    assert found.chance == pytest.approx(shared_factor + coincidence)
    assert infer_eval_size(accuracies, largest=149) is None
    assert infer_eval_size(accuracies, risk=shared_factor + coincidence / 2) is None


def test_size_is_not_inferred_beyond_the_largest_or_the_risk():
    accuracies = [k / 250 for k in (201, 208, 211, 215, 214, 219, 222, 221)]
    found = infer_eval_size(accuracies)
    assert infer_eval_size(accuracies, largest=250) == found
    assert infer_eval_size(accuracies, largest=249) is None
    assert infer_eval_size(accuracies, risk=found.chance / 2) is None


@given(st.integers(20, 400), st.integers(0, 2**32 - 1))
def test_an_inferred_size_explains_all_accuracies(n, seed):
    counts = np.random.default_rng(seed).binomial(n, 0.8, size=30)
    accuracies = [round(k / n, 4) for k in counts.tolist()]
    found = infer_eval_size(accuracies)
    assert found is None or all(
        abs(p - round(p * found.n) / found.n) <= 0.5e-4 * (1 + 1e-6) for p in accuracies
    )


@pytest.mark.parametrize("values", [["1", "2", "3"], [True, False, True], [np.True_] * 3, "123"])
def test_texts_and_booleans_are_no_curve(values):
    with pytest.raises(TypeError, match="values must be a sequence of numbers, got"):
        jitter(values)
