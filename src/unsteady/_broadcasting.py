"""How hyper-parameters meet replicates: lined up with a parameter, or cut down to a few members."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np

from unsteady._validation import Array, Hyperparameter

Rule = TypeVar("Rule")


def align_axes(value: Hyperparameter, parameter: Array) -> Array:
    """Line up the axes of a hyper-parameter with the leading axes of a parameter, in its dtype."""
    array = np.asarray(value, dtype=parameter.dtype)
    return array.reshape(array.shape + (1,) * (parameter.ndim - array.ndim))


def _arrays(rule: Any) -> dict[str, Array]:
    if not is_dataclass(rule):  # a reader's own rule, without hyper-parameters over replicates
        return {}
    values = {field.name: getattr(rule, field.name) for field in fields(rule)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def shape_of(rule: Any) -> tuple[int, ...]:
    """Return the shape to which the hyper-parameters of a rule broadcast, ``()`` for numbers."""
    return np.broadcast_shapes(*(array.shape for array in _arrays(rule).values()))


def check_broadcastable(name: str, rule: Any, replicates: tuple[int, ...]) -> None:
    """Raise ValueError unless the hyper-parameters of the rule broadcast to the replicates."""
    shape = shape_of(rule)
    try:
        fits = np.broadcast_shapes(shape, replicates) == replicates
    except ValueError:
        fits = False
    if not fits:
        own = ", ".join(f"{field} of shape {array.shape}" for field, array in _arrays(rule).items())
        raise ValueError(
            f"{name} must broadcast to replicates={replicates}, got {type(rule).__name__} with {own}; "
            "the last axis is the seed: for 3 settings by 5 seeds, values[:, None] and replicates=(3, 5)"
        )


def select_replicates(rule: Rule, replicates: tuple[int, ...], chosen: slice) -> Rule:
    """Return the rule for the `chosen` members of the flattened replicates."""
    arrays = {
        name: np.broadcast_to(array, replicates).reshape(-1)[chosen] for name, array in _arrays(rule).items()
    }
    return replace(rule, **arrays) if arrays else rule  # type: ignore[type-var]
