"""Flips and churn, against counting by hand and all subsets there are."""

from itertools import combinations

import numpy as np
import pytest

from unsteady import theory
from unsteady.history import History
from unsteady.per_example import (
    best_epoch,
    churn,
    decompose_fluctuation,
    flip_share,
    flips,
    seed_spread,
    split_half_correlation,
    subset_accuracy,
)


@pytest.fixture
def correct():
    return np.random.default_rng(0).random((5, 2, 3, 40)) < 0.7


def test_flips_and_churn_by_hand():
    correct = np.array([[1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 0]], dtype=bool)
    np.testing.assert_array_equal(flips(correct), [[0, 1, 1, 0], [0, 0, 1, 0]])
    np.testing.assert_array_equal(churn(correct), [0.5, 0.25])
    assert flip_share(correct, top=0.25) == pytest.approx(2 / 3)
    assert flip_share(correct, top=0.5) == 1


def test_replicates_are_kept(correct):
    assert flips(correct).shape == (4, 2, 3, 40)
    assert churn(correct).shape == (4, 2, 3)
    assert flip_share(correct).shape == (2, 3)
    assert subset_accuracy(correct, 7, draws=11).shape == (11, 5, 2, 3)
    np.testing.assert_allclose(churn(correct)[:, 1, 2], churn(correct[:, 1, 2]))


def test_nothing_flips():
    assert np.isnan(flip_share(np.ones((3, 4), dtype=bool)))


def test_change_variance_is_exact_over_all_subsets():
    correct = np.random.default_rng(1).random((2, 9)) < [[0.4], [0.8]]
    D, F = np.diff(correct.mean(axis=1))[0], churn(correct)[0]
    changes = [np.diff(correct[:, list(chosen)].mean(axis=1))[0] for chosen in combinations(range(9), 4)]
    assert np.mean(changes) == pytest.approx(D)
    assert np.var(changes) == pytest.approx(theory.change_variance(F, D, 4, pool=9))


def test_subsets_are_of_the_size_and_the_same_for_all(correct):
    accuracy = subset_accuracy(correct, 8, draws=4000, seed=3)
    np.testing.assert_allclose(accuracy * 8, np.rint(accuracy * 8))
    p = correct.mean(axis=-1)
    spread = theory.standard_error(p, 8, pool=40)
    np.testing.assert_allclose(accuracy.mean(axis=0), p, atol=5 * spread.max() / np.sqrt(4000))
    np.testing.assert_allclose(accuracy.std(axis=0), spread, rtol=5 / np.sqrt(8000))
    twice = np.stack([correct[0], correct[0]])
    same = subset_accuracy(twice, 8, draws=50)
    np.testing.assert_array_equal(same[:, 0], same[:, 1])
    np.testing.assert_array_equal(accuracy, subset_accuracy(correct, 8, draws=4000, seed=3))
    assert (accuracy != subset_accuracy(correct, 8, draws=4000, seed=4)).any()


