"""Accuracy at the best threshold and AUC, against trying all of them."""

import numpy as np
import pytest

from unsteady.thresholds import auc, best_threshold_accuracy


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    labels = (rng.random(60) < 0.3).astype(int)
    scores = rng.integers(-4, 5, (2, 3, 60)) + 2.0 * labels  # with ties
    return scores, labels


def test_the_best_threshold_is_the_best_of_all(scored):
    scores, labels = scored
    best = best_threshold_accuracy(scores, labels)
    assert best.shape == (2, 3)
    cuts = np.arange(-5, 8) - 0.5
    tried = [((scores > cut) == labels).mean(axis=-1) for cut in cuts]
    np.testing.assert_allclose(best, np.max(tried, axis=0))


def test_auc_is_how_often_a_one_scores_above_a_zero(scored):
    scores, labels = scored
    ones, zeros = scores[..., labels == 1], scores[..., labels == 0]
    pairs = ones[..., :, None] - zeros[..., None, :]
    expected = (pairs > 0).mean(axis=(-2, -1)) + 0.5 * (pairs == 0).mean(axis=(-2, -1))
    np.testing.assert_allclose(auc(scores, labels), expected)


def test_a_shift_of_all_scores_changes_neither(scored):
    scores, labels = scored
    np.testing.assert_allclose(
        best_threshold_accuracy(scores + 7, labels), best_threshold_accuracy(scores, labels)
    )
    np.testing.assert_allclose(auc(scores + 7, labels), auc(scores, labels))


@pytest.mark.parametrize(
    ("scores", "labels", "error", "message"),
    [
        (
            np.zeros((2, 4)),
            [0, 1, 0],
            ValueError,
            r"scores must have the shape \(\*replicates, 3\).*\(2, 4\)",
        ),
        (np.zeros(3), [0, 0, 0], ValueError, "labels must hold both 0 and 1"),
        (np.zeros(3), [0, 1, 2], ValueError, "labels must hold both 0 and 1 and nothing else"),
        ([0, np.nan, 1], [0, 1, 0], ValueError, r"scores must be finite, got nan at index \[1\]"),
        (["a"] * 3, [0, 1, 0], TypeError, "scores must be an array of numbers"),
    ],
)
def test_bad_input_is_named(scores, labels, error, message):
    for function in (auc, best_threshold_accuracy):
        with pytest.raises(error, match=message):
            function(scores, labels)
