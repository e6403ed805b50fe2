"""Accuracy at a tuned threshold and AUC, against trying all thresholds and pairs."""

import numpy as np
import pytest

from unsteady.thresholds import auc, tuned_threshold_accuracy


@pytest.fixture
def scored():
    rng = np.random.default_rng(0)
    labels = (rng.random(60) < 0.3).astype(int)
    scores = rng.integers(-4, 5, (2, 3, 60)) + 2.0 * labels  # with ties
    return scores, labels


def test_auc_is_how_often_a_one_scores_above_a_zero(scored):
    scores, labels = scored
    ones, zeros = scores[..., labels == 1], scores[..., labels == 0]
    pairs = ones[..., :, None] - zeros[..., None, :]
    expected = (pairs > 0).mean(axis=(-2, -1)) + 0.5 * (pairs == 0).mean(axis=(-2, -1))
    np.testing.assert_allclose(auc(scores, labels), expected)


def test_a_shift_of_all_scores_changes_no_auc(scored):
    scores, labels = scored
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
    with pytest.raises(error, match=message):
        auc(scores, labels)
    with pytest.raises(error, match=message):
        tuned_threshold_accuracy(scores, labels, np.array([True, False, True]))


def test_a_threshold_tuned_on_some_is_scored_on_the_others(scored):
    scores, labels = scored
    half = np.arange(60) % 2 == 0
    found = tuned_threshold_accuracy(scores, labels, half)
    for place in np.ndindex(2, 3):
        tuned, held = scores[place][half], scores[place][~half]
        cuts = [np.inf, *np.unique(tuned)[::-1]]
        right = [((tuned >= cut) == labels[half]).sum() for cut in cuts]
        best = [cut for cut, count in zip(cuts, right, strict=True) if count == max(right)]
        expected = ((held >= best[len(best) // 2]) == labels[~half]).mean()
        assert found[place] == pytest.approx(expected)
    np.testing.assert_allclose(tuned_threshold_accuracy(scores + 7, labels, half), found)


@pytest.mark.parametrize(
    ("tuned_on", "message"),
    [
        (np.ones(3), r"tuned_on must be an array of bool of the shape \(4,\), got dtype float64"),
        (np.array([True, True, False, False]), "labels must hold both 0 and 1"),
    ],
)
def test_both_parts_hold_both_classes(tuned_on, message):
    with pytest.raises(ValueError, match=message):
        tuned_threshold_accuracy(np.arange(4.0), [0, 0, 1, 1], tuned_on)
