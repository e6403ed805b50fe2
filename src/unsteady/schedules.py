r"""Schedules: functions of the step that give the multiplier ``scale`` of the learning rate.

A schedule is any callable that takes the number of steps already taken (0 before the first) and
returns a number of at least 0. Those made here compose with ``*``: ``warmup(100) * cosine(1_000)``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unsteady._validation import instance, integer, scalar


@dataclass(frozen=True, eq=False)
class Schedule:
    """A function of the step that can be multiplied by another.

    Parameters
    ----------
    factors : tuple of callables
        Their product is the scale.
    """

    factors: tuple[Callable[[int], float], ...]

    def __call__(self, step: int) -> float:
        """Return the multiplier of the learning rate after `step` steps."""
        return math.prod(factor(step) for factor in self.factors)

    def __mul__(self, other: Callable[[int], float]) -> Schedule:
        factors = other.factors if isinstance(other, Schedule) else (other,)
        return Schedule(self.factors + factors)


def _fraction(name: str, value: float) -> float:
    return scalar(name, value, at_least=0, at_most=1)


@dataclass(frozen=True)
class _Constant:
    value: float

    def __call__(self, step: int) -> float:
        return self.value


@dataclass(frozen=True)
class _Steps:
    milestones: tuple[int, ...]
    factor: float

    def __call__(self, step: int) -> float:
        return float(self.factor ** sum(step >= milestone for milestone in self.milestones))


@dataclass(frozen=True)
class _Cosine:
    steps: int
    lowest: float

    def __call__(self, step: int) -> float:
        share = min(step / self.steps, 1.0)
        return self.lowest + (1 - self.lowest) * 0.5 * (1 + math.cos(math.pi * share))


@dataclass(frozen=True)
class _Warmup:
    steps: int
    start: float

    def __call__(self, step: int) -> float:
        return self.start + (1 - self.start) * min(step / self.steps, 1.0)


@dataclass(frozen=True)
class _Restarts:
    period: int
    growth: int
    lowest: float

    def __call__(self, step: int) -> float:
        period = self.period
        while step >= period:
            step -= period
            period *= self.growth
        return _Cosine(period, self.lowest)(step)


def constant(value: float = 1.0) -> Schedule:
    """Return a schedule that stays at `value`, at least 0."""
    return Schedule((_Constant(scalar("value", value, at_least=0)),))


def step(milestones: Sequence[int], factor: float = 0.1) -> Schedule:
    """Return a schedule that multiplies by `factor` (0 to 1) at each of the `milestones`, in steps."""
    instance("milestones", milestones, Sequence, "a sequence of steps")
    checked = tuple(integer("milestones", milestone, at_least=0) for milestone in milestones)
    return Schedule((_Steps(checked, _fraction("factor", factor)),))


def cosine(steps: int, lowest: float = 0.0) -> Schedule:
    r"""Return a schedule that falls from 1 to `lowest` along half a cosine within `steps` steps.

    It is :math:`\ell + (1-\ell) \frac12 (1 + \cos(\pi t / T))`, and :math:`\ell` from there on
    (Loshchilov & Hutter 2017).
    """
    return Schedule((_Cosine(integer("steps", steps, at_least=1), _fraction("lowest", lowest)),))


def warmup(steps: int, start: float = 0.0) -> Schedule:
    """Return a schedule that rises in a line from `start` to 1 within `steps` steps, then stays."""
    return Schedule((_Warmup(integer("steps", steps, at_least=1), _fraction("start", start)),))


def warm_restarts(period: int, growth: int = 1, lowest: float = 0.0) -> Schedule:
    """Return a cosine that jumps back to 1 after each period, the next one `growth` times as long.

    (Loshchilov & Hutter 2017.)
    """
    period, growth = integer("period", period, at_least=1), integer("growth", growth, at_least=1)
    return Schedule((_Restarts(period, growth, _fraction("lowest", lowest)),))
