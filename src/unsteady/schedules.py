r"""Learning-rate schedules: functions of the step that multiply the learning rate.

A schedule is any callable that takes the number of steps already taken (0 before the first step) and returns
a number of at least 0, by which :func:`unsteady.training.train` multiplies the learning rate. Multiply two
schedules of this module with ``*``. For example, ``warmup(100) * cosine(1_000)`` does both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from unsteady._validation import instance, integer, scalar


@dataclass(frozen=True, eq=False)
class Schedule:
    """A product of functions of the step.

    Parameters
    ----------
    factors : tuple of callables
        Each takes the number of steps already taken and returns a number. Their product multiplies the
        learning rate.

    Examples
    --------
    >>> from unsteady.schedules import Schedule, warmup
    >>> inverse = Schedule((lambda step: 1 / (1 + step),))
    >>> inverse(3), (inverse * warmup(6))(3)
    (0.25, 0.125)
    """

    factors: tuple[Callable[[int], float], ...]

    def __call__(self, step: int) -> float:
        """Return the multiplier of the learning rate after `step` steps."""
        return math.prod(factor(step) for factor in self.factors)

    def __mul__(self, other: Callable[[int], float]) -> Schedule:
        factors = other.factors if isinstance(other, Schedule) else (other,)
        return Schedule(self.factors + factors)


# Each schedule below is a plain function of the step and its settings, and `partial` fixes the settings. A
# function within a function would be shorter, but processes that exchange plain pickles could not share it.


def _schedule(function: Callable[..., float], **settings: object) -> Schedule:
    """Return the schedule of a function of the step, with these settings."""
    return Schedule((partial(function, **settings),))


def _fraction(name: str, value: float) -> float:
    """Return the value if it is a number from 0 to 1."""
    return scalar(name, value, at_least=0, at_most=1)


def _constant_value(step: int, value: float) -> float:
    return value


def _step_value(step: int, milestones: tuple[int, ...], factor: float) -> float:
    return float(factor ** sum(step >= milestone for milestone in milestones))


def _cosine_value(step: int, steps: int, lowest: float) -> float:
    fraction = min(step / steps, 1.0)
    return lowest + (1 - lowest) * 0.5 * (1 + math.cos(math.pi * fraction))


def _warmup_value(step: int, steps: int, start: float) -> float:
    return start + (1 - start) * min(step / steps, 1.0)


def _warm_restarts_value(step: int, period: int, growth: int, lowest: float) -> float:
    while step >= period:
        step -= period
        period *= growth
    return _cosine_value(step, period, lowest)


def constant(value: float = 1.0) -> Schedule:
    """Keep the learning rate at `value` times its own value.

    Parameters
    ----------
    value : float
        Multiplier of the learning rate, at least 0.

    Returns
    -------
    Schedule

    Raises
    ------
    TypeError, ValueError
        If the value is not a finite number of at least 0.

    Examples
    --------
    >>> from unsteady.schedules import constant
    >>> constant(0.5)(0), constant(0.5)(1_000)
    (0.5, 0.5)
    """
    return _schedule(_constant_value, value=scalar("value", value, at_least=0))


def step(milestones: Sequence[int], factor: float = 0.1) -> Schedule:
    """Multiply the learning rate by `factor` at each milestone, and keep it between them.

    Parameters
    ----------
    milestones : sequence of int
        Numbers of steps, each at least 0.
    factor : float
        Multiplier at each milestone, 0 to 1.

    Returns
    -------
    Schedule

    Raises
    ------
    TypeError, ValueError
        If a milestone is not an integer of at least 0, or the factor is not in its range.

    Examples
    --------
    >>> from unsteady.schedules import step
    >>> decay = step([100, 200], factor=0.5)
    >>> decay(99), decay(100), decay(200)
    (1.0, 0.5, 0.25)
    """
    instance("milestones", milestones, Sequence, "a sequence of steps")  # type: ignore[type-abstract]
    checked = tuple(integer("milestones", milestone, at_least=0) for milestone in milestones)
    return _schedule(_step_value, milestones=checked, factor=_fraction("factor", factor))


def cosine(steps: int, lowest: float = 0.0) -> Schedule:
    r"""Lower the learning rate from 1 to `lowest` times its value along half a cosine.

    The multiplier is :math:`\ell + (1-\ell) \frac12 (1 + \cos(\pi t / T))` after :math:`t` of :math:`T`
    steps, and :math:`\ell` afterwards (Loshchilov & Hutter 2017).

    Parameters
    ----------
    steps : int
        :math:`T`, at least 1.
    lowest : float
        :math:`\ell`, 0 to 1.

    Returns
    -------
    Schedule

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range.

    Examples
    --------
    >>> from unsteady.schedules import cosine
    >>> [round(cosine(10)(t), 3) for t in (0, 5, 10, 11)]
    [1.0, 0.5, 0.0, 0.0]
    """
    steps = integer("steps", steps, at_least=1)
    return _schedule(_cosine_value, steps=steps, lowest=_fraction("lowest", lowest))


def warmup(steps: int, start: float = 0.0) -> Schedule:
    """Raise the learning rate linearly from `start` to 1 times its value, and then keep it.

    Parameters
    ----------
    steps : int
        Length of the rise in steps, at least 1.
    start : float
        Multiplier before the first step, 0 to 1.

    Returns
    -------
    Schedule

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range.

    Examples
    --------
    >>> from unsteady.schedules import warmup
    >>> [warmup(4)(t) for t in (0, 1, 2, 4, 5)]
    [0.0, 0.25, 0.5, 1.0, 1.0]
    """
    steps = integer("steps", steps, at_least=1)
    return _schedule(_warmup_value, steps=steps, start=_fraction("start", start))


def warm_restarts(period: int, growth: int = 1, lowest: float = 0.0) -> Schedule:
    """Repeat the cosine schedule, starting at 1 again after each period (Loshchilov & Hutter 2017).

    Parameters
    ----------
    period : int
        Length of the first period in steps, at least 1.
    growth : int
        Each period is `growth` times as long as the one before, at least 1.
    lowest : float
        Multiplier towards which each period falls, 0 to 1.

    Returns
    -------
    Schedule

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or outside its range.

    Examples
    --------
    >>> from unsteady.schedules import warm_restarts
    >>> [round(warm_restarts(2, growth=2)(t), 3) for t in range(7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """
    period, growth = integer("period", period, at_least=1), integer("growth", growth, at_least=1)
    lowest = _fraction("lowest", lowest)
    return _schedule(_warm_restarts_value, period=period, growth=growth, lowest=lowest)
