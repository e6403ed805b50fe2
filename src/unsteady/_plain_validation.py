"""Checks of plain numbers, for the modules that import the standard library alone.

Each error names the argument, the value and what is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real
from reprlib import repr as shorten
from typing import SupportsFloat


def integer(name: str, value: object, at_least: int, at_most: int | None = None) -> int:
    """Return `value` as an int from `at_least` to `at_most`.

    Examples
    --------
    >>> integer("n", 500, at_least=1)
    500
    >>> integer("n", 0, at_least=1, at_most=10)
    Traceback (most recent call last):
    ValueError: n must be an integer >= 1 and <= 10, got 0
    """
    allowed = f"an integer >= {at_least}" + ("" if at_most is None else f" and <= {at_most}")
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be {allowed}, got {shorten(value)} of type {type(value).__name__}")
    number = int(value)
    if number < at_least or (at_most is not None and number > at_most):
        raise ValueError(f"{name} must be {allowed}, got {value}")
    return number


def fraction(name: str, value: object) -> float:
    """Return `value` as a float above 0 and below 1.

    Examples
    --------
    >>> fraction("level", 0.95)
    0.95
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number above 0 and below 1, got {shorten(value)}")
    number = float(value)
    if not 0 < number < 1:
        raise ValueError(f"{name} must be above 0 and below 1, got {value}")
    return number


def number(name: str, value: object, index: int) -> float:
    """Return the value at one place of a sequence as a float: no text and no boolean.

    Examples
    --------
    >>> number("values", 1, index=0)
    1.0
    >>> number("values", True, index=0)
    Traceback (most recent call last):
    TypeError: values must be a sequence of numbers, got True of type bool at index 0
    """
    # NumPy's booleans are called bool_ or bool, and are no subclass of Python's.
    if isinstance(value, SupportsFloat) and not type(value).__name__.startswith("bool"):
        try:
            return float(value)
        except (TypeError, ValueError):  # an array of several numbers
            pass
    raise TypeError(
        f"{name} must be a sequence of numbers, got {shorten(value)} of type {type(value).__name__} "
        f"at index {index}"
    )


def numbers(name: str, values: object) -> list[float]:
    """Return a sequence of finite numbers as a list of floats.

    Examples
    --------
    >>> numbers("values", (1, 0.5))
    [1.0, 0.5]
    """
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise TypeError(f"{name} must be a sequence of numbers, got {shorten(values)}")
    floats = [number(name, value, index) for index, value in enumerate(values)]
    for index, value in enumerate(floats):
        if not math.isfinite(value):
            raise ValueError(f"{name} must be finite, got {value} at index {index}")
    return floats
