"""The data of the article, the digits, and label noise."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from unsteady import datasets
from unsteady.datasets import Data


def test_line_is_that_of_the_article():
    data = datasets.line(n=20_000, noise=0.1, seed=1)
    x, y = data.X_train[:, 0], data.y_train
    assert x.min() >= 0
    assert x.max() < 10
    assert x.mean() == pytest.approx(5, abs=4 * np.sqrt(100 / 12 / 20_000))
    assert (y - 2 * x - 1).std() == pytest.approx(0.1, rel=4 / np.sqrt(40_000))
    assert datasets.line().X_train.shape == (100, 1)


def test_cubic_is_that_of_the_article():
    data = datasets.cubic(noise=0.0, seed=2)
    for X, y, n in ((data.X_train, data.y_train, 140), (data.X_eval, data.y_eval, 60)):
        x = X[:, 0]
        assert len(x) == n
        np.testing.assert_allclose(y, x**3 + 2 * x**2 - 5 * x + 10)
    noisy = datasets.cubic(n_train=20_000, seed=2)
    x = noisy.X_train[:, 0]
    assert (noisy.y_train - (x**3 + 2 * x**2 - 5 * x + 10)).std() == pytest.approx(10, rel=0.02)


@pytest.mark.parametrize("make", [datasets.line, datasets.cubic])
def test_equal_seeds_give_equal_data(make):
    np.testing.assert_array_equal(make(seed=3).y_train, make(seed=3).y_train)
    assert (make(seed=3).y_train != make(seed=4).y_train).all()


def test_digits_have_a_fixed_stratified_split():
    data = datasets.digits()
    assert data.X_train.shape == (1200, 64)
    assert data.X_eval.shape == (597, 64)
    assert data.X_train.min() == 0
    assert data.X_train.max() == 1
    assert data.y_eval[:12].tolist() == [1, 5, 4, 5, 9, 1, 8, 2, 9, 0, 6, 6]  # the split is fixed
    whole = np.bincount(load_digits().target) / 1797
    np.testing.assert_allclose(np.bincount(data.y_eval) / 597, whole, atol=1 / 597)
    assert (np.diff(data.y_train) < 0).any()
    both = np.concatenate([data.X_train, data.X_eval])
    np.testing.assert_array_equal(np.sort(both.sum(axis=1)), np.sort(load_digits().data.sum(axis=1) / 16))
    assert datasets.digits(n_eval=100).X_eval.shape == (100, 64)


def test_clouds_are_four_classes_of_three_clouds():
    data = datasets.clouds(n_train=4000, n_eval=60, seed=2)
    assert data.X_train.shape == (4000, 20)
    assert data.X_eval.shape == (60, 20)
    assert np.bincount(data.y_train) == pytest.approx(np.full(4, 1000), abs=4 * np.sqrt(4000 * 3 / 16))
    # Within a class: the variance of a cloud, 1, and of three centres about their mean, 2/3, over 1.5².
    within = np.mean([data.X_train[data.y_train == label].var(axis=0).mean() for label in range(4)])
    assert within == pytest.approx((1 + 2 / 3) / 1.5**2, rel=0.15)


def test_another_seed_splits_the_same_digits_differently():
    one, other = datasets.digits(), datasets.digits(seed=1)
    assert (one.X_train != other.X_train).any()
    for data in (one, other):
        both = np.concatenate([data.X_train, data.X_eval])
        np.testing.assert_array_equal(np.sort(both.sum(axis=1)), np.sort(load_digits().data.sum(axis=1) / 16))


def test_flipped_labels_are_other_labels():
    clean = datasets.digits()
    noisy, flipped = datasets.flip_labels(clean, 0.3, seed=1)
    assert flipped.sum() == 360
    assert datasets.flip_labels(clean, 0.3005)[1].sum() == 361  # of 360.6
    np.testing.assert_array_equal(noisy.y_train != clean.y_train, flipped)
    np.testing.assert_array_equal(noisy.y_eval, clean.y_eval)
    shift = (noisy.y_train - clean.y_train)[flipped] % 10
    assert set(shift) == set(range(1, 10))
    assert (datasets.flip_labels(clean, 0.3, seed=2)[1] != flipped).any()


GOOD = {"X_train": np.zeros((4, 2)), "y_train": np.zeros(4)}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"y_train": np.zeros((4, 1))},
            ValueError,
            r"y_train must have the shape \(4,\), got \(4, 1\); pass y_train",
        ),
        ({"y_train": np.zeros(3)}, ValueError, r"y_train must have the shape \(4,\), got \(3,\)"),
        (
            {"y_train": np.eye(4)},
            ValueError,
            r"y_train must have .*got \(4, 4\); pass y_train.argmax\(axis=1\)",
        ),
        ({"y_train": None}, TypeError, "y_train must be an array of numbers, got None of type NoneType"),
        ({"y_train": [[1], [1, 2], 3, 4]}, ValueError, "y_train must be .*got lists of unequal lengths"),
        ({"X_train": np.zeros(4)}, ValueError, r"X_train must have .*got \(4,\); pass X_train\[:, None\]"),
        ({"X_train": np.zeros((4, 2, 2))}, ValueError, r"pass X_train.reshape\(len\(X_train\), -1\)"),
        ({"X_train": np.ones((4, 2), bool)}, TypeError, "X_train must be .*of dtype bool"),
        (
            {"X_train": np.full((4, 2), np.nan)},
            ValueError,
            r"X_train must be finite, got nan at index \[0, 0\]",
        ),
        (
            {"y_train": np.array([0, 0, np.inf, 0])},
            ValueError,
            r"y_train must be finite, got inf at index \[2\]",
        ),
        ({"X_train": np.array([["a"] * 2] * 4)}, TypeError, "X_train must be an array of numbers"),
        ({"X_train": np.zeros((0, 2)), "y_train": np.zeros(0)}, ValueError, "X_train must not be empty"),
        ({"X_eval": np.zeros((2, 2))}, ValueError, "X_eval and y_eval must be given together"),
        ({"X_eval": np.zeros((2, 3)), "y_eval": np.zeros(2)}, ValueError, "X_eval must have the 2 features"),
    ],
)
def test_data_are_checked(changes, error, message):
    with pytest.raises(error, match=message):
        Data(**(GOOD | changes))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: datasets.line(n=0), ValueError, "n must be an integer >= 1, got 0"),
        (lambda: datasets.line(noise=-1), ValueError, "noise must be .*got -1"),
        (lambda: datasets.cubic(seed=1.5), TypeError, "seed must be an integer"),
        (lambda: datasets.digits(seed=-1), ValueError, "seed must be .*got -1"),
        (lambda: datasets.digits(n_eval=1797), ValueError, "n_eval must be .*<= 1787, got 1797"),
        (lambda: datasets.flip_labels(Data(**GOOD), 0.1), TypeError, "data must have integer labels"),
        (lambda: datasets.flip_labels(datasets.digits(), 1.1), ValueError, "fraction must be .*got 1.1"),
        (
            lambda: datasets.flip_labels(Data(np.zeros((2, 1)), np.array([-1, 1])), 0.5),
            ValueError,
            "data must have labels from 0 to K - 1, got -1",
        ),
        (lambda: datasets.flip_labels(3, 0.1), TypeError, "data must be a Data, got 3"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