def test_a_subset_of_all_is_all(correct):
    np.testing.assert_allclose(subset_accuracy(correct, 40, draws=2), [correct.mean(axis=-1)] * 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: churn(np.ones((3, 4))),
            TypeError,
            "correct must be an array of bool, got one of dtype float64",
        ),
        (lambda: churn(np.ones((1, 4), bool)), ValueError, r"at least 2 evaluations, got \(1, 4\)"),
        (lambda: flips(np.ones(4, bool)), ValueError, r"shape \(evaluations, \*replicates, n\).*\(4,\)"),
        (lambda: flip_share(np.ones((3, 4), bool), 0.0), ValueError, "top must be .*> 0.*got 0"),
        (lambda: subset_accuracy(np.ones((3, 4), bool), 5, 2), ValueError, "n must be .*<= 4, got 5"),
        (lambda: subset_accuracy(np.ones((3, 4), bool), 2, 0), ValueError, "draws must be .*>= 1, got 0"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_split_halves_distinguish_better_runs_from_sampling_error():
    rng = np.random.default_rng(0)
    accuracy = rng.normal(0.8, 0.05, size=(2000, 1))
    alike = rng.random((2000, 200)) < 0.8
    differing = rng.random((2000, 200)) < accuracy
    found = split_half_correlation(np.stack([alike, differing]), halvings=50)
    sampling_variance = (0.8 * 0.2 - 0.05**2) / 100
    np.testing.assert_allclose(found, [0, 0.05**2 / (0.05**2 + sampling_variance)], atol=0.04)


def test_split_halves_are_correlations_of_the_halves():
    correct = np.random.default_rng(1).random((1, 2, 6, 4)) < 0.6
    found = split_half_correlation(correct, halvings=1000)
    one_run = correct[0, 1].astype(int)
    halves = [np.isin(range(4), chosen) for chosen in combinations(range(4), 2)]
    by_hand = [np.corrcoef(one_run @ half, one_run @ ~half)[0, 1] for half in halves]
    assert found.shape == (1, 2)
    assert found[0, 1] == pytest.approx(np.mean(by_hand), abs=0.02)


def test_halvings_that_tie_do_not_count():
    correct = np.ones((1, 3, 4), dtype=bool)
    correct[0, 0, 0] = correct[0, 1, 1] = False  # a half of the last two examples is a tie
    assert np.isfinite(split_half_correlation(correct, halvings=50)).all()


def test_runs_alike_have_no_correlation():
    assert np.isnan(split_half_correlation(np.ones((1, 5, 10), dtype=bool), halvings=2))


@pytest.mark.parametrize("runs", [5, 20])
def test_the_interval_of_a_spread_holds_its_level(runs):
    scores = np.random.default_rng(2).normal(0.9, 0.02, (20_000, runs))
    spread = seed_spread(scores, level=0.9)
    assert np.mean((spread.low < 0.02) & (spread.high > 0.02)) == pytest.approx(0.9, abs=0.01)
    np.testing.assert_allclose(spread.sd, scores.std(axis=1, ddof=1))
    np.testing.assert_allclose(spread.mean, scores.mean(axis=1))


def test_the_interval_of_a_spread_has_the_factors_in_the_docstring():
    five, twenty = (seed_spread(np.arange(runs)) for runs in (5, 20))
    np.testing.assert_allclose([five.low / five.sd, five.high / five.sd], [0.6, 2.9], atol=0.03)
    np.testing.assert_allclose([twenty.low / twenty.sd, twenty.high / twenty.sd], [0.76, 1.46], atol=0.005)


def test_the_spread_of_histories_is_that_of_each_evaluation():
    scores = np.random.default_rng(3).random((6, 5))  # evaluations, seeds
    logs = [History(val_accuracy=list(curve), loss=list(-curve)) for curve in scores.T]
    for histories in (logs, tuple(logs), History(val_accuracy=scores, loss=-scores)):
        np.testing.assert_array_equal(seed_spread(histories).sd, seed_spread(scores).sd)
        np.testing.assert_array_equal(seed_spread(histories, column="loss").mean, -seed_spread(scores).mean)


@pytest.mark.parametrize(
    ("scores", "column", "error", "message"),
    [
        ([History(val_accuracy=[0.5])], "val_accuracy", ValueError, r"got \(1, 1\)"),
        (
            [History(val_accuracy=[0.5]), 0.7],
            "val_accuracy",
            TypeError,
            r"scores\[1\] must be a History .* 0.7",
        ),
        (
            [History(val_accuracy=[0.5] * k) for k in (2, 3)],
            "val_accuracy",
            ValueError,
            r"equally often.* \(3,\)",
        ),
        (
            [History(accuracy=[0.5])] * 2,
            "val_accuracy",
            ValueError,
            r"scores\[0\] must have recorded val_acc",
        ),
        (History(val_accuracy=[0.5, 0.6]), "val_accuracy", ValueError, "got a history of one: pass a list"),
        (
            [History(step=[k], val_accuracy=[0.5]) for k in (1, 2)],
            "val_accuracy",
            ValueError,
            r"same places: scores\[0\].step and scores\[1\].step differ",
        ),
        (History(val_accuracy=[[0.5, 0.6]]), "auc", ValueError, "column must be one of loss, .*, got 'auc'"),
        (History(val_accuracy=[[0.5, np.nan]]), "val_accuracy", ValueError, "scores must be finite"),
    ],
)
def test_histories_without_a_spread_are_named(scores, column, error, message):
    with pytest.raises(error, match=message):
        seed_spread(scores, column=column)


def test_the_best_epoch_is_scored_on_the_rest():
    correct = np.array([[1, 1, 0, 0], [0, 1, 1, 1]], dtype=bool)  # two epochs, four examples
    chosen = best_epoch(correct[:, None], 1, draws=500)
    assert chosen.seen.shape == (500, 1)
    # On example 0 the first epoch wins, and gets 1 of the other 3; on 1 they tie, and the first is taken.
    for index, fresh, share in ((0, 1 / 3, 0.5), (1, 2 / 3, 0.5)):
        own = chosen.evaluation == index
        np.testing.assert_allclose(chosen.fresh[own], fresh)
        assert own.mean() == pytest.approx(share, abs=5 / np.sqrt(500))
    np.testing.assert_array_equal(chosen.seen, 1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda c: split_half_correlation(c[:, 0, 0]), ValueError, "correct must have the shape .*runs, n"),
        (lambda c: split_half_correlation(c[:, :, :2]), ValueError, "at least 3 runs"),
        (lambda c: split_half_correlation(c, halvings=0), ValueError, "draws must be|halvings must be"),
        (lambda c: split_half_correlation(c.astype(int)), TypeError, "correct must be an array of bool"),
        (lambda c: seed_spread([0.5]), ValueError, r"scores must have the shape .*, got \(1,\)"),
        (lambda c: seed_spread(0.5), ValueError, "scores must have the shape"),
        (lambda c: seed_spread([0.5, np.nan]), ValueError, "scores must be finite"),
        (lambda c: seed_spread([1.0, 2.0], level=1.0), ValueError, "level must be .*below|level must be"),
        (lambda c: best_epoch(c, 40, draws=1), ValueError, "n must be an integer >= 1 and <= 39, got 40"),
        (lambda c: best_epoch(c[..., :1], 1, draws=1), ValueError, "at least 2 examples"),
        (lambda c: best_epoch(c, 3, draws=0), ValueError, "draws must be an integer >= 1, got 0"),
    ],
)
def test_bad_input_to_statistics_over_seeds_is_named(correct, call, error, message):
    with pytest.raises(error, match=message):
        call(correct)


