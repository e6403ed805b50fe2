"""Averages of given weights. tests/test_training.py tests them during training."""

import numpy as np
import pytest

from unsteady.averages import EMA, Polyak


def follow(average, values):
    state = average.start([values[0]])
    for step, value in enumerate(values[1:], 1):
        average.update(state, [value], step)
    return state[0]


def test_polyak_is_the_mean_from_its_first_step_on():
    values = np.random.default_rng(0).standard_normal((8, 2, 1, 1))
    np.testing.assert_allclose(follow(Polyak(), values), values[1:].mean(axis=0))
    np.testing.assert_allclose(follow(Polyak(4), values), values[4:].mean(axis=0))
    np.testing.assert_allclose(follow(Polyak(first_step=99), values), values[-1])


def test_ema_weights_are_powers_of_the_decay_for_each_replicate():
    values = np.random.default_rng(0).standard_normal((5, 2, 1, 1))
    decays = np.array([0.5, 0.9])
    powers = decays ** np.arange(5)[::-1, None] * np.where(np.arange(5)[:, None] > 0, 1 - decays, 1)
    np.testing.assert_allclose(
        follow(EMA(decays), values)[:, 0, 0], (powers * values[:, :, 0, 0]).sum(axis=0)
    )


def test_an_average_is_a_copy():
    start = [np.zeros((1, 1, 1))]
    EMA(0.5).update(EMA(0.5).start(start), [np.ones((1, 1, 1))], 1)
    assert start[0] == 0


@pytest.mark.parametrize("make", [lambda: EMA(1.0), lambda: EMA(-0.1), lambda: Polyak(0)])
def test_bad_input_is_named(make):
    with pytest.raises(ValueError, match=r"(decay|first_step) must be .*got"):
        make()
