"""Run an optimizer on an objective."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from unsteady._broadcasting import select_replicates, shape_of
from unsteady._validation import Array, check_interface, finite, integer, number
from unsteady.objectives import Objective
from unsteady.optimizers import Optimizer


class Path(NamedTuple):
    """The path of an optimizer: ``steps + 1`` points, the starting point first.

    Attributes
    ----------
    x : array, ``(steps + 1, *replicates, dims)``
    loss, gradient_norm : array, ``(steps + 1, *replicates)``
        Without the noise that was added to the gradients, if any.
    """

    x: Array
    loss: Array
    gradient_norm: Array


def descend(
    objective: Objective,
    start: Any,
    optimizer: Optimizer,
    steps: int,
    *,
    noise: Any = 0.0,
    seed: int = 0,
) -> Path:
    """Minimise an objective, and record the path.

    Parameters
    ----------
    objective : Objective
        From :mod:`unsteady.objectives`.
    start : float or array, ``(*replicates, dims)``
        First point; a number is a point of one dimension. Its replicates and those of the
        optimizer's hyper-parameters broadcast by NumPy's rule.
    optimizer : Optimizer
        From :mod:`unsteady.optimizers`.
    steps : int
        Number of steps, at least 1.
    noise : float or array over replicates
        Standard deviation of independent Gaussian noise that is added to each gradient, at least 0. The
        last replicate axis is then the seed; settings along earlier axes share their seeds' noise.
    seed : int
        Root of all seeds.

    Returns
    -------
    Path
        A replicate that diverges is not finite from there on.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, or the start does not fit the optimizer or the objective.

    Examples
    --------
    >>> from unsteady.objectives import Quadratic
    >>> path = descend(Quadratic(2.0, minimum=2.0), 0.0, SGD([0.1, 0.5]), steps=1)
    >>> path.x[-1, :, 0].tolist()
    [0.4, 2.0]
    """
    check_interface("objective", objective, ("value", "gradient"), "objectives")
    check_interface("optimizer", optimizer, ("start", "step"), "optimizers")
    steps = integer("steps", steps, at_least=1)
    seed = integer("seed", seed, at_least=0)
    noise = np.asarray(number("noise", noise, at_least=0))
    if not noise.size:
        raise ValueError(f"noise must be a number or an array of them, got the shape {noise.shape}")
    first = np.atleast_1d(finite("start", start)).astype(np.float64)
    try:
        replicates = np.broadcast_shapes(first.shape[:-1], shape_of(optimizer), noise.shape)
    except ValueError:
        raise ValueError(
            f"start must have replicates that broadcast with the optimizer's {shape_of(optimizer)} and the "
            f"noise's {noise.shape}, got start of the shape {first.shape}"
        ) from None
    rule = select_replicates(optimizer, replicates, slice(None)) if replicates else optimizer
    x = np.broadcast_to(first, replicates + first.shape[-1:]).reshape(-1, first.shape[-1]).copy()
    state = rule.start([x])
    points = [x.copy()]
    draw = _noise(np.broadcast_to(noise, replicates), x.shape[-1], seed) if noise.any() else None
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            gradient = objective.gradient(x)
            rule.step([x], [gradient + draw() if draw else gradient], state)
            x[~np.isfinite(x).all(axis=-1)] = np.nan
            points.append(x.copy())
        way = np.stack(points).reshape(steps + 1, *replicates, -1)
        norm = np.linalg.norm(objective.gradient(way), axis=-1)
        return Path(way, objective.value(way), norm)


def _noise(sizes: Array, dims: int, seed: int) -> Callable[[], Array]:
    """Return a function that draws one step's noise, ``(replicates, dims)``; settings share their seeds."""
    seeds = sizes.shape[-1] if sizes.ndim else 1
    rngs = [np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k,))) for k in range(seeds)]

    def draw() -> Array:
        drawn = np.stack([rng.standard_normal(dims) for rng in rngs])
        return np.asarray((sizes[..., None] * drawn).reshape(-1, dims))

    return draw
