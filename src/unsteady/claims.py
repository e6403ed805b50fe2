"""State a claim, check it, record it. Imports the standard library alone."""

from __future__ import annotations

import math
import numbers
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


class ClaimError(AssertionError):
    """A claim that does not hold, with its statement, the measured value and what was expected."""


@dataclass(frozen=True)
class Record:
    """A claim that held.

    Attributes
    ----------
    id, statement : str
    measured : float or list of float
    bound : str
        What was asked of it, in words.
    margin : float
        How far inside its bound the measured value that is closest to it lies; in the units of the
        measured value.
    script : str
        Path of the script that made the claim.
    line : int
    """

    id: str
    statement: str
    measured: float | list[float]
    bound: str
    margin: float
    script: str
    line: int

    def as_dict(self) -> dict[str, Any]:
        """Return the record as a dictionary that JSON can hold."""
        return asdict(self)


FEW = 8
"""So many values of a claim are written out; of more, the least and the largest."""

records: list[Record] = []
"""The claims that have held in this process, in order."""


def _flat(name: str, value: Any) -> list[float]:
    """Return one number or an array or list of them as a flat list of floats."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [single for item in value for single in _flat(name, item)]
    if isinstance(value, numbers.Real):
        return [float(value)]
    raise TypeError(f"{name} must be a number or an array of numbers, got {value!r}")


def _number(value: float) -> str:
    return f"{value:.4g}"


def _brief(values: list[float]) -> str:
    if len(values) <= FEW:
        return ", ".join(map(_number, values))
    return f"{_number(min(values))} to {_number(max(values))} ({len(values)} values)"


def _paired(name: str, value: Any, count: int) -> list[float]:
    values = _flat(name, value)
    if len(values) not in (1, count):
        raise ValueError(f"{name} must be one number or {count} like measured, got {len(values)}")
    return values * count if len(values) == 1 else values


def _margins(
    measured: list[float], kind: str, bound: Any, rtol: float, atol: float
) -> tuple[list[float], str]:
    """Return how far each measured value lies inside the bound, and the bound in words."""
    if kind == "equals":
        targets = _paired("equals", bound, len(measured))
        slack = [max(atol, rtol * abs(target)) for target in targets]
        margins = [s - abs(m - t) if m != t else s for m, t, s in zip(measured, targets, slack, strict=True)]
        within = f" ± {_number(atol)}" if atol else f" ± {100 * rtol:.3g} %" if rtol else ""
        return margins, f"{_brief(_flat('equals', bound))}{within}"
    if kind == "between":
        low, high = (_paired("between", end, len(measured)) for end in bound)
        margins = [min(m - lo, hi - m) for m, lo, hi in zip(measured, low, high, strict=True)]
        if len(measured) > FEW:
            return margins, f"between {_brief(low)} and {_brief(high)}"
        pairs = [f"{_number(lo)} and {_number(hi)}" for lo, hi in zip(low, high, strict=True)]
        return margins, f"between {', '.join(pairs if len(set(pairs)) > 1 else pairs[:1])}"
    bounds = _paired(kind, bound, len(measured))
    sign = 1 if kind == "above" else -1
    return [
        sign * (m - b) for m, b in zip(measured, bounds, strict=True)
    ], f"{kind} {_brief(_flat(kind, bound))}"


def claim(
    id: str,
    statement: str,
    *,
    measured: Any,
    equals: Any = None,
    below: Any = None,
    above: Any = None,
    between: Any = None,
    rtol: float = 0.0,
    atol: float = 0.0,
) -> None:
    """Check a statement about a measured number, print it, and record it for the site.

    Parameters
    ----------
    id : str
        Name of the claim, unique among all examples: lower-case words joined by hyphens.
    statement : str
        What is claimed, as one sentence.
    measured : float or array
        What was measured; each value must hold.
    equals : float or array
        What it must be, within the larger of ``rtol * abs(equals)`` and `atol`.
    below, above : float or array
        What it must be strictly below or above.
    between : pair of floats or arrays
        What it must lie strictly between.
    rtol, atol : float
        For `equals`.

    Raises
    ------
    ClaimError
        If a value does not hold or is not a number; with statement, measured and expected value,
        script and line.
    TypeError, ValueError
        If not exactly one of `equals`, `below`, `above` and `between` is given, or an argument is not
        what it should be.

    Examples
    --------
    >>> claim("two-and-two", "two and two are four", measured=2 + 2, equals=4)
    [two-and-two] two and two are four: measured 4, expected 4
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id):
        raise ValueError(f"id must be lower-case words joined by hyphens, got {id!r}")
    asked = {"equals": equals, "below": below, "above": above, "between": between}
    given = {kind: bound for kind, bound in asked.items() if bound is not None}
    if len(given) != 1:
        names = ", ".join(given) or "none"
        raise TypeError(f"give exactly one of equals, below, above and between, got {names}")
    if (rtol or atol) and "equals" not in given:
        raise TypeError("rtol and atol go with equals alone")
    [(kind, bound)] = given.items()
    if kind == "between" and len(bound) != 2:
        raise ValueError(f"between must be a pair, got {bound!r}")
    values = _flat("measured", measured)
    if not values:
        raise ValueError("measured must hold at least one value, got none")
    margins, expected = _margins(values, kind, bound, rtol, atol)
    caller = sys._getframe(1)
    script, line = caller.f_code.co_filename, caller.f_lineno
    sentence = f"[{id}] {statement}: measured {_brief(values)}, expected {expected}"
    strict = kind != "equals"
    failing = [
        value
        for value, margin in zip(values, margins, strict=True)
        if math.isnan(margin) or margin < 0 or (strict and margin == 0)
    ]
    if failing:
        raise ClaimError(f"{sentence}; it does not hold for {_brief(failing)} ({script}:{line})")
    print(sentence)
    several = getattr(measured, "ndim", int(hasattr(measured, "__len__"))) > 0
    kept = values if several else values[0]
    records.append(Record(id, statement, kept, expected, min(margins), script, line))
