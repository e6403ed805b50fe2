"""Flips and churn, against counting by hand and all subsets there are."""

from itertools import combinations

import numpy as np
import pytest

from unsteady import theory
from unsteady.correctness import churn, flip_share, flips, subset_accuracy


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


def test_the_law_of_changes_is_exact_over_all_subsets():
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
