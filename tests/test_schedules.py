"""Values of schedules at their milestones, and products of schedules."""

import math
import pickle

import pytest

from unsteady import schedules


def test_constant_and_step():
    assert schedules.constant(0.5)(1000) == 0.5
    decay = schedules.step([3, 5], factor=0.1)
    assert [decay(t) for t in (0, 2, 3, 4, 5, 9)] == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])


def test_cosine_falls_along_half_a_cosine_and_is_then_constant():
    decay = schedules.cosine(10, lowest=0.2)
    assert [decay(t) for t in (0, 5, 10, 99)] == pytest.approx([1, 0.6, 0.2, 0.2])
    assert decay(2) == pytest.approx(0.2 + 0.8 * (1 + math.cos(0.2 * math.pi)) / 2)


def test_warmup_is_linear_and_then_constant():
    warmup = schedules.warmup(4, start=0.2)
    assert [warmup(t) for t in (0, 1, 2, 4, 9)] == pytest.approx([0.2, 0.4, 0.6, 1, 1])


def test_warm_restarts_return_to_one_after_growing_periods():
    restarts = schedules.warm_restarts(2, growth=3)
    expected = [1, 0.5, *(schedules.cosine(6)(t) for t in range(6))]
    assert [restarts(t) for t in range(8)] == pytest.approx(expected)
    assert restarts(8) == 1
    assert restarts(9) == schedules.cosine(18)(1)


def test_schedules_multiply_with_each_other_and_with_functions():
    both = schedules.warmup(4) * schedules.cosine(8) * (lambda step: 2.0)
    assert both(2) == pytest.approx(2 * 0.5 * schedules.cosine(8)(2))


def test_schedules_can_be_pickled_for_other_processes():
    both = schedules.warmup(4) * schedules.warm_restarts(8)
    assert pickle.loads(pickle.dumps(both))(5) == both(5)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: schedules.constant(-1), ValueError, "value must be .*>= 0, got -1"),
        (lambda: schedules.constant([1, 2]), TypeError, "value must be one number"),
        (lambda: schedules.step(5), TypeError, "milestones must be a sequence of steps, got 5"),
        (lambda: schedules.step([2.5]), TypeError, "milestones must be an integer"),
        (lambda: schedules.step([2], factor=1.5), ValueError, "factor must be .*<= 1, got 1.5"),
        (lambda: schedules.cosine(0), ValueError, "steps must be an integer >= 1, got 0"),
        (lambda: schedules.warmup(3, start=-0.1), ValueError, "start must be .*got -0.1"),
        (lambda: schedules.warm_restarts(3, growth=0), ValueError, "growth must be .*got 0"),
    ],
)
def test_bad_input_is_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
