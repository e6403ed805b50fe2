"""Checks of arguments. Each error names the argument, its value and what is allowed."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from reprlib import repr as shown
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from unsteady._plain_validation import integer as integer

Array = NDArray[Any]
"""A NumPy array of any dtype."""
Hyperparameter = float | Array
"""A number, or an array over the replicate axes."""

Item = TypeVar("Item")


def _format_range(
    above: float | None, at_least: float | None, below: float | None, at_most: float | None
) -> str:
    """Return a range in signs, for example ">= 0 and < 1"."""
    parts = {">": above, ">=": at_least, "<": below, "<=": at_most}
    return " and ".join(f"{sign} {bound:g}" for sign, bound in parts.items() if bound is not None)


def _to_array(name: str, value: object, allowed: str) -> Array:
    """Return the value as an array if it holds integers or floats."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{name} must be {allowed}, got lists of unequal lengths: {shown(value)}") from None
    if array.dtype.kind not in "iuf":
        kind = f"dtype {array.dtype}" if isinstance(value, np.ndarray) else f"type {type(value).__name__}"
        raise TypeError(f"{name} must be {allowed}, got {shown(value)} of {kind}")
    return array


def number(
    name: str,
    value: object,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    kind: str = "a finite number (or an array of them)",
) -> Hyperparameter:
    """Return `value` as a float, or as a float64 array, if it is finite and in the range.

    Raises TypeError if it does not hold numbers, ValueError if a number is not finite or outside the range.

    Examples
    --------
    >>> number("decay", 1, at_least=0)
    1.0
    >>> number("decay", 1, at_least=0, below=1)
    Traceback (most recent call last):
    ValueError: decay must be a finite number (or an array of them) >= 0 and < 1, got 1
    """
    allowed = f"{kind} {_format_range(above, at_least, below, at_most)}".rstrip()
    array = _to_array(name, value, allowed).astype(np.float64)
    inside = np.isfinite(array)
    if above is not None:
        inside &= array > above
    if at_least is not None:
        inside &= array >= at_least
    if below is not None:
        inside &= array < below
    if at_most is not None:
        inside &= array <= at_most
    if not inside.all():
        bad = array[~inside].flat[0]
        raise ValueError(f"{name} must be {allowed}, got {bad:g}")
    return float(array) if array.ndim == 0 else array


def scalar(name: str, value: object, **allowed: float) -> float:
    """Return `value` as a float if it is one finite number in the range, as in :func:`number`.

    Examples
    --------
    >>> scalar("noise", [1, 2], at_least=0)
    Traceback (most recent call last):
    TypeError: noise must be one number, got [1, 2] of type list
    """
    if isinstance(value, np.ndarray | list | tuple):
        raise TypeError(f"{name} must be one number, got {shown(value)} of type {type(value).__name__}")
    return float(number(name, value, kind="a finite number", **allowed))


def option(name: str, value: Item, allowed: Sequence[Item]) -> Item:
    """Return `value` if it is one of `allowed`.

    Examples
    --------
    >>> option("which", "z", ("x", "y"))
    Traceback (most recent call last):
    ValueError: which must be one of 'x', 'y', got 'z'
    """
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def finite(name: str, value: object, *, ndim: int | None = None) -> Array:
    """Return `value` as an array if its numbers are finite and it has `ndim` axes (if given).

    Examples
    --------
    >>> finite("x", [1, 2], ndim=1)
    array([1, 2])
    >>> finite("x", [1, float("nan")])
    Traceback (most recent call last):
    ValueError: x must be finite, got nan at index [1]
    """
    array = _to_array(name, value, "an array of numbers")
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got the shape {array.shape}")
    if not np.isfinite(array).all():
        index = np.argwhere(~np.isfinite(array))[0].tolist()
        raise ValueError(f"{name} must be finite, got {array[tuple(index)]} at index {index}")
    return array


def replicates_shape(name: str, value: object) -> tuple[int, ...]:
    """Return the shape of the replicates, which are given as a number or as a shape.

    Examples
    --------
    >>> replicates_shape("replicates", 8), replicates_shape("replicates", (7, 32))
    ((8,), (7, 32))
    """
    sizes = tuple(value) if isinstance(value, tuple | list | np.ndarray) else (value,)
    message = f"{name} must be an integer >= 1 or a non-empty shape of them, got {shown(value)}"
    if any(isinstance(size, bool) or not isinstance(size, numbers.Integral) for size in sizes):
        raise TypeError(message)
    if not sizes or min(sizes) < 1:
        raise ValueError(message)
    return tuple(map(int, sizes))


def instance(name: str, value: object, kind: type[Item], allowed: str) -> Item:
    """Return `value` if it is an instance of `kind`; the error describes it as `allowed`.

    Examples
    --------
    >>> instance("label", 3, str, "a str")
    Traceback (most recent call last):
    TypeError: label must be a str, got 3 of type int
    """
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {allowed}, got {shown(value)} of type {type(value).__name__}")
    return value


def check_interface(name: str, value: object, methods: Sequence[str], module: str) -> None:
    """Raise TypeError unless `value` is an object, not a class, that has the methods.

    Examples
    --------
    >>> check_interface("average", 0.9, ("start", "update"), module="averages")
    Traceback (most recent call last):
    TypeError: average must be one from unsteady.averages, or have start, update; got 0.9
    """
    if isinstance(value, type) or not all(hasattr(value, method) for method in methods):
        needed = ", ".join(methods)
        raise TypeError(f"{name} must be one from unsteady.{module}, or have {needed}; got {value!r}")
