"""Checks of what a caller passes in: each error names the argument, the value and what is allowed."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from reprlib import repr as shown
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unsteady._plain_validation import integer as integer

Array = NDArray[Any]
Hyperparameter = float | Array
"""A number, or an array over the replicate axes."""


def _range(above: float | None, at_least: float | None, below: float | None, at_most: float | None) -> str:
    parts = {">": above, ">=": at_least, "<": below, "<=": at_most}
    return " and ".join(f"{sign} {bound:g}" for sign, bound in parts.items() if bound is not None)


def _array(name: str, value: Any, allowed: str) -> Array:
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
    value: Any,
    *,
    above: float | None = None,
    at_least: float | None = None,
    below: float | None = None,
    at_most: float | None = None,
    kind: str = "a finite number (or an array of them)",
) -> Hyperparameter:
    """Return `value` as a finite float, or as a float64 array where it is an array, in the range."""
    allowed = f"{kind} {_range(above, at_least, below, at_most)}".rstrip()
    array = _array(name, value, allowed).astype(np.float64)
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


def scalar(name: str, value: Any, **allowed: float) -> float:
    """Return `value` as a finite float within the range."""
    if isinstance(value, np.ndarray | list | tuple):
        raise TypeError(f"{name} must be one number, got {shown(value)} of type {type(value).__name__}")
    return float(number(name, value, kind="a finite number", **allowed))


def option(name: str, value: Any, allowed: Sequence[Any]) -> Any:
    """Return `value` if it is one of `allowed`."""
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}")
    return value


def finite(name: str, value: Any, *, ndim: int | None = None) -> Array:
    """Return `value` as an array of finite numbers, of `ndim` axes where that is given."""
    array = _array(name, value, "an array of numbers")
    if ndim is not None and array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got the shape {array.shape}")
    if not np.isfinite(array).all():
        where = np.argwhere(~np.isfinite(array))[0].tolist()
        raise ValueError(f"{name} must be finite, got {array[tuple(where)]} at index {where}")
    return array


def replicates_shape(name: str, value: Any) -> tuple[int, ...]:
    """Return the replicate axes, given as a number or a shape, as a shape."""
    sizes = tuple(value) if isinstance(value, tuple | list | np.ndarray) else (value,)
    complaint = f"{name} must be an integer >= 1 or a non-empty shape of them, got {shown(value)}"
    if any(isinstance(size, bool) or not isinstance(size, numbers.Integral) for size in sizes):
        raise TypeError(complaint)
    if not sizes or min(sizes) < 1:
        raise ValueError(complaint)
    return tuple(map(int, sizes))


def instance(name: str, value: Any, kind: type | tuple[type, ...], allowed: str) -> Any:
    """Return `value` if it is of the `kind`; `allowed` says it in words."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be {allowed}, got {shown(value)} of type {type(value).__name__}")
    return value


def check_interface(name: str, value: Any, methods: Sequence[str], module: str) -> None:
    """Raise TypeError unless the value is an instance that has the methods."""
    if isinstance(value, type) or not all(hasattr(value, method) for method in methods):
        needed = ", ".join(methods)
        raise TypeError(f"{name} must be one from unsteady.{module}, or have {needed}; got {value!r}")