def test_the_sampling_part_is_the_variance_over_evaluation_sets():
    """Against many sets drawn from a population whose own change is known."""
    rng = np.random.default_rng(0)
    n, sets = 60, 4000
    before, after = rng.random((sets, n)) < 0.8, rng.random((sets, n)) < 0.75
    found = decompose_fluctuation(np.stack([before, after]))
    change = after.mean(axis=1) - before.mean(axis=1)
    assert (found.sampling**2).mean() == pytest.approx(change.var(), rel=0.06)
    assert (found.change**2 - found.sampling**2).mean() == pytest.approx(0.05**2, abs=0.0005)


def test_whole_groups_are_sampled():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(15), 4)
    before, after = (np.repeat(rng.random((4000, 15)) < p, 4, axis=1) for p in (0.8, 0.75))
    correct = np.stack([before, after])
    change = after.mean(axis=1) - before.mean(axis=1)
    assert (decompose_fluctuation(correct, groups).sampling ** 2).mean() == pytest.approx(
        change.var(), rel=0.06
    )
    assert (decompose_fluctuation(correct).sampling ** 2).mean() < 0.3 * change.var()
    alone = decompose_fluctuation(correct, np.arange(60)).sampling
    np.testing.assert_allclose(alone, decompose_fluctuation(correct).sampling)


def test_shares_lie_between_0_and_1():
    still = np.ones((5, 2, 10), dtype=bool)
    assert np.isnan(decompose_fluctuation(still).share).all()
    moved = np.zeros((2, 10), dtype=bool)
    moved[1] = True
    assert decompose_fluctuation(moved).share == 0
    with pytest.raises(ValueError, match="at least 2 examples"):
        decompose_fluctuation(np.ones((3, 1), dtype=bool))
    with pytest.raises(ValueError, match=r"groups must have the shape \(10,\)"):
        decompose_fluctuation(moved, [1, 2])
    with pytest.raises(ValueError, match="groups must be at least 2, got 1"):
        decompose_fluctuation(moved, [1] * 10)
