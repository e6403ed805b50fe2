"""Broadcasting of hyper-parameters over the replicate axes."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

import numpy as np

from unsteady._validation import Array, Hyperparameter

Rule = TypeVar("Rule")


def align_axes(value: Hyperparameter, parameter: Array) -> Array:
    """Append axes to a hyper-parameter, so that it broadcasts over the leading axes of a parameter.

    An optimizer, average or regularizer of your own needs it where a hyper-parameter may be an array.

    Parameters
    ----------
    value : float or array over replicates
        The hyper-parameter.
    parameter : array, ``(*replicates, ...)``
        The parameter with which the hyper-parameter is combined.

    Returns
    -------
    array
        The hyper-parameter in the dtype of the parameter, with as many axes as the parameter.

    Raises
    ------
    ValueError
        If the hyper-parameter has more axes than the parameter.

    Examples
    --------
    >>> import numpy as np
    >>> from unsteady.optimizers import align_axes
    >>> align_axes(np.array([0.1, 0.2]), np.zeros((2, 5, 3))).shape
    (2, 1, 1)
    """
    array = np.asarray(value, dtype=parameter.dtype)
    if array.ndim > parameter.ndim:
        raise ValueError(f"value must have at most {parameter.ndim} axes, got the shape {array.shape}")
    return array.reshape(array.shape + (1,) * (parameter.ndim - array.ndim))


def _array_fields(rule: object) -> dict[str, Array]:
    """Return the hyper-parameters of an optimizer or another rule that are arrays, by name."""
    if not is_dataclass(rule):  # a rule of the caller's own: check_splittable has refused its arrays
        return {}
    values = {field.name: getattr(rule, field.name) for field in fields(rule)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def shape_of(rule: object) -> tuple[int, ...]:
    """Return the shape to which the hyper-parameters of a rule broadcast, ``()`` if all are numbers.

    Examples
    --------
    >>> from unsteady.optimizers import SGD
    >>> shape_of(SGD(0.1)), shape_of(SGD([[0.1], [0.2]], momentum=[0.0, 0.5, 0.9]))
    ((), (2, 3))
    """
    return np.broadcast_shapes(*(array.shape for array in _array_fields(rule).values()))


def check_splittable(name: str, rule: object) -> None:
    """Raise TypeError if the rule has arrays that cannot be split with the replicates.

    Examples
    --------
    >>> class MyRule:
    ...     learning_rate = np.array([0.1, 0.2])
    >>> check_splittable("optimizer", MyRule())  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: optimizer must be a dataclass if it has arrays, got MyRule with the array learning_rate; ...
    """
    if is_dataclass(rule):
        return
    arrays = [found for found, _ in inspect.getmembers(rule, lambda value: isinstance(value, np.ndarray))]
    if arrays:
        raise TypeError(
            f"{name} must be a dataclass if it has arrays, got {type(rule).__name__} with the array "
            f"{', '.join(arrays)}; make it a frozen dataclass, so that its arrays are split with the "
            "replicates"
        )


def check_broadcastable(name: str, rule: object, replicates: tuple[int, ...]) -> None:
    """Raise an error unless the hyper-parameters of the rule are fields that broadcast to the replicates.

    Examples
    --------
    >>> from unsteady.optimizers import SGD
    >>> check_broadcastable("optimizer", SGD([[0.1], [0.2]]), (2, 3))
    >>> check_broadcastable("optimizer", SGD([0.1, 0.2]), (2, 3))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: optimizer must broadcast to replicates=(2, 3), got SGD with learning_rate of shape (2,); ...
    """
    check_splittable(name, rule)
    shape = shape_of(rule)
    try:
        fits = np.broadcast_shapes(shape, replicates) == replicates
    except ValueError:
        fits = False
    if not fits:
        own = ", ".join(f"{field} of shape {array.shape}" for field, array in _array_fields(rule).items())
        raise ValueError(
            f"{name} must broadcast to replicates={replicates}, got {type(rule).__name__} with {own}; "
            "the last axis is the seed: for 3 settings by 5 seeds, values[:, None] and replicates=(3, 5)"
        )


def select_replicates(rule: Rule, replicates: tuple[int, ...], chosen: slice) -> Rule:
    """Return the rule for the `chosen` ones of the flattened replicates.

    Examples
    --------
    >>> from unsteady.optimizers import SGD
    >>> select_replicates(SGD([[0.1], [0.2]]), (2, 3), slice(2, 4)).learning_rate.tolist()
    [0.1, 0.2]
    """
    arrays = {
        name: np.broadcast_to(array, replicates).reshape(-1)[chosen]
        for name, array in _array_fields(rule).items()
    }
    return replace(rule, **arrays) if arrays else rule  # type: ignore[type-var]
